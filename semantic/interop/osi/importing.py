"""Import a semantic model of Open Semantic Interchange (Apache Ossie), with a list of losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.interop.column_types import Columns, no_columns
from semantic.interop.imported import ImportedModel, ImportedParts, finish
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.node import Node
from semantic.interop.osi.metrics import OsiMetrics
from semantic.interop.osi.read import (
    beside_of,
    expression_of,
    ours_of,
    read_models,
    source_of,
    synonyms_of,
    without_table,
)
from semantic.interop.source_table import SourceTable
from semantic.interop.star import Link, Part, Star, Table

Doc = dict[str, Any]

_TIMES = ("date", "time", "timestamp", "timestamp_tz", "datetime", "datetimetz")
_NUMBERS = ("integer", "number", "decimal", "float")


def import_osi(files: Mapping[str, str], *, columns: Columns = no_columns, name: str = "") -> ImportedModel:
    """Return the models in these YAML files, by path, as one model. `columns` looks up a table's columns in the engine.

    What the model language can't express is left out and listed.
    """
    losses = Losses()
    reader = _Reader(columns, losses)
    for file, data in read_models(files, losses):
        reader.read(Node(data, f"semantic model {data.get('name', '')}", file, losses), data)
    if not reader.tables:
        losses.add("the files", "they contain no dataset")
    return finish("OSI", reader.gathered(name), losses)


class _Reader:
    """Collects the datasets, relationships and metrics of all models."""

    def __init__(self, columns: Columns, losses: Losses) -> None:
        self._columns, self._losses = columns, losses
        self.tables: dict[str, Table] = {}
        self._fields: dict[str, dict[str, str]] = {}
        self._unmarked: dict[str, list[Part]] = {}
        self._relationships: list[Node] = []
        self._metrics: list[tuple[Node, Doc]] = []
        self._kept: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._beside: dict[tuple[str, ...], Doc] = {}
        self._whole: Mapping[str, Any] = {}
        self._name = ""

    def read(self, node: Node, data: Doc) -> None:
        self._name = self._name or node.text("name")
        self._whole = self._ours(node) or self._whole
        self._keep(("model",), data, node)
        for part in node.parts("datasets", "dataset"):
            dataset = next(
                (
                    candidate
                    for candidate in data["datasets"]
                    if isinstance(candidate, dict) and candidate.get("name") == part.text("name")
                ),
                {},
            )
            try:
                self._dataset(part, dataset)
            except NotExpressible as error:
                self._losses.add(f"dataset {part.text('name')}", f"left out, with its metrics: {error}", node.file)
        self._relationships += list(node.parts("relationships"))
        for part, metric in zip(node.parts("metrics"), data.get("metrics") or [], strict=True):
            self._metrics.append((part, metric))
        if node.has("description"):
            self._losses.add(node.name, "`description:` of the semantic model is not carried over", node.file)
        node.skip("name", "description", "ai_context", "custom_extensions")
        node.left_out()

    def _ours(self, node: Node) -> Mapping[str, Any]:
        try:
            return ours_of(node)
        except NotExpressible as error:
            self._losses.add(node.name, str(error), node.file)
            return {}

    def _keep(self, place: tuple[str, ...], data: Doc, node: Node) -> None:
        doc = beside_of(data)
        if doc:
            self._beside[place] = self._beside.get(place, {}) | doc
            self._losses.add(node.name, f"{', '.join(doc)}: kept next to the model for an export to OSI", node.file)

    def _dataset(self, node: Node, data: Doc) -> None:
        name = node.text("name")
        what = f"dataset {name}"
        if name in self.tables:
            raise NotExpressible("there is another with this name, so the first is used")
        ours = self._ours(node)
        table, query = source_of(node)
        columns = cast(Mapping[str, str], ours.get("columns") or {})
        source = SourceTable(what, table, query, columns, self._columns, self._losses, node.file)
        self._kept["dataset", name] = ours
        self._keep(("dataset", name), data, node)
        self._fields[name] = {}
        parts: list[Part] = []
        unmarked: list[Part] = []
        for inner_node, field in zip(node.parts("fields"), data.get("fields") or [], strict=True):
            try:
                part, is_marked = self._field(inner_node, name, field)
            except NotExpressible as error:
                self._losses.add(f"field {inner_node.text('name')} of {name}", f"left out: {error}", node.file)
                continue
            (parts if is_marked else unmarked).append(part)
        self._unmarked[name] = unmarked
        keys = [list(cast(list[str], key)) for key in data.get("unique_keys") or [] if isinstance(key, list)]
        node.skip("unique_keys")
        words: Doc = {"description": node.text("description")} if node.has("description") else {}
        synonyms = synonyms_of(node)
        self.tables[name] = Table(
            name=name, what=what, file=node.file, source=source, parts=parts,
            key=[self._fields[name].get(text, text) for text in node.texts("primary_key")],
            uniques=[[self._fields[name].get(column, column) for column in key] for key in keys],
            words=words | ({"synonyms": synonyms} if synonyms else {}),
        )  # fmt: skip
        node.skip("ai_context", "custom_extensions")
        node.left_out()

    def _field(self, node: Node, dataset: str, data: Doc) -> tuple[Part, bool]:
        """Return a field as a part of a table, and whether it declares itself a dimension."""
        name = node.text("name")
        node.name = f"field {name} of {dataset}"
        text, others = expression_of(node)
        text = without_table(text, dataset)
        self._fields[dataset][name] = text
        datatype = node.text("datatype").lower()
        role = node.part("dimension")
        is_time = role.truth("is_time") if role.has("is_time") else datatype in _TIMES
        kind = "time" if is_time else "boolean" if datatype == "boolean" else "number" if datatype in _NUMBERS else ""
        words: Doc = {"description": node.text("description")} if node.has("description") else {}
        if node.has("label"):
            words["label"] = node.text("label")
            why = "`label:` of a field is used as the name people see; the draft says `for categorization`"
            self._losses.add("label", why, node.file)
        synonyms = synonyms_of(node)
        words |= {"synonyms": synonyms} if synonyms else {}
        self._keep(("dimension", name, dataset), data, node)
        if others:
            self._other_dialects(("dimension", name, dataset), others, node)
        here = str(self._ours(node).get("name") or "")
        node.skip("expression", "ai_context", "custom_extensions")
        node.left_out()
        return Part(name=name, sql=text, kind=kind, words=words, here=here), node.is_mapping("dimension") or is_time

    def _other_dialects(self, place: tuple[str, ...], others: list[Doc], node: Node) -> None:
        self._beside.setdefault(place, {})["dialects"] = others
        names = ", ".join(doc["dialect"] for doc in others)
        self._losses.add(
            node.name, f"its expression in {names} is kept next to the model for an export to OSI", node.file
        )

    def gathered(self, name: str) -> ImportedParts:
        """Return everything that was read, as data for a model's files."""
        metrics = OsiMetrics(self.tables, self._fields, self._losses)
        for node, data in self._metrics:
            node.name = f"metric {node.text('name')}"
            try:
                text, others = expression_of(node)
                metrics.add(node, text)
            except NotExpressible as error:
                self._losses.add(node.name, f"left out: {error}", node.file)
                continue
            place = ("metric", node.text("name"))
            self._kept[place] = self._ours(node)
            self._keep(place, data, node)
            if others:
                self._other_dialects(place, others, node)
            node.skip("expression", "datatype", "ai_context", "custom_extensions")
            node.left_out()
        docs = metrics.docs()
        self._mark_the_rest(metrics.columns)
        star = Star(list(self.tables.values()), list(self._links()), set(metrics.names.values()), self._losses)
        for doc in docs:
            owner = doc.pop("dataset", "")
            if owner:
                doc["measure"] = f"{star.names[owner]}.{doc['measure']}"

        def thing(place: tuple[str, ...]) -> str:
            match place:
                case ("dataset", expression):
                    return f"dataset {star.names[expression]}"
                case ("metric", expression):
                    return f"metric {metrics.names[expression]}"
                case ("dimension", expression, dataset):
                    return f"dimension {star.part(dataset, expression) or expression} of {star.names[dataset]}"
                case _:
                    return "model"

        return ImportedParts(
            name=name or self._name, datasets=star.docs(), metrics=docs, segments=[],
            kept_of={thing(place): kept for place, kept in self._kept.items()}, whole=self._whole,
            beside={thing(place): doc for place, doc in self._beside.items()},
        )  # fmt: skip

    def _mark_the_rest(self, aggregated: Mapping[str, set[str]]) -> None:
        """Make each field without a declared role a dimension, unless it's a number, a key or summed by a metric."""
        joined: dict[str, set[str]] = {}
        for node in self._relationships:
            joined.setdefault(node.text("from"), set()).update(node.texts("from_columns"))
            joined.setdefault(node.text("to"), set()).update(node.texts("to_columns"))
        for name, table in self.tables.items():
            keys = {*table.key, *(column for unique in table.uniques for column in unique)}
            for part in self._unmarked[name]:
                used = {part.name, part.sql} & (aggregated.get(name, set()) | joined.get(name, set()) | keys)
                if used or part.kind == "number":
                    table.source.hint(part.sql, {"number": "double"}.get(part.kind, "string"))
                else:
                    table.parts = [*table.parts, part]

    def _links(self) -> Iterator[Link]:
        often = Counter((node.text("from"), node.text("to")) for node in self._relationships)
        for node in self._relationships:
            table, to = node.text("from"), node.text("to")
            node.name = f"relationship {node.text('name')}"
            if table not in self.tables or to not in self.tables:
                self._losses.add(node.name, f"left out: {table} or {to} is not among the datasets", node.file)
                continue
            mine = [self._fields[table].get(text, text) for text in node.texts("from_columns")]
            theirs = [self._fields[to].get(text, text) for text in node.texts("to_columns")]
            if not mine or len(mine) != len(theirs):
                self._losses.add(node.name, "left out: its two sides differ in their number of columns", node.file)
                continue
            for owner, keys in ((table, mine), (to, theirs)):
                for key in keys:
                    self.tables[owner].source.hint(key, "string")
            role = str(self._ours(node).get("role") or (node.text("name") if often[table, to] > 1 else ""))
            if node.has("ai_context"):
                self._losses.add(node.name, "`ai_context:` is not carried over", node.file)
            node.skip("name", "ai_context", "custom_extensions")
            node.left_out()
            yield Link(table=table, columns=mine, to=to, to_columns=theirs, role=role)
