"""Estimate the number of rows of each dataset.

Engines keep these estimates. They're looked up when needed, and cached for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from connectors.connector import ConnectorError
from semantic.errors import Unavailable
from semantic.run.connectors import Connectors
from semantic.sql.dialects.build_tree import select_from
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import find_dialect

_KEPT_SECONDS: Final = 300.0  # a size only affects wording and whether Run must be pressed
_WAITED_SECONDS: Final = 2.0  # by the page, the first time; an engine may have to be started for it


class Sizes(Mapping[str, int]):
    """The estimated number of rows by dataset. `tables` has each dataset's connection and its tables there.

    A dataset of unknown size isn't included, because counting its rows would mean reading them.
    """

    def __init__(
        self,
        connectors: Connectors,
        tables: Mapping[str, tuple[str, Sequence[str]]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connectors, self._tables, self._clock = connectors, tables, clock
        self._lock = threading.Lock()
        self._found: dict[str, tuple[int | None, float]] = {}
        self._looking: dict[str, threading.Thread] = {}

    def __getitem__(self, dataset: str) -> int:
        rows = self._rows(dataset) if dataset in self._tables else None
        if rows is None:
            raise KeyError(dataset)
        return rows

    def __iter__(self) -> Iterator[str]:
        return (dataset for dataset in self._tables if self._rows(dataset) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _rows(self, dataset: str) -> int | None:
        """Return a dataset's number of rows, or None if it's unknown.

        If the number is outdated, it's returned anyway while the engine is asked again.
        """
        with self._lock:
            rows, when = self._found.get(dataset, (None, None))
            if when is not None and self._clock() - when < _KEPT_SECONDS:
                return rows
            thread = self._looking.get(dataset)
            if thread is None:
                thread = threading.Thread(target=self._look, args=(dataset,), name="sizes", daemon=True)
                self._looking[dataset] = thread
                thread.start()
        if when is None:
            thread.join(_WAITED_SECONDS)
            with self._lock:
                rows = self._found.get(dataset, (None, None))[0]
        return rows

    def _look(self, dataset: str) -> None:
        rows: int | None = None
        try:
            connection, tables = self._tables[dataset]
            expected = [self._expected(connection, table) for table in tables]
            known = [count for count in expected if count is not None]
            rows = sum(known) if len(known) == len(expected) else None
        finally:
            with self._lock:
                self._found[dataset] = (rows, self._clock())
                del self._looking[dataset]

    def _expected(self, connection: str, table: str) -> int | None:
        try:
            connector = self._connectors.get(connection)
            dialect = find_dialect(connector.dialect)
            tree = select_from(exp.to_table(table, dialect=dialect.name), [exp.Star()], keys=0)
            estimate = connector.estimate(render(tree, dialect))
        except (ConnectorError, Unavailable):
            return None  # a missing table is reported where it is used
        return estimate.rows if estimate else None
