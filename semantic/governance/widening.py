"""Which policies of a changed model can let someone see more than before."""

from __future__ import annotations

from dataclasses import replace

from semantic.model.model import Model
from semantic.model.policies import Policy


def widening(before: Model, after: Model) -> tuple[str, ...]:
    """Return the names of the policies whose change can let someone see more. When unsure, it widens."""
    old, new = ({policy.name: _binding(policy) for policy in model.policies} for model in (before, after))
    names = (name for name in {**new, **old} if old.get(name) != new.get(name))
    return tuple(name for name in names if not _only_denies_more(old.get(name), new.get(name)))


def _only_denies_more(old: Policy | None, new: Policy | None) -> bool:
    if old is None or new is None:
        return False
    denied = old.deny_dimensions.names <= new.deny_dimensions.names
    return denied and replace(old, deny_dimensions=new.deny_dimensions) == new


def _binding(policy: Policy) -> Policy:
    return replace(policy, label="", description="", owner="", synonyms=(), file="", line=0)
