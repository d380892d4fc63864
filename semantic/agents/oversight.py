"""The use of all agents, for stewards: the switch, calls, refusals, cells and cost, and proposals that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from semantic.policy.actor import Actor
from semantic.services.process import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUse:
    """The use of one agent over some days. `cost` counts points, and `cells` the cells of all its answers."""

    agent: str
    name: str
    person: str  # their name; "" if they were erased
    calls: int = 0
    refused: int = 0
    cells: int = 0
    cost: int = 0


class Agents(Protocol):
    """What the page asks about agents. Each raises NotAllowed and StoreFailed."""

    def are_on(self, live: Live) -> bool:
        """Whether agents can ask at all."""
        ...

    def switch(self, live: Live, actor: Actor, *, is_on: bool, why: str) -> None:
        """Switch all agents on or off."""
        ...

    def use(self, live: Live, actor: Actor, days: int) -> Sequence[AgentUse]:
        """Return the use of every connected agent today and the days before, `days` in all, the most used first."""
        ...

    def pending(self, live: Live, actor: Actor) -> int:
        """Return how many proposals of agents wait for approval."""
        ...


@dataclass(frozen=True, slots=True)
class NoAgents:
    """An installation without agents."""

    def are_on(self, live: Live) -> bool:
        return True

    def switch(self, live: Live, actor: Actor, *, is_on: bool, why: str) -> None:
        raise NotImplementedError

    def use(self, live: Live, actor: Actor, days: int) -> Sequence[AgentUse]:
        return ()

    def pending(self, live: Live, actor: Actor) -> int:
        return 0


AGENTS: Agents = NoAgents()
