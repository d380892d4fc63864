"""What agents do with proposals: add them, read the decision, and use an approval to ask a question.

A proposal is bound to its exact content, the definitions behind it, the agent and the person. It has no effect until
the person approves it: see `semantic.agents.deciding`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from semantic.agents.acts import KINDS, AskQuestion, ProposedAct, act_data, cleaned, digest_of
from semantic.agents.executing import checked_act, questions_of, record_proposal
from semantic.agents.guidance import refuse_blocked
from semantic.agents.meaning import meaning_of
from semantic.agents.needs import Need
from semantic.errors import ChangedMeanwhile, NotAllowed, counted
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.store.agents.agents import find_agent
from semantic.store.agents.proposals import (
    MOST_PENDING,
    NewProposal,
    Proposal,
    State,
    add_proposal,
    change_proposal,
    count_pending,
    find_proposal,
    read_proposals,
)
from semantic.store.agents.switch import read_switch, what_stops
from semantic.store.audit.entries import find_subject
from semantic.store.database import Transaction, hold_log
from semantic.store.people import subject_of

GONE: Final = "This proposal no longer exists, or isn't yours."
STOPPED: Final = "This agent is paused, revoked or expired, so nothing is done for it."
SWITCHED_OFF: Final = "All agents are switched off on this server, so nothing is done for this one."


def propose(live: Live, actor: Actor, act: ProposedAct) -> Proposal:
    """Add an agent's proposal, and return it. If the same act is already pending, return that proposal.

    The act is refused if the person couldn't do it, or if it asks about a topic that is blocked for agents. Raises
    NotAllowed, InvalidQuery, BlockedTopic, and other errors of these checks.
    """
    if actor.kind != "agent" or not actor.agent or actor.viewed_by is not None:
        raise NotAllowed("Only connected agents can make proposals.")
    person = _person_of(actor)
    checked = checked_act(live, person, cleaned(act))
    for query, subject in questions_of(live, person, checked):
        refuse_blocked(live, actor, live.workspace().visible(actor), query=query, subject=subject)
    kind, meaning = KINDS[type(checked)], meaning_of(live, person, checked)
    with live.store.write() as transaction:
        hold_log(transaction.connection)  # simultaneous calls can't exceed the limit, or propose the same act twice
        subject = subject_of(transaction, actor.id, actor.name)
        digest = digest_of(checked, live.keys, meaning=meaning, agent=actor.agent, subject=subject)
        _check_agent(live, transaction, actor, subject, "ask" if kind == "question" else "propose")
        if (same := _pending(live, transaction, subject, digest)) is not None:
            transaction.is_recorded = True  # nothing was changed
            return same
        if count_pending(transaction.connection, transaction.now, agent=actor.agent) >= MOST_PENDING:
            raise NotAllowed(
                f"This agent already has {counted(MOST_PENDING, 'proposal')} waiting for a decision, the most allowed. "
                "Wait until some are decided."
            )
        new = NewProposal(
            agent=actor.agent, subject=subject, kind=kind, model=meaning, digest=digest, content=act_data(checked)
        )
        id_ = add_proposal(transaction, live.keys, new)
        record_proposal(live, transaction, "made", id_, checked, actor)
        return _found(live, transaction, id_)


def approved(live: Live, actor: Actor, digest: str) -> bool:
    """Whether an agent's person has approved exactly this question. Calling this uses up a one-time approval.

    `digest` comes from `question_digest`, and changes with the definitions behind the question. Raises StoreFailed.
    """
    if actor.kind != "agent" or not actor.agent:
        return False
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id)
        found = (
            read_proposals(connection, live.keys, subject=subject, agent=actor.agent, digest=digest) if subject else []
        )
        now = live.store.now()
        if what_stops(connection, live.keys, agent=actor.agent, person=subject or "", now=now):
            return False
    usable = [one for one in found if is_usable(one, now)]
    if any(one.granted == "day" for one in usable):
        return True
    for one in usable:
        try:
            with live.store.write(recorded=False) as transaction:  # the question itself is recorded
                change_proposal(transaction, live.keys, one, used_at=transaction.now)
        except ChangedMeanwhile:
            continue  # another call used it
        return True
    return False


def question_digest(live: Live, actor: Actor, query: Query) -> str:
    """Return the digest of an agent's question under the current definitions, for `approved`.

    Raises StoreFailed, and UnknownVersion for a question as of a version that doesn't exist.
    """
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id) or ""
    act = AskQuestion(query)
    meaning = meaning_of(live, _person_of(actor), act)
    return digest_of(act, live.keys, meaning=meaning, agent=actor.agent, subject=subject)


def propose_question(live: Live, actor: Actor, query: Query, need: Need) -> Proposal:
    """Propose to ask a question that needs approval. Raises the same errors as `propose`."""
    return propose(live, actor, AskQuestion(query, need.code))


def waiting_data(live: Live, proposal: Proposal) -> dict[str, str]:
    """Return the JSON data that an agent gets about its proposal.

    It contains the proposal's ID and state, the page where the person decides, when it expires, and what to do next.
    """
    state = proposal.state_at(live.store.now())
    return {
        "proposal": proposal.id,
        "state": "waiting" if state in ("pending", "running") else state,
        "reason": proposal.reason,
        "address": f"{live.settings.address}/agents?proposal={proposal.id}",
        "expires_at": proposal.expires_at.isoformat(timespec="seconds"),
        "next": _next_words(proposal, state),
    }


def _next_words(proposal: Proposal, state: State) -> str:
    match state:
        case "pending" | "running":
            again = " Then ask the same question again." if proposal.kind == "question" else ""
            return f"Ask the person to open the address and approve the proposal before it expires.{again}"
        case "approved":
            return (
                "Ask the same question again."
                if proposal.kind == "question"
                else "Approved and done. There's nothing left to do."
            )
        case "denied":
            return "The person denied it. Don't propose it again unless they ask for it."
        case "expired":
            return "It expired before a decision was made. Propose it again if it's still needed."


def proposal_of_agent(live: Live, actor: Actor, id_: str) -> Proposal:
    """Return an agent's own proposal, with the reason for a denial. Raises NotAllowed."""
    with live.store.read() as connection:
        found = find_proposal(connection, live.keys, id_)
        subject = find_subject(connection, actor.id)
    if (
        found is None
        or not found.is_sealed
        or found.agent != actor.agent
        or not actor.agent
        or found.subject != subject
    ):
        raise NotAllowed(GONE)
    return found


