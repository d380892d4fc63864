"""The whole compiler on one screen: a question becomes SQL in named steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Final

from semantic.config.checkpoint import checkpoint
from semantic.model.model import Model
from semantic.model.naming import without_mapped
from semantic.plan.build import build
from semantic.plan.restrict import restrict
from semantic.plan.rewrites import rewrite
from semantic.plan.size import check_size, size_of
from semantic.plan.tree.known import NOTHING_KNOWN, Known
from semantic.plan.tree.nodes import Output, Plan
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.query import Query
from semantic.query.resolve import Asked, resolve
from semantic.sql.dialects.percentiles import estimate_notes
from semantic.sql.dialects.read_back import reads_back
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower
from semantic.sql.rate_checks import amounts_of, exchanging, without_rate

_large_plans: Final = Lock()
"""Held while the SQL of a large plan is written or parsed: one busy thread slows all others down, several stop them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT for one engine: its text, and its values in the order of $1, $2, …"""

    sql: str
    params: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RateCheck:
    """A statement that returns one row with the amounts that have no rate into `currency`, on the day `on` if one day
    applies to all amounts.

    `tells_paid` and `tells_days` say whether the actor can see the amounts' currencies and their days.
    """

    statement: Statement
    currency: str
    on: date | None
    tells_paid: bool
    tells_days: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A question with its names resolved, and its plan."""

    asked: Asked
    plan: Plan


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A question as SQL. `legs` is one statement until several engines meet, and `combine` is then the SQL over all
    legs.

    The plan behind the SQL is computed on demand, because a shape that was compiled before doesn't need its plan.
    """

    legs: tuple[Statement, ...]
    combine: Statement | None
    columns: tuple[Output, ...]
    rate_checks: tuple[RateCheck, ...] = ()
    dialect: Dialect
    planning: Callable[[], Planned]

    @cached_property
    def _planned(self) -> Planned:
        return self.planning()

    @property
    def asked(self) -> Asked:
        """The resolved question."""
        return self._planned.asked

    @property
    def plan(self) -> Plan:
        """How the question is answered."""
        return self._planned.plan

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """The notes that a reader should see before using the answer."""
        return (*self.plan.notes, *estimate_notes(self.plan, self.dialect))


def compile_query(model: Model, query: Query, actor: Actor, dialect: Dialect, *, today: date) -> Compiled:
    """Return the SQL that answers `query` for `actor`. Raises SemanticError for unknown names, refusals and invalid
    filters.
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
) -> Compiled:
    """Compile a question for a model that is already narrowed, once per model version and policy.

    `loaded` has the days that datasets are loaded to. `proven` applies only to the data that the SQL will read
    (decision 11).
    """
    planned = plan_question(seen, query, today=today, loaded=loaded, proven=proven)
    return Compiled(
        legs=(lower_statement(planned.plan, dialect),),
        combine=None,
        columns=planned.plan.outputs,
        rate_checks=tuple(dict.fromkeys(_rate_checks(planned.plan, seen, dialect))),
        dialect=dialect,
        planning=lambda: planned,
    )


def plan_question(
    seen: VisibleModel,
    query: Query,
    *,
    today: date,
    loaded: Loaded = NOTHING_LOADED,
    proven: Known = NOTHING_KNOWN,
    noted: bool = True,
) -> Planned:
    """Return the plan for a question, for any engine. `noted` adds the notes that a reader needs. Raises as
    compile_query.
    """
    asked = resolve(query, seen, today=today, loaded=loaded)  # names -> elements, periods -> days
    plan = build(asked, noted=noted)  # each measure at its own grain, then combined
    checkpoint()
    plan = restrict(plan, seen)  # row rules on every fact: not in the list below, so never left out
    check_size(plan)
    checkpoint()
    return Planned(asked, rewrite(plan, proven))  # aggregate before joining, days before months, where exact


def lower_statement(plan: Plan, dialect: Dialect) -> Statement:
    """Return the plan as text for an engine, with its values."""
    with _large_plans if size_of(plan).is_large else nullcontext():
        lowered = lower(plan, dialect)  # a tree of SQL, and its values
        checkpoint()
        return Statement(render(lowered.tree, dialect), lowered.params)


def _rate_checks(plan: Plan, seen: VisibleModel, dialect: Dialect) -> Iterator[RateCheck]:
    for leg, around in exchanging(plan):
        for amount in amounts_of(leg):
            values, again = Values(style=dialect.parameters), Values(style=dialect.parameters)
            text = render(without_rate(leg, amount, around, dialect, values), dialect)
            if not reads_back(without_rate(leg, amount, around, dialect, again), text, dialect):
                raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")
            exchange = leg.exchange
            assert exchange is not None
            yield RateCheck(
                Statement(text, tuple(values.params)),
                exchange.target,
                exchange.on,
                tells_paid=amount.column not in seen.closed_columns(leg.dataset.name),
                tells_days=exchange.day is None or not seen.hides_dates(exchange.day.dimension),
            )


def check_read_back(compiled: Compiled, dialect: Dialect) -> None:
    """Parse the SQL again before it runs, as the engine would, and compare the values. A difference means that Samepage
    has a bug.
    """
    for statement in compiled.legs:
        with _large_plans if size_of(compiled.plan).is_large else nullcontext():
            is_same = reads_back(lower(compiled.plan, dialect).tree, statement.sql, dialect)
        if not is_same:
            raise AssertionError("The SQL means something else when it's parsed again, so it wasn't run.")


def readable_sql(compiled: Compiled, dialect: Dialect) -> str:
    """Return the same SQL laid out over lines with its values filled in, for people.

    Secrets are left out, and so are mapped names, because a reader may not see the rows with those names.
    """
    tree = without_mapped(lower(compiled.plan, dialect, inline=True).tree)
    return render(tree, dialect, pretty=True)
