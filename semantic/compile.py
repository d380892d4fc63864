"""The whole compiler on one screen: a question becomes SQL in named steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Final

from sqlglot import exp

from semantic.config.checkpoint import checkpoint
from semantic.model.model import Model
from semantic.model.naming import without_mapped
from semantic.model.replace_fields import replace_fields
from semantic.plan.build import build
from semantic.plan.portions import connections_of, in_portions, where_they_meet
from semantic.plan.restrict import restrict
from semantic.plan.rewrites import rewrite
from semantic.plan.size import check_size, size_of
from semantic.plan.tree.known import NOTHING_KNOWN, Known
from semantic.plan.tree.nodes import Output, Plan, Portion
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.query import Query
from semantic.query.resolve import Asked, resolve
from semantic.sql.dialects.percentiles import estimate_notes
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DUCKDB, Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower, lower_portion
from semantic.sql.rate_checks import amounts_of, exchanging, without_rate

_large_plans: Final = Lock()
"""Held while the SQL of a large plan is written or parsed.

One busy thread slows all others down, and several would stop them.
"""


Dialects = Callable[[str], Dialect]
"""Returns the dialect of a connection by name. Raises Unavailable if the connection can't be opened."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT for one engine: its text, and its values in the order of $1, $2, …

    It runs on `connection`. If a question needs several connections, its rows become the table `table`.
    """

    sql: str
    params: tuple[object, ...]
    connection: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class RateCheck:
    """A statement that describes the amounts without an exchange rate to `currency`, in one row.

    `on` is the day of the rate if the same day applies to all amounts. `tells_paid` and `tells_days` say whether the
    actor can see the amounts' currencies and days.
    """

    statement: Statement
    currency: str
    on: date | None
    tells_paid: bool
    tells_days: bool


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """A resolved question and its plan."""

    asked: Asked
    plan: Plan


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A question as SQL.

    `legs` is a single statement, unless several connections are combined. Then `combine` is DuckDB's SQL over the rows
    of all legs. The plan is computed when it's needed, because a question of the same shape as an earlier one is
    compiled without it. `dialect` is the dialect of the single statement, or of `combine`.
    """

    legs: tuple[Statement, ...]
    combine: Statement | None
    columns: tuple[Output, ...]
    rate_checks: tuple[RateCheck, ...] = ()
    dialect: Dialect
    planning: Callable[[], PlannedQuestion]
    dialects: Dialects

    @cached_property
    def _planned(self) -> PlannedQuestion:
        return self.planning()

    @property
    def asked(self) -> Asked:
        """The resolved question."""
        return self._planned.asked

    @property
    def plan(self) -> Plan:
        """The plan that answers the question."""
        return self._planned.plan

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """The notes that a reader should see before using the answer."""
        notes = list(self.plan.notes)
        for name in dict.fromkeys(leg.dataset.connection for leg in self.plan.legs):
            legs = tuple(leg for leg in self.plan.legs if leg.dataset.connection == name)
            notes += estimate_notes(replace_fields(self.plan, legs=legs), self.dialects(name))
        return tuple(dict.fromkeys(notes))

    @property
    def sql(self) -> str:
        """The SQL that runs: one statement, or one for each connection and one that combines them."""
        return _joined_sql([(statement.connection, statement.sql) for statement in self.legs], self.combine)

    @property
    def params(self) -> tuple[object, ...]:
        """The values of all statements, in order."""
        statements = [*self.legs, *([self.combine] if self.combine else [])]
        return tuple(value for statement in statements for value in statement.params)


def compile_query(model: Model, query: Query, actor: Actor, dialect: Dialect, *, today: date) -> Compiled:
    """Return a question as SQL for an actor.

    Raises SemanticError for unknown names, refusals and invalid filters.
    """
    return compile_visible(narrow(model, actor), query, dialect, today=today)


def compile_visible(
    seen: VisibleModel,
    query: Query,
    dialect: Dialect,
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    proven: Known = NOTHING_KNOWN,
    dialects: Dialects | None = None,
) -> Compiled:
    """Return a question as SQL for a model that is already narrowed, which is done once per version and policy.

    `loaded` has the day that each dataset is loaded to. `proven` has facts about the data that the SQL will read, and
    about no other (decision 11). `dialects` are the dialects of the model's connections. Without it, all of them use
    `dialect`.
    """
    planned = plan_question(seen, query, today=today, loaded=loaded, proven=proven)
    find = dialects or (lambda _: dialect)
    plan, legs, combine = planned.plan, (), None
    if plan.portions:
        legs = tuple(_portion_statement(*each, find) for each in _portions(plan))
        combine, dialect = lower_statement(where_they_meet(plan), DUCKDB), DUCKDB
    else:
        own = connection_of(plan)
        dialect = find(own)
        legs = (replace(lower_statement(plan, dialect), connection=own),)
    return Compiled(
        legs=legs,
        combine=combine,
        columns=planned.plan.outputs,
        rate_checks=tuple(dict.fromkeys(_rate_checks(planned.plan, seen, find))),
        dialect=dialect,
        planning=lambda: planned,
        dialects=find,
    )


