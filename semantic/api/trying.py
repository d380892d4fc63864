"""Ask one question as a connected agent, so that its person sees that it works before the program does."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.agents.budgets import Budgets
from semantic.agents.connecting import AgentWork
from semantic.agents.limits import cost_of, defaults_of
from semantic.api.agent_door import AgentDoor
from semantic.api.auth import Gate, TurnedAway
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.process import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What an agent found when it was tested: a sentence, and the receipt of its answer."""

    words: str
    receipt: str


def gate_of(live: Live) -> Gate:
    """Return a gate over a process's store, for service tokens and agents."""
    company = live.settings.sign_in
    return Gate(
        live.store,
        live.keys,
        live.people,
        owner_days=company.owner_days if company else None,
        guarded_questions=live.settings.guarded_questions,
        agents=AgentDoor(live),
    )


def budgets_of(live: Live) -> Budgets:
    """Return the daily limits of agents, with the defaults of the settings."""
    return Budgets(live.store, live.keys, lambda: defaults_of(live.settings))


def try_agent(live: Live, actor: Actor, number: str) -> Tried | str:
    """Ask for one metric as an agent of `actor`, and return what was found, or why it was refused. Raises nothing that
    is raised on purpose.

    The question counts towards the agent's limits, and is recorded as the agent's. It needs no token, because only the
    agent's own person can do this.
    """
    gate, budgets = gate_of(live), budgets_of(live)
    try:
        agent = gate.test(AgentWork(live, actor).find(number))
    except (TurnedAway, SemanticError) as why:
        return str(why)
    try:
        workspace = live.workspace()
        seen = workspace.visible(agent)
        metric = next((one for one in seen.metrics if one.certified), next(iter(seen.metrics), None))
        if metric is None:
            return "It's connected, but no policy lets you see a metric yet, so it can't ask anything."
        budgets.begin(agent)
        query = Query(metrics=(metric.name,))
        found = workspace.preflight(query, agent)
        result = workspace.confirmed(workspace.ask(query, agent))
        budgets.charge(agent, cells=result.table.num_rows, cost=cost_of(found.cost))
    except (TurnedAway, SemanticError) as why:
        return str(why)
    finally:
        gate.leave(agent)
    rows = counted(result.table.num_rows, "row")
    return Tried(words=f"It asked for {metric.label or metric.name} and got {rows}.", receipt=result.receipt)
