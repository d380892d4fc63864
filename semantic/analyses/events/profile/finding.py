"""The finding of a profile: each group's share on both sides, and whether the difference may be due to chance.

A group that is over-represented isn't necessarily a cause. Because many groups are compared at once, each test is
corrected for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import erfc, exp, log, sqrt
from typing import Any

from semantic.analyses.events.profile.lower import REST, THAN, WHO
from semantic.analyses.events.profile.question import Profile
from semantic.analyses.events.read import PlannedEvents
from semantic.results.secondary_suppression import protect
from semantic.results.students_t import Z

MOST_GROUPS = 20
"""The most groups of a breakdown to list, largest first. All others are combined."""
LEVEL = 0.05
ENOUGH = 5
"""The smallest expected count in each of the four cells of a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One group: the number of its subjects on each side, None if hidden.

    With `is_rest`, it combines all groups that aren't listed. `chance` is the probability that chance alone causes so
    large a difference, corrected for all compared groups. It's None if the group is too small to test.
    """

    value: object = None
    is_rest: bool = False
    who: int | None
    than: int | None
    share_who: float | None
    share_than: float | None
    chance: float | None = None

    @property
    def lift(self) -> float | None:
        """The first side's share divided by the other side's share, or None."""
        return self.share_who / self.share_than if self.share_who is not None and self.share_than else None

    def lift_between(self) -> tuple[float, float] | None:
        """Return the ends of the 95% interval of the lift (Katz). None if either count is hidden or 0."""
        if not self.who or not self.than or not self.share_who or not self.share_than:
            return None
        spread = sqrt((1 - self.share_who) / self.who + (1 - self.share_than) / self.than)
        middle = log(self.share_who / self.share_than)
        return exp(middle - Z * spread), exp(middle + Z * spread)

    @property
    def points(self) -> float | None:
        """The first side's share minus the other side's share, or None."""
        if self.share_who is None or self.share_than is None:
            return None
        return self.share_who - self.share_than

    @property
    def is_apart(self) -> bool:
        """Whether the difference is unlikely to be due to chance."""
        return self.chance is not None and self.chance <= LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileBy:
    """The groups of one breakdown, which is given by position.

    `explains` is the share of the variation between both sides that the groups explain, adjusted for the number of
    groups. It's None if it's hidden or unknown.
    """

    place: int
    rows: tuple[ProfileRow, ...]
    explains: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFound:
    """The finding of a profile: the number of subjects on each side, and the breakdowns.

    Hidden numbers are None. The breakdowns that explain most come first. `tested` is the number of tested groups.
    """

    who: int | None
    than: int | None
    by: tuple[ProfileBy, ...]
    tested: int
    hides: bool


def find_profile(profile: Profile, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> ProfileFound:
    """Return the finding from the engine's rows."""
    sides = [_Side.of(rows, place) for place in range(len(profile.by))]
    totals = sides[0].totals() if sides else (0, 0, 0)
    need = planned.smallest
    if need and any(total < need and (total or side != REST) for side, total in enumerate(totals)):
        hidden = tuple(ProfileBy(place=place, rows=(), explains=None) for place in range(len(profile.by)))
        return ProfileFound(who=None, than=None, by=hidden, tested=0, hides=True)
    by = [_breakdown(place, side, totals, need) for place, side in enumerate(sides)]
    found = _corrected(by)
    return ProfileFound(
        who=totals[WHO],
        than=totals[THAN],
        by=tuple(sorted(found, key=lambda each: (each.explains is None, -(each.explains or 0)))),
        tested=sum(1 for each in found for row in each.rows if row.chance is not None),
        hides=any(row.who is None for each in found for row in each.rows),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """The listed groups of one breakdown, largest first, with the counts of each side."""

    values: tuple[object, ...]
    counts: tuple[tuple[int, int, int], ...]
    has_rest: bool

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], place: int) -> _Side:
        mine = [
            (row[f"k{place}"], (int(row["c0"]), int(row["c1"]), int(row["c2"])))
            for row in rows
            if row["of_breakdown"] == place
        ]
        mine.sort(key=lambda each: (-sum(each[1][:REST]), each[0] is None, str(each[0])))
        listed, others = mine[:MOST_GROUPS], mine[MOST_GROUPS:]
        values, counts = [value for value, _ in listed], [count for _, count in listed]
        if others:
            values.append(None)
            first, second, third = (sum(count[side] for _, count in others) for side in (WHO, THAN, REST))
            counts.append((first, second, third))
        return cls(tuple(values), tuple(counts), bool(others))

    def totals(self) -> tuple[int, int, int]:
        first, second, third = (sum(count[side] for count in self.counts) for side in (WHO, THAN, REST))
        return first, second, third


