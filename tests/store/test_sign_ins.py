"""Sign-ins in the store: who may begin one, what ends it in every process, and what is left of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from semantic.errors import InvalidQuery, SignInRefused, StoreFailed
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson, demo_person
from semantic.sign_ins import SignIns
from semantic.store.account_changes import deactivate, free_account, reactivate
from semantic.store.accounts import read_account, read_accounts, read_stand
from semantic.store.audit_entries import read_entries
from semantic.store.audit_sentences import sentence
from semantic.store.audit_verify import verify
from semantic.store.backup import back_up, restore
from semantic.store.database import Store, connect_store
from semantic.store.erasure import erase
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import upgrade
from semantic.store.people import PEOPLE, subject_of
from semantic.store.sign_ins import (
    SIGN_INS,
    begin_sign_in,
    count_open,
    digest_of,
    end_provider_session,
    end_sign_in,
    end_sign_ins_of,
    make_token,
    newest_revision,
    note_seen,
    read_changed,
    read_refresh,
    read_sign_in,
    read_sign_ins_of,
    renewed,
    take_lease,
)
from tests.store.conftest import Clock

ADA = Actor(id="ada", name="Ada Admin", roles=frozenset({"administrator"}))
HOURS = timedelta(hours=12)
PEOPLE_OF_DEMO = {"ben": Actor(id="ben", name="Ben Demo", roles=frozenset({"viewer"}))}


def person(clock: Clock, number: int = 1, **changed: Any) -> ProvenPerson:
    """Mia as her provider has her, by default."""
    found = ProvenPerson(
        id="mia@example.com", issuer="https://id.example", provider_subject=f"account-{number}", name="Mia Meyer",
        roles=frozenset({"marketer"}), groups=frozenset({"mk-marketing"}),
        attributes=MappingProxyType({"markets": ("DE", "FR"), "desk": "north"}),
        claims_at=clock(), provider="okta", email="mia@example.com", role_groups=("mk-marketing",),
        groups_claim="groups", attribute_claims=MappingProxyType({"markets": "markets", "desk": "desk"}),
    )  # fmt: skip
    return replace(found, **changed)


class Process:
    """One server over the store, as far as it knows who is signed in."""

    def __init__(self, store: Store, keys: Keys, *, is_demo: bool = False) -> None:
        self.store, self.keys, self.told = store, keys, list[str]()
        self.sign_ins = SignIns(store, keys, is_demo=is_demo, people=lambda: PEOPLE_OF_DEMO)
        self.sign_ins.on_ended(self.told.append)

    def begin(self, one: ProvenPerson, **more: Any) -> str:
        return self.sign_ins.begin(one, provider="okta", until=self.store.now() + HOURS, **more)

    def who(self, token: str) -> str | None:
        found = self.sign_ins.find(token)
        return None if found is None else found.person.id


@pytest.fixture
def process(store: Store, keys: Keys) -> Process:
    return Process(store, keys)


@pytest.fixture
def another(address: str, clock: Clock, keys: Keys) -> Iterator[Process]:
    """A second server over the same store."""
    opened = Store(connect_store(address), clock=clock)
    yield Process(opened, keys)
    opened.close()


def subject(store: Store, who: str = "mia@example.com") -> str:
    with store.read() as connection:
        return connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == who)).scalar_one()


def log(store: Store, keys: Keys) -> list[str]:
    """What the audit log tells, oldest first."""
    with store.read() as connection:
        assert verify(connection, keys).broken is None
        return [sentence(one) for one in reversed(read_entries(connection, keys, limit=100))]


# Tokens


def test_a_token_is_not_in_the_store(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), refresh="a refresh token")
    with process.store.read() as connection:
        kept = str([tuple(row) for row in connection.execute(select(SIGN_INS))])
    secret, _, sign = token.partition(".")
    assert len(secret) == 64
    assert secret not in kept
    assert sign not in kept
    assert "a refresh token" not in kept


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


def test_a_run_does_not_read_the_store(process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
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


# Who somebody is


def test_a_person_is_who_their_provider_says_in_every_process(process: Process, another: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    for one in (process, another):
        found = one.sign_ins.find(token)
        assert found is not None
        assert (found.provider, found.until, found.claims_at, found.is_demo) == (
            "okta",
            clock() + HOURS,
            clock(),
            False,
        )
        assert found.person == Actor(
            id="mia@example.com", name="Mia Meyer", roles=frozenset({"marketer"}), groups=frozenset({"mk-marketing"}),
            attributes={"markets": ("DE", "FR"), "desk": "north"}, claims_at=clock(),
        )  # fmt: skip


def test_what_was_claimed_is_sealed(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with process.store.read() as connection:
        claims = connection.execute(select(PEOPLE.c.claims).where(PEOPLE.c.id == "mia@example.com")).scalar_one()
        assert b"mk-marketing" not in claims
        opened = read_account(connection, process.keys, subject(process.store))
        assert opened is not None
        assert opened.claims == person(clock)


def test_claims_of_one_person_under_anothers_number_are_not_theirs(process: Process, clock: Clock) -> None:
    """Who can write the store cannot give themselves another's role."""
    boss = person(clock, 2, id="boss@example.com", roles=frozenset({"administrator"}))
    process.begin(boss)
    token = process.begin(person(clock))
    with process.store.write(recorded=False) as transaction:
        claims = select(PEOPLE.c.claims).where(PEOPLE.c.id == "boss@example.com").scalar_subquery()
        transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.id == "mia@example.com").values(claims=claims))
    fresh = Process(process.store, process.keys)
    assert fresh.who(token) is None


