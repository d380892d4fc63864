"""A result: rows in Arrow format, the meaning of each column, and where the rows came from."""

# pyarrow.compute makes its functions when it is imported, so a type checker sees none of them.
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import reduce
from types import MappingProxyType
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from semantic.compile import Compiled
from semantic.errors import EngineFailed
from semantic.model.definitions import (
    Additivity,
    Aggregation,
    DataType,
    DatePart,
    Enough,
    Granularity,
    Metric,
    NumberFormat,
    OverTime,
    TypeKind,
)
from semantic.model.model import Model
from semantic.model.money import shown_unit
from semantic.plan.measures.kinds import balance_day
from semantic.plan.measures.metrics import additivity
from semantic.plan.measures.unknown import days_of
from semantic.plan.time.period_aggregation import PLAIN, Timing, timing_of
from semantic.plan.tree.nodes import Output, Plan, leaf_name
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import calculation_label, describe_comparison, describe_key, lower_first
from semantic.query.known_through import loaded_through
from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.query.query import Calculation, CalculationKind, Condition, Query
from semantic.query.resolve import BUCKET, Asked, Key, compared_of, reach_of
from semantic.sql.answer.order import GROUPS, OTHER, total_flag


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultColumn:
    """The meaning of one column of the rows. Keys are breakdowns, and values are metrics.

    `name` is the column's name in the table and in JSON, and `label` is for display. A time key has the first day of
    each period, or the instant for hours and shorter periods. Values are DOUBLE, or integers for counts, and null if
    there is no value. `compare` is the comparison that a value belongs to, or "" for the question's own period.
    """

    name: str
    label: str
    role: Literal["key", "value"]
    type: DataType
    grain: Granularity | None = None
    part: DatePart | None = None  # a whole number; every January is 1
    is_period: bool = False  # of a calendar of the model: its values are ordered by time
    labels: Labels = field(default_factory=lambda: NO_LABELS, hash=False)  # of a key's members in these rows
    format: NumberFormat = NumberFormat.NUMBER
    unit: str = ""
    decimals: int | None = None
    direction: Literal["up", "down", "none"] = "none"
    is_ratio: bool = False  # recomputed in totals, never stacked
    additivity: Additivity = Additivity.NONE  # the breakdowns over which its values add up to the total
    exact: bool = True  # False: summed from doubles, equal only within 1e-9 (decision 27)
    data_from: date | None = None  # the first day with data; None if unknown
    counted_from: date | None = None  # the first day its numbers count; None if unknown
    counted_to: date | None = None  # the day after the last one its numbers count; None if unknown
    loaded_to: date | None = None  # the day after the last one that is over and loaded; None for plans
    as_of: date | None = None  # the day of a balance or window in an answer without dates
    timing: Timing = PLAIN  # which days a period's number is from, if not simply that period's
    metric: Metric | None = None
    compare: str = ""
    calculation: Calculation | None = None  # if set, `metric` is that of the source column

    @property
    def is_ordered(self) -> bool:
        """Whether the column is a date part or a calendar period. These values have an order but aren't days."""
        return self.part is not None or self.is_period

    @property
    def is_dated(self) -> bool:
        """Whether the column is a date in any form. A filter on a dimension can't match such values."""
        return self.grain is not None or self.is_ordered


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a question counts, in `time_zone`.

    `end` is excluded. If both ends are None, the question covers all time. `asked_end` is the requested end if the days
    before it aren't all loaded yet, otherwise None.
    """

    start: date | None
    end: date | None
    time_zone: str
    words: str  # "29 Jun – 27 Sep 2026, 13 complete weeks"
    asked_end: date | None = None

    @property
    def whole_end(self) -> date | None:
        """The end that the question asked for, even if the days before it aren't all loaded."""
        return self.asked_end or self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSupport:
    """The data behind the numbers of one column, row by row. It determines which numbers are marked on the screen.

    The counts are None if their metrics are hidden from the actor, who then only learns whether there is enough data.
    `beside` has the numerators of a ratio or the variances of means.
    """

    need: Enough
    is_enough: tuple[bool, ...]
    what: str = ""  # what is counted: "sessions"
    counts: tuple[float | None, ...] | None = None
    beside: tuple[float | None, ...] | None = None


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A failing check of the data behind a result, such as "order_id is unique" of "Orders", and when it was found.

    `what` and `data` are empty if they're hidden from the actor, who then only learns that a check fails.
    """

    what: str = ""
    data: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A text value in a filter that doesn't occur in any row this actor can see.

    `near` has the closest existing values. `condition` is the filter with the model's names, and `label` is the
    dimension's name in the form used within a sentence.
    """

    condition: Condition
    label: str
    value: str
    near: tuple[str, ...] = ()
    labels: Labels = field(default_factory=lambda: NO_LABELS, hash=False)  # of `near`


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Rows at the grain of the question's `by`, one per group, in the question's order, with their meaning.

    With a breakdown, the table's last column, `bucket`, says what each key of a row is, joined by commas: member, none
    (no value), other (everything outside the top) or total. That column has no ResultColumn. `groups` is the number of
    groups, shown or not, without Other and totals. `hidden` marks the numbers that a policy hides because they are
    based on too few members. Hidden numbers are null in the table. If the policy `leaves_out` groups, rows with only
    hidden numbers are missing. `notes` are sentences that a reader must know before using the numbers. `scope`
    describes the visible rows in the policy's words, or is "" for all rows. `incomparable` has, for each comparison
    column and row, the reason why the change isn't marked as better or worse. The reason is "" if the change is marked,
    and None if there is no change.
    """

    query: Query
    table: pa.Table
    columns: tuple[ResultColumn, ...]
    groups: int
    title: str
    period: Period
    filters: str  # in words, "" if none
    scope: str
    notes: tuple[str, ...]
    sql: str  # with placeholders, as it ran
    params: tuple[object, ...]
    readable_sql: str  # the same with its values filled in, without secrets
    dialect: str
    model_version: str
    data_version: str | None
    computed_at: datetime  # when the rows were computed, UTC
    cached: bool
    elapsed_seconds: float
    asked_on: date | None = None  # today in the model's zone when it was asked; None if unknown
    data_to: datetime | None = None  # the oldest of the last loads of the datasets read, if known
    data_to_words: str = ""
    is_stale: bool = False
    compared: Mapping[str, Period] = field(default_factory=lambda: MappingProxyType({}))  # by a column's `compare`
    support: Mapping[str, ColumnSupport] = field(default_factory=lambda: MappingProxyType({}))  # by column
    version_number: int | None = None  # of the published version that answered; None if a folder is the model
    version_words: str = ""  # "3, since 4 Mar 2026"
    receipt: str = ""  # the receipt's ID; "" if receipts aren't stored
    hidden: Mapping[str, tuple[bool, ...]] = field(default_factory=lambda: MappingProxyType({}))  # by column, by row
    leaves_out: bool = False
    incomparable: Mapping[str, tuple[str | None, ...]] = field(default_factory=lambda: MappingProxyType({}))
    final_until: date | None = None  # the last final day; None if no shown day can still change
    instead: Mapping[str, Metric] = field(default_factory=lambda: MappingProxyType({}))  # for a deprecated metric
    reads: frozenset[str] = frozenset()  # the datasets whose rows determine the result
    failed: tuple[FailedCheck, ...] = ()  # known failing checks of the data behind the result
    unknown: tuple[UnknownValue, ...] = ()  # values in its filters that no row has; also named in the notes
    sorted_by: str = ""  # the column that a reader sorted these rows by; "" in the question's order

    @property
    def keys(self) -> tuple[ResultColumn, ...]:
        return tuple(column for column in self.columns if column.role == "key")

    @property
    def values(self) -> tuple[ResultColumn, ...]:
        return tuple(column for column in self.columns if column.role == "value")

    def hides(self, column: ResultColumn) -> bool:
        """Whether a policy may hide some of a column's numbers, or leave out groups.

        The numbers shown may then be incomplete.
        """
        return column.name in self.hidden and (self.leaves_out or any(self.hidden[column.name]))

    def is_judged(self, before: ResultColumn, row: int) -> bool:
        """Whether a row's change, compared with the column `before`, can be called better or worse."""
        reasons = self.incomparable.get(before.name)
        return reasons is None or reasons[row] == ""

    def in_order(self, places: Sequence[int], sorted_by: str) -> Result:
        """Return the result with its rows in the order that the reader chose, instead of the question's order."""
        taken = {
            name: replace(
                behind,
                is_enough=tuple(behind.is_enough[place] for place in places),
                counts=behind.counts and tuple(behind.counts[place] for place in places),
                beside=behind.beside and tuple(behind.beside[place] for place in places),
            )
            for name, behind in self.support.items()
        }
        return replace(
            self,
            table=self.table.take(pa.array(places, pa.int64())),
            support=MappingProxyType(taken),
            hidden=MappingProxyType({name: tuple(cells[at] for at in places) for name, cells in self.hidden.items()}),
            incomparable=MappingProxyType(
                {name: tuple(cells[at] for at in places) for name, cells in self.incomparable.items()}
            ),
            sorted_by=sorted_by,
        )

    def rows(self) -> Sequence[dict[str, object]]:
        """Return the rows as Python values. Use it for small results in text, JSON and tests."""
        return self.table.to_pylist()


