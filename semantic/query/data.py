"""A question as plain data, the JSON of decision D30: what it looks like, and how each part is read and checked.

Absent means default; a key that is not known is refused, never dropped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeGuard

from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.model.zones import is_zone
from semantic.query.query import (
    AllOf,
    AnyOf,
    Between,
    Breakdown,
    Condition,
    Filter,
    Last,
    NotAny,
    Operator,
    Order,
    Period,
    Query,
    Value,
)

VERSION = 1
MAX_NAMES = 50
MAX_VALUES = 5_000
MAX_DEPTH = 12
MAX_LIMIT = 100_000
MAX_PERIODS = 10_000
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_VIA = re.compile(r"^[a-z][a-z0-9_.]{0,200}$")


def query_to_data(query: Query) -> dict[str, Any]:
    """The question as JSON-ready data."""
    data: dict[str, Any] = {"v": VERSION}
    if query.metrics:
        data["metrics"] = list(query.metrics)
    if query.by:
        data["by"] = [breakdown_data(one) for one in query.by]
    if query.where is not None:
        data["where"] = filter_data(query.where)
    if query.time is not None:
        data["time"] = _period_data(query.time)
    if query.order:
        data["order"] = [{"by": one.by} | ({"desc": True} if one.desc else {}) for one in query.order]
    for key in ("limit", "time_zone", "week_start"):
        if (value := getattr(query, key)) is not None:
            data[key] = value
    return data


def query_from_data(data: object) -> Query:
    """The question in JSON-like data. Raises InvalidQuery."""
    known = ("v", "metrics", "by", "where", "time", "order", "limit", "time_zone", "week_start")
    data = _mapping(data, "The question", known)
    if data.get("v", VERSION) != VERSION:
        raise InvalidQuery(f"The question has version {data['v']!r}; this Samepage reads version {VERSION}.")
    metrics = tuple(_name(one, "metrics") for one in _items(data.get("metrics", []), "metrics"))
    by = tuple(_read_breakdown(one) for one in _items(data.get("by", []), "by"))
    _no_repeats([*metrics], "metrics")
    _no_repeats([column_name(one) for one in by], "by")
    return Query(
        metrics=metrics,
        by=by,
        where=_read_filter(data["where"]) if data.get("where") is not None else None,
        time=_read_period(data["time"]) if data.get("time") is not None else None,
        order=tuple(_read_order(one) for one in _items(data.get("order", []), "order")),
        limit=_whole(data["limit"], "limit", MAX_LIMIT) if data.get("limit") is not None else None,
        time_zone=_zone(data["time_zone"]) if data.get("time_zone") is not None else None,
        week_start=_week_day(data["week_start"]) if data.get("week_start") is not None else None,
    )


def column_name(breakdown: Breakdown) -> str:
    """The result column of a breakdown: `channel`, `date_month`, `country_via_billing_customer`."""
    via = f"_via_{breakdown.via.replace('.', '_')}" if breakdown.via else ""
    return breakdown.dim + (f"_{breakdown.grain.value}" if breakdown.grain else "") + via


def _mapping(data: object, what: str, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidQuery(f"{what} must be an object with {', '.join(known)}.")
    found: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
    for key in found:
        if key not in known:
            raise InvalidQuery(
                f"{what} has the key {str(key)[:60]!r}, which is not known. It may have {', '.join(known)}."
            )
    return found


def _items(data: object, what: str) -> list[Any]:
    if not isinstance(data, list) or len(data) > MAX_NAMES:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery(f"{what!r} must be a list of at most {MAX_NAMES}.")
    return data  # pyright: ignore[reportUnknownVariableType]


def _no_repeats(names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidQuery(f"{what!r} has {name!r} twice. Keep one.")


def _name(data: object, what: str) -> str:
    if not isinstance(data, str) or not _NAME.match(data):
        raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} is not a name. Names are lower-case letters, digits and _.")
    return data


def _via(data: object) -> str:
    if not isinstance(data, str) or not _VIA.match(data):
        raise InvalidQuery(f"{str(data)[:80]!r} in 'via' is not an entity or a path of entities joined by dots.")
    return data


def _whole(data: object, what: str, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 < data <= most:
        raise InvalidQuery(f"{what!r} must be a whole number from 1 to {most:,}.")
    return data


def _zone(data: object) -> str:
    if not isinstance(data, str) or not is_zone(data):
        raise InvalidQuery(f"{str(data)[:80]!r} is not a time zone. Write a name such as Europe/Berlin.")
    return data


def _week_day(data: object) -> str:
    if data not in WEEK_DAYS:
        raise InvalidQuery(f"{str(data)[:80]!r} is not a day of the week. Write one of {', '.join(WEEK_DAYS)}.")
    return str(data)


def _grain(data: object) -> Granularity:
    try:
        return Granularity(str(data))
    except ValueError:
        raise InvalidQuery(f"{str(data)[:80]!r} is not a granularity. Write one of {', '.join(Granularity)}.") from None


def _day(data: object, what: str) -> date:
    try:
        if isinstance(data, str) and len(data) == 10:
            return date.fromisoformat(data)
    except ValueError:
        pass
    raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} is not a day. Write it as 2026-01-31.")


def breakdown_data(one: Breakdown) -> str | dict[str, str]:
    if one.grain is None and one.via is None:
        return one.dim
    grain = {"grain": one.grain.value} if one.grain else {}
    return {"dim": one.dim, **grain, **({"via": one.via} if one.via else {})}


def _read_breakdown(data: object) -> Breakdown:
    if isinstance(data, str):
        return Breakdown(_name(data, "by"))
    found = _mapping(data, "A breakdown", ("dim", "grain", "via"))
    grain = _grain(found["grain"]) if found.get("grain") is not None else None
    return Breakdown(_name(found.get("dim"), "by"), grain, _via(found["via"]) if found.get("via") is not None else None)


def _period_data(period: Period) -> dict[str, Any]:
    match period:
        case Between(start, end):
            ends = {"from": start, "to": end}
            return {key: day.isoformat() for key, day in ends.items() if day is not None}
        case Last(count, unit, complete):
            return {"last": count, "unit": unit.value} | ({} if complete else {"complete": False})


def _read_period(data: object) -> Period:
    found = _mapping(data, "'time'", ("from", "to", "last", "unit", "complete"))
    if "last" in found or "unit" in found or "complete" in found:
        if "from" in found or "to" in found:
            raise InvalidQuery("'time' has both days and a number of periods. Keep one of them.")
        complete = found.get("complete", True)
        if not isinstance(complete, bool):
            raise InvalidQuery("'complete' is true or false.")
        unit = _grain(found.get("unit"))
        if unit is Granularity.HOUR:
            raise InvalidQuery("'time' counts days or longer periods. Use the unit day.")
        return Last(_whole(found.get("last"), "last", MAX_PERIODS), unit, complete)
    start = _day(found["from"], "from") if found.get("from") is not None else None
    end = _day(found["to"], "to") if found.get("to") is not None else None
    if start and end and end < start:
        raise InvalidQuery(f"The period ends on {end}, before it starts on {start}. Swap them.")
    return Between(start, end)


def _read_order(data: object) -> Order:
    if isinstance(data, str):
        return Order(_order_name(data))
    found = _mapping(data, "An order", ("by", "desc"))
    if not isinstance(found.get("desc", False), bool):
        raise InvalidQuery("'desc' is true or false.")
    return Order(_order_name(found.get("by")), found.get("desc", False))


def _order_name(data: object) -> str:
    if not isinstance(data, str) or not re.match(r"^[a-z][a-z0-9_]{0,300}$", data):
        raise InvalidQuery(f"{str(data)[:80]!r} in 'order' is not a column of the result.")
    return data


def filter_data(one: Filter) -> dict[str, Any]:
    match one:
        case Condition(dim, op, values, via):
            where = {"via": via} if via else {}
            if op in (Operator.IN, Operator.NOT_IN, Operator.BETWEEN):
                return {"dim": dim, "op": op.value, "values": list(values), **where}
            return {"dim": dim, "op": op.value, "value": values[0], **where}
        case AllOf(parts):
            return {"and": [filter_data(part) for part in parts]}
        case AnyOf(parts):
            return {"or": [filter_data(part) for part in parts]}
        case NotAny(part):
            return {"not": filter_data(part)}


def _read_filter(data: object, depth: int = 0) -> Filter:
    if depth > MAX_DEPTH:
        raise InvalidQuery(f"'where' is nested more than {MAX_DEPTH} levels deep. Flatten it.")
    found = _mapping(data, "A filter", ("and", "or", "not", "dim", "op", "value", "values", "via"))
    if "dim" in found:
        return _read_condition(found)
    if len(found) != 1:
        raise InvalidQuery("A filter is one of {dim, op, values}, {and: […]}, {or: […]}, {not: …}.")
    (key, inner), *_ = found.items()
    if key == "not":
        return NotAny(_read_filter(inner, depth + 1))
    if key not in ("and", "or"):
        raise InvalidQuery("A filter needs a 'dim'.")
    parts = tuple(_read_filter(part, depth + 1) for part in _items(inner, key))
    if not parts:
        raise InvalidQuery(f"{key!r} in 'where' is empty. Leave it out.")
    return AllOf(parts) if key == "and" else AnyOf(parts)


def _read_condition(found: Mapping[str, Any]) -> Condition:
    dim = _name(found["dim"], "where")
    if found.keys() & {"and", "or", "not"}:
        raise InvalidQuery(f"The filter on {dim!r} also has and, or, not. Write two filters.")
    try:
        op = Operator(str(found.get("op")))
    except ValueError:
        known = ", ".join(Operator)
        raise InvalidQuery(f"{str(found.get('op'))[:40]!r} is not an operator. Write one of {known}.") from None
    if "value" in found and "values" in found:
        raise InvalidQuery(f"The filter on {dim!r} has 'value' and 'values'. Keep one.")
    values = found.get("values", [found["value"]] if "value" in found else None)
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery(f"The filter on {dim!r} needs 1 to {MAX_VALUES:,} values.")
    listed: list[object] = values  # pyright: ignore[reportUnknownVariableType]
    checked = tuple(_scalar(value, dim) for value in listed)
    wanted = {Operator.IN: None, Operator.NOT_IN: None, Operator.BETWEEN: 2}.get(op, 1)
    if wanted is not None and len(checked) != wanted:
        raise InvalidQuery(f"The filter on {dim!r} with {op.value!r} takes {wanted} value{'s' if wanted > 1 else ''}.")
    return Condition(dim, op, checked, _via(found["via"]) if found.get("via") is not None else None)


def _scalar(value: object, dim: str) -> Value:
    if isinstance(value, str):
        if len(value) > 2_000 or "\x00" in value or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise InvalidQuery(f"A value of the filter on {dim!r} is too long or has characters that no text has.")
        return value
    if _is_number(value):
        if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > 1e30:
            raise InvalidQuery(f"A value of the filter on {dim!r} is too large.")
        return value
    if value is None or isinstance(value, bool):
        return value
    raise InvalidQuery(f"A value of the filter on {dim!r} is neither text, number, true, false nor null.")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
