"""A dbt project becomes a Samepage model with the same numbers, and losses are listed."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from semantic.errors import InvalidFilter, NoPath, UnknownName
from semantic.interop.dbt.filter import translate_filter
from semantic.interop.dbt.importing import Imported, import_dbt
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.questions import DbtQuestion, Questions
from semantic.interop.dbt.reference import Reference, read_call, read_dunder
from semantic.model.loading.load import parse_model
from semantic.query.data import query_from_data
from semantic.query.query import Between, SqlCondition
from tests.semantic.asked import ask_dbt, columns_of, rows_of
from tests.semantic.lent_books import METRICS, MODELS, NEWER, PROJECT, open_library


@pytest.fixture(scope="module")
def library() -> duckdb.DuckDBPyConnection:
    return open_library()


@pytest.fixture(scope="module")
def imported(library: duckdb.DuckDBPyConnection) -> Imported:
    return import_dbt(PROJECT, columns=columns_of(library), schema="lib")


def test_a_dimension_behind_an_entity_is_imported(imported, library) -> None:
    assert ask_dbt(imported.names, library, "fees", "book__genre") == [("novel", 10.0), ("poems", 4.0), (None, 1.0)]


def test_a_column_has_the_name_that_was_asked(imported) -> None:
    questions = Questions(Names(imported.model))
    query = questions.query(
        DbtQuestion(metrics=["loans"], by=[read_dunder("book__author__country"), Reference("metric_time")])
    )
    assert [breakdown.name for breakdown in query.by] == ["book__author__country", "metric_time__day"]


def test_a_name_without_a_path_gets_the_long_name(imported, library) -> None:
    questions = Questions(Names(imported.model))
    query = questions.query(DbtQuestion(metrics=["loans"], by=[read_dunder("author__country")]))
    assert [breakdown.name for breakdown in query.by] == ["book__author__country"]
    assert ask_dbt(imported.names, library, "loans", "author__country") == [("NO", 2), ("PT", 1), (None, 2)]


def test_an_entity_and_its_own_dimension_are_imported(imported, library) -> None:
    assert ask_dbt(imported.names, library, "loans", "reader") == [("r1", 2), ("r2", 2), ("r3", 1)]
    assert ask_dbt(imported.names, library, "fees", "loan__size") == [("large", 9.0), ("small", 6.0)]


def test_filters_of_metrics_and_their_measures_are_combined(imported, library) -> None:
    assert ask_dbt(imported.names, library, "novel_fees returned_fees fees") == [(10.0, 11.0, 15.0)]


def test_a_ratio_of_a_filtered_input_is_imported(imported, library) -> None:
    [(share,)] = ask_dbt(imported.names, library, "novel_share")
    assert share == pytest.approx(10 / 15)


def test_a_derived_metric_from_the_previous_day_is_imported(imported, library) -> None:
    rows = ask_dbt(imported.names, library, "fee_growth", "metric_time__day")
    # 5 on the first day, 4 on the second, 6 on 3 February; only the second has both.
    assert [(str(day)[:10], value) for day, value in rows if value is not None] == [("2026-01-02", -1.0)]


def test_a_cumulative_metric_of_the_current_month_is_imported(imported, library) -> None:
    values = {
        str(day)[:10]: value for day, value in ask_dbt(imported.names, library, "fees_so_far", "metric_time__day")
    }
    assert (values["2026-01-01"], values["2026-01-31"], values["2026-02-03"]) == (5.0, 9.0, 6.0)


def test_conversions_within_their_window_are_imported(imported, library) -> None:
    # r1 borrows twice within a week of the visit; r2 once within 7 days; r3 two weeks later.
    assert ask_dbt(imported.names, library, "visit_to_loan") == [(3,)]


def test_a_filter_keeps_sql_rules_for_missing_values(imported, library) -> None:
    assert ask_dbt(imported.names, library, "loans", where=["NOT {{ Dimension('loan__is_returned') }}"]) == [(1,)]


def test_days_are_included_and_widened_to_the_period_that_is_shown(imported, library) -> None:
    time = (datetime.fromisoformat("2026-01-02"), datetime.fromisoformat("2026-01-02"))
    assert ask_dbt(imported.names, library, "loans", "metric_time__month", time=time) == [(date(2026, 1, 1), 3)]
    assert ask_dbt(imported.names, library, "loans", "metric_time__day", time=time) == [(date(2026, 1, 2), 1)]


def test_hours_are_included_from_the_first_to_the_last(imported) -> None:
    questions = Questions(Names(imported.model))
    time = (datetime.fromisoformat("2026-01-01 02:30:00"), datetime.fromisoformat("2026-01-02 05:59:59"))
    query = questions.query(DbtQuestion(metrics=["loans"], by=[read_dunder("metric_time__hour")], time=time))
    assert query.time == Between(date(2026, 1, 1), date(2026, 1, 2))
    assert isinstance(query.where, SqlCondition)
    assert query.where.condition.text == (
        "metric_time__hour >= CAST('2026-01-01 02:00:00.000' AS TIMESTAMP) "
        "AND metric_time__hour <= CAST('2026-01-02 05:00:00.000' AS TIMESTAMP)"
    )


def test_members_without_a_metric_are_listed_if_they_are_the_key(imported, library) -> None:
    assert ask_dbt(imported.names, library, "", "book") == [("b1",), ("b2",), ("b3",)]
    assert ask_dbt(imported.names, library, "", "book__genre") == [("novel",), ("poems",)]


def test_a_saved_query_becomes_a_question(imported, library) -> None:
    query = query_from_data(imported.questions["fees_by_genre"])
    rows = rows_of(imported.model, library, query)
    assert rows == [("novel", date(2026, 1, 1), 5.0, 2), (None, date(2026, 2, 1), 1.0, 1)]


def test_the_imported_files_are_a_valid_model(imported) -> None:
    model = parse_model(imported.files)
    assert set(model.metrics) >= {"loans", "fees", "readers", "visit_to_loan", "visits"}
    assert model.metrics["fees_so_far"].kind == "cumulative"
    assert model.datasets["loans"].columns["fee"].kind == "decimal"


def test_losses_name_their_file(imported) -> None:
    losses = [str(loss) for loss in imported.losses]
    assert any(loss.startswith("models.yml: semantic model visits: it has no key column") for loss in losses)
    assert any(loss.startswith("policies: ") for loss in losses)


def test_without_an_engine_types_are_guessed_and_reported() -> None:
    imported = import_dbt(PROJECT)
    columns = imported.model.datasets["loans"].columns
    assert {name: str(columns[name]) for name in ("fee", "lent_on", "is_returned", "reader_id")} == {
        "fee": "double",
        "lent_on": "timestamp",
        "is_returned": "boolean",
        "reader_id": "string",
    }
    assert sum("guessed from their use" in loss.why for loss in imported.losses) == 4


def test_both_file_formats_give_the_same_model() -> None:
    import yaml

    lists = [yaml.safe_load(text) for text in PROJECT.values()]
    documents: list[dict] = []
    for document in lists:
        for key, name in (
            ("semantic_models", "semantic_model"),
            ("metrics", "metric"),
            ("saved_queries", "saved_query"),
        ):
            documents += [{name: part} for part in document.get(key, [])]
    for document in documents:
        if "semantic_model" in document:
            model = document["semantic_model"]
            del model["model"]
            model["node_relation"] = {"schema_name": "lib", "alias": model["name"]}
    spine = {"node_relation": {"schema_name": "lib", "alias": "days"}}
    spine |= {"primary_column": {"name": "day", "time_granularity": "day"}}
    documents.append({"project_configuration": {"time_spines": [spine]}})
    imported = import_dbt({"all.yml": yaml.safe_dump_all(documents)}, schema="lib")
    assert dict(imported.files) == dict(import_dbt(PROJECT, schema="lib").files)


def test_the_newer_spec_gives_the_same_model() -> None:
    model = import_dbt({"models.yml": NEWER}).model
    older = import_dbt(PROJECT).model
    for name in ("loans", "fees", "fees_so_far"):
        assert (model.metrics[name].kind, model.metrics[name].label) == (
            older.metrics[name].kind,
            older.metrics[name].label,
        )
    assert set(model.datasets["loans"].dimensions) == set(older.datasets["loans"].dimensions)
    assert set(model.datasets["loans"].entities) == set(older.datasets["loans"].entities)
    assert model.metrics["fees_per_loan"].inputs == ("fees", "loans")


def test_unsupported_names_are_mapped_and_still_work(library) -> None:
    text = MODELS.replace("name: genre", "name: Date").replace("name: loans\n", "name: Loans-2026\n", 1)
    imported = import_dbt({"models.yml": text})
    texts = [loss.name for loss in imported.losses if "is named" in loss.why]
    assert texts == ["semantic model Loans-2026", "dimension Date of books"]
    field = Names(imported.model).find(read_dunder("book__Date"), ["loans_2026"])
    assert (field.dim, field.column) == ("date_of_books", "book__Date")


def test_an_inexpressible_metric_and_its_dependents_are_left_out() -> None:
    metrics = """
