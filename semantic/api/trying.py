"""Ask a test question as a connected agent.

This shows the agent's person that the connection works, before the program uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

from semantic.agents.connecting import AgentWork
from semantic.api.auth import TurnedAway
from semantic.api.hooks import gate_of, hooks_of
from semantic.api.tools.running import run_now
from semantic.api.tools.tool import Call
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.process import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTest:
    """The result of testing an agent: a sentence, and the answer's receipt."""

    words: str
    receipt: str


def try_agent(live: Live, actor: Actor, number: str) -> AgentTest | str:
    """Ask for one metric as an agent of `actor`. Return the result, or the refusal as a sentence.

    The errors in `semantic.errors` aren't raised.

    The call is like one by the program: it counts towards the limits, and appears in the audit log and the transcript.
    It needs no token, because only the agent's own person can make it.
    """
    gate = gate_of(live)
    try:
        agent = gate.test(AgentWork(live, actor).find(number))
    except (TurnedAway, SemanticError) as why:
        return str(why)
    try:
        workspace = live.workspace()
        seen = workspace.visible(agent)
        metric = next((one for one in seen.metrics if one.certified), next(iter(seen.metrics), None))
        if metric is None:
            return "It's connected, but you can't see any metrics yet, so it has nothing to ask about."
        call = Call(live=live, actor=agent, workspace=workspace, hooks=hooks_of(live, gate))
        ran = run_now("ask", {"question": {"metrics": [metric.name]}}, call)
    except SemanticError as why:
        return str(why)
    finally:
        gate.leave(agent)
    if ran.is_refused:
        return str(ran.data["reason"])
    rows = counted(len(ran.data["rows"]), "row")
    return AgentTest(
        words=f"It asked for {metric.label or metric.name} and got {rows}.", receipt=str(ran.data.get("receipt") or "")
    )
