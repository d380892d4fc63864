"""The rows behind one cell that a person can see, and the SQL that lists them.

Listing rows requires a separate grant. All row rules, masks and filters of the number apply.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
from sqlglot import exp

from semantic.compile import Statement
from semantic.errors import GroupTooSmall, TimeMismatch, UnknownName, UnsafeReaggregation
from semantic.model.definitions import (
    Aggregation,
    Dataset,
    DataType,
    Dimension,
    Granularity,
    Metric,
    NumberFormat,
    TypeKind,
)
from semantic.model.expression import parse_expression
from semantic.model.money import shown_unit
from semantic.model.policies import MaskKind
from semantic.model.types import infer_type
from semantic.plan.build import build
from semantic.plan.joins.filters import value_type
from semantic.plan.measures.metrics import of_asked
from semantic.plan.restrict import restrict
from semantic.plan.tree.fields import Field, LegKey
from semantic.plan.tree.nodes import AggregateColumn, Leg, Output, Plan, leaf_name
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_key, lower_first
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.member_labels import NO_LABELS, labels_among
from semantic.query.query import Query
from semantic.query.resolve import Asked, resolve
from semantic.results.cell import Cell, find_row
from semantic.results.formula import formula_tree, metrics_in
from semantic.results.result import Result, ResultColumn, cast_columns
from semantic.sql.answer.order import GROUPS
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.records import VALUE, Pin, lower_records

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class RecordColumn:
    """One column of the listed rows.

    It's a column of the dataset's key, a dimension, or the row's contribution to the metric.
    """

    output: Output
    column: ResultColumn


@dataclass(frozen=True, slots=True)
class CompiledRecords:
    """The statement and its columns. With `is_closed`, the row's own value is hidden from this person."""

    statement: Statement
    columns: tuple[RecordColumn, ...]
    dataset: Dataset
    metric: Metric
    plan: Plan
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The rows behind a cell. Each row of the dataset occurs once. `count` includes rows that aren't shown.

    Instants are shown in `time_zone`, which is the question's time zone.
    """

    metric: Metric
    dataset: Dataset
    columns: tuple[ResultColumn, ...]
    table: pa.Table
    count: int
    is_closed: bool
    scope: str
    sql: str
    time_zone: str


def listable(metric: Metric, visible: VisibleModel) -> list[Metric]:
    """Return the simple metrics behind a metric whose rows this person can list.

    For a simple metric, that's the metric itself.
    """
    names = dict.fromkeys(metrics_in(formula_tree(metric, visible)))
    for name in list(names):
        if visible.model.metrics[name].conversion is not None:
            names |= dict.fromkeys(visible.model.metrics[name].inputs)
    shown_metrics = (
        each_metric
        for each_metric in map(visible.model.metrics.__getitem__, names)
        if visible.shows_metric(each_metric)
    )
    return [each_metric for each_metric in shown_metrics if each_metric.is_simple and _may_list(each_metric, visible)]


def compile_records(
    seen: VisibleModel,
    query: Query,
    cell: Cell,
    metric: str,
    dialect: Dialect,
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    limit: int = MOST_ROWS,
) -> CompiledRecords:
    """Return the statement for the rows behind a simple metric in a cell of the answer to `query`.

    Raises UnknownName if this person can't list them, and Refused if the cell is withheld from everyone.
    """
    assert cell.column.metric is not None
    found_metric = seen.metric(metric)
    if cell.column.calculation is not None:
        label = cell.column.label
        message = f"{label} is calculated across groups. View the rows behind the numbers it uses."
        raise UnsafeReaggregation(message, names=(label,))
    if found_metric not in listable(cell.column.metric, seen):
        raise UnknownName(metric, (), kind="metric whose rows you may see")
    asked = resolve(query, seen, today=today, loaded=loaded)
    plan = restrict(build(asked), seen)
    _check_shown(cell, plan)
    leg, leaf = _leg_of(found_metric, cell, plan)
    closed = seen.closed_columns(leg.dataset.name)
    columns = [*_key_columns(leg.dataset, closed), *_dimensions(leg.dataset, closed, seen), *_reached(leg, asked)]
    is_closed = leaf.measure.sql is not None and not closed.isdisjoint((*leaf.measure.sql.columns, _paid_in(leg, leaf)))
    with_value = not is_closed and not _is_one_each(leaf)
    values = Values(style=dialect.parameters)
    pins = [Pin(key.column.name, key.kind, key.value) for key in cell.keys]
    shown = [key for key, _ in columns]

    def lowered(values: Values) -> exp.Select:
        return lower_records(plan, leg, leaf, pins, shown, values, dialect, limit=limit, with_value=with_value)

    outputs = [_shown(key, label, seen) for key, label in columns]
    if with_value:
        outputs.append(_shown_value(leaf, found_metric, leg.dataset, query.currency))
    statement = Statement(render(lowered(values), dialect), tuple(values.params))
    if not reads_back(lowered(Values(style=dialect.parameters)), statement.sql, dialect):
        raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")
    return CompiledRecords(statement, tuple(outputs), leg.dataset, found_metric, plan, is_closed)


def check_group(shown: Result, cell: Cell) -> None:
    """Raise GroupTooSmall if a cell's number is hidden, because its rows must not be listed either.

    `shown` is the answer that contains the cell.
    """
    hidden = shown.hidden.get(cell.column.name)
    if hidden is None:
        return
    row = find_row(shown, cell)
    if row is None or hidden[row]:
        label = cell.column.label
        raise GroupTooSmall(f"{label} is hidden here, and so are its rows. Choose a larger group.", names=(label,))


def read_records(table: pa.Table, compiled: CompiledRecords, visible: VisibleModel) -> Records:
    """Return the engine's rows with their declared types."""
    outputs = [column.output for column in compiled.columns]
    rows = cast_columns(table, outputs)
    return Records(
        metric=compiled.metric,
        dataset=compiled.dataset,
        columns=tuple(_with_labels(column.column, rows) for column in compiled.columns),
        table=rows,
        count=int(table.column(GROUPS)[0].as_py()) if table.num_rows else 0,
        is_closed=compiled.is_closed,
        scope=visible.scope,
        sql=compiled.statement.sql,
        time_zone=compiled.plan.time_zone,
    )


