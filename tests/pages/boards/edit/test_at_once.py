"""Two people edit a board at the same time: changes are picked up and merged, or people choose one. Nothing is
overwritten.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.boards.edit import composing
from semantic.boards.board import Board, Row, Tab, ValueFilter
from semantic.boards.edit import add_tile, change_tile, remove_tile
from semantic.errors import ChangedMeanwhile, NotAllowed
from semantic.services.boards import BoardWork
from tests.pages.composed import (
    ANA,
    BOARD,
    CHANNELS,
    MONEY,
    READ,
    Visit,
    Work,
    composing_of,
    field_of,
    make_board,
    press_key,
    rows_of,
)
from tests.pages.explore_page import words

NOTE = replace(READ, id="note", text="From Ana")


def test_another_persons_changes_are_picked_up_with_a_notice(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    work(ANA).keep_draft(board_id, replace(BOARD, note="Ana's"), 1)
    app.run()
    assert "This draft changed in another window" in words(app)
    assert composing_of(app).board.note == "Ana's"
    app = press_key(app, "compose-undo")
    assert work().draft(board_id).board.note == ""


@pytest.mark.parametrize(
    ("press", "stays", "undone"), [("compose-theirs", "Ana's", "mine"), ("compose-mine", "mine", "Ana's")]
)
def test_two_people_who_edit_at_the_same_time_lose_nothing(
    press: str, stays: str, undone: str, visit: Visit, work: Work
) -> None:
    board_id = make_board(work(), space="Team")
    app = press_key(visit(board_id), "bar-open")
    work(ANA).keep_draft(board_id, replace(BOARD, note="Ana's"), 1)
    field_of(app, "Subtitle").set_value("mine").run()
    assert "Ana Ribeiro edited this board too" in words(app)
    assert "Note below the title changed" in words(app)
    assert work().draft(board_id).board.note == "Ana's"  # nothing is overwritten before someone chooses
    assert [button.disabled for button in app.button if button.key == "publish-board"] == [True]
    app = press_key(app, press)
    assert (composing_of(app).board.note, work().draft(board_id).board.note) == (stays, stays)
    assert field_of(app, "Subtitle").value == stays
    assert "edited this board too" not in words(app)
    app = press_key(app, "compose-undo")
    assert work().draft(board_id).board.note == undone


def test_a_new_draft_is_not_mistaken_for_the_published_one(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    work(ANA).publish(board_id, 1)
    work(ANA).keep_draft(board_id, replace(BOARD, note="Ana's next"), 0)
    assert work().draft(board_id).revision > composing_of(app).revision
    composing_of(app).change(lambda board: replace(board, note="mine"))
    assert work().draft(board_id).board.note == "Ana's next"
    app.run()
    assert "Ana Ribeiro edited this board too" in words(app)


def test_taking_the_published_version_leaves_nothing_to_publish(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    work(ANA).publish(board_id, work(ANA).keep_draft(board_id, replace(BOARD, note="Ana's"), 1))
    composing_of(app).change(lambda board: replace(board, note="mine"))
    app.run()
    app = press_key(app, "compose-theirs")
    assert "Version 1 is live." in words(app)
    assert [button.disabled for button in app.button if button.key == "publish-board"] == [True]
    assert composing_of(app).published == composing_of(app).board == replace(BOARD, note="Ana's")


# Changes that don't conflict


def test_non_conflicting_changes_merge_with_one_click(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    theirs = change_tile(add_tile(BOARD, NOTE, tab=0), replace(MONEY, title="Net revenue"))
    work(ANA).keep_draft(board_id, theirs, 1)
    composing_of(app).change(lambda board: replace(remove_tile(board, "read"), note="mine"))
    app.run()
    texts = words(app)
    assert "Ana Ribeiro edited this board too" in texts
    assert "Your changes don't overlap" in texts
    for name in (
        "Removed: “Read this”",
        "Note below the title changed",
        "Added: “From Ana”",
        "Net revenue, before: Mon",
    ):
        assert name in texts, name
    assert work().draft(board_id).board == theirs  # nothing is overwritten before someone clicks
    app = press_key(app, "compose-keep-both")
    both = work().draft(board_id).board
    assert both == Board(
        title="Growth", note="mine", start=BOARD.start,
        tabs=(Tab(rows=(Row(tiles=(replace(MONEY, title="Net revenue"), CHANNELS)), Row(tiles=(NOTE,)))),),
    )  # fmt: skip
    assert composing_of(app).board == both
    assert field_of(press_key(app, "bar-open"), "Subtitle").value == "mine"
    assert "edited this board too" not in words(app)
    app = press_key(app, "compose-undo")
    assert (work().draft(board_id).board.note, rows_of(work().draft(board_id).board)) == ("mine", "money channels")
    app = press_key(app, "compose-undo")
    assert work().draft(board_id).board == theirs


def test_identical_changes_need_no_choice(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    revision = work(ANA).keep_draft(board_id, replace(BOARD, note="Of both"), 1)
    composing_of(app).change(lambda board: replace(board, note="Of both"))
    app.run()
    assert "meanwhile" not in words(app)
    composing_of(app).change(lambda board: replace(board, title="Mine"))
    assert work().draft(board_id).board == replace(BOARD, note="Of both", title="Mine")
    assert work().draft(board_id).revision == revision + 1


def test_conflicts_are_named_and_only_one_side_can_be_kept(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    work(ANA).keep_draft(board_id, remove_tile(BOARD, "money"), 1)
    composing_of(app).change(lambda board: change_tile(board, replace(MONEY, title="Net *revenue*")))
    app.run()
    assert "They removed the tile “Net *revenue*”, and you changed it." in words(app)
    assert not [button for button in app.button if button.key == "compose-keep-both"]
    assert [button.key for button in app.button if button.key in ("compose-theirs", "compose-mine")]


def test_a_third_change_in_between_is_merged_again(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    first = work(ANA).keep_draft(board_id, add_tile(BOARD, NOTE, tab=0), 1)
    composing_of(app).change(lambda board: replace(board, note="mine"))
    app.run()
    last = replace(add_tile(BOARD, NOTE, tab=0), title="Growth 2026")
    work(ANA).keep_draft(board_id, last, first)
    app = press_key(app, "compose-keep-both")
    assert work().draft(board_id).board == last
    assert "Title: Growth 2026, before: Growth" in words(app)
    app = press_key(app, "compose-keep-both")
    assert work().draft(board_id).board == replace(last, note="mine")


def test_a_merge_that_failed_to_save_can_be_retried(visit: Visit, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    board_id = make_board(work(), space="Team")
    app = visit(board_id)
    work(ANA).keep_draft(board_id, add_tile(BOARD, NOTE, tab=0), 1)
    state = composing_of(app)
    state.change(lambda board: replace(board, note="mine"))
    app.run()

    def refuses(*_: object, **__: object) -> int:
        raise NotAllowed("You may not change this board any more.")

    with monkeypatch.context() as patch:
        patch.setattr(BoardWork, "keep_draft", refuses)
        app = press_key(app, "compose-keep-both")
    assert "You may not change this board any more." in words(app)
    assert (state.board.note, state.kept, state.theirs is None) == ("mine", BOARD, False)
    press_key(app, "compose-keep-both")
    assert work().draft(board_id).board == replace(add_tile(BOARD, NOTE, tab=0), note="mine")


# A version that was published since


def test_a_draft_behind_the_published_version_says_so(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), published=True)
    draft = work().keep_draft(board_id, replace(BOARD, note="Second"), 0)
    work().publish(board_id, draft, "Second")
    work().keep_draft(board_id, replace(BOARD, note="Third"), 0)
    work().restore(board_id, 1, work().draft(board_id).head.revision)
    app = visit(board_id)
    assert "Version 3 was published after you started this draft" in words(app)
    app = press_key(app, "compose-behind-take")
    assert work().draft(board_id).board == BOARD
    assert "was published after" not in words(app)
    app = press_key(press_key(app, "tile-money"), "gone-money")
    assert "was published after" not in words(app)  # the draft continues from the chosen version
    draft = work().draft(board_id)
    assert (draft.based_on, rows_of(draft.board)) == (3, "channels|read")
    assert "was published after" not in words(visit(board_id))
    app = press_key(press_key(app, "compose-undo"), "compose-undo")
    assert work().draft(board_id).board.note == "Third"


def test_a_draft_and_a_version_that_conflict_are_both_kept(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), BOARD, published=True)
    second = add_tile(BOARD, NOTE, tab=0)
    work().publish(board_id, work().keep_draft(board_id, second, 0), "A note")
    narrowed = replace(second.start, chosen=(ValueFilter("channel", ("Search",)),))
    work().keep_draft(board_id, replace(second, start=narrowed), 0)
    work().restore(board_id, 1, work().draft(board_id).head.revision)
    app = visit(board_id)
    assert "Version 3 was published after you started this draft" in words(app)
    assert "Default Channel: Search, before: all" in words(app)
    assert "Removed: “From Ana”" in words(app)
    app = press_key(app, "compose-behind-both")
    draft = work().draft(board_id)
    assert (draft.based_on, draft.board) == (3, replace(BOARD, start=narrowed))
    assert "was published after" not in words(app)
    assert "was published after" not in words(visit(board_id))


def test_text_typed_last_survives_keeping_both_sides(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """A click takes the focus from the field that was typed in, so the field's change arrives in the same run, before
    the click.
    """
    board_id = make_board(work(), BOARD, published=True)
    second = add_tile(BOARD, NOTE, tab=0)
    work().publish(board_id, work().keep_draft(board_id, second, 0), "A note")
    work().keep_draft(board_id, replace(second, note="For Mondays"), 0)
    work().restore(board_id, 1, work().draft(board_id).head.revision)
    monkeypatch.setattr(composing, "boards_of", lambda _: work())
    opened = work().draft(board_id)
    state = composing.Composing(
        work().actor, "1", opened.head, opened.board, opened.board, opened.revision, opened.based_on, BOARD, 3
    )
    state.change(lambda board: replace(board, title="Typed last"))
    state.keep_published_too(second)
    both = replace(BOARD, title="Typed last", note="For Mondays")
    assert (work().draft(board_id).board, work().draft(board_id).based_on) == (both, 3)
    state.undo()
    assert work().draft(board_id).board == replace(second, title="Typed last", note="For Mondays")
    state.published, state.based_on = replace(BOARD, title="Named by another"), 3
    state.keep_published_too(second)  # it conflicts with later typing: nothing is taken over, and a message says so
    assert "You both changed the title" in state.refused
    assert work().draft(board_id).board.title == "Typed last"


def test_a_draft_continues_only_from_the_newest_version(work: Work) -> None:
    board_id = make_board(work(), published=True)
    work().publish(board_id, work().keep_draft(board_id, replace(BOARD, note="Second"), 0), "Second")
    revision = work().keep_draft(board_id, replace(BOARD, note="Third"), 0)
    work().restore(board_id, 1, work().draft(board_id).head.revision)
    with pytest.raises(ChangedMeanwhile):
        work().keep_draft(board_id, BOARD, revision, 2, onto=2)
    assert work().draft(board_id).board.note == "Third"
    work().keep_draft(board_id, BOARD, revision, 2, onto=3)
    assert (work().draft(board_id).based_on, work().draft(board_id).board) == (3, BOARD)
