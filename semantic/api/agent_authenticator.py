"""Authenticate agents by a Samepage token, or by an access token from the sign-in provider.

An agent is connected to a person, and asks with the access that this person has at that moment.

Every call reads the store, so all processes refuse a revoked or paused agent immediately.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from semantic.api.token_refused import TokenRefused
from semantic.errors import ChangedMeanwhile, ProviderFailed, SignInRefused
from semantic.oidc.client import ProviderClient
from semantic.oidc.tokens import Access, issuer_of
from semantic.policy.actor import Actor
from semantic.policy.claims import id_from_claims
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.services.outbox.reader import NotNow, account_now
from semantic.services.process import Live
from semantic.store.accounts.accounts import Account, read_account
from semantic.store.agents.agents import (
    AGENT_TOKEN,
    SCOPES,
    STEWARD,
    ConnectedAgent,
    end_agent,
    find_agent_token,
    find_client,
)
from semantic.store.agents.switch import Switch, read_switch
from semantic.store.audit.entries import find_subject
from semantic.store.audit.log import SAMEPAGE
from semantic.store.database import Store
from semantic.store.keys import Keys

JWT: Final = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
"""Matches an access token: a JWT, whose first part is a JSON object."""

UNKNOWN: Final = "This agent's token isn't valid here. Check that you copied all of it, or connect the agent again."
NOT_OURS: Final = "This access token isn't for this server, has expired, or isn't valid. Sign in again in the program."
LEAKED: Final = "Its token appeared in a link, where logs keep it"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """The state of the store at one moment: the switch for all agents, and an agent's person."""

    switch: Switch
    account: Account | None


def is_of_agent(text: str) -> bool:
    """Whether a token looks like an agent's token, from Samepage or from a provider."""
    return AGENT_TOKEN.fullmatch(text) is not None or JWT.fullmatch(text) is not None


