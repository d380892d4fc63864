"""The objects of a model as frozen data: datasets, entities, dimensions, measures, metrics and segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from semantic.errors import counted
from semantic.model.contract import Contract
from semantic.model.expression import Expression

FIRST_YEAR, LAST_YEAR = 1700, 3000
"""The range of years allowed in questions and for the start of data. The last year is excluded."""


class TypeKind(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's declared type. `precision` and `scale` are only for decimals."""

    kind: TypeKind
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"decimal({self.precision},{self.scale})" if self.kind is TypeKind.DECIMAL else self.kind.value

    @property
    def is_number(self) -> bool:
        return self.kind in (TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.DOUBLE)

    @property
    def is_time(self) -> bool:
        return self.kind in (TypeKind.DATE, TypeKind.TIMESTAMP, TypeKind.TIMESTAMPTZ)


class Granularity(StrEnum):
    """The length of a period, from shortest to longest. The first four are shorter than a day."""

    MILLISECOND = "millisecond"
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"

    @property
    def words(self) -> str:
        """The granularity in words: `fiscal year`."""
        return self.value.replace("_", " ")

    @property
    def is_clock(self) -> bool:
        """Whether the granularity is shorter than a day."""
        return self in _OF_THE_CLOCK


_OF_THE_CLOCK = frozenset((Granularity.MILLISECOND, Granularity.SECOND, Granularity.MINUTE, Granularity.HOUR))


class DatePart(StrEnum):
    """A part of a date as a whole number, such as 1 for every January."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    DAY = "day"  # of the month
    DOW = "dow"  # of the week, ISO: Monday is 1, Sunday 7
    DOY = "doy"  # of the year: 1 to 366
    HOUR = "hour"  # of the day, 0 to 23, in the question's zone
    DAY_NUMBER = "day_number"  # of the question's period, or of the compared one: the first is 1

    @property
    def grain(self) -> Granularity:
        """The longest period within which the part is constant. A date has to be known at least that precisely."""
        longer = {
            DatePart.YEAR: Granularity.YEAR,
            DatePart.QUARTER: Granularity.QUARTER,
            DatePart.MONTH: Granularity.MONTH,
            DatePart.HOUR: Granularity.HOUR,
        }
        return longer.get(self, Granularity.DAY)

    @property
    def words(self) -> str:
        """The part in words: `month of the year`."""
        return _PART_WORDS[self]


_PART_WORDS = {
    DatePart.YEAR: "calendar year",
    DatePart.QUARTER: "quarter of the year",
    DatePart.MONTH: "month of the year",
    DatePart.DAY: "day of the month",
    DatePart.DOW: "weekday",
    DatePart.DOY: "day of the year",
    DatePart.HOUR: "hour of the day",
    DatePart.DAY_NUMBER: "day of the period",
}


class EntityKind(StrEnum):
    PRIMARY = "primary"  # the dataset's grain
    UNIQUE = "unique"  # another key of the same rows
    NATURAL = "natural"  # the key of an object whose versions are rows: one row at any time
    FOREIGN = "foreign"  # refers to another dataset's primary, unique or natural entity


class Aggregation(StrEnum):
    SUM = "sum"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    APPROX_COUNT_DISTINCT = "approx_count_distinct"
    AVG = "avg"
    MIN = "min"
    MAX = "max"
    MEDIAN = "median"
    PERCENTILE = "percentile"
    SUM_BOOLEAN = "sum_boolean"
    VARIANCE = "variance"  # of a sample; only for intervals of means, not in the model language


class Additivity(StrEnum):
    FULL = "full"  # such as revenue: can be summed over any dimension
    SEMI = "semi"  # such as an account balance: over any dimension but time
    NONE = "none"  # such as a ratio or a distinct count: never


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, such as 28 days or 1 month."""

    count: int
    unit: Granularity

    @property
    def words(self) -> str:
        """The length in words: `28 days`, `1 month`."""
        return counted(self.count, self.unit.words)


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """A number of calendar periods, such as 2 retail months."""

    count: int
    period: str

    @property
    def words(self) -> str:
        """The length in words: `2 retail months`."""
        return counted(self.count, self.period.replace("_", " "))


