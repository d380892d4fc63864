"""Check that calendars have one row per day and that the names of their periods are unique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from sqlglot import exp

from semantic.errors import Problem
from semantic.model.calendars import CalendarPeriod, CalendarTable
from semantic.model.definitions import Dataset, Described, Granularity, TypeKind
from semantic.model.model import Model


def calendar_problems(model: Model) -> Iterator[Problem]:
    """Yield each problem with the model's calendars."""
    seen: dict[str, str] = {}
    for table in model.calendars.values():
        dataset = model.datasets.get(table.dataset)
        if dataset is None:
            message = f"The calendar {table.name!r} is over {table.dataset!r}, which is not a dataset."
            yield _at(table, message, _near(table.dataset, model.datasets) or "Define it.")
            continue
        yield from _day_problems(table, dataset)
        for period in table.periods:
            yield from _period_problems(period, dataset)
            if period.name in seen:
                message = f"The period {period.name!r} is in the calendars {seen[period.name]!r} and {table.name!r}."
                yield _at(period, message, "Rename one.")
            seen.setdefault(period.name, table.name)


def _day_problems(table: CalendarTable, dataset: Dataset) -> Iterator[Problem]:
    day = dataset.dimensions.get(table.day)
    if day is None or day.kind != "time" or day.type.kind is not TypeKind.DATE:
        known = [dimension.name for dimension in dataset.dimensions.values() if dimension.kind == "time"]
        message = f"The days of the calendar {table.name!r} are {table.day!r}, which is not a time dimension of dates."
        yield _at(table, message, _near(table.day, known) or "Use a time dimension over a date column.")
    elif not isinstance(day.sql.tree, exp.Column) or day.sql.columns != dataset.grain:
        message = f"The calendar {table.name!r} needs one row for each day, but {dataset.name!r} has another grain."
        yield _at(table, message, f"Its `grain:` must be the column of {table.day!r} alone.")


def _period_problems(period: CalendarPeriod, dataset: Dataset) -> Iterator[Problem]:
    if period.name in tuple(Granularity):
        yield _at(period, f"The period {period.name!r} has the name of a granularity.", "Choose another.")
    dimension = dataset.dimensions.get(period.dimension)
    if dimension is None:
        message = (
            f"The period {period.name!r} uses the dimension {period.dimension!r}, which {dataset.name!r} does not have."
        )
        yield _at(period, message, _near(period.dimension, dataset.dimensions) or "Write `dimension:`.")
    elif dimension.type.kind not in (TypeKind.DATE, TypeKind.STRING, TypeKind.INTEGER):
        message = f"The period {period.name!r} is identified by {period.dimension!r}, of type {dimension.type}."
        yield _at(period, message, "Identify a period by its first day, a text or a whole number.")
    number = dataset.dimensions.get(period.number) if period.number else None
    if period.number and (number is None or number.type.kind is not TypeKind.INTEGER):
        message = (
            f"The period {period.name!r} is numbered by {period.number!r}, which is not a dimension of whole numbers."
        )
        yield _at(
            period,
            message,
            _near(period.number, dataset.dimensions) or "Use a whole number that counts periods.",
        )


def _at(thing: Described, message: str, remedy: str) -> Problem:
    return Problem(thing.file, thing.line, message, remedy)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""
