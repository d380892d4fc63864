"""Count contact pressure by walking through each person's rows, following the rule in words, without any SQL."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.semantic.analyses.events.by_hand import COUNTS, HELD, SPANS, TABLES, passes
from tests.semantic.analyses.events.logged import DEVICES, MARKETS, PRODUCTS, TODAY, Row
from tests.semantic.analyses.events.overlap.by_hand import channels_of, framed, some_days


@dataclass(frozen=True, slots=True)
class PersonWeek:
    """One person's messages in one week, their channels, and the events that followed, None if those aren't
    known yet.
    """

    person: str
    monday: date
    messages: int
    channels: tuple[int, ...]
    did: bool | None


def walk_pressure(definition: Mapping[str, Any], rows: Sequence[Row], known: date = TODAY) -> list[PersonWeek]:
    """Return every week of every person with a message. Rows from the day `known` on don't count."""
    channels, then = channels_of(definition), definition.get("then")
    window = timedelta(hours=SPANS[definition["within"]]) if then is not None else timedelta(0)
    frame = framed(definition, [*channels, *([then] if then is not None else [])], window, rows, known)
    found: list[PersonWeek] = []
    for person, own in frame.people.items():
        weeks: dict[date, list[int]] = {}
        for at, row in enumerate(own):
            if frame.begins(row) and any(passes(channel, row) for channel in channels):
                day = row.at.date()
                weeks.setdefault(day - timedelta(days=day.weekday()), []).append(at)
        for monday, places in weeks.items():
            if monday < frame.first or monday + timedelta(days=7) > frame.end:
                continue
            start = frame.moment(own[places[0]])
            answered = then is not None and any(
                passes(then, row) and frame.moment(row) - start <= window for row in own[places[0] + 1 :]
            )
            is_known = start + window < datetime.combine(known, time(), UTC)
            mix = tuple(
                number for number, channel in enumerate(channels) if any(passes(channel, own[at]) for at in places)
            )
            found.append(PersonWeek(person, monday, len(places), mix, answered if is_known else None))
    return found


def make_pressure(chance: random.Random) -> dict[str, Any]:
    """Return random contact pressure as JSON-like data."""
    definition: dict[str, Any] = {"kind": "pressure", "subject": "person"}
    if chance.random() < 0.3:
        metric = chance.choice(("acts", "revenue", "letters", "clicks"))
        held = HELD.get(TABLES[metric], {"market"}) | ({"act"} if TABLES[metric] == "actions" else set())
        dim = chance.choice(sorted(held))
        values = {"market": MARKETS, "device": DEVICES, "product": PRODUCTS, "act": tuple("abcdez")}[dim]
        definition |= {"channels": [metric], "by": dim}
        definition["values"] = chance.sample(values, chance.randint(1, len(values)))
    else:
        events: list[Any] = []
        for metric in chance.sample(sorted(COUNTS), chance.choice((1, 2, 2, 3, 5))):
            event: dict[str, Any] = {"metric": metric}
            if chance.random() < 0.3:
                event["where"] = {"dim": "market", "op": "in", "values": [chance.choice(MARKETS)]}
            events.append(event)
        definition["channels"] = events
    if chance.random() < 0.5:
        definition["limit"] = chance.choice((1, 2, 5, 9))
    if chance.random() < 0.6:
        definition |= {"then": chance.choice(sorted(COUNTS)), "within": chance.choice(tuple(SPANS))}
    more = some_days(chance)
    if "time" in more and chance.random() < 0.7:
        more["time"] = {"from": f"2026-03-0{chance.randint(1, 4)}", "to": f"2026-03-{chance.randint(15, 20)}"}
    return definition | more
