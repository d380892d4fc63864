"""Transcripts: what agents did for a person, call by call, and usage counts for stewards.

A transcript belongs to the agent's person. Administrators can open it, which is recorded. They see questions under
their own policy, and only the codes of refusals. Stewards see counts, but never questions.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from semantic.errors import InvalidQuery, NeedsApproval, NotAllowed, SemanticError, StoreFailed
from semantic.explore.shared_link import without_masked
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.receipt import read_receipt_id
from semantic.services.service_process import ServiceProcess
from semantic.services.usage.hidden import People, shown_people
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.agents.agents import find_agent
from semantic.store.agents.transcripts import (
    OUTCOMES,
    Call,
    CallFilter,
    NewCall,
    Outcome,
    add_call,
    count_by_agent,
    count_calls,
    forget_calls_before,
    read_calls,
)
from semantic.store.audit.entries import find_subject
from semantic.store.audit.log import Act, Plain, record
from semantic.store.people import read_names, subject_of

DEFAULT_DAYS: Final = 90
SHORTEST_DAYS, LONGEST_DAYS = 1, 400
SETTING: Final = "agents.transcript_days"
PAGE: Final = 25
MOST_DAYS: Final = 400
GONE: Final = "There's no transcript of this agent, or you don't have access to it."
ASKS: Final = frozenset({"ask", "check", "explain", "chart", "analyze", "replay"})
"""The tools that ask for numbers."""
PROPOSES: Final = frozenset({"request", "propose"})
"""The tools that make proposals."""
_LOG = logging.getLogger(__name__)


HARMLESS: Final = frozenset({"kind", "kinds", "limit", "rows", "receipt", "question_id", "board_id", "analysis_id"})
"""The arguments that administrators see of someone else's calls, besides words and questions."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A call as one reader sees it.

    `query` is the question, if there was one and this reader can ask all of it. `why_hidden` is why the question isn't
    shown, or "" if it is. `words` is the text that was searched for or parsed as a question. `arguments` has the other
    arguments. `reason` is the reason for a refusal, or "" for anyone but the agent's person.
    """

    call: Call
    query: Query | None = field(default=None, repr=False)
    words: str = field(default="", repr=False)
    arguments: Mapping[str, Plain] = field(default_factory=dict[str, Plain], repr=False)
    reason: str = field(default="", repr=False)
    proposal: str = ""
    why_hidden: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a transcript. `count` is the total number of calls. `is_mine` is false for an administrator."""

    entries: Sequence[Entry]
    count: int
    has_more: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class OpenedTranscript:
    """An agent's transcript that an administrator has opened, after this was recorded."""

    agent: str
    by: str


