"""Arrange a board's tiles with the mouse, touch or keyboard: handles on the preview, and the effect of a drop.

The browser draws outlines, and reports where a tile was dropped. The report only counts for the arrangement that the
browser was showing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import streamlit as st
from streamlit.components.v2 import component

from semantic.boards import edit
from semantic.boards.board import MOST_TILES_IN_A_ROW, UNITS, Board, TileKind
from semantic.boards.data import LONGEST_TEXT, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.boards.edit.composing import Composing
    from semantic.boards.board import Tile

_HERE = Path(__file__).parent
_arranger = component(
    "samepage_arranger",
    html="""
<div class="arranger"><div class="ring" hidden></div><div class="layer"></div>
<div class="line" hidden></div><div class="ghost" hidden></div><div class="tip" hidden></div>
<span id="keys">Space lifts the tile, arrows move it, Shift with arrows resizes it, Enter drops it, Escape cancels.
Enter opens its fields.</span><span class="said" role="status"></span></div>
""",
    css=(_HERE / "arranger.css").read_text(encoding="utf-8"),
    js=(_HERE / "arranger.js").read_text(encoding="utf-8"),
)
_chosen = component(
    "samepage_chosen_tile",
    html="<span></span>",
    js="""
const PAUSE = 250 // milliseconds without a keystroke after which text counts as typed
const decoder = new TextDecoder()
export default function ({ data, setTriggerValue }) {
  const { selected, field } = JSON.parse(decoder.decode(data))
  let pause = 0
  const choose = ({ detail }) => setTriggerValue("chosen", detail)
  const type = ({ target }) => {
    if (!field || !target.closest?.(`.st-key-${CSS.escape(field)}`)) return
    clearTimeout(pause)
    pause = setTimeout(() => setTriggerValue("typed", { field, text: target.value }), PAUSE)
  }
  const leave = () => clearTimeout(pause) // the field itself tells what it holds
  dispatchEvent(new CustomEvent("samepage-tile-selected", { detail: selected }))
  addEventListener("samepage-tile-select", choose)
  addEventListener("input", type)
  addEventListener("focusout", leave)
  return () => {
    clearTimeout(pause)
    removeEventListener("samepage-tile-select", choose)
    removeEventListener("input", type)
    removeEventListener("focusout", leave)
  }
}
""",
)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The open tab as the browser draws it. `names` maps the ID of a tile to its name on the page, which the browser
    uses.
    """

    tab: int
    rows: Sequence[Sequence[Tile]]
    names: Mapping[str, str]

    @property
    def stamp(self) -> int:
        """A number that differs for each arrangement."""
        drawn = [[(self.names[tile.id], tile.width) for tile in row] for row in self.rows]
        return crc32(json.dumps([self.tab, drawn]).encode())

    def tile_named(self, name: object) -> str | None:
        """Return the ID of the tile with this name on the page, or None if there is none."""
        return next((tile for tile, known in self.names.items() if known == name), None)


def arrangement_of(board: Board, tab: int, names: Mapping[str, str]) -> Arrangement:
    """Return the arrangement of a board's open tab."""
    return Arrangement(tab, [row.tiles for row in board.tabs[tab].rows] if board.tabs else [], names)


def arranger(composing: Composing, arrangement: Arrangement) -> None:
    """Draw the handles. Each drop is one change of the board, which is saved immediately and can be undone
    in one step.
    """
    key = f"arranger-{composing.head.id[:8]}"

    def dropped() -> None:
        sent: Any = st.session_state[key].get("dropped")  # Any: whatever JSON a browser sends
        step = step_of(sent, arrangement)
        if step is not None:
            composing.change(step)

    rows = [
        {"tiles": [{"name": arrangement.names[tile.id], "width": width} for tile, width in _sized(row)]}
        for row in arrangement.rows
    ]
    data = {
        "rows": rows, "drawn": arrangement.stamp, "selected": arrangement.names.get(composing.tile, ""),
        "most": MOST_TILES_IN_A_ROW, "units": UNITS, "least": edit.LEAST_WIDTH,
    }  # fmt: skip
    _arranger(key=key, data=json.dumps(data).encode(), on_dropped_change=dropped)


def chosen_tile(composing: Composing, arrangement: Arrangement) -> None:
    """Open the fields of a clicked tile, and mark the tile in the preview.

    While someone types a tile's text, this stores the text in `composing`, so that only the preview reruns.
    """
    key = f"chosen-tile-{composing.head.id[:8]}"
    field = text_key(composing)

    def chosen() -> None:
        sent: Any = st.session_state[key].get("chosen")  # Any: whatever JSON a browser sends
        tile = arrangement.tile_named(sent)
        if tile is not None and edit.find_tile(composing.board, tile) is not None:
            composing.tile, composing.part, composing.refused = tile, "", ""

    def typed() -> None:
        sent: Any = st.session_state[key].get("typed")  # Any: whatever JSON a browser sends
        text = typed_in(sent, field)
        if text is not None:
            composing.typed = text

    data = {"selected": arrangement.names.get(composing.tile, ""), "field": field}
    _chosen(key=key, data=json.dumps(data).encode(), on_chosen_change=chosen, on_typed_change=typed, height=1)


def text_key(composing: Composing) -> str:
    """Return the key of the text field of the open tile or of a new one, or "" if there is no such field."""
    tile = composing.open_tile
    if composing.part == "add":
        return composing.key("add-text")
    return composing.key(f"text-{tile.id}") if tile is not None and tile.kind is TileKind.TEXT else ""


def typed_in(sent: Any, field: str) -> str | None:
    """Return the text that a browser reports for a field, as a tile can store it, or None for any other report."""
    # Any: whatever JSON a browser sends.
    if not isinstance(sent, dict) or not field:
        return None
    of, text = sent.get("field"), sent.get("text")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return as_text(text, lines=True)[:LONGEST_TEXT] if of == field and isinstance(text, str) else None


def step_of(sent: Any, arrangement: Arrangement) -> Callable[[Board], Board] | None:
    """Return the change that a drop makes to the board, or None if the report isn't a drop in this arrangement."""
    # Any: whatever JSON a browser sends.
    if not isinstance(sent, dict) or sent.get("drawn") != arrangement.stamp:  # pyright: ignore[reportUnknownMemberType]
        return None
    drop: dict[str, object] = {str(name): value for name, value in sent.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    tile = arrangement.tile_named(drop.get("tile"))
    if tile is None:
        return None
    match drop:
        case {"step": "up"}:
            return partial(edit.step_tile, tile=tile, way="up")
        case {"step": "down"}:
            return partial(edit.step_tile, tile=tile, way="down")
        case {"width": int(width)} if 0 < width <= UNITS:
            return partial(edit.set_width, tile=tile, width=width)
        case {"row": int(row), "place": int(place), "new_row": bool(new_row)}:
            return partial(edit.place_tile, tile=tile, tab=arrangement.tab, row=row, place=place, new_row=new_row)
        case _:
            return None


def _sized(row: Sequence[Tile]) -> Sequence[tuple[Tile, int]]:
    return list(zip(row, edit.widths_of(row), strict=True))
