"""Continuing from a part of an answer: the next question, checked by hand, and that a selected number keeps its
value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.explore.drill import (
    Back,
    back_out,
    break_down,
    drill_options,
    exclude,
    exclude_days,
    keep_only,
    selection_question,
    zoom,
)
from semantic.explore.repairs import does_compile
from semantic.explore.selection import Rest, SelectedRows, select_rows
from semantic.model.definitions import Granularity
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import DATE, AllOf, Between, Breakdown, Condition, Named, NotAny, Operator, Previous, Query
from semantic.query.resolve import BUCKET, Asked, resolve
from semantic.results.result import Result
from tests.copies import copy_shop
from tests.proof import part, part_of
from tests.shop import TODAY, ShopWorkspace, open_shop

MARCH = "2026-03-01..2026-03-31"
SEARCH = Condition("channel", Operator.IN, ("Search",))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


class Answer:
    """An answer over the shop, and the next questions from its rows."""

    def __init__(self, workspace: ShopWorkspace, person: str = "steward", **params: str | list[str]) -> None:
        self.workspace, self.actor = workspace, workspace.people[person]
        texts = {name: [text] if isinstance(text, str) else text for name, text in params.items()}
        self.query = query_from_params(texts)
        self.result: Result = workspace.ask(self.query, self.actor)
        self.seen = workspace.visible(self.actor)
        self.asked: Asked = resolve(self.query, self.seen, today=TODAY)

    @classmethod
    def of(cls, before: Answer, query: Query | None) -> Answer:
        """Return the answer to the next question, for the same person."""
        assert query is not None
        params: dict[str, str | list[str]] = {**query_to_params(query)}
        return cls(before.workspace, before.actor.id, **params)

    def passes(self, query: Query) -> bool:
        return does_compile(query, self.seen, self.workspace.dialect, TODAY)

    def row(self, *key: object, kinds: str = "") -> int:
        """Return the number of the only row with this key."""
        rows = [
            place
            for place, row in enumerate(self.result.rows())
            if tuple(row[column.name] for column in self.result.keys) == key and (not kinds or row[BUCKET] == kinds)
        ]
        (place,) = rows
        return place

    def pick(self, *rows: int, column: str = "") -> SelectedRows:
        picked = select_rows(self.result, rows, self.asked, column=column)
        assert picked is not None
        return picked

    def zoom(self, *rows: int, column: str = "") -> Query | None:
        return zoom(self.pick(*rows, column=column), self.asked, self.passes)

    def keep(self, *rows: int, column: str = "") -> Query | None:
        return keep_only(self.pick(*rows, column=column), self.result, self.asked, self.passes)

    def exclude(self, *rows: int, column: str = "") -> Query | None:
        return exclude(self.pick(*rows, column=column), self.result, self.asked, self.passes)

    def exclude_days(self, *rows: int, column: str = "") -> Query | None:
        return exclude_days(self.pick(*rows, column=column), self.result, self.asked, self.passes)

    def downs(self, *rows: int, column: str = "") -> dict[str, Query | None]:
        picked = self.pick(*rows, column=column)
        available = self.workspace.preflight(self.query, self.actor).available
        ways = drill_options(picked, self.asked, available)
        return {way.label: break_down(picked, way, self.result, self.asked, self.passes) for way in ways}


@pytest.fixture
def ask(workspace: ShopWorkspace) -> Callable[..., Answer]:
    def asked(**params: Any) -> Answer:
        return Answer(workspace, **params)

    return asked


# Keep only, exclude


def test_a_member_can_be_kept_and_excluded(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel")
    search = answer.row("Search")
    assert answer.keep(search) == replace(answer.query, where=SEARCH)
    assert answer.exclude(search) == replace(answer.query, where=Condition("channel", Operator.NOT_IN, ("Search",)))


def test_rows_without_a_value_can_be_kept_and_excluded_as_none(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel")
    nothing, called_none = answer.row(None), answer.row("(none)")
    assert answer.keep(nothing) == replace(answer.query, where=Condition("channel", Operator.IN, (None,)))
    assert answer.keep(called_none) == replace(answer.query, where=Condition("channel", Operator.IN, ("(none)",)))
    assert answer.exclude(nothing) == replace(answer.query, where=Condition("channel", Operator.NOT_IN, (None,)))


def test_several_members_are_one_filter(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel")
    both = (answer.row("Search"), answer.row("Mail"))
    assert answer.keep(*both) == replace(answer.query, where=Condition("channel", Operator.IN, ("Search", "Mail")))
    assert answer.exclude(*both) == replace(
        answer.query, where=Condition("channel", Operator.NOT_IN, ("Search", "Mail"))
    )


def test_a_narrower_filter_replaces_a_wider_one(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", f=["channel:in:Search,Social,Mail", "device:in:mobile"])
    device = Condition("device", Operator.IN, ("mobile",))
    assert answer.keep(answer.row("Search")) == replace(answer.query, where=AllOf((SEARCH, device)))
    left = Condition("channel", Operator.IN, ("Social", "Mail"))
    assert answer.exclude(answer.row("Search")) == replace(answer.query, where=AllOf((left, device)))


def test_earlier_exclusions_stay(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", f="channel:not_in:Mail,null")
    assert answer.keep(answer.row("Search")) == replace(answer.query, where=SEARCH)
    assert answer.exclude(answer.row("Search")) == replace(
        answer.query, where=Condition("channel", Operator.NOT_IN, ("Mail", None, "Search"))
    )


def test_a_weekday_can_be_kept_and_excluded_and_then_another(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:part.dow", t="2026-03-01..2026-04-30")
    saturday = Condition("date__extract_dow", Operator.IN, (6,))
    assert answer.keep(answer.row(6)) == replace(answer.query, where=saturday)
    without = Condition("date__extract_dow", Operator.NOT_IN, (6,))
    assert answer.exclude(answer.row(6)) == replace(answer.query, where=without)
    answer = ask(m="revenue", by="date:part.dow", t="2026-03-01..2026-04-30", f="date__extract_dow:not_in:6")
    assert answer.exclude(answer.row(7)) == replace(answer.query, where=replace(without, values=(6, 7)))


def test_a_calendars_period_is_kept_by_its_first_day(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:retail_month", t="2026-03-01..2026-05-02")
    march = Condition("date__retail_month", Operator.IN, ("2026-03-01",))
    assert answer.keep(answer.row(date(2026, 3, 1))) == replace(answer.query, where=march)


def test_a_numbered_day_of_the_period_cannot_be_a_filter(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:part.day_number", t="2026-03-01..2026-03-31")
    assert select_rows(answer.result, [0], answer.asked) is None


def test_an_unrelated_filter_stays(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", f="channel:contains:S")
    part = Condition("channel", Operator.CONTAINS, ("S",))
    assert answer.keep(answer.row("Search")) == replace(answer.query, where=AllOf((part, SEARCH)))


def test_no_offered_step_leaves_nothing_or_changes_nothing(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", f="channel:in:Search")
    assert answer.exclude(0) is None
    assert answer.keep(0) is None
    unfiltered = ask(m="units", by="device", f="device:in:mobile,desktop")
    assert unfiltered.exclude(*range(unfiltered.result.table.num_rows)) is None


def test_a_pair_of_members_is_excluded_as_a_pair(ask: Callable[..., Answer]) -> None:
    """Search on mobile is left out. Search on other devices stays, and so does mobile in other channels."""
    answer = ask(m="revenue", by="channel,device")
    pair = answer.row("Search", "mobile")
    mobile = Condition("device", Operator.IN, ("mobile",))
    assert answer.keep(pair) == replace(answer.query, where=AllOf((SEARCH, mobile)))
    without = answer.exclude(pair)
    assert without == replace(answer.query, where=NotAny(AllOf((SEARCH, mobile))))
    assert without is not None
    after = answer.workspace.ask(without, answer.actor)
    assert sum(after.table.column("revenue").to_pylist()) == 10225.50 - (10 + 160 + 5120)


def test_a_cell_of_one_breakdown_pins_only_that_breakdown(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel,device")
    pair = answer.row("Search", "mobile")
    assert answer.keep(pair, column="channel") == replace(answer.query, where=SEARCH)


def test_pairs_that_do_not_form_a_grid_are_kept_as_pairs(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel,device")
    kept = answer.keep(answer.row("Search", "mobile"), answer.row("Walk-in", "desktop"))
    assert kept is not None
    after = answer.workspace.ask(kept, answer.actor)
    assert sum(after.table.column("revenue").to_pylist()) == 10 + 160 + 5120 + 80


# Totals, Other, comparisons


def test_a_grand_total_pins_nothing_and_a_subtotal_pins_its_group(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel,device", tot="grand,channel")
    grand = answer.row(None, None, kinds="total,total")
    assert answer.keep(grand) is None
    assert answer.exclude(grand) is None
    of_search = answer.row("Search", None, kinds="member,total")
    assert answer.keep(of_search) == replace(answer.query, where=SEARCH)


def test_other_is_what_the_top_leaves_out(ask: Callable[..., Answer]) -> None:
    """Search (5330) and Social (2580) are the top. The rest is 10225.50 minus these two."""
    answer = ask(m="revenue", by="channel", top="channel:2:revenue")
    other = answer.row(None, kinds="other")
    named = Condition("channel", Operator.NOT_IN, ("Search", "Social"))
    inside = answer.keep(other)
    assert inside is not None
    assert inside == replace(answer.query, where=named)
    total = answer.workspace.ask(replace(inside, by=(), top=None), answer.actor)
    assert total.rows()[0]["revenue"] == 10225.50 - 5330 - 2580
    assert answer.exclude(other) == replace(answer.query, where=Condition("channel", Operator.IN, ("Search", "Social")))


def test_other_within_another_breakdown_is_pinned_by_both(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="device,channel", top="channel:1:revenue:within=device")
    mobile_rest = answer.row("mobile", None, kinds="member,other")
    inside = answer.keep(mobile_rest)
    assert inside is not None
    total = answer.workspace.ask(replace(inside, by=(), top=None), answer.actor)
    assert total.rows()[0]["revenue"] == 20 + 2560 + 640  # mobile without Search
    assert answer.keep(mobile_rest, column="channel") is None


def test_other_cannot_be_pinned_if_a_limit_hides_members_of_the_top(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", top="channel:3:revenue", n="2")
    other = answer.row(None, kinds="other")
    assert answer.keep(other) is None
    assert answer.exclude(other) is None


def test_the_number_of_a_comparison_has_other_days(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel,date:month", t="2026-03-01..2026-04-30", c="previous")
    row, earlier = answer.row("Search", date(2026, 3, 1)), "revenue_previous"
    assert answer.keep(row, column=earlier) == replace(answer.query, where=SEARCH)
    assert answer.zoom(row, column=earlier) is None
    assert answer.downs(row, column=earlier) == {}
    assert answer.zoom(row) is not None


# Zoom


def test_a_week_opens_as_its_days(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel,date:week", t="2026-03-02..2026-04-05", tot="date_week", o="date_week!")
    row = answer.row("Search", date(2026, 3, 30))
    zoomed = answer.zoom(row)
    assert zoomed is not None
    assert zoomed.time == Between(date(2026, 3, 30), date(2026, 4, 5))
    assert zoomed.by == (Breakdown("channel"), Breakdown(DATE, Granularity.DAY))
    assert zoomed.totals == (("date_day",),)
    assert [order.by for order in zoomed.order] == ["date_day"]


def test_a_selection_of_many_periods_keeps_them(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:day", t="2026-01-01..2026-04-19")
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 15)]
    zoomed = answer.zoom(*(answer.row(day) for day in days))
    assert zoomed == replace(answer.query, time=Between(date(2026, 3, 28), date(2026, 4, 15)))


def test_a_period_that_the_question_cuts_stays_cut(ask: Callable[..., Answer]) -> None:
    """The week of 30 March, requested up to 1 April, has three days."""
    answer = ask(m="revenue", by="date:week", t="2026-03-10..2026-04-01")
    zoomed = answer.zoom(answer.row(date(2026, 3, 30)))
    assert zoomed is not None
    assert zoomed.time == Between(date(2026, 3, 30), date(2026, 4, 1))


def test_an_answer_without_a_date_cannot_be_zoomed_into(ask: Callable[..., Answer]) -> None:
    assert ask(m="revenue", by="channel", t=MARCH).zoom(0) is None
    answer = ask(m="revenue", by="date:month")
    assert answer.zoom(answer.row(None)) is None
    assert answer.downs(answer.row(None)) == {}


def test_a_named_comparison_moves_along(ask: Callable[..., Answer]) -> None:
    """The second week of April is paired with the second week of March, 28 days earlier."""
    answer = ask(m="revenue", by="date:week", t="2026-03-30..2026-04-19", c="2026-03-02..2026-03-22")
    zoomed = answer.zoom(answer.row(date(2026, 4, 13)))
    assert zoomed is not None
    assert zoomed.compare == (Named(date(2026, 3, 16), date(2026, 3, 22)),)


@pytest.mark.parametrize(
    "params",
    [
        {"by": "date:week", "t": "2026-03-30..2026-04-19", "c": "2026-03-02..2026-03-22"},
        {"by": "date:week", "t": "2026-03-30..2026-05-03", "c": "previous"},
        {"by": "date:month,channel", "t": "2026-03-01..2026-04-30", "c": "last_year"},
        {"by": "channel,device", "t": "2026-04-01..2026-04-30", "c": "previous"},
        {"by": "channel", "t": "2026-04-01..2026-04-30", "c": "previous", "tot": "grand"},
    ],
    ids=lambda params: f"{params['by']} {params['c']}",
)
def test_a_picked_number_alone_has_the_same_two_values(ask: Callable[..., Answer], params: dict[str, str]) -> None:
    """Alone, it's compared with the same days as in the answer: 13 April with the partner of that week."""
    answer = ask(m="revenue", **params)
    before = next(column.name for column in answer.result.values if column.compare)
    alone_count = 0
    for place, row in enumerate(answer.result.rows()):
        query = selection_question(answer.pick(place, column="revenue"), answer.result, answer.asked)
        if query is None:
            continue
        alone_count += 1
        result = answer.workspace.ask(query, answer.actor)
        found_before = next(column.name for column in result.values if column.compare)
        (found,) = result.rows()
        assert (found["revenue"], found[found_before]) == (row["revenue"], row[before]), (row, query)
    assert alone_count > 1


