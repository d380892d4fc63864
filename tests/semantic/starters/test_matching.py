"""Tables are matched by their columns: with other names, with more or fewer columns, and never by common names
alone.
"""

from collections.abc import Mapping

import pytest

from semantic.starters.matching import MOST_QUESTIONS, Match, match_starters
from semantic.starters.starter import KINDS, all_starters
from tests.own_data.shapes import SHAPES
from tests.semantic.starters.owned import shapes

# Names that any table can have: they say nothing about what it holds.
COMMON = {
    *("id", "name", "email", "status", "type", "amount", "date", "currency", "total", "quantity", "price", "title"),
    *("created_at", "updated_at", "created_date", "source_relation", "country", "city", "customer_id", "order_id"),
}
ORDERS = {
    "order_id": "integer",
    "customer_id": "integer",
    "created_timestamp": "timestamp",
    "cancelled_timestamp": "timestamp",
    "is_test_order": "boolean",
    "is_deleted": "boolean",
    "subtotal_price": "double",
    "total_price": "double",
    "total_discounts": "double",
    "total_line_items_price": "double",
    "customer_order_seq_number": "integer",
    "financial_status": "string",
    "currency": "string",
    "refund_subtotal": "double",
    "total_tax": "double",
    "shipping_cost": "double",
    "source_name": "string",
    "_fivetran_synced": "timestamp",
}


def matched(columns: Mapping[str, Mapping[str, str]]) -> Match | None:
    found = match_starters(columns)
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("kind", SHAPES)
def test_each_kind_matches_its_own_starter_and_no_other(kind: str) -> None:
    match = matched(shapes(kind))
    assert match is not None
    assert match.starter.name == kind.removesuffix("_export")
    assert len(match.questions) <= MOST_QUESTIONS
    assert match.missing == ()


def test_every_role_of_every_starter_finds_its_table() -> None:
    for match in match_starters(shapes(*SHAPES)):
        assert match.tables.keys() == {role.name for role in match.starter.roles if not role.view}


def test_ad_reporting_covers_the_tables_of_single_platforms() -> None:
    """They have the same spend, which would count twice."""
    names = [match.starter.name for match in match_starters(shapes("ad_reporting", "google_ads", "meta_ads"))]
    assert names == ["ad_reporting"]


def test_no_role_needs_only_common_columns() -> None:
    """A role that is recognized by columns needs at least two columns of its own."""
    for starter in all_starters():
        for role in starter.roles:
            if not role.view and not role.by_name:
                assert len(role.needs.keys() - COMMON) >= 2, (starter.name, role.name)


def test_a_table_of_common_columns_matches_nothing() -> None:
    types = {
        "id": "integer",
        "customer_id": "integer",
        "order_id": "integer",
        "created_at": "timestamp",
        "date": "date",
    }
    assert match_starters({"things": {name: types.get(name, "string") for name in COMMON}}) == ()
    assert match_starters({"things": dict.fromkeys(COMMON, "double")}) == ()


def test_schemas_capitals_and_extra_columns_do_not_matter() -> None:
    table = {name.upper(): type_ for name, type_ in ORDERS.items()} | {"MY_OWN": "string", "TAGS": "string"}
    match = matched({'prod."SHOP_ORDERS"': table, "notes": {"id": "integer", "text": "string"}})
    assert match is not None
    assert match.tables == {"orders": 'prod."SHOP_ORDERS"'}


def test_metrics_that_need_a_missing_column_are_left_out_and_listed() -> None:
    table = {name: type_ for name, type_ in ORDERS.items() if name != "refund_subtotal"}
    match = matched({"orders": table})
    assert match is not None
    assert match.found == len(table)
    # There are no refunds, order lines or customers either.
    assert set(match.missing) == {
        *("Net sales", "Returns", "Return rate"),
        *("Refunded amount", "Units sold", "Units returned", "Average lifetime value"),
    }


def test_a_column_of_the_wrong_type_counts_as_missing() -> None:
    assert matched({"orders": ORDERS | {"subtotal_price": "string"}}) is None
    match = matched({"orders": ORDERS | {"refund_subtotal": "string"}})
    assert match is not None
    assert "Net sales" in match.missing


@pytest.mark.parametrize("name", [name for name in ORDERS if name in all_starters()[3].role("orders").needs])
def test_a_table_without_a_needed_column_doesnt_match(name: str) -> None:
    assert matched({"orders": {column: type_ for column, type_ in ORDERS.items() if column != name}}) is None


def test_few_matching_columns_are_not_enough() -> None:
    """Having all the needed columns, but few others, doesn't make a table a Shopify order."""
    assert all_starters()[3].name == "shopify"
    assert matched({"orders": {name: ORDERS[name] for name in all_starters()[3].role("orders").needs}}) is None


def test_two_tables_for_one_role_are_a_question() -> None:
    match = matched({"a.orders": ORDERS, "b.orders": ORDERS})
    assert match is not None
    question = next(question for question in match.questions if question.id == "shopify.orders")
    assert dict(question.choices).keys() == {"a.orders", "b.orders"}
    assert question.default == match.tables["orders"]


def test_the_usual_name_decides_between_two_tables() -> None:
    match = matched({"staging.orders_v2": ORDERS, "mart.shopify__orders": ORDERS})
    assert match is not None
    assert match.tables == {"orders": "mart.shopify__orders"}
    assert [question.id for question in match.questions] == ["currency"]


def test_there_are_never_more_than_three_questions() -> None:
    stripe = shapes("stripe")
    match = matched({f"{schema}.{name}": columns for schema in "ab" for name, columns in stripe.items()})
    assert match is not None
    assert len(match.questions) == MOST_QUESTIONS


def test_the_time_zone_is_asked_only_for_instants() -> None:
    match = matched({"orders": ORDERS | {"created_timestamp": "timestamptz"}})
    assert match is not None
    assert [question.id for question in match.questions] == ["currency", "time_zone"]


def test_stripes_unit_follows_the_type_unless_answered() -> None:
    columns = shapes("stripe")
    balance = dict(columns["stripe__balance_transactions"])
    assert _unit({"balance": balance}) == "cents"
    assert _unit({"balance": balance | {"balance_transaction_amount": "decimal(18,2)"}}) == "whole"


def _unit(columns: Mapping[str, Mapping[str, str]]) -> str:
    match = matched(columns)
    assert match is not None
    return next(question.default for question in match.questions if question.id == "stripe_unit")


def test_a_higher_report_level_stands_in_for_a_missing_one() -> None:
    """Without a campaign report, spend comes from one other report, never from two."""
    ads = {
        name: columns
        for name, columns in shapes("ad_reporting").items()
        if name.endswith(("_ad_report", "group_report"))
    }
    match = matched(ads)
    assert match is not None
    assert match.tables == {
        "campaigns": "ad_reporting__ad_group_report",
        "ad_groups": "ad_reporting__ad_group_report",
        "ads": "ad_reporting__ad_report",
    }


def test_a_starters_statements_about_its_columns_are_valid() -> None:
    kinds = {
        kind for starter in all_starters() for role in starter.roles if not role.view for kind in role.columns.values()
    }
    assert kinds <= KINDS.keys()
