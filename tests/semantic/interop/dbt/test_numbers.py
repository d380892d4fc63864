"""A Samepage model and dbt give the same numbers.

The model is exported, stripped of what only Samepage reads, and imported again. Both models are asked.

The truth of each question is hand-written SQL over the shop's tables. Where dbt's rules differ, rows show how.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import yaml

from semantic.errors import TimeMismatch
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import Imported, import_dbt
from semantic.model.loading.load import parse_model, read_folder
from semantic.model.model import Model
from tests.semantic.asked import ALL_OVER, TODAY, ask, ask_dbt, columns_of
from tests.shop import SHOP, shop_sql

FILES = read_folder(SHOP)
DAYS = """
    SELECT CAST(d AS DATE) AS date_day FROM generate_series(DATE '2026-01-01', DATE '2026-12-31', INTERVAL 1 DAY) t (d)
"""


@pytest.fixture(scope="module")
def exported() -> dict[str, str]:
    return dict(export_dbt(FILES).files)


@pytest.fixture(scope="module")
def shop(exported: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The shop's tables and, in the schema `built`, a view for each model of the project, as dbt builds them."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(shop_sql())
        connection.execute("CREATE SCHEMA built")
        for semantic_model in yaml.safe_load(exported["semantic_models.yml"])["semantic_models"]:
            name = semantic_model["model"].removeprefix("ref('").removesuffix("')")
            sql = exported.get(f"{name}.sql", f"FROM main.{name}")
            connection.execute(f"CREATE OR REPLACE VIEW built.{name} AS {sql}")
        connection.execute(f"CREATE VIEW built.samepage_days AS {DAYS}")
        yield connection


@pytest.fixture(scope="module")
def theirs(exported: dict[str, str], shop: duckdb.DuckDBPyConnection) -> Imported:
    """The project as dbt reads it: without anything under `config:`."""
    files = {file: without_config(yaml.safe_load(text)) for file, text in exported.items() if file.endswith(".yml")}
    texts = {file: yaml.safe_dump(data) for file, data in files.items()}
    return import_dbt(texts, columns=columns_of(shop), schema="built")


@pytest.fixture(scope="module")
def ours() -> Model:
    return parse_model(FILES)


def without_config(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: without_config(value) for key, value in data.items() if key != "config"}
    return [without_config(item) for item in data] if isinstance(data, list) else data


QUESTIONS = [
    (
        "revenue order_count buyers large_orders", "", [],
        "SELECT SUM(amount), COUNT(*), COUNT(DISTINCT customer_id), COUNT(*) FILTER (amount >= 1000) FROM orders "
        "WHERE NOT is_test",
    ),
    (
        "revenue", "channel__channel_name", ["channel"],
        "SELECT channel, SUM(amount) FROM orders LEFT JOIN channels USING (channel_key) WHERE NOT is_test GROUP BY 1",
    ),
    (
        "order_count", "channel__channel_group", ["channel_group"],
        "SELECT channel_group, COUNT(*) FROM orders LEFT JOIN channels USING (channel_key) WHERE NOT is_test "
        "GROUP BY 1",
    ),
    (
        "revenue", "metric_time__month", [{"dim": "date", "grain": "month"}],
        "SELECT CAST(DATE_TRUNC('month', order_day) AS DATE), SUM(amount) FROM orders WHERE NOT is_test GROUP BY 1",
    ),
    (
        "mean_order median_order largest_order", "customer__tier", ["tier"],
        "SELECT tier, AVG(amount), MEDIAN(amount), MAX(amount) FROM orders LEFT JOIN customers USING (customer_id) "
        "WHERE NOT is_test GROUP BY 1",
    ),
    (
        "roas profit", "", [],
        "SELECT SUM(amount) / (SELECT SUM(cost) FROM ads), SUM(amount) - (SELECT SUM(cost) FROM ads) FROM orders "
        "WHERE NOT is_test",
    ),
    (
        "revenue cost", "metric_time__month", [{"dim": "date", "grain": "month"}],
        "WITH o AS (SELECT CAST(DATE_TRUNC('month', order_day) AS DATE) AS m, SUM(amount) AS r FROM orders "
        "WHERE NOT is_test GROUP BY 1), a AS (SELECT CAST(DATE_TRUNC('month', ad_day) AS DATE) AS m, SUM(cost) AS c "
        "FROM ads GROUP BY 1) SELECT COALESCE(o.m, a.m), r, c FROM o FULL JOIN a ON o.m = a.m",
    ),
    (
        "cost", "campaign__channel__channel_name", ["channel"],
        "SELECT channel, SUM(cost) FROM ads LEFT JOIN campaigns USING (campaign_key) "
        "LEFT JOIN channels USING (channel_key) GROUP BY 1",
    ),
    (
        "ctr cpc", "campaign__campaign_name", ["campaign"],
        "SELECT campaign, SUM(clicks) / NULLIF(SUM(impressions), 0), SUM(cost) / NULLIF(SUM(clicks), 0) FROM ads "
        "LEFT JOIN campaigns USING (campaign_key) GROUP BY 1",
    ),
    ("units line_net", "lines__product", ["product"], "SELECT product, SUM(quantity), SUM(net) FROM lines GROUP BY 1"),
    (
        "pages_per_visit", "sessions__device", ["device"],
        "SELECT device, SUM(pages) / COUNT(*) FROM sessions WHERE NOT is_bot GROUP BY 1",
    ),
    (
        "cost_per_thousand unclicked_share", "", [],
        "SELECT 1000 * SUM(cost) / SUM(impressions), 1 - SUM(clicks) / SUM(impressions) FROM ads",
    ),
    (
        "units", "order__customer__tier", [{"dim": "tier"}],
        "SELECT tier, SUM(quantity) FROM lines LEFT JOIN orders USING (order_id) "
        "LEFT JOIN customers USING (customer_id) GROUP BY 1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("metrics", "by", "our_by", "check"), QUESTIONS, ids=[f"{question[0]} {question[1]}" for question in QUESTIONS]
)
def test_both_models_give_the_rows_of_sql_by_hand(
    metrics: str, by: str, our_by: list[Any], check: str, ours: Model, theirs: Imported, shop: duckdb.DuckDBPyConnection
) -> None:
    wanted = rounded(shop.execute(check).fetchall())
    assert rounded(ask_dbt(theirs.names, shop, metrics, by, today=ALL_OVER)) == wanted
    asked = [{"dim": one} if isinstance(one, str) else one for one in our_by]
    assert rounded(ask(ours, shop, {"metrics": metrics.split(), "by": asked}, today=ALL_OVER)) == wanted


def rounded(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows in a fixed order, with numbers of any type rounded to six places."""
    values = [tuple(value(one) for one in row) for row in rows]
    return sorted(values, key=lambda row: [(each_value is None, each_value) for each_value in row])


