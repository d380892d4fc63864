"""People's decisions about their agents' proposals: seeing, approving and denying them.

Approval does exactly what was shown, through the same services as the pages, with the person's own rights. Only the
person can approve, signed in and on a page. Otherwise, a client could approve what its own agent proposed (decision
78).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from semantic.agents.acts import LONGEST_REASON, AskQuestion, ProposedAct, clean_text, digest_of, read_act
from semantic.agents.executing import carry_out, checked_act, record_proposal
from semantic.agents.meaning import meaning_of
from semantic.agents.proposing import GONE, is_usable, stopped_words
from semantic.errors import (
    ChangedMeanwhile,
    NotAllowed,
    SemanticError,
    StoreFailed,
    UnknownBoard,
    UnknownName,
    UnknownQuestion,
)
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.agents.agents import read_agents
from semantic.store.agents.proposals import (
    DAMAGED,
    DECIDED,
    LIFE,
    Grant,
    Proposal,
    State,
    change_proposal,
    count_pending,
    encrypted_reason,
    find_proposal,
    read_proposals,
)
from semantic.store.agents.switch import what_stops
from semantic.store.audit.entries import find_subject

EXPIRED: Final = "This proposal expired. Ask the agent to propose it again."
MODEL_CHANGED: Final = "Definitions have changed since this was proposed. Ask the agent to propose it again."
CONTENT_CHANGED: Final = "The board or question has changed since this was proposed. Ask the agent to propose it again."
NOT_AVAILABLE: Final = "This uses something that no longer exists or is no longer available to you."
NOT_SHOWN: Final = "The proposal isn't the one you were shown, so nothing was done. Reload the page."


@dataclass(frozen=True, slots=True)
class ListedProposal:
    """A proposal as its person sees it: the act and its current state.

    It also has the reason why it can no longer be approved, or "" if it can.

    `act` is None if the act can no longer be read.
    """

    proposal: Proposal
    act: ProposedAct | None = field(repr=False)
    state: State
    why_not: str = ""

    @property
    def is_open(self) -> bool:
        return self.state == "pending"


def may_decide(actor: Actor) -> bool:
    """Whether someone can approve or deny proposals: they must be a person who is signed in as themselves."""
    return actor.kind == "person" and actor.viewed_by is None and actor.for_person is None


def proposals_for(live: Live, actor: Actor) -> list[ListedProposal]:
    """Return this person's proposals, pending and decided, newest first. Raises StoreFailed."""
    if not may_decide(actor):
        return []
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id)
        found = read_proposals(connection, live.keys, subject=subject) if subject else []
    return [_listed(live, actor, proposal) for proposal in found]


def agent_names(live: Live, actor: Actor) -> dict[str, str]:
    """Return the names of this person's agents by number, including revoked ones. Raises StoreFailed."""
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id) if actor.viewed_by is None else None
        agents = read_agents(connection, live.keys, person=subject) if subject else []
    return {agent.number: agent.name for agent in agents}


def pending_count(live: Live, actor: Actor) -> int:
    """Return the number of proposals that await this person's decision. Raises StoreFailed."""
    if not may_decide(actor):
        return 0
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id)
        return count_pending(connection, live.store.now(), subject=subject) if subject else 0


def approve(live: Live, actor: Actor, id_: str, digest: str, *, grant: Grant = "once") -> str:
    """Do what was proposed, as this person, and return the ID of the created item ("" for a question).

    `digest` is the digest of the proposal that was shown. The act runs at most once: if it fails midway, for example
    because the store is down, the proposal stays `running` and can't be approved again. If a service refuses it, the
    proposal stays pending.
    Raises NotAllowed, ChangedMeanwhile, and what the services raise.
    """
    proposal = _own(live, actor, id_)
    act = _act_to_approve(live, actor, proposal, digest)
    with live.store.write(recorded=False) as transaction:  # of two simultaneous approvals, only one continues
        agent, person = proposal.agent, proposal.subject
        if stopped := what_stops(transaction.connection, live.keys, agent=agent, person=person, now=transaction.now):
            raise NotAllowed(stopped_words(stopped))
        change_proposal(transaction, live.keys, proposal, state="running", decided_at=transaction.now)
    running = _own(live, actor, id_)
    try:
        made = carry_out(live, actor, act)
    except StoreFailed:
        raise
    except SemanticError:
        with live.store.write(recorded=False) as transaction:
            change_proposal(transaction, live.keys, running, state="pending", decided_at=None)
        raise
    with live.store.write() as transaction:
        is_question = isinstance(act, AskQuestion)
        granted: Grant = ("day" if grant == "day" else "once") if is_question else ""
        until = transaction.now + LIFE if is_question else None
        change_proposal(transaction, live.keys, running, state="approved", granted=granted, until=until, made=made)
        record_proposal(live, transaction, "approved", id_, act, actor)
    return made


