"""What a reader must know before believing an answer, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from semantic.errors import counted
from semantic.model.definitions import Cumulative, Dataset, Granularity, Metric, OverTime, TypeKind
from semantic.plan.apart import is_fixed, telling_apart
from semantic.plan.bridges import bridge_notes
from semantic.plan.exchange import exchange_notes
from semantic.plan.filters import describe_subjects, describe_things
from semantic.plan.kinds import stands_as_of
from semantic.plan.metrics import Parts, take_apart
from semantic.plan.nodes import Leg
from semantic.plan.timing import Cohorts, singular, timing_of, window_days
from semantic.plan.unknown import days_of, is_to_come
from semantic.plan.versions import version_notes
from semantic.policy.narrow import measures_of
from semantic.query.describe import describe_day, describe_range, join_words, lower_first, upper_first
from semantic.query.known_through import Extent, known_through, took_too_long
from semantic.query.periods import Compared, coarsest, first_day
from semantic.query.query import Filter
from semantic.query.resolve import Asked

WITH_ROWS_ALONE = (
    "Periods without rows are left out: beside totals and a top, every period is shown of sums and counts alone."
)


def describe_notes(
    asked: Asked, legs: Sequence[Leg], parts: Parts, foreign: Sequence[tuple[Filter, Dataset]]
) -> Iterator[str]:
    """Days that cannot be moved, filters that one fact does not have, days compared, what totals are of, versions."""
    for leg in legs:
        yield from _zone_notes(leg, asked)
    for part, dataset in foreign:
        yield from _filter_notes(part, dataset, asked, parts)
    yield from _known_notes(asked)
    yield from filter(None, (_comparison_note(one, asked) for one in asked.compared))
    if asked.totals and (asked.having or asked.limit):
        yield "Totals are of all rows the filters let in, also of groups that are not shown."
    yield from _within_notes(asked, parts)
    yield from _timing_notes(asked)
    yield from version_notes(legs, asked)
    yield from bridge_notes(legs)
    yield from exchange_notes(legs, asked)
    if asked.query.history == "as_is" and any(edge.current for leg in legs for path in leg.joins for edge in path):
        yield "Attributes that change over time are shown as they are now, not as they were."


def _zone_notes(leg: Leg, asked: Asked) -> Iterator[str]:
    time = leg.days.field.dimension if leg.days and (leg.days.start or leg.days.end) else None
    if time is None:
        time = next((key.field.dimension for key in leg.keys if key.grain and not key.field.path), None)
    zone = asked.visible.model.settings.time_zone
    if time and time.type.kind is not TypeKind.TIMESTAMPTZ and asked.time_zone != zone:
        yield f"{leg.dataset.label}: days are those of {zone}; they cannot be moved to {asked.time_zone}."


def _filter_notes(part: Filter, dataset: Dataset, asked: Asked, parts: Parts) -> Iterator[str]:
    """Which metrics a filter leaves as they are, and of which it reaches one side only."""
    subjects, things = describe_subjects(part, asked), describe_things(part, asked)
    untouched: list[str] = []
    halfway: list[str] = []
    for metric in dict.fromkeys([*asked.metrics, *(metric for metric, _ in asked.having)]):
        facts = parts.facts_of(metric.name)
        if dataset.name in facts:
            (untouched if facts == {dataset.name} else halfway).append(metric.label)
    reason = f"rows of {lower_first(dataset.label)} have no {join_words(things, 'or')}."
    if untouched:
        names = join_words([untouched[0], *(lower_first(one) for one in untouched[1:])])
        yield f"{names} {'is' if len(untouched) == 1 else 'are'} not filtered by {join_words(subjects)}: {reason}"
    if halfway:
        names = join_words([halfway[0], *(lower_first(one) for one in halfway[1:])])
        verb = "is" if len(halfway) == 1 else "are"
        yield f"{names} {verb} filtered by {join_words(subjects)} on one side only: {reason}"


def _known_notes(asked: Asked) -> Iterator[str]:
    """To which day each metric is counted, where the question asks for later ones."""
    by_end: dict[date, list[str]] = {}
    for metric in asked.metrics:
        days = days_of(metric, asked)
        is_late = days.is_open and days.end is not None and days.end < asked.today
        is_cut = days.asked_end is not None or is_late or is_to_come(metric, "", asked)
        if days.end is not None and is_cut:
            by_end.setdefault(days.end, []).append(metric.label)
    start = asked.days.start
    for end, labels in by_end.items():
        names = "" if len(labels) == len(asked.metrics) else join_words([labels[0], *map(lower_first, labels[1:])])
        if start is not None and end <= start:
            known = f"no day of the period is {'over' if start >= asked.today else 'loaded'}."
            yield f"{names}: {known}" if names else upper_first(known)
            continue
        why = "later days are not over" if end >= asked.today else f"later days are not loaded{_from(labels, asked)}"
        subject = f"{names} {'is' if len(labels) == 1 else 'are'} counted" if names else "Counted"
        yield f"{subject} to {describe_day(end - timedelta(days=1))}: {why}."
    yield from _ended_notes(asked)
    vague = [one.label for one in asked.metrics if took_too_long(one, asked.visible.model, asked.asking)]
    if vague:
        names = join_words([vague[0], *map(lower_first, vague[1:])])
        yield f"It took too long to find the first and last day of {names}: days without rows count as empty."


def _from(labels: Sequence[str], asked: Asked) -> str:
    """` from Google and Meta`: the sources for which metrics wait, as far as this actor may know of them."""
    metrics = [one for one in asked.metrics if one.label in labels]
    extents = [extent for _, extent in _sourced(metrics, asked) if extent.last is not None]
    last = min((one.last for one in extents if one.last), default=None)
    late = [name or "(none)" for one in extents if one.last == last for name in one.late]
    return f" from {join_words(list(dict.fromkeys(late)))}" if late else ""


def _ended_notes(asked: Asked) -> Iterator[str]:
    """Sources that have not been loaded for so long that nobody waits for them."""
    for dataset, extent in _sourced(asked.metrics, asked):
        for name, day in extent.ended:
            if asked.days.end is None or asked.days.end > day + timedelta(days=1):
                yield (
                    f"{dataset.label} has nothing from {name or '(none)'} after {describe_day(day)}; later days are "
                    "counted without it."
                )


def _sourced(metrics: Sequence[Metric], asked: Asked) -> list[tuple[Dataset, Extent]]:
    """The facts that several sources load, of which this actor may know every source: under row rules the name of one
    would tell of rows that are hidden (guarantee G6)."""
    seen = asked.visible
    if seen.rules:
        return []
    names = dict.fromkeys(measure.dataset for metric in metrics for measure in measures_of(metric, seen.model))
    datasets = [seen.model.datasets[name] for name in names]
    return [
        (one, asked.asking.loaded[one.name])
        for one in datasets
        if one.freshness and one.freshness.by and one.name in asked.asking.loaded
        if seen.shows_dimension(one.dimensions[one.freshness.by]) and seen.mask(one.freshness.by) is None
    ]


def _within_notes(asked: Asked, parts: Parts) -> Iterator[str]:
    """Metrics that have no total, no Other, or no value without a name, across what they must stay within."""
    for metric in asked.metrics:
        for name in sorted({name for leaf in parts.leaves_of(metric.name) for name in leaf.within}):
            if is_fixed(name, asked):
                continue
            first = asked.visible.model.dimensions[name][0]
            values = f"values of {lower_first(first.label)}" if asked.visible.shows_dimension(first) else "groups"
            for key in telling_apart(name, asked):
                if any(key.name not in kept for kept in asked.totals) or (asked.top and asked.top.dim == key.name):
                    yield f"{metric.label} is not added across {values}: each counts in its own way."
                if key.breakdown.dim != name:
                    shown = lower_first(key.dimensions[0].label)
                    yield f"{metric.label} is empty where {shown} is (none), which can mix several {values}."


def _timing_notes(asked: Asked) -> Iterator[str]:
    """Which day of a period a number is of, and which base events can still convert."""
    dated = [key for key in asked.keys if key.name in asked.dates and key.grain is not None]
    grain = coarsest([key.grain for key in dated if key.grain])
    by_day: dict[str, list[str]] = {}
    for metric in asked.metrics:
        timing, days = timing_of(metric, asked.visible.model), days_of(metric, asked)
        is_of_days = grain is Granularity.DAY or (grain is not None and grain.is_clock)
        if timing.of_day is not None and not is_of_days and not is_to_come(metric, "", asked):
            as_of = stands_as_of(metric, days, asked) if grain is None else days.end and days.end - timedelta(days=1)
            by_day.setdefault(_of_day(timing.of_day, grain, as_of, asked), []).append(metric.label)
        for one in timing.cohorts:
            yield from _cohort_notes(metric, one, asked)
    for of_days, labels in by_day.items():
        names = join_words([lower_first(one) for one in labels])
        yield f"{f'Each {grain.words}' if grain else 'The period'} shows {names} {of_days}."
    yield from _short_window_notes(asked, grain)


_OF_DAYS = {
    OverTime.LAST: "as of its last day",
    OverTime.FIRST: "as of its first day",
    OverTime.AVERAGE: "as the average of its days",
}


def _of_day(over_time: OverTime, grain: Granularity | None, as_of: date | None, asked: Asked) -> str:
    """As of which day: by its date, where there is one row, and for a last row whose last day is not known yet."""
    if over_time is not OverTime.LAST or as_of is None:
        return _OF_DAYS[over_time]
    last, end = describe_day(as_of), as_of + timedelta(days=1)
    if grain is None:
        return f"as of {last}"
    is_cut = first_day(end, grain, asked.calendar) != end
    return f"{_OF_DAYS[over_time]}, the last one as of {last}" if is_cut else _OF_DAYS[over_time]


def _short_window_notes(asked: Asked, grain: Granularity | None) -> Iterator[str]:
    """Windows up to today, where today is let in before it is over."""
    if asked.visible.model.settings.rules.window_day == "rows" or (grain and grain.is_clock):
        return
    short: dict[Cumulative, list[str]] = {}
    for metric in asked.metrics:
        end, known = days_of(metric, asked).end, known_through(metric, asked.visible.model, asked.asking)
        if known is None or end is None or end <= asked.today:
            continue
        for one in take_apart([metric], asked.visible.model).leaves:
            rule = one.context.window
            if rule and rule.window and not rule.window.unit.is_clock and not one.context.shifts:
                short.setdefault(rule, []).append(metric.label)
    today, yesterday = asked.today, asked.today - timedelta(days=1)
    for rule, labels in short.items():
        found = window_days(rule, today, asked.calendar)
        if rule.at is not OverTime.LAST or found.start is None:
            continue
        whole, over = found.length, found.length - 1
        first, *rest = dict.fromkeys(labels)
        names = join_words([first, *(lower_first(one) for one in rest)])
        counts = f"{names} {'count' if rest else 'counts'} the {counted(whole, 'day')} up to {describe_day(today)}"
        so_far = f"{over or 'none'} of them {'are' if over > 1 else 'is'} over"
        yield f"{counts}, and {so_far}. End the period on {describe_day(yesterday)} to see all {whole:,}."


def _cohort_notes(metric: Metric, one: Cohorts, asked: Asked) -> Iterator[str]:
    if one.rule.by == "period":
        yield f"{metric.label} is by the date of the conversion, whenever the {singular(one.events)} was."
        return
    said = f"{metric.label} is by the date of the {singular(one.events)}"
    if one.rule.window is None:
        yield f"{said}; {one.events} can convert at any time after, so no number is final."
        return
    known, end = known_through(metric, asked.visible.model, asked.asking), days_of(metric, asked).end
    first = one.first_open(asked.today if known is None else known + timedelta(days=1))
    still = end is None or end > first
    yield said + (f"; {one.events} of the last {one.rule.window.words} can still convert." if still else ".")


def _comparison_note(one: Compared, asked: Asked) -> str:
    days = one.days
    if days.is_empty:
        return "" if asked.days.is_empty else "No day of this period has a day to compare it with."
    period = next((key.period for key in asked.keys if key.name in asked.own_periods), None)
    if period is not None and days.start is not None:
        partner = "as many before" if one.name == "previous" else f"those from {describe_day(days.start)} on"
        return (
            f"Each {lower_first(period.label)} is compared by its number, with {partner}: a whole one with a whole "
            "one, part of one with the days at the same places."
        )
    words = lower_first(describe_range(days.start, days.end, open_end=True))
    if days.start is None and days.end is not None:
        words = f"all days {words}"
    how = ""
    if one.name == "last_year":
        how = ", the same dates a year before" if one.move_months else ", the same weekdays 364 days before"
    note = f"Compared with {words}{how}."
    if days.start and days.end and asked.days.start and asked.days.end and days.length != asked.days.length:
        note += f" It has {counted(days.length, 'day')}, this period {asked.days.length:,}."
        if one.only_same or (one.whole and days.length < asked.days.length):
            note += " Days that the other month lacks have nothing beside them."
        elif one.whole:
            note += " Days that the other month lacks are in totals only."
        if days.length > asked.days.length and not one.move_months and asked.dates:
            last = days.end - timedelta(days=1)
            first = days.end - timedelta(days=days.length - asked.days.length)
            have = "has no partner and is" if first == last else "have no partner and are"
            note += f" {describe_range(first, last)} {have} in totals only."
    return note
