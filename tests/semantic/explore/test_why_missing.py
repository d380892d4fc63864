"""Why a member is missing from an answer: each reason over the shop's rows, confirmed by hand-written SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.explore.why_missing import Why, days_with_rows, find_emptying_filters, why_missing
from semantic.model.definitions import Granularity
from semantic.query.query import (
    DATE,
    AllOf,
    Between,
    Breakdown,
    Condition,
    InSegment,
    MetricFilter,
    Operator,
    Order,
    Previous,
    Query,
    Top,
)
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import open_shop, shop_sql

CHANNEL = Breakdown("channel")
REVENUE = Query(metrics=("revenue",), by=(CHANNEL,))
MARCH = Between(date(2026, 3, 1), date(2026, 3, 31))
FRIDGES = Condition("device", Operator.IN, ("fridge",))
NOT_SEARCH = Condition("channel", Operator.NOT_IN, ("Search",))

Ask = Callable[[Query], Result]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def ask(workspace: Workspace) -> Ask:
    return lambda query: workspace.ask(query, workspace.people["steward"])


def by_hand(sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of hand-written SQL over the shop's tables."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        connection.execute(shop_sql())
        return connection.execute(sql).fetchall()


def test_a_member_with_a_number_is_present(ask: Ask) -> None:
    assert why_missing(REVENUE, CHANNEL, "Mail", ask).why is Why.PRESENT


def test_a_member_without_a_number_of_these_metrics_has_none(ask: Ask) -> None:
    both = replace(REVENUE, metrics=("revenue", "cost"))
    assert why_missing(both, CHANNEL, "Radio", ask).why is Why.PRESENT  # a cost
    assert why_missing(REVENUE, CHANNEL, "Radio", ask).why is Why.NO_ROWS
    assert by_hand("select count(*) from orders join channels using (channel_key) where channel = 'Radio'") == [(0,)]


def test_other_days_are_reported_with_the_first_and_the_last(ask: Ask) -> None:
    missing = why_missing(replace(REVENUE, time=MARCH), CHANNEL, "Other", ask)
    (days,) = by_hand(
        "select min(cast(ordered_at as date)), max(cast(ordered_at as date)) from orders join channels"
        " using (channel_key) where channel = 'Other' and not is_test"
    )
    assert (missing.why, missing.first, missing.last) == (Why.OTHER_DAYS, *days)
    assert missing.with_it == REVENUE
    assert "Other" in ask(REVENUE).table.column("channel").to_pylist()


def test_only_the_filter_that_removes_the_member_is_named(ask: Ask) -> None:
    big = Condition("device", Operator.NOT_IN, ("kiosk",))
    query = replace(REVENUE, where=AllOf((big, NOT_SEARCH)))
    missing = why_missing(query, CHANNEL, "Search", ask)
    assert (missing.why, missing.filters, missing.together) == (Why.FILTER, (NOT_SEARCH,), False)
    assert missing.with_it == replace(REVENUE, where=big)
    assert why_missing(query, CHANNEL, "Social", ask).why is Why.PRESENT


def test_filters_that_remove_the_member_only_together_are_all_named(ask: Ask) -> None:
    both = (FRIDGES, NOT_SEARCH)
    missing = why_missing(replace(REVENUE, where=AllOf(both)), CHANNEL, "Search", ask)
    assert (missing.why, missing.filters, missing.together) == (Why.FILTER, both, True)
    assert missing.with_it == REVENUE


def test_a_member_below_the_top_is_reported_with_its_rank(ask: Ask) -> None:
    missing = why_missing(replace(REVENUE, top=Top(2, "channel", "revenue")), CHANNEL, "Mail", ask)
    ranked = by_hand(
        "select coalesce(channel, 'nobody') from orders left join channels using (channel_key) where not is_test"
        " group by 1 order by sum(amount) desc"
    )
    assert (missing.why, missing.place, missing.of) == (Why.BELOW_TOP, 1 + ranked.index(("Mail",)), len(ranked))
    assert missing.with_it == REVENUE


def test_a_member_below_the_limit_is_reported_with_its_position(ask: Ask) -> None:
    upwards = replace(REVENUE, order=(Order("revenue"),), limit=2)
    assert why_missing(upwards, CHANNEL, "Mail", ask).why is Why.PRESENT  # -5, then 0.50
    missing = why_missing(upwards, CHANNEL, "Search", ask)
    assert (missing.why, missing.place, missing.of) == (Why.BELOW_LIMIT, 7, 7)


def test_a_filter_on_values_is_named(ask: Ask) -> None:
    large = MetricFilter("revenue", ">", (1000,))
    missing = why_missing(replace(REVENUE, having=(large,)), CHANNEL, "Mail", ask)
    assert (missing.why, missing.having, missing.with_it) == (Why.METRIC_FILTER, (large,), REVENUE)
    assert why_missing(replace(REVENUE, having=(large,)), CHANNEL, "Search", ask).why is Why.PRESENT


def test_an_unknown_value_occurs_on_no_day(ask: Ask) -> None:
    assert why_missing(replace(REVENUE, time=MARCH), CHANNEL, "Fax", ask).why is Why.NOT_A_VALUE


def test_none_is_a_member_too(ask: Ask) -> None:
    assert why_missing(REVENUE, CHANNEL, None, ask).why is Why.PRESENT
    assert why_missing(replace(REVENUE, time=Between(date(2026, 3, 1), date(2026, 3, 30))), CHANNEL, None, ask).why is (
        Why.OTHER_DAYS
    )


def test_hidden_rows_change_no_message(tmp_path: Path, workspace: Workspace) -> None:
    """Dora sees customers who live in Germany. Walk-in has one order, by someone in France."""
    without_it = open_shop(copy_shop(tmp_path / "shop.duckdb", "delete from orders where channel_key = 'c5'"))
    try:
        for value in ("Walk-in", "Fax", "Mail", "Search"):
            for query in (REVENUE, replace(REVENUE, time=MARCH), replace(REVENUE, where=NOT_SEARCH)):
                said = [
                    why_missing(query, CHANNEL, value, lambda asked, one=one: one.ask(asked, one.people["dora"]))
                    for one in (workspace, without_it)
                ]
                assert said[0] == said[1]
    finally:
        without_it.close()


# Everything


def test_the_filter_that_empties_an_answer_is_named_with_the_rows_without_it(ask: Ask) -> None:
    query = replace(REVENUE, where=AllOf((FRIDGES, NOT_SEARCH)))
    (emptied,) = find_emptying_filters(query, ask)
    rows = by_hand(
        "select distinct channel from orders left join channels using (channel_key)"
        " where not is_test and channel is distinct from 'Search'"
    )
    assert (emptied.part, emptied.rows) == (FRIDGES, len(rows))


def test_filters_that_empty_it_only_together_are_not_named_alone(ask: Ask) -> None:
    mail = Condition("channel", Operator.IN, ("Mail",))
    large = MetricFilter("revenue", ">", (1,))
    both = find_emptying_filters(replace(REVENUE, where=mail, having=(large,)), ask)
    assert {(type(emptied.part), emptied.rows) for emptied in both} == {(Condition, 5), (MetricFilter, 1)}
    fridge = find_emptying_filters(
        replace(
            REVENUE,
            where=AllOf((FRIDGES, Condition("device", Operator.IN, ("oven",)))),
        ),
        ask,
    )
    assert fridge == ()


def test_reported_days_do_not_depend_on_the_requested_days(ask: Ask) -> None:
    asked = replace(REVENUE, by=(Breakdown(DATE, Granularity.WEEK),), time=Between(date(2020, 1, 1), date(2020, 2, 1)))
    (days,) = by_hand(
        "select min(cast(ordered_at as date)), max(cast(ordered_at as date)) from orders where not is_test"
    )
    assert days_with_rows(asked, ask) == days


def test_the_suggested_question_runs_and_has_the_member(ask: Ask) -> None:
    """A question over all days has no comparison. If a top would then cut off the member, the top is removed, too."""
    compared = replace(REVENUE, time=MARCH, compare=(Previous(),), top=Top(1, "channel", "revenue"))
    missing = why_missing(compared, CHANNEL, "Other", ask)
    assert (missing.why, missing.with_it) == (Why.OTHER_DAYS, REVENUE)
    filtered = replace(
        REVENUE, where=Condition("channel", Operator.NOT_IN, ("Mail",)), limit=2, order=(Order("revenue", True),)
    )
    missing = why_missing(filtered, CHANNEL, "Mail", ask)
    assert missing.why is Why.FILTER
    assert missing.with_it == replace(filtered, where=None, limit=None)


def test_a_member_of_the_top_without_a_value_is_present(ask: Ask) -> None:
    """Mail has no cost, and the top has room for it next to Search."""
    query = Query(
        metrics=("revenue",), by=(CHANNEL,), where=Condition("channel", Operator.IN, ("Mail", "Search")),
        top=Top(2, "channel", "cost"),
    )  # fmt: skip
    assert {row["channel"] for row in ask(query).rows()} >= {"Mail", "Search"}
    assert why_missing(query, CHANNEL, "Mail", ask).why is Why.PRESENT


def test_the_metric_of_a_top_is_ranked_next_to_the_others(workspace: Workspace) -> None:
    """Ads alone can't be filtered by a segment of customers, but together with orders they can.

    In the 30 days to 19 April, u1, u4, u5 and u9 clicked, and all except u4 had orders by then.
    """

    def ask(query: Query) -> Result:
        return workspace.ask(query, workspace.people["steward"], today=date(2026, 4, 20))

    query = Query(
        metrics=("revenue",),
        by=(CHANNEL,),
        where=InSegment("recent_clickers"),
        top=Top(1, "channel", "cost", other=False),
    )
    shown = ask(query).table.column("channel").to_pylist()
    everything = ask(replace(query, top=None)).table.column("channel").to_pylist()
    (absent, *_) = [value for value in everything if value not in shown]
    missing = why_missing(query, CHANNEL, absent, ask)
    assert (missing.why, missing.with_it) == (Why.BELOW_TOP, replace(query, top=None))
