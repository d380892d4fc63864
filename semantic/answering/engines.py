"""The engines of a workspace.

Each statement runs on one connection. If an answer needs several connections, their groups are combined.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from connectors.connector import Connector, ConnectorError, Limits
from semantic.compile import Compiled, Statement
from semantic.config.settings import Settings
from semantic.errors import Cancelled, EngineFailed
from semantic.model.definitions import Dataset
from semantic.plan.reads import tables_of
from semantic.run.cache import CachedTable, ResultCache, result_key
from semantic.run.combine import CombineQuery
from semantic.run.connectors import Connectors, named
from semantic.run.execute import Runner, Ticket, TicketProgress, translate
from semantic.sql.dialects.table import Dialect, find_dialect
from semantic.sql.dialects.values import Secret


@dataclass(frozen=True, slots=True)
class DataVersions:
    """The data version of each connection that a question reads, or None if the connection doesn't provide one."""

    by_connection: Mapping[str, str | None]

    @property
    def text(self) -> str | None:
        """All versions as one text, or None if any is unknown. If there is only one, it's returned unchanged."""
        return version_text(self.by_connection)


def version_text(versions: Mapping[str, str | None]) -> str | None:
    """Return the versions of several connections as one text, or None if any is unknown."""
    known = {name: version for name, version in sorted(versions.items()) if version is not None}
    if not known or len(known) < len(versions):
        return None
    if len(known) == 1:
        return next(iter(known.values()))
    return " ".join(f"{name}:{version}" if name else version for name, version in known.items())


class Claim(Protocol):
    """One caller's place in the queue for a statement, or for several statements whose results are combined."""

    @property
    def is_cached(self) -> bool: ...
    def done(self) -> bool: ...
    def answer(self, timeout: float | None = None) -> CachedTable: ...
    def progress(self) -> TicketProgress: ...
    def leave(self) -> None: ...


class Engines:
    """Runs each statement on its connection. Safe to use from several threads."""

    def __init__(self, connectors: Connectors, runner: Runner, settings: Settings) -> None:
        self._connectors, self._runner, self._settings = connectors, runner, settings
        self.limits = Limits(max_rows=settings.max_rows, timeout_seconds=settings.timeout_seconds)
        self.analysis_limits = replace(self.limits, timeout_seconds=settings.analysis_seconds)

    def connector(self, dataset: Dataset) -> Connector:
        """Return the connector for the connection of a dataset. Raises Unavailable."""
        return self._connectors.get(dataset.connection)

    def dialect(self, connection: str) -> Dialect:
        """Return the dialect of a connection. Raises Unavailable."""
        return find_dialect(self._connectors.get(connection).dialect)

    def versions_of(self, datasets: Iterable[Dataset]) -> DataVersions:
        """Return the data versions of these datasets' connections. Raises EngineFailed."""
        tables: dict[str, set[str]] = {}
        for dataset in datasets:
            tables.setdefault(dataset.connection, set()).update(tables_of(dataset))
        return DataVersions({name: self._version_of(name, sorted(names)) for name, names in tables.items()})

    def _version_of(self, name: str, tables: Sequence[str]) -> str | None:
        try:
            return self._connectors.get(name).data_version(tables)
        except ConnectorError as error:
            raise named(name, translate(error)) from error

    def submit(self, statement: Statement, versions: DataVersions, tag: str, *, limits: Limits | None = None) -> Ticket:
        """Start a statement, or join an identical one that's already running.

        `tag` identifies the person who asks. It's "" if the result is shared by everyone. `limits` default to the
        limits of questions.
        """
        connector, version = (
            self._connectors.get(statement.connection),
            versions.by_connection.get(statement.connection),
        )
        params = self._filled(statement)
        return self._runner.submit(
            self._key(statement, params, versions),
            connector,
            statement.sql,
            params,
            limits=limits or self.limits,
            tag=tag,
            data_version=version,
        )

    def submit_all(self, compiled: Compiled, versions: DataVersions, tag: str) -> Claim:
        """Start a question on each of its connections, and return a claim for the combined answer."""
        if compiled.combine is None:
            return self.submit(compiled.legs[0], versions, tag)
        keys = [self._key(leg, self._filled(leg), versions) for leg in compiled.legs]
        key = None
        if None not in keys:
            combine = compiled.combine
            key = result_key("", "", {}, combine.sql, [*map(str, keys), *self._filled(combine)], "")
        tickets: list[Ticket] = []
        try:
            for leg in compiled.legs:
                tickets.append(self.submit(leg, versions, tag))
        except EngineFailed:
            for ticket in tickets:
                ticket.leave()
            raise
        how = _Combining(compiled, self._filled(compiled.combine), self.limits, key, versions.text, self._runner.cache)
        return CombinedClaim(how, tickets)

    def _filled(self, statement: Statement) -> list[object]:
        return [
            f"{self._settings.mask_key}:{value.name}" if isinstance(value, Secret) else value
            for value in statement.params
        ]

    def _key(self, statement: Statement, params: Sequence[object], versions: DataVersions) -> str | None:
        connector = self._connectors.get(statement.connection)
        return result_key(
            connector.fingerprint,
            connector.identity,
            connector.session_settings,
            statement.sql,
            params,
            versions.by_connection.get(statement.connection),
        )


