"""Count retention by walking through each person's rows one by one, following the rule in words, without any SQL."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.semantic.analyses.events.by_hand import COUNTS, HELD, TABLES, metric_of, passes
from tests.semantic.analyses.events.logged import TODAY, Row

UNITS = ("day", "week", "month")


@dataclass
class Cohort:
    """The people of one cohort in one group.

    Each cell has the people old enough for it, those who came back, and their events and amounts. Each period from 0 on
    has the people who can come back for the first time, and those who do.
    """

    size: int = 0
    eligible: list[int] = field(default_factory=list[int])
    came: list[int] = field(default_factory=list[int])
    times: list[int] = field(default_factory=list[int])
    amounts: list[int] = field(default_factory=list[int])
    at_risk: list[int] = field(default_factory=list[int])
    back: list[int] = field(default_factory=list[int])


def beginning(day: date, unit: str) -> date:
    """Return the first day of the period that the day is in."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def after(day: date, unit: str, count: int) -> date:
    """Return the first day of the period that is `count` periods later."""
    if unit == "month":
        month = day.year * 12 + day.month - 1 + count
        return date(month // 12, month % 12 + 1, 1)
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def cells_of(asked: Mapping[str, Any]) -> list[tuple[int, int | None]]:
    """Return the periods that each cell covers."""
    if "brackets" in asked:
        return [(low, high) for low, high in asked["brackets"]]
    is_on = asked.get("count", "on") == "on"
    return [(period, period if is_on else None) for period in range(1, asked.get("periods", 12) + 1)]


def walk(asked: Mapping[str, Any], rows: Sequence[Row], known: date | None = None) -> dict[tuple[object, ...], Cohort]:
    """Return the cohorts by the attribute and the date of the first event, if these are requested.

    Rows from the day `known` on don't count.
    """
    first, back = asked["first"], asked.get("return", asked["first"])
    events = [first] if back == first else [first, back]
    zone = ZoneInfo(asked.get("time_zone", "UTC"))
    by_day = len({TABLES[metric_of(event)] == "letters" for event in events}) > 1
    unit, cells = asked.get("unit", "month"), cells_of(asked)
    last = cells[-1][1] or cells[-1][0]
    # Days of the model's zone are known until today begins. Elsewhere, a day must be over by then.
    today = datetime.combine(TODAY, time(), UTC).astimezone(zone).date()
    today = known or today
    low, high = date.min, today
    if "time" in asked:
        low, high = (date.fromisoformat(asked["time"][key]) for key in ("from", "to"))
        high = min(high + timedelta(days=1), today)
    tables = list(dict.fromkeys(TABLES[metric_of(event)] for event in events))

    def day_of(row: Row) -> date:
        return row.at.date() if row.table == "letters" else row.at.astimezone(zone).date()

    def moment(row: Row) -> datetime:
        if by_day or row.table == "letters":
            return datetime.combine(day_of(row), time(), UTC)
        return row.at

    def place(row: Row) -> tuple[object, ...]:
        part = next(number for number, event in enumerate(events) if passes(event, row))
        keys = (row.person, str(row.at.date())) if row.table == "letters" else (row.key,)
        if len(tables) == 1 and row.table == "purchases":
            keys = (int(row.key),)
        return moment(row), part, tables.index(row.table), *keys

    people: dict[str, list[Row]] = {}
    for row in rows:
        general = asked.get("where")
        kept = general is None or getattr(row, general["dim"]) in general["values"]
        if row.person is not None and kept and day_of(row) < today and any(passes(event, row) for event in events):
            people.setdefault(row.person, []).append(row)
    end = datetime.combine(today, time(), UTC if by_day or tables == ["letters"] else zone)
    found: dict[tuple[object, ...], Cohort] = {}
    for own in people.values():
        own.sort(key=place)  # pyright: ignore[reportArgumentType]
        starts = [at for at, row in enumerate(own) if passes(first, row)]
        if asked.get("start", "ever") == "period":
            starts = [at for at in starts if low <= day_of(own[at]) < high]
        if not starts or not low <= day_of(own[starts[0]]) < high:
            continue
        start: Row = own[starts[0]]
        returns = [row for row in own if moment(row) > moment(start) and passes(back, row)]
        group = [getattr(start, asked["by"])] if "by" in asked else []
        group += [beginning(day_of(start), asked["over"])] if "over" in asked else []

        def within(count: int, row: Row, start: Row = start) -> bool:
            if asked.get("clock", "calendar") == "rolling":
                length = timedelta(days=7 if unit == "week" else 1)
                return moment(row) < moment(start) + (count + 1) * length
            return day_of(row) < after(beginning(day_of(start), unit), unit, count + 1)

        def is_over(count: int, start: Row = start) -> bool:
            if asked.get("clock", "calendar") == "rolling":
                length = timedelta(days=7 if unit == "week" else 1)
                return moment(start) + (count + 1) * length <= end
            return after(beginning(day_of(start), unit), unit, count + 1) <= today

        cohort = found.setdefault(
            tuple(group), Cohort(0, *([0] * len(cells) for _ in range(4)), *([0] * (last + 1) for _ in range(2)))
        )
        cohort.size += 1
        # How many periods later, found by trying one after another.
        periods = [(next(count for count in range(10_000) if within(count, row)), row) for row in returns]
        for cell, (least, most) in enumerate(cells):
            if not is_over(least if most is None else most):
                continue
            cohort.eligible[cell] += 1
            inside = [row for period, row in periods if period >= least and (most is None or period <= most)]
            cohort.came[cell] += bool(inside)
            cohort.times[cell] += len(inside)
            cohort.amounts[cell] += sum(row.amount or 0 for row in inside)
        soonest = min((period for period, _ in periods), default=None)
        for period in range(last + 1):
            if not is_over(period) or (soonest is not None and soonest < period):
                break
            cohort.at_risk[period] += 1
            cohort.back[period] += soonest == period
    return found


def added(cohorts: Sequence[Cohort]) -> Cohort:
    """Return the sum of several cohorts."""
    first, *others = cohorts
    total = Cohort(first.size, *([*getattr(first, name)] for name in NAMES))
    for other in others:
        total.size += other.size
        for name in NAMES:
            mine = getattr(total, name)
            mine[:] = [left + right for left, right in zip(mine, getattr(other, name), strict=True)]
    return total


NAMES = ("eligible", "came", "times", "amounts", "at_risk", "back")


def make_retention(chance: random.Random) -> dict[str, Any]:
    """Return a random retention as JSON-like data. Its first event has its attribute."""
    pool = chance.choice(
        (
            ("views", "carts", "checkouts", "searches", "acts", "named_acts"),
            ("views", "acts"),
            ("views", "carts", "revenue", "gifts"),
            ("letters", "views", "revenue"),
            tuple(COUNTS),
        )
    )
    asked: dict[str, Any] = {"subject": "person", "first": event_of(chance, pool), "unit": chance.choice(UNITS)}
    if chance.random() < 0.6:
        asked["return"] = event_of(chance, pool)
    if asked["unit"] != "month" and chance.random() < 0.5:
        asked["clock"] = "rolling"
    most = {"day": 15, "week": 3, "month": 2}[asked["unit"]]
    if chance.random() < 0.25:
        edges = sorted(chance.sample(range(most + 1), 2))
        asked["brackets"] = [edges] if chance.random() < 0.5 else [[0, edges[0]], [edges[0] + 1, edges[1] + 1]]
    else:
        asked["periods"] = chance.randint(1, most)
        if chance.random() < 0.3:
            asked["count"] = "on_or_after"
    if chance.random() < 0.5:
        asked["start"] = chance.choice(("ever", "period"))
    if chance.random() < 0.5:
        asked["over"] = chance.choice(UNITS)
    if chance.random() < 0.4:
        asked["by"] = chance.choice(sorted(HELD.get(TABLES[metric_of(asked["first"])], {"market"})))
    if asked.get("count", "on") == "on" and chance.random() < 0.4:
        is_sum = metric_of(asked.get("return", asked["first"])) == "revenue"
        asked["measure"] = chance.choice(("events", "amount") if is_sum else ("events",))
    if chance.random() < 0.35:
        low = date(2026, 3, chance.randint(2, 19)) - timedelta(days=chance.choice((0, 15, 30, 60)))
        asked["time"] = {"from": f"{low}", "to": f"{low + timedelta(days=chance.choice((1, 10, 40)))}"}
    if chance.random() < 0.2:
        asked["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    tables = {TABLES[metric_of(event)] for event in (asked["first"], asked.get("return", asked["first"]))}
    if "letters" not in tables and chance.random() < 0.3:  # days can't be converted
        asked["time_zone"] = chance.choice(("Asia/Tokyo", "America/New_York", "Europe/Berlin"))
    return asked


def event_of(chance: random.Random, pool: Sequence[str]) -> Any:
    """Return a random event, sometimes in one market only."""
    metric = chance.choice(pool)
    if chance.random() < 0.2:
        return {"metric": metric, "where": {"dim": "market", "op": "in", "values": [chance.choice(("DE", "FR"))]}}
    return metric
