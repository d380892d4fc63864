"""Questions as people ask each other: with verbs, weeks by number, and the period before."""

from typing import Any

import pytest

from semantic.reading.lexicon import lexicon_of
from semantic.reading.reading import read
from tests.semantic.reading.reader import MEMBERS, TODAY, lexicon, read_as, same

MONTH, WEEK, QUARTER = {"last": 1, "unit": "month"}, {"last": 1, "unit": "week"}, {"last": 1, "unit": "quarter"}
WEEKS = {"last": 13, "unit": "week"}
MAY = {"from": "2026-05-01", "to": "2026-05-31"}
BEFORE = [{"to": "previous"}]


def is_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "in", "values": [*values]}


def limit(metric: str, op: str, value: float) -> dict[str, Any]:
    return {"metric": metric, "op": op, "value": value}


def ratio(of: str, to: str) -> list[dict[str, Any]]:
    return [{"name": "x", "do": "ratio", "of": of, "to": to}]


def share(of: str) -> list[dict[str, Any]]:
    return [{"name": "x", "do": "percent_of_total", "of": of}]


def is_not_in(dim: str, *values: object) -> dict[str, Any]:
    return {"dim": dim, "op": "not_in", "values": [*values]}


def top_in_each(group: str, time: dict[str, Any]) -> dict[str, Any]:
    top = {"n": 3, "dim": "channel", "metric": "net_revenue", "within": [group], "other": False}
    return {"metrics": ["net_revenue"], "by": [group, "channel"], "top": top, "time": time}


