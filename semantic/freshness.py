"""When a dataset was loaded last: one date for everybody, whatever rows they may see (decision D37)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from semantic.compile import Statement
from semantic.model.definitions import (
    Additivity,
    Aggregation,
    Dataset,
    DataType,
    Measure,
    Metric,
    MetricKind,
    TypeKind,
)
from semantic.model.expression import parse_expression
from semantic.model.model import Model
from semantic.plan.nodes import Leaf, Leg, Output, Plan
from semantic.query.periods import Calendar
from semantic.sql.dialects import Dialect
from semantic.sql.lower import lower
from semantic.sql.render import render

COLUMN = "loaded"


def freshness_statement(dataset: Dataset, model: Model, dialect: Dialect) -> Statement:
    """One SELECT of the newest load of a dataset that says when it is loaded: one row, one column, null for no rows."""
    assert dataset.freshness is not None
    kind = dataset.columns.get(dataset.freshness.column, DataType(TypeKind.TIMESTAMPTZ))
    measure = Measure(
        name=COLUMN,
        dataset=dataset.name,
        agg=Aggregation.MAX,
        sql=parse_expression(exp.to_identifier(dataset.freshness.column, quoted=True).sql()),
        type=kind,
        additivity=Additivity.NONE,
        time=None,
    )
    metric = Metric(name=COLUMN, kind=MetricKind.SIMPLE)
    leg = Leg(dataset=dataset, joins=(), keys=(), where=(), days=None, leaves=(Leaf(COLUMN, measure, None),))
    zone = model.settings.time_zone
    plan = Plan(
        legs=(leg,),
        datasets=model.datasets,
        outputs=(Output(COLUMN, metric, kind),),
        metrics=((COLUMN, metric),),
        leaves=((COLUMN, COLUMN),),
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


def loaded_to(newest: datetime, zone: str) -> date:
    """The last day that a load holds whole: the day before it, in the model's zone."""
    return newest.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def newest_load(table: pa.Table, zone: str) -> datetime | None:
    """The one value of a freshness statement as an instant in UTC."""
    return load_instant(table.column(0)[0].as_py() if table.num_rows else None, zone)


def load_instant(value: object, zone: str) -> datetime | None:
    """When a load was, in UTC: a moment without a zone is one of UTC, a date is the beginning of that day in `zone`."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):  # in UTC it would be the day before west of it
        return datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return None


def load_words(loads: Sequence[tuple[Dataset, datetime]], zone: str) -> str:
    """`Orders to 27 Sep 2026, 06:10`, of each dataset that says when it was loaded."""
    local = [(dataset.label, when.astimezone(ZoneInfo(zone))) for dataset, when in loads]
    return ", ".join(f"{label} to {one.day} {one:%b} {one.year}, {one:%H:%M}" for label, one in local)


def is_stale(dataset: Dataset, newest: datetime, now: datetime) -> bool:
    """Whether the newest load is older than the dataset's owner promises."""
    assert dataset.freshness is not None
    return now - newest > timedelta(hours=dataset.freshness.warn_after_hours)
