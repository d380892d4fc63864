"""Read the YAML of Open Semantic Interchange (Apache Ossie): sources, expressions and extensions as written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

import sqlglot
import yaml
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.node import Node
from semantic.interop.ours import OURS

Doc = dict[str, Any]

VERSION = "0.2.0.dev0"
"""The version of the draft that imports support and exports write."""
VENDOR = OURS.upper()
"""The vendor name of our `custom_extensions`."""

_READ = ("0.1", "0.1.0", "0.1.1", VERSION)
_PLAIN = ("ANSI_SQL", "OSSIE_SQL_2026", "")
_TRANSLATED = {"DATABRICKS": "databricks", "SNOWFLAKE": "snowflake", "BIGQUERY": "bigquery"}
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_models(files: Mapping[str, str], losses: Losses) -> Iterator[tuple[str, Doc]]:
    """Yield each semantic model with its file. Files without one are skipped, and unreadable ones are losses."""
    for file, text in sorted(files.items()):
        try:
            # All scalars stay text: `on`, 1 and 2020-01-01 stay as written.
            data = cast(object, yaml.load(text, Loader=_Loader))
        except (yaml.YAMLError, RecursionError) as error:
            why = f"left out: it isn't YAML ({str(error).splitlines()[0]})"
            losses.add("file", why, file, "files that can't be read")
            continue
        if not isinstance(data, dict) or not isinstance(data.get("semantic_model"), (dict, list)):
            continue
        node = Node(data, file, file, losses)
        version = node.text("version")
        if version not in _READ:
            said = f"version {version}" if version else "no version"
            losses.add(file, f"it has {said}; read as the draft {VERSION}", file)
        node.skip("semantic_model", "dialects", "vendors")
        node.left_out()
        models = cast(Doc, data)["semantic_model"]
        for model in cast(list[object], models) if isinstance(models, list) else [models]:
            if isinstance(model, dict):
                yield file, cast(Doc, model)


def expression_of(node: Node) -> tuple[str, list[Doc]]:
    """Return the SQL of a field or metric, and its unsupported dialects. Raises CannotSay if there is no SQL."""
    said = [
        {"dialect": part.text("dialect"), "expression": part.text("expression")}
        for part in node.part("expression").parts("dialects")
    ]
    for wanted in (*_PLAIN, *_TRANSLATED):
        texts = next((candidate for candidate in said if candidate["dialect"] == wanted), None)
        if texts is not None:
            others = [one for one in said if one is not texts]
            return (texts["expression"] if wanted in _PLAIN else _translated(texts["expression"], wanted)), others
    names = ", ".join(texts["dialect"] for texts in said)
    raise NotExpressible(f"its expression is in {names}, which is not read" if names else "it has no expression")


def _translated(text: str, dialect: str) -> str:
    try:
        return sqlglot.parse_one(text, read=_TRANSLATED[dialect]).sql("duckdb")
    except (SqlglotError, RecursionError) as error:
        raise NotExpressible(f"{text!r} is not valid {dialect} SQL") from error


def source_of(node: Node) -> tuple[str, str]:
    """Return the table or the query that a dataset reads. Raises CannotSay."""
    if node.is_mapping("source"):
        source = node.part("source")
        if source.text("kind") == "query":
            inner = Node({"expression": source.part("object")._data}, node.name, node.file, Losses())  # pyright: ignore[reportPrivateUsage]
            return "", expression_of(inner)[0]
        return source.text("object"), ""
    text = node.text("source")
    if not text:
        raise NotExpressible("it has no source")
    is_query = text.lstrip("( \n").upper().startswith(("SELECT", "WITH"))
    return ("", text) if is_query else (text, "")


def ours_of(node: Node) -> Mapping[str, Any]:
    """Return what our export stored for an object. Raises CannotSay for invalid JSON."""
    for part in node.parts("custom_extensions"):
        if part.text("vendor_name") == VENDOR:
            try:
                data = cast(object, json.loads(part.text("data")))
            except ValueError as error:
                raise NotExpressible(f"its {VENDOR} extension is not JSON") from error
            return cast(Mapping[str, Any], data) if isinstance(data, dict) else {}
    return {}


def beside_of(data: Doc) -> Doc:
    """Return what to store next to the model: other tools' extensions, and AI context."""
    others = [
        custom_extension
        for custom_extension in data.get("custom_extensions") or []
        if custom_extension.get("vendor_name") != VENDOR
    ]
    doc: Doc = {"custom_extensions": others} if others else {}
    ai_context = data.get("ai_context")
    if isinstance(ai_context, dict):
        ai_context = {key: value for key, value in cast(Doc, ai_context).items() if key != "synonyms"}
    return doc | ({"ai_context": ai_context} if ai_context else {})


def synonyms_of(node: Node) -> list[str]:
    return list(node.part("ai_context").texts("synonyms")) if node.is_mapping("ai_context") else []


def without_table(text: str, table: str) -> str:
    """Return SQL in which columns don't have their own table's name as prefix."""
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError):
        return text
    named = [one for one in tree.find_all(exp.Column) if one.table == table]
    for one in named:
        one.set("table", None)
    return tree.sql("duckdb") if named else text
