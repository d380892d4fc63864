"""Tests and texts of a dbt project become checks and descriptions. Those that can't are listed with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from semantic.interop.dbt.importing import Imported, import_dbt
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.interop.dbt.read import custom_names
from semantic.interop.loss import Loss, counted_by_cause
from semantic.model.files.yaml_text import read_yaml
from tests.semantic.asked import columns_of, rows_of
from tests.semantic.lent_books import METRICS, MODELS, PROJECT, open_library

TABLES = """
models:
  - name: loans
    description: One row for each book that a reader took home.
    config: {materialized: table}
    data_tests:
      - dbt_utils.unique_combination_of_columns: {combination_of_columns: [reader_id, book_id, lent_on]}
      - dbt_utils.expression_is_true: {expression: fee > 0}
      - dbt_expectations.expect_table_row_count_to_be_between: {min_value: 3}
    columns:
      - name: loan_id
        tests: [unique, not_null]
      - name: lent_on
        description: The day it was lent.
        tests:
          - dbt_utils.not_null_proportion: {at_least: 0.9}
          - not_null: {config: {where: "fee > 3"}}
      - name: book_id
        description: "{{ doc('book_id') }}"
        tests:
          - relationships: {to: ref('books'), field: book_id}
          - relationships: {to: ref('stg_books'), field: book_id}
          - not_null: {config: {enabled: false}}
      - name: shelf
        tests: [not_null]
  - name: books
    columns:
      - name: genre
        tests:
          - accepted_values: {arguments: {values: [novel, poems]}}
  - name: stg_books
    columns: [{name: book_id, tests: [unique, not_null]}]
"""


@pytest.fixture(scope="module")
def imported() -> Imported:
    return import_dbt({**PROJECT, "tables.yml": TABLES}, columns=columns_of(open_library()), schema="lib")


def dataset(imported: Imported, name: str) -> dict[str, Any]:
    doc: Any = read_yaml(imported.files[f"datasets/{name}.yml"], "")[0]
    return doc["datasets"][0]


def test_tests_become_checks(imported: Imported) -> None:
    assert dataset(imported, "loans")["checks"] == [
        {"unique": ["reader_id", "book_id", "lent_on"]},
        {"rows": "3"},
        {"unique": ["loan_id"]},
        {"not_null": {"column": "loan_id"}},
        {"not_null": {"column": "lent_on", "at_least": "0.9"}},
        {"relationship": {"entity": "book"}},
    ]
    assert dataset(imported, "books")["checks"] == [{"accepted": {"column": "genre", "values": ["novel", "poems"]}}]


def test_texts_become_missing_descriptions(imported: Imported) -> None:
    assert imported.model.datasets["loans"].description == "Each book lent to a reader."
    without = MODELS.replace("    description: Each book lent to a reader.\n", "")
    again = import_dbt({"m.yml": without, "t.yml": TABLES}, columns=columns_of(open_library()), schema="lib")
    assert again.model.datasets["loans"].description == "One row for each book that a reader took home."
    dimensions = again.model.datasets["loans"].dimensions
    assert dimensions["lent_on"].description == "The day it was lent."
    assert dimensions["book"].description == ""


def test_other_tests_are_listed_and_counted_by_cause(imported: Imported) -> None:
    tests = {loss.name: loss.cause for loss in imported.losses if loss.name.startswith("test ")}
    assert tests == {
        "test dbt_utils.expression_is_true of loans": "no equivalent of dbt_utils.expression_is_true",
        "test not_null of loans.lent_on": "conditions",
        "test relationships of loans.book_id": "relationships without an entity",
        "test not_null of loans.shelf": "unknown columns",
        "test unique of stg_books.book_id": "tables without a semantic model",
        "test not_null of stg_books.book_id": "tables without a semantic model",
    }
    (line,) = [line for line in counted_by_cause(imported.losses) if " tests: " in line]
    assert line.startswith("6 tests: tables without a semantic model (2), ")


def test_without_an_engine_a_tested_column_counts_as_a_column() -> None:
    guessed = import_dbt({**PROJECT, "tables.yml": TABLES}, schema="lib")
    assert {"not_null": {"column": "shelf"}} in dataset(guessed, "loans")["checks"]


def test_a_period_that_has_the_name_of_a_granularity_is_renamed() -> None:
    spine = """
models:
  - name: days
    time_spine:
      standard_granularity_column: day
      custom_granularities: [{name: fiscal_quarter, column_name: day}]
    columns: [{name: day, granularity: day}]
saved_queries:
  - name: by_quarter
    query_params: {metrics: [fees], group_by: ["TimeDimension('metric_time', 'fiscal_quarter')"]}
"""
    library = open_library()
    files = {"models.yml": MODELS, "metrics.yml": METRICS, "spine.yml": spine}
    imported = import_dbt(files, columns=columns_of(library), schema="lib")
    (period,) = imported.model.calendars["days"].periods
    assert period.name == "fiscal_quarter_of_spine"
    assert [loss.name for loss in imported.losses if loss.cause == "renamed"] == ["custom granularity fiscal_quarter"]
    assert "fiscal_quarter_of_spine" in json.dumps(imported.questions["by_quarter"])
    # In this calendar each day is a period of its own: 5 on 1 January, 4 on the 2nd, 6 on 3 February.
    questions = Questions(imported.names, custom_names(imported.manifest.spines))
    asked = DbtQuestion(metrics=["fees"], by=[questions.reference("metric_time__fiscal_quarter")])
    rows = rows_of(imported.model, library, questions.query(asked))
    assert [value for _, value in rows if value is not None] == [5.0, 4.0, 6.0]


def test_an_invalid_dataset_is_left_out_with_what_needs_it() -> None:
    odd = (
        MODELS
        + """
  - name: things
    model: ref('things')
    defaults: {agg_time_dimension: came_on}
    entities: [{name: thing, type: primary, expr: thing_id}]
    dimensions: [{name: came_on, type: time, type_params: {time_granularity: day}}]
    measures: [{name: weird, agg: product, expr: fee}]
metrics:
  - {name: weird, label: Weird, type: simple, type_params: {measure: weird}}
  - {name: fees, label: Fees, type: simple, type_params: {measure: fees}}
"""
    )
    imported = import_dbt({"odd.yml": odd}, schema="lib")
    assert set(imported.model.metrics) >= {"fees"}
    assert "weird" not in imported.model.metrics


def test_causes_are_counted() -> None:
    losses = [
        Loss("a.yml", "metric a", "left out: its window is '7 days'"),
        Loss("a.yml", "metric b", "left out: its window is '8 days'"),
        Loss("a.yml", "metric c", "is named c_2 here", "renamed"),
        Loss("", "saved query q", "left out", "renamed"),
        Loss("", "the whole", "is gone", "something"),
    ]
    assert counted_by_cause(losses) == [
        "3 metrics: its window is … (2), renamed (1)",
        "1 saved query: renamed (1)",
        "1 other thing: something (1)",
    ]
