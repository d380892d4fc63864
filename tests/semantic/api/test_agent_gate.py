"""Admission of agents on two processes over one store: their tokens, a provider's access tokens, their person's access
at that moment, the switch, and daily limits.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import text

from semantic.agents.budgets import REACHED, Budgets
from semantic.agents.connecting import AgentWork, agents_are_on, switch_agents
from semantic.agents.limits import Budget
from semantic.api.agent_authenticator import AgentAuthenticator
from semantic.api.auth import Gate, TurnedAway
from semantic.config.settings import Settings
from semantic.config.sign_in import Provider, RoleMapping, SignInSettings
from semantic.errors import NotAllowed, OverBudget
from semantic.oidc.client import ProviderClient
from semantic.oidc.metadata import Metadata
from semantic.policy.actor import Actor
from semantic.policy.claims import person_from_claims
from semantic.query.query import Query
from semantic.services.people import free_id
from semantic.services.process import Live
from semantic.store.accounts.accounts import settle_account
from semantic.store.accounts.changes import deactivate
from semantic.store.agents.agents import ConnectedAgent, Limits, NewAgent, connect_agent, find_agent
from semantic.store.agents.switch import Switch
from semantic.store.audit.entries import read_entries
from semantic.store.audit.log import SAMEPAGE
from semantic.store.audit.sentences import sentence
from semantic.store.people import subject_of
from tests.copies import empty_store
from tests.pages.api_world import build
from tests.semantic.store import stores

ISSUER, HERE = "https://id.example.com", "https://samepage.example.com"
KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
OTTO = Actor(id="otto@example.com", name="Otto", roles=frozenset({"administrator"}))
PROVIDER = Provider(
    name="okta", label="Okta", metadata=f"{ISSUER}/.well-known/openid-configuration", client_id="samepage",
    audiences=(HERE,),
    mapping=RoleMapping(
        roles={"marketer": ("mops",), "steward": ("data",), "administrator": ("admins",)},
        attributes={"markets": "markets"},
    ),
)  # fmt: skip


class Okta(ProviderClient):
    """The provider, with a key that is made for the tests."""

    def metadata(self, *, is_there: bool = False) -> Metadata:
        return Metadata(issuer=ISSUER, authorization="", token="", keys="")

    def _find_keys(self, anew: bool) -> KeySet:
        return KeySet([KEY])


@dataclass
class World:
    """Two processes over one store, each with its own admission."""

    first: Live
    second: Live
    gates: tuple[Gate, Gate]

    def sign_in(
        self, who: str = "ana", groups: tuple[str, ...] = ("mops",), at: datetime | None = None, account: str = ""
    ) -> Actor:
        claims: dict[str, object] = {
            "iss": ISSUER, "sub": account or f"sub-{who}", "email": f"{who}@example.com", "email_verified": True,
            "name": who.capitalize(), "groups": [*groups], "markets": ["DE", "AT"],
        }  # fmt: skip
        person = person_from_claims(claims, PROVIDER, at or self.first.store.now())
        with self.first.store.write(recorded=False) as transaction:
            settle_account(transaction, self.first.keys, person)
        return person.actor

    def connect(self, actor: Actor, **given: Any) -> tuple[ConnectedAgent, str]:
        wanted = NewAgent(name="Assistant", client="cursor", until=self.first.store.now() + timedelta(days=9))
        with self.first.store.write() as transaction:
            return connect_agent(transaction, self.first.keys, replace(wanted, **given), actor)

    def refused(self, token: str, scope: str = "ask") -> str:
        """Return the reason why both processes refuse a token. It must be the same."""
        said: set[str] = set()
        for gate in self.gates:
            with pytest.raises(TurnedAway) as caught:
                gate.admit(token, scope)
            said.add(str(caught.value))
        (why,) = said
        return why

    def admitted(self, token: str, scope: str = "ask") -> Actor:
        """Return the actor of a token, after checking that both processes give the same one."""
        actors = [gate.admit(token, scope) for gate in self.gates]
        for gate, actor in zip(self.gates, actors, strict=True):
            gate.leave(actor)
        assert actors[0] == actors[1]
        return actors[0]


@pytest.fixture(params=stores.kinds())
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with stores.address(request.param, tmp_path) as address:
        empty_store(address).close()
        build(tmp_path, pairs_with=3)
        company = SignInSettings(
            address=HERE, hours=12, renew_minutes=15, contact="", providers=(PROVIDER,), owner_days=30
        )
        settings = Settings(
            data=str(tmp_path / "orders.duckdb"), model=tmp_path / "model", store=address, address=HERE,
            audit_key=stores.SECRET, sign_in=company,
        )  # fmt: skip
        lives = Live.open(settings), Live.open(settings)
        for live in lives:
            live.clients, live.renewals = {"okta": Okta(PROVIDER)}, None
        gates = [
            Gate(live.store, live.keys, live.people, guarded_questions=5, agents=AgentAuthenticator(live))
            for live in lives
        ]
        yield World(*lives, (gates[0], gates[1]))
        for live in lives:
            live.close()


def access(**changed: Any) -> str:
    claims: dict[str, Any] = {
        "iss": ISSUER, "sub": "sub-ana", "aud": HERE, "client_id": "0oa1", "iat": time.time() - 10,
        "exp": time.time() + 300, "email": "ana@example.com", "email_verified": True,
    }  # fmt: skip
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one", "typ": "at+jwt"}, claims, KEY)


def test_an_agent_asks_as_its_person_and_shares_what_they_see(world: World) -> None:
    ana = world.sign_in()
    agent, token = world.connect(ana)
    actor = world.admitted(token)
    assert (actor.kind, actor.agent, actor.agent_name) == ("agent", agent.number, "Assistant")
    assert replace(actor, kind="person", agent="", agent_scopes=frozenset()) == ana
    workspace = world.first.workspace()
    assert workspace.visible(actor).access_key == workspace.visible(ana).access_key
    query = Query(metrics=("revenue",))
    mine, its = workspace.confirmed(workspace.ask(query, ana)), workspace.confirmed(workspace.ask(query, actor))
    assert mine.table.equals(its.table)
    assert mine.table.num_rows == 1
    assert mine.receipt == its.receipt  # one receipt, and an entry for each
    world.first.recorder.flush()
    with world.first.store.read() as connection:
        told = [sentence(entry) for entry in read_entries(connection, world.first.keys)]
    asked = [one for one in told if "ran revenue" in one]
    assert asked == ["Ana ran revenue (1 row) through Assistant", "Ana ran revenue (1 row)"]


def test_a_token_that_is_revoked_paused_or_expired_is_refused_everywhere_at_once(world: World) -> None:
    ana = world.sign_in()
    work = AgentWork(world.first, ana)
    agent, token = world.connect(ana)
    world.admitted(token)
    work.pause(agent.number, "On holiday")
    assert world.refused(token) == "This agent is paused: On holiday. It can be resumed under Agents."
    work.resume(agent.number)
    world.admitted(token)
    work.end(agent.number)
    assert "was revoked" in world.refused(token)
    unknown = {world.refused(wrong) for wrong in (f"sa_{'0' * 12}_{'0' * 64}", f"{token[:-4]}0000")}
    assert len(unknown) == 1
    soon, text_of_it = world.connect(ana, until=world.first.store.now() + timedelta(seconds=0.5))
    while soon.until > world.first.store.now():
        time.sleep(0.05)
    assert "expired on" in world.refused(text_of_it)


def test_scopes_limit_the_agent_further(world: World) -> None:
    _, token = world.connect(world.sign_in())
    assert world.refused(token, "propose") == (
        "This needs the permission propose, and this agent has ask. Connect it again with that permission."
    )
    steward = world.sign_in("lotte", ("data",))
    _, of_steward = world.connect(steward, scopes=frozenset({"ask", "sql"}))
    assert world.admitted(of_steward, "sql").sees_sql
    _, without = world.connect(steward)
    assert not world.admitted(without).sees_sql
    world.sign_in("lotte", ("mops",))  # no longer a steward
    assert not world.admitted(of_steward).sees_sql
    assert "This needs the permission sql" in world.refused(of_steward, "sql")


def test_a_call_never_gets_access_that_a_slower_call_read_earlier(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two calls run at once while the person stops being a steward. Each gets the access that it read itself."""
    gate, old = world.gates[0], world.sign_in("lotte", ("data",))
    _, token = world.connect(old, scopes=frozenset({"ask", "sql"}))
    before = gate.admit(token, "ask")
    world.sign_in("lotte", ("mops",))
    note = gate._note  # pyright: ignore[reportPrivateUsage]

    def slower(number: str, coming: Any, noted: Any) -> None:
        note(number, coming, noted)
        coming.actor = before  # the other call is done with its look-up only now

    monkeypatch.setattr(gate, "_note", slower)
    now = gate.admit(token, "ask")
    assert before.sees_sql
    assert not now.sees_sql
    assert now.roles == frozenset({"marketer"})


