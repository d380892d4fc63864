"""Alert state that survives restoring a backup: stopped alerts stay stopped, and no period is reported twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, inspect, select, update

from semantic.store.alerts.alerts import ALERTS
from semantic.store.alerts.runs import ALERT_READERS, ALERT_RUNS
from semantic.store.database import Transaction, insert_if_missing

_AGO: Final = timedelta(days=93)
"""How far back fired periods are read. No alert still judges an older period."""
_READER: Final = ("alert", "recipient_kind", "recipient")
_RUN: Final = (*_READER, "period")

Rows = tuple[Mapping[str, Any], ...]  # Any: rows as they are


@dataclass(frozen=True, slots=True)
class StoredAlerts:
    """The alert state of a store before a backup replaced it, as rows with their seals."""

    alerts: Rows = ()  # removed and paused ones
    readers: Rows = ()
    fired: Rows = ()


def read_stored_alerts(connection: Connection, now: datetime) -> StoredAlerts:
    """Return the alert state of a store. Empty for a store without these tables."""
    if not inspect(connection).has_table(ALERT_READERS.name):
        return StoredAlerts()
    is_off = ALERTS.c.removed_at.is_not(None) | ALERTS.c.paused_at.is_not(None)
    has_fired = (ALERT_RUNS.c.outcome == "fired") & (ALERT_RUNS.c.at > now - _AGO)
    return StoredAlerts(
        alerts=_rows(connection, select(ALERTS).where(is_off)),
        readers=_rows(connection, select(ALERT_READERS)),
        fired=_rows(connection, select(ALERT_RUNS).where(has_fired)),
    )


def keep_alerts(transaction: Transaction, kept: StoredAlerts) -> None:
    """Apply the earlier state to alerts that also exist in the restored store.

    The caller records this in the audit log.
    """
    connection = transaction.connection
    for row in kept.alerts:
        connection.execute(update(ALERTS).where(ALERTS.c.id == row["id"]).values(**row))
    known = set(connection.execute(select(ALERTS.c.id)).scalars())
    for table, key, rows in ((ALERT_READERS, _READER, kept.readers), (ALERT_RUNS, _RUN, kept.fired)):
        for row in rows:
            if row["alert"] in known and not insert_if_missing(connection, table, row):
                chosen = [table.c[name] == row[name] for name in key]
                others = {name: value for name, value in row.items() if name not in ("id", *key)}
                connection.execute(update(table).where(*chosen).values(**others))


def _rows(connection: Connection, chosen: Any) -> Rows:  # Any: a query over a whole table
    return tuple(dict(row) for row in connection.execute(chosen).mappings())