def _breakdown(place: int, side: _Side, totals: tuple[int, int, int], need: int) -> ProfileBy:
    hidden = _hidden(side.counts, totals, need) if need else set[int]()
    rows: list[ProfileRow] = []
    for number, (value, (who, than, _)) in enumerate(zip(side.values, side.counts, strict=True)):
        shares = (who / totals[WHO] if totals[WHO] else None, than / totals[THAN] if totals[THAN] else None)
        is_rest = side.has_rest and number == len(side.values) - 1
        row = ProfileRow(
            value=value, is_rest=is_rest, who=who, than=than, share_who=shares[0], share_than=shares[1],
            chance=None if is_rest else _chance(who, than, totals),
        )  # fmt: skip
        if number in hidden:
            row = replace(row, who=None, than=None, share_who=None, share_than=None, chance=None)
        if who or than:
            rows.append(row)
    rows.sort(key=lambda row: (row.is_rest, row.points is None, -(row.points or 0)))
    return ProfileBy(place=place, rows=tuple(rows), explains=None if hidden else explained(side.counts))


def _hidden(counts: Sequence[tuple[int, int, int]], totals: tuple[int, int, int], need: int) -> set[int]:
    """Return the groups to hide: those with a small number on a side, and those that would reveal them.

    A group is hidden on all sides, because the total of all sides is known from other questions.
    """
    hidden = {
        place
        for place, (who, than, rest) in enumerate(counts)
        if (who or than) and (who < need or than < need or 0 < rest < need)
    }
    lines = [(len(counts), tuple(range(len(counts))))]
    before = -1
    while before != len(hidden):
        before = len(hidden)
        for side in (WHO, THAN, REST):
            values = [float(count[side]) for count in counts] + [float(totals[side])]
            hidden = {place for place in protect(hidden, values, lines, need) if place < len(counts)}
    return hidden


def reveals_few(found: ProfileFound, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the rows of another set's profile contain a small number that `found` doesn't hide.

    Two profiles would reveal the number if their sets differ only by that set. `rows` compare that set with everyone
    else.
    """
    if found.who is None:
        return False  # all of its numbers are hidden
    need = planned.smallest
    for by in found.by:
        unseen = {(row.is_rest, row.value) for row in by.rows if row.who is None}
        side = _Side.of(rows, by.place)
        last = len(side.values) - 1
        places = [(side.has_rest and place == last, value) for place, value in enumerate(side.values)]
        hidden = {place for place, group in enumerate(places) if group in unseen}
        lines = [(len(side.counts), tuple(range(len(side.counts))))]
        totals = side.totals()
        for each in (WHO, THAN):
            counts = [float(count[each]) for count in side.counts] + [float(totals[each])]
            if any(0 < count < need for place, count in enumerate(counts) if place not in hidden):
                return True
            if any(counts[place] for place in hidden) and protect(hidden, counts, lines, need) != hidden:
                return True
    return False


# Statistics


def explained(counts: Sequence[tuple[int, int, int]]) -> float | None:
    """Return the share of the variation between both sides that the groups explain, adjusted for their number.

    It's the adjusted R² of a regression of the side on the groups: chi-square divided by the number of subjects,
    adjusted.

    >>> round(explained([(30, 10, 0), (10, 30, 0)]) or 0, 4)
    0.2404
    """
    pairs = [(who, than) for who, than, _ in counts if who or than]
    first, second = sum(who for who, _ in pairs), sum(than for _, than in pairs)
    whole = first + second
    if not first or not second or whole <= len(pairs):
        return None
    square = sum(
        (who - (who + than) * first / whole) ** 2 / ((who + than) * first / whole)
        + (than - (who + than) * second / whole) ** 2 / ((who + than) * second / whole)
        for who, than in pairs
    )
    return max(0.0, 1 - (1 - square / whole) * (whole - 1) / (whole - len(pairs)))


def _chance(who: int, than: int, totals: tuple[int, int, int]) -> float | None:
    """Return the two-sided probability that a difference between two shares is due to chance.

    None for too few subjects.
    """
    first, second = totals[WHO], totals[THAN]
    whole, inside = first + second, who + than
    if not whole or min(first, second) * min(inside, whole - inside) / whole < ENOUGH:
        return None
    pooled = inside / whole
    apart = who / first - than / second
    return erfc(abs(apart) / sqrt(pooled * (1 - pooled) * (1 / first + 1 / second)) / sqrt(2))


def corrected(chances: Sequence[float]) -> list[float]:
    """Return probabilities that are corrected for the number of tests by the method of Benjamini and Hochberg.

    >>> [round(each, 3) for each in corrected([0.01, 0.04, 0.03, 0.5])]
    [0.04, 0.053, 0.053, 0.5]
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place], reverse=True)
    found, least = [1.0] * len(chances), 1.0
    for rank, place in enumerate(order):
        least = min(least, chances[place] * len(chances) / (len(chances) - rank))
        found[place] = least
    return found


def _corrected(by: Sequence[ProfileBy]) -> list[ProfileBy]:
    tests = [
        (at, number) for at, each in enumerate(by) for number, row in enumerate(each.rows) if row.chance is not None
    ]
    after = dict(zip(tests, corrected([by[at].rows[number].chance or 0.0 for at, number in tests]), strict=True))
    return [
        replace(
            each,
            rows=tuple(replace(row, chance=after.get((at, number))) for number, row in enumerate(each.rows)),
        )
        for at, each in enumerate(by)
    ]
