"""Agents on two server processes over one store in PostgreSQL: both refuse the same tokens and share one budget."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from semantic.config.settings import load_settings
from semantic.config.sign_in import Provider, RoleMapping
from semantic.policy.actor import Actor
from semantic.policy.claims import person_from_claims
from semantic.store.accounts.accounts import settle_account
from semantic.store.agents.agents import (
    ConnectedAgent,
    Limits,
    NewAgent,
    connect_agent,
    end_agent,
    limit_agent,
)
from semantic.store.agents.days import AgentDay, read_day
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.open import open_store
from tests.browser.visitor import free_port
from tests.browser.warm import warm_process
from tests.pages.api_world import JSON, QUESTION, Reply, bearer, build
from tests.semantic.store.stores import address
from tests.waiting import STUCK, until

pytestmark = pytest.mark.server
SECRET = "a secret that only these two processes know"
HERE, CLIENT = "https://samepage.example.com", "assistant"
KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
ADMIN = Actor(id="otto@example.com", name="Otto", roles=frozenset({"administrator"}))
TIMES = 50
MCP = {
    "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call", "Mcp-Name": "ask",
}  # fmt: skip
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


@dataclass
class Two:
    """The ports of both processes, their store, and the address of the sign-in provider."""

    ports: tuple[int, int]
    store: Store
    keys: Keys
    issuer: str
    ana: Actor

    def connect(self, **given: Any) -> tuple[ConnectedAgent, str]:
        wanted: dict[str, Any] = {"name": "Assistant", "client": "cursor", "until": self.store.now() + timedelta(1)}
        with self.store.write() as transaction:
            return connect_agent(transaction, self.keys, NewAgent(**(wanted | given)), self.ana)

    def access(self, **changed: Any) -> str:
        """Return an access token of the provider, for Ana and this server unless changed."""
        claims: dict[str, Any] = {
            "iss": self.issuer, "sub": "sub-ana", "aud": HERE, "client_id": CLIENT, "iat": time.time() - 10,
            "exp": time.time() + 300, "email": "ana@example.com", "email_verified": True,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one", "typ": "at+jwt"}, claims | changed, KEY)

    def replies(self, token: str) -> list[Reply]:
        """Return the replies of both processes, over HTTP and over MCP."""
        return [send(port, token) for port in self.ports for send in (over_http, over_mcp)]

    def refused(self, token: str) -> str:
        """Return the reason why both processes refuse a token. It must be the same."""
        replies = self.replies(token)
        assert {(reply.status, reply.code) for reply in replies} == {(401, "not_signed_in")}
        (why,) = {reply.json()["reason"] for reply in replies}
        return why

    def day(self, agent: ConnectedAgent) -> AgentDay:
        with self.store.read() as connection:
            return read_day(connection, agent.number, self.store.now().date())


def over_http(port: int, token: str) -> Reply:
    return send(port, "/api/v1/tools/ask", {"question": QUESTION}, bearer(token))


def over_mcp(port: int, token: str) -> Reply:
    params = {"name": "ask", "arguments": {"question": QUESTION}, "_meta": META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return send(port, "/mcp", body, bearer(token) | MCP)


def send(port: int, path: str, body: Any, headers: dict[str, str]) -> Reply:
    connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
    try:
        connection.request("POST", path, json.dumps(body), headers | JSON)
        response = connection.getresponse()
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


@contextmanager
def issuing() -> Iterator[str]:
    """Serve a provider's metadata and keys until the block ends."""

    class Issuer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = f"http://127.0.0.1:{server.server_port}"
            named = {"issuer": here, "jwks_uri": f"{here}/keys"}
            named |= {f"{name}_endpoint": f"{here}/{name}" for name in ("authorization", "token")}
            data = {"keys": [KEY.as_dict(private=False)]} if self.path == "/keys" else named
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Keep the requests out of the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    data = build(folder, pairs_with=3)
    ports = free_port(), free_port()
    with address("postgresql", folder) as store_address, issuing() as issuer, pytest.MonkeyPatch.context() as patch:
        (folder / "store").write_text(f"{store_address}\n")
        (folder / "settings.toml").write_text(settings_of(issuer))
        environment = {
            "SAMEPAGE_DEMO": "0", "SAMEPAGE_DATA": str(data), "SAMEPAGE_MODEL": str(folder / "model"),
            "SAMEPAGE_STORE": f"file:{folder / 'store'}", "SAMEPAGE_SETTINGS": str(folder / "settings.toml"),
            "SAMEPAGE_ADDRESS": HERE, "SAMEPAGE_AUDIT_KEY": SECRET, "SAMEPAGE_COOKIE_SECRET": SECRET,
        }  # fmt: skip
        with (
            warm_process(folder / "one.log", port=ports[0], **environment),
            warm_process(folder / "two.log", port=ports[1], **environment),
        ):
            for name, value in environment.items():
                patch.setenv(name, value)
            store, keys = open_store(load_settings())
            yield Two(ports, store, keys, issuer, signed_in(store, keys, issuer))
            store.close()
    assert "Traceback" not in (folder / "one.log").read_text() + (folder / "two.log").read_text()


