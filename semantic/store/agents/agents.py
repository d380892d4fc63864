"""Connected agents: programs that ask on behalf of a person, each with its scopes, expiry and daily limits.

An agent uses a Samepage token, of which only a digest is stored, or is a client of the sign-in provider. Each row is
sealed, so write access to the store isn't enough to connect an agent, extend its access, or give it to another person.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    inspect,
    select,
    type_coerce,
    update,
)
from sqlalchemy.types import NullType

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.accounts.service_tokens import digest_of_token
from semantic.store.agents.clients import CLIENTS
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.database import Instant, Transaction, hold_log, metadata, parse_moment
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, subject_of
from semantic.store.row_seals import seal_row
from semantic.store.spaces.spaces import one_line

SCOPES: Final[Mapping[str, str]] = MappingProxyType({
    "ask": "Find metrics, ask questions and explain results",
    "propose": "Propose changes for you to approve",
    "sql": "See the SQL of answers",
})  # fmt: skip
"""What an agent can do, in the words of the page. It can do nothing that wasn't granted."""

STEWARD: Final = "steward"
"""The lowest role that sees SQL, and that can pause, revoke and limit other people's agents."""

LONGEST: Final = timedelta(days=365)
ENDS_SOON: Final = timedelta(days=14)
MOST_AGENTS: Final = 20  # of one person at one time
LONGEST_NAME: Final = 80
LONGEST_TEXT: Final = 400
LONGEST_ID: Final = 400
MOST_LIMIT: Final = 1_000_000_000
AGENT_TOKEN: Final = re.compile(r"sa_([0-9a-f]{12})_[0-9a-f]{64}")
"""The format of an agent's token, by which secret scanners find leaked ones."""

_NO_DIGEST: Final = "0" * 64
_GONE: Final = "You don't have an agent with this number. Reload the list."