def describe_columns(compiled: Compiled) -> tuple[ResultColumn, ...]:
    """Return the meaning of each column of a compiled question's rows."""
    keys = {key.name: key for key in compiled.asked.keys}
    compared = {each_compared.name: each_compared for each_compared in compiled.asked.compared}
    model = compiled.asked.visible.model
    inexact = _inexact(compiled.plan)
    columns: list[ResultColumn] = []
    for output in compiled.columns:
        metric = output.metric
        if metric is None and compiled.plan.ranges:
            columns.append(_range_column(output, keys))
            continue
        if metric is None:
            label = describe_key(keys[output.name])
            column = ResultColumn(name=output.name, label=label, role="key", type=output.type, grain=output.grain)
            key = keys[output.name]
            columns.append(replace(column, part=key.part, is_period=key.period is not None))
            continue
        measures = list(measures_of(metric, model))
        is_ratio = _is_ratio(metric, model) or any(measure.agg in _MEANS for measure in measures)
        columns.append(
            ResultColumn(
                name=output.name,
                label=metric.label + (f", {describe_comparison(compared[output.compare])}" if output.compare else ""),
                role="value",
                type=output.type,
                format=metric.format,
                unit=shown_unit(metric, compiled.asked.query.currency),
                decimals=metric.decimals,
                direction=metric.direction,
                is_ratio=is_ratio,
                additivity=additivity(metric, model),
                timing=timing_of(metric, model),
                exact=all(measure.type.kind is not TypeKind.DOUBLE for measure in measures)
                and output.name not in inexact,
                data_from=None if output.compare else reach_of(metric, compiled.asked).first,
                counted_from=None if output.compare else _counted_from(metric, compiled.asked),
                counted_to=None if output.compare else days_of(metric, compiled.asked).end,
                loaded_to=_loaded_to(metric, compiled.asked),
                as_of=_as_of(metric, output.compare, compiled.asked),
                metric=metric,
                compare=output.compare,
            )
        )
    return (*columns, *_calculated_columns(compiled, {column.name: column for column in columns}))


