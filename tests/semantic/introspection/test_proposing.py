"""Answers to a draft, and the model that results: valid, readable, and with the numbers of hand-written SQL."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from semantic.config.settings import load_settings
from semantic.errors import InvalidQuery, OpenGuesses, UnknownName
from semantic.introspection.profile import Budget
from semantic.introspection.proposing import answer_guesses, model_files, open_guesses, write_model
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.codec import query_from_json
from semantic.workspace import Workspace
from tests.engines import duckdb_file
from tests.semantic.introspection.drafted import accepted, drafted, guess_words, written

SHOP = """
CREATE TABLE customers AS SELECT range AS id, 'c' || range || '@example.org' AS email,
    ['DE', 'FR'][range % 2 + 1] AS country FROM range(1, 41);
CREATE TABLE orders AS SELECT range AS order_id, range % 40 + 1 AS customer_id,
    CAST(1.25 * range AS DECIMAL(18, 2)) AS total,
    if(range % 4 = 0, 'USD', 'EUR') AS currency, DATE '2026-01-01' + CAST(range AS INT) AS ordered_on FROM range(100);
CREATE TABLE ads AS SELECT DATE '2026-01-01' + CAST(d.range AS INT) AS date, 100 + c.range AS campaign_id,
    1000 * (d.range + 1) AS impressions, d.range + 1 AS clicks, 1000000 * (d.range + 1) AS cost_micros
    FROM range(20) AS d, range(3) AS c;
