"""Describe a target: its period in everyday form, its scope, and its number in the metric's format."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from semantic.display.format import period, value_text, writer
from semantic.model.definitions import DataType, Granularity, Metric, NumberFormat, TypeKind
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_range
from semantic.query.member_labels import NO_LABELS
from semantic.query.periods import Calendar, first_day, shift
from semantic.results.result import ResultColumn

_UNITS = (Granularity.YEAR, Granularity.QUARTER, Granularity.MONTH, Granularity.WEEK)


def span_words(first: date, last: date, calendar: Calendar) -> str:
    """Return a period in words, such as `Sep 2026` or `week of 7 Sep 2026`.

    Other periods are their first and last day.
    """
    for unit in _UNITS:
        if first_day(first, unit, calendar) == first and shift(first, unit, 1) == last + timedelta(days=1):
            return period(first, unit)
    return describe_range(first, last)


def target_scope_words(dim: str, member: object, seen: VisibleModel) -> str:
    """Return the scope of a target: `Everything`, or `Market: DE`."""
    if not dim:
        return "Everything"
    label = next((place.label or place.name for place in seen.places(dim)), dim)
    return f"{label}: {value_text(member, seen.member_labels(dim) if seen.may_name_members else NO_LABELS)}"


def number_words(value: Decimal | None, metric: Metric) -> str:
    """Return the number of a target in full. A removed target is a dash."""
    number = None if value is None else float(value)
    write = writer(column_of(metric), (number,), short=False)
    if number is not None and metric.format in (NumberFormat.COUNT, NumberFormat.NUMBER) and not number.is_integer():
        return f"{value:,f}"
    return write(number)


def typed_words(value: Decimal) -> str:
    """Return the number of a target in the form of an input field."""
    return f"{value:f}"


def column_of(metric: Metric) -> ResultColumn:
    """Return a result column for a metric, to format its numbers without an answer."""
    return ResultColumn(
        name=metric.name, label=metric.label or metric.name, role="value", type=DataType(TypeKind.DOUBLE),
        format=metric.format, unit=metric.unit, decimals=metric.decimals, direction=metric.direction, metric=metric,
    )  # fmt: skip
