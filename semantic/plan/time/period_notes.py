"""Write notes that say which day of a period a number is as of, and which other days it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from semantic.errors import counted
from semantic.model.definitions import Cumulative, Granularity, Metric, OverTime
from semantic.plan.joins.times import is_by_month
from semantic.plan.measures.kinds import balance_day
from semantic.plan.measures.metrics import split_metrics
from semantic.plan.measures.spine_join import steps
from semantic.plan.measures.unknown import days_of, is_to_come
from semantic.plan.time.period_aggregation import Cohorts, singular, timing_of, window_days
from semantic.query.comparisons import moved_back
from semantic.query.describe import describe_day, describe_range, join_words, lower_first
from semantic.query.periods import Days, coarsest, first_day, shift
from semantic.query.resolve import Asked, reach_of


def timing_notes(asked: Asked) -> Iterator[str]:
    """Yield notes on which day of a period a number is as of, and which base events can still convert."""
    dated = [key for key in asked.keys if key.name in asked.dates and key.grain is not None]
    grain = coarsest([key.grain for key in dated if key.grain])
    by_day: dict[str, list[str]] = {}
    model = asked.visible.model
    of_others = [metric for metric in asked.metrics if not split_metrics([metric], model).adds_own_days]
    for metric in of_others:
        timing, days = timing_of(metric, model), days_of(metric, asked)
        is_of_days = grain is Granularity.DAY or (grain is not None and grain.is_clock)
        if timing.of_day is not None and not is_of_days and not is_to_come(metric, "", asked):
            as_of = balance_day(metric, days, asked) if grain is None else days.end and days.end - timedelta(days=1)
            text = _of_day(timing.of_day, grain, as_of, asked)
            if grain is None and timing.of_day is OverTime.FIRST and (opens := _opens_as_of(metric, days, asked)):
                text = f"as of {describe_day(opens)}"
            if grain is None and timing.of_day is OverTime.LAST:
                text += _compared_as_of(metric, asked)
            by_day.setdefault(text, []).append(metric.label)
        for cohort in timing.cohorts:
            yield from _cohort_notes(metric, cohort, asked)
    for of_days, labels in by_day.items():
        names = join_words([lower_first(label) for label in labels])
        yield f"{f'Each {grain.words}' if grain else 'The period'} shows {names} {of_days}."
    if of_others:
        yield from _short_window_notes(of_others, asked, grain)
    for metric in asked.metrics:
        if metric in of_others:
            yield from _early_window_notes(metric, grain, asked)
            if grain is None:
                yield from _earlier_notes(metric, asked)
        yield from _plan_notes(metric, asked)


_OF_DAYS = {
    OverTime.LAST: "as of its last day",
    OverTime.FIRST: "as of its first day",
    OverTime.AVERAGE: "as the average of its days",
}


def _of_day(over_time: OverTime, grain: Granularity | None, as_of: date | None, asked: Asked) -> str:
    """Return which day a number is as of, in words.

    The date is included if there is only one row, or if the last row's last day isn't known yet.
    """
    if over_time is not OverTime.LAST or as_of is None:
        return _OF_DAYS[over_time]
    end = as_of + timedelta(days=1)
    if grain is None:
        return f"as of {describe_day(as_of)}"
    is_cut = first_day(end, grain, asked.calendar) != end
    return f"{_OF_DAYS[over_time]}, the last one as of {describe_day(as_of)}" if is_cut else _OF_DAYS[over_time]


def _compared_as_of(metric: Metric, asked: Asked) -> str:
    """Return the days that a balance is compared with, such as `, compared with 24 May 2026 and 24 Jun 2025`."""
    compared = [
        each_compared
        for each_compared in reach_of(metric, asked).compared
        if not is_to_come(metric, each_compared.name, asked)
    ]
    days = [balance_day(metric, each_compared.days, asked, is_compared=True) for each_compared in compared]
    words = list(dict.fromkeys(describe_day(day) for day in days if day is not None))
    return f", compared with {join_words(words)}" if words else ""


def _short_window_notes(metrics: Sequence[Metric], asked: Asked, grain: Granularity | None) -> Iterator[str]:
    """Yield notes on windows that include today before it's over."""
    if asked.visible.model.settings.rules.window_day == "rows" or (grain and grain.is_clock):
        return
    short: dict[Cumulative, list[str]] = {}
    for metric in metrics:
        end, known = days_of(metric, asked).end, reach_of(metric, asked).last
        if known is None or end is None or end <= asked.today:
            continue
        for leaf in split_metrics([metric], asked.visible.model).leaves:
            rule = leaf.context.window
            if rule and rule.window and not rule.window.unit.is_clock and not leaf.context.shifts:
                short.setdefault(rule, []).append(metric.label)
    today, yesterday = asked.today, asked.today - timedelta(days=1)
    for rule, labels in short.items():
        window = window_days(rule, today, asked.calendar)
        if rule.at is not OverTime.LAST or window.start is None:
            continue
        length, over = window.length, window.length - 1
        first, *rest = dict.fromkeys(labels)
        names = join_words([first, *(lower_first(label) for label in rest)])
        counts = f"{names} {'count' if rest else 'counts'} the {counted(length, 'day')} up to {describe_day(today)}"
        so_far = f"{over or 'none'} of them {'are' if over > 1 else 'is'} over"
        yield f"{counts}, and {so_far}. End the period on {describe_day(yesterday)} to see all {length:,}."


