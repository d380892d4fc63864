"""A funnel's charts for every surface: its steps, its rate over time and by group, and how long subjects took."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from semantic.analyses.events.funnel.finding import FunnelFound, FunnelRow
from semantic.analyses.events.funnel.lower import EDGES
from semantic.display.charts.chart import Chart
from semantic.display.charts.funnel import (
    FunnelConversion,
    FunnelStep,
    funnel_chart,
    groups_chart,
    rate_chart,
    time_chart,
)
from semantic.display.tokens import Tokens
from semantic.query.describe import lower_first
from semantic.services.analyzing.sampled import ABOUT, counted
from semantic.services.analyzing.words.funnel import duration, group_name, step_labels
from semantic.services.analyzing.words.subject import subjects

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed

Key = TypeVar("Key", bound=Hashable)


def funnel_charts(analyzed: Analyzed[FunnelFound], tokens: Tokens) -> list[Chart]:
    """Return the funnel's charts, the steps first. Charts without data are left out."""
    found, carried = analyzed.found, analyzed.planned.carried
    charts = [_steps(analyzed, tokens)]
    over = next((place for place, each in enumerate(carried) if each.grain is not None), None)
    by = next((place for place in range(len(carried)) if place not in (over, analyzed.planned.reads.held)), None)
    if over is not None and (grain := carried[over].grain) is not None:
        periods = _added((row.over, row) for row in found.rows)
        rows = [
            FunnelConversion(name="", first=first, begun=ends[0], converted=ends[1]) for first, ends in periods.items()
        ]
        charts.append(rate_chart(rows, grain, tokens))
    if by is not None:
        groups = _added(((row.by, row.is_unreached), row) for row in found.rows)
        named = [
            FunnelConversion(
                name=group_name(analyzed, by, value, is_unreached=is_unreached),
                begun=ends[0],
                converted=ends[1],
                words=_words(*ends, analyzed.planned.sample),
            )
            for (value, is_unreached), ends in groups.items()
        ]
        mark = ABOUT if analyzed.planned.sample is not None else ""
        charts.append(groups_chart(named, lower_first(carried[by].label), tokens, mark=mark))
    charts.append(_times(found, tokens))
    return [chart for chart in charts if chart.figure is not None]


def _steps(analyzed: Analyzed[FunnelFound], tokens: Tokens) -> Chart:
    whole, sample = analyzed.found.whole, analyzed.planned.sample
    mark = ABOUT if sample is not None else ""
    before = analyzed.compared.analyzed.found.whole if analyzed.compared is not None else None
    steps: list[FunnelStep] = []
    for place, (label, count) in enumerate(zip(step_labels(analyzed), whole.counts, strict=True)):
        taken = whole.since_start[place - 1] if place else None
        steps.append(
            FunnelStep(
                name=label,
                count=count,
                text="" if count is None else counted(count, sample),
                took=duration(taken.mean) if taken is not None and taken.mean is not None else "",
                earlier=before.rate(place + 1) if before is not None else None,
            )
        )
    earlier = analyzed.compared.other.inside if analyzed.compared is not None else ""
    return funnel_chart(steps, subjects(analyzed), tokens, mark=mark, earlier=earlier)


def _words(begun: int | None, converted: int | None, sample: float | None) -> str:
    if begun is None or converted is None:
        return ""
    return f"{counted(converted, sample)} of {counted(begun, sample)}"


def _times(found: FunnelFound, tokens: Tokens) -> Chart:
    within = [(duration(edge), count) for edge, count in zip(EDGES, found.whole.within, strict=True)]
    return time_chart(within, found.whole.counts[-1] or 0, tokens)


def _added(rows: Iterable[tuple[Key, FunnelRow]]) -> Mapping[Key, tuple[int | None, int | None]]:
    """Return how many subjects began and how many converted, by group or period. A sum with a hidden number is None."""
    sums: dict[Key, tuple[int | None, int | None]] = {}
    for key, row in rows:
        begun, converted = sums.get(key, (0, 0))
        sums[key] = _sum(begun, row.counts[0]), _sum(converted, row.counts[-1])
    return sums


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
