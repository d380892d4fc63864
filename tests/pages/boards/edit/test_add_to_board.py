"""Adding a question to a board from Explore and from the list of saved questions, and building a tile in Explore."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.edit import add_to_board, composing, explore_for
from pages.shell import links, once
from pages.shell.parts import plain
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.boards.made import NOT_WHOLE
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.services.boards import BoardWork
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from semantic.workspace import Workspace
from tests.pages.explore_page import BY_CHANNEL, held, words
from tests.pages.whole_app import open_app, show_pages_to

MONEY = Tile(id="money", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
OF_ADA = Condition("email", Operator.IN, ("ada@example.com",))
BOARD = Board(title="Growth", tabs=(Tab(rows=(Row(tiles=(MONEY,)),)),))
Visit = Callable[..., AppTest]
Work = Callable[[], BoardWork]


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Open a page of the app by its file, with these parameters."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(page: str = links.EXPLORE, asked: Query | None = None, **params: Any) -> AppTest:
        app = open_app(page, **(query_to_params(asked) if asked else {}), **params)
        assert not app.exception
        return app

    yield open_page
    once.forget()


def _key(app: AppTest, name: str) -> AppTest:
    """Click the button with a key that begins with this text."""
    buttons = [button for button in app.button if str(button.key).startswith(name)]
    assert len(buttons) == 1, [button.key for button in app.button]
    return buttons[0].click().run()


def _rows(app: AppTest) -> AppTest:
    """Open the list of a board's rows."""
    (view,) = [group for group in app.button_group if group.label == "View"]
    return view.set_value("Structure").run()


def _field(app: AppTest, label: str) -> Any:
    fields = [box for kind in (app.text_input, app.selectbox) for box in kind]
    (box,) = [each_box for each_box in fields if each_box.label == label]
    return box


def test_an_answer_starts_a_new_board(visit: Visit, work: Work) -> None:
    app = _key(visit(asked=BY_CHANNEL), "add-to-board")
    assert _field(app, "Tile title").value == "Revenue by channel"
    assert "Shown as a chart" in words(app)
    app = _key(app, "add-go")
    assert "Enter a board title." in words(app)
    assert not work().boards()
    _field(app, "Board title").set_value("Money").run()
    app = _key(app, "add-go")
    assert "Added to the draft of “Money”" in words(app)
    (head,) = work().boards()
    (tile,) = work().draft(head.id).board.tiles
    assert (tile.id, tile.title, tile.kind, tile.question) == (
        "revenue-by-channel", "Revenue by channel", TileKind.CHART, BY_CHANNEL,
    )  # fmt: skip


def test_an_answer_goes_to_the_end_of_a_board_with_its_chart(visit: Visit, work: Work) -> None:
    board_id = work().make(BOARD)
    app = _key(visit(asked=BY_CHANNEL, chart="pie"), "add-to-board")
    assert _field(app, "Board").value == board_id
    _key(app, "add-go")
    board = work().draft(board_id).board
    assert [len(row.tiles) for row in board.tabs[0].rows] == [1, 1]
    assert board.tiles[1].chart == "pie"


def test_of_two_boards_with_one_title_the_chosen_one_gets_the_tile(visit: Visit, work: Work) -> None:
    boards = [work().make(BOARD), work().make(BOARD)]
    for added, board_id in enumerate(boards):
        app = _key(visit(asked=BY_CHANNEL), "add-to-board")
        _field(app, "Board").select(board_id).run()
        _key(app, "add-go")
        assert [len(work().draft(each).board.tiles) for each in boards] == ([2, 1] if not added else [2, 2])


def test_a_saved_question_is_named_as_the_tiles_origin_unless_it_was_changed(visit: Visit, work: Work) -> None:
    made, saved = work().make(BOARD), _saved(work())
    _key(_key(visit(saved=saved), "add-to-board"), "add-go")
    assert [tile.origin for tile in work().draft(made).board.tiles] == ["", saved]
    app = visit(saved=saved)
    held(app).replace(replace(BY_CHANNEL, metrics=("order_count",)))
    app.run()
    _key(_key(app, "add-to-board"), "add-go")
    assert [tile.origin for tile in work().draft(made).board.tiles] == ["", saved, ""]


def test_a_saved_question_is_added_from_the_list(visit: Visit, work: Work) -> None:
    made, saved = work().make(BOARD), _saved(work())
    app = _key(visit(links.SAVED_LIST), f"board-{saved}")
    _key(app, "add-go")
    tile = work().draft(made).board.tiles[1]
    assert (tile.title, tile.origin, tile.question) == ("Channels", saved, BY_CHANNEL)


