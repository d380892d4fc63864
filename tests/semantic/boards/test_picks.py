"""What a click on a tile's marks selects, over the shop: members as filters, or nothing if no filter is exact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from semantic.boards.board import ValueFilter
from semantic.boards.picks import picked, rows_picked
from semantic.query.data import query_from_data
from semantic.query.resolve import resolve
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def pick(
    shop: ShopWorkspace, where: Sequence[Mapping[str, object]], column: str = "", **asks: object
) -> tuple[ValueFilter, ...]:
    """Return the picks for the rows with these values."""
    steward = shop.people["steward"]
    query = query_from_data(asks)
    result = shop.ask(query, steward)
    rows = [row for row, each_row in enumerate(result.rows()) for it in where if it.items() <= each_row.items()]
    assert rows
    seen = shop.visible(steward)
    return picked(result, rows, resolve(query, seen, today=shop.today()), seen, tile="t", column=column)


MONTHLY = {"dim": "date", "grain": "month"}


def test_a_bar_picks_its_member(shop: ShopWorkspace) -> None:
    choices = pick(shop, [{"channel": "Search"}], metrics=["revenue"], by=["channel"])
    assert choices == (ValueFilter("channel", ("Search",), tile="t"),)


def test_several_bars_pick_their_members_including_none(shop: ShopWorkspace) -> None:
    choices = pick(shop, [{"channel": "Search"}, {"channel": None}], metrics=["revenue"], by=["channel"])
    assert [set(choice.values) for choice in choices] == [{"Search", None}]


def test_a_point_of_a_line_picks_the_lines_member(shop: ShopWorkspace) -> None:
    choices = pick(shop, [{"channel": "Search"}], metrics=["revenue"], by=["channel", MONTHLY])
    assert choices == (ValueFilter("channel", ("Search",), tile="t"),)


def test_days_alone_pick_nothing(shop: ShopWorkspace) -> None:
    steward = shop.people["steward"]
    query = query_from_data({"metrics": ["revenue"], "by": [MONTHLY]})
    result, seen = shop.ask(query, steward), shop.visible(steward)
    assert picked(result, [0], resolve(query, seen, today=shop.today()), seen, tile="t") == ()


def test_a_part_of_another_date_is_not_a_member_of_that_date(shop: ShopWorkspace) -> None:
    """Orders are broken down by the day of the week, and "is 3" can't be a filter on the date."""
    by = [{"dim": "order_time", "part": "dow"}, "channel"]
    choices = pick(shop, [{"channel": "Search"}], metrics=["revenue"], by=by)
    assert {choice.dim for choice in choices} == {"channel"}


def test_a_cell_of_two_breakdowns_picks_a_member_of_each(shop: ShopWorkspace) -> None:
    cell = {"channel": "Search", "device": "mobile"}
    asks: dict[str, Any] = {"metrics": ["revenue"], "by": ["channel", "device"]}  # Any: a question's JSON
    assert {(choice.dim, choice.values) for choice in pick(shop, [cell], **asks)} == {
        ("channel", ("Search",)), ("device", ("mobile",)),
    }  # fmt: skip
    assert pick(shop, [cell], column="device", **asks) == (ValueFilter("device", ("mobile",), tile="t"),)


def test_cells_that_no_two_filters_make_together_pick_nothing(shop: ShopWorkspace) -> None:
    """Search on a phone and (none) on a desktop isn't the same as "Search or (none)" with "phone or desktop"."""
    cells = [
        {"channel": "Search", "device": "mobile"}, {"channel": None, "device": "desktop"},
    ]  # fmt: skip
    assert pick(shop, cells, metrics=["revenue"], by=["channel", "device"]) == ()


def test_other_and_totals_pick_nothing(shop: ShopWorkspace) -> None:
    top = {"n": 1, "dim": "channel", "metric": "revenue", "other": True}
    assert pick(shop, [{"bucket": "other"}], metrics=["revenue"], by=["channel"], top=top) == ()
    assert pick(shop, [{"bucket": "total"}], metrics=["revenue"], by=["channel"], totals=["grand"]) == ()


def test_the_join_path_to_a_dimension_is_kept_in_the_pick(shop: ShopWorkspace) -> None:
    by = [{"dim": "country", "via": "billing"}]
    (choice,) = pick(shop, [{"bucket": "member"}], metrics=["revenue"], by=by)
    assert (choice.dim, choice.via) == ("country", "billing")


def test_people_are_never_picked(shop: ShopWorkspace) -> None:
    """A board can't filter by a person."""
    choices = pick(shop, [{"bucket": "member"}], metrics=["revenue"], by=["email"])
    assert choices == ()


def test_a_person_cannot_be_picked_by_another_name_either(shop: ShopWorkspace) -> None:
    """`customer__email` is a customer's email address, and `customer__tier` is the customer's tier."""
    assert pick(shop, [{"bucket": "member"}], metrics=["revenue"], by=["customer__email"]) == ()
    (choice,) = pick(shop, [{"customer__tier": "gold"}], metrics=["revenue"], by=["customer__tier"])
    assert choice == ValueFilter("tier", ("gold",), via="customer", tile="t")


def marked(shop: ShopWorkspace, chosen: Sequence[ValueFilter], **asks: object) -> list[tuple[object, ...]]:
    """Return the keys of the rows that these picks select."""
    steward = shop.people["steward"]
    query = query_from_data(asks)
    result, seen = shop.ask(query, steward), shop.visible(steward)
    rows = rows_picked(result, chosen, resolve(query, seen, today=shop.today()), seen)
    return [tuple(result.rows()[row][key.name] for key in result.keys) for row in rows]


def test_a_pick_marks_only_the_rows_of_its_members(shop: ShopWorkspace) -> None:
    asks = {"metrics": ["revenue"], "by": ["channel"], "totals": ["grand"]}
    assert marked(shop, [ValueFilter("channel", ("Search",))], **asks) == [("Search",)]
    assert set(marked(shop, [ValueFilter("channel", ("Search", None))], **asks)) == {("Search",), (None,)}
    assert marked(shop, [ValueFilter("channel", ("Nowhere",))], **asks) == []
    assert marked(shop, [ValueFilter("device", ("mobile",))], **asks) == []
    assert marked(shop, [], **asks) == []


def test_a_pick_of_two_breakdowns_marks_the_rows_of_both(shop: ShopWorkspace) -> None:
    asks = {"metrics": ["revenue"], "by": ["channel", "device"]}
    both = [ValueFilter("channel", ("Search",)), ValueFilter("device", ("mobile",))]
    assert marked(shop, both, **asks) == [("Search", "mobile")]
    assert {group[0] for group in marked(shop, both[:1], **asks)} == {"Search"}


def test_a_pick_of_a_line_marks_all_its_points(shop: ShopWorkspace) -> None:
    marks = marked(shop, [ValueFilter("channel", ("Search",))], metrics=["revenue"], by=["channel", MONTHLY])
    assert len(marks) > 1
    assert {one[0] for one in marks} == {"Search"}
