"""Read what a dbt project knows about its tables: descriptions of tables and columns, and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.interop.dbt.nouns import DbtTable, Test
from semantic.interop.node import Node

_TESTS = ("data_tests", "tests")
_SETTINGS = ("config", "name", "description", "severity", "tags", "meta", "where", "arguments", "limit", "error_if")
_OTHER_SETTINGS = ("warn_if", "fail_calc", "store_failures", "enabled", "test_name")


def read_table(node: Node) -> DbtTable:
    """Return a dbt model, seed or snapshot, or a table of a source."""
    columns: dict[str, str] = {}
    tests = list(_tests(node, ""))
    for part in node.parts("columns"):
        name = part.text("name")
        columns[name] = _said(part)
        tests += _tests(part, name)
    return DbtTable(
        name=node.text("name"), description=_said(node), file=node.file, columns=columns, tests=tuple(tests)
    )


def _said(node: Node) -> str:
    """Return a description, or "" if it refers to text in another file, which isn't read."""
    text = node.text("description")
    return "" if "{{" in text or "{%" in text else text


def _tests(node: Node, column: str) -> Iterator[Test]:
    for key in _TESTS:
        for written in node.items(key):
            test = _test(written, column, node.file)
            if test is not None:
                yield test


def _test(written: object, column: str, file: str) -> Test | None:
    """Return a test, or None if it's switched off.

    It's written as a name, as a mapping of its name to arguments, or as a mapping with `test_name:`.
    """
    if not isinstance(written, dict):
        return Test(name=str(written), column=column, file=file)
    mapping = cast(Mapping[str, Any], written)
    if "test_name" in mapping:
        name, given = str(mapping["test_name"]), mapping
    elif len(mapping) >= 1:
        name, value = next(iter(mapping.items()))
        given = cast(Mapping[str, Any], value) if isinstance(value, dict) else {}
    else:
        return None
    config = given.get("config")
    settings = {**given, **(cast(Mapping[str, Any], config) if isinstance(config, dict) else {})}
    if str(settings.get("enabled", "true")).lower() == "false":
        return None
    inner = given.get("arguments")
    rest = {key: value for key, value in given.items() if key not in (*_SETTINGS, *_OTHER_SETTINGS)}
    arguments = {**rest, **(cast(Mapping[str, Any], inner) if isinstance(inner, dict) else {})}
    return Test(
        name=str(name),
        column=str(arguments.pop("column_name", "") or column),
        arguments=arguments,
        where=str(settings.get("where") or ""),
        file=file,
    )
