"""Read and write a question's period as JSON-like data: days, a number of periods, or one period to date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import day, grain, mapping, truth, whole
from semantic.query.query import Between, Last, Period, ToDate

MAX_PERIODS = 10_000


def period_data(period: Period) -> dict[str, Any]:
    match period:
        case Between(start, end, complete):
            ends = {"from": start, "to": end}
            days = {key: day.isoformat() for key, day in ends.items() if day is not None}
            return days | ({} if complete else {"complete": False})
        case Last(count, unit, complete):
            return {"last": count, "unit": unit.value} | ({} if complete else {"complete": False})
        case ToDate(unit, complete):
            return {"to_date": unit.value} | ({} if complete else {"complete": False})


def read_period(data: object) -> Period:
    fields = mapping(data, "'time'", ("from", "to", "last", "unit", "to_date", "complete"))
    kinds = [kind for kind in (("from", "to"), ("last", "unit"), ("to_date",)) if fields.keys() & set(kind)]
    if len(kinds) > 1:
        raise InvalidQuery("'time' can be dates, a number of periods, or one period to date. Keep one.")
    if "to_date" in fields:
        return ToDate(read_unit(fields["to_date"]), truth(fields.get("complete", True), "complete"))
    if "last" in fields or "unit" in fields:
        complete = truth(fields.get("complete", True), "complete")
        return Last(whole(fields.get("last"), "last", MAX_PERIODS), read_unit(fields.get("unit")), complete)
    start, end = read_ends(fields)
    return Between(start, end, truth(fields.get("complete", True), "complete"))


def read_unit(data: object) -> Granularity:
    unit = grain(data)
    if unit.is_clock:
        raise InvalidQuery("'time' uses days or longer periods. Use the unit day.")
    return unit


def read_ends(fields: Mapping[str, Any]) -> tuple[date | None, date | None]:
    start = day(fields["from"], "from") if fields.get("from") is not None else None
    end = day(fields["to"], "to") if fields.get("to") is not None else None
    if start and end and end < start:
        raise InvalidQuery(f"The end date {end} is before the start date {start}. Swap them.")
    return start, end
