"""Compile an analysis of events into one statement.

The statement reads the events under the policy of the person who asks, and then counts them by the SQL of the kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlglot import exp

from semantic.analyses.events.comparing import OtherPeriod, asked_of, asked_of_sides, other_period, other_side
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EVENTS, WITHIN, lower_events, set_table
from semantic.analyses.events.sets import Complement, PlannedAnalysis, PlannedSet, plan_analysis, plan_set
from semantic.compile import Statement
from semantic.errors import InvalidQuery
from semantic.model.definitions import Dataset
from semantic.plan.reads import datasets_of
from semantic.policy.narrow import VisibleModel
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.sql.dialects.build_tree import aliased, name, named_table, select_from
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower_plan
from semantic.sql.rows.inner_tables import with_tables

_FLAT = ("spark", "databricks")
"""The dialects in which all tables are defined at the top of the statement, so that all table names must differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledEvents:
    """A compiled analysis: its statement, its plan with the plans of its sets, and every dataset that it reads.

    `asked` is the question. `compared` is the same analysis for the period or side that it's compared with.
    """

    statement: Statement
    analysis: PlannedAnalysis
    datasets: tuple[Dataset, ...]
    readable: Callable[[], str]
    """A function that returns the same SQL for reading, on several lines and with its values filled in."""
    asked: Any = None  # each kind has its own question
    compared: ComparedEvents | None = None

    @property
    def planned(self) -> PlannedEvents:
        """The plan of the analysis's own events."""
        return self.analysis.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedEvents:
    """The compiled comparison of an analysis: the other period, its question, and its statement."""

    other: OtherPeriod
    asked: Any  # each kind has its own question
    compiled: CompiledEvents


def compile_events(
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    seen: VisibleModel,
    dialects: Callable[[str], Dialect],
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    instead: Complement | None = None,
    only_rows: bool = False,
    through: date | None = None,
) -> CompiledEvents:
    """Return the statement that answers an analysis for one actor, without its comparison.

    `dialects` returns the dialect of a connection. With `instead`, the statement counts these people, whose set is
    already the population. With `only_rows`, it returns only the number of rows of all events. Rows from the day
    `through` on don't count.

    Raises QueryError and Refused.
    """
    analysis = plan_analysis(kind, asked, seen, today=today, loaded=loaded, through=through)
    among = instead.among if instead is not None else None
    within = plan_set(among, analysis.planned, seen, today=today, loaded=loaded) if among is not None else None
    connection = analysis.planned.connection
    dialect = dialects(connection)
    if analysis.planned.sample is not None and not kind.tells_samples:
        raise InvalidQuery(f"{kind.label} can't be estimated from a sample yet. Remove 'sample'.")

    def lowered(values: Values) -> exp.Select:
        return _lowered(analysis, None, dialect, values, within=within, instead=instead, only_rows=only_rows)

    values = Values(style=dialect.parameters)
    text = render(lowered(values), dialect)
    if not reads_back(lowered(Values(style=dialect.parameters)), text, dialect):
        raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")
    plans = [*analysis.every_plan(), *(within.analysis.every_plan() if within is not None else ())]
    legs = [leg for planned in plans for leg in planned.legs]
    datasets = dict.fromkeys(dataset.name for leg in legs for dataset in datasets_of(leg.plan))
    return CompiledEvents(
        statement=Statement(text, tuple(values.params), connection),
        analysis=analysis,
        datasets=tuple(seen.model.datasets[name] for name in datasets),
        readable=lambda: render(lowered(Values(inline=True)), dialect, pretty=True),
    )


def compile_both(
    kind: EventKind[Any, Any],  # Any: each kind has its own question and finding
    asked: Any,
    seen: VisibleModel,
    dialects: Callable[[str], Dialect],
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
) -> CompiledEvents:
    """Return the statement that answers an analysis and, if it's compared, the statement of its comparison.

    Raises QueryError and Refused.
    """
    comparison, sides = asked.population.compare, asked.population.sides
    if (comparison is not None or sides) and not kind.compares:
        key = "'compare'" if comparison is not None else "'sides'"
        raise InvalidQuery(f"{kind.not_compared} Remove {key}.")
    if comparison is not None or sides:
        asked = kind.beside(asked)
    mine, *theirs = asked_of_sides(kind, asked) or (asked,)
    compiled = replace(compile_events(kind, mine, seen, dialects, today=today, loaded=loaded), asked=mine)
    if theirs:
        other, asked = other_side(compiled.planned, *sides), theirs[0]
    elif comparison is not None:
        other = other_period(asked, compiled.planned, comparison, today=today)
        asked = asked_of(asked, other)
    else:
        return compiled
    beside = compile_events(kind, asked, seen, dialects, today=today, loaded=loaded, through=other.through)
    datasets = {dataset.name: dataset for dataset in (*compiled.datasets, *beside.datasets)}
    return replace(
        compiled,
        compared=ComparedEvents(other=other, asked=asked, compiled=beside),
        datasets=tuple(datasets.values()),
        readable=lambda: f"{compiled.readable()};\n\n-- {other.other}\n{beside.readable()}",
    )


def _lowered(
    analysis: PlannedAnalysis,
    of: PlannedSet | None,
    dialect: Dialect,
    values: Values,
    *,
    within: PlannedSet | None = None,
    instead: Complement | None = None,
    only_rows: bool = False,
) -> exp.Select:
    """Return the statement for the counts of an analysis, or for the members of a part of it.

    Each set is a table with its own nested statement, so that the table names of different sets don't clash.
    """
    sets = {set_table(place): each for place, each in enumerate(analysis.sets)}
    sets |= {WITHIN: within} if within is not None else {}
    before: list[exp.Expr] = []
    for table_name, each in sets.items():
        members = _lowered(each.analysis, each, dialect, values)
        if dialect.name in _FLAT:
            _rename_tables(members, table_name)
        before.append(exp.CTE(this=members, alias=exp.TableAlias(this=name(table_name))))
    planned = analysis.planned
    table = lower_events(
        planned,
        dialect,
        values,
        before,
        others=instead is not None and instead.others,
        is_within=not instead.apart if within is not None and instead is not None else None,
    )
    if only_rows:
        counted = aliased(exp.Count(this=exp.Star()), "event_rows")
        tree = select_from(named_table(EVENTS), [counted], keys=0)
    elif of is None:
        tree = analysis.kind.lower(analysis.asked, table)
    else:
        tree = of.parts.members(analysis.asked, table, of.part)
    tree.set("with_", exp.With(expressions=table.ctes))
    inner = tuple(table for leg in planned.legs for table in leg.plan.tables)
    return with_tables(tree, replace(planned.legs[0].plan, tables=inner), dialect, values, lower_plan)


def _rename_tables(tree: exp.Select, prefix: str) -> None:
    """Add a prefix to the names of all tables that a statement defines."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    names = {id(each): each for each in tree.find_all(exp.Identifier) if each.name in own and _names_table(each)}
    for each in names.values():
        each.set("this", f"{prefix}{each.name}")


def _names_table(identifier: exp.Identifier) -> bool:
    parent = identifier.parent
    if isinstance(parent, exp.TableAlias):
        return isinstance(parent.parent, exp.CTE)
    return isinstance(parent, exp.Table | exp.Column) and identifier.arg_key == (
        "this" if isinstance(parent, exp.Table) else "table"
    )
