"""Turn tables and joins, as Cube and OSI define them, into datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.source_table import SourceTable
from semantic.model.definitions import Aggregation, TypeKind
from semantic.model.loading.schema import read_type
from semantic.model.types import aggregate_type

Doc = dict[str, Any]

_NUMBERS = ("sum", "avg", "min", "max", "median", "percentile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A column to group rows by. `sql` is over the table's columns.

    `kind` is time, boolean, number, string or unknown.
    """

    name: str
    sql: str
    kind: str = ""
    words: Mapping[str, Any] = field(default_factory=dict[str, Any])  # label, description, synonyms, tags
    here: str = ""  # the name that our export stored


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAggregation:
    """An aggregation of rows. `sql` is "" if rows themselves are counted."""

    name: str
    agg: str
    sql: str
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False


@dataclass(slots=True, kw_only=True)
class Table:
    """One table of the other tool. `key` and `uniques` are expressions, usually single columns."""

    name: str
    what: str  # "cube orders"
    file: str
    source: SourceTable
    key: Sequence[str]
    uniques: Sequence[Sequence[str]] = ()
    parts: Sequence[Part] = ()
    time: str = ""  # the part that dates its measures; "" is the first time part
    words: Mapping[str, Any] = field(default_factory=dict[str, Any])
    measures: list[RowAggregation] = field(default_factory=list[RowAggregation])


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A join from many rows of `table` to one of `to`, by equal expressions.

    `role` is set if the join has a name.
    """

    table: str
    columns: Sequence[str]
    to: str
    to_columns: Sequence[str]
    role: str = ""


class Star:
    """The names and datasets of joined tables. `metrics` are names that dimensions can't have."""

    def __init__(
        self, tables: Sequence[Table], links: Sequence[Link], metrics: Collection[str], losses: Losses
    ) -> None:
        self._tables = {table.name: table for table in tables}
        self._losses, self._metrics = losses, metrics
        self.names: dict[str, str] = {}
        for table in tables:
            self.names[table.name] = fit_name(table.name, tuple(self.names.values()), "table")
        self._parts = self._part_names()
        self._roles: dict[tuple[str, str], str] = {}
        self._entities: dict[str, list[Doc]] = {table.name: [] for table in tables}
        self._grains: dict[str, list[str]] = {}
        self._guess(links)
        for table in tables:
            self._own_keys(table)
        for link in links:
            self._join(link)

    def part(self, table: str, name: str) -> str:
        """Return Samepage's name for a part of a table, or "" if it isn't there."""
        return self._parts.get((table, name), "")

    def role(self, table: str, to: str) -> str:
        """Return the entity that joins one table to another directly, or ""."""
        return self._roles.get((table, to), "")

    def docs(self) -> list[Doc]:
        """Return one dataset for each table."""
        return [self._doc(table) for table in self._tables.values()]

    def _part_names(self) -> dict[tuple[str, str], str]:
        """Return Samepage's names for the parts of tables.

        The other tools write `orders.status`, so a name in several tables gets the table's name as a prefix.
        """
        often = Counter(part.name for table in self._tables.values() for part in table.parts)
        names: dict[tuple[str, str], str] = {}
        taken = {*self._metrics, *(part.here for table in self._tables.values() for part in table.parts)}
        for table in self._tables.values():
            for part in table.parts:
                name = part.here
                if not name:
                    wanted = part.name if often[part.name] == 1 else f"{table.name}_{part.name}"
                    name = fit_name(wanted, taken, self.names[table.name])
                    taken.add(name)
                    if name != part.name:
                        self._losses.add(f"{part.name} of {table.what}", f"is named {name} here", table.file)
                names[table.name, part.name] = name
        return names

    def _guess(self, links: Sequence[Link]) -> None:
        """Guess column types from their use if no engine provides them. Columns that are joined get the same type."""
        for table in self._tables.values():
            kinds = {"time": "timestamp", "number": "double", "boolean": "boolean"}
            for part in table.parts:
                table.source.hint(part.sql, kinds.get(part.kind, "string"))
            for measure in table.measures:
                if measure.sql:
                    table.source.hint(measure.sql, "double" if measure.agg in _NUMBERS else "string")
            for key in (table.key, *table.uniques):
                for column in key:
                    table.source.hint(column, "string")
            table.source.guessed()
        for link in links:
            for mine, theirs in zip(link.columns, link.to_columns, strict=False):
                _agree(self._tables[link.table].source, mine, self._tables[link.to].source, theirs)

    def _own_keys(self, table: Table) -> None:
        """Set a table's grain, add an entity named after the table, and add its other keys."""
        columns = self._columns(table, table.key)
        if not columns:
            why = "it has no key column, so its grain is set to all columns. Correct it"
            self._losses.add(table.what, why, table.file)
            self._grains[table.name] = list(table.source.types)
            return
        self._grains[table.name] = columns
        self._entities[table.name].append({"name": self.names[table.name], "kind": "primary", "columns": columns})
        for unique in table.uniques:
            self._key(table, self._columns(table, unique))

    def _columns(self, table: Table, key: Sequence[str]) -> list[str]:
        try:
            return [table.source.column(column, f"{table.name}_key") for column in key]
        except NotExpressible as error:
            self._losses.add(f"key of {table.what}", f"left out: {error}", table.file)
            return []

    def _key(self, table: Table, columns: list[str]) -> str:
        """Return the name of a key's entity, which is added if there is none."""
        for doc in self._entities[table.name]:
            if doc["kind"] != "foreign" and doc["columns"] == columns:
                return str(doc["name"])
        taken = [doc["name"] for entity in self._entities.values() for doc in entity]
        name = fit_name(f"{self.names[table.name]}_{'_'.join(columns)}", taken)
        if columns:
            self._entities[table.name].append({"name": name, "kind": "unique", "columns": columns})
        return name

    def _join(self, link: Link) -> None:
        table, to = self._tables[link.table], self._tables[link.to]
        mine, theirs = self._columns(table, link.columns), self._columns(to, link.to_columns)
        if not mine or len(mine) != len(theirs):
            return
        grain = self._grains[to.name]
        if set(theirs) == set(grain) and theirs != grain:
            order = [theirs.index(column) for column in grain]
            mine, theirs = [mine[at] for at in order], grain
        thing = self._key(to, theirs)
        entity = self._entities[table.name]
        if any(
            (doc.get("entity", doc["name"]), doc["columns"], doc["kind"]) == (thing, mine, "foreign") for doc in entity
        ):
            return
        taken = [doc["name"] for doc in entity]
        name = fit_name(link.role or thing, taken, "_".join(mine))
        entity.append(
            {"name": name} | ({"entity": thing} if name != thing else {}) | {"kind": "foreign", "columns": mine}
        )
        self._roles.setdefault((table.name, to.name), name)

    def _doc(self, table: Table) -> Doc:
        name = self.names[table.name]
        dimensions = [dimension for part in table.parts if (dimension := self._dimension(table, part))]
        measures = [new_doc for measure in table.measures if (new_doc := self._measure(table, measure))]
        times = [dimension["name"] for dimension in dimensions if dimension.get("kind") == "time"]
        wanted = self._parts.get((table.name, table.time), "")
        time = wanted if wanted in times else next(iter(times), "")
        if len(times) > 1 and measures and not table.time:
            why = f"has {len(times)} time dimensions; {time} dates its metrics here"
            self._losses.add(table.what, why, table.file)
        doc: Doc = {"name": name, **table.words, **table.source.doc()}
        doc |= {"grain": self._grains[table.name], "columns": dict(table.source.types)}
        doc |= {"entities": self._entities[table.name]} if self._entities[table.name] else {}
        doc |= {"time": time} if time else {}
        doc |= {"dimensions": dimensions} if dimensions else {}
        return doc | ({"measures": measures} if measures else {})

    def _dimension(self, table: Table, part: Part) -> Doc | None:
        name = self._parts[table.name, part.name]
        try:
            sql = table.source.expression(
                part.sql, part.name, {"time": "timestamp", "number": "double"}.get(part.kind, "string")
            )
        except NotExpressible as error:
            self._losses.add(f"dimension {part.name} of {table.what}", f"left out: {error}", table.file)
            return None
        data_type = table.source.type_of(sql)
        doc: Doc = {"name": name, **part.words}
        if part.kind == "time":
            doc["kind"] = "time"
            if data_type is None or not data_type.is_time:
                sql, data_type = f"CAST({sql} AS TIMESTAMP)", read_type("timestamp")
        elif data_type is not None and data_type.kind is TypeKind.BOOLEAN:
            doc["kind"] = "boolean"
        doc |= {"sql": sql} if sql != name else {}
        return doc | ({"type": "string"} if data_type is None else {})

    def _measure(self, table: Table, measured: RowAggregation) -> Doc | None:
        doc: Doc = {"name": measured.name, "agg": measured.agg}
        if measured.sql:
            try:
                sql = table.source.expression(
                    measured.sql, measured.name, "double" if measured.agg in _NUMBERS else "string"
                )
            except NotExpressible as error:
                self._losses.add(f"measure {measured.name} of {table.what}", f"left out: {error}", table.file)
                return None
            value = table.source.type_of(sql)
            if value is not None and aggregate_type(Aggregation(measured.agg), value) is None:
                why = f"left out: it takes the {measured.agg} of {value}"
                self._losses.add(f"measure {measured.name} of {table.what}", why, table.file)
                return None
            doc["sql"] = sql
        doc |= {"percentile": measured.percentile} if measured.percentile is not None else {}
        doc |= {"discrete": True} if measured.discrete else {}
        return doc | ({"approximate": True} if measured.approximate else {})


def _agree(mine: SourceTable, column: str, theirs: SourceTable, other: str) -> None:
    """Give both sides of a join the type that is known for one of them, or else the type that their use implies."""
    if column not in mine.types or other not in theirs.types:
        return
    kinds = (mine.types[column], theirs.types[other])
    wanted = (
        kinds[0] if mine.is_known else kinds[1] if theirs.is_known else min(kinds, key=lambda kind: kind == "string")
    )
    wanted = "integer" if wanted == "double" else wanted
    if not mine.is_known:
        mine.types[column] = wanted
    if not theirs.is_known:
        theirs.types[other] = wanted
