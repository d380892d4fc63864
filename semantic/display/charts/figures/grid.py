"""Draw a grid of numbers with tinted cells, by two breakdowns or by one breakdown and period."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import (
    HIDDEN,
    NO_DATA,
    Phrase,
    Values,
    broken,
    figure_of,
    names_beside,
    row_height,
    trace_tooltip,
    two_lines,
    unfaded,
)
from semantic.display.format import Write, in_full
from semantic.display.template import Attributes, axis, layout
from semantic.display.tokens import Tokens, ink_on
from semantic.query.describe import upper_first

WRITTEN = 24  # columns of a grid in which numbers are shown, if they fit
COLUMN = 72  # pixels of a line of a column's name
NAMED = 7  # columns whose names don't touch, even on a phone


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Values],
    write: Write,
    tokens: Tokens,
    *,
    plain: Sequence[Sequence[bool]],
    places: Sequence[Sequence[int]],
    words: Sequence[Sequence[str]] = (),
    ticks: Sequence[tuple[int, str]] = (),
    beside: Sequence[Sequence[tuple[str, Sequence[Sequence[str]]]]] = (),
    absent: Sequence[Sequence[str]] = (),
) -> go.Figure:
    """Return a grid with ten tints. If there are positive and negative numbers, the tints are centred on 0.

    If one number is wider than its cell, the browser and paper leave out all of them.

    A `plain` number has no tint and doesn't affect the scale. `places` has the index of each cell's row in the result.
    If not all names fit, `ticks` has the names of some columns, and tooltips use those in `columns`. `beside` has the
    tooltip lines below a cell's number, as phrases with a text for each cell. `absent` has the reason for each cell
    without a number.
    """
    tinted = [[None if p else v for v, p in zip(*row, strict=True)] for row in zip(values, plain, strict=True)]
    known = [value for row in tinted for value in row if value is not None]
    both = bool(known) and min(known) < 0 < max(known)
    tints = tokens.diverging if both else tokens.sequential
    reach = max((abs(value) for value in known), default=1)
    low, high = (-reach, reach) if both else (min(known, default=0), max(known, default=1))
    steps = [[None if v is None else min(9, int(10 * (v - low) / ((high - low) or 1))) for v in row] for row in tinted]
    cells = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    inks = [tokens.muted if (step := steps[r][c]) is None else ink_on(tints[step]) for r, c in cells]
    tint: Attributes = {
        "type": "heatmap", "z": steps, "zmin": -0.5, "zmax": 9.5, "hoverinfo": "skip",
        "colorscale": [[edge / 10, colour] for place, colour in enumerate(tints) for edge in (place, place + 1)],
    }  # fmt: skip
    full, in_place = in_full(write), absent or [[NO_DATA] * len(columns)] * len(rows)
    texts = [
        [full(value) if value is not None else upper_first(word) for value, word in zip(*line, strict=True)]
        for line in zip(values, in_place, strict=True)
    ]
    numbers: list[Attributes] = []
    for ink in dict.fromkeys(inks):
        of_ink = [cell for cell, its_ink in zip(cells, inks, strict=True) if its_ink == ink]
        lines: list[list[Phrase]] = [
            [("<b>{}</b>", [texts[r][c] for r, c in of_ink])],
            [("{}", [rows[r] for r, _ in of_ink]), ("{}", [columns[c] for _, c in of_ink])],
            [("{}", [words[r][c] if words else "" for r, c in of_ink])],
            *([(said, [phrases[r][c] for r, c in of_ink]) for said, phrases in line] for line in beside),
        ]
        written = [HIDDEN if in_place[r][c] == HIDDEN else write(values[r][c]) for r, c in of_ink]
        tooltip = trace_tooltip([places[r][c] for r, c in of_ink], *lines)
        numbers.append(_numbers(of_ink, written, ink, is_written=len(columns) <= WRITTEN) | tooltip)
    top = 44 if not ticks and any(len(broken(name, COLUMN)) > 1 for name in columns) else 32
    height = row_height(rows, 34) * len(rows) + top + 12
    figure = layout(tokens, height=height, top=top, bottom=6) | {"hovermode": "closest"}
    named = ticks or [(place, two_lines(name, COLUMN)) for place, name in enumerate(columns)]
    figure["xaxis"] = axis(tokens) | {
        "side": "top", "range": [-0.5, len(columns) - 0.5], "tickvals": [place for place, _ in named],
        "ticktext": [text for _, text in named], "automargin": True,
    } | ({"tickangle": 0} if ticks else {})  # fmt: skip
    figure["yaxis"] = names_beside(rows, tokens)
    return figure_of([tint, *numbers], figure)


def _numbers(cells: Sequence[tuple[int, int]], texts: Sequence[str], ink: str, *, is_written: bool) -> Attributes:
    """Return the numbers of the given cells in one colour, even while a cell is selected.

    `cells` are pairs of row and column.
    """
    text: Attributes = {
        "type": "scatter", "x": [column for _, column in cells], "y": [row for row, _ in cells], "text": list(texts),
        "marker": {"symbol": "square", "size": 22, "opacity": 0}, "mode": "markers",
    }  # fmt: skip
    if not is_written:
        return text
    font = {"size": 12, "color": ink}
    return text | {"mode": "markers+text", "textfont": font, "textposition": "middle center"} | unfaded(ink)