def test_an_agent_has_its_persons_access_at_the_moment_of_each_call(world: World) -> None:
    ana = world.sign_in()
    _, token = world.connect(ana)
    assert world.admitted(token).roles == {"marketer"}
    world.sign_in("ana", ("data",))
    assert world.admitted(token).roles == {"steward"}
    world.sign_in("ana", ())
    assert "can no longer sign in here, or has no role" in world.refused(token)
    world.sign_in("ana", ("mops",), at=world.first.store.now() - timedelta(days=7))
    assert "hasn't signed in for too long" in world.refused(token)
    world.sign_in()
    world.admitted(token)
    with world.first.store.write() as transaction:
        subject = subject_of(transaction, ana.id, ana.name)
        deactivate(transaction, world.first.keys, subject, SAMEPAGE, why="Left")
    assert "can no longer sign in here" in world.refused(token)


def test_another_account_with_the_same_id_does_not_get_the_agent(world: World) -> None:
    ana, admin = world.sign_in(), world.sign_in("otto", ("admins",))
    _, token = world.connect(ana)
    world.connect(ana, issuer=ISSUER, client_id="0oa1")
    free_id(world.first, ana.id, admin, why="A new colleague has this address")
    for _ in range(2):
        assert world.refused(token) == "This agent was revoked. Connect it again under Agents."
        assert world.refused(access()) in (f"Sign in to Samepage first, at {HERE}.", world.refused(token))
        world.sign_in(account="another")


