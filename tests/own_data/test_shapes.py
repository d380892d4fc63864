"""The generated tables are the same each time, quick to write, and have the quirks that they promise."""

import duckdb
import pytest

from tests.own_data.shapes import SHAPES, write_shape


@pytest.fixture(scope="module")
def shapes() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for kind in SHAPES:
        write_shape(kind, connection)
    return connection


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()]


def test_every_kind_writes_the_same_rows_each_time() -> None:
    """A test that compares numbers with SQL over these tables must not change from run to run."""
    for kind in SHAPES:
        first, second = duckdb.connect(), duckdb.connect()
        write_shape(kind, first)
        write_shape(kind, second)
        assert tables(first) == tables(second) != []
        for table in tables(first):
            assert first.table(table).fetchall() == second.table(table).fetchall(), table


def test_every_table_has_rows(shapes: duckdb.DuckDBPyConnection) -> None:
    assert all(shapes.table(name).limit(1).fetchall() for name in tables(shapes))


# Each question counts the rows of a quirk, which must exist.
QUIRKS = {
    "a level repeats spend": """
        select (select sum(spend) from ad_reporting__campaign_report) > (select sum(spend) from ad_reporting__ad_report)
    """,
    "campaigns without ads": """
        select count(*) from (select campaign_id from ad_reporting__campaign_report
        except select campaign_id from ad_reporting__ad_report)
    """,
    "unsettled conversions": "select count(*) from ad_reporting__campaign_report where conversions is null",
    "a name on two platforms": """
        select count(*) from (select campaign_name from ad_reporting__campaign_report where campaign_name is not null
        group by 1 having count(distinct platform) > 1)
    """,
    "a campaign without a name": "select count(*) from ad_reporting__campaign_report where campaign_name is null",
    "test orders": "select count(*) from shopify__orders where is_test_order",
    "cancelled orders": "select count(*) from shopify__orders where cancelled_timestamp is not null",
    "another currency at checkout": "select count(*) from shopify__orders where presentment_currency <> currency",
    "guests": "select count(*) from shopify__orders where customer_id is null",
    "late refunds": "select count(*) from shopify__refunds where days_to_refund > 20",
    "a refund without lines": "select count(*) from shopify__refunds where count_refund_line_items = 0",
    "failed payments": "select count(*) from shopify__transactions where status = 'failure'",
    "opens by proxies": """
        select count(*) from klaviyo__events o join klaviyo__events r using (person_id, campaign_id)
        where o.type = 'Opened Email' and r.type = 'Received Email'
        and o.occurred_at - r.occurred_at < interval 3 seconds
    """,
    "a campaign without events": "select count(*) from klaviyo__campaigns where first_event_at is null",
    "deleted contacts": "select count(*) from hubspot__contacts where is_contact_deleted",
    "the same address twice": """
        select count(*) from (select lower(email) from hubspot__contacts where email is not null
        group by 1 having count(*) > 1)
    """,
    "deals reopened": """
        select count(*) from (select deal_id from hubspot__deal_stages where is_pipeline_stage_closed
        group by 1 having count(*) > 1)
    """,
    "open with a passed date": """
        select count(*) from salesforce__opportunity_enhanced
        where not is_closed and close_date < timestamp '2026-11-29'
    """,
    "won ahead of time": """
        select count(*) from salesforce__opportunity_enhanced where is_closed and close_date > timestamp '2026-11-30'
    """,
    "(not set)": """
        select count(*) from ga4_export__traffic_acquisition_session_source_medium_report
        where session_source = '(not set)'
    """,
    "mixed case": """
        select count(*) from ga4_export__traffic_acquisition_session_source_medium_report
        where session_source = 'Google'
    """,
    "several currencies": "select count(*) - 1 from (select distinct currency from stripe__invoice_details)",
    "upgrades": "select count(*) from stripe__subscription_item_mrr_report where contract_mrr_type = 'expansion'",
    "pauses": "select count(*) from stripe__subscription_item_mrr_report where contract_mrr_type = 'reactivation'",
    "trials": "select count(*) from stripe__subscription_details where status = 'trialing'",
    "disputes": "select count(*) from stripe__balance_transactions where dispute_count > 0",
    "failed charges": "select count(*) from stripe__invoice_details where charge_status = 'failed'",
    "a renamed campaign": "select count(*) - count(distinct id) from google_ads__campaign_history",
    "a purchase counted twice": "select count(*) - count(distinct (ad_id, date)) from facebook_ads__basic_ad_actions",
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_each_quirk_is_present(shapes: duckdb.DuckDBPyConnection, quirk: str) -> None:
    row = shapes.execute(QUIRKS[quirk]).fetchone()
    assert row is not None
    assert row[0] > 0


def test_orders_add_up(shapes: duckdb.DuckDBPyConnection) -> None:
    """Totals on the order agree with its lines and refunds, so that two ways of asking give one number."""
    wrong = shapes.execute("""
        select count(*) from shopify__orders o
        join (select order_id, sum(price * quantity) as gross, sum(refunded_subtotal) as back
        from shopify__order_lines group by 1) l using (order_id)
        where abs(o.gross_sales - l.gross) > 0.001 or abs(o.refund_subtotal - l.back) > 0.001
           or abs(o.net_sales - (o.gross_sales + o.discounts + o.returns)) > 0.011
    """).fetchone()
    assert wrong == (0,)


def test_keys_identify_rows(shapes: duckdb.DuckDBPyConnection) -> None:
    keys = {
        "shopify__orders": "order_id",
        "shopify__order_lines": "order_line_id",
        "klaviyo__events": "event_id",
        "klaviyo__campaigns": "campaign_variation_key",
        "hubspot__deals": "deal_id",
        "hubspot__deal_stages": "deal_stage_id",
        "salesforce__opportunity_enhanced": "opportunity_id",
        "salesforce__opportunity_daily_history": "opportunity_day_id",
        "stripe__balance_transactions": "balance_transaction_id",
        "stripe__invoice_line_item_details": "invoice_line_item_id",
        "ga4_export__traffic_acquisition_session_source_medium_report": "unique_key",
    }
    for table, key in keys.items():
        repeated = shapes.execute(f"select count(*) - count(distinct {key}) from {table}").fetchone()
        assert repeated == (0,), table
