"""The finding of contact pressure: weeks by number of messages, by mix of channels, and over time.

Small groups are hidden. Numbers are shown for blocks of weeks with enough subjects each. A number of messages with too
few subjects is combined with its neighbours, and a mix with other mixes. A calendar week is hidden together with
another one. No difference between two numbers is therefore about few subjects (decision 36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from semantic.analyses.events.channels import Split
from semantic.analyses.events.pressure.lower import BY_MESSAGES, BY_MIX, BY_WEEK, PEOPLE, SUMS, WHOLE
from semantic.analyses.events.pressure.question import MOST_MESSAGES, Pressure
from semantic.analyses.events.pressure.weeks import weeks_between, whole_weeks
from semantic.analyses.events.read import PlannedEvents


@dataclass(frozen=True, slots=True)
class Answers:
    """The responses: how many weeks were followed long enough, and how many of these had the later event.

    `people` is the number of subjects with such weeks, None if hidden.
    """

    weeks: int
    answered: int
    people: int | None

    @property
    def rate(self) -> float | None:
        """The share of the weeks that had a response. None if there are no weeks."""
        return self.answered / self.weeks if self.weeks else None


@dataclass(frozen=True, slots=True)
class Bucket:
    """Weeks with `first` to `last` messages. If `last` is None, weeks with `first` or more messages.

    `answers` is None if it's hidden, or if the question has no later event.
    """

    first: int
    last: int | None
    weeks: int
    answers: Answers | None


@dataclass(frozen=True, slots=True)
class Line:
    """The weeks for one mix of channels or one calendar week. Numbers are None if hidden.

    The fields are the number of weeks, the number of messages in them, and the number of weeks above the limit.
    """

    weeks: int | None
    messages: int | None
    above: int | None

    @property
    def mean(self) -> float | None:
        """The mean number of messages in a week."""
        return self.messages / self.weeks if self.messages is not None and self.weeks else None

    @property
    def share_above(self) -> float | None:
        """The share of weeks above the limit."""
        return self.above / self.weeks if self.above is not None and self.weeks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureFound:
    """The finding of contact pressure.

    `people` is the number of subjects who got a message, and `people_above` the number of subjects with a week above
    the limit. `mixes` has the combinations of channels, largest first. Each has the positions of its channels, and the
    entry with None combines all others. `calendar` has the weeks in order. `unfollowed` is the number of weeks that
    weren't followed long enough. It's None if it's hidden, or if the question has no later event.
    """

    limit: int
    people: int | None
    people_above: int | None
    whole: Line
    answers: Answers | None
    buckets: tuple[Bucket, ...]
    mixes: tuple[tuple[tuple[int, ...] | None, Line], ...]
    calendar: tuple[tuple[date, Line], ...]
    unfollowed: int | None
    hides: bool
    has_then: bool
    split: Split | None


@dataclass(frozen=True, slots=True)
class _Cell:
    """Counts of weeks, and the number of subjects behind them.

    Several cells together have at least as many subjects as the largest one.
    """

    sums: Mapping[str, int]
    people: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.sums[name]

    def is_safe(self, need: int) -> bool:
        """Whether there are enough subjects in total.

        The subjects with a week above the limit, and those with another week, must also be enough.
        """
        return (
            self.people["all"] >= need
            and (not self["above"] or self.people["above"] >= need)
            and (not self.below or self.people["below"] >= need)
        )

    @property
    def below(self) -> int:
        """The number of weeks that aren't above the limit."""
        return self["weeks"] - self["above"]

    def tells_answers(self, need: int) -> bool:
        """Whether the responses can be shown without revealing a small group.

        There must be enough subjects with a response, without one, and with weeks that weren't followed long enough.
        """
        rest, unfollowed = self["followed"] - self["did"], self["weeks"] - self["followed"]
        return (
            self.people["did"] >= need
            and (rest == 0 or self.people["rest"] >= need)
            and (unfollowed == 0 or self.people["unfollowed"] >= need)
        )


_NOTHING = _Cell(dict.fromkeys(SUMS, 0), dict.fromkeys(PEOPLE, 0))


