"""Small words and signs that change a meaning are understood or reported, and never dropped."""

from typing import Any

import pytest

from tests.semantic.reading.reader import read_as, same

MAY: dict[str, Any] = {"last": 1, "unit": "month"}
BEFORE: dict[str, Any] = {"metrics": ["net_revenue"], "by": ["channel"], "time": MAY}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        # a sign
        ("revenue -Germany last month", "-"),
        ("revenue - discounts last month", "discounts"),
        ("conversion rate of mobile minus desktop last month", "minus"),
        ("% of revenue from returning customers by market last month", "%"),
        ("Umsatz je Kanal in % vom Vorjahr", "%"),
        ("revenue $ last month by channel", "$"),
        # not, or and versus with words that they don't apply to
        ("revenue not by channel but by device", "not"),
        ("channels not below 100 orders last month", "not"),
        ("channels without more than 100 orders last month", "without"),
        ("revenue excluding last week in Germany", "excluding"),
        ("revenue from Germany or mobile last month", "or"),
        ("campaigns with CPA over 30 or spend over 1000 last month", "or"),
        ("revenue vs Germany last month", "vs"),
        ("revenue vs top 5 channels last month", "vs"),
        # two ends
        ("channel with the lowest spend and highest CPA last month", "highest"),
        ("top 5 and bottom 5 channels by revenue", "bottom 5"),
        ("top 0 channels by revenue", "top 0"),
        # words that look like padding
        ("gross orders last month", "gross"),
        ("average orders per day last month", "average"),
        ("customers with one order last year", "one"),
        ("revenue in the US last month", "US"),
        ("revenue incl. tax charged last month", "tax charged"),
        ("Umsatz Mitte Mai", "Mitte"),  # not "bitte", misspelled
        ("revenue from orders over 100 euros by channel last month", "over 100 euros"),
        ("value of orders last month", "orders"),
        ("revenue up last month", "up"),
        # what neither leaves out nor includes
        ("revenue without excluding Germany last month", "without"),
        ("revenue not without a coupon last month", "not"),
        # days with another end
        ("revenue last 3 months including this one", "including"),
        ("revenue up to May", "May"),
        ("revenue through May", "May"),
        ("revenue to May", "May"),
        # members that no row has together
        ("revenue in Germany last month in Austria", "Austria"),
        ("mobile sessions / desktop sessions last week", "desktop"),
        ("sessions not from paid or organic search last week", "paid or organic"),  # a yes or no isn't missing
    ],
)
def test_words_that_change_the_meaning_are_reported_as_unread(text: str, left: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert not reading.asks
    assert left in reading.left


@pytest.mark.parametrize(
    "text",
    [
        "revenue at the end of May",  # of a flow, the month isn't its end
        "Umsatz Ende Mai",
        "campaigns with spend over $1000 last month",  # the model counts in euros
        "campaigns with CPA over £30 last month",
        "campaigns with orders over 100 euros last month",
        "campaigns with spend over 5% last month",
        "CTR above 0.5 by campaign last week",  # half, or half a percent
        "revenue of the bottom 3 channels by spend last month",
    ],
)
def test_a_limit_or_an_end_that_does_not_fit_the_metric_is_not_answered(text: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert not reading.asks


def test_a_percentage_means_the_share_of_two_metrics_with_a_name() -> None:
    question = read_as("channels with a margin over 20% last month").question
    assert question is not None
    assert question.metrics == ("margin_rate",)


def test_the_end_of_a_month_is_the_month_for_a_balance() -> None:
    reading = read_as("mail list size at the end of May")
    assert same(reading.question, {"metrics": ["list_size"], "time": {"from": "2026-05-01", "to": "2026-05-31"}})


@pytest.mark.parametrize(
    ("text", "order", "limit", "top"),
    [
        ("best 3 channels by bounce rate last month", [{"by": "bounce_rate"}], 3, False),
        ("worst 3 channels by bounce rate last month", [], None, True),
        ("top 3 channels by bounce rate last month", [], None, True),
        ("bottom 3 channels by bounce rate last month", [{"by": "bounce_rate"}], 3, False),
        ("which channel has the worst bounce rate last month", [{"by": "bounce_rate", "desc": True}], None, False),
        ("which channel has the lowest bounce rate last month", [{"by": "bounce_rate"}], None, False),
        ("bester Kanal nach Absprungrate letzten Monat", [{"by": "bounce_rate"}], None, False),
        ("worst 3 channels by revenue last month", [{"by": "net_revenue"}], 3, False),
        ("best 3 channels by revenue last month", [], None, True),
    ],
)
def test_best_means_favourable_for_the_metric(
    text: str, order: list[dict[str, Any]], limit: int | None, top: bool
) -> None:
    """A low bounce rate is good, and low revenue isn't. Top and bottom depend only on the number."""
    metric = "net_revenue" if "revenue" in text else "bounce_rate"
    truth: dict[str, Any] = {"metrics": [metric], "by": ["channel"], "time": MAY}
    if order:
        truth["order"] = order
    if limit:
        truth["limit"] = limit
    if top:
        truth["top"] = {"n": 3, "dim": "channel", "metric": metric, "other": False}
    assert same(read_as(text).question, truth)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Kampagnen mit Werbekosten über 1.500 Euro letzten Monat", 1500),
        ("Kampagnen mit Werbekosten über 1.500.000 € letzten Monat", 1_500_000),
        ("Kampagnen mit Werbekosten über 1,5 Euro letzten Monat", 1.5),
        ("campaigns with ad spend over 1,500 euros last month", 1500),
        ("campaigns with ad spend over 0.125 euros last month", 0.125),
        ("campaigns with ad spend over 1.25 euros last month", 1.25),
    ],
)
def test_thousands_are_read_with_a_comma_or_a_full_stop(text: str, number: float) -> None:
    limit = {"metric": "spend", "op": ">", "value": number}
    assert same(read_as(text).question, {"metrics": ["spend"], "by": ["campaign"], "having": [limit], "time": MAY})