def with_labels(columns: Sequence[ResultColumn], table: pa.Table, compiled: Compiled) -> tuple[ResultColumn, ...]:
    """Return the columns with labels for the members in these rows. Masked values get no labels."""
    members = members_of(compiled.asked.keys)
    return tuple(_labelled(one, members.get(one.name, ""), table, compiled.asked.visible) for one in columns)


def members_of(keys: Iterable[Key]) -> dict[str, str]:
    """Return the dimension whose members a column contains, by column name. Dates and entities are left out."""
    return {
        key.name: key.dimensions[0].name for key in keys if key.dimensions and not key.is_time and key.entity is None
    }


def _labelled(column: ResultColumn, dimension: str, table: pa.Table, visible: VisibleModel) -> ResultColumn:
    labels = visible.member_labels(dimension) if column.role == "key" and dimension else NO_LABELS
    if not labels:
        return column
    return replace(column, labels=labels_among(table.column(column.name).unique().to_pylist(), labels))


def _inexact(plan: Plan) -> set[str]:
    """Return the amount columns whose currency conversion is inexact: by a division, or at inexact rates."""
    leaves = {
        leaf.name
        for leg in plan.legs
        for leaf in leg.leaves
        if leg.exchange and leaf.name in dict(leg.exchange.amounts) and leaf.measure.type.kind is TypeKind.DOUBLE
    }
    metrics, simple = dict(plan.metrics), dict(plan.leaves)

    def reads(name: str, compare: str) -> bool:
        if name in simple:
            return leaf_name(simple[name], compare) in leaves
        return any(reads(metric_input, compare) for metric_input in metrics[name].inputs)

    return {output.name for output in plan.outputs if output.metric and reads(output.metric.name, output.compare)}


