"""Daily limits of agents (UTC): calls, cost, cells and refusals in a row.

The store counts, so an agent has one budget, no matter how many calls run at the same time and on how many servers.
Calls are counted before they begin, and cells before an answer is returned, so neither limit is ever exceeded. Cost is
known only afterwards, so calls that are running when its limit is reached still finish. If the machine loses power, the
last counts can be lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from semantic.agents.limits import Budget, budget_of
from semantic.errors import OverBudget, counted
from semantic.policy.actor import Actor
from semantic.store.agents.agents import find_agent
from semantic.store.agents.days import AgentDay, count_answer, count_call, count_outcome, read_day
from semantic.store.database import Store
from semantic.store.keys import Keys

RESETS: Final = "It resets at 00:00 UTC."
REACHED: Final = f"Daily limit reached. {RESETS}"


class Budgets:
    """Applies the daily limits of agents.

    Does nothing for people and service tokens. Several threads can use it safely. `defaults` returns the limits for
    agents without limits of their own.
    """

    def __init__(self, store: Store, keys: Keys, defaults: Callable[[], Budget]) -> None:
        self._store, self._keys, self._defaults = store, keys, defaults

    def begin(self, actor: Actor) -> None:
        """Count a call before it begins. Raises OverBudget if a limit is reached, and StoreFailed."""
        if not actor.agent:
            return
        with self._store.write(recorded=False, synced=False) as transaction:
            budget = budget_of(find_agent(transaction.connection, self._keys, actor.agent), self._defaults())
            if count_call(
                transaction, actor.agent, calls=budget.calls, cost=budget.cost, cells=budget.cells,
                refused=budget.refused,
            ):  # fmt: skip
                return
            day = read_day(transaction.connection, actor.agent, transaction.now.date())
        raise _over(day, budget)

    def charge(self, actor: Actor, *, cells: int = 0, cost: int = 0, refused: bool | None = False) -> None:
        """Count what a call used, before its answer is returned. `cost` is in points, as `cost_of` returns them.

        Raises StoreFailed, and OverBudget if the answer has more cells than are left today. In that case, don't return
        the answer.
        """
        if not actor.agent:
            return
        agent, cost = actor.agent, max(0, cost)
        with self._store.write(recorded=False, synced=False) as transaction:
            if cells <= 0:
                count_outcome(transaction, agent, cost=cost, is_refused=refused)
                return
            most = budget_of(find_agent(transaction.connection, self._keys, agent), self._defaults()).cells
            if count_answer(transaction, agent, cells, most=most, cost=cost, is_refused=refused):
                return
            left = max(0, most - read_day(transaction.connection, agent, transaction.now.date()).cells)
            count_outcome(transaction, agent, cost=cost, is_refused=True)
        raise OverBudget(
            f"This answer has {counted(cells, 'cell')}, but this agent has only {left:,} left today. Ask for less, "
            f"or wait until the daily limit of {most:,} resets at 00:00 UTC.",
            "cells",
        )


def _over(day: AgentDay, budget: Budget) -> OverBudget:
    for name in ("calls", "cost", "cells"):
        if getattr(day, name) >= getattr(budget, name):
            return OverBudget(REACHED, name)
    calls = counted(budget.refused, "call")
    return OverBudget(
        f"{calls} in a row were refused, so this agent is stopped for today. {RESETS} Its person can let it continue "
        "sooner, under Agents.",
        "refused",
    )
