"""Read and check retention in plain data, and write it back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from typing import Any, Literal, cast

from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    breakdown_data,
    event_data,
    population_data,
    read_breakdown,
    read_event,
    read_population,
)
from semantic.analyses.events.retention.question import MOST_BRACKETS, MOST_PERIODS, Measured, Retention
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import grain, items, mapping
from semantic.query.query import DATE

KEYS = (
    *("kind", "v", "first", "return", "start", "unit", "clock", "count", "periods", "brackets", "over", "by"),
    *("measure", "at", "survival", "project", *POPULATION_KEYS),
)
UNITS = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
_CHOICES: dict[str, tuple[str, ...]] = {
    "start": ("ever", "period"),
    "clock": ("calendar", "rolling"),
    "count": ("on", "on_or_after"),
    "measure": ("subjects", "events", "amount"),
}


def read_retention(data: object) -> Retention:
    """Return the question of retention in JSON-like data. Raises InvalidQuery."""
    fields = {key: value for key, value in mapping(data, "The retention", KEYS).items() if value is not None}
    if fields.get("kind", "retention") != "retention" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this retention. Use the kind retention, version 1.")
    if "first" not in fields:
        raise InvalidQuery("Name the 'first' event: a metric whose rows are what people begin with.")
    first = read_event(fields["first"], "'first'")[0]
    back = read_event(fields["return"], "'return'")[0] if "return" in fields else None
    unit = grain(fields.get("unit", "month"))
    if unit not in UNITS:
        raise InvalidQuery(f"Periods can't be {unit.words}s. Use the unit day, week or month.")
    by, over, brackets = (fields.get(key) for key in ("by", "over", "brackets"))
    retention = Retention(
        population=read_population(fields),
        first=first,
        back=back if back != first else None,
        start=cast(Literal["ever", "period"], _choice(fields, "start")),
        unit=unit,
        clock=cast(Literal["calendar", "rolling"], _choice(fields, "clock")),
        count=cast(Literal["on", "on_or_after"], _choice(fields, "count")),
        periods=_whole(fields.get("periods", 12), "periods", 1, MOST_PERIODS),
        brackets=_brackets(items(brackets, "brackets")) if brackets is not None else (),
        over=grain(over) if over is not None else None,
        by=read_breakdown(by, "by") if by is not None else None,
        measure=cast(Measured, _choice(fields, "measure")),
        at=_whole(fields.get("at", 1), "at", 1, MOST_PERIODS),
        survives=_switch(fields, "survival"),
        project=_whole(fields.get("project", 0), "project", 0, MOST_PERIODS),
    )
    _check(retention, has_periods="periods" in fields)
    return retention


def retention_data(retention: Retention) -> dict[str, Any]:
    """Return the question of retention as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "retention", "v": 1, **population_data(retention.population)}
    data["first"] = event_data(retention.first)
    if retention.back is not None:
        data["return"] = event_data(retention.back)
    data["unit"] = retention.unit.value
    for key, choices in _CHOICES.items():
        if (value := getattr(retention, key)) != choices[0]:
            data[key] = value
    if retention.brackets:
        data["brackets"] = [[low, high] for low, high in retention.brackets]
    elif retention.periods != 12:
        data["periods"] = retention.periods
    if retention.over is not None:
        data["over"] = retention.over.value
    if retention.by is not None:
        data["by"] = breakdown_data(retention.by)
    data |= {"at": retention.at} if retention.at != 1 else {}
    data |= {"survival": True} if retention.survives else {}
    return data | ({"project": retention.project} if retention.project else {})


def _choice(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key, _CHOICES[key][0])
    if value not in _CHOICES[key]:
        raise InvalidQuery(f"{str(value)[:40]!r} isn't an option for {key!r}. Use {', '.join(_CHOICES[key])}.")
    return value


def _switch(fields: dict[str, Any], key: str) -> bool:
    value = fields.get(key, False)
    if not isinstance(value, bool):
        raise InvalidQuery(f"{key!r} must be true or false.")
    return value


def _whole(data: object, what: str, least: int, most: int) -> int:
    if type(data) is not int or not least <= data <= most:
        raise InvalidQuery(f"{what!r} must be a whole number from {least} to {most}.")
    return data


def _brackets(data: list[Any]) -> tuple[tuple[int, int], ...]:
    """Return ranges of periods. They must be in order and not overlap. Raises InvalidQuery."""
    if not 1 <= len(data) <= MOST_BRACKETS:
        raise InvalidQuery(f"Use 1 to {MOST_BRACKETS} 'brackets', such as [[1, 7], [8, 30]].")
    brackets: list[tuple[int, int]] = []
    for item in data:
        if not isinstance(item, list | tuple) or len(item) != 2:  # pyright: ignore[reportUnknownArgumentType]
            raise InvalidQuery("Each of the 'brackets' is two periods, such as [1, 7].")
        low, high = (_whole(each, "brackets", 0, MOST_PERIODS) for each in item)  # pyright: ignore[reportUnknownVariableType]
        if low > high or (brackets and low <= brackets[-1][1]):
            raise InvalidQuery("'brackets' must be in order and not overlap, such as [[1, 7], [8, 30]].")
        brackets.append((low, high))
    return tuple(brackets)


def _check(retention: Retention, *, has_periods: bool) -> None:
    """Refuse combinations of options that make no sense. Raises InvalidQuery."""
    if retention.clock == "rolling" and retention.unit is Granularity.MONTH:
        message = "Months can't be rolling, because they differ in length."
        raise InvalidQuery(f"{message} Use calendar months, or brackets of days such as [[1, 30], [31, 60]].")
    if retention.brackets and has_periods:
        raise InvalidQuery("'brackets' say which periods are shown. Remove 'periods'.")
    if retention.count == "on_or_after":
        if retention.brackets:
            raise InvalidQuery("Brackets count who came back within them. Remove 'count'.")
        if retention.measure != "subjects":
            raise InvalidQuery("Events and amounts are counted in a period. Use the count on.")
    if retention.at > len(retention.slots):
        raise InvalidQuery(f"'at' must be one of the {len(retention.slots)} shown, counted from 1.")
    if retention.over is not None and retention.over.is_clock:
        raise InvalidQuery(f"Cohorts can't be by {retention.over.words}. Use day, week or month.")
    if retention.by is not None and (retention.by.grain is not None or retention.by.dim == DATE):
        raise InvalidQuery("Use 'over' for cohorts by the date of the first event.")
    _check_survival(retention)


def _check_survival(retention: Retention) -> None:
    if not retention.survives:
        if retention.project:
            raise InvalidQuery("Only survival can be projected. Add 'survival', or remove 'project'.")
        return
    if retention.back is None:
        raise InvalidQuery("Survival needs a 'return' that ends it, such as a cancellation.")
    if retention.population.compare is not None or retention.population.sides:
        message = (
            "Survival can't be compared with another period, because people count only for as long as they're known,"
        )
        raise InvalidQuery(
            f"{message} and chance can't be judged as for other shares. Remove 'compare' and 'sides', or use 'by'."
        )
    others = (retention.brackets, retention.count == "on_or_after", retention.measure != "subjects", retention.at != 1)
    if any(others) or retention.over is not None:
        raise InvalidQuery(
            "Survival counts who is left after each period. Remove 'brackets', 'count', 'measure' and 'at'."
        )
