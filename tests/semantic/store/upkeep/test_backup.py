"""Backups of a store: everything from one moment, restored completely or not at all, from either database to
the other.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.commands.store import run
from semantic.errors import StoreFailed
from semantic.identity.sessions import SignIns
from semantic.policy.actor import OWNER, Actor
from semantic.policy.claims import demo_person
from semantic.store.accounts.accounts import read_account
from semantic.store.accounts.changes import deactivate
from semantic.store.accounts.service_tokens import Grant, end_token, find_token, make_token
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.accounts.sign_ins import DEMO
from semantic.store.audit.log import AUDIT, Act, Sealed, mac_of, record
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import downgrade, head, step, upgrade
from semantic.store.models.drafts import begin_draft, drafts_of, save_draft
from semantic.store.models.versions import files_of, publish, read_versions
from semantic.store.people import read_stored_people, subject_of
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, small_model

ODD = 'Zoë 😀 "quoted" \\ \r\n'


@pytest.fixture
def filled(store: Store, keys: Keys) -> Store:
    """A store with two versions, a draft, a setting, and the people who made them."""
    publish(store, keys, small_model(), parent=None, actor=ANA, note="First")
    publish(store, keys, small_model("amount - 1"), parent=1, actor=ANA, note=ODD)
    with store.write() as transaction:
        draft = begin_draft(transaction, keys, ANA, based_on=2)
    with store.write() as transaction:
        save_draft(transaction, ANA, draft.id, {"a.yml": ODD}, revision=1)
        write_setting(transaction, "zone", ODD, revision=0)
        record(transaction, Act(kind="setting.changed", actor=ANA), keys)
    return store


@pytest.fixture(params=stores.kinds())
def other(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A second store, which is empty."""
    (tmp_path / "other").mkdir()
    with stores.address(request.param, tmp_path / "other") as address:
        opened = Store(connect_store(address), clock=clock)
        yield opened
        opened.close()


def _held(store: Store) -> list[object]:
    """Return the store's contents, as its users read them."""
    with store.read() as connection:
        return [
            read_versions(connection),
            [files_of(connection, number) for number in (1, 2)],
            drafts_of(connection, ANA),
            read_setting(connection, "zone"),
            read_stored_people(connection)[:1],
        ]


def _is_chained(store: Store, keys: Keys) -> bool:
    before = ""
    with store.read() as connection:
        rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings().all()
    for row in rows:
        if row["mac"] != mac_of(Sealed(**{name: row[name] for name in Sealed.__slots__}), before, keys):
            return False
        before = row["mac"]
    return [row["number"] for row in rows] == list(range(1, len(rows) + 1))


def test_a_restored_copy_equals_the_store(filled: Store, other: Store, keys: Keys, tmp_path: Path) -> None:
    copied = back_up(filled, tmp_path / "copies" / "one.sqlite")
    assert (copied.step, copied.rows["model_versions"], copied.rows["people"]) == (head(), 2, 1)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["one.sqlite"]
    assert (tmp_path / "copies" / "one.sqlite").stat().st_mode & 0o077 == 0
    restored = restore(other, keys, tmp_path / "copies" / "one.sqlite", actor=OWNER)
    assert restored == copied
    assert _held(other) == _held(filled)
    assert _is_chained(other, keys)
    with other.read() as connection:
        kinds = connection.execute(select(AUDIT.c.kind).order_by(AUDIT.c.number)).scalars().all()
    assert kinds == ["model.published"] * 2 + ["draft.begun", "setting.changed", "store.restored"]


def test_a_store_with_data_is_replaced_only_by_force(filled: Store, keys: Keys, tmp_path: Path) -> None:
    place = tmp_path / "one.sqlite"
    back_up(filled, place)
    publish(filled, keys, small_model("amount + 1"), parent=2, actor=ANA, note="After the copy")
    with pytest.raises(StoreFailed, match="The store isn't empty"):
        restore(filled, keys, place, actor=OWNER)
    with filled.read() as connection:
        assert len(read_versions(connection)) == 3
    restore(filled, keys, place, actor=OWNER, force=True)
    with filled.read() as connection:
        assert len(read_versions(connection)) == 2
    assert _is_chained(filled, keys)
    with pytest.raises(StoreFailed, match="already a file"):
        back_up(filled, place)


def test_a_copy_of_an_earlier_schema_is_upgraded(filled: Store, other: Store, keys: Keys, tmp_path: Path) -> None:
    downgrade(filled, "0004")
    assert back_up(filled, tmp_path / "one.sqlite").step == "0004"
    upgrade(filled)
    restore(other, keys, tmp_path / "one.sqlite", actor=OWNER)
    assert _held(other) == _held(filled)
    with other.read() as connection:
        assert step(connection) == head()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_nothing_is_restored_with_another_key(filled: Store, other: Store, tmp_path: Path) -> None:
    back_up(filled, tmp_path / "one.sqlite")
    with pytest.raises(StoreFailed, match="another audit log key"):
        restore(other, keys_of("another secret, which is just as long"), tmp_path / "one.sqlite", actor=OWNER)
    with other.read() as connection:
        assert step(connection) is None


