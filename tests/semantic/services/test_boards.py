"""Boards under a policy: the ones that a list names, what each tile asks, what can be published, and saved settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from semantic.boards.applied import NOT_AVAILABLE
from semantic.boards.board import Board, BoardState, Row, Shared, Tab, Tile, TileKind, ValueFilter
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownBoard
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Condition, Last, Operator, Period, Query, ToDate
from semantic.services.boards import NOT_PUBLISHED, BoardWork, search_boards
from semantic.store.boards.states import keep_state
from semantic.store.boards.versions import keep_board_draft, publish_board
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.spaces.spaces import MINE, list_spaces, make_space
from tests.copies import copy_shop, empty_store
from tests.shop import ShopWorkspace, open_shop

START = BoardState(period=Last(2, Granularity.MONTH))


def _tile(name: str, *metrics: str, **asks: object) -> Tile:
    return Tile(id=name, kind=TileKind.TABLE, question=Query(metrics=metrics, **asks))  # pyright: ignore[reportArgumentType]


def _board(*tiles: Tile, title: str = "Shop", **more: object) -> Board:
    return Board(title=title, tabs=(Tab(rows=(Row(tiles=tiles),)),), start=START, **more)  # pyright: ignore[reportArgumentType]


TWO = _board(_tile("money", "revenue"), _tile("ads", "cost", by=(Breakdown("channel"),)))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    workspace = open_shop(copy_shop(tmp_path_factory.mktemp("boards") / "shop.duckdb"))
    yield workspace
    workspace.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = empty_store(str(tmp_path / "store.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return keys_of("a secret of tests, long enough to sign with")


@pytest.fixture
def work(store: Store, keys: Keys, shop: ShopWorkspace) -> _Works:
    return _Works(store, keys, shop)


class _Works:
    def __init__(self, store: Store, keys: Keys, shop: ShopWorkspace) -> None:
        self.store, self.keys, self.shop = store, keys, shop

    def __call__(self, who: str | Actor) -> BoardWork:
        actor = self.shop.people[who] if isinstance(who, str) else who
        return BoardWork(self.store, self.keys, self.shop, actor)

    def space(self) -> str:
        with self.store.read() as connection:
            spaces = list_spaces(connection)
        if spaces:
            return spaces[0].id
        with self.store.write() as transaction:
            return make_space(transaction, "Team", self.shop.people["steward"], self.keys).id

    def published(self, board: Board = TWO, *, space: str | None = None) -> str:
        steward = self("steward")
        board_id = steward.make(board, space=self.space() if space is None else space)
        steward.publish(board_id, 1, "First")
        return board_id


def test_a_board_goes_from_a_draft_to_its_readers(work: _Works) -> None:
    board_id = work("steward").make(TWO, space=work.space())
    with pytest.raises(InvalidQuery, match=NOT_PUBLISHED):
        work("steward").open(board_id)
    with pytest.raises(UnknownBoard):
        work("dora").open(board_id)
    assert work("steward").publish(board_id, 1, "First") == 1
    assert work("dora").open(board_id).board == TWO
    draft = work("steward").draft(board_id)
    assert (draft.board, draft.revision, draft.based_on, draft.is_behind) == (TWO, 0, 1, False)
    assert work("steward").keep_draft(board_id, replace(TWO, title="Next"), 0) > 1
    assert work("dora").open(board_id).board == TWO
    with pytest.raises(UnknownBoard):
        work("dora").draft(board_id)


def test_a_list_names_a_board_to_people_who_can_see_some_of_it(work: _Works) -> None:
    board_id = work.published()
    words = work.published(_board(Tile(id="w", kind=TileKind.TEXT, text="Hello"), title="Words"))
    assert {board.id for board in work("dora").boards()} == {board_id, words}
    assert {board.id for board in work("stranger").boards()} == {words}
    assert [head.id for head in search_boards(work("dora").boards(), "wor te")] == [words]


def test_a_board_is_moved_and_filed_at_once_or_not_at_all(work: _Works) -> None:
    steward, space, board_id = work("steward"), work.space(), work.published(space=MINE)
    (head,) = [board for board in steward.boards() if board.id == board_id]
    with pytest.raises(InvalidQuery, match="folder"):
        steward.place(head, space, "x" * 61)
    assert steward.boards() == [head]
    steward.place(head, space, "Weekly")
    (placed,) = steward.boards()
    assert (placed.space, placed.folder) == (space, "Weekly")
    with pytest.raises(ChangedMeanwhile):
        steward.place(head, MINE, "Monthly")
    steward.place(placed, placed.space, placed.folder)
    assert steward.boards() == [placed]
    steward.place(placed, MINE, "Weekly")
    assert steward.boards()[0].space == MINE


def test_each_tile_uses_the_readers_own_rows(work: _Works, shop: ShopWorkspace) -> None:
    march = BoardState(period=Between(date(2026, 3, 1), date(2026, 3, 31)))
    money, ads = TWO.tiles
    whole = work("steward").asked(money, march)
    mine = work("dora").asked(money, march)
    assert whole.query == mine.query is not None
    assert mine.query is not None
    assert shop.ask(mine.query, shop.people["steward"]).rows() == [{"revenue": 310.0}]
    # Germany alone: o01 10, o02 20 and o12 are of customers at home in DE; guests have no home.
    assert shop.ask(mine.query, shop.people["dora"]).rows() == [{"revenue": 30.0}]
    assert work("stranger").asked(ads, march).missing == NOT_AVAILABLE


def test_no_part_of_a_board_is_about_individual_people(work: _Works) -> None:
    ada = Condition("email", Operator.IN, ("ada@example.com",))
    for board in (
        _board(_tile("a", "revenue", where=ada)),
        _board(_tile("a", "revenue"), filters=(Shared("email"),)),
        replace(TWO, start=replace(START, chosen=(ValueFilter("email", ("ada@example.com",)),))),
        replace(TWO, start=replace(START, chosen=(ValueFilter("customer__email", ("ada@example.com",)),))),
        _board(_tile("a", "revenue"), filters=(Shared("customer__email"),)),
    ):
        with pytest.raises(InvalidQuery, match="Boards are shared"):
            work("steward").make(board)
    board_id = work("steward").make(TWO)
    with pytest.raises(InvalidQuery, match="Boards are shared"):
        work("steward").keep_draft(board_id, _board(_tile("a", "revenue", where=ada)), 1)


def test_no_version_about_individual_people_is_restored(work: _Works) -> None:
    """It was published before the model tagged emails as personal."""
    steward = work("steward")
    board_id = steward.make(TWO)
    ada = _board(_tile("a", "revenue", where=Condition("email", Operator.IN, ("ada@example.com",))))
    with work.store.write() as transaction:
        revision = keep_board_draft(transaction, board_id, ada, steward.actor, revision=1)
        publish_board(transaction, board_id, steward.actor, work.keys, revision=revision)
    steward.publish(board_id, steward.keep_draft(board_id, TWO, 0))
    with pytest.raises(InvalidQuery, match="Boards are shared"):
        steward.restore(board_id, 1, steward.open(board_id).head.revision)
    assert steward.open(board_id).board == TWO


def test_a_tile_that_cannot_be_asked_keeps_a_board_from_being_published(work: _Works) -> None:
    board = _board(_tile("split", "cost", by=(Breakdown("product"),)), _tile("gone", "never_heard_of"))
    board_id = work("steward").make(board)
    problems = work("steward").problems(board)
    assert [problem.tile for problem in problems] == ["split", "gone"]
    assert "can't be answered" in problems[0].sentence
    with pytest.raises(InvalidQuery, match="split"):
        work("steward").publish(board_id, 1)
    assert work("steward").draft(board_id).board == board  # nothing is lost


def test_a_copy_reveals_nothing_hidden(work: _Works) -> None:
    """The owner of a copy can read its tiles' questions. The platform is masked for Mia, and Ina sees only orders."""
    ios = Condition("platform", Operator.IN, ("ios",))
    row = (_tile("money", "revenue"), _tile("apps", "visits", where=ios), _tile("ads", "cost"))
    start = replace(START, chosen=(ValueFilter("platform", ("ios",)),))
    board = replace(_board(*row, filters=(Shared("channel"), Shared("platform"))), start=start)
    assert work("steward").for_copy(board) == board
    mine = work("mia").for_copy(board)
    assert [tile.id for tile in mine.tiles] == ["money", "ads"]
    assert mine.start == START
    assert work("mia").for_copy(board, is_mine=True) == board
    orders = work("ina").for_copy(board)
    assert [tile.id for tile in orders.tiles] == ["money"]
    assert (orders.filters, orders.start) == ((Shared("channel"),), START)


