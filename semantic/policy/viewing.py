"""View as: decide who can view as another person, and make the resulting actor (decision 14).

The actor sees exactly what that person sees. Viewing as someone therefore needs a grant, can't change or export
anything, lists no single rows, and records the IDs of both people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from semantic.errors import NotAllowed
from semantic.model.model import Model
from semantic.model.policies import Viewable
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow

CLAIMS_HOLD = timedelta(days=7)
"""How long others can view as someone after a provider last confirmed that person's claims."""


def view_as(model: Model, viewer: Actor, person: Actor, *, now: datetime) -> Actor:
    """Return the actor for `viewer` viewing as `person`. Raises NotAllowed with the reason."""
    if reason := why_not(model, viewer, person, now=now):
        raise NotAllowed(reason)
    return replace(person, viewed_by=viewer.id)


def viewable(model: Model, viewer: Actor, people: Iterable[Actor], *, now: datetime) -> tuple[Actor, ...]:
    """Return the people that `viewer` can view as now, in order."""
    return tuple(person for person in people if not why_not(model, viewer, person, now=now))


def why_not(model: Model, viewer: Actor, person: Actor, *, now: datetime) -> str:
    """Return why `viewer` can't view as `person`, or "" if they can."""
    name = person.short_name
    if viewer.kind != "person" or viewer.viewed_by is not None or viewer.for_person is not None:
        return "You can only view as someone while signed in as yourself. Stop viewing first."
    if person.id == viewer.id:
        return "This is you. You already see the app as yourself."
    if person.kind != "person" or person.viewed_by is not None or person.for_person is not None:
        return f"{name} isn't a person, and you can only view as people."
    if not any(_holds(policy.view_as, person) for policy in narrow(model, viewer).policies):
        return f"No policy lets you view as {name}. `view_as:` in a policy grants it."
    if person.claims_at is not None and now - person.claims_at > CLAIMS_HOLD:
        return f"{name} hasn't signed in for more than seven days, so what's known about {name} may be out of date."
    return ""


def _holds(viewable: Viewable, person: Actor) -> bool:
    # Not if the person has other roles too: the viewer would see what those allow.
    by_role = bool(person.roles) and person.roles <= viewable.roles
    return (
        viewable.everybody or person.id in viewable.people or by_role or not viewable.groups.isdisjoint(person.groups)
    )
