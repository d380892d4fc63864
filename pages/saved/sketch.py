"""A small picture of the kind of chart that a saved question shows. It contains no numbers."""

from __future__ import annotations

from typing import Final

import streamlit as st

from semantic.display.charts.chart import Kind
from semantic.display.charts.kinds import LABELS
from semantic.query.query import DATE, Query

_BARS: Final = "".join(
    f'<rect x="4" y="{4 + 7 * place}" width="{width}" height="4" rx="1"/>'
    for place, width in enumerate((40, 29, 20, 11))
)
_CELLS: Final = "".join(
    f'<rect x="{4 + 10.5 * column}" y="{4 + 9 * row}" width="9" height="7.5" rx="1" opacity="{shade}"/>'
    for row, shades in enumerate(((0.9, 0.6, 0.3, 0.2), (0.5, 0.9, 0.6, 0.3), (0.2, 0.4, 0.8, 0.5)))
    for column, shade in enumerate(shades)
)
_COLUMNS: Final = "".join(
    f'<rect x="{5 + 10 * place}" y="{top}" width="7" height="{29 - top}" opacity="0.45"/>'
    f'<rect x="{5 + 10 * place}" y="{29 - low}" width="7" height="{low}"/>'
    for place, (top, low) in enumerate(((14, 9), (10, 11), (12, 8), (5, 13)))
)
_WHOLES: Final = "".join(
    f'<rect x="4" y="{4 + 9 * place}" width="40" height="6" rx="1" opacity="0.35"/>'
    f'<rect x="4" y="{4 + 9 * place}" width="{width}" height="6" rx="1"/>'
    for place, width in enumerate((26, 17, 21))
)
_POINTS: Final = "".join(
    f'<circle cx="{x}" cy="{y}" r="2.2"/>' for x, y in ((8, 25), (14, 20), (20, 22), (26, 14), (33, 15), (40, 7))
)
_ROWS: Final = "".join(
    f'<rect x="{x}" y="{4 + 7 * row}" width="{width}" height="3.5" rx="1" opacity="{0.9 if row == 0 else 0.4}"/>'
    for row in range(4)
    for x, width in ((4, 20), (32, 12))
)


def _line(points: str, opacity: float = 1) -> str:
    return f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="2" opacity="{opacity}"/>'


SKETCHES: Final[dict[Kind, str]] = {
    "line": _line("4,25 12,19 20,22 28,12 36,14 44,5") + _line("4,28 12,26 20,27 28,22 36,23 44,18", 0.45),
    "area": '<polygon points="4,29 4,22 14,16 24,20 34,9 44,6 44,29" opacity="0.45"/>'
    + _line("4,22 14,16 24,20 34,9 44,6"),
    "multiples": _line("4,13 9,8 14,10 20,4") + _line("28,13 33,11 38,6 44,8") + _line("4,29 9,26 14,27 20,21", 0.6)
    + _line("28,24 33,21 38,26 44,23", 0.6),
    "bar": _BARS,
    "stacked": _COLUMNS,
    "share": _WHOLES,
    "heat": _CELLS,
    "scatter": _POINTS,
    "pie": '<circle cx="24" cy="16" r="13" opacity="0.4"/><path d="M24 16V3a13 13 0 0 1 11.3 19.5z"/>',
    "tiles": '<rect x="4" y="6" width="16" height="3" rx="1" opacity="0.45"/>'
    '<rect x="4" y="13" width="34" height="9" rx="1.5"/>'
    '<rect x="4" y="26" width="22" height="3" rx="1" opacity="0.45"/>',
    "table": _ROWS,
}  # fmt: skip
"""Each kind of chart as the shapes of an SVG of 48 by 32."""


def kind_of(query: Query, chart: str) -> Kind:
    """Return the selected kind of chart, or the one that a question of this shape usually gets."""
    if chosen := next((kind for kind in LABELS if kind == chart), None):
        return chosen
    if any(breakdown.dim == DATE or breakdown.grain is not None for breakdown in query.by):
        return "line"
    return "heat" if len(query.by) == 2 else "bar" if query.by else "tiles"


def sketch(kind: Kind) -> None:
    """Draw the picture of a kind of chart, which screen readers skip."""
    shapes = SKETCHES.get(kind, _ROWS)
    st.html(
        '<svg class="samepage-sketch" viewBox="0 0 48 32" width="48" height="32" fill="currentColor" '
        f'aria-hidden="true">{shapes}</svg>',
        width="content",
    )
