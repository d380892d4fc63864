"""Questions as marketers type them: comparisons of two members or two named periods, "with a coupon", the best day,
money, and customers who bought again. Each question was worked out by hand, from the words and query.md.
"""

from typing import Any

import pytest

from tests.semantic.reading.reader import read_as, same

MONTH, WEEK, QUARTER = {"last": 1, "unit": "month"}, {"last": 1, "unit": "week"}, {"last": 1, "unit": "quarter"}
APRIL, MAY = {"from": "2026-04-01", "to": "2026-04-30"}, {"from": "2026-05-01", "to": "2026-05-31"}
Q1 = {"from": "2026-01-01", "to": "2026-03-31"}
YEAR = {"to_date": "year"}
BEFORE = [{"to": "previous"}]
BY_DAY, BY_WEEK, BY_MONTH = ({"dim": "date", "grain": grain} for grain in ("day", "week", "month"))


def asks(*metrics: str, **keys: Any) -> dict[str, Any]:
    return {"metrics": [*metrics], **keys}


def is_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "in", "values": [*values]}


def not_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "not_in", "values": [*values]}


def both(dim: str, *values: object) -> dict[str, Any]:
    return {"by": [dim], "where": is_in(dim, *values)}


def orders_of_each(op: str, value: int) -> dict[str, Any]:
    return {"metric": "orders", "per": "customer", "op": op, "value": value}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        # Two members
        (
            "did we spend more on Google than on Meta last month",
            asks("spend", **both("platform", "google_ads", "meta_ads"), time=MONTH),
        ),
        (
            "more sessions on mobile than on desktop last week?",
            asks("sessions", **both("device", "mobile", "desktop"), time=WEEK),
        ),
        (
            "was CPC higher on Google than on Meta in May",
            asks("cpc", **both("platform", "google_ads", "meta_ads"), time=MAY),
        ),
        (
            "mehr Bestellungen über Handy als über Desktop letzte Woche",
            asks("orders", **both("device", "mobile", "desktop"), time=WEEK),
        ),
        ("Google spend vs Meta last month", asks("spend", **both("platform", "google_ads", "meta_ads"), time=MONTH)),
        (
            "difference in AOV between mobile and desktop last month",
            asks("aov", **both("device", "mobile", "desktop"), time=MONTH),
        ),
        # Two periods
        ("how did revenue change from April to May", asks("net_revenue", time=MAY, compare=BEFORE)),
        (
            "how did revenue by channel change from April to May",
            asks("net_revenue", by=["channel"], time=MAY, compare=BEFORE),
        ),
        ("did orders drop from last month to this month", asks("orders", time={"to_date": "month"}, compare=BEFORE)),
        ("Umsatz Veränderung von April auf Mai", asks("net_revenue", time=MAY, compare=BEFORE)),
        ("Unterschied beim Umsatz zwischen Q4 2025 und Q1", asks("net_revenue", time=Q1, compare=BEFORE)),
        ("revenue from April to May", asks("net_revenue", time={"from": "2026-04-01", "to": "2026-05-31"})),
        (
            "orders last 7 days vs the 7 days before",
            asks("orders", time={"last": 7, "unit": "day"}, compare=BEFORE),
        ),
        (
            "Umsatz letzte 4 Wochen im Vergleich zu den 4 Wochen davor",
            asks("net_revenue", time={"last": 4, "unit": "week"}, compare=BEFORE),
        ),
        # Days
        ("orders in the week of 3 March", asks("orders", time={"from": "2026-03-02", "to": "2026-03-08"})),
        ("Umsatz in der Woche vom 3. März", asks("net_revenue", time={"from": "2026-03-02", "to": "2026-03-08"})),
        ("orders in the week starting 3 March", asks("orders", time={"from": "2026-03-03", "to": "2026-03-09"})),
        ("orders in the week ending 8 March", asks("orders", time={"from": "2026-03-02", "to": "2026-03-08"})),
        (
            "orders between 20 and 24 December last year",
            asks("orders", time={"from": "2025-12-20", "to": "2025-12-24"}),
        ),
        ("orders on 3 March last year", asks("orders", time={"from": "2025-03-03", "to": "2025-03-03"})),
        (
            "Black Friday week revenue vs Black Friday week 2024",
            asks(
                "net_revenue",
                time={"from": "2025-11-24", "to": "2025-12-01"},
                compare=[{"to": {"from": "2024-11-25", "to": "2024-12-02"}}],
            ),
        ),
        ("revenue over the Easter weekend", asks("net_revenue", time={"from": "2026-04-03", "to": "2026-04-06"})),
        ("revenue of the last complete month", asks("net_revenue", time=MONTH)),
        # With and without
        ("orders with a coupon last month", asks("orders", where=not_in("coupon", None), time=MONTH)),
        ("orders with coupons by market in May", asks("orders", by=["market"], where=not_in("coupon", None), time=MAY)),
        ("Bestellungen mit Gutschein im Mai", asks("orders", where=not_in("coupon", None), time=MAY)),
        ("orders with the coupon SALE10 in May", asks("orders", where=is_in("coupon", "SALE10"), time=MAY)),
        ("customers with email consent in May", asks("customers", where=is_in("has_email_consent", True), time=MAY)),
        (
            "customers without email consent in May",
            asks("customers", where=not_in("has_email_consent", True), time=MAY),
        ),
        ("sessions w/o direct last week", asks("sessions", where=not_in("channel", "Direct"), time=WEEK)),
        (
            "orders last week by channel excluding email",
            asks("orders", by=["channel"], where=not_in("channel", "Email"), time=WEEK),
        ),
        ("revenue of the email channel in May", asks("net_revenue", where=is_in("channel", "Email"), time=MAY)),
        # The best day
        (
            "which day had the most orders in May",
            asks("orders", by=[BY_DAY], time=MAY, order=[{"by": "orders", "desc": True}]),
        ),
        (
            "bester Monat nach Umsatz dieses Jahr",
            asks("net_revenue", by=[BY_MONTH], time=YEAR, order=[{"by": "net_revenue", "desc": True}]),
        ),
        (
            "top 3 weeks by spend this year",
            asks("spend", by=[BY_WEEK], time=YEAR, order=[{"by": "spend", "desc": True}], limit=3),
        ),
        ("best day for CPC in May", asks("cpc", by=[BY_DAY], time=MAY, order=["cpc"])),
        (
            "which days had more than 100 orders in May",
            asks("orders", by=[BY_DAY], time=MAY, having=[{"metric": "orders", "op": ">", "value": 100}]),
        ),
        # People
        ("how many people became customers last month", asks("new_customers", time=MONTH)),
        ("wie viele Leute wurden letzten Monat Kunden", asks("new_customers", time=MONTH)),
        ("how many leads became customers last quarter", asks("contract_customers", time=QUARTER)),
        (
            "how many deals did Key accounts win in May",
            asks("won_opportunities", where=is_in("sales_team", "Key accounts"), time=MAY),
        ),
        ("how many newsletters did we send in May", asks("mails_sent", time=MAY)),
        ("how many customers bought at least twice in May", asks("customers", where=orders_of_each(">=", 2), time=MAY)),
        (
            "Kunden die mindestens zweimal bestellt haben im Mai",
            asks("customers", where=orders_of_each(">=", 2), time=MAY),
        ),
        (
            "buyers with more than 3 orders in May by market",
            asks("customers", by=["market"], where=orders_of_each(">", 3), time=MAY),
        ),
        # Money and targets
        (
            "how much money did we spend on TikTok in May",
            asks("spend", where=is_in("platform", "tiktok_ads"), time=MAY),
        ),
        ("budget vs actual spend by channel in May", asks("budget", "spend", by=["channel"], time=MAY)),
        ("total orders by market in May", asks("orders", by=["market"], time=MAY)),
        ("how much did we refund in May", asks("refunded_amount", time=MAY)),
        ("how many refunds in May", asks("refunds", time=MAY)),
        (
            "spend by platform in percent in May",
            asks(
                "spend",
                by=["platform"],
                time=MAY,
                calc=[{"name": "share", "do": "percent_of_total", "of": "spend"}],
            ),
        ),
        ("CTR by platform in % in May", asks("ctr", by=["platform"], time=MAY)),
        ("busiest weekday for orders in May", asks("orders", by=["weekday"], time=MAY)),
        (
            "campaigns with more than 100 euros of spend but no orders in May",
            asks(
                "spend",
                "orders",
                by=["campaign"],
                having=[
                    {"metric": "spend", "op": ">", "value": 100},
                    {"metric": "orders", "op": "=", "value": 0},
                ],
                time=MAY,
            ),
        ),
        ("AOV w/ a coupon in May", asks("aov", where=not_in("coupon", None), time=MAY)),
        ("revenue target vs actual last quarter", asks("net_revenue_attainment", time=QUARTER)),
        (
            "Anteil der Neukunden am Umsatz letzten Monat",
            asks(
                "net_revenue",
                by=["is_first_order"],
                time=MONTH,
                calc=[{"name": "share", "do": "percent_of_total", "of": "net_revenue"}],
            ),
        ),
        (
            "channels by conversion rate with at least 1000 sessions last month",
            asks(
                "session_conversion_rate",
                "sessions",
                by=["channel"],
                having=[{"metric": "sessions", "op": ">=", "value": 1000}],
                time=MONTH,
            ),
        ),
    ],
)
def test_what_marketers_type_becomes_their_question(text: str, question: dict[str, Any]) -> None:
    assert same(read_as(text).question, question)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("which channels have more sessions on mobile than on desktop", "more"),  # which ones isn't how many
        ("more orders on mobile than in Germany last month", "more"),  # not of one dimension
        ("more orders on mobile or tablet than on desktop last month", "more"),
        ("which channels' revenue fell from April to May", "fell"),
        ("orders with a coupon XYZ99 last month", "XYZ99"),
        ("which day", "day"),
        ("the best day for orders in each market in May", "day"),
        ("revenue by channel, best day", "day"),
        ("how many visitors became customers last month", "became"),  # of those visitors
        ("how many people became Plus members in May", "became"),
        ("customers who bought twice", "twice"),  # exactly, or at least?
        ("actual by channel last month", "actual"),
        ("orders with and without a coupon in May", "and"),
        ("Bestellungen mit oder ohne Gutschein im Mai", "oder"),
        ("customers who bought more than twice as much", "twice"),
        ("spend vs budget in percent by channel in May", "percent"),  # of the total, or of the budget?
        ("which markets missed their revenue target in May", "missed"),  # which ones isn't how much
        ("total AOV last month", "total"),  # an average has no total
        ("total customers by channel last month", "total"),  # nor have customers of several channels
        ("share of revenue in % of last year by channel", "%"),
        ("budget vs actual by channel in May", "actual"),
    ],
)
def test_what_can_mean_something_else_is_left_over(text: str, left: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert not reading.asks
    assert left in reading.left


def test_the_money_that_we_made_can_be_revenue_or_profit() -> None:
    offered = read_as("how much money did we make in May").asks[0].readings
    for metric in ("net_revenue", "gross_margin"):
        assert any(same(question, {"metrics": [metric], "time": MAY}) for question in offered)


def test_groups_without_rows_need_a_metric_that_they_have() -> None:
    """Campaigns without orders aren't in an answer about orders."""
    offered = read_as("which campaigns had no orders in May").asks[0].readings
    question = asks("orders", "spend", by=["campaign"], having=[{"metric": "orders", "op": "=", "value": 0}], time=MAY)
    assert any(same(each, question) for each in offered)
    assert all(len(each.metrics) == 2 for each in offered)


def test_a_period_before_of_another_length_says_what_it_needs() -> None:
    reading = read_as("orders last 7 days vs the 6 days before")
    assert reading.question is None
    assert "period of 6 days" in reading.reason