def test_the_last_settings_return_without_picks(work: _Works) -> None:
    board_id = work.published()
    state = replace(START, grain=Granularity.MONTH, chosen=(ValueFilter("channel", ("Mail",)),), tab=0)
    work("dora").keep_state(board_id, replace(state, picked=(ValueFilter("device", ("mobile",)),)), START)
    assert work("dora").last_state(board_id, START) == state
    assert work("vera").last_state(board_id, START) is None
    assert work(replace(work.shop.people["dora"], viewed_by="otto")).last_state(board_id, START) is None
    work("dora").keep_state(board_id, START, START)
    assert work("dora").last_state(board_id, START) is None
    watched = replace(work.shop.people["dora"], viewed_by="otto")
    work(watched).keep_state(board_id, state, START)
    assert work("dora").last_state(board_id, START) is None


def test_a_damaged_state_counts_as_missing(work: _Works) -> None:
    board_id = work.published()
    dora = work("dora")
    for text in ("{", "[]", "5", '{"g": ["x"]}', '{"f": 5}', '{"f": [5]}', '{"t": {"a": 1}}'):
        with work.store.write(recorded=False) as transaction:
            keep_state(transaction, board_id, text, dora.actor)
        assert dora.last_state(board_id, START) is None, text


def test_nothing_is_created_while_viewing_as_someone(work: _Works) -> None:
    watched = replace(work.shop.people["steward"], viewed_by="otto")
    with pytest.raises(NotAllowed):
        work(watched).make(TWO)
    board_id = work.published()
    with pytest.raises(UnknownBoard):
        work(watched).draft(board_id)