def _with_labels(column: ResultColumn, rows: pa.Table) -> ResultColumn:
    """Return the column with labels for only those members that occur in these rows."""
    if not column.labels:
        return column
    return replace(column, labels=labels_among(rows.column(column.name).unique().to_pylist(), column.labels))


def _may_list(metric: Metric, visible: VisibleModel) -> bool:
    """Whether this person can list a metric's rows.

    None of its conditions can use a closed column, because the listed rows would reveal that column's values.
    """
    dataset = metric.measure.partition(".")[0]
    measure = visible.model.measure(metric.measure)
    read = set(metric.filter.columns) if metric.filter else set[str]()
    if measure.agg is Aggregation.SUM_BOOLEAN and measure.sql is not None:
        read |= set(measure.sql.columns)
    return visible.shows_records(dataset) and visible.closed_columns(dataset).isdisjoint(read)


def _check_shown(cell: Cell, plan: Plan) -> None:
    """Refuse a total or Other over values that can't be added up. It has no value, so it has no rows."""
    output = next(plan_output for plan_output in plan.outputs if plan_output.name == cell.column.name)
    over = {key.column.name for key in cell.keys if key.kind in ("other", "total")}
    if over & set(output.within):
        label = cell.column.label
        raise UnsafeReaggregation(f"{label} has no total here, so there are no rows to view.", names=(label,))


def _leg_of(metric: Metric, cell: Cell, plan: Plan) -> tuple[Leg, AggregateColumn]:
    """Return the part of the plan that counts the cell's rows, and the metric's column in it.

    Raises TimeMismatch if the rows aren't from the days shown.
    """
    asked, leaves = cell.column.metric, dict(plan.leaves)
    leaf = leaves.get(of_asked(metric, asked)) if asked else None
    text = leaf or leaves.get(metric.name)
    if text is None:
        other = cell.column.metric.label if cell.column.metric else cell.column.label
        why = (
            "by the date of the event that led to them"
            if cell.column.timing.cohorts
            else "on days other than those shown"
        )
        remedy = f"Ask for {lower_first(metric.label)} over these days, and view the rows behind it."
        raise TimeMismatch(f"{other} counts {lower_first(metric.label)} {why}. {remedy}", names=(other,))
    wanted = leaf_name(text, cell.column.compare)
    leg, leaf = next((leg, leaf) for leg in plan.legs for leaf in leg.leaves if leaf.name == wanted)
    if leg.converted is not None or leg.laid is not None:
        message = (
            f"{cell.column.label} counts events that are dated by an earlier event. View the rows behind the metric "
            "for those events instead."
        )
        raise TimeMismatch(message, names=(cell.column.label,))
    if leg.balance is not None and not _is_one_day(cell):
        message = (
            f"{metric.label} of a period is the value on one day, or an average of days, so not all rows are behind it."
        )
        raise TimeMismatch(f"{message} Break down by day, and view the rows behind one day.", names=(metric.label,))
    return replace(leg, balance=None), leaf  # for a single day, all rows count


def _paid_in(leg: Leg, leaf: AggregateColumn) -> str:
    """Return the column with the original currency of an amount. "" if amounts aren't converted."""
    amounts = dict(leg.exchange.amounts) if leg.exchange else {}
    return amounts[leaf.name].column if leaf.name in amounts else ""


def _is_one_day(cell: Cell) -> bool:
    return any(key.column.grain is Granularity.DAY and key.kind == "member" for key in cell.keys)


