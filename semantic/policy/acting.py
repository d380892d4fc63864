"""Prevent agents from changing anything, even what their person can change. They can only propose it (decision 76).

Actions with an audit entry check this themselves. Functions that change something without one call this module.
"""

from __future__ import annotations

from typing import Final

from semantic.errors import NotAllowed
from semantic.policy.actor import Actor

ONLY_LOOKS: Final = "An agent can't change anything. It can propose this, and you then approve it in Samepage."


def require_not_agent(actor: Actor) -> None:
    """Raise NotAllowed for an agent."""
    if actor.kind == "agent":
        raise NotAllowed(ONLY_LOOKS)
