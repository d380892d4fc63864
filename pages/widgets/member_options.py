"""The labels of members in a list of options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from semantic.query.member_labels import NO_LABELS, Labels, labels_among
from semantic.query.query import Query, Value

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace


def option_labels(dim: str, options: Sequence[Value], query: Query, actor: Actor, workspace: Workspace) -> Labels:
    """Return the labels of those options that occur in rows this person can see."""
    return labels_among(options, workspace.member_labels([dim], query, actor, options).get(dim, NO_LABELS))
