"""Readers of public links: who they are to a policy, and the audiences that a model's policies name (decision 48)."""

from __future__ import annotations

from semantic.model.model import Model
from semantic.policy.actor import Actor


def audiences(model: Model) -> tuple[str, ...]:
    """Return the audiences that policies name under `links:`, in alphabetical order."""
    return tuple(sorted({audience for policy in model.policies for audience in policy.links}))


def reader_of_link(audience: str, *, number: str = "", label: str = "") -> Actor:
    """Return the actor for everyone who opens a link. It has no role, group or attribute, so only policies that name
    its audience apply to it.
    """
    return Actor(
        id=f"link:{number or audience}",
        name=f"{label or audience} (public link)",
        kind="link",
        audience=audience,
    )
