"""Read the catalogue and profile tables within a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.connector import Connector
from semantic.introspection.profile import Budget, JoinEvidence, ProfilingProgress, TableProfile
from semantic.sql.dialects.table import Dialect

Told = Callable[[ProfilingProgress], None]


class Control:
    """Stops profiling from another thread."""

    def cancel(self) -> None:
        """Stop the running statement and everything after it."""


def profile_tables(
    connector: Connector,
    dialect: Dialect,
    tables: Sequence[str],
    budget: Budget,
    told: Told = lambda _: None,
    *,
    connection: str = "",
    control: Control | None = None,
) -> tuple[TableProfile, ...]:
    """Return a profile of each table, in order; one that can't be read has a `problem`. Raises Cancelled."""
    raise NotImplementedError


def profile_joins(
    connector: Connector,
    dialect: Dialect,
    profiles: Sequence[TableProfile],
    budget: Budget,
    told: Told = lambda _: None,
    *,
    control: Control | None = None,
) -> tuple[JoinEvidence, ...]:
    """Return how the columns that could refer to another table's key match it. Raises Cancelled."""
    raise NotImplementedError
