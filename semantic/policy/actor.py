"""The actor: the person, service or agent that asks (decision 37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

ROLES = ("viewer", "marketer", "steward", "administrator")
"""All roles, from the lowest to the highest."""

Attribute = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An identity with its roles, groups and attributes.

    Row rules use `attributes`. `claims_at` is when a provider last confirmed the roles, groups and attributes.
    Comparisons of actors ignore it.
    """

    id: str
    name: str = ""
    kind: Literal["person", "service", "agent", "embed", "link", "destination", "system"] = "person"
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: MappingProxyType({}))
    claims_at: datetime | None = field(default=None, compare=False)
    for_person: str | None = None
    viewed_by: str | None = None
    audience: str = ""  # only for readers of a public link or a destination
    agent: str = ""  # the agent through which this person asks; its kind is then "agent", and it can't act
    agent_name: str = field(default="", compare=False)  # what the person called it, for the audit log

    agent_scopes: frozenset[str] = frozenset()  # what the person allows it to do

    @property
    def sees_sql(self) -> bool:
        """Whether the actor can see SQL. Stewards can, and so can their agents with that scope."""
        return self.is_at_least("steward") and (self.kind != "agent" or "sql" in self.agent_scopes)

    @property
    def only_looks(self) -> bool:
        """Whether the actor can't change anything, because it's an agent or someone viewing as another person."""
        return self.kind == "agent" or self.viewed_by is not None

    @property
    def short_name(self) -> str:
        """The name without a job title after a comma."""
        return self.name.partition(", ")[0] or self.id

    def is_at_least(self, role: str) -> bool:
        """Return whether any of the actor's roles is `role` or higher."""
        return any(mine in ROLES and ROLES.index(mine) >= ROLES.index(role) for mine in self.roles)


OWNER = Actor(id="you", name="You, on this machine", kind="person", roles=frozenset({"administrator"}))
"""The actor on the command line without --as, which is anyone with access to the files."""
