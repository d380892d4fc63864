"""When the rows behind an answer were loaded last, asked under the same row rules as the answer itself.

A newest load among rows that an actor may not see would tell of them (guarantee G6).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

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
from semantic.plan.nodes import Leaf, Leg, Output, Plan
from semantic.sql.dialects import Dialect
from semantic.sql.lower import lower
from semantic.sql.render import render

COLUMN = "loaded"


def freshness_statements(plan: Plan, dialect: Dialect) -> Iterator[tuple[Dataset, Statement]]:
    """One SELECT for each dataset of the plan that says when it is loaded: one row, one column, null for no rows."""
    seen: set[str] = set()
    for leg in plan.legs:
        if leg.dataset.freshness and leg.dataset.name not in seen:
            seen.add(leg.dataset.name)
            lowered = lower(_newest_of(leg, plan), dialect)
            yield leg.dataset, Statement(render(lowered.tree, dialect), lowered.params)


def _newest_of(leg: Leg, plan: Plan) -> Plan:
    """The greatest value of the load column over every row of the fact that the actor may see."""
    assert leg.dataset.freshness is not None
    column = leg.dataset.freshness.column
    kind = leg.dataset.columns.get(column, DataType(TypeKind.TIMESTAMPTZ))
    quoted = '"' + column.replace('"', '""') + '"'
    measure = Measure(
        name=COLUMN,
        dataset=leg.dataset.name,
        agg=Aggregation.MAX,
        sql=parse_expression(quoted),
        type=kind,
        additivity=Additivity.NONE,
        time=None,
    )
    metric = Metric(name=COLUMN, kind=MetricKind.SIMPLE)
    leaf = Leaf(COLUMN, measure, None)
    bare = Leg(
        dataset=leg.dataset,
        joins=(),
        keys=(),
        where=(),
        days=None,
        restrictions=leg.restrictions,
        leaves=(leaf,),
        at=leg.at,
    )
    return replace(
        plan,
        legs=(bare,),
        outputs=(Output(COLUMN, metric, kind),),
        metrics=((COLUMN, metric),),
        leaves=((COLUMN, COLUMN),),
        having=(),
        windows=(),
        chosen=None,
        totals=(),
        order=(),
        limit=None,
        support=(),
        suppression=None,
        calculations=(),
        tables=(),
        ranges=False,
    )


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