def test_versions_can_be_viewed_and_restored(work: _Works) -> None:
    board_id = work.published()
    steward = work("steward")
    revision = steward.keep_draft(board_id, replace(TWO, title="Second"), 0)
    assert steward.publish(board_id, revision, "Another title") == 2
    assert [(version.number, version.note) for version in steward.versions(board_id)] == [
        (2, "Another title"),
        (1, "First"),
    ]
    assert steward.version(board_id, 1) == TWO
    assert steward.restore(board_id, 1, steward.open(board_id).head.revision) == 3
    assert (steward.open(board_id).board, steward.newest(board_id)) == (TWO, 3)


def _barred(work: _Works) -> BoardWork:
    """Return the boards of a steward who is denied orders."""
    return work(replace(work.shop.people["steward"], id="bo", attributes={"barred": "yes"}))


def test_seeing_a_part_does_not_allow_reading_the_rest_by_changing_it(work: _Works) -> None:
    board_id = work.published()
    barred = _barred(work)
    assert barred.open(board_id).head.may_change
    with pytest.raises(NotAllowed, match="Its owner can"):
        barred.draft(board_id)
    ads = work.published(_board(_tile("ads", "cost"), title="Ads"))
    assert barred.draft(ads).board.title == "Ads"


def test_every_part_of_a_board_follows_one_rule(work: _Works) -> None:
    """The published version, an earlier one and the draft can be read by the owner and by people who see everything
    that they name.
    """
    board_id = work.published()
    steward, barred = work("steward"), _barred(work)
    less = _board(_tile("ads", "cost", by=(Breakdown("channel"),)), title="Ads")
    revision = steward.keep_draft(board_id, less, 0)
    assert barred.draft(board_id).board == less
    for read in (lambda: barred.published(board_id), lambda: barred.version(board_id, 1)):
        with pytest.raises(NotAllowed, match="or export it as YAML"):
            read()
    steward.publish(board_id, revision, "Without money")
    assert barred.published(board_id).board == barred.version(board_id, 2) == less
    with pytest.raises(NotAllowed):
        barred.version(board_id, 1)
    with pytest.raises(NotAllowed):
        barred.restore(board_id, 1, barred.open(board_id).head.revision)
    assert barred.open(board_id).board == less
    assert steward.version(board_id, 1) == TWO
    assert work("dora").published(board_id).board == less
    assert work("dora").version(board_id, 1) == TWO