def _overwritten(place: Path, sql: str) -> None:
    with closing(sqlite3.connect(place)) as file:
        file.execute(sql)
        file.commit()


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DROP TABLE settings", "has no settings"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer Samepage"),
        ("DELETE FROM alembic_version", "isn't a copy of a store"),
        ("UPDATE model_texts SET text = text || '#'", "aren't as they were published"),
        ("UPDATE audit SET kind = 'setting.kept' WHERE number = 4", "another audit log key"),
    ],
)
@pytest.mark.parametrize("address", ["sqlite"], indirect=True)  # a copy is the same kind of file for every store
def test_a_changed_copy_is_not_restored(
    filled: Store, other: Store, keys: Keys, tmp_path: Path, sql: str, says: str
) -> None:
    back_up(filled, tmp_path / "one.sqlite")
    _overwritten(tmp_path / "one.sqlite", sql)
    with pytest.raises(StoreFailed, match=says):
        restore(other, keys, tmp_path / "one.sqlite", actor=OWNER)
    with other.read() as connection:
        assert step(connection) is None


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\xff" * 5_000])
def test_another_file_is_not_a_backup(keys: Keys, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    store = Store(connect_store(str(tmp_path / "store.sqlite")))
    with pytest.raises(StoreFailed, match="copy of a store"):
        restore(store, keys, tmp_path / "odd", actor=OWNER)
    store.close()


def test_the_backup_commands_round_trip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY", stores.SECRET)

    def told(*arguments: str) -> tuple[int, str]:
        code = run(arguments)
        return code, capsys.readouterr().out.strip()

    copy = str(tmp_path / "copy.sqlite")
    assert told("step") == (0, "empty")
    assert told("backup", copy) == (1, "")
    assert told("upgrade") == (0, head())
    store = Store(connect_store(str(tmp_path / "store.sqlite")))
    with store.write() as transaction:
        record(transaction, Act(kind="setting.changed", actor=Actor(id="ana")), keys_of(stores.SECRET))
    store.close()
    assert told("backup", copy) == (0, copy)
    assert told("restore", copy) == (1, "")
    assert told("restore", copy, "--force") == (0, copy)
    assert told("downgrade", "0002") == (0, "0002")
    assert told("downgrade", "7") == (1, "")
    assert told("downgrade") == (2, "")
    assert told("restore", str(tmp_path / "none.sqlite")) == (1, "")


def test_accounts_deactivated_since_the_copy_stay_deactivated(store: Store, keys: Keys, tmp_path: Path) -> None:
    otto = Actor(id="otto", roles=frozenset({"administrator"}))
    with store.write(recorded=False) as transaction:
        mia, noa = (subject_of(transaction, name, name) for name in ("mia", "noa"))
    back_up(store, tmp_path / "copy.sqlite")
    with store.write() as transaction:
        deactivate(transaction, keys, mia, otto, why="She left")
    restore(store, keys, tmp_path / "copy.sqlite", actor=otto, force=True)
    with store.read() as connection:
        accounts = [read_account(connection, keys, subject) for subject in (mia, noa)]
    assert [account.is_active for account in accounts if account] == [False, True]


def test_a_token_revoked_since_the_copy_stays_revoked(store: Store, keys: Keys, tmp_path: Path) -> None:
    otto = Actor(id="otto", roles=frozenset({"administrator"}))
    grant = Grant(
        name="Report", purpose="For the sheet", until=store.now() + timedelta(days=9), scopes=frozenset({"ask"}),
        role="viewer",
    )  # fmt: skip
    with store.write() as transaction:
        _, first = make_token(transaction, keys, grant, otto)
        gone, second = make_token(transaction, keys, grant, otto)
    back_up(store, tmp_path / "copy.sqlite")
    with store.write() as transaction:
        end_token(transaction, keys, gone.number, "It was in a mail", otto)
    restore(store, keys, tmp_path / "copy.sqlite", actor=otto, force=True)
    with store.read() as connection:
        tokens = [find_token(connection, name) for name in (first, second)]
    assert [(token.state(store.now()), token.why_ended) for token in tokens if token] == [
        ("ends_soon", ""), ("ended", "It was in a mail"),
    ]  # fmt: skip


def test_restoring_ends_a_sign_in_that_another_process_has_cached(store: Store, keys: Keys, tmp_path: Path) -> None:
    """This holds even if there were as many changes since the copy as restoring makes by ending the copy's sign-ins."""
    people = {name: Actor(id=name, roles=frozenset({"viewer"})) for name in ("mia", "noa")}
    process = SignIns(store, keys, providers={DEMO}, people=lambda: people)
    mia, noa = (demo_person(person) for person in people.values())
    until = store.now() + timedelta(hours=8)
    process.begin(mia, provider=DEMO, until=until)
    back_up(store, tmp_path / "copy.sqlite")
    token = process.begin(noa, provider=DEMO, until=until)
    assert process.find(token) is not None
    restore(store, keys, tmp_path / "copy.sqlite", actor=OWNER, force=True)
    process.look()
    assert process.find(token) is None
