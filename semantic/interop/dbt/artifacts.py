"""Read dbt's `manifest.json` and `semantic_manifest.json` as if they were a project's YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.errors import ModelError, Problem

Doc = dict[str, Any]

MANIFEST, SEMANTIC_MANIFEST = "manifest.json", "semantic_manifest.json"
ARTIFACTS = (MANIFEST, SEMANTIC_MANIFEST)

_TABLES = ("model", "seed", "snapshot")
_SEMANTIC = {
    "semantic_models": (
        *("name", "label", "description", "defaults", "entities", "dimensions", "measures", "primary_entity"),
        *("node_relation", "model", "config"),
    ),
    "metrics": ("name", "label", "description", "type", "type_params", "filter", "time_granularity", "config"),
    "saved_queries": ("name", "label", "description", "query_params"),
}
"""The keys to read from a manifest's semantic layer. All others are dbt's own bookkeeping."""


def artifact_documents(name: str, text: str, *, with_semantics: bool = True) -> Iterator[Doc]:
    """Yield a file's contents as documents of a project. Raises ModelError if it isn't one of dbt's manifests.

    `with_semantics` is false for a `manifest.json` whose semantic layer is also in a `semantic_manifest.json`.
    """
    try:
        data = cast(object, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise ModelError([Problem(name, 0, "This is not JSON.", "Build it again with dbt.")]) from error
    if not isinstance(data, dict) or not ({"nodes", "semantic_models"} & data.keys()):
        raise ModelError([Problem(name, 0, "This is not a manifest that dbt writes.", "Run `dbt parse` first.")])
    manifest = cast(Doc, data)
    if with_semantics:
        yield {key: [_chosen(item, keys) for item in _items(manifest.get(key))] for key, keys in _SEMANTIC.items()}
        if isinstance(manifest.get("project_configuration"), dict):
            yield {"project_configuration": _plain(manifest["project_configuration"])}
    if isinstance(manifest.get("nodes"), dict):
        tables = list(_tables(cast(Mapping[str, Any], manifest["nodes"])))
        for table in tables if not with_semantics else ():
            table.pop("time_spine", None)
        yield {"models": tables}


def _items(value: object) -> list[Doc]:
    """Return the objects in a list, or in a mapping by ID."""
    values = cast(Mapping[str, Any], value).values() if isinstance(value, dict) else value
    listed = cast(list[object], list(values)) if isinstance(values, (list, type({}.values()))) else []
    return [cast(Doc, item) for item in listed if isinstance(item, dict)]


def _chosen(item: Doc, keys: tuple[str, ...]) -> Doc:
    doc = cast(Doc, _plain({key: item[key] for key in keys if key in item}))
    relation = doc.get("node_relation")
    if isinstance(relation, dict):
        # One connection is one database, so its name isn't needed.
        doc["node_relation"] = {key: relation[key] for key in ("schema_name", "alias") if key in relation}
        doc.pop("model", None)
    return doc


def _plain(value: object) -> Any:
    """Return a value as YAML would write it.

    Scalars are text, empty values are left out, and filters and periods have their short form.
    """
    if isinstance(value, dict):
        mapping = cast(Mapping[str, Any], value)
        if "where_filters" in mapping:
            return [str(item.get("where_sql_template", "")) for item in _items(mapping["where_filters"])]
        if set(mapping) == {"count", "granularity"}:
            return f"{mapping['count']} {mapping['granularity']}"
        plain = {key: _plain(item) for key, item in mapping.items()}
        return {key: item for key, item in plain.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [_plain(item) for item in cast(list[object], value)]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)


def _tables(nodes: Mapping[str, Any]) -> Iterator[Doc]:
    """Yield dbt's models, seeds and snapshots, each with its descriptions and tests."""
    tables: dict[str, Doc] = {}
    for unique_id, node in nodes.items():
        if isinstance(node, dict) and cast(Doc, node).get("resource_type") in _TABLES:
            tables[unique_id] = _table(cast(Doc, node))
    for node in nodes.values():
        if isinstance(node, dict) and cast(Doc, node).get("resource_type") == "test":
            test = cast(Doc, node)
            depends = cast(Doc, test.get("depends_on") or {}).get("nodes") or [""]
            place = tables.get(str(test.get("attached_node") or cast(list[object], depends)[-1]))
            if place is not None:
                place["tests"].append(_test(test))
    yield from tables.values()


def _table(node: Doc) -> Doc:
    columns = [
        cast(Doc, _plain({key: column.get(key) for key in ("name", "description", "granularity")}))
        for column in _items(node.get("columns"))
    ]
    doc: Doc = {"name": str(node.get("alias") or node.get("name") or ""), "tests": [], "columns": columns}
    if node.get("description"):
        doc["description"] = str(node["description"])
    spine = _plain(node.get("time_spine") or {})
    return doc | ({"time_spine": spine, "schema": str(node.get("schema") or "")} if spine else {})


def _test(node: Doc) -> Doc:
    """Return a test as a mapping with `test_name:`. A test written in SQL has only its name."""
    about = cast(Doc, node.get("test_metadata") or {})
    kwargs = cast(Doc, about.get("kwargs") or {})
    name = str(about.get("name") or "SQL")
    package = about.get("namespace")
    config = cast(Doc, node.get("config") or {})
    return {
        "test_name": f"{package}.{name}" if package and package != "dbt" else name,
        "arguments": _plain({key: value for key, value in kwargs.items() if key != "model"})
        | ({"column_name": str(node["column_name"])} if node.get("column_name") else {}),
        "config": _plain({key: config[key] for key in ("where", "enabled") if config.get(key) is not None}),
    }
