"""The files of matched starters: a model that loads, that only its creator can read, with answers checked first."""

from dataclasses import replace
from typing import Any

import duckdb
import pytest
import yaml

from semantic.config.settings import Settings
from semantic.errors import InvalidQuery
from semantic.explore.preflight import preflight
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.sql.dialects.table import find_dialect
from semantic.starters.matching import match_starters
from semantic.starters.starter import all_starters
from semantic.starters.writing import questions, starter_boards, starter_files
from semantic.workspace import Workspace
from tests.own_data.shapes import SHAPES
from tests.semantic.starters.owned import ME, TODAY, TOGETHER, shapes
from tests.semantic.starters.test_matching import ORDERS


def model_of(*kinds: str, **answers: str) -> Model:
    return parse_model(starter_files(match_starters(shapes(*kinds)), answers, person=ME.id))


@pytest.mark.parametrize("kind", SHAPES)
def test_each_starter_is_a_valid_model_by_itself(kind: str) -> None:
    model = model_of(kind)
    assert 8 <= len(model.metrics) <= 24
    assert all(metric.means and metric.does_not_mean and metric.description for metric in model.metrics.values())


def test_labels_of_metrics_are_different_over_all_starters() -> None:
    """People tell metrics apart by their labels, and one model can have all starters."""
    labels = {metric["name"]: metric["label"].lower() for starter in all_starters() for metric in starter.metrics}
    assert len(set(labels.values())) == len(labels)


def test_only_the_creator_sees_anything() -> None:
    model = model_of(*TOGETHER)
    for actor in (Actor(id="someone", roles=frozenset({"steward", "administrator", "viewer"})), Actor(id="ruth2")):
        assert not narrow(model, actor).metrics
    assert {metric.name for metric in narrow(model, ME).metrics} == model.metrics.keys()


def test_columns_about_individuals_are_tagged_and_hidden() -> None:
    """They are hidden from the creator, too, until the policy says otherwise."""
    model = model_of(*TOGETHER)
    dimensions = [dimension for dataset in model.datasets.values() for dimension in dataset.dimensions.values()]
    personal = {dimension.name for dimension in dimensions if "personal" in dimension.tags}
    assert personal == {
        *("shop_order_email", "shop_customer_email", "klaviyo_email"),
        *("hubspot_contact_email", "stripe_customer_email"),
    }
    assert not personal & {dimension.name for dimension in narrow(model, ME).dimensions}
    read = {column for dimension in dimensions if dimension.name not in personal for column in dimension.sql.columns}
    assert not [column for column in read if "email_address" in column or "phone" in column or "first_name" in column]


def test_an_invalid_currency_is_refused() -> None:
    matches = match_starters(shapes("shopify"))
    for wrong in ("euro", "eur", "", "E'R", "EUR\n", "x" * 10_000):
        with pytest.raises(InvalidQuery, match="isn't a currency"):
            starter_files(matches, {"currency": wrong}, person="ruth")


def test_an_invalid_time_zone_is_refused() -> None:
    matches = match_starters({"orders": ORDERS | {"created_timestamp": "timestamptz"}})
    with pytest.raises(InvalidQuery, match="'Berlin' isn't a time zone"):
        starter_files(matches, {"time_zone": "Berlin"}, person="ruth")
    assert (
        parse_model(starter_files(matches, {"time_zone": "Asia/Tokyo"}, person="ruth")).settings.time_zone
        == "Asia/Tokyo"
    )


def test_an_answer_outside_the_choices_is_refused_with_the_choices() -> None:
    matches = match_starters(shapes("stripe"))
    with pytest.raises(InvalidQuery, match=r"'half' doesn't answer .* cents, whole"):
        starter_files(matches, {"stripe_unit": "half"}, person="ruth")
    both = match_starters({"a.orders": ORDERS, "b.orders": ORDERS})
    with pytest.raises(InvalidQuery, match=r"a\.orders, b\.orders"):
        starter_files(both, {"shopify.orders": "secrets"}, person="ruth")


