"""A small drawing of a board: a grey sketch of its layout, or a picture of the reader's last answers."""

from __future__ import annotations

import json

from streamlit.components.v2 import component

from semantic.display.boards.picture import BoardPicture

_HEIGHTS = {"small": 27, "medium": 40, "large": 56}  # on a width of 180 units
_NUMBERS = 27  # the height of a row of numbers

_sketch = component(
    "samepage_board_sketch",
    html='<div class="board" aria-hidden="true"></div>',
    css="""
.board { width: 100%; line-height: 0; }
svg { width: 100%; height: auto; color: var(--st-text-color); }
svg.seen { --ink: var(--st-primary-color); }
.card { fill: currentColor; fill-opacity: 0.035; stroke: currentColor; stroke-opacity: 0.14; stroke-width: 0.75; }
.mark { fill: var(--ink, currentColor); opacity: var(--strength, 0.28); }
.line { fill: none; stroke: var(--ink, currentColor); stroke-width: 1.4; opacity: var(--strength, 0.34); }
.seen .mark, .seen .line { --strength: 0.85; }
.seen .other { --strength: 0.4; }
.grey { fill: currentColor; opacity: 0.16; }
.thin { stroke-width: 1; }
text { fill: currentColor; font: 600 9.5px var(--st-font), sans-serif; }
""",
    js="""
const SVG = "http://www.w3.org/2000/svg"
const WIDTH = 180, GAP = 4, PAD = 5
const WAVE = [0.35, 0.55, 0.45, 0.7, 0.6, 0.95]
const STEPS = [1, 0.72, 0.5, 0.3]
const TURNS = [0.55, 0.75, 0.6, 0.9, 0.7, 1]

function add(parent, name, attributes, style = "") {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (style) made.setAttribute("class", style)
  parent.append(made)
  return made
}

function bar(parent, x, y, width, height, style) {
  add(parent, "rect", { x, y, width: Math.max(width, 0.5), height: Math.max(height, 0.5), rx: 1 }, style)
}

function course(parent, points, x, y, width, height, style) {
  const at = points.map((value, place) => `${x + place / (points.length - 1) * width},${y + (1 - value) * height}`)
  add(parent, "polyline", { points: at.join(" ") }, style)
}

const DRAW = {
  number(parent, [, , lines, text], x, y, width, height) {
    if (text) {
      const shown = add(parent, "text", { x, y: y + 8.5 })
      shown.textContent = text
      if (text.length * 5.4 > width) {
        shown.setAttribute("textLength", width)
        shown.setAttribute("lengthAdjust", "spacingAndGlyphs")
      }
    } else bar(parent, x, y + 2, Math.min(width * 0.7, 26), 6, "mark")
    if (lines.length && lines[0].length > 1) course(parent, lines[0], x, y + 12, width, height - 13, "line thin")
    else if (!text) bar(parent, x, y + 12, Math.min(width * 0.45, 18), 3, "grey")
  },
  line(parent, [, , lines], x, y, width, height) {
    const drawn = lines.length ? lines : [WAVE]
    drawn.slice().reverse().forEach((points, place) =>
      course(parent, points, x, y + 1, width, height - 2, place < drawn.length - 1 ? "line other" : "line"))
  },
  bars(parent, [, , lines], x, y, width, height) {
    const sizes = lines[0] ?? STEPS, step = height / Math.max(sizes.length, 3)
    sizes.forEach((size, place) => bar(parent, x, y + place * step, size * width, Math.min(step * 0.68, 8), "mark"))
  },
  columns(parent, [, , lines], x, y, width, height) {
    const sizes = lines[0] ?? TURNS, step = width / sizes.length
    sizes.forEach((size, place) =>
      bar(parent, x + place * step, y + (1 - size) * height, Math.min(step * 0.7, 14), size * height, "mark"))
  },
  cells(parent, _, x, y, width, height) {
    for (let row = 0; row < 3; row++) for (let column = 0; column < 6; column++)
      bar(parent, x + column * width / 6, y + row * height / 3, width / 6 - 1.5, height / 3 - 1.5,
        (row * 5 + column * 3) % 4 ? "grey" : "mark")
  },
  dots(parent, _, x, y, width, height) {
    WAVE.forEach((value, place) => add(parent, "circle",
      { cx: x + (place + 0.5) / WAVE.length * width, cy: y + (1 - value * 0.9) * height, r: 2 }, "mark"))
  },
  table(parent, _, x, y, width, height) {
    for (let row = 0; row * 6 + 3 <= height; row++) {
      bar(parent, x, y + row * 6, width * (row ? 0.45 - row % 3 * 0.06 : 0.3), 2.4, row ? "grey" : "mark")
      for (const end of [0.78, 1]) bar(parent, x + width * end - width * 0.14, y + row * 6, width * 0.14, 2.4, "grey")
    }
  },
  text(parent, _, x, y, width, height) {
    for (let row = 0; row * 5 + 2 <= height && row < 3; row++)
      bar(parent, x, y + row * 5, width * [0.85, 0.95, 0.6][row], 2, "grey")
  },
  plain() {},
}

export default function ({ parentElement, data }) {
  const board = JSON.parse(new TextDecoder().decode(data))
  const svg = document.createElementNS(SVG, "svg")
  let top = 0.5
  for (const [height, tiles] of board.rows) {
    const shown = Math.min(height, board.height - top - 1)
    if (shown < 14) break
    const units = tiles.reduce((sum, tile) => sum + tile[0], 0)
    let left = 0.5
    for (const tile of tiles) {
      const width = (WIDTH - 1 - GAP * (tiles.length - 1)) * tile[0] / units
      add(svg, "rect", { x: left, y: top, width, height: shown, rx: 3 }, "card")
      DRAW[tile[1]](svg, tile, left + PAD, top + PAD, width - 2 * PAD, shown - 2 * PAD)
      left += width + GAP
    }
    top += height + GAP
  }
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${Math.max(Math.min(top - GAP + 0.5, board.height), 1)}`)
  if (board.seen) svg.setAttribute("class", "seen")
  parentElement.querySelector(".board").replaceChildren(svg)
}
""",
)


def draw_board(picture: BoardPicture, *, key: str, height: int = 116) -> None:
    """Draw a board at the width of its container, cut off at `height`. Screen readers skip it.

    The drawing is 180 units wide, and `height` uses the same units.
    """
    rows = [
        (
            _NUMBERS if all(tile.shape == "number" for tile in row.tiles) else _HEIGHTS[row.height],
            [(tile.width, tile.shape, tile.lines, tile.text) for tile in row.tiles],
        )
        for row in picture.rows
    ]
    data = {"rows": rows, "height": height, "seen": picture.seen_at is not None}
    _sketch(key=key, data=json.dumps(data).encode())
