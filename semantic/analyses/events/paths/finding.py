"""The finding of paths: how many go from event to event, and the most frequent complete paths, in total and by group.

Small groups are hidden by cutting paths short. Every number is a sum of parts with enough subjects each, so no
difference between two numbers can be about fewer subjects (decision 36).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from semantic.analyses.events.paths.lower import AT_STEP, COVER, LINK
from semantic.analyses.events.paths.question import (
    ELSE,
    END,
    HIDDEN,
    LISTED,
    MOST_COMPARED,
    OPEN,
    Paths,
    attribute_of_by,
)
from semantic.analyses.events.read import PlannedEvents
from semantic.results.digests import ADDED

NOT_EVENTS = (ELSE, END, OPEN, HIDDEN)
"""The codes that aren't events, in the order in which they are shown after the events."""


@dataclass(frozen=True, slots=True)
class Link:
    """The number of paths that go from one event to the next. `step` is the first event's step, counted from 1."""

    step: int
    before: str
    after: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One complete path: the codes of its events, and how it ends.

    The last code is END, OPEN, or an event if the path has more events than are followed. `seconds` is the sum of the
    times from the first to the last event.
    """

    codes: tuple[str, ...]
    count: int
    seconds: float
    groups: Mapping[str, int]

    @property
    def mean(self) -> float | None:
        """The mean time from the first to the last event in seconds. None for paths with a single event."""
        events = [code for code in self.codes if code not in NOT_EVENTS]
        return self.seconds / self.count if self.count and len(events) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsBeside:
    """The numbers of paths that the paths of another period are compared with.

    `wholes` has how many took each whole path, by its codes, and `steps` how many had each code at each step, including
    events that aren't named. A code or path that isn't in them is unknown, unless `is_all` is set.
    """

    wholes: Mapping[tuple[str, ...], int]
    steps: tuple[Mapping[str, int], ...]
    is_all: bool

    def at_step(self, step: int, code: str) -> int | None:
        """Return how many paths have a code at a step, counted from 1. None if hidden or unknown."""
        codes = self.steps[step - 1]
        return codes.get(code, 0 if self.is_all and len(codes) < MOST_COMPARED else None)

    def whole(self, codes: tuple[str, ...]) -> int | None:
        """Return how many took a whole path. None if hidden or unknown."""
        if codes in self.wholes or not self.is_all:
            return self.wholes.get(codes)
        no_one_did = any(self.at_step(step, code) == 0 for step, code in enumerate(codes, start=1))
        return 0 if no_one_did or len(self.wholes) < MOST_COMPARED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsFound:
    """The finding of paths.

    `goes_back` is whether paths are followed backwards from an end. `counts_subjects` is whether the numbers are also
    numbers of subjects, because each subject has one path. `total` is the number of paths, None if hidden. `steps` has
    the number of paths for each code at each step: named events come first, largest first, then NOT_EVENTS.

    `covered` is the number of paths with only named events. `groups` has the number of paths in each group, by code,
    largest first. `values` has the value of each code that represents a value. `beside` is None unless paths
    are compared.
    """

    goes_back: bool
    counts_subjects: bool
    total: int | None
    steps: tuple[Mapping[str, int], ...] = ()
    links: tuple[Link, ...] = ()
    wholes: tuple[Whole, ...] = ()
    covered: int = 0
    groups: Mapping[str, int] = field(default_factory=dict[str, int])
    group_steps: Mapping[str, tuple[Mapping[str, int], ...]] = field(
        default_factory=dict[str, tuple[Mapping[str, int], ...]]
    )
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    group_values: Mapping[str, object] = field(default_factory=dict[str, object])
    hides: bool = False
    beside: PathsBeside | None = field(default=None, metadata={ADDED: True})

    @property
    def open(self) -> int:
        """The number of paths that can still continue."""
        return sum(step.get(OPEN, 0) for step in self.steps)

    @property
    def listed(self) -> int:
        """The number of paths that equal one of the listed paths."""
        return sum(whole.count for whole in self.wholes)


@dataclass
class _Counted:
    """Counts by group, used while they are added up."""

    links: dict[tuple[str, int, str, str], int] = field(default_factory=dict[tuple[str, int, str, str], int])
    wholes: dict[tuple[str, ...], dict[str, tuple[int, float]]] = field(
        default_factory=dict[tuple[str, ...], dict[str, tuple[int, float]]]
    )
    covered: int = 0
    at_steps: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])

    def add_link(self, group: str, step: int, before: str, after: str, count: int) -> None:
        key = (group, step, before, after)
        self.links[key] = self.links.get(key, 0) + count

    def add_whole(self, codes: tuple[str, ...], group: str, count: int, seconds: float) -> None:
        groups = self.wholes.setdefault(codes, {})
        before = groups.get(group, (0, 0.0))
        groups[group] = before[0] + count, before[1] + seconds


def find_paths(paths: Paths, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> PathsFound:
    """Return the finding from the engine's rows. If there are no rows, there are no paths."""
    if planned.smallest and not rows:
        return PathsFound(goes_back=paths.goes_back, counts_subjects=True, total=None, hides=True)
    counted = _cut(paths, planned.smallest, rows) if planned.smallest else _read(rows)
    place = attribute_of_by(paths)
    codes = [f"m{step}" for step in range(paths.steps, 0, -1)] if planned.smallest else ["b"]
    values = {
        code: row["k0"]
        for row in rows
        if paths.each is not None
        and (code := next((row[each] for each in codes if row[each] is not None), ""))[:1] == "v"
    }
    groups = {str(row["g"]): row[f"k{place}"] for row in rows if paths.by is not None and row["g"] not in (None, ELSE)}
    return _made(paths, counted, values, groups, is_cut=bool(planned.smallest))


