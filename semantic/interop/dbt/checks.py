"""Convert dbt's descriptions and tests of a table to those of its dataset."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from semantic.interop.dbt.nouns import DbtTable, Test
from semantic.interop.loss import Losses
from semantic.interop.sql_names import as_column, column_of

Doc = dict[str, Any]

_REF = re.compile(r"""ref\(\s*(?:['"]\w+['"]\s*,\s*)?['"](\w+)['"]""")


class _NoCheck(Exception):
    """Raised for a test that no check can express. `cause` is the reason, which similar tests share."""

    def __init__(self, why: str, cause: str) -> None:
        super().__init__(why)
        self.cause = cause


def tested_columns(table: DbtTable | None) -> tuple[str, ...]:
    """Return the columns in a table's tests, for those tests that a check can express."""
    found: list[str] = []
    for test in table.tests if table else ():
        if not test.where and test.name in _CHECKS:
            found += [test.column, *_texts(test, "combination_of_columns"), *_texts(test, "column_list")]
    return tuple(dict.fromkeys(column_of(column) or column for column in found if column))


def add_texts_and_checks(doc: Doc, table: DbtTable, owners: Mapping[str, str], losses: Losses) -> None:
    """Add a table's descriptions and tests to its dataset.

    `owners` maps each entity to the table that has it as a key.
    """
    if table.description:
        doc.setdefault("description", table.description)
    for dimension in cast(list[Doc], doc.get("dimensions", [])):
        text = table.columns.get(column_of(str(dimension.get("sql", as_column(dimension["name"])))) or "", "")
        if text:
            dimension.setdefault("description", text)
    checks: list[Doc] = []
    for test in table.tests:
        try:
            check = _check(test, doc, owners)
        except _NoCheck as error:
            losses.add(f"test {_named(test, table)}", str(error), test.file, error.cause)
            continue
        if check not in checks:
            checks.append(check)
    if checks:
        doc["checks"] = checks


def list_other_tests(tables: Iterable[DbtTable], losses: Losses) -> None:
    """Add a loss for each test of a table that no dataset reads."""
    for table in tables:
        for test in table.tests:
            why = f"{table.name} isn't a dataset, because no semantic model reads it"
            losses.add(f"test {_named(test, table)}", why, test.file, "tables without a semantic model")


def _named(test: Test, table: DbtTable) -> str:
    return f"{test.name} of {table.name}.{test.column}" if test.column else f"{test.name} of {table.name}"


def _check(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    make = _CHECKS.get(test.name)
    if make is None:
        raise _NoCheck("checks have no equivalent", f"no equivalent of {test.name}")
    if test.where:
        raise _NoCheck("it has a condition, and checks have none", "conditions")
    check = make(test, doc, owners)
    columns = cast(Mapping[str, str], doc["columns"])
    if missing := [column for column in _columns_of(check) if column not in columns]:
        raise _NoCheck(f"it reads {', '.join(missing)}, which is not a column", "unknown columns")
    return check


def _columns_of(check: Doc) -> list[str]:
    (value,) = check.values()
    if isinstance(value, list):
        return [str(column) for column in cast(list[object], value)]
    return [str(cast(Doc, value)["column"])] if isinstance(value, dict) and "column" in value else []


def _not_null(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    share = test.arguments.get("at_least", test.arguments.get("mostly"))
    return {"not_null": {"column": _column(test)} | ({"at_least": _share(share)} if share is not None else {})}


def _unique(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    return {"unique": [_column(test)]}


def _combination(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    columns = _texts(test, "combination_of_columns") or _texts(test, "column_list")
    if not columns:
        raise _NoCheck("it names no columns", "incomplete tests")
    return {"unique": [column_of(column) or column for column in columns]}


def _accepted(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    values = _texts(test, "values") or _texts(test, "value_set")
    if not values:
        raise _NoCheck("it names no values", "incomplete tests")
    return {"accepted": {"column": _column(test), "values": list(values)}}


def _relationship(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    """Return the check for a relationship test.

    A check is about an entity, so the test has to name the table that has the entity as its key.
    """
    match = _REF.search(str(test.arguments.get("to", "")))
    there = match[1] if match else ""
    for entity in cast(list[Doc], doc.get("entities", [])):
        owner = owners.get(str(entity.get("entity", entity["name"])))
        if entity["kind"] == "foreign" and entity["columns"] == [_column(test)] and owner == there:
            return {"relationship": {"entity": entity["name"]}}
    place = there or "a table that isn't named by ref()"
    raise _NoCheck(f"{_column(test)} is no entity whose key is in {place}", "relationships without an entity")


def _rows(test: Test, doc: Doc, owners: Mapping[str, str]) -> Doc:
    least = str(test.arguments.get("min_value", ""))
    if not least.isdigit() or test.arguments.get("max_value") not in (None, "", "null"):
        raise _NoCheck("a check only has the lowest number of rows", "numbers of rows")
    return {"rows": int(least)}


def _column(test: Test) -> str:
    if not test.column:
        raise _NoCheck("it names no column", "incomplete tests")
    return column_of(test.column) or test.column


def _share(text: object) -> float:
    try:
        share = float(str(text))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise _NoCheck(f"{text!r} is not a share from 0 to 1", "incomplete tests")
    return share


def _texts(test: Test, key: str) -> tuple[str, ...]:
    value = test.arguments.get(key)
    return tuple(str(item) for item in cast(list[object], value)) if isinstance(value, list) else ()


_EXPECT = "dbt_expectations.expect"
_CHECKS: Mapping[str, Callable[[Test, Doc, Mapping[str, str]], Doc]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted,
    "relationships": _relationship,
    "dbt_utils.not_null_proportion": _not_null,
    "dbt_utils.unique_combination_of_columns": _combination,
    f"{_EXPECT}_column_values_to_not_be_null": _not_null,
    f"{_EXPECT}_column_values_to_be_unique": _unique,
    f"{_EXPECT}_column_values_to_be_in_set": _accepted,
    f"{_EXPECT}_compound_columns_to_be_unique": _combination,
    f"{_EXPECT}_table_row_count_to_be_between": _rows,
}
"""The tests that a check can express, by name, each with the function that converts it."""
