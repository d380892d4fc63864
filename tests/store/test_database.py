"""Transactions: all or nothing, nothing unrecorded, no update lost, and errors that tell no secrets."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text

from semantic.errors import ChangedMeanwhile, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit import AUDIT, Act, record
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from semantic.store.settings import read_setting, write_setting
from tests.proof import part
from tests.store.writers import count_up, join, start

ANA = Actor(id="ana", name="Ana Ribeiro")
PROCESSES, EACH = 8, 25


def _count(store: Store, table: str) -> int:
    with store.read() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_raises_leaves_nothing_behind(store: Store, keys: Keys) -> None:
    with suppress(ZeroDivisionError), store.write() as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
        record(transaction, Act(kind="setting.changed", actor=ANA), keys)
        raise ZeroDivisionError
    assert (_count(store, "settings"), _count(store, "audit"), _count(store, "people")) == (0, 0, 0)


def test_a_change_that_is_not_recorded_is_undone(store: Store) -> None:
    with pytest.raises(AssertionError, match="audit log"), store.write() as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
    assert _count(store, "settings") == 0


def test_of_two_who_began_from_the_same_one_is_told(store: Store) -> None:
    for value, revision in (("UTC", 0), ("Europe/Berlin", 1)):
        with store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", value, revision=revision)
    for stale in (0, 1):
        with pytest.raises(ChangedMeanwhile, match="'zone'"), store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", "Asia/Tokyo", revision=stale)
    with store.read() as connection:
        assert read_setting(connection, "zone") == ("Europe/Berlin", 2)


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        write_setting(transaction, "zone", "UTC", revision=0)
    with store.read() as connection:
        assert read_setting(connection, "zone") == ("UTC", 1)
        with store.write(recorded=False) as transaction:
            write_setting(transaction, "zone", "Asia/Tokyo", revision=1)
        assert read_setting(connection, "zone") == ("UTC", 1)


def test_moments_keep_their_zone(store: Store, keys: Keys) -> None:
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


@pytest.mark.parametrize("address", ["mysql://root@there/x", "postgresql://u:pa/ss@x:y", "http://x"])
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(StoreFailed, match="SAMEPAGE_STORE") as caught:
        connect_store(address)
    assert "pa/ss" not in str(caught.value)


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    store = Store(connect_store("postgresql://u:hush@127.0.0.1:1/none?connect_timeout=1"))
    with pytest.raises(StoreFailed) as caught, store.read():
        pass
    assert "hush" not in str(caught.value)
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(StoreFailed, match="SAMEPAGE_STORE"):
        connect_store(str(folder / "store.sqlite"))


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with Store(connect_store(str(tmp_path / "store.sqlite"))).read():
        pass
    assert (tmp_path / "store.sqlite").stat().st_mode & 0o077 == 0


def test_people_are_added_once(store: Store, keys: Keys) -> None:
    for name in ("Ana Ribeiro", "Ana Ribeiro", "Ana R."):
        with store.write() as transaction:
            record(transaction, Act(kind="setting.changed", actor=Actor(id="ana", name=name)), keys)
    with store.read() as connection:
        assert connection.execute(select(PEOPLE.c.id, PEOPLE.c.name)).all() == [("ana", "Ana R.")]