def _read(rows: Sequence[Mapping[str, Any]]) -> _Counted:
    counted = _Counted()
    listed: dict[tuple[int, str], list[tuple[int, str, int, float]]] = {}
    for row in rows:
        group, count = str(row.get("g", "")), int(row["c"] or 0)
        if row["part"] == LINK:
            counted.add_link(group, int(row["step"]) + 1, row["a"], row["b"], count)
        elif row["part"] == COVER:
            counted.covered += count
        elif row["part"] == AT_STEP:
            counted.at_steps[int(row["step"]), row["b"]] = count
        else:
            found = (int(row["step"]), row["b"], count, float(row["us"] or 0) / 1e6)
            listed.setdefault((int(row["place"]), group), []).append(found)
    for (_, group), found in listed.items():
        found.sort()
        counted.add_whole(tuple(code for _, code, _, _ in found), group, *found[0][2:])
    return counted


def _made(
    paths: Paths,
    counted: _Counted,
    values: Mapping[str, object],
    group_values: Mapping[str, object],
    *,
    is_cut: bool,
) -> PathsFound:
    links: dict[tuple[int, str, str], int] = {}
    steps = [dict[str, int]() for _ in range(paths.steps)]
    group_steps: dict[str, list[dict[str, int]]] = {}
    for (group, step, before, after), count in counted.links.items():
        links[step - 1, before, after] = links.get((step - 1, before, after), 0) + count
        of_group = group_steps.setdefault(group, [{} for _ in range(paths.steps)])
        for each in (steps, of_group):
            each[step - 1][after] = each[step - 1].get(after, 0) + count
    totals = {group: sum(each[0].values()) for group, each in group_steps.items()}
    wholes = [
        Whole(
            codes=codes,
            count=sum(count for count, _ in groups.values()),
            seconds=sum(seconds for _, seconds in groups.values()),
            groups={group: count for group, (count, _) in groups.items()},
        )
        for codes, groups in counted.wholes.items()
    ]
    wholes.sort(key=lambda whole: (-whole.count, whole.codes))
    ordered = tuple(dict(sorted(step.items(), key=_order)) for step in steps)
    while ordered and not ordered[-1]:
        ordered = ordered[:-1]
    shown = tuple(Link(*key, count) for key, count in sorted(links.items(), key=lambda item: item[0]) if key[0])
    groups = dict(sorted(totals.items(), key=_order)) if paths.by is not None else {}
    return PathsFound(
        goes_back=paths.goes_back,
        counts_subjects=paths.occurrence == "first",
        total=sum(steps[0].values()),
        steps=ordered,
        links=shown,
        wholes=tuple(wholes[:LISTED]),
        covered=counted.covered,
        groups=groups,
        group_steps={group: tuple(group_steps[group]) for group in groups},
        values=values,
        group_values=group_values,
        hides=any(HIDDEN in step for step in steps) or HIDDEN in totals,
        beside=_beside(paths, counted, steps, wholes, is_cut=is_cut) if paths.is_compared else None,
    )


