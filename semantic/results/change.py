"""The explanation of a change as plain data: its parts by member and by formula.

Numbers are exact fractions, so the parts add up to the last digit. They are rounded only for display.
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
"""The kinds of parts: a member, the rows without a value, everything outside a top, or the smallest parts combined."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A number in two periods, the earlier and the later one."""

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
    """The amounts behind a number in both periods: a sum, or one sum divided by another."""

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
    """One group of a breakdown: its value, its number in both periods, and the amounts behind that number.

    A missing or hidden number is None, and counts as 0 in `amounts`. If late data is known, `amounts` exclude it and
    `counted` includes it. `is_enough` is false if either number is based on less data than the metric requires.
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
    own change, which `part` excludes. It's None if late data isn't known. `count` is the number of members that are
    combined in this part.
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
    """The parts of a change by the members of one breakdown, largest contribution first.

    `why_not` is the reason if the parts don't add up to the change, otherwise "". `uneven` is how much of the change
    would have to move between members for all of them to have changed by the same percentage.
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
        """The part of a ratio's change that comes from the members' own ratios, or None."""
        return _sum([part.rate for part in self.parts])

    @property
    def mix(self) -> Fraction | None:
        """The part of a ratio's change that comes from the members' shares of its denominator, or None."""
        return _sum([part.mix for part in self.parts])


def _sum(numbers: Sequence[Fraction | None]) -> Fraction | None:
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(numbers) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One metric of a formula in both periods, with its contribution to the change of the formula's value."""

    metric: str
    label: str
    pair: Pair
    part: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A metric's formula over other metrics, and these metrics by their names in the formula."""

    expression: Expression
    names: tuple[str, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """The part of a change that is caused by late data. No other part includes it.

    `comparable` is the number in both periods as if they were equally complete. An estimated part is between `low` and
    `high`. Both are None if load times give the exact amount. With `has_late_rows`, rows of the older period that were
    loaded after `loaded_to` are late; `loaded_to` is None if the day differs between datasets. `open_days` are the
    first day that can still change and the day after the last one.
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
        """Whether late data explains no part of the change, because both periods are equally complete."""
        return not self.part and not self.low and not self.high


# Is it a change?

MATTERS, MATTERS_SHARE, MATTERS_SMALL = Fraction(1, 100), Fraction(2, 1000), Fraction(5, 100)
"""The smallest change that matters, if the metric doesn't define one. It's 1% of the earlier number. For a share, it's
0.2 percentage points or, if that is less, 5% of the earlier share, so that doubling a share of 0.03% matters.
"""

FEWEST_CHANGES, SPREADS = 5, 2
"""The fewest earlier changes that define a usual range. A change is unusual if it's SPREADS times their typical
size.
"""


class Moved(StrEnum):
    """Whether a number changed, or the reason for not calling it a change."""

    CHANGED = "changed"  # by more than matters, and outside its usual range if that's known
    USUAL = "within_usual_range"  # by more than matters, but no more than it usually does
    UNCERTAIN = "uncertain"  # by more than matters, but the intervals of both numbers overlap
    SAME = "about_the_same"


@dataclass(frozen=True, slots=True)
class Movement:
    """Whether a number changed, and whether that change is unusual.

    A change is unusual if it's outside the metric's usual range, or if the intervals of both numbers don't overlap.
    `is_unusual` is None if neither is known.
    """

    moved: Moved
    is_unusual: bool | None = None

    @property
    def is_signal(self) -> bool:
        """Whether the change matters and is unusual, so that it can be called better or worse."""
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
    """Return whether a number changed, by the rules that all surfaces use.

    `least` is the smallest change that matters: a difference for a share, otherwise relative to the earlier number, or
    None for the default. `earlier` has the changes of the same number between earlier periods of the same length,
    latest first. `is_apart` is whether the intervals of the two numbers don't overlap, or None if they have none.

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
    """Return whether a change is unusual, or None if that can't be determined.

    It's unusual if it's larger than usual, or if the two numbers' intervals don't overlap.
    """
    if is_apart:
        return True
    if len(earlier) < FEWEST_CHANGES:
        return None
    mean_square = sum((one**2 for one in earlier), Fraction(0)) / len(earlier)
    return change**2 > SPREADS**2 * mean_square


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The explanation of a change.

    `by` has the analyzed breakdowns, starting with the one that explains most. `searched` also counts breakdowns
    without a finding, such as those with a single member. `is_unusual` is whether the change is outside the metric's
    usual range, or None if that isn't known. `whole` is the number in both periods.
    """

    whole: Amounts
    moved: Moved
    is_unusual: bool | None
    by: tuple[Parts, ...]
    searched: int
    factors: tuple[Factor, ...] = ()
    late: Late | None = None  # if set, all other parts explain the comparable number

    @property
    def change(self) -> Fraction:
        before, after = self.whole.before, self.whole.after
        return after - before if before is not None and after is not None else Fraction(0)
