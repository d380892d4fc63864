"""The nodes of a plan: one leg per fact, aggregated at its own grain, and how legs are combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlglot import exp

from semantic.model.definitions import (
    Cumulative,
    Dataset,
    DataType,
    DatePart,
    Dimension,
    Granularity,
    Measure,
    Metric,
    OverTime,
    Span,
    TypeKind,
)
from semantic.model.expression import Expression
from semantic.model.join_graph import Edge, JoinPath
from semantic.model.policies import Mask, MinGroup, RowRule
from semantic.model.settings import CurrencyRates
from semantic.plan.tree.contexts import Shift
from semantic.plan.tree.known import Months
from semantic.plan.tree.shape import Shape
from semantic.policy.actor import Attribute
from semantic.query.periods import Calendar, Same
from semantic.query.query import CalculationKind, Operator, Order


@dataclass(frozen=True, slots=True)
class Field:
    """A dimension as reached from one leg: at the end of `path` from the leg's fact."""

    dimension: Dimension
    path: JoinPath
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """A typed comparison of a field. Values have the field's own Python type, and None means no value."""

    field: Field
    op: Operator
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where `part` is false or unknown."""

    part: Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A segment: whether the member identified by `columns`, at the end of `path`, has a matching row in `dataset`.

    The policy restricts its own rows like a leg's rows.
    """

    label: str
    path: JoinPath
    columns: tuple[str, ...]
    dataset: Dataset
    target_columns: tuple[str, ...]
    where: Expression | None
    days: Range | None
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidTest:
    """An SQL condition whose columns are the names of fields. Like a group's keys, a date has the period shown.

    With `own`, the condition belongs to a metric and is on its rows' own dates. A question's condition is on the dates
    shown.
    """

    tree: exp.Expr
    fields: tuple[LegKey, ...]  # a date without grain, part or calendar is a day
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """A semi-join: whether the entity of `columns`, at the end of `path`, has a value in `table` that passes.

    `table` is one of the plan's `tables`, with one row for each entity and the columns `keys` and `value`. With
    `joined`, entities without a row are listed too, with nulls.
    """

    path: JoinPath
    columns: tuple[str, ...]
    is_text: tuple[bool, ...]
    table: str
    keys: tuple[str, ...]
    value: str
    op: str
    values: tuple[int | float, ...]
    joined: bool = False


Test = Compare | Member | Passes | SaidTest | All | Any | Not


@dataclass(frozen=True, slots=True)
class PeriodsBeside:
    """How a comparison's periods are paired with the periods of the days [start, end), by their `number`.

    They are as many periods earlier as there are between the days `first` and `partner` or, without `first`, as there
    are in the requested days [partner, asked_end). A period whose days all count is paired with a whole one. Otherwise
    days at the same positions are paired.
    """

    number: Dimension
    start: date
    end: date
    partner: date
    first: date | None
    asked_end: date


@dataclass(frozen=True, slots=True)
class CalendarKey:
    """A period defined by a table of days: `value` where `day` is the date. Both are dimensions of `dataset`.

    A comparison's periods are paired with the question's by number (`beside`).
    """

    dataset: str
    day: Dimension
    value: Dimension
    beside: PeriodsBeside | None = None


@dataclass(frozen=True, slots=True)
class LegKey:
    """One group key of a leg. A time field has a `grain`, a `part` or a `calendar`.

    A comparison's dates are shifted onto the question's by days and then by months, or by `months_first`. If they may
    then be outside its days, `first` and `end` are those days. Such a date is placed outside every period shown, so
    only totals include it. Numbered days are counted from `first`.
    """

    name: str
    field: Field
    grain: Granularity | None
    move_days: int = 0
    move_months: int = 0
    months_first: bool = False
    first: date | None = None
    end: date | None = None
    part: DatePart | None = None
    calendar: CalendarKey | None = None
    same: Same | None = None  # a date without such a day is placed outside too

    @property
    def by_day(self) -> bool:
        """Whether the key's value depends only on a date."""
        if self.grain is not None:
            return not self.grain.is_clock
        return (self.part is not None and self.part is not DatePart.HOUR) or self.calendar is not None

    @property
    def by_clock(self) -> bool:
        """Whether the key needs more of an instant than its date."""
        return self.part is DatePart.HOUR or (self.grain is not None and self.grain.is_clock)


@dataclass(frozen=True, slots=True)
class AggregateColumn:
    """One measure with its metric's filter, which a leg aggregates. `name` is its column when legs are combined.

    With a `thing`, the column counts the distinct members behind a number, by a column at the end of that path.
    """

    name: str
    measure: Measure
    filter: Expression | None
    thing: JoinPath | None = None
    in_decimals: bool = False  # add its fractions as decimals, so the digits don't depend on the order


