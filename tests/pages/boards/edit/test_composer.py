"""Editing a board over the small shop: what each step saves, who can edit, and what is published."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards import new as board_new
from pages.boards.edit import composing, yaml
from pages.boards.edit.tile import first_line
from pages.boards.edit.yaml import read_board, take
from pages.shell import links
from pages.widgets.yaml_editor import Edit
from semantic.boards.board import MOST_TILES, Board, Row, Shared, Tab, Tile, TileKind
from semantic.boards.edit import add_tile
from semantic.boards.made import NOT_WHOLE
from semantic.boards.yaml import board_to_yaml
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Condition, Last, Operator, Query
from semantic.services.boards import BoardWork
from semantic.services.saved_questions import SavedWork
from semantic.store.questions.questions import save_question, save_version
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from tests.pages.composed import (
    BOARD,
    CHANNELS,
    READ,
    REVENUE,
    Visit,
    Work,
    composing_of,
    field_of,
    make_board,
    press_key,
    rows_of,
)
from tests.pages.explore_page import BY_CHANNEL, words

# Beginning


def test_a_blank_board_opens_for_editing(visit: Visit, work: Work) -> None:
    app = visit(page=links.BOARDS)
    assert "No boards yet. Start from a template" in words(app)
    app = press_key(app, "begin-empty")
    (head,) = work().boards()
    assert (head.title, head.version, head.tiles, head.is_mine) == (board_new.UNTITLED, 0, 0, True)
    assert "This board is empty" in words(app)
    assert composing_of(app).head.id == head.id
    assert [button.label for button in app.button if str(button.key).startswith("add-tile")] == ["Add the first tile"]


def test_a_board_is_created_from_yaml_and_errors_name_their_line(visit: Visit, work: Work) -> None:
    app = visit(page=links.BOARDS)
    app.session_state["board-new-paste"] = True
    app.run()
    app.session_state["board-new-paste"] = True
    field_of(app, "Board YAML").set_value("title: Growth\nrowz: []\n")
    app.run()
    assert "Line 2" in words(app)
    assert "Did you mean rows?" in words(app)
    assert not [button for button in app.button if button.key == "begin-yaml"]
    app.session_state["board-new-paste"] = True
    field_of(app, "Board YAML").set_value("title: Growth\nrows:\n- tiles:\n  - {id: a, kind: text, text: Read}\n")
    app.run()
    press_key(app, "begin-yaml")
    (head,) = work().boards()
    assert (head.title, head.tiles) == ("Growth", 1)


def test_the_list_is_searched_by_title_and_marks_drafts(visit: Visit, work: Work) -> None:
    make_board(work(), published=True)
    make_board(work(), replace(BOARD, title="Quiet"))
    app = visit(page=links.BOARDS)
    assert words(app).count("3 tiles") == 2
    assert words(app).count("Not published") == 1
    app.text_input(key="boards-search").set_value("qui").run()
    assert "1 of 2 boards" in words(app)
    app.text_input(key="boards-search").set_value("nothing of this").run()
    assert "No boards match" in words(app)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("## What *matters*\nMore", "What matters"),
        ("\n###\n# Now", "Now"),
        ("#1 campaign", "#1 campaign"),
        ("- First", "- First"),
        ("##", ""),
    ],
)
def test_a_text_tile_is_listed_by_its_first_line_without_marks(text: str, start: str) -> None:
    assert first_line(text) == start


# Permissions


def test_a_viewer_finds_a_shared_board_and_copies_it(visit: Visit, work: Work, who: dict[str, Actor]) -> None:
    board_id = make_board(work(), space="Team", published=True)
    who["asks"] = work().workspace.people["noa"]
    app = visit(board_id)
    assert "Only its owner and stewards can change this board" in words(app)
    assert composing.KEY not in app.session_state
    app = visit(page=links.BOARDS)
    assert not [link for link in app.get("page_link") if link.proto.page == links.COMPOSE]
    press_key(app, f"copy-board-{board_id}")
    assert sorted(board.title for board in work().boards()) == ["Growth", "Growth (copy)"]
    assert [board.is_mine for board in work().boards() if board.title == "Growth (copy)"] == [True]


def test_nothing_can_be_changed_while_viewing_as_someone(visit: Visit, work: Work, who: dict[str, Actor]) -> None:
    board_id = make_board(work(), space="Team", published=True)
    who["asks"] = replace(who["asks"], viewed_by="otto")
    assert "Not available while you view as someone else" in words(visit(board_id))
    app = visit(page=links.BOARDS)
    assert not [button for button in app.button if button.key in ("new-board", f"copy-board-{board_id}")]


def test_a_missing_board_says_so(visit: Visit) -> None:
    for address in ("x", "0" * 32, "ß" * 32, "../../etc"):
        assert "There's no board at this link" in words(visit(address)), address


# Steps, kept at each of them


def test_every_step_is_saved_and_can_be_undone_and_redone(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "tile-money")
    app = press_key(app, "move-right-money")
    assert rows_of(work().draft(board_id).board) == "channels money|read"
    app = press_key(app, "gone-money")
    assert rows_of(work().draft(board_id).board) == "channels|read"
    app = press_key(app, "compose-undo")
    app = press_key(app, "compose-undo")
    assert rows_of(work().draft(board_id).board) == "money channels|read"
    app = press_key(app, "compose-redo")
    assert rows_of(work().draft(board_id).board) == "channels money|read"
    assert (
        rows_of(composing_of(visit(board_id)).board) == "channels money|read"
    )  # people who come back find it unchanged


def test_a_tile_gets_a_title_a_note_and_a_width_and_keeps_them(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), replace(BOARD, filters=(Shared("channel"),)))
    app = press_key(visit(board_id), "tile-channels")
    field_of(app, "Title").set_value(" Spend ").run()
    field_of(app, "Note for viewers").set_value("Of all channels").run()
    field_of(app, "Width").set_value(8).run()
    field_of(app, "Override board settings").set_value(["period", "channel"]).run()
    field_of(app, "Shown as").set_value(TileKind.TABLE).run()
    (_, tile, _) = work().draft(board_id).board.tiles
    assert (tile.title, tile.note, tile.width, tile.kind) == ("Spend", "Of all channels", 8, TileKind.TABLE)
    assert tile.keeps == {"period", "channel"}


def test_a_tiles_line_says_what_clicking_it_does(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = visit(board_id)

    def said(tile: str) -> str:
        return next(button.help for button in app.button if str(button.key).startswith(f"tile-{tile}-"))

    assert said("channels") == "Edit tile"
    app = press_key(app, "tile-channels")
    assert (said("channels"), said("money")) == ("Close", "Edit tile")


def test_a_tile_is_moved_to_another_row_and_tab(visit: Visit, work: Work) -> None:
    board_id = make_board(work(), replace(BOARD, tabs=(*BOARD.tabs, Tab(title="Paid"))))
    app = press_key(visit(board_id), "tile-channels")
    field_of(app, "Position").set_value((1, None)).run()
    assert [[[t.id for t in row.tiles] for row in tab.rows] for tab in work().draft(board_id).board.tabs] == [
        [["money"], ["read"]],
        [["channels"]],
    ]
    assert (composing_of(app).tab, composing_of(app).tile) == (1, "channels")


def test_text_is_added_to_a_row(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "row-add-0-1")
    assert "to row 2" in words(app)
    field_of(app, "Source").set_value("Text").run()
    field_of(app, "Text").set_value("Look at *this*").run()
    app = press_key(app, "add-text-go")
    board = work().draft(board_id).board
    assert rows_of(board) == "money channels|read text"
    assert (board.tiles[3].kind, board.tiles[3].text) == (TileKind.TEXT, "Look at *this*")
    assert composing_of(app).tile == "text"


def test_a_question_built_here_is_on_the_board_as_soon_as_it_can_be_asked(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "add-tile")
    field_of(app, "Source").set_value("New question").run()
    app = press_key(app, "add-new")
    assert "to see the tile" in words(app)
    asking = app.session_state["composing_question"].asking
    asking.change(Query(metrics=("order_count",)))
    app.run()
    board = work().draft(board_id).board
    assert rows_of(board) == "money channels|read|order-count"
    assert board.tiles[3].kind is TileKind.NUMBER
    asking.change(Query(metrics=("order_count",), by=(Breakdown("channel"),)))
    app.run()
    assert work().draft(board_id).board.tiles[3].kind is TileKind.CHART
    asking.change(Query(metrics=("order_count",), by=(Breakdown("product"),)))  # orders can't be broken down by product
    app.run()
    query = work().draft(board_id).board.tiles[3].question
    assert query is not None
    assert query.by == (Breakdown("channel"),)
    assert "The tile keeps its last result" in words(app)


def test_a_tile_can_be_given_its_own_period(visit: Visit, work: Work) -> None:
    app = press_key(visit(make_board(work())), "add-tile")
    field_of(app, "Source").set_value("New question").run()
    app = press_key(app, "add-new")
    asking = app.session_state["composing_question"].asking
    asking.change(Query(metrics=("order_count",)))
    app.session_state[asking.key("question-own")] = True
    app.run()
    assert not app.exception
    assert "Period" in [field.label for field in app.selectbox]


def test_tabs_can_be_added_and_removed(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "tab-new")
    assert [tab.title for tab in work().draft(board_id).board.tabs] == ["Overview", "Tab 2"]
    assert composing_of(app).tab == 1
    assert "This board is empty" in words(app)
    app = press_key(app, "compose-undo")
    assert [tab.title for tab in work().draft(board_id).board.tabs] == [""]


def test_the_filter_bar_offers_fields_that_tiles_use_and_counts_the_tiles(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "bar-open")
    (field,) = [one for one in _search_fields(app) if one["label"] == "Viewer filters"]
    offered = {row["label"]: row["unit"] for row in field["start"]}
    assert offered["Channel"] == "Applies to all 2 tiles"
    assert "E-mail" not in offered  # a board is for many
    state = composing_of(app)
    state.change(lambda board: replace(board, filters=(Shared("channel"),)))
    app.run()
    assert "Applies to all 2 tiles" in words(app)
    field_of(app, "Period").set_value("Last month").run()
    field_of(app, "Compare with").set_value("Previous period").run()
    board = work().draft(board_id).board
    assert board.start.period == Last(1, Granularity.MONTH)
    assert board.start.compare is not None
    assert board.filters == (Shared("channel"),)


def _search_fields(app: AppTest) -> list[dict[str, Any]]:
    fields = [json.loads(component.proto.bytes) for component in app.get("bidi_component") if component.proto.bytes]
    return [document for document in fields if "start" in document]


def test_a_board_has_a_title(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = press_key(visit(board_id), "bar-open")
    field_of(app, "Title").set_value("  ").run()
    assert "A board needs a title" in words(app)
    assert work().draft(board_id).board.title == "Growth"
    assert field_of(app, "Title").value == "Growth"


# Questions that are refused


def test_a_question_about_a_person_is_refused(visit: Visit, work: Work) -> None:
    board_id = make_board(work())
    app = visit(board_id)
    named = Query(metrics=("revenue",), where=Condition("email", Operator.IN, ("ada@example.com",)))
    tile = Tile(id="ada", kind=TileKind.NUMBER, question=named)
    composing_of(app).change(lambda board: add_tile(board, tile, tab=0))
    app.run()
    assert "Boards are shared" in words(app)
    assert rows_of(work().draft(board_id).board) == rows_of(composing_of(app).board) == "money channels|read"
    assert composing_of(app).history.before == []


def test_a_board_has_a_maximum_number_of_tiles(visit: Visit, work: Work) -> None:
    rows = tuple(Row(tiles=(replace(READ, id=f"t{at}"),)) for at in range(MOST_TILES))
    app = visit(make_board(work(), Board(title="Full", tabs=(Tab(rows=rows),))))
    (button,) = [each_button for each_button in app.button if str(each_button.key).startswith("add-tile")]
    assert (button.disabled, button.help) == (True, "A board can have at most 40 tiles.")
    app = press_key(app, "tile-t0")
    app = press_key(app, "twin-t0")
    assert "at most 40 tiles" in words(app)


# As text


def test_the_draft_is_changed_as_text(visit: Visit, work: Work) -> None:
    """The browser draws the editor, so the test sets its value where the editor would."""
    board_id = make_board(work())
    app = visit(board_id)
    field_of(app, "View").set_value("YAML").run()
    assert "Matches the draft" in words(app)
    state = composing_of(app)
    (sent,) = [
        json.loads(component.proto.bytes)
        for component in app.get("bidi_component")
        if b'"marks"' in component.proto.bytes
    ]
    assert sent["text"] == board_to_yaml(BOARD)
    text = sent["text"].replace("title: Growth\n", "title: Growth 2026\n")
    board, problems = read_board(text)
    assert (board, problems) == (replace(BOARD, title="Growth 2026"), ())
    wrong = text.replace("kind: number", "kind: numbr")
    (line,) = [place for place, each_line in enumerate(wrong.splitlines(), start=1) if "numbr" in each_line]
    assert [problem.line for problem in read_board(wrong)[1]] == [line]
    assert board is not None
    take(state, board)
    app.run()
    assert work().draft(board_id).board.title == "Growth 2026"
    app = press_key(app, "compose-undo")
    assert work().draft(board_id).board == BOARD


def test_yaml_is_checked_and_then_applied_to_the_draft(
    visit: Visit, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser draws the editor, so the test replaces what it sends."""
    board, written = make_board(work()), board_to_yaml(BOARD)
    texts = {"wrong": written.replace("kind: number", "kind: numbr"), "other": written.replace("Growth", "Growth 2026")}
    app = field_of(visit(board), "View").set_value("YAML").run()
    monkeypatch.setattr(yaml, "edit_of", lambda key, text: Edit(texts["wrong"]))
    text = words(app.run())
    assert "1 problem" in text
    assert "'numbr' isn't a kind of tile" in text
    assert not [button for button in app.button if button.key == "board-yaml-take"]
    monkeypatch.setattr(yaml, "edit_of", lambda key, text: Edit(texts["other"]))
    assert "Title: Growth 2026, before: Growth" in words(app.run())
    assert work().draft(board).board == BOARD
    app = press_key(app, "board-yaml-take")
    assert app.title[0].value == work().draft(board).board.title == "Growth 2026"
    assert "Matches the draft" in words(app)


