"""Sign-ins in the store: what a token opens, what ends a sign-in in every process, and when it was last seen."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from semantic.errors import InvalidQuery, SignInRefused, StoreFailed
from semantic.store.accounts.accounts import read_accounts_state
from semantic.store.accounts.changes import deactivate, reactivate
from semantic.store.accounts.sign_ins import (
    SIGN_INS,
    begin_sign_in,
    count_open,
    digest_of,
    end_provider_session,
    make_token,
    newest_revision,
    note_seen,
    read_changed,
    read_last_visit,
    read_sign_in,
    read_sign_ins_of,
)
from semantic.store.audit.entries import read_entries
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import PEOPLE
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import ADA, HOURS, Process, log, person, subject

# Tokens


def test_a_token_is_not_in_the_store(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), refresh="a refresh token")
    with process.store.read() as connection:
        text = str([tuple(row) for row in connection.execute(select(SIGN_INS))])
    secret, _, sign = token.partition(".")
    assert len(secret) == 64
    assert secret not in text
    assert sign not in text
    assert "a refresh token" not in text


def test_every_change_to_a_token_makes_it_worthless_without_asking_the_store(
    process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = process.begin(person(clock))
    assert process.who(token) == "mia@example.com"

    def fail() -> None:
        raise AssertionError("A forged token reached the store.")

    monkeypatch.setattr(process.store, "read", fail)
    for place, letter in enumerate(token):
        assert process.who(token[:place] + ("0" if letter != "0" else "1") + token[place + 1 :]) is None, place
    for forged in (
        "",
        ".",
        "é.é",
        "\ud800." + "0" * 64,
        token + "0",
        token.partition(".")[0],
        "0" * 64 + "." + "0" * 64,
    ):
        assert process.who(forged) is None
    other_keys = keys_of("another secret, which another store has")
    assert process.who(make_token(other_keys)) is None


def test_a_rerun_does_not_read_the_store(process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    token = process.begin(person(clock))
    assert process.who(token) == "mia@example.com"
    never = make_token(process.keys)
    assert process.who(never) is None

    def fail() -> None:
        raise AssertionError("The store was read again.")

    monkeypatch.setattr(process.store, "read", fail)
    for _ in range(3):
        assert process.who(token) == "mia@example.com"
        assert process.who(never) is None


def test_a_sign_in_needs_a_token_that_was_made_for_it(store: Store, keys: Keys, clock: Clock) -> None:
    with pytest.raises(ValueError, match="make_token"), store.write() as transaction:
        begin_sign_in(
            transaction, keys, person=person(clock), provider="okta", token="mia", until=clock() + HOURS
        )  # fmt: skip


def test_the_last_visit_is_the_latest_before_a_moment(process: Process, clock: Clock) -> None:
    begun = clock()
    process.begin(person(clock))
    with process.store.read() as connection:
        assert read_last_visit(connection, "mia@example.com", begun + HOURS) == begun
        assert read_last_visit(connection, "mia@example.com", begun) is None
        assert read_last_visit(connection, "ada@example.com", begun + HOURS) is None


# Ending


def test_signing_out_ends_every_copy_and_no_other_sign_in(process: Process, another: Process, clock: Clock) -> None:
    token, other = process.begin(person(clock)), process.begin(person(clock))
    assert another.who(token) == another.who(other) == "mia@example.com"
    number = another.sign_ins.find(token)
    assert number is not None
    process.who(token)
    process.sign_ins.end(token)
    assert process.told == [number.number]
    assert process.who(token) is None
    another.sign_ins.look()
    assert another.told == [number.number]
    assert another.who(token) is None
    assert another.who(other) == "mia@example.com"
    assert log(process.store, process.keys)[-1] == "Mia Meyer signed out"


def test_signing_out_everywhere_reaches_every_process(process: Process, another: Process, clock: Clock) -> None:
    tokens = [process.begin(person(clock)) for _ in range(3)]
    assert [another.who(token) for token in tokens] == ["mia@example.com"] * 3
    assert process.sign_ins.end_all_of(subject(process.store), ADA) == 3
    another.sign_ins.look()
    assert [each_process.who(token) for each_process in (process, another) for token in tokens] == [None] * 6
    assert len(set(another.told)) == 3
    assert log(process.store, process.keys)[-1] == "Ada Admin signed Mia Meyer out everywhere"
    assert process.sign_ins.end_all_of(subject(process.store), ADA) == 0


def test_a_new_sign_in_of_a_browser_ends_its_earlier_one(process: Process, clock: Clock) -> None:
    first = process.begin(person(clock))
    second = process.begin(person(clock, 2, id="noa@example.com", name="Noa"), before=first)
    assert (process.who(first), process.who(second)) == (None, "noa@example.com")
    assert log(process.store, process.keys) == [
        "Mia Meyer signed in with okta",
        "Mia Meyer signed out",
        "Noa signed in with okta",
    ]


def test_a_refused_sign_in_leaves_the_earlier_one_open(process: Process, clock: Clock) -> None:
    first = process.begin(person(clock))
    with pytest.raises(SignInRefused):
        process.begin(person(clock, 2), before=first)
    assert process.who(first) == "mia@example.com"


def test_a_sign_in_expires_and_its_tabs_are_notified(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    clock.move(hours=12, seconds=-1)
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None
    clock.move(seconds=1)
    assert process.who(token) is None
    process.sign_ins.look()
    assert process.told == [signed_in.number]
    assert Process(process.store, process.keys).who(token) is None


def test_a_deactivated_person_is_out_everywhere_until_reactivated(
    process: Process, another: Process, clock: Clock
) -> None:
    token = process.begin(person(clock))
    assert another.who(token) == "mia@example.com"
    mia = subject(process.store)
    with process.store.read() as connection:
        before = read_accounts_state(connection)
    with process.store.write() as transaction:
        deactivate(transaction, process.keys, mia, ADA, why="left the company")
    with process.store.read() as connection:
        assert read_accounts_state(connection) != before
    another.sign_ins.look()
    assert another.who(token) is None
    with pytest.raises(SignInRefused, match=r"This account is deactivated\. Ask your administrator\."):
        another.begin(person(clock))
    with pytest.raises(InvalidQuery, match="someone else has changed it"), process.store.write() as transaction:
        deactivate(transaction, process.keys, mia, ADA, why="again")
    with process.store.write() as transaction:
        reactivate(transaction, process.keys, mia, ADA, why="came back")
    assert another.who(token) is None  # a session that ended stays ended
    assert another.who(another.begin(person(clock))) == "mia@example.com"
    assert log(process.store, process.keys)[1:] == [
        "Ada Admin deactivated Mia Meyer",
        "Samepage refused a sign-in by Mia Meyer",
        "Ada Admin reactivated Mia Meyer",
        "Mia Meyer signed in with okta",
    ]
    with process.store.read() as connection:
        whys = [entry.personal.get("why") for entry in read_entries(connection, process.keys)]
    assert whys[::-1] == [None, "left the company", None, "came back", None]


def test_a_provider_ends_the_sign_ins_of_its_session_or_of_its_account(process: Process, clock: Clock) -> None:
    name = process.begin(person(clock), issuer_session="s1")
    two = process.begin(person(clock), issuer_session="s2")
    noa = process.begin(person(clock, 2, id="noa@example.com"), issuer_session="s1")
    strange = person(clock, 2, id="eve@example.com", issuer="https://other.example")
    eve = process.begin(strange, issuer_session="s1")

    def end(**which: str) -> int:
        with process.store.write(recorded=False) as transaction:
            ended = end_provider_session(
                transaction, process.keys, "https://id.example", issued_at=clock(), by=ADA, **which
            )
        process.sign_ins.look()
        return ended

    assert end() == 0
    assert end(sid="s1", sub="account-1") == 1
    assert [process.who(token) for token in (name, two, noa, eve)] == [
        None, "mia@example.com", "noa@example.com", "eve@example.com",
    ]  # fmt: skip
    assert end(sid="s1") == 1
    assert end(sub="account-1") == 1
    assert [process.who(token) for token in (name, two, noa, eve)] == [None, None, None, "eve@example.com"]


@pytest.mark.parametrize("which", [{"sub": "account-1"}, {"sid": "s1"}, {"sid": "s1", "sub": "account-1"}])
@pytest.mark.parametrize("behind", [-60, -1, 0, 1, 60])
def test_a_repeated_notice_does_not_end_a_newer_sign_in(
    process: Process, clock: Clock, which: dict[str, str], behind: int
) -> None:
    """This also holds if the provider's clock is this many seconds behind or ahead."""
    first = process.begin(person(clock), issuer_session="s1")
    clock.move(seconds=5)
    issued_at = clock() - timedelta(seconds=behind)

    def notice(issued_at: datetime) -> int:
        with process.store.write(recorded=False) as transaction:
            ended = end_provider_session(
                transaction, process.keys, "https://id.example", issued_at=issued_at, by=ADA, **which
            )
        process.sign_ins.look()
        return ended

    assert notice(issued_at) == 1
    assert process.who(first) is None
    clock.move(seconds=5 + max(0, -behind))
    again = process.begin(person(clock), issuer_session="s1")  # the provider may go on with its session
    assert notice(issued_at) == 0
    clock.move(seconds=130)
    assert notice(issued_at) == 0
    assert process.who(again) == "mia@example.com"
    assert notice(clock()) == 1, "another notice ends it"
    assert process.who(again) is None