"""


# Answers


def test_open_guesses_block_and_are_named(tmp_path):
    draft = drafted(SHOP, tmp_path)
    assert [guess.id for guess in open_guesses(draft)] == ["currency", "orders.currency"]
    with pytest.raises(OpenGuesses, match="2 guesses need an answer first") as caught:
        model_files(draft, person="ana")
    assert [guess_id for guess_id, _ in caught.value.guesses] == ["currency", "orders.currency"]
    assert "2 currencies in currency: EUR 75, USD 25" in str(caught.value)
    half = answer_guesses(draft, {"currency": "EUR"})
    assert [guess.id for guess in open_guesses(half)] == ["orders.currency"]


def test_an_answer_is_one_of_the_choices(tmp_path):
    draft = drafted(SHOP, tmp_path)
    with pytest.raises(UnknownName, match=r"no guess named 'order\.currency'"):
        answer_guesses(draft, {"order.currency": "EUR"})
    with pytest.raises(
        InvalidQuery, match=r"'CHF' isn't an answer to orders\.currency\. The answers are EUR, USD, none\."
    ):
        answer_guesses(draft, {"orders.currency": "CHF"})
    with pytest.raises(InvalidQuery, match="'Mars' isn't an answer to currency"):
        answer_guesses(draft, {"currency": "Mars"})


def test_any_currency_and_any_zone_is_an_answer(tmp_path):
    sql = "CREATE TABLE orders AS SELECT range AS id, 9.5 AS total, TIMESTAMP '2026-01-01' AS created_at FROM range(30)"
    draft = answer_guesses(drafted(sql, tmp_path), {"currency": "ISK", "zone": "Atlantic/Reykjavik"})
    assert (guess_words(draft, "currency")[:17], open_guesses(draft)) == ("on Currency: ISK ", ())
    model, _ = written(draft)
    assert (model.settings.currency, model.settings.time_zone) == ("ISK", "Atlantic/Reykjavik")
    with pytest.raises(InvalidQuery, match="'Europe/Atlantis' isn't an answer to zone"):
        answer_guesses(draft, {"zone": "Europe/Atlantis"})


def test_a_certain_guess_can_be_switched_off(tmp_path):
    draft = accepted(drafted(SHOP, tmp_path), ads__clicks__measure=False, customers__email__personal=False)
    model, datasets = written(draft)
    assert "clicks" not in model.metrics
    assert {"name": "email"} in datasets["customers"]["dimensions"]
    assert "click_rate" not in model.metrics  # it divides by clicks, which are gone


# The model


def test_the_files_are_what_a_steward_would_write(tmp_path):
    model, datasets = written(accepted(drafted(SHOP, tmp_path), currency="USD"))
    assert datasets["orders"] == {
        "name": "orders",
        "label": "Orders",
        "description": "One row per order.",
        "table": "orders",
        "grain": ["order_id"],
        "time": "ordered_on",
        "columns": {
            "order_id": "integer", "customer_id": "integer", "total": "decimal(18,2)", "currency": "string",
            "ordered_on": "date",
        },
        "entities": [
            {"name": "order", "kind": "primary", "columns": ["order_id"]},
            {"name": "customer", "kind": "foreign", "columns": ["customer_id"]},
        ],
        "dimensions": [{"name": "currency"}, {"name": "ordered_on", "kind": "time"}],
        "measures": [
            {"name": "orders", "agg": "count"},
            {"name": "customers_with_orders", "agg": "count_distinct", "sql": "customer_id"},
            {"name": "total", "agg": "sum", "sql": "CASE WHEN currency IN ('EUR') THEN total END"},
        ],
        "checks": [
            {"relationship": {"entity": "customer"}},
            {"not_null": {"column": "total"}},
            {"not_null": {"column": "ordered_on"}},
        ],
    }  # fmt: skip
    assert list(model.metrics) == [
        *("ads", "impressions", "clicks", "cost_micros", "click_rate", "cost_per_click"),
        *("customers", "orders", "customers_with_orders", "total"),
    ]
    assert datasets["ads"]["grain"] == ["date", "campaign_id"]


def test_the_numbers_are_those_of_sql_written_by_hand(tmp_path):
    path = duckdb_file(SHOP, tmp_path)
    folder = tmp_path / "model"
    for name, text in model_files(accepted(drafted(SHOP, tmp_path), currency="USD"), person="ana").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    settings = replace(load_settings({}), model=folder, model_source="folder", data=str(path))
    workspace = Workspace.open(settings)
    ana = Actor(id="ana", roles=frozenset({"steward"}))
    metrics = ["orders", "customers_with_orders", "total", "clicks", "click_rate", "cost_micros"]
    row = workspace.ask(query_from_json(json.dumps({"metrics": metrics})), ana).table.to_pylist()[0]
    by_country = workspace.ask(query_from_json('{"metrics": ["orders"], "by": ["country"]}'), ana).table.to_pylist()
    workspace.close()
    with duckdb.connect(str(path)) as connection:
        orders, customers, total = connection.sql(
            "SELECT count(*), count(DISTINCT customer_id), sum(total) FILTER (currency = 'EUR') FROM orders"
        ).fetchall()[0]
        clicks, rate, cost = connection.sql(
            "SELECT sum(clicks), sum(clicks) / sum(impressions), sum(cost_micros) / 1000000 FROM ads"
        ).fetchall()[0]
        countries = connection.sql(
            "SELECT country, count(*) FROM orders JOIN customers ON id = customer_id GROUP BY country"
        ).fetchall()
    assert (row["orders"], row["customers_with_orders"], row["total"]) == (orders, customers, total)
    assert (row["clicks"], row["click_rate"], row["cost_micros"]) == (clicks, pytest.approx(rate), Decimal(cost))
    assert {line["country"]: line["orders"] for line in by_country} == dict(countries)


@pytest.mark.parametrize(("other", "is_there"), [("EUR", True), ("USD", False)])
def test_amounts_in_one_of_several_currencies_are_not_divided_by_all_rows(tmp_path, other, is_there):
    sql = f"""CREATE TABLE orders AS SELECT range AS order_id, 9.5 AS total,
        if(range < 10, '{other}', 'EUR') AS currency FROM range(30)"""
    model, _ = written(accepted(drafted(sql, tmp_path), orders__currency="EUR"))
    assert "total" in model.metrics
    assert ("total_per_order" in model.metrics) is is_there


def test_a_currency_missing_from_a_sample_is_left_out(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS order_id, CAST(2 AS DECIMAL(9, 2)) AS total,
        if(range = 7, 'USD', 'EUR') AS currency FROM range(20000)"""
    draft = drafted(sql, tmp_path, Budget(rows=2_000, exact_rows=5_000))
    files = model_files(accepted(draft, orders__currency="EUR"), person="ana")
    workspace = Workspace.open(replace(load_settings({}), data=str(duckdb_file(sql, tmp_path))), files)
    ana = Actor(id="ana", roles=frozenset({"steward"}))
    table = workspace.ask(query_from_json('{"metrics": ["total"]}'), ana).table
    workspace.close()
    assert table.to_pylist() == [{"total": Decimal(2 * 19_999)}]


