"""A question as plain frozen data: which metrics, broken down by what, of which rows, when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from semantic.model.definitions import Granularity

Value = str | int | float | bool | None
"""What a filter compares with: a JSON scalar. Null is "(none)". Dates are text until they meet their dimension."""

DATE = "date"
"""The name that stands for each metric's own time dimension."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A dimension to group by; `grain` for a time dimension, `via` the entity role to go through."""

    dim: str
    grain: Granularity | None = None
    via: str | None = None


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BETWEEN = "between"  # both ends included
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    NOT_STARTS_WITH = "not_starts_with"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a dimension. The negative operators keep rows without a value (decision D2)."""

    dim: str
    op: Operator
    values: tuple[Value, ...]
    via: str | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class NotAny:
    """Rows for which `part` does not hold, those without a value included."""

    part: Filter


Filter = Condition | AllOf | AnyOf | NotAny


@dataclass(frozen=True, slots=True)
class Between:
    """From one day to another, both included; a missing end is open."""

    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Last:
    """The last `count` periods; `complete` leaves out the running one."""

    count: int
    unit: Granularity
    complete: bool = True


Period = Between | Last


@dataclass(frozen=True, slots=True)
class Order:
    """`by` is a metric's name or a breakdown's column name. Missing values come last either way."""

    by: str
    desc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. Absent parts take the model's settings: zone, week start."""

    metrics: tuple[str, ...] = ()
    by: tuple[Breakdown, ...] = ()
    where: Filter | None = None
    time: Period | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    time_zone: str | None = None
    week_start: str | None = None