@dataclass(frozen=True, slots=True)
class _Combining:
    """How to combine the groups of several connections. `key` identifies the combined answer for one data `version`."""

    compiled: Compiled
    params: Sequence[object]
    limits: Limits
    key: str | None
    version: str | None
    cache: ResultCache


class CombinedClaim:
    """One caller's claim for the groups of several connections. They are combined once all have arrived."""

    def __init__(self, how: _Combining, tickets: Sequence[Ticket]) -> None:
        self._how, self._tickets = how, tickets
        self.is_cached = all(ticket.is_cached for ticket in tickets)
        self._lock = threading.Lock()  # held while the groups are combined
        self._meeting = CombineQuery()
        self._answer: CachedTable | None = None
        self._has_left = False

    def done(self) -> bool:
        return self._has_left or self._has_failed() or all(ticket.done() for ticket in self._tickets)

    def answer(self, timeout: float | None = None) -> CachedTable:
        """Return the rows, the time when the newest part was computed, and the data versions."""
        if self._has_left:
            raise Cancelled("This was cancelled.")
        try:
            for ticket in sorted(self._tickets, key=lambda ticket: not ticket.done()):  # finished first
                ticket.answer(timeout)
        except EngineFailed:
            for ticket in self._tickets:  # if one fails, all fail, so the others can stop
                ticket.leave()
            raise
        with self._lock:
            if self._answer is None:
                self._answer = self._met([ticket.answer() for ticket in self._tickets])
            return self._answer

    def _has_failed(self) -> bool:
        return any(ticket.done() and ticket.progress().state == "failed" for ticket in self._tickets)

    def progress(self) -> TicketProgress:
        """Return the progress of the slowest connection."""
        all_progress = [ticket.progress() for ticket in self._tickets]
        for state in ("failed", "queued", "running"):
            found = [progress for progress in all_progress if progress.state == state]
            if found:
                return max(found, key=lambda progress: progress.elapsed_seconds)
        return max(all_progress, key=lambda progress: progress.elapsed_seconds)

    def leave(self) -> None:
        """Stop waiting. Each connection also stops its statement, unless another caller still waits for it."""
        self._has_left = True
        for ticket in self._tickets:
            ticket.leave()
        self._meeting.cancel()

    def _met(self, parts: Sequence[CachedTable]) -> CachedTable:
        how = self._how
        kept = how.cache.get(how.key) if how.key is not None else None
        if kept is not None:
            return kept
        tables: dict[str, pa.Table] = {}
        versions: dict[str, str | None] = {}
        for leg, part in zip(how.compiled.legs, parts, strict=True):
            tables[leg.table] = part.table
            is_same = versions.setdefault(leg.connection, part.data_version) == part.data_version
            versions[leg.connection] = part.data_version if is_same else None
        assert how.compiled.combine is not None
        table = self._meeting.result(tables, how.compiled.combine.sql, how.params, how.limits)
        version = version_text(versions)
        if how.key is None or version != how.version:  # the model was published in between
            return how.cache.stamp(table, version)
        return how.cache.put(how.key, table, data_version=version)
