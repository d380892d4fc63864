"""A chart (a figure with a reason and a description), and the choice between kinds of charts."""

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
    """A figure with the reason for its kind and a one-sentence description.

    `figure` is None if plain numbers are better. Each trace that responds to the pointer has `customdata` for each
    point: first the index of its row in `result.table`, or -1 for none, then its tooltip texts.
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
    """Return the index of the result's row behind each point of a trace, or -1 for a point without a row.

    Empty for a trace that ignores the pointer.
    """
    return [point[0] for point in trace.get("customdata") or ()]


@dataclass(frozen=True, slots=True)
class Choice:
    """A kind of chart to choose. `reason` is "" or, if the kind can't show this result, the reason why."""

    kind: Kind
    label: str
    icon: str
    reason: str = ""
    is_rule: bool = False  # the automatic choice
