"""The nodes of a plan: one leg per fact, aggregated at its own grain, and how the legs are combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from semantic.model.definitions import (
    Cumulative,
    Dataset,
    DataType,
    Granularity,
    Measure,
    Metric,
    OverTime,
    Span,
    TypeKind,
)
from semantic.model.expression import Expression
from semantic.model.join_graph import Edge, JoinPath
from semantic.model.policies import MinGroup
from semantic.model.settings import CurrencyRates
from semantic.plan.tree.contexts import Shift
from semantic.plan.tree.fields import (
    CalendarKey,
    Field,
    LegKey,
    Range,
    Restriction,
    Test,
)
from semantic.plan.tree.known import Months
from semantic.plan.tree.shape import Shape
from semantic.query.periods import Calendar, Same
from semantic.query.query import CalculationKind, Order


@dataclass(frozen=True, slots=True)
class AggregateColumn:
    """A measure with its metric's filter, as one column that a leg aggregates.

    `name` is the column when legs are combined. With a `thing`, the column counts the distinct members behind a number,
    by a column at the end of that path.
    """

    name: str
    measure: Measure
    filter: Expression | None
    thing: JoinPath | None = None
    in_decimals: bool = False  # add its fractions as decimals, so the digits don't depend on the order


@dataclass(frozen=True, slots=True)
class Spine:
    """The days, or shorter periods of length `unit`, from a dataset with one row for each or from the engine."""

    dataset: Dataset | None = None
    day: Expression | None = None
    unit: Granularity = Granularity.DAY


@dataclass(frozen=True, slots=True)
class Laid:
    """Rows expanded over the shown days [start, end). None means no limit.

    A shown day gets the rows of the day that `shifts` lead back to, or of the `window` that ends on that day. A period
    gets the rows of its first or last day (with `of_rows`, among the days that have rows), the average of its days or,
    if `at` is None, the rows of all its days. A total over dates equals the same question without dates.
    """

    spine: Spine
    start: date | None
    end: date | None
    shifts: tuple[Shift, ...]
    window: Cumulative | None
    at: OverTime | None
    periods: CalendarKey | None = None  # of a shift by calendar periods
    of_rows: bool = False
    whole: tuple[date | None, date | None] | None = None  # the days of a total over dates, if days pair as a whole
    by: Granularity | None = None  # the shown period that all rows are read for, if longer than a day
    same_day: int = 0  # if set, only days whose day of the month exists this many months later
    clamps: bool = False  # a day missing in the earlier month is paired with that month's last day
    shown_same: Same | None = None  # if set, only shown days whose day exists in the other month


@dataclass(frozen=True, slots=True)
class Balance:
    """Rows that aren't summed over days.

    A period has the rows of its first or last day, or the average of its days. Each combination of the columns or
    fields in `per` has its own such day.
    """

    over_time: OverTime
    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    of_filtered: bool  # the last day of the rows that pass the question's filters, instead of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """The conversions of a leg's rows, which are base events.

    Each conversion counts for the latest base event before it. `columns` of the base equal `target_columns` of the
    conversions' dataset: the entity's columns and constants. `days` restricts the base event's own date or, with
    `by_conversion`, the conversion's. `known` restricts the conversion's date, because later conversions aren't known
    yet.
    """

    dataset: Dataset
    base_filter: Expression | None
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    time: Field
    window: Span | None
    by_conversion: bool
    of_filtered: bool  # the latest among base events that pass the question's filters, instead of all
    days: Range | None
    known: Range | None = None
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """Periods in the days [start, end) to show even without rows, for each group of a leg, or once without groups."""

    spine: Spine
    start: date | None
    end: date | None
    for_groups: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A dataset at the end of `path` whose members are all listed, even those without rows in the leg."""

    path: JoinPath
    dataset: Dataset
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """The links at the end of `path`, each with the share `weight` by which a row's contribution is multiplied.

    A row without a link adds its whole value. Links that the actor can't see aren't counted.
    """

    path: JoinPath
    dataset: Dataset
    weight: str
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """The currency of amounts: in each row's `column`, or the same `currency` for all rows."""

    column: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Amounts of a leg converted to the currency `target`, at the rates of each amount's `day` or of the day `on`.

    `rates` are relative to the currency `own`, which has no rate itself. `amounts` has the currency for each leaf. An
    amount stored by month, or by another period `kept_by`, is converted on the last day of its period, or on the last
    `known` day of the current one. An opening value (`is_opening`) is converted on the day before the period.
    """

    rates: CurrencyRates
    dataset: Dataset
    own: str
    target: str
    on: date | None
    day: Field | None
    amounts: tuple[tuple[str, Amount], ...]
    kept_by: Granularity | None = None
    known: date | None = None
    is_opening: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether amounts are only multiplied, as decimals. Division isn't exact."""
        return self.target == self.own and self.dataset.columns[self.rates.rate].kind is TypeKind.DECIMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One fact: the rows that count, grouped by `keys`, with `leaves` aggregated. No other fact is joined."""

    dataset: Dataset
    joins: tuple[JoinPath, ...]  # every path of keys or tests, each after the path it extends
    keys: tuple[LegKey, ...]
    where: tuple[Test, ...]
    days: Range | None
    restrictions: tuple[Restriction, ...] = ()
    leaves: tuple[AggregateColumn, ...]
    at: Field | None = None  # dates its rows to find the version valid then, even if the date is hidden
    shape: Shape = Shape.PLAIN
    late: frozenset[Edge] = frozenset()  # first hops of the paths that are joined in the second step
    time: Field | None = None  # the date of its measures
    laid: Laid | None = None
    balance: Balance | None = None
    converted: Converted | None = None
    filled: Filled | None = None
    beside: tuple[Beside, ...] = ()  # in a list of values
    crossed: Filled | None = None  # in a list of values: every day next to each, under the keys whose field is `time`
    shared: Shared | None = None
    exchange: Exchange | None = None
    inner: frozenset[JoinPath] = frozenset()  # paths over which every row is known to match
    months: Months = Months.UNKNOWN
    of_period: tuple[AggregateColumn, ...] = ()  # in the order of `leaves`: over the period shown, not the window

    @property
    def is_special(self) -> bool:
        """Whether the leg selects its rows again for each total instead of only grouping them."""
        return self.laid is not None or self.balance is not None or self.converted is not None

    @property
    def averages(self) -> bool:
        """Whether the leg's values are averages over days."""
        over_time = self.balance.over_time if self.balance else self.laid.at if self.laid else None
        return over_time is OverTime.AVERAGE

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """Every dataset whose rows the leg counts."""
        others = [other.dataset for other in self.beside] + ([self.shared.dataset] if self.shared else [])
        return (self.dataset, *others, *([self.converted.dataset] if self.converted else []))

    def is_late(self, path: JoinPath) -> bool:
        """Return whether the dataset at the end of `path` is joined in the second step."""
        return bool(path and self.late) and path[0] in self.late


