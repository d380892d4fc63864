"""Who may edit what of a model."""

from __future__ import annotations

from semantic.model.editing.objects import Key
from semantic.model.model import Model
from semantic.policy.actor import Actor


def is_central(actor: Actor) -> bool:
    """Whether someone may edit everything: stewards and administrators."""
    return actor.is_at_least("steward") and actor.viewed_by is None


def may_draft(actor: Actor, model: Model) -> bool:
    """Whether someone may edit anything at all."""
    return is_central(actor)


def may_edit(actor: Actor, model: Model, key: Key) -> bool:
    """Whether someone may edit an object of a model."""
    return is_central(actor)
