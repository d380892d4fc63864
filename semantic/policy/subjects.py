"""List the people, roles, groups and audiences that a model's policies apply to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from semantic.model.model import Model
from semantic.policy.actor import ROLES, Actor
from semantic.policy.links import audiences, reader_of_link


@dataclass(frozen=True, slots=True)
class Subject:
    """Someone that policies apply to: a person, the readers of an audience, or everyone with a role or in a group.

    `actor` represents them. For a role or group, the actor has no other access, and no attributes, because each person
    has their own.
    """

    kind: Literal["person", "role", "group", "link"]
    label: str
    actor: Actor

    @property
    def is_open(self) -> bool:
        """Whether the subject is several people, so that their attributes aren't known."""
        return self.kind in ("role", "group")


def subjects_of(model: Model, people: Iterable[Actor]) -> tuple[Subject, ...]:
    """Return all people in order, then every role, every group that a policy or a person names, and every audience."""
    persons = tuple(people)
    groups = {name for policy in model.policies for name in policy.groups} | {
        name for person in persons for name in person.groups
    }
    return (
        *(Subject("person", person.short_name, person) for person in persons),
        *(role_subject(role) for role in ROLES),
        *(group_subject(group) for group in sorted(groups)),
        *(Subject("link", f"Audience {name}", reader_of_link(name)) for name in audiences(model)),
    )


def role_subject(role: str) -> Subject:
    # No person has an id with a space in it, so no policy that names people can mean this one.
    return Subject("role", f"Role {role}", Actor(id=f"role {role}", roles=frozenset({role})))


def group_subject(group: str) -> Subject:
    return Subject("group", f"Group {group}", Actor(id=f"group {group}", groups=frozenset({group})))
