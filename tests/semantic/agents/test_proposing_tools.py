"""Calls that need approval, and what tools do with proposals, in both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from semantic.agents.acts import RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.agents.deciding import (
    approve,
    deny,
    pending_count,
    proposals_for,
)
from semantic.agents.hook import AgentProposals
from semantic.agents.needs import largest_unapproved, needs_approval, set_largest_unapproved
from semantic.agents.proposing import (
    propose_question,
    waiting_data,
)
from semantic.alerts.alert import Alert, Threshold
from semantic.errors import (
    InvalidQuery,
    NeedsApproval,
    NotAllowed,
    SemanticError,
)
from semantic.query.data import query_to_data
from semantic.query.query import Condition, Operator, Query
from semantic.services.process import Live
from tests.semantic.agents.proposing_world import (
    BY_EMAIL,
    REVENUE,
    ROBIN,
    open_shop,
    read,
    saved,
)
from tests.semantic.services.test_uploads import ANA, MIA, VIC
from tests.semantic.store.clock import Clock


@pytest.fixture
def live(address: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    with open_shop(address, tmp_path, clock, monkeypatch) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


# Acts that need approval


def test_personal_dimensions_and_large_questions_need_approval(live: Live) -> None:
    workspace = live.workspace()
    visible = workspace.visible(ANA)

    def need(query: Query, cost: str = "small", largest: str = "medium") -> str | None:
        checked = replace(workspace.preflight(query, ANA), cost=cost)  # type: ignore[arg-type]
        found = needs_approval(query, visible, checked, largest=largest)  # type: ignore[arg-type]
        return found.code if found is not None else None

    named = replace(REVENUE, where=Condition("email", Operator.IN, ("a@example.org",)))
    assert [need(REVENUE), need(BY_EMAIL), need(named)] == [None, "personal", "personal"]
    assert [need(REVENUE, cost) for cost in ("small", "medium", "large")] == [None, None, "cost"]
    assert need(REVENUE, "medium", largest="small") == "cost"
    assert need(REVENUE, "large", largest="large") is None
    found = needs_approval(BY_EMAIL, visible, workspace.preflight(BY_EMAIL, ANA))
    assert found is not None
    made = propose_question(live, ROBIN, BY_EMAIL, found)
    told = waiting_data(live, made)
    assert told["state"] == "waiting"
    assert told["address"].endswith(f"/agents?proposal={made.id}")
    assert told["expires_at"] == "2026-09-02T12:00:00+00:00"


def test_stewards_set_what_needs_approval(live: Live) -> None:
    assert largest_unapproved(live) == "medium"
    for actor in (VIC, MIA, ROBIN):
        with pytest.raises(NotAllowed):
            set_largest_unapproved(live, actor, "large")
    with pytest.raises(InvalidQuery):
        set_largest_unapproved(live, ANA, "huge")
    set_largest_unapproved(live, ANA, "small")
    assert largest_unapproved(live) == "small"


# Proposals in tools


def test_a_tool_proposes_from_its_input_and_learns_the_decision(live: Live) -> None:
    hook, question = AgentProposals(live), saved(live)
    where = Condition("channel", Operator.IN, ("search",))
    searched = query_to_data(Query(metrics=("revenue",), where=where))
    mondays = {"name": "Mail", "question_id": question, "details": {"cron": "0 8 * * 1"}}
    wanted = {"words": "Payback", "purpose": "", "needed_by": "2100-01-31", "metric": "revenue"}
    told = [
        hook.propose(ROBIN, "alert", {"name": "Low", "question": searched, "details": {"below": 10}}),
        hook.propose(ROBIN, "save_question", {"name": "Copy", "question_id": question}),
        hook.propose(ROBIN, "subscription", mondays),
        hook.propose(ROBIN, "request", wanted),
    ]
    assert [each["state"] for each in told] == ["waiting"] * 4
    acts = {each.proposal.id: each.act for each in proposals_for(live, ANA)}
    alert, copy, mail, request = [acts[each["proposal"]] for each in told]
    assert alert == SetAlert(Alert(metric="revenue", rule=Threshold(side="below", value=10), where=where, name="Low"))
    assert copy == SaveQuestion(query=REVENUE, name="Copy")
    assert isinstance(mail, Subscribe)
    assert (mail.what, mail.about, mail.cron, mail.zone) == ("question", question, "0 8 * * 1", "UTC")
    assert request == RequestMetric(words="Payback", needed_by=date(2100, 1, 31), metric="revenue")
    first = read(live, told[0]["proposal"])
    approve(live, ANA, first.id, first.digest)
    deny(live, ANA, told[1]["proposal"], "No")
    assert [hook.state(ROBIN, each["proposal"])["state"] for each in told] == [
        "approved",
        "denied",
        "waiting",
        "waiting",
    ]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("alert", {"name": "x", "question": {"metrics": ["revenue"]}, "details": {}}),
        ("alert", {"name": "x", "question": {"metrics": ["revenue"]}, "details": {"above": 1, "below": 2}}),
        ("alert", {"name": "x", "question": {"metrics": ["revenue"]}, "details": {"above": "one"}}),
        (
            "alert",
            {"name": "x", "question": {"metrics": ["revenue"]}, "details": {"above": 1, "to": "boss"}},
        ),
        ("alert", {"name": "x", "question": {"metrics": ["revenue", "orders"]}, "details": {"above": 1}}),
        ("save_question", {"name": "x"}),
        ("subscription", {"name": "x", "question": {"metrics": ["revenue"]}}),
        ("subscription", {"name": "x", "board_id": "b", "details": {"recipients": ["boss"]}}),
        ("delete_everything", {}),
    ],
    ids=str,
)
def test_input_that_is_not_an_act_is_refused(live: Live, kind: str, given: dict[str, object]) -> None:
    with pytest.raises(SemanticError):
        AgentProposals(live).propose(ROBIN, kind, given)
    assert proposals_for(live, ANA) == []


def test_a_tool_asks_a_personal_question_only_once_it_is_approved(live: Live) -> None:
    hook = AgentProposals(live)
    hook.check(ROBIN, REVENUE, "medium")
    hook.check(ANA, BY_EMAIL, "large")
    hook.check(replace(ANA, kind="service"), BY_EMAIL, "large")
    with pytest.raises(NeedsApproval) as refused:
        hook.check(ROBIN, BY_EMAIL, "small")
    assert refused.value.code == "needs_approval"
    (listed,) = proposals_for(live, ANA)
    assert refused.value.waiting["proposal"] == listed.proposal.id
    with pytest.raises(NeedsApproval):
        hook.check(ROBIN, BY_EMAIL, "small")
    assert pending_count(live, ANA) == 1
    approve(live, ANA, listed.proposal.id, listed.proposal.digest)
    hook.check(ROBIN, BY_EMAIL, "small")
    with pytest.raises(NeedsApproval):
        hook.check(ROBIN, BY_EMAIL, "small")
    with pytest.raises(NeedsApproval, match="large question"):
        hook.check(ROBIN, REVENUE, "large")
