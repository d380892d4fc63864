"""Trace a column of a dataset with its own SQL back to the engine's tables."""

from __future__ import annotations

from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage

from semantic.model.definitions import Dataset


def source_columns(dataset: Dataset, column: str) -> tuple[tuple[str, str], ...]:
    """Return the tables and columns behind a dataset's column, in the order in which the SQL reads them.

    Empty if the SQL doesn't show them, as for `count(*)`, or for `*` over tables with unknown columns.
    """
    if dataset.query is None:
        return ((dataset.source, column),)
    return _sources(dataset.query.text, column)


@lru_cache(maxsize=4_000)
def _sources(query: str, column: str) -> tuple[tuple[str, str], ...]:
    try:
        nodes = [*lineage(column, query, {}, dialect="duckdb").walk()]
    except (SqlglotError, ValueError, KeyError, RecursionError):
        return ()
    found: dict[tuple[str, str], None] = {}
    for node in nodes:
        if isinstance(node.source, exp.Table) and not node.downstream and "*" not in node.name:
            table = ".".join(part.name for part in node.source.parts)
            found[table, node.name.rpartition(".")[2].strip('"')] = None
    return tuple(found)