def _counted_from(metric: Metric, asked: Asked) -> date | None:
    """Return the first day of a question that a metric counts and that has data."""
    starts = (days_of(metric, asked).start, reach_of(metric, asked).first)
    return max((day for day in starts if day is not None), default=None)


def _loaded_to(metric: Metric, asked: Asked) -> date | None:
    last = loaded_through(metric, asked.visible.model, asked.asking)
    return last + timedelta(days=1) if last is not None else None


def _as_of(metric: Metric, compare: str, asked: Asked) -> date | None:
    """Return the day of a balance, or the last day of a window, for the whole question. None for other metrics.

    It's for the question's own days, or for the days of the comparison `compare`.
    """
    reach = reach_of(metric, asked)
    compared = compared_of(compare, reach)
    days = reach.days if compared is None else compared.days
    if timing_of(metric, asked.visible.model).of_day is not OverTime.LAST or days.is_empty:
        return None
    return balance_day(metric, days, asked, is_compared=compared is not None)


def _calculated_columns(compiled: Compiled, known: Mapping[str, ResultColumn]) -> Iterator[ResultColumn]:
    """Yield a column for each calculation: a share, a rank, an index, or a number in the source column's unit."""
    for calculation, node in zip(compiled.asked.calc, compiled.plan.calculations, strict=True):
        of = known[calculation.of]
        column = replace(
            of,
            name=calculation.name,
            label=calculation_label(calculation, compiled.asked),
            type=node.type,
            additivity=Additivity.NONE,
            timing=PLAIN,
            as_of=None,
            compare="",
            calculation=calculation,
        )
        match calculation.do:
            case CalculationKind.DIFFERENCE:
                same = known[calculation.to].metric == of.metric
                points = " in percentage points" if of.format is NumberFormat.SHARE else ""
                column = replace(column, label=column.label + points, direction=of.direction if same else "none")
            case CalculationKind.RATIO:
                column = _ratio_column(column, of, known[calculation.to])
            case CalculationKind.PERCENT_OF_TOTAL:
                column = replace(column, format=NumberFormat.SHARE, unit="", decimals=None)
            case CalculationKind.RANK:
                column = replace(column, format=NumberFormat.COUNT, unit="", decimals=None)
            case CalculationKind.INDEX:
                column = replace(column, format=NumberFormat.NUMBER, unit="", decimals=1)
            case CalculationKind.MOVING_AVERAGE if of.format is NumberFormat.COUNT:
                column = replace(column, format=NumberFormat.NUMBER, decimals=1)
            case _:
                pass
        # Values whose magnitude differs from the metric's are drawn separately.
        beside = (CalculationKind.DIFFERENCE, CalculationKind.MOVING_AVERAGE)
        yield column if calculation.do in beside else replace(column, is_ratio=True, direction="none")


