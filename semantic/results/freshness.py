"""When a dataset was last loaded. Everyone gets the same date, no matter which rows they can see (decision 19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from semantic.compile import Statement
from semantic.model.definitions import (
    FIRST_YEAR,
    LAST_YEAR,
    Additivity,
    Aggregation,
    Dataset,
    DataType,
    Dimension,
    Measure,
    Metric,
    TypeKind,
)
from semantic.model.expression import Expression, parse_expression
from semantic.model.model import Model
from semantic.plan.tree.fields import Field, LegKey
from semantic.plan.tree.nodes import AggregateColumn, Leg, Output, Plan
from semantic.query.known_through import Extent, extent_of
from semantic.query.periods import Calendar
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.lower import lower

COLUMN, BEGINS, SOURCE = "loaded", "begins", "source"


def extent_statement(dataset: Dataset, model: Model, dialect: Dialect) -> Statement | None:
    """Return a SELECT for a dataset's first date and its newest load, or None if neither needs a query.

    The first date is left out if the model defines it. The load is left out if loads have no date. The result has one
    row with `begins` and `loaded`, which are null if there are no rows. If several sources load the dataset, there is
    one row for each `source`.
    """
    wanted: list[Measure] = []
    time = dataset.dimensions.get(dataset.time or "")
    if time is not None and dataset.begins is None:
        wanted.append(_edge(BEGINS, dataset, Aggregation.MIN, time.sql, time.type))
    if dataset.freshness is not None and not dataset.freshness.loaded_with:
        kind = dataset.columns.get(dataset.freshness.column, DataType(TypeKind.TIMESTAMPTZ))
        column = parse_expression(exp.to_identifier(dataset.freshness.column, quoted=True).sql())
        wanted.append(_edge(COLUMN, dataset, Aggregation.MAX, column, kind))
    if not wanted:
        return None
    leaves = tuple(AggregateColumn(measure.name, measure, None) for measure in wanted)
    by = _source_of(dataset)
    keys = (LegKey(SOURCE, Field(by, ()), None),) if by else ()
    leg = Leg(dataset=dataset, joins=(), keys=keys, where=(), days=None, leaves=leaves)
    metrics = [Metric(name=measure.name, kind="simple") for measure in wanted]
    sources = [Output(SOURCE, None, by.type)] if by else []
    zone = model.settings.time_zone
    plan = Plan(
        legs=(leg,),
        datasets=model.datasets,
        outputs=(
            *sources,
            *(Output(measure.name, metric, measure.type) for measure, metric in zip(wanted, metrics, strict=True)),
        ),
        metrics=tuple((metric.name, metric) for metric in metrics),
        leaves=tuple((metric.name, metric.name) for metric in metrics),
        having=(),
        windows=(),
        chosen=None,
        totals=(),
        order=(),
        limit=None,
        time_zone=zone,
        model_zone=zone,
        calendar=Calendar(),
    )
    lowered = lower(plan, dialect)
    return Statement(render(lowered.tree, dialect), lowered.params)


def _source_of(dataset: Dataset) -> Dimension | None:
    """Return the column that identifies a dataset's sources, or None if it isn't loaded by several sources."""
    freshness = dataset.freshness
    return dataset.dimensions[freshness.by] if freshness and freshness.by and not freshness.loaded_with else None


def _edge(name: str, dataset: Dataset, agg: Aggregation, sql: Expression, kind: DataType) -> Measure:
    return Measure(name=name, dataset=dataset.name, agg=agg, sql=sql, type=kind, additivity=Additivity.NONE, time=None)


def read_extent(table: pa.Table, zone: str) -> tuple[Extent, datetime | None]:
    """Return the extent of a dataset's rows, and the time of its last load.

    If several sources load the dataset, it's the load of the active source that is furthest behind.
    """
    rows = [dict(zip(table.column_names, row, strict=True)) for row in zip(*map(_cells, table.columns), strict=True)]
    begins = min((day for row in rows if (day := _day(row.get(BEGINS), zone)) is not None), default=None)
    instants = {row.get(SOURCE): load_instant(row.get(COLUMN), zone) for row in rows}
    loads = {source: load for source, load in instants.items() if load is not None and _is_known_year(load)}
    days = {source: loaded_to(load, zone) for source, load in loads.items()}
    if SOURCE not in table.column_names:
        return Extent(begins, next(iter(days.values()), None)), next(iter(loads.values()), None)
    extent = extent_of(begins, sorted(days.items(), key=lambda pair: (pair[0] is not None, pair[0])))
    return extent, min((loads[source] for source, day in days.items() if day == extent.last), default=None)


def _cells(column: pa.ChunkedArray) -> list[object]:
    """Return a column's values as Python objects. Days that Python doesn't support, such as infinity, become None."""
    cells: list[object] = []
    for cell in column:
        try:
            cells.append(cell.as_py())
        except (OverflowError, ValueError):
            cells.append(None)
    return cells


def _is_known_year(day: date) -> bool:
    """Whether a day is in the range that questions support.

    Other dates are placeholders, such as for an unknown date.
    """
    return FIRST_YEAR < day.year < LAST_YEAR


def _day(value: object, zone: str) -> date | None:
    if not isinstance(value, date) or not _is_known_year(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).date() if value.tzinfo else value.date()
    return value


def loaded_to(newest: datetime, zone: str) -> date:
    """Return the last fully loaded day, in the model's time zone. It's the day before the newest load."""
    return newest.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def load_instant(value: object, zone: str) -> datetime | None:
    """Return the time of a load, in UTC.

    A timestamp without a zone counts as UTC, and a date as the beginning of that day in `zone`.
    """
    if not isinstance(value, date) or not _is_known_year(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    # In UTC, the load would be on the day before in zones to the west.
    return datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def load_words(loads: Sequence[tuple[Dataset, datetime]], zone: str) -> str:
    """Return when the datasets were loaded, in words: `Orders loaded 27 Sep 2026, 06:10`.

    Only datasets with a known load are included.
    """
    local = [(dataset.label, when.astimezone(ZoneInfo(zone))) for dataset, when in loads]
    return ", ".join(
        f"{label} loaded {moment.day} {moment:%b} {moment.year}, {moment:%H:%M}" for label, moment in local
    )


def is_stale(dataset: Dataset, newest: datetime, now: datetime) -> bool:
    """Whether the newest load of a dataset is older than its owner allows."""
    assert dataset.freshness is not None
    return now - newest > timedelta(hours=dataset.freshness.warn_after_hours)