def value(one: Any) -> Any:
    return round(float(one), 6) if one is not None and not isinstance(one, str) and hasattr(one, "__float__") else one


def test_a_filter_of_the_question_gives_the_same_rows(
    ours: Model, theirs: Imported, shop: duckdb.DuckDBPyConnection
) -> None:
    # Ada, Zoë and O'Brien have gold: 10 + 20, 640 - 5, 5120 + 0.50; the test order does not count.
    gold = ["{{ Dimension('customer__tier') }} = 'gold'"]
    assert rounded(ask_dbt(theirs.names, shop, "revenue", where=gold, today=ALL_OVER)) == [(5785.5,)]
    asked = {"metrics": ["revenue"], "where": {"sql": "tier = 'gold'"}}
    assert rounded(ask(ours, shop, asked, today=ALL_OVER)) == [(5785.5,)]


def test_dbt_counts_days_that_are_not_over_and_we_do_not(
    ours: Model, theirs: Imported, shop: duckdb.DuckDBPyConnection
) -> None:
    """On 1 April, both have the orders of March and one without a day, but dbt also has the orders of April and
    October.
    """
    march = 10 + 20 + 40 + 80 + 160
    by_month = [{"dim": "date", "grain": "month"}]
    asked = {"metrics": ["revenue"], "by": by_month}
    assert [row[1] for row in rounded(ask(ours, shop, asked, today=TODAY))] == [march, 0.5]
    april, october = 320 + 640 - 5 + 1280, 2560 + 5120
    dbt_rows = rounded(ask_dbt(theirs.names, shop, "revenue", "metric_time__month", today=TODAY))
    assert [row[1] for row in dbt_rows] == [march, april, october, 0.5]
    assert theirs.model.settings.rules.known_days == "all"
    [text] = [str(loss) for loss in export_dbt(FILES).losses if loss.name == "rule known_days"]
    assert "days that are not over or not loaded also count" in text


def test_previous_months_pair_as_wholes_and_quarters_pair_by_days_only_in_dbt(
    ours: Model, theirs: Imported, shop: duckdb.DuckDBPyConnection, exported: dict[str, str]
) -> None:
    """By month both have whole months.

    By quarter, dbt joins its days shifted by a month and sums them. Samepage refuses, because a quarter overlaps the
    days a month before it.

    The days from April to June are paired with the days from March to May: 31 March has no partner, 30 April is paired
    with both 30 and 31 May, and 31 May has none.
    """
    months = """
        SELECT DATE_TRUNC('month', order_day) + INTERVAL 1 MONTH, SUM(amount) FROM orders WHERE NOT is_test GROUP BY 1
    """
    truth = by_month(shop.execute(months).fetchall())
    assert (truth["04"], truth["05"]) == (310, 2235)
    assert by_month(ask_dbt(theirs.names, shop, "month_before", "metric_time__month", today=ALL_OVER)) == truth
    by = [{"dim": "date", "grain": "month"}]
    assert by_month(ask(ours, shop, {"metrics": ["month_before"], "by": by}, today=ALL_OVER)) == truth
    days = """
        SELECT DATE_TRUNC('quarter', date_day), SUM(amount) FROM built.samepage_days
        JOIN orders ON date_day - INTERVAL 1 MONTH = order_day WHERE NOT is_test GROUP BY 1
    """
    quarters = by_month(shop.execute(days).fetchall())
    assert by_month(ask_dbt(theirs.names, shop, "month_before", "metric_time__quarter", today=ALL_OVER)) == quarters
    with pytest.raises(TimeMismatch, match="overlap"):
        ask(ours, shop, {"metrics": ["month_before"], "by": [{"dim": "date", "grain": "quarter"}]}, today=ALL_OVER)
    texts = [str(loss) for loss in export_dbt(FILES).losses if loss.name == "rule offset"]
    assert len(texts) == 1
    assert "misses or repeats days" in texts[0]
    assert "month_before" in texts[0]


def by_month(rows: list[tuple[Any, ...]]) -> dict[str, float]:
    """Return the single value of each month that has one."""
    return {f"{month:%m}": value(one) for month, one in rows if month and one}
