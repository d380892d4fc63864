"""Proposals for agents' tools: turn a tool's input into an act, and a proposal into the tool's output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from semantic.agents.acts import ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.agents.needs import COSTS, DEFAULT_COST, largest_unapproved, need_of
from semantic.agents.proposing import (
    approved,
    proposal_of_agent,
    propose,
    propose_question,
    question_digest,
    waiting_data,
)
from semantic.alerts.codec import read_alert
from semantic.errors import InvalidQuery, NeedsApproval, NotAllowed
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.filters import filter_data
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.services.saved_questions import SavedWork

_CONDITIONS: Final = ("always", "changed", "behind", "alert")
PEOPLE: Final = (
    "Agents can't run explanations or analyses about individual people. Their person can run them in Samepage, or "
    "approve a question about individual people."
)
_ALERT_KEYS: Final = ("grain", "apart_days", "ends_after", "hold_days")


@dataclass(frozen=True, slots=True)
class AgentProposals:
    """The acts that agents can do only after their person approves. Does nothing for people and service tokens."""

    live: Live = field(repr=False)

    def check(self, actor: Actor, query: Query, cost: str) -> None:
        """Raise NeedsApproval if an agent's question needs an approval that it doesn't have.

        Adds the proposal for that approval.

        An approval that is valid once is used up. `cost` is the cost class, or "" if it isn't known.
        """
        if actor.kind != "agent" or not actor.agent:
            return
        largest = largest_unapproved(self.live) if cost in COSTS[1:] else DEFAULT_COST  # the smallest is always allowed
        need = need_of(query, self.live.workspace().model, cost, largest=largest)
        if need is None or approved(self.live, actor, question_digest(self.live, actor, query)):
            return
        told = waiting_data(self.live, propose_question(self.live, actor, query, need))
        raise NeedsApproval(f"This question needs the person's approval. {need.sentence} {told['next']}", told)

    def check_people(self, actor: Actor, query: Query) -> None:
        """Raise NotAllowed for an agent's analysis or explanation about individuals.

        An approval covers exactly one plain question, and so not an analysis with the same names.
        """
        if actor.kind == "agent" and need_of(query, self.live.workspace().model, "") is not None:
            raise NotAllowed(PEOPLE)

    def propose(self, actor: Actor, kind: str, given: Mapping[str, Any]) -> dict[str, str]:
        """Add a proposal from a tool's input, and return its state for the agent.

        `kind` is `request`, `save_question`, `alert` or `subscription`. Raises SemanticError.
        """
        return waiting_data(self.live, propose(self.live, actor, self._act(actor, kind, given)))

    def state(self, actor: Actor, proposal: str) -> dict[str, str]:
        """Return the decision about an agent's own proposal, with the reason for a denial. Raises NotAllowed."""
        return waiting_data(self.live, proposal_of_agent(self.live, actor, proposal))

    def _act(self, actor: Actor, kind: str, given: Mapping[str, Any]) -> ProposedAct:
        details: dict[str, Any] = dict(given.get("details") or {})
        match kind:
            case "request":
                day = given.get("needed_by")
                return RequestMetric(
                    words=str(given["words"]), purpose=str(given.get("purpose") or ""),
                    needed_by=date.fromisoformat(day) if day else None, metric=str(given.get("metric") or ""),
                )  # fmt: skip
            case "save_question":
                query = self._query(actor, given)
                return SaveQuestion(query=query, name=str(given["name"]), sentence=str(details.get("sentence") or ""))
            case "alert":
                return _alert(self._query(actor, given), str(given["name"]), details)
            case "subscription":
                return _subscription(given, details)
            case _:
                raise InvalidQuery(f"{kind[:40]!r} can't be proposed.")

    def _query(self, actor: Actor, given: Mapping[str, Any]) -> Query:
        if given.get("question") is not None:
            return query_from_data(given["question"])
        if given.get("question_id"):
            work = SavedWork(self.live.store, self.live.keys, self.live.workspace(), actor)
            return work.open(str(given["question_id"])).query
        raise InvalidQuery("Give a `question`, or the `question_id` of a saved one.")


def _alert(query: Query, name: str, details: dict[str, Any]) -> SetAlert:
    """Return an alert on a question's metric and filters that fires above or below a value, or by a `rule`."""
    if len(query.metrics) != 1 or query.by or query.compare:
        raise InvalidQuery("An alert watches one metric. Give a question with one metric, and filters if needed.")
    unknown = details.keys() - {"above", "below", "rule", *_ALERT_KEYS}
    ways = [key for key in ("above", "below", "rule") if key in details]
    if unknown or len(ways) != 1:
        raise InvalidQuery(
            f"`details` of an alert has one of above, below and rule, and may have {', '.join(_ALERT_KEYS)}."
        )
    (way,) = ways
    rule = details["rule"] if way == "rule" else {"kind": "threshold", "side": way, "value": details[way]}
    where = {"where": filter_data(query.where)} if query.where is not None else {}
    data = {"metric": query.metrics[0], "rule": rule, "name": " ".join(name.split()), **where}
    return SetAlert(read_alert(data | {key: details[key] for key in _ALERT_KEYS if key in details}))


def _subscription(given: Mapping[str, Any], details: dict[str, Any]) -> Subscribe:
    board, question = given.get("board_id"), given.get("question_id")
    if not board and not question:
        raise InvalidQuery("Only boards and saved questions can be sent. Give a `board_id` or a `question_id`.")
    condition = str(details.get("condition", "always"))
    if details.keys() - {"cron", "zone", "condition"} or condition not in _CONDITIONS:
        raise InvalidQuery("`details` of a subscription has cron, zone and condition, such as always or changed.")
    return Subscribe(
        what="board" if board else "question", about=str(board or question), cron=str(details.get("cron", "")),
        zone=str(details.get("zone", "UTC")), condition=condition,
    )  # fmt: skip