def find_pressure(pressure: Pressure, planned: PlannedEvents, rows: Sequence[Mapping[str, Any]]) -> PressureFound:
    """Return the finding from the engine's rows. If there are no rows, all numbers are 0."""
    need, has_then = planned.smallest, pressure.then is not None
    parts: dict[int, dict[Any, _Cell]] = {WHOLE: {}, BY_MESSAGES: {}, BY_MIX: {}, BY_WEEK: {}}
    for row in rows:
        part = int(row["part"])
        parts[part][row["k0"] if part == BY_WEEK else int(row["value"])] = _cell(row)
    whole = parts[WHOLE].get(0, _NOTHING)
    is_hidden = bool(need) and whole.people["all"] < need
    tells_above = not is_hidden and whole.is_safe(need)
    buckets = [] if is_hidden else _buckets(parts[BY_MESSAGES], whole, pressure.limit, tells_above, need)
    answers, shown = _answers(buckets, whole, has_then and not is_hidden, need)
    mixes = [] if is_hidden else _mixes(parts[BY_MIX], pressure.count, tells_above, need)
    calendar = _calendar(parts[BY_WEEK], planned, is_hidden, tells_above, need)
    people, above = whole.people["all"], whole.people["above"]
    never = people - above
    return PressureFound(
        limit=pressure.limit,
        people=None if is_hidden else people,
        people_above=above if tells_above and (not need or never == 0 or never >= need) else None,
        whole=_line(whole, tells_above, is_hidden),
        answers=answers,
        buckets=shown,
        mixes=tuple(mixes),
        calendar=tuple(calendar),
        unfollowed=whole["weeks"] - whole["followed"] if answers is not None else None,
        hides=bool(need)
        and bool(rows)
        and _hides(whole, shown, parts, mixes, calendar, answers, tells_above, has_then),
        has_then=has_then,
        split=pressure.channels.split,
    )


def _cell(row: Mapping[str, Any]) -> _Cell:
    return _Cell({name: int(row[name] or 0) for name in SUMS}, {name: int(row[f"of_{name}"] or 0) for name in PEOPLE})


def _together(cells: Sequence[_Cell]) -> _Cell:
    return _Cell(
        {name: sum(cell.sums[name] for cell in cells) for name in SUMS},
        {name: max((cell.people[name] for cell in cells), default=0) for name in PEOPLE},
    )


def _line(cell: _Cell, tells_above: bool, is_hidden: bool = False) -> Line:
    if is_hidden:
        return Line(None, None, None)
    return Line(cell["weeks"], cell["messages"], cell["above"] if tells_above else None)


# By number of messages


@dataclass(frozen=True, slots=True)
class _Block:
    first: int
    last: int
    cell: _Cell


def _buckets(cells: Mapping[int, _Cell], whole: _Cell, limit: int, tells_above: bool, need: int) -> list[_Block]:
    """Return blocks of consecutive numbers of messages in ascending order. Each block has enough subjects.

    If the number of weeks above the limit can be shown, no block contains numbers on both sides of the limit.
    """
    found = [_Block(number, number, cells[number]) for number in sorted(cells)]
    if not need:
        return found
    if not tells_above:
        return _joined(found, whole.people["all"], need)
    low, high = ([each for each in found if (each.first > limit) is is_above] for is_above in (False, True))
    return _joined(low, whole.people["below"], need) + _joined(high, whole.people["above"], need)


def _joined(found: Sequence[_Block], people: int, need: int) -> list[_Block]:
    """Return the blocks, combined from the highest number down until each has enough subjects.

    `people` is the total number of subjects.
    """
    blocks: list[_Block] = []
    waiting: list[_Block] = []
    for each in reversed(found):
        waiting.append(each)
        if max(block.cell.people["all"] for block in waiting) >= need:
            blocks.append(_block(waiting))
            waiting = []
    if waiting and blocks:
        waiting.append(blocks.pop())
    if waiting and (blocks or max(block.cell.people["all"] for block in waiting) >= need or people >= need):
        blocks.append(_block(waiting))
    return blocks[::-1]


def _block(blocks: Sequence[_Block]) -> _Block:
    return _Block(
        min(block.first for block in blocks),
        max(block.last for block in blocks),
        _together([block.cell for block in blocks]),
    )


