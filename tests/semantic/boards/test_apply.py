"""A board's settings applied to a tile's question, over the shop: which apply, which don't, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.boards.applied import NOT_AVAILABLE, TileQuestion
from semantic.boards.apply import asked, course_grain, course_of, with_grain
from semantic.boards.board import BoardState, Tile, TileKind, ValueFilter
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import (
    AllOf,
    Between,
    Breakdown,
    Calculation,
    CalculationKind,
    Condition,
    Last,
    LastYear,
    Operator,
    Order,
    Previous,
    Query,
    Top,
)
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop

MARCH = Between(date(2026, 3, 1), date(2026, 3, 31))
SEARCH = ValueFilter("channel", ("Search",))
GERMANY = ValueFilter("country", ("Germany",), via="billing")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    workspace = open_shop(copy_shop(tmp_path_factory.mktemp("boards") / "shop.duckdb"))
    yield workspace
    workspace.close()


def tile(*metrics: str, kind: TileKind = TileKind.TABLE, keeps: frozenset[str] = frozenset(), **asks: object) -> Tile:
    return Tile(id="t", kind=kind, question=Query(metrics=metrics, **asks), keeps=keeps)  # pyright: ignore[reportArgumentType]


def ask(shop: ShopWorkspace, tile: Tile, state: BoardState, who: str = "steward") -> TileQuestion:
    actor = shop.people[who]
    return asked(tile, state, shop.visible(actor), lambda query: shop.preflight(query, actor), today=shop.today())


def number(shop: ShopWorkspace, question: TileQuestion) -> object:
    assert question.query is not None
    (row,) = shop.ask(question.query, shop.people["steward"]).rows()
    return row[question.query.metrics[0]]


def test_period_and_filters_apply_to_the_tile(shop: ShopWorkspace) -> None:
    question = ask(shop, tile("revenue", kind=TileKind.NUMBER), BoardState(period=MARCH, chosen=(SEARCH,)))
    assert question.ignored == ()
    assert number(shop, question) == 210  # o01 10 + o03 40 + o05 160


def test_a_filter_is_added_to_the_tiles_own(shop: ShopWorkspace) -> None:
    mobile = Condition("device", Operator.IN, ("mobile",))
    question = ask(shop, tile("revenue", where=mobile), BoardState(period=MARCH, chosen=(SEARCH,)))
    assert number(shop, question) == 170  # o01 10 + o05 160
    several = ask(shop, tile("revenue", where=AllOf((mobile, mobile))), BoardState(chosen=(SEARCH, GERMANY)))
    assert several.query is not None
    assert isinstance(several.query.where, AllOf)
    assert len(several.query.where.parts) == 4


def test_inapplicable_settings_are_left_out_and_reported(shop: ShopWorkspace) -> None:
    question = ask(shop, tile("cost"), BoardState(period=MARCH, chosen=(GERMANY, SEARCH)))
    assert number(shop, question) == 5  # k1 alone is of Search
    assert [ignored.what for ignored in question.ignored] == ["Country"]
    assert "Country" in question.ignored[0].reason


def test_settings_that_a_tile_keeps_are_not_overridden(shop: ShopWorkspace) -> None:
    keeps = frozenset({"period", "channel"})
    chart = tile("revenue", keeps=keeps, time=MARCH)
    question = ask(shop, chart, BoardState(period=Last(1, Granularity.MONTH), chosen=(SEARCH,)))
    assert number(shop, question) == 310
    assert [ignored.what for ignored in question.ignored] == ["Period", "Channel"]
    same = ask(shop, chart, BoardState(period=MARCH))
    assert same.ignored == ()  # nothing differs


def test_a_pick_does_not_filter_the_tile_it_was_made_in(shop: ShopWorkspace) -> None:
    mine = BoardState(period=MARCH, picked=(ValueFilter("channel", ("Search",), tile="t"),))
    others = BoardState(period=MARCH, picked=(ValueFilter("channel", ("Search",), tile="other"),))
    assert number(shop, ask(shop, tile("revenue"), mine)) == 310
    assert number(shop, ask(shop, tile("revenue"), others)) == 210


def test_a_granularity_replaces_the_tiles_own_wherever_it_is_named(shop: ShopWorkspace) -> None:
    weekly = Query(
        metrics=("revenue",),
        by=(Breakdown("date", Granularity.WEEK), Breakdown("channel")),
        totals=((), ("date_week",)),
        order=(Order("date_week", desc=True),),
        top=Top(2, "channel", "revenue", within=("date_week",)),
        calc=(Calculation(name="run", do=CalculationKind.RUNNING_TOTAL, of="revenue", along="date_week"),),
    )
    monthly = with_grain(weekly, Granularity.MONTH)
    assert monthly.by == (Breakdown("date", Granularity.MONTH), Breakdown("channel"))
    assert monthly.totals == ((), ("date_month",))
    assert monthly.order == (Order("date_month", desc=True),)
    assert monthly.top is not None
    assert monthly.top.within == ("date_month",)
    assert monthly.calc[0].along == "date_month"
    assert with_grain(Query(metrics=("revenue",)), Granularity.DAY) == Query(metrics=("revenue",))


def test_a_number_ignores_a_granularity_without_a_note(shop: ShopWorkspace) -> None:
    question = ask(shop, tile("revenue", kind=TileKind.NUMBER), BoardState(grain=Granularity.MONTH))
    assert question.ignored == ()
    assert question.query == Query(metrics=("revenue",))


@pytest.mark.parametrize("by", [Breakdown("ad_day", Granularity.MONTH), Breakdown("metric_time__month")])
def test_periods_that_a_granularity_does_not_change_are_reported(shop: ShopWorkspace, by: Breakdown) -> None:
    """Someone who selects weeks but sees months gets a note."""
    question = ask(shop, tile("cost", by=(by,), time=MARCH), BoardState(grain=Granularity.WEEK))
    assert [ignored.what for ignored in question.ignored] == ["Grain"]
    assert question.query is not None
    assert question.query.by == (by,)
    assert ask(shop, tile("cost", by=(by,), time=MARCH), BoardState(grain=Granularity.MONTH)).ignored == ()


def test_a_comparison_that_a_calculation_needs_stays(shop: ShopWorkspace) -> None:
    share = Calculation(name="was", do=CalculationKind.DIFFERENCE, of="revenue", to="revenue_previous")
    chart = tile("revenue", time=MARCH, compare=(Previous(),), calc=(share,))
    assert shop.preflight(chart.question or Query(), shop.people["steward"]).ok
    question = ask(shop, chart, BoardState(compare=()))
    assert [ignored.what for ignored in question.ignored] == ["Compare"]
    assert question.query is not None
    assert question.query.compare == (Previous(),)
    changed = ask(shop, tile("revenue", time=MARCH, compare=(Previous(),)), BoardState(compare=(LastYear(),)))
    assert changed.ignored == ()
    assert changed.query is not None
    assert changed.query.compare == (LastYear(),)


def test_a_hidden_tile_reveals_nothing(shop: ShopWorkspace) -> None:
    for metrics in (("revenue",), ("never_heard_of",)):
        question = ask(shop, tile(*metrics), BoardState(period=MARCH), who="stranger")
        assert (question.query, question.missing, question.ignored) == (None, NOT_AVAILABLE, ())


def test_a_missing_filter_reveals_nothing(shop: ShopWorkspace) -> None:
    question = ask(shop, tile("revenue"), BoardState(period=MARCH, chosen=(ValueFilter("never_heard_of", ("x",)),)))
    assert [ignored.reason for ignored in question.ignored] == ["Not available here."]
    assert number(shop, question) == 310


def test_a_tile_refused_by_itself_blames_no_setting(shop: ShopWorkspace) -> None:
    chart = tile("cost", by=(Breakdown("product"),))
    question = ask(shop, chart, BoardState(period=MARCH))
    assert question.ignored == ()
    assert question.query is not None
    assert not shop.preflight(question.query, shop.people["steward"]).ok


def test_a_tile_about_individuals_is_available_to_no_one(shop: ShopWorkspace) -> None:
    """One example is a tile that was published before the dimension was tagged as personal."""
    ada = Condition("email", Operator.IN, ("ada@example.com",))
    question = ask(shop, tile("revenue", where=ada), BoardState(period=MARCH))
    assert (question.query, question.missing) == (None, NOT_AVAILABLE)


def test_a_text_tile_asks_no_question(shop: ShopWorkspace) -> None:
    words = Tile(id="w", kind=TileKind.TEXT, text="Hello")
    assert ask(shop, words, BoardState(period=MARCH, chosen=(SEARCH,))) == TileQuestion(tile=words, query=None)


def test_a_numbers_trend_adds_up_to_it(shop: ShopWorkspace) -> None:
    query = Query(metrics=("revenue",), time=MARCH, compare=(Previous(),))
    course = course_of(query)
    assert course.by == (Breakdown("date", Granularity.DAY),)
    rows = shop.ask(course, Actor(id="a", roles=frozenset({"steward"}))).rows()
    assert sum(float(str(row["revenue"])) for row in rows) == 310


@pytest.mark.parametrize(
    ("period", "grain"),
    [(Last(13, Granularity.WEEK), Granularity.WEEK), (Last(1, Granularity.YEAR), Granularity.MONTH),
     (Last(2, Granularity.QUARTER), Granularity.WEEK), (Last(1, Granularity.MONTH), Granularity.DAY),
     (Between(date(2026, 1, 1), date(2026, 12, 31)), Granularity.WEEK), (None, Granularity.MONTH)],
)  # fmt: skip
def test_a_trend_has_a_readable_number_of_points(period: Last | Between | None, grain: Granularity) -> None:
    assert course_grain(Query(metrics=("revenue",), time=period)) is grain


METRICS = (
    "revenue",
    "cost",
    "roas",
    "points",
    "median_order",
    "revenue_28d",
    "budget",
    "points_at_end",
    "mails_bought",
)
DIMENSIONS = ("channel", "country", "device", "product", "campaign", "tier", "topic", "door")


@given(
    st.lists(st.sampled_from(METRICS), min_size=1, max_size=2, unique=True),
    st.lists(st.sampled_from(DIMENSIONS), max_size=3, unique=True),
    st.booleans(),
    st.sampled_from([None, Granularity.DAY, Granularity.MONTH]),
)
def test_an_applied_question_is_valid_if_the_tile_is(
    shop: ShopWorkspace, metrics: list[str], dims: list[str], compares: bool, grain: Granularity | None
) -> None:
    chart = tile(*metrics, by=(Breakdown("date", Granularity.MONTH),), time=MARCH)
    actor = shop.people["steward"]
    state = BoardState(
        period=Last(2, Granularity.MONTH),
        compare=(Previous(),) if compares else None,
        grain=grain,
        chosen=tuple(ValueFilter(dim, ("x",)) for dim in dims),
    )
    question = ask(shop, chart, state)
    assert chart.question is not None
    assert question.query is not None
    if shop.preflight(chart.question, actor).ok:
        assert shop.preflight(question.query, actor).ok
        assert len(question.ignored) <= len(dims) + 3
