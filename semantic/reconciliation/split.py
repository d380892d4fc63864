"""What each differing rule adds to the gap between our number and a platform's.

    part of a rule = mean, over every order in which the rules could have been changed from ours to theirs, of what the
    count changes at that rule's turn (Shapley 1953, "A value for n-person games")

The parts of all rules add up to their rules' count minus ours, exactly, whatever the order. What is left of the gap is
not explained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import combinations
from math import factorial

from semantic.reconciliation.counting import Cell, Paths
from semantic.reconciliation.rules import Rules, differing, switched

Counts = Mapping[Cell, Fraction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A gap taken apart. `parts` are by switch, in the order of SWITCHES. `own` is what our metric says beyond our own
    rules' count, with its sign turned, so that everything adds up to `theirs`.
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
    def explained(self) -> Fraction:
        """The part of the gap that the rules explain, from 0 to 1; 1 if there is no gap and nothing unexplained."""
        size = sum((abs(value) for _, value in self.parts), abs(self.own) + abs(self.unexplained))
        return 1 - abs(self.unexplained) / size if size else Fraction(1)


def shapley(names: Sequence[str], worth: Callable[[frozenset[str]], Fraction]) -> dict[str, Fraction]:
    """Return each name's part of `worth(all names) - worth(none)`.

    >>> parts = shapley(["a", "b"], lambda some: Fraction(len(some) ** 2))
    >>> parts["a"], parts["b"]
    (Fraction(2, 1), Fraction(2, 1))
    """
    count = len(names)
    worths = {
        frozenset(some): worth(frozenset(some)) for size in range(count + 1) for some in combinations(names, size)
    }
    parts: dict[str, Fraction] = {}
    for name in names:
        part = Fraction(0)
        for some, value in worths.items():
            if name not in some:
                weight = Fraction(factorial(len(some)) * factorial(count - len(some) - 1), factorial(count))
                part += weight * (worths[some | {name}] - value)
        parts[name] = part
    return parts


@dataclass(frozen=True)
class Counting:
    """The counts under every mixture of two sides' rules, each computed once."""

    paths: Paths
    ours: Rules
    theirs: Rules
    _known: dict[frozenset[str], dict[Cell, Fraction]]

    @classmethod
    def of(cls, paths: Paths, ours: Rules, theirs: Rules) -> Counting:
        return cls(paths, ours, theirs, {})

    @property
    def switches(self) -> tuple[str, ...]:
        return differing(self.ours, self.theirs)

    def counts(self, switches: frozenset[str]) -> dict[Cell, Fraction]:
        """Return the counts under our rules with these switches as theirs."""
        if switches not in self._known:
            self._known[switches] = self.paths.count(switched(self.ours, self.theirs, switches))
        return self._known[switches]

    def split(
        self, ours: Fraction | None, theirs: Fraction, *, month: date | None = None, group: str | None = None
    ) -> Split:
        """Take the gap of one month, one group, one cell or the whole apart. Without `ours`, our rules' count is our
        number.
        """

        def worth(switches: frozenset[str]) -> Fraction:
            cells = self.counts(switches).items()
            return sum((v for (of, name), v in cells if month in (None, of) and group in (None, name)), Fraction(0))

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