@pytest.mark.parametrize(
    "board",
    [
        _board(_tile("ads", "cost"), filters=(Shared("home"),)),
        replace(_board(_tile("ads", "cost")), start=replace(START, chosen=(ValueFilter("home", ("DE",)),))),
        _board(replace(_tile("ads", "cost"), keeps=frozenset({"home"}))),
        _board(_tile("ads", "cost"), _tile("both", "revenue", "never_heard_of")),
        _board(_tile("ads", "cost"), _tile("both", "revenue", by=(Breakdown("never_heard_of"),))),
        _board(_tile("ads", "cost", where=Condition("home", Operator.IN, ("DE",)))),
    ],
)
def test_hidden_names_are_not_revealed_wherever_a_board_uses_them(work: _Works, board: Board) -> None:
    """Ole works at the ads desk, where people can't see customers and orders."""
    board_id = work.published(_board(_tile("ads", "cost"), title="Ads"))
    ole = work("ole")
    with work.store.write(recorded=False) as transaction:
        keep_board_draft(transaction, board_id, board, work("steward").actor, revision=0)
        publish_board(
            transaction, board_id, work("steward").actor, work.keys, revision=ole.open(board_id).head.revision + 1
        )
    with pytest.raises(NotAllowed):
        ole.published(board_id)
    assert work("steward").published(board_id).board == board


def test_parts_missing_from_the_model_are_fixed_by_editors(work: _Works) -> None:
    ads = work.published(_board(_tile("ads", "cost"), title="Ads"))
    gone = _board(
        _tile("ads", "cost"), _tile("gone", "never_heard_of"), _tile("half", "cost", by=(Breakdown("never_heard_of"),)),
        filters=(Shared("never_heard_of"),), title="Gone",
    )  # fmt: skip
    work("steward").keep_draft(ads, gone, 0)
    assert _barred(work).draft(ads).board == gone


def test_owners_can_read_their_own_boards(work: _Works) -> None:
    """An owner must be able to fix a board, even after losing access to some of it."""
    board_id = work.published()
    now = work(replace(work.shop.people["steward"], attributes={"barred": "yes"}))
    assert now.published(board_id).board == now.draft(board_id).board == now.version(board_id, 1) == TWO


@pytest.mark.parametrize(
    ("period", "today", "opens_on"),
    [
        (ToDate(Granularity.MONTH), date(2026, 6, 1), Last(1, Granularity.MONTH)),
        (ToDate(Granularity.MONTH), date(2026, 6, 2), ToDate(Granularity.MONTH)),
        (ToDate(Granularity.WEEK), date(2026, 6, 1), Last(1, Granularity.WEEK)),  # a Monday
        (ToDate(Granularity.QUARTER), date(2026, 6, 1), ToDate(Granularity.QUARTER)),
        (ToDate(Granularity.QUARTER), date(2026, 7, 1), Last(1, Granularity.QUARTER)),
        (ToDate(Granularity.MONTH, complete=False), date(2026, 6, 1), ToDate(Granularity.MONTH, complete=False)),
    ],
)
def test_on_the_first_day_of_a_period_to_date_a_board_opens_on_the_previous_period(
    work: _Works, monkeypatch: pytest.MonkeyPatch, period: ToDate, today: date, opens_on: Period
) -> None:
    monkeypatch.setattr(work.shop, "day", today)
    board = replace(TWO, start=BoardState(period=period))
    assert work("steward").opening_state(board).period == opens_on
