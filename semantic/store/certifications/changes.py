"""Record which version of the model changed which metrics' definitions.

The first process that uses a version records its changes. Rows are derived from the versions, and access doesn't depend
on them. A row without a metric marks a version as recorded, even if it changed no definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, Connection, Integer, String, Table, func, select

from semantic.store.database import Instant, Transaction, insert_if_missing, metadata

DEFINITION_CHANGES: Final = Table(
    "definition_changes",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("metric", String(200), primary_key=True),  # "" for the version itself
    Column("previous", Integer, nullable=False),  # the version that ran before
    Column("at", Instant, nullable=False, index=True),  # when it took effect
    Column("before", String(64), nullable=False),  # a digest of what the metric meant; "" if it is new
    Column("after", String(64), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionChange:
    """A version in which a metric's meaning differs from the version that was in effect before.

    `before` is "" if the version added the metric.
    """

    metric: str
    version: int
    previous: int
    at: datetime
    before: str
    after: str


def note_version(
    transaction: Transaction, version: int, previous: int, at: datetime, changed: Mapping[str, tuple[str, str]]
) -> bool:
    """Record the metrics that a version changed, with both digests.

    Return False if the version was already recorded.
    """
    row = {"version": version, "previous": previous, "at": at}
    connection = transaction.connection
    if not insert_if_missing(connection, DEFINITION_CHANGES, {**row, "metric": "", "before": "", "after": ""}):
        return False
    for metric, (before, after) in changed.items():
        insert_if_missing(connection, DEFINITION_CHANGES, {**row, "metric": metric, "before": before, "after": after})
    return True


def newest_noted(connection: Connection) -> int:
    """Return the number of the newest recorded version, or 0 if there is none."""
    return connection.execute(select(func.max(DEFINITION_CHANGES.c.version))).scalar() or 0


def read_changes(connection: Connection, metrics: Iterable[str] | None = None) -> list[DefinitionChange]:
    """Return changes to definitions, oldest first, for all metrics or only for those in `metrics`."""
    chosen = select(DEFINITION_CHANGES).where(DEFINITION_CHANGES.c.metric != "")
    if metrics is not None:
        chosen = chosen.where(DEFINITION_CHANGES.c.metric.in_(list(metrics)))
    rows = connection.execute(chosen.order_by(DEFINITION_CHANGES.c.version, DEFINITION_CHANGES.c.metric))
    return [
        DefinitionChange(
            metric=row.metric, version=row.version, previous=row.previous, at=row.at, before=row.before, after=row.after
        )
        for row in rows
    ]