NO_ORDERS = {
    "metrics": ["orders", "spend"],
    "by": ["campaign"],
    "having": [limit("orders", "=", 0), limit("spend", ">", 100)],
    "time": MONTH,
}
WITH_COUPON = {"metrics": ["orders"], "by": ["coupon"], "where": is_not_in("coupon", None), "time": MONTH}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        # A verb that a metric is named after
        ("how many emails did we send last month", {"metrics": ["mails_sent"], "time": MONTH}),
        ("wie viele Mails haben wir letzten Monat verschickt", {"metrics": ["mails_sent"], "time": MONTH}),
        (
            "how many orders were cancelled last month by channel",
            {"metrics": ["cancelled_orders"], "by": ["channel"], "time": MONTH},
        ),
        ("how many deals did we win last quarter", {"metrics": ["won_opportunities"], "time": QUARTER}),
        ("how many members cancelled last month", {"metrics": ["churned_members"], "time": MONTH}),
        ("how much budget have we spent this month", {"metrics": ["spend"], "time": {"to_date": "month"}}),
        (
            "how much have we spent on TikTok last month",
            {"metrics": ["spend"], "where": is_in("platform", "tiktok_ads"), "time": MONTH},
        ),
        (
            "campaigns that spent more than 2000 euros last month",
            {"metrics": ["spend"], "by": ["campaign"], "having": [limit("spend", ">", 2000)], "time": MONTH},
        ),
        (
            "which countries spent over 2k last month",
            {"metrics": ["spend"], "by": ["country"], "having": [limit("spend", ">", 2000)], "time": MONTH},
        ),
        ("which channel converts best", {"metrics": ["session_conversion_rate"], "by": ["channel"], "time": WEEKS}),
        # A top within limits, and one in each group
        (
            "top 5 campaigns by CTR last month, min 1000 impressions",
            {
                "metrics": ["ctr", "impressions"],
                "by": ["campaign"],
                "having": [limit("impressions", ">=", 1000)],
                "order": [{"by": "ctr", "desc": True}],
                "limit": 5,
                "time": MONTH,
            },
        ),
        ("top 3 channels in each market by revenue last month", top_in_each("market", MONTH)),
        ("top 3 channels by revenue per market last month", top_in_each("market", MONTH)),
        ("die drei umsatzstärksten Kanäle je Markt letzten Monat", top_in_each("market", MONTH)),
        # Limits of zero beside other limits
        ("campaigns with no orders and over 100 € of spend last month", NO_ORDERS),
        ("campaigns with zero orders but >100 eur spend last month", NO_ORDERS),
        # Left out, and left out with none
        (
            "orders by channel last month, ignore email",
            {"metrics": ["orders"], "by": ["channel"], "where": is_not_in("channel", "Email"), "time": MONTH},
        ),
        ("orders by coupon last month excluding the ones without a coupon", WITH_COUPON),
        ("orders by coupon last month, ignore those with no coupon", WITH_COUPON),
        # As people type
        (
            "wich campaings burned over 2000 eur last mnth w CTR under 1%",
            {
                "metrics": ["spend", "ctr"],
                "by": ["campaign"],
                "having": [limit("spend", ">", 2000), limit("ctr", "<", 0.01)],
                "time": MONTH,
            },
        ),
        (
            "spend on meta n google last month",
            {"metrics": ["spend"], "where": is_in("platform", "meta_ads", "google_ads"), "time": MONTH},
        ),
        ("spend fiscal ytd", {"metrics": ["spend"], "time": {"to_date": "fiscal_year"}}),
        ("uk revenue last month", {"metrics": ["net_revenue"], "where": is_in("market", "GB"), "time": MONTH}),
        ("new custmers last month", {"metrics": ["new_customers"], "time": MONTH}),  # not MERs of customers
        (
            "orders last years black friday",
            {"metrics": ["orders"], "time": {"from": "2025-11-28", "to": "2025-11-28"}},
        ),
        # Where a number comes from
        (
            "what percentage of our orders come from mobile last week",
            {"metrics": ["orders"], "by": ["device"], "time": WEEK, "calc": share("orders")},
        ),
        (
            "welcher Anteil der Bestellungen kommt über mobile Geräte letzte Woche",
            {"metrics": ["orders"], "by": ["device"], "time": WEEK, "calc": share("orders")},
        ),
        (
            "share of spend by platform last month",
            {"metrics": ["spend"], "by": ["platform"], "time": MONTH, "calc": share("spend")},
        ),
        # Limits
        (
            "countries where the conversion rate fell below 2% last week",
            {
                "metrics": ["session_conversion_rate"],
                "by": ["country"],
                "having": [limit("session_conversion_rate", "<", 0.02)],
                "time": WEEK,
            },
        ),
        (
            "which campaigns spent more than 500 euros last month without a single order",
            {
                "metrics": ["spend", "orders"],
                "by": ["campaign"],
                "having": [limit("spend", ">", 500), limit("orders", "=", 0)],
                "time": MONTH,
            },
        ),
        (
            "sessions by landing page, only pages with over 1,000 sessions, last month",
            {
                "metrics": ["sessions"],
                "by": ["landing_page"],
                "having": [limit("sessions", ">", 1000)],
                "time": MONTH,
            },
        ),
        # One metric by another
        (
            "ratio of spend to revenue by market last month",
            {
                "metrics": ["spend", "net_revenue"],
                "by": ["market"],
                "time": MONTH,
                "calc": ratio("spend", "net_revenue"),
            },
        ),
        (
            "sessions per order by device last month",
            {"metrics": ["sessions", "orders"], "by": ["device"], "time": MONTH, "calc": ratio("sessions", "orders")},
        ),
        ("orders vs target in May", {"metrics": ["orders_attainment"], "time": MAY}),
        ("did we reach our new customers target in May", {"metrics": ["new_customers_attainment"], "time": MAY}),
        # A rate of what its name begins with
        ("click rate of our newsletters last month", {"metrics": ["mail_click_rate"], "time": MONTH}),
        ("Öffnungsrate der Newsletter letzten Monat", {"metrics": ["open_rate"], "time": MONTH}),
        # Members that are compared
        (
            "compare google ads and meta on cpa last month",
            {
                "metrics": ["cpa"],
                "by": ["platform"],
                "where": is_in("platform", "google_ads", "meta_ads"),
                "time": MONTH,
            },
        ),
        # What moved, between two periods
        ("how much did revenue grow in May vs April", {"metrics": ["net_revenue"], "time": MAY, "compare": BEFORE}),
        # Days
        ("revenue KW12", {"metrics": ["net_revenue"], "time": {"from": "2026-03-16", "to": "2026-03-22"}}),
        ("Umsatz in KW 10 bis 12", {"metrics": ["net_revenue"], "time": {"from": "2026-03-02", "to": "2026-03-22"}}),
        ("orders in weeks 10-12", {"metrics": ["orders"], "time": {"from": "2026-03-02", "to": "2026-03-22"}}),
        (
            "Umsatz zwischen dem 1. und 15. Mai",
            {"metrics": ["net_revenue"], "time": {"from": "2026-05-01", "to": "2026-05-15"}},
        ),
        (
            "Umsatz gestern im Vergleich zum gleichen Tag der Vorwoche",
            {
                "metrics": ["net_revenue"],
                "time": {"last": 1, "unit": "day"},
                "compare": [{"to": {"back": 1, "unit": "week"}}],
            },
        ),
        (
            "revenu by chanel last 3 monts",
            {"metrics": ["net_revenue"], "by": ["channel"], "time": {"last": 3, "unit": "month"}},
        ),
        (
            "revenue split by week last month",
            {"metrics": ["net_revenue"], "by": [{"dim": "date", "grain": "week"}], "time": MONTH},
        ),
        # "do we have" beside a period doesn't mean now
        ("wie viel Umsatz haben wir gestern gemacht", {"metrics": ["net_revenue"], "time": {"last": 1, "unit": "day"}}),
        # A metric known by month, without a period
        ("member churn rate", {"metrics": ["member_churn_rate"], "time": {"last": 6, "unit": "month"}}),
    ],
)
def test_everyday_words_become_the_question(text: str, question: dict[str, Any]) -> None:
    assert same(read_as(text).question, question)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("how much did customers in Germany spend last month", "spend"),  # not what is spent on ads
        ("revenue by channel without refunds last month", "refunds"),
        ("how much did revenue by channel grow vs last year", "grow"),  # perhaps only those that grew
        ("which sales rep won the most deals this year", "won"),
        ("revenue grew more than 10% last month", "grew"),
        ("revenue in KW 12 bis 10", "10"),
        ("new customers vs target group last month", "group"),
    ],
)
def test_words_that_do_not_make_a_phrase_are_unread(text: str, left: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert left in reading.left


def test_sessions_without_orders_are_not_channels_without_orders() -> None:
    assert read_as("sessions by channel with no orders last week").question is None


def test_a_code_is_not_read_as_a_preposition_before_a_month() -> None:
    truth = {"metrics": ["net_revenue"], "where": is_in("market", "AT"), "time": MAY}
    assert same(read_as("revenue for AT in May").question, truth)
    own = lexicon_of(lexicon().seen, {**MEMBERS, "market": ("DE",)})
    assert read("revenue for AT in May", own, today=TODAY).left == ("AT",)


def test_words_of_a_name_are_read_together_unless_they_link_it_to_other_words() -> None:
    """A question can ask for a table or a chart, and names begin with such words too."""
    lamps = [f"{kind} lamp {name}, {color}" for kind in ("Table", "Floor") for name in ("Holm", "Lund") for color in
             ("black", "brass", "oak", "white")]  # fmt: skip
    own = lexicon_of(lexicon().seen, {**MEMBERS, "product": lamps, "remark": ("No data from Meta", "The shop opens")})
    of_product = {"dim": "product", "op": "contains", "value": "Table lamp Holm"}
    truth = {"metrics": ["product_revenue"], "where": of_product, "time": MAY}
    assert same(read("product revenue of table lamp Holm in May", own, today=TODAY).question, truth)
    of_meta = {"metrics": ["net_revenue"], "where": is_in("platform", "meta_ads"), "time": MAY}
    assert same(read("revenue from Meta in May", own, today=TODAY).question, of_meta)


LAST_MONTH = {"metrics": ["net_revenue"], "by": ["channel"], "time": MONTH}
APRIL = {"from": "2026-04-01", "to": "2026-04-30"}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("same for the month before", {"time": APRIL}),
        ("what about the previous month", {"time": APRIL}),
        ("und im Vormonat?", {"time": APRIL}),
        ("and the month before?", {"compare": BEFORE}),
        ("same but for last quarter", {"time": QUARTER}),
        ("break that down by week", {"by": ["channel", {"dim": "date", "grain": "week"}]}),
        ("nach Gerät aufgeteilt", {"by": ["device"]}),
    ],
)
def test_the_period_before_precedes_the_questions_period(text: str, change: dict[str, Any]) -> None:
    assert same(read_as(text, previous=LAST_MONTH).question, LAST_MONTH | change)


def test_the_period_before_that_of_another_length_is_not_answered() -> None:
    for text in ("same for the week before", "same for the quarter before"):
        assert read_as(text, previous=LAST_MONTH).question is None
    assert read_as("same for the month before").question is None
    first = LAST_MONTH | {"time": {"from": "0001-01-01", "to": "0001-01-31"}}
    assert read_as("same for the month before", previous=first).question is None
    week = LAST_MONTH | {"time": {"from": "2026-06-01", "to": "2026-06-07"}}
    truth = LAST_MONTH | {"time": {"from": "2026-05-25", "to": "2026-05-31"}}
    assert same(read_as("same for the week before", previous=week).question, truth)
