"""Check and do what an agent proposed, with the rights of the person who approves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.query.personal import names_a_person
from semantic.query.query import Query
from semantic.schedules.schedule import Schedule, check_schedule
from semantic.services.alerts.work import AlertWork
from semantic.services.boards import BoardWork
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.process import Live
from semantic.services.requests.work import RequestOrigin, RequestWork
from semantic.services.saved_questions import SavedWork
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Transaction
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE

ACT_WORDS: Final[dict[type[ProposedAct], str]] = {
    AskQuestion: "ask a question",
    SaveQuestion: "save a question",
    SetAlert: "set an alert",
    Subscribe: "send a subscription",
    RequestMetric: "request a metric",
}
"""The name of each act in the audit log."""


def metrics_of(act: ProposedAct | None) -> tuple[str, ...]:
    """Return the metrics that an act uses."""
    match act:
        case AskQuestion(query) | SaveQuestion(query=query):
            return query.metrics
        case SetAlert(alert):
            return alert.metrics
        case RequestMetric(query=query) if query is not None:
            return query.metrics
        case _:
            return ()


def questions_of(live: Live, person: Actor, act: ProposedAct) -> list[tuple[Query, str]]:
    """Return every question whose numbers an act would request, once or on a schedule.

    Each comes with the entity whose events an analysis counts, or "" for other questions. Raises SemanticError.
    """
    store, keys, workspace = live.store, live.keys, live.workspace()
    match act:
        case AskQuestion(query) | SaveQuestion(query=query):
            return [(query, "")]
        case SetAlert(alert):
            of = alert.of.analysis if alert.of is not None else None
            return [(alert.names, of.kind.reads(of.asked).population.subject if of is not None else "")]
        case Subscribe(what="question"):
            return [(SavedWork(store, keys, workspace, person).open(act.about).query, "")]
        case Subscribe():
            work = BoardWork(store, keys, workspace, person)
            board = work.open(act.about).board
            state = work.opening_state(board)
            asked = [work.asked(tile, state).query for tile in board.tiles if tile.question is not None]
            return [(query, "") for query in asked if query is not None]
        case RequestMetric():
            return []  # stewards read the request's words, and it returns no numbers


def checked_act(live: Live, person: Actor, act: ProposedAct) -> ProposedAct:
    """Return an act with the current title and version of its board or question. This changes nothing.

    Raises SemanticError if this person isn't able to do what the act says.
    """
    store, keys, workspace = live.store, live.keys, live.workspace()
    match act:
        case AskQuestion(query):
            _check_question(live, person, query)
        case SaveQuestion(query=query):
            _check_question(live, person, query)
        case SetAlert(alert):
            AlertWork(store, keys, workspace, person).check(alert)
        case Subscribe():
            check_schedule(Schedule(cron=act.cron, zone=act.zone))
            if act.what == "board":
                head = BoardWork(store, keys, workspace, person).open(act.about).head
                title, is_archived = head.title, head.is_archived
            else:
                saved = SavedWork(store, keys, workspace, person).open(act.about).head
                title, is_archived, head = saved.name, saved.is_archived, saved
            if is_archived:
                raise InvalidQuery("This is archived. Restore it first.")
            return replace(act, title=title, version=head.version)
        case RequestMetric():
            if not RequestWork(live, person).may_ask:
                raise NotAllowed("You need a role to send requests.")
    return act


def _check_question(live: Live, person: Actor, query: Query) -> None:
    found = live.workspace().preflight(query, person)
    if not found.ok and found.error is not None:
        raise found.error


def carry_out(live: Live, person: Actor, act: ProposedAct) -> str:
    """Do what was approved, as the person, and return the ID of the created item."""
    store, keys, workspace = live.store, live.keys, live.workspace()
    match act:
        case AskQuestion():
            return ""
        case SaveQuestion(query=query):
            content = Content(query=query, is_personal=names_a_person(query, workspace.model))
            with store.write() as transaction:
                return save_question(
                    transaction, content, person, keys, name=act.name, sentence=act.sentence, space=MINE
                )
        case SetAlert(alert):
            return AlertWork(store, keys, workspace, person).make(alert)
        case Subscribe():
            wanted = NewDelivery(
                what=act.what, about=act.about, title="", cron=act.cron, zone=act.zone, condition=act.condition
            )
            return DeliveryWork(live, person).subscribe(wanted).id
        case RequestMetric(query=query):
            asking = RequestOrigin(place="requests", query=query)
            request = RequestWork(live, person).ask(
                act.words, "metric", asking, purpose=act.purpose, needed_by=act.needed_by, metric=act.metric
            )
            return request.id


def record_proposal(
    live: Live, transaction: Transaction, verb: str, id_: str, act: ProposedAct | None, actor: Actor, **more: Plain
) -> None:
    """Record an event of a proposal in the audit log. `act` is None if it can no longer be read."""
    details: dict[str, Plain] = {"act": ACT_WORDS[type(act)], **more} if act is not None else {**more}
    if metrics := metrics_of(act):
        details["metrics"] = [*metrics]
    record(transaction, Act(kind=f"proposal.{verb}", actor=actor, about=f"proposal:{id_}", details=details), live.keys)