def test_a_partly_visible_saved_question_passes_on_no_name(visit: Visit, work: Work) -> None:
    """Adding it from the list is refused. From Explore, the question is added as shown there."""
    board_id = work().make(BOARD)
    saved = _saved(work(), replace(BY_CHANNEL, where=Condition("never_heard_of", Operator.IN, ("x",))))
    app = _key(visit(links.SAVED_LIST), f"board-{saved}")
    assert [toast.value for toast in app.toast] == [plain(NOT_WHOLE)]
    assert not [button for button in app.button if button.key == "add-go"]
    _key(_key(visit(saved=saved), "add-to-board"), "add-go")
    (tile,) = work().draft(board_id).board.tiles[1:]
    assert (tile.title, tile.origin, tile.question) == ("Revenue by channel", "", BY_CHANNEL)


def _saved(work: BoardWork, query: Query = BY_CHANNEL) -> str:
    with work.store.write() as transaction:
        content = Content(query=query, chart="", is_personal=False)
        return save_question(transaction, content, work.actor, work.keys, name="Channels", sentence="", space=MINE)


def test_a_question_about_a_person_is_refused(visit: Visit, work: Work) -> None:
    board_id = work().make(BOARD)
    named = replace(BY_CHANNEL, by=(), where=OF_ADA)
    app = _key(visit(asked=named), "add-to-board")
    app = _key(app, "add-go")
    assert "Boards are shared" in app.warning[0].value
    assert work().draft(board_id).board == BOARD


def test_only_editable_boards_are_offered(visit: Visit, work: Work, who: dict[str, Actor]) -> None:
    work().make(BOARD)
    who["asks"] = work().workspace.people["noa"]
    app = _key(visit(asked=BY_CHANNEL), "add-to-board")
    assert _field(app, "Board").options == ["New board"]


def test_nothing_is_added_while_viewing_as_someone(visit: Visit, who: dict[str, Actor]) -> None:
    who["asks"] = replace(who["asks"], viewed_by="otto")
    assert not [
        button
        for button in visit(asked=BY_CHANNEL).button
        if button.key == add_to_board.OPEN or button.key == "add-to-board"
    ]


# Building a tile in Explore


def _leave(app: AppTest, button: str) -> AppTest:
    """Click the link to Explore and open Explore directly, because AppTest would go back on its next run."""
    app = _key(app, button)
    assert app.session_state[links.AT] == "explore"
    app.switch_page(links.EXPLORE)
    return app.run()


def test_a_tile_is_built_in_explore_and_put_back(visit: Visit, work: Work) -> None:
    board_id = work().make(BOARD)
    app = _key(_rows(visit(links.COMPOSE, d=board_id)), "tile-money")
    app = _leave(app, "explore-money")
    assert held(app).draft == MONEY.question
    assert "This question is for a tile on “Growth”" in words(app)
    held(app).replace(BY_CHANNEL)
    app.run()
    app = _key(app, "explore-for-put")
    assert app.session_state[links.AT] == "compose"
    (tile,) = work().draft(board_id).board.tiles
    assert (tile.id, tile.kind, tile.question) == ("money", TileKind.CHART, BY_CHANNEL)
    composed = app.session_state[composing.KEY]
    assert (composed.board, composed.tile, composed.came) == (work().draft(board_id).board, "money", False)
    assert composed.history.before == [BOARD]  # undo brings back what it asked before
    assert explore_for.KEY not in app.session_state


def test_leaving_explore_without_a_tile_adds_none(visit: Visit, work: Work) -> None:
    board_id = work().make(BOARD)
    app = _key(_rows(visit(links.COMPOSE, d=board_id)), "tile-money")
    app = _key(_leave(app, "explore-money"), "explore-for-leave")
    assert work().draft(board_id).board == BOARD
    assert app.session_state[composing.KEY].head.id == board_id
    assert explore_for.KEY not in app.session_state


def test_another_persons_changes_to_the_board_stay(visit: Visit, work: Work) -> None:
    board_id = work().make(BOARD)
    app = _key(visit(links.COMPOSE, d=board_id), "add-tile")
    (made_of,) = [group for group in app.button_group if group.label == "Source"]
    app = made_of.set_value("New question").run()
    app = _leave(app, "explore-")
    work().keep_draft(board_id, replace(BOARD, note="Changed meanwhile"), 1)
    held(app).replace(Query(metrics=("order_count",), by=(Breakdown("channel"),)))
    app.run()
    assert "This question is for a new tile on “Growth”" in words(app)
    app = _key(app, "explore-for-put")
    assert app.session_state[links.AT] == "compose"
    board = work().draft(board_id).board
    assert (board.note, [tile.id for tile in board.tiles]) == ("Changed meanwhile", ["money", "order-count"])
