"""Count channel overlaps by walking through each person's rows, following the rule in words, without any SQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.semantic.analyses.events.by_hand import COUNTS, HELD, SPANS, TABLES, metric_of, passes
from tests.semantic.analyses.events.logged import DEVICES, MARKETS, PRODUCTS, TODAY, Row

Test = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Frame:
    """The rows of each person in chronological order, and the days on which something can begin."""

    people: Mapping[str, Sequence[Row]]
    first: date
    end: date
    by_day: bool

    def moment(self, row: Row) -> datetime:
        return datetime.combine(row.at.date(), time(), UTC) if self.by_day else row.at

    def begins(self, row: Row) -> bool:
        return self.first <= row.at.date() < self.end


def framed(
    definition: Mapping[str, Any],
    events: Sequence[Any],
    follow: timedelta | None,
    rows: Sequence[Row],
    known: date = TODAY,
) -> Frame:
    """Return the rows that count for any of the events: those with a person, on the days that are read, that pass the
    filter. Rows from the day `known` on don't count.
    """
    by_day = len({TABLES[metric_of(event)] == "letters" for event in events}) > 1
    first, end = date.min, known
    if "time" in definition:
        first, end = (date.fromisoformat(definition["time"][key]) for key in ("from", "to"))
        end += timedelta(days=1)
    until = known if follow is None else min(known, end + timedelta(days=-(-follow // timedelta(days=1))))
    tables = list(dict.fromkeys(TABLES[metric_of(event)] for event in events))
    frame = Frame({}, first, end, by_day)

    def place(row: Row) -> tuple[Any, ...]:
        part = next(number for number, event in enumerate(events) if passes(event, row))
        keys: tuple[Any, ...] = (row.person, str(row.at.date())) if row.table == "letters" else (row.key,)
        if len(tables) == 1 and row.table == "purchases":
            keys = (int(row.key),)
        return frame.moment(row), part, tables.index(row.table), *keys

    people: dict[str, list[Row]] = {}
    general = definition.get("where")
    for row in rows:
        kept = general is None or getattr(row, general["dim"]) in general["values"]
        if row.person and kept and first <= row.at.date() < until and any(passes(event, row) for event in events):
            people.setdefault(row.person, []).append(row)
    for own in people.values():
        own.sort(key=place)
    return Frame(people, first, end, by_day)


def channels_of(definition: Mapping[str, Any]) -> list[Any]:
    """Return each channel as an event. Channels of a split have a filter by their value."""
    if "by" not in definition:
        return definition["channels"]
    event = definition["channels"][0]
    metric = metric_of(event)
    return [{"metric": metric, "where": {"dim": definition["by"], "values": [each]}} for each in definition["values"]]


def walk_overlap(
    definition: Mapping[str, Any], rows: Sequence[Row], known: date = TODAY
) -> dict[tuple[int, ...], tuple[int, int]]:
    """Return, by combination of channels, how many people it reached, and how many of them then did a following
    event.
    """
    channels, then = channels_of(definition), definition.get("then")
    follow = timedelta(0) if then is None else None
    window = timedelta(hours=SPANS[definition["within"]]) if "within" in definition else None
    follow = window if window is not None else follow
    frame = framed(definition, [*channels, *([then] if then else [])], follow, rows, known)
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for own in frame.people.values():
        places: dict[int, int] = {}
        for at, row in enumerate(own):
            for number, channel in enumerate(channels):
                if frame.begins(row) and passes(channel, row):
                    places.setdefault(number, at)
        if not places:
            continue
        complete = max(places.values())
        did = then is not None and any(
            passes(then, row) and (window is None or frame.moment(row) - frame.moment(own[complete]) <= window)
            for row in own[complete + 1 :]
        )
        combination = tuple(sorted(places))
        reached, done = found.get(combination, (0, 0))
        found[combination] = reached + 1, done + did
    return found


def make_overlap(chance: random.Random) -> dict[str, Any]:
    """Return a random overlap as JSON-like data."""
    definition: dict[str, Any] = {"kind": "overlap", "subject": "person"}
    if chance.random() < 0.4:
        metric = chance.choice(("acts", "named_acts", "revenue", "letters", "clicks", "searches"))
        held = HELD.get(TABLES[metric], {"market"}) | ({"act"} if TABLES[metric] == "actions" else set())
        dim = chance.choice(sorted(held))
        values = {"market": MARKETS, "device": DEVICES, "product": PRODUCTS, "act": tuple("abcdez")}[dim]
        definition |= {"channels": [metric], "by": dim}
        definition["values"] = chance.sample(values, chance.randint(2, len(values)))
    else:
        events: list[Any] = []
        for metric in chance.sample(sorted(COUNTS), chance.choice((2, 2, 3, 4, 6, 8))):
            event: dict[str, Any] = {"metric": metric}
            if chance.random() < 0.3:
                event["where"] = {"dim": "market", "op": "in", "values": [chance.choice(MARKETS)]}
            events.append(event)
        definition["channels"] = events
    if chance.random() < 0.6:
        definition["then"] = chance.choice(sorted(COUNTS))
        if chance.random() < 0.6:
            definition["within"] = chance.choice(tuple(SPANS))
    return definition | some_days(chance)


def some_days(chance: random.Random) -> dict[str, Any]:
    """Return a period and a filter, or neither, at random."""
    more: dict[str, Any] = {}
    if chance.random() < 0.6:
        low, high = sorted(chance.sample(range(2, 20), 2))
        more["time"] = {"from": f"2026-03-{low:02}", "to": f"2026-03-{high:02}"}
    if chance.random() < 0.15:
        more["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    return more
