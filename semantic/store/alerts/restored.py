"""What a restored store keeps of its alerts from before: whatever was stopped stays so, and no period is told twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, inspect, select, update

from semantic.store.alerts.alerts import ALERTS
from semantic.store.alerts.runs import ALERT_READERS, ALERT_RUNS
from semantic.store.database import Transaction, insert_if_missing

_AGO: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class StoppedAlerts:
    """What a store knew about alerts before it was restored, as rows with their seals."""

    alerts: tuple[Mapping[str, Any], ...] = ()  # Any: rows as they are. Removed and paused ones
    readers: tuple[Mapping[str, Any], ...] = ()  # who unsubscribed, and what is remembered
    runs: tuple[Mapping[str, Any], ...] = ()  # what fired within a month


def read_stopped_alerts(connection: Connection, now: datetime) -> StoppedAlerts:
    """Return what a store knows, or nothing for a store without these tables."""
    if not inspect(connection).has_table(ALERT_READERS.name):
        return StoppedAlerts()
    is_off = ALERTS.c.removed_at.is_not(None) | ALERTS.c.paused_at.is_not(None)
    has_fired = (ALERT_RUNS.c.outcome == "fired") & (ALERT_RUNS.c.at > now - _AGO)
    return StoppedAlerts(
        alerts=_rows(connection, select(ALERTS).where(is_off)),
        readers=_rows(connection, select(ALERT_READERS)),
        runs=_rows(connection, select(ALERT_RUNS).where(has_fired)),
    )


def stop_alerts_again(transaction: Transaction, stopped: StoppedAlerts) -> None:
    """Apply it to the restored store, as far as that has the same alerts. The caller records this."""
    connection = transaction.connection
    for row in stopped.alerts:
        connection.execute(update(ALERTS).where(ALERTS.c.id == row["id"]).values(**row))
    known = set(connection.execute(select(ALERTS.c.id)).scalars())
    for table, names, rows in (
        (ALERT_READERS, ("alert", "recipient_kind", "recipient"), stopped.readers),
        (ALERT_RUNS, ("alert", "recipient_kind", "recipient", "period"), stopped.runs),
    ):
        for row in rows:
            if row["alert"] in known and not insert_if_missing(connection, table, row):
                chosen = [table.c[name] == row[name] for name in names]
                connection.execute(update(table).where(*chosen).values(**row))


def _rows(connection: Connection, chosen: Any) -> tuple[Mapping[str, Any], ...]:  # Any: a query over a whole table
    return tuple(dict(row) for row in connection.execute(chosen).mappings())
