"""Access given in the app: it applies to open sign-ins, and no one can give it by writing to the store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.given_access import GivenAccess
from semantic.store.accounts.accounts import read_account
from semantic.store.accounts.changes import free_account
from semantic.store.accounts.given import DOMAINS, give, invite_domain, read_invitations, remove_invitation
from semantic.store.accounts.sign_ins import look_again
from semantic.store.people import PEOPLE, subject_of
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import ADA, Process, log, person, subject

MIA = "mia@example.com"


def access(clock: Clock, **parts: Any) -> GivenAccess:
    return GivenAccess(at=clock(), **parts)


def give_to(process: Process, given: GivenAccess, who: str = MIA, by: Actor = ADA) -> None:
    with process.store.write() as transaction:
        number = subject_of(transaction, who, "")
        give(transaction, process.keys, number, given, by)
        look_again(transaction, number)


def role_of(process: Process, token: str) -> set[str]:
    process.sign_ins.look()
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None
    return set(signed_in.person.roles)


def invite(process: Process, given: GivenAccess, domain: str = "example.com") -> None:
    with process.store.write() as transaction:
        invite_domain(transaction, process.keys, domain, given, ADA)


def test_given_access_applies_to_open_sign_ins_in_every_process(
    process: Process, another: Process, clock: Clock
) -> None:
    token = process.begin(person(clock))
    assert role_of(another, token) == {"marketer"}
    give_to(process, access(clock, role="steward", groups=frozenset({"emea"})))
    for each_process in (process, another):
        assert role_of(each_process, token) == {"steward"}
        signed_in = each_process.sign_ins.find(token)
        assert signed_in is not None
        assert signed_in.person.groups == {"mk-marketing", "emea"}
    give_to(process, access(clock))
    assert role_of(another, token) == {"marketer"}
    assert log(process.store, process.keys)[-2:] == [
        "Ada Admin gave Mia Meyer the role steward: emea",
        "Ada Admin removed the access given to Mia Meyer",
    ]


def test_an_invited_person_has_access_from_the_first_sign_in(process: Process, clock: Clock) -> None:
    give_to(process, access(clock, role="steward", attributes={"region": ("EMEA",)}))
    token = process.begin(person(clock, roles=frozenset(), groups=frozenset(), role_groups=()))
    assert role_of(process, token) == {"steward"}
    signed_in = process.sign_ins.find(token)
    assert signed_in is not None
    assert signed_in.person.attributes == {"region": ("EMEA",), "markets": ("DE", "FR"), "desk": "north"}


def test_the_providers_claims_stay_unchanged(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    give_to(process, access(clock, role="steward"))
    with process.store.read() as connection:
        account = read_account(connection, process.keys, subject(process.store))
    assert account is not None
    assert account.provided == person(clock)
    assert account.claims == replace(person(clock), roles=frozenset({"steward"}))
    assert account.given is not None
    assert account.given.by == subject(process.store, "ada")


def test_no_one_gives_more_than_they_have(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    steward = replace(ADA, id="sam", roles=frozenset({"steward"}))
    with pytest.raises(NotAllowed):
        give_to(process, access(clock, role="administrator"), by=steward)
    with pytest.raises(InvalidQuery):
        give_to(process, access(clock, role="king"))


def test_access_given_to_another_person_is_worthless(process: Process, clock: Clock) -> None:
    """Someone who can write to the store can't copy an administrator's access to themselves."""
    process.begin(person(clock, 2, id="boss@example.com"))
    give_to(process, access(clock, role="administrator"), "boss@example.com")
    token = process.begin(person(clock))
    with process.store.write(recorded=False) as transaction:
        given = select(PEOPLE.c.given).where(PEOPLE.c.id == "boss@example.com").scalar_subquery()
        transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.id == MIA).values(given=given))
    assert role_of(Process(process.store, process.keys), token) == {"marketer"}


# Invitations of a domain


def test_an_invited_domain_gives_its_people_a_role_once(process: Process, clock: Clock) -> None:
    invite(process, access(clock, role="viewer", groups=frozenset({"all-staff"})))
    newcomer = person(clock, roles=frozenset(), groups=frozenset(), role_groups=(), vouched_domain="example.com")
    token = process.begin(newcomer)
    assert role_of(process, token) == {"viewer"}
    assert "gave Mia Meyer the role viewer, because example.com is invited" in "; ".join(
        log(process.store, process.keys)
    )
    give_to(process, access(clock))
    assert role_of(process, process.begin(newcomer)) == set()  # what an administrator removed stays removed


@pytest.mark.parametrize("domain", ["", "other.com", "sub.example.com"])
def test_an_unconfirmed_address_or_one_of_another_domain_gets_nothing(
    domain: str, process: Process, clock: Clock
) -> None:
    invite(process, access(clock, role="viewer"))
    token = process.begin(person(clock, roles=frozenset(), vouched_domain=domain))
    assert role_of(process, token) == set()


def test_a_removed_invitation_keeps_people_but_admits_no_more(process: Process, clock: Clock) -> None:
    invite(process, access(clock, role="viewer"))
    here = process.begin(person(clock, roles=frozenset(), vouched_domain="example.com"))
    with process.store.write() as transaction:
        remove_invitation(transaction, process.keys, "example.com", ADA)
    late = process.begin(person(clock, 2, id="late@example.com", roles=frozenset(), vouched_domain="example.com"))
    assert (role_of(process, here), role_of(process, late)) == ({"viewer"}, set())
    with pytest.raises(InvalidQuery), process.store.write() as transaction:
        remove_invitation(transaction, process.keys, "example.com", ADA)


def test_an_invitation_written_into_the_store_is_invalid(process: Process, clock: Clock) -> None:
    invite(process, access(clock, role="marketer"))
    with process.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(DOMAINS).values(domain="evil.com"))
    with process.store.read() as connection:
        assert read_invitations(connection, process.keys) == []
    token = process.begin(person(clock, roles=frozenset(), vouched_domain="evil.com"))
    assert role_of(process, token) == set()


# Erasing, releasing, restoring


def test_erasing_and_releasing_remove_given_access(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    give_to(process, access(clock, role="steward"))
    with process.store.write() as transaction:
        free_account(transaction, process.keys, subject(process.store), ADA, why="a new account")
    assert role_of(process, process.begin(person(clock, 2))) == {"marketer"}
    give_to(process, access(clock, role="steward"))
    erase(process.store, MIA, ADA, process.keys)
    with process.store.read() as connection:
        assert connection.execute(select(PEOPLE.c.given)).scalars().all() == [None] * 2
    assert role_of(process, process.begin(person(clock, 2))) == {"marketer"}


def test_a_backup_doesnt_restore_removed_access(process: Process, clock: Clock, tmp_path: Path) -> None:
    process.begin(person(clock))
    give_to(process, access(clock, role="administrator"))
    invite(process, access(clock, role="viewer"))
    invite(process, access(clock, role="viewer"), "partner.com")
    back_up(process.store, tmp_path / "copy.sqlite")
    give_to(process, access(clock, role="steward"))
    with process.store.write() as transaction:
        remove_invitation(transaction, process.keys, "partner.com", ADA)
    restore(process.store, process.keys, tmp_path / "copy.sqlite", actor=ADA, force=True)
    process.sign_ins.look()
    assert role_of(process, process.begin(person(clock))) == {"steward"}
    with process.store.read() as connection:
        assert [invitation.domain for invitation in read_invitations(connection, process.keys)] == ["example.com"]
