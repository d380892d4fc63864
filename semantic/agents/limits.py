"""The daily limits of agents: the defaults from the settings, and agents' own limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from semantic.config.settings import Settings
from semantic.store.agents.agents import ConnectedAgent

COST: Final = {"small": 1, "medium": 5, "large": 25}
"""The points that a question of each cost class uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an agent can use in a day (UTC): calls, cost points, cells in answers, and refusals in a row."""

    calls: int
    cost: int
    cells: int
    refused: int


def defaults_of(settings: Settings) -> Budget:
    """Return the limits for agents without limits of their own."""
    return Budget(
        calls=settings.agent_calls,
        cost=settings.agent_cost,
        cells=settings.agent_cells,
        refused=settings.agent_refused,
    )


def budget_of(agent: ConnectedAgent | None, defaults: Budget) -> Budget:
    """Return an agent's own limits, with defaults for the others. For an unknown agent, all limits are 0."""
    if agent is None or not agent.is_sealed:
        return Budget(calls=0, cost=0, cells=0, refused=0)
    own = agent.limits
    return Budget(
        calls=defaults.calls if own.calls is None else own.calls,
        cost=defaults.cost if own.cost is None else own.cost,
        cells=defaults.cells if own.cells is None else own.cells,
        refused=defaults.refused if own.refused is None else own.refused,
    )


def cost_of(cost: Literal["small", "medium", "large"]) -> int:
    """Return the points for a question's cost class, which `preflight` returns."""
    return COST[cost]
