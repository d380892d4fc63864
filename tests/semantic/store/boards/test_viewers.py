"""The number of people who opened a board in the last 30 days, without revealing who they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from semantic.audit_trail import viewers as viewers_module
from semantic.audit_trail.viewers import Viewers
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.boards.boards import make_board
from semantic.store.boards.viewers import BOARD_VIEWERS, count_viewers, note_viewer
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import subject_of
from semantic.store.spaces.spaces import MINE
from semantic.store.upkeep.erasure import erase
from tests.semantic.store.clock import Clock

JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
DAY = date(2026, 6, 30)
SPEND = Board(
    title="Spend",
    tabs=(Tab(rows=(Row(tiles=(Tile(id="a", kind=TileKind.NUMBER, question=Query(metrics=("spend",))),)),)),),
)


@pytest.fixture
def boards(store: Store, keys: Keys) -> tuple[str, str]:
    """Two boards of Jonas's. Everyone has signed in before."""
    with store.write() as transaction:
        for actor in (JONAS, LENA, ANA):
            subject_of(transaction, actor.id, actor.name)
        first, second = (make_board(transaction, SPEND, JONAS, keys, space=MINE) for _ in range(2))
    return first, second


def _note(store: Store, keys: Keys, board: str, actor: Actor, day: date = DAY) -> None:
    with store.write(recorded=False) as transaction:
        note_viewer(transaction, board, actor, day, keys)


def _counts(store: Store, day: date = DAY) -> dict[str, int]:
    with store.read() as connection:
        return dict(count_viewers(connection, day))


def test_each_person_counts_once_and_the_owner_never(store: Store, keys: Keys, boards: tuple[str, str]) -> None:
    first, second = boards
    assert _counts(store) == {}
    for actor in (LENA, LENA, ANA, JONAS, Actor(id="stranger", roles=frozenset({"viewer"}))):
        _note(store, keys, first, actor)
    _note(store, keys, second, LENA)
    _note(store, keys, "0" * 32, LENA)  # deleted in the meantime
    assert _counts(store) == {first: 2, second: 1}


def test_a_person_counts_for_thirty_days_after_their_last_visit(
    store: Store, keys: Keys, boards: tuple[str, str]
) -> None:
    board, _ = boards
    _note(store, keys, board, LENA, DAY)
    _note(store, keys, board, ANA, DAY + timedelta(days=10))
    _note(store, keys, board, LENA, DAY - timedelta(days=5))  # written late: the later day stays
    assert [_counts(store, DAY + timedelta(days=days)).get(board, 0) for days in (29, 30, 39, 40)] == [2, 1, 1, 0]
    _note(store, keys, board, LENA, DAY + timedelta(days=20))
    assert _counts(store, DAY + timedelta(days=39)) == {board: 2}


def test_visits_that_no_longer_count_are_deleted_even_for_unopened_boards(
    store: Store, clock: Clock, keys: Keys, boards: tuple[str, str]
) -> None:
    opened, left = boards
    viewers = Viewers(store, keys)
    viewers.opened(LENA, opened)
    viewers.opened(ANA, left)
    viewers.write()
    clock.move(days=30)
    viewers.opened(LENA, opened)
    viewers.write()
    with store.read() as connection:
        rows = connection.execute(select(BOARD_VIEWERS.c.board, BOARD_VIEWERS.c.seen_on)).all()
    assert [tuple(row) for row in rows] == [(opened, clock().date())]


def test_the_table_neither_names_people_nor_links_two_boards(store: Store, keys: Keys, boards: tuple[str, str]) -> None:
    for board in boards:
        _note(store, keys, board, LENA)
    with store.write(recorded=False) as transaction:
        subject = subject_of(transaction, LENA.id, LENA.name)
        rows = transaction.connection.execute(select(BOARD_VIEWERS.c.viewer)).scalars().all()
    assert len(set(rows)) == 2
    assert not any(name in row for row in rows for name in (subject, "lena"))


def test_an_erased_person_no_longer_counts(store: Store, keys: Keys, boards: tuple[str, str]) -> None:
    first, second = boards
    for board in boards:
        _note(store, keys, board, LENA)
    _note(store, keys, first, ANA)
    erase(store, "lena", OTTO, keys)
    assert _counts(store) == {first: 1}
    assert second not in _counts(store)


def test_visits_are_written_later_and_once_a_day(store: Store, keys: Keys, boards: tuple[str, str]) -> None:
    board, _ = boards
    viewers, today = Viewers(store, keys), store.now().date()
    for actor in (LENA, LENA, replace(ANA, viewed_by="otto"), replace(ANA, kind="agent")):
        viewers.opened(actor, board)
    assert _counts(store, today) == {}
    viewers.write()
    assert _counts(store, today) == {board: 1}
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(BOARD_VIEWERS.delete())
    viewers.opened(LENA, board)
    viewers.write()
    assert _counts(store, today) == {}  # this process knows that she was counted today


def test_visits_wait_for_an_unavailable_store_up_to_a_limit(
    store: Store, keys: Keys, boards: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers_module, "MOST_WAITING", 2)
    viewers = Viewers(store, keys)
    for actor in (ANA, LENA, Actor(id="more", roles=frozenset({"viewer"}))):
        viewers.opened(actor, boards[0])
    with monkeypatch.context() as away:
        away.setattr(store, "write", _away)
        with pytest.raises(StoreFailed):
            viewers.write()
    viewers.write()
    assert _counts(store, store.now().date()) == {boards[0]: 1}  # Ana, the oldest of three, was dropped


def _away(**_: object) -> None:
    raise StoreFailed("The store doesn't respond.")
