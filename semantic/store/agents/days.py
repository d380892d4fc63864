"""Daily counts of what agents did (UTC): calls, cost, cells and refusals, so that agents stay within their limits.

Each count is one statement that changes a row only if it stays within the limit. So concurrent calls, even from several
processes, can't exceed a limit together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    String,
    Table,
    delete,
    func,
    select,
    true,
    update,
)

from semantic.store.database import Transaction, insert_if_missing, metadata
from semantic.store.keys import Keys

KEPT_DAYS: Final = 400
"""How long the counts of a day are stored."""

AGENT_DAYS: Final = Table(
    "agent_days",
    metadata,
    Column("agent", String(12), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("cells", BigInteger, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("refused_in_a_row", Integer, nullable=False),
)

GUARDED_QUESTIONS: Final = Table(
    "guarded_questions",
    metadata,
    Column("person", String(32), primary_key=True),  # a subject
    Column("day", Date, primary_key=True),
    Column("question", String(64), primary_key=True),  # a keyed digest
)
GUARDED_DAYS: Final = Table(
    "guarded_days",
    metadata,
    Column("person", String(32), primary_key=True),  # a subject
    Column("day", Date, primary_key=True),
    Column("questions", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDay:
    """What an agent did on one day (UTC)."""

    calls: int = 0
    cost: int = 0
    cells: int = 0
    refused: int = 0
    refused_in_a_row: int = 0


def count_call(transaction: Transaction, agent: str, *, calls: int, cost: int, cells: int, refused: int) -> bool:
    """Count one call of an agent today, if that is within these limits, and return whether it was counted."""
    table = AGENT_DAYS.c
    within = (table.calls < calls) & (table.cost < cost) & (table.cells < cells) & (table.refused_in_a_row < refused)
    return _count(transaction, agent, within, {"calls": table.calls + 1})


def count_answer(
    transaction: Transaction, agent: str, cells: int, *, most: int, cost: int = 0, is_refused: bool | None = False
) -> bool:
    """Count a call's cells and outcome before its answer is returned, if the cells are within the limit.

    Returns whether the call was counted.
    """
    table = AGENT_DAYS.c
    values = _outcome(cost, is_refused=is_refused) | {"cells": table.cells + cells}
    return _count(transaction, agent, table.cells + cells <= most, values)


def count_outcome(transaction: Transaction, agent: str, *, cost: int, is_refused: bool | None) -> None:
    """Count a call's cost, and whether the call was refused.

    An answered call resets the number of refusals in a row. If `is_refused` is None, the call was neither answered nor
    refused, and this number stays the same.
    """
    _count(transaction, agent, true(), _outcome(cost, is_refused=is_refused))


def end_row_of_refusals(transaction: Transaction, agent: str) -> None:
    """Reset an agent's refusals in a row, so that the agent can ask again today."""
    chosen = (AGENT_DAYS.c.agent == agent) & (AGENT_DAYS.c.day == transaction.now.date())
    transaction.connection.execute(update(AGENT_DAYS).where(chosen).values(refused_in_a_row=0))


def read_day(connection: Connection, agent: str, day: date) -> AgentDay:
    """Return what an agent did on a day."""
    return read_days(connection, [agent], day).get(agent, AgentDay())


def read_days(connection: Connection, agents: Iterable[str], day: date) -> dict[str, AgentDay]:
    """Return what these agents did on a day, by agent number. Agents without activity are omitted."""
    chosen = (AGENT_DAYS.c.day == day) & AGENT_DAYS.c.agent.in_(sorted(set(agents)))
    return {row.agent: _day(row) for row in connection.execute(select(AGENT_DAYS).where(chosen))}


def read_days_of(connection: Connection, agent: str, *, since: date) -> dict[date, AgentDay]:
    """Return what an agent did on each day since `since`, newest day first."""
    chosen = (AGENT_DAYS.c.agent == agent) & (AGENT_DAYS.c.day >= since)
    rows = connection.execute(select(AGENT_DAYS).where(chosen).order_by(AGENT_DAYS.c.day.desc()))
    return {row.day: _day(row) for row in rows}


def read_use(connection: Connection, *, since: date) -> dict[str, AgentDay]:
    """Return what each agent did from `since` until today, by agent number.

    Agents without activity are omitted. `refused_in_a_row` is the highest value on any day.
    """
    table = AGENT_DAYS.c
    sums = [func.sum(table[name]).label(name) for name in ("calls", "cost", "cells", "refused")]
    in_a_row = func.max(table.refused_in_a_row).label("refused_in_a_row")
    chosen = select(table.agent, *sums, in_a_row).where(table.day >= since).group_by(table.agent)
    return {row.agent: _day(row) for row in connection.execute(chosen)}


def count_guarded_question(transaction: Transaction, keys: Keys, person: str, question: str, *, most: int) -> bool:
    """Count an agent's question that could reveal a small group, and return if it's within the person's daily limit.

    The same question counts once, no matter which of the person's agents asks it, or on which server. `person` is a
    subject.
    """
    connection, day = transaction.connection, transaction.now.date()
    table = GUARDED_DAYS.c
    row = {"person": person, "day": day, "question": keys.sign(b"guarded question", question.encode(errors="replace"))}
    if not insert_if_missing(connection, GUARDED_QUESTIONS, row):
        return True
    if insert_if_missing(connection, GUARDED_DAYS, {"person": person, "day": day, "questions": 0}):
        for old in (GUARDED_QUESTIONS, GUARDED_DAYS):
            connection.execute(delete(old).where(old.c.person == person, old.c.day < day))
    changed = connection.execute(
        update(GUARDED_DAYS)
        .where(table.person == person, table.day == day, table.questions < most)
        .values(questions=table.questions + 1)
    )
    if changed.rowcount == 1:
        return True
    connection.execute(delete(GUARDED_QUESTIONS).where(*(GUARDED_QUESTIONS.c[name] == row[name] for name in row)))
    return False


def expire_days(transaction: Transaction, before: date) -> int:
    """Delete the counts for days before `before`, and return the number of deleted rows."""
    found = transaction.connection.execute(
        select(func.count()).select_from(AGENT_DAYS).where(AGENT_DAYS.c.day < before)
    )
    transaction.connection.execute(delete(AGENT_DAYS).where(AGENT_DAYS.c.day < before))
    return int(found.scalar_one())


def _outcome(cost: int, *, is_refused: bool | None) -> dict[str, Any]:  # Any: sums of columns
    table = AGENT_DAYS.c
    values: dict[str, Any] = {"refused_in_a_row": 0} if is_refused is False else {}
    if is_refused:
        values = {"refused": table.refused + 1, "refused_in_a_row": table.refused_in_a_row + 1}
    return values | {"cost": table.cost + cost}


def _count(transaction: Transaction, agent: str, within: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    """Change an agent's counts for today, if they stay within the limits, and return whether they did."""
    connection, day, table = transaction.connection, transaction.now.date(), AGENT_DAYS.c
    change = update(AGENT_DAYS).where(table.agent == agent, table.day == day, within).values(**values)
    if connection.execute(change).rowcount == 1:
        return True
    row = {"agent": agent, "day": day, "calls": 0, "cost": 0, "cells": 0, "refused": 0, "refused_in_a_row": 0}
    insert_if_missing(connection, AGENT_DAYS, row)  # the first call of the day, here or in another process
    return connection.execute(change).rowcount == 1


def _day(row: object) -> AgentDay:
    names = ("calls", "cost", "cells", "refused", "refused_in_a_row")
    return AgentDay(**{name: int(getattr(row, name)) for name in names})
