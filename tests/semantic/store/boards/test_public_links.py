"""Public links in the store: found only by their whole text, signed and sealed, ended, counted and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.links import reader_of_link
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.boards import public_links
from semantic.store.boards.boards import make_board
from semantic.store.boards.public_links import (
    LINK,
    PUBLIC_LINKS,
    NewLink,
    PublicLink,
    end_public_link,
    find_public_link,
    make_public_link,
    note_opened,
    note_refused,
    read_public_links,
)
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import erase_person
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.store.clock import Clock

ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
WALL = Board(title="Wall", tabs=(Tab(rows=(Row(tiles=(Tile(id="a", kind=TileKind.TEXT, text="Hello"),)),)),))


@pytest.fixture
def board(store: Store, keys: Keys) -> str:
    with store.write() as transaction:
        return make_board(transaction, WALL, ANA, keys, space="")


@pytest.fixture
def wanted(board: str, clock: Clock) -> NewLink:
    return NewLink(board=board, audience="agency", label="Agency wall", until=clock() + timedelta(days=30))


def _make(store: Store, keys: Keys, wanted: NewLink, actor: Actor = ANA) -> tuple[PublicLink, str]:
    with store.write() as transaction:
        return make_public_link(transaction, keys, wanted, actor)


def _find(store: Store, keys: Keys, link: str) -> PublicLink | None:
    with store.read() as connection:
        return find_public_link(connection, keys, link)


def _end(store: Store, keys: Keys, number: str, actor: Actor = ANA, why: str = "") -> None:
    with store.write() as transaction:
        end_public_link(transaction, keys, number, actor, why)


def _told(store: Store, keys: Keys) -> list[str]:
    with store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, keys) if entry.kind.startswith("public_link.")]


def test_a_link_is_found_by_its_text_and_states_its_board(store: Store, keys: Keys, wanted: NewLink) -> None:
    made, link = _make(store, keys, wanted)
    assert LINK.fullmatch(link)
    found = _find(store, keys, link)
    assert found is not None
    assert found == made
    assert (found.board, found.board_title, found.audience, found.label) == (
        wanted.board, "Wall", "agency", "Agency wall",
    )  # fmt: skip
    assert (found.made_by, found.opens, found.opened_at) == ("ana", 0, None)
    assert found.state(store.now()) == "works"
    assert _told(store, keys) == [
        "Ana Ribeiro created the public link “Agency wall” for agency, valid until 2026-10-01"
    ]


def test_neither_the_link_nor_its_parts_are_in_the_store(store: Store, keys: Keys, wanted: NewLink) -> None:
    _, link = _make(store, keys, wanted)
    with store.read() as connection:
        rows = connection.execute(text("SELECT * FROM public_links")).all()
        entries = connection.execute(text("SELECT said, about FROM audit")).all()
    written = repr((rows, entries))
    assert not [part for part in (link, *link.split(".")) if part in written]


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),  # the signature
        lambda link: ("A" if link[0] != "A" else "B") + link[1:],  # the secret
        lambda link: link.partition(".")[0],
        lambda link: link + "0",
        lambda link: link.upper(),
        lambda link: f" {link}",
        lambda _: "",
        lambda _: "." * 65,
        lambda _: "\ud800",
    ],
)
def test_a_changed_link_finds_nothing(store: Store, keys: Keys, wanted: NewLink, change: Callable[[str], str]) -> None:
    _, link = _make(store, keys, wanted)
    assert _find(store, keys, change(link)) is None
    assert _find(store, keys, link) is not None


def test_a_link_signed_with_another_key_finds_nothing(store: Store, keys: Keys, wanted: NewLink) -> None:
    _, link = _make(store, keys, wanted)
    assert _find(store, keys_of("another secret of tests, long enough to sign with"), link) is None


@pytest.mark.parametrize("column", ["audience", "board", "made_by", "until", "digest"])
def test_a_row_changed_in_the_store_opens_nothing(
    store: Store, keys: Keys, wanted: NewLink, column: str, clock: Clock
) -> None:
    """Someone who can write to the store, but doesn't have its key, can't point a link elsewhere or keep it alive."""
    _, link = _make(store, keys, wanted)
    with store.write() as transaction:
        other = make_board(transaction, replace(WALL, title="Secret"), ANA, keys, space="")
    values: dict[str, object] = {
        "audience": "everything", "board": other, "made_by": "f" * 32, "until": clock() + timedelta(days=300),
        "digest": "0" * 64,
    }  # fmt: skip
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PUBLIC_LINKS).values({column: values[column]}))
    assert _find(store, keys, link) is None
    with store.read() as connection:
        (row,) = read_public_links(connection, keys)
    assert row.state(store.now()) == "maker_gone"


def test_states_follow_the_clock_and_the_person_who_created_it(
    store: Store, keys: Keys, wanted: NewLink, clock: Clock
) -> None:
    _, link = _make(store, keys, wanted)
    _, other = _make(store, keys, replace(wanted, until=clock() + timedelta(days=365)))
    clock.move(days=24)
    found = _find(store, keys, link)
    assert found is not None
    assert found.state(store.now()) == "ends_soon"
    clock.move(days=6)
    found = _find(store, keys, link)
    assert found is not None
    assert found.state(store.now()) == "run_out"
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "ana", keys)
    gone = _find(store, keys, other)
    assert gone is not None
    assert (gone.state(store.now()), gone.made_by, gone.maker_name) == ("maker_gone", "", "")


def test_a_revoked_link_stays_revoked_and_says_why_only_in_the_log(store: Store, keys: Keys, wanted: NewLink) -> None:
    made, link = _make(store, keys, wanted)
    _end(store, keys, made.number, OTTO, "The project is over")
    found = _find(store, keys, link)
    assert found is not None
    assert (found.state(store.now()), found.why_ended) == ("ended", "The project is over")
    assert _told(store, keys)[0] == "Otto Weiss revoked the public link “Agency wall”: “The project is over”"
    with pytest.raises(ChangedMeanwhile):
        _end(store, keys, made.number)
    with pytest.raises(InvalidQuery):
        _end(store, keys, "0" * 12)


def test_a_revoked_link_is_not_brought_back_in_the_store(store: Store, keys: Keys, wanted: NewLink) -> None:
    """This includes people who can write to the store, but don't have its key."""
    made, link = _make(store, keys, wanted)
    _end(store, keys, made.number)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PUBLIC_LINKS).values(ended_at=None))
    assert _find(store, keys, link) is None
    with store.read() as connection:
        assert [row.state(store.now()) for row in read_public_links(connection, keys)] == ["maker_gone"]


