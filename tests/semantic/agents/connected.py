"""Connect agents to people, under numbers that the test chooses."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.agents.agents import NewAgent, connect_agent

EVERY_SCOPE = frozenset({"ask", "propose"})


def connected(
    live: Live, person: Actor, number: str, *, name: str = "Robin", scopes: frozenset[str] = EVERY_SCOPE
) -> Actor:
    """Connect an agent, and return its actor."""
    random = secrets.token_hex

    def token_hex(size: int | None = None) -> str:
        return number if size == 6 else random(size)

    with patch.object(secrets, "token_hex", token_hex), live.store.write() as transaction:
        until = transaction.now + timedelta(days=30)
        wanted = NewAgent(name=name, client="other", until=until, scopes=scopes)
        connect_agent(transaction, live.keys, wanted, person)
    return replace(person, kind="agent", agent=number)
