"""Connect and manage agents: pause, resume, revoke and limit them, and switch all of them off.

People see their own agents. Stewards and administrators also see everyone else's agents, but not their questions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from semantic.agents.limits import Budget, budget_of, defaults_of
from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.services.process import Live
from semantic.store.agents.agents import (
    ConnectedAgent,
    Limits,
    NewAgent,
    connect_agent,
    end_agent,
    find_agent,
    find_client,
    is_steward,
    limit_agent,
    pause_agent,
    read_agents,
    resume_agent,
)
from semantic.store.agents.days import AgentDay, end_row_of_refusals, read_days
from semantic.store.agents.switch import Switch, read_switch, turn_switch
from semantic.store.audit.entries import Entry, EntryFilter, find_subject, read_entries

HISTORY: Final = 20
ENTRY: Final = "You don't have an agent with this number. Reload the list."


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAgent:
    """An agent, what it did today, and its limits. `is_mine` means that it belongs to the person who sees it."""

    agent: ConnectedAgent
    today: AgentDay
    budget: Budget
    is_mine: bool

    @property
    def is_stopped(self) -> bool:
        """Whether the agent was stopped for today after too many refusals in a row."""
        return self.today.refused_in_a_row >= self.budget.refused

    @property
    def is_used_up(self) -> bool:
        """Whether the agent has reached a daily limit."""
        today, most = self.today, self.budget
        return today.calls >= most.calls or today.cost >= most.cost or today.cells >= most.cells


@dataclass(frozen=True, slots=True)
class AgentWork:
    """The agents of `actor`, and for stewards, everyone's. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    @property
    def may_connect(self) -> bool:
        """Whether this person can connect agents. Anyone with a role can, signed in as themselves."""
        actor = self.actor
        is_person = actor.kind == "person" and actor.viewed_by is None and actor.for_person is None
        return is_person and actor.is_at_least("viewer")

    @property
    def oversees(self) -> bool:
        """Whether this person sees everyone's agents."""
        return is_steward(self.actor)

    def switch(self) -> Switch:
        """Return whether agents are on, and if not, why.

        A reason that contains a name hidden from this person is left out.
        """
        with self.live.store.read() as connection:
            switch = read_switch(connection, self.live.keys)
        is_shown = names_nothing_hidden(switch.why, self.live.workspace().visible(self.actor))
        return switch if is_shown else replace(switch, why="")

    def turn(self, on: bool, why: str = "") -> None:
        """Switch all agents on or off. Raises NotAllowed, ChangedMeanwhile."""
        with self.live.store.write() as transaction:
            turn_switch(transaction, self.live.keys, on, self.actor, why)

    def connect(self, wanted: NewAgent) -> tuple[ConnectedAgent, str]:
        """Connect an agent, and return it with its token, which is never shown again.

        Raises NotAllowed, InvalidQuery, and ChangedMeanwhile for a client that is already connected.
        """
        with self.live.store.write() as transaction:
            return connect_agent(transaction, self.live.keys, wanted, self.actor)

    def mine(self) -> list[ListedAgent]:
        """Return this person's agents, newest first, or an empty list while viewing as someone else."""
        if not self.may_connect:
            return []
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id)
            agents = read_agents(connection, self.live.keys, person=me) if me else []
            days = read_days(connection, [agent.number for agent in agents], self.live.store.now().date())
        return self._listed(agents, days)

    def everyones(self) -> list[ListedAgent]:
        """Return everyone's agents, newest first. Raises NotAllowed for anyone but stewards."""
        if not self.oversees:
            raise NotAllowed("Only stewards and administrators can see other people's agents.")
        with self.live.store.read() as connection:
            agents = read_agents(connection, self.live.keys)
            days = read_days(connection, [agent.number for agent in agents], self.live.store.now().date())
        return self._listed(agents, days)

    def find(self, number: str) -> ConnectedAgent:
        """Return one of this person's own agents. Raises NotAllowed."""
        with self.live.store.read() as connection:
            agent = find_agent(connection, self.live.keys, number)
        if agent is None or not self.may_connect or agent.person_id != self.actor.id:
            raise NotAllowed(ENTRY)
        return agent

    def client(self, issuer: str, client_id: str) -> ConnectedAgent | None:
        """Return this person's agent for a provider's client, or None unless it is connected and hasn't expired."""
        with self.live.store.read() as connection:
            me = find_subject(connection, self.actor.id)
            found = find_client(connection, self.live.keys, person=me or "", issuer=issuer, client_id=client_id)
        now = self.live.store.now()
        return found if found is not None and found.state(now) not in ("ended", "run_out") else None

    def end(self, number: str, why: str = "") -> None:
        """Revoke an agent. Raises NotAllowed, ChangedMeanwhile."""
        with self.live.store.write() as transaction:
            end_agent(transaction, self.live.keys, number, why, self.actor)

    def pause(self, number: str, why: str = "") -> None:
        """Pause an agent. Raises NotAllowed, ChangedMeanwhile."""
        with self.live.store.write() as transaction:
            pause_agent(transaction, self.live.keys, number, why, self.actor)

    def resume(self, number: str) -> None:
        """Resume a paused agent. Raises NotAllowed, ChangedMeanwhile."""
        with self.live.store.write() as transaction:
            resume_agent(transaction, self.live.keys, number, self.actor)

    def go_on(self, number: str) -> None:
        """Let this person's agent continue today after too many refusals in a row. Raises NotAllowed."""
        self.find(number)
        with self.live.store.write(recorded=False) as transaction:  # its scopes stay the same
            end_row_of_refusals(transaction, number)

    def limit(self, number: str, limits: Limits) -> None:
        """Set an agent's own daily limits. Raises NotAllowed, InvalidQuery."""
        with self.live.store.write() as transaction:
            limit_agent(transaction, self.live.keys, number, limits, self.actor)

    def history(self, number: str) -> list[Entry]:
        """Return an agent's history, newest first. For the agent's own person, it includes what the agent did.

        Raises NotAllowed.
        """
        with self.live.store.read() as connection:
            agent = find_agent(connection, self.live.keys, number)
            is_mine = agent is not None and self.may_connect and agent.person_id == self.actor.id
            if agent is None or not (is_mine or self.oversees):
                raise NotAllowed(ENTRY)
            place = f"agent:{agent.number}"
            found = [*read_entries(connection, self.live.keys, EntryFilter(about=place), limit=HISTORY)]
            if is_mine:
                found += read_entries(connection, self.live.keys, EntryFilter(person=place), limit=HISTORY)
        return sorted(found, key=lambda entry: entry.number, reverse=True)[:HISTORY]

    def _listed(self, agents: list[ConnectedAgent], days: dict[str, AgentDay]) -> list[ListedAgent]:
        defaults = defaults_of(self.live.settings)
        return [
            ListedAgent(
                agent=agent,
                today=days.get(agent.number, AgentDay()),
                budget=budget_of(agent, defaults),
                is_mine=agent.person_id == self.actor.id,
            )
            for agent in agents
        ]


def agents_are_on(live: Live) -> bool:
    """Whether agents are switched on. Raises StoreFailed."""
    with live.store.read() as connection:
        return read_switch(connection, live.keys).is_on


def switch_agents(live: Live, on: bool, actor: Actor, why: str) -> None:
    """Switch all agents on or off. Raises NotAllowed for anyone but stewards, ChangedMeanwhile, StoreFailed."""
    AgentWork(live, actor).turn(on, why)


def wanted_for(days: int, live: Live, *, name: str, client: str, scopes: frozenset[str]) -> NewAgent:
    """Return the details of an agent to connect, which expires `days` days from now."""
    until = live.store.now() + timedelta(days=days)
    return NewAgent(name=name, client=client, until=until, scopes=scopes)
