"""Comments on tiles with analyses: who reads them, and whether the numbers have changed since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages.comments.board_comments import about_analyzed
from semantic.annotations.comments import About
from semantic.boards.data import board_from_data
from semantic.services.boards import BoardWork
from semantic.services.comments.changed import can_see_why, has_changed
from semantic.services.comments.places import Place
from semantic.services.comments.work import CommentWork
from semantic.services.process import Live
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.spaces.spaces import make_space
from tests.semantic.services.analyzing.logged_app import ASKED, OpenLog, close, open_live, run

P7_LOOKS_IN_FR = (
    "INSERT INTO actions VALUES ('x', 'p7', 's', 'a', TIMESTAMPTZ '2026-03-02 15:00+00', 'phone', NULL, 'FR')"
)
IN_DE = {"dim": "market", "op": "in", "values": ["DE"]}
SEE_ALL = {"ana", "stef", "max"}
"""The people who see the comment.

Others don't see it: Dora, who sees only DE, Gus, who can't see small groups, Nora, who can't see carts, and Ida, who
can't see dates.
"""
AND_MIA = SEE_ALL | {"mia"}
"""Mia's masks are on dimensions that the funnel doesn't have."""


@pytest.fixture
def open_log(store: Store, keys: Keys, tmp_path: Path) -> Iterator[OpenLog]:
    opened: list[Live] = []

    def make(*sql: str) -> Live:
        opened.append(open_live(tmp_path / str(len(opened)), store, keys, sql=sql))
        return opened[-1]

    yield make
    for live in opened:
        close(live)


def comments(live: Live, person: str) -> CommentWork:
    workspace = live.workspace()
    return CommentWork(live.store, live.keys, workspace, workspace.people[person], lambda: dict(workspace.people))


def commented(live: Live, **more: Any) -> tuple[Place, About, str]:
    """Create a shared board with an analysis in a tile, and a comment by Ana, and return its place, its subject and the
    receipt.
    """
    workspace = live.workspace()
    ana = workspace.people["ana"]
    tile = {"id": "carts", "kind": "analysis", "analysis": ASKED | more}
    work = BoardWork(live.store, live.keys, workspace, ana)
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", ana, live.keys).id
    board = work.make(board_from_data({"title": "Shop", "rows": [{"tiles": [tile]}]}), space=space)
    work.publish(board, 1, "First")
    analyzed = run(live, **more)
    about = about_analyzed(analyzed)
    place = Place("board", board, "carts")
    comments(live, "ana").write(place, "Why so few?", about, receipt=analyzed.receipt)
    return place, about, analyzed.receipt


def readers(live: Live, place: Place) -> set[str]:
    return {name for name in live.workspace().people if comments(live, name).threads(place)}


def test_only_people_who_see_at_least_the_authors_rows_read_a_comment(open_log: OpenLog) -> None:
    live = open_log()
    place, about, _ = commented(live)
    assert about.metrics == ("views", "carts")
    assert readers(live, place) == AND_MIA
    assert comments(live, "ana").counts("board", place.thing) == {"carts": 1}
    assert comments(live, "nora").find_thing("board", place.thing) is not None
    assert comments(live, "nora").counts("board", place.thing) == {}


def test_with_a_filter_of_all_events_people_who_see_its_rows_can_read(open_log: OpenLog) -> None:
    live = open_log()
    place, about, _ = commented(live, where=IN_DE)
    assert about.within == (("market", ("DE",)),)
    assert readers(live, place) == AND_MIA | {"dora"}


def test_a_filter_of_one_event_doesnt_limit_the_others(open_log: OpenLog) -> None:
    live = open_log()
    place, about, _ = commented(live, steps=[{"metric": "views", "where": IN_DE}, "carts"])
    assert about.within == ()
    assert readers(live, place) == AND_MIA


def test_a_filter_doesnt_limit_the_people_of_a_set(open_log: OpenLog) -> None:
    live = open_log()
    place, about, _ = commented(live, where=IN_DE, of={"analysis": ASKED, "part": {"reached": 1}})
    assert about.within == ()
    assert readers(live, place) == AND_MIA


def test_only_people_whose_rows_changed_learn_that_the_numbers_changed(open_log: OpenLog) -> None:
    """A view in FR is added, which Dora can't see. The numbers changed only for people with Ana's access."""
    _, _, receipt = commented(open_log())
    assert not has_changed(open_log(), receipt, open_log().workspace().people["ana"])
    after = open_log(P7_LOOKS_IN_FR)
    people = after.workspace().people
    assert {name for name in people if has_changed(after, receipt, people[name])} == SEE_ALL
    assert {name for name in people if can_see_why(after, receipt, people[name])} == {"ana", "stef"}
    assert not can_see_why(after, "R-2222-2222-2222", people["ana"])
