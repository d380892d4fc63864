"""Which hops lose no row in the data there is: looked at once for each version of it, beside everybody's questions.

Only where data comes as whole versions, so that what was found holds for all that is read of one (decision D10); and
only between tables: a view may read the clock, and have other rows tomorrow in the same version.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from connectors.connector import Connector, ConnectorError, Limits
from semantic.model.join_graph import Edge
from semantic.model.model import Model
from semantic.plan.rewrites import NO_MATCHES, Matches, hop_of
from semantic.sql.build_tree import and_all, column, number, select_from, table_of
from semantic.sql.dialects import Dialect
from semantic.sql.render import render

_LIMITS: Final = Limits(max_rows=1, timeout_seconds=60.0)
_HERE, _THERE = "t", "m"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proven:
    """The hops that lose no row in one version of the data."""

    version: str
    matches: Matches


class Proofs:
    """What is known of the newest version. Safe from several threads; `close` ends it.

    Nothing is known until `begin`: what is proven changes the SQL of a question, and not everybody wants that.
    """

    def __init__(self, model: Model, connector: Connector, dialect: Dialect) -> None:
        self._model, self._connector, self._dialect = model, connector, dialect
        self._lock = threading.Lock()
        self._found: Proven | None = None
        self._under_way = ""
        self._is_on = self._is_closed = False

    def begin(self) -> None:
        """From here on every version is looked at, in a thread of its own, the first time it is asked about."""
        self._is_on = self._connector.capabilities.publishes
        self.current()

    def follow(self, other: Proofs) -> None:
        """Goes on in the place of `other`, which looks no more: begun if that was."""
        other.close()
        if other._is_on:
            self.begin()

    def current(self) -> Proven | None:
        """What is known of the data as it is now; None when nothing is."""
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
        # No daemon: an engine at work while the process ends would take it down.
        looking = threading.Thread(target=self.look, args=(version,), name="proofs")
        with contextlib.suppress(RuntimeError):  # no more threads: who asks needs no proof
            looking.start()
        return None

    def look(self, version: str) -> Proven:
        """Looks at every hop of the model, as far as the data stays that version."""
        try:
            stored = self._stored_tables(version)
            known = [one for one in self._edges() if {one.source, one.target} <= stored]
            found = Proven(version, frozenset(hop_of(edge) for edge in known if self._matches(edge, version)))
        except Exception:  # noqa: BLE001 (whatever it is, questions have their answers without)
            _LOG.exception("The keys of the data could not be looked at; dimensions are joined as without.")
            found = Proven(version, NO_MATCHES)
        with self._lock:
            if self._under_way in ("", version) and not self._is_closed:
                self._found = found
        return found

    def close(self) -> None:
        """Stops looking."""
        self._is_closed = True

    def _edges(self) -> Iterator[Edge]:
        for edges in self._model.joins.edges.values():
            yield from (one for one in edges if one.needs_key_alone and one.current is None and not one.parts_of_key)

    def _stored_tables(self, version: str) -> set[str]:
        """The datasets whose rows are those of a table, and change with nothing but the data."""
        table = exp.Table(this=exp.to_identifier("tables"), db=exp.to_identifier("information_schema"))
        tree = select_from(table, [exp.to_column("table_schema"), exp.to_column("table_name")], keys=0)
        is_table = exp.EQ(this=exp.to_column("table_type"), expression=exp.Literal.string("BASE TABLE"))
        tree.set("where", exp.Where(this=is_table))
        rows = self._rows(tree, version, Limits(max_rows=100_000, timeout_seconds=60.0))
        names = {(one["table_schema"].casefold(), one["table_name"].casefold()) for one in rows or ()}
        datasets = [one for one in self._model.datasets.values() if one.query is None]
        return {one.name for one in datasets if _place(one.source) in names}

    def _rows(self, tree: exp.Select, version: str, limits: Limits) -> list[dict[str, str]] | None:
        """The rows of this version; None where they could not be had, or are of another."""
        if self._is_closed or not threading.main_thread().is_alive():
            return None
        try:
            run = self._connector.start(render(tree, self._dialect), limits=limits, tag="proofs")
            rows = run.result().to_pylist()
        except ConnectorError:
            return None  # not proven: questions are asked in the way that needs no proof
        return rows if run.data_version == version else None

    def _matches(self, edge: Edge, version: str) -> bool:
        """Whether each row has a key, and a member with it."""
        return self._rows(self._unmatched(edge), version, _LIMITS) == []

    def _unmatched(self, edge: Edge) -> exp.Select:
        here, there = self._model.datasets[edge.source], self._model.datasets[edge.target]
        pairs: list[exp.Expr] = [
            exp.EQ(this=column(theirs, _THERE), expression=column(mine, _HERE))
            for mine, theirs in zip(edge.columns, edge.target_columns, strict=True)
        ]
        member = select_from(table_of(there, _THERE), [number(1)], keys=0)
        member.set("where", exp.Where(this=and_all(pairs)))
        tree = select_from(table_of(here, _HERE), [exp.Alias(this=number(1), alias=exp.to_identifier("one"))], keys=0)
        tree.set("where", exp.Where(this=exp.Not(this=exp.Exists(this=member))))
        tree.set("limit", exp.Limit(expression=number(1)))
        return tree


def matches_of(found: Proven | None) -> Matches:
    """The hops that are known to lose no row."""
    return NO_MATCHES if found is None else found.matches


def _place(source: str) -> tuple[str, str]:
    """The schema and name of a table of the data's own."""
    schema, _, name = source.casefold().rpartition(".")
    return schema or "main", name
