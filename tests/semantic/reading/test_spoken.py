"""Phrases whose words have a meaning only together: neither … nor, more … than before, five with the most."""

from typing import Any

import pytest

from tests.semantic.reading.reader import read_as, same

MONTH, WEEK = {"last": 1, "unit": "month"}, {"last": 1, "unit": "week"}
BEFORE = [{"to": "previous"}]


def days(first: str, last: str) -> dict[str, str]:
    return {"from": first, "to": last}


def without(dim: str, *values: str) -> dict[str, Any]:
    return {"dim": dim, "op": "not_in", "values": [*values]}


def top(n: int, dim: str, metric: str) -> dict[str, Any]:
    return {"n": n, "dim": dim, "metric": metric, "other": False}


@pytest.mark.parametrize(
    ("text", "question"),
    [
        # Numbers in words
        (
            "top eleven campaigns by clicks last month",
            {"metrics": ["clicks"], "by": ["campaign"], "time": MONTH, "top": top(11, "campaign", "clicks")},
        ),
        (
            "die acht besten Kampagnen nach Klicks letzten Monat",
            {"metrics": ["clicks"], "by": ["campaign"], "time": MONTH, "top": top(8, "campaign", "clicks")},
        ),
        (
            "channels with more than twelve orders last month",
            {
                "metrics": ["orders"],
                "by": ["channel"],
                "time": MONTH,
                "having": [{"metric": "orders", "op": ">", "value": 12}],
            },
        ),
        (
            "Kanäle mit mindestens zwölf Bestellungen letzten Monat",
            {
                "metrics": ["orders"],
                "by": ["channel"],
                "time": MONTH,
                "having": [{"metric": "orders", "op": ">=", "value": 12}],
            },
        ),
        (
            "Kampagnen mit mehr als einer Million Impressionen letzten Monat",
            {
                "metrics": ["impressions"],
                "by": ["campaign"],
                "time": MONTH,
                "having": [{"metric": "impressions", "op": ">", "value": 1_000_000}],
            },
        ),
        (
            "channels with between five and nine orders last month",
            {
                "metrics": ["orders"],
                "by": ["channel"],
                "time": MONTH,
                "having": [{"metric": "orders", "op": "between", "values": [5, 9]}],
            },
        ),
        (
            "channels with seven or more orders last month",
            {
                "metrics": ["orders"],
                "by": ["channel"],
                "time": MONTH,
                "having": [{"metric": "orders", "op": ">=", "value": 7}],
            },
        ),
        # Neither … nor
        (
            "orders on neither mobile nor tablet last month",
            {"metrics": ["orders"], "where": without("device", "mobile", "tablet"), "time": MONTH},
        ),
        (
            "revenue from neither Germany, Austria nor France last month",
            {"metrics": ["net_revenue"], "where": without("market", "DE", "AT", "FR"), "time": MONTH},
        ),
        (
            "Bestellungen weder aus Deutschland noch aus Österreich letzten Monat",
            {"metrics": ["orders"], "where": without("market", "DE", "AT"), "time": MONTH},
        ),
        (
            "revenue neither from Germany nor on mobile last month",
            {
                "metrics": ["net_revenue"],
                "where": {"and": [without("market", "DE"), without("device", "mobile")]},
                "time": MONTH,
            },
        ),
        # A number of members with the most
        (
            "the five channels with the highest revenue last month",
            {"metrics": ["net_revenue"], "by": ["channel"], "time": MONTH, "top": top(5, "channel", "net_revenue")},
        ),
        (
            "Welche drei Kanäle brachten letzten Monat den meisten Umsatz?",
            {"metrics": ["net_revenue"], "by": ["channel"], "time": MONTH, "top": top(3, "channel", "net_revenue")},
        ),
        (
            "three campaigns with the lowest CPA last month",
            {"metrics": ["cpa"], "by": ["campaign"], "time": MONTH, "order": [{"by": "cpa"}], "limit": 3},
        ),
        (
            "the four channels with the best ROAS last month",
            {"metrics": ["roas"], "by": ["channel"], "time": MONTH, "top": top(4, "channel", "roas")},
        ),
        (
            "die drei umsatzstärksten Kanäle letzten Monat",
            {"metrics": ["net_revenue"], "by": ["channel"], "time": MONTH, "top": top(3, "channel", "net_revenue")},
        ),
        (
            "Klicks der drei umsatzstärksten Kampagnen letzten Monat",
            {"metrics": ["clicks"], "by": ["campaign"], "time": MONTH, "top": top(3, "campaign", "net_revenue")},
        ),
        (
            "die fünf klickschwächsten Kampagnen letzten Monat",
            {"metrics": ["clicks"], "by": ["campaign"], "time": MONTH, "order": [{"by": "clicks"}], "limit": 5},
        ),
        # More than before
        (
            "Did we get more orders last week than the week before?",
            {"metrics": ["orders"], "time": WEEK, "compare": BEFORE},
        ),
        (
            "Hatten wir letzte Woche mehr Bestellungen als in der Woche davor?",
            {"metrics": ["orders"], "time": WEEK, "compare": BEFORE},
        ),
        (
            "Was revenue lower in May than in April?",
            {"metrics": ["net_revenue"], "time": days("2026-05-01", "2026-05-31"), "compare": BEFORE},
        ),
        # Which of two values is better, or has more
        *(
            (
                text,
                {
                    "metrics": ["clicks"],
                    "by": ["platform"],
                    "where": {"dim": "platform", "op": "in", "values": ["google_ads", "meta_ads"]},
                    "time": MONTH,
                },
            )
            for text in (
                "is Google or Meta better for clicks last month",
                "Google or Meta, which has more clicks last month?",
                "did we get more clicks from Google or Meta last month",
                "mehr Klicks bei Google oder Meta letzten Monat?",
            )
        ),
        (
            "which device has a lower bounce rate, mobile or desktop, last month",
            {
                "metrics": ["bounce_rate"],
                "by": ["device"],
                "where": {"dim": "device", "op": "in", "values": ["mobile", "desktop"]},
                "time": MONTH,
            },
        ),
        # An average that the metric is already
        ("average CTR by platform last month", {"metrics": ["ctr"], "by": ["platform"], "time": MONTH}),
        ("durchschnittliche Kosten pro Klick letzten Monat", {"metrics": ["cpc"], "time": MONTH}),
        # A feast of this year and the last
        ("Umsatz am Black Friday letztes Jahr", {"metrics": ["net_revenue"], "time": days("2025-11-28", "2025-11-28")}),
        (
            "Umsatz an Ostern dieses Jahr im Vergleich zu Ostern letztes Jahr",
            {
                "metrics": ["net_revenue"],
                "time": days("2026-04-03", "2026-04-06"),
                "compare": [{"to": days("2025-04-18", "2025-04-21")}],
            },
        ),
        (
            "Umsatz letzten Monat im Vergleich zum gleichen Zeitraum des Vorjahres",
            {"metrics": ["net_revenue"], "time": MONTH, "compare": [{"to": "last_year"}]},
        ),
    ],
)
def test_words_that_belong_together_are_read_together(text: str, question: dict[str, Any]) -> None:
    assert same(read_as(text).question, question)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("orders on neither mobile last month", "neither"),
        ("orders on neither mobile and tablet last month", "neither"),
        ("orders last month nor mobile", "nor"),
        ("orders excluding neither mobile nor tablet last month", "neither"),
        ("orders neither by device nor by channel last month", "nor"),
        ("orders neither in May nor in April", "neither"),
        ("revenue over two campaigns last month", "over two"),  # not campaigns with a revenue over 2
        ("Umsatz über eine Kampagne letzten Monat", "Kampagne"),
        ("clicks of the five campaigns with the most spend last month", "five"),  # not by clicks
        ("five channels last month by revenue", "five"),
        ("campaigns with more clicks than last month", "more"),  # which ones isn't how many
        ("customers with more orders than last year last month", "more"),
        ("more orders on mobile last week than on desktop the week before", "more"),
        ("did clicks from Google or Meta get better last month", "better"),  # perhaps than before
        ("are clicks of Google or Meta higher last month", "higher"),
        ("no more orders from Germany or Austria last month", "more"),
        ("which campaigns are better for clicks, Google or Meta", "better"),
        ("is Germany or mobile better for orders last month", "better"),
        ("average orders last month", "average"),
        ("average MRR growth last year", "average"),  # not the growth of the year
        ("revenue from the third half of 2025", "third"),
    ],
)
def test_half_of_a_phrase_is_reported_as_unread(text: str, left: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert not reading.asks
    assert left in reading.left


@pytest.mark.parametrize("text", ["revenue Q1 vs Q2 2025", "Umsatz im ersten Quartal gegenüber Q2 letztes Jahr"])
def test_a_year_after_the_second_period_can_apply_to_the_first_too(text: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    compared = [{"to": days("2025-04-01", "2025-06-30")}]
    truths = [
        {"metrics": ["net_revenue"], "time": days(f"{year}-01-01", f"{year}-03-31"), "compare": compared}
        for year in (2026, 2025)
    ]
    offered = reading.asks[0].readings
    assert len(offered) == 2
    assert all(any(same(question, truth) for question in offered) for truth in truths)


def test_the_same_period_of_a_year_means_another_year() -> None:
    last_year = {"metrics": ["net_revenue"], "time": days("2026-05-01", "2026-05-31"), "compare": [{"to": "last_year"}]}
    assert same(read_as("revenue May vs May 2025").question, last_year)


@pytest.mark.parametrize("text", ["What about the same week last year?", "und im gleichen Zeitraum des Vorjahres?"])
def test_the_same_days_of_last_year_are_compared_with_the_previous_question(text: str) -> None:
    before = {"metrics": ["orders"], "by": ["market"], "time": WEEK}
    assert same(read_as(text, previous=before).question, before | {"compare": [{"to": "last_year"}]})


def test_now_adds_nothing_to_a_follow_up() -> None:
    before = {"metrics": ["orders"], "by": ["market"], "time": WEEK}
    after = before | {"by": ["device"], "where": without("device", "tablet")}
    assert same(read_as("und jetzt nach Gerät, ohne Tablets", previous=before).question, after)


def test_the_share_of_one_member_is_taken_of_all_members() -> None:
    share = {"name": "x", "do": "percent_of_total", "of": "net_revenue"}
    truth = {"metrics": ["net_revenue"], "by": ["device"], "time": MONTH, "calc": [share]}
    assert same(read_as("Anteil von Mobile am Umsatz letzten Monat").question, truth)
    by_channel = {"by": ["channel"], "where": {"dim": "device", "op": "in", "values": ["mobile"]}}
    assert same(read_as("share of mobile revenue by channel last month").question, truth | by_channel)


@pytest.mark.parametrize(
    "text",
    [
        "Anteil von Mobile am Umsatz je Monat dieses Jahr",
        "share of revenue from mobile by month this year",
        "share of mobile in revenue by market last month",
    ],
)
def test_the_share_of_one_member_in_each_group_is_not_the_share_of_each_group(text: str) -> None:
    reading = read_as(text)
    assert reading.question is None
    assert "both breakdowns" in reading.reason
