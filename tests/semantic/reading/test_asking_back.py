"""Words with several meanings: the reader asks which one is meant, or uses the usual meaning and says so."""

from typing import Any

import pytest

from tests.semantic.reading.reader import lexicon, read_as, same

MAY = {"from": "2026-05-01", "to": "2026-05-31"}


@pytest.mark.parametrize(
    ("text", "words", "meanings"),
    [
        ("growth in May", "growth", [["net_revenue_growth"], ["mrr_growth_rate"]]),
        ("win rate in May", "win rate", [["win_rate_count"], ["win_rate_amount"]]),
        ("refund rate in May", "refund rate", [["refund_rate_period"], ["refund_rate_cohort"]]),
        ("costs in May", "costs", [["spend"], ["cogs"]]),
        ("Abonnenten im Mai", "Abonnenten", [["list_size"], ["paying_members"]]),
        ("plan in May", "plan", [["budget"], ["net_revenue_target"]]),
        ("margin in May", "margin", [["gross_margin"], ["margin_rate"]]),
        ("Wachstum im Mai", "Wachstum", [["net_revenue_growth"], ["mrr_growth_rate"]]),
        ("churn in May", "churn", [["member_churn_rate"], ["mrr_churn_rate"]]),
        # What names end in, which is no name itself
        ("abandonment in May", "abandonment", [["cart_abandonment"], ["checkout_abandonment"]]),
        ("abandonment rate in May", "abandonment rate", [["cart_abandonment"], ["checkout_abandonment"]]),
    ],
)
def test_a_word_for_several_metrics_gets_a_clarifying_question(
    text: str, words: str, meanings: list[list[str]]
) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert [ask.words for ask in reading.asks] == [words]
    offered = reading.asks[0].readings
    for metrics in meanings:
        assert any(same(question, {"metrics": metrics, "time": MAY}) for question in offered), metrics


@pytest.mark.parametrize(
    ("text", "words"), [("orders on monday", "on monday"), ("Bestellungen am Montag", "am Montag")]
)
def test_a_day_of_the_week_without_a_period_can_be_the_last_one_or_all_of_them(text: str, words: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert [ask.words for ask in reading.asks] == [words]
    last, every = reading.asks[0].readings
    assert same(last, {"metrics": ["orders"], "time": {"from": "2026-06-15", "to": "2026-06-15"}})
    mondays = {"dim": "weekday", "op": "in", "values": [1]}
    assert same(every, {"metrics": ["orders"], "where": mondays, "time": {"last": 13, "unit": "week"}})


def test_from_a_holiday_can_mean_that_day_or_since_then() -> None:
    since, on_the_day = read_as("orders from Black Friday").asks[0].readings
    assert same(since, {"metrics": ["orders"], "time": {"from": "2025-11-28"}})
    assert same(on_the_day, {"metrics": ["orders"], "time": {"from": "2025-11-28", "to": "2025-11-28"}})


def test_half_a_members_name_gets_a_clarifying_question_with_each_and_both() -> None:
    reading = read_as("social sessions in May")
    assert reading.question is None
    values: list[Any] = [["Paid social"], ["Organic social"]]
    truths = [
        {"metrics": ["sessions"], "where": {"dim": "channel", "op": "in", "values": each}, "time": MAY}
        for each in values
    ]
    both = {"dim": "channel", "op": "in", "values": ["Paid social", "Organic social"]}
    truths.append({"metrics": ["sessions"], "by": ["channel"], "where": both, "time": MAY})
    offered = reading.asks[0].readings
    assert len(offered) == 3
    assert all(any(same(question, truth) for question in offered) for truth in truths)


def test_a_name_of_a_metric_and_a_member_gets_a_clarifying_question() -> None:
    offered = read_as("email revenue in May").asks[0].readings
    email = {"dim": "channel", "op": "in", "values": ["Email"]}
    assert any(same(question, {"metrics": ["mail_revenue"], "time": MAY}) for question in offered)
    assert any(same(question, {"metrics": ["net_revenue"], "where": email, "time": MAY}) for question in offered)


def test_a_metric_and_a_breakdown_with_two_meanings_each_get_clarifying_questions() -> None:
    offered = read_as("sales by owner in May").asks[0].readings
    for metric, owner in (("net_revenue", "campaign_owner"), ("won_amount", "sales_owner")):
        assert any(same(question, {"metrics": [metric], "by": [owner], "time": MAY}) for question in offered)


def test_without_a_metric_the_usual_ones_are_offered() -> None:
    reading = read_as("best campaigns in May")
    assert reading.question is None
    offered = reading.asks[0].readings
    for metric in ("net_revenue", "roas"):
        assert any(same(question, {"metrics": [metric], "by": ["campaign"], "time": MAY}) for question in offered)


def test_a_word_that_only_occurs_in_names_is_offered_but_not_taken() -> None:
    reading = read_as("revenue in spring in May")
    assert reading.question is None
    where = {"dim": "campaign", "op": "contains", "value": "Spring"}
    assert any(
        same(each, {"metrics": ["net_revenue"], "where": where, "time": MAY}) for each in reading.asks[0].readings
    )


@pytest.mark.parametrize(
    ("text", "taken", "words"),
    [
        ("returns in May", "returns", "returns"),  # rather than refunds: its label
        ("ROAS in May", "roas", "ROAS"),  # rather than what platforms claim: the certified one
        ("customers in May", "customers", "customers"),
        # Another metric has this name, or a longer one
        ("conversion rate in May", "session_conversion_rate", "conversion rate"),
        ("open rate in May", "open_rate", "open rate"),
        ("profit in May", "gross_margin", "profit"),
        ("how many members cancelled in May", "churned_members", "members cancelled"),
    ],
)
def test_the_usual_meaning_is_used_and_stated(text: str, taken: str, words: str) -> None:
    reading = read_as(text)
    assert same(reading.question, {"metrics": [taken], "time": MAY})
    assert words in reading.took


@pytest.mark.parametrize(
    ("text", "op", "channel", "words"),
    [
        ("spend without brand in May", "not_in", "Paid search brand", "brand"),
        ("spend excluding branded in May", "not_in", "Paid search brand", "branded"),
        ("non-brand spend in May", "in", "Paid search generic", "non-brand"),
        ("nonbrand spend in May", "in", "Paid search generic", "nonbrand"),
        ("spend non brand in May", "in", "Paid search generic", "non brand"),
        ("generic spend in May", "in", "Paid search generic", "generic"),
    ],
)
def test_brand_is_the_search_channel_rather_than_the_funnel_role_and_stated(
    text: str, op: str, channel: str, words: str
) -> None:
    reading = read_as(text)
    where = {"dim": "channel", "op": op, "values": [channel]}
    assert same(reading.question, {"metrics": ["spend"], "where": where, "time": MAY})
    assert words in reading.took


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("member churn rate in May", "member_churn_rate"),  # not of MRR
        ("win rate by number of deals in May", "win_rate_count"),  # not by amount
        ("orders in May", "orders"),
        ("net revenue in May", "net_revenue"),
        ("AOV in May", "aov"),
    ],
)
def test_words_with_one_meaning_are_not_stated(text: str, taken: str) -> None:
    reading = read_as(text)
    assert same(reading.question, {"metrics": [taken], "time": MAY})
    assert not reading.took