def test_the_switchs_reason_is_hidden_from_people_who_cannot_see_what_it_names(world: World) -> None:
    """Costs are hidden from a marketer."""
    ana, sara = world.sign_in(), world.sign_in("sara", groups=("data",))
    marketers, stewards = world.connect(ana)[1], world.connect(sara)[1]
    switch_agents(world.first, False, sara, "Costs are wrong")
    assert world.refused(marketers) == "Agents are switched off on this server. Ask a steward to switch them on."
    assert "Reason: Costs are wrong." in world.refused(stewards)
    assert AgentWork(world.second, ana).switch() == Switch(is_on=False)
    assert AgentWork(world.second, sara).switch() == Switch(is_on=False, why="Costs are wrong")


def test_one_switch_stops_all_agents_in_every_process(world: World) -> None:
    ana, admin = world.sign_in(), world.sign_in("otto", ("admins",))
    _, token = world.connect(ana)
    with pytest.raises(NotAllowed):
        switch_agents(world.first, False, ana, "")
    switch_agents(world.first, False, admin, "An incident")
    assert not agents_are_on(world.second)
    refusal = "Agents are switched off on this server. Reason: An incident. Ask a steward to switch them on."
    assert world.refused(token) == refusal
    switch_agents(world.second, True, admin, "")
    world.admitted(token)


