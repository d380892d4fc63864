"""The connections of this process, for administrators: what they connect to, whether they respond, and their problems.

Values never contain a password or key, only the place it is read from. People see only the names of datasets that they
can see, and the number of other datasets with problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from semantic.config.settings import Settings
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.model.definitions import Dataset
from semantic.plan.reads import tables_of
from semantic.policy.narrow import VisibleModel
from semantic.run.health import missing_tables, newest_load, reach, version_of, writable_tables
from semantic.services.process import Live
from semantic.sql.dialects.table import DIALECTS, find_dialect
from semantic.store.health import place_of_store, reach_store
from semantic.workspace import Workspace

SLOW_SECONDS: Final = 1.0
State = Literal["answers", "slow", "incomplete", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection as the settings describe it, without contacting it."""

    name: str
    kind: str
    place: str
    from_where: str  # where its address comes from
    secrets: tuple[str, ...]  # one sentence each: where it comes from
    limits: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServedDataset:
    """A dataset of the model, its tables, and its problem, or "" if there is none."""

    label: str
    tables: tuple[str, ...]
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    """The result of testing a connection. `seconds` is None if the connection didn't respond."""

    state: State
    words: str
    seconds: float | None = None
    version: str = ""
    data_version: str = ""
    loaded: datetime | None = None  # the oldest of the newest loads
    warnings: tuple[str, ...] = ()
    served: tuple[ServedDataset, ...] = ()


def data_connection(live: Live) -> Connection:
    """Return the engine that questions run on."""
    settings, connector = live.settings, live.workspace().connector
    limits = (
        ("Time limit per question", f"{settings.timeout_seconds:g} s"),
        ("Time limit per analysis", f"{settings.analysis_seconds:g} s"),
        ("Row limit per answer", f"{settings.max_rows:,}"),
        ("Concurrent questions", f"{settings.workers}"),
        *((name.capitalize(), _spaced(value)) for name, value in connector.uses.items()),
    )
    return Connection(
        name="Data",
        kind=find_dialect(connector.dialect).label,
        place=connector.place,
        from_where=_source("data", settings),
        secrets=(f"The key of hashed masks: {_source('mask_key', settings, 'generated at each start')}.",),
        limits=limits,
        warnings=tuple(_open_password("data", settings.data, settings)),
    )


def store_connection(live: Live) -> Connection:
    """Return the connection to the store, which has saved work, model versions, receipts and the audit log."""
    settings = live.settings
    text = f"generated and kept in {settings.audit_key_file}"
    return Connection(
        name="Store",
        kind={"sqlite": "SQLite", "postgresql": "PostgreSQL"}[live.store.kind],
        place=place_of_store(live.store),
        from_where=_source("store", settings),
        secrets=(f"The key of the audit log: {_source('audit_key', settings, text)}.",),
        limits=(),
        warnings=(*_open_password("store", settings.store, settings), *demo_warnings(live)),
    )


def demo_warnings(live: Live) -> Iterator[str]:
    """Yield warnings about a store that was used with the demo before the company signed in to it."""
    if live.demo_at is not None:
        yield (
            f"Demo mode used this store, last on {live.demo_at:%-d %b %Y}: anyone could publish definitions and save "
            "questions in it under any name. Demo sign-ins and service tokens no longer work. Start with an "
            "empty store: pull the model from this one, review it, push it into the new one, and set "
            "SAMEPAGE_STORE to that."
        )


def _source(name: str, settings: Settings, otherwise: str = "the default") -> str:
    place = settings.come_from.get(name, "")
    return f"from {place}" if place else otherwise


def _open_password(name: str, address: str, settings: Settings) -> Iterator[str]:
    """Yield a warning about a password in plain text.

    Other programs on this machine, or a crash report, could expose the password.
    """
    place = settings.come_from.get(name, "")
    if place.startswith(("the file", "the variable")) or not _has_password(address):
        return
    yield (
        f"The password is written in plain text in {place}. Put the address in a file that only this process can read, "
        f"and set SAMEPAGE_{name.upper()} to file:/path/of/it."
    )


def _has_password(address: str) -> bool:
    try:
        return bool(urlsplit(address).password)
    except ValueError:
        return "@" in address


# Testing


