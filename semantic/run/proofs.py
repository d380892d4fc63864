"""Prove facts about the data: which joins lose no rows, which dates are normal, which groupings give few groups.

Facts are proven once per version of the data, in parallel with questions. This needs data that is published in whole
versions, so that a proof applies to everything read from that version (decision 11). It also needs tables, because a
view can read the clock and have other rows tomorrow in the same version.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlglot import exp

from connectors.connector import Connector, ConnectorError, Limits
from semantic.model.definitions import Dataset
from semantic.model.join_graph import Edge
from semantic.model.model import Model
from semantic.plan.tree.known import NOTHING_KNOWN, Known, Matches, hop_of
from semantic.sql.dialects.build_tree import and_all, column, number, select_from, table_of
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect

_LIMITS: Final = Limits(max_rows=1, timeout_seconds=60.0)
_HERE, _THERE = "t", "m"
# Far enough from the first and last year that no time zone reaches them; infinite dates are beyond.
_MONTHS: Final = (
    "CASE WHEN MIN(x) >= CAST('0002-01-01' AS DATE) AND MAX(x) < CAST('9998-01-01' AS DATE) THEN "
    "(EXTRACT(YEAR FROM MAX(x)) - EXTRACT(YEAR FROM MIN(x))) * 12 "
    "+ EXTRACT(MONTH FROM MAX(x)) - EXTRACT(MONTH FROM MIN(x)) + 1 END"
)
_ROWS_OF_A_GROUP: Final = 100
"""The fewest rows per key and month for which aggregating before a join pays off.

With ten rows, it takes twice as long as joining first, and with two hundred half as long
(docs/explanation/performance.md).
"""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proven:
    """The facts proven for one version of the data."""

    version: str
    known: Known


@dataclass(frozen=True, slots=True)
class _Extent:
    """A dataset's number of rows, and how many months each of its date columns spans if all dates are normal."""

    rows: int
    months: dict[str, int]