AGENTS: Final = Table(
    "agents",
    metadata,
    Column("number", String(12), primary_key=True),
    Column("seal", String(64), nullable=False),
    Column("digest", String(64), nullable=False),  # of our own token; "" for a provider's client
    Column("name", String(100), nullable=False),
    Column("client", String(20), nullable=False),
    Column("issuer", String(LONGEST_ID), nullable=False),  # with the next: a provider's client; "" for our own token
    Column("client_id", String(LONGEST_ID), nullable=False),
    Column("person", String(32), nullable=False),  # a subject: who it asks for
    Column("scopes", Text, nullable=False),  # JSON
    Column("begun_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("paused_at", Instant),
    Column("paused_by", String(32), nullable=False),  # a subject; "" while it isn't paused
    Column("why_paused", Text, nullable=False),
    Column("ended_at", Instant),
    Column("why_ended", Text, nullable=False),
    Column("most_calls", Integer),  # limits of a day; null for the default
    Column("most_cost", Integer),
    Column("most_cells", Integer),
    Column("most_refused", Integer),
    Column("used_at", Instant),  # at most a minute old
    Column("uses", BigInteger, nullable=False),
    Index("ix_agents_person", "person"),
    Index("ix_agents_client_id", "client_id"),
)
_SEALED: Final = (
    *("number", "digest", "name", "client", "issuer", "client_id", "person", "scopes", "paused_by"),
    *("most_calls", "most_cost", "most_cells", "most_refused"),
)
_MOMENTS: Final = ("begun_at", "until", "paused_at", "ended_at")
_TIMES: Final = (*_MOMENTS, "used_at")

State = Literal["works", "ends_soon", "run_out", "paused", "ended", "damaged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """An agent's own daily limits (UTC). None means that the default applies.

    `calls` is the number of questions and look-ups, `cost` is in points for the engine's work, `cells` is the number of
    values in answers, and `refused` is the number of refusals in a row.
    """

    calls: int | None = None
    cost: int | None = None
    cells: int | None = None
    refused: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """An agent to connect.

    `issuer` and `client_id` identify a provider's client, and are "" for an agent with a Samepage token.
    """

    name: str
    client: str
    until: datetime
    scopes: frozenset[str] = frozenset({"ask"})
    issuer: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAgent:
    """An agent in the store. `person` is a subject. `person_id` and `person_name` are "" if the person was erased.

    `paused_by` is a subject. `is_sealed` means that the row is unchanged since Samepage wrote it. `used_at` is accurate
    to a minute.
    """

    number: str
    name: str
    client: str
    issuer: str
    client_id: str
    person: str
    person_id: str
    person_name: str
    scopes: frozenset[str]
    begun_at: datetime
    until: datetime
    paused_at: datetime | None
    paused_by: str
    why_paused: str
    ended_at: datetime | None
    why_ended: str
    limits: Limits = field(default_factory=Limits)
    used_at: datetime | None = None
    uses: int = 0
    is_sealed: bool = True

    def state(self, now: datetime) -> State:
        if not self.is_sealed:
            return "damaged"
        if self.ended_at is not None:
            return "ended"
        if self.until <= now:
            return "run_out"
        if self.paused_at is not None:
            return "paused"
        return "ends_soon" if self.until - now <= ENDS_SOON else "works"

    def works(self, now: datetime) -> bool:
        return self.state(now) in ("works", "ends_soon")


def is_steward(actor: Actor) -> bool:
    """Whether someone can see and manage everyone's agents."""
    return _is_person(actor) and actor.is_at_least(STEWARD)


def connect_agent(transaction: Transaction, keys: Keys, wanted: NewAgent, actor: Actor) -> tuple[ConnectedAgent, str]:
    """Connect an agent for `actor`, and return it with the text of its token, which is never shown again.

    The text is "" for a provider's client. Raises NotAllowed unless the actor is a person with a role, and
    InvalidQuery.
    """
    if not (_is_person(actor) and actor.is_at_least("viewer")):
        raise NotAllowed("Only people who are signed in as themselves can connect agents.")
    _check(wanted, actor, transaction.now)
    connection = transaction.connection
    hold_log(connection)  # simultaneous requests are counted and compared one after the other
    subject = subject_of(transaction, actor.id, actor.name)
    active = [agent for agent in read_agents(connection, keys, person=subject) if agent.ended_at is None]
    if len([agent for agent in active if agent.until > transaction.now]) >= MOST_AGENTS:
        raise NotAllowed(f"You have {MOST_AGENTS} agents, which is the limit. Revoke one that you don't use.")
    if wanted.client_id:
        for agent in active:
            if (agent.issuer, agent.client_id) == (wanted.issuer, wanted.client_id) and agent.until > transaction.now:
                raise ChangedMeanwhile("This program is already connected. You can find it in your list of agents.")
    number = secrets.token_hex(6)
    token = "" if wanted.client_id else f"sa_{number}_{secrets.token_hex(32)}"
    row: dict[str, object] = {
        "number": number,
        "digest": digest_of_token(token) if token else "",
        "name": one_line(wanted.name),
        "client": wanted.client,
        "issuer": wanted.issuer,
        "client_id": wanted.client_id,
        "person": subject,
        "scopes": json.dumps(sorted(wanted.scopes)),
        "begun_at": transaction.now,
        "until": wanted.until,
        "paused_at": None,
        "paused_by": "",
        "why_paused": "",
        "ended_at": None,
        "why_ended": "",
        "most_calls": None,
        "most_cost": None,
        "most_cells": None,
        "most_refused": None,
        "used_at": None,
        "uses": 0,
    }
    connection.execute(insert(AGENTS).values(**row, seal=_seal(keys, row)))
    agent = _require(connection, keys, number)
    details: dict[str, Plain] = {"client": CLIENTS[wanted.client], "until": f"{wanted.until:%Y-%m-%d}"}
    details |= {"scopes": [*sorted(wanted.scopes)]}
    _record(transaction, keys, "connected", agent, actor, details)
    return agent, token


def end_agent(transaction: Transaction, keys: Keys, number: str, why: str, actor: Actor) -> None:
    """Revoke an agent. Its person can, stewards can, and Samepage can if the agent's token leaked.

    Raises NotAllowed, and ChangedMeanwhile for an agent that is already revoked.
    """
    agent = _mine(transaction, keys, number, actor)
    if agent.ended_at is not None:
        raise ChangedMeanwhile("This agent is already revoked. Nothing was changed.")
    why = one_line(why)[:LONGEST_TEXT]
    _change(transaction, keys, number, {"ended_at": transaction.now, "why_ended": why})
    _record(transaction, keys, "ended", agent, actor, {"why": why} if why else {})


def pause_agent(transaction: Transaction, keys: Keys, number: str, why: str, actor: Actor) -> None:
    """Pause an agent, so that its calls are refused until it's resumed.

    Raises NotAllowed, and ChangedMeanwhile if it isn't active.
    """
    agent = _mine(transaction, keys, number, actor)
    if agent.ended_at is not None or agent.paused_at is not None:
        raise ChangedMeanwhile("This agent is already paused or revoked. Nothing was changed.")
    why, by = one_line(why)[:LONGEST_TEXT], subject_of(transaction, actor.id, actor.name)
    _change(transaction, keys, number, {"paused_at": transaction.now, "paused_by": by, "why_paused": why})
    _record(transaction, keys, "paused", agent, actor, {"why": why} if why else {})


def resume_agent(transaction: Transaction, keys: Keys, number: str, actor: Actor) -> None:
    """Resume a paused agent. If someone other than its person paused it, only stewards can.

    Raises NotAllowed, and ChangedMeanwhile if it isn't paused.
    """
    agent = _mine(transaction, keys, number, actor)
    if agent.ended_at is not None or agent.paused_at is None:
        raise ChangedMeanwhile("This agent isn't paused. Nothing was changed.")
    if agent.paused_by != agent.person and not is_steward(actor):
        raise NotAllowed("A steward paused this agent, so only stewards can resume it. Ask one of them.")
    _change(transaction, keys, number, {"paused_at": None, "paused_by": "", "why_paused": ""})
    _record(transaction, keys, "resumed", agent, actor, {})


def limit_agent(transaction: Transaction, keys: Keys, number: str, limits: Limits, actor: Actor) -> None:
    """Set an agent's own daily limits. Raises NotAllowed for anyone but a steward, and InvalidQuery."""
    if not is_steward(actor):
        raise NotAllowed("Only stewards and administrators can change an agent's daily limits. Ask one of them.")
    agent = _mine(transaction, keys, number, actor)
    values = {"calls": limits.calls, "cost": limits.cost, "cells": limits.cells, "refused": limits.refused}
    for name, value in values.items():
        if value is not None and not 0 <= value <= MOST_LIMIT:
            raise InvalidQuery(f"A limit on {name} is a number from 0 to {MOST_LIMIT:,}.")
    _change(transaction, keys, number, {f"most_{name}": value for name, value in values.items()})
    details: dict[str, Plain] = {name: value for name, value in values.items() if value is not None}
    _record(transaction, keys, "limited", agent, actor, details)


def end_agents_of(transaction: Transaction, keys: Keys, subject: str, why: str, by: Actor) -> None:
    """Revoke a person's agents, because their ID is released and can become someone else's.

    The caller checks that `by` is allowed to do this.
    """
    for agent in read_agents(transaction.connection, keys, person=subject):
        if agent.ended_at is None:
            _change(transaction, keys, agent.number, {"ended_at": transaction.now, "why_ended": why[:LONGEST_TEXT]})
            _record(transaction, keys, "ended", agent, by, {"why": why[:LONGEST_TEXT]})


def note_agent_use(transaction: Transaction, number: str, times: int) -> None:
    """Add to an agent's count of uses. Not logged, because each question is recorded itself."""
    values = {"used_at": transaction.now, "uses": AGENTS.c.uses + times}
    transaction.connection.execute(update(AGENTS).where(AGENTS.c.number == number).values(**values))


def forget_agents(transaction: Transaction, keys: Keys, subject: str) -> None:
    """Revoke the agents of a person who is being erased, and delete the agents' names.

    The caller records the erasure.
    """
    for number in transaction.connection.execute(select(AGENTS.c.number).where(AGENTS.c.person == subject)).scalars():
        ended = func.coalesce(AGENTS.c.ended_at, transaction.now)
        at = transaction.connection.execute(select(ended).where(AGENTS.c.number == number)).scalar()
        values: dict[str, object] = {"name": "", "why_paused": "", "why_ended": ""}
        _change(transaction, keys, number, values | {"ended_at": parse_moment(at) or transaction.now})


# Reading


def find_agent_token(connection: Connection, keys: Keys, text: str) -> ConnectedAgent | None:
    """Return the agent with this token, whether it works or not, or None if no such token was ever created.

    An unknown number takes as long as a wrong secret.
    """
    shape = AGENT_TOKEN.fullmatch(text)
    if shape is None:
        return None
    row = connection.execute(_BY_NUMBER, {"of": shape[1]}).one_or_none()
    digest = str(row.digest) if row is not None else _NO_DIGEST
    is_right = hmac.compare_digest(digest_of_token(text).encode(), digest.encode())
    return _agent(row, keys) if row is not None and is_right else None


def find_agent(connection: Connection, keys: Keys, number: str) -> ConnectedAgent | None:
    """Return the agent with this number, even a revoked one, or None."""
    row = connection.execute(_BY_NUMBER, {"of": number}).one_or_none() if number.isascii() else None
    return _agent(row, keys) if row is not None else None


def find_client(
    connection: Connection, keys: Keys, *, person: str, issuer: str, client_id: str
) -> ConnectedAgent | None:
    """Return a person's agent for a provider's client, or None if they never connected it. `person` is a subject.

    If there are several, returns the newest one that isn't revoked, or else the newest.
    """
    chosen = (AGENTS.c.person == person) & (AGENTS.c.issuer == issuer) & (AGENTS.c.client_id == client_id)
    rows = connection.execute(_rows().where(chosen, AGENTS.c.client_id != "")).all()
    agents = [agent for row in rows if (agent := _agent(row, keys)) is not None]
    return next(iter(sorted(agents, key=lambda agent: agent.ended_at is not None)), None)


def read_agents(connection: Connection, keys: Keys, *, person: str | None = None) -> list[ConnectedAgent]:
    """Return everyone's agents, or those of one `person` (a subject), newest first. Unreadable rows are omitted."""
    rows = _rows() if person is None else _rows().where(AGENTS.c.person == person)
    return [agent for row in connection.execute(rows) if (agent := _agent(row, keys)) is not None]


def read_agent_digests(connection: Connection, now: datetime) -> frozenset[str]:
    """Return the token digests of agents that haven't been revoked or expired."""
    works = AGENTS.c.ended_at.is_(None) & (AGENTS.c.until > now) & (AGENTS.c.digest != "")
    return frozenset(connection.execute(select(AGENTS.c.digest).where(works)).scalars())


# Restored stores


def read_stopped_agents(connection: Connection) -> Mapping[str, Mapping[str, object]]:
    """Return how each revoked or paused agent was stopped, by number. Empty for a store without the table."""
    if not inspect(connection).has_table(AGENTS.name):
        return {}
    names = ("ended_at", "why_ended", "paused_at", "paused_by", "why_paused")
    stopped = AGENTS.c.ended_at.is_not(None) | AGENTS.c.paused_at.is_not(None)
    rows = connection.execute(select(AGENTS.c.number, *(AGENTS.c[name] for name in names)).where(stopped))
    return {row.number: {name: getattr(row, name) for name in names} for row in rows}


def stop_agents_again(transaction: Transaction, keys: Keys, stopped: Mapping[str, Mapping[str, object]]) -> None:
    """Revoke and pause agents again in a restored store. The caller records the change in the audit log."""
    for number, values in stopped.items():
        agent = find_agent(transaction.connection, keys, number)
        if agent is not None and agent.ended_at is None and agent.is_sealed:
            _change(transaction, keys, number, dict(values))


# Details


def _is_person(actor: Actor) -> bool:
    return actor.kind == "person" and actor.viewed_by is None and actor.for_person is None


def _check(wanted: NewAgent, actor: Actor, now: datetime) -> None:
    if not 0 < len(one_line(wanted.name)) <= LONGEST_NAME:
        raise InvalidQuery(
            f"An agent needs a name of 1 to {LONGEST_NAME} characters, such as the assistant on my laptop."
        )
    if wanted.client not in CLIENTS:
        raise InvalidQuery(f"Choose the program that connects: {', '.join(CLIENTS.values())}.")
    if not wanted.scopes:
        raise InvalidQuery("Choose at least one permission for the agent, and only what it needs.")
    if not wanted.scopes <= SCOPES.keys():
        raise InvalidQuery(f"An agent needs one or more of {', '.join(SCOPES)}. Choose only what it needs.")
    if "sql" in wanted.scopes and not actor.is_at_least(STEWARD):
        raise NotAllowed("Only stewards can see SQL, so your agents can't either. Leave out that permission.")
    if not now < wanted.until <= now + LONGEST:
        raise InvalidQuery(f"An agent must expire within {LONGEST.days} days. Choose a day before that, after today.")
    ids = (wanted.issuer, wanted.client_id)
    if any(ids) and not all(0 < len(text) <= LONGEST_ID and text.isprintable() for text in ids):
        raise InvalidQuery("This isn't a client of a sign-in provider. Start again from the program.")


def _mine(transaction: Transaction, keys: Keys, number: str, actor: Actor) -> ConnectedAgent:
    """Return an agent that this actor can change. For anyone else, raises the same error as for a missing agent."""
    agent = find_agent(transaction.connection, keys, number)
    if actor is SAMEPAGE and agent is not None:
        return agent
    if agent is None or not _is_person(actor) or not (agent.person_id == actor.id or is_steward(actor)):
        raise NotAllowed(_GONE)
    if not agent.is_sealed:
        raise ChangedMeanwhile(
            "This agent was changed outside Samepage, so it doesn't work and can't be changed. Connect it again."
        )
    return agent


def _change(transaction: Transaction, keys: Keys, number: str, values: Mapping[str, object]) -> None:
    """Change an agent's row, and renew its seal."""
    connection = transaction.connection
    hold_log(connection)  # one writer at a time, so that no seal covers an older row
    row = dict(connection.execute(select(AGENTS).where(AGENTS.c.number == number)).mappings().one())
    row |= values
    connection.execute(update(AGENTS).where(AGENTS.c.number == number).values(**values, seal=_seal(keys, row)))


def _record(
    transaction: Transaction, keys: Keys, verb: str, agent: ConnectedAgent, actor: Actor, details: Mapping[str, Plain]
) -> None:
    act = Act(
        kind=f"agent.{verb}", actor=actor, about=f"agent:{agent.number}", details=details, personal={"name": agent.name}
    )
    record(transaction, act, keys)


def _require(connection: Connection, keys: Keys, number: str) -> ConnectedAgent:
    agent = find_agent(connection, keys, number)
    assert agent is not None, "It was just written."
    return agent


def _seal(keys: Keys, row: Mapping[str, object]) -> str:
    return seal_row(keys, b"agent row", row, columns=_SEALED, moments=_MOMENTS)


def _rows() -> Select[Any]:  # Any: the columns of both tables
    own = (
        type_coerce(column, NullType()).label(column.name) if column.name in _TIMES else column for column in AGENTS.c
    )
    joined = select(*own, PEOPLE.c.id.label("person_id"), PEOPLE.c.name.label("person_name")).join_from(
        AGENTS, PEOPLE, AGENTS.c.person == PEOPLE.c.subject, isouter=True
    )
    return joined.order_by(AGENTS.c.begun_at.desc(), AGENTS.c.number)


_BY_NUMBER: Final = _rows().where(AGENTS.c.number == bindparam("of"))  # built once, because every call reads its agent


def _agent(row: Row[Any], keys: Keys) -> ConnectedAgent | None:  # Any: SQLite can contain anything
    begun_at, until = parse_moment(row.begun_at), parse_moment(row.until)
    scopes = _scopes(row.scopes)
    if begun_at is None or until is None or scopes is None:
        return None
    is_sealed = hmac.compare_digest(
        str(row.seal).encode(), _seal(keys, {name: getattr(row, name) for name in (*_SEALED, *_MOMENTS)}).encode()
    )
    return ConnectedAgent(
        number=row.number,
        name=str(row.name),
        client=row.client if row.client in CLIENTS else "other",
        issuer=str(row.issuer),
        client_id=str(row.client_id),
        person=str(row.person),
        person_id=row.person_id or "",
        person_name=row.person_name or "",
        scopes=scopes,
        begun_at=begun_at,
        until=until,
        paused_at=parse_moment(row.paused_at),
        paused_by=str(row.paused_by),
        why_paused=str(row.why_paused),
        ended_at=parse_moment(row.ended_at),
        why_ended=str(row.why_ended),
        limits=Limits(
            calls=row.most_calls, cost=row.most_cost, cells=row.most_cells, refused=row.most_refused
        ) if is_sealed else Limits(),
        used_at=parse_moment(row.used_at),
        uses=row.uses if isinstance(row.uses, int) else 0,
        is_sealed=is_sealed,
    )  # fmt: skip


def _scopes(text: object) -> frozenset[str] | None:
    try:
        scopes = json.loads(str(text))
    except (ValueError, RecursionError):
        return None
    if not isinstance(scopes, list):
        return None
    return frozenset(scope for scope in SCOPES if scope in scopes)