def test_an_old_notice_does_not_end_a_newer_sign_in(process: Process, clock: Clock) -> None:
    """Someone delays the notice, and sends it when there is a new sign-in."""
    issued_at = clock()
    clock.move(seconds=121)
    token = process.begin(person(clock))
    with process.store.write(recorded=False) as transaction:
        assert end_provider_session(
            transaction, process.keys, "https://id.example", sub="account-1", issued_at=issued_at, by=ADA
        ) == 0  # fmt: skip
    process.sign_ins.look()
    assert process.who(token) == "mia@example.com"


def test_in_this_process_a_sign_in_ends_even_if_the_store_fails(
    process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = process.begin(person(clock))

    def fail(**_: object) -> None:
        raise StoreFailed("The store is away.")

    with monkeypatch.context() as patch:
        patch.setattr(process.store, "write", fail)
        with pytest.raises(StoreFailed):
            process.sign_ins.end(token)
    assert process.who(token) is None


def test_cached_sign_ins_are_trusted_only_briefly_while_the_store_is_unavailable(
    process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = process.begin(person(clock))
    clock.move(seconds=59)
    assert process.who(token) == "mia@example.com"

    def fail() -> None:
        raise StoreFailed("The store is away.")

    with monkeypatch.context() as patch:
        patch.setattr(process.store, "read", fail)
        clock.move(seconds=2)
        with pytest.raises(StoreFailed):
            process.who(token)
    assert process.who(token) == "mia@example.com"


def test_a_sign_in_that_ends_while_being_read_is_not_cached(
    process: Process, another: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process reads an open sign-in. Before it caches it, the sign-in ends and the process is notified."""
    token = process.begin(person(clock))
    another.sign_ins.look()
    read, ended = another.sign_ins._signed_in, list[bool]()

    def end_meanwhile(answer: Any) -> Any:
        if not ended:
            ended.append(True)
            process.sign_ins.end(token)
            another.sign_ins.look()
        return read(answer)

    monkeypatch.setattr(another.sign_ins, "_signed_in", end_meanwhile)
    assert another.who(token) is None
    assert ended


def test_changes_are_read_in_the_order_in_which_they_were_stored(process: Process, clock: Clock) -> None:
    """With many simultaneous changes, a reader that follows the revisions misses none, however the writers overlap."""
    stop, heard = threading.Event(), list[str]()

    def follow() -> None:
        known = 0
        while True:
            last = stop.is_set()
            with process.store.read() as connection:
                newest = newest_revision(connection)
                heard.extend(change.number for change in read_changed(connection, known))
            known = newest
            if last:
                return

    follower = threading.Thread(target=follow)
    follower.start()
    writers = [threading.Thread(target=process.begin, args=(person(clock),)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    follower.join()
    with process.store.read() as connection:
        numbers = [sign_in.number for sign_in in read_sign_ins_of(connection, process.keys, subject(process.store))]
    assert sorted(heard) == sorted(numbers)
    assert len(numbers) == 8


def test_a_sign_in_whose_session_was_never_named_ends_with_its_account(process: Process, clock: Clock) -> None:
    mia = process.begin(person(clock))
    noa = process.begin(person(clock, 2, id="noa@example.com"))
    with process.store.write(recorded=False) as transaction:
        ended = [
            end_provider_session(transaction, process.keys, "https://id.example", issued_at=clock(), by=ADA, **which)
            for which in ({"sid": "s1"}, {"sid": "s1", "sub": "account-1"})
        ]
    process.sign_ins.look()
    assert ended == [0, 1]
    assert [process.who(token) for token in (mia, noa)] == [None, "noa@example.com"]


# Seen


def test_the_last_use_is_recorded_once_a_minute(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    begun = clock()

    def seen() -> list[Any]:
        with process.store.read() as connection:
            return [connection.execute(select(one)).scalar_one() for one in (SIGN_INS.c.seen_at, PEOPLE.c.last_seen_at)]

    with process.store.read() as connection:
        revision = newest_revision(connection)
    clock.move(seconds=59)
    process.who(token)
    process.sign_ins.note()
    assert seen() == [begun, begun]
    clock.move(seconds=1)
    process.who(token)
    process.sign_ins.note()
    assert seen() == [clock(), clock()]
    with process.store.write(recorded=False) as transaction:
        signed_in = process.sign_ins.find(token)
        assert signed_in is not None
        note_seen(transaction, {signed_in.number: begun, "nobody": clock()})  # another process, which saw them earlier
    assert seen() == [clock(), clock()]
    with process.store.read() as connection:
        assert newest_revision(connection) == revision


def test_open_sign_ins_are_counted_by_person(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    process.sign_ins.end(process.begin(person(clock)))
    process.begin(person(clock, 2, id="noa@example.com"))
    clock.move(hours=6)
    process.begin(person(clock))
    mia, noa = subject(process.store), subject(process.store, "noa@example.com")
    with process.store.read() as connection:
        assert count_open(connection, clock()) == {mia: 2, noa: 1}
        assert count_open(connection, clock() + timedelta(hours=6)) == {mia: 1}
        sign_ins = read_sign_ins_of(connection, process.keys, mia)
    assert [sign_in.is_open(clock()) for sign_in in sign_ins].count(True) == 2
    assert [sign_in.begun_at for sign_in in sign_ins] == sorted(
        (sign_in.begun_at for sign_in in sign_ins), reverse=True
    )


def test_a_sign_in_is_deleted_a_month_after_its_end(process: Process, clock: Clock) -> None:
    old = process.begin(person(clock))
    clock.move(days=30, hours=12)
    process.begin(person(clock))
    with process.store.read() as connection:
        assert read_sign_in(connection, process.keys, str(digest_of(process.keys, old))) is not None
    clock.move(seconds=1)
    process.begin(person(clock))
    with process.store.read() as connection:
        assert read_sign_in(connection, process.keys, str(digest_of(process.keys, old))) is None
