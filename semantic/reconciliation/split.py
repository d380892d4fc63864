"""Calculate how much each differing rule adds to the gap between our number and a platform's.

    part of a rule = mean, over every order in which the rules could have been changed from ours to theirs, of what the
    count changes at that rule's turn (Shapley 1953, "A value for n-person games")

The parts of all rules add up to exactly the count under their rules minus the count under ours. The rest of the gap
isn't explained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import factorial

from semantic.reconciliation.counting import Counts, Paths, total
from semantic.reconciliation.rules import Rules, differing, switched


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The gap between two numbers, split into the contribution of each rule.

    `parts` has the contribution of each switch, in the order of SWITCHES. `own` is the count under our rules minus our
    metric, so that everything adds up to `theirs`.
    """

    ours: Fraction
    theirs: Fraction
    parts: tuple[tuple[str, Fraction], ...]
    own: Fraction
    unexplained: Fraction

    @property
    def gap(self) -> Fraction:
        return self.theirs - self.ours

    @property
    def off(self) -> Fraction | None:
        """The unexplained part as a share of the platform's number, or None if that number is 0."""
        return abs(self.unexplained / self.theirs) if self.theirs else None

    def is_within(self, tolerance: Fraction) -> bool:
        """Whether the unexplained part is within the tolerance.

        If the platform's number is 0, nothing may be unexplained.
        """
        return self.unexplained == 0 if self.off is None else self.off <= tolerance


def shapley(names: Sequence[str], worth: Callable[[frozenset[str]], Fraction]) -> dict[str, Fraction]:
    """Return each name's share of `worth(all names) - worth(none)`, which is its Shapley value."""
    count = len(names)
    worths = {
        frozenset(some): worth(frozenset(some)) for size in range(count + 1) for some in combinations(names, size)
    }
    orders = [factorial(size) * factorial(count - size - 1) for size in range(count)]  # by names before this
    sums = {
        name: sum(
            (orders[len(some)] * (worths[some | {name}] - value) for some, value in worths.items() if name not in some),
            Fraction(0),
        )
        for name in names
    }
    return {name: part / factorial(count) for name, part in sums.items()}


@dataclass(frozen=True)
class Counting:
    """The counts under any combination of both sides' rules. Each combination is counted once."""

    paths: Paths
    ours: Rules
    theirs: Rules
    _known: dict[frozenset[str], Counts]

    @classmethod
    def of(cls, paths: Paths, ours: Rules, theirs: Rules) -> Counting:
        return cls(paths, ours, theirs, {})

    @property
    def switches(self) -> tuple[str, ...]:
        return differing(self.ours, self.theirs)

    def counts(self, switches: frozenset[str]) -> Counts:
        """Return the counts under our rules, but with the platform's setting for each of these switches."""
        if switches not in self._known:
            self._known[switches] = self.paths.count(switched(self.ours, self.theirs, switches))
        return self._known[switches]

    @property
    def known(self) -> Mapping[frozenset[str], Counts]:
        """The counts computed so far, by the switches with the platform's setting."""
        return self._known

    def split(
        self, ours: Fraction | None, theirs: Fraction, *, month: date | None = None, group: str | None = None
    ) -> Split:
        """Return the split gap of one month, group or cell, or of the total.

        If `ours` is None, our number is the count under our rules.
        """

        def worth(switches: frozenset[str]) -> Fraction:
            return total(self.counts(switches), month=month, group=group)

        base, last = worth(frozenset()), worth(frozenset(self.switches))
        parts = shapley(self.switches, worth)
        number = base if ours is None else ours
        return Split(
            ours=number,
            theirs=theirs,
            parts=tuple(parts.items()),
            own=base - number,
            unexplained=theirs - last,
        )
