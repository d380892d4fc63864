"""The page Agents over its own store: connecting, the list, pausing, revoking, the switch, and accepting a provider's
program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.agents import connect as form
from pages.agents import narrowing
from pages.shell import links, once
from pages.shell.parts import plain
from semantic.agents.connecting import AgentWork
from semantic.config.sign_in import Provider
from semantic.oidc.client import ProviderClient
from semantic.oidc.metadata import Metadata
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.agents.agents import ConnectedAgent, Limits, NewAgent, connect_agent, find_agent_token, read_agents
from semantic.store.agents.clients import CLIENTS
from semantic.store.agents.days import count_call, count_outcome
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store, connect_store
from tests.pages.api_world import ANA, OTTO
from tests.pages.whole_app import is_closed, open_app, show_pages_to

JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), attributes={"markets": ("DE", "AT")})
ISSUER = "https://okta.example.com"
HOSTILE = "[x](https://evil.example) :material/verified: **`$x$`"
Open = Callable[..., AppTest]


@pytest.fixture
def live(orders_live: Live) -> Live:
    return orders_live


@pytest.fixture
def who() -> dict[str, Actor]:
    return {"asks": JONAS}


@pytest.fixture
def visit(live: Live, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page as the person in `who`, with this address and session state."""
    show_pages_to(monkeypatch, lambda: who["asks"], live.workspace, live)
    yield lambda held=None, **address: open_app(links.AGENTS, held=held or {}, **address)
    once.forget()


def connected(live: Live, actor: Actor = JONAS, *, days: float = 90, **given: Any) -> tuple[ConnectedAgent, str]:
    wanted = NewAgent(name="Assistant at work", client="cursor", until=live.store.now() + timedelta(days=days))
    with live.store.write() as transaction:
        return connect_agent(transaction, live.keys, replace(wanted, **given), actor)


