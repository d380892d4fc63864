"""What people follow and asked recently: private, without duplicates, limited, and erased with them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from semantic.audit_trail.recents import Recents
from semantic.errors import NotAllowed, StoreFailed
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.store.accounts import follows
from semantic.store.accounts.follows import follow, read_follows, unfollow
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.questions.recents import MOST, RECENTS, keep_recent, read_recents
from semantic.store.upkeep.erasure import erase
from tests.semantic.store.clock import Clock
from tests.semantic.store.faults import read_only

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
WATCHED = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), viewed_by="otto")
SCRIPT = Actor(id="jonas", name="Report", kind="service", roles=frozenset({"marketer"}))


def _follows(store: Store, actor: Actor) -> list[tuple[str, str]]:
    with store.read() as connection:
        return [(followed.kind, followed.thing) for followed in read_follows(connection, actor)]


def _recents(store: Store, actor: Actor) -> list[Query]:
    with store.read() as connection:
        return [query for query, _ in read_recents(connection, actor)]


def test_each_person_has_their_own_follows_in_order(store: Store, clock: Clock) -> None:
    for actor, kind, thing in (
        (LENA, "metric", "roas"),
        (JONAS, "metric", "spend"),
        (LENA, "board", "b1"),
        (LENA, "metric", "roas"),
        (LENA, "metric", "aov"),
    ):
        with store.write(recorded=False) as transaction:
            follow(transaction, actor, kind, thing)  # pyright: ignore[reportArgumentType]
        clock.move(seconds=1)
    assert _follows(store, LENA) == [("metric", "roas"), ("board", "b1"), ("metric", "aov")]
    assert _follows(store, JONAS) == [("metric", "spend")]
    assert _follows(store, WATCHED) == []
    with store.write(recorded=False) as transaction:
        unfollow(transaction, LENA, "metric", "roas")
        unfollow(transaction, LENA, "metric", "never_followed")
    assert _follows(store, LENA) == [("board", "b1"), ("metric", "aov")]


def test_following_needs_a_role_is_limited_and_is_off_while_viewing_as_someone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for actor in (WATCHED, Actor(id="nobody", name="Nobody")):
        with pytest.raises(NotAllowed), store.write(recorded=False) as transaction:
            follow(transaction, actor, "metric", "roas")
    monkeypatch.setattr(follows, "MOST", 2)
    with store.write(recorded=False) as transaction:
        follow(transaction, LENA, "metric", "roas")
        follow(transaction, LENA, "metric", "aov")
        with pytest.raises(NotAllowed, match="Unfollow one first"):
            follow(transaction, LENA, "metric", "spend")


@pytest.fixture
def jonas(store: Store) -> None:
    """Jonas, as known after signing in."""
    with store.write(recorded=False) as transaction:
        subject_of(transaction, JONAS.id, JONAS.name)


@pytest.mark.usefixtures("jonas")
def test_recent_questions_are_newest_first_without_duplicates_and_limited(
    store: Store, keys: Keys, clock: Clock
) -> None:
    asked = [Query(metrics=("spend",), by=(Breakdown(f"d{number}"),)) for number in range(MOST + 5)]
    for query in asked:
        with store.write(recorded=False) as transaction:
            keep_recent(transaction, JONAS, query, clock(), keys)
        clock.move(seconds=1)
    assert _recents(store, JONAS) == asked[: -MOST - 1 : -1]
    with store.write(recorded=False) as transaction:
        keep_recent(transaction, JONAS, asked[-MOST], clock(), keys)
    assert _recents(store, JONAS)[:2] == [asked[-MOST], asked[-1]]
    assert len(_recents(store, JONAS)) == MOST
    assert _recents(store, LENA) == _recents(store, WATCHED) == []


@pytest.mark.usefixtures("jonas")
def test_recent_questions_are_written_in_the_background_and_known_at_once(
    store: Store, keys: Keys, clock: Clock
) -> None:
    recents = Recents(store, keys)
    first, second = Query(metrics=("spend",)), Query(metrics=("roas",))
    for query in (first, second, first):
        recents.asked(JONAS, query)
        clock.move(seconds=1)
    recents.asked(WATCHED, Query(metrics=("orders",)))
    recents.asked(SCRIPT, Query(metrics=("orders",)))
    assert [*recents.of(JONAS)] == [first, second]
    assert recents.of(LENA) == recents.of(WATCHED) == {}
    assert _recents(store, JONAS) == []
    recents.write()
    assert _recents(store, JONAS) == [*recents.of(JONAS)] == [*Recents(store, keys).of(JONAS)] == [first, second]


@pytest.mark.usefixtures("jonas")
def test_pending_recent_questions_do_not_bring_back_an_erased_person(store: Store, keys: Keys) -> None:
    recents = Recents(store, keys)
    recents.asked(JONAS, Query(metrics=("spend",)))
    erase(store, "jonas", OTTO, keys)
    recents.write()
    with store.read() as connection:
        known = connection.execute(select(PEOPLE.c.id, PEOPLE.c.name).where(PEOPLE.c.name == JONAS.name)).all()
        assert known == []
        assert connection.execute(select(RECENTS)).all() == []


def test_follows_and_recent_questions_are_erased_with_the_person(store: Store, keys: Keys, clock: Clock) -> None:
    with store.write(recorded=False) as transaction:
        follow(transaction, JONAS, "metric", "roas")
        follow(transaction, LENA, "metric", "roas")
        keep_recent(transaction, JONAS, Query(metrics=("spend",)), clock(), keys)
    erase(store, "jonas", OTTO, keys)
    assert _follows(store, JONAS) == []
    assert _recents(store, JONAS) == []
    assert _follows(store, LENA) == [("metric", "roas")]


def test_an_unstorable_question_does_not_delay_others(store: Store, keys: Keys, clock: Clock) -> None:
    with store.write(recorded=False) as transaction:
        for actor in (LENA, JONAS):
            subject_of(transaction, actor.id, actor.name)
    recents = Recents(store, keys)
    before, after = Query(metrics=("spend",)), Query(metrics=("revenue",))
    recents.asked(LENA, before)
    recents.asked(JONAS, Query(metrics=("half of a letter \ud800",)))  # a question that was read never has such a text
    recents.asked(LENA, after)
    recents.write()
    assert _recents(store, LENA) in ([after, before], [before, after])
    assert _recents(store, JONAS) == []
    assert recents.of(JONAS) == {}


def test_while_the_store_fails_every_question_waits(store: Store, keys: Keys) -> None:
    with store.write(recorded=False) as transaction:
        subject_of(transaction, LENA.id, LENA.name)
    recents = Recents(store, keys)
    recents.asked(LENA, Query(metrics=("spend",)))
    with read_only(store), pytest.raises(StoreFailed):
        recents.write()
    assert [*recents.of(LENA)] == [Query(metrics=("spend",))]
    recents.write()
    assert _recents(store, LENA) == [Query(metrics=("spend",))]
