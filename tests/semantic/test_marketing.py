"""The curated marketing model over a small company: metrics against SQL written by hand, as different people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.demo import build_company
from semantic.demo.tables import TABLES
from semantic.errors import FanOut, UnknownName
from semantic.model.definitions import CheckKind, TypeKind
from semantic.query.data import query_from_data
from semantic.settings import MARKETING_MODEL, Settings
from semantic.workspace import Workspace
from tests.test_cases import differences, ordered

UNTIL = date(2026, 6, 30)
HALF_YEAR = {"from": "2026-01-01", "to": "2026-06-30"}
MARKETS = {
    "lena": "market IS NOT NULL",
    "ana": "market IS NOT NULL",
    "jonas": "market IN ('DE', 'AT')",
    "claire": "market = 'FR'",
}
KEPT = "NOT is_test AND status NOT IN ('cancelled', 'returned')"
PLACED = "NOT is_test AND status <> 'cancelled'"
HUMAN = "NOT is_bot AND NOT is_internal"
DAYS = "BETWEEN DATE '2026-01-01' AND DATE '2026-06-30'"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_company(tmp_path_factory.mktemp("company"), orders=20_000, until=UNTIL)


@pytest.fixture(scope="module")
def workspace(company: Path) -> Iterator[Workspace]:
    opened = Workspace.open(
        Settings(data=str(company), model=MARKETING_MODEL, demo=True, mask_key="a key of the tests")
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def by_hand(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same company in a file of its own, for the SQL written by hand."""
    copy = tmp_path_factory.mktemp("by_hand") / "company.duckdb"
    copy.write_bytes(company.read_bytes())
    with duckdb.connect(copy, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def rows(workspace: Workspace, ask: dict[str, Any], person: str) -> list[list[Any]]:
    table = workspace.ask(query_from_data(ask), workspace.people[person]).table
    return [list(row.values()) for row in table.to_pylist()]


# Metrics, breakdown, SQL. {m} stands for the person's markets, on the table's own market column.
QUESTIONS: list[tuple[str, dict[str, Any], str]] = [
    (
        "orders, customers and revenue of half a year",
        {"metrics": ["orders", "customers", "net_revenue", "aov", "new_customer_orders", "new_customers"]},
        f"""
        SELECT count(*) FILTER ({PLACED}), count(DISTINCT customer_id) FILTER ({PLACED}),
            sum(net_sales) FILTER ({KEPT}), sum(net_sales) FILTER ({KEPT})::DOUBLE / count(*) FILTER ({PLACED}),
            count(*) FILTER ({PLACED} AND order_number = 1),
            count(DISTINCT customer_id) FILTER ({PLACED} AND order_number = 1)
        FROM fct_order WHERE order_date {DAYS} AND {{m}}
        """,
    ),
    (
        "gross sales minus discounts minus returns is net revenue, by market",
        {"metrics": ["gross_sales", "discounts", "returns", "net_revenue", "discount_rate"], "by": ["market"]},
        f"""
        SELECT market, sum(gross_sales), sum(discounts), sum(net_sales) FILTER (status = 'returned'),
            sum(gross_sales) - sum(discounts) - coalesce(sum(net_sales) FILTER (status = 'returned'), 0),
            sum(discounts)::DOUBLE / sum(gross_sales)::DOUBLE
        FROM fct_order WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY market
        """,
    ),
    (
        "what ads cost by platform",
        {"metrics": ["spend", "impressions", "clicks", "ctr", "cpc", "cpm", "platform_roas"], "by": ["platform"]},
        f"""
        SELECT platform, sum(spend), sum(impressions), sum(clicks), sum(clicks)::DOUBLE / nullif(sum(impressions), 0),
            sum(spend)::DOUBLE / nullif(sum(clicks), 0), 1000 * sum(spend)::DOUBLE / nullif(sum(impressions), 0),
            sum(platform_conversion_value)::DOUBLE / nullif(sum(spend), 0)::DOUBLE
        FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY platform
        """,
    ),
    (
        "visits by device, without bots and colleagues",
        {"metrics": ["sessions", "visitors", "pages_per_session", "engagement_rate", "bounce_rate"], "by": ["device"]},
        f"""
        SELECT device, count(*), count(DISTINCT visitor_id), sum(pageviews) / count(*)::DOUBLE,
            count(*) FILTER (is_engaged) / count(*)::DOUBLE, 1 - count(*) FILTER (is_engaged) / count(*)::DOUBLE
        FROM fct_web_session WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY device
        """,
    ),
    (
        "return on spend by channel, each side by its own channel",
        {"metrics": ["roas", "spend", "net_revenue", "cpa", "cac"], "by": ["channel"]},
        f"""
        WITH o AS (SELECT channel, sum(net_sales) FILTER ({KEPT}) AS revenue, count(*) FILTER ({PLACED}) AS orders,
                count(DISTINCT customer_id) FILTER ({PLACED} AND is_first_order) AS new
                FROM fct_order LEFT JOIN dim_channel USING (channel_key)
                WHERE order_date {DAYS} AND {{m}} GROUP BY channel),
            a AS (SELECT channel, sum(spend) AS spend
                FROM fct_ad_campaign_daily LEFT JOIN dim_channel USING (channel_key)
                WHERE date_day {DAYS} AND {{m}} GROUP BY channel)
        SELECT coalesce(o.channel, a.channel), revenue::DOUBLE / nullif(spend, 0)::DOUBLE, spend, revenue,
            spend::DOUBLE / nullif(orders, 0), spend::DOUBLE / nullif(new, 0)
        FROM o FULL JOIN a ON o.channel IS NOT DISTINCT FROM a.channel
        """,
    ),
    (
        "orders per session, month by month",
        {"metrics": ["session_conversion_rate", "revenue_per_session"], "by": [{"dim": "date", "grain": "month"}]},
        f"""
        WITH o AS (SELECT date_trunc('month', order_date)::DATE AS month, count(*) FILTER ({PLACED}) AS orders,
                sum(net_sales) FILTER ({KEPT}) AS revenue FROM fct_order WHERE order_date {DAYS} AND {{m}} GROUP BY 1),
            s AS (SELECT date_trunc('month', session_date)::DATE AS month, count(*) AS sessions
                FROM fct_web_session WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, orders / sessions::DOUBLE, revenue::DOUBLE / sessions FROM o JOIN s USING (month)
        """,
    ),
    (
        "what was bought, by category",
        {"metrics": ["units", "product_revenue"], "by": ["product_category"]},
        f"""
        SELECT product_category, sum(quantity) FILTER ({PLACED}), sum(net) FILTER ({KEPT})
        FROM fct_order_line JOIN fct_order USING (order_id) WHERE order_date {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "revenue by the customer's tier on the day of the order, guests and erased customers as none",
        {"metrics": ["net_revenue", "orders"], "by": ["customer_tier"]},
        f"""
        SELECT tier, sum(net_sales) FILTER ({KEPT}), count(*) FILTER ({PLACED})
        FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        WHERE {PLACED} AND order_date {DAYS} AND {{m}} GROUP BY tier
        """,
    ),
    (
        "revenue by the channel that won the customer",
        {"metrics": ["net_revenue"], "by": [{"dim": "channel", "via": "acquisition_channel"}]},
        f"""
        SELECT channel, sum(net_sales) FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        LEFT JOIN dim_channel ON acquisition_channel_key = dim_channel.channel_key
        WHERE {KEPT} AND order_date {DAYS} AND {{m}} GROUP BY channel
        """,
    ),
    (
        "spend and revenue by campaign objective, with the deleted campaigns and what has no campaign",
        {"metrics": ["spend", "net_revenue", "sessions"], "by": ["objective"]},
        f"""
        WITH part AS (
            SELECT objective, spend, NULL AS revenue, 0 AS session
            FROM fct_ad_campaign_daily a LEFT JOIN dim_campaign c USING (campaign_id) WHERE date_day {DAYS} AND a.{{m}}
            UNION ALL SELECT objective, NULL, CASE WHEN {KEPT} THEN net_sales END, 0
            FROM fct_order o LEFT JOIN dim_campaign c USING (campaign_id) WHERE order_date {DAYS} AND o.{{m}}
            UNION ALL SELECT objective, NULL, NULL, 1
            FROM fct_web_session s LEFT JOIN dim_campaign c USING (campaign_id)
            WHERE {HUMAN} AND session_date {DAYS} AND s.{{m}})
        SELECT objective, sum(spend), sum(revenue), sum(session) FROM part GROUP BY objective
        """,
    ),
    (
        "orders by day around the spring change of clocks",
        {"metrics": ["orders"], "by": ["date"], "time": {"from": "2026-03-28", "to": "2026-03-31"}},
        f"""
        SELECT (created_at AT TIME ZONE 'Europe/Berlin')::DATE AS day, count(*) FROM fct_order
        WHERE {PLACED} AND day BETWEEN '2026-03-28' AND '2026-03-31' AND {{m}} GROUP BY day
        """,
    ),
]


@pytest.mark.parametrize("person", MARKETS)
@pytest.mark.parametrize(("ask", "sql"), [one[1:] for one in QUESTIONS], ids=[one[0] for one in QUESTIONS])
def test_metric_is_what_the_sql_by_hand_says(
    ask: dict[str, Any], sql: str, person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    expected = by_hand.execute(sql.replace("{m}", MARKETS[person])).fetchall()
    assert expected
    found = rows(workspace, {"time": HALF_YEAR} | ask, person)
    assert not differences(ordered(found, False), ordered(expected, False))


@pytest.mark.parametrize("person", ["lena", "ana"])
def test_margin_is_revenue_minus_cost_of_the_same_orders(
    person: str, workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    ask = {"metrics": ["gross_margin", "margin_rate", "cogs"], "by": ["market"], "time": HALF_YEAR}
    expected = by_hand.execute(
        f"""
        SELECT market, sum(net_sales - cogs), sum(net_sales - cogs)::DOUBLE / sum(net_sales)::DOUBLE, sum(cogs)
        FROM fct_order WHERE {KEPT} AND order_date {DAYS} GROUP BY market
        """
    ).fetchall()
    found = [
        list(row.values()) for row in workspace.ask(query_from_data(ask), workspace.people[person]).table.to_pylist()
    ]
    assert not differences(ordered(found, False), ordered(expected, False))


def test_product_revenue_adds_up_to_net_revenue(workspace: Workspace) -> None:
    ask = {"metrics": ["product_revenue", "net_revenue"], "by": ["market"]}
    for person in MARKETS:
        found = rows(workspace, ask, person)
        assert found
        assert all(by_product == net for _, by_product, net in found), person


@pytest.mark.parametrize("metric", ["cogs", "gross_margin", "margin_rate"])
@pytest.mark.parametrize("person", ["jonas", "claire"])
def test_marketers_have_no_margin(metric: str, person: str, workspace: Workspace) -> None:
    with pytest.raises(UnknownName):
        rows(workspace, {"metrics": [metric]}, person)


@pytest.mark.parametrize("dimension", ["full_name", "email"])
@pytest.mark.parametrize("person", MARKETS)
def test_nobody_has_personal_dimensions(dimension: str, person: str, workspace: Workspace) -> None:
    assert dimension in workspace.model.dimensions
    with pytest.raises(UnknownName):
        rows(workspace, {"metrics": ["orders"], "by": [dimension]}, person)
    assert dimension not in {one.name for one in workspace.visible(workspace.people[person]).dimensions}


def test_marketers_see_decades_and_leaders_years(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    ask = {"metrics": ["orders"], "by": ["birth_year"]}
    decades = by_hand.execute(
        f"""
        SELECT birth_year // 10 * 10, count(*) FROM fct_order LEFT JOIN dim_customer USING (customer_key)
        WHERE {PLACED} AND market IN ('DE', 'AT') GROUP BY 1
        """
    ).fetchall()
    assert not differences(ordered(rows(workspace, ask, "jonas"), False), ordered(decades, False))
    assert len(rows(workspace, ask, "lena")) > 40


def test_order_amounts_cannot_be_split_by_product(workspace: Workspace) -> None:
    with pytest.raises(FanOut):
        workspace.ask(
            query_from_data({"metrics": ["net_revenue"], "by": ["product_category"]}), workspace.people["ana"]
        )


def test_every_object_says_what_it_is_and_who_answers_for_it(workspace: Workspace) -> None:
    model = workspace.model
    things = [*model.datasets.values(), *model.metrics.values(), *model.policies]
    things += [
        one for dataset in model.datasets.values() for one in (*dataset.dimensions.values(), *dataset.measures.values())
    ]
    assert [one.name for one in things if not one.description or not one.owner or not one.label] == []
    assert [one.name for one in model.metrics.values() if not one.means or not one.does_not_mean] == []
    assert len(model.metrics) >= 25
    assert sum(one.certified is not None for one in model.metrics.values()) >= 5


def test_columns_are_those_of_the_tables(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    kinds = {"VARCHAR": "string", "INTEGER": "integer", "BIGINT": "integer", "BOOLEAN": "boolean", "DATE": "date"}
    kinds |= {"TIMESTAMP WITH TIME ZONE": "timestamptz"}
    sources: set[str] = set()
    for dataset in workspace.model.datasets.values():
        source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
        sources.add(dataset.source or "fct_order_line")
        described = by_hand.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        real = {name: kinds.get(kind, kind.lower()) for name, kind, *_ in described}
        assert {name: str(kind) for name, kind in dataset.columns.items()} == real, dataset.name
    assert sources == {table.name for table in TABLES}


def test_checks_hold_on_the_company(workspace: Workspace, by_hand: duckdb.DuckDBPyConnection) -> None:
    """What the model promises of its tables is true of them; shares of relationships are of rows with a key."""
    checked = 0
    for dataset in workspace.model.datasets.values():
        source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
        edges = {edge.role: edge for edge in workspace.model.joins.edges.get(dataset.name, ())}
        for check in dataset.checks:
            columns = ", ".join(check.columns)
            if check.kind is CheckKind.UNIQUE:
                sql = f"SELECT count(*) = count(DISTINCT ({columns})) FROM {source}"
            elif check.kind is CheckKind.NOT_NULL:
                sql = f"SELECT count({columns}) >= {check.at_least} * count(*) FROM {source}"
            elif check.kind is CheckKind.ACCEPTED:
                sql = f"SELECT count(*) = 0 FROM {source} WHERE {columns} NOT IN {check.values}"
            elif check.kind is CheckKind.ROWS:
                sql = f"SELECT count(*) >= {check.at_least} FROM {source}"
            else:
                edge = edges[check.columns[0]]
                target = workspace.model.datasets[edge.target].source
                pairs = list(zip(edge.columns, edge.target_columns, strict=True))
                meet = " AND ".join(f"s.{mine} = t.{theirs}" for mine, theirs in pairs)
                keyed = " AND ".join(f"s.{mine} IS NOT NULL" for mine, _ in pairs)
                found = f"count(*) FILTER (EXISTS (SELECT 1 FROM {target} t WHERE {meet}))"
                sql = f"SELECT {found} >= {check.at_least} * count(*) FROM {source} AS s WHERE {keyed}"
            assert by_hand.execute(sql).fetchall() == [(True,)], f"{dataset.name}: {check}"
            checked += 1
    assert checked > 30


def test_instants_have_the_day_that_stands_beside_them(
    workspace: Workspace, by_hand: duckdb.DuckDBPyConnection
) -> None:
    """`day:` is the instant's day in the reporting zone, so reading it gives the same answer as converting."""
    zone = workspace.model.settings.time_zone
    found = 0
    for dataset in workspace.model.datasets.values():
        for dimension in dataset.dimensions.values():
            if dimension.type.kind is not TypeKind.TIMESTAMPTZ:
                continue
            assert dimension.day is not None
            source = dataset.source or f"({dataset.query.text if dataset.query else ''})"
            converted = f"({dimension.sql.text} AT TIME ZONE '{zone}')::DATE"
            sql = f"SELECT count(*) FROM {source} WHERE {converted} IS DISTINCT FROM {dimension.day.text}"
            assert by_hand.execute(sql).fetchall() == [(0,)]
            found += 1
    assert found == 3
