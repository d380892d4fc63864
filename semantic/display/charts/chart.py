"""A chart: a figure with its reason and its sentence; and a choice of kind, with why it isn't available."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from semantic.display.template import Attributes

Kind = Literal[
    "line", "area", "multiples", "bar", "stacked", "share", "heat", "scatter", "waterfall", "distribution", "pie",
    "tiles", "table", "none",
]  # fmt: skip

Room = Literal["", "some", "much"]

LINES: tuple[Literal["points", "box"], ...] = ("points", "box")
POINTS: tuple[Literal["points", "box"], ...] = ("points",)


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, or None if plain numbers are better, with the reason for the choice and a one-sentence description.

    Each trace that responds to the pointer has `customdata` for each point: first the row of `result.table` behind it,
    -1 for none, then its tooltip texts.
    """

    figure: go.Figure | None
    kind: Kind
    reason: str
    alt: str
    note: str = ""
    title: str = ""  # the metrics drawn
    selectable: tuple[Literal["points", "box"], ...] = ()
    events: tuple[str, ...] = ()  # the annotations drawn, in words with their days
    room: Room = ""  # what its names need. With less, `instead` is better
    instead: tuple[str, ...] = ()  # what it says, in lines


def rows_behind(trace: Attributes) -> list[int]:
    """Return the row of the result behind each point of a trace, -1 for none, or nothing for a trace that doesn't
    respond to the pointer.
    """
    return [point[0] for point in trace.get("customdata") or ()]


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of chart to choose. `reason` is why it can't show this result; "" if it can."""

    kind: Kind
    label: str
    icon: str
    reason: str = ""
    is_rule: bool = False  # the automatic choice
