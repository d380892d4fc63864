"""Retention of the audit log. A signed checkpoint replaces the oldest entries, and is an entry itself."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select

from semantic.display.format import counted
from semantic.errors import InvalidQuery, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.checkpoints import Checkpoint, write_checkpoint
from semantic.store.audit.log import AUDIT, SAMEPAGE, Act, record
from semantic.store.audit.verify import EXPIRED, note_head, verify
from semantic.store.database import Store, Transaction, hold_log
from semantic.store.keys import Keys

SETTING: Final = "audit.retention_days"
SHORTEST_DAYS, LONGEST_DAYS = 30, 36_500
_LOG = logging.getLogger("samepage.audit")


def read_retention_days(connection: Connection) -> int | None:
    """Return the retention of audit log entries in days. None means forever, or that the setting can't be read."""
    value, _ = read_setting(connection, SETTING)
    return value if isinstance(value, int) and SHORTEST_DAYS <= value <= LONGEST_DAYS else None


def set_retention_days(transaction: Transaction, days: int | None, actor: Actor, keys: Keys) -> None:
    """Set the retention of audit log entries in days, or None for forever. Raises InvalidQuery, ChangedMeanwhile."""
    if days is not None and not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidQuery(
            f"The audit log can't be kept for {counted(days, 'day')}. Choose {SHORTEST_DAYS} to {LONGEST_DAYS:,} days."
        )
    before, revision = read_setting(transaction.connection, SETTING)
    write_setting(transaction, SETTING, days, revision=revision)
    details = {"before": before, "after": days}
    record(
        transaction, Act(kind="audit.retention_changed", actor=actor, about=f"setting:{SETTING}", details=details), keys
    )


def expire(store: Store, before: datetime, actor: Actor, keys: Keys) -> int:
    """Remove the entries written before a moment, oldest first and without gaps, and return how many were removed.

    An entry that follows a younger one, because a clock was set back, stays, and so do all entries after it. Raises
    InvalidQuery for entries that are too young to remove, and StoreFailed if the log is broken, because removing
    entries would hide that.
    """
    if before > store.now() - timedelta(days=SHORTEST_DAYS):
        raise InvalidQuery(f"Nothing was removed. Entries of the last {SHORTEST_DAYS} days are always kept.")
    with store.write(recorded=False) as transaction:
        connection = transaction.connection
        hold_log(connection)
        verified = verify(connection, keys)
        if verified.broken is not None:
            raise StoreFailed(f"Nothing was removed. {verified.words}")
        stays = select(AUDIT.c.number).where(AUDIT.c.at >= before).order_by(AUDIT.c.number).limit(1)
        last = (connection.execute(stays).scalar() or verified.head.number + 1) - 1
        removed = last - (verified.first - 1)
        if removed == 0:
            return 0
        mac = connection.execute(select(AUDIT.c.mac).where(AUDIT.c.number == last)).scalar_one()
        details = {"removed": removed, "before": before.astimezone(UTC).date().isoformat()}
        record(transaction, Act(kind=EXPIRED, actor=actor, about=f"audit:{last}", details=details), keys)
        connection.execute(delete(AUDIT).where(AUDIT.c.number <= last))
        write_checkpoint(transaction, Checkpoint(number=last, mac=mac, removed=removed, at=transaction.now), keys)
        return removed


def expire_by_setting(store: Store, keys: Keys) -> int:
    """Remove entries older than the setting allows, and return how many were removed, which is 0 if there is no
    setting.

    The days are counted back from the newest entry, so a server whose clock is far ahead doesn't remove too much.
    """
    with store.read() as connection:
        days = read_retention_days(connection)
        newest = connection.execute(select(func.max(AUDIT.c.at))).scalar()
    if days is None or newest is None:
        return 0
    return expire(store, min(store.now(), newest) - timedelta(days=days), SAMEPAGE, keys)


def tend_log(store: Store, keys: Keys) -> None:
    """Record the log's head elsewhere, and remove old entries, once a day.

    Raises StoreFailed if the store is unavailable. A broken log only causes a warning, because people still need their
    numbers.
    """
    note_head(store, keys)
    try:
        expire_by_setting(store, keys)
    except StoreFailed as error:
        _LOG.warning("Old entries of the audit log weren't removed. %s", error)


def retention_words(days: int | None) -> str:
    """Return the setting as a sentence."""
    return f"Entries are kept for {counted(days, 'day')}." if days is not None else "Entries are kept forever."