def _cohort_notes(metric: Metric, cohorts: Cohorts, asked: Asked) -> Iterator[str]:
    if cohorts.rule.by == "period":
        yield f"{metric.label} uses the date of the conversion, whenever the {singular(cohorts.events)} was."
        return
    text = f"{metric.label} uses the date of the {singular(cohorts.events)}"
    if cohorts.rule.window is None:
        yield f"{text}; {cohorts.events} can convert at any later time, so no value is final."
        return
    known, end = reach_of(metric, asked).last, days_of(metric, asked).end
    first = cohorts.first_open(asked.today if known is None else known + timedelta(days=1))
    still = end is None or end > first
    yield text + (f"; {cohorts.events} of the last {cohorts.rule.window.words} can still convert." if still else ".")


def _opens_as_of(metric: Metric, days: Days, asked: Asked) -> date | None:
    """Return the month's end that an opening balance stored by month is as of, or None."""
    leaves = split_metrics([metric], asked.visible.model).leaves
    if days.start is None or not any(is_by_month(leaf.measure, asked.visible.model) for leaf in leaves):
        return None
    return first_day(days.start, Granularity.MONTH, asked.calendar) - timedelta(days=1)


def _early_window_notes(metric: Metric, grain: Granularity | None, asked: Asked) -> Iterator[str]:
    """Yield notes on windows that start before the data does."""
    begins, days = reach_of(metric, asked).first, days_of(metric, asked)
    if begins is None or days.end is None or days.is_empty:
        return
    for rule in timing_of(metric, asked.visible.model).windows:
        if rule.window is None or rule.window.unit.is_clock:
            continue
        day = (
            days.end - timedelta(days=1)
            if grain is None and rule.at is OverTime.LAST
            else max(days.start or begins, begins)
        )
        window = window_days(rule, day, asked.calendar)
        if window.start is None or window.start >= begins:
            continue
        length, first = counted(window.length, "day"), describe_day(begins)
        if grain is None and rule.at is OverTime.LAST:
            known = max(0, (day - begins).days + 1)
            verb = "is" if known == 1 else "are"
            yield f"{metric.label}: {known} of its {length} {verb} available, because data starts on {first}."
        else:
            whole = describe_day(begins + timedelta(days=window.length - 1))
            yield f"{metric.label} counts fewer than {length} before {whole}, because data starts on {first}."


def _earlier_notes(metric: Metric, asked: Asked) -> Iterator[str]:
    """Yield notes on earlier days that a number without a date breakdown counts."""
    days = days_of(metric, asked)
    leaves = split_metrics([metric], asked.visible.model).leaves
    if days.start is None or days.end is None or days.is_empty or any(leaf.context.window for leaf in leaves):
        return
    for context in dict.fromkeys(leaf.context for leaf in leaves):
        backs = [steps(each_shift.back) for each_shift in context.shifts if each_shift.back]
        if len(backs) != 1 or len(context.shifts) != 1 or backs[0].seconds:
            continue
        whole_days = days if backs[0].months else Days(days.start, days.end)
        earlier = moved_back(whole_days, backs[0].days, backs[0].months)
        if earlier.start is None or earlier.end is None or earlier.is_empty:
            continue
        also = "" if all(leaf.context.shifts for leaf in leaves) else "also "
        yield f"{metric.label} {also}counts {lower_first(describe_range(earlier.start, earlier.end, open_end=True))}."


def _plan_notes(metric: Metric, asked: Asked) -> Iterator[str]:
    """Yield notes on how many days are compared with a target for whole months, if some days aren't known."""
    model, days = asked.visible.model, days_of(metric, asked)
    leaves = split_metrics([metric], model).leaves
    targets = [
        leaf for leaf in leaves if model.datasets[leaf.measure.dataset].forward and is_by_month(leaf.measure, model)
    ]
    if not targets or len(targets) == len(leaves) or days.start is None or days.end is None or days.is_empty:
        return
    first = first_day(days.start, Granularity.MONTH, asked.calendar)
    last = first_day(days.end - timedelta(days=1), Granularity.MONTH, asked.calendar)
    dated = [key.grain for key in asked.keys if key.name in asked.dates and key.grain]
    if dated:  # only the last row is cut
        first = max(first, first_day(last, coarsest(dated) or Granularity.MONTH, asked.calendar))
    whole_days, over = (shift(last, Granularity.MONTH, 1) - first).days, (days.end - first).days
    if 0 < over < whole_days:
        until = describe_day(days.end - timedelta(days=1))
        days_to = f"{counted(over, 'day')} to {until}"
        yield f"{metric.label} compares the {days_to} with the plan for all {whole_days:,} days."