def _ratio_column(column: ResultColumn, top: ResultColumn, bottom: ResultColumn) -> ResultColumn:
    """Return the column of a ratio. Money per something else is money. Any other ratio has no unit."""
    if top.format is NumberFormat.MONEY and bottom.format is not NumberFormat.MONEY:
        return replace(column, decimals=2)
    return replace(column, format=NumberFormat.RATIO, unit="", decimals=None)


def _range_column(output: Output, keys: Mapping[str, Key]) -> ResultColumn:
    """Return the column for the minimum or maximum of a breakdown."""
    name, _, end = output.name.rpartition("__")
    label = f"{describe_key(keys[name])}, {'least' if end == 'min' else 'most'}"
    return ResultColumn(name=output.name, label=label, role="value", type=output.type, grain=output.grain)


def _is_ratio(metric: Metric, model: Model) -> bool:
    """Whether a metric divides one number by another, over any window or offset. Conversion rates do."""
    while metric.cumulative is not None or _is_renamed(metric):
        metric = model.metrics[metric.uses[0].metric if metric.uses else metric.inputs[0]]
    is_rate = metric.conversion is not None and metric.conversion.gives == "rate"
    return metric.is_ratio or is_rate


def _is_renamed(metric: Metric) -> bool:
    """Whether a metric's formula is just one other metric, such as its value a year before."""
    return metric.expression is not None and isinstance(metric.expression.tree, exp.Column)


_MEANS = (Aggregation.AVG, Aggregation.MEDIAN, Aggregation.PERCENTILE)
_ARROW = {
    TypeKind.STRING: pa.string(),
    TypeKind.INTEGER: pa.int64(),
    TypeKind.DOUBLE: pa.float64(),
    TypeKind.BOOLEAN: pa.bool_(),
    TypeKind.DATE: pa.date32(),
    TypeKind.TIMESTAMP: pa.timestamp("us"),
    TypeKind.TIMESTAMPTZ: pa.timestamp("us", tz="UTC"),
}


def _arrow(kind: DataType) -> pa.DataType:
    """Return the Arrow type for a column.

    A decimal gets its declared size, which some engines lose for a computed key.
    """
    if kind.kind is not TypeKind.DECIMAL:
        return _ARROW[kind.kind]
    return pa.decimal128(kind.precision, kind.scale)


def typed_table(table: pa.Table, compiled: Compiled) -> pa.Table:
    """Return the engine's rows with their declared types, which are the same for every engine."""
    table = with_grand_total(table, compiled)
    calculated = [Output(calculation.name, None, calculation.type) for calculation in compiled.plan.calculations]
    typed = cast_columns(table, [*compiled.columns, *calculated])
    kinds = _kinds(table, compiled)
    return typed.append_column(BUCKET, pc.binary_join_element_wise(*kinds.values(), ",")) if kinds else typed


def cast_columns(table: pa.Table, outputs: Sequence[Output]) -> pa.Table:
    """Return the columns of `outputs` with their declared types. Raises EngineFailed for values of any other type."""
    columns: list[pa.ChunkedArray] = []
    for output in outputs:
        try:
            columns.append(table.column(output.name).cast(_arrow(output.type)))
        except pa.ArrowException as error:
            message = (
                f"The column {output.name!r} has values that aren't of type {output.type}. `check --connect` "
                "compares the model with the tables."
            )
            raise EngineFailed(message) from error
    return pa.table(columns, names=[output.name for output in outputs])


