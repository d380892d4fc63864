"""Connections in the store: their addresses are sealed, recorded without secrets, and gone once removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.connections.connections import (
    CONNECTIONS,
    NewConnection,
    StoredConnection,
    add_connection,
    change_connection,
    end_connection,
    free_name,
    open_address,
    read_connections,
    rename_connection,
)
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.store.clock import Clock

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
ADDRESS = "postgresql://reader:verysecret@db.example.com:5432/shop"
SHOP = NewConnection(
    name="shop", label="Shop database", engine="postgresql", place="db.example.com/shop", address=ADDRESS
)


def _add(store: Store, keys: Keys, wanted: NewConnection = SHOP, actor: Actor = OTTO) -> str:
    with store.write() as transaction:
        return add_connection(transaction, keys, wanted, actor)


def _end(store: Store, keys: Keys, number: str, actor: Actor = OTTO) -> None:
    with store.write() as transaction:
        end_connection(transaction, keys, number, actor)


def _address(store: Store, keys: Keys, name: str = "shop") -> str:
    with store.read() as connection:
        return open_address(connection, keys, name)


def _rows(store: Store, *, ended: bool = False) -> list[StoredConnection]:
    with store.read() as connection:
        return read_connections(connection, ended=ended)


def test_an_address_is_found_by_name_and_is_unreadable_in_the_row(store: Store, keys: Keys, clock: Clock) -> None:
    _add(store, keys)
    assert _address(store, keys) == ADDRESS
    assert _address(store, keys, "other") == ""
    (row,) = _rows(store)
    assert (row.name, row.label, row.place, row.added_at) == ("shop", "Shop database", "db.example.com/shop", clock())
    with store.read() as connection:
        written = connection.execute(select(CONNECTIONS)).one()
    assert b"verysecret" not in b"".join(str(value).encode() for value in written)
    assert "verysecret" not in repr(SHOP)
    assert _address(store, keys_of("another secret of another server, long enough")) == ""


def test_only_administrators_connect_data(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    viewing, service = replace(OTTO, viewed_by="otto"), replace(OTTO, kind="service")
    for actor in (ANA, viewing, service):
        with pytest.raises(NotAllowed, match="Only administrators connect data"):
            _add(store, keys, replace(SHOP, name="other"), actor)
        with pytest.raises(NotAllowed):
            _end(store, keys, number, actor)
        with pytest.raises(NotAllowed), store.write() as transaction:
            rename_connection(transaction, keys, number, actor, label="x", revision=1)
    assert _address(store, keys) == ADDRESS


@pytest.mark.parametrize("name", ["", "Shop", "1shop", "a b", "uploads", "data", "x" * 41, "shöp"])
def test_names_that_a_model_cannot_use_are_refused(store: Store, keys: Keys, name: str) -> None:
    with pytest.raises(InvalidQuery, match="can't be named"):
        _add(store, keys, replace(SHOP, name=name))


def test_a_name_is_used_once_until_its_connection_is_removed(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    with pytest.raises(InvalidQuery, match="already a connection named shop"):
        _add(store, keys)
    _end(store, keys, number)
    _add(store, keys, replace(SHOP, address=f"{ADDRESS}2"))
    assert _address(store, keys) == f"{ADDRESS}2"


def test_a_removed_connection_no_longer_has_an_address(store: Store, keys: Keys, clock: Clock) -> None:
    number = _add(store, keys)
    _end(store, keys, number)
    assert _address(store, keys) == ""
    assert _rows(store) == []
    (ended,) = _rows(store, ended=True)
    assert ended.ended_at == clock()
    with store.read() as connection:
        assert connection.execute(select(CONNECTIONS.c.sealed_address)).scalar_one() == b""
    with pytest.raises(ChangedMeanwhile, match="already removed"):
        _end(store, keys, number)


def test_a_change_needs_the_newest_revision(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    with store.write() as transaction:
        rename_connection(transaction, keys, number, OTTO, label="  Web\nshop ", revision=1)
    with store.write() as transaction:
        change_connection(
            transaction, keys, number, OTTO, engine="postgresql", place="new.example.com/shop",
            address=f"{ADDRESS}3", revision=2,
        )  # fmt: skip
    (row,) = _rows(store)
    assert (row.label, row.place, row.revision) == ("Web shop", "new.example.com/shop", 3)
    assert _address(store, keys) == f"{ADDRESS}3"
    with pytest.raises(ChangedMeanwhile, match="Someone else"), store.write() as transaction:
        rename_connection(transaction, keys, number, OTTO, label="x", revision=2)


@pytest.mark.parametrize(
    "change",
    [
        {"place": "evil.example.com/shop"},
        {"engine": "spark"},
        {"name": "other"},
        {"sealed_address": b"x"},
        {"sealed_address": b""},
    ],
)
def test_a_row_changed_in_the_store_opens_nothing(store: Store, keys: Keys, change: dict[str, object]) -> None:
    _add(store, keys)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(CONNECTIONS).values(**change))
    assert _address(store, keys) == ""


def test_an_address_moved_to_another_connection_opens_nothing(store: Store, keys: Keys) -> None:
    first = _add(store, keys)
    _add(store, keys, replace(SHOP, name="mart"))
    with store.write(recorded=False) as transaction:
        sealed = select(CONNECTIONS.c.sealed_address).where(CONNECTIONS.c.id == first).scalar_subquery()
        transaction.connection.execute(
            update(CONNECTIONS).where(CONNECTIONS.c.name == "mart").values(sealed_address=sealed)
        )
    assert _address(store, keys, "mart") == ""
    assert _address(store, keys, "shop") == ADDRESS


def test_the_audit_log_has_no_secret(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    with store.write() as transaction:
        rename_connection(transaction, keys, number, OTTO, label="Mart", revision=1)
    with store.write() as transaction:
        change_connection(
            transaction, keys, number, OTTO, engine="duckdb", place="mart.duckdb", address="duckdb:///srv/mart.duckdb",
            revision=2,
        )  # fmt: skip
    _end(store, keys, number)
    with store.read() as connection:
        entries = [entry for entry in read_entries(connection, keys) if entry.kind.startswith("connection.")]
    assert [sentence(entry) for entry in entries] == [
        "Otto Weiss removed the connection “Mart”",
        "Otto Weiss changed the address of the connection “Mart” (DuckDB file, mart.duckdb)",
        "Otto Weiss renamed the connection “Shop database” to “Mart”",
        "Otto Weiss added the connection “Shop database” (PostgreSQL, db.example.com/shop)",
    ]
    assert "verysecret" not in repr(entries)
    assert "/srv" not in repr(entries)


def test_a_removed_connection_stays_removed_after_a_restore(store: Store, keys: Keys, tmp_path: Path) -> None:
    number = _add(store, keys)
    _add(store, keys, replace(SHOP, name="mart"))
    back_up(store, tmp_path / "copy")
    _end(store, keys, number)
    restore(store, keys, tmp_path / "copy", actor=OTTO, force=True)
    assert [row.name for row in _rows(store)] == ["mart"]
    assert _address(store, keys) == ""
    assert _address(store, keys, "mart") == ADDRESS


def test_the_number_of_connections_is_limited(store: Store, keys: Keys) -> None:
    row = {"label": "x", "engine": "files", "place": "x", "sealed_address": b"", "added_by": "x", "revision": 1}
    with store.write(recorded=False) as transaction:
        rows = [
            {**row, "id": str(n), "name": f"c{n}", "current_name": f"c{n}", "added_at": transaction.now}
            for n in range(50)
        ]
        transaction.connection.execute(insert(CONNECTIONS), rows)
    with pytest.raises(NotAllowed, match="50 connections, which is the limit"):
        _add(store, keys)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Shop database", "shop_database_2"),
        ("Läden", "laden"),
        ("2026 exports", "connection_2026_exports"),
        ("日本", "connection"),
        ("Uploads", "uploads_2"),
        ("x" * 80, "x" * 37),
    ],
)
def test_a_label_gives_an_unused_name(label: str, name: str) -> None:
    assert free_name(label, frozenset({"shop_database"})) == name
