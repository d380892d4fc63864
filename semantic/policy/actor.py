"""The actor: the person, service or agent who asks (decision 37)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

ROLES = ("viewer", "marketer", "steward", "administrator")
"""All roles, lowest first."""

Attribute = str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An identity with its roles, groups and attributes.

    `attributes` are used by the policy's row rules. `claims_at` is when a provider last confirmed the roles, groups and
    attributes. It's ignored when actors are compared.
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
        """Whether this actor is shown SQL: stewards are, and their agents only with that scope."""
        return self.is_at_least("steward") and (self.kind != "agent" or "sql" in self.agent_scopes)

    @property
    def only_looks(self) -> bool:
        """Whether this actor can only look at things and change nothing: an agent, or someone viewing as a person."""
        return self.kind == "agent" or self.viewed_by is not None

    @property
    def short_name(self) -> str:
        """The name without the job title that may follow a comma."""
        return self.name.partition(", ")[0] or self.id

    def is_at_least(self, role: str) -> bool:
        """Whether any of this actor's roles is `role` or higher."""
        return any(mine in ROLES and ROLES.index(mine) >= ROLES.index(role) for mine in self.roles)


OWNER = Actor(id="you", name="You, on this machine", kind="person", roles=frozenset({"administrator"}))
"""The actor on the command line without --as: anyone with access to the files."""