def is_usable(proposal: Proposal, now: datetime) -> bool:
    """Whether an agent can use an approval now to ask its question."""
    is_granted = proposal.is_sealed and proposal.kind == "question" and proposal.state == "approved"
    return is_granted and proposal.until is not None and now < proposal.until and proposal.used_at is None


def stopped_words(stopped: Literal["", "agent", "switch"]) -> str:
    """Return why an agent is stopped, by its own state or by the switch for all agents, or "" if it isn't."""
    return {"": "", "agent": STOPPED, "switch": SWITCHED_OFF}[stopped]


def _person_of(actor: Actor) -> Actor:
    """Return the agent's person, to check what they could do. Never pass this actor to code that changes anything."""
    return replace(actor, kind="person", agent="")


def _check_agent(live: Live, transaction: Transaction, actor: Actor, subject: str, scope: str) -> None:
    """Raise NotAllowed if the agent isn't connected to this person now, or doesn't have this scope."""
    agent = find_agent(transaction.connection, live.keys, actor.agent)
    if agent is None or agent.person != subject or not agent.works(transaction.now):
        raise NotAllowed("This agent is no longer connected, or is paused, so it can't make proposals.")
    if not read_switch(transaction.connection, live.keys).is_on:
        raise NotAllowed(SWITCHED_OFF)
    if scope not in agent.scopes:
        raise NotAllowed("This agent can't make proposals. Its person can allow that by connecting it again.")


def _pending(live: Live, transaction: Transaction, subject: str, digest: str) -> Proposal | None:
    found = read_proposals(transaction.connection, live.keys, subject=subject, digest=digest)
    is_open = (one for one in found if one.is_sealed and one.state_at(transaction.now) == "pending")
    return next(is_open, None)


def _found(live: Live, transaction: Transaction, id_: str) -> Proposal:
    found = find_proposal(transaction.connection, live.keys, id_)
    assert found is not None
    return found
