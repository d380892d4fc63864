"""Favourites belong to one person, and don't give access to anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from semantic.errors import NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import subject_of
from semantic.store.questions.favourites import FAVOURITES, MOST, read_favourites, set_favourite
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import make_space
from semantic.store.upkeep.erasure import erase

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))


def _save(store: Store, keys: Keys, *, space: str = "") -> str:
    content = Content(query=Query(metrics=("orders",)))
    with store.write() as transaction:
        where = make_space(transaction, space, JONAS, keys).id if space else ""
        return save_question(transaction, content, JONAS, keys, name="Orders", sentence="", space=where)


def _set(store: Store, question: str, actor: Actor, *, on: bool = True) -> None:
    with store.write(recorded=False) as transaction:
        set_favourite(transaction, question, actor, on=on)


def _of(store: Store, actor: Actor) -> frozenset[str]:
    with store.read() as connection:
        return read_favourites(connection, actor)


def test_each_person_has_their_own_favourites(store: Store, keys: Keys) -> None:
    shared = _save(store, keys, space="Team Paid")
    for _ in range(2):
        _set(store, shared, LENA)
    assert (_of(store, LENA), _of(store, JONAS)) == ({shared}, frozenset())
    _set(store, shared, LENA, on=False)
    assert _of(store, LENA) == frozenset()


def test_a_question_without_access_cannot_be_a_favourite(store: Store, keys: Keys) -> None:
    private = _save(store, keys)
    for question in (private, "0" * 32, "é"):
        with pytest.raises(UnknownQuestion):
            _set(store, question, LENA)
    assert _of(store, LENA) == frozenset()


def test_no_favourites_are_set_or_read_while_viewing_as_someone_or_without_a_role(store: Store, keys: Keys) -> None:
    shared = _save(store, keys, space="Team Paid")
    _set(store, shared, JONAS)
    for actor in (replace(JONAS, viewed_by="ana"), Actor(id="none")):
        with pytest.raises(NotAllowed):
            _set(store, shared, actor)
        assert _of(store, actor) == frozenset()


def test_favourites_are_limited_per_person(store: Store, keys: Keys) -> None:
    shared = _save(store, keys, space="Team Paid")
    with store.write(recorded=False) as transaction:
        me = subject_of(transaction, LENA.id, LENA.name)
        rows = [{"subject": me, "question": str(number), "since": transaction.now} for number in range(MOST)]
        transaction.connection.execute(insert(FAVOURITES), rows)
    with pytest.raises(NotAllowed, match="500 favorites"):
        _set(store, shared, LENA)


def test_favourites_are_deleted_with_the_person(store: Store, keys: Keys) -> None:
    shared = _save(store, keys, space="Team Paid")
    for actor in (LENA, JONAS):
        _set(store, shared, actor)
    erase(store, "lena", Actor(id="otto", name="Otto", roles=frozenset({"administrator"})), keys)
    with store.read() as connection:
        assert connection.execute(FAVOURITES.select()).all() != []
        assert read_favourites(connection, JONAS) == {shared}
        assert len(connection.execute(FAVOURITES.select()).all()) == 1
