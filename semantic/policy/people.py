"""The people in a model's files, as actors for the demo sign-in and for `--as` on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from semantic.errors import ModelError, Problem
from semantic.model.loading.load import parse_people
from semantic.model.loading.policy_schema import PersonDoc
from semantic.policy.actor import Actor


def read_people(files: Mapping[str, str]) -> Mapping[str, Actor]:
    """Return the people in these files as actors, by ID in order. Raises ModelError if two have the same ID."""
    return people_of(parse_people(files))


def people_of(docs: Iterable[PersonDoc]) -> Mapping[str, Actor]:
    """Return the people of a model as actors, by ID in order. Raises ModelError if two have the same ID."""
    people: dict[str, Actor] = {}
    for doc in docs:
        if doc.id in people:
            raise ModelError([Problem("people", 0, f"Two people have the id {doc.id!r}.", "Change one of them.")])
        attributes = {name: value if isinstance(value, str) else tuple(value) for name, value in doc.attributes.items()}
        people[doc.id] = Actor(
            id=doc.id,
            name=doc.name,
            roles=frozenset[str](doc.roles),
            groups=frozenset(doc.groups),
            attributes=MappingProxyType(attributes),
        )
    return MappingProxyType(people)