@dataclass(frozen=True, slots=True)
class AgentUse:
    """One agent's usage.

    `asked` is the number of calls that asked for numbers, `refused` of those that were refused, and `asked_back` of
    texts in which no question was found.

    `by_tool` and `by_cost` have the number of calls, for cost classes only where the class is known.
    """

    agent: str
    person: str = field(repr=False)  # their name; "" if they were erased
    calls: int = 0
    asked: int = 0
    refused: int = 0
    asked_back: int = 0
    proposed: int = 0
    cells: int = 0
    by_tool: Mapping[str, int] = field(default_factory=dict[str, int])
    by_cost: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of all agents, most used first, and the number of people they belong to."""

    agents: Sequence[AgentUse]
    people: People


@dataclass(frozen=True, slots=True)
class Transcripts:
    """The transcripts in one store. Raises StoreFailed whenever it reads."""

    live: ServiceProcess = field(repr=False)

    def note(
        self, actor: Actor, *, tool: str, asked: object, outcome: str, receipt: str = "", refusal: str = "",
        ms: float = 0.0, reason: str = "", proposal: str = "", cells: int = 0, cost: str = "",
    ) -> None:  # fmt: skip
        """Record an agent's call. Calls of people and service tokens aren't recorded.

        `asked` has the arguments as JSON-ready data. `refusal` is the code of a refusal, and `reason` its sentence. If
        the store doesn't respond, only a warning is logged, because the call is already done.
        """
        if actor.kind != "agent" or not actor.agent:
            return
        details: dict[str, Plain] = {"asked": _plain(asked), "reason": reason, "proposal": proposal}
        try:
            with self.live.store.write(recorded=False, synced=False) as transaction:
                subject = subject_of(transaction, actor.id, actor.name)
                new = NewCall(
                    agent=actor.agent, subject=subject, tool=tool, code=refusal,
                    outcome=_outcome(tool, outcome, refusal),
                    receipt=read_receipt_id(receipt) or "", ms=round(ms), cells=cells, cost=cost, details=details,
                )  # fmt: skip
                add_call(transaction, self.live.keys, new)
        except StoreFailed as error:
            _LOG.warning("A call of the agent %s wasn't added to its transcript. %s", actor.agent, error)

    def mine(self, actor: Actor, *, agent: str = "", outcome: str = "", after: Call | None = None) -> Page:
        """Return a page of this person's agents' calls, newest first. `after` is the last call on the previous page."""
        if actor.kind != "person" or actor.viewed_by is not None:
            return Page((), 0, False, True)
        with self.live.store.read() as connection:
            subject = find_subject(connection, actor.id)
        if subject is None:
            return Page((), 0, False, True)
        return self._page(actor, CallFilter(subject=subject, agent=agent, outcome=outcome), after, is_mine=True)

    def is_mine(self, actor: Actor, agent: str) -> bool:
        """Whether an agent's calls were made for this person. True for an agent without calls."""
        with self.live.store.read() as connection:
            subject = find_subject(connection, actor.id)
            found = read_calls(connection, self.live.keys, CallFilter(agent=agent), most=1)
        return not found or (actor.viewed_by is None and found[0].subject == subject)

    def agent_and_person(self, actor: Actor, agent: str) -> tuple[str, str]:
        """Return the name of an agent, and the name of its person if that is someone else.

        Either is "" if this reader can't see it.
        """
        with self.live.store.read() as connection:
            found = find_agent(connection, self.live.keys, agent) if agent else None
        if found is None:
            return "", ""
        if actor.kind == "person" and actor.viewed_by is None and found.person_id == actor.id:
            return found.name, ""
        return (found.name, found.person_name.partition(", ")[0]) if self.may_audit(actor) else ("", "")

    def may_audit(self, actor: Actor) -> bool:
        """Whether someone can open other people's transcripts. Anyone who can read the audit log can."""
        return actor.kind == "person" and actor.viewed_by is None and actor.is_at_least("administrator")

    def open(self, actor: Actor, agent: str) -> OpenedTranscript:
        """Record that an administrator opens the transcript of someone's agent, and return what `audited` needs.

        Raises NotAllowed, also if there is no transcript.
        """
        if not self.may_audit(actor):
            raise NotAllowed(GONE)
        with self.live.store.read() as connection:
            found = read_calls(connection, self.live.keys, CallFilter(agent=agent), most=1) if agent else []
        if not found:
            raise NotAllowed(GONE)
        with self.live.store.write() as transaction:
            about, details = f"person:{found[0].subject}", {"agent": agent}
            act = Act(kind="transcript.opened", actor=actor, about=about, details=details)
            record(transaction, act, self.live.keys)
        return OpenedTranscript(agent, actor.id)

    def audited(self, actor: Actor, opened: OpenedTranscript, *, outcome: str = "", after: Call | None = None) -> Page:
        """Return a page of a transcript that this administrator has opened. Raises NotAllowed."""
        if not self.may_audit(actor) or opened.by != actor.id:
            raise NotAllowed(GONE)
        return self._page(actor, CallFilter(agent=opened.agent, outcome=outcome), after, is_mine=False)

    def _page(self, actor: Actor, chosen: CallFilter, after: Call | None, *, is_mine: bool) -> Page:
        before = (after.at, after.id) if after is not None else None
        placed = CallFilter(subject=chosen.subject, agent=chosen.agent, outcome=chosen.outcome, before=before)
        with self.live.store.read() as connection:
            calls = read_calls(connection, self.live.keys, placed, most=PAGE + 1)
            count = count_calls(connection, chosen)
        entries = [self._entry(call, actor, is_mine=is_mine) for call in calls[:PAGE]]
        return Page(entries, count, len(calls) > PAGE, is_mine)

    def _entry(self, call: Call, actor: Actor, *, is_mine: bool) -> Entry:
        details = call.details
        if details is None:
            return Entry(call, why_hidden="This call was changed outside Samepage, so it isn't shown.")
        if "is_too_long" in details:
            return Entry(call, why_hidden="Not shown, because this call was too long to keep.")
        asked = details.get("asked")
        arguments: dict[str, Plain] = dict(asked) if isinstance(asked, dict) else {}
        query, why_hidden = self._question(arguments.pop("question", None), actor, is_mine=is_mine)
        words = arguments.pop("words", "")
        if not is_mine and words and not _sees_all(self.live.workspace().visible(actor)):
            words, why_hidden = (
                "",
                why_hidden or "Its words may name something that isn't available to you, so they aren't shown.",
            )
        if not is_mine:  # definitions, earlier questions and texts may contain what this reader can't see
            arguments = {name: value for name, value in arguments.items() if name in HARMLESS}
        return Entry(
            call, query=query, words=words if isinstance(words, str) else "", arguments=arguments,
            reason=str(details.get("reason") or "") if is_mine else "", proposal=str(details.get("proposal") or ""),
            why_hidden=why_hidden,
        )  # fmt: skip

    def _question(self, data: Plain, actor: Actor, *, is_mine: bool) -> tuple[Query | None, str]:
        """Return a question if the reader can ask all of it, and otherwise why it isn't shown."""
        if not isinstance(data, dict):
            return None, ""
        try:
            asked = query_from_data(data)
        except SemanticError:
            return None, "" if is_mine else "The question couldn't be read."
        workspace = self.live.workspace()
        narrowed, _ = workspace.repair(asked, actor)
        if not is_mine:
            narrowed = without_masked(narrowed, workspace.visible(actor))
        if narrowed != asked:
            return None, "It uses something that isn't available to you, so it isn't shown."
        return asked, ""


