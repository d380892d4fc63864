"""Wording for what an agent can do, whether it works, and how much it is used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from pages.shell.parts import State
from semantic.agents.connecting import ListedAgent
from semantic.display.format import counted, listed
from semantic.display.trust import scope_words
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import lower_first
from semantic.store.agents.agents import SCOPES, ConnectedAgent

PATH: Final = "/mcp"
"""The path at which agents reach this server."""

LOOKS: Final[Mapping[str, tuple[State, str]]] = {
    "works": ("good", "check_circle"),
    "ends_soon": ("caution", "schedule"),
    "run_out": ("quiet", "timer_off"),
    "paused": ("caution", "pause_circle"),
    "ended": ("quiet", "block"),
    "damaged": ("bad", "gpp_maybe"),
}


def may_words(scopes: Collection[str], seen: VisibleModel) -> str:
    """Return what an agent can do for this person, and which rows it can see."""
    may = listed([lower_first(words) for scope, words in SCOPES.items() if scope in scopes])
    rows = f" ({scope_words(seen.scope)})" if seen.scope else ""
    sql = "" if "sql" in scopes else "see SQL, "
    return f"It can {may or 'do nothing'}, with your access{rows}. It can't {sql}change anything, or see more than you."


def scope_list(scopes: Collection[str]) -> str:
    """Return what an agent can do in one line, such as "Find metrics, ask questions and explain results; propose…"."""
    may = [words for scope, words in SCOPES.items() if scope in scopes]
    return "; ".join([*may[:1], *(lower_first(words) for words in may[1:])])


def state_words(agent: ConnectedAgent, now: datetime) -> str:
    """Return an agent's state in words, such as "Active", "Expires in 9 days" or "Paused: on holiday"."""
    match agent.state(now):
        case "works":
            return "Active"
        case "ends_soon":
            days = max(0, (agent.until - now) // timedelta(days=1))
            return f"Expires in {counted(days, 'day')}" if days else "Expires today"
        case "run_out":
            return f"Expired on {agent.until:%-d %b %Y}"
        case "paused":
            return f"Paused: {agent.why_paused}" if agent.why_paused else "Paused"
        case "ended":
            on = f" on {agent.ended_at:%-d %b %Y}" if agent.ended_at else ""
            return f"Revoked{on}" + (f": {agent.why_ended}" if agent.why_ended else "")
        case "damaged":
            return "Changed outside Samepage"


def use_words(one: ListedAgent) -> str:
    """Return an agent's usage today in words, such as "41 of 200 calls today, 3 refused"."""
    today, most = one.today, one.budget
    refused = f", {today.refused:,} refused" if today.refused else ""
    seen = f"last used {one.agent.used_at:%-d %b %Y, %H:%M} UTC" if one.agent.used_at else "never used"
    until = f"expires {one.agent.until:%-d %b %Y}"
    return f"{today.calls:,} of {most.calls:,} calls today{refused}; {seen}; {until}"