def test_one_metric_divided_by_another_shows_both_and_the_ratio() -> None:
    ratio = {"name": "x", "do": "ratio", "of": "spend", "to": "net_revenue"}
    truth = {"metrics": ["spend", "net_revenue"], "time": MAY, "calc": [ratio]}
    assert same(read_as("ad spend / revenue last month").question, truth)


def _where(dim: str, op: str, *values: str) -> dict[str, Any]:
    return {"dim": dim, "op": op, "values": [*values]}


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("and without Austria", _where("market", "not_in", "DE"), _where("market", "not_in", "DE", "AT")),
        ("without paid social", _where("channel", "in", "Email", "Paid social"), _where("channel", "in", "Email")),
        ("without Germany", _where("market", "in", "DE"), _where("market", "not_in", "DE")),
        ("without Austria instead", _where("market", "not_in", "DE"), _where("market", "not_in", "AT")),
        ("include Austria", _where("market", "in", "DE"), _where("market", "in", "DE", "AT")),
        ("also Austria", _where("market", "in", "DE"), _where("market", "in", "DE", "AT")),
        ("add Austria", _where("market", "not_in", "DE", "AT"), _where("market", "not_in", "DE")),
        ("Austria instead of Germany", _where("market", "in", "DE"), _where("market", "in", "AT")),
        ("und nur Frankreich", _where("country", "in", "Germany"), _where("market", "in", "FR")),
    ],
)
def test_a_follow_up_leaves_out_more_and_replaces_the_same_thing(
    text: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    reading = read_as(text, previous={**BEFORE, "where": before})
    assert same(reading.question, {**BEFORE, "where": after})


@pytest.mark.parametrize(
    "text", ["all countries", "vs Germany", "without the channel", "not by channel", "mobile instead of Austria"]
)
def test_a_follow_up_that_may_undo_something_is_not_answered(text: str) -> None:
    reading = read_as(text, previous={**BEFORE, "where": _where("market", "in", "AT")})
    assert reading.question is None
    assert not reading.asks


def test_the_words_after_instead_of_are_replaced() -> None:
    orders = {**BEFORE, "metrics": ["orders"]}
    assert same(read_as("orders instead of revenue", previous=BEFORE).question, orders)
    assert same(read_as("device instead of channel", previous=BEFORE).question, {**BEFORE, "by": ["device"]})


def test_a_follow_up_replaces_a_limit_and_a_ranking() -> None:
    limit = {"metric": "cpa", "op": ">", "value": 40}
    before = {"metrics": ["cpa"], "by": ["campaign"], "having": [limit], "time": MAY}
    truth = {**before, "having": [{**limit, "value": 30}]}
    assert same(read_as("and CPA over 30", previous=before).question, truth)
    lowest = {**BEFORE, "order": [{"by": "net_revenue"}], "limit": 3}
    top = {"n": 5, "dim": "channel", "metric": "net_revenue", "other": False}
    assert same(read_as("top 5 channels", previous=lowest).question, {**BEFORE, "top": top})
    orders = {**lowest, "metrics": ["orders"], "order": [{"by": "orders"}]}
    assert same(read_as("and orders?", previous=lowest).question, orders)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("revenue from the rest last month", None),
        ("revenue last month with others", None),
        ("only the rest", BEFORE),
        ("orders from email then direct last month", None),
        ("revenue in Germany by non German customers last month", None),
    ],
)
def test_impossible_groups_and_rows_are_not_answered(text: str, before: dict[str, Any] | None) -> None:
    reading = read_as(text, previous=before)
    assert reading.question is None
    assert not reading.asks


def test_today_is_not_included_by_showing_today_alone() -> None:
    assert read_as("including today", previous=BEFORE).left == ("today",)


def test_others_refers_to_the_top_of_the_previous_question() -> None:
    top = {"n": 3, "dim": "channel", "metric": "net_revenue", "other": False}
    reading = read_as("and the rest as others", previous={**BEFORE, "top": top})
    assert same(reading.question, {**BEFORE, "top": {**top, "other": True}})