def look_at_data(live: Live, seen: VisibleModel) -> ConnectionStatus:
    """Query one number, then look for the tables of every dataset. This takes as long as the engine needs."""
    workspace = live.workspace()
    connector = workspace.connector
    datasets = [dataset for dataset in workspace.model.datasets.values() if not dataset.connection]
    try:
        seconds = reach(connector, workspace.dialect)
        tables = sorted({table for dataset in datasets for table in tables_of(dataset)})
        missing = missing_tables(connector, tables)
        there = [table for table in tables if table not in missing]
        version = version_of(connector, there)
        warnings = tuple(_writable_words(writable_tables(connector, there)))
        loaded = _oldest_load(workspace, seen, missing)
    except SemanticError as error:
        return ConnectionStatus(state="silent", words=str(error))
    served = [
        ServedDataset(dataset.label, tuple(sorted(tables_of(dataset))), _trouble(dataset, missing))
        for dataset in datasets
    ]
    named = [each_served for each_served, dataset in zip(served, datasets, strict=True) if may_know(dataset, seen)]
    state, words = _state(seconds, [each_served for each_served in served if each_served.trouble])
    return ConnectionStatus(
        state=state,
        words=words,
        seconds=seconds,
        version=_program(connector.identity),
        data_version=version or "",
        loaded=loaded,
        warnings=warnings,
        served=tuple(sorted(named, key=lambda each_served: (not each_served.trouble, each_served.label.casefold()))),
    )


def look_at_store(live: Live) -> ConnectionStatus:
    """Query the store's version, and begin a write that changes nothing."""
    try:
        reached = reach_store(live.store)
    except SemanticError as error:
        return ConnectionStatus(state="silent", words=str(error))
    state, words = _state(reached.seconds, ())
    if not reached.is_writable:
        state, words = (
            "incomplete",
            "Connected, but read-only, because this server is a replica. Use the primary's address.",
        )
    elif not live.recorder.takes_writes:
        state, words = (
            "incomplete",
            "Connected, but the last write failed. Check the store's disk space and the server's log.",
        )
    warnings = (
        [f"Not in the audit log yet: {counted(live.recorder.waiting, 'action')}."] if live.recorder.is_away else []
    )
    return ConnectionStatus(
        state=state, words=words, seconds=reached.seconds, version=reached.version, warnings=tuple(warnings)
    )


def _program(identity: str) -> str:
    """Return an engine and its version for display: "DuckDB 1.4.1"."""
    name, space, version = identity.partition(" ")
    called = DIALECTS[name].label if name in DIALECTS else name
    return f"{called}{space}{version}"


def _spaced(value: str) -> str:
    """Return a size with a space before its unit, as everywhere in Samepage: "20 GB"."""
    return re.sub(r"(\d)([KMGT]i?B)$", r"\1 \2", value)


def _state(seconds: float, troubled: Sequence[ServedDataset]) -> tuple[State, str]:
    if troubled:
        return (
            "incomplete",
            f"{counted(len(troubled), 'dataset')} can't be read. Questions about the others still work.",
        )
    if seconds > SLOW_SECONDS:
        return "slow", "Connected, but slow. Check the database load and the network."
    return "answers", "Connected"


def _trouble(dataset: Dataset, missing: Mapping[str, str]) -> str:
    return " ".join(missing[table] for table in sorted(tables_of(dataset)) if table in missing)


def _writable_words(writable: Sequence[str] | None) -> Iterator[str]:
    """Yield a warning about writable tables. Samepage never writes to them, but anyone with the password could."""
    if writable:
        yield (
            f"This database user can write to {counted(len(writable), 'table')} of the model. Samepage only "
            "reads: use one with SELECT access only."
        )


def _oldest_load(workspace: Workspace, seen: VisibleModel, missing: Mapping[str, str]) -> datetime | None:
    """Return when the dataset with the oldest data was last loaded, or None.

    Only datasets whose rows this person can all see are considered, because a load time could reveal hidden rows.
    """
    if seen.rules:
        return None
    datasets = [
        dataset
        for dataset in workspace.model.datasets.values()
        if not dataset.connection and dataset.freshness and seen.shows_fact(dataset.name)
    ]
    connector, dialect, zone = workspace.connector, workspace.dialect, workspace.model.settings.time_zone
    loads = (newest_load(dataset, connector, dialect, zone) for dataset in datasets if not _trouble(dataset, missing))
    return min((load for load in loads if load is not None), default=None)


def may_know(dataset: Dataset, seen: VisibleModel) -> bool:
    """Whether a person is allowed to know that a dataset exists."""
    return seen.shows_fact(dataset.name) or any(
        seen.shows_dimension(dimension) for dimension in dataset.dimensions.values()
    )