class Proofs:
    """Proves facts about the newest version of the data. It's safe to use from several threads, and `close` ends it.

    Nothing is proven until `begin` is called, because proofs change the SQL of questions, which not every caller wants.
    """

    def __init__(self, model: Model, connector: Connector, dialect: Dialect) -> None:
        self._model, self._connector, self._dialect = model, connector, dialect
        self._lock = threading.Lock()
        self._found: Proven | None = None
        self._under_way = ""
        self._read: dict[tuple[str, str], list[dict[str, Any]] | None] = {}  # while a version is being checked
        self._is_on = self._is_closed = False

    def begin(self) -> None:
        """Start proving facts, in a separate thread, about each version that `current` is asked about."""
        self._is_on = self._connector.capabilities.publishes
        self.current()

    def follow(self, other: Proofs) -> None:
        """Stop `other`, and start here if `other` had started."""
        other.close()
        if other._is_on:
            self.begin()

    def current(self) -> Proven | None:
        """Return what is proven about the current data, or None if nothing is yet."""
        if not self._is_on:
            return None
        try:
            version = self._connector.data_version(())
        except ConnectorError:
            return None
        with self._lock:
            if self._found is not None and self._found.version == version:
                return self._found
            if version is None or version == self._under_way:
                return None
            self._under_way = version
        # Not a daemon thread: an engine still working while the process exits would crash it.
        looking = threading.Thread(target=self.look, args=(version,), name="proofs")
        with contextlib.suppress(RuntimeError):  # no more threads: questions don't need proofs
            looking.start()
        return None

    def look(self, version: str) -> Proven:
        """Check every join of the model while the data stays at this version, and return what is proven."""
        try:
            stored = self._stored_tables(version)
            edges = [edge for edge in self._edges() if {edge.source, edge.target} <= stored]
            matches = frozenset(hop_of(edge) for edge in edges if self._matches(edge, version))
            proven = Proven(version, _known(matches, edges, self._extents(stored, version)))
        except Exception:  # noqa: BLE001 (whatever happens, questions are answered without)
            _LOG.exception("The keys of the data couldn't be read; dimensions are joined the slower way.")
            proven = Proven(version, NOTHING_KNOWN)
        finally:
            self._read = {}
        with self._lock:
            if self._under_way in ("", version) and not self._is_closed:
                self._found = proven
        return proven

    def close(self) -> None:
        """Stop checking."""
        self._is_closed = True

    @property
    def is_closed(self) -> bool:
        """Whether checking has stopped."""
        return self._is_closed

    def _edges(self) -> Iterator[Edge]:
        for edges in self._model.joins.edges.values():
            yield from (
                edge for edge in edges if edge.needs_key_alone and edge.current is None and not edge.parts_of_key
            )

    def _stored_tables(self, version: str) -> set[str]:
        """Return the datasets that read a table directly, so that their rows change only with the data's version."""
        table = exp.Table(this=exp.to_identifier("tables"), db=exp.to_identifier("information_schema"))
        tree = select_from(table, [exp.to_column("table_schema"), exp.to_column("table_name")], keys=0)
        is_table = exp.EQ(this=exp.to_column("table_type"), expression=exp.Literal.string("BASE TABLE"))
        tree.set("where", exp.Where(this=is_table))
        rows = self._rows(tree, version, Limits(max_rows=100_000, timeout_seconds=60.0))
        names = {(row["table_schema"].casefold(), row["table_name"].casefold()) for row in rows or ()}
        own = [dataset for dataset in self._model.datasets.values() if not dataset.connection]
        datasets = [dataset for dataset in own if dataset.query is None]
        return {dataset.name for dataset in datasets if _place(dataset.source) in names}

    def _extents(self, stored: set[str], version: str) -> dict[str, _Extent]:
        """Return the extent of each dataset that could be read."""
        extents: dict[str, _Extent] = {}
        for name in sorted(stored):
            columns = _date_columns(self._model.datasets[name])
            rows = self._rows(self._extent(name, columns), version, _LIMITS)
            if rows:
                (row,) = rows
                months = {date_column: row[f"_{index}"] for index, date_column in enumerate(columns)}
                extents[name] = _Extent(
                    row["rows"], {date_column: count for date_column, count in months.items() if count is not None}
                )
        return extents

    def _extent(self, name: str, columns: Sequence[str]) -> exp.Select:
        parts = [exp.Alias(this=exp.Count(this=exp.Star()), alias=exp.to_identifier("rows"))]
        for index, each_column in enumerate(columns):
            months = fill(_MONTHS, self._dialect.name, x=column(each_column, _HERE))
            parts.append(exp.Alias(this=months, alias=exp.to_identifier(f"_{index}")))
        return select_from(table_of(self._model.datasets[name], _HERE), parts, keys=0)

    def _rows(self, tree: exp.Select, version: str, limits: Limits) -> list[dict[str, Any]] | None:
        # Any: names, and numbers of rows and months.
        """Return rows of this version, or None if they can't be read or are from another version.

        Two datasets over one table are read once.
        """
        sql, read = render(tree, self._dialect), self._read
        if (version, sql) not in read:
            read[version, sql] = self._run(sql, version, limits)
        return read[version, sql]

    def _run(self, sql: str, version: str, limits: Limits) -> list[dict[str, Any]] | None:
        if self._is_closed or not threading.main_thread().is_alive():
            return None
        try:
            run = self._connector.start(sql, limits=limits, tag="proofs")
            rows = run.result().to_pylist()
        except ConnectorError:
            return None  # not proven, so questions use the SQL that needs no proof
        return rows if run.data_version == version else None

    def _matches(self, edge: Edge, version: str) -> bool:
        """Return whether every row's key has a matching member."""
        return self._rows(self._unmatched(edge), version, _LIMITS) == []

    def _unmatched(self, edge: Edge) -> exp.Select:
        dataset, there = self._model.datasets[edge.source], self._model.datasets[edge.target]
        pairs: list[exp.Expr] = [
            exp.EQ(this=column(theirs, _THERE), expression=column(mine, _HERE))
            for mine, theirs in zip(edge.columns, edge.target_columns, strict=True)
        ]
        member = select_from(table_of(there, _THERE), [number(1)], keys=0)
        member.set("where", exp.Where(this=and_all(pairs)))
        tree = select_from(
            table_of(dataset, _HERE), [exp.Alias(this=number(1), alias=exp.to_identifier("one"))], keys=0
        )
        tree.set("where", exp.Where(this=exp.Not(this=exp.Exists(this=member))))
        tree.set("limit", exp.Limit(expression=number(1)))
        return tree


def known_of(proven: Proven | None) -> Known:
    """Return the proven facts, empty if there are none."""
    return NOTHING_KNOWN if proven is None else proven.known


def _known(matches: Matches, edges: Sequence[Edge], extents: Mapping[str, _Extent]) -> Known:
    few: set[tuple[str, ...]] = set()
    for edge in edges:
        extent, there = extents.get(edge.source), extents.get(edge.target)
        if extent is not None and there is not None:
            few |= {
                (*hop_of(edge), date)
                for date, months in extent.months.items()
                if there.rows * months * _ROWS_OF_A_GROUP <= extent.rows
            }
    dates = frozenset((name, date) for name, extent in extents.items() for date in extent.months)
    return Known(matches, dates, frozenset(few))


def _date_columns(dataset: Dataset) -> list[str]:
    """Return a dataset's columns with dates, or with days in the model's time zone."""
    times = [dimension for dimension in dataset.dimensions.values() if dimension.kind == "time"]
    trees = [
        expression.tree
        for dimension in times
        for expression in (dimension.sql, dimension.day)
        if expression is not None
    ]
    return sorted({tree.name for tree in trees if isinstance(tree, exp.Column)})


def _place(source: str) -> tuple[str, str]:
    """Return the schema and name of a table in the main connection."""
    schema, _, name = source.casefold().rpartition(".")
    return schema or "main", name
