"""A steward's overview of all agents: whether they are on, their usage, and the number of pending proposals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from semantic.agents.connecting import AgentWork
from semantic.agents.transcripts import transcript_days
from semantic.errors import NotAllowed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.agents.agents import is_steward, read_agents
from semantic.store.agents.days import AgentDay, read_use
from semantic.store.agents.proposals import count_pending
from semantic.store.agents.switch import Switch, read_switch
from semantic.store.agents.transcripts import count_by_agent

MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUse:
    """One agent's usage today and over 30 days (UTC).

    `person` is a name, or "" if the person was erased. `asked_back` is the number of calls in which no question was
    found.
    """

    agent: str
    name: str
    person: str
    today: AgentDay
    month: AgentDay
    asked_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The state of all agents.

    `agents` are the agents that are active or were used in the last 30 days, most used first. `asked_back` covers
    `asked_back_days` days, which are fewer than 30 if transcripts are deleted earlier.
    """

    switch: Switch
    agents: tuple[AgentUse, ...]
    pending: int
    asked_back_days: int = MONTH


@dataclass(frozen=True, slots=True)
class OversightWork:
    """All agents as `actor` can see them, without the questions that they asked.

    Raises StoreFailed whenever it reads or writes.
    """

    live: Live = field(repr=False)
    actor: Actor

    def overview(self) -> Overview:
        """Return the overview. Raises NotAllowed for anyone but stewards signed in as themselves."""
        if not is_steward(self.actor):
            raise NotAllowed("Only stewards and administrators signed in as themselves can oversee agents.")
        now, days = self.live.store.now(), min(MONTH, transcript_days(self.live))
        first = datetime.combine(now.date() - timedelta(days=days - 1), time(), UTC)
        with self.live.store.read() as connection:
            switch = read_switch(connection, self.live.keys)
            agents = read_agents(connection, self.live.keys)
            today = read_use(connection, since=now.date())
            month = read_use(connection, since=now.date() - timedelta(days=MONTH - 1))
            pending = count_pending(connection, now)
            asked_back = Counter[str]()
            for row in count_by_agent(connection, first):
                asked_back[row.agent] += row.calls if row.outcome == "asked_back" else 0
        shown = [agent for agent in agents if agent.number in month or agent.state(now) not in ("ended", "run_out")]
        uses = [
            AgentUse(
                agent=agent.number,
                name=agent.name,
                person=agent.person_name.partition(", ")[0],
                today=today.get(agent.number, AgentDay()),
                month=month.get(agent.number, AgentDay()),
                asked_back=asked_back[agent.number],
            )
            for agent in shown
        ]
        return Overview(
            switch=switch,
            agents=tuple(sorted(uses, key=lambda use: (-use.month.calls, use.name))),
            pending=pending,
            asked_back_days=days,
        )

    def turn(self, *, is_on: bool, why: str = "") -> None:
        """Switch all agents on or off. Raises NotAllowed, ChangedMeanwhile."""
        AgentWork(self.live, self.actor).turn(is_on, why)
