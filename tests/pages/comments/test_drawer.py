"""Comments on a board's tiles: their number, the drawer, and links to a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.comments.drawer_state import OPEN, Drawer
from pages.shell import links, once, session
from semantic.annotations.comments import About, about_question
from semantic.policy.actor import Actor
from semantic.services.comments.places import Place
from semantic.services.comments.work import CommentWork
from semantic.store.comments.comments import GONE
from semantic.store.numbers.remarks import read_remarks
from semantic.workspace import Workspace
from tests.pages.board_world import CHANNELS, COST, MONEY, World, held, press
from tests.pages.conftest import OpensWhenAsked
from tests.pages.explore_page import words

HIDDEN = "Between stewards"


@pytest.fixture
def world(
    workspace: Workspace, store: OpensWhenAsked, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    world = World(workspace, store, steward)
    monkeypatch.setattr(session, "_actor", lambda cookie, running: world.asks)
    monkeypatch.setattr(session, "workspace", lambda: workspace)
    monkeypatch.setattr(session, "cookies", dict)
    monkeypatch.setattr(session, "people", lambda: workspace.people)
    yield world
    once.forget()


def work(world: World, name: str) -> CommentWork:
    return CommentWork(*world.store(), world.workspace, world.workspace.people[name], lambda: world.workspace.people)


def about(tile: Any) -> About:
    return about_question(tile.question, tile.question.metrics)


def say(world: World, board: str, text: str, who: str = "steward", *, tile: Any = MONEY, **how: Any) -> str:
    return work(world, who).write(Place("board", board, tile.id), text, about(tile), **how)


def button(app: AppTest, name: str) -> Any:
    (found,) = [each for each in app.button if str(each.key).startswith(name) or str(each.key).endswith(name)]
    return found


def count_on(app: AppTest, board: str, tile: str) -> str:
    keys = re.compile(rf"board-{board}-{tile}(-again-\d+)?-comments")  # a tile may be drawn again in a run
    found = [each.label for each in app.button if keys.fullmatch(str(each.key))]
    return found[0].split("*")[0].strip() if found else ""


def open_on(world: World, board: str, tile: str = "money") -> AppTest:
    """Return the board with the drawer of a tile open, opened from its menu."""
    app = world.open(board)
    app.session_state[f"board-{board}-{tile}-menu"] = True
    app.run()
    return press(app, f"board-{board}-{tile}-comment")


def texts_of(app: AppTest) -> list[str]:
    """Return the comments in the drawer, without their layout."""
    return [each.value for each in app.markdown if each.value in {"Hello", "Bonjour", "Dear Dora", HIDDEN}]


def test_a_comment_is_written_from_a_tiles_menu(world: World) -> None:
    board = world.publish()
    app = open_on(world, board)
    assert not app.exception
    assert any("No comments yet" in each.value for each in app.caption)
    (field,) = [each for each in app.text_area if str(each.key).startswith("comments-new")]
    field.set_value("Hello")
    app = button(app, "comments-new-0-send").click().run()
    assert not app.exception
    assert texts_of(app) == ["Hello"]
    (thread,) = work(world, "mia").threads(Place("board", board, "money"))
    assert (thread.first.about.metrics, thread.first.about.metric) == (("revenue",), "")
    assert thread.first.about.settings == {"tab": ("0",)}
    assert thread.first.about.days is not None
    assert not app.text_area
    app = press(app, "comments-begin")
    assert [each.value for each in app.text_area] == [""]


def test_tiles_show_how_many_comments_their_reader_can_read(world: World) -> None:
    board = world.publish()
    app = world.open(board)
    assert count_on(app, board, "money") == ""
    say(world, board, HIDDEN)
    say(world, board, "Hello", is_wide=True)
    assert count_on(world.open(board), board, "money") == "2"
    world.be("dora")
    assert count_on(world.open(board), board, "money") == "1"
    assert count_on(world.open(board), board, "channels") == ""


def test_counting_reads_the_store_only_after_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    board, reads = world.publish(), list[str]()
    counts = CommentWork.counts

    def counted(self: CommentWork, kind: Any, thing: str) -> dict[str, int]:
        reads.append(thing)
        return counts(self, kind, thing)

    monkeypatch.setattr(CommentWork, "counts", counted)
    app = world.open(board)
    app.run()
    app.run()
    assert reads == [board]


def test_the_drawer_hides_what_its_reader_cant_read(world: World) -> None:
    board = world.publish()
    say(world, board, HIDDEN)
    say(world, board, "Hello", is_wide=True)
    world.be("dora")
    app = open_on(world, board)
    assert texts_of(app) == ["Hello"]
    assert HIDDEN not in words(app)


def test_a_thread_is_replied_to_resolved_and_reopened(world: World) -> None:
    board = world.publish()
    first = say(world, board, "Hello")
    app = open_on(world, board)
    app = press(app, f"thread-{first}-reply")
    (field,) = [each for each in app.text_area if str(each.key).startswith(f"thread-{first}")]
    field.set_value("Bonjour")
    app = button(app, f"thread-{first}-reply-0-send").click().run()
    assert texts_of(app) == ["Hello", "Bonjour"]
    app = press(app, f"thread-{first}-resolve")
    assert "1 resolved thread" in [each.label for each in app.expander]
    assert work(world, "steward").counts("board", board) == {}
    app = press(app, f"thread-{first}-resolve")
    assert work(world, "steward").counts("board", board) == {"money": 2}


def test_people_can_edit_only_their_own_comments(world: World) -> None:
    board = world.publish()
    mine, theirs = say(world, board, "Hello"), say(world, board, "Bonjour", "mia")
    app = open_on(world, board)
    for comment in (mine, theirs):
        app.session_state[f"comment-{comment}-menu"] = True
    app = app.run()
    keys = {str(each.key) for each in app.button}
    assert f"comment-{mine}-edit" in keys
    assert f"comment-{theirs}-edit" not in keys
    assert {f"comment-{mine}-remove", f"comment-{theirs}-remove"} <= keys  # a steward can remove anyone's
    app = press(app, f"comment-{theirs}-remove")
    assert texts_of(app) == ["Hello"]


def test_a_comment_becomes_a_remark_with_its_text_and_days(world: World) -> None:
    board = world.publish()
    comment = say(world, board, "Hello")
    app = open_on(world, board)
    app.session_state[f"comment-{comment}-menu"] = True
    app = press(app.run(), f"comment-{comment}-remark")
    (field,) = [each for each in app.text_area if str(each.key).endswith("as-remark-text")]
    assert field.value == "Hello"
    (whole,) = [each for each in app.toggle if str(each.key).endswith("as-remark-whole")]
    assert whole.value is True
    app = press(app, f"comment-{comment}-as-remark-add")
    assert not app.exception
    assert not app.warning
    with world.store()[0].read() as connection:
        ((_, remark),) = read_remarks(connection, first=None, end=None)
    assert (remark.text, remark.metric, remark.whole) == ("Hello", "revenue", True)


def test_a_link_opens_the_tab_and_the_thread(world: World) -> None:
    board = world.publish()
    comment = say(world, board, "Hello", tile=COST)
    say(world, board, "Bonjour", tile=CHANNELS)
    app = world.open(board, comment=comment)
    assert held(app).place == 1
    drawer: Drawer = app.session_state[OPEN]
    assert (drawer.place.tile, drawer.focus) == ("cost", comment)
    assert texts_of(app) == ["Hello"]
    assert links.COMMENT not in app.query_params


@pytest.mark.parametrize("comment", ["hidden", "0" * 32, "\N{PILE OF POO}", "x" * 500])
def test_links_to_a_hidden_and_a_missing_comment_say_the_same(world: World, comment: str) -> None:
    board = world.publish()
    hidden = say(world, board, HIDDEN)
    world.be("dora")
    app = world.open(board, comment=hidden if comment == "hidden" else comment)
    assert held(app).banner == (GONE,)
    assert OPEN not in app.session_state
    assert HIDDEN not in words(app)


def test_an_archived_board_offers_no_fields(world: World) -> None:
    board = world.publish()
    say(world, board, "Hello")
    head = world.work().open(board).head
    world.work().archive(board, head.revision)
    app = open_on(world, board)
    assert texts_of(app) == ["Hello"]
    assert not app.text_area
    assert any("archived" in each.value for each in app.caption)


def test_many_threads_come_in_pages(world: World) -> None:
    board = world.publish()
    for _ in range(12):
        say(world, board, "Hello")
    app = open_on(world, board)
    assert len(texts_of(app)) == 10
    assert len(texts_of(press(app, "comments-more"))) == 12


def test_mentions_are_on_home(world: World) -> None:
    board = world.publish()
    comment = say(world, board, "Dear @Dora", is_wide=True)
    say(world, board, HIDDEN)
    world.be("dora")
    (mentioned,) = work(world, "dora").mentions_of_me(3)
    assert (mentioned.thing.title, mentioned.comment.kept.id) == ("The shop", comment)