# The columns to show for a row


def _key_columns(dataset: Dataset, closed: frozenset[str]) -> list[tuple[LegKey, str]]:
    """Return the columns of a dataset's key that this person can see."""
    labels = {_bare(dimension): dimension.label for dimension in dataset.dimensions.values()}
    keys: list[tuple[LegKey, str]] = []
    for place, name in enumerate(dataset.grain):
        if name not in closed:
            kind = dataset.columns[name]
            dimension = Dimension(
                name=name,
                dataset=dataset.name,
                kind="time" if kind.is_time else "categorical",
                sql=parse_expression('"' + name.replace('"', '""') + '"'),
                type=kind,
            )
            label = labels.get(name) or name.replace("_", " ").capitalize()
            keys.append((LegKey(f"_c{place}", Field(dimension, ()), _clock_of(dimension)), label))
    return keys


def _dimensions(dataset: Dataset, closed: frozenset[str], seen: VisibleModel) -> list[tuple[LegKey, str]]:
    """Return the dataset's own dimensions, with the usual masks.

    Dimensions that are masked to null or repeat the key are left out. Dimensions that are computed from a closed column
    are left out too, because next to a row's key they would reveal that column.
    """
    keys: list[tuple[LegKey, str]] = []
    for place, dimension in enumerate(dataset.dimensions.values()):
        mask = seen.mask(dimension.name)
        nothing = mask is not None and (mask.kind is MaskKind.NULL or dimension.kind == "time")
        is_key = _bare(dimension) in dataset.grain and _bare(dimension) not in closed
        tells = mask is None and not closed.isdisjoint(dimension.sql.columns)
        if seen.shows_dimension(dimension) and not nothing and not is_key and not tells:
            keys.append((LegKey(f"_d{place}", Field(dimension, (), mask), _clock_of(dimension)), dimension.label))
    return keys


def _clock_of(dimension: Dimension) -> Granularity | None:
    """Return the precision for showing an instant: minutes, or hours if it's stored by hour. None for a date."""
    if dimension.kind != "time" or dimension.type.kind is TypeKind.DATE:
        return None
    return Granularity.HOUR if dimension.grain is Granularity.HOUR else Granularity.MINUTE


def _bare(dimension: Dimension) -> str:
    """Return the column behind a dimension, without quotes. A dimension that isn't a plain column returns its SQL."""
    return dimension.sql.text.strip('"')


def _reached(leg: Leg, asked: Asked) -> list[tuple[LegKey, str]]:
    """Return the question's breakdowns that come from datasets to which the fact refers."""
    labels = {key.name: describe_key(key) for key in asked.keys}
    reached = [key for key in leg.keys if key.field.path and not (key.by_day or key.by_clock)]
    return [(LegKey(f"_r{place}", key.field, None), labels[key.name]) for place, key in enumerate(reached)]


def _shown(key: LegKey, label: str, seen: VisibleModel) -> RecordColumn:
    dimension = key.field.dimension
    kind = dimension.type if key.grain else value_type(dimension, key.field.mask)
    grain = key.grain or (Granularity.DAY if dimension.kind == "time" else None)
    is_of_model = any(one is dimension for one in seen.places(dimension.name))  # not a key column
    labels = seen.member_labels(dimension.name) if is_of_model and key.field.mask is None else NO_LABELS
    column = ResultColumn(name=key.name, label=label, role="key", type=kind, grain=grain, labels=labels)
    return RecordColumn(Output(key.name, None, kind), column)


def _is_one_each(leaf: AggregateColumn) -> bool:
    """Whether each row counts as one, so that the row has no value of its own to show."""
    return leaf.measure.sql is None or leaf.measure.agg is Aggregation.SUM_BOOLEAN


def _shown_value(leaf: AggregateColumn, metric: Metric, dataset: Dataset, currency: str | None) -> RecordColumn:
    """Return the column for a row's contribution: a number in the metric's format, or the counted value."""
    measure = leaf.measure
    if measure.agg in (Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT):
        assert measure.sql is not None
        kind = infer_type(measure.sql.tree, dataset.columns) or DataType(TypeKind.STRING)
        kind = DataType(TypeKind.DOUBLE) if kind.kind is TypeKind.DECIMAL else kind
        return RecordColumn(
            Output(VALUE, None, kind), ResultColumn(name=VALUE, label=measure.label, role="key", type=kind)
        )
    kind = measure.type
    kind = DataType(TypeKind.DOUBLE) if kind.is_number and kind.kind is not TypeKind.INTEGER else kind
    column = ResultColumn(
        name=VALUE,
        label=measure.label,
        role="value",
        type=kind,
        format=metric.format,
        unit=shown_unit(metric, currency),
        decimals=2 if metric.format is NumberFormat.MONEY else metric.decimals,
        metric=metric,
    )
    return RecordColumn(Output(VALUE, metric, kind), column)
