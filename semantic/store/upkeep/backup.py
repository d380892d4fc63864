"""Backups of the whole store, for either kind of database. Each is one SQLite file with a consistent snapshot.

A backup contains people's work and identities, so the file is readable only by its owner. It doesn't include the audit
log's key, which is stored separately. Without that key, encrypted data can't be read.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, DateTime, Engine, MetaData, Table, delete, func, insert, inspect, select

from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.store.accounts.accounts import read_switched_off, switch_off_again
from semantic.store.accounts.given import keep_access, read_stored_access
from semantic.store.accounts.service_tokens import end_again, read_ended
from semantic.store.accounts.sign_ins import SIGN_INS, end_everything, newest_revision
from semantic.store.agents.agents import read_stopped_agents, stop_agents_again
from semantic.store.agents.proposals import end_all_proposals
from semantic.store.alerts.restored import keep_alerts, read_stored_alerts
from semantic.store.audit.log import AUDIT, Act, Plain, Sealed, mac_of, record
from semantic.store.audit.recorders import RECORDERS
from semantic.store.boards.public_links import end_links_again, read_ended_links
from semantic.store.certifications.certifications import read_revoked, revoke_again
from semantic.store.connections.connections import end_connections_again, read_ended_connections
from semantic.store.database import Instant, Store, connect_store
from semantic.store.destinations.destinations import end_destinations_again, read_ended_destinations
from semantic.store.keys import Keys
from semantic.store.migrate import downgrade_within, require_known, step, upgrade, upgrade_within
from semantic.store.models.versions import files_of, read_versions
from semantic.store.outbox.restored import keep_outbox, read_outbox
from semantic.store.reconciliations.reconciliations import end_reconciliations_again, read_ended_reconciliations
from semantic.store.requests.restored import read_withdrawn, withdraw_again
from semantic.store.reviews.reviews import keep_reviews, read_stored_reviews

_STEPS: Final = "alembic_version"
_ROWS: Final = 1_000  # copied at once


@dataclass(frozen=True, slots=True)
class BackupContents:
    """The contents of a backup: the store's migration step, and the number of rows in each table."""

    step: str
    rows: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def back_up(store: Store, place: Path) -> BackupContents:
    """Write a backup of the store to the file `place`, completely or not at all. Raises StoreFailed.

    Other processes can use the store during the backup.
    """
    if place.exists():
        raise StoreFailed(f"There's already a file at {place}. It wasn't changed. Choose another name.")
    with store.read() as connection:
        at = step(connection)
        if at is None:
            raise StoreFailed("The store is empty. Check SAMEPAGE_STORE.")
        with _unfinished_path(place) as paths:
            if store.kind == "sqlite":
                _copy_file(connection, paths)
            else:
                _copy_to_file(connection, at, paths)
            copied = BackupContents(at, _count_rows(paths))
            os.link(paths, place)  # never over one created in the meantime
    return copied


def restore(store: Store, keys: Keys, place: Path, *, actor: Actor, force: bool = False) -> BackupContents:
    """Replace the store's whole content with a backup, in one transaction, and migrate it to the newest step.

    Other processes see the old content until the transaction ends. Everyone has to sign in again, because sign-ins that
    ended after the backup must not be open again. Raises StoreFailed for a file that isn't a backup, is damaged or was
    made under another key, and for a store that isn't empty, unless `force` is set.
    """
    with _opened_copy(place) as source, source.read() as connection:
        at = step(connection)
        if at is None:
            raise StoreFailed(f"{place} isn't a copy of a store.")
        require_known(at)
        with store.write() as transaction:
            target = transaction.connection
            if not force and _holds_something(target):
                raise StoreFailed(
                    "The store isn't empty. To replace everything in it with the copy, make a backup "
                    "first, then add --force."
                )
            ended, off, links = read_ended(target), read_switched_off(target), read_ended_links(target)
            destinations, outbox = read_ended_destinations(target), read_outbox(target, transaction.now)
            connections, access = read_ended_connections(target), read_stored_access(target)
            alerts, reviews = read_stored_alerts(target, transaction.now), read_stored_reviews(target)
            revoked, withdrawn = read_revoked(target), read_withdrawn(target)
            agents = read_stopped_agents(target)
            reconciliations = read_ended_reconciliations(target)
            # Up to here, other processes with the store open know its sign-ins; a store that was never opened has none.
            heard = newest_revision(target) if inspect(target).has_table(SIGN_INS.name) else 0
            downgrade_within(target, "base")
            upgrade_within(target, at)
            rows = _copy_rows(connection, target, source.engine)
            upgrade_within(target, "head")
            _verify(target, keys)
            target.execute(delete(RECORDERS))  # from the time of the backup; running processes add theirs again
            end_everything(transaction, "restored", after=heard)
            end_again(transaction, ended)
            stop_agents_again(transaction, keys, agents)
            end_links_again(transaction, keys, links)
            end_destinations_again(transaction, destinations)
            end_connections_again(transaction, connections)
            keep_outbox(transaction, outbox)
            keep_alerts(transaction, alerts)
            keep_reviews(transaction, reviews)
            revoke_again(transaction, keys, revoked)
            withdraw_again(transaction, keys, withdrawn)
            end_all_proposals(transaction)
            end_reconciliations_again(transaction, reconciliations)
            switch_off_again(transaction, off)
            keep_access(transaction, access)
            details: dict[str, Plain] = {"step": at, "rows": sum(rows.values())}
            record(transaction, Act(kind="store.restored", actor=actor, about="store", details=details), keys)
    return BackupContents(at, rows)


