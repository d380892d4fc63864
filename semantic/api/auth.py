"""Authenticate tokens.

Each request looks up its token in the store, so that every process refuses a revoked token immediately.

Rate limits apply per process. With several processes, a token can use its limit on each of them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Final

from semantic.api.agent_authenticator import AgentAuthenticator, end_published_agent, is_of_agent
from semantic.api.token_refused import TokenRefused as TurnedAway
from semantic.errors import ChangedMeanwhile, StoreFailed, counted
from semantic.policy.actor import Actor
from semantic.policy.claims import is_reserved
from semantic.store.accounts.service_tokens import (
    ServiceToken,
    end_token,
    find_token,
    note_use,
    read_working_digests,
)
from semantic.store.agents.agents import ConnectedAgent, note_agent_use, read_agent_digests
from semantic.store.agents.days import count_guarded_question
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys
from semantic.store.people import subject_of

MOST_AT_ONCE: Final = 8
"""How many requests a token can run at the same time."""

AGENT_A_MINUTE: Final = 60
"""How many requests an agent can make per minute, in one process."""

NOTED_SECONDS: Final = 60.0
"""How often the use of a token is saved to the store."""

NO_TOKEN: Final = (
    "This needs a token, sent as `Authorization: Bearer ...`. Scripts have service tokens, which an administrator "
    "creates under Service tokens. Agents have their own, which you get under Agents."
)
IN_ADDRESS: Final = "It appeared in a link, where logs keep it"
NOBODY: Final = "This token has no owner any more. Ask an administrator to transfer it or create another."
UNKNOWN: Final = "This service token isn't valid here. Check that you copied all of it."
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _TokenUse:
    """A token's usage: its remaining requests, and the requests in progress.

    `uses` is the number of uses that aren't saved in the store yet.
    """

    actor: Actor
    left: float
    counted_at: float
    under_way: int = 0
    uses: int = 0
    noted_at: float = float("-inf")
    guarded_on: date | None = None
    guarded: set[str] = field(default_factory=set[str])  # that day's questions about hidden small groups


class Gate:
    """Admits or refuses tokens. Each process has one gate, which several threads can use safely.

    `people` has the current people by ID. If an owner loses a role, their tokens lose it too. Tokens stop working if
    their owner isn't in `people`, such as a demo person after a company sets up its own sign-in. With `owner_days`,
    they also stop if the owner hasn't signed in for that many days, because people can leave a company without notice.
    """

    def __init__(
        self,
        store: Store,
        keys: Keys,
        people: Callable[[], Mapping[str, Actor]],
        *,
        owner_days: float | None = None,
        guarded_questions: int = 200,
        clock: Callable[[], float] = time.monotonic,
        agents: AgentAuthenticator | None = None,
    ) -> None:
        self._store, self._keys, self._people, self._clock = store, keys, people, clock
        self._agents = agents
        self._owner_days, self._guarded_questions = owner_days, guarded_questions
        self._lock = threading.Lock()  # guards the following
        self._coming: dict[str, _TokenUse] = {}

    def admit(self, text: str, scope: str) -> Actor:
        """Return the actor that a token belongs to.

        Call `leave` after the request. Every token has the scope "".

        The same token gets the same Actor object every time, because caches are per actor object. An agent's actor has
        its person's current access. Raises TurnedAway, StoreFailed.
        """
        if is_of_agent(text):
            return self._admit_agent(text, scope)
        token = self.find(text)
        if scope and scope not in token.grant.scopes:
            may = ", ".join(sorted(token.grant.scopes))
            raise TurnedAway(
                "not_allowed", f"This needs the scope {scope}, and this token has {may}. Ask for another token."
            )
        coming = self._count(token.number, token.actor, token.grant.a_minute)
        self._note(token.number, coming, note_use)
        return coming.actor

    def leave(self, actor: Actor) -> None:
        """Record that one of this actor's requests has ended."""
        with self._lock:
            self._coming[_key_of(actor)].under_way -= 1

    def test(self, agent: ConnectedAgent) -> Actor:
        """Admit an agent as if it had sent its own token.

        People use this to test their agents. Raises TurnedAway, StoreFailed.
        """
        assert self._agents is not None, "Only a gate with agents has one."
        return self._let_in(agent, self._agents.actor_of(agent, "ask"))

    def _admit_agent(self, text: str, scope: str) -> Actor:
        if self._agents is None:
            raise TurnedAway("not_signed_in", UNKNOWN)
        return self._let_in(*self._agents.admit(text, scope))

    def _let_in(self, agent: ConnectedAgent, actor: Actor) -> Actor:
        coming = self._count(_key_of(actor), actor, AGENT_A_MINUTE)
        self._note(agent.number, coming, note_agent_use)
        # Another call may have just cached an actor that it read before their access changed.
        kept = coming.actor
        return kept if kept == actor else actor

    def count_guarded(self, actor: Actor, question: str) -> None:
        """Count a question that could reveal small groups. Raises TurnedAway above the daily limit (UTC).

        Differences between answers can reveal a small group, and a script can ask thousands of questions. Repeated
        questions count once. A person's agents share one limit, and their questions are counted in the store.
        """
        if actor.agent:
            self._count_guarded_agent(actor, question)
            return
        now = self._store.now()
        with self._lock:
            coming = self._coming[_key_of(actor)]
            if coming.guarded_on != now.date():
                coming.guarded_on, coming.guarded = now.date(), set()
            if question in coming.guarded:
                return
            if len(coming.guarded) >= self._guarded_questions:
                raise self._guarded_enough("this token, so it", now)
            coming.guarded.add(question)

    def _count_guarded_agent(self, actor: Actor, question: str) -> None:
        with self._store.write(recorded=False) as transaction:
            now, person = transaction.now, subject_of(transaction, actor.id, actor.name)
            most = self._guarded_questions
            is_within = count_guarded_question(transaction, self._keys, person, question, most=most)
        if not is_within:
            raise self._guarded_enough("you, so your agents together", now)

    def _guarded_enough(self, who: str, now: datetime) -> TurnedAway:
        midnight = datetime.combine(now.date() + timedelta(days=1), time_of_day(), now.tzinfo)
        most = counted(self._guarded_questions, "different question")
        return TurnedAway(
            "too_many_requests",
            f"Small groups are hidden from {who} can ask {most} about them a day. Ask for several metrics or "
            "breakdowns in one question, or try again after midnight UTC.",
            wait=(midnight - now).total_seconds(),
        )

    def find(self, text: str) -> ServiceToken:
        """Return the service token with this text, if it works. Raises TurnedAway, and StoreFailed.

        Only someone with the full token learns why it is refused. For anyone else, the error is the same as for a token
        that never existed.
        """
        if not text:
            raise TurnedAway("not_signed_in", NO_TOKEN)
        with self._store.read() as connection:
            token = find_token(connection, text)
        if token is None:
            raise TurnedAway("not_signed_in", UNKNOWN)
        why = self._why_not(token)
        if why:
            log.info("The service token %s was refused: %s", token.number, why)
            raise TurnedAway("not_signed_in", why)
        return token

    def working(self) -> frozenset[str]:
        """Return the digests of all service tokens and agents' tokens that haven't been revoked or expired.

        Raises StoreFailed.
        """
        now = self._store.now()
        with self._store.read() as connection:
            return read_working_digests(connection, now) | read_agent_digests(connection, now)

    def end_published(self, text: str) -> None:
        """Revoke a token that was exposed, for example in an address. Raises StoreFailed."""
        if is_of_agent(text):
            end_published_agent(self._store, self._keys, text)
            return
        with self._store.read() as connection:
            token = find_token(connection, text)
        if token is None or token.ended_at is not None:
            return
        try:
            with self._store.write() as transaction:
                end_token(transaction, self._keys, token.number, IN_ADDRESS, token.actor)
        except ChangedMeanwhile:
            return
        log.warning("The service token %s appeared in a link, so it was revoked.", token.number)

    def _why_not(self, token: ServiceToken) -> str:
        owner = self._people().get(token.owner)
        match token.state(self._store.now()):
            case "ended":
                return "This token was revoked. Ask an administrator for another."
            case "run_out":
                return f"This token expired on {token.grant.until:%-d %b %Y}. Ask an administrator for another."
            case "owner_gone":
                return NOBODY
            case _ if owner is None:
                # Anyone with the server's files is responsible for tokens made in its shell, and isn't a person who
                # signs in.
                return "" if is_reserved(token.owner) else NOBODY
            case _ if not owner.is_at_least(token.grant.role):
                return f"The owner of this token isn't a {token.grant.role} any more. Ask an administrator for another."
            case _ if is_left_alone(token, self._store.now(), self._owner_days):
                away = counted(self._owner_days or 0, "day")
                return (
                    f"The owner of this token hasn't signed in for {away}. It works again once they do, or once "
                    "an administrator transfers it."
                )
            case _:
                return ""

    def _count(self, key: str, actor: Actor, most: int) -> _TokenUse:
        """Count a request against the limit of `most` per minute. Raises TurnedAway above the limit."""
        now = self._clock()
        with self._lock:
            coming = self._coming.get(key)
            if coming is None:
                coming = self._coming[key] = _TokenUse(actor, most, now)
            if coming.actor != actor:  # its person's access has changed
                coming.actor = actor
            coming.left = min(most, coming.left + (now - coming.counted_at) * most / 60)
            coming.counted_at = now
            if coming.left < 1:
                wait = (1 - coming.left) * 60 / most
                rate = f"{counted(most, 'request')} a minute"
                text = f"This token is limited to {rate}. Try again in {max(1, round(wait))} s."
                raise TurnedAway("too_many_requests", text, wait=wait)
            if coming.under_way >= MOST_AT_ONCE:
                text = f"This token already has {MOST_AT_ONCE} requests running. Wait for one of them to finish."
                raise TurnedAway("too_many_requests", text, wait=1.0)
            coming.left -= 1
            coming.under_way += 1
            coming.uses += 1
            return coming

    def _note(self, number: str, coming: _TokenUse, note: Callable[[Transaction, str, int], None]) -> None:
        """Save a token's uses to the store from time to time. If that fails, they are saved next time."""
        now = self._clock()
        with self._lock:
            if now - coming.noted_at < NOTED_SECONDS:
                return
            before, coming.noted_at = coming.noted_at, now
            uses, coming.uses = coming.uses, 0
        try:
            with self._store.write(recorded=False) as transaction:
                note(transaction, number, uses)
        except StoreFailed:
            with self._lock:
                coming.uses, coming.noted_at = coming.uses + uses, before


def is_answered_for(token: ServiceToken, people: Mapping[str, Actor]) -> bool:
    """Whether a token's owner can sign in and still has the token's role.

    This is always true for tokens created in the shell.
    """
    owner = people.get(token.owner)
    return is_reserved(token.owner) or (owner is not None and owner.is_at_least(token.grant.role))


def is_left_alone(token: ServiceToken, now: datetime, owner_days: float | None) -> bool:
    """Whether a token's owner hasn't signed in for `owner_days` days.

    This is false if the setting is missing, and for tokens created in the shell.
    """
    if owner_days is None or is_reserved(token.owner):
        return False
    return token.owner_seen_at is None or now - token.owner_seen_at > timedelta(days=owner_days)


def number_of(actor: Actor) -> str:
    """Return the number of this actor's token or agent."""
    return actor.agent or actor.id.removeprefix("service:")


def _key_of(actor: Actor) -> str:
    return f"agent:{actor.agent}" if actor.agent else number_of(actor)
