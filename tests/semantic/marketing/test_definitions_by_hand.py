"""Margins, cohorts, payback and stages of the marketing model, over a few rows that you can add up in your head."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.display.evidence import evidence
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.semantic.marketing.test_by_hand import LOADED, MONTH, TODAY, opened, rows

FEBRUARY = {"from": "2025-02-01", "to": "2025-02-28"}
YEAR = {"from": "2025-01-01", "to": "2025-12-31"}

ORDERS = """
    ('o1', 'ann', '2025-01-10', 100,  0, 40, 5, 0, 0, 'cancelled', FALSE, NULL),
    ('o2', 'ann', '2025-02-10', 100, 10, 40, 5, 4, 1, 'completed', FALSE, 1),
    ('o3', 'ann', '2025-03-12',  50,  0, 20, 0, 4, 1, 'completed', FALSE, 2),
    ('o4', 'bob', '2025-02-20',  80,  0, 50, 5, 4, 1, 'completed', FALSE, 1),
    ('o5', 'bob', '2025-04-25',  40,  0, 20, 0, 4, 1, 'returned',  FALSE, 2),
    ('o6', 'bob', '2025-09-01', 200,  0, 80, 0, 4, 1, 'completed', FALSE, 3),
    ('o7', 'cem', '2025-02-25', 500,  0, 90, 0, 4, 1, 'completed', TRUE,  NULL),
    ('o8', NULL,  '2025-02-28',  20,  0, 10, 5, 4, 1, 'completed', FALSE, 1),
    ('o9', 'dea', '2026-06-30',  10,  0,  5, 0, 4, 1, 'completed', FALSE, 1)
"""
"""Order, customer, day, net, discount, goods, shipping, parcel cost, fee, status, test, position among valid orders.

Ann's first order was cancelled, so she is new in February. Contribution of each: o2 60, o3 25, o4 30, o5 -5, o6 115, o8
10.
"""
DEALS = """
    ('a', 'won', TRUE, TRUE), ('b', 'lost', TRUE, FALSE), ('c', 'lost', TRUE, FALSE), ('d', 'discovery', FALSE, FALSE)
"""
SNAPSHOTS = """
    ('a', '2025-01-01', 'discovery'), ('a', '2025-01-02', 'discovery'), ('a', '2025-01-03', 'qualified'),
    ('b', '2025-01-02', 'discovery'), ('c', '2025-01-03', 'discovery'), ('c', '2025-01-04', 'qualified'),
    ('d', '2025-01-05', 'discovery')
