"""Figures and styled tables that don't change any more. Streamlit's message for them is made once, not on every run.

Streamlit copies and serializes a figure, and recomputes a Styler, each time it's shown, and an answer is shown many
times.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import plotly.graph_objects as go
from plotly.io.json import to_json_plotly

_CELL = re.compile(r"_col(\d+)$")


class StillFigure(go.Figure):
    """A figure that is copied and written as JSON only once. Don't change it or the results of its methods."""

    @property
    def parts(self) -> dict[str, Any]:
        """The dict of the figure."""
        return self._held()[0]

    @property
    def text(self) -> bytes:
        """The figure as JSON."""
        return self._held()[1]

    def _held(self) -> tuple[dict[str, Any], bytes]:
        held: tuple[dict[str, Any], bytes] | None = getattr(self, "_still", None)
        if held is None:
            parts = super().to_dict()
            held = parts, _written(parts)
            object.__setattr__(self, "_still", held)
        return held


def figure_json(figure: go.Figure) -> bytes:
    """Return a figure as JSON for the browser."""
    return figure.text if isinstance(figure, StillFigure) else _written(figure.to_dict())


def _written(parts: object) -> bytes:
    return str(to_json_plotly(parts)).encode()


def still_figure(figure: go.Figure, **layout: object) -> StillFigure:
    """Return a figure with additional layout, which isn't validated again."""
    # Any: the dict of a figure, which the stubs type differently.
    parts: dict[str, Any] = figure.parts if isinstance(figure, StillFigure) else figure.to_dict()
    return StillFigure(parts | {"layout": parts["layout"] | layout}, _validate=False)


def still_styler(styler: Any, written: Collection[int]) -> Any:
    """Return a Styler whose styles and texts are computed once. Only the columns in `written` have texts of their own.

    Streamlit reads styles and texts through the three methods that are overridden here. One of them returns the cells
    of the frame as text, with each cell's own text in place, so that Streamlit doesn't have to write it over them.
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