# Saved questions


def _saved(work: BoardWork, query: Query = BY_CHANNEL, chart: str = "") -> str:
    with work.store.write() as transaction:
        content = Content(query=query, chart=chart, is_personal=False)
        return save_question(transaction, content, work.actor, work.keys, name="Channels", sentence="Why", space=MINE)


def _save_again(work: BoardWork, saved: str, query: Query) -> None:
    revision = SavedWork(work.store, work.keys, work.workspace, work.actor).open(saved).head.revision
    with work.store.write() as transaction:
        content = Content(query=query, chart="", is_personal=False)
        save_version(transaction, saved, content, work.actor, work.keys, revision=revision)


def test_a_tile_says_when_its_saved_question_has_changed(visit: Visit, work: Work) -> None:
    board, saved = make_board(work()), _saved(work(), chart="pie")
    app = press_key(visit(board), "add-tile")
    field_of(app, "Source").set_value("Saved question").run()
    app = press_key(app, f"add-saved-{saved}")
    tile = work().draft(board).board.tiles[3]
    assert (tile.id, tile.title, tile.kind, tile.chart) == ("channels-2", "Channels", TileKind.CHART, "pie")
    assert (tile.question, tile.origin) == (BY_CHANNEL, saved)
    assert "have changed since" not in words(app)
    more = replace(BY_CHANNEL, metrics=("revenue", "order_count"))
    _save_again(work(), saved, more)
    app = visit(board)
    assert "Saved questions on this board have changed: “Channels”" in words(app)
    app = press_key(app, "tile-channels-2-")
    assert "“Channels” has changed since you added it (now version 2)" in words(app)
    app = press_key(app, "newer-channels-2")
    assert work().draft(board).board.tiles[3].question == more
    assert "changed since" not in words(app)


def test_a_partly_visible_saved_question_cannot_become_a_tile(visit: Visit, work: Work) -> None:
    """Without its filter, it would show a different number under the same name."""
    board_id = make_board(work())
    saved = _saved(work(), replace(BY_CHANNEL, where=Condition("never_heard_of", Operator.IN, ("x",))))
    before = work().draft(board_id).board
    app = press_key(visit(board_id), "add-tile")
    field_of(app, "Source").set_value("Saved question").run()
    app = press_key(app, f"add-saved-{saved}")
    assert NOT_WHOLE in words(app)
    assert work().draft(board_id).board == before


def test_a_tile_edited_on_the_board_is_not_called_outdated(visit: Visit, work: Work) -> None:
    saved = _saved(work())
    tile = replace(CHANNELS, question=REVENUE, kind=TileKind.NUMBER, origin=saved)
    board_id = make_board(work(), replace(BOARD, tabs=(Tab(rows=(Row(tiles=(tile,)),)),)))
    app = visit(board_id)
    assert "have changed since" not in words(app)
    app = press_key(app, "tile-channels")
    assert "Based on “Channels”, edited here" in words(app)
