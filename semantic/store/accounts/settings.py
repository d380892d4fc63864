"""Settings that people change in the app, for everyone or for themselves. Each is a small JSON value with a name."""

from __future__ import annotations

import json
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, Text, select, update

from semantic.errors import ChangedMeanwhile
from semantic.store.audit.log import Plain
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata

EVERYBODY: Final = ""
SETTINGS: Final = Table(
    "settings",
    metadata,
    Column("subject", String(32), primary_key=True),  # "" applies to everyone
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
)


def read_setting(connection: Connection, name: str, subject: str = EVERYBODY) -> tuple[Plain, int]:
    """Return a setting and its revision, or None and 0 if it was never set. A damaged value is also None."""
    row = connection.execute(
        select(SETTINGS.c.value, SETTINGS.c.revision).where(SETTINGS.c.subject == subject, SETTINGS.c.name == name)
    ).one_or_none()
    if row is None:
        return None, 0
    try:
        return json.loads(row.value), row.revision
    except (ValueError, TypeError, RecursionError):
        return None, row.revision


def write_setting(
    transaction: Transaction, name: str, value: Plain, *, revision: int, subject: str = EVERYBODY
) -> None:
    """Change a setting whose revision is `revision`. Raises ChangedMeanwhile if someone has changed it since."""
    text, now = json.dumps(value, ensure_ascii=False), transaction.now
    row = {"subject": subject, "name": name, "value": text, "changed_at": now, "revision": 1}
    if revision == 0 and insert_if_missing(transaction.connection, SETTINGS, row):
        return
    changed = transaction.connection.execute(
        update(SETTINGS)
        .where(SETTINGS.c.subject == subject, SETTINGS.c.name == name, SETTINGS.c.revision == revision)
        .values(value=text, changed_at=now, revision=revision + 1)
    )
    if changed.rowcount != 1:
        raise ChangedMeanwhile(f"Someone else changed the setting {name!r}. Reload it, then try again.")