@dataclass(frozen=True, slots=True)
class Restriction:
    """A row rule applied to one leg by `path` from the fact, with the actor's attributes filled in."""

    rule: RowRule
    path: JoinPath
    attributes: tuple[tuple[str, Attribute | None], ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The days [start, end) of a time field. None is open. Rows without a date are outside, even of an open range.

    `same` keeps only days that the other months have too. `has_undated` includes rows without a date.
    """

    field: Field
    start: date | None
    end: date | None
    same: tuple[Same, ...] = ()
    has_undated: bool = False


@dataclass(frozen=True, slots=True)
class Spine:
    """Every day, or every shorter `unit`: from a dataset with a row for each, or generated by the engine."""

    dataset: Dataset | None = None
    day: Expression | None = None
    unit: Granularity = Granularity.DAY


@dataclass(frozen=True, slots=True)
class Laid:
    """Rows expanded over the shown days [start, end). None is open.

    A shown day has the rows of the day that `shifts` lead back to, or of the `window` up to that day. A period has the
    rows of its first or last day (with `of_rows`, among days that have rows), the average of its days or, if `at` is
    None, all of them. A total over dates equals the question without dates.
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
    same_day: int = 0  # only those days that have the same day this many months later
    clamps: bool = False  # a day missing in the earlier month is paired with that month's last day, instead of none
    shown_same: Same | None = None  # only those shown days that have the same day in another month


@dataclass(frozen=True, slots=True)
class Balance:
    """Rows that aren't summed over days. Each period shown has the rows of its first or last day, or the average of its
    days.

    The day is chosen separately for each combination of the columns or fields in `per`.
    """

    over_time: OverTime
    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    of_filtered: bool  # the last day of the rows that pass the question's filters, instead of all


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Conversions that a leg's rows, its base events, led to. Each counts for the latest base event before it.

    `columns` of the base equal `target_columns` of the conversions' dataset: the entity's columns, and constants.
    `days` restricts the base event's own date or, with `by_conversion`, the conversion's. `known` restricts the
    conversion's date, because later conversions aren't known yet.
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
    """Periods of the days [start, end) without a row of a leg, which are shown for each of its groups, or once with no
    group.
    """

    spine: Spine
    start: date | None
    end: date | None
    for_groups: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A dataset at the end of `path` whose own members are listed too, including members without a row of the leg."""

    path: JoinPath
    dataset: Dataset
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """The links at the end of `path`, each with its share `weight`, by which a row's contribution is multiplied.

    A row without a link adds its whole value. Links hidden from the actor aren't counted.
    """

    path: JoinPath
    dataset: Dataset
    weight: str
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class Amount:
    """The currency of amounts: in `column` of each row, or `currency` for all."""

    column: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Amounts of a leg converted into the currency `target`, each at the rate of its `day`, or all at the rates of the
    day `on`.

    `rates` are relative to the currency `own`, which has no rate itself. `amounts` are by leaf. An amount kept by
    month, or by another period `kept_by`, is converted on the last day of its period, or on the last `known` day of the
    current one. An opening value (`is_opening`) is converted on the day before the period.
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
        """Whether amounts are only multiplied, in decimals. Division isn't exact."""
        return self.target == self.own and self.dataset.columns[self.rates.rate].kind is TypeKind.DECIMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One fact: its rows that count, grouped by `keys`, with `leaves` aggregated. No other fact is joined."""

    dataset: Dataset
    joins: tuple[JoinPath, ...]  # every path that keys or tests go through, each after the one it extends
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
        """Whether the leg's rows are selected again for each total instead of simply grouped."""
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
        """Whether the end of `path` is joined in the second step."""
        return bool(path and self.late) and path[0] in self.late


@dataclass(frozen=True, slots=True)
class Unknown:
    """Rows in which a metric has no known day, by the key that is their date.

    These are rows `since` a day or `before` one, rows `after` or `upto` a number of days, and days without the same day
    some `months` earlier. They are also the period that begins `on` a day, date parts `among` some, and rows of a
    `calendar` paired with no day from `begins` on.
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
    """One column of the answer: a key by name, or a metric computed from leaves, for the comparison `compare` if set.

    `within` are keys across which the metric doesn't add up, so its totals and Other across them are missing. The
    metric is also missing where all keys of one of `named` are missing, because a group without a name can mix what
    must stay separate. It is missing where one of `guarded`, which are counts of members, is below its minimum, in rows
    that are `unknown`, and everywhere while it is `to_come`.
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
    """A column behind an output, computed like the output `of` and not shown, that measures how much data the number is
    based on.
    """

    part: Part
    of: str
    value: Output


@dataclass(frozen=True, slots=True)
class Guard:
    """A column next to an output, never shown: how many distinct members are behind the number of the output `of`."""

    of: str
    value: Output
    need: MinGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """How groups are hidden after they are computed. A number based on too few people or things is hidden, together
    with the other numbers in its `together`.

    Groups are then selected and ordered by the remaining numbers. `having` has column, operator and numbers.
    `leaves_out` removes groups with nothing to show, because their presence would reveal something.
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
    """A test of a metric's value in a group."""

    value: Output
    op: str
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The members shown individually: the rows of `plan`, whose keys are `keys`. The other members of `dim` are Other.

    `rank` is how many members are selected within each value of the keys before `dim`, or 0 if the plan is already
    limited.
    """

    plan: Plan
    keys: tuple[str, ...]
    dim: str
    rank: int
    other: bool


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a question. Groups whose time key is before `first` or not before `end` are removed, because no date
    of the question is in them.
    """

    key: str
    first: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Course:
    """How a calculation runs along a date, over `periods` of `step` months or days, the last of which is the row's own.

    `begins` is the first day of the first whole period of the question, if it has a first day. `ends` is the first day
    of the first period after it that isn't whole. Only whole periods are compared.
    """

    periods: int
    step: int
    in_months: bool
    begins: date | None
    ends: date | None

    @property
    def reach(self) -> int:
        """The months or days from the first of the periods to the last."""
        return (self.periods - 1) * self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated:
    """A column computed from others over the answer's groups (query.Calculation). `base` has the type of its breakdown.

    With a `course`, the calculation runs along a date, separately in each group. A period without a row counts as
    `fill`, if set.
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
    """One connection's contribution to a plan over several connections: the groups of these `legs`, by position.

    They become the rows of `table` where the portions are combined.
    """

    table: str
    connection: str
    legs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Legs, and the output columns computed from them. With `portions`, legs are in several connections."""

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
        """The columns that are computed and not shown: the data that numbers are based on, and how many members are
        behind them.
        """
        if not self.support and self.suppression is None:
            return ()
        guards = self.suppression.guards if self.suppression else ()
        return (*(support.value for support in self.support), *dict.fromkeys(guard.value for guard in guards))

    @property
    def keys(self) -> tuple[Output, ...]:
        return () if self.ranges else tuple(output for output in self.outputs if output.metric is None)

    @property
    def is_alone(self) -> bool:
        """Whether the answer consists of only one leg's groups."""
        return len(self.legs) == 1 and self.legs[0].filled is None and not self.portions


def every_leg(plan: Plan) -> list[Leg]:
    """Return the plan's legs, and the legs of the tables that its tests look into."""
    return [*plan.legs, *(leg for _, inner in plan.tables for leg in every_leg(inner))]


def prefixes(path: JoinPath) -> tuple[JoinPath, ...]:
    """Return the path's prefixes from the fact outwards, with the path itself last."""
    return tuple(path[: index + 1] for index in range(len(path)))


def paths(test: Test) -> list[JoinPath]:
    """Return the path of every field that a test reads."""
    match test:
        case Compare(field):
            return [field.path]
        case Member(path=path) | Passes(path=path):
            return [path]
        case SaidTest(fields=fields):
            return [field.field.path for field in fields]
        case All(parts) | Any(parts):
            return [path for part in parts for path in paths(part)]
        case Not(part):
            return paths(part)


def fields(test: Test) -> list[LegKey]:
    """Return every field that an SQL condition in a test reads."""
    match test:
        case SaidTest(fields=keys):
            return [*keys]
        case All(parts) | Any(parts):
            return [field for part in parts for field in fields(part)]
        case Not(part):
            return fields(part)
        case Compare() | Member() | Passes():
            return []


def members(test: Test) -> list[Member]:
    """Return every segment that a test uses."""
    match test:
        case Member():
            return [test]
        case All(parts) | Any(parts):
            return [member for part in parts for member in members(part)]
        case Not(part):
            return members(part)
        case Compare() | Passes() | SaidTest():
            return []


def date_of(measure: Measure, dataset: Dataset) -> Field | None:
    """Return the date of a measure, even if hidden from the actor."""
    return Field(dataset.dimensions[measure.time], ()) if measure.time else None


def own_time(dataset: Dataset) -> Field | None:
    """Return the time dimension that dates a dataset's rows."""
    dimension = dataset.dimensions.get(dataset.time or "")
    return Field(dimension, ()) if dimension else None


def leaf_name(leaf: str, compare: str) -> str:
    """Return the name of a leaf in a comparison."""
    return f"{leaf}@{compare}" if compare else leaf