def test_revoking_does_not_reseal_a_row_that_was_changed_in_the_store(
    store: Store, keys: Keys, wanted: NewLink
) -> None:
    made, link = _make(store, keys, wanted)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PUBLIC_LINKS).values(audience="everything"))
    _end(store, keys, made.number)
    assert _find(store, keys, link) is None
    with store.read() as connection:
        assert [(row.is_sealed, row.state(store.now())) for row in read_public_links(connection, keys)] == [
            (False, "ended")
        ]


def test_only_stewards_and_administrators_create_and_revoke(store: Store, keys: Keys, wanted: NewLink) -> None:
    made, _ = _make(store, keys, wanted, OTTO)
    viewing = replace(ANA, viewed_by="otto")
    service = replace(ANA, id="service:1", kind="service")
    for actor in (JONAS, viewing, service, reader_of_link("agency"), Actor(id="x")):
        with pytest.raises(NotAllowed):
            _make(store, keys, wanted, actor)
        with pytest.raises(NotAllowed):
            _end(store, keys, made.number, actor)
    with store.read() as connection:
        assert [link.ended_at for link in read_public_links(connection, keys)] == [None]


@pytest.mark.parametrize("change", [{"label": " \n "}, {"label": "x" * 81}, {"days": 0}, {"days": -1}, {"days": 366}])
def test_a_link_has_a_label_and_at_most_a_year(
    store: Store, keys: Keys, wanted: NewLink, clock: Clock, change: dict[str, object]
) -> None:
    days = change.pop("days", None)
    if isinstance(days, int):
        change["until"] = clock() + timedelta(days=days)
    with pytest.raises(InvalidQuery):
        _make(store, keys, replace(wanted, **change))


def test_the_number_of_working_links_is_limited(
    store: Store, keys: Keys, wanted: NewLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_links, "MOST_LINKS", 2)
    first, _ = _make(store, keys, wanted)
    _make(store, keys, wanted)
    with pytest.raises(NotAllowed, match="2 public links are active"):
        _make(store, keys, wanted)
    _end(store, keys, first.number)
    _make(store, keys, wanted)


def test_openings_and_refusals_are_counted_and_recorded_once_a_day(
    store: Store, keys: Keys, wanted: NewLink, clock: Clock
) -> None:
    made, link = _make(store, keys, wanted)
    reader = reader_of_link("agency", number=made.number, label=made.label)

    def opened(times: int) -> None:
        with store.write(recorded=False) as transaction:
            note_opened(transaction, keys, made.number, times, reader)

    def refused() -> None:
        with store.write(recorded=False) as transaction:
            note_refused(transaction, keys, made.number, "it has expired")

    opened(1)
    opened(3)
    refused()
    refused()
    clock.move(days=1)
    opened(2)
    refused()
    found = _find(store, keys, link)
    assert found is not None
    assert (found.opens, found.opened_at) == (6, clock())
    assert (
        _told(store, keys)[:-1]
        == [
            "Samepage refused to open the public link “Agency wall”: it has expired",
            "Agency wall (public link) opened the public link “Agency wall”",
        ]
        * 2
    )


def test_a_link_revoked_since_the_backup_stays_revoked(
    store: Store, keys: Keys, wanted: NewLink, tmp_path: Path
) -> None:
    _, kept = _make(store, keys, wanted)
    gone, revoked = _make(store, keys, wanted)
    back_up(store, tmp_path / "copy.sqlite")
    _end(store, keys, gone.number, why="It leaked")
    restore(store, keys, tmp_path / "copy.sqlite", actor=OTTO, force=True)
    states = [found.state(store.now()) for link in (kept, revoked) if (found := _find(store, keys, link))]
    assert states == ["works", "ended"]
