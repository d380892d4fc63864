"""The differences between two questions in words, for saving a change and for viewing an earlier version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pages.explore.builder.filters import filter_labels
from pages.explore.builder.metric_filters import metric_filter_words
from semantic.display.words.settings.comparisons import comparison_names
from semantic.display.words.settings.filters import filter_words
from semantic.explore.why_missing import parts_of
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import calendar_name, describe_range, describe_split, lower_first, upper_first
from semantic.query.query import DATE, Between, Breakdown, Last, Period, Query, ToDate

SAME = "No changes"


def differences(before: Query, after: Query, visible: VisibleModel) -> list[str]:
    """Return what changed from `before` to `after`. This person must be able to ask both questions."""
    old, new = dict(_parts(before, visible)), dict(_parts(after, visible))
    differences: list[str] = []
    for kind in dict.fromkeys([*new, *old]):
        was, now = old.get(kind, ()), new.get(kind, ())
        added = [text for text in now if text not in was]
        gone = [text for text in was if text not in now]
        differences += [f"{kind} added: {text}" for text in added] + [f"{kind} removed: {text}" for text in gone]
        if not added and not gone and was != now:
            differences.append(f"{kind}s reordered")
    for kind, was, now in _settings(before, after):
        if was != now:
            differences.append(f"{kind}: {now}, before: {was}")
    return differences


def period_words(time: Period | None) -> str:
    """Return a period in words that don't depend on today, such as `last 13 weeks`, `month to date` or `1 – 31 Jan
    2026`.
    """
    running = "" if time is None or time.complete or isinstance(time, Between) else ", including the current one"
    match time:
        case None:
            return "all time"
        case Between(start, end):
            return calendar_name(start, end) or lower_first(describe_range(start, end))
        case Last(count, unit):
            return (f"last {count:,} {unit.words}s" if count > 1 else f"last {unit.words}") + running
        case ToDate(unit):
            return f"{unit.words} to date" + (", including today" if running else "")


def _parts(query: Query, visible: VisibleModel) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each part of a question that is a list, with its name and its entries in words."""
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics}
    filters = filter_labels(visible)
    yield "Metric", tuple(labels.get(name, name) for name in query.metrics)
    yield "Breakdown", tuple(_breakdown(breakdown, filters, visible) for breakdown in query.by)
    yield "Filter", tuple(filter_words(part, filters) for part in parts_of(query))
    yield "Condition", tuple(metric_filter_words(condition, visible, query.currency) for condition in query.having)
    yield "Comparison", tuple(comparison_names(query))
    yield "Total", tuple(_listed(total, "grand total") for total in query.totals)
    yield (
        "Calculation",
        tuple(
            f"{calculation.do.value.replace('_', ' ')} of {labels.get(calculation.of, calculation.of)}"
            for calculation in query.calc
        ),
    )


def _settings(before: Query, after: Query) -> Iterator[tuple[str, str, str]]:
    """Yield each part with a single value: its name, its value before, and its value after, in words."""
    yield "Period", period_words(before.time), period_words(after.time)
    yield "Top", _top(before), _top(after)
    yield "Order", _order(before), _order(after)
    for name, was, now in (
        ("Row limit", before.limit, after.limit),
        ("Time zone", before.time_zone, after.time_zone),
        ("Weeks from", before.week_start, after.week_start),
        ("Fiscal year from", before.fiscal_start, after.fiscal_start),
        ("Currency", before.currency, after.currency),
        ("Rates", before.rates, after.rates),
    ):
        yield name, str(was or "default"), str(now or "default")
    yield "History", before.history.replace("_", " "), after.history.replace("_", " ")
    for name, was, now in (
        ("Empty periods", before.every_period, after.every_period),
        ("Each row", before.each_row, after.each_row),
        ("Ranges", before.ranges, after.ranges),
    ):
        yield name, "yes" if was else "no", "yes" if now else "no"


def _breakdown(breakdown: Breakdown, labels: dict[str, str], visible: VisibleModel) -> str:
    split = describe_split(breakdown, visible.model)
    via = f" ({breakdown.via.replace('_', ' ').replace('.', ', ')})" if breakdown.via else ""
    if breakdown.dim == DATE:
        return upper_first(split or "date")
    return labels.get(breakdown.dim, breakdown.dim) + (f", {lower_first(split)}" if split else "") + via


def _top(query: Query) -> str:
    return "all" if query.top is None else f"{query.top.n:,} by {query.top.metric.replace('_', ' ')}"


def _order(query: Query) -> str:
    return _listed((f"{order.by}{', largest first' if order.desc else ''}" for order in query.order), "default")


def _listed(names: Iterable[str], nothing: str) -> str:
    return " and ".join(name.replace("_", " ") for name in names) or nothing
