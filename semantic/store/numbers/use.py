"""Usage from receipts: who used which items, grouped so that years of receipts become a few thousand rows.

Only receipts of people on pages count, not those of messages, scripts and the shell.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, func, literal, select

from semantic.store.audit.log import AUDIT
from semantic.store.database import parse_moment
from semantic.store.numbers.receipts import RECEIPTS
from semantic.store.people import PEOPLE

SURFACES: Final = ("page",)
_EXPORTED: Final = "answer.exported"


@dataclass(frozen=True, slots=True)
class Use:
    """One person's use of one question in a period: the number of answers they got, and the time of the last one."""

    subject: str
    metrics: tuple[str, ...]
    query: str | None  # its JSON; None if it names a person, and for an analysis
    answers: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class FirstUse:
    """When a person was first seen, and when they got their first answer, or None if they never got one."""

    subject: str
    seen_at: datetime
    answer_at: datetime | None


def read_use(connection: Connection, since: datetime, until: datetime) -> list[Use]:
    """Return how people used questions from `since` until before `until`."""
    question = case((RECEIPTS.c.analysis.is_(None), RECEIPTS.c.query)).label("question")
    rows = connection.execute(
        select(
            RECEIPTS.c.subject,
            RECEIPTS.c.definitions,
            question,
            func.count().label("answers"),
            func.max(RECEIPTS.c.at).label("last_at"),
        )
        .where(RECEIPTS.c.at >= since, RECEIPTS.c.at < until, RECEIPTS.c.surface.in_(SURFACES))
        .group_by(RECEIPTS.c.subject, RECEIPTS.c.definitions, question)
    )
    known: dict[str, tuple[str, ...]] = {}
    found: list[Use] = []
    for row in rows:
        metrics = known.get(row.definitions)
        if metrics is None:
            metrics = known[row.definitions] = metrics_in(row.definitions)
        last_at = parse_moment(row.last_at)
        if last_at is not None:
            found.append(Use(row.subject, metrics, row.question, int(row.answers), last_at))
    return found


def read_people(connection: Connection, since: datetime, until: datetime) -> dict[str, set[str]]:
    """Return the numbers of the people who used each metric in a period, by metric, without reading their questions."""
    rows = connection.execute(
        select(RECEIPTS.c.subject, RECEIPTS.c.definitions)
        .distinct()
        .where(RECEIPTS.c.at >= since, RECEIPTS.c.at < until, RECEIPTS.c.surface.in_(SURFACES))
    )
    subjects: dict[str, set[str]] = {}
    for row in rows:
        subjects.setdefault(row.definitions, set()).add(row.subject)
    people: dict[str, set[str]] = {}
    for definitions, found in subjects.items():
        for metric in metrics_in(definitions):
            people.setdefault(metric, set()).update(found)
    return people


def read_active(connection: Connection, since: datetime, until: datetime) -> set[str]:
    """Return the numbers of the people who got an answer in a period."""
    chosen = (RECEIPTS.c.at >= since) & (RECEIPTS.c.at < until) & RECEIPTS.c.surface.in_(SURFACES)
    return set(connection.execute(select(RECEIPTS.c.subject).distinct().where(chosen)).scalars())


def read_exports(connection: Connection, since: datetime) -> dict[str, int]:
    """Return how often answers with each metric were exported since a moment, as far back as the audit log goes."""
    about = literal("receipt:").concat(RECEIPTS.c.id)
    rows = connection.execute(
        select(RECEIPTS.c.definitions, func.count().label("times"))
        .join(AUDIT, AUDIT.c.about == about)
        .where(AUDIT.c.kind == _EXPORTED, AUDIT.c.at >= since)
        .group_by(RECEIPTS.c.definitions)
    )
    exported: dict[str, int] = {}
    for row in rows:
        for metric in metrics_in(row.definitions):
            exported[metric] = exported.get(metric, 0) + int(row.times)
    return exported


def count_answers(connection: Connection, since: datetime) -> int:
    """Return the number of answers that people got since a moment."""
    chosen = (RECEIPTS.c.at >= since) & RECEIPTS.c.surface.in_(SURFACES)
    return connection.execute(select(func.count()).select_from(RECEIPTS).where(chosen)).scalar_one()


def first_answer_at(connection: Connection) -> datetime | None:
    """Return when the oldest receipt was written, or None if there are no receipts."""
    return parse_moment(connection.execute(select(func.min(RECEIPTS.c.at))).scalar())


def read_first_uses(connection: Connection, since: datetime) -> list[FirstUse]:
    """Return the people first seen since a moment, each with their first answer. Erased people are omitted."""
    first = func.min(RECEIPTS.c.at).label("answer_at")
    rows = connection.execute(
        select(PEOPLE.c.subject, PEOPLE.c.first_seen_at, first)
        .outerjoin(RECEIPTS, (RECEIPTS.c.subject == PEOPLE.c.subject) & RECEIPTS.c.surface.in_(SURFACES))
        .where(PEOPLE.c.first_seen_at >= since, PEOPLE.c.erased_at.is_(None))
        .group_by(PEOPLE.c.subject, PEOPLE.c.first_seen_at)
    )
    return [FirstUse(row.subject, row.first_seen_at, parse_moment(row.answer_at)) for row in rows]


def metrics_in(definitions: str) -> tuple[str, ...]:
    """Return the metrics in a receipt's definitions, or an empty tuple if the definitions are damaged."""
    try:
        document: object = json.loads(definitions)
    except (ValueError, RecursionError):
        return ()
    names: dict[Any, Any] = document if isinstance(document, dict) else {}  # Any: checked on the next line
    return tuple(sorted(name[7:] for name in names if isinstance(name, str) and name.startswith("metric:")))
