"""Agents and the HTTP API: what they can open, and what happens with a leaked token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest

from semantic.store.agents.agents import NewAgent, connect_agent
from tests.pages.api_world import OTTO, World, bearer, is_plain, open_world

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("agents")) as opened:
        yield opened


@pytest.fixture
def token(world: World) -> str:
    live = world.live
    wanted = NewAgent(name="Assistant", client="cursor", until=live.store.now() + timedelta(days=9))
    with live.store.write() as transaction:
        return connect_agent(transaction, live.keys, wanted, OTTO)[1]


def test_an_agent_can_read_its_own_permissions(world: World, token: str) -> None:
    reply = world.get(token, "/api/v1/token")
    assert reply.status == 200
    told = reply.json()
    assert (told["number"], told["name"], told["may"], told["scope"]) == (
        token.split("_")[1], "Assistant", ["ask"], "",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/check", "/api/v1/why", "/api/v1/analyze"])
def test_addresses_whose_calls_are_not_counted_for_agents_refuse_them(world: World, token: str, path: str) -> None:
    reply = world.ask(token, path=path)
    assert (reply.status, reply.code) == (403, "not_allowed")
    assert "Agents use the tools" in reply.json()["reason"]
    is_plain(reply)
    assert world.get(token, "/api/v1/metrics").status == 403


def test_a_token_in_an_address_is_revoked_and_kept_out_of_the_log(
    world: World, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert world.get(token, "/api/v1/token").status == 200
    with caplog.at_level(logging.INFO):
        reply = world.send("GET", f"/api/v1/metrics?token={token}")
    assert (reply.status, reply.code) == (400, "token_in_address")
    refused = world.send("GET", "/api/v1/token", None, bearer(token))
    assert (refused.status, refused.code) == (401, "not_signed_in")
    assert "was revoked" in refused.json()["reason"]
    assert token not in caplog.text
    assert "sa_..." in caplog.text


def test_a_providers_token_in_an_address_is_kept_out_of_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl-_0"
    with caplog.at_level(logging.INFO):
        assert world.send("POST", f"/mcp?access_token={token}").status == 401
    assert token not in caplog.text
    assert token.rpartition(".")[2] not in caplog.text
    assert "eyJ..." in caplog.text
