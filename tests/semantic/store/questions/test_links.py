"""Links to questions that must not be in an address: anyone with the link can open it, and no one can guess it."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from semantic.errors import InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import Condition, Operator, Query
from semantic.query.upgrades import read_stored
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import erase_person
from semantic.store.questions.links import (
    LONGEST_NOTE,
    MOST_A_DAY,
    NOT_THERE,
    LinkNote,
    Sharing,
    find_link,
    make_link,
    read_chart,
    read_link,
    read_link_note,
)
from tests.semantic.store.clock import Clock

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
LONG = Query(metrics=("spend",), where=Condition("campaign", Operator.IN, tuple(f"campaign {n}" for n in range(200))))
OF_A_PERSON = Query(metrics=("orders",), where=Condition("email", Operator.IN, ("edda@example.org",)))


def _make(store: Store, keys: Keys, query: Query, actor: Actor = JONAS) -> str:
    with store.write() as transaction:
        return make_link(transaction, query, actor, keys, is_personal=query is OF_A_PERSON)


@pytest.mark.parametrize("query", [LONG, OF_A_PERSON])
def test_a_link_returns_its_question(query: Query, store: Store, keys: Keys) -> None:
    link = _make(store, keys, query)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", link)
    with store.read() as connection:
        assert read_stored(read_link(connection, link, keys)) == query


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
def test_no_links_are_created_without_a_role_or_while_viewing_as_someone(
    actor: Actor, store: Store, keys: Keys
) -> None:
    with pytest.raises(NotAllowed):
        _make(store, keys, LONG, actor)


# Notes and senders

NOTE = Sharing(note="Look at Display\nin October", chart="pie", access="rows of Germany")


def _share(store: Store, keys: Keys, sharing: Sharing = NOTE, *, actor: Actor = JONAS) -> str:
    with store.write() as transaction:
        return make_link(transaction, LONG, actor, keys, is_personal=False, sharing=sharing)


def _sent(store: Store, keys: Keys, link: str, actor: Actor = LENA, *, access: str = NOTE.access) -> LinkNote | None:
    with store.read() as connection:
        return read_link_note(connection, link, actor, keys, access=access)


def test_a_link_has_its_senders_note_on_one_line(store: Store, keys: Keys) -> None:
    link = _share(store, keys)
    expected = LinkNote(
        sender="Jonas Falk", note="Look at Display in October", at=store.now(), is_mine=False, has_other_access=False
    )
    assert _sent(store, keys, link) == expected
    with store.read() as connection:
        assert read_chart(connection, link) == "pie"


def test_people_whose_access_differs_from_the_senders_are_told(store: Store, keys: Keys) -> None:
    link = _share(store, keys)
    for access, is_other in ((NOTE.access, False), ("rows of Austria", True), ("", True)):
        sent = _sent(store, keys, link, access=access)
        assert sent is not None
        assert sent.has_other_access == is_other
    own = _sent(store, keys, link, JONAS, access="rows of Austria")
    assert own is not None
    assert (own.is_mine, own.has_other_access) == (True, False)
    as_jonas = _sent(store, keys, link, replace(JONAS, viewed_by="ana"))
    assert as_jonas is not None
    assert not as_jonas.is_mine


def test_neither_note_nor_access_is_readable_in_the_store(store: Store, keys: Keys) -> None:
    _share(store, keys)
    with store.read() as connection:
        (row,) = connection.execute(text("SELECT * FROM question_links"))
    for words in ("Display in", "Germany"):
        assert words not in str(tuple(row))


def test_a_note_and_its_senders_name_are_gone_once_the_sender_is_erased(store: Store, keys: Keys) -> None:
    link = _share(store, keys)
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "jonas", keys)
    sent = _sent(store, keys, link)
    assert sent is not None
    assert (sent.sender, sent.note) == ("", "")
    with store.read() as connection:
        assert read_stored(read_link(connection, link, keys)) == LONG


def test_a_note_of_one_link_opens_on_no_other(store: Store, keys: Keys) -> None:
    first, second = _share(store, keys), _share(store, keys, replace(NOTE, note="Something else"))
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(
            text("UPDATE question_links SET note = (SELECT note FROM question_links WHERE id = :b) WHERE id = :a"),
            {"a": first, "b": second},
        )
    moved = _sent(store, keys, first)
    assert moved is not None
    assert moved.note == ""


def test_a_different_note_chart_or_access_gives_a_different_link(store: Store, keys: Keys) -> None:
    link = _share(store, keys)
    with store.read() as connection:
        assert find_link(connection, LONG, JONAS, keys, NOTE) == link
        others = (Sharing(), replace(NOTE, note=""), replace(NOTE, chart=""), replace(NOTE, access=""))
        assert [find_link(connection, LONG, JONAS, keys, other) for other in others] == [None] * 4


def test_a_link_without_a_sender_still_opens(store: Store, keys: Keys) -> None:
    link = _make(store, keys, LONG)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text("UPDATE question_links SET access = NULL"))
    assert _sent(store, keys, link) is None
    with store.read() as connection:
        assert read_stored(read_link(connection, link, keys)) == LONG
        assert read_chart(connection, link) == ""


def test_a_long_note_is_refused(store: Store, keys: Keys) -> None:
    with pytest.raises(InvalidQuery, match="more than 300 characters"):
        _share(store, keys, Sharing(note="x" * (LONGEST_NOTE + 1)))
    assert _share(store, keys, Sharing(note=" " + "x" * LONGEST_NOTE + " "))


def test_one_person_can_create_only_so_many_links_a_day(store: Store, keys: Keys, clock: Clock) -> None:
    _make(store, keys, LONG)
    with store.write(recorded=False) as transaction:
        copies = "INSERT INTO question_links SELECT :id, query, sealed, author, asked, made_at, chart, note, access"
        rows = [{"id": str(number)} for number in range(MOST_A_DAY - 1)]
        transaction.connection.execute(text(f"{copies} FROM question_links LIMIT 1"), rows)
    with pytest.raises(NotAllowed, match="200 links within a day"):
        _share(store, keys)
    assert _share(store, keys, actor=LENA)
    clock.move(days=1, seconds=1)
    assert _share(store, keys)