def test_an_answer_chooses_another_table() -> None:
    matches = match_starters({"a.orders": ORDERS, "b.orders": ORDERS})
    files = starter_files(matches, {"shopify.orders": "b.orders"}, person="ruth")
    assert yaml.safe_load(files["shopify/shop_orders.yml"])["datasets"][0]["table"] == "b.orders"


def test_a_stage_with_quotes_is_a_value_and_not_sql() -> None:
    hostile = "won' OR TRUE --"
    model = model_of("hubspot", hubspot_won=hostile)
    assert model.metrics["hubspot_deals_won"].filter is not None
    assert "'won'' OR TRUE --'" in model.metrics["hubspot_deals_won"].filter.text


def test_yen_have_no_cents() -> None:
    yen, euros = model_of("stripe", currency="JPY"), model_of("stripe", currency="EUR")
    amounts = [model.datasets["stripe_balance"].measures["amount"].sql for model in (yen, euros)]
    assert [str(amount and amount.text).count("0.01") for amount in amounts] == [0, 1]


def test_parts_that_join_two_starters_need_both() -> None:
    alone, both = model_of("shopify"), model_of("shopify", "ad_reporting")
    assert "mer" not in alone.metrics
    assert {"mer", "blended_cac", "unmatched_utm_share", "utm_roas"} <= both.metrics.keys()
    assert "paid_sessions" not in both.metrics
    assert {"paid_sessions", "orders_per_session"} <= model_of(*TOGETHER).metrics.keys()


def test_spend_of_single_platforms_is_added_up_without_ad_reporting() -> None:
    both = model_of("google_ads", "meta_ads", "shopify").metrics["total_ad_spend"]
    one = model_of("meta_ads", "shopify").metrics["total_ad_spend"]
    assert set(both.inputs) == {"google_ads_cost", "meta_spend"}
    assert set(one.inputs) == {"meta_spend"}


def test_the_currency_is_asked_once_for_all_starters() -> None:
    matches = match_starters(shapes(*TOGETHER))
    assert [question.id for question in questions(matches)].count("currency") == 1
    model = model_of(*TOGETHER, currency="SEK")
    assert model.settings.currency == "SEK"
    assert {metric.unit for metric in model.metrics.values() if metric.format == "money"} == {"SEK"}


def test_a_starter_added_later_is_joined_with_existing_ones() -> None:
    """The shop is added first, then ads.

    The model is the same as with both at once, if the amounts are in the same currency.
    """
    before = starter_files(match_starters(shapes("shopify")), {"currency": "EUR"}, person=ME.id)
    ads = match_starters(shapes("ad_reporting"))
    existing = parse_model(before)
    later = starter_files(ads, {"currency": "EUR"}, person=ME.id, is_whole=False, existing=existing)
    assert not before.keys() & later.keys()
    added, at_once = parse_model({**before, **later}), model_of("shopify", "ad_reporting", currency="EUR")
    assert added.metrics.keys() == at_once.metrics.keys()
    assert added.datasets.keys() == at_once.datasets.keys()
    assert [board.title for board in starter_boards(ads, {"currency": "EUR"}, existing=existing)] == [
        "Paid media",
        "Marketing overview",
    ]
    query = query_from_data({"metrics": ["matched_utm_orders"]})
    found = [preflight(query, narrow(model, ME), find_dialect("duckdb"), today=TODAY) for model in (added, at_once)]
    assert [each.ok for each in found] == [True, True]
    other = starter_files(ads, {"currency": "USD"}, person=ME.id, is_whole=False, existing=existing)
    assert "mer" not in parse_model({**before, **other}).metrics


