"""Publishing a board: its versions, its space, and what blocks publishing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from semantic.boards.board import Row, Tab, Tile, TileKind
from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.pages.composed import (
    BOARD,
    MARKETER,
    MONEY,
    Visit,
    Work,
    composing_of,
    field_of,
    make_board,
    press_key,
)
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import words
from tests.semantic.store.faults import FAULTS


def test_unsaved_changes_stay_on_the_page(visit: Visit, work: Work, store: OpensWhenAsked) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "tile-money")
    state = composing_of(app)
    store.is_away = True
    state.change(lambda board: replace(board, note="Unkept"))
    assert (state.board.note, state.kept.note) == ("Unkept", "")
    assert "couldn't be read or written" in state.unkept
    app.run()
    assert "Your last change isn't saved yet" in words(app)
    assert "By channel" in [button.label for button in app.button]
    store.is_away = False
    state.save_again()
    assert (state.unkept, work().draft(board_id).board.note) == ("", "Unkept")


def test_a_failed_publish_can_be_retried_with_the_same_button(visit: Visit, work: Work, store: OpensWhenAsked) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "publish-board")
    with FAULTS["read_only"](store()[0]):
        app = press_key(app, "publish-board-go")
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in words(app) + str(
            [warning.value for warning in app.warning]
        )
    with pytest.raises(InvalidQuery, match="hasn't been published yet"):
        work().open(board_id)
    press_key(app, "publish-board-go")
    assert work().open(board_id).head.version == 1


def test_a_board_is_published_with_a_note_from_the_second_version_on(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    with work().store.write() as transaction:
        make_space(transaction, "Team Growth", MARKETER, work().keys)
    app = press_key(visit(board_id), "publish-board")
    assert "as version 1" in words(app)
    field_of(app, "Who can view it").set_value("Team Growth").run()
    app = press_key(app, "publish-board-go")
    opened = work().open(board_id)
    assert (opened.head.version, opened.head.space_name, opened.board) == (1, "Team Growth", BOARD)
    assert "Version 1 is live" in words(app)
    assert [button.disabled for button in app.button if button.key == "publish-board"] == [True]
    app = press_key(app, "tile-money")
    app = press_key(app, "gone-money")
    assert "with unpublished changes" in words(app)
    app = press_key(app, "publish-board")
    assert "Removed: “Money”" in words(app)
    assert [button.disabled for button in app.button if button.key == "publish-board-go"] == [True]
    field_of(app, "What changes, and why").set_value("Money is elsewhere").run()
    press_key(app, "publish-board-go")
    assert [(version.number, version.note) for version in work().versions(board_id)] == [
        (2, "Money is elsewhere"),
        (1, ""),
    ]


def test_an_invalid_tile_blocks_publishing(visit: Visit, work: Work) -> None:
    split = Tile(
        id="split", kind=TileKind.CHART, title="Split", question=Query(metrics=("revenue",), by=(Breakdown("product"),))
    )
    board_id = make_board(work(), replace(BOARD, tabs=(Tab(rows=(Row(tiles=(split,)),)),)))
    app = press_key(visit(board_id), "publish-board")
    assert "Fix 1 problem before publishing" in words(app).replace("**", "")
    assert "The tile “Split” can't be answered" in words(app)
    assert [button.disabled for button in app.button if button.key == "publish-board-go"] == [True]
    app = press_key(app, "publish-mend-0")
    assert composing_of(app).tile == "split"
    repairs = [button for button in app.button if str(button.key).startswith("repair-split")]
    repairs[0].click().run()
    query = work().draft(board_id).board.tiles[0].question
    assert query is not None
    assert work().workspace.preflight(query, work().actor).ok


def test_versions_are_viewed_copied_into_the_draft_and_restored(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), published=True)
    draft = work().keep_draft(board_id, replace(BOARD, note="Second"), 0)
    work().publish(board_id, draft, "Says more")
    app = visit(board_id)
    field_of(app, "View").set_value("Versions").run()
    assert "Says more" in words(app)
    app = press_key(app, "board-version-take-1")
    assert work().draft(board_id).board == BOARD
    assert work().open(board_id).board.note == "Second"  # readers see the same as before
    app = press_key(app, "board-version-restore-1")
    assert (work().open(board_id).head.version, work().open(board_id).board) == (3, BOARD)
    assert "restored as version 3" in app.toast[0].value
    assert "in another window" not in words(app)


def test_no_version_reveals_hidden_parts_when_restored(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    """One of two stewards can't see orders.

    The draft has no orders. An earlier version has them, and so does the board that readers see until the draft is
    published.
    """
    steward = workspace.people["steward"]
    ads = replace(BOARD, tabs=(Tab(rows=(Row(tiles=(replace(MONEY, question=Query(metrics=("cost",))),)),)),))
    board_id = make_board(work(), space="Team", published=True)
    revision = work().keep_draft(board_id, ads, 0)
    who["asks"] = replace(steward, id="bo", attributes={"barred": "yes"})
    assert "You can't edit this board here" in words(visit(board_id))
    work(steward).publish(board_id, revision, "Ads alone")
    app = visit(board_id)
    app = field_of(app, "View").set_value("Versions").run()
    for press in ("board-version-take-1", "board-version-restore-1"):
        press_key(app, press)
        assert "isn't available to you" in app.warning[0].value
    assert composing_of(app).board == work(steward).open(board_id).board == ads
    app.session_state["board-diff-2"] = True
    app.run()
    assert "By channel" not in words(app)


def test_without_a_draft_a_restored_version_is_shown(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), published=True)
    draft = work().keep_draft(board_id, replace(BOARD, note="Second"), 0)
    work().publish(board_id, draft, "Says more")
    app = visit(board_id)
    field_of(app, "View").set_value("Versions").run()
    app = press_key(app, "board-version-restore-1")
    assert "in another window" not in words(app)
    assert (composing_of(app).board, composing_of(app).published, composing_of(app).head.version) == (BOARD, BOARD, 3)


def test_a_dialog_with_nothing_left_to_publish_closes(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), published=True)
    app = visit(board_id)
    composing_of(app).change(lambda board: replace(board, note="Other"))
    app.run()
    app = press_key(app, "publish-board")
    assert "as version 2" in words(app)
    composing_of(app).undo()
    app.run()
    assert "as version 2" not in words(app)


def test_a_draft_is_discarded_and_undo_restores_it(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), published=True)
    work().keep_draft(board_id, replace(BOARD, note="Half done"), 0)
    app = visit(board_id)
    app.session_state["discard-board"] = True
    app.run()
    app = press_key(app, "discard-board-go")
    assert (work().draft(board_id).revision, composing_of(app).board) == (0, BOARD)
    assert "in another window" not in words(app)
    press_key(app, "compose-undo")
    assert work().draft(board_id).board.note == "Half done"


def test_a_board_is_published_into_a_new_space(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "publish-board")
    field_of(app, "Who can view it").set_value("New shared space…").run()
    assert [button.disabled for button in app.button if button.key == "publish-board-go"] == [True]
    field_of(app, "Space name").set_value("Team Nine").run()
    press_key(app, "publish-board-go")
    assert (work().open(board_id).head.version, work().open(board_id).head.space_name) == (1, "Team Nine")


def test_a_board_is_moved_to_a_new_space_once_it_has_a_name(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    app.session_state["compose-more"] = True
    app.run()
    app.session_state["compose-more"] = True
    field_of(app, "Visibility").set_value("New shared space…").run()
    assert work().boards()[0].space_name == "Team"
    app.session_state["compose-more"] = True
    field_of(app, "Space name").set_value("Team Nine").run()
    assert work().boards()[0].space_name == "Team Nine"
    assert not app.exception


def test_a_board_is_moved_archived_and_copied(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    app.session_state["compose-more"] = True
    app.run()
    app.session_state["compose-more"] = True
    field_of(app, "Visibility").set_value("Only me").run()
    assert work().boards()[0].space == MINE
    app.session_state["compose-more"] = True
    app.run()
    app.session_state["compose-more"] = True
    app = press_key(app, "compose-archive")
    assert work().boards() == []
    assert "This board is archived" in words(app)
    app.session_state["compose-more"] = True
    app.run()
    app = press_key(app, "compose-copy")
    assert [board.title for board in work().boards()] == ["Growth (copy)"]
    assert composing_of(app).board.title == "Growth (copy)"
