"""An analysis of events as one statement: its events under the asker's policy, then the SQL of its kind over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlglot import exp

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents, plan_events
from semantic.analyses.events.rows import lower_events
from semantic.compile import Statement
from semantic.errors import InvalidQuery
from semantic.model.definitions import Dataset
from semantic.plan.reads import datasets_of
from semantic.policy.narrow import VisibleModel
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower_plan
from semantic.sql.rows.inner_tables import with_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledEvents:
    """The statement of an analysis, how its events were planned, and every dataset that it reads."""

    statement: Statement
    planned: PlannedEvents
    datasets: tuple[Dataset, ...]
    readable: Callable[[], str]
    """The same SQL laid out over lines, with its values filled in."""


def compile_events(
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    seen: VisibleModel,
    dialects: Callable[[str], Dialect],
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
) -> CompiledEvents:
    """Return the statement that answers an analysis for one actor. `dialects` are the dialects of the model's
    connections.

    Raises QueryError and Refused.
    """
    planned = plan_events(kind.reads(asked), seen, today=today, loaded=loaded)
    if planned.sample is not None and not kind.tells_samples:
        raise InvalidQuery(f"{kind.label} can't be estimated from a sample yet. Remove 'sample'.")
    dialect = dialects(planned.connection)

    def lowered(values: Values) -> exp.Select:
        return _lowered(kind, asked, planned, dialect, values)

    values = Values(style=dialect.parameters)
    text = render(lowered(values), dialect)
    if not reads_back(lowered(Values(style=dialect.parameters)), text, dialect):
        raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")
    datasets = dict.fromkeys(dataset.name for leg in planned.legs for dataset in datasets_of(leg.plan))
    return CompiledEvents(
        statement=Statement(text, tuple(values.params), planned.connection),
        planned=planned,
        datasets=tuple(seen.model.datasets[name] for name in datasets),
        readable=lambda: render(lowered(Values(inline=True)), dialect, pretty=True),
    )


def _lowered(
    kind: EventKind[Any, Any],
    asked: Any,
    planned: PlannedEvents,
    dialect: Dialect,
    values: Values,
) -> exp.Select:
    table = lower_events(planned, dialect, values)
    tree = kind.lower(asked, table)
    tree.set("with_", exp.With(expressions=table.ctes))
    inner = tuple(table for leg in planned.legs for table in leg.plan.tables)
    return with_tables(tree, replace(planned.legs[0].plan, tables=inner), dialect, values, lower_plan)
