"""The usual range of a number's change: how it changed between earlier periods, from one question by day.

The range shows whether a change is unusual. The question runs under the actor's own policy, like the number's own
question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import isfinite
from types import MappingProxyType

from semantic.answering.pending import Pending
from semantic.display.rows import MOST_EARLIER, NO_USUAL, Usual, compared_with, main_values
from semantic.errors import SemanticError
from semantic.model.definitions import Additivity, Granularity
from semantic.plan.measures.metrics import additivity
from semantic.policy.narrow import VisibleModel
from semantic.query.periods import shift
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.results.result import Result, ResultColumn
from semantic.results.sums import Sum, Sums, sums_of

MOST_DAYS = 1_200
"""How many days are read at most."""

ONE = timedelta(days=1)
Span = tuple[date, date]
"""A period: its first day, and the day after its last."""


@dataclass(frozen=True, slots=True)
class EarlierPair:
    """An earlier period, and the period before it that it is compared with."""

    after: Span
    before: Span


@dataclass(frozen=True, slots=True)
class UsualQuestion:
    """The question by day that gives the usual range of a number's change, for the number's first comparison."""

    query: Query
    before: ResultColumn
    sums: Sums
    periods: Sequence[EarlierPair]

    def read(self, pending: Pending) -> Usual:
        """Return the changes between earlier periods, latest first.

        Empty if small groups are hidden or omitted, or if the question fails.
        """
        try:
            changes = changes_before(pending, self.sums, self.periods)
        except SemanticError:
            return NO_USUAL
        return MappingProxyType({self.before.name: changes}) if changes else NO_USUAL


def usual_question(result: Result, visible: VisibleModel) -> UsualQuestion | None:
    """Return the question for the usual range of an answer without breakdowns, or None if it has no usual range.

    It has none if the first metric's days don't add up, aren't known or are too many, or if the two periods differ in
    length.
    """
    columns = main_values(result)
    if result.keys or not columns or result.query.having:
        return None
    column = columns[0]
    before = next(iter(compared_with(column, result)), None)
    if before is None or column.metric is None or column.calculation is not None or column.direction == "none":
        return None
    sums = sums_of(column.metric, visible)
    periods = earlier_periods(result, before, sums, visible)
    if sums is None or not periods:
        return None
    return UsualQuestion(days_question(result.query, result, sums, periods), before, sums, periods)


def days_question(query: Query, result: Result, sums: Sums, periods: Sequence[EarlierPair]) -> Query:
    """Return the question for each day's sums before the period of `result`."""
    assert result.period.start is not None
    return replace(
        query, metrics=sums.names, compare=(), by=(Breakdown(DATE, Granularity.DAY),),
        time=Between(periods[-1].before[0], result.period.start - ONE),
        top=None, totals=(), order=(), limit=None, calc=(),
    )  # fmt: skip


def earlier_periods(
    result: Result, before: ResultColumn, sums: Sums | None, visible: VisibleModel
) -> list[EarlierPair]:
    """Return pairs of periods before the two periods of `result`, latest pair first.

    Whole months are shifted by months, other periods by days. Empty if the two periods differ in length, because that
    also causes a change, and for a balance, whose days don't add up.
    """
    start, end, compared = result.period.start, result.period.end, result.compared[before.compare]
    if sums is None or start is None or end is None or compared.start is None or compared.end is None:
        return []
    if any(additivity(visible.model.metrics[name], visible.model) is Additivity.SEMI for name in sums.names):
        return []
    ends = (start, end, compared.start, compared.end)
    if all(day.day == 1 for day in ends):
        unit, (first, last, then, until) = Granularity.MONTH, (12 * day.year + day.month for day in ends)
    else:
        unit, (first, last, then, until) = Granularity.DAY, (day.toordinal() for day in ends)
    if last <= first or last - first != until - then:
        return []
    pairs = [
        EarlierPair(*((shift(one, unit, -back), shift(other, unit, -back)) for one, other in (ends[:2], ends[2:])))
        for back in ((last - first) * place for place in range(1, MOST_EARLIER + 1))
    ]
    return [pair for pair in pairs if (start - pair.before[0]).days <= MOST_DAYS]


def changes_before(pending: Pending, sums: Sums, periods: Sequence[EarlierPair]) -> tuple[Fraction, ...]:
    """Return the number's change in each pair of periods, as far back as there is data. Raises SemanticError."""
    answer, suppression = pending.unrecorded(), pending.compiled.plan.suppression
    if (suppression is not None and suppression.leaves_out) or any(any(rows) for rows in answer.hidden.values()):
        return ()  # an omitted day isn't the same as an empty day
    return tuple(_changes(answer, sums, periods))


def _changes(answer: Result, sums: Sums, periods: Sequence[EarlierPair]) -> Iterator[Fraction]:
    rows = {row[answer.keys[0].name]: row for row in answer.table.to_pylist()}
    begun = min(rows, default=None)  # in the rows that this actor sees

    def value(span: Span) -> Fraction | None:
        days = [rows.get(span[0] + ONE * day, {}) for day in range((span[1] - span[0]).days)]

        def total(of: Sum) -> Fraction:
            return sum((weight * (fraction(row.get(name)) or 0) for row in days for name, weight in of.items()), _0)

        if sums.bottom is None:
            return total(sums.top)
        below = total(sums.bottom)
        return total(sums.top) / below if below else None

    for period in periods:
        if begun is None or period.before[0] < begun:
            return
        after, before = value(period.after), value(period.before)
        if after is not None and before is not None:
            yield after - before


def fraction(value: object) -> Fraction | None:
    """Return an answer's number as an exact fraction, so that 0.1 is a tenth, or None if it's missing."""
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(repr(value)) if isinstance(value, float) and isfinite(value) else None


_0 = Fraction(0)