def deny(live: Live, actor: Actor, id_: str, reason: str = "") -> None:
    """Deny a proposal, with a reason that the agent sees. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
    proposal, text = _own(live, actor, id_), clean_text(reason, LONGEST_REASON)
    if proposal.state != "pending":
        raise ChangedMeanwhile(DECIDED)
    with live.store.write() as transaction:
        sealed = encrypted_reason(transaction, live.keys, proposal, text) if text else b""
        change_proposal(transaction, live.keys, proposal, state="denied", decided_at=transaction.now, reason=sealed)
        record_proposal(live, transaction, "denied", id_, read_act(proposal.kind, proposal.content), actor)


def withdraw(live: Live, actor: Actor, id_: str) -> None:
    """End the approval of a question before it expires. Raises NotAllowed, ChangedMeanwhile."""
    proposal = _own(live, actor, id_)
    if not is_usable(proposal, live.store.now()):
        raise ChangedMeanwhile("This approval has already ended. Reload the page.")
    with live.store.write() as transaction:
        change_proposal(transaction, live.keys, proposal, until=transaction.now)
        record_proposal(live, transaction, "withdrawn", id_, read_act(proposal.kind, proposal.content), actor)


def _own(live: Live, actor: Actor, id_: str) -> Proposal:
    """Return a proposal that this person can decide about. Raises NotAllowed."""
    if not may_decide(actor):
        raise NotAllowed("Only people signed in as themselves can approve or deny proposals.")
    with live.store.read() as connection:
        found = find_proposal(connection, live.keys, id_)
        subject = find_subject(connection, actor.id)
    if found is None or subject is None or found.subject != subject:
        raise NotAllowed(GONE)
    return found


def _act_to_approve(live: Live, actor: Actor, proposal: Proposal, digest: str) -> ProposedAct:
    """Return a proposal's act, after checking it against the proposal that was shown and the current state."""
    state = proposal.state_at(live.store.now())
    if not proposal.is_sealed:
        raise NotAllowed(DAMAGED)
    if state == "expired":
        raise NotAllowed(EXPIRED)
    if state != "pending":
        raise ChangedMeanwhile(DECIDED)
    if digest != proposal.digest:
        raise NotAllowed(NOT_SHOWN)
    act = read_act(proposal.kind, proposal.content)
    if why := _why_not(live, actor, proposal, act):
        raise NotAllowed(why)
    assert act is not None
    return act


def _why_not(live: Live, actor: Actor, proposal: Proposal, act: ProposedAct | None) -> str:
    """Return why a pending proposal can no longer be approved, or "" if it can."""
    if not proposal.is_sealed or act is None:
        return DAMAGED
    agent, person = proposal.agent, proposal.subject
    with live.store.read() as connection:
        stopped = what_stops(connection, live.keys, agent=agent, person=person, now=live.store.now())
    if stopped:
        return stopped_words(stopped)
    try:
        if checked_act(live, actor, act) != act:
            return CONTENT_CHANGED
        meaning = meaning_of(live, actor, act)
        if proposal.model != meaning:
            return MODEL_CHANGED
        digest = digest_of(act, live.keys, meaning=meaning, agent=agent, subject=person)
        return DAMAGED if digest != proposal.digest else ""
    except StoreFailed:
        raise
    except (UnknownName, UnknownQuestion, UnknownBoard):
        return NOT_AVAILABLE
    except SemanticError as error:
        return str(error)


def _listed(live: Live, actor: Actor, proposal: Proposal) -> ListedProposal:
    act, state = read_act(proposal.kind, proposal.content), proposal.state_at(live.store.now())
    why_not = _why_not(live, actor, proposal, act) if state == "pending" else ""
    return ListedProposal(proposal, act, state, why_not)
