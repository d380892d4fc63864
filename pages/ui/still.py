"""Figures and styled tables that change no more: what Streamlit sends of them is made once, not on every run.

Streamlit copies a figure and computes a Styler anew each time it is shown. An answer is shown many times.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import plotly.graph_objects as go

_CELL = re.compile(r"_col(\d+)$")


class StillFigure(go.Figure):
    """A figure whose data is copied once. Nobody may change it, nor what it gives."""

    def to_dict(self) -> dict[str, Any]:
        held: dict[str, Any] | None = getattr(self, "_still", None)
        if held is None:
            held = super().to_dict()
            object.__setattr__(self, "_still", held)
        return held


def still_figure(figure: go.Figure, **layout: object) -> StillFigure:
    """The figure with more of a layout; as it was checked or not when it was made, it is not checked again."""
    # Any: a figure's own dict, of which the stubs say another type.
    parts: dict[str, Any] = figure.to_dict()
    return StillFigure(parts | {"layout": parts["layout"] | layout}, _validate=False)


def still_styler(styler: Any, written: Collection[int]) -> Any:
    """A Styler whose styles are computed once; only the columns at the places `written` have words of their own.

    Streamlit takes both from the two methods that are replaced here.
    """
    styler._compute()
    translated = styler._translate(False, False)
    translated["body"] = [
        [cell for cell in row if (found := _CELL.search(cell.get("id", ""))) and int(found[1]) in written]
        for row in translated["body"]
    ]
    styler._compute = lambda: styler
    styler._translate = lambda *_: translated
    return styler