def _sees_all(seen: VisibleModel) -> bool:
    """Whether this person sees everything that words could name: every metric, breakdown, value and row."""
    has_masks = any(seen.mask(dimension.name) for dimension in seen.dimensions)
    shows_names = len(seen.metrics) == len(seen.model.metrics) and all(map(seen.places, seen.model.dimensions))
    return shows_names and seen.may_name_members and not has_masks


def usage(live: ServiceProcess, actor: Actor, days: int) -> Usage:
    """Return each agent's usage in the last `days` days, for stewards, without questions.

    The number of people is hidden if it's below five. Raises NotAllowed, InvalidQuery.
    """
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least("steward"):
        raise NotAllowed("Only stewards and administrators can see how agents are used.")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidQuery(f"Choose 1 to {MOST_DAYS} days.")
    with live.store.read() as connection:
        rows = count_by_agent(connection, live.store.now() - timedelta(days=days))
        names = read_names(connection, {row.subject for row in rows})
    found: list[AgentUse] = []
    for agent in {row.agent for row in rows}:
        own = [row for row in rows if row.agent == agent]
        by_tool, by_cost = Counter[str](), Counter[str]()
        for row in own:
            by_tool[row.tool] += row.calls
            if row.cost:
                by_cost[row.cost] += row.calls
        name = names.get(own[0].subject, ("", ""))[1]
        found.append(
            AgentUse(
                agent=agent, person=name.partition(", ")[0], calls=sum(row.calls for row in own),
                asked=sum(row.calls for row in own if row.tool in ASKS),
                refused=sum(row.calls for row in own if row.outcome == "refused"),
                asked_back=sum(row.calls for row in own if row.outcome == "asked_back"),
                proposed=sum(row.calls for row in own if row.outcome == "proposed"),
                cells=sum(row.cells for row in own), by_tool=dict(by_tool), by_cost=dict(by_cost),
            )
        )  # fmt: skip
    people = shown_people(len({row.subject for row in rows}))
    return Usage(sorted(found, key=lambda use: (-use.calls, use.agent)), people)


# Retention


def transcript_days(live: ServiceProcess) -> int:
    """Return the retention of transcripts in days. Raises StoreFailed."""
    with live.store.read() as connection:
        value, _ = read_setting(connection, SETTING)
    is_days = isinstance(value, int) and not isinstance(value, bool) and SHORTEST_DAYS <= value <= LONGEST_DAYS
    return value if is_days and isinstance(value, int) else DEFAULT_DAYS


def set_transcript_days(live: ServiceProcess, actor: Actor, days: int) -> None:
    """Set the retention of transcripts in days. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
    if not Transcripts(live).may_audit(actor):
        raise NotAllowed("Only administrators can change how long transcripts are kept.")
    if not SHORTEST_DAYS <= days <= LONGEST_DAYS:
        raise InvalidQuery(f"Transcripts can be kept for {SHORTEST_DAYS} to {LONGEST_DAYS} days.")
    with live.store.write() as transaction:
        before, revision = read_setting(transaction.connection, SETTING)
        write_setting(transaction, SETTING, days, revision=revision)
        details: dict[str, Plain] = {"before": before if before is not None else DEFAULT_DAYS, "after": days}
        record(
            transaction,
            Act(kind="setting.changed", actor=actor, about=f"setting:{SETTING}", details=details),
            live.keys,
        )


def forget_old_calls(live: ServiceProcess) -> int:
    """Delete calls that are older than the retention allows, and return how many were deleted. Raises StoreFailed."""
    days = transcript_days(live)
    with live.store.write(recorded=False) as transaction:
        return forget_calls_before(transaction, transaction.now - timedelta(days=days))


def _outcome(tool: str, outcome: str, refusal: str) -> Outcome:
    """Return a call's outcome as shown. A call that ends in a proposal is "proposed", whether answered or refused."""
    if refusal == NeedsApproval.code or (outcome == "answered" and tool in PROPOSES):
        return "proposed"
    return outcome if outcome in OUTCOMES else "failed"


def _plain(value: object) -> Plain:
    """Return arguments as JSON-ready data, or None if they can't be converted."""
    try:
        data: Any = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return None
    return data
