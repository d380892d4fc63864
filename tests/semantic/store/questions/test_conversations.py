"""Conversations in the store: sealed, private to each person, without numbers, and deleted after a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from semantic.agents.talking.remembered import Conversations
from semantic.errors import NotAllowed
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Last, Operator, Query
from semantic.store.database import Store, connect_store
from semantic.store.keys import keys_of
from semantic.store.migrate import upgrade
from semantic.store.questions.conversations import CONVERSATIONS, KEPT, MOST, StoredTurn, make_id
from semantic.store.upkeep.erasure import erase

ANA = Actor(id="ana", name="Ana", roles=frozenset({"viewer"}))
BEN = Actor(id="ben", name="Ben", roles=frozenset({"viewer"}))
KEYS = keys_of("a secret of tests, long enough to sign with")
ASKED = Query(
    metrics=("revenue",), where=Condition("name", Operator.IN, ("Zoe Example",)), time=Last(1, Granularity.MONTH)
)
TURNS = (
    StoredTurn(words="revenue of Zoe Example", question=ASKED, receipt="R-AAAA-BBBB-CCCC"),
    StoredTurn(words="zebra"),
    StoredTurn(words="Remove Product", question=ASKED, is_chosen=True),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(connect_store(str(tmp_path / "store.sqlite")))
    upgrade(opened)
    yield opened
    opened.close()


def of(store: Store, actor: Actor) -> Conversations:
    return Conversations(store, KEYS, actor)


def test_a_conversation_round_trips(store: Store) -> None:
    mine, name = of(store, ANA), make_id()
    mine.keep(name, TURNS[:1])
    mine.keep(name, TURNS)
    (one,) = mine.all()
    assert (one.id, one.turns, one.title) == (name, TURNS, "revenue of Zoe Example")


def test_no_one_else_reads_continues_or_deletes_it(store: Store) -> None:
    name = make_id()
    of(store, ANA).keep(name, TURNS)
    other = of(store, BEN)
    other.keep(make_id(), [StoredTurn(words="mine")])
    assert [one.title for one in other.all()] == ["mine"]
    other.keep(name, [StoredTurn(words="taken over")])
    other.delete(name)
    assert of(store, ANA).all()[0].turns == TURNS


@pytest.mark.parametrize(
    "actor", [replace(ANA, viewed_by="otto"), replace(ANA, kind="agent", agent="A-1"), replace(ANA, kind="service")]
)
def test_only_the_person_has_conversations(store: Store, actor: Actor) -> None:
    of(store, ANA).keep(make_id(), TURNS)
    other = of(store, actor)
    assert not other.are_kept
    assert other.all() == []
    other.keep(make_id(), TURNS)
    with pytest.raises(NotAllowed):
        other.delete_all()
    assert len(of(store, ANA).all()) == 1


def test_nothing_is_readable_in_the_store(store: Store, tmp_path: Path) -> None:
    of(store, ANA).keep(make_id(), TURNS)
    store.close()
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"conversations" in written
    for word in (b"Zoe", b"zebra", b"R-AAAA"):
        assert word not in written


def test_a_row_under_another_id_or_person_is_not_read(store: Store) -> None:
    name = make_id()
    of(store, ANA).keep(name, TURNS)
    of(store, BEN).keep(make_id(), [StoredTurn(words="mine")])
    with store.write(recorded=False) as transaction:
        rows = list(transaction.connection.execute(select(CONVERSATIONS)))
        anas = next(row for row in rows if row.id == name)
        bens = next(row for row in rows if row.id != name)
        copy = {"id": make_id(), "subject": bens.subject, "sealed": anas.sealed, "changed_at": anas.changed_at}
        transaction.connection.execute(insert(CONVERSATIONS).values(**copy))
        again = copy | {"id": make_id(), "subject": anas.subject}
        transaction.connection.execute(insert(CONVERSATIONS).values(**again))
    assert [one.title for one in of(store, BEN).all()] == ["mine"]
    assert [one.id for one in of(store, ANA).all()] == [name]


def test_only_the_latest_conversations_are_kept(store: Store) -> None:
    mine = of(store, ANA)
    for place in range(MOST + 3):
        mine.keep(make_id(), [StoredTurn(words=f"question {place}")])
        with store.write(recorded=False) as transaction:  # each a minute older than the next
            older = CONVERSATIONS.c.changed_at
            rows = transaction.connection.execute(select(CONVERSATIONS.c.id, older)).all()
            for row in rows:
                changed = row.changed_at - timedelta(minutes=1)
                is_it = CONVERSATIONS.c.id == row.id
                transaction.connection.execute(update(CONVERSATIONS).where(is_it).values(changed_at=changed))
    titles = [one.title for one in mine.all()]
    assert titles == [f"question {place}" for place in range(MOST + 2, 2, -1)]


def test_an_old_conversation_is_not_shown_and_is_deleted_with_the_next_write(store: Store) -> None:
    of(store, ANA).keep(make_id(), TURNS)
    with store.write(recorded=False) as transaction:
        old = datetime.now(UTC) - KEPT - timedelta(minutes=1)
        transaction.connection.execute(update(CONVERSATIONS).values(changed_at=old))
    assert of(store, ANA).all() == []
    of(store, BEN).keep(make_id(), [StoredTurn(words="mine")])
    with store.read() as connection:
        assert len(connection.execute(select(CONVERSATIONS)).all()) == 1


def test_conversations_are_deleted_by_their_owner_and_with_the_person(store: Store) -> None:
    mine, first = of(store, ANA), make_id()
    mine.keep(first, TURNS)
    mine.keep(make_id(), [StoredTurn(words="another")])
    mine.delete(first)
    assert [one.title for one in mine.all()] == ["another"]
    mine.delete_all()
    assert mine.all() == []
    mine.keep(make_id(), TURNS)
    erase(store, "ana", replace(BEN, roles=frozenset({"administrator"})), KEYS)
    with store.read() as connection:
        assert connection.execute(select(CONVERSATIONS)).all() == []
