"""The numbers that all surfaces show, checked against hand-written SQL over the company's tables: members and
totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import Any

import duckdb
import pytest

from semantic.display.rows import main_values, row_kinds
from semantic.query.data import column_name
from semantic.results.result import Result

HALF_YEAR = "BETWEEN DATE '2026-01-01' AND DATE '2026-06-30'"
PLACED = f"NOT is_test AND status <> 'cancelled' AND order_date {HALF_YEAR}"
KEPT = f"{PLACED} AND status <> 'returned'"
VISITED = f"NOT is_bot AND NOT is_internal AND session_date {HALF_YEAR}"
BY_CHANNEL = "(SELECT channel FROM dim_channel AS c WHERE c.channel_key = t.channel_key)"
ORDERS = {"channel": BY_CHANNEL, "market": "market", "date_month": "date_trunc('month', order_date)::DATE"}
ADS = {"channel": BY_CHANNEL, "market": "market", "date_month": "date_trunc('month', date_day)::DATE"}
VISITS = {"channel": BY_CHANNEL, "device": "device", "market": "market"}


@dataclass(frozen=True, slots=True)
class Truth:
    """A metric by hand: an expression over a table's rows that meet a condition, and its breakdowns as SQL."""

    value: str
    rows: str
    where: str
    by: dict[str, str]

    def sql(self, key: str) -> str:
        return f"SELECT {key} AS key, {self.value} AS value FROM {self.rows} AS t WHERE {self.where} GROUP BY 1"


SPEND = f"""(
    SELECT market, channel_key, net_sales AS revenue, NULL AS spend FROM fct_order WHERE {KEPT}
    UNION ALL SELECT market, channel_key, NULL, spend FROM fct_ad_campaign_daily WHERE date_day {HALF_YEAR})"""
STEPS = f"""(
    SELECT market, mql_date - lead_date AS days FROM fct_lead
    WHERE mql_date {HALF_YEAR} AND NOT is_test AND NOT is_internal)"""
AD_DAYS, ORDER, VISIT = "fct_ad_campaign_daily", "fct_order", "fct_web_session"
IN_DAYS = f"date_day {HALF_YEAR}"

BY_HAND: dict[str, Truth] = {
    "spend": Truth("sum(spend)", AD_DAYS, IN_DAYS, ADS),
    "clicks": Truth("sum(clicks)", AD_DAYS, IN_DAYS, ADS),
    "ctr": Truth("sum(clicks) / nullif(sum(impressions), 0)::DOUBLE", AD_DAYS, IN_DAYS, ADS),
    "cpm": Truth("1000 * sum(spend)::DOUBLE / nullif(sum(impressions), 0)", AD_DAYS, IN_DAYS, ADS),
    "orders": Truth("count(*)", ORDER, PLACED, ORDERS),
    "customers": Truth("count(DISTINCT customer_id)", ORDER, PLACED, ORDERS),
    "gross_margin": Truth("sum(net_sales - cogs)", ORDER, KEPT, ORDERS),
    "margin_rate": Truth("sum(net_sales - cogs)::DOUBLE / sum(net_sales)", ORDER, KEPT, ORDERS),
    "sessions": Truth("count(*)", VISIT, VISITED, VISITS),
    "visitors": Truth("count(DISTINCT visitor_id)", VISIT, VISITED, VISITS),
    "pages_per_session": Truth("sum(pageviews) / count(*)::DOUBLE", VISIT, VISITED, VISITS),
    "mails_sent": Truth("count(*)", "fct_message_recipient", f"sent_date {HALF_YEAR}", {"market": "market"}),
    "roas": Truth("sum(revenue)::DOUBLE / sum(spend)", SPEND, "TRUE", {"market": "market", "channel": BY_CHANNEL}),
    "days_lead_to_mql": Truth("median(days)", STEPS, "TRUE", {"market": "market"}),
    "mrr": Truth("sum(mrr)", "fct_mrr_month", "month = DATE '2026-06-01'", {"market": "market"}),
    "spend_month_to_date": Truth("sum(spend)", AD_DAYS, IN_DAYS, {"date_month": ADS["date_month"]}),
}


def _rows(company: duckdb.DuckDBPyConnection, sql: str) -> dict[object, float | None]:
    rows: list[Any] = company.execute(sql).fetchall()
    return {key: None if value is None else float(value) for key, value in rows}


@pytest.mark.parametrize("metric", BY_HAND)
def test_the_answers_equal_hand_written_sql(
    metric: str, answers: list[Result], company: duckdb.DuckDBPyConnection
) -> None:
    truth, seen, totals = BY_HAND[metric], 0, 0
    for shown in (answer for answer in answers if answer.query.metrics == (metric,)):
        dim = column_name(shown.query.by[0])
        if dim not in truth.by or shown.query.currency:
            continue
        members = _rows(company, truth.sql(truth.by[dim]))
        whole = _rows(company, truth.sql("'all'"))["all"]
        (value,) = main_values(shown)
        for row, kind in zip(shown.rows(), row_kinds(shown), strict=True):
            if kind == ("other",):
                continue
            if kind == ("total",):
                true, totals = whole, totals + 1
            else:
                true, seen = members.get(row[dim]), seen + 1
            shown_value: Any = row[value.name]
            assert (shown_value is None) == (true is None) or (not shown_value and not true), (shown.title, row)
            assert shown_value is None or true is None or isclose(float(shown_value), true, rel_tol=1e-9), (
                shown.title,
                row,
                true,
            )
    assert seen > 1
    assert totals or metric == "spend_month_to_date"


def test_at_least_ten_metrics_are_compared_with_hand_written_sql() -> None:
    assert len(BY_HAND) >= 10
