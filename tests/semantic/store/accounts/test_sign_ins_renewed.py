"""Renewed sign-ins: new claims apply everywhere, are recorded once, and sign no one in."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from semantic.errors import SignInRefused
from semantic.policy.claims import ProvenPerson
from semantic.store.accounts.sign_ins import SIGN_INS, end_provider_session, read_refresh, renewed, take_lease
from semantic.store.people import PEOPLE
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import ADA, Process, log, person

# Renewing


def test_renewed_claims_apply_to_all_sign_ins_of_the_person(process: Process, another: Process, clock: Clock) -> None:
    first = process.begin(person(clock), refresh="first refresh token")
    second = another.begin(person(clock))
    signed_in = process.sign_ins.find(first)
    assert signed_in is not None
    clock.move(minutes=15)
    demoted = person(clock, roles=frozenset({"viewer"}), groups=frozenset({"mk-readers"}))
    with process.store.write(recorded=False) as transaction:
        assert take_lease(transaction, signed_in.number, 30)
        assert not take_lease(transaction, signed_in.number, 30)  # another process, in the meantime
    with process.store.write(recorded=False) as transaction:
        assert renewed(transaction, process.keys, signed_in.number, demoted, refresh="second refresh token")
    for each_process in (process, another):
        each_process.sign_ins.look()
        for token in (first, second):
            now = each_process.sign_ins.find(token)
            assert now is not None
            assert (now.person.roles, now.person.claims_at) == (frozenset({"viewer"}), clock())
    with process.store.read() as connection:
        assert read_refresh(connection, process.keys, signed_in.number) == "second refresh token"
    with process.store.write(recorded=False) as transaction:
        assert take_lease(transaction, signed_in.number, 30)  # given back by the renewal
    assert process.told == another.told == []
    assert log(process.store, process.keys)[-1] == "Mia Meyer now has a different role, groups or attributes"


def test_claims_from_a_sign_in_apply_to_the_other_browsers_too(
    process: Process, another: Process, clock: Clock
) -> None:
    first = process.begin(person(clock, roles=frozenset({"administrator"})))
    assert process.sign_ins.find(first) is not None
    another.begin(person(clock, roles=frozenset({"viewer"})))
    process.sign_ins.look()
    signed_in = process.sign_ins.find(first)
    assert signed_in is not None
    assert signed_in.person.roles == frozenset({"viewer"})
    assert log(process.store, process.keys)[-2:] == [
        "Mia Meyer now has a different role, groups or attributes", "Mia Meyer signed in with okta",
    ]  # fmt: skip


def test_a_renewed_sign_in_ends_with_its_current_provider_session(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), issuer_session="before")
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None
    for session, text in (("now", "now"), ("", "now")):
        with process.store.write(recorded=False) as transaction:
            assert renewed(transaction, process.keys, signed_in.number, person(clock), issuer_session=session)
        with process.store.read() as connection:
            assert connection.execute(select(SIGN_INS.c.issuer_session)).scalars().all() == [text]
    with process.store.write(recorded=False) as transaction:
        assert end_provider_session(
            transaction, process.keys, "https://id.example", sid="now", sub="account-1", issued_at=clock(), by=ADA
        ) == 1  # fmt: skip
    process.sign_ins.look()
    assert process.who(token) is None


def test_unchanged_claims_are_not_recorded(process: Process, clock: Clock) -> None:
    signed_in = process.sign_ins.find(process.begin(person(clock)))
    assert signed_in is not None
    before = log(process.store, process.keys)
    clock.move(minutes=15)
    with process.store.write(recorded=False) as transaction:
        assert renewed(transaction, process.keys, signed_in.number, person(clock))
    assert log(process.store, process.keys) == before


def test_a_lease_is_temporary(process: Process, clock: Clock) -> None:
    signed_in = process.sign_ins.find(process.begin(person(clock)))
    assert signed_in is not None
    for moved, taken in ((0, True), (29, False), (1, True)):
        clock.move(seconds=moved)
        with process.store.write(recorded=False) as transaction:
            assert take_lease(transaction, signed_in.number, 30) is taken


def test_a_renewal_signs_no_one_in(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock), refresh="a refresh token")
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None

    def renew(one: ProvenPerson) -> bool:
        with process.store.write(recorded=False) as transaction:
            return renewed(transaction, process.keys, signed_in.number, one)

    with pytest.raises(SignInRefused, match="returned a different account"):
        renew(person(clock, 2))
    process.sign_ins.end(token)
    assert not renew(person(clock))
    with process.store.write(recorded=False) as transaction:
        assert not take_lease(transaction, signed_in.number, 30)
    with process.store.read() as connection:
        assert read_refresh(connection, process.keys, signed_in.number) is None
        gone = connection.execute(select(SIGN_INS.c.sealed_refresh)).scalars().all()
    assert gone == [None]
    assert process.who(token) is None


def test_a_deactivated_person_is_not_renewed(process: Process, clock: Clock) -> None:
    """The person was deactivated directly in the store, which doesn't end the sign-in. The renewal is still refused."""
    signed_in = process.sign_ins.find(process.begin(person(clock)))
    assert signed_in is not None
    with process.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PEOPLE).values(deactivated_at=clock()))
    with pytest.raises(SignInRefused, match="deactivated"), process.store.write(recorded=False) as transaction:
        renewed(transaction, process.keys, signed_in.number, person(clock))