def test_a_row_that_was_changed_in_the_store_is_refused(world: World) -> None:
    ana, otto = world.sign_in(), world.sign_in("otto", ("admins",))
    agent, token = world.connect(ana)
    world.connect(otto)
    with world.first.store.write(recorded=False) as transaction:
        changed = text("UPDATE agents SET person = (SELECT subject FROM people WHERE id = :id) WHERE number = :number")
        transaction.connection.execute(changed, {"id": otto.id, "number": agent.number})
    assert "isn't valid here" in world.refused(token)


def test_a_token_in_an_address_is_revoked(world: World) -> None:
    agent, token = world.connect(world.sign_in())
    assert world.gates[0].working() == world.gates[1].working() != frozenset()
    world.gates[1].end_published(token)
    assert "was revoked" in world.refused(token)
    with world.first.store.read() as connection:
        found = find_agent(connection, world.first.keys, agent.number)
    assert found is not None
    assert found.why_ended == "Its token appeared in a link, where logs keep it"
    assert world.gates[0].working() == frozenset()


def test_calls_per_minute_and_simultaneous_calls_are_limited(world: World) -> None:
    _, token = world.connect(world.sign_in())
    gate = Gate(
        world.first.store, world.first.keys, world.first.people, agents=AgentAuthenticator(world.first), clock=lambda: 0
    )
    actor = gate.admit(token, "ask")
    for _ in range(7):
        gate.admit(token, "ask")
    with pytest.raises(TurnedAway, match="8 requests running"):
        gate.admit(token, "ask")
    for _ in range(8):
        gate.leave(actor)
    for _ in range(52):
        gate.leave(gate.admit(token, "ask"))
    with pytest.raises(TurnedAway, match="60 requests a minute"):
        gate.admit(token, "ask")


def test_questions_about_small_groups_are_counted_for_the_person(world: World) -> None:
    ana = world.sign_in()
    actors = [gate.admit(world.connect(ana)[1], "ask") for gate in world.gates]  # two agents, on two servers
    for number in range(5):
        world.gates[number % 2].count_guarded(actors[number % 2], f"question {number}")
    for gate, actor in zip(world.gates, actors, strict=True):
        gate.count_guarded(actor, "question 3")
        with pytest.raises(TurnedAway, match="your agents together can ask 5 different questions") as caught:
            gate.count_guarded(actor, "another question")
        assert 0 < caught.value.wait <= 86_400


# Access tokens of a provider


def test_a_providers_client_asks_once_its_person_has_agreed(world: World) -> None:
    ana = world.sign_in()
    why = world.refused(access())
    assert why == (
        f"This program isn't connected yet. Open {HERE}/agents?client=0oa1&provider=okta and allow it first."
    )
    agent, _ = world.connect(ana, issuer=ISSUER, client_id="0oa1")
    actor = world.admitted(access())
    assert (actor.id, actor.agent, actor.roles) == (ana.id, agent.number, {"marketer"})
    AgentWork(world.second, ana).end(agent.number)
    assert "was revoked" in world.refused(access())


def test_the_token_identifies_the_person_and_the_store_decides_their_access(world: World) -> None:
    world.connect(world.sign_in(), issuer=ISSUER, client_id="0oa1")
    assert world.admitted(access(groups=["admins"])).roles == {"marketer"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aud": "https://other.example.com"}, "isn't for this server"),
        ({"aud": "samepage"}, "isn't for this server"),
        ({"exp": time.time() - 5}, "has expired"),
        ({"iss": "https://evil.example.com"}, "isn't for this server"),
        ({"nonce": "n"}, "isn't for this server"),
        ({"client_id": "another"}, "isn't connected yet"),
        ({"email": "jonas@example.com"}, "Sign in to Samepage first"),
        ({"email": "otto@example.com"}, "Sign in to Samepage first"),
        ({"email": "otto@example.com", "sub": "sub-otto"}, "isn't connected yet"),
        ({"sub": "sub-of-the-next-ana"}, "Sign in to Samepage first"),  # a new owner of the address of someone who left
        ({"email_verified": None}, "isn't verified"),
        ({"email": None}, "doesn't name a person"),
    ],
)
def test_a_token_for_anything_else_is_refused_everywhere(world: World, changed: dict[str, Any], why: str) -> None:
    world.sign_in("otto", ("admins",))
    world.connect(world.sign_in(), issuer=ISSUER, client_id="0oa1")
    assert why in world.refused(access(**changed))


