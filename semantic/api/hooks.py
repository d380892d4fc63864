"""What happens around every call of a tool in this process, over HTTP, MCP and standard input alike."""

from __future__ import annotations

from semantic.api.auth import Gate
from semantic.api.tools.tool import Hooks
from semantic.services.process import Live


def hooks_of(live: Live, gate: Gate) -> Hooks:
    """Return the hooks: budgets, transcripts, proposals and guidance for agents, and the daily limit of questions about
    small groups for everyone. This is the only place that connects them.
    """
    del live
    return Hooks(guard=gate)


def gate_of(live: Live) -> Gate:
    """Return a gate for this process."""
    company = live.settings.sign_in
    return Gate(
        live.store,
        live.keys,
        live.people,
        owner_days=company.owner_days if company else None,
        guarded_questions=live.settings.guarded_questions,
    )