def test_a_picked_number_without_a_comparison_is_not_a_change(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", t="2026-03-01..2026-03-31")
    assert selection_question(answer.pick(0), answer.result, answer.asked) is None
    weeks = ask(m="revenue", by="date:week", t="2026-03-23..2026-04-05")
    week = selection_question(weeks.pick(1), weeks.result, weeks.asked)
    assert week is not None
    assert (week.time, week.compare) == (Between(date(2026, 3, 30), date(2026, 4, 5)), (Previous(),))


def test_an_hour_zooms_to_its_day(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:hour", t="2026-03-01..2026-03-31")
    first = answer.result.rows()[0]["date_hour"]
    row = answer.row(first)
    zoomed = answer.zoom(row)
    assert zoomed is not None
    assert zoomed.time == Between(date(2026, 3, 2), date(2026, 3, 2))
    assert answer.downs(row) == {}


# Exclude days


def revenue_without(answer: Answer, query: Query | None) -> dict[object, object]:
    """Return the revenue of each period that remains."""
    assert query is not None
    rows = answer.workspace.ask(query, answer.actor).rows()
    (key,) = (column.name for column in answer.result.keys if column.grain)
    return {row[key]: row["revenue"] for row in rows}


def test_excluding_days_leaves_the_other_numbers_unchanged(ask: Callable[..., Answer]) -> None:
    """March has 10 on the 2nd, 20 on the 28th, 40 on the 29th, 80 on the 30th and 160 on the 31st."""
    answer = ask(m="revenue", by="date:day", t=MARCH)
    last = (answer.row(date(2026, 3, 30)), answer.row(date(2026, 3, 31)))
    query = answer.exclude_days(*last, column="date_day")
    assert query == replace(answer.query, where=Condition("date__day", Operator.NOT_IN, ("2026-03-30", "2026-03-31")))
    assert revenue_without(answer, query) == {date(2026, 3, 2): 10, date(2026, 3, 28): 20, date(2026, 3, 29): 40}

    again = Answer.of(answer, query)
    query = again.exclude_days(again.row(date(2026, 3, 2)))
    assert query is not None
    days = ("2026-03-30", "2026-03-31", "2026-03-02")
    assert query.where == Condition("date__day", Operator.NOT_IN, days)
    assert revenue_without(again, query) == {date(2026, 3, 28): 20, date(2026, 3, 29): 40}


def test_a_whole_week_is_excluded_together_with_existing_filters(ask: Callable[..., Answer]) -> None:
    """Of the mobile orders, 10 are in the week of 2 March, 20 in the week of the 23rd, and 160 in the
    week of the 30th.
    """
    answer = ask(m="revenue", by="date:week", t=MARCH, f="device:in:mobile")
    query = answer.exclude_days(answer.row(date(2026, 3, 23)))
    device = Condition("device", Operator.IN, ("mobile",))
    week = Condition("date__week", Operator.NOT_IN, ("2026-03-23",))
    assert query == replace(answer.query, where=AllOf((device, week)))
    assert revenue_without(answer, query) == {date(2026, 3, 2): 10, date(2026, 3, 30): 160}


def test_many_days_are_excluded_from_the_first_to_the_last(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="date:day", t="2026-03-01..2026-04-30")
    days = [row["date_day"] for row in answer.result.rows()]
    assert days[1:7] == [
        date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 15),
    ]  # fmt: skip
    query = answer.exclude_days(*range(1, 7))
    between = Condition("date__day", Operator.BETWEEN, ("2026-03-28", "2026-04-15"))
    assert query == replace(answer.query, where=NotAny(between))
    assert revenue_without(answer, query) == {date(2026, 3, 2): 10, date(2026, 4, 16): -5, date(2026, 4, 30): 1280}
    scattered = answer.exclude_days(0, 1, 2, 3, 4, 6)  # 1 April stays, between the others
    assert scattered is not None
    assert scattered.where == Condition("date__day", Operator.NOT_IN, tuple(str(days[at]) for at in (0, 1, 2, 3, 4, 6)))


def test_days_can_be_excluded_only_if_others_remain(ask: Callable[..., Answer]) -> None:
    assert ask(m="revenue", by="channel", t=MARCH).exclude_days(0) is None
    days = ask(m="revenue", by="date:day", t=MARCH)
    assert days.exclude_days(*range(len(days.result.rows()))) is None
    hours = ask(m="revenue", by="date:hour", t=MARCH)
    assert hours.exclude_days(0) is None
    undated = ask(m="revenue", by="date:month")
    assert undated.exclude_days(undated.row(None)) is None
    compared = ask(m="revenue", by="date:month", t="2026-03-01..2026-04-30", c="previous")
    assert compared.exclude_days(0) is None, "the compared months would keep their days"


# Break down


def test_a_channel_is_broken_down_by_its_campaigns_first(ask: Callable[..., Answer]) -> None:
    answer = ask(m="cost", by="channel,date:month", t="2026-03-01..2026-04-30")
    row = answer.row("Social", date(2026, 3, 1))
    downs = answer.downs(row)
    assert next(iter(downs)) == "Campaign"
    assert "Channel" not in downs
    query = downs["Campaign"]
    assert query == Query(
        metrics=("cost",),
        by=(Breakdown("campaign"),),
        where=Condition("channel", Operator.IN, ("Social",)),
        time=Between(date(2026, 3, 1), date(2026, 3, 31)),
        totals=((),),
    )
    assert query is not None
    after = answer.workspace.ask(query, answer.actor)
    assert {row["campaign"]: row["cost"] for row in after.rows() if "total" not in str(row[BUCKET])} == {
        "İstanbul": 3.0,
        'Café "Olé" d\'or': 2.0,
    }
    assert [row["cost"] for row in after.rows() if "total" in str(row[BUCKET])] == [5.0]


def test_no_personal_or_already_fixed_breakdown_is_offered(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", f="device:in:mobile")
    labels = set(answer.downs(answer.row("Search")))
    assert "Device" not in labels
    assert not labels & {"Customer name", "Email", "Phone"}
    assert "Tier" in labels


def test_a_person_is_offered_only_what_they_can_see(workspace: ShopWorkspace) -> None:
    answer = Answer(workspace, "finn", m="revenue", by="channel")
    labels = set(answer.downs(0))
    assert "Customer name" not in labels
    assert labels <= {dimension.label for dimension in answer.seen.dimensions} | {"Month"}


def test_going_back_undoes_a_breakdown(ask: Callable[..., Answer]) -> None:
    answer = ask(m="cost", by="channel")
    down = answer.downs(answer.row("Social"))["Campaign"]
    assert down is not None
    back = back_out(down, answer.passes)
    assert back == Back("channel", replace(answer.query, totals=((),)))
    assert back_out(answer.query, answer.passes) is None


# What was picked keeps its number


QUESTIONS: list[dict[str, str | list[str]]] = [
    {"m": "revenue,aov,buyers", "by": "channel"},
    {"m": "revenue,buyers,aov", "by": "channel,device"},
    {"m": "revenue,roas,mean_order", "by": "channel,date:month", "t": "2026-03-01..2026-04-30"},
    {"m": "revenue,largest_order", "by": "channel,date:week", "t": "2026-03-10..2026-04-16", "tot": "grand,channel"},
    {"m": "buyers,aov", "by": "channel,device", "top": "channel:2:revenue", "tot": "grand,device"},
    {"m": "revenue,buyers", "by": "device,channel", "top": "channel:1:revenue:within=device"},
    {"m": "revenue,order_count", "by": "order_time:month,channel", "f": "channel:not_in:Search"},
    {"m": "revenue", "by": "country@billing,is_large,size"},
    {"m": "units,line_net", "by": "product,order_time:week"},
    {"m": "revenue,buyers", "by": "date:part.dow", "t": "2026-03-01..2026-04-30", "tot": "grand"},
    {"m": "revenue,order_count", "by": "order_time:part.month,device"},
    {"m": "revenue,people", "by": "date:retail_month", "t": "2026-03-01..2026-05-02"},
]


ASKED = [*(("steward", question) for question in QUESTIONS), ("dora", QUESTIONS[0]), ("finn", QUESTIONS[1])]


@pytest.mark.parametrize(("person", "params"), ASKED, ids=lambda one: one if isinstance(one, str) else str(one["by"]))
def test_a_picked_number_keeps_its_value(
    workspace: ShopWorkspace, person: str, params: dict[str, str | list[str]]
) -> None:
    """Keeping, zooming in and breaking down leave the total unchanged.

    This is checked for some rows and some breakdowns.
    """
    answer = Answer(workspace, person, **params)
    went_on = 0
    rows = answer.result.rows()
    for place in range(0, len(rows), 1 + len(rows) // part(9, one_in=3)):
        row, picked = rows[place], answer.pick(place)
        query = answer.keep(place)
        days = Between(picked.days[0], date.fromordinal(picked.days[1].toordinal() - 1)) if picked.days else None
        if query is not None and not picked.is_undated:
            went_on += 1
            of_days = replace(query, by=(), top=None, totals=(), time=days or query.time)
            _same(answer, of_days, row)
        for query in part_of(list(answer.downs(place).values()), one_in=3):
            assert query is not None
            went_on += 1
            _same(answer, query, row)
    assert went_on > 0


def _same(answer: Answer, query: Query, row: dict[str, Any]) -> None:
    rows: Sequence[dict[str, Any]] = answer.workspace.ask(query, answer.actor).rows()
    total = next((candidate for candidate in rows if "total" in str(candidate.get(BUCKET, ""))), None)
    found_row = total if query.totals else rows[0]
    assert found_row is not None
    for name in answer.query.metrics:
        before, after = row[name], found_row[name]
        assert (before is None) == (after is None) or {before, after} <= {None, 0}, (name, row, query)
        assert before is None or after is None or math.isclose(before, after, rel_tol=1e-9), (name, row, query)


def test_a_row_by_week_and_quarter_covers_the_days_in_both(ask: Callable[..., Answer]) -> None:
    """The week of 30 March is in two quarters: 240 up to the 31st, from o04 and o05, and 320 from the 1st on."""
    answer = ask(m="revenue", by="date:week,date:quarter", t="2026-03-01..2026-04-30")
    row = answer.row(date(2026, 3, 30), date(2026, 1, 1))
    assert answer.pick(row).days == (date(2026, 3, 30), date(2026, 4, 1))
    down = answer.downs(row)["Channel"]
    assert down is not None
    totals = [
        each_row["revenue"]
        for each_row in answer.workspace.ask(down, answer.actor).rows()
        if each_row[BUCKET] == "total"
    ]
    assert totals == [240] == [answer.result.rows()[row]["revenue"]]


def test_the_placeholder_for_no_end_is_not_shown(tmp_path: Path) -> None:
    """The placeholder date for "no end" isn't a finished day. It has no row, and nothing fails."""
    last = "UPDATE orders SET order_day = '9999-12-31', ordered_at = '9999-12-31 10:00:00+00' WHERE order_id = 'o01'"
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", last))
    for grain in ("day", "week", "month", "year"):
        answer = Answer(shop, m="revenue", by=f"date:{grain}")
        days = answer.result.table.column(f"date_{grain}").to_pylist()
        years = [day.year if day else 0 for day in days]
        assert 9999 not in years
        assert select_rows(answer.result, [years.index(2026)], answer.asked) is not None
    shop.close()


def test_a_pin_says_other_apart_from_a_member_called_other(ask: Callable[..., Answer]) -> None:
    answer = ask(m="revenue", by="channel", top="channel:3:revenue")
    assert answer.pick(answer.row("Other")).groups == (((0, "Other"),),)
    assert answer.pick(answer.row(None, kinds="other")).groups == (((0, Rest.OTHER),),)
