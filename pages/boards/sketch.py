"""A small grey sketch of a board's layout, for choosing a template."""

from __future__ import annotations

import json

from streamlit.components.v2 import component

from semantic.boards.board import Board
from semantic.display.boards.shown import row_widths

MOST_ROWS = 5
_HEIGHTS = {"small": 9, "medium": 16, "large": 24}  # pixels

_sketch = component(
    "samepage_board_sketch",
    html='<div class="rows" aria-hidden="true"></div>',
    css="""
.rows { display: flex; flex-direction: column; gap: 3px; width: 8.5rem; }
.row { display: flex; gap: 3px; }
.tile { border-radius: 2px; background: var(--st-text-color); opacity: 0.18; }
""",
    js="""
export default function ({ parentElement, data }) {
  const rows = parentElement.querySelector(".rows")
  rows.replaceChildren(...JSON.parse(new TextDecoder().decode(data)).map(([height, widths]) => {
    const row = document.createElement("div")
    row.className = "row"
    row.style.height = `${height}px`
    row.append(...widths.map(width => {
      const tile = document.createElement("div")
      tile.className = "tile"
      tile.style.flex = width
      return tile
    }))
    return row
  }))
}
""",
)


def sketch(board: Board, *, key: str) -> None:
    """Return a drawing of the first rows of a board's first tab, which shows the layout without content."""
    rows = board.tabs[0].rows[:MOST_ROWS] if board.tabs else ()
    drawn = [(_HEIGHTS[row.height], row_widths(row.tiles)) for row in rows]
    _sketch(key=key, data=json.dumps(drawn).encode())
