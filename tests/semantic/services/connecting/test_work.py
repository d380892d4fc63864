"""Connections made in the app are used by every process within seconds, and only administrators can make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from semantic.config.settings import Settings
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, Unavailable
from semantic.policy.actor import Actor
from semantic.services.connecting.stored import UNREADABLE
from semantic.services.connecting.work import ConnectionTest, ConnectionWork
from semantic.services.process import Live
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.connections.connections import CONNECTIONS
from semantic.store.models.versions import publish, read_head
from tests.engines import ORDERS, postgres_database, write_orders
from tests.semantic.store import stores
from tests.semantic.store.small_model import small_model, write_model, write_rows
from tests.waiting import STUCK, until

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
MORE = """\
datasets:
  - name: extra
    label: Extra orders
    table: orders
    connection: %s
    grain: [id]
    columns: {id: integer, country: string}
    measures:
      - {name: extras, agg: count}
metrics:
  - {name: extras, measure: extra.extras, label: Extras}
"""


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    (tmp_path / "more").mkdir()
    return Settings(
        data=str(write_rows(tmp_path / "data" / "rows.duckdb")), model=write_model(tmp_path / "model", small_model()),
        model_source="store", store=address, audit_key=stores.SECRET, workers=2, model_cache=None,
        data_folders=(tmp_path / "more",),
    )  # fmt: skip


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    opened = Live.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path, settings: Settings) -> Path:
    return write_orders(tmp_path / "more" / "orders.duckdb")


def _tested(work: ConnectionWork, text: str) -> ConnectionTest:
    test = work.test(text)
    assert test.wait(STUCK)
    return test


def _add(live: Live, text: str, label: str = "Orders") -> str:
    work = ConnectionWork(live, OTTO)
    return work.add(label, _tested(work, text))


def _publish(live: Live, **more: str) -> None:
    with live.store.read() as connection:
        head = read_head(connection)
    assert head is not None
    files = {**small_model(), **{f"{name}.yml": text for name, text in more.items()}}
    publish(live.store, live.keys, files, parent=head.number, actor=ANA, note="x")
    live.take()


def _sentences(live: Live) -> list[str]:
    with live.store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, live.keys) if "connection" in entry.kind]


def test_a_connection_is_used_as_soon_as_it_is_added(live: Live, file: Path) -> None:
    name = _add(live, str(file))
    assert name == "orders"
    assert [table.name for table in live.workspace().connectors.get("orders").tables()] == ["orders"]
    (listed,) = ConnectionWork(live, OTTO).read()
    assert (listed.label, listed.engine, listed.place, listed.added_by, listed.problem) == (
        "Orders", "DuckDB file", "orders.duckdb", "Otto Weiss", ""
    )  # fmt: skip
    assert _sentences(live) == [
        "Otto Weiss added the connection “Orders” (DuckDB file, orders.duckdb)",
        "Otto Weiss tested a connection to orders.duckdb (DuckDB file)",
    ]
    assert _add(live, str(file)) == "orders_2"


@pytest.mark.server
def test_a_database_is_connected_without_showing_its_password(live: Live) -> None:
    work = ConnectionWork(live, OTTO)
    with postgres_database(ORDERS) as url:
        name = _add(live, url)
        assert [table.rows for table in live.workspace().connectors.get(name).tables()] == [4]
        (listed,) = work.read()
        assert listed.place.startswith("127.0.0.1/test_")
        password = url.split(":")[2].split("@")[0]
        assert password not in repr(listed) + repr(_sentences(live))
        assert listed.stored is not None
        work.remove(listed.stored.id)


def test_other_processes_follow_within_seconds(settings: Settings, live: Live, file: Path, tmp_path: Path) -> None:
    other = Live.open(settings)
    other.follow()
    try:
        connectors, work = other.workspace().connectors, ConnectionWork(live, OTTO)
        name = _add(live, str(file))
        until(lambda: name in connectors.names())
        assert [table.name for table in connectors.get(name).tables()] == ["orders"]
        (listed,) = work.read()
        assert listed.stored is not None
        moved = write_orders(tmp_path / "more" / "moved.duckdb", "CREATE TABLE extra (id BIGINT)")
        work.change(listed.stored.id, _tested(work, str(moved)), revision=1)
        until(lambda: len(connectors.get(name).tables()) == 2)
        work.remove(listed.stored.id)
        until(lambda: name not in connectors.names())
    finally:
        other.close()
    third = Live.open(settings)
    assert name not in third.workspace().connectors.names()
    third.close()


def test_a_label_changes_without_reopening_the_connection(live: Live, file: Path) -> None:
    name = _add(live, str(file))
    before = live.workspace().connectors.get(name)
    (listed,) = ConnectionWork(live, OTTO).read()
    assert listed.stored is not None
    ConnectionWork(live, OTTO).rename(listed.stored.id, "Shop", revision=1)
    assert live.workspace().connectors.get(name) is before
    with pytest.raises(ChangedMeanwhile):
        ConnectionWork(live, OTTO).rename(listed.stored.id, "Shop", revision=1)


@pytest.mark.parametrize("actor", [ANA, replace(OTTO, viewed_by="x"), replace(OTTO, kind="service"), Actor(id="x")])
def test_only_administrators_change_connections(live: Live, file: Path, actor: Actor) -> None:
    name, work, others = _add(live, str(file)), ConnectionWork(live, OTTO), ConnectionWork(live, actor)
    (listed,) = work.read()
    test = _tested(work, str(file))
    assert listed.stored is not None
    number = listed.stored.id
    acts = [
        lambda: others.test(str(file)),
        lambda: others.test_again(name),
        lambda: others.add("x", test),
        lambda: others.change(number, test, revision=1),
        lambda: others.rename(number, "x", revision=1),
        lambda: others.remove(number),
    ]
    for act in acts:
        with pytest.raises(NotAllowed, match="Only administrators connect data"):
            act()
    if actor.viewed_by is None:
        with pytest.raises(NotAllowed):
            others.read()
    assert work.read() == (listed,)


def test_only_a_working_address_is_saved(live: Live, tmp_path: Path, settings: Settings) -> None:
    work = ConnectionWork(live, OTTO)
    failed = _tested(work, str(tmp_path / "more" / "missing.duckdb"))
    assert not failed.is_connected
    with pytest.raises(InvalidQuery, match="Test the address first"):
        work.add("x", failed)
    assert work.read() == ()


def test_a_symbolic_link_made_after_the_test_is_detected(live: Live, file: Path, tmp_path: Path) -> None:
    work = ConnectionWork(live, OTTO)
    test = _tested(work, str(file))
    file.rename(tmp_path / "outside.duckdb")
    file.symlink_to(tmp_path / "outside.duckdb")
    with pytest.raises(NotAllowed, match="can't read this path"):
        work.add("x", test)


def test_a_connection_that_the_model_uses_stays(live: Live, file: Path) -> None:
    name, work = _add(live, str(file)), ConnectionWork(live, OTTO)
    (listed,) = work.read()
    assert listed.stored is not None
    _publish(live, more=MORE % name)
    both = replace(OTTO, roles=frozenset({"administrator", "steward"}))
    with pytest.raises(NotAllowed, match=r"1 dataset from this connection: Extra orders\. Remove"):
        ConnectionWork(live, both).remove(listed.stored.id)
    # This administrator has access to none of the model's data.
    with pytest.raises(NotAllowed, match="1 dataset from this connection: 1 dataset that you can't see") as raised:
        work.remove(listed.stored.id)
    assert "Extra" not in str(raised.value)
    _publish(live)
    work.remove(listed.stored.id)
    assert work.read() == ()
    with pytest.raises(Unavailable):
        live.workspace().connectors.get(name)


def test_a_row_edited_in_the_store_is_not_used(live: Live, file: Path) -> None:
    name = _add(live, str(file))
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(CONNECTIONS).values(place="elsewhere.duckdb", revision=2))
    live.connections.look()
    assert name not in live.workspace().connectors.names()
    (listed,) = ConnectionWork(live, OTTO).read()
    assert listed.problem == UNREADABLE
    with pytest.raises(InvalidQuery, match="Enter the full address again"):
        ConnectionWork(live, OTTO).test_again(name)


def test_a_folder_that_is_no_longer_allowed_is_not_read(settings: Settings, live: Live, file: Path) -> None:
    name = _add(live, str(file))
    stricter = Live.open(replace(settings, data_folders=()))
    try:
        assert name not in stricter.workspace().connectors.names()
        (listed,) = ConnectionWork(stricter, OTTO).read()
        assert "can't read this path" in listed.problem
    finally:
        stricter.close()


def test_connections_from_the_settings_come_first_and_keep_their_names(
    settings: Settings, live: Live, file: Path
) -> None:
    _add(live, str(file))
    place = "the variable SAMEPAGE_CONNECTION_ORDERS"
    both = Live.open(
        replace(settings, connections={"orders": str(file), "more": str(file)}, come_from={"connection_orders": place})
    )
    try:
        work = ConnectionWork(both, OTTO)
        assert [(each.name, each.label, each.stored is None) for each in work.read()] == [
            ("more", "More", True), ("orders", "Orders", True), ("orders", "Orders", False),
        ]  # fmt: skip
        assert [each.place for each in work.read()[1:]] == [place, "orders.duckdb"]
        assert "same name" in work.read()[2].problem
        test = work.test_again("more")
        assert test.wait(STUCK)
        assert test.is_connected
        assert work.add("Orders", _tested(work, str(file))) == "orders_2"
    finally:
        both.close()