def test_in_the_demo_the_model_says_who_somebody_is(store: Store, keys: Keys, clock: Clock) -> None:
    demo = Process(store, keys, is_demo=True)
    ben = PEOPLE_OF_DEMO["ben"]
    token = demo.sign_ins.begin(demo_person(ben), provider="demo", until=clock() + HOURS)
    found = demo.sign_ins.find(token)
    assert found is not None
    assert found.person is ben
    assert found.is_demo
    assert Process(store, keys, is_demo=True).who(token) == "ben"
    assert Process(store, keys).who(token) is None  # outside demo mode the demo's sign-ins count for nothing


def test_a_sign_in_of_a_company_counts_for_nothing_in_the_demo(store: Store, keys: Keys, clock: Clock) -> None:
    token = Process(store, keys).begin(person(clock))
    assert Process(store, keys, is_demo=True).who(token) is None


# Whose an id is


def test_another_account_with_the_same_id_is_refused_and_the_log_says_so(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with pytest.raises(SignInRefused, match=r"Another account has signed in here as mia@example\.com") as refused:
        process.begin(person(clock, 2))
    assert refused.value.why == "taken"
    assert log(process.store, process.keys) == [
        "Mia Meyer signed in with okta",
        "Samepage did not let Mia Meyer sign in",
    ]


def test_an_account_that_comes_with_another_id_is_refused(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with pytest.raises(SignInRefused, match=r"known here as mia@example\.com, and now comes as mia@other\.example"):
        process.begin(person(clock, id="mia@other.example"))


def test_an_id_that_is_freed_goes_to_the_next_account(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    with process.store.write() as transaction:
        free_account(transaction, process.keys, subject(process.store), ADA, why="a new contract")
    process.sign_ins.look()
    assert process.who(token) is None
    second = process.begin(person(clock, 2, roles=frozenset({"viewer"})))
    assert process.who(second) == "mia@example.com"
    with pytest.raises(SignInRefused):
        process.begin(person(clock))
    with pytest.raises(InvalidQuery, match="nothing to free"), process.store.write() as transaction:
        free_account(transaction, process.keys, subject(process.store, "ada"), ADA, why="")


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
    assert [another.who(one) for one in tokens] == ["mia@example.com"] * 3
    assert process.sign_ins.end_all_of(subject(process.store), ADA) == 3
    another.sign_ins.look()
    assert [one.who(token) for one in (process, another) for token in tokens] == [None] * 6
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


def test_it_runs_out_and_its_tabs_are_told(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    clock.move(hours=12, seconds=-1)
    found = process.sign_ins.find(token)
    assert found is not None
    clock.move(seconds=1)
    assert process.who(token) is None
    process.sign_ins.look()
    assert process.told == [found.number]
    assert Process(process.store, process.keys).who(token) is None


def test_who_is_switched_off_is_out_everywhere_until_switched_on(
    process: Process, another: Process, clock: Clock
) -> None:
    token = process.begin(person(clock))
    assert another.who(token) == "mia@example.com"
    mia = subject(process.store)
    with process.store.read() as connection:
        before = read_stand(connection)
    with process.store.write() as transaction:
        deactivate(transaction, process.keys, mia, ADA, why="left the company")
    with process.store.read() as connection:
        assert read_stand(connection) != before
    another.sign_ins.look()
    assert another.who(token) is None
    with pytest.raises(SignInRefused, match=r"This account is switched off\. Ask your administrator\."):
        another.begin(person(clock))
    with pytest.raises(InvalidQuery, match="switched by somebody else"), process.store.write() as transaction:
        deactivate(transaction, process.keys, mia, ADA, why="again")
    with process.store.write() as transaction:
        reactivate(transaction, process.keys, mia, ADA, why="came back")
    assert another.who(token) is None  # what was ended stays ended
    assert another.who(another.begin(person(clock))) == "mia@example.com"
    assert log(process.store, process.keys)[1:] == [
        "Ada Admin switched off the account of Mia Meyer",
        "Samepage did not let Mia Meyer sign in",
        "Ada Admin switched on the account of Mia Meyer again",
        "Mia Meyer signed in with okta",
    ]
    with process.store.read() as connection:
        whys = [one.personal.get("why") for one in read_entries(connection, process.keys)]
    assert whys[::-1] == [None, "left the company", None, "came back", None]


def test_a_provider_ends_the_sign_ins_of_its_session_or_of_its_account(process: Process, clock: Clock) -> None:
    one = process.begin(person(clock), issuer_session="s1")
    two = process.begin(person(clock), issuer_session="s2")
    noa = process.begin(person(clock, 2, id="noa@example.com"), issuer_session="s1")
    strange = person(clock, 2, id="eve@example.com", issuer="https://other.example")
    eve = process.begin(strange, issuer_session="s1")

    def end(**which: str) -> int:
        with process.store.write(recorded=False) as transaction:
            ended = end_provider_session(transaction, process.keys, "https://id.example", by=ADA, **which)
        process.sign_ins.look()
        return ended

    assert end() == 0
    assert end(sid="s1", sub="account-1") == 1
    assert [process.who(token) for token in (one, two, noa, eve)] == [
        None, "mia@example.com", "noa@example.com", "eve@example.com",
    ]  # fmt: skip
    assert end(sid="s1") == 1
    assert end(sub="account-1") == 1
    assert [process.who(token) for token in (one, two, noa, eve)] == [None, None, None, "eve@example.com"]


def test_in_this_process_a_sign_in_is_over_also_where_the_store_fails(
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


def test_memory_is_not_believed_for_long_while_the_store_is_away(
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


def test_what_ends_between_reading_and_keeping_is_not_kept(
    process: Process, another: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process reads an open sign-in; before it keeps that in memory, the sign-in ends and is heard of."""
    token = process.begin(person(clock))
    another.sign_ins.look()
    read, ended = another.sign_ins._signed_in, list[bool]()

    def end_meanwhile(found: Any) -> Any:
        if not ended:
            ended.append(True)
            process.sign_ins.end(token)
            another.sign_ins.look()
        return read(found)

    monkeypatch.setattr(another.sign_ins, "_signed_in", end_meanwhile)
    assert another.who(token) is None
    assert ended


def test_changes_are_heard_in_the_order_in_which_they_are_kept(process: Process, clock: Clock) -> None:
    """Many at once: whoever follows by revision misses none, however the writers overlap."""
    stop, heard = threading.Event(), list[str]()

    def follow() -> None:
        known = 0
        while True:
            last = stop.is_set()
            with process.store.read() as connection:
                newest = newest_revision(connection)
                heard.extend(one.number for one in read_changed(connection, known))
            known = newest
            if last:
                return

    follower = threading.Thread(target=follow)
    follower.start()
    writers = [threading.Thread(target=process.begin, args=(person(clock),)) for _ in range(8)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    stop.set()
    follower.join()
    with process.store.read() as connection:
        numbers = [one.number for one in read_sign_ins_of(connection, process.keys, subject(process.store))]
    assert sorted(heard) == sorted(numbers)
    assert len(numbers) == 8


def test_a_sign_in_whose_session_was_never_named_ends_with_its_account(process: Process, clock: Clock) -> None:
    mia = process.begin(person(clock))
    noa = process.begin(person(clock, 2, id="noa@example.com"))
    with process.store.write(recorded=False) as transaction:
        ended = [
            end_provider_session(transaction, process.keys, "https://id.example", by=ADA, **which)
            for which in ({"sid": "s1"}, {"sid": "s1", "sub": "account-1"})
        ]
    process.sign_ins.look()
    assert ended == [0, 1]
    assert [process.who(token) for token in (mia, noa)] == [None, "noa@example.com"]


# Renewing


def test_what_a_provider_says_anew_holds_in_all_sign_ins_of_the_person(
    process: Process, another: Process, clock: Clock
) -> None:
    first = process.begin(person(clock), refresh="first refresh token")
    second = another.begin(person(clock))
    found = process.sign_ins.find(first)
    assert found is not None
    clock.move(minutes=15)
    demoted = person(clock, roles=frozenset({"viewer"}), groups=frozenset({"mk-readers"}))
    with process.store.write(recorded=False) as transaction:
        assert take_lease(transaction, found.number, 30)
        assert not take_lease(transaction, found.number, 30)  # another process, meanwhile
    with process.store.write(recorded=False) as transaction:
        assert renewed(transaction, process.keys, found.number, demoted, refresh="second refresh token")
    for one in (process, another):
        one.sign_ins.look()
        for token in (first, second):
            now = one.sign_ins.find(token)
            assert now is not None
            assert (now.person.roles, now.person.claims_at) == (frozenset({"viewer"}), clock())
    with process.store.read() as connection:
        assert read_refresh(connection, process.keys, found.number) == "second refresh token"
    with process.store.write(recorded=False) as transaction:
        assert take_lease(transaction, found.number, 30)  # given back by the renewal
    assert process.told == another.told == []
    assert log(process.store, process.keys)[-1] == "Mia Meyer has another role, other groups or attributes now"


def test_what_is_said_at_a_sign_in_holds_in_the_other_browsers_too(
    process: Process, another: Process, clock: Clock
) -> None:
    first = process.begin(person(clock, roles=frozenset({"administrator"})))
    assert process.sign_ins.find(first) is not None
    another.begin(person(clock, roles=frozenset({"viewer"})))
    process.sign_ins.look()
    found = process.sign_ins.find(first)
    assert found is not None
    assert found.person.roles == frozenset({"viewer"})
    assert log(process.store, process.keys)[-2:] == [
        "Mia Meyer has another role, other groups or attributes now", "Mia Meyer signed in with okta",
    ]  # fmt: skip


def test_a_renewed_sign_in_ends_with_the_session_that_it_stands_on_now(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), issuer_session="before")
    found = process.sign_ins.find(token)
    assert found is not None
    for session, kept in (("now", "now"), ("", "now")):
        with process.store.write(recorded=False) as transaction:
            assert renewed(transaction, process.keys, found.number, person(clock), issuer_session=session)
        with process.store.read() as connection:
            assert connection.execute(select(SIGN_INS.c.issuer_session)).scalars().all() == [kept]
    with process.store.write(recorded=False) as transaction:
        assert end_provider_session(
            transaction, process.keys, "https://id.example", sid="now", sub="account-1", by=ADA
        ) == 1  # fmt: skip
    process.sign_ins.look()
    assert process.who(token) is None


def test_what_stays_as_it_was_is_not_recorded(process: Process, clock: Clock) -> None:
    found = process.sign_ins.find(process.begin(person(clock)))
    assert found is not None
    before = log(process.store, process.keys)
    clock.move(minutes=15)
    with process.store.write(recorded=False) as transaction:
        assert renewed(transaction, process.keys, found.number, person(clock))
    assert log(process.store, process.keys) == before


def test_a_lease_is_for_a_while(process: Process, clock: Clock) -> None:
    found = process.sign_ins.find(process.begin(person(clock)))
    assert found is not None
    for moved, taken in ((0, True), (29, False), (1, True)):
        clock.move(seconds=moved)
        with process.store.write(recorded=False) as transaction:
            assert take_lease(transaction, found.number, 30) is taken


def test_a_renewal_signs_nobody_in(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), refresh="a refresh token")
    found = process.sign_ins.find(token)
    assert found is not None

    def renew(one: ProvenPerson) -> bool:
        with process.store.write(recorded=False) as transaction:
            return renewed(transaction, process.keys, found.number, one)

    with pytest.raises(SignInRefused, match="another account answered"):
        renew(person(clock, 2))
    process.sign_ins.end(token)
    assert not renew(person(clock))
    with process.store.write(recorded=False) as transaction:
        assert not take_lease(transaction, found.number, 30)
    with process.store.read() as connection:
        assert read_refresh(connection, process.keys, found.number) is None
        gone = connection.execute(select(SIGN_INS.c.sealed_refresh)).scalars().all()
    assert gone == [None]
    assert process.who(token) is None


def test_who_was_switched_off_is_not_renewed(process: Process, clock: Clock) -> None:
    """Switched off by hand in the store, where nothing has ended the sign-in: the renewal refuses all the same."""
    found = process.sign_ins.find(process.begin(person(clock)))
    assert found is not None
    with process.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PEOPLE).values(deactivated_at=clock()))
    with pytest.raises(SignInRefused, match="switched off"), process.store.write(recorded=False) as transaction:
        renewed(transaction, process.keys, found.number, person(clock))


# Seen


def test_when_somebody_was_seen_is_noted_once_a_minute(process: Process, clock: Clock) -> None:
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
        found = process.sign_ins.find(token)
        assert found is not None
        note_seen(transaction, {found.number: begun, "nobody": clock()})  # another process, which saw them earlier
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
        kept = read_sign_ins_of(connection, process.keys, mia)
    assert [one.is_open(clock()) for one in kept].count(True) == 2
    assert [one.begun_at for one in kept] == sorted((one.begun_at for one in kept), reverse=True)


def test_nothing_is_left_of_a_sign_in_a_month_after_its_end(process: Process, clock: Clock) -> None:
    old = process.begin(person(clock))
    clock.move(days=30, hours=12)
    process.begin(person(clock))
    with process.store.read() as connection:
        assert read_sign_in(connection, process.keys, str(digest_of(process.keys, old))) is not None
    clock.move(seconds=1)
    process.begin(person(clock))
    with process.store.read() as connection:
        assert read_sign_in(connection, process.keys, str(digest_of(process.keys, old))) is None


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
        assert [one.id for one in read_accounts(connection, process.keys)] == ["ada"]
        assert connection.execute(select(SIGN_INS.c.sealed_refresh)).scalars().all() == [None]
    again = process.begin(person(clock))  # whoever has the account is somebody new
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
    for one in (process, another):
        one.sign_ins.look()
        assert [one.who(token) for token in (kept_open, ended_later)] == [None, None]
    fresh = Process(process.store, process.keys)
    assert [fresh.who(token) for token in (kept_open, ended_later)] == [None, None]
    with process.store.read() as connection:
        account = read_account(connection, process.keys, subject(process.store))
    assert account is not None
    assert account.claims == person(clock)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_copy_that_is_ahead_of_the_store_leaves_nobody_of_it_signed_in(
    is_open: bool, process: Process, keys: Keys, clock: Clock, tmp_path: Path
) -> None:
    """A server that began with an empty store is given the copy of an older one."""
    older = Store(connect_store(str(tmp_path / "older.sqlite")), clock=clock)
    upgrade(older)
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


def test_another_store_in_the_place_of_the_one_that_was_known_starts_over(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    found = process.sign_ins.find(token)
    assert found is not None
    with process.store.write(recorded=False) as transaction:
        transaction.connection.execute(text("DELETE FROM sign_ins"))
    process.sign_ins.look()
    assert process.told == [found.number]
    assert process.who(token) is None


def test_an_older_store_in_the_place_of_the_one_that_was_known_is_noticed_when_somebody_comes(
    process: Process, clock: Clock
) -> None:
    token = process.begin(person(clock))
    for _ in range(3):
        process.sign_ins.end(process.begin(person(clock)))
    with process.store.write(recorded=False) as transaction:
        number = select(SIGN_INS.c.revision).order_by(SIGN_INS.c.revision).limit(1).scalar_subquery()
        transaction.connection.execute(delete(SIGN_INS).where(SIGN_INS.c.revision > number))
    process.sign_ins._held.clear()  # a browser that this process has not met yet
    assert process.who(token) == "mia@example.com"


def test_no_provider_is_called_as_the_demo_is(process: Process, clock: Clock) -> None:
    with pytest.raises(ValueError, match="no provider is called that"):
        process.sign_ins.begin(person(clock), provider="demo", until=clock() + HOURS)


# Acts


Acting = Callable[[Any, Keys, str, str], object]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda t, k, s, n: end_sign_in(t, k, n, "signed_out", ADA), id="one"),
        pytest.param(lambda t, k, s, n: end_sign_ins_of(t, k, s, "everywhere", ADA), id="all"),
        pytest.param(lambda t, k, s, n: deactivate(t, k, s, ADA, why=""), id="off"),
        pytest.param(lambda t, k, s, n: free_account(t, k, s, ADA, why=""), id="freed"),
    ],
)
def test_every_act_is_in_the_log_and_names_whom_it_is_about(process: Process, clock: Clock, act: Acting) -> None:
    found = process.sign_ins.find(process.begin(person(clock)))
    assert found is not None
    mia = subject(process.store)
    with process.store.write() as transaction:
        act(transaction, process.keys, mia, found.number)
    with process.store.read() as connection:
        entry = read_entries(connection, process.keys, limit=1)[0]
    assert entry.about == f"person:{mia}"
    assert "Mia Meyer" in sentence(entry)


def test_a_person_that_only_the_log_knows_has_no_claims(store: Store, keys: Keys) -> None:
    with store.write(recorded=False) as transaction:
        subject_of(transaction, "zoe", "Zoe")
    with store.read() as connection:
        assert [(one.id, one.claims, one.is_active) for one in read_accounts(connection, keys)] == [("zoe", None, True)]


def test_what_another_thread_read_earlier_is_not_taken_for_what_holds_now(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with process.store.read() as connection:
        [before] = read_accounts(connection, process.keys)

    class Shared(dict[str, Any]):
        """Where the other thread, with the account as it was before, is always the last to write."""

        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, (value[0] - 1, before.claims))

    process.begin(person(clock, roles=frozenset({"viewer"})))
    with process.store.read() as connection:
        [now] = read_accounts(connection, process.keys, Shared())
    assert now.claims == person(clock, roles=frozenset({"viewer"}))
