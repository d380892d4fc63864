"""Migrate a store to the tables that this release needs, or back. Each step is a file in `migrations/versions`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from semantic.errors import StoreFailed
from semantic.store.database import Store

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported only when a step has to be applied: it takes longer to import than an up-to-date store to open.

_PLACE: Final = Path(__file__).parent / "migrations"
_MIGRATION_LOCK: Final = 0x5A3E_0001


def upgrade(store: Store, to: str = "head") -> tuple[str | None, str]:
    """Migrate the store to the newest step, or to `to`, and return the step before and the step after.

    The step before is None if the store was empty. Only one process upgrades at a time, while others wait. Raises
    StoreFailed for a store from a newer release.
    """
    with store.write(recorded=False) as transaction:
        before = _lock_and_read(transaction.connection)
        wanted = head() if to == "head" else to
        if before != wanted:
            upgrade_within(transaction.connection, wanted)
        return before, wanted


def downgrade(store: Store, to: str) -> str | None:
    """Migrate back to the step `to`, or to an empty store if it is "base". Data that only later steps have is lost.

    Raises StoreFailed for a step that doesn't exist.
    """
    if to != "base" and to not in _steps():
        raise StoreFailed(f"The store has no step {to!r}. Use {', '.join(_steps())} or base.")
    with store.write(recorded=False) as transaction:
        downgrade_within(transaction.connection, to)
        return step(transaction.connection)


def upgrade_within(connection: Connection, to: str) -> None:
    """Apply the steps up to `to` inside an open transaction."""
    from alembic import command

    _lock_and_read(connection)
    command.upgrade(_config(connection), to)


def downgrade_within(connection: Connection, to: str) -> None:
    """Revert the steps back to `to` inside an open transaction."""
    from alembic import command

    _lock_and_read(connection)
    command.downgrade(_config(connection), to)


def head() -> str:
    """Return the ID of the newest step."""
    return _steps()[-1]


def step(connection: Connection) -> str | None:
    """Return the ID of a store's current step, or None for an empty store."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _lock_and_read(connection: Connection) -> str | None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # steps of a large store take longer than any write
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    before = step(connection)
    if before is not None:
        require_known(before)
    return before


def require_known(at: str) -> None:
    """Raise StoreFailed if a store is at a step that only a newer release knows."""
    if at not in _steps():
        raise StoreFailed(
            f"The store was made by a newer Samepage (this version doesn't know step {at}). Start that version, "
            "or restore an earlier backup."
        )


@cache
def _steps() -> tuple[str, ...]:
    """Return the IDs of all steps, oldest first. A step's ID is the number that its file's name starts with."""
    return tuple(sorted(file.name.partition("_")[0] for file in (_PLACE / "versions").glob("[0-9]*_*.py")))


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_PLACE).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
