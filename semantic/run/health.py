"""Whether an engine answers at all, how soon, and whether the tables of a model are there and for reading alone."""

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
    """Asks for one number and gives the seconds that took. Raises EngineFailed and its kin."""
    began = time.monotonic()
    try:
        statement = render(exp.select(aliased(number(1), "one")), dialect)
        connector.start(statement, limits=_LIMITS, tag="look").result()
    except ConnectorError as error:
        raise translate(error) from error
    return time.monotonic() - began


def missing_tables(connector: Connector, tables: Iterable[str]) -> Mapping[str, str]:
    """Those of the tables that cannot be read, each with the sentence that says why. Raises Unavailable and its kin."""
    found: dict[str, str] = {}
    for table in tables:
        try:
            connector.columns(table)
        except StatementFailed as error:
            found[table] = str(error)
        except ConnectorError as error:
            raise translate(error) from error
    return found


def writable_tables(connector: Connector, tables: Sequence[str]) -> Sequence[str] | None:
    """Those that the connection's user could change; None where the engine does not say. Raises EngineFailed."""
    try:
        return connector.writable(tables)
    except ConnectorError as error:
        raise translate(error) from error


def newest_load(dataset: Dataset, connector: Connector, dialect: Dialect, zone: str) -> datetime | None:
    """The greatest value of the column by which a dataset says when it is loaded, of all its rows, in UTC; a date is
    the beginning of that day in `zone`.

    None for no rows, and for a dataset that does not say. Raises EngineFailed and its kin.
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
    """The version of the data; None where nobody can tell, so that no answer is kept. Raises EngineFailed."""
    try:
        return connector.data_version(tables)
    except ConnectorError as error:
        raise translate(error) from error