metrics:
  - {name: odd, type: simple, type_params: {measure: nowhere}}
  - {name: twice_odd, type: derived, type_params: {expr: odd * 2, metrics: [odd]}}
  - {name: fees, type: simple, type_params: {measure: fees}}
"""
    imported = import_dbt({"models.yml": MODELS, "metrics.yml": metrics})
    assert set(imported.model.metrics) == {"fees", "readers"}
    assert {loss.name for loss in imported.losses if "left out" in loss.why} >= {"metric odd", "metric twice_odd"}


def test_disabled_and_templated_objects_are_left_out_and_reported() -> None:
    text = MODELS.replace("expr: fee}", "expr: \"{{ var('fee') }}\"}")
    metrics = """
metrics:
  - {name: loans, type: simple, type_params: {measure: loans}, config: {enabled: false}}
  - {name: fees, type: simple, type_params: {measure: fees}}
"""
    imported = import_dbt({"models.yml": text, "metrics.yml": metrics})
    assert set(imported.model.metrics) == {"readers"}
    texts = {str(loss) for loss in imported.losses}
    assert "metrics.yml: loans: has `enabled: false`, so this is left out" in texts
    assert "models.yml: fees of loans: its `expr:` is a template, so this is left out. Write plain SQL" in texts
    assert "metrics.yml: metric fees: left out: there is no measure 'fees'" in texts


def test_a_column_that_the_language_cannot_compute_is_computed_in_a_view(library) -> None:
    text = MODELS.replace("{name: pages, type: categorical}", "{name: shelf, type: categorical, expr: md5(genre)}")
    imported = import_dbt({"models.yml": text}, schema="lib")
    assert imported.model.datasets["books"].query is not None
    rows = ask_dbt(imported.names, library, "readers", "book__shelf")
    truth = library.execute("""
        SELECT md5(genre), count(DISTINCT reader_id) FROM lib.loans LEFT JOIN lib.books USING (book_id) GROUP BY 1
    """).fetchall()
    assert rows == sorted(truth, key=str)


def test_objects_without_a_column_of_the_table_are_left_out_and_reported(library) -> None:
    text = MODELS.replace("expr: fee}", "expr: fees_paid}").replace('expr: "CASE WHEN fee', 'expr: "CASE WHEN price')
    imported = import_dbt({"models.yml": text}, columns=columns_of(library), schema="lib")
    said = {loss.name: loss.why for loss in imported.losses}
    assert said["fees of loans"] == "left out: 'fees_paid' reads fees_paid, which is not a column"
    assert said["size of loans"].endswith("reads price, which is not a column")
    assert "size" not in imported.model.dimensions
    assert ask_dbt(imported.names, library, "readers") == [(3,)]


def test_a_quoted_column_is_read_as_that_column(library) -> None:
    text = MODELS.replace("expr: fee}", "expr: '\"fee\"'}")
    text = text.replace("type: foreign, expr: reader_id", "type: foreign, expr: '\"reader_id\"'")
    imported = import_dbt({"models.yml": text, "metrics.yml": METRICS}, columns=columns_of(library), schema="lib")
    assert imported.model.datasets["loans"].entities[1].columns == ("reader_id",)
    assert ask_dbt(imported.names, library, "fees", "reader") == [("r1", 6.0), ("r2", 8.0), ("r3", 1.0)]


def test_text_that_is_not_yaml_is_listed_and_the_rest_is_read(library) -> None:
    imported = import_dbt({**PROJECT, "odd.yml": "a: [1"}, columns=columns_of(library), schema="lib")
    (odd,) = [loss for loss in imported.losses if loss.file == "odd.yml"]
    assert odd.why.startswith("left out: it isn't YAML")
    assert ask_dbt(imported.names, library, "fees") == [(15.0,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ Dimension('book__genre') }} = 'novel'", "[book.genre] = 'novel'"),
        ("{{ TimeDimension('metric_time', 'month') }} >= '2026-01-01'", "[metric_time:month] >= '2026-01-01'"),
        ("{{ Dimension('loan__lent_on').grain('week') }} IS NULL", "[loan.lent_on:week] IS NULL"),
        ("{{ Dimension('metric_time').date_part('dow') }} < 6", "[metric_time/dow] < 6"),
        ("{{ Entity('book', entity_path=['loan']) }} IN (1, 2)", "[loan.book] IN (1, 2)"),
        ("{{ Metric('loans', group_by=['reader']) }} > 2", "[loans of reader] > 2"),
        ("loan__lent_on__day = DATE '2026-01-01' and book__genre is null", None),
    ],
)
def test_names_in_filters_are_resolved(text: str, said: str | None) -> None:
    seen: list[Reference] = []

    def say(one: Reference) -> str:
        seen.append(one)
        return f"n{len(seen) - 1}"

    made = translate_filter(text, say)
    for index, reference in enumerate(seen):
        name = (
            ".".join((*reference.path, reference.name))
            + (f":{reference.grain}" if reference.grain else "")
            + (f"/{reference.part}" if reference.part else "")
        )
        made = made.replace(f"n{index}", f"[{f'{reference.name} of {reference.per[0]}' if reference.per else name}]")
    assert made == (said or "[loan.lent_on:day] = CAST('2026-01-01' AS DATE) AND [book.genre] IS NULL")


@pytest.mark.parametrize(
    "text",
    [
        "{{ Dimension(name) }} = 1",
        "{{ Dimension('a' + 'b') }} = 1",
        "{{ open('secret') }}",
        "{{ Dimension('a').__class__ }}",
        "{{ Dimension('a', 'b', 'c', 'd') }}",
        "{% for one in all %} 1 {% endfor %}",
        "{{ Dimension('a') }} = = 1",
        "{{ }} = 1",
    ],
)
def test_only_names_are_read_in_a_filter(text: str) -> None:
    with pytest.raises(InvalidFilter):
        translate_filter(text, lambda reference: reference.name)


def test_unknown_and_unreachable_names_are_refused(imported) -> None:
    questions = Questions(Names(imported.model))
    with pytest.raises(UnknownName, match="book__colour"):
        questions.query(DbtQuestion(metrics=["loans"], by=[read_dunder("book__colour")]))
    with pytest.raises(NoPath, match="'book__genre' can't be reached from 'visits'"):
        questions.query(DbtQuestion(metrics=["visits"], by=[read_dunder("book__genre")]))
    with pytest.raises(UnknownName, match="lones"):
        questions.query(DbtQuestion(metrics=["lones"]))


def test_calls_are_read_with_their_words_in_any_order() -> None:
    reference = read_call(
        "TimeDimension(time_granularity_name='year', time_dimension_name='loan__lent_on', descending=True)"
    )
    assert reference == Reference("lent_on", ("loan",), "year", kind="TimeDimension", descending=True)


def test_a_metric_of_a_dataset_that_is_left_out_is_left_out_too() -> None:
    """The books' keys are text, and the other project's shelves have numbers as keys, so the two can't be joined."""
    shelves = """
semantic_models:
  - name: shelves
    model: ref('shelves')
    entities:
      - {name: book, type: primary, expr: book_number}
    measures:
      - {name: copies, agg: sum, expr: copies, create_metric: true}
"""
    connection = open_library()
    connection.execute("CREATE TABLE lib.shelves AS SELECT 1 AS book_number, 2 AS copies")
    imported = import_dbt({**PROJECT, "shelves.yml": shelves}, columns=columns_of(connection), schema="lib")
    assert "copies" not in imported.model.metrics
    assert any(loss.name == "metric copies" for loss in imported.losses)
