"""Past results of data checks: a row for each change of a result, up to a maximum per check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, Row, String, Table, Text, delete, func, insert, select

from semantic.results.check_history import PastFinding, PastFindings
from semantic.results.failed_checks import CheckState
from semantic.store.database import Instant, Transaction, metadata

PAST_FINDINGS: Final = Table(
    "past_findings",
    metadata,
    Column("check_id", String(220), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # increases for each check
    Column("dataset", String(63), nullable=False),
    Column("what", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),  # when it last had this result
)
MOST_PAST: Final = 60
"""The most rows stored for one check."""

GONE_DAYS: Final = 90
"""How many days results of discontinued checks are stored."""


def read_past_findings(connection: Connection) -> PastFindings:
    """Return past results by check, newest first."""
    past_findings: dict[str, list[PastFinding]] = {}
    rows = connection.execute(select(PAST_FINDINGS).order_by(PAST_FINDINGS.c.check_id, PAST_FINDINGS.c.number.desc()))
    for row in rows:
        finding = PastFinding(
            check=row.check_id, dataset=row.dataset, what=row.what, state=CheckState(row.state), since=row.since,
            until=row.until,
        )  # fmt: skip
        past_findings.setdefault(row.check_id, []).append(finding)
    return past_findings


def keep_past_findings(transaction: Transaction, over: Sequence[Row[Any]]) -> None:  # Any: rows of what was found last
    """Save results that are being replaced. Checks that couldn't run aren't saved."""
    known = [row for row in over if row.state != CheckState.UNKNOWN]
    if not known:
        return
    connection, names = transaction.connection, [row.id for row in known]
    of_each = (
        select(PAST_FINDINGS.c.check_id, func.max(PAST_FINDINGS.c.number).label("number"))
        .where(PAST_FINDINGS.c.check_id.in_(names))
        .group_by(PAST_FINDINGS.c.check_id)
    )
    newest: dict[str, int] = {row.check_id: row.number for row in connection.execute(of_each)}
    for each_row in known:
        number = newest.get(each_row.id, 0) + 1
        row = {
            "check_id": each_row.id,
            "number": number,
            "dataset": each_row.dataset,
            "what": each_row.what,
            "state": each_row.state,
        }
        connection.execute(insert(PAST_FINDINGS).values(**row, since=each_row.since, until=each_row.looked_at))
        of_it = PAST_FINDINGS.c.check_id == each_row.id
        connection.execute(delete(PAST_FINDINGS).where(of_it, PAST_FINDINGS.c.number <= number - MOST_PAST))


def forget_gone(transaction: Transaction, looked_at: Iterable[str]) -> None:
    """Delete results of checks that haven't run for a long time. `looked_at` has the checks that still run."""
    since = transaction.now - timedelta(days=GONE_DAYS)
    old = transaction.connection.execute(
        select(PAST_FINDINGS.c.check_id)
        .group_by(PAST_FINDINGS.c.check_id)
        .having(func.max(PAST_FINDINGS.c.until) < since)
    )
    gone = sorted({row.check_id for row in old} - set(looked_at))
    for start in range(0, len(gone), 500):
        chosen = PAST_FINDINGS.c.check_id.in_(gone[start : start + 500])
        transaction.connection.execute(delete(PAST_FINDINGS).where(chosen))