def test_the_next_account_with_an_email_address_gets_nothing_from_the_previous_one(world: World) -> None:
    ana, otto = world.sign_in(), world.sign_in("otto", ("admins",))
    world.connect(ana, issuer=ISSUER, client_id="0oa1")
    world.admitted(access())
    free_id(world.first, ana.id, otto, why="Left")
    assert "Sign in to Samepage first" in world.refused(access(sub="next"))
    new = world.sign_in(account="next")
    assert new.id == ana.id
    assert "was revoked" in world.refused(access(sub="next"))  # the agent of the one who left
    world.connect(new, issuer=ISSUER, client_id="0oa1")
    assert world.admitted(access(sub="next")).id == new.id
    assert "Sign in to Samepage first" in world.refused(access())  # the token of the one who left


def test_a_provider_without_audiences_accepts_none(world: World) -> None:
    world.connect(world.sign_in(), issuer=ISSUER, client_id="0oa1")
    for live in (world.first, world.second):
        live.clients = {"okta": Okta(replace(PROVIDER, audiences=()))}
    assert "isn't for this server" in world.refused(access())


# The limits of a day


def budgets(live: Live, **limits: int) -> Budgets:
    most = Budget(**{"calls": 20, "cost": 100, "cells": 100, "refused": 3} | limits)
    return Budgets(live.store, live.keys, lambda: most)


def test_fifty_simultaneous_calls_to_two_processes_stay_within_one_budget(world: World) -> None:
    _, token = world.connect(world.sign_in())
    actor = world.admitted(token)
    both = budgets(world.first, refused=99), budgets(world.second, refused=99)

    def call(number: int) -> str:
        try:
            both[number % 2].begin(actor)
            both[number % 2].charge(actor, cells=8)
        except OverBudget as over:
            return over.limit
        return "answered"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(call, range(50)))
    assert outcomes.count("answered") == 12  # 12 * 8 = 96 of 100 cells
    with pytest.raises(OverBudget, match="Daily limit reached"):
        both[0].begin(replace(actor))


def test_each_limit_says_when_it_resets(world: World) -> None:
    _, token = world.connect(world.sign_in())
    actor = world.admitted(token)
    counting = budgets(world.first)
    counting.begin(actor)
    with pytest.raises(OverBudget) as cells:
        counting.charge(actor, cells=101)
    assert str(cells.value) == (
        "This answer has 101 cells, but this agent has only 100 left today. Ask for less, or wait until the daily "
        "limit of 100 resets at 00:00 UTC."
    )
    for _ in range(2):
        counting.charge(actor, refused=True)
    with pytest.raises(OverBudget, match="3 calls in a row were refused"):
        counting.begin(actor)
    counting.charge(actor, cost=100)
    with pytest.raises(OverBudget) as cost:
        counting.begin(actor)
    assert (str(cost.value), cost.value.limit) == (REACHED, "cost")


def test_an_agents_own_limits_count_before_the_defaults(world: World) -> None:
    ana, admin = world.sign_in(), world.sign_in("otto", ("admins",))
    agent, token = world.connect(ana)
    actor = world.admitted(token)
    AgentWork(world.first, admin).limit(agent.number, Limits(calls=1))
    counting = budgets(world.second)
    counting.begin(actor)
    with pytest.raises(OverBudget):
        counting.begin(actor)


def test_people_and_service_tokens_have_no_such_limits(world: World) -> None:
    ana = world.sign_in()
    counting = budgets(world.first, calls=1)
    for actor in (ana, Actor(id="service:0123456789ab", kind="service")):
        for _ in range(3):
            counting.begin(actor)
            counting.charge(actor, cells=1_000, cost=1_000, refused=True)
