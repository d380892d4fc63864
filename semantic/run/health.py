"""Find out whether an engine responds, and whether a model's tables exist and are read-only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlglot import exp

from connectors.connector import Connector, ConnectorError, Limits, StatementFailed
from semantic.model.definitions import Dataset
from semantic.results.freshness import load_instant
from semantic.run.execute import translate
from semantic.sql.dialects.build_tree import aliased, column, number, select_from, table_of
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect

_LIMITS: Final = Limits(max_rows=1, timeout_seconds=10.0)


def reach(connector: Connector, dialect: Dialect) -> float:
    """Query a single number, and return how many seconds it took. Raises EngineFailed and its subclasses."""
    began = time.monotonic()
    try:
        statement = render(exp.select(aliased(number(1), "one")), dialect)
        connector.start(statement, limits=_LIMITS, tag="look").result()
    except ConnectorError as error:
        raise translate(error) from error
    return time.monotonic() - began


def missing_tables(connector: Connector, tables: Iterable[str]) -> Mapping[str, str]:
    """Return the tables that can't be read, each with the reason as a sentence. Raises Unavailable."""
    missing_tables: dict[str, str] = {}
    for table in tables:
        try:
            connector.columns(table)
        except StatementFailed as error:
            missing_tables[table] = str(error)
        except ConnectorError as error:
            raise translate(error) from error
    return missing_tables


def writable_tables(connector: Connector, tables: Sequence[str]) -> Sequence[str] | None:
    """Return the tables that the connection's user can change, or None if the engine doesn't say.

    Raises EngineFailed.
    """
    try:
        return connector.writable(tables)
    except ConnectorError as error:
        raise translate(error) from error


def newest_load(dataset: Dataset, connector: Connector, dialect: Dialect, zone: str) -> datetime | None:
    """Return the latest value of a dataset's load column in UTC, or None if it has no rows or no such column.

    A date counts as the beginning of that day in `zone`. Raises EngineFailed and its subclasses.
    """
    if dataset.freshness is None:
        return None
    newest = exp.Max(this=column(dataset.freshness.column, "t"))
    tree = select_from(table_of(dataset, "t"), [aliased(newest, "newest")], keys=0)
    try:
        table = connector.start(render(tree, dialect), limits=_LIMITS, tag="look").result()
    except ConnectorError as error:
        raise translate(error) from error
    return load_instant(table.column(0)[0].as_py() if table.num_rows else None, zone)


def version_of(connector: Connector, tables: Sequence[str]) -> str | None:
    """Return the version of the data, or None if it's unknown, so that no answer is cached. Raises EngineFailed."""
    try:
        return connector.data_version(tables)
    except ConnectorError as error:
        raise translate(error) from error
