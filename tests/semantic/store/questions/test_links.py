"""Links to questions that do not stand in an address: opened by whoever has one, guessed by nobody."""

import re

import pytest
from sqlalchemy import text

from semantic.errors import NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Operator, Query
from semantic.query.upgrades import read_kept
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import erase_person
from semantic.store.questions.links import NOT_THERE, find_link, make_link, read_link

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
LONG = Query(metrics=("spend",), where=Condition("campaign", Operator.IN, tuple(f"campaign {n}" for n in range(200))))
OF_A_PERSON = Query(metrics=("orders",), where=Condition("email", Operator.IN, ("edda@example.org",)))


def _make(store: Store, keys: Keys, query: Query, actor: Actor = JONAS) -> str:
    with store.write() as transaction:
        return make_link(transaction, query, actor, keys, is_personal=query is OF_A_PERSON)


@pytest.mark.parametrize("query", [LONG, OF_A_PERSON])
def test_a_link_gives_back_its_question(query: Query, store: Store, keys: Keys) -> None:
    link = _make(store, keys, query)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", link)
    with store.read() as connection:
        assert read_kept(read_link(connection, link, keys)) == query


def test_each_person_has_one_link_to_a_question(store: Store, keys: Keys) -> None:
    link = _make(store, keys, LONG)
    with store.read() as connection:
        assert find_link(connection, LONG, JONAS, keys) == link
        assert find_link(connection, LONG, LENA, keys) is None
        assert find_link(connection, OF_A_PERSON, JONAS, keys) is None


def test_a_person_in_a_filter_is_sealed(store: Store, keys: Keys) -> None:
    link = _make(store, keys, OF_A_PERSON)
    with store.read() as connection:
        (row,) = connection.execute(text("SELECT * FROM question_links"))
        assert "edda" not in str(tuple(row))
        with pytest.raises(UnknownQuestion):
            read_link(connection, link, keys_of("another secret of tests, also long enough"))
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "jonas", keys)
    with pytest.raises(UnknownQuestion, match=re.escape(NOT_THERE)), store.read() as connection:
        read_link(connection, link, keys)


@pytest.mark.parametrize("link", ["", "x" * 22, "x" * 5_000, "'; DROP TABLE question_links; --", "\x00" * 22, "é" * 22])
def test_an_invalid_link_gives_the_same_message(link: str, store: Store, keys: Keys) -> None:
    with pytest.raises(UnknownQuestion) as caught, store.read() as connection:
        read_link(connection, link, keys)
    assert str(caught.value) == NOT_THERE


@pytest.mark.parametrize("actor", [Actor(id="none"), Actor(id="jonas", roles=JONAS.roles, viewed_by="ana")])
def test_no_links_are_created_while_viewing_as_someone_else(actor: Actor, store: Store, keys: Keys) -> None:
    with pytest.raises(NotAllowed):
        _make(store, keys, LONG, actor)
