"""A Cube data model becomes a Samepage model with the same numbers, and losses are listed with file and reason."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from semantic.interop.cube.importing import import_cube
from semantic.interop.cube.template import Name, read_template
from semantic.interop.imported import ImportedModel
from semantic.interop.loss import NotExpressible
from semantic.model.definitions import Cumulative, Granularity, Span
from tests.semantic.asked import ask, columns_of
from tests.semantic.cubes import CUBE, open_bakery


@pytest.fixture(scope="module")
def bakery() -> duckdb.DuckDBPyConnection:
    return open_bakery()


@pytest.fixture(scope="module")
def imported(bakery: duckdb.DuckDBPyConnection) -> ImportedModel:
    return import_cube(CUBE, columns=columns_of(bakery))


def rows(
    imported: ImportedModel, bakery: duckdb.DuckDBPyConnection, *metrics: str, **more: Any
) -> list[tuple[Any, ...]]:
    return ask(imported.model, bakery, {"metrics": list(metrics), **more})


def test_aggregates_are_imported(imported: ImportedModel, bakery: duckdb.DuckDBPyConnection) -> None:
    found_rows = rows(imported, bakery, "orders_count", "revenue", "buyers", "mean", "least", "most")
    assert found_rows == [(4, 200, 2, 50, 10, 120)]
    assert rows(imported, bakery, "about_buyers") == [(2,)]


def test_filters_over_own_and_other_cubes_are_imported(imported, bakery) -> None:
    # Paid and below 100: 10 and 30. Of customers in Germany: 10 and 30.
    assert rows(imported, bakery, "paid", "german") == [(40, 40)]
    assert imported.model.metrics["paid"].where is None
    assert imported.model.metrics["german"].filter is None


def test_formulas_are_imported(imported, bakery) -> None:
    assert rows(imported, bakery, "aov", "profit", "spread", "middle") == [(50, 183, 110, 35)]
    assert imported.model.metrics["aov"].is_ratio


def test_a_formula_over_two_cubes_counts_each_at_its_own_grain(imported, bakery) -> None:
    assert rows(imported, bakery, "pieces_per_order") == [(pytest.approx(19 / 4),)]


def test_breakdowns_by_case_boolean_and_another_cube_are_imported(imported, bakery) -> None:
    by = [{"dim": "size"}]
    assert rows(imported, bakery, "revenue", by=by) == [("large", 120), ("medium", 70), ("small", 10)]
    assert rows(imported, bakery, "revenue", by=[{"dim": "is_paid"}]) == [(False, 40), (True, 160)]
    assert rows(imported, bakery, "revenue", by=[{"dim": "country"}]) == [("AT", 40), ("DE", 40), (None, 120)]


def test_two_join_paths_to_a_table_are_imported(imported, bakery) -> None:
    billed = rows(imported, bakery, "revenue", by=[{"dim": "countries_country_name"}])
    assert billed == [("Austria", 40), ("Germany", 40), (None, 120)]
    shipped = rows(imported, bakery, "revenue", by=[{"dim": "delivery_countries_country_name"}])
    assert shipped == [("Austria", 50), ("Germany", 150)]


def test_an_expression_that_the_model_language_lacks_is_computed_in_a_view(imported, bakery) -> None:
    assert rows(imported, bakery, "revenue", by=[{"dim": "initial"}]) == [("o", 40), ("p", 160)]


def test_windows_and_shifts_are_imported(imported) -> None:
    metrics = imported.model.metrics
    assert (metrics["rolling"].inputs, metrics["rolling"].cumulative) == (
        ("revenue",),
        Cumulative(Span(20, Granularity.DAY)),
    )
    assert metrics["so_far"].cumulative == Cumulative(None, Granularity.MONTH)
    assert (metrics["ever"].inputs, metrics["ever"].cumulative) == (("ever_of_day",), Cumulative())
    assert metrics["last_month"].uses[0].offset == Span(1, Granularity.MONTH)


def test_a_shift_to_the_previous_month_is_imported(imported, bakery) -> None:
    found_rows = rows(imported, bakery, "last_month", by=[{"dim": "date", "grain": "month"}])
    # January had 40, February 160.
    assert [(str(month), value) for month, value in found_rows if value] == [("2026-02-01", 40), ("2026-03-01", 160)]


def test_a_segment_filters_rows(imported, bakery) -> None:
    assert rows(imported, bakery, "revenue", where={"segment": "large_ones"}) == [(160,)]


def test_descriptions_are_imported(imported) -> None:
    revenue = imported.model.metrics["revenue"]
    assert (revenue.label, revenue.unit, revenue.format) == ("Takings", "EUR", "money")
    assert imported.model.datasets["orders"].label == "Orders of the bakery"
    assert imported.model.metrics["orders_count"].synonyms == ("orders.count",)
    assert imported.model.metrics["buyers"].tags == {"hidden"}


@pytest.mark.parametrize(
    "loss",
    [
        "orders.yml: cube orders: `refresh_key:` is not carried over",
        "orders.yml: dimension customer_country of cube orders: left out: it reads customers.country",
        "orders.yml: dimension customer_orders of cube orders: left out: "
        "`sub_query: true` turns a measure into a dimension, so this is left out",
        "orders.yml: dimension place of cube orders: left out: its type is geo, which has no equivalent",
        "orders.yml: measure count of cube orders: becomes the metric orders_count",
        "orders.yml: measure count of cube orders: `drill_members:` is not carried over",
        "orders.yml: measure ahead of cube orders: left out: a window that reaches into the future has no equivalent",
        "orders.yml: measure before of cube orders: left out: a window from the start of a period has no equivalent",
        "orders.yml: measure place_of of cube orders: left out: `reduce_by:` has no equivalent",
        "orders.yml: measure newest of cube orders: left out: its type is time, and a metric must be a number",
        "orders.yml: segment german_ones of cube orders: left out: it reads customers.country",
        "orders.yml: pre-aggregation by_day of cube orders: stored roll-ups are not supported yet, so this is left out",
        "orders.yml: access policy manager of cube orders: access is defined in `policies:`, so this is left out",
        "others.yml: view sales: views have no equivalent, because questions name metrics and dimensions, and joins "
        "follow",
    ],
)
def test_losses_name_the_file_and_the_reason(imported: ImportedModel, loss: str) -> None:
    texts = [str(imported_loss) for imported_loss in imported.losses]
    assert loss in texts, [name for name in texts if name.split(":")[1] == loss.split(":")[1]]


def test_a_template_is_refused_and_never_run(imported) -> None:
    losses = [str(loss) for loss in imported.losses if "measure told" in loss.name]
    assert losses
    assert "a template with more than names" in losses[0]
    beside = import_cube({"a.yml": "{% for one in two %}\n{% endfor %}", "b.yml": "a: [1", "c.yml": "jobs: [1]"})
    assert {loss.file: loss.cause for loss in beside.losses if loss.file} == {
        "a.yml": "Jinja templates",
        "b.yml": "files that can't be read",
    }


@pytest.mark.parametrize(
    "text",
    [
        "{{ secret }}",
        "${CUBE}.a",
        "{CUBE}.a = {1}",
        "{SECURITY_CONTEXT.id}",
        "a = {",
        "a }",
        "{a b}",
        "{FILTER_PARAMS.o.a}",
    ],
)
def test_braces_with_more_than_a_name_are_refused(text: str) -> None:
    with pytest.raises(NotExpressible):
        read_template(text)


def test_names_in_braces_are_resolved() -> None:
    assert read_template('{CUBE}.a + { orders.b }*{c} + {CUBE}."D e"') == (
        Name(("CUBE",), "a"), " + ", Name(("orders", "b")), "*", Name(("c",)), " + ", Name(("CUBE",), "D e"),
    )  # fmt: skip


def test_without_an_engine_types_are_guessed_and_the_list_says_so() -> None:
    imported = import_cube(CUBE)
    assert any("guessed from their use" in loss.why for loss in imported.losses)
    columns = imported.model.datasets["orders"].columns
    assert (str(columns["amount"]), str(columns["created_at"]), str(columns["state"])) == (
        "double",
        "timestamp",
        "string",
    )


@pytest.mark.parametrize(
    ("join", "why"),
    [
        (
            '{name: customers, relationship: many_to_one, sql: "{CUBE}.a > {customers}.id"}',
            "more than a comparison of columns",
        ),
        ('{name: nobody, relationship: many_to_one, sql: "{CUBE}.a = {nobody}.id"}', "not among the cubes"),
        ('{name: customers, relationship: sideways, sql: "{CUBE}.a = {customers}.id"}', "'sideways' is unknown"),
    ],
)
def test_joins_that_are_left_out_are_listed(join: str, why: str) -> None:
    text = f"""
cubes:
  - name: one
    sql_table: ones
    joins: [{join}]
    dimensions: [{{name: a, sql: a, type: string, primary_key: true}}]
  - name: customers
    sql_table: customers
    dimensions: [{{name: id, sql: id, type: string, primary_key: true}}]
"""
    losses = [loss for loss in import_cube({"a.yml": text}).losses if loss.name.startswith("join ")]
    assert [loss.file for loss in losses] == ["a.yml"]
    assert why in losses[0].why


def test_circular_references_end() -> None:
    text = """
cubes:
  - {name: a, extends: b, sql_table: t}
  - {name: b, extends: a, sql_table: t}
  - name: c
    sql_table: t
    dimensions:
      - {name: k, sql: k, type: string, primary_key: true}
      - {name: x, sql: "{y}", type: string}
      - {name: y, sql: "{x}", type: string}
    measures:
      - {name: n, type: number, sql: "{m} + 1"}
      - {name: m, type: number, sql: "{n} + 1"}
"""
    imported = import_cube({"a.yml": text})
    assert set(imported.model.datasets) == {"c"}
    assert not imported.model.metrics
    said = " ".join(str(loss) for loss in imported.losses)
    assert "refers to itself" in said
    assert "extends" in said