def test_only_one_person_has_access_and_no_one_sees_personal_data(tmp_path):
    model, _ = written(accepted(drafted(SHOP, tmp_path)))
    ana = narrow(model, Actor(id="ana", roles=frozenset({"steward"})))
    bob = narrow(model, Actor(id="bob", roles=frozenset({"administrator", "steward", "marketer", "viewer"})))
    assert {metric.name for metric in ana.metrics} == set(model.metrics)
    assert (list(bob.metrics), list(bob.dimensions)) == ([], [])
    assert "email" in model.dimensions
    assert "email" not in {dimension.name for dimension in ana.dimensions}


def test_a_join_that_is_refused_is_not_in_the_model(tmp_path):
    model, datasets = written(accepted(drafted(SHOP, tmp_path), orders__customer_id__join=False))
    assert datasets["orders"]["entities"] == [{"name": "order", "kind": "primary", "columns": ["order_id"]}]
    assert model.joins.edges.get("orders", ()) == ()


@pytest.mark.parametrize(("answer", "expected"), [("order_id", (99, "order_id IS NULL")), ("rows", (100, ""))])
def test_rows_without_a_key_are_left_out_or_numbered(tmp_path, answer, expected):
    sql = "CREATE TABLE orders AS SELECT if(range = 99, NULL, range) AS order_id, range % 3 AS clicks FROM range(100)"
    model, datasets = written(accepted(drafted(sql, tmp_path), orders__key=answer))
    with duckdb.connect(str(duckdb_file(sql, tmp_path))) as connection:
        counted = connection.sql(f"SELECT count(*) FROM ({datasets['orders']['sql']})").fetchall()[0][0]
    assert counted == expected[0]
    assert model.datasets["orders"].grain == (("order_id",) if answer == "order_id" else ("row_number",))