"""
"""Of three deals that left discovery, two moved on. Of two that left the next stage, one was won."""


@pytest.fixture(scope="module")
def shop(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    file = Path(shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("definitions") / "company.duckdb"))
    with duckdb.connect(file) as connection:
        for table, source, columns in (
            (
                "fct_order",
                f"(VALUES {ORDERS}) v(name, who, d, net, off, goods, ship, parcel, fee, state, test, nth)",
                """name AS order_id, who AS customer_id, NULL AS customer_key, d::DATE AS order_date,
                (d || ' 10:00:00+00')::TIMESTAMPTZ AS created_at, 'ch-04' AS channel_key, 'DE' AS market,
                'EUR' AS currency_code, 1 AS fx_rate, net + off AS gross_sales, off AS discounts, ship AS shipping,
                0 AS tax, net AS net_sales, goods AS cogs, state AS status, test AS is_test,
                nth AS valid_order_number, parcel AS shipping_cost, fee AS payment_fee""",
            ),
            (
                "fct_ad_campaign_daily",
                "(VALUES (1)) v(x)",
                """DATE '2025-02-10' AS date_day, 'ch-04' AS channel_key, 'DE' AS market, 'EUR' AS currency_code,
                150 AS spend_local, 150 AS spend, 100 AS clicks, 80 AS landing_page_views, 6 AS platform_conversions,
                'meta_ads' AS platform""",
            ),
            (
                "fct_opportunity",
                f"(VALUES {DEALS}) v(name, state, closed, won)",
                """name AS opportunity_id, state AS stage, closed AS is_closed, won AS is_won, NULL AS lead_id,
                NULL AS merged_into, DATE '2025-01-01' AS created_date,
                CASE WHEN closed THEN DATE '2025-01-11' END AS closed_date, 1000 AS amount""",
            ),
            (
                "fct_opportunity_snapshot_daily",
                f"(VALUES {SNAPSHOTS}) v(name, d, state)",
                "name AS opportunity_id, d::DATE AS snapshot_date, state AS stage, 1000 AS amount",
            ),
        ):
            connection.execute(f"CREATE TEMP TABLE one AS SELECT * FROM {table} LIMIT 1")
            connection.execute(f"DELETE FROM {table}")
            known = f"{columns}, TIMESTAMPTZ '{LOADED}' AS loaded_at"
            connection.execute(f"INSERT INTO {table} SELECT one.* REPLACE ({known}) FROM one, {source}")
            connection.execute("DROP TABLE one")
    yield from opened(file)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("new_customers", 2),
        ("new_customer_orders", 3),
        ("new_customer_revenue", 200),
        ("cac", 75),
        ("orders", 3),
        ("sales_after_discounts", 200),
        ("aov", 200 / 3),
        ("net_revenue", 200),
        ("mer", 200 / 150),
        ("roas", 200 / 150),
        ("gross_margin", 100),
        ("shipping_charged", 15),
        ("shipping_cost", 12),
        ("payment_fees", 3),
        ("contribution_margin", 100),
        ("contribution_margin_rate", 0.5),
        ("contribution_margin_after_ads", -50),
        ("poas", 100 / 150),
        ("break_even_roas", 2),
        ("total_sales", 215),
        ("landing_page_view_rate", 0.8),
        ("cost_per_landing_page_view", 150 / 80),
        ("ltv_180d", (60 + 25 + 30 - 5) / 2),
        ("ltv_365d", (60 + 25 + 30 - 5 + 115) / 2),
        ("ltv_cac", 225 / 150),
        ("payback_months", 7),
    ],
)
def test_metrics_of_february_equal_the_expected_values(metric: str, value: float, shop: Workspace) -> None:
    """With Bob's third order, 193 days after his first, the two customers have contributed more than the 150 they cost.

    Before that, they had contributed 110.
    """
    assert rows(shop, {"metrics": [metric], "time": FEBRUARY}) == [[pytest.approx(value)]]


def test_platform_conversions_have_their_cost(shop: Workspace) -> None:
    assert rows(shop, {"metrics": ["platform_cpa"], "by": ["platform"], "time": FEBRUARY}) == [["meta_ads", 25]]


def test_a_cancelled_first_order_makes_no_customer_new(shop: Workspace) -> None:
    january = {"from": "2025-01-01", "to": "2025-01-31"}
    metrics = ["placed_orders", "cancelled_orders", "cancellation_rate", "new_customers", "orders"]
    assert rows(shop, {"metrics": metrics, "time": january}) == [[1, 1, 1, 0, 0]]


def test_new_and_returning_revenue_add_up_to_revenue(shop: Workspace) -> None:
    metrics = ["new_customer_revenue", "returning_customer_revenue", "net_revenue", "returning_revenue_share"]
    assert rows(shop, {"metrics": metrics, "time": YEAR}) == [[200, 250, 450, pytest.approx(250 / 450)]]


def test_refunds_count_on_the_day_of_the_order(shop: Workspace) -> None:
    ask = {
        "metrics": ["returned_orders", "return_rate"],
        "by": MONTH,
        "time": {"from": "2025-03-01", "to": "2025-04-30"},
    }
    assert rows(shop, ask) == [[date(2025, 3, 1), 0, 0], [date(2025, 4, 1), 1, 1]]


def test_a_young_customer_has_no_lifetime_value_yet(shop: Workspace) -> None:
    june = {"from": "2026-06-01", "to": "2026-06-30"}
    assert rows(shop, {"metrics": ["ltv_180d", "ltv_cac", "payback_months"], "time": june}) in ([[None] * 3], [])


@pytest.mark.parametrize(("stage", "left", "went_on"), [("discovery", 3, 2), ("qualified", 2, 1)])
def test_a_deal_progresses_or_is_lost_in_its_stage(stage: str, left: int, went_on: int, shop: Workspace) -> None:
    ask: dict[str, Any] = {
        "metrics": ["deals_leaving_stage", "deals_going_on", "stage_conversion_rate"],
        "where": {"dim": "stage_of_deal", "op": "in", "values": [stage]},
    }
    assert rows(shop, ask) == [[left, went_on, pytest.approx(went_on / left)]]


def test_sales_velocity_uses_open_deals_won_deals_and_days(shop: Workspace) -> None:
    """On 5 January, one deal is open. Of three closed deals, one was won for 1,000 after ten days."""
    january = {"from": "2025-01-01", "to": "2025-01-31"}
    metrics = ["open_deals", "closed_opportunities", "win_rate_count", "average_deal_size", "sales_cycle_days"]
    assert rows(shop, {"metrics": metrics, "time": january}) == [[1, 3, pytest.approx(1 / 3), 1000, 10]]
    assert rows(shop, {"metrics": ["sales_velocity"], "time": january}) == [[pytest.approx(1000 / 3 / 10)]]


def test_a_win_rate_of_few_deals_is_marked(shop: Workspace) -> None:
    question = query_from_data({"metrics": ["win_rate_count"], "time": {"from": "2025-01-01", "to": "2025-01-31"}})
    (seen,) = evidence(shop.ask(question, shop.people["lena"], today=TODAY))["win_rate_count"]
    assert seen is not None
    assert (seen.is_enough, seen.words) == (False, "3 of at least 30 deals")
