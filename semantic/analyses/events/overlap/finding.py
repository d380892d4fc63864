"""The finding of a channel overlap: each channel, combination and pair of channels. Small groups are hidden.

Every number is a sum of combinations, and each subject is in exactly one combination. The numbers to hide therefore
follow from the totals that each combination is part of (decision 36). These include the subjects who were reached by
one channel but not by another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations
from typing import Any

from semantic.analyses.events.channels import Split
from semantic.analyses.events.overlap.question import Overlap
from semantic.analyses.events.read import PlannedEvents
from semantic.results.digests import ADDED
from semantic.results.secondary_suppression import Line, protect


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The number of subjects that some channels reached, and of those who then had the later event. None if hidden."""

    reached: int | None
    did: int | None = None

    @property
    def rate(self) -> float | None:
        """The share of these subjects who then had the later event, or None if it isn't known."""
        return share_of(self.did, self.reached)


@dataclass(frozen=True, slots=True)
class Combination:
    """The subjects that were reached by exactly these channels. Channels are given by position."""

    channels: tuple[int, ...]
    group: Group


@dataclass(frozen=True, slots=True)
class Pair:
    """The subjects that both of two channels reached, alone or with other channels."""

    first: int
    second: int
    both: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapPeriod:
    """The numbers of one period: how many subjects were reached, and how many by several channels. None if hidden."""

    first: date
    reached: int | None
    several: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapFound:
    """The finding of a channel overlap. `whole` has all subjects that were reached by any channel.

    `combinations` has the combinations with subjects, largest first. Hidden ones are left out. `channels` are in the
    order of the question, and `alone` has the subjects that only this channel reached. `young` is the number of
    subjects who can still have the later event within the window. It's None if it's hidden or if there is no window.

    With `periods`, a subject in several periods counts several times in all other numbers. These are therefore hidden
    if small groups are.
    """

    whole: Group
    combinations: tuple[Combination, ...]
    channels: tuple[Group, ...]
    alone: tuple[int | None, ...]
    pairs: tuple[Pair, ...]
    young: int | None
    hides: bool
    split: Split | None = None
    periods: tuple[OverlapPeriod, ...] = field(default=(), metadata={ADDED: True})

    @property
    def several(self) -> int | None:
        """The number of subjects who were reached by two or more channels. None if hidden."""
        if self.whole.reached is None or any(count is None for count in self.alone):
            return None
        return self.whole.reached - sum(count or 0 for count in self.alone)