class OverTime(StrEnum):
    """How a balance is shown for a period: its first day, its last day, or the average of its days."""

    FIRST = "first"
    LAST = "last"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """The descriptive fields of every object of a model."""

    name: str
    label: str = ""
    description: str = ""
    owner: str = ""
    synonyms: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing whose key joins datasets, such as a country.

    `name` is the entity's role in this dataset, and `entity` its name in the model. Billing country and shipping
    country are two roles of one entity.
    """

    name: str
    entity: str
    kind: EntityKind
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension(Described):
    """Something to group or filter rows by: an expression over its own dataset's columns.

    For an instant, `day` is the column with its date in the model's time zone, if the table has one, because reading a
    column is faster than converting. `grain` is the period that one value of a time dimension represents, if that is
    longer than a day, such as a budget's month, or if an instant is only known by hour, minute or second. `only_for`
    names the measures that can be split and filtered by the dimension, each as `dataset.measure`. Empty means all
    measures. `labels` are pairs of a member, as text, and its label. `labels_from` is the dimension of the same dataset
    whose values label the other members, or "". `member_synonyms` are other words for a member. `read_from` is the
    dimension from whose values a naming rule derives this one, or "".
    """

    dataset: str
    kind: Literal["categorical", "time", "boolean"]
    sql: Expression
    type: DataType
    day: Expression | None = None
    grain: Granularity | None = None
    only_for: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    labels_from: str = ""
    member_synonyms: tuple[tuple[str, tuple[str, ...]], ...] = ()
    read_from: str = ""

    @property
    def days_grain(self) -> Granularity:
        """The shortest period, at least a day, that a time dimension can be grouped by."""
        return Granularity.DAY if self.grain is None or self.grain.is_clock else self.grain


@dataclass(frozen=True, slots=True)
class Completeness:
    """The share of a day's final amount known `days` days later, from `low` to `high`.

    A share above 1 means that the amount shrinks, as revenue does with returns. An entry applies until the next entry's
    `days`.
    """

    days: int
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Described):
    """One aggregation over one dataset's rows, at that dataset's own grain. `sql` is None for a count of rows.

    `within` names dimensions across which the measure doesn't add up, such as the platform of conversions that several
    platforms claim. `percentile` is the share of values below a median or percentile, 0.5 for a median. The result
    interpolates between two values, or is one of them if `discrete`. `approximate` lets an engine estimate it from a
    sketch. A semi-additive measure isn't summed over days: a period has the value of its last or first day, or the
    average of its days (`over_time`). `per` names entities or dimensions whose members each have their own last day.
    With a `currency`, rows are amounts in several currencies. The amount is `sql`, or `local` if `sql` is already
    converted.
    """

    dataset: str
    agg: Aggregation
    sql: Expression | None
    type: DataType  # of the aggregated value
    additivity: Additivity
    time: str | None  # the time dimension of its dataset that dates it
    within: tuple[str, ...] = ()
    percentile: float = 0.5
    discrete: bool = False
    approximate: bool = False
    over_time: OverTime | None = None  # of a semi-additive measure
    per: tuple[str, ...] = ()  # entities or dimensions that each have their own last or first day
    currency: str = ""  # the column with the currency of each row's amount
    local: Expression | None = None  # the amount as paid, if `sql` is already in the model's currency
    final_after: int = 0  # days until a day's rows are final
    completeness: tuple[Completeness, ...] = ()  # how much of a day's final amount is known before, by age


class CheckKind(StrEnum):
    NOT_NULL = "not_null"
    UNIQUE = "unique"
    ACCEPTED = "accepted"
    RELATIONSHIP = "relationship"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on a dataset's rows.

    `at_least` is a share for not_null and relationship checks, and a number of rows for row counts.
    """

    kind: CheckKind
    columns: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    at_least: float = 1.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the newest value of `column` can be, in hours, before the dataset is late.

    `by` is the dimension that says which source a row came from, if there are several. `loaded_with` is a dataset that
    is loaded together with this one, if this one's rows are too rare to show when it was loaded. With `append_only`,
    rows never change after loading, so `column` also shows what was known earlier.
    """

    column: str
    warn_after_hours: int
    by: str = ""
    loaded_with: str = ""
    append_only: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """A dataset of versions. Rows with the same `key` are versions of one thing, and at most one is `current`."""

    key: tuple[str, ...]
    current: Expression


@dataclass(frozen=True, slots=True)
class Validity:
    """The period in which a version is valid: from `start` up to, but not including, `end`.

    Rows with the same `key` are versions of one thing. A version without an end is still valid. A version without a
    start is never valid. A fact joins the version that was valid at the fact's own time.
    """

    key: tuple[str, ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Partition:
    """A column that partitions a table. Datasets with partitions of the same `name` join only within a partition."""

    name: str
    column: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """A dataset whose rows link two entities, many to many.

    `weight` is the link's share of the entity `of`. The shares of each member of `of` add up to 1, so that the member's
    numbers can be split among its links.
    """

    weight: str
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Described):
    """One table or view with a stated key.

    `source` is the table. A view has SQL in `query` instead. Rows of a `forward` dataset, such as budgets, can be in
    the future. `begins` is the first complete day, if that isn't the first day with a row.
    """

    source: str
    query: Expression | None = None
    grain: tuple[str, ...]
    columns: Mapping[str, DataType]
    entities: tuple[Entity, ...] = ()
    dimensions: Mapping[str, Dimension]
    measures: Mapping[str, Measure]
    time: str | None = None
    freshness: Freshness | None = None
    checks: tuple[Check, ...] = ()
    history: History | None = None
    validity: Validity | None = None
    partitions: tuple[Partition, ...] = ()
    bridge: Bridge | None = None
    forward: bool = False
    begins: date | None = None
    row_rules_reviewed: str = ""  # why row rules needn't reach inside `query`
    origin: Literal["", "upload"] = ""  # "upload": a person's file, visible only if a policy names it
    connection: str = ""  # the connection that has its table; "" for the main one
    domain: str = ""  # the team whose dataset it is; "" for the core


class Form(StrEnum):
    """A way to compute a metric that the planner supports. Every kind of metric maps to one of these forms."""

    SIMPLE = "simple"  # a measure of rows
    RATIO = "ratio"  # one metric divided by another
    DERIVED = "derived"  # an expression over metrics
    CUMULATIVE = "cumulative"  # one metric over a window of days
    CONVERSION = "conversion"  # rows that led to rows of another metric


@dataclass(frozen=True, slots=True)
class Input:
    """A metric used in a ratio or formula, under the `name` that it has there.

    `where` is a condition over dimensions. `offset` shifts the metric back by a length of time. `offset_to` uses the
    metric's value on the first day of the current period.
    """

    name: str
    metric: str
    where: Expression | None = None
    offset: Span | CalendarSpan | None = None
    offset_to: Granularity | None = None


@dataclass(frozen=True, slots=True)
class Cumulative:
    """The days that a cumulative metric adds up: a rolling `window`, the period `to_date`, or all so far.

    `at` says whether a longer period shows its last day, its first day, or the average of its days.
    """

    window: Span | None = None
    to_date: Granularity | None = None
    at: OverTime = OverTime.LAST


@dataclass(frozen=True, slots=True)
class Conversion:
    """How base events lead to conversions of the same `entity`, within a `window` after the event.

    Without a window, a conversion counts at any later time. It belongs to the latest base event before it whose columns
    match in every pair of `constant` (a column of the base, a column of the conversion). `gives` is either the
    conversions divided by all base events, or their number. The result is dated by the base event (`cohort`) or by the
    conversion (`period`).
    """

    entity: str
    window: Span | None = None
    constant: tuple[tuple[str, str], ...] = ()
    gives: Literal["rate", "count"] = "rate"
    by: Literal["cohort", "period"] = "cohort"


class NumberFormat(StrEnum):
    """How a metric's value is formatted."""

    MONEY = "money"
    COUNT = "count"
    NUMBER = "number"
    RATIO = "ratio"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Certification:
    """A certification in a model file: who certified the metric, until when, and perhaps a digest of its definition."""

    by: str
    until: date
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A deprecation from the day `since`: its reason, and the metric to use instead, or "" if there is none."""

    since: date
    replaced_by: str = ""
    reason: str = ""


class Interval(StrEnum):
    """The method for a metric's 95% interval."""

    NONE = "none"
    WILSON = "wilson"  # for a share, in which each object either counts or doesn't
    T = "t"  # for a mean


