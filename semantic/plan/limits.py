"""Refuse questions that exceed the limits of a policy, before and after they run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from semantic.errors import TooExpensive, counted
from semantic.policy.narrow import measures_of
from semantic.query.followed import observed
from semantic.query.periods import Days
from semantic.query.resolve import Asked


def check_limits(asked: Asked) -> None:
    """Check a question before it runs. Raises TooExpensive.

    The limit on days applies if some metric has a date, because other metrics ignore the period. It doesn't apply to
    questions without metrics. A period without an end counts as ending today.
    """
    limits, query = asked.visible.limits, asked.query
    if limits.metrics is not None and len(query.metrics) > limits.metrics:
        has = counted(len(query.metrics), "metric")
        message = f"The question has {has}, and your limit is {limits.metrics}. Remove some."
        raise TooExpensive(message, what="metrics", most=limits.metrics)
    if limits.breakdowns is not None and len(query.by) > limits.breakdowns:
        may = f"your limit is {limits.breakdowns}" if limits.breakdowns else "you can only use totals"
        message = f"The question has {counted(len(query.by), 'breakdown')}, and {may}. Remove some."
        raise TooExpensive(message, what="breakdowns", most=limits.breakdowns)
    if limits.rows is not None and asked.limit is not None and observed(_is_above, asked.limit, limits.rows):
        wanted = counted(asked.limit, "row")
        message = f"The question asks for {wanted}, and your limit is {limits.rows:,}. Lower the limit."
        raise TooExpensive(message, what="rows", most=limits.rows)
    if limits.days is not None and _is_dated(asked):
        for days in _days(asked):
            _check_days(days, limits.days, asked.today)


def check_rows(count: int, asked: Asked) -> None:
    """Check a question after it ran and returned `count` rows. Raises TooExpensive.

    A question with its own limit was already checked before it ran.
    """
    most = asked.visible.limits.rows
    if most is not None and asked.limit is None and count > most:
        has = counted(count, "row")
        message = f"The result has {has}, and your limit is {most:,}. Set a limit, or break down less finely."
        raise TooExpensive(message, what="rows", most=most)


def _is_dated(asked: Asked) -> bool:
    seen = asked.visible
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    measures = [measure for metric in metrics for measure in measures_of(metric, seen.model)]
    times = [seen.model.datasets[measure.dataset].dimensions[measure.time] for measure in measures if measure.time]
    return any(not seen.hides_dates(dimension) for dimension in times)


def _days(asked: Asked) -> Iterator[Days]:
    """Yield the days of the question, of its comparisons, and of every filter by a metric."""
    yield asked.days
    for compared in asked.compared:
        yield compared.days
    for inner in asked.inner:
        if _is_dated(inner.asked):
            yield from _days(inner.asked)


def _check_days(days: Days, most: int, today: date) -> None:
    if days.start is None:
        covers = "all time" if days.end is None else "all time up to its end date"
        message = f"The question covers {covers}, and your limit is {most:,} days. Choose a shorter period."
        raise TooExpensive(message, what="days", most=most)
    if observed(_is_longer, days.start, days.end, today, most):
        message = f"The question covers more than {counted(most, 'day')}, which is your limit. Choose a shorter period."
        raise TooExpensive(message, what="days", most=most)


def _is_above(count: int, most: int) -> bool:
    return count > most


def _is_longer(start: date, end: date | None, today: date, most: int) -> bool:
    return ((end.toordinal() if end else today.toordinal() + 1) - start.toordinal()) > most
