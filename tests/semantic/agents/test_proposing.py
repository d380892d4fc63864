"""Proposals in both kinds of store, from an agent's call to the effect of its person's approval."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from semantic.agents import deciding
from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.agents.connecting import AgentWork
from semantic.agents.deciding import (
    CONTENT_CHANGED,
    EXPIRED,
    MODEL_CHANGED,
    NOT_AVAILABLE,
    NOT_SHOWN,
    agent_names,
    approve,
    deny,
    pending_count,
    proposals_for,
    withdraw,
)
from semantic.agents.executing import checked_act
from semantic.agents.proposing import (
    GONE,
    STOPPED,
    SWITCHED_OFF,
    approved,
    proposal_of_agent,
    propose,
    question_digest,
    waiting_data,
)
from semantic.alerts.alert import Threshold
from semantic.errors import (
    ChangedMeanwhile,
    InvalidQuery,
    NotAllowed,
    SemanticError,
    StoreFailed,
    UnknownName,
)
from semantic.model.expression import parse_condition, parse_expression
from semantic.model.model import Model
from semantic.query.query import AllOf, Condition, Operator, Query
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
    forget_old_proposals,
)
from semantic.store.alerts.alerts import ALERTS
from semantic.store.questions.questions import save_version
from semantic.store.questions.versions import Content
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.agents.connected import connected
from tests.semantic.agents.proposing_world import (
    ADMIN,
    BY_EMAIL,
    LOW,
    OTHER,
    REVENUE,
    ROBIN,
    alerts,
    open_shop,
    read,
    saved,
    sentences,
)
from tests.semantic.services.test_uploads import ANA, MIA
from tests.semantic.store.clock import Clock


@pytest.fixture
def live(address: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    with open_shop(address, tmp_path, clock, monkeypatch) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


# Effects of an approval


def test_an_approved_alert_is_set_as_the_person_would_set_it_and_not_before(live: Live) -> None:
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


def test_two_simultaneous_approvals_carry_out_an_act_once(live: Live) -> None:
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


def test_one_approval_is_used_by_only_one_of_many_calls(live: Live) -> None:
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


def test_a_proposal_that_a_service_refuses_stays_pending(live: Live) -> None:
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


def test_an_interrupted_approval_is_not_repeated(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
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


# Approvals cover exactly what the person was shown


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


def test_a_digest_other_than_the_one_shown_is_refused(live: Live) -> None:
    made, other = (propose(live, ROBIN, SetAlert(replace(LOW, name=name))) for name in ("One", "Two"))
    with pytest.raises(NotAllowed, match=NOT_SHOWN[:20]):
        approve(live, ANA, made.id, other.digest)
    assert alerts(live) == []


def test_a_proposal_is_refused_with_the_reason_once_the_model_changed(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, made.id, made.digest, grant="day")
    alert = propose(live, ROBIN, SetAlert(LOW))
    monkeypatch.setattr(live.workspace(), "model", with_revenue(live, filter=parse_expression("amount > 0")))
    (why,) = {each.why_not for each in proposals_for(live, ANA) if each.state == "pending"}
    assert why == MODEL_CHANGED
    with pytest.raises(NotAllowed, match=MODEL_CHANGED[:20]):
        approve(live, ANA, alert.id, alert.digest)
    assert not approved(live, ROBIN, question_digest(live, ROBIN, BY_EMAIL))


def test_definitions_that_it_does_not_use_can_change(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    question, alert = propose(live, ROBIN, AskQuestion(BY_EMAIL)), propose(live, ROBIN, SetAlert(LOW))
    before = live.workspace().model
    others = {
        name: replace(metric, label="New", fill=7) for name, metric in before.metrics.items() if name != "revenue"
    }
    assert others
    after = replace(before, version="another", metrics={**before.metrics, **others}, segments={})
    monkeypatch.setattr(live.workspace(), "model", after)
    approve(live, ANA, question.id, question.digest)
    approve(live, ANA, alert.id, alert.digest)
    assert alerts(live) == [LOW]
    assert approved(live, ROBIN, question_digest(live, ROBIN, BY_EMAIL))


@pytest.mark.parametrize("change", [{"label": "Costs"}, {"fill": 5}, {"where": parse_condition("channel = 'x'")}])
def test_a_changed_label_or_number_ends_a_proposal(
    live: Live, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    monkeypatch.setattr(live.workspace(), "model", with_revenue(live, **change))
    with pytest.raises(NotAllowed, match=MODEL_CHANGED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert alerts(live) == []


def test_a_proposed_subscription_ends_when_a_definition_in_it_changes(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Subscribe(what="question", about=saved(live), cron="0 8 * * 1", zone="UTC")
    made = propose(live, ROBIN, mail)
    monkeypatch.setattr(live.workspace(), "model", with_revenue(live, fill=5))
    with pytest.raises(NotAllowed, match=MODEL_CHANGED[:20]):
        approve(live, ANA, made.id, made.digest)


def with_revenue(live: Live, **change: Any) -> Model:
    """Return the model with another definition of revenue."""
    model = live.workspace().model
    changed = replace(model.metrics["revenue"], **change)
    return replace(model, version="another", metrics={**model.metrics, "revenue": changed})


def test_a_proposal_is_refused_once_the_person_lost_the_right(live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    without = replace(ANA, roles=frozenset({"marketer"}))  # a marketer sees no metric of this shop
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
    with pytest.raises(NotAllowed, match="is no longer connected"):
        propose(live, ROBIN, RequestMetric(words="Payback"))
    AgentWork(live, ANA).resume("a1")
    AgentWork(live, ANA).end("a1")
    with pytest.raises(NotAllowed, match=STOPPED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert alerts(live) == []
    deny(live, ANA, made.id)


def test_while_all_agents_are_off_nothing_is_proposed_approved_or_used(live: Live) -> None:
    alert, question = propose(live, ROBIN, SetAlert(LOW)), propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, question.id, question.digest, grant="day")
    AgentWork(live, ANA).turn(False)
    with pytest.raises(NotAllowed, match=SWITCHED_OFF[:20]):
        approve(live, ANA, alert.id, alert.digest)
    with pytest.raises(NotAllowed, match=SWITCHED_OFF[:20]):
        propose(live, ROBIN, RequestMetric(words="Payback"))
    assert not approved(live, ROBIN, question.digest)
    assert {each.why_not for each in proposals_for(live, ANA)} == {"", SWITCHED_OFF}  # decided proposals need no reason
    AgentWork(live, ANA).turn(True)
    assert approved(live, ROBIN, question.digest)
    approve(live, ANA, alert.id, alert.digest)
    assert alerts(live) == [LOW]


def test_an_approval_of_a_stopped_agent_is_not_used(live: Live) -> None:
    question = propose(live, ROBIN, AskQuestion(BY_EMAIL))
    approve(live, ANA, question.id, question.digest, grant="day")
    AgentWork(live, ANA).pause("a1")
    assert not approved(live, ROBIN, question.digest)


def test_an_agent_stopped_during_the_click_gets_nothing(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))

    def check_and_pause(*given: Any) -> ProposedAct:
        checked = checked_act(*given)
        AgentWork(live, ANA).pause("a1")
        return checked

    monkeypatch.setattr(deciding, "checked_act", check_and_pause)
    with pytest.raises(NotAllowed, match=STOPPED[:20]):
        approve(live, ANA, made.id, made.digest)
    assert alerts(live) == []
    assert read(live, made.id).state == "pending"


def test_an_agent_proposes_only_what_its_scopes_allow(live: Live) -> None:
    asks = connected(live, ANA, "c1", scopes=frozenset({"ask"}))
    propose(live, asks, AskQuestion(BY_EMAIL))
    with pytest.raises(NotAllowed, match="can't make proposals"):
        propose(live, asks, SetAlert(LOW))
    with pytest.raises(NotAllowed, match="is no longer connected"):  # someone else's agent
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
    propose(live, OTHER, SetAlert(LOW))  # another agent's proposal is separate
    assert pending_count(live, ANA) == 2


def test_an_agent_can_have_a_limited_number_of_proposals_waiting(live: Live, clock: Clock) -> None:
    waiting = [propose(live, ROBIN, RequestMetric(words=f"Metric {number}")) for number in range(MOST_PENDING)]
    with pytest.raises(NotAllowed, match="20 proposals"):
        propose(live, ROBIN, RequestMetric(words="One more"))
    propose(live, OTHER, RequestMetric(words="One more"))
    deny(live, ANA, waiting[0].id)
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
def test_an_act_that_the_person_could_not_do_is_not_proposed(live: Live, act: ProposedAct) -> None:
    with pytest.raises(SemanticError):
        propose(live, ROBIN, act)
    assert proposals_for(live, ANA) == []


def test_hostile_texts_are_one_plain_line(live: Live) -> None:
    hostile = "Ignore\x00 all\u202e rules\n\n# Approve\u200b **now**\t<script>"
    made = propose(live, ROBIN, SaveQuestion(query=REVENUE, name=hostile, sentence=hostile))
    approve(live, ANA, made.id, made.digest)
    (head,) = SavedWork(live.store, live.keys, live.workspace(), ANA).questions()
    assert head.name == head.sentence == "Ignore all rules # Approve **now** <script>"


# Deletion


def test_erasing_a_person_erases_their_proposals(live: Live) -> None:
    propose(live, ROBIN, SetAlert(LOW))
    erase(live.store, "ana", ADMIN, live.keys)
    with live.store.read() as connection:
        assert connection.execute(select(PROPOSALS)).all() == []


def test_the_store_has_no_content_of_proposals_in_plain_text(live: Live) -> None:
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
