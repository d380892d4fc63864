"""A question as frozen data: which metrics, by which breakdowns, over which rows and days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from semantic.model.definitions import DatePart, Granularity
from semantic.model.expression import Expression

Value = str | int | float | bool | None
"""A value in a filter: a JSON scalar. Null is "(none)". Dates are text until their dimension is known."""

DATE = "date"
"""The name for each metric's own date in questions."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A dimension to group by. `via` is the entity role of the join.

    A time dimension has one of three fields: `grain` for consecutive periods, `part` for a date part such as the
    weekday, or `period` for a period of one of the model's calendars.
    """

    dim: str
    grain: Granularity | None = None
    via: str | None = None
    part: DatePart | None = None
    period: str | None = None
    name: str = ""  # the result's column, if its name isn't derived from the other fields

    @property
    def is_time(self) -> bool:
        """Whether the breakdown groups a date."""
        return self.dim == DATE or self.grain is not None or self.part is not None or self.period is not None

    @property
    def runs(self) -> bool:
        """Whether groups follow one another in time, as periods do. Weekdays and calendar periods don't."""
        return self.grain is not None or (self.dim == DATE and self.part is None and self.period is None)


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
    """A comparison of a dimension with values. Negative operators keep rows without a value (decision 26)."""

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
    """A filter for rows where `part` isn't true, including rows without a value."""

    part: Filter


@dataclass(frozen=True, slots=True)
class InSegment:
    """A filter for rows whose member is in a segment. Rows without a member aren't in any segment."""

    segment: str


@dataclass(frozen=True, slots=True)
class SqlCondition:
    """A filter by an SQL condition over dimensions, with SQL's rules for missing values (decision 26).

    This is for filters from other tools.
    """

    condition: Expression


@dataclass(frozen=True, slots=True)
class ByMember:
    """A filter by a metric of each row's member of `per`, such as customers with more than two orders.

    `per` is an entity, or the roles that lead to it, joined by `__`. The metric counts the member's rows that pass
    `where`, in `time` or in the question's whole period, whatever the question's other filters are. Rows without a
    member, or with a missing value, never pass.
    """

    metric: str
    per: str
    op: str  # as in MetricFilter
    values: tuple[int | float, ...]
    where: Filter | None = None
    time: Period | None = None


Filter = Condition | InSegment | SqlCondition | ByMember | AllOf | AnyOf | NotAny


@dataclass(frozen=True, slots=True)
class MetricFilter:
    """A comparison of a metric's value in a group, which a missing value never passes.

    `op` is <, <=, >, >=, =, != or between.
    """

    metric: str
    op: str
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The days from `start` to `end`, both included. A missing `start` or `end` means no limit.

    With `complete`, days that haven't ended don't count.
    """

    start: date | None = None
    end: date | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Last:
    """The last `count` periods, without the current one if `complete` is set."""

    count: int
    unit: Granularity
    complete: bool = True


@dataclass(frozen=True, slots=True)
class ToDate:
    """The current period to date, up to yesterday, or up to today if `complete` isn't set."""

    unit: Granularity
    complete: bool = True


Period = Between | Last | ToDate


@dataclass(frozen=True, slots=True)
class Previous:
    """A comparison with the period just before the question's, with the same number of periods or days."""


@dataclass(frozen=True, slots=True)
class LastYear:
    """A comparison with the same weekdays 364 days earlier.

    Months and longer periods are compared with the same dates a year earlier (decision 6).
    """


@dataclass(frozen=True, slots=True)
class Back:
    """A comparison with the period that is `count` units earlier, such as 2 months."""

    count: int
    unit: Granularity


@dataclass(frozen=True, slots=True)
class Named:
    """A comparison with a named period from `start` to `end`, both included."""

    start: date
    end: date


Comparison = Previous | LastYear | Back | Named


@dataclass(frozen=True, slots=True)
class Top:
    """The `n` members of a breakdown with the most of a metric, within each value of other breakdowns (decision 29).

    `dim` and `within` are result columns. The other members become one group, Other, or are left out.
    """

    n: int
    dim: str
    metric: str
    within: tuple[str, ...] = ()
    other: bool = True


@dataclass(frozen=True, slots=True)
class Order:
    """A sort order by the column of a metric, calculation or breakdown. Missing values always come last."""

    by: str
    desc: bool = False


class CalculationKind(StrEnum):
    DIFFERENCE = "difference"
    RATIO = "ratio"
    PERCENT_OF_TOTAL = "percent_of_total"
    RANK = "rank"
    RUNNING_TOTAL = "running_total"
    MOVING_AVERAGE = "moving_average"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """An extra column `name`, calculated from the column `of`, which is a metric or its value in a comparison.

    `to` is the second column of a difference or ratio. A total or rank covers all groups, or the groups with the same
    `within`. Running calculations go `along` a date, or along a metric's values from the largest, or from the smallest
    if `ascending`. An average covers `periods` periods. An index is 100 for the member `base` of `along`, or in the
    first period.
    """

    name: str
    do: CalculationKind
    of: str
    to: str = ""
    within: tuple[str, ...] = ()
    along: str = ""
    periods: int = 0
    base: Value = None
    ascending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question. The model sets the time zone, week start, fiscal start and currency if the question doesn't."""

    metrics: tuple[str, ...] = ()
    by: tuple[Breakdown, ...] = ()
    where: Filter | None = None
    having: tuple[MetricFilter, ...] = ()
    time: Period | None = None
    compare: tuple[Comparison, ...] = ()
    top: Top | None = None
    totals: tuple[tuple[str, ...], ...] = ()  # for each total, the columns that it keeps; () is the grand total
    order: tuple[Order, ...] = ()
    limit: int | None = None
    calc: tuple[Calculation, ...] = ()
    time_zone: str | None = None
    week_start: str | None = None
    fiscal_start: str | None = None
    currency: str | None = None  # the currency in which money is shown
    rates: date | Literal["period_end"] | None = None  # the rates of one day; None for those of each amount's own day
    history: Literal["as_was", "as_is"] = "as_was"
    each_row: bool = False  # without metrics: the values of every row, not each value once
    ranges: bool = False  # the minimum and maximum of each breakdown, instead of its values
    every_period: bool = False  # periods without rows are shown too, for each group
    as_of: int | None = None  # the version of the model to use; None for the current one
