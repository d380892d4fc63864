"""What a chart is: a figure with its reason and its sentence; and a choice of one, with why it cannot be had."""

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
    """A figure, or None where numbers say it better; why it looks so, and the same in a sentence.

    Each trace that can be selected has as `customdata` the row of `result.table` behind each point, -1 where none is.
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
    """A kind of chart that may be asked for. `reason` is why it cannot show this result; "" where it can."""

    kind: Kind
    label: str
    icon: str
    reason: str = ""
    is_rule: bool = False  # what the rule picks