@pytest.mark.parametrize(
    ("value", "kind", "first"),
    [
        ("strftime(day, '%d.%m.%Y')", "date", "2026-01-01"),
        ("strftime(day, '%m/%d/%Y %H:%M')", "timestamp", "2026-01-01 00:00:00"),
        ("strftime(day, '%Y-%m-%d')", "date", "2026-01-01"),
        ("strftime(day, '%Y-%m')", "date", "2026-01-01"),
        ("CAST(strftime(day, '%Y%m%d') AS INT)", "date", "2026-01-01"),
        ("epoch_ms(day)", "timestamptz", "2026-01-01 00:00:00+00"),
        ("epoch(day)::BIGINT", "timestamptz", "2026-01-01 00:00:00+00"),
        ("if(range = 3, 'soon', strftime(day, '%Y-%m-%d'))", "date", "2026-01-01"),
    ],
)
def test_dates_in_texts_and_numbers_become_dates(tmp_path, value, kind, first):
    sql = f"""CREATE TABLE orders AS SELECT range AS order_id, {value} AS order_date
        FROM (SELECT range, TIMESTAMP '2026-01-01' + to_days(CAST(range AS INT)) AS day FROM range(60))"""
    _, datasets = written(accepted(drafted(sql, tmp_path)))
    assert datasets["orders"]["columns"]["order_date"] == kind
    assert datasets["orders"]["time"] == "order_date"
    with duckdb.connect(str(duckdb_file(sql, tmp_path))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        view = f"SELECT min(order_date)::VARCHAR, typeof(min(order_date)) FROM ({datasets['orders']['sql']})"
        types = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE"}
        assert connection.sql(view).fetchall() == [(first, types[kind])]


def test_revenue_as_quantity_times_price_is_asked_and_exact(tmp_path):
    sql = """CREATE TABLE lines AS SELECT range % 20 AS invoice_number, range % 5 AS quantity,
        0.1::DOUBLE AS unit_price FROM range(100)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "lines.line_amount.measure").startswith("? Revenue: quantity × unit_price")
    model, _ = written(accepted(draft))
    measure = model.datasets["lines"].measures["revenue"]
    assert measure.sql is not None
    assert measure.sql.text == "quantity * CAST(unit_price AS DECIMAL(18, 4))"
    assert model.metrics["revenue_per_invoice"].unit == "EUR"


def test_hostile_names_become_valid_ones_and_stay_quoted(tmp_path):
    name = 'Größe "); DROP TABLE x; -- 💥' + "x" * 150
    quoted = '"' + name.replace('"', '""') + '"'
    sql = f"""CREATE TABLE {quoted} ({quoted} VARCHAR, "select" VARCHAR, "order_id" INT, "Order ID" INT, "date" DATE);
        INSERT INTO {quoted} SELECT 'a' || range % 2, 'b', range, range, DATE '2026-01-01' FROM range(30)"""
    model, datasets = written(accepted(drafted(sql, tmp_path)))
    (dataset,) = datasets.values()
    with duckdb.connect(str(duckdb_file(sql, tmp_path))) as connection:
        assert connection.sql(f"SELECT count(*) FROM ({dataset['sql']})").fetchall() == [(30,)]
    assert {
        column for dimension in model.datasets[dataset["name"]].dimensions.values() for column in dimension.sql.columns
    } >= {
        *(name, "select", "date"),
    }


def test_names_of_an_existing_model_stay_its_own(tmp_path):
    existing = parse_model(model_files(accepted(drafted(SHOP, tmp_path), currency="USD"), person="bob"))
    draft = accepted(drafted(SHOP, tmp_path), currency="USD")
    made = write_model(draft, person="ana", existing=existing)
    assert "model.yml" not in made.files
    both = parse_model({**model_files(draft, person="bob"), **made.files})
    assert len(both.datasets) == 2 * len(existing.datasets)
    assert len(both.metrics) == 2 * len(existing.metrics)
    assert dict(made.renamed)["orders"]
    seen = narrow(both, Actor(id="ana", roles=frozenset({"steward"})))
    assert {metric.name for metric in seen.metrics} == set(both.metrics) - set(existing.metrics)
    # Nothing joins the draft to the existing datasets: that isn't proven.
    new = set(both.datasets) - set(existing.datasets)
    assert all(edge.target in new for name in new for edge in both.joins.edges.get(name, ()))


def test_policies_that_grant_everything_are_named(tmp_path):
    files = model_files(accepted(drafted(SHOP, tmp_path)), person="bob")
    files["all.yml"] = "policies: [{name: staff, who: {roles: [viewer]}, grant: {metrics: all}, whole: all}]"
    made = write_model(accepted(drafted(SHOP, tmp_path)), person="ana", existing=parse_model(files))
    assert made.also_granted == ("staff",)


def test_the_draft_of_a_connection_names_it(tmp_path):
    draft = replace(accepted(drafted(SHOP, tmp_path)), connection="shop")
    assert "connection: shop" in model_files(draft, person="ana")["datasets/orders.yml"]
