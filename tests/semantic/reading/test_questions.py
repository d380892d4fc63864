"""Questions in words with a known question for each, derived by hand from the words and query.md."""

import json
from typing import Any

import pytest

from tests.semantic.reading.reader import read_as, same

MONTH, WEEK, QUARTER = {"last": 1, "unit": "month"}, {"last": 1, "unit": "week"}, {"last": 1, "unit": "quarter"}
USUAL = {"last": 13, "unit": "week"}
BY_MONTH, BY_WEEK, BY_DAY = ({"dim": "date", "grain": grain} for grain in ("month", "week", "day"))


def is_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "in", "values": [*values]}


def not_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "not_in", "values": [*values]}


def asks(*metrics: str, **keys: Any) -> dict[str, Any]:
    return {"metrics": [*metrics], **keys}


PAID_SOCIAL = {"dim": "channel", "op": "in", "values": ["Paid social"]}
BEFORE = [{"to": "previous"}]
QUESTIONS = [
    # Metrics, by their label, a synonym, a typing error, in German
    ("turnover in May", asks("net_revenue", time={"from": "2026-05-01", "to": "2026-05-31"})),
    ("please show me all orders yesterday", asks("orders", time={"last": 1, "unit": "day"})),
    ("vistors last week", asks("visitors", time=WEEK)),
    ("Umsatz letzte Woche", asks("net_revenue", time=WEEK)),
    ("Wie viele Sitzungen hatten wir letzten Monat?", asks("sessions", time=MONTH)),
    ("Neukunden gestern", asks("new_customers", time={"last": 1, "unit": "day"})),
    ("email click rate last month", asks("mail_click_rate", time=MONTH)),
    ("revenue, orders and AOV last quarter", asks("net_revenue", "orders", "aov", time=QUARTER)),
    ("wieviel Umsatz letzte Woche", asks("net_revenue", time=WEEK)),
    ("revenue just the mobile ones last week", asks("net_revenue", where=is_in("device", "mobile"), time=WEEK)),
    # German compounds
    ("Kanalumsatz letzten Monat", asks("net_revenue", by=["channel"], time=MONTH)),
    ("Monatsumsatz letztes Quartal", asks("net_revenue", by=[BY_MONTH], time=QUARTER)),
    ("Neukundenumsatz letzte Woche", asks("net_revenue", where=is_in("is_first_order", True), time=WEEK)),
    ("Umsatzentwicklung", asks("net_revenue", by=[BY_WEEK], time=USUAL)),
    # Days of the week
    ("orders last monday", asks("orders", time={"from": "2026-06-15", "to": "2026-06-15"})),
    ("orders letzten Mittwoch", asks("orders", time={"from": "2026-06-10", "to": "2026-06-10"})),
    ("orders every tuesday last month", asks("orders", where=is_in("weekday", 2), time=MONTH)),
    ("orders on sunday last month", asks("orders", where=is_in("weekday", 7), time=MONTH)),
    # Everything but
    ("revenue for everything except Germany last month", asks("net_revenue", where=not_in("market", "DE"), time=MONTH)),
    ("Umsatz alles ausser Deutschland letzten Monat", asks("net_revenue", where=not_in("market", "DE"), time=MONTH)),
    # Limits with two ends
    (
        "channels with CPA between 20 and 40 euros last month",
        asks("cpa", by=["channel"], having=[{"metric": "cpa", "op": "between", "values": [20, 40]}], time=MONTH),
    ),
    (
        "campaigns with ctr from 1% to 2.5% last month",
        asks("ctr", by=["campaign"], having=[{"metric": "ctr", "op": "between", "values": [0.01, 0.025]}], time=MONTH),
    ),
    (
        "customers with between 2 and 5 orders last month",
        asks("customers", where={"metric": "orders", "per": "customer", "op": "between", "values": [2, 5]}, time=MONTH),
    ),
    ("revenue between 2024 and 2025", asks("net_revenue", time={"from": "2024-01-01", "to": "2025-12-31"})),
    # One in percent of the other
    (
        "spend as a % of revenue by channel last month",
        asks(
            "spend",
            "net_revenue",
            by=["channel"],
            time=MONTH,
            calc=[{"name": "ratio", "do": "ratio", "of": "spend", "to": "net_revenue"}],
        ),
    ),
    # Orders of rows
    (
        "revenue by channel last month sorted by orders",
        asks("net_revenue", "orders", by=["channel"], time=MONTH, order=[{"by": "orders", "desc": True}]),
    ),
    (
        "revenue by channel last month, lowest first",
        asks("net_revenue", by=["channel"], time=MONTH, order=[{"by": "net_revenue"}]),
    ),
    # Breakdowns
    ("spend", asks("spend", time=USUAL)),
    ("spend per platform last month", asks("spend", by=["platform"], time=MONTH)),
    ("sessions by device and week last quarter", asks("sessions", by=["device", BY_WEEK], time=QUARTER)),
    ("Sitzungen nach Gerät und Monat letztes Quartal", asks("sessions", by=["device", BY_MONTH], time=QUARTER)),
    ("sessions by device and channel last week", asks("sessions", by=["device", "channel"], time=WEEK)),
    ("Umsatz nach Land im April", asks("net_revenue", by=["country"], time={"from": "2026-04-01", "to": "2026-04-30"})),
    ("daily orders this month", asks("orders", by=[BY_DAY], time={"to_date": "month"})),
    ("orders trend", asks("orders", by=[BY_WEEK], time=USUAL)),
    ("monatlicher Umsatz", None),  # an ending that isn't known: never half of it
    ("monatliche Bestellungen letzte 6 Monate", asks("orders", by=[BY_MONTH], time={"last": 6, "unit": "month"})),
    ("revenue by product last month", asks("product_revenue", by=["product"], time=MONTH)),
    ("orders by weekday in q1", asks("orders", by=["weekday"], time={"from": "2026-01-01", "to": "2026-03-31"})),
    # Filters
    ("revenue in Austria last month", asks("net_revenue", where=is_in("market", "AT"), time=MONTH)),
    ("revenue AT last month", asks("net_revenue", where=is_in("market", "AT"), time=MONTH)),
    ("Umsatz in Österreich letzten Monat", asks("net_revenue", where=is_in("market", "AT"), time=MONTH)),
    ("orders from germny last week", asks("orders", where=is_in("market", "DE"), time=WEEK)),
    ("sessions from paid social last week", asks("sessions", where=is_in("channel", "Paid social"), time=WEEK)),
    ("spend on FB last month", asks("spend", where=is_in("platform", "meta_ads"), time=MONTH)),
    (
        "sessions from instagram yesterday",
        asks("sessions", where=is_in("traffic_source", "instagram"), time={"last": 1, "unit": "day"}),
    ),
    (
        "revenue in France and Norway last week",
        asks("net_revenue", where=is_in("market", "FR", "NO"), time=WEEK),
    ),
    (
        "paid social revenue in Sweden last month",
        asks("net_revenue", where={"and": [is_in("channel", "Paid social"), is_in("market", "SE")]}, time=MONTH),
    ),
    ("revenue from new customers last month", asks("net_revenue", where=is_in("is_first_order", True), time=MONTH)),
    (
        "revenue of gold customers ytd",
        asks("net_revenue", where=is_in("customer_tier", "gold"), time={"to_date": "year"}),
    ),
    ("orders at the weekend last month", asks("orders", where=is_in("is_weekend", True), time=MONTH)),
    ("mobile sessions last week", asks("sessions", where=is_in("device", "mobile"), time=WEEK)),
    ("leads from trade shows last quarter", asks("leads", where=is_in("lead_source", "trade fair"), time=QUARTER)),
    (
        "spend of the spring launch campaigns last quarter",
        asks(
            "spend",
            by=["campaign"],
            where={"dim": "campaign", "op": "contains", "value": "Spring launch"},
            time=QUARTER,
        ),
    ),
    ("orders with a THANKS5 coupon last month", asks("orders", where=is_in("coupon", "THANKS5"), time=MONTH)),
    ("revenue with a coupon last month", asks("net_revenue", where=not_in("coupon", None), time=MONTH)),
    ("revenue with coupon last month", None),  # with a coupon, or with each coupon? No guess
    # Exclusions
    ("sessions without direct last week", asks("sessions", where=not_in("channel", "Direct"), time=WEEK)),
    (
        "revenue excluding Germany and Austria in May",
        asks("net_revenue", where=not_in("market", "DE", "AT"), time={"from": "2026-05-01", "to": "2026-05-31"}),
    ),
    ("Umsatz außer Frankreich letzte Woche", asks("net_revenue", where=not_in("market", "FR"), time=WEEK)),
    ("orders without a coupon last month", asks("orders", where=is_in("coupon", None), time=MONTH)),
    (
        "DE revenue last month, no weekends",
        asks("net_revenue", where={"and": [is_in("market", "DE"), not_in("is_weekend", True)]}, time=MONTH),
    ),
    ("sessions at weekends last week", asks("sessions", where=is_in("is_weekend", True), time=WEEK)),
    ("revenue from mobile orders last month", asks("net_revenue", where=is_in("device", "mobile"), time=MONTH)),
    ("new vs returning revenue last month", None),  # a member against a metric
    ("Umsatz YTD vs Vorjahr", asks("net_revenue", time={"to_date": "year"}, compare=[{"to": "last_year"}])),
    # Comparisons
    ("revenue last month vs last year", asks("net_revenue", time=MONTH, compare=[{"to": "last_year"}])),
    ("orders WoW", asks("orders", time=WEEK, compare=[{"to": "previous"}])),
    ("spend by channel QoQ", asks("spend", by=["channel"], time=QUARTER, compare=[{"to": "previous"}])),
    (
        "revenue Q1 vs Q4",
        asks("net_revenue", time={"from": "2026-01-01", "to": "2026-03-31"}, compare=[{"to": "previous"}]),
    ),
    (
        "revenue may 2026 vs may 2025",
        asks("net_revenue", time={"from": "2026-05-01", "to": "2026-05-31"}, compare=[{"to": "last_year"}]),
    ),
    (
        "orders yesterday compared to the same day last week",
        asks("orders", time={"last": 1, "unit": "day"}, compare=[{"to": {"back": 1, "unit": "week"}}]),
    ),
    ("Umsatz letzte Woche im Vergleich zur Vorwoche", asks("net_revenue", time=WEEK, compare=[{"to": "previous"}])),
    (
        "compare sessions this month with last month",
        asks("sessions", time={"to_date": "month"}, compare=[{"to": "previous"}]),
    ),
    (
        "conversion rate desktop vs tablet last month",
        asks("session_conversion_rate", by=["device"], where=is_in("device", "desktop", "tablet"), time=MONTH),
    ),
    ("aov new vs returning last month", asks("aov", by=["is_first_order"], time=MONTH)),
    # Tops, bottoms and thresholds
    (
        "top 5 channels by revenue last month",
        asks(
            "net_revenue",
            by=["channel"],
            time=MONTH,
            top={"n": 5, "dim": "channel", "metric": "net_revenue", "other": False},
        ),
    ),
    (
        "spend by campaign last month, top 3 and the rest as others",
        asks("spend", by=["campaign"], time=MONTH, top={"n": 3, "dim": "campaign", "metric": "spend"}),
    ),
    (
        "die 3 besten Kanäle nach Umsatz im Mai",
        asks(
            "net_revenue",
            by=["channel"],
            time={"from": "2026-05-01", "to": "2026-05-31"},
            top={"n": 3, "dim": "channel", "metric": "net_revenue", "other": False},
        ),
    ),
    (
        "bottom 2 platforms by cpc last month",
        asks("cpc", by=["platform"], time=MONTH, order=["cpc"], limit=2),
    ),
    ("which market had the most orders last week?", asks("orders", by=["market"], time=WEEK)),
    (
        "channels with a CPA over 40 euros last month",
        asks("cpa", by=["channel"], time=MONTH, having=[{"metric": "cpa", "op": ">", "value": 40}]),
    ),
    (
        "campaigns with at least 100 clicks and a ctr below 2% last week",
        asks(
            "clicks",
            "ctr",
            by=["campaign"],
            time=WEEK,
            having=[{"metric": "clicks", "op": ">=", "value": 100}, {"metric": "ctr", "op": "<", "value": 0.02}],
        ),
    ),
    (
        "revenue from customers with more than 3 orders last year",
        asks(
            "net_revenue",
            where={"metric": "orders", "per": "customer", "op": ">", "value": 3},
            time={"last": 1, "unit": "year"},
        ),
    ),
    # Calculations and money
    (
        "share of revenue by market last month",
        asks(
            "net_revenue",
            by=["market"],
            time=MONTH,
            calc=[{"name": "x", "do": "percent_of_total", "of": "net_revenue"}],
        ),
    ),
    (
        "what share of sessions was mobile last week",
        asks("sessions", by=["device"], time=WEEK, calc=[{"name": "x", "do": "percent_of_total", "of": "sessions"}]),
    ),
    (
        "running total of orders this month by day",
        asks(
            "orders",
            by=[BY_DAY],
            time={"to_date": "month"},
            calc=[{"name": "x", "do": "running_total", "of": "orders"}],
        ),
    ),
    (
        "refunds per order last month",
        asks("refunds", "orders", time=MONTH, calc=[{"name": "x", "do": "ratio", "of": "refunds", "to": "orders"}]),
    ),
    (
        "revenue in Norway in Norwegian kroner last month",
        asks("net_revenue", where=is_in("market", "NO"), time=MONTH, currency="NOK"),
    ),
    ("refunds in euros last month", asks("refunded_amount", time=MONTH)),
    # Segments
    (
        "revenue last month from customers who opened an email in the past 30 days",
        asks("net_revenue", where={"segment": "recent_openers"}, time=MONTH),
    ),
    # What is known by the month, and balances
    ("paying members this month", asks("paying_members", time={"from": "2026-06-01", "to": "2026-06-30"})),
    ("open pipeline right now", asks("open_pipeline", time={"last": 1, "unit": "day"})),
    ("budget in december", asks("budget", time={"from": "2026-12-01", "to": "2026-12-31"})),
    ("revenue in december", asks("net_revenue", time={"from": "2025-12-01", "to": "2025-12-31"})),
    ("win rate by number of deals last quarter", asks("win_rate_count", time=QUARTER)),
    # A ranking after a filter
    (
        "top 10 paid social campaigns plus other with CPA last month",
        asks("cpa", by=["campaign"], where=PAID_SOCIAL, time=MONTH, top={"n": 10, "dim": "campaign", "metric": "cpa"}),
    ),
    ("paid social campaigns by CPA last month", asks("cpa", by=["campaign"], where=PAID_SOCIAL, time=MONTH)),
    # The period before, with the same length
    ("roas by channel vs the quarter before", asks("roas", by=["channel"], time=QUARTER, compare=BEFORE)),
    ("revenue last 4 weeks vs the month before", asks("net_revenue", time={"last": 4, "unit": "week"}, compare=BEFORE)),
]


@pytest.mark.parametrize(("text", "truth"), QUESTIONS, ids=[text for text, _ in QUESTIONS])
def test_a_text_becomes_its_question(text: str, truth: dict[str, Any] | None) -> None:
    reading = read_as(text)
    if truth is None:
        assert reading.question is None
    else:
        assert same(reading.question, truth), json.dumps(truth)


def test_order_of_phrases_makes_no_difference() -> None:
    first = read_as("revenue by channel in Austria last month vs last year").question
    assert first is not None
    for text in (
        "last month in Austria: revenue by channel vs last year",
        "Austria, by channel, revenue, last month vs last year",
        "by channel revenue last month in Austria vs last year",
    ):
        assert read_as(text).question == first
