"""Count funnels by walking through each person's rows one by one, following the rule in words, without any SQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.semantic.analyses.events.logged import TODAY, Row

COUNTS: Mapping[str, Callable[[Row], bool]] = {
    "acts": lambda row: row.table == "actions",
    "named_acts": lambda row: row.table == "actions" and row.product is not None,
    "views": lambda row: row.table == "actions" and row.act == "a",
    "carts": lambda row: row.table == "actions" and row.act == "b",
    "checkouts": lambda row: row.table == "actions" and row.act == "c",
    "removals": lambda row: row.table == "actions" and row.act == "d",
    "searches": lambda row: row.table == "actions" and row.act in ("b", "e"),
    "revenue": lambda row: row.table == "purchases" and row.amount is not None,
    "gifts": lambda row: row.table == "purchases" and row.is_gift,
    "letters": lambda row: row.table == "letters",
    "clicks": lambda row: row.table == "clicks",
}
"""What each metric counts."""
TABLES = {
    **dict.fromkeys(("acts", "named_acts", "views", "carts", "checkouts", "removals", "searches"), "actions"),
    "revenue": "purchases",
    "gifts": "purchases",
    "letters": "letters",
    "clicks": "clicks",
}
"""The table of each metric."""
HELD = {"actions": {"market", "product", "device"}, "purchases": {"market", "product"}, "letters": {"market"}}
SPANS = {"3 hours": 3, "90 minutes": 1.5, "1 day": 24, "2 days": 48, "1 week": 168}


@dataclass(frozen=True, slots=True)
class Reached:
    """One person: the times at which they reached each step, and their group."""

    moments: tuple[datetime, ...]
    group: tuple[object, ...]


def metric_of(event: Any) -> str:
    return event if isinstance(event, str) else event["metric"]


def passes(event: Any, row: Row) -> bool:
    """Return whether a row belongs to an event, which can have a filter by market or product."""
    if not COUNTS[metric_of(event)](row):
        return False
    where = event.get("where") if isinstance(event, dict) else None
    return where is None or getattr(row, where["dim"]) in where["values"]


def walk(funnel: Mapping[str, Any], rows: Sequence[Row], known: date = TODAY) -> dict[str, Reached]:
    """Return everyone who reached the first step, by person. Rows from the day `known` on don't count."""
    steps, excluded = funnel["steps"], funnel.get("exclude", [])
    events = [*steps, *excluded, *([funnel["among"]] if "among" in funnel else [])]
    by_day = len({TABLES[metric_of(event)] == "letters" for event in events}) > 1
    first, end = date.min, known
    if "time" in funnel:
        first, end = (date.fromisoformat(funnel["time"][key]) for key in ("from", "to"))
        end += timedelta(days=1)
    follow = timedelta(hours=SPANS[funnel["within"]]) if "within" in funnel else None
    until = known if follow is None else min(known, end + timedelta(days=-(-follow // timedelta(days=1))))
    tables = list(dict.fromkeys(TABLES[metric_of(event)] for event in events))

    def place(row: Row) -> tuple[object, ...]:
        part = next(number for number, event in enumerate(events) if passes(event, row))
        moment = row.at.date() if by_day else row.at
        keys = (row.person, str(row.at.date())) if row.table == "letters" else (row.key,)
        if len(tables) == 1 and row.table == "purchases":
            keys = (int(row.key),)
        return moment, part, tables.index(row.table), *keys

    people: dict[str, list[Row]] = {}
    for row in rows:
        held = funnel.get("hold") is None or getattr(row, funnel["hold"]) is not None
        inside = first <= row.at.date() < until
        general = funnel.get("where")
        kept = general is None or getattr(row, general["dim"]) in general["values"]
        if row.person is not None and held and inside and kept and any(passes(event, row) for event in events):
            people.setdefault(row.person, []).append(row)
    found: dict[str, Reached] = {}
    for person, own in people.items():
        own.sort(key=place)  # pyright: ignore[reportArgumentType]
        begins = steps if funnel.get("order") == "any" else steps[:1]
        starts = [
            at for at, row in enumerate(own) if row.at.date() < end and any(passes(event, row) for event in begins)
        ]
        if funnel.get("attempt", "first") == "first":
            starts = starts[:1]
        attempts = [attempt(funnel, own, at, by_day=by_day) for at in starts]
        best: tuple[list[int], int] | None = None
        for start, places in zip(starts, attempts, strict=True):
            if places and (best is None or len(places) > len(best[0])):
                best = places, start
        if best is not None:
            found[person] = described(funnel, own, *best, by_day=by_day)
    return found


def attempt(funnel: Mapping[str, Any], own: Sequence[Row], start: int, *, by_day: bool) -> list[int]:
    """Return the positions of the rows that completed the steps, in a try that begins with the row at `start`.

    With any order, they are in the order of the steps.
    """
    steps = funnel["steps"]
    rows = list(own)
    same = [
        funnel.get("hold") is None or getattr(row, funnel["hold"]) == getattr(own[start], funnel["hold"]) for row in own
    ]

    def moment(at: int) -> datetime:
        return datetime.combine(rows[at].at.date(), time(), UTC) if by_day else rows[at].at

    def too_late(at: int, since: int, span: str | None) -> bool:
        return span is not None and moment(at) - moment(since) > timedelta(hours=SPANS[span])

    def is_out(after: int, before: int, transition: int) -> bool:
        """Return whether an excluded event is between two rows."""
        for each in funnel.get("exclude", []):
            low, high = each.get("between", [1, len(steps)])
            if not low <= transition < high:
                continue
            if any(same[at] and passes(each, rows[at]) for at in range(after + 1, before)):
                return True
        return False

    if funnel.get("order") == "any":
        places: list[int] = []
        for step in steps:
            at = next((at for at in range(start, len(rows)) if same[at] and passes(step, rows[at])), None)
            if at is None or too_late(at, start, funnel.get("within")) or is_out(start, at, 1):
                break
            places.append(at)
        return places
    places = [start]
    for number, step in enumerate(steps[1:], start=1):
        after = places[-1]
        following = [at for at in range(after + 1, len(rows)) if same[at]]
        if funnel.get("order") == "strict":
            following = following[:1]
        at = next((at for at in following if passes(step, rows[at])), None)
        own_span = step.get("within") if isinstance(step, dict) else None
        if at is None or too_late(at, start, funnel.get("within")) or too_late(at, after, own_span):
            break
        if is_out(after, at, number):
            break
        places.append(at)
    return places


def described(
    funnel: Mapping[str, Any], own: Sequence[Row], places: Sequence[int], start: int, *, by_day: bool
) -> Reached:
    """Return the times of the steps, beginning with the start of the try, and the group that the person counts in."""
    midnight = [datetime.combine(row.at.date(), time(), UTC) if by_day else row.at for row in own]
    moments = [midnight[start]]
    for number in range(1, len(places) + 1):
        moments.append(max(midnight[at] for at in places[:number]))
    group: list[object] = []
    if "by" in funnel:
        by_step = funnel.get("by_step", "first")
        if by_step == "first":
            group += [getattr(own[start], funnel["by"]), False]
        elif by_step == "last":
            group += [getattr(own[places[-1]], funnel["by"]), False]
        else:
            reached = len(places) >= by_step
            group += [getattr(own[places[by_step - 1]], funnel["by"]) if reached else None, not reached]
    if "over" in funnel:
        day = own[start].at.date()
        group.append(day - timedelta(days=day.weekday()) if funnel["over"] == "week" else day)
    return Reached(tuple(moments), tuple(group))


def counted(funnel: Mapping[str, Any], people: Mapping[str, Reached]) -> dict[tuple[object, ...], list[int]]:
    """Return, by group, how many people reached each step, and the total seconds from the start to each later step."""
    steps = len(funnel["steps"])
    groups: dict[tuple[object, ...], list[int]] = {}
    for each in people.values():
        cells = groups.setdefault(each.group, [0] * (2 * steps - 1))
        for step in range(1, len(each.moments)):
            cells[step - 1] += 1
            if step > 1:
                cells[steps + step - 2] += int((each.moments[step] - each.moments[0]).total_seconds())
    return groups


# Generated definitions


def make_funnel(chance: random.Random) -> dict[str, Any]:
    """Return a random funnel as JSON-like data.

    All its events have the dimensions that it holds constant or breaks down by.
    """
    pool = chance.choice(
        (
            ("views", "carts", "checkouts", "removals", "searches", "acts", "named_acts"),
            ("views", "carts", "checkouts", "revenue", "gifts"),
            ("views", "carts", "clicks", "revenue"),
            ("letters", "views", "carts", "revenue"),
            ("revenue", "gifts"),
            tuple(COUNTS),
        )
    )
    order = chance.choice(("loose", "loose", "loose", "strict", "any"))
    count = chance.choice((2, 2, 3, 3, 4, 5))
    steps: list[Any] = []
    while len(steps) < count:
        step: dict[str, Any] = {"metric": chance.choice(pool)}
        if chance.random() < 0.2:
            step["where"] = {"dim": "market", "op": "in", "values": [chance.choice(("DE", "FR"))]}
        if order != "any" and steps and chance.random() < 0.2:
            step["within"] = chance.choice(tuple(SPANS))
        if order == "any" and step in steps:
            if len(steps) >= 2:
                break
            continue
        steps.append(step)
    funnel: dict[str, Any] = {"subject": "person", "steps": steps, "order": order}
    if chance.random() < 0.6:
        funnel["within"] = chance.choice(tuple(SPANS))
    if chance.random() < 0.5:
        funnel["attempt"] = "best"
    if chance.random() < 0.35:
        excluded: dict[str, Any] = {"metric": chance.choice(pool)}
        if order != "any" and len(steps) > 2 and chance.random() < 0.5:
            low = chance.randint(1, len(steps) - 1)
            excluded["between"] = [low, chance.randint(low + 1, len(steps))]
        funnel["exclude"] = [excluded]
    if order == "strict" and chance.random() < 0.4:
        funnel["among"] = chance.choice(pool)
    events = [*steps, *funnel.get("exclude", []), *([funnel["among"]] if "among" in funnel else [])]
    shared = {"market", "product", "device"}
    for event in events:
        shared &= HELD.get(TABLES[metric_of(event)], {"market"})
    if chance.random() < 0.25:
        funnel["hold"] = chance.choice(sorted(shared))
    if chance.random() < 0.4:
        funnel["by"] = chance.choice(sorted(shared))
        funnel["by_step"] = chance.choice(("first", "last", chance.randint(1, len(steps))))
    if chance.random() < 0.25:
        funnel["over"] = chance.choice(("day", "week"))
    if chance.random() < 0.5:
        low, high = sorted(chance.sample(range(2, 20), 2))
        funnel["time"] = {"from": f"2026-03-{low:02}", "to": f"2026-03-{high:02}"}
    if chance.random() < 0.15:
        funnel["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    return funnel


SEPARATE = ("views", "carts", "checkouts", "removals", "revenue", "letters", "clicks")
"""Metrics that share no rows."""


def make_separate_funnel(chance: random.Random) -> dict[str, Any]:
    """Return a random funnel whose events share no rows, which is counted differently."""
    events: list[Any] = list(SEPARATE)
    if chance.random() < 0.3:
        act = {"metric": "acts", "where": {"dim": "act", "op": "in", "values": ["e"]}}
        events.append(act)
    chance.shuffle(events)
    steps = [{"metric": event} if isinstance(event, str) else event for event in events[: chance.choice((2, 3, 3, 4))]]
    attempt, order = chance.choice((("first", "loose"), ("best", "loose"), ("first", "any")))
    for step in steps[1:]:
        if order != "any" and chance.random() < 0.2:
            step["within"] = chance.choice(tuple(SPANS))
    funnel: dict[str, Any] = {"subject": "person", "steps": steps, "attempt": attempt, "order": order}
    if chance.random() < 0.6:
        funnel["within"] = chance.choice(tuple(SPANS))
    if chance.random() < 0.5:
        other = events[len(steps)]
        excluded: dict[str, Any] = {"metric": other} if isinstance(other, str) else dict(other)
        if order != "any" and len(steps) > 2 and chance.random() < 0.5:
            low = chance.randint(1, len(steps) - 1)
            excluded["between"] = [low, chance.randint(low + 1, len(steps))]
        funnel["exclude"] = [excluded]
    shared = {"market", "product", "device"}
    for event in (*steps, *funnel.get("exclude", [])):
        shared &= HELD.get(TABLES[metric_of(event)], {"market"})
    if chance.random() < 0.3:
        funnel["hold"] = chance.choice(sorted(shared))
    if chance.random() < 0.5:
        funnel["by"] = chance.choice(sorted(shared))
        funnel["by_step"] = chance.choice(("first", "last", chance.randint(1, len(steps))))
    if chance.random() < 0.25:
        funnel["over"] = chance.choice(("day", "week"))
    if chance.random() < 0.5:
        low, high = sorted(chance.sample(range(2, 20), 2))
        funnel["time"] = {"from": f"2026-03-{low:02}", "to": f"2026-03-{high:02}"}
    if chance.random() < 0.15:
        funnel["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    return funnel
