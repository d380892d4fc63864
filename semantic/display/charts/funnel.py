"""Draw the charts of a funnel: its steps, its rate by group and over time, and the time that it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.charts.figures.frame import HIDDEN
from semantic.display.charts.figures.funnel import Step, funnel_figure
from semantic.display.charts.watched import Watched, watched_chart
from semantic.display.evidence import wilson
from semantic.display.format import MINUS, counted, listed, part_share, share
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity

MOST_GROUPS = 12
NEARLY = 0.99
"""Once this share of conversions is reached, longer durations aren't drawn."""

ENOUGH = 100
"""Rates of fewer subjects than this are marked as unreliable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """A step of a funnel. `count` is how many subjects reached it, or None if hidden. `text` is the formatted number.

    `took` is the time since the first step, in words. `earlier` is the share of the first step in the comparison
    period.
    """

    name: str
    count: int | None
    text: str
    took: str = ""
    earlier: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelConversion:
    """The conversion of a group or a period: how many subjects began and how many converted, or None if hidden."""

    name: str
    begun: int | None
    converted: int | None
    words: str = ""  # the two numbers as they are shown
    first: date | None = None

    @property
    def rate(self) -> float | None:
        return self.converted / self.begun if self.begun and self.converted is not None else None


def funnel_chart(steps: Sequence[FunnelStep], who: str, tokens: Tokens, *, mark: str = "", earlier: str = "") -> Chart:
    """Return a chart with a bar for each step.

    `who` is the name of the subjects, such as visitors, and `mark` precedes each share if it's based on a sample.
    `earlier` is the name of the comparison period, such as "in Q2 2026".
    """
    if not steps or not steps[0].count:
        return Chart(None, "none", "Nothing to draw.", f"Funnel of {who}: nothing to draw.")
    worst = biggest_drop([step.count for step in steps])
    drawn: list[Step] = []
    said: list[str] = []
    for place, step in enumerate(steps):
        of_first, of_previous = _share(step.count, steps[0].count), None
        lost: int | None = None
        if place:
            before = steps[place - 1].count
            of_previous = _share(step.count, before)
            lost = before - step.count if before is not None and step.count is not None else None
        lines = [f"{mark}{share(of_first)} of the first step"] if place and of_first is not None else []
        lines += [f"{mark}{share(of_previous)} of the step before"] if of_previous is not None else []
        lines += [f"{mark}{share(step.earlier)} of the first step {earlier}"] if _is_earlier(step, place) else []
        lines += [f"{step.took} after the start, on average"] if step.took and place else []
        dropped = f"{MINUS}{mark}{share(1 - of_previous)}" if of_previous is not None else ""
        is_worst = place == worst and len(steps) > 2
        text = step.text if step.count is not None else HIDDEN
        drawn.append(
            Step(
                name=f"{place + 1}. {step.name}",
                value=step.count,
                text=text,
                lost=lost,
                reached=f"{mark}{share(of_first)}" if of_first is not None else "",
                dropped=f"Biggest drop {dropped}" if is_worst else dropped,
                lines=lines,
                is_worst=is_worst,
                earlier=(step.earlier or 0) * (steps[0].count or 0) if _is_earlier(step, place) else None,
            )
        )
        then = f", {earlier} {mark}{share(step.earlier)}" if _is_earlier(step, place) else ""
        more = f" ({mark}{share(of_first)}{then})" if place and of_first is not None else ""
        said.append(f"{step.name} {text}{more}")
    is_compared = any(step.earlier is not None for step in drawn)
    note = f"The line across each bar is the share of the first step {earlier}." if is_compared else ""
    return Chart(funnel_figure(drawn, tokens), "bar", "", f"Funnel of {who}: {listed(said)}.", note, title="Funnel")


def _is_earlier(step: FunnelStep, place: int) -> bool:
    return place > 0 and step.earlier is not None


def biggest_drop(counts: Sequence[int | None]) -> int | None:
    """Return the index of the step that lost the largest share of the previous step, or None."""
    rates = [
        (rate, place)
        for place in range(1, len(counts))
        if (rate := _share(counts[place], counts[place - 1])) is not None and rate < 1
    ]
    return min(rates)[1] if rates else None


def groups_chart(groups: Sequence[FunnelConversion], label: str, tokens: Tokens, *, mark: str = "") -> Chart:
    """Return a chart of each group's rate with its 95% interval, in the given order.

    If there are many groups, only the first ones are drawn.
    """
    known = [group for group in groups if group.begun is not None and group.rate is not None]
    if len(known) < 2:
        return Chart(None, "none", "Too few groups to compare.", f"By {label}: too few groups to compare.")
    drawn = known[:MOST_GROUPS]
    ends = [wilson(group.converted or 0, group.begun or 0) or (0.0, 0.0) for group in drawn]
    panel = BarPanel(
        title="", values=[group.rate for group in drawn], write=lambda rate: f"{mark}{share(rate)}",
        words=[group.words for group in drawn],
        low=[low for low, _ in ends], high=[high for _, high in ends],
        unsure=[(group.begun or 0) < ENOUGH for group in drawn],
    )  # fmt: skip
    figure = bar_chart([group.name for group in drawn], [False] * len(drawn), [panel], tokens)
    said = listed(f"{group.name} {share(group.rate)}" for group in drawn)
    left_out = len(groups) - len(drawn)
    note = f"{counted(left_out, 'more group')} in the table." if left_out else ""
    return Chart(figure, "bar", "", f"Converted by {label}: {said}.", note, title=f"Converted by {label}")


def rate_chart(periods: Sequence[FunnelConversion], grain: Granularity, tokens: Tokens) -> Chart:
    """Return a chart of the rate over time, by the period in which tries began, with its 95% interval as a band."""
    days: list[Watched] = []
    for one in sorted(periods, key=lambda one: one.first or date.min):
        ends = wilson(one.converted, one.begun) if one.begun and one.converted is not None else None
        low, high = ends or (None, None)
        if one.first is not None:
            days.append(Watched(first=one.first, value=one.rate, low=low, high=high))
    return watched_chart(days, f"Converted by {grain.words}", grain, share, tokens)


def time_chart(within: Sequence[tuple[str, int | None]], converted: int, tokens: Tokens) -> Chart:
    """Return a chart of how many subjects converted within each duration. Durations are in ascending order."""
    known = [(name, count) for name, count in within if count]
    first_full = next((place for place, (_, count) in enumerate(known) if count >= NEARLY * converted), len(known) - 1)
    drawn = known[: first_full + 1]
    if not converted or not drawn:
        return Chart(None, "none", "Nothing to draw.", "Time to convert: nothing to draw.")
    shares = [count / converted for _, count in drawn]
    panel = BarPanel(
        title="", values=shares, write=part_share, words=[f"{count:,} of {converted:,}" for _, count in drawn]
    )
    names = [f"Within {name}" for name, _ in drawn]
    said = listed(f"{name.lower()} {part_share(rate)}" for name, rate in zip(names, shares, strict=True))
    figure = bar_chart(names, [False] * len(drawn), [panel], tokens)
    return Chart(figure, "bar", "", f"Time to convert: {said}.", title="Time to convert")


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
