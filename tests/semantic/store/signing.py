"""The part of a server that knows who is signed in, and a person who signs in, for tests over a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import select

from semantic.identity.sessions import SignIns
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import verify
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE
from tests.semantic.store.clock import Clock

ADA = Actor(id="ada", name="Ada Admin", roles=frozenset({"administrator"}))
HOURS = timedelta(hours=12)
PEOPLE_OF_DEMO = {"ben": Actor(id="ben", name="Ben Demo", roles=frozenset({"viewer"}))}


def person(clock: Clock, number: int = 1, **changed: Any) -> ProvenPerson:
    """Return a person as their provider describes them, by default Mia."""
    person = ProvenPerson(
        id="mia@example.com", issuer="https://id.example", provider_subject=f"account-{number}", name="Mia Meyer",
        roles=frozenset({"marketer"}), groups=frozenset({"mk-marketing", "staff"}),
        attributes=MappingProxyType({"markets": ("DE", "FR"), "desk": "north"}),
        claims_at=clock(), provider="okta", email="mia@example.com", role_groups=("mk-marketing",),
        policy_groups=frozenset({"mk-marketing"}), groups_claim="groups",
        attribute_claims=MappingProxyType({"markets": "markets", "desk": "desk"}),
    )  # fmt: skip
    return replace(person, **changed)


class Process:
    """One server over the store: the part that knows who is signed in."""

    def __init__(self, store: Store, keys: Keys, *, is_demo: bool = False, of: str = "okta") -> None:
        self.store, self.keys, self.told = store, keys, list[str]()
        self.sign_ins = SignIns(store, keys, providers={"demo" if is_demo else of}, people=lambda: PEOPLE_OF_DEMO)
        self.sign_ins.on_ended(self.told.append)

    def begin(self, person: ProvenPerson, **more: Any) -> str:
        return self.sign_ins.begin(person, provider="okta", until=self.store.now() + HOURS, **more)

    def who(self, token: str) -> str | None:
        signed_in = self.sign_ins.find(token)
        return None if signed_in is None else signed_in.person.id


def subject(store: Store, who: str = "mia@example.com") -> str:
    with store.read() as connection:
        return connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == who)).scalar_one()


def log(store: Store, keys: Keys) -> list[str]:
    """Return the audit log's sentences, oldest first."""
    with store.read() as connection:
        assert verify(connection, keys).broken is None
        return [sentence(entry) for entry in reversed(read_entries(connection, keys, limit=100))]
