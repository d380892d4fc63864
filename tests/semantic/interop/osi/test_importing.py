"""An Open Semantic Interchange model becomes a Samepage model with the same numbers, and losses are listed."""

from __future__ import annotations

import json

import duckdb
import pytest

from semantic.interop.beside import BESIDE
from semantic.interop.imported import ImportedModel
from semantic.interop.osi.exporting import FILE, export_osi
from semantic.interop.osi.importing import import_osi
from tests.semantic.asked import ask, columns_of
from tests.semantic.cubes import OSI, open_bakery


@pytest.fixture(scope="module")
def bakery() -> duckdb.DuckDBPyConnection:
    return open_bakery()


@pytest.fixture(scope="module")
def imported(bakery: duckdb.DuckDBPyConnection) -> ImportedModel:
    return import_osi(OSI, columns=columns_of(bakery))


def test_metrics_are_imported(imported: ImportedModel, bakery: duckdb.DuckDBPyConnection) -> None:
    # 10 + 30 + 40 + 120; paid without the 40; three above 20; among three customers; less two for each of four orders.
    metrics = ["revenue", "paid", "filtered", "per_customer", "after_costs", "middle"]
    assert ask(imported.model, bakery, {"metrics": metrics}) == [(200, 160, 3, pytest.approx(200 / 3), 192, 35)]


def test_a_field_of_another_dialect_and_two_relationships_are_imported(
    imported: ImportedModel, bakery: duckdb.DuckDBPyConnection
) -> None:
    by_country = ask(imported.model, bakery, {"metrics": ["revenue"], "by": [{"dim": "country"}]})
    assert by_country == [("at", 40), ("de", 40), (None, 120)]
    shipped = {"metrics": ["revenue"], "by": [{"dim": "country_name", "via": "shipping"}]}
    assert ask(imported.model, bakery, shipped) == [("Austria", 50), ("Germany", 150)]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("metric crossed", "one aggregate reads columns of customers, orders"),
        ("metric cells", "its expression is in MDX"),
        ("metric spread_out", "has no equivalent"),
        ("metric ranked", "contains a window function or a query"),
        ("field shape of orders", "its expression is in TABLEAU"),
        ("field status of orders", "its expression in SNOWFLAKE is kept next to the model"),
        ("label", "the draft says `for categorization`"),
    ],
)
def test_losses_name_the_file_and_the_reason(imported: ImportedModel, name: str, why: str) -> None:
    losses = [loss for loss in imported.losses if loss.name == name and why in loss.why]
    assert [loss.file for loss in losses] == ["bakery.yml"], [str(loss) for loss in imported.losses]


def test_extensions_of_other_tools_are_kept_and_written_back(imported: ImportedModel) -> None:
    osi = json.loads(imported.files[BESIDE])["osi"]
    assert osi["metric revenue"]["custom_extensions"] == [{"vendor_name": "SALESFORCE", "data": '{"board": 1}'}]
    written = export_osi(imported.files).files[FILE]
    assert "SALESFORCE" in written
    assert "Answer in euros" in written
    assert "UPPER(state)::VARCHAR" in written


def test_another_version_is_read_and_reported() -> None:
    text = OSI["bakery.yml"].replace("version: 0.2.0.dev0", "version: 7.0")
    texts = [loss.why for loss in import_osi({"a.yml": text}).losses]
    assert "it has version 7.0; read as the draft 0.2.0.dev0" in texts
