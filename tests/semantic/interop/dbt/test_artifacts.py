"""dbt's own manifests give the same model as the YAML that they were made from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from semantic.errors import ModelError
from semantic.interop.dbt.importing import Imported, import_dbt
from tests.semantic.asked import ask_dbt, columns_of
from tests.semantic.lent_books import open_library

RELATION = {"database": "books", "schema_name": "lib", "alias": "loans", "relation_name": '"books"."lib"."loans"'}
MODEL: dict[str, Any] = {
    "name": "loans",
    "defaults": {"agg_time_dimension": "lent_on"},
    "description": "Each book lent.",
    "node_relation": RELATION,
    "primary_entity": None,
    "entities": [
        {"name": "loan", "description": None, "type": "primary", "role": None, "expr": "loan_id", "metadata": None},
    ],
    "measures": [
        {
            "name": "fees",
            "agg": "sum",
            "create_metric": False,
            "expr": "fee",
            "agg_params": None,
            "non_additive_dimension": None,
            "agg_time_dimension": None,
            "label": None,
        },
    ],
    "dimensions": [
        {
            "name": "lent_on",
            "type": "time",
            "is_partition": False,
            "expr": None,
            "label": None,
            "type_params": {"time_granularity": "day", "validity_params": None},
        },
        {"name": "is_returned", "type": "categorical", "type_params": None, "expr": None, "is_partition": False},
    ],
    "config": {"meta": {}, "enabled": True},
    "metadata": None,
}
NOTHING = dict.fromkeys(("numerator", "denominator", "expr", "window", "grain_to_date", "conversion_type_params"))


def metric(name: str, kind: str, filters: list[str], **params: Any) -> dict[str, Any]:
    where = {"where_filters": [{"where_sql_template": text} for text in filters]} if filters else None
    return {
        "name": name,
        "description": "",
        "type": kind,
        "filter": where,
        "metadata": None,
        "label": name.title(),
        "type_params": {**NOTHING, "metrics": [], "input_measures": [], **params},
        "config": {"meta": {}},
        "time_granularity": None,
    }


MEASURE = {"name": "fees", "filter": None, "alias": None, "join_to_timespine": False, "fill_nulls_with": None}
METRICS = [
    metric("fees", "simple", [], measure=MEASURE),
    metric("returned_fees", "simple", ["{{ Dimension('loan__is_returned') }}"], measure=MEASURE),
    metric(
        "fees_of_two_days",
        "cumulative",
        [],
        measure=MEASURE,
        cumulative_type_params={"window": {"count": 2, "granularity": "day"}, "period_agg": "first", "metric": None},
        window={"count": 2, "granularity": "day"},
    ),
]
SPINE = {
    "node_relation": {"schema_name": "lib", "alias": "days"},
    "primary_column": {"name": "day", "time_granularity": "day"},
    "custom_granularities": [],
}
QUERIES = [
    {
        "name": "fees_by_day",
        "query_params": {
            "metrics": ["fees"],
            "group_by": ["TimeDimension('metric_time', 'day')"],
            "order_by": [],
            "limit": None,
            "where": {"where_filters": [{"where_sql_template": "{{ Dimension('loan__is_returned') }}"}]},
        },
        "exports": [{"name": "fees_by_day", "config": {"export_as": "table"}}],
    }
]
SEMANTIC = {
    "semantic_models": [MODEL],
    "metrics": METRICS,
    "project_configuration": {"time_spine_table_configurations": [], "metadata": None, "time_spines": [SPINE]},
    "saved_queries": QUERIES,
}


def node(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"resource_type": kind, "name": name, "alias": name, "package_name": "books", "columns": {}, **more}


def a_test(column: str, name: str, package: str | None = None, **kwargs: Any) -> dict[str, Any]:
    about = {"name": name, "kwargs": {"column_name": column, "model": "{{ x }}", **kwargs}, "namespace": package}
    return node("test", f"{name}_{column}", test_metadata=about, column_name=column, attached_node="model.books.loans")


MANIFEST = {
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
    "nodes": {
        "model.books.loans": node(
            "model", "loans", description="One row for each loan.",
            columns={"is_returned": {"name": "is_returned", "description": "Whether it came back."}},
        ),
        "model.books.days": node("model", "days", schema="lib", time_spine={"standard_granularity_column": "day"}),
        "test.books.a": a_test("loan_id", "unique"),
        "test.books.b": a_test("fee", "not_null_proportion", "dbt_utils", at_least=0.5),
        "test.books.c": node("test", "no_free_loans", depends_on={"nodes": ["model.books.loans"]}),
        "analysis.books.d": node("analysis", "d"),
    },
    "semantic_models": {"semantic_model.books.loans": {**MODEL, "unique_id": "x", "fqn": [], "refs": []}},
    "metrics": {f"metric.books.{item['name']}": {**item, "unique_id": "x"} for item in METRICS},
    "saved_queries": {"saved_query.books.fees_by_day": QUERIES[0]},
}  # fmt: skip


def read(**files: Any) -> Imported:
    texts = {f"{name}.json": json.dumps(data) for name, data in files.items()}
    return import_dbt(texts, columns=columns_of(open_library()))


@pytest.fixture(scope="module", params=["semantic_manifest", "manifest", "both"])
def imported(request: pytest.FixtureRequest) -> Imported:
    files = {"semantic_manifest": SEMANTIC, "manifest": MANIFEST}
    return read(**(files if request.param == "both" else {request.param: files[request.param]}))


def test_a_manifest_gives_the_same_numbers(imported: Imported) -> None:
    library = open_library()
    # 2 + 3 on 1 January, 4 on the 2nd, 5 + 1 on 3 February; returned are 2, 4 and 5.
    assert ask_dbt(imported.names, library, "fees returned_fees") == [(15.0, 11.0)]
    days = {str(day)[:10]: value for day, value in ask_dbt(imported.names, library, "fees_of_two_days", "metric_time")}
    assert (days["2026-01-01"], days["2026-01-02"], days["2026-01-03"]) == (5.0, 9.0, 4.0)


def test_a_manifest_gives_the_same_table_label_and_question(imported: Imported) -> None:
    assert imported.model.datasets["loans"].source == "lib.loans"
    assert imported.model.metrics["returned_fees"].label == "Returned_Fees"
    assert imported.questions["fees_by_day"]["metrics"] == ["fees"]


def test_nothing_of_dbts_own_bookkeeping_is_listed(imported: Imported) -> None:
    names = {loss.name for loss in imported.losses} - {"policies", "test SQL of loans"}
    assert names == set()


def test_texts_and_tests_are_in_the_larger_manifest() -> None:
    loans = read(manifest=MANIFEST, semantic_manifest=SEMANTIC).model.datasets["loans"]
    assert [(check.kind.value, check.columns, check.at_least) for check in loans.checks] == [
        ("unique", ("loan_id",), 1.0),
        ("not_null", ("fee",), 0.5),
    ]
    assert loans.dimensions["is_returned"].description == "Whether it came back."


@pytest.mark.parametrize(
    ("text", "says"), [("{", "This is not JSON"), ("[]", "not a manifest"), ('{"a": 1}', "not a manifest")]
)
def test_another_json_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        import_dbt({"manifest.json": text})