@contextmanager
def _unfinished_path(place: Path) -> Generator[Path]:
    """Yield a path next to `place` for an unfinished file. The file is deleted when the `with` block ends."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f"{place.name}.", suffix=".new")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or "its folder can't be used"
        raise StoreFailed(f"{place} can't be written: {why}.") from error


def _copy_file(connection: Connection, path: Path) -> None:
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    with closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # a single file without companions


def _copy_to_file(connection: Connection, at: str, path: Path) -> None:
    target = Store(connect_store(str(path)))
    try:
        upgrade(target, at)
        with target.write(recorded=False) as transaction:
            _copy_rows(connection, transaction.connection, target.engine)
    finally:
        target.close()
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode=DELETE")


def _count_rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as file:
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        quoted = {name: name.replace('"', '""') for name in names if name != _STEPS}
        return {
            name: int(file.execute(f'SELECT count(*) FROM "{text}"').fetchone()[0]) for name, text in quoted.items()
        }


@contextmanager
def _opened_copy(place: Path) -> Generator[Store]:
    """Open a temporary copy of a backup, so that the backup itself is never changed."""
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "copy.sqlite"
        _check_and_copy(place, at)
        source = Store(connect_store(str(at)))
        try:
            yield source
        finally:
            source.close()


def _check_and_copy(place: Path, at: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)) as file:
            if file.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise StoreFailed(f"{place} is damaged. Take another backup.")
            with closing(sqlite3.connect(at)) as own:
                file.backup(own)
    except sqlite3.Error as error:
        remedy = "Use a file written by `python -m semantic store backup`."
        raise StoreFailed(f"{place} can't be read as a copy of a store. {remedy}") from error


def _copy_rows(source: Connection, target: Connection, file: Engine) -> dict[str, int]:
    """Copy all rows of the tables that the target has, and return the number of rows by table. Raises StoreFailed.

    `file` is the engine of the backup file, which is either the source or the target.
    """
    names = set(inspect(target).get_table_names()) - {_STEPS}
    if missing := names - set(inspect(source).get_table_names()):
        raise StoreFailed(f"This isn't a copy of a store, because it has no {', '.join(sorted(missing))}.")
    metadata = MetaData()
    metadata.reflect(source if source.engine is file else target, only=sorted(names))
    counts: dict[str, int] = {}
    for table in metadata.sorted_tables:  # referenced tables come first
        plain = _plain(table)
        counts[table.name] = 0
        rows = source.execute(select(plain).order_by(*plain.primary_key), execution_options={"yield_per": _ROWS})
        for part in rows.mappings().partitions():
            target.execute(insert(plain), [dict(row) for row in part])
            counts[table.name] += len(part)
    return counts


def _plain(table: Table) -> Table:
    """Return a backup file's table with types that both databases read and write in the same way."""
    columns = (
        Column(
            column.name, Instant() if isinstance(column.type, DateTime) else column.type, primary_key=column.primary_key
        )
        for column in table.columns
    )
    return Table(table.name, MetaData(), *columns)


def _holds_something(connection: Connection) -> bool:
    names = set(inspect(connection).get_table_names()) - {_STEPS}
    metadata = MetaData()
    metadata.reflect(connection, only=sorted(names))
    return any(
        connection.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables
    )


def _verify(connection: Connection, keys: Keys) -> None:
    """Check that the audit log can continue with these keys, and that every model version is intact.

    Raises StoreFailed.
    """
    last = connection.execute(select(AUDIT).order_by(AUDIT.c.number.desc()).limit(2)).mappings().all()
    if last:
        entry = Sealed(**{field.name: last[0][field.name] for field in fields(Sealed)})
        before = last[1]["mac"] if len(last) == 2 else ""
        if mac_of(entry, before, keys) != last[0]["mac"]:
            raise StoreFailed(
                "The copy is from a store with another audit log key. Set SAMEPAGE_AUDIT_KEY, or the file of "
                "SAMEPAGE_AUDIT_KEY_FILE, to that store's key."
            )
    for version in read_versions(connection):
        files_of(connection, version.number)