def test_a_word_whose_metrics_do_not_fit_can_mean_others_named_after_it() -> None:
    """Neither gross margin nor its rate has products, but an amount and a rate of product margin do."""
    reading = read_as("margin by category in May")
    assert reading.question is None
    assert [ask.words for ask in reading.asks] == ["margin"]
    for metric in ("product_margin", "product_margin_rate"):
        truth = {"metrics": [metric], "by": ["product_category"], "time": MAY}
        assert any(same(question, truth) for question in reading.asks[0].readings)


def test_ad_spend_on_a_channel_is_as_likely_as_spend_known_by_ad() -> None:
    reading = read_as("video spend in May")
    assert reading.question is None
    of_ads = {"dim": "creative_type", "op": "in", "values": ["video"]}
    of_channel = {"dim": "channel", "op": "in", "values": ["Video ads"]}
    for metric, where in (("creative_spend", of_ads), ("spend", of_channel)):
        truth = {"metrics": [metric], "where": where, "time": MAY}
        assert any(same(question, truth) for question in reading.asks[0].readings)


@pytest.mark.parametrize("text", ["revenue by abandonment in May", "by abandonment in May", "revenue and abandonment"])
def test_the_end_of_a_name_is_a_metric_only_where_a_text_has_none(text: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert not reading.asks
    assert "abandonment" in reading.left


def test_every_name_that_metrics_share_is_clarified_or_stated() -> None:
    """This holds however the model's synonyms change: no shared word silently selects one metric."""
    called: dict[str, set[str]] = {}
    for metric in lexicon().seen.metrics:
        for text in (metric.label, *metric.synonyms):
            called.setdefault(text.casefold(), set()).add(metric.name)
    shared = [text for text, names in called.items() if len(names) > 1]
    assert len(shared) > 20
    for text in shared:
        reading = read_as(f"{text} in May")
        assert reading.asks or reading.took or reading.question is None, text


def test_the_number_of_customers_now_gets_a_clarifying_question() -> None:
    """The customers who ordered in a period aren't all the customers that there are."""
    names = {question.metrics for ask in read_as("how many customers do we have").asks for question in ask.readings}
    assert {("customers",), ("active_customers_12m",), ("paying_members",)} <= names
