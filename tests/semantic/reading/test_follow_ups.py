"""Texts that continue the previous question: what they change, and that everything else stays."""

from typing import Any

import pytest

from tests.semantic.reading.reader import read_as, same

BEFORE: dict[str, Any] = {"metrics": ["net_revenue"], "by": ["channel"], "time": {"last": 1, "unit": "month"}}
AUSTRIA = {"dim": "market", "op": "in", "values": ["AT"]}
BY_WEEK = {"dim": "date", "grain": "week"}


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("and by device?", {"by": ["device"]}),
        ("und nach Gerät?", {"by": ["device"]}),
        ("by week", {"by": ["channel", BY_WEEK]}),
        ("weekly please", {"by": ["channel", BY_WEEK]}),
        ("vs last year", {"compare": [{"to": "last_year"}]}),
        ("compared to the month before", {"compare": [{"to": "previous"}]}),
        ("compared to the previous month", {"compare": [{"to": "previous"}]}),
        ("und im Vergleich zum Vormonat?", {"compare": [{"to": "previous"}]}),
        ("only Austria", {"where": AUSTRIA}),
        ("nur Österreich", {"where": AUSTRIA}),
        ("without direct", {"where": {"dim": "channel", "op": "not_in", "values": ["Direct"]}}),
        ("last week", {"time": {"last": 1, "unit": "week"}}),
        ("and in April?", {"time": {"from": "2026-04-01", "to": "2026-04-30"}}),
        ("in GBP", {"currency": "GBP"}),
        ("in percent of total", {"calc": [{"name": "x", "do": "percent_of_total", "of": "net_revenue"}]}),
        ("top 3", {"top": {"n": 3, "dim": "channel", "metric": "net_revenue", "other": False}}),
        ("and orders?", {"metrics": ["orders"]}),
        ("now for orders", {"metrics": ["orders"]}),
        ("same for orders", {"metrics": ["orders"]}),
        ("same thing for last week", {"time": {"last": 1, "unit": "week"}}),
        ("sort by orders", {"metrics": ["net_revenue", "orders"], "order": [{"by": "orders", "desc": True}]}),
        ("lowest first", {"order": [{"by": "net_revenue"}]}),
    ],
)
def test_a_follow_up_changes_one_thing(text: str, change: dict[str, Any]) -> None:
    assert same(read_as(text, previous=BEFORE).question, BEFORE | change)


def test_only_the_period_right_after_versus_is_compared() -> None:
    before = {"metrics": ["net_revenue"], "time": {"last": 1, "unit": "month"}}
    devices = {"dim": "device", "op": "in", "values": ["mobile", "desktop"]}
    reading = read_as("mobile vs desktop, previous month", previous=before)
    assert same(reading.question, before | {"by": ["device"], "where": devices})
    assert read_as("orders vs the previous month", previous=before).question is None


def test_a_filter_replaces_the_one_on_the_same_dimension() -> None:
    device = {"dim": "device", "op": "in", "values": ["mobile"]}
    germany = {"dim": "market", "op": "in", "values": ["DE"]}
    before = BEFORE | {"where": {"and": [germany, device]}}
    assert same(read_as("only Austria", previous=before).question, BEFORE | {"where": {"and": [device, AUSTRIA]}})


def test_a_top_after_limits_is_of_the_groups_that_meet_them() -> None:
    limits = {"having": [{"metric": "orders", "op": ">", "value": 40}]}
    best = {"order": [{"by": "net_revenue", "desc": True}], "limit": 3}
    assert same(read_as("top 3", previous=BEFORE | limits).question, BEFORE | limits | best)


def test_another_breakdown_keeps_the_dates_and_other_dates_keep_the_breakdown() -> None:
    monthly = {"metrics": ["orders"], "by": [{"dim": "date", "grain": "month"}], "time": {"to_date": "year"}}
    split = monthly | {"by": [{"dim": "date", "grain": "month"}, "device"]}
    assert same(read_as("split by device", previous=monthly).question, split)
    assert same(read_as("weekly", previous=split).question, monthly | {"by": [BY_WEEK, "device"]})


def test_money_instead_of_a_count_means_the_metric_of_the_same_rows() -> None:
    before = {"metrics": ["lost_opportunities"], "time": {"last": 1, "unit": "quarter"}}
    assert same(read_as("in euros instead of deals", previous=before).question, before | {"metrics": ["lost_amount"]})


def test_a_complete_question_does_not_continue_the_previous_one() -> None:
    truth = {"metrics": ["sessions"], "by": ["device"], "time": {"last": 1, "unit": "week"}}
    assert same(read_as("sessions by device last week", previous=BEFORE).question, truth)


def test_without_a_previous_question_there_is_nothing_to_continue() -> None:
    assert read_as("vs last year").question is None
    assert read_as("only Austria").question is None