def words(app: AppTest) -> str:
    texts = [str(text.value) for kind in (app.title, app.markdown, app.caption, app.warning) for text in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def keys_of(app: AppTest) -> set[str]:
    return {str(button.key) for button in app.button}


def test_a_page_without_agents_says_what_they_are_for(visit: Open) -> None:
    app = visit()
    assert not app.exception
    assert "No agents connected" in words(app)
    assert "Connect agent" in words(app)
    assert "Everyone's" not in words(app)


def test_connecting_shows_the_token_once_with_what_to_paste(visit: Open, live: Live) -> None:
    app = visit()
    app = app.button(key="agent-connect").click().run()
    can = "It can find metrics, ask questions and explain results, with your access (DE, AT only)."
    assert f"{can} It can't see SQL, change anything, or see more than you." in words(app)
    app.text_input(key=f"{form.NAME}-1").set_value("Assistant at home")
    app = app.button(key="agent-connect-now").click().run()
    assert not app.exception
    token = next(code.value for code in app.code if code.value.startswith("sa_"))
    pasted = next(code.value for code in app.code if "mcp add" in code.value)
    assert f'http://localhost:8501/mcp --header "Authorization: Bearer {token}"' in pasted
    with live.store.read() as connection:
        agent = find_agent_token(connection, live.keys, token)
    assert agent is not None
    assert (agent.name, agent.person_id, agent.scopes) == ("Assistant at home", "jonas", {"ask"})
    assert round((agent.until - agent.begun_at) / timedelta(days=1)) == 90
    app = app.button(key="agent-made-try").click().run()
    assert "It works. It asked for Orders and got 1 row." in words(app)
    app = app.button(key="agent-copied").click().run()
    assert token not in str(app.session_state)
    assert not [code.value for code in app.code if token in code.value]
    assert "1 of 200 calls today" in words(app)
    with live.store.read() as connection:
        told = [sentence(entry) for entry in read_entries(connection, live.keys)]
    assert "Jonas Falk ran orders (1 row) through Assistant at home" in told


@pytest.mark.parametrize("client", CLIENTS)
def test_each_program_gets_the_address_and_the_token(visit: Open, client: str) -> None:
    app = visit()
    app = app.button(key="agent-connect").click().run()
    app.pills(key=f"{form.CLIENT}-1").set_value(client)
    app = app.button(key="agent-connect-now").click().run()
    assert not app.exception
    token = next(code.value for code in app.code if code.value.startswith("sa_"))
    (pasted,) = (code.value for code in app.code if token in code.value and code.value != token)
    assert "http://localhost:8501/mcp" in pasted


def test_errors_appear_in_the_form_which_stays_open(visit: Open, live: Live) -> None:
    app = visit()
    app = app.button(key="agent-connect").click().run()
    app.pills(key=f"{form.SCOPE}-1").set_value([])
    app = app.button(key="agent-connect-now").click().run()
    assert "Choose at least one permission for the agent" in words(app)
    with live.store.read() as connection:
        assert read_agents(connection, live.keys) == []


def test_only_stewards_are_offered_sql(visit: Open, who: dict[str, Actor]) -> None:
    app = visit().button(key="agent-connect").click().run()
    assert "See the SQL of answers" not in app.pills(key=f"{form.SCOPE}-1").options
    who["asks"] = ANA
    app = visit().button(key="agent-connect").click().run()
    assert "See the SQL of answers" in app.pills(key=f"{form.SCOPE}-1").options


def test_each_agent_is_listed_with_its_use_and_paused_resumed_and_revoked(visit: Open, live: Live) -> None:
    agent, _ = connected(live)
    with live.store.write(recorded=False) as transaction:
        for _ in range(41):
            count_call(transaction, agent.number, calls=200, cost=99, cells=99, refused=99)
        count_outcome(transaction, agent.number, cost=1, is_refused=True)
    app = visit()
    assert "41 of 200 calls today, 1 refused; never used" in words(app)
    app = app.button(key=f"agent-pause-{agent.number}").click().run()
    assert "The agent is paused" in words(app)
    app = app.button(key=f"agent-resume-{agent.number}").click().run()
    assert "The agent is active again" in words(app)
    key = f"agent-end-{agent.number}"
    app = visit({key: True})
    app.text_input(key=f"{key}-why").set_value("Lost *laptop*")
    app = app.button(key=f"{key}-now").click().run()
    assert "The agent is revoked. Reason: “Lost *laptop*”" in words(app)
    assert "No active agents" in words(app)
    app = app.toggle(key="agents-old").set_value(True).run()
    assert "Assistant at work" in words(app)


def listed(app: AppTest) -> list[str]:
    """Return the names of the agents in the list, in order."""
    names = [re.match(r"\*\*(\w+)\*\*", str(text.value)) for text in app.markdown]
    return [name[1] for name in names if name is not None]


def test_a_long_list_is_searched_filtered_and_sorted(visit: Open, live: Live) -> None:
    made = {
        name: connected(live, name=name, client="other")[0] for name in ("Echo", "Bravo", "Delta", "Alpha", "Charlie")
    }
    app = visit()
    assert "agents-search" not in [field.key for field in app.text_input]
    made["Foxtrot"], _ = connected(live, name="Foxtrot", client="vscode")
    AgentWork(live, JONAS).pause(made["Delta"].number)
    AgentWork(live, ANA).limit(made["Echo"].number, Limits(calls=3))
    with live.store.write(recorded=False) as transaction:
        for name, calls in (("Bravo", 2), ("Echo", 3)):
            for _ in range(calls):
                count_call(transaction, made[name].number, calls=3, cost=99, cells=99, refused=99)
    app = visit()
    assert sorted(listed(app)) == ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot"]
    app = app.selectbox(key=narrowing.ORDER).set_value(narrowing.NAME).run()
    assert listed(app) == ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot"]
    app = app.selectbox(key=narrowing.ORDER).set_value(narrowing.USED).run()
    assert listed(app)[:2] == ["Echo", "Bravo"]
    app = app.selectbox(key=narrowing.STATE).set_value(narrowing.PAUSED).run()
    assert listed(app) == ["Delta"]
    app = app.selectbox(key=narrowing.STATE).set_value(narrowing.HELD).run()
    assert listed(app) == ["Echo"]
    app = app.selectbox(key=narrowing.STATE).set_value(narrowing.ANY).run()
    app = app.text_input(key=narrowing.TEXT).set_value("vs code").run()
    assert listed(app) == ["Foxtrot"]
    app = app.text_input(key=narrowing.TEXT).set_value("zulu").run()
    assert "No agents match" in words(app)
    app = app.button(key="agents-not-found-0").click().run()
    assert len(listed(app)) == 6


def test_a_steward_sees_and_limits_everyones_agents_without_seeing_their_questions(
    visit: Open, live: Live, who: dict[str, Actor]
) -> None:
    agent, token = connected(live)
    tried = visit().button(key=f"agent-try-{agent.number}").click().run()
    assert "It works" in words(tried)
    who["asks"] = ANA
    app = visit({"agents-whose": "Everyone's", f"agent-history-{agent.number}": True})
    assert "Cursor for Jonas Falk" in words(app)
    assert "connected the agent" in words(app)
    assert "ran Orders" not in words(app)
    assert f"agent-try-{agent.number}" not in keys_of(app)
    key = f"agent-limits-{agent.number}"
    app = visit({"agents-whose": "Everyone's", key: True})
    app.number_input(key=f"{key}-calls").set_value(7)
    app = app.button(key=f"{key}-now").click().run()
    assert "of 7 calls today" in words(app)
    who["asks"] = JONAS
    app = visit({f"agent-history-{agent.number}": True})
    assert "Jonas Falk ran Orders (1 row) through Assistant at work" in words(app)
    assert f"{key}-now" not in keys_of(app)
    assert token not in words(app)


def test_other_people_do_not_see_or_change_an_agent(visit: Open, live: Live, who: dict[str, Actor]) -> None:
    connected(live, OTTO, name="Secret plans")
    app = visit({"agents-whose": "Everyone's"})
    assert "Secret plans" not in words(app)
    assert AgentWork(live, JONAS).mine() == []


def test_viewing_as_someone_shows_and_changes_nothing(visit: Open, live: Live, who: dict[str, Actor]) -> None:
    connected(live)
    who["asks"] = replace(JONAS, viewed_by="otto")
    app = visit({form.OPEN: True})
    assert "Not available while you view as someone else" in words(app)
    assert "Assistant at work" not in words(app)
    assert not [key for key in keys_of(app) if key.startswith("agent-")]


def test_someone_without_a_role_cannot_open_it(visit: Open, who: dict[str, Actor]) -> None:
    who["asks"] = Actor(id="x", name="X")
    assert is_closed(visit())


def test_stewards_switch_all_agents_off_and_everyone_sees_it(visit: Open, live: Live, who: dict[str, Actor]) -> None:
    agent, _ = connected(live)
    who["asks"] = ANA
    app = visit({"agents-off": True})
    assert app.button(key="agents-off-now").disabled
    app = app.text_input(key="agents-off-why").set_value("An incident").run()
    app = app.button(key="agents-off-now").click().run()
    assert "All agents are switched off, so their calls are refused. Reason: An incident." in words(app)
    assert words(app).count("switched off") == 1
    who["asks"] = JONAS
    app = visit()
    assert "Reason: An incident. Ask a steward to switch them on." in words(app)
    assert "Switch on" not in words(app)
    app = app.button(key=f"agent-try-{agent.number}").click().run()
    assert "Agents are switched off on this server. Reason: An incident." in words(app)
    who["asks"] = ANA
    app = visit().button(key="agents-switched-act").click().run()
    assert "All agents are switched on." in words(app)


def test_a_paused_agent_can_be_resumed(visit: Open, live: Live) -> None:
    agent, _ = connected(live)
    with live.store.write(recorded=False) as transaction:
        for _ in range(10):
            count_outcome(transaction, agent.number, cost=0, is_refused=True)
    app = visit().button(key=f"agent-try-{agent.number}").click().run()
    assert "10 calls in a row were refused, so this agent is stopped for today." in words(app)
    app = app.button(key=f"agent-go-on-{agent.number}").click().run()
    app = app.button(key=f"agent-try-{agent.number}").click().run()
    assert "It works" in words(app)


def test_hostile_names_are_only_text(visit: Open, live: Live) -> None:
    agent, _ = connected(live, name=HOSTILE)
    app = visit({f"agent-history-{agent.number}": True})
    assert not app.exception
    shown = [str(text.value) for text in app.markdown if "evil" in str(text.value)]
    assert len(shown) == 2  # in the list, and in its history
    assert all(plain(HOSTILE) in text for text in shown)


def test_an_unavailable_store_is_reported(visit: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit()
    monkeypatch.setattr(live, "store", Store(connect_store("postgresql://no@127.0.0.1:1/none?connect_timeout=1")))
    app = app.run()
    assert not app.exception
    assert "Couldn't load agents" in words(app)


# A provider's program


@pytest.fixture
def okta(live: Live) -> None:
    provider = Provider(
        name="okta", label="Okta", metadata=f"{ISSUER}/.well-known/openid-configuration", client_id="samepage",
        audiences=("https://samepage.example.com",),
    )  # fmt: skip

    class Okta(ProviderClient):
        def metadata(self, *, is_there: bool = False) -> Metadata:
            return Metadata(issuer=ISSUER, authorization="", token="", keys="")

    live.clients = {"okta": Okta(provider)}


@pytest.mark.usefixtures("okta")
def test_a_person_allows_a_providers_program(visit: Open, live: Live) -> None:
    app = visit(client="0oa-client", provider="okta")
    assert "Let this program ask on your behalf?" in words(app)
    assert "0oa-client" in [code.value for code in app.code]
    app = app.button(key="agent-allow").click().run()
    assert not app.exception
    assert "This program is already connected" in words(app)
    with live.store.read() as connection:
        (agent,) = read_agents(connection, live.keys)
    assert (agent.issuer, agent.client_id, agent.person_id) == (ISSUER, "0oa-client", "jonas")


@pytest.mark.usefixtures("okta")
def test_cancelling_connects_nothing(visit: Open, live: Live) -> None:
    app = visit(client="0oa-client").button(key="agent-refuse").click().run()
    assert "No agents connected" in words(app)
    with live.store.read() as connection:
        assert read_agents(connection, live.keys) == []


@pytest.mark.parametrize("provider", ["", "other"])
def test_a_link_for_a_provider_without_agents_says_so(visit: Open, provider: str) -> None:
    app = visit(client="0oa-client", provider=provider)
    assert "This link doesn't work here" in words(app)
    assert "agent-allow" not in keys_of(app)
