"""Set up what runs before and after every tool call in this process, over HTTP, MCP or standard input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from semantic.agents.budgets import Budgets
from semantic.agents.guidance import guidance_data, guidance_for, refuse_blocked
from semantic.agents.hook import AgentProposals
from semantic.agents.limits import COST, defaults_of
from semantic.agents.transcripts import Transcripts
from semantic.api.agent_authenticator import AgentAuthenticator
from semantic.api.auth import Gate
from semantic.api.responses import Data
from semantic.api.tools.cleaning import cleaned
from semantic.api.tools.tool import Hooks
from semantic.errors import NotAllowed
from semantic.governance.guidance import Guidance
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.process import Live

UNKNOWN_COST: Final = COST["small"]


def hooks_of(live: Live, gate: Gate) -> Hooks:
    """Return the hooks for agents, and for everyone, the daily limit of questions about small groups.

    The hooks for agents are budgets, transcripts, proposals and guidance. Only this function connects them to the
    tools.
    """
    return Hooks(
        budgets=_Budgets(Budgets(live.store, live.keys, lambda: defaults_of(live.settings))),
        transcripts=Transcripts(live),
        proposals=AgentProposals(live),
        guidance=_Guidance(live),
        guard=gate,
    )


def state_of_proposal(live: Live, actor: Actor, id_: str) -> Data | None:
    """Return the cleaned state of an agent's own proposal, or None if it has no such proposal. Raises StoreFailed."""
    try:
        return cleaned(AgentProposals(live).state(actor, id_))
    except NotAllowed:
        return None


def gate_of(live: Live) -> Gate:
    """Return the gate that checks this process's tokens."""
    company = live.settings.sign_in
    return Gate(
        live.store,
        live.keys,
        live.people,
        owner_days=company.owner_days if company else None,
        guarded_questions=live.settings.guarded_questions,
        agents=AgentAuthenticator(live),
    )


@dataclass(frozen=True, slots=True)
class _Budgets:
    """An agent's daily limits, with each cost class converted to points."""

    budgets: Budgets = field(repr=False)

    def begin(self, actor: Actor) -> None:
        self.budgets.begin(actor)

    def charge(self, actor: Actor, *, cells: int, cost: str, refused: bool | None) -> None:
        points = COST.get(cost, UNKNOWN_COST) if cost else 0
        self.budgets.charge(actor, cells=cells, cost=points, refused=refused)


@dataclass(frozen=True, slots=True)
class _Guidance:
    """Stewards' guidance for agents. Scripts don't get any."""

    live: Live = field(repr=False)

    def about(self, actor: Actor) -> dict[str, Any]:
        if actor.kind != "agent":
            return {}
        return _told(guidance_for(self.live, self.live.workspace().visible(actor)))

    def refuse(self, actor: Actor, *, words: str = "", query: Query | None = None, subject: str = "") -> dict[str, Any]:
        seen = self.live.workspace().visible(actor)
        return _told(refuse_blocked(self.live, actor, seen, words=words, query=query, subject=subject))


def _told(guidance: Guidance) -> dict[str, Any]:
    if guidance.is_empty:
        return {}
    caveats: dict[str, list[str]] = {}
    for each in guidance.caveats:
        caveats.setdefault(each.metric, []).append(each.text)
    return guidance_data(guidance) | {"caveats": caveats}
