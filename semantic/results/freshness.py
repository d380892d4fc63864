"""When a dataset was last loaded: the same date for everyone, regardless of which rows they can see (decision 19)."""

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
    """Return one SELECT of a dataset's first date and of its newest load.

    The first date is left out if the model says when the dataset begins, and the load if loads aren't dated.

    The SELECT returns one row of `begins` and `loaded`, null without rows. With several sources, it returns one row for
    each `source`.
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
    """Return the column that distinguishes a dataset's sources, or None unless several sources load it separately."""
    freshness = dataset.freshness
    return dataset.dimensions[freshness.by] if freshness and freshness.by and not freshness.loaded_with else None


def _edge(name: str, dataset: Dataset, agg: Aggregation, sql: Expression, kind: DataType) -> Measure:
    return Measure(name=name, dataset=dataset.name, agg=agg, sql=sql, type=kind, additivity=Additivity.NONE, time=None)


def read_extent(table: pa.Table, zone: str) -> tuple[Extent, datetime | None]:
    """Return the extent of a dataset's rows and the time of its last load.

    With several sources, that is the latest load.
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
    """Return a column's values, with None for days that Python doesn't support, such as infinity."""
    cells: list[object] = []
    for cell in column:
        try:
            cells.append(cell.as_py())
        except (OverflowError, ValueError):
            cells.append(None)
    return cells


def _is_known_year(day: date) -> bool:
    """Whether a question can ask for a day. Other dates are placeholders, such as one for an unknown date."""
    return FIRST_YEAR < day.year < LAST_YEAR


def _day(value: object, zone: str) -> date | None:
    if not isinstance(value, date) or not _is_known_year(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).date() if value.tzinfo else value.date()
    return value


def loaded_to(newest: datetime, zone: str) -> date:
    """Return the last fully loaded day, which is the day before the load, in the model's zone."""
    return newest.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def load_instant(value: object, zone: str) -> datetime | None:
    """Return the time of a load, in UTC.

    A timestamp without a zone counts as UTC, and a date as the beginning of that day in `zone`.
    """
    if not isinstance(value, date) or not _is_known_year(value):
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    # In UTC it would be the day before in zones to the west.
    return datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def load_words(loads: Sequence[tuple[Dataset, datetime]], zone: str) -> str:
    """Return when data was loaded in words: `Orders loaded 27 Sep 2026, 06:10`, for each dataset with a known load."""
    local = [(dataset.label, when.astimezone(ZoneInfo(zone))) for dataset, when in loads]
    return ", ".join(
        f"{label} loaded {moment.day} {moment:%b} {moment.year}, {moment:%H:%M}" for label, moment in local
    )


def is_stale(dataset: Dataset, newest: datetime, now: datetime) -> bool:
    """Whether the newest load is older than the dataset's owner allows."""
    assert dataset.freshness is not None
    return now - newest > timedelta(hours=dataset.freshness.warn_after_hours)
