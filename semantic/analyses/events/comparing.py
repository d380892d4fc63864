"""Find the period that an analysis is compared with, and until when later events are read.

The days are chosen as for questions (`semantic.query.comparisons`): only days whose partner is loaded count. After both
periods, later events are read for the same length of time, so that the comparison is fair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from semantic.analyses.events.asked import Side
from semantic.analyses.events.instants import days_of
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents
from semantic.errors import GroupTooSmall, InvalidQuery
from semantic.query.comparisons import Compared, Split, find_comparisons
from semantic.query.describe import calendar_name, describe_day, describe_filters, describe_range, join_words
from semantic.query.periods import add_months, as_known, end_with_today
from semantic.query.query import Between, Comparison, Previous

ONE = timedelta(days=1)
NOTHING_AFTER = "Nothing after the last day of either period counts, so both have the same time."


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPeriod:
    """The days [start, end) that an analysis is compared with. Rows from the day `through` on don't count.

    `own` and `other` are the names of both periods. A day of the other period moves by `move_months` and `move_days` to
    reach its partner. `is_even` is whether both periods have the same length or are whole months. With `is_side`, two
    groups of subjects are compared over the same days.
    """

    start: date
    end: date
    through: date
    own: str
    other: str
    move_days: int
    move_months: int
    is_even: bool
    is_side: bool = False

    @property
    def inside(self) -> str:
        """Where the other numbers come from, in words: `in Q2 2026`, or `for Email`."""
        return f"for {self.other}" if self.is_side else f"in {self.other}"

    def moved(self, day: date) -> date:
        """Return the partner of a day in the other period. The day can also stand for its week or month."""
        return add_months(day + timedelta(days=self.move_days), self.move_months)


def other_period(asked: Any, planned: PlannedEvents, comparison: Comparison, *, today: date) -> OtherPeriod:
    """Return the period that an analysis is compared with.

    Raises InvalidQuery if there are no two periods to compare. The type is Any because each kind has its own question.
    """
    first = planned.legs[0].asked
    if planned.start is None:
        raise InvalidQuery("A comparison needs a period with a start date. Choose one.")
    if isinstance(comparison, Previous) and first.asked_days.end is None:
        raise InvalidQuery(
            "A comparison with the previous period needs a start and an end date. Choose a period that has both."
        )
    if planned.end <= planned.start:
        raise InvalidQuery("No day in this period has ended, so there is nothing to compare. Choose an earlier one.")
    days = as_known(end_with_today(first.asked_days, today=today), planned.known - ONE, today)
    over = getattr(asked, "over", None)
    split = Split((over,) if over is not None else (), calendar=first.calendar)
    (found,) = find_comparisons([comparison], days, split, planned.known - ONE)
    start, end = found.days.start, found.days.end
    if start is None or end is None or end <= start:
        raise InvalidQuery("The other period has no days. Choose another comparison.")
    if start < planned.end and planned.start < end:
        words = f"{_in_days(start, end)} and {_in_days(planned.start, planned.end)}"
        raise InvalidQuery(f"{words} share days, so they can't be compared. Choose a shorter period.")
    lengths = (planned.end - planned.start).days, (end - start).days
    return OtherPeriod(
        start=start,
        end=end,
        through=max(end, min(planned.known, _as_long_after(planned.end, planned.known, end))),
        own=_named(planned.start, planned.end),
        other=_named(start, end),
        move_days=found.move_days,
        move_months=found.move_months,
        is_even=lengths[0] == lengths[1] or _is_of_months(found),
    )


def asked_of(asked: Any, other: OtherPeriod) -> Any:
    """Return the same question for the other period. The type is Any because each kind has its own question."""
    time = Between(other.start, other.end - ONE)
    return replace(asked, population=replace(asked.population, time=time, compare=None))


def asked_of_sides(kind: EventKind[Any, Any], asked: Any) -> tuple[Any, ...]:
    """Return one question for each side. Empty if the analysis has no sides. Raises InvalidQuery."""
    return tuple(_asked_of_side(kind, asked, side) for side in kind.reads(asked).population.sides)


def _asked_of_side(kind: EventKind[Any, Any], asked: Any, side: Side) -> Any:
    mine = replace(asked, population=replace(asked.population, of=side.of, sides=()))
    if side.where is None:
        return mine
    if kind.narrowed is None:
        raise InvalidQuery(f"{kind.label} compares sets of people only. Give each side 'of' instead of 'where'.")
    return kind.narrowed(mine, side.where)


def other_side(planned: PlannedEvents, own: Side, other: Side) -> OtherPeriod:
    """Return the other side as a period with the same days. Raises GroupTooSmall.

    People who can't see small groups can't compare sides, because sides can overlap and differ by a small group.
    """
    if planned.smallest:
        raise GroupTooSmall("Small groups are hidden from you, so sides can't be compared. Use a breakdown.", names=())
    return OtherPeriod(
        start=planned.start or date.min, end=planned.end, through=planned.known, own=own.name, other=other.name,
        move_days=0, move_months=0, is_even=True, is_side=True,
    )  # fmt: skip


def sides_rule(
    kind: EventKind[Any, Any], asked: Any, both: Sequence[tuple[PlannedEvents, Sequence[str]]]
) -> tuple[str, ...]:
    """Return sentences about the subjects on each side.

    `both` has the plan of each side and, if it's a set, what its members did. The type is Any because each kind has its
    own question.
    """
    subject = asked.population.subject.replace("_", " ")
    told: list[str] = []
    for side, (planned, did) in zip(asked.population.sides, both, strict=True):
        # A side's filter narrows the first event, or an extra event that is read after all others.
        leg = planned.legs[getattr(asked, "only_event", 0)] if side.where is not None else None
        who = [f"begins with {leg.label} where {describe_filters(leg.asked)}"] if leg is not None else []
        told.append(f"{side.name}: each {subject} who {join_words([*who, *did])}.")
    return (*told, f"A {subject} can be on both sides, and then counts on both.", kind.chance(asked))


def comparing_rule(
    kind: EventKind[Any, Any], asked: Any, planned: PlannedEvents, other: OtherPeriod
) -> tuple[str, ...]:
    """Return sentences that explain how the two periods are compared.

    The type is Any because each kind has its own question.
    """
    periods = f"{_in_days(planned.start, planned.end)} is compared with {_in_days(other.start, other.end)}."
    follow = planned.reads.follow
    if planned.reads.looks_back:
        long = f"for the whole {follow.words}" if follow is not None else "in the same way"
        how = f"Both periods are followed back {long}."
    elif follow is not None and not follow.count:
        how = NOTHING_AFTER
    elif follow is not None and planned.end + days_of(follow) <= planned.known:
        how = f"Both periods are followed for the whole {follow.words}."
    elif planned.known > planned.end:
        days = (
            f"{describe_day(planned.known - ONE)} for the first and {describe_day(other.through - ONE)} for the other"
        )
        how = f"Both periods are followed for the same time after their last day, through {days}."
    else:
        how = NOTHING_AFTER
    return periods, how, kind.chance(asked)


def comparing_notes(planned: PlannedEvents, other: OtherPeriod) -> tuple[str, ...]:
    """Return notes on anything that makes the two periods hard to compare."""
    follow = planned.reads.follow
    is_whole = follow is not None and planned.end + days_of(follow) <= planned.known
    if other.is_even or is_whole or planned.reads.looks_back:
        return ()
    return (f"{other.own} and {other.other} differ in length, so what began early in the longer one had more time.",)


def _as_long_after(end: date, known: date, other_end: date) -> date:
    """Return the day that is as long after `other_end` as `known` is after `end`.

    If both periods end with a month, whole months are counted as months.
    """
    if end.day == other_end.day == 1:
        months = (known.year - end.year) * 12 + known.month - end.month
        return add_months(other_end, months) + (known - add_months(end, months))
    return other_end + (known - end)


def _named(start: date, end: date) -> str:
    return calendar_name(start, end - ONE) or describe_range(start, end, open_end=True)


def _in_days(start: date | None, end: date) -> str:
    return describe_range(start, end, open_end=True)


def _is_of_months(found: Compared) -> bool:
    return found.move_months > 0 or found.days.of_months
