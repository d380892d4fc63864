"""Connected agents: who can connect, pause and revoke them, sealed rows, and what survives restoring a store."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, SemanticError
from semantic.policy.actor import Actor
from semantic.store.accounts.service_tokens import TOKEN, find_token
from semantic.store.agents.agents import (
    AGENTS,
    ConnectedAgent,
    Limits,
    NewAgent,
    connect_agent,
    end_agent,
    find_agent,
    find_agent_token,
    find_client,
    limit_agent,
    pause_agent,
    read_agent_digests,
    read_agents,
    read_stopped_agents,
    resume_agent,
    stop_agents_again,
)
from semantic.store.agents.switch import read_switch, turn_switch
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.log import Act, record
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import verify
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.migrate import downgrade, upgrade
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.store.clock import Clock

ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"marketer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"viewer"}))
LOTTE = Actor(id="lotte", name="Lotte Vos", roles=frozenset({"steward"}))
OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))


def connect(
    store: Store, keys: Keys, actor: Actor = ANA, *, days: float = 90, **given: Any
) -> tuple[ConnectedAgent, str]:
    wanted = NewAgent(name="Assistant", client="cursor", until=store.now() + timedelta(days=days))
    with store.write() as transaction:
        return connect_agent(transaction, keys, replace(wanted, **given), actor)


def found(store: Store, keys: Keys, number: str) -> ConnectedAgent:
    with store.read() as connection:
        agent = find_agent(connection, keys, number)
    assert agent is not None
    return agent


def state(store: Store, keys: Keys, number: str) -> str:
    return found(store, keys, number).state(store.now())


def do(store: Store, keys: Keys, act: Any, number: str, *given: Any) -> None:
    with store.write() as transaction:
        act(transaction, keys, number, *given)


def told(store: Store, keys: Keys) -> list[str]:
    with store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, keys)]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(store: Store, keys: Keys) -> None:
    agent, token = connect(store, keys)
    assert re.fullmatch(r"sa_[0-9a-f]{12}_[0-9a-f]{64}", token)
    assert TOKEN.fullmatch(token)  # so it's kept out of logs and addresses, as service tokens are
    with store.read() as connection:
        row = connection.execute(select(AGENTS)).one()
        assert row.digest == hashlib.sha256(token.encode()).hexdigest()
        assert token not in repr(row)
        assert find_agent_token(connection, keys, token) == agent
        assert find_agent_token(connection, keys, f"{token[:-1]}{'0' if token[-1] != '0' else '1'}") is None
        assert find_agent_token(connection, keys, f"sa_{'0' * 12}_{'0' * 64}") is None
        assert find_token(connection, token) is None  # not a service token
        assert read_agent_digests(connection, store.now()) == {row.digest}
    assert (agent.person_id, agent.scopes, state(store, keys, agent.number)) == ("ana", {"ask"}, "works")
    day = f"{store.now() + timedelta(days=90):%Y-%m-%d}"
    assert told(store, keys) == [f"Ana Ribeiro connected the agent “Assistant” (Cursor), valid until {day}"]


def test_a_connection_expires(store: Store, keys: Keys, clock: Clock) -> None:
    agent, _ = connect(store, keys, days=20)
    clock.move(days=7)
    assert state(store, keys, agent.number) == "ends_soon"
    clock.move(days=13)
    assert state(store, keys, agent.number) == "run_out"
    with store.read() as connection:
        assert read_agent_digests(connection, store.now()) == frozenset()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": " \u200b\n"}, "needs a name"),
        ({"name": "x" * 81}, "needs a name"),
        ({"client": "netscape"}, "Choose the program"),
        ({"scopes": frozenset()}, "at least one permission"),
        ({"scopes": frozenset({"ask", "everything"})}, "one or more of"),
        ({"days": 366}, "within 365 days"),
        ({"days": 0}, "within 365 days"),
        ({"scopes": frozenset({"ask", "sql"})}, "Only stewards can see SQL"),
        ({"client_id": "x"}, "isn't a client"),
        ({"client_id": "x\ny", "issuer": "https://okta.example"}, "isn't a client"),
    ],
)
def test_an_invalid_connection_is_refused(store: Store, keys: Keys, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(SemanticError, match=problem):
        connect(store, keys, **given)


@pytest.mark.parametrize(
    "actor",
    [
        Actor(id="ana"),
        replace(ANA, viewed_by="otto"),
        replace(ANA, kind="agent", agent="0" * 12),
        replace(ANA, kind="service"),
        replace(ANA, for_person="otto"),
    ],
)
def test_only_people_with_a_role_connect_agents(store: Store, keys: Keys, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        connect(store, keys, actor)


def test_stewards_can_let_an_agent_see_sql(store: Store, keys: Keys) -> None:
    assert connect(store, keys, LOTTE, scopes=frozenset({"ask", "sql"}))[0].scopes == {"ask", "sql"}


def test_one_person_can_have_twenty_agents(store: Store, keys: Keys, clock: Clock) -> None:
    for _ in range(20):
        connect(store, keys, days=1)
    with pytest.raises(NotAllowed, match="20 agents"):
        connect(store, keys)
    connect(store, keys, JONAS)
    clock.move(days=2)
    connect(store, keys)


def test_only_its_person_and_stewards_see_pause_and_revoke_an_agent(store: Store, keys: Keys) -> None:
    agent, _ = connect(store, keys)
    with pytest.raises(NotAllowed) as of_jonas:
        do(store, keys, pause_agent, agent.number, "", JONAS)
    with pytest.raises(NotAllowed) as unknown:
        do(store, keys, pause_agent, "f" * 12, "", JONAS)
    assert str(of_jonas.value) == str(unknown.value)
    for actor in (replace(ANA, viewed_by="otto"), replace(ANA, kind="agent", agent=agent.number)):
        with pytest.raises(NotAllowed):
            do(store, keys, end_agent, agent.number, "", actor)
    do(store, keys, pause_agent, agent.number, "On holiday", ANA)
    assert state(store, keys, agent.number) == "paused"
    with pytest.raises(ChangedMeanwhile):
        do(store, keys, pause_agent, agent.number, "", ANA)
    do(store, keys, resume_agent, agent.number, ANA)
    do(store, keys, pause_agent, agent.number, "Too many questions", LOTTE)
    with pytest.raises(NotAllowed, match="A steward paused this agent"):
        do(store, keys, resume_agent, agent.number, ANA)
    do(store, keys, resume_agent, agent.number, OTTO)
    do(store, keys, end_agent, agent.number, "Lost laptop", ANA)
    for act in (end_agent, pause_agent):
        with pytest.raises(ChangedMeanwhile):
            do(store, keys, act, agent.number, "", ANA)
    assert state(store, keys, agent.number) == "ended"
    assert told(store, keys)[:5] == [
        "Ana Ribeiro revoked the agent “Assistant”: “Lost laptop”",
        "Otto Weiss resumed the agent “Assistant”",
        "Lotte Vos paused the agent “Assistant”: “Too many questions”",
        "Ana Ribeiro resumed the agent “Assistant”",
        "Ana Ribeiro paused the agent “Assistant”: “On holiday”",
    ]


def test_only_stewards_set_an_agents_own_limits(store: Store, keys: Keys) -> None:
    agent, _ = connect(store, keys)
    with pytest.raises(NotAllowed, match="Only stewards"):
        do(store, keys, limit_agent, agent.number, Limits(calls=5), ANA)
    for wrong in (-1, 10**10):
        with pytest.raises(InvalidQuery):
            do(store, keys, limit_agent, agent.number, Limits(calls=wrong), LOTTE)
    do(store, keys, limit_agent, agent.number, Limits(calls=5, refused=3), LOTTE)
    assert found(store, keys, agent.number).limits == Limits(calls=5, refused=3)


@pytest.mark.parametrize(
    "change",
    [
        {"person": "another"}, {"scopes": '["ask", "propose", "sql"]'}, {"digest": "0" * 64}, {"most_calls": 10**6},
        {"client_id": "x"}, {"issuer": "x"}, {"name": "Somebody else"}, {"ended_at": None}, {"paused_at": None},
        {"seal": ""}, {"seal": "é"},
    ],
)  # fmt: skip
def test_a_row_that_was_changed_in_the_store_does_not_work(store: Store, keys: Keys, change: dict[str, Any]) -> None:
    agent, _ = connect(store, keys)
    if "paused_at" in change:
        do(store, keys, pause_agent, agent.number, "", ANA)
    if "ended_at" in change:
        do(store, keys, end_agent, agent.number, "", ANA)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(AGENTS).values(**change))
    after = found(store, keys, agent.number)
    assert (after.is_sealed, after.works(store.now()), after.limits) == (False, False, Limits())


def test_extending_a_connection_in_the_store_breaks_its_seal(store: Store, keys: Keys, clock: Clock) -> None:
    agent, _ = connect(store, keys, days=1)
    clock.move(days=2)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(AGENTS).values(until=store.now() + timedelta(days=9)))
    assert state(store, keys, agent.number) == "damaged"


def test_damaged_rows_do_not_stop_the_list(store: Store, keys: Keys) -> None:
    good, _ = connect(store, keys)
    bad, _ = connect(store, keys, JONAS)
    with store.write(recorded=False) as transaction:
        broken = text("UPDATE agents SET scopes = '[[[' WHERE number = :number")
        transaction.connection.execute(broken, {"number": bad.number})
    with store.read() as connection:
        assert [agent.number for agent in read_agents(connection, keys)] == [good.number]
        assert read_agents(connection, keys, person=bad.person) == []


def test_a_providers_client_is_connected_once_per_person(store: Store, keys: Keys) -> None:
    client: dict[str, Any] = {"issuer": "https://okta.example", "client_id": "0oa1"}
    agent, token = connect(store, keys, **client)
    assert token == ""
    with pytest.raises(ChangedMeanwhile, match="already connected"):
        connect(store, keys, **client)
    connect(store, keys, JONAS, **client)
    connect(store, keys, issuer="https://other.example", client_id="0oa1")
    with store.read() as connection:
        chosen: dict[str, Any] = {"person": agent.person, **client}
        assert find_client(connection, keys, **chosen) == agent
        assert find_client(connection, keys, **chosen | {"issuer": "https://evil.example"}) is None
        assert find_client(connection, keys, **chosen | {"client_id": ""}) is None
        assert find_agent_token(connection, keys, f"sa_{agent.number}_{'0' * 64}") is None  # it has no token
    do(store, keys, end_agent, agent.number, "", ANA)
    again, _ = connect(store, keys, **client)
    with store.read() as connection:
        assert find_client(connection, keys, **chosen) == again


def test_a_restored_store_keeps_agents_revoked_and_paused(store: Store, keys: Keys) -> None:
    ended, paused, works = (connect(store, keys)[0].number for _ in range(3))
    with store.read() as connection:
        before = {row.number: dict(row._asdict()) for row in connection.execute(select(AGENTS))}
    do(store, keys, end_agent, ended, "Leaked", ANA)
    do(store, keys, pause_agent, paused, "Wait", LOTTE)
    with store.read() as connection:
        stopped = read_stopped_agents(connection)
    with store.write(recorded=False) as transaction:
        for number, row in before.items():  # as a back-up from before
            transaction.connection.execute(update(AGENTS).where(AGENTS.c.number == number).values(**row))
    assert state(store, keys, ended) == "works"
    with store.write(recorded=False) as transaction:
        stop_agents_again(transaction, keys, stopped)
    assert [state(store, keys, number) for number in (ended, paused, works)] == ["ended", "paused", "works"]
    assert found(store, keys, ended).why_ended == "Leaked"


def test_erasing_a_person_revokes_their_agents_and_deletes_the_names(store: Store, keys: Keys) -> None:
    agent, token = connect(store, keys, name="Ana's assistant at home")
    through = replace(ANA, kind="agent", agent=agent.number, agent_name=agent.name)
    with store.write() as transaction:
        record(transaction, Act(kind="question.asked", actor=through, about="receipt:A"), keys)
    erase(store, "ana", OTTO, keys)
    after = found(store, keys, agent.number)
    assert (after.name, after.person_id, after.state(store.now()), after.is_sealed) == ("", "", "ended", True)
    with store.read() as connection:
        assert find_agent_token(connection, keys, token) == after
        assert not [row for row in connection.execute(select(AGENTS)) if "Ana" in repr(row)]
        assert verify(connection, keys).broken is None
    assert f"An erased person ran a question through agent {agent.number}" in told(store, keys)


# The audit log


def test_the_log_names_the_agent_and_its_person(store: Store, keys: Keys) -> None:
    agent, _ = connect(store, keys)
    through = replace(ANA, kind="agent", agent=agent.number, agent_name=agent.name)
    with store.write() as transaction:
        act = Act(kind="question.asked", actor=through, about="receipt:A", details={"metrics": ["revenue"], "rows": 3})
        record(transaction, act, keys)
    with store.read() as connection:
        (entry,) = read_entries(connection, keys, EntryFilter(person=f"agent:{agent.number}"))
        assert verify(connection, keys).broken is None
    assert sentence(entry) == "Ana Ribeiro ran revenue (3 rows) through Assistant"
    assert (entry.person.id, entry.relation) == ("ana", "through")
    assert entry.behind is not None
    assert (entry.behind.subject, entry.behind.id) == (f"agent:{agent.number}", agent.number)


def test_an_entry_moved_to_another_agent_is_detected(store: Store, keys: Keys) -> None:
    through = replace(ANA, kind="agent", agent="a" * 12, agent_name="Assistant")
    with store.write() as transaction:
        record(transaction, Act(kind="question.asked", actor=through, about="receipt:A"), keys)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text(f"UPDATE audit SET behind = 'agent:{'b' * 12}'"))
    with store.read() as connection:
        assert verify(connection, keys).broken is not None


@pytest.mark.parametrize(
    "kind", ["question.saved", "alert.made", "answer.exported", "rows.listed", "model.published", "agent.connected"]
)
def test_an_agent_cannot_change_or_export_anything(kind: str) -> None:
    with pytest.raises(NotAllowed, match="An agent can't change or export anything"):
        Act(kind=kind, actor=replace(OTTO, kind="agent", agent="a" * 12))


# The switch


def test_stewards_switch_all_agents_off_and_on(store: Store, keys: Keys) -> None:
    def switch() -> tuple[bool, str]:
        with store.read() as connection:
            found = read_switch(connection, keys)
        return found.is_on, found.why

    def turn(on: bool, actor: Actor, why: str = "") -> None:
        with store.write() as transaction:
            turn_switch(transaction, keys, on, actor, why)

    assert switch() == (True, "")
    for actor in (ANA, replace(LOTTE, viewed_by="otto"), replace(LOTTE, kind="agent", agent="a" * 12)):
        with pytest.raises(NotAllowed):
            turn(False, actor)
    turn(False, LOTTE, "An incident")
    assert switch() == (False, "An incident")
    with pytest.raises(ChangedMeanwhile):
        turn(False, OTTO)
    turn(True, OTTO)
    assert switch() == (True, "")
    assert told(store, keys)[:2] == [
        "Otto Weiss switched on agents", "Lotte Vos switched off all agents: “An incident”",
    ]  # fmt: skip


@pytest.mark.parametrize("value", ['{"on": true, "why": "", "seal": "x"}', "{}", "true", "[[["])
def test_a_switch_that_was_changed_in_the_store_is_off(store: Store, keys: Keys, value: str) -> None:
    with store.write() as transaction:
        turn_switch(transaction, keys, False, LOTTE, "")
    with store.write(recorded=False) as transaction:
        changed = text("UPDATE settings SET value = :value WHERE name = 'agents.switch'")
        transaction.connection.execute(changed, {"value": value})
    with store.read() as connection:
        assert not read_switch(connection, keys).is_on


# Back-ups, and stores from before agents


def test_an_agent_that_was_revoked_stays_revoked_when_an_older_backup_is_restored(
    store: Store, keys: Keys, tmp_path: Path
) -> None:
    agent, token = connect(store, keys)
    back_up(store, tmp_path / "copy.sqlite")
    do(store, keys, end_agent, agent.number, "Leaked", ANA)
    restore(store, keys, tmp_path / "copy.sqlite", actor=OTTO, force=True)
    with store.read() as connection:
        after = find_agent_token(connection, keys, token)
        assert verify(connection, keys).broken is None
    assert after is not None
    assert (after.state(store.now()), after.why_ended, after.is_sealed) == ("ended", "Leaked", True)


def test_an_older_store_is_upgraded_and_has_no_agents(store: Store, keys: Keys, tmp_path: Path) -> None:
    downgrade(store, "0033")
    with store.read() as connection:
        assert read_stopped_agents(connection) == {}
    back_up(store, tmp_path / "old.sqlite")
    upgrade(store)
    with store.read() as connection:
        assert read_agents(connection, keys) == []
        assert read_switch(connection, keys).is_on
    connect(store, keys)
    restore(store, keys, tmp_path / "old.sqlite", actor=OTTO, force=True)
    with store.read() as connection:
        assert read_agents(connection, keys) == []
