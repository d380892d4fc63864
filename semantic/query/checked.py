"""Read single values of JSON-like data. Each function returns a checked value, or raises InvalidQuery."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypeGuard

from semantic.errors import InvalidQuery
from semantic.model.definitions import DatePart, Granularity
from semantic.model.settings import MONTHS, WEEK_DAYS
from semantic.model.zones import is_zone

MAX_NAMES = 50

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}\Z")
_COLUMN = re.compile(r"^[a-z][a-z0-9_]{0,300}\Z")
_CURRENCY = re.compile(r"^[A-Z]{3}\Z")
_VIA = re.compile(r"^[a-z][a-z0-9_.]{0,200}\Z")


def mapping(data: object, what: str, known: Sequence[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidQuery(f"{what} must be an object with {', '.join(known)}.")
    mapping: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
    for key in mapping:
        if key not in known:
            raise InvalidQuery(f"{what} has an unknown key {str(key)[:60]!r}. Use {', '.join(known)}.")
    return mapping


def items(data: object, what: str) -> list[Any]:
    if not isinstance(data, list) or len(data) > MAX_NAMES:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery(f"{what!r} must be a list of at most {MAX_NAMES}.")
    return data  # pyright: ignore[reportUnknownVariableType]


def no_repeats(names: list[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidQuery(f"{what!r} lists {name!r} twice. Keep one.")


def name(data: object, what: str) -> str:
    if not isinstance(data, str) or not _NAME.match(data):
        raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} isn't a name. Names are lower-case letters, digits and _.")
    return data


def via(data: object) -> str:
    if not isinstance(data, str) or not _VIA.match(data):
        raise InvalidQuery(f"{str(data)[:80]!r} in 'via' isn't an entity, or a path of entities joined by dots.")
    return data


def whole(data: object, what: str, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 < data <= most:
        raise InvalidQuery(f"{what!r} must be a whole number from 1 to {most:,}.")
    return data


def zone(data: object) -> str:
    if not isinstance(data, str) or not is_zone(data):
        raise InvalidQuery(f"{str(data)[:80]!r} isn't a time zone. Use a name such as Europe/Berlin.")
    return data


def week_day(data: object) -> str:
    if data not in WEEK_DAYS:
        raise InvalidQuery(f"{str(data)[:80]!r} isn't a day of the week. Use one of {', '.join(WEEK_DAYS)}.")
    return str(data)


def grain(data: object) -> Granularity:
    try:
        return Granularity(str(data))
    except ValueError:
        raise InvalidQuery(f"{str(data)[:80]!r} isn't a granularity. Use one of {', '.join(Granularity)}.") from None


def part(data: object) -> DatePart:
    try:
        return DatePart(str(data))
    except ValueError:
        raise InvalidQuery(f"{str(data)[:80]!r} isn't a part of a date. Use one of {', '.join(DatePart)}.") from None


def day(data: object, what: str) -> date:
    try:
        if isinstance(data, str) and len(data) == 10:
            return date.fromisoformat(data)
    except ValueError:
        pass
    raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} isn't a date. Use the form 2026-01-31.")


def currency_code(data: object) -> str:
    if not isinstance(data, str) or not _CURRENCY.match(data):
        raise InvalidQuery(f"{str(data)[:40]!r} isn't a currency. Use its three letters, such as EUR.")
    return data


def rates_day(data: object) -> date | Literal["period_end"]:
    """Return the day whose exchange rates apply, or "period_end"."""
    return "period_end" if data == "period_end" else day(data, "rates")


def month(data: object) -> str:
    if data not in MONTHS:
        raise InvalidQuery(f"{str(data)[:80]!r} isn't a month. Use one of {', '.join(MONTHS)}.")
    return str(data)


def truth(data: object, what: str) -> bool:
    if not isinstance(data, bool):
        raise InvalidQuery(f"{what!r} must be true or false.")
    return data


def column(data: object, what: str) -> str:
    """Return the name of a result column."""
    if not isinstance(data, str) or not _COLUMN.match(data):
        raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} isn't a column of the result.")
    return data


def number(data: object, what: str) -> int | float:
    """Return a value if it's a finite number, and otherwise raise InvalidQuery."""
    if not is_number(data):
        raise InvalidQuery(f"{str(data)[:40]!r} in {what!r} isn't a number.")
    if (isinstance(data, float) and not math.isfinite(data)) or abs(data) > 1e30:
        raise InvalidQuery(f"A number in {what!r} is too large.")
    return data


def is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