def test_starters_on_two_connections_are_combined_only_by_totals() -> None:
    """A ratio of two totals works over two connections. A list of ads' campaigns next to the shop's orders doesn't."""
    matches = [
        replace(match, connection="" if match.starter.name == "shopify" else "ads")
        for match in match_starters(shapes("shopify", "ad_reporting"))
    ]
    files = starter_files(matches, {}, person="ruth")
    documents = [yaml.safe_load(text) for text in files.values()]
    metrics = {metric["name"] for document in documents for metric in document.get("metrics", ())}
    assert {"mer", "blended_cac", "utm_orders"} <= metrics
    assert not {"matched_utm_orders", "unmatched_utm_share", "utm_roas"} & metrics
    places = {
        dataset["name"]: dataset.get("connection", "")
        for document in documents
        for dataset in document.get("datasets", ())
    }
    assert (places["shop_orders"], places["ads_by_campaign"]) == ("", "ads")
    assert "ad_links" not in places
    assert parse_model(files).metrics.keys() == metrics


def test_a_model_with_settings_gets_only_the_parts() -> None:
    matches = match_starters(shapes("klaviyo"))
    whole = starter_files(matches, {}, person="ruth", connection="crm")
    parts = starter_files(matches, {}, person="ruth", connection="crm", is_whole=False)
    assert whole.keys() - parts.keys() == {"model.yml", "policies.yml"}
    datasets = [dataset for text in parts.values() for dataset in yaml.safe_load(text).get("datasets", ())]
    assert {dataset["connection"] for dataset in datasets} == {"crm"}


def test_boards_leave_out_tiles_whose_columns_are_missing() -> None:
    without = shapes("klaviyo")
    del without["klaviyo__events"]
    (board,) = starter_boards(match_starters(without), {})
    assert {tile.id for tile in board.tiles} == {"recipients", "click-rate", "unsubscribes", "campaigns"}
    metrics = model_metrics(without)
    assert all(set(tile.question.metrics) <= metrics for tile in board.tiles if tile.question)


def model_metrics(columns: dict[str, dict[str, str]]) -> set[str]:
    return set(parse_model(starter_files(match_starters(columns), {}, person="ruth")).metrics)


def test_awkward_names_of_tables_and_columns_work(tmp_path: Any) -> None:
    """The table and its columns have capitals, quotes, spaces and reserved words."""
    table = 'Order "2"; DROP TABLE x --'
    spelled = {name: name.upper() if name != "total_tax" else "Total_Tax" for name in ORDERS}
    quoted = '"' + table.replace('"', '""') + '"'
    file = tmp_path / "awkward.duckdb"
    with duckdb.connect(str(file)) as connection:
        columns = ", ".join(
            f'"{spelled[name]}" {"varchar" if type_ == "string" else type_}' for name, type_ in ORDERS.items()
        )
        connection.execute(f"CREATE TABLE {quoted} ({columns})")
        for number in (1, 2):
            connection.execute(
                f"INSERT INTO {quoted} (ORDER_ID, CREATED_TIMESTAMP, SUBTOTAL_PRICE, CURRENCY, IS_TEST_ORDER) "
                f"VALUES ({number}, TIMESTAMP '2026-10-05 10:00:00', 20.5, 'usd', FALSE)"
            )
    matches = match_starters({quoted: {spelled[name]: type_ for name, type_ in ORDERS.items()}})
    files = starter_files(matches, {}, person=ME.id)
    workspace = Workspace.open(Settings(data=str(file), model=tmp_path), files)
    result = workspace.ask(query_from_data({"metrics": ["shop_sales", "shop_orders"]}), ME, today=TODAY)
    assert result.rows() == [{"shop_sales": 41.0, "shop_orders": 2}]
    assert [finding for finding in workspace.check_data() if not finding.ok] == []


def test_without_tables_nothing_matches() -> None:
    assert match_starters({}) == ()
    assert starter_files((), {}, person="ruth").keys() == {"model.yml", "policies.yml"}
    assert starter_boards((), {}) == ()
