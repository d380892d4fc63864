"""The finding of a funnel: how many subjects reached each step, in total and by group, and how long it took.

Small groups are hidden. A step's number counts all subjects who reached it. The difference between two steps is the
number of subjects who stopped between them, so neither number can be shown if the difference is small (decision 36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import sqrt
from typing import Any

from semantic.analyses.events.funnel.lower import EDGES
from semantic.analyses.events.funnel.question import Funnel, key_of
from semantic.analyses.events.hiding import Hidden, hide_between
from semantic.analyses.events.read import PlannedEvents


@dataclass(frozen=True, slots=True)
class TimeTaken:
    """A duration for `count` subjects: the sum of their seconds, and the sum of the squares."""

    count: int
    seconds: float
    squares: float

    @property
    def mean(self) -> float | None:
        """The mean in seconds, or None if there are no subjects."""
        return self.seconds / self.count if self.count else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation in seconds, or None for fewer than two subjects."""
        if self.count < 2:
            return None
        return sqrt(max(0.0, (self.squares - self.seconds * self.seconds / self.count) / (self.count - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRow:
    """One group, or all subjects. `counts` has the number of subjects who reached each step, None if hidden.

    For each step after the first, `since_start` has the time from the start, and `since_before` the mean seconds since
    the previous step, None if hidden. `within` has the number of conversions within each of EDGES, None if hidden.
    """

    by: object = None
    is_unreached: bool = False  # the breakdown's step wasn't reached
    over: date | None = None
    counts: tuple[int | None, ...]
    since_start: tuple[TimeTaken | None, ...]
    since_before: tuple[float | None, ...]
    within: tuple[int | None, ...]

    def rate(self, step: int) -> float | None:
        """Return the share of the first step's subjects who reached a step, or None. Steps are counted from 1."""
        return _share(self.counts[step - 1], self.counts[0])

    def step_rate(self, step: int) -> float | None:
        """Return the share of the previous step's subjects who reached this step, or None.

        Steps are counted from 1, and the first step has no previous one.
        """
        return _share(self.counts[step - 1], self.counts[step - 2])

    def half_within(self) -> int | None:
        """Return the shortest of EDGES, in seconds, within which at least half of all conversions happened, or None."""
        converted = self.counts[-1]
        if not converted:
            return None
        return next(
            (
                edge
                for edge, count in zip(EDGES, self.within, strict=True)
                if count is not None and 2 * count >= converted
            ),
            None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelFound:
    """The finding of a funnel.

    `whole` is all subjects together, and `rows` are the groups, largest first or in chronological order.

    `young` is the number of subjects who haven't converted but still can within the window. It's None if it's hidden or
    if there is no window. `hides` is whether any number is hidden because it counts too few subjects.
    """

    whole: FunnelRow
    rows: tuple[FunnelRow, ...]
    young: int | None
    hides: bool

    def biggest_drop(self) -> int | None:
        """Return the step that lost the largest share of the previous step's subjects, or None.

        Steps are counted from 1.
        """
        rates = [
            (rate, step)
            for step in range(2, len(self.whole.counts) + 1)
            if (rate := self.whole.step_rate(step)) is not None
        ]
        return min(rates)[1] if rates else None


def find_funnel(funnel: Funnel, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> FunnelFound:
    """Return the finding from the engine's rows. If there are no rows, all numbers are 0."""
    steps = len(funnel.steps)
    found = [_row(funnel, row) for row in rows]
    whole = _added(funnel, rows) if rows else _row(funnel, {})
    young = sum(int(row["young"]) for row in rows) if funnel.within is not None else None
    has_groups = funnel.by is not None or funnel.over is not None
    groups = _ordered(found) if has_groups else []
    if not planned.smallest:
        return FunnelFound(whole=whole, rows=tuple(groups), young=young, hides=False)
    safe = _protected([whole, *groups], steps, planned)
    if funnel.once == "each":  # a subject can have several tries, so enough tries can belong to too few people
        safe[0] = _only_sums(safe[0], safe[1:])
    begun, converted = safe[0].counts[0], safe[0].counts[-1]
    is_set = planned.reads.population.of is not None
    is_each = funnel.once == "each"
    if young is not None and (is_set or is_each or not _may_tell(young, begun, converted, planned.smallest)):
        young = None
    hides = any(count is None for row in safe for count in row.counts)
    return FunnelFound(whole=safe[0], rows=tuple(safe[1:]), young=young, hides=hides)


def _row(funnel: Funnel, row: Mapping[str, Any]) -> FunnelRow:
    steps = range(1, len(funnel.steps) + 1)
    counts = tuple(int(row.get(f"c{step}") or 0) for step in steps)
    over = row.get(key_of(funnel, "over"))
    return FunnelRow(
        by=row.get(key_of(funnel, "by")) if funnel.by is not None else None,
        is_unreached=row.get("reached_by") == 0,
        over=over if funnel.over is not None and isinstance(over, date) else None,
        counts=counts,
        since_start=tuple(
            TimeTaken(counts[step - 1], float(row.get(f"t{step}") or 0), float(row.get(f"q{step}") or 0))
            for step in steps[1:]
        ),
        since_before=tuple(
            float(row.get(f"p{step}") or 0) / counts[step - 1] if counts[step - 1] else None for step in steps[1:]
        ),
        within=tuple(int(row.get(f"w{place}") or 0) for place in range(len(EDGES))),
    )


def _added(funnel: Funnel, rows: Sequence[Mapping[str, Any]]) -> FunnelRow:
    """Return the sum of all groups. It's the total, because each subject is in exactly one group."""
    names = [name for name in rows[0] if not name.startswith("k") and name != "reached_by"]
    return _row(funnel, {name: sum(row[name] or 0 for row in rows) for name in names})


def _ordered(rows: Sequence[FunnelRow]) -> list[FunnelRow]:
    """Return the rows sorted by period, then by size, largest first.

    Within a period, subjects who didn't reach the breakdown's step are last.
    """
    return sorted(
        rows,
        key=lambda row: (row.over or date.min, row.is_unreached, -(row.counts[0] or 0), row.by is None, str(row.by)),
    )


# Small groups


def _protected(rows: Sequence[FunnelRow], steps: int, planned: PlannedEvents) -> list[FunnelRow]:
    """Return the rows, total first, with small numbers hidden and with numbers hidden that would reveal small ones.

    The conversions by time are shown only for all subjects. The difference between them and a group's could be a small
    number.
    """
    need = planned.smallest
    counts = [[count or 0 for count in row.counts] for row in rows]
    hidden = [_small_steps(line, need) for line in counts]
    lines = [(0, tuple(range(1, len(rows))))] if len(rows) > 1 else []
    before, all_hidden = -1, Hidden(hidden, lines)
    while lines and before != all_hidden.time:
        before = all_hidden.time
        hide_between(all_hidden, [*zip(*counts, strict=True)], range(steps), need)
    is_set = planned.reads.population.of is not None
    return [
        _without(row, of_row, need, has_times=place == 0 and not is_set)
        for place, (row, of_row) in enumerate(zip(rows, hidden, strict=True))
    ]


def _only_sums(whole: FunnelRow, groups: Sequence[FunnelRow]) -> FunnelRow:
    """Return the total row with only the numbers that are sums of shown numbers."""
    hidden = {step for step in range(len(whole.counts)) if any(group.counts[step] is None for group in groups)} | {
        step for step, count in enumerate(whole.counts) if count is None
    }
    hidden = set(range(len(whole.counts))) if 0 in hidden else hidden
    return replace(
        whole,
        counts=tuple(None if step in hidden else count for step, count in enumerate(whole.counts)),
        since_start=(None,) * len(whole.since_start),
        since_before=(None,) * len(whole.since_before),
        within=(None,) * len(whole.within),
    )


def _small_steps(counts: Sequence[int], need: int) -> set[int]:
    """Return the steps of a row to hide.

    Either too few subjects reached the step, or its number reveals that few stopped before it.
    """
    hidden, before = set[int](), None
    for step, count in enumerate(counts):
        is_small = count < need or (before is not None and 0 < before - count < need)
        if is_small or (step > 0 and 0 in hidden):
            hidden.add(step)
        else:
            before = count
    return hidden


def _may_tell(young: int, begun: int | None, converted: int | None, need: int) -> bool:
    """Whether both groups of subjects without a conversion are large enough to show.

    These groups are the subjects who can still convert, and the rest.
    """
    if begun is None or converted is None:
        return False
    rest = begun - converted - young
    return young >= need and (rest == 0 or rest >= need)


def _without(row: FunnelRow, hidden: set[int], need: int, *, has_times: bool) -> FunnelRow:
    if 0 in hidden:
        hidden = set(range(len(row.counts)))
    shown = tuple(None if step in hidden else count for step, count in enumerate(row.counts))
    last = shown[-1]
    within = list[int | None]()
    before = 0
    for count in row.within:
        is_safe = (
            has_times
            and last is not None
            and count is not None
            and count >= need
            and all(each == 0 or each >= need for each in (count - before, last - count))
        )
        within.append(count if is_safe else None)
        before = count if is_safe and count is not None else before
    return replace(
        row,
        counts=shown,
        since_start=tuple(None if step in hidden else taken for step, taken in enumerate(row.since_start, start=1)),
        since_before=tuple(None if step in hidden else mean for step, mean in enumerate(row.since_before, start=1)),
        within=tuple(within),
    )


def _share(part: int | None, whole: int | None) -> float | None:
    return part / whole if part is not None and whole else None
