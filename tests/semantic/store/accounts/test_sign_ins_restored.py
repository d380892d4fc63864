"""Sign-ins when a person is erased, a backup is restored, or the store is replaced by another."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from semantic.store.accounts.accounts import read_account, read_accounts
from semantic.store.accounts.sign_ins import SIGN_INS
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.copies import empty_store
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import ADA, HOURS, Process, person, subject

# Erasing, backing up


def test_erasing_a_person_forgets_their_account_and_ends_their_sign_ins(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), refresh="a refresh token")
    mia = subject(process.store)
    erase(process.store, "mia@example.com", ADA, process.keys)
    process.sign_ins.look()
    assert process.who(token) is None
    with process.store.read() as connection:
        row = connection.execute(select(PEOPLE).where(PEOPLE.c.subject == mia)).one()
        assert (row.issuer, row.provider_subject, row.claims, row.claims_at) == (None, None, None, None)
        assert read_account(connection, process.keys, mia) is None
        assert [account.id for account in read_accounts(connection, process.keys)] == ["ada"]
        assert connection.execute(select(SIGN_INS.c.sealed_refresh)).scalars().all() == [None]
    again = process.begin(person(clock))  # the account belongs to someone new
    assert process.who(again) == "mia@example.com"
    assert subject(process.store) != mia


def test_a_restored_copy_opens_no_sign_in(process: Process, another: Process, clock: Clock, tmp_path: Path) -> None:
    kept_open, ended_later = process.begin(person(clock)), process.begin(person(clock))
    assert another.who(kept_open) == another.who(ended_later) == "mia@example.com"
    copied = back_up(process.store, tmp_path / "copy.sqlite")
    assert copied.rows["sign_ins"] == 2
    process.sign_ins.end(ended_later)
    for _ in range(5):
        process.sign_ins.end(process.begin(person(clock)))
    another.sign_ins.look()
    restore(process.store, process.keys, tmp_path / "copy.sqlite", actor=ADA, force=True)
    for each_process in (process, another):
        each_process.sign_ins.look()
        assert [each_process.who(token) for token in (kept_open, ended_later)] == [None, None]
    fresh = Process(process.store, process.keys)
    assert [fresh.who(token) for token in (kept_open, ended_later)] == [None, None]
    with process.store.read() as connection:
        account = read_account(connection, process.keys, subject(process.store))
    assert account is not None
    assert account.claims == person(clock)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_copy_newer_than_the_store_leaves_none_of_its_sign_ins_open(
    is_open: bool, process: Process, keys: Keys, clock: Clock, tmp_path: Path
) -> None:
    """A server that started with an empty store gets the backup of an older one."""
    older = empty_store(str(tmp_path / "older.sqlite"), clock=clock)
    before = Process(older, keys)
    tokens = [before.begin(person(clock)) for _ in range(9)]
    for token in tokens[: None if not is_open else 4]:
        before.sign_ins.end(token)
    back_up(older, tmp_path / "copy.sqlite")
    older.close()
    here = process.begin(person(clock, 2, id="ben@example.com", roles=frozenset({"administrator"})))
    assert process.who(here) == "ben@example.com"
    restore(process.store, keys, tmp_path / "copy.sqlite", actor=ADA, force=True)
    process.sign_ins.look()
    assert [process.who(token) for token in (here, *tokens)] == [None] * 10
    assert len(process.told) >= 1


def test_a_different_store_at_the_same_address_starts_over(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None
    with process.store.write(recorded=False) as transaction:
        transaction.connection.execute(text("DELETE FROM sign_ins"))
    process.sign_ins.look()
    assert process.told == [signed_in.number]
    assert process.who(token) is None


def test_an_older_store_swapped_in_is_noticed_at_the_next_visit(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    for _ in range(3):
        process.sign_ins.end(process.begin(person(clock)))
    with process.store.write(recorded=False) as transaction:
        number = select(SIGN_INS.c.revision).order_by(SIGN_INS.c.revision).limit(1).scalar_subquery()
        transaction.connection.execute(delete(SIGN_INS).where(SIGN_INS.c.revision > number))
    process.sign_ins._held.clear()  # a browser that this process has not met yet
    assert process.who(token) == "mia@example.com"


def test_no_provider_has_the_name_of_the_demo(process: Process, clock: Clock) -> None:
    with pytest.raises(ValueError, match="demo isn't a sign-in provider here"):
        process.sign_ins.begin(person(clock), provider="demo", until=clock() + HOURS)
