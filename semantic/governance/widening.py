"""Policies whose change can let someone see more."""

from __future__ import annotations

from semantic.governance.draft_change import binding
from semantic.model.model import Model


def widening(before: Model, after: Model) -> tuple[str, ...]:
    """Return the policies that differ between two states of a model: any of them could let someone see more."""
    old, new = binding(before.policies), binding(after.policies)
    return tuple(name for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name))
