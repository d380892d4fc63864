"""Pivots made by hand: the answer's row behind each cell, the order of lines, and the totals that they need."""

from __future__ import annotations

from datetime import date
from typing import Any

from semantic.display.pivot import ACROSS, Pivot, default_across, pivot_totals, pivoted
from semantic.query.codec import query_from_params
from semantic.results.result import Result
from tests.semantic.made_results import CHANNEL, COUNTRY, MONTHS, REVENUE, result

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def grid(pivot: Pivot, shown: Result) -> list[list[Any]]:
    numbers = shown.table.column("revenue").to_pylist()
    return [
        [numbers[pivot.cells[r, c]] if (r, c) in pivot.cells else "" for c in range(len(pivot.columns))]
        for r in range(len(pivot.rows))
    ]


def test_each_cell_is_the_row_of_its_two_lines_and_totals_are_those_of_the_rows() -> None:
    """Totals of ratios, for example, aren't sums, so the grid shows the answer's own."""
    rows = [
        (MARCH, "Mail", 1.0), (MARCH, "Search", 2.0), (APRIL, "Mail", 5.0),
        (None, "Mail", 40.0), (None, "Search", 50.0), (MARCH, None, 60.0), (APRIL, None, 70.0), (None, None, 99.0),
    ]  # fmt: skip
    buckets = ["member,member"] * 3 + ["total,member"] * 2 + ["member,total"] * 2 + ["total,total"]
    shown = result([MONTHS, CHANNEL, REVENUE], rows, buckets)
    pivot = pivoted(shown, ["date_month"])
    assert [line.names for line in pivot.columns] == [("Mar 2026",), ("Apr 2026",), ("Total",)]
    assert [line.names for line in pivot.rows] == [("Search",), ("Mail",), ("Total",)]  # by their totals
    assert grid(pivot, shown) == [[2.0, "", 50.0], [1.0, 5.0, 40.0], [60.0, 70.0, 99.0]]


def test_nothing_is_added_up_unless_a_total_was_requested() -> None:
    shown = result([CHANNEL, COUNTRY, REVENUE], [("Search", "DE", 1.0), ("Mail", "DE", 2.0), ("Mail", "FR", 3.0)])
    pivot = pivoted(shown, ["country"])
    assert [line.names for line in pivot.rows] == [("Search",), ("Mail",)]  # as found
    assert grid(pivot, shown) == [[1.0, ""], [2.0, 3.0]]
    assert not any(line.is_total for line in (*pivot.rows, *pivot.columns))


def test_members_named_total_other_and_none_stay_separate_from_the_real_ones() -> None:
    rows = [
        ("Total", "DE", 1.0), ("(none)", "DE", 2.0), (None, "DE", 3.0), ("Other (the rest)", "DE", 4.0),
        (None, "DE", 5.0), (None, "DE", 6.0),
    ]  # fmt: skip
    buckets = ["member,member"] * 2 + ["none,member", "member,member", "other,member", "total,member"]
    shown = result([CHANNEL, COUNTRY, REVENUE], rows, buckets)
    pivot = pivoted(shown, ["country"])
    assert len(pivot.rows) == 6
    assert grid(pivot, shown) == [[1.0], [2.0], [3.0], [4.0], [5.0], [6.0]]
    assert [line.is_total for line in pivot.rows] == [False] * 5 + [True]


def test_groups_stay_together_with_their_total_at_the_end() -> None:
    size = CHANNEL.__class__(name="size", label="Size", role="key", type=CHANNEL.type)
    rows = [
        ("Mail", "S", "DE", 1.0), ("Search", "S", "DE", 9.0), ("Mail", "L", "DE", 4.0),
        ("Mail", None, "DE", 5.0), ("Search", None, "DE", 9.0), (None, None, "DE", 14.0),
    ]  # fmt: skip
    buckets = ["member,member,member"] * 3 + ["member,total,member"] * 2 + ["total,total,member"]
    shown = result([CHANNEL, size, COUNTRY, REVENUE], rows, buckets)
    pivot = pivoted(shown, ["country"])
    assert [line.names for line in pivot.rows] == [
        ("Mail", "S"), ("Mail", "L"), ("Total of Mail", ""), ("Search", "S"), ("Total of Search", ""), ("Total", ""),
    ]  # fmt: skip


def test_too_many_columns_are_cut_and_counted_but_never_the_total() -> None:
    rows = [("Search", f"C{place:02}", float(place)) for place in range(ACROSS + 6)] + [("Search", None, 1.0)]
    buckets = ["member,member"] * (ACROSS + 6) + ["member,total"]
    pivot = pivoted(result([CHANNEL, COUNTRY, REVENUE], rows, buckets), ["country"])
    assert len(pivot.columns) == ACROSS
    assert pivot.columns_left_out == 7
    assert pivot.columns[-1].is_total


def test_the_date_goes_across_or_else_the_breakdown_with_the_fewest_values() -> None:
    dated = result([MONTHS, CHANNEL, REVENUE], [(MARCH, "Mail", 1.0)])
    assert default_across(dated) == ("date_month",)
    shown = result([CHANNEL, COUNTRY, REVENUE], [("Search", "DE", 1.0), ("Mail", "DE", 2.0)])
    assert default_across(shown) == ("country",)


def test_a_pivot_asks_for_the_totals_it_shows() -> None:
    two = query_from_params({"m": ["revenue"], "by": ["channel,date:month"]})
    assert set(pivot_totals(two, ["date_month"])) == {(), ("channel",), ("date_month",)}
    three = query_from_params({"m": ["revenue"], "by": ["channel,device,date:month"]})
    assert set(pivot_totals(three, ["date_month"])) == {
        (), ("channel",), ("date_month",), ("channel", "date_month"), ("channel", "device"),
    }  # fmt: skip
    top = query_from_params({"m": ["revenue"], "by": ["device,channel"], "top": ["channel:2:revenue:within=device"]})
    assert set(pivot_totals(top, ["channel"])) == {(), ("device",)}
