"""The readers of public links and destinations, and the audiences by which policies name them (decisions 48, 51)."""

from __future__ import annotations

from semantic.model.model import Model
from semantic.policy.actor import Actor


def audiences(model: Model) -> tuple[str, ...]:
    """Return the audiences that policies name, in alphabetical order."""
    return tuple(sorted({audience for policy in model.policies for audience in policy.audiences}))


def reader_of_link(audience: str, *, number: str = "", label: str = "") -> Actor:
    """Return the actor for everyone who opens a link.

    It has no role, group or attribute, so only policies that name its audience apply.
    """
    return Actor(
        id=f"link:{number or audience}",
        name=f"{label or audience} (public link)",
        kind="link",
        audience=audience,
    )


def reader_of_destination(audience: str, *, id: str, name: str = "") -> Actor:
    """Return the actor for everyone who reads a destination, such as a Slack channel.

    Without an audience, no policy applies to it, so it can't see anything.
    """
    return Actor(id=f"destination:{id}", name=f"{name or id} (destination)", kind="destination", audience=audience)
