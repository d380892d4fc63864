"""Accounts in the store: who a person is, who an ID belongs to, and what the audit log says about changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from semantic.errors import InvalidQuery, SignInRefused
from semantic.policy.actor import Actor
from semantic.policy.claims import demo_person
from semantic.store.accounts.accounts import read_account, read_accounts
from semantic.store.accounts.changes import deactivate, free_account
from semantic.store.accounts.claims import open_claims, seal_claims
from semantic.store.accounts.sign_ins import end_sign_in, end_sign_ins_of
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import PEOPLE, subject_of
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import ADA, HOURS, PEOPLE_OF_DEMO, Process, log, person, subject

# Who someone is


def test_a_person_has_the_providers_identity_in_every_process(process: Process, another: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    for each_process in (process, another):
        signed_in = each_process.sign_ins.find(token)
        assert signed_in is not None
        assert (signed_in.provider, signed_in.until, signed_in.claims_at, signed_in.is_demo) == (
            "okta",
            clock() + HOURS,
            clock(),
            False,
        )
        assert signed_in.person == Actor(
            id="mia@example.com", name="Mia Meyer", roles=frozenset({"marketer"}), groups=frozenset({"mk-marketing"}),
            attributes={"markets": ("DE", "FR"), "desk": "north"}, claims_at=clock(),
        )  # fmt: skip


def test_claims_are_stored_encrypted(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with process.store.read() as connection:
        claims = connection.execute(select(PEOPLE.c.claims).where(PEOPLE.c.id == "mia@example.com")).scalar_one()
        assert b"mk-marketing" not in claims
        opened = read_account(connection, process.keys, subject(process.store))
        assert opened is not None
        assert opened.claims == person(clock)


def test_claims_of_one_person_under_anothers_number_are_not_theirs(process: Process, clock: Clock) -> None:
    """Someone who can write the store can't take another person's role."""
    boss = person(clock, 2, id="boss@example.com", roles=frozenset({"administrator"}))
    process.begin(boss)
    token = process.begin(person(clock))
    with process.store.write(recorded=False) as transaction:
        claims = select(PEOPLE.c.claims).where(PEOPLE.c.id == "boss@example.com").scalar_subquery()
        transaction.connection.execute(update(PEOPLE).where(PEOPLE.c.id == "mia@example.com").values(claims=claims))
    fresh = Process(process.store, process.keys)
    assert fresh.who(token) is None


def test_claims_of_an_earlier_release_are_read_until_they_are_renewed(clock: Clock) -> None:
    key = b"k" * 32
    document = json.loads(unseal(key, seal_claims(key, "1", person(clock)), "claims 1") or b"")
    del document["policy_groups"]
    claims = open_claims(key, "1", seal(key, json.dumps(document).encode(), "claims 1"))
    assert claims == person(clock, policy_groups=None)
    assert claims is not None
    assert claims.actor.groups == {"mk-marketing", "staff"}


def test_in_the_demo_the_model_defines_the_people(store: Store, keys: Keys, clock: Clock) -> None:
    demo = Process(store, keys, is_demo=True)
    ben = PEOPLE_OF_DEMO["ben"]
    token = demo.sign_ins.begin(demo_person(ben), provider="demo", until=clock() + HOURS)
    signed_in = demo.sign_ins.find(token)
    assert signed_in is not None
    assert signed_in.person is ben
    assert signed_in.is_demo
    assert Process(store, keys, is_demo=True).who(token) == "ben"
    assert Process(store, keys).who(token) is None  # outside demo mode the demo's sign-ins count for nothing


def test_a_companys_sign_in_is_invalid_in_the_demo(store: Store, keys: Keys, clock: Clock) -> None:
    token = Process(store, keys).begin(person(clock))
    assert Process(store, keys, is_demo=True).who(token) is None


def test_a_provider_missing_from_the_settings_signs_no_one_in(store: Store, keys: Keys, clock: Clock) -> None:
    """Neither an earlier sign-in nor a new one works.

    The earlier one works again once the provider is back in the settings.
    """
    token = Process(store, keys).begin(person(clock))
    after = Process(store, keys, of="keycloak")
    assert after.who(token) is None
    with pytest.raises(ValueError, match="okta isn't a sign-in provider here"):
        after.begin(person(clock))
    assert Process(store, keys).who(token) == "mia@example.com"


# Whose an id is


def test_another_account_with_the_same_id_is_refused_and_the_log_says_so(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with pytest.raises(SignInRefused, match=r"Another account has signed in here as mia@example\.com") as refused:
        process.begin(person(clock, 2))
    assert refused.value.why == "taken"
    assert log(process.store, process.keys) == [
        "Mia Meyer signed in with okta",
        "Samepage refused a sign-in by Mia Meyer",
    ]


def test_an_account_with_a_changed_id_is_refused(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with pytest.raises(
        SignInRefused, match=r"used the ID mia@example\.com here, and now signs in as mia@other\.example"
    ):
        process.begin(person(clock, id="mia@other.example"))


def test_a_released_id_goes_to_the_next_account(process: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    with process.store.write() as transaction:
        free_account(transaction, process.keys, subject(process.store), ADA, why="a new contract")
    process.sign_ins.look()
    assert process.who(token) is None
    second = process.begin(person(clock, 2, roles=frozenset({"viewer"})))
    assert process.who(second) == "mia@example.com"
    with pytest.raises(SignInRefused):
        process.begin(person(clock))
    with pytest.raises(InvalidQuery, match="nothing to release"), process.store.write() as transaction:
        free_account(transaction, process.keys, subject(process.store, "ada"), ADA, why="")


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
def test_every_act_is_logged_with_the_person_it_affects(process: Process, clock: Clock, act: Acting) -> None:
    signed_in = process.sign_ins.find(process.begin(person(clock)))
    assert signed_in is not None
    mia = subject(process.store)
    with process.store.write() as transaction:
        act(transaction, process.keys, mia, signed_in.number)
    with process.store.read() as connection:
        entry = read_entries(connection, process.keys, limit=1)[0]
    assert entry.about == f"person:{mia}"
    assert "Mia Meyer" in sentence(entry)


def test_a_person_known_only_to_the_log_has_no_claims(store: Store, keys: Keys) -> None:
    with store.write(recorded=False) as transaction:
        subject_of(transaction, "zoe", "Zoe")
    with store.read() as connection:
        assert [(account.id, account.claims, account.is_active) for account in read_accounts(connection, keys)] == [
            ("zoe", None, True)
        ]


def test_a_stale_read_by_another_thread_does_not_replace_the_current_state(process: Process, clock: Clock) -> None:
    process.begin(person(clock))
    with process.store.read() as connection:
        [before] = read_accounts(connection, process.keys)

    class Shared(dict[str, Any]):
        """A cache in which the other thread, which has the earlier account, always writes last."""

        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, (value[0] - 1, before.claims))

    process.begin(person(clock, roles=frozenset({"viewer"})))
    with process.store.read() as connection:
        [now] = read_accounts(connection, process.keys, Shared())
    assert now.claims == person(clock, roles=frozenset({"viewer"}))
