"""A dbt project's semantic layer, with MetricFlow's objects as frozen data in dbt's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GRANULARITIES = (
    "nanosecond", "microsecond", "millisecond", "second", "minute", "hour",
    "day", "week", "month", "quarter", "year",
)  # fmt: skip
"""The standard periods, shortest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """An object in a dbt project. `file` is the file that defines it, for the list of losses.

    `carried` is what Samepage's export stored because dbt can't express it.
    """

    name: str
    label: str = ""
    description: str = ""
    file: str = ""
    carried: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Noun):
    kind: str  # primary, unique, natural, foreign
    expr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension(Noun):
    kind: str  # categorical, time
    expr: str
    granularity: str = ""
    is_partition: bool = False
    validity: str = ""  # "start" or "end" of a row's validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Noun):
    agg: str
    expr: str
    agg_time_dimension: str = ""
    percentile: str = ""
    is_discrete: bool = False
    is_approximate: bool = False
    over: str = ""  # the time dimension over which it doesn't add up
    window_choice: str = ""
    window_groupings: tuple[str, ...] = ()
    create_metric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticModel(Noun):
    table: str
    agg_time_dimension: str = ""
    primary_entity: str = ""
    entities: tuple[Entity, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class MeasureInput:
    """A measure that a metric uses. `filters` apply before aggregation, and not again afterwards."""

    name: str
    filters: tuple[str, ...] = ()
    fill: str = ""
    join_to_timespine: bool = False


@dataclass(frozen=True, slots=True)
class MetricInput:
    name: str
    alias: str = ""
    filters: tuple[str, ...] = ()
    offset_window: str = ""
    offset_to_grain: str = ""


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion. `base` and `converted` are measures, or metrics in the newer spec."""

    base: MeasureInput | MetricInput
    converted: MeasureInput | MetricInput
    entity: str
    window: str = ""
    calculation: str = "conversion_rate"
    constant: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Noun):
    kind: str  # simple, ratio, derived, cumulative, conversion
    filters: tuple[str, ...] = ()
    granularity: str = ""
    measure: MeasureInput | None = None
    numerator: MetricInput | None = None
    denominator: MetricInput | None = None
    expr: str = ""
    inputs: tuple[MetricInput, ...] = ()  # of derived; the single one of cumulative
    window: str = ""
    grain_to_date: str = ""
    period_agg: str = ""
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSpine(Noun):
    """A table with one row per period. `custom` are its columns of custom periods, as pairs of name and column."""

    table: str
    column: str
    granularity: str
    custom: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery(Noun):
    metrics: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Noun):
    """A test of a table's rows.

    `name` includes the package if the test isn't dbt's own, as in `dbt_utils.accepted_range`. `arguments` are as
    written.
    """

    __test__ = False

    column: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DbtTable(Noun):
    """A table that dbt builds or reads, with descriptions of its columns and with tests."""

    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    tests: tuple[Test, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything in a project that defines metrics. `tables` have descriptions and tests."""

    models: tuple[SemanticModel, ...]
    metrics: tuple[Metric, ...]
    spines: tuple[TimeSpine, ...]
    queries: tuple[SavedQuery, ...]
    tables: Mapping[str, DbtTable] = field(default_factory=dict[str, DbtTable])
