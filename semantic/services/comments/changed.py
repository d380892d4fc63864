"""Determine whether a number has changed since someone commented on it."""

from __future__ import annotations

from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.receipts import may_open, replay


def has_changed(live: Live, receipt: str, actor: Actor) -> bool:
    """Whether the answer behind a receipt is different now, for the same days and the same access.

    Returns False if that isn't known. For someone with different access, nothing is compared, because a difference
    could reveal rows that they can't see.
    """
    try:
        return replay(live, receipt, actor, is_opened=False).values == "differ"
    except SemanticError:
        return False


def can_see_why(live: Live, receipt: str, actor: Actor) -> bool:
    """Whether this person can open the receipt to see what has changed."""
    try:
        return may_open(live, receipt, actor)
    except SemanticError:
        return False
