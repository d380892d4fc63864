"""The whole compiler on one screen: a question becomes SQL in named steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from semantic.model.model import Model
from semantic.plan.build import build
from semantic.plan.nodes import Output, Plan
from semantic.plan.restrict import restrict
from semantic.plan.rewrites import rewrite
from semantic.policy.actor import Actor
from semantic.policy.narrow import Visible, narrow
from semantic.query.query import Query
from semantic.query.resolve import Asked, resolve
from semantic.sql.dialects import Dialect
from semantic.sql.lower import lower
from semantic.sql.percentiles import estimate_notes
from semantic.sql.rate_checks import amounts_of, exchanging, without_rate
from semantic.sql.read_back import reads_back
from semantic.sql.render import render
from semantic.sql.values import Values


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT for one engine: its text, and its values in the order of $1, $2, …"""

    sql: str
    params: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RateCheck:
    """A statement of one row: amounts that have no rate into `currency`, of the day `on` where one is for all.

    `tells_paid` and `tells_days`: whether who asks may know in which currency amounts are, and of which days.
    """

    statement: Statement
    currency: str
    on: date | None
    tells_paid: bool
    tells_days: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A question as SQL. `legs` is one statement until several engines meet; `combine` is then the SQL over them."""

    legs: tuple[Statement, ...]
    combine: Statement | None
    columns: tuple[Output, ...]
    notes: tuple[str, ...]
    asked: Asked
    plan: Plan
    rate_checks: tuple[RateCheck, ...] = ()


def compile_query(model: Model, query: Query, actor: Actor, dialect: Dialect, *, today: date) -> Compiled:
    """The SQL that answers `query` for `actor`. Raises SemanticError: unknown names, refusals, invalid filters."""
    return compile_visible(narrow(model, actor), query, dialect, today=today)


def compile_visible(seen: Visible, query: Query, dialect: Dialect, *, today: date) -> Compiled:
    """As compile_query, for a model that is narrowed already: once per model version and policy."""
    asked = resolve(query, seen, today=today)  # names -> elements, periods -> days
    plan = build(asked)  # each measure at its own grain, then combined
    plan = restrict(plan, seen)  # row rules on every fact: not in the list below, so never left out
    plan = rewrite(plan)  # aggregate before joining, days before months, where exact
    lowered = lower(plan, dialect)  # a tree of SQL, and its values
    statement = Statement(render(lowered.tree, dialect), lowered.params)
    notes = (*plan.notes, *estimate_notes(plan, dialect))
    return Compiled(
        legs=(statement,),
        combine=None,
        columns=plan.outputs,
        notes=notes,
        asked=asked,
        plan=plan,
        rate_checks=tuple(dict.fromkeys(_rate_checks(plan, seen, dialect))),
    )


def _rate_checks(plan: Plan, seen: Visible, dialect: Dialect) -> Iterator[RateCheck]:
    for leg, around in exchanging(plan):
        for amount in amounts_of(leg):
            values, again = Values(style=dialect.parameters), Values(style=dialect.parameters)
            text = render(without_rate(leg, amount, around, dialect, values), dialect)
            if not reads_back(without_rate(leg, amount, around, dialect, again), text, dialect):
                raise AssertionError("The SQL does not read back as it was written, so it is not run.")
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
    """Before it runs: the text, read as the engine would, has the values put into it. A failure is our bug."""
    for statement in compiled.legs:
        if not reads_back(lower(compiled.plan, dialect).tree, statement.sql, dialect):
            raise AssertionError("The SQL does not read back as it was written, so it was not run.")


def readable_sql(compiled: Compiled, dialect: Dialect) -> str:
    """The same SQL laid out over lines with its values written in, for people. Secrets are left out."""
    return render(lower(compiled.plan, dialect, inline=True).tree, dialect, pretty=True)