@dataclass(frozen=True, slots=True)
class Enough:
    """How much data a reliable number needs: at least this denominator of a ratio, or this many rows behind a mean.

    A number based on less data is shown and marked. This isn't a privacy rule.
    """

    at_least: int
    interval: Interval = Interval.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Described):
    """A named, governed number.

    `kind` is one of semantic.model.kinds, as in the model's files, and `form` is how that kind is computed. Simple:
    `measure` with an optional `filter` over the measure's dataset. Ratio: numerator over denominator, where a
    denominator of 0 gives null. Derived: `expression` whose columns are the names of `uses`. Cumulative: one metric
    over a window. Conversion: how rows of one simple metric lead to rows of another. `where` is a condition over
    dimensions that every counted row must pass.
    """

    kind: str
    measure: str = ""  # dataset.measure
    filter: Expression | None = None
    where: Expression | None = None
    inputs: tuple[str, ...] = ()  # metrics: (numerator, denominator), (base, conversion), or the inputs of a formula
    uses: tuple[Input, ...] = ()  # of a ratio or formula: how each of `inputs` is used, in the same order
    expression: Expression | None = None
    cumulative: Cumulative | None = None
    conversion: Conversion | None = None
    unit: str = ""  # "EUR", "orders"; shown
    format: NumberFormat = NumberFormat.NUMBER
    decimals: int | None = None
    direction: Literal["up", "down", "none"] = "none"  # which way is favourable
    fill: int | None = None  # shown instead of a missing value in a group that exists elsewhere in the result
    every_period: bool = False  # a period without rows is shown too
    grain: Granularity | None = None  # the granularity of its date if a question gives none
    means: str = ""
    does_not_mean: str = ""
    certified: Certification | None = None
    deprecated: Deprecation | None = None
    enough: Enough | None = None
    matters: Fraction | None = None  # the smallest change that matters: a difference for a share, otherwise relative
    final_after: int | None = None  # days until a day's number is final; None for the maximum of its inputs
    counts_after: int = 0  # days until a day counts, for a simple metric: a customer's first year is known a year later
    target: str = ""  # the metric that is this metric's target
    own_data: bool = False  # whether it counts rows of an upload, directly or through another metric
    contract: Contract = field(default_factory=Contract, compare=False, repr=False)  # shared by all its copies
    domain: str = ""  # the team whose metric it is; "" for the core

    @property
    def form(self) -> Form:
        """How the metric is computed."""
        if self.expression is not None:
            return Form.DERIVED
        if self.cumulative is not None:
            return Form.CUMULATIVE
        if self.conversion is not None:
            return Form.CONVERSION
        return Form.RATIO if self.inputs else Form.SIMPLE

    @property
    def is_simple(self) -> bool:
        """Whether the metric aggregates rows itself instead of using other metrics."""
        # Asked for each metric of a model: avoids a call to `form`.
        return not self.inputs and self.expression is None and self.cumulative is None and self.conversion is None

    @property
    def is_ratio(self) -> bool:
        """Whether the metric divides its first input by its second."""
        return self.form is Form.RATIO


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Described):
    """A named filter: rows whose `entity` has a row in `dataset` that passes `where`.

    With `count`, only rows in the last `count` complete `unit`s of the time dimension `time` are considered, counted
    back from today, or from the end of the question's period with `as_of: period_end`.
    """

    entity: str
    dataset: str
    where: Expression | None = None
    time: str | None = None
    count: int = 0
    unit: Granularity = Granularity.DAY
    as_of: Literal["today", "period_end"] = "today"
    domain: str = ""  # the team whose segment it is; "" for the core


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a grant or a denial: all names, listed names, or names with a tag."""

    everything: bool = False
    names: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def holds(self, thing: Described) -> bool:
        return self.everything or thing.name in self.names or not self.tags.isdisjoint(thing.tags)
