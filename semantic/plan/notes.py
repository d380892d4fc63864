"""Write the notes that a reader should see before using an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from semantic.errors import counted
from semantic.model.definitions import Dataset, Granularity, Metric, TypeKind
from semantic.plan.joins.bridges import bridge_notes
from semantic.plan.joins.distinguishing import distinguishing_keys, is_fixed
from semantic.plan.joins.filters import describe_subjects, describe_things
from semantic.plan.joins.versions import version_notes
from semantic.plan.measures.exchange import exchange_notes
from semantic.plan.measures.kinds import is_month_end_balance
from semantic.plan.measures.metrics import Parts
from semantic.plan.measures.unknown import days_of, is_to_come, lacks_month
from semantic.plan.time.period_aggregation import followed_by
from semantic.plan.time.period_notes import timing_notes
from semantic.plan.tree.nodes import Leg
from semantic.policy.narrow import measures_of
from semantic.query.comparisons import Compared
from semantic.query.describe import describe_day, describe_range, join_words, lower_first, upper_first
from semantic.query.filter_parts import conditions
from semantic.query.known_through import Extent, took_too_long, waits_for
from semantic.query.periods import Days, shift, widened
from semantic.query.query import Filter
from semantic.query.resolve import Asked, reach_of

MOST_SOURCES = 3
"""The most sources of a dataset that a note names as late or ended."""
WITH_ROWS_ALONE = "Periods without rows are hidden: with totals and a top, only sums and counts can show every period."


def describe_notes(
    asked: Asked, legs: Sequence[Leg], parts: Parts, foreign: Sequence[tuple[Filter, Dataset]]
) -> Iterator[str]:
    """Yield notes on days that can't be converted, missing filters, compared days, totals and versions."""
    for leg in legs:
        yield from _zone_notes(leg, asked)
    without: dict[Filter, list[Dataset]] = {}
    for part, dataset in foreign:
        without.setdefault(part, []).append(dataset)
    for part, datasets in without.items():
        yield from _filter_notes(part, datasets, asked, parts)
    yield from _known_notes(asked)
    for compared in asked.compared:
        yield from _comparison_notes(compared.name, asked)
    if asked.totals and (asked.having or asked.limit):
        yield "Totals include all matching rows, even groups that aren't shown."
    yield from _within_notes(asked, parts)
    yield from timing_notes(asked)
    yield from version_notes(legs, asked)
    yield from bridge_notes(legs)
    yield from exchange_notes(legs, asked)
    if asked.query.history == "as_is" and any(edge.current for leg in legs for path in leg.joins for edge in path):
        yield "Attributes are shown as they are today, not as they were."


def _zone_notes(leg: Leg, asked: Asked) -> Iterator[str]:
    time = leg.days.field.dimension if leg.days and (leg.days.start or leg.days.end) else None
    if time is None:
        time = next((key.field.dimension for key in leg.keys if key.grain and not key.field.path), None)
    zone = asked.visible.model.settings.time_zone
    if time and time.type.kind is not TypeKind.TIMESTAMPTZ and asked.time_zone != zone:
        yield f"{leg.dataset.label}: days follow {zone}, because they can't be converted to {asked.time_zone}."


def _filter_notes(part: Filter, without: Sequence[Dataset], asked: Asked, parts: Parts) -> Iterator[str]:
    """Yield notes on metrics that a filter doesn't apply to, or only in part, because some facts don't support it."""
    untouched: dict[frozenset[str], list[str]] = {}
    halfway: dict[frozenset[str], list[str]] = {}
    for metric in dict.fromkeys([*asked.metrics, *(metric for metric, _ in asked.having)]):
        facts = frozenset(parts.facts_of(metric.name))
        texts = frozenset(dataset.name for dataset in without) & facts
        if texts == facts:
            untouched.setdefault(texts, []).append(metric.label)
        elif texts and not _selects_one_value(part, metric, parts):
            halfway.setdefault(texts, []).append(metric.label)
    subjects, things = join_words(describe_subjects(part, asked)), join_words(describe_things(part, asked), "or")
    for kind, words in (
        (untouched, f"not filtered by {subjects}"),
        (halfway, f"filtered by {subjects} on one side only"),
    ):
        for names, labels in kind.items():
            rows = join_words([lower_first(dataset.label) for dataset in without if dataset.name in names])
            yield f"{_listed(labels)}: {words}, because rows of {rows} have no {things}."


def _selects_one_value(part: Filter, metric: Metric, parts: Parts) -> bool:
    """Return whether a filter only selects one value of a dimension that a metric doesn't add up across.

    Such a filter needs no note.
    """
    within = {name for leaf in parts.leaves_of(metric.name) for name in leaf.within}
    names = [condition.dim for condition in conditions(part)]
    return bool(names) and within.issuperset(names)


def _listed(labels: Sequence[str]) -> str:
    return join_words([labels[0], *map(lower_first, labels[1:])])