def with_grand_total(table: pa.Table, compiled: Compiled) -> pa.Table:
    """Return the engine's rows with a grand total. Some engines leave it out if there are no rows.

    The total of no rows is 0 for counts, and otherwise the metric's fill value or null.
    """
    plan = compiled.plan
    if () not in plan.totals or table.num_rows:
        return table
    flags = {total_flag(index): 1 for index in range(len(plan.keys))}
    counts = (
        Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT, Aggregation.SUM_BOOLEAN,
    )  # fmt: skip
    values: dict[str, object] = {}
    for output in plan.outputs:
        metric = output.metric
        if metric is not None and metric.is_simple:
            is_count = compiled.asked.visible.model.measure(metric.measure).agg in counts
            values[output.name] = 0 if is_count else metric.fill
    row = {name: [(values | flags).get(name)] for name in table.column_names}
    return pa.table([pa.array(row[field.name], type=field.type) for field in table.schema], schema=table.schema)


def read_support(table: pa.Table, compiled: Compiled) -> Mapping[str, ColumnSupport]:
    """Return the counts behind each column that requires a minimum amount of data, from the engine's rows."""
    table = with_grand_total(table, compiled)
    columns: dict[str, dict[str, tuple[float | None, ...]]] = {}
    for support in compiled.plan.support:
        columns.setdefault(support.of, {})[support.part] = tuple(table.column(support.value.name).to_pylist())
    metrics = {output.name: output.metric for output in compiled.columns}
    supports: dict[str, ColumnSupport] = {}
    for name, parts in columns.items():
        metric = metrics[name]
        assert metric is not None
        assert metric.enough is not None
        need = metric.enough
        counts = parts["denominator"] if "denominator" in parts else parts["rows"]
        known = ColumnSupport(
            need=need, is_enough=tuple(count is not None and count >= need.at_least for count in counts)
        )
        if may_know_support(metric, compiled.asked.visible):
            beside = parts["numerator"] if "numerator" in parts else parts["variance"]
            what = _counted_things(metric, compiled.asked.visible.model)
            known = replace(known, what=what, counts=counts, beside=beside)
        supports[name] = known
    return MappingProxyType(supports)


def may_know_support(metric: Metric, visible: VisibleModel) -> bool:
    """Whether a person can see how much data is behind a number: both sides of a ratio, or the rows behind a mean."""
    model = visible.model
    if metric.is_ratio:
        return all(visible.shows_metric(model.metrics[name]) for name in metric.inputs)
    dataset = model.measure(metric.measure).dataset
    counting = (
        model_metric
        for model_metric in model.metrics.values()
        if model_metric.is_simple
        and model.measure(model_metric.measure).dataset == dataset
        and model.measure(model_metric.measure).agg is Aggregation.COUNT
    )
    return all(visible.shows_metric(each_metric) for each_metric in counting)


def _counted_things(metric: Metric, model: Model) -> str:
    if metric.is_ratio:
        below = model.metrics[metric.inputs[1]]
        return below.unit or lower_first(below.label)
    return lower_first(model.datasets[model.measure(metric.measure).dataset].label)


def count_groups(table: pa.Table, compiled: Compiled) -> int:
    """Return the number of groups in an engine's answer, including groups that a limit cuts off."""
    if GROUPS in table.column_names:
        return int(table.column(GROUPS)[0].as_py()) if table.num_rows else 0
    kinds = _kinds(table, compiled)
    special = [pc.is_in(kind, pa.array(["other", "total"])) for kind in kinds.values()]
    return table.num_rows - (pc.sum(reduce(pc.or_, special)).as_py() or 0 if special else 0)


def _kinds(table: pa.Table, compiled: Compiled) -> dict[str, pa.ChunkedArray]:
    """Return, for each key, the kind of each row: a member, none, Other or a total."""
    kinds: dict[str, pa.ChunkedArray] = {}
    chosen = compiled.plan.chosen
    for index, key in enumerate(compiled.plan.keys):
        kind = pc.if_else(pc.is_null(table.column(key.name)), "none", "member")
        if chosen is not None and chosen.dim == key.name:
            kind = pc.if_else(_is_one(table, OTHER), "other", kind)
        flag = total_flag(index)
        kinds[key.name] = pc.if_else(_is_one(table, flag), "total", kind) if flag in table.column_names else kind
    return kinds


def _is_one(table: pa.Table, column: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(table.column(column), 1), False)
