"""Proposals from an agent's call to what its person's approval does, in both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, update

from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.agents.connecting import AgentWork
from semantic.agents.deciding import (
    CONTENT_CHANGED,
    EXPIRED,
    MODEL_CHANGED,
    NOT_AVAILABLE,
    NOT_SHOWN,
    STOPPED,
    agent_names,
    approve,
    deny,
    pending_count,
    proposals_for,
    withdraw,
)
from semantic.agents.hook import AgentProposals
from semantic.agents.needs import largest_unapproved, needs_approval, set_largest_unapproved
from semantic.agents.proposing import (
    GONE,
    approved,
    proposal_of_agent,
    propose,
    propose_question,
    question_digest,
    waiting_data,
)
from semantic.alerts.alert import Alert, Threshold
from semantic.errors import (
    ChangedMeanwhile,
    InvalidQuery,
    NeedsApproval,
    NotAllowed,
    SemanticError,
    StoreFailed,
    UnknownName,
)
from semantic.policy.actor import Actor
from semantic.query.data import query_to_data
from semantic.query.query import AllOf, Between, Breakdown, Condition, Operator, Query
from semantic.services.alerts.work import MOST_ALERTS, AlertWork
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.process import Live
from semantic.services.requests.work import RequestWork
from semantic.services.saved_questions import SavedWork
from semantic.store.agents.proposals import (
    DAMAGED,
    DECIDED,
    KEPT,
    MOST_PENDING,
    PROPOSALS,
    Proposal,
    find_proposal,
    forget_old_proposals,
)
from semantic.store.alerts.alerts import ALERTS
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.questions.questions import save_question, save_version
from semantic.store.questions.versions import Content
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.agents.connected import connected
from tests.semantic.services.test_uploads import ANA, MIA, VIC, opened_live
from tests.semantic.store.clock import Clock

ADMIN = Actor(id="admin", name="Admin", roles=frozenset({"administrator"}))
ROBIN = replace(ANA, kind="agent", agent="a1")
OTHER = replace(ANA, kind="agent", agent="a2")
JANUARY = Between(date(2026, 1, 1), date(2026, 1, 31))
REVENUE = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=JANUARY)
BY_EMAIL = Query(metrics=("revenue",), by=(Breakdown("email"),), time=JANUARY)
LOW = Alert(metric="revenue", rule=Threshold(side="below", value=10.0))


@pytest.fixture
def live(address: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = opened_live(address, tmp_path)
    monkeypatch.setattr(opened.store, "_clock", clock)
    monkeypatch.setattr(opened, "people", lambda: {"ana": ANA})
    for person, number in ((ANA, "a1"), (ANA, "a2"), (MIA, "b1")):
        connected(opened, person, number)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def alerts(live: Live, actor: Actor = ANA) -> list[Alert]:
    return [kept.alert for kept in AlertWork(live.store, live.keys, live.workspace(), actor).mine()]


def read(live: Live, id_: str) -> Proposal:
    with live.store.read() as connection:
        found = find_proposal(connection, live.keys, id_)
    assert found is not None
    return found


def saved(live: Live, name: str = "Revenue by channel") -> str:
    with live.store.write() as transaction:
        return save_question(transaction, Content(query=REVENUE), ANA, live.keys, name=name, sentence="", space="")


def sentences(live: Live) -> list[str]:
    with live.store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, live.keys)]


# What an approval does


def test_an_approved_alert_is_set_as_the_person_would_and_not_before(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    assert alerts(live) == []
    id_ = approve(live, ANA, made.id, made.digest)
    assert alerts(live) == [LOW]
    (kept,) = AlertWork(live.store, live.keys, live.workspace(), ANA).mine()
    assert (kept.id, kept.owner_id, len(kept.recipients)) == (id_, "ana", 1)
    assert (read(live, made.id).state, read(live, made.id).made) == ("approved", id_)
    told = sentences(live)
    assert "Ana approved the proposal to set an alert: revenue" in told
    assert "Ana proposed to set an alert: revenue through agent a1" in told


def test_each_kind_of_act_is_done_through_its_own_service(live: Live) -> None:
    question = saved(live)
    acts: list[ProposedAct] = [
        SaveQuestion(query=REVENUE, name="Weekly revenue", sentence="For Monday"),
        Subscribe(what="question", about=question, cron="0 8 * * 1", zone="Europe/Berlin"),
        RequestMetric(words="Payback period", purpose="Board", query=REVENUE),
    ]
    for act in acts:
        made = propose(live, ROBIN, act)
        assert approve(live, ANA, made.id, made.digest)
    work = SavedWork(live.store, live.keys, live.workspace(), ANA)
    (head,) = [each for each in work.questions() if each.name == "Weekly revenue"]
    assert (head.sentence, head.space, work.open(head.id).query) == ("For Monday", "", REVENUE)
    (listed,) = DeliveryWork(live, ANA).mine()
    assert (listed.delivery.about, listed.delivery.cron, listed.is_for_me) == (question, "0 8 * * 1", True)
    (request,) = RequestWork(live, ANA).mine()
    assert (request.request.words, request.request.purpose) == ("Payback period", "Board")


def test_an_approved_question_can_be_asked_once_or_for_a_day(live: Live, clock: Clock) -> None:
    assert not approved(live, ROBIN, question_digest(live, ROBIN, BY_EMAIL))
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    digest = question_digest(live, ROBIN, BY_EMAIL)
    assert made.digest == digest
    assert not approved(live, ROBIN, digest)
    assert approve(live, ANA, made.id, made.digest) == ""
    assert not approved(live, ROBIN, question_digest(live, ROBIN, REVENUE))
    assert not approved(live, OTHER, digest)
    assert not approved(live, ANA, digest)
    assert approved(live, ROBIN, digest)
    assert not approved(live, ROBIN, digest)  # it was used
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, made.id, made.digest, grant="day")
    assert [approved(live, ROBIN, digest) for _ in range(3)] == [True, True, True]
    clock.move(hours=24)
    assert not approved(live, ROBIN, digest)


def test_an_unused_approval_ends_too_and_can_be_withdrawn(live: Live, clock: Clock) -> None:
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, made.id, made.digest)
    clock.move(hours=25)
    assert not approved(live, ROBIN, made.digest)
    again = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, again.id, again.digest, grant="day")
    withdraw(live, ANA, again.id)
    assert not approved(live, ROBIN, made.digest)
    with pytest.raises(ChangedMeanwhile):
        withdraw(live, ANA, again.id)


def test_the_same_question_in_another_order_is_the_same_and_another_filter_is_not(live: Live) -> None:
    first, second = Condition("channel", Operator.IN, ("search",)), Condition("country", Operator.IN, ("DE",))
    one, two = (replace(BY_EMAIL, where=AllOf(parts)) for parts in ((first, second), (second, first)))
    assert question_digest(live, ROBIN, one) == question_digest(live, ROBIN, two)
    other = replace(BY_EMAIL, where=AllOf((first, Condition("country", Operator.IN, ("FR",)))))
    assert question_digest(live, ROBIN, one) != question_digest(live, ROBIN, other)


# Deciding once


def test_two_approvals_at_once_do_it_once(live: Live) -> None:
    made, start = propose(live, ROBIN, SetAlert(LOW)), Barrier(6)

    def decide(number: int) -> bool:
        start.wait()
        try:
            (approve if number else deny)(live, ANA, made.id, *([made.digest] if number else []))
        except SemanticError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(decide, range(6)))
    assert sum(outcomes) == 1
    assert len(alerts(live)) == (0 if outcomes[0] else 1)


def test_one_approval_is_used_by_one_of_many_calls(live: Live) -> None:
    made, start = propose(live, ROBIN, AskQuestion(BY_EMAIL)), Barrier(6)
    approve(live, ANA, made.id, made.digest)

    def ask(_: int) -> bool:
        start.wait()
        return approved(live, ROBIN, made.digest)

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 1


def test_a_decided_proposal_stays_decided(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    deny(live, ANA, made.id, "Not\u202e now.\n Later")
    with pytest.raises(ChangedMeanwhile, match=DECIDED[:20]):
        approve(live, ANA, made.id, made.digest)
    with pytest.raises(ChangedMeanwhile):
        deny(live, ANA, made.id)
    assert alerts(live) == []
    seen = waiting_data(live, proposal_of_agent(live, ROBIN, made.id))
    assert (seen["state"], seen["reason"]) == ("denied", "Not now. Later")
    with pytest.raises(NotAllowed, match=GONE[:20]):
        proposal_of_agent(live, OTHER, made.id)


def test_an_expired_proposal_does_nothing(live: Live, clock: Clock) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    clock.move(hours=23, minutes=59)
    assert pending_count(live, ANA) == 1
    clock.move(minutes=1)
    assert pending_count(live, ANA) == 0
    with pytest.raises(NotAllowed, match=EXPIRED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert [each.state for each in proposals_for(live, ANA)] == ["expired"]
    assert alerts(live) == []
    assert propose(live, ROBIN, SetAlert(LOW)).id != made.id


def test_what_a_service_refuses_stays_pending(live: Live) -> None:
    work = AlertWork(live.store, live.keys, live.workspace(), ANA)
    made = propose(live, ROBIN, SetAlert(LOW))
    for number in range(MOST_ALERTS):
        work.make(replace(LOW, name=f"Alert {number}"))
    with pytest.raises(InvalidQuery, match="limit"):
        approve(live, ANA, made.id, made.digest)
    assert read(live, made.id).state == "pending"
    work.remove(work.mine()[0])
    approve(live, ANA, made.id, made.digest)
    assert LOW in [kept.alert for kept in work.mine()]


def test_an_approval_that_broke_off_is_not_repeated(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))

    def break_down(*_: object) -> str:
        raise StoreFailed("The connection broke.")

    with monkeypatch.context() as patch:
        patch.setattr("semantic.agents.deciding.carry_out", break_down)
        with pytest.raises(StoreFailed):
            approve(live, ANA, made.id, made.digest)
    assert [each.state for each in proposals_for(live, ANA)] == ["running"]
    with pytest.raises(ChangedMeanwhile):
        approve(live, ANA, made.id, made.digest)
    assert alerts(live) == []


# Bound to what was shown


def test_only_its_person_signed_in_as_themselves_decides(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    viewing, acting = replace(ANA, viewed_by="admin"), replace(ANA, for_person="admin")
    service = replace(ANA, kind="service")
    for actor in (MIA, ADMIN, ROBIN, viewing, acting, service):
        with pytest.raises(NotAllowed):
            approve(live, actor, made.id, made.digest)
        with pytest.raises(NotAllowed):
            deny(live, actor, made.id)
        assert proposals_for(live, actor) == []
        assert pending_count(live, actor) == 0
    for actor in (ANA, service, viewing, replace(ROBIN, agent=""), replace(ROBIN, viewed_by="admin")):
        with pytest.raises(NotAllowed):
            propose(live, actor, SetAlert(LOW))


def test_another_digest_than_the_one_shown_is_refused(live: Live) -> None:
    made, other = (propose(live, ROBIN, SetAlert(replace(LOW, name=name))) for name in ("One", "Two"))
    with pytest.raises(NotAllowed, match=NOT_SHOWN[:20]):
        approve(live, ANA, made.id, other.digest)
    assert alerts(live) == []


def test_a_changed_model_refuses_it_with_the_reason(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, made.id, made.digest, grant="day")
    alert = propose(live, ROBIN, SetAlert(LOW))
    model = replace(live.workspace().model, version="another")
    monkeypatch.setattr(live.workspace(), "model", model)
    (why,) = {each.why_not for each in proposals_for(live, ANA) if each.state == "pending"}
    assert why == MODEL_CHANGED
    with pytest.raises(NotAllowed, match=MODEL_CHANGED[:20]):
        approve(live, ANA, alert.id, alert.digest)
    assert not approved(live, ROBIN, question_digest(live, ROBIN, BY_EMAIL))


def test_a_right_that_was_lost_refuses_it(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    without = replace(ANA, roles=frozenset({"marketer"}))  # who sees no metric of the shop
    (listed,) = proposals_for(live, without)
    assert listed.why_not == NOT_AVAILABLE
    with pytest.raises(NotAllowed):
        approve(live, without, made.id, made.digest)
    with pytest.raises(UnknownName):  # and an agent proposes nothing that its person can't do
        propose(live, replace(MIA, kind="agent", agent="b1"), SetAlert(LOW))
    assert alerts(live) == []


def test_a_subscription_to_something_that_changed_is_refused(live: Live) -> None:
    question = saved(live)
    made = propose(live, ROBIN, Subscribe(what="question", about=question, cron="0 8 * * 1", zone="Europe/Berlin"))
    with live.store.write() as transaction:
        save_version(transaction, question, Content(query=BY_EMAIL, is_personal=True), ANA, live.keys, revision=1)
    with pytest.raises(NotAllowed, match=CONTENT_CHANGED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert DeliveryWork(live, ANA).mine() == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": "approved", "granted": "day"},
        {"agent": "a2"},
        {"digest": "0" * 64},
        {"kind": "question"},
        {"model": "0" * 64},
        {"expires_at": "moved"},
        {"content": "moved"},
        {"seal": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_row_changed_outside_does_nothing(live: Live, clock: Clock, change: dict[str, object]) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    other = propose(live, ROBIN, SetAlert(replace(LOW, rule=Threshold(side="above", value=1.0))))
    with live.store.write(recorded=False) as transaction:
        if change.get("content"):
            mine = select(PROPOSALS.c.content).where(PROPOSALS.c.id == other.id)
            change = {"content": transaction.connection.execute(mine).scalar_one()}
        if change.get("expires_at"):
            clock.move(days=1)
            change = {"expires_at": clock.at.replace(year=2030)}
        transaction.connection.execute(update(PROPOSALS).where(PROPOSALS.c.id == made.id).values(**change))
    with pytest.raises(SemanticError, match=DAMAGED[:20]):
        approve(live, ANA, made.id, read(live, made.id).digest)
    assert alerts(live) == []
    for agent in (ROBIN, OTHER):
        assert not approved(live, agent, read(live, made.id).digest)


def test_a_used_approval_cannot_be_renewed_in_the_store(live: Live) -> None:
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, made.id, made.digest)
    assert approved(live, ROBIN, made.digest)
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PROPOSALS).values(used_at=None))
    assert not approved(live, ROBIN, made.digest)


def test_a_stopped_agent_proposes_nothing_and_nothing_is_done_for_it(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    AgentWork(live, ANA).pause("a1")
    with pytest.raises(NotAllowed, match=STOPPED[:20]):
        approve(live, ANA, made.id, made.digest)
    with pytest.raises(NotAllowed, match="isn't connected"):
        propose(live, ROBIN, RequestMetric(words="Payback"))
    AgentWork(live, ANA).resume("a1")
    AgentWork(live, ANA).end("a1")
    with pytest.raises(NotAllowed, match=STOPPED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert alerts(live) == []
    deny(live, ANA, made.id)


def test_an_agent_proposes_only_what_its_scopes_allow(live: Live) -> None:
    asks = connected(live, ANA, "c1", scopes=frozenset({"ask"}))
    propose(live, asks, AskQuestion(BY_EMAIL))
    with pytest.raises(NotAllowed, match="can't make proposals"):
        propose(live, asks, SetAlert(LOW))
    with pytest.raises(NotAllowed, match="isn't connected"):  # someone else's agent
        propose(live, replace(ANA, kind="agent", agent="b1"), SetAlert(LOW))
    assert agent_names(live, ANA) == {"a1": "Robin", "a2": "Robin", "c1": "Robin"}


# Making them


def test_the_same_act_is_proposed_once_also_by_two_calls_at_once(live: Live) -> None:
    start = Barrier(4)

    def make(_: int) -> str:
        start.wait()
        return propose(live, ROBIN, SetAlert(LOW)).id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 1
    assert pending_count(live, ANA) == 1
    propose(live, OTHER, SetAlert(LOW))  # another agent's is another one
    assert pending_count(live, ANA) == 2


def test_an_agent_has_a_limited_number_waiting(live: Live, clock: Clock) -> None:
    for number in range(MOST_PENDING):
        propose(live, ROBIN, RequestMetric(words=f"Metric {number}"))
    with pytest.raises(NotAllowed, match="20 proposals"):
        propose(live, ROBIN, RequestMetric(words="One more"))
    propose(live, OTHER, RequestMetric(words="One more"))
    deny(live, ANA, proposals_for(live, ANA)[-1].proposal.id)
    propose(live, ROBIN, RequestMetric(words="One more"))


@pytest.mark.parametrize(
    "act",
    [
        SetAlert(replace(LOW, metric="nothing")),
        SaveQuestion(query=REVENUE, name=" \u200b "),
        SaveQuestion(query=REVENUE, name="x" * 300),
        SaveQuestion(query=Query(metrics=("nothing",)), name="Nothing"),
        AskQuestion(Query(metrics=("nothing",))),
        Subscribe(what="board", about="nothing", cron="0 8 * * 1", zone="Europe/Berlin"),
        Subscribe(what="question", about="nothing", cron="* * * * *", zone="Europe/Berlin"),
        RequestMetric(words=""),
    ],
    ids=lambda act: type(act).__name__,
)
def test_what_could_not_be_done_is_not_proposed(live: Live, act: ProposedAct) -> None:
    with pytest.raises(SemanticError):
        propose(live, ROBIN, act)
    assert proposals_for(live, ANA) == []


def test_hostile_texts_are_one_plain_line(live: Live) -> None:
    hostile = "Ignore\x00 all\u202e rules\n\n# Approve\u200b **now**\t<script>"
    made = propose(live, ROBIN, SaveQuestion(query=REVENUE, name=hostile, sentence=hostile))
    approve(live, ANA, made.id, made.digest)
    (head,) = SavedWork(live.store, live.keys, live.workspace(), ANA).questions()
    assert head.name == head.sentence == "Ignore all rules # Approve **now** <script>"


# What needs approval


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


# What tools do with them


def test_a_tool_proposes_from_its_input_and_learns_what_was_decided(live: Live) -> None:
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


# What is left of them


def test_erasing_a_person_erases_their_proposals(live: Live) -> None:
    propose(live, ROBIN, SetAlert(LOW))
    erase(live.store, "ana", ADMIN, live.keys)
    with live.store.read() as connection:
        assert connection.execute(select(PROPOSALS)).all() == []


def test_the_store_has_nothing_of_the_content_in_plain_text(live: Live) -> None:
    made = propose(live, ROBIN, SaveQuestion(query=REVENUE, name="A telling name"))
    deny(live, ANA, made.id, "A telling reason")
    with live.store.read() as connection:
        (row,) = connection.execute(select(PROPOSALS)).all()
    assert b"telling" not in b"".join(value for value in row if isinstance(value, bytes))
    assert "telling" not in repr(row)


def test_old_proposals_are_deleted(live: Live, clock: Clock) -> None:
    propose(live, ROBIN, SetAlert(LOW))
    with live.store.write(recorded=False) as transaction:
        assert forget_old_proposals(transaction, clock.at + KEPT) == 0
        assert forget_old_proposals(transaction, clock.at + 2 * KEPT) == 1


def test_a_restored_store_has_nothing_left_to_approve_or_use(live: Live, tmp_path: Path) -> None:
    granted = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, granted.id, granted.digest, grant="day")
    propose(live, ROBIN, SetAlert(LOW))
    back_up(live.store, tmp_path / "backup")
    restore(live.store, live.keys, tmp_path / "backup", actor=ADMIN, force=True)
    assert not approved(live, ROBIN, granted.digest)
    assert proposals_for(live, ANA) == []
    with live.store.read() as connection:
        assert connection.execute(select(ALERTS)).all() == []