def _known_notes(asked: Asked) -> Iterator[str]:
    """Yield the last day that counts for each metric, if the question asks for later days.

    This includes metrics that only select groups.
    """
    metrics = tuple(dict.fromkeys([*asked.metrics, *(metric for metric, _ in asked.having)]))
    by_end: dict[tuple[date, int], list[Metric]] = {}
    for metric in metrics:
        days = days_of(metric, asked)
        is_late = days.is_open and days.end is not None and days.end < asked.today
        is_cut = days.asked_end is not None or is_late or is_to_come(metric, "", asked)
        if days.end is not None and is_cut:
            waits = waits_for(metric, asked.visible.model, asked.asking)
            by_end.setdefault((days.end, waits), []).append(metric)
    start = asked.days.start
    for (end, waits), of in by_end.items():
        names = "" if len(of) == len(metrics) else _listed([metric.label for metric in of])
        if start is not None and end <= start:
            is_what = "over" if start >= asked.today else "loaded"
            known = f"no day of the period {followed_by(waits) if waits else f'is {is_what} yet'}."
            yield f"{names}: {known}" if names else upper_first(known)
            continue
        why = _why(waits, of, asked)
        last = describe_day(end - timedelta(days=1))
        yield f"{names}: counted to {last}, because {why}." if names else f"Counted to {last}: {why}."
    reaches = [reach_of(metric, asked) for metric in asked.metrics]
    yield from _before_notes(asked)
    if any(reach.last is not None and reach.days.lets_in_today and not reach.days.is_empty for reach in reaches):
        yield f"{describe_day(asked.today)} isn't over yet and includes only what's loaded so far."
    yield from _ended_notes(asked)
    vague = [metric.label for metric in asked.metrics if took_too_long(metric, asked.visible.model, asked.asking)]
    if vague:
        names = join_words([vague[0], *map(lower_first, vague[1:])])
        yield (
            f"It took too long to find the first and last day of data for {names}, so a day that isn't loaded looks "
            "like a day without activity."
        )


def _before_notes(asked: Asked) -> Iterator[str]:
    """Yield notes on metrics whose data begins after the question's days."""
    early: dict[date, list[Metric]] = {}
    for metric in asked.metrics:
        reach = reach_of(metric, asked)
        is_before = reach.first and reach.days.end and not reach.days.is_empty and reach.days.end <= reach.first
        if reach.first and is_before:
            early.setdefault(reach.first, []).append(metric)
    for first, metrics in early.items():
        text = f"data starts on {describe_day(first)}, after this period."
        is_of_all = len(metrics) == len(asked.metrics)
        yield upper_first(text) if is_of_all else f"{_listed([metric.label for metric in metrics])}: {text}"


def _why(waits: int, metrics: Sequence[Metric], asked: Asked) -> str:
    """Return why metrics don't count later days."""
    if waits:
        return f"later days don't have {counted(waits, 'day')} of data after them yet"
    return (
        f"later days aren't loaded yet{_from(metrics, asked)}" if _is_late(metrics, asked) else "later days aren't over"
    )


def _is_late(metrics: Sequence[Metric], asked: Asked) -> bool:
    """Return whether any fact of these metrics isn't loaded to yesterday.

    In a time zone further west, yesterday might not have ended either.
    """
    model, yesterday = asked.visible.model, asked.today - timedelta(days=1)
    facts = {measure.dataset for metric in metrics for measure in measures_of(metric, model)}
    lasts = [asked.asking.loaded[name].last for name in facts if name in asked.asking.loaded]
    return any(last is not None and last < yesterday for last in lasts)


def _from(metrics: Sequence[Metric], asked: Asked) -> str:
    """Return the sources that metrics are waiting for and that the actor can see, such as ` from Google and Meta`."""
    extents = [extent for _, extent in _sourced(metrics, asked) if extent.last is not None]
    last = min((extent.last for extent in extents if extent.last), default=None)
    late = list(dict.fromkeys(name or "(none)" for extent in extents if extent.last == last for name in extent.late))
    more = [f"{counted(len(late) - MOST_SOURCES, 'other')}"] if len(late) > MOST_SOURCES else []
    return f" from {join_words([*late[:MOST_SOURCES], *more])}" if late else ""


def _ended_notes(asked: Asked) -> Iterator[str]:
    """Yield notes on sources that haven't loaded for so long that metrics no longer wait for them."""
    for dataset, extent in _sourced(asked.metrics, asked):
        end = asked.days.end
        ended = [(name, day) for name, day in extent.ended if end is None or end > day + timedelta(days=1)]
        for name, day in ended[:MOST_SOURCES]:
            yield (
                f"{dataset.label} has no data from {name or '(none)'} after {describe_day(day)}. Later days are "
                "counted without it."
            )
        if len(ended) > MOST_SOURCES:
            count = len(ended) - MOST_SOURCES
            others, them = counted(count, "other source"), "it" if count == 1 else "them"
            yield f"{dataset.label} has no new data from {others} either. Later days are counted without {them}."


