"""Explanations of a change as plain data: parts by member and by formula, each an exact number.

Numbers are fractions, so parts add up to the last digit. They are rounded only where people read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from semantic.model.expression import Expression
from semantic.query.query import Query

PartKind = Literal["member", "none", "other", "rest"]
"""A kind of part: a member, the rows without a value, everything outside a top, or the smallest parts together."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One number in the earlier period and in the later one."""

    before: Fraction
    after: Fraction

    @property
    def change(self) -> Fraction:
        return self.after - self.before

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.before + other.before, self.after + other.after)


NOTHING = Pair(Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True)
class Amounts:
    """A number's amounts in both periods: a sum, or one sum over another."""

    top: Pair
    bottom: Pair | None = None

    @property
    def before(self) -> Fraction | None:
        """The earlier number, or None for a ratio with denominator 0."""
        return _over(self.top.before, self.bottom and self.bottom.before)

    @property
    def after(self) -> Fraction | None:
        """The later number, or None for a ratio with denominator 0."""
        return _over(self.top.after, self.bottom and self.bottom.after)

    def __add__(self, other: Amounts) -> Amounts:
        bottom = self.bottom + other.bottom if self.bottom is not None and other.bottom is not None else None
        return Amounts(self.top + other.top, bottom)


def _over(top: Fraction, bottom: Fraction | None) -> Fraction | None:
    return top if bottom is None else top / bottom if bottom else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One group of a breakdown: its value, its own number in both periods, and the amounts behind that number.

    A missing or hidden number is None, and counts as 0 in `amounts`. If late data is identified, `amounts` exclude it,
    and `counted` includes it. `is_enough` is false if either number is based on less data than the metric requires.
    """

    value: object
    kind: PartKind
    before: Fraction | None
    after: Fraction | None
    amounts: Amounts
    counted: Amounts | None = None
    is_enough: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One group's contribution to a change: `part`, which for a ratio is `rate` plus `mix`.

    All three are None in a breakdown whose parts don't add up. `late` is the contribution of late data to the group's
    own change, which `part` leaves out, or None if late data isn't identified. `count` is the number of members that
    the part combines.
    """

    value: object
    kind: PartKind
    before: Fraction | None
    after: Fraction | None
    part: Fraction | None = None
    rate: Fraction | None = None
    mix: Fraction | None = None
    late: Fraction | None = None
    is_enough: bool = True
    count: int = 1
    onward: Query | None = None  # the next level: this group alone, by another breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A change by the members of one breakdown, largest contribution first.

    `why_not` is why the parts don't add up to the change, or "" if they do. `uneven` is how much of the change would
    have to move between members for all of them to have changed by the same percentage.
    """

    dim: str
    label: str
    parts: tuple[Part, ...]
    why_not: str = ""
    uneven: Fraction = Fraction(0)
    onward: Query | None = None  # the same breakdown as a question

    @property
    def adds_up(self) -> bool:
        return not self.why_not

    @property
    def rate(self) -> Fraction | None:
        """How much of a ratio's change comes from its members' own ratios, or None."""
        return _sum([part.rate for part in self.parts])

    @property
    def mix(self) -> Fraction | None:
        """How much of a ratio's change comes from the members' shares of its denominator, or None."""
        return _sum([part.mix for part in self.parts])


def _sum(numbers: Sequence[Fraction | None]) -> Fraction | None:
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(numbers) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One metric of a formula, in both periods, and its contribution to the change of the formula's value."""

    metric: str
    label: str
    pair: Pair
    part: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A metric's formula over other metrics, under the names that the formula uses for them."""

    expression: Expression
    names: tuple[str, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The part of a change that late data explains: `part`, which no other part includes.

    `comparable` is the number in both periods as if they were equally complete. An estimated part is between `low` and
    `high`. Both are None if load times give the exact amount. With `has_late_rows`, rows of the older period that were
    loaded after `loaded_to` are late; that's None if the day differs between datasets. `open_days` are the first day
    that can still change and the day after the last one.
    """

    comparable: Amounts
    part: Fraction
    low: Fraction | None = None
    high: Fraction | None = None
    loaded_to: date | None = None
    open_days: tuple[date, date] | None = None
    has_late_rows: bool = False

    @property
    def is_exact(self) -> bool:
        return self.low is None

    @property
    def is_nothing(self) -> bool:
        """Whether both periods are equally complete."""
        return not self.part and not self.low and not self.high


# Is it a change?

MATTERS, MATTERS_SHARE, MATTERS_SMALL = Fraction(1, 100), Fraction(2, 1000), Fraction(5, 100)
"""The smallest change that matters, if the metric doesn't define one.

It's 1% of the earlier number or, for a share, 0.2 percentage points, or 5% of the earlier share if that is less. So it
matters if a share of 0.03% doubles.
"""

FEWEST_CHANGES, SPREADS = 5, 2
"""The fewest earlier changes for a usual range.

A change is unusual if it's SPREADS times their typical size.
"""


class Moved(StrEnum):
    """Whether a number changed, or why it isn't called a change."""

    CHANGED = "changed"  # by more than matters, and outside its usual range as far as that is known
    USUAL = "within_usual_range"  # by more than matters, but no more than it usually does
    UNCERTAIN = "uncertain"  # by more than matters, but the intervals of both numbers overlap
    SAME = "about_the_same"


@dataclass(frozen=True, slots=True)
class Movement:
    """Whether a number changed, and whether the change is unusual.

    It's unusual outside the metric's usual range, or with intervals that don't overlap. `is_unusual` is None if neither
    is known.
    """

    moved: Moved
    is_unusual: bool | None = None

    @property
    def is_signal(self) -> bool:
        """Whether the change is large enough to matter and unusual, so that it can be called better or worse."""
        return self.moved is Moved.CHANGED and self.is_unusual is True


def movement(
    before: Fraction | None,
    after: Fraction | None,
    *,
    is_share: bool,
    least: Fraction | None = None,
    earlier: Sequence[Fraction] = (),
    is_apart: bool | None = None,
) -> Movement:
    """Return whether a number changed, judged in the same way on every surface.

    `least` is the smallest change that matters: a difference for a share, otherwise relative to the earlier number;
    None for the default. `earlier` are the changes of the same number between earlier periods of this kind, latest
    first. `is_apart` is whether the intervals of the two numbers don't overlap, or None if they have none.

    >>> movement(Fraction(100), Fraction(108), is_share=False).moved.value
    'changed'
    """
    if before is None or after is None:
        return Movement(Moved.SAME)
    is_unusual = _is_unusual(after - before, earlier, is_apart)
    if before == after or abs(after - before) < _least(before, least, is_share=is_share):
        return Movement(Moved.SAME, is_unusual)
    if is_unusual is False:
        return Movement(Moved.USUAL, is_unusual)
    is_uncertain = is_unusual is None and is_apart is False
    return Movement(Moved.UNCERTAIN if is_uncertain else Moved.CHANGED, is_unusual)


def _least(before: Fraction, least: Fraction | None, *, is_share: bool) -> Fraction:
    if is_share:
        return min(MATTERS_SHARE, MATTERS_SMALL * abs(before)) if least is None else least
    return (MATTERS if least is None else least) * abs(before)


def _is_unusual(change: Fraction, earlier: Sequence[Fraction], is_apart: bool | None) -> bool | None:
    """Return whether a change is unusual, or None if it isn't known.

    It's larger than usual, or the two numbers' intervals don't overlap.
    """
    if is_apart:
        return True
    if len(earlier) < FEWEST_CHANGES:
        return None
    mean_square = sum((one**2 for one in earlier), Fraction(0)) / len(earlier)
    return change**2 > SPREADS**2 * mean_square


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An explanation of a change. `by` are the breakdowns that were analyzed, the one that explains most first.

    `searched` also counts breakdowns without a finding, such as one with only one member. `is_unusual` is whether the
    change is outside the metric's usual range, or None if that isn't known. `whole` has the number in both periods.
    """

    whole: Amounts
    moved: Moved
    is_unusual: bool | None
    by: tuple[Parts, ...]
    searched: int
    factors: tuple[Factor, ...] = ()
    late: Late | None = None  # with it, all other parts are those of its comparable number

    @property
    def change(self) -> Fraction:
        before, after = self.whole.before, self.whole.after
        return after - before if before is not None and after is not None else Fraction(0)
