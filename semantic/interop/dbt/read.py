"""Read a dbt project's YAML as dbt's objects.

It can have MetricFlow's documents, dbt's lists, and models of the newer spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import yaml

from semantic.interop.dbt.artifacts import MANIFEST, SEMANTIC_MANIFEST, artifact_documents
from semantic.interop.dbt.metric_read import read_metric
from semantic.interop.dbt.model_read import read_model, read_newer_model
from semantic.interop.dbt.nouns import DbtTable, Manifest, Metric, SavedQuery, SemanticModel, TimeSpine
from semantic.interop.dbt.table_read import read_table
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.interop.node import Node
from semantic.interop.sql_names import column_of
from semantic.model.definitions import Granularity

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_OTHERS = ("version", "exposures", "groups", "macros", "analyses", "unit_tests", "anchors", "functions")
_LISTS = ("semantic_models", "metrics", "saved_queries", "models", "seeds", "snapshots", "sources", "unit_tests")
_SINGLE = ("semantic_model", "metric", "saved_query", "project_configuration")
_REF = re.compile(r"""^(?:\{\{)?\s*ref\(\s*(?:['"]\w+['"]\s*,\s*)?['"](\w+)['"].*\)\s*(?:\}\})?$""")


def read_manifest(files: Mapping[str, str], losses: Losses, *, schema: str = "") -> Manifest:
    """Return the manifest in these files, by path. `schema` is where dbt builds the models that `ref` names.

    Files without models or metrics are skipped, and files that aren't YAML are losses. Raises ModelError for a JSON
    file that isn't one of dbt's manifests.
    """
    reader = _Reader(losses, schema)
    for file, text in sorted(files.items()):
        for document in _documents(text, file, files, losses):
            if _is_dbts(document):
                reader.read(Node(document, file, file, losses))
    return reader.manifest()


def _documents(text: str, file: str, files: Mapping[str, str], losses: Losses) -> Iterator[Mapping[str, Any]]:
    if file.endswith(".json"):
        with_semantics = file != MANIFEST or SEMANTIC_MANIFEST not in files
        yield from artifact_documents(file, text, with_semantics=with_semantics)
        return
    try:
        # All scalars stay text: `on`, 1 and 2020-01-01 stay as written.
        documents = cast(list[object], list(yaml.load_all(text, Loader=_Loader)))
    except (yaml.YAMLError, RecursionError) as error:
        why = f"left out: it isn't YAML ({str(error).splitlines()[0]})"
        losses.add("file", why, file, "files that can't be read")
        return
    for document in documents:
        if isinstance(document, dict):
            yield cast(Mapping[str, Any], document)


def _is_dbts(document: Mapping[str, Any]) -> bool:
    """Return whether a document defines models or metrics.

    In dbt_project.yml, `models:` is a mapping of settings instead.
    """
    return any(isinstance(document.get(key), list) for key in _LISTS) or any(
        isinstance(document.get(key), dict) for key in _SINGLE
    )


class _Reader:
    """Collects the contents of all documents."""

    def __init__(self, losses: Losses, schema: str) -> None:
        self._losses, self._schema = losses, schema
        self._models: list[SemanticModel] = []
        self._metrics: list[Metric] = []
        self._spines: dict[tuple[str, str], TimeSpine] = {}
        self._queries: list[SavedQuery] = []
        self._tables: dict[str, DbtTable] = {}

    def manifest(self) -> Manifest:
        return Manifest(
            models=tuple(self._models),
            metrics=tuple(self._metrics),
            spines=tuple(self._spines.values()),
            queries=tuple(self._queries),
            tables=self._tables,
        )

    def read(self, document: Node) -> None:
        if document.has("semantic_model"):
            self._model(document.part("semantic_model"))
        if document.has("metric"):
            self._metric(document.part("metric"))
        if document.has("saved_query"):
            self._queries.append(_query(document.part("saved_query")))
        if document.has("project_configuration"):
            self._project(document.part("project_configuration"))
        for node in document.parts("semantic_models"):
            self._model(node)
        for node in document.parts("metrics"):
            self._metric(node)
        for node in document.parts("saved_queries"):
            self._queries.append(_query(node))
        for node in document.parts("models"):
            self._table(node)
            self._dbt_model(node)
        for node in (*document.parts("seeds"), *document.parts("snapshots")):
            self._table(node)
        for source in document.parts("sources"):
            for node in source.parts("tables"):
                self._table(node)
        for node in document.parts("unit_tests"):
            why = "left out: it tests how dbt builds a table, which Samepage doesn't do"
            self._losses.add(f"unit test {node.text('name')}", why, node.file, "how dbt builds tables")
        document.skip(*_OTHERS)
        document.left_out()

    def _table(self, node: Node) -> None:
        table = read_table(node)
        if table.name not in self._tables or table.tests:
            self._tables[table.name] = table

    def _model(self, node: Node) -> None:
        if node.is_enabled():
            self._models.append(read_model(node, _table(node, self._schema)))

    def _metric(self, node: Node) -> None:
        if node.is_enabled():
            self._metrics.append(read_metric(node))

    def _dbt_model(self, node: Node) -> None:
        """Read a dbt model: a time spine, a semantic model in the newer spec, or neither."""
        if node.has("time_spine"):
            self._dbt_spine(node)
        elif node.has("semantic_model") and node.is_switched_on("semantic_model"):
            model, metrics = read_newer_model(node, _dotted(self._schema, node.text("name")))
            self._models.append(model)
            self._metrics += metrics

    def _project(self, node: Node) -> None:
        for part in node.parts("time_spine_table_configurations"):
            table = part.text("location")
            self._spine(TimeSpine(
                name=table.rpartition(".")[2], table=table, column=_unquoted(part.text("column_name")),
                granularity=part.text("grain", "day").lower(), file=node.file,
            ))  # fmt: skip
        for part in node.parts("time_spines"):
            column = part.part("primary_column")
            custom = tuple(
                (grain.text("name"), _unquoted(grain.text("column_name")) or grain.text("name"))
                for grain in part.parts("custom_granularities")
            )
            table, granularity = _table(part, self._schema), column.text("time_granularity", "day")
            self._spine(TimeSpine(
                name=table.rpartition(".")[2], table=table, column=_unquoted(column.text("name")),
                granularity=granularity.lower(), custom=custom, file=node.file,
            ))  # fmt: skip
        node.skip("dsi_package_version", "metadata", "name")
        node.left_out()

    def _dbt_spine(self, node: Node) -> None:
        spine = node.part("time_spine")
        column = _unquoted(spine.text("standard_granularity_column"))
        custom = tuple(
            (part.text("name"), _unquoted(part.text("column_name")) or part.text("name"))
            for part in spine.parts("custom_granularities")
        )
        grains = {_unquoted(part.text("name")): part.text("granularity") for part in node.parts("columns")}
        name, carried = node.text("name"), node.carried()
        table = str(carried.get("table") or _dotted(self._schema or node.text("schema"), name))
        self._spine(TimeSpine(
            name=name, table=table, column=column, carried=carried,
            granularity=(grains.get(column) or "day").lower(), custom=custom, file=node.file,
        ))  # fmt: skip

    def _spine(self, spine: TimeSpine) -> None:
        """Add a time spine. If both specs declare the same table, the more detailed declaration stays."""
        known = self._spines.get((spine.table, spine.granularity))
        if known is None or len(spine.custom) > len(known.custom):
            self._spines[spine.table, spine.granularity] = spine


def _table(node: Node, schema: str) -> str:
    """Return a node_relation's table as `schema.alias`, or the table in `model: ref('…')` in the given schema."""
    if node.has("node_relation"):
        relation = node.part("node_relation")
        if relation.has("relation_name"):
            return relation.text("relation_name").replace('"', "")
        relation.skip("database")
        return _dotted(relation.text("schema_name"), relation.text("alias"))
    text = node.text("model")
    ref = _REF.match(text)
    return _dotted(schema, ref[1] if ref else text or node.text("name"))


def _unquoted(column: str) -> str:
    """Return a column's name without quotes."""
    return column_of(column) if column.startswith('"') else column


def _dotted(schema: str, table: str) -> str:
    return f"{schema}.{table}" if schema else table


def _query(node: Node) -> SavedQuery:
    params = node.part("query_params")
    query = SavedQuery(
        name=node.text("name"),
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        metrics=params.texts("metrics"),
        group_by=params.texts("group_by"),
        where=params.texts("where"),
        order_by=params.texts("order_by"),
        limit=params.text("limit"),
    )
    params.left_out()
    node.skip("exports", "config", "tags", "meta")
    node.left_out()
    return query


def custom_names(spines: Iterable[TimeSpine]) -> dict[str, str]:
    """Return all custom periods, each with a name for the model that isn't a standard granularity."""
    names: dict[str, str] = {}
    for spine in spines:
        for name, _ in spine.custom:
            if name not in names:
                names[name] = fit_name(name, {*Granularity, *names.values()}, "spine")
    return names