def _sourced(metrics: Sequence[Metric], asked: Asked) -> list[tuple[Dataset, Extent]]:
    """Return the facts with several sources, if the actor can see all of their rows.

    Under row rules, a source's name would reveal hidden rows (G6).
    """
    seen = asked.visible
    if seen.rules:
        return []
    names = dict.fromkeys(measure.dataset for metric in metrics for measure in measures_of(metric, seen.model))
    datasets = [seen.model.datasets[name] for name in names]
    return [
        (dataset, asked.asking.loaded[dataset.name])
        for dataset in datasets
        if dataset.freshness and dataset.freshness.by and dataset.name in asked.asking.loaded
        if seen.shows_dimension(dataset.dimensions[dataset.freshness.by]) and seen.mask(dataset.freshness.by) is None
    ]


def _within_notes(asked: Asked, parts: Parts) -> Iterator[str]:
    """Yield notes on metrics without a total, Other or (none) across dimensions that have to stay separate."""
    if not any(leaf.measure.within for leaf in parts.leaves):
        return
    for metric in asked.metrics:
        for name in sorted({name for leaf in parts.leaves_of(metric.name) for name in leaf.within}):
            if is_fixed(name, asked):
                continue
            first = asked.visible.model.dimensions[name][0]
            values = f"values of {lower_first(first.label)}" if asked.visible.shows_dimension(first) else "groups"
            for key in distinguishing_keys(name, asked):
                if any(key.name not in total for total in asked.totals) or (asked.top and asked.top.dim == key.name):
                    yield f"{metric.label} isn't summed across {values}, because they overlap."
                if key.breakdown.dim != name:
                    shown = lower_first(key.dimensions[0].label)
                    yield f"{metric.label} is empty where {shown} is (none), which can mix several {values}."


def _comparison_notes(name: str, asked: Asked) -> Iterator[str]:
    """Yield notes that say which days are compared, and for which metrics if that differs."""
    labels: dict[str, list[str]] = {}
    for metric in asked.metrics:
        reach = reach_of(metric, asked)
        compared = next(reach_compared for reach_compared in reach.compared if reach_compared.name == name)
        if reach.days.is_empty and not asked.days.is_empty:
            continue  # it has no number to compare, which another note says
        note = _comparison_note(compared, reach.days, reach.first, asked)
        if is_month_end_balance(metric, asked) and not compared.days.is_empty:
            note = _months_note(compared, asked)
        if lacks_month(metric, compared, asked) and not asked.dates:
            days = lower_first(describe_range(compared.days.start, compared.days.end, open_end=True))
            note = f"Not compared, because {days} isn't made up of whole months."
        labels.setdefault(note, []).append(metric.label)
    for note, of in labels.items():
        if note:
            yield f"{_listed(of)}: {lower_first(note)}" if len(labels) > 1 else note


def _months_note(compared: Compared, asked: Asked) -> str:
    """Return a note on balances stored by month, or "". Without a date breakdown, another note names their days."""
    if not asked.dates:
        return ""
    months = widened(compared.days, Granularity.MONTH, asked.calendar)
    words = lower_first(describe_range(months.start, months.end, open_end=True))
    return f"Compared with {words}, as of each month-end."


def _comparison_note(compared: Compared, own: Days, begins: date | None, asked: Asked) -> str:
    days = compared.days
    if days.is_empty:
        return "" if own.is_empty else "No day of this period has a matching day to compare with."
    period = next((key.period for key in asked.keys if key.name in asked.own_periods), None)
    if period is not None and days.start is not None:
        partner = (
            "the same number just before" if compared.name == "previous" else f"those since {describe_day(days.start)}"
        )
        return (
            f"Each {lower_first(period.label)} is compared with its counterpart among {partner}. Complete ones "
            "are compared with complete ones, a partial one with the days in the same positions."
        )
    if begins is not None and days.end is not None and days.end <= begins:
        return f"Nothing to compare with, because data starts on {describe_day(begins)}."
    words = lower_first(describe_range(days.start, days.end, open_end=True))
    if days.start is None and days.end is not None:
        words = f"all time {words}"
    how = ""
    if compared.name == "last_year":
        how = ", the same dates last year" if compared.move_months else ", the same weekdays 364 days earlier"
    note = f"Compared with {words}{how}."
    if days.start and days.end and own.start and own.end and days.length != own.length:
        note += f" It has {counted(days.length, 'day')}; this period has {own.length:,}."
        if compared.only_same or (compared.whole and days.length < own.length):
            note += " Days that the other month doesn't have aren't compared."
        elif compared.whole:
            note += " Days that the other month doesn't have are in totals only."
        beside = days.start + timedelta(days=own.length)
        if compared.move_months:
            beside = shift(own.end, Granularity.MONTH, -compared.move_months) if compared.is_named else days.end
        if beside < days.end and asked.dates:
            first, last = beside, days.end - timedelta(days=1)
            have = "has no matching day and is" if first == last else "have no matching days and are"
            note += f" {describe_range(first, last)} {have} in totals only."
    if begins is not None and days.start is not None and days.start < begins:
        note += f" Data starts on {describe_day(begins)}."
    return note