def find_overlap(overlap: Overlap, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> OverlapFound:
    """Return the finding from the engine's rows. If there are no rows, all numbers are 0."""
    if overlap.over is None:
        return _found(overlap, planned, rows)
    by_period: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_period.setdefault(row["k0"], []).append(row)
    each = {first: _found(overlap, planned, own) for first, own in sorted(by_period.items())}
    together: Counter[int] = Counter()
    for row in rows:
        together[int(row["combination"])] += int(row["reached"])
    summed = [{"combination": combination, "reached": count} for combination, count in together.items()]
    whole = _found(overlap, planned, summed)
    if planned.smallest:  # enough counted periods can belong to too few people
        nothing = Group(reached=None)
        whole = replace(
            whole, whole=nothing, combinations=(), channels=(nothing,) * overlap.count,
            alone=(None,) * overlap.count, pairs=tuple(replace(pair, both=None) for pair in whole.pairs), hides=True,
        )  # fmt: skip
    periods = tuple(
        OverlapPeriod(first=first, reached=found.whole.reached, several=found.several) for first, found in each.items()
    )
    return replace(whole, periods=periods)


def _found(overlap: Overlap, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> OverlapFound:
    """Return the finding from the rows of all periods, or from those of one period."""
    reached = {int(row["combination"]): int(row["reached"]) for row in rows}
    did = {int(row["combination"]): int(row.get("did") or 0) for row in rows}
    young = sum(int(row.get("young") or 0) for row in rows)
    cells = _Cells(overlap.count, sorted(reached))
    need, has_then = planned.smallest, overlap.then is not None
    counts, done = cells.sums(reached), cells.sums(did)
    hidden = cells.hidden(counts, need) if need else frozenset[int]()
    closed = cells.hidden_later(hidden, counts, done, need) if need else frozenset[int]()

    def group(cell: int) -> Group:
        return Group(
            reached=None if cell in hidden else counts[cell],
            did=done[cell] if has_then and cell not in closed else None,
        )

    found = [
        Combination(tuple(place for place in range(overlap.count) if each >> place & 1), group(cell))
        for cell, each in enumerate(cells.combinations, start=1)
        if cell not in hidden
    ]
    channels = tuple(group(cells.channel(place)) for place in range(overlap.count))
    only = {combination.channels[0]: combination for combination in found if len(combination.channels) == 1}
    whole = group(0)
    return OverlapFound(
        whole=whole,
        combinations=tuple(
            sorted(found, key=lambda each: (-(each.group.reached or 0), len(each.channels), each.channels))
        ),
        channels=channels,
        alone=tuple(_alone(only.get(place), need) for place in range(overlap.count)),
        pairs=tuple(
            Pair(first, second, None if cells.pair(first, second) in hidden else counts[cells.pair(first, second)])
            for first, second in combinations(range(overlap.count), 2)
        ),
        young=young if has_then and overlap.within is not None and _may_tell(young, whole, need) else None,
        hides=bool(need) and (bool(hidden) or (has_then and bool(closed))),
        split=overlap.channels.split,
    )


def share_of(part: int | None, whole: int | None) -> float | None:
    """Return `part` as a share of `whole`. None if either is hidden or `whole` is 0."""
    return part / whole if part is not None and whole else None


def _alone(combination: Combination | None, need: int) -> int | None:
    if combination is None:
        return None if need else 0  # empty or hidden
    return combination.group.reached


def _may_tell(young: int, whole: Group, need: int) -> bool:
    """Whether both groups of subjects without the later event are large enough to show.

    These groups are the subjects who can still have the event, and the rest.
    """
    if not need:
        return True
    if whole.reached is None or whole.did is None:
        return False
    rest = whole.reached - whole.did - young
    return young >= need and (rest == 0 or rest >= need)


class _Cells:
    """The cells of an overlap: all subjects, and each combination, channel and pair of channels.

    Further cells follow from these: the subjects that a channel didn't reach, and those that one channel reached but
    another didn't.
    """

    def __init__(self, count: int, found: Sequence[int]) -> None:
        self.count, self.combinations = count, tuple(found)
        self.tests: list[tuple[int, int]] = [(0, 0)]  # the channels that a cell's combinations have, and lack
        self.tests += [(0, 0)] * len(found)
        self.places: dict[tuple[int, int], int] = {}
        for place in range(count):
            self._add(1 << place, 0)
            self._add(0, 1 << place)
        for first, second in combinations(range(count), 2):
            self._add(1 << first | 1 << second, 0)
            self._add(1 << first, 1 << second)
            self._add(1 << second, 1 << first)

    def _add(self, has: int, lacks: int) -> None:
        self.places[has, lacks] = len(self.tests)
        self.tests.append((has, lacks))

    def channel(self, place: int) -> int:
        """Return the cell of a channel."""
        return self.places[1 << place, 0]

    def pair(self, first: int, second: int) -> int:
        """Return the cell of the subjects that both channels reached."""
        return self.places[1 << first | 1 << second, 0]

    def sums(self, counts: Mapping[int, int]) -> list[int]:
        """Return the number of each cell, computed from the numbers of the combinations."""
        own = [counts[each] for each in self.combinations]
        found = [sum(own), *own]
        for has, lacks in self.tests[len(found) :]:
            found.append(sum(counts[each] for each in self.combinations if each & has == has and not each & lacks))
        return found

    def lines(self) -> list[Line]:
        """Return every total with the combinations that add up to it, and with other cells that add up to it."""
        start = 1 + len(self.combinations)
        lines: list[Line] = [(0, tuple(range(1, start)))]
        for cell in range(start, len(self.tests)):
            has, lacks = self.tests[cell]
            parts = [
                place for place, each in enumerate(self.combinations, start=1) if each & has == has and not each & lacks
            ]
            lines.append((cell, tuple(parts)))
        for place in range(self.count):
            mine = 1 << place
            lines.append((0, (self.places[mine, 0], self.places[0, mine])))
            for other in range(self.count):
                if other != place:
                    both = self.pair(min(place, other), max(place, other))
                    lines.append((self.places[mine, 0], (both, self.places[mine, 1 << other])))
        return lines

    def hidden(self, counts: Sequence[int], need: int) -> frozenset[int]:
        """Return the cells to hide. Empty cells are included, so that they look the same as small ones."""
        small = {cell for cell, count in enumerate(counts) if 0 < count < need}
        hidden = protect(small, [float(count) for count in counts], self.lines(), need)
        return frozenset(hidden | {cell for cell, count in enumerate(counts) if not count})

    def hidden_later(
        self, hidden: frozenset[int], counts: Sequence[int], done: Sequence[int], need: int
    ) -> frozenset[int]:
        """Return the cells whose number of subjects with the later event is hidden.

        It's hidden if this number, or the number of all other subjects in the cell, is small.
        """
        rest = [count - did for count, did in zip(counts, done, strict=True)]
        closed = {
            cell
            for cell, (did, others) in enumerate(zip(done, rest, strict=True))
            if cell in hidden or 0 < did < need or 0 < others < need
        }
        lines = self.lines()
        while True:
            before = len(closed)
            closed = protect(closed, [float(count) for count in done], lines, need)
            closed = protect(closed, [float(count) for count in rest], lines, need)
            if len(closed) == before:
                return frozenset(closed | {cell for cell, did in enumerate(done) if not did})
