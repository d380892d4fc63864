"""A chart: a figure with its reason and its sentence; and a choice of kind, with why it isn't available."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

Kind = Literal[
    "line", "area", "multiples", "bar", "stacked", "share", "heat", "scatter", "pie", "tiles", "table", "none"
]  # fmt: skip

LINES: tuple[Literal["points", "box"], ...] = ("points", "box")
POINTS: tuple[Literal["points", "box"], ...] = ("points",)


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, or None if numbers are better; why it was chosen, and a description in a sentence.

    Each selectable trace has as `customdata` the row of `result.table` behind each point, -1 for none.
    """

    figure: go.Figure | None
    kind: Kind
    reason: str
    alt: str
    note: str = ""
    title: str = ""  # the metrics drawn
    selectable: tuple[Literal["points", "box"], ...] = ()
    events: tuple[str, ...] = ()  # the annotations drawn, in words with their days


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of chart to choose. `reason` is why it can't show this result; "" if it can."""

    kind: Kind
    label: str
    icon: str
    reason: str = ""
    is_rule: bool = False  # the automatic choice