@dataclass(frozen=True, slots=True)
class Unknown:
    """The rows in which a metric isn't known, so that its value is null, as tests of `key`.

    The key is a date, a date part or a calendar period. A row for which one of these tests is true isn't known.

    `since`, `before`: the date is on or after this day, or before it.

    `after`, `upto`: the day's number in the period is greater than this, or at most this.

    `months`: the same day this many months earlier doesn't exist.

    `on`: the row's period begins on this day.

    `among`: the date part is one of these.

    `calendar`: in a comparison, this calendar pairs the row's period with no day from `begins` on or, if that's None,
    with no day at all.
    """

    key: str
    since: date | None = None
    before: date | None = None
    after: int | None = None
    upto: int | None = None
    months: int = 0
    on: date | None = None
    among: tuple[int, ...] = ()
    calendar: CalendarKey | None = None
    begins: date | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the answer: a key by name, or a metric computed from leaves, in the comparison `compare` if set.

    `within` are keys that the metric doesn't add up across, so its totals and Other across them are null. The metric is
    also null in four cases: where all keys of one of `named` are missing, because a group without a name can mix what
    has to stay separate; where one of `guarded`, which are counts of members, is below its minimum; in rows that are
    `unknown`; and everywhere if `to_come` is set.
    """

    name: str
    metric: Metric | None
    type: DataType
    grain: Granularity | None = None
    compare: str = ""
    within: tuple[str, ...] = ()
    named: tuple[tuple[str, ...], ...] = ()
    guarded: tuple[tuple[Output, int], ...] = ()
    unknown: tuple[Unknown, ...] = ()
    to_come: bool = False


Part = Literal["numerator", "denominator", "rows", "variance"]


@dataclass(frozen=True, slots=True)
class Support:
    """A column that says how much data is behind the output `of`. It's computed like that output and not shown."""

    part: Part
    of: str
    value: Output