class AgentAuthenticator:
    """Finds the connected agent that a token belongs to, and the agent's actor.

    Each process has one instance, which several threads can use safely.
    """

    def __init__(self, live: Live) -> None:
        self._live = live

    def admit(self, text: str, scope: str) -> tuple[ConnectedAgent, Actor]:
        """Return the agent that a token belongs to, with its actor, if the agent has this scope.

        This reads the store only once. Raises TurnedAway, StoreFailed.
        """
        if JWT.fullmatch(text):
            agent = self._find_client(text)
            return agent, self.actor_of(agent, scope)
        keys = self._live.keys
        with self._live.store.read() as connection:
            agent = find_agent_token(connection, keys, text)
            if agent is None:
                raise TokenRefused("not_signed_in", UNKNOWN)
            known = _Known(read_switch(connection, keys), read_account(connection, keys, agent.person))
        return agent, self._actor(agent, scope, known)

    def actor_of(self, agent: ConnectedAgent, scope: str) -> Actor:
        """Return an agent's actor, which asks with its person's access.

        Raises TurnedAway if the agent doesn't have this scope, and StoreFailed. Every agent has the scope "".
        """
        keys = self._live.keys
        with self._live.store.read() as connection:
            known = _Known(read_switch(connection, keys), read_account(connection, keys, agent.person))
        return self._actor(agent, scope, known)

    def _actor(self, agent: ConnectedAgent, scope: str, known: _Known) -> Actor:
        why = self._why_not(agent)
        if why:
            log.info("The agent %s was refused: %s", agent.number, why)
            raise TokenRefused("not_signed_in", why)
        switch = known.switch
        if not switch.is_on:
            why = self._shown(switch.why, known)
            because = f" Reason: {why.rstrip('.')}." if why else ""
            refusal = f"Agents are switched off on this server.{because} Ask a steward to switch them on."
            raise TokenRefused("not_allowed", refusal)
        person = account_now(self._live, known.account, self._live.store.now())
        if isinstance(person, NotNow):
            raise TokenRefused("not_signed_in", _away(person))
        actor = person.actor
        if not actor.is_at_least("viewer"):
            raise TokenRefused("not_allowed", "This agent's person no longer has a role here.")
        scopes = agent.scopes if actor.is_at_least(STEWARD) else agent.scopes - {"sql"}
        if scope and scope not in scopes:
            may = ", ".join(name for name in SCOPES if name in scopes) or "nothing"
            raise TokenRefused(
                "not_allowed",
                f"This needs the permission {scope}, and this agent has {may}. Connect it again with that permission.",
            )
        return replace(actor, kind="agent", agent=agent.number, agent_name=agent.name, agent_scopes=scopes)

    def _why_not(self, agent: ConnectedAgent) -> str:
        match agent.state(self._live.store.now()):
            case "ended":
                return "This agent was revoked. Connect it again under Agents."
            case "run_out":
                return f"This agent's access expired on {agent.until:%-d %b %Y}. Connect it again under Agents."
            case "paused":
                because = f": {agent.why_paused.rstrip('.')}" if agent.why_paused else ""
                return f"This agent is paused{because}. It can be resumed under Agents."
            case "damaged":
                return UNKNOWN
            case _:
                return ""

    def _shown(self, text: str, known: _Known) -> str:
        """Return a text, or "" if it contains a name that is hidden from the agent's person."""
        person = account_now(self._live, known.account, self._live.store.now()) if text else None
        if person is None or isinstance(person, NotNow):
            return ""
        return text if names_nothing_hidden(text, self._live.workspace().visible(person.actor)) else ""

    def _find_client(self, text: str) -> ConnectedAgent:
        provider, access = self._verified(text)
        try:
            person = id_from_claims(access.claims, provider.provider)
        except SignInRefused as refused:
            raise TokenRefused(
                "not_signed_in", f"The access token doesn't name a person who can ask: {refused}"
            ) from None
        issuer = str(access.claims["iss"])
        with self._live.store.read() as connection:
            subject = find_subject(connection, person)
            account = read_account(connection, self._live.keys, subject) if subject else None
            claims = account.provided if account is not None else None
            # An address can be given to someone else. The provider's own ID of an account never is.
            proven = (person, issuer, access.claims["sub"])
            is_theirs = claims is not None and (claims.id, claims.issuer, claims.provider_subject) == proven
            if subject is None or not is_theirs:
                raise TokenRefused("not_signed_in", f"Sign in to Samepage first, at {self._address}.")
            found = find_client(
                connection, self._live.keys, person=subject, issuer=issuer, client_id=access.client
            )  # fmt: skip
        if found is None:
            asked = f"client={quote(access.client[:400], safe='')}&provider={quote(provider.provider.name)}"
            place = f"{self._address}/agents?{asked}"
            raise TokenRefused("not_allowed", f"This program isn't connected yet. Open {place} and allow it first.")
        return found

    def _verified(self, text: str) -> tuple[ProviderClient, Access]:
        issuer, is_down = issuer_of(text), False
        for client in self._live.clients.values() if issuer else ():
            if not client.provider.audiences:
                continue
            try:
                if client.metadata().issuer == issuer:
                    return client, client.access(text)
            except ProviderFailed as failed:
                is_down = is_down or failed.why == "down"
                log.info("An access token was refused. %s", failed)
        if is_down:
            raise TokenRefused("too_many_requests", "The sign-in provider didn't respond. Try again soon.", wait=5.0)
        raise TokenRefused("not_signed_in", NOT_OURS)

    @property
    def _address(self) -> str:
        return self._live.settings.address


def end_published_agent(store: Store, keys: Keys, text: str) -> None:
    """Revoke an agent whose token was exposed, for example in an address. Raises StoreFailed."""
    with store.read() as connection:
        agent = find_agent_token(connection, keys, text)
    if agent is None or agent.ended_at is not None:
        return
    try:
        with store.write() as transaction:
            end_agent(transaction, keys, agent.number, LEAKED, SAMEPAGE)
    except ChangedMeanwhile:
        return
    log.warning("The token of the agent %s appeared in a link, so it was revoked.", agent.number)


def agent_data(actor: Actor, scope: str) -> dict[str, Any]:  # Any: JSON
    """Return an agent's own details: its permissions, and under `scope`, which rows it sees."""
    return {"number": actor.agent, "name": actor.agent_name, "may": sorted(actor.agent_scopes), "scope": scope}


def _away(found: NotNow) -> str:
    if found.reason == "sign_in":
        return (
            "This agent's person hasn't signed in for too long, so their access isn't known. The agent works again "
            "once they sign in."
        )
    return "This agent's person can no longer sign in here, or has no role."
