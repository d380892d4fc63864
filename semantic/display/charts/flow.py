"""Draw the chart of paths: the events at each step, and how many subjects move from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.flow import Band, Block, flow_figure
from semantic.display.format import listed, share
from semantic.display.tokens import Tokens

ARROW = " → "
FEW = 3
"""The most columns whose names fit in half of a laptop's screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """One node of a step: its code, its name, its number, and the number as text.

    `is_event` is false for nodes that aren't a single event: the ends of paths, and all other events together.
    `moved` is how the share has changed since another period, in words.
    """

    code: str
    name: str
    count: int
    text: str
    is_event: bool = True
    moved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLink:
    """The subjects that move from one step to the next. Steps are counted from 0, and both nodes are given by code."""

    column: int
    before: str
    after: str
    count: int
    text: str


def flow_chart(
    columns: Sequence[str],
    steps: Sequence[Sequence[FlowNode]],
    going: Sequence[FlowLink],
    who: str,
    tokens: Tokens,
    mark: str,
    instead: Sequence[str] = (),
) -> Chart:
    """Return the flow. The steps are in the order of time.

    `who` is the name of the subjects, and `mark` precedes each share if it's based on a sample. `instead` has lines of
    text for places that are too narrow for the figure.
    """
    whole = max((sum(each.count for each in step) for step in steps), default=0)
    if not whole or len(steps) < 2:
        return Chart(None, "none", "Nothing to draw.", f"Paths of {who}: nothing to draw.")
    colours = _colours(steps, tokens)
    blocks: list[Block] = []
    places: dict[tuple[int, str], int] = {}
    for column, step in enumerate(steps):
        for each in step:
            places[column, each.code] = len(blocks)
            blocks.append(
                Block(
                    column=column, name=each.name, count=each.count, text=each.text,
                    colour=colours.get(each.code, tokens.other),
                    lines=[f"{mark}{share(each.count / whole)} of {who}", *([each.moved] if each.moved else [])],
                )
            )  # fmt: skip
    bands = [
        _band(blocks, places[each.column, each.before], places[each.column + 1, each.after], each, whole, who, mark)
        for each in going
        if (each.column, each.before) in places and (each.column + 1, each.after) in places
    ]
    said = [
        f"{column}: {listed(f'{each.name} {each.text}' for each in step)}"
        for column, step in zip(columns, steps, strict=True)
        if step
    ]
    figure = flow_figure(columns, blocks, bands, tokens)
    room = "some" if len(columns) <= FEW else "much"
    alt = f"Paths of {who}. {'. '.join(said)}."
    return Chart(figure, "bar", "", alt, title="Flow", room=room, instead=tuple(instead))


def _band(
    blocks: Sequence[Block], before: int, after: int, going: FlowLink, whole: int, who: str, mark: str
) -> Band:  # fmt: skip
    left, right = blocks[before], blocks[after]
    return Band(
        before=before, after=after, count=going.count, name=f"{left.name}{ARROW}{right.name}", text=going.text,
        lines=[
            f"{mark}{share(going.count / whole)} of {who}",
            f"{mark}{share(going.count / left.count)} of {left.name}" if left.count else "",
        ],
    )  # fmt: skip


def _colours(steps: Sequence[Sequence[FlowNode]], tokens: Tokens) -> Mapping[str, str]:
    """Return a colour for each of the most frequent events. An event has the same colour at every step."""
    counts: dict[str, int] = {}
    for step in steps:
        for each in step:
            if each.is_event:
                counts[each.code] = counts.get(each.code, 0) + each.count
    ordered = sorted(counts, key=lambda code: (-counts[code], code))
    return dict(zip(ordered, tokens.series, strict=False))