def _answers(
    blocks: Sequence[_Block], whole: _Cell, has_then: bool, need: int
) -> tuple[Answers | None, tuple[Bucket, ...]]:
    """Return the responses of all weeks, and the buckets with their responses."""
    tells = [has_then and (not need or block.cell.tells_answers(need)) for block in blocks]
    hidden = _together([block.cell for block, is_told in zip(blocks, tells, strict=True) if not is_told])
    all_told = has_then and (not need or (whole.tells_answers(need) and (all(tells) or hidden.tells_answers(need))))
    buckets = tuple(
        Bucket(
            block.first,
            None if block.last == MOST_MESSAGES else block.last,
            block.cell["weeks"],
            _answered(block.cell, need) if is_told else None,
        )
        for block, is_told in zip(blocks, tells, strict=True)
    )
    return _answered(whole, need) if all_told else None, buckets


def _answered(cell: _Cell, need: int) -> Answers:
    return Answers(cell["followed"], cell["did"], cell.people["followed"] if not need else None)


# By mix, and by week


def _mixes(
    cells: Mapping[int, _Cell], count: int, tells_above: bool, need: int
) -> list[tuple[tuple[int, ...] | None, Line]]:
    """Return the mixes, largest first. Mixes with too few subjects are combined."""
    ordered = sorted(cells.items(), key=lambda item: (-item[1]["weeks"], item[0]))
    if not need:
        return [(_places(mix, count), _line(cell, tells_above)) for mix, cell in ordered]

    def is_safe(cell: _Cell) -> bool:
        return cell.is_safe(need) if tells_above else cell.people["all"] >= need

    shown = [(mix, cell) for mix, cell in ordered if is_safe(cell)]
    others = [cell for _, cell in ordered if not is_safe(cell)]
    while others and shown and not is_safe(_together(others)):
        others.append(shown.pop()[1])
    if not shown:
        return []
    lines: list[tuple[tuple[int, ...] | None, Line]] = [
        (_places(mix, count), _line(cell, tells_above)) for mix, cell in shown
    ]
    return lines + ([(None, _line(_together(others), tells_above))] if others else [])


def _places(mix: int, count: int) -> tuple[int, ...]:
    return tuple(place for place in range(count) if mix >> place & 1)


def _calendar(
    cells: Mapping[Any, _Cell], planned: PlannedEvents, is_hidden: bool, tells_above: bool, need: int
) -> list[tuple[date, Line]]:
    """Return every whole week from the first to the last. Each subject has one row in a week."""
    first, end = whole_weeks(planned)
    days = sorted(cells)
    first = first if first is not None else days[0] if days else end
    weeks = [*weeks_between(first, end)]
    found = [cells.get(day, _NOTHING) for day in weeks]
    if not need:
        return [(day, _line(cell, tells_above)) for day, cell in zip(weeks, found, strict=True)]
    closed = _closed(set(), [cell["weeks"] for cell in found], need)
    quiet, before = set(closed), -1
    while len(quiet) > before:
        before = len(quiet)
        quiet = _closed(quiet, [cell["above"] for cell in found], need)
        quiet = _closed(quiet, [cell.below for cell in found], need)
    return [
        (day, _line(cell, tells_above and place not in quiet, is_hidden or place in closed))
        for place, (day, cell) in enumerate(zip(weeks, found, strict=True))
    ]


def _closed(closed: set[int], counts: Sequence[int], need: int) -> set[int]:
    """Return the positions of the counts to hide.

    These are the hidden ones, all small ones and, if needed, a larger one that protects them.
    """
    closed = closed | {place for place, count in enumerate(counts) if 0 < count < need}
    few = [counts[place] for place in closed if counts[place]]
    enough = [(count, place) for place, count in enumerate(counts) if count >= need]
    if few and max(few) < need and enough:
        closed.add(min(enough)[1])
    return closed


def _hides(
    whole: _Cell,
    buckets: Sequence[Bucket],
    parts: Mapping[int, Mapping[Any, _Cell]],
    mixes: Sequence[object],
    calendar: Sequence[tuple[date, Line]],
    answers: Answers | None,
    tells_above: bool,
    has_then: bool,
) -> bool:
    """Whether any number is hidden because it counts too few subjects."""
    return (
        not tells_above
        or len(buckets) < len(parts[BY_MESSAGES])
        or len(mixes) < len(parts[BY_MIX])
        or any(line.above is None for _, line in calendar)
        or (has_then and (answers is None or any(bucket.answers is None for bucket in buckets)))
    )
