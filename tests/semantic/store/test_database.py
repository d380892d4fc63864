"""Transactions: all or nothing, always recorded, without lost updates, and with errors that contain no secrets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, text

from semantic.errors import ChangedMeanwhile, StoreFailed
from semantic.policy.actor import Actor
from semantic.store import database
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.log import AUDIT, Act, record
from semantic.store.database import Store, connect_store, hold_log
from semantic.store.health import reach_store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from tests.copies import empty_store
from tests.proof import part
from tests.semantic.store import stores
from tests.semantic.store.writers import count_up, join, start
from tests.waiting import until

ANA = Actor(id="ana", name="Ana Ribeiro")
PROCESSES, EACH = 8, 25


def _count(store: Store, table: str) -> int:
    with store.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_failed_transaction_leaves_nothing_behind(store: Store, keys: Keys) -> None:
    with suppress(ZeroDivisionError), store.write() as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
        record(transaction, Act(kind="setting.changed", actor=ANA), keys)
        raise ZeroDivisionError
    assert (_count(store, "settings"), _count(store, "audit"), _count(store, "people")) == (0, 0, 0)


def test_a_change_that_is_not_recorded_is_undone(store: Store) -> None:
    with pytest.raises(AssertionError, match="audit log"), store.write() as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
    assert _count(store, "settings") == 0


def test_only_a_marked_write_does_not_wait_for_the_disk(file: Store) -> None:
    def waits(*, synced: bool = True) -> bool:
        with file.write(recorded=False, synced=synced) as transaction:
            return transaction.connection.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL

    assert [waits(synced=synced) for synced in (True, False, False, True, False)] == [True, False, False, True, False]
    assert waits()


def test_others_see_a_write_that_does_not_wait_for_the_disk(store: Store, address: str) -> None:
    other = Store(connect_store(address))
    try:
        with store.write(recorded=False, synced=False) as transaction:
            write_setting(transaction, "zone", "UTC", revision=0)
        with other.read() as connection:
            assert read_setting(connection, "zone") == ("UTC", 1)
    finally:
        other.close()


def test_of_two_concurrent_writers_one_gets_a_conflict(store: Store) -> None:
    for value, revision in (("UTC", 0), ("Europe/Berlin", 1)):
        with store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", value, revision=revision)
    for stale in (0, 1):
        with pytest.raises(ChangedMeanwhile, match="'zone'"), store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", "Asia/Tokyo", revision=stale)
    with store.read() as connection:
        assert read_setting(connection, "zone") == ("Europe/Berlin", 2)


def test_a_reader_sees_a_consistent_snapshot(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
    with store.read() as connection:
        assert read_setting(connection, "zone") == ("UTC", 1)
        with store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", "Asia/Tokyo", revision=1)
        assert read_setting(connection, "zone") == ("UTC", 1)


def test_timestamps_keep_their_time_zone(store: Store, keys: Keys) -> None:
    store._clock = lambda: datetime(2026, 9, 1, 14, 30, tzinfo=timezone(timedelta(hours=2)))
    with store.write() as transaction:
        record(transaction, Act(kind="setting.changed", actor=ANA), keys)
    with store.read() as connection:
        assert connection.execute(select(AUDIT.c.at)).scalar() == datetime(2026, 9, 1, 12, 30, tzinfo=UTC)


@pytest.mark.server
def test_several_processes_lose_no_update(store: Store, address: str) -> None:
    with store.write(recorded=False) as transaction:
        write_setting(transaction, "counter", 0, revision=0)
    each = part(EACH, one_in=5)
    join([start(count_up, address, each) for _ in range(PROCESSES)])
    with store.read() as connection:
        assert read_setting(connection, "counter")[0] == PROCESSES * each


@pytest.mark.parametrize(
    "address",
    [
        "mysql://root@there/x",
        "postgresql://u:pa/ss@x:y",
        "http://x",
        "sqlite:///:memory:",
        "a\0b",
        "sqlite:///a\0b",
        "sqlite:///file:x?mode=memory&uri=true",  # it would be gone with the process
    ],
)
def test_an_invalid_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(StoreFailed, match="SAMEPAGE_STORE") as caught:
        connect_store(address)
    assert "pa/ss" not in str(caught.value)


def test_an_unreachable_database_is_reported_without_its_password(tmp_path: Path) -> None:
    store = Store(connect_store("postgresql://u:hush@127.0.0.1:1/none?connect_timeout=1"))
    with pytest.raises(StoreFailed) as caught, store.read():
        pass
    assert "hush" not in str(caught.value)
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(StoreFailed, match="SAMEPAGE_STORE"):
        connect_store(str(folder / "store.sqlite"))


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    with Store(connect_store(str(tmp_path / "store.sqlite"))).read():
        pass
    assert (tmp_path / "store.sqlite").stat().st_mode & 0o077 == 0


def test_people_are_added_once(store: Store, keys: Keys) -> None:
    for name in ("Ana Ribeiro", "Ana Ribeiro", "Ana R."):
        with store.write() as transaction:
            record(transaction, Act(kind="setting.changed", actor=Actor(id="ana", name=name)), keys)
    with store.read() as connection:
        assert connection.execute(select(PEOPLE.c.id, PEOPLE.c.name)).all() == [("ana", "Ana R.")]


@pytest.fixture
def file(tmp_path: Path, keys: Keys) -> Iterator[Store]:
    """A store in a file, with one act in it and open connections."""
    opened = empty_store(str(tmp_path / "store.sqlite"))
    one_act(opened, keys)
    yield opened
    opened.close()


def one_act(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        record(transaction, Act(kind="setting.changed", actor=ANA), keys)


def test_nothing_is_saved_into_a_file_that_was_removed(file: Store, keys: Keys, tmp_path: Path) -> None:
    """A deleted file stays open, so work would seem to be saved, but would be lost when the process ends."""
    away = {path: path.with_name(f"away-{path.name}") for path in tmp_path.glob("store.sqlite*")}
    for path, to in away.items():
        path.rename(to)
    for look in (lambda: one_act(file, keys), lambda: _count(file, "audit"), lambda: reach_store(file)):
        with pytest.raises(StoreFailed, match="is gone"):
            look()
    assert not (tmp_path / "store.sqlite").exists()
    for path, to in away.items():
        to.rename(path)
    one_act(file, keys)
    assert _count(file, "audit") == 2


def test_saved_work_goes_into_the_existing_file(file: Store, keys: Keys, tmp_path: Path) -> None:
    another = empty_store(str(tmp_path / "another.sqlite"))
    another.close()
    for path in tmp_path.glob("store.sqlite-*"):
        path.unlink()
    (tmp_path / "another.sqlite").rename(tmp_path / "store.sqlite")
    one_act(file, keys)
    assert _count(file, "audit") == 1
    again = Store(connect_store(str(tmp_path / "store.sqlite")))
    assert _count(again, "audit") == 1
    again.close()


@contextmanager
def in_between(address: str) -> Iterator[tuple[str, threading.Event]]:
    """Serve an address that forwards everything to another server.

    Yields the address and a switch. Once the switch is on, the next COMMIT is forwarded, and the connection is cut
    before the reply.
    """
    server, is_on, is_sent = urlsplit(address), threading.Event(), threading.Event()

    def to_server(theirs: socket.socket, ours: socket.socket) -> None:
        with suppress(OSError):
            while data := theirs.recv(65_536):
                if is_on.is_set() and b"COMMIT" in data:
                    is_sent.set()
                ours.sendall(data)

    def to_client(ours: socket.socket, theirs: socket.socket) -> None:
        with suppress(OSError):
            while data := ours.recv(65_536):
                if is_sent.is_set():
                    is_on.clear()
                    is_sent.clear()
                    theirs.shutdown(socket.SHUT_RDWR)
                    return
                theirs.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    theirs, _ = listening.accept()
                    ours = socket.create_connection((server.hostname or "", server.port or 5432))
                    threading.Thread(target=to_server, args=(theirs, ours), daemon=True).start()
                    threading.Thread(target=to_client, args=(ours, theirs), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        here = f"127.0.0.1:{listening.getsockname()[1]}"
        yield address.replace(f"{server.hostname}:{server.port}", here), is_on


@pytest.mark.server
def test_a_possibly_saved_change_is_not_reported_as_unsaved(tmp_path: Path, keys: Keys) -> None:
    """The connection breaks before COMMIT is answered, but the act was saved."""
    with stores.address("postgresql", tmp_path) as address, in_between(address) as (through, is_on):
        empty_store(address).close()
        store = Store(connect_store(through))
        is_on.set()
        with pytest.raises(StoreFailed, match="isn't known whether this was saved") as caught:
            one_act(store, keys)
        assert "Nothing was changed" not in str(caught.value)
        assert _count(store, "audit") == 1
        store.close()


@pytest.mark.server
def test_a_frozen_process_delays_the_others_only_for_a_while(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the log's lock, like a process whose machine was paused during a transaction."""
    with stores.address("postgresql", tmp_path) as address:
        empty_store(address).close()
        monkeypatch.setattr(database, "WAIT_SECONDS", 0.5)
        monkeypatch.setattr(database, "IDLE_SECONDS", 1.5)
        frozen, other = Store(connect_store(address)), Store(connect_store(address))
        with suppress(StoreFailed), frozen.write(recorded=False) as transaction:
            hold_log(transaction.connection)
            with pytest.raises(StoreFailed, match="Nothing was changed"):
                one_act(other, keys)  # told after WAIT_SECONDS
            until(lambda: _can_record(other, keys), "the lock")  # after IDLE_SECONDS the server removes it
        frozen.close()
        other.close()


def _can_record(store: Store, keys: Keys) -> bool:
    try:
        one_act(store, keys)
    except StoreFailed:
        return False
    return True


def test_an_unresponsive_server_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = Store(connect_store(f"postgresql://u:hush@127.0.0.1:{silent.getsockname()[1]}/none"))
        with pytest.raises(StoreFailed), store.read():
            pass