def _beside(
    paths: Paths, counted: _Counted, steps: Sequence[Mapping[str, int]], wholes: Sequence[Whole], *, is_cut: bool
) -> PathsBeside:
    """Return what another period is compared with.

    With `is_cut`, only what is shown is known. From the first step on at which some paths are too few to show, their
    events aren't counted, so the numbers of these steps aren't compared. By group, a whole path can be too rare to show
    in one of them, so whole paths aren't compared either.
    """
    each = {whole.codes: whole.count for whole in wholes}
    if not is_cut:
        at_steps = [{code: count for code, count in step.items() if code in (END, OPEN)} for step in steps]
        for (step, code), count in counted.at_steps.items():
            at_steps[step - 1][code] = count
        return PathsBeside(wholes=each, steps=tuple(at_steps), is_all=True)
    shown = [
        {code: count for code, count in step.items() if code != ELSE}
        if not any(HIDDEN in before for before in steps[:place])
        else dict[str, int]()
        for place, step in enumerate(steps, start=1)
    ]
    is_partial = paths.by is not None and any(HIDDEN in step for step in steps)
    return PathsBeside(wholes=each if not is_partial else {}, steps=tuple(shown), is_all=False)


def _order(item: tuple[str, int]) -> tuple[int, int, str]:
    """Return a sort key: events and groups first, largest first, then all other codes."""
    code, count = item
    return (NOT_EVENTS.index(code) + 1 if code in NOT_EVENTS else 0, -count, code)


# Small groups


def _cut(paths: Paths, need: int, rows: Sequence[Mapping[str, Any]]) -> _Counted:
    """Return the counts of paths, cut short where too few paths continue in the same way.

    Paths that continue in rare ways are counted together at the step where they separate. If they are too few together,
    the next rarest way is added, so that each part is large enough.
    """
    keys = [*(["g"] if paths.by is not None else []), *(f"m{step}" for step in range(1, paths.steps + 1))]
    counts: dict[tuple[str, ...], tuple[int, float]] = {}
    for row in rows:
        prefix = tuple(str(row[key]) for key in keys if row[key] is not None)
        counts[prefix] = int(row["c"]), float(row["us"] or 0) / 1e6
    ways: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for prefix in counts:
        if prefix:
            ways.setdefault(prefix[:-1], []).append(prefix)
    counted = _Counted()
    for prefix, count in _parts((), counts, ways, len(keys), need):
        group, codes = (prefix[0], prefix[1:]) if paths.by is not None else ("", prefix)
        codes = (HIDDEN,) if not codes else tuple(code for code in codes if code)
        for step, code in enumerate(codes, start=1):
            counted.add_link(group, step, codes[step - 2] if step > 1 else "", code, count)
        if ELSE not in codes and HIDDEN not in codes:
            counted.covered += count
            counted.add_whole(codes, group, count, counts[prefix][1])
    return counted


def _parts(
    prefix: tuple[str, ...],
    counts: Mapping[tuple[str, ...], tuple[int, float]],
    ways: Mapping[tuple[str, ...], Iterable[tuple[str, ...]]],
    length: int,
    need: int,
) -> Iterable[tuple[tuple[str, ...], int]]:
    """Yield the parts that all numbers are sums of.

    These are complete paths, and beginnings of paths that continue in rare ways.
    """
    count = counts[prefix][0]
    if len(prefix) == length:
        yield prefix, count
        return
    kept = sorted(ways.get(prefix, ()), key=lambda way: (-counts[way][0], way))
    rest = count - sum(counts[way][0] for way in kept)
    while kept and 0 < rest < need:
        rest += counts[kept.pop()][0]
    for way in kept:
        yield from _parts(way, counts, ways, length, need)
    if rest:
        yield (*prefix, HIDDEN), rest