@dataclass(frozen=True, slots=True)
class Guard:
    """A column that counts the distinct members behind the output `of`. It's never shown."""

    of: str
    value: Output
    need: MinGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """How numbers are hidden once groups are computed.

    A number with too few members behind it is hidden, together with the other numbers in its `together`. Groups are
    then selected and ordered by the numbers that remain. `having` has the column, operator and values of each filter.
    `leaves_out` removes groups without any number left, because their presence would reveal something.
    """

    guards: tuple[Guard, ...]
    together: tuple[tuple[str, ...], ...]
    having: tuple[tuple[str, str, tuple[int | float, ...]], ...]
    windows: tuple[Window, ...]
    order: tuple[Order, ...]
    limit: int | None
    other: bool
    leaves_out: bool


@dataclass(frozen=True, slots=True)
class GroupFilter:
    """A condition on a metric's value in a group."""

    value: Output
    op: str
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The members that are shown individually. All other members of `dim` are Other.

    They are the rows of `plan`, with the columns `keys`. `rank` is how many members are selected within each value of
    the keys before `dim`, or 0 if the plan itself has a limit.
    """

    plan: Plan
    keys: tuple[str, ...]
    dim: str
    rank: int
    other: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The periods of a question.

    Groups before `first`, or on or after `end`, are removed, because they have no days in it.
    """

    key: str
    first: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Course:
    """The periods that a calculation along a date uses for each row.

    A moving average covers the row's own period and earlier ones, `periods` in all. `step` is a period's length, in
    months if `in_months` is true and in days otherwise.

    `begins` is the first day of the first whole period in the question, and `ends` the first day after the last whole
    one, or None if there is no limit. Outside the whole periods, moving averages are null, and so are indexes that
    start from the first period.
    """

    periods: int
    step: int
    in_months: bool
    begins: date | None
    ends: date | None

    @property
    def reach(self) -> int:
        """The number of months or days from the first of the periods to the last."""
        return (self.periods - 1) * self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated:
    """A column computed from other columns over the answer's groups (query.Calculation).

    `base` has the type of its breakdown. With a `course`, the calculation runs along a date, separately in each group.
    A period without a row counts as `fill`, if that's set.
    """

    name: str
    do: CalculationKind
    of: str
    type: DataType
    to: str = ""
    within: tuple[str, ...] = ()
    along: str = ""
    course: Course | None = None
    base: object = None
    ascending: bool = False
    fill: int | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of a plan that one connection computes: the groups of these `legs`, given by index.

    The groups become the rows of `table` in the database that combines the portions.
    """

    table: str
    connection: str
    legs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan: its legs, and the output columns computed from them. With `portions`, legs are in several connections."""

    legs: tuple[Leg, ...]
    datasets: Mapping[str, Dataset]
    outputs: tuple[Output, ...]
    metrics: tuple[tuple[str, Metric], ...]  # every metric that an output needs, by name
    leaves: tuple[tuple[str, str], ...]  # simple metric -> leaf
    having: tuple[GroupFilter, ...]
    windows: tuple[Window, ...]
    chosen: Chosen | None
    totals: tuple[tuple[str, ...], ...]  # keys that are kept in each total
    order: tuple[Order, ...]
    limit: int | None
    time_zone: str
    model_zone: str
    calendar: Calendar
    notes: tuple[str, ...] = ()
    support: tuple[Support, ...] = ()
    suppression: Suppression | None = None
    tables: tuple[tuple[str, Plan], ...] = ()  # metrics of members, by the names that tests use for them
    calculations: tuple[Calculated, ...] = ()
    each_row: bool = False  # in a list of values: one row for every row, instead of each value once
    ranges: bool = False  # outputs are the minimum and maximum of each key, in one row
    fills_own_rows: bool = False  # inside a formula, a metric is filled only where the formula has rows
    portions: tuple[Portion, ...] = ()

    @property
    def beside(self) -> tuple[Output, ...]:
        """The columns that are computed but not shown: the amount of data and the number of members behind numbers."""
        if not self.support and self.suppression is None:
            return ()
        guards = self.suppression.guards if self.suppression else ()
        return (*(support.value for support in self.support), *dict.fromkeys(guard.value for guard in guards))

    @property
    def keys(self) -> tuple[Output, ...]:
        return () if self.ranges else tuple(output for output in self.outputs if output.metric is None)

    @property
    def is_alone(self) -> bool:
        """Whether the answer consists of a single leg's groups."""
        return len(self.legs) == 1 and self.legs[0].filled is None and not self.portions


def every_leg(plan: Plan) -> list[Leg]:
    """Return the legs of the plan and of the tables that its tests use."""
    return [*plan.legs, *(leg for _, inner in plan.tables for leg in every_leg(inner))]


def leaf_name(leaf: str, compare: str) -> str:
    """Return the column name of a leaf in a comparison."""
    return f"{leaf}@{compare}" if compare else leaf