def settings_of(issuer: str) -> str:
    return f"""
[sign_in]
address = "{HERE}"
[sign_in.providers.okta]
label = "Okta"
metadata = "{issuer}/.well-known/openid-configuration"
client_id = "samepage"
audiences = ["{HERE}"]
[sign_in.providers.okta.roles]
marketer = ["mops"]
[sign_in.providers.okta.attributes]
markets = "markets"
"""


def signed_in(store: Store, keys: Keys, issuer: str) -> Actor:
    """Return Ana, a marketer of DE and AT, signed in with the provider."""
    claims: dict[str, object] = {
        "iss": issuer, "sub": "sub-ana", "email": "ana@example.com", "email_verified": True, "name": "Ana",
        "groups": ["mops"], "markets": ["DE", "AT"],
    }  # fmt: skip
    mapping = RoleMapping(roles={"marketer": ("mops",)}, attributes={"markets": "markets"})
    provider = Provider(name="okta", label="Okta", metadata="", client_id="samepage", mapping=mapping)
    person = person_from_claims(claims, provider, store.now())
    with store.write(recorded=False) as transaction:
        settle_account(transaction, keys, person)
    return person.actor


def answered(reply: Reply) -> list[tuple[str, int]]:
    assert reply.status == 200, reply.content
    data = reply.json()
    data = data["result"]["structuredContent"] if "result" in data else data
    return [(row["market"], row["revenue"]) for row in data["rows"]]


def test_both_refuse_provider_tokens_for_another_audience_expired_ones_and_those_of_revoked_agents(
    two: Two,
) -> None:
    agent, _ = two.connect(issuer=two.issuer, client_id=CLIENT)
    assert [answered(reply) for reply in two.replies(two.access())] == [[("AT", 4), ("DE", 3)]] * 4
    not_ours = "This access token isn't for this server, has expired, or isn't valid. Sign in again in the program."
    assert two.refused(two.access(aud="https://other.example.com")) == not_ours
    assert two.refused(two.access(exp=time.time() - 5)) == not_ours
    with two.store.write() as transaction:
        end_agent(transaction, two.keys, agent.number, "", two.ana)
    assert two.refused(two.access()) == "This agent was revoked. Connect it again under Agents."


def test_both_refuse_an_agent_token_once_it_is_revoked_or_has_expired(two: Two) -> None:
    agent, token = two.connect()
    assert [answered(reply) for reply in two.replies(token)] == [[("AT", 4), ("DE", 3)]] * 4
    with two.store.write() as transaction:
        end_agent(transaction, two.keys, agent.number, "", two.ana)
    assert two.refused(token) == "This agent was revoked. Connect it again under Agents."
    soon, brief = two.connect(until=two.store.now() + timedelta(seconds=0.3))
    until(lambda: two.store.now() >= soon.until, "the agent to expire")
    assert two.refused(brief) == (
        f"This agent's access expired on {soon.until:%-d %b %Y}. Connect it again under Agents."
    )


def outcome(port: int, token: str, begin: threading.Barrier) -> str:
    """Return the outcome of one of many simultaneous calls. If too many others are running, the call tries again."""
    begin.wait(STUCK)
    while True:
        reply = over_http(port, token)
        if reply.status == 200:
            assert answered(reply) == [("AT", 4), ("DE", 3)]
            return "answered"
        if reply.code != "too_many_requests":
            return f"{reply.status} {reply.code}"
        assert "requests running" in reply.json()["reason"]


@pytest.mark.parametrize(
    ("limits", "answers"),
    [
        (Limits(calls=12, refused=99), 12),
        (Limits(cells=30, refused=99), 7),  # of 2 rows with 2 columns: 7 * 4 is 28
    ],
)
def test_fifty_simultaneous_calls_to_both_stay_within_one_budget(two: Two, limits: Limits, answers: int) -> None:
    agent, token = two.connect()
    with two.store.write() as transaction:
        limit_agent(transaction, two.keys, agent.number, limits, ADMIN)
    begin = threading.Barrier(TIMES)
    with ThreadPoolExecutor(TIMES) as pool:
        calls = [pool.submit(partial(outcome, two.ports[number % 2], token, begin)) for number in range(TIMES)]
        outcomes = Counter(call.result() for call in calls)
    assert outcomes == {"answered": answers, "429 over_budget": TIMES - answers}
    day = two.day(agent)
    assert day.cells == 4 * answers
    assert limits.calls is None or day.calls == limits.calls