def connection_of(plan: Plan) -> str:
    """Return the only connection of a plan that isn't split into portions."""
    return connections_of(plan)[0]


def _portions(plan: Plan) -> Iterator[tuple[Plan, Portion]]:
    """Yield the portions of a plan, first those that choose a top's members, then those of the answer."""
    if plan.chosen is not None:
        yield from ((plan.chosen.plan, portion) for portion in plan.chosen.plan.portions)
    yield from ((plan, portion) for portion in plan.portions)


def _portion_statement(plan: Plan, portion: Portion, dialects: Dialects) -> Statement:
    dialect = dialects(portion.connection)
    lowered = lower_portion(plan, portion, dialect)
    return Statement(render(lowered.tree, dialect), lowered.params, portion.connection, portion.table)


def plan_question(
    seen: VisibleModel,
    query: Query,
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    proven: Known = NOTHING_KNOWN,
    noted: bool = True,
) -> PlannedQuestion:
    """Return a question with its plan, which fits any engine. Raises the same errors as `compile_query`.

    `noted` adds the notes that a reader should see.
    """
    asked = resolve(query, seen, today=today, loaded=loaded)  # names -> elements, periods -> days
    plan = build(asked, noted=noted)  # each measure at its own grain, then combined
    checkpoint()
    plan = restrict(plan, seen)  # row rules on every fact: not in the list below, so never left out
    check_size(plan)
    checkpoint()
    plan = rewrite(plan, proven)  # aggregate before joining, days before months, where exact
    return PlannedQuestion(asked, in_portions(plan))  # what each connection contributes, if there are several


def lower_statement(plan: Plan, dialect: Dialect) -> Statement:
    """Return a plan as SQL text for an engine, with its values."""
    with _large_plans if size_of(plan).is_large else nullcontext():
        lowered = lower(plan, dialect)  # a tree of SQL, and its values
        checkpoint()
        return Statement(render(lowered.tree, dialect), lowered.params)


def _rate_checks(plan: Plan, seen: VisibleModel, dialects: Dialects) -> Iterator[RateCheck]:
    for leg, around in exchanging(plan):
        dialect = dialects(leg.dataset.connection)
        for amount in amounts_of(leg):
            values, again = Values(style=dialect.parameters), Values(style=dialect.parameters)
            text = render(without_rate(leg, amount, around, dialect, values), dialect)
            if not reads_back(without_rate(leg, amount, around, dialect, again), text, dialect):
                raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")
            exchange = leg.exchange
            assert exchange is not None
            yield RateCheck(
                Statement(text, tuple(values.params), leg.dataset.connection),
                exchange.target,
                exchange.on,
                tells_paid=amount.column not in seen.closed_columns(leg.dataset.name),
                tells_days=exchange.day is None or not seen.hides_dates(exchange.day.dimension),
            )


def check_read_back(compiled: Compiled) -> None:
    """Parse the SQL again as the engine would, and compare its values. Call this before the SQL runs.

    A difference means that Samepage has a bug.
    """
    for tree, statement, dialect in _rebuilt_statements(compiled):
        with _large_plans if size_of(compiled.plan).is_large else nullcontext():
            is_same = reads_back(tree, statement.sql, dialect)
        if not is_same:
            raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")


def readable_sql(compiled: Compiled) -> str:
    """Return the SQL, formatted for reading and with its values filled in.

    It contains no secrets and no mapped names, because the reader might not be allowed to see the rows with those
    names.
    """
    texts = [
        (statement.connection, render(without_mapped(tree), dialect, pretty=True))
        for tree, statement, dialect in _rebuilt_statements(compiled, inline=True)
    ]
    if compiled.combine is None:
        return _joined_sql(texts, None)
    return _joined_sql(texts[:-1], Statement(texts[-1][1], ()))


def _rebuilt_statements(compiled: Compiled, *, inline: bool = False) -> Iterator[tuple[exp.Expr, Statement, Dialect]]:
    """Yield each statement with its dialect and with its syntax tree, which is built again."""
    plan = compiled.plan
    if compiled.combine is None:
        yield lower(plan, compiled.dialect, inline=inline).tree, compiled.legs[0], compiled.dialect
        return
    for (whole, portion), statement in zip(_portions(plan), compiled.legs, strict=True):
        dialect = compiled.dialects(portion.connection)
        yield lower_portion(whole, portion, dialect, inline=inline).tree, statement, dialect
    yield lower(where_they_meet(plan), DUCKDB, inline=inline).tree, compiled.combine, DUCKDB


def _joined_sql(legs: Sequence[tuple[str, str]], combine: Statement | None) -> str:
    """Return the statements as one text, each under its connection's name if there are several."""
    if combine is None:
        return legs[0][1]
    parts = [f"-- {name or 'the data of the settings'}\n{sql};" for name, sql in legs]
    return "\n\n".join([*parts, f"-- where these meet\n{combine.sql}"])
