"""Figures and styled tables that no longer change: what Streamlit sends of them is made once, not on every run.

Streamlit copies a figure and computes a Styler again each time it's shown. An answer is shown many times.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import orjson
import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

_CELL = re.compile(r"_col(\d+)$")


class StillFigure(go.Figure):
    """A figure that is copied and serialized to JSON once. Neither it nor its output may be changed.

    `parts` is its dict as created; `to_dict`, which Streamlit calls, has each part serialized already.
    """

    @property
    def parts(self) -> dict[str, Any]:
        return self._held()[0]

    def to_dict(self) -> dict[str, Any]:
        return self._held()[1]

    def _held(self) -> tuple[dict[str, Any], dict[str, Any]]:
        held: tuple[dict[str, Any], dict[str, Any]] | None = getattr(self, "_still", None)
        if held is None:
            parts = super().to_dict()
            held = parts, _written(parts)
            object.__setattr__(self, "_still", held)
        return held


def _written(parts: dict[str, Any]) -> dict[str, Any]:
    """Each attribute of the traces and of the layout as finished JSON; sizes as numbers, which Streamlit reads."""
    traces = [{name: _fragment(value) for name, value in trace.items()} for trace in parts["data"]]
    sizes = ("width", "height")
    layout = {name: value if name in sizes else _fragment(value) for name, value in parts["layout"].items()}
    return parts | {"data": traces, "layout": layout}


def _fragment(value: object) -> orjson.Fragment:
    return orjson.Fragment(str(to_json_plotly(value)))


def still_figure(figure: go.Figure, **layout: object) -> StillFigure:
    """The figure with more layout; validated or not on creation, it isn't validated again."""
    # Any: a figure's own dict, which the stubs type differently.
    parts: dict[str, Any] = figure.parts if isinstance(figure, StillFigure) else figure.to_dict()
    return StillFigure(parts | {"layout": parts["layout"] | layout}, _validate=False)


def still_styler(styler: Any, written: Collection[int]) -> Any:
    """A Styler whose styles and texts are computed once; only the columns at `written` have texts of their own.

    Streamlit gets them from the three methods overridden here: including the frame's cells as text, over which it would
    write each cell's own text.
    """
    styler._compute()
    translated = styler._translate(False, False)
    texts = styler.data.astype(str)
    for row, cells in enumerate(translated["body"]):
        for cell in cells:
            if (match := _CELL.search(cell.get("id", ""))) and int(match[1]) in written:
                texts.iat[row, int(match[1])] = str(cell.get("display_value"))
    translated["body"] = []
    as_type = styler.data.astype
    object.__setattr__(
        styler.data, "astype", lambda to, *more, **how: texts if to is str else as_type(to, *more, **how)
    )
    styler._compute = lambda: styler
    styler._translate = lambda *_: translated
    return styler
