"""One person's alerts: create, find and respond to them, within the store's rules and the person's policy.

A person sees their own alerts, and the alerts they receive. Outcomes are computed under each recipient's policy, so a
recipient sees only their own outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from semantic.alerts.alert import Alert, Threshold
from semantic.alerts.analysis_numbers import number_metric, waiting_words
from semantic.alerts.codec import alert_from_json, alert_to_json
from semantic.alerts.replay import REPLAYED_DAYS, Replay, replay
from semantic.alerts.words import patience_words, rule_words
from semantic.annotations.remarks import Remark
from semantic.display.format import Write, counted, writer
from semantic.errors import InvalidQuery, NotAllowed, SemanticError, UnknownName
from semantic.model.definitions import DataType, Metric, TypeKind
from semantic.model.money import shown_unit
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.result import ResultColumn
from semantic.services.alerts.asking import ask_alert
from semantic.services.alerts.of_analysis import named_number, planned_number
from semantic.services.alerts.readings import MetricReadings
from semantic.services.remarks import RemarkWork
from semantic.store.accounts.accounts import read_account
from semantic.store.alerts.alerts import (
    AlertRecipient,
    StoredAlert,
    acknowledge_alert,
    bring_back_alert,
    change_alert,
    count_alerts,
    find_alert,
    join_alert_again,
    leave_alert,
    make_alert,
    pause_alert,
    read_alerts,
    remove_alert,
    resume_alert,
    snooze_alert,
)
from semantic.store.alerts.runs import (
    AlertRun,
    find_run,
    forget_memories,
    read_reader,
    read_runs,
    snooze_reader,
)
from semantic.store.audit.entries import find_subject
from semantic.store.database import Store, Transaction
from semantic.store.destinations.destinations import find_destination
from semantic.store.keys import Keys
from semantic.store.numbers.targets import list_targets
from semantic.store.outbox.sends import Recipient
from semantic.store.people import subject_of
from semantic.targets.target import Target
from semantic.workspace import Workspace

MOST_ALERTS: Final = 50  # of one person
LONGEST_SNOOZE: Final = timedelta(days=90)
GONE: Final = "This alert no longer exists, or you don't have access to it."
TELLS_OTHERS: Final = "marketer"
"""The lowest role that can make alerts that notify other people, groups or destinations."""


@dataclass(frozen=True, slots=True)
class AlertWork:
    """The alerts of `actor`, checked against the current model. Raises StoreFailed whenever it reads or writes."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    @property
    def may_make(self) -> bool:
        """Whether this person can create alerts."""
        return self.actor.kind == "person" and self.actor.viewed_by is None and self.actor.is_at_least("viewer")

    @property
    def may_tell_others(self) -> bool:
        return self.may_make and self.actor.is_at_least(TELLS_OTHERS)

    # Finding

    def find(self, id_: str) -> StoredAlert:
        """Return an alert that this person owns or receives.

        Raises NotAllowed, also for an alert that doesn't exist.
        """
        with self.store.read() as connection:
            kept = find_alert(connection, self.keys, id_)
        if kept is None or kept.removed_at is not None or not (self.is_mine(kept) or self.is_told(kept)):
            raise NotAllowed(GONE)
        return kept

    def mine(self) -> list[StoredAlert]:
        """Return the alerts that this person created, oldest first."""
        if (me := self._me()) is None:
            return []
        with self.store.read() as connection:
            return read_alerts(connection, self.keys, owner=me.id)

    def is_mine(self, kept: StoredAlert) -> bool:
        return self.actor.viewed_by is None and kept.owner_id == self.actor.id

    def is_told(self, kept: StoredAlert) -> bool:
        """Whether this person receives an alert, directly or as a member of a group."""
        me = self._me()
        return me is not None and any(
            one.id == me.id if one.kind == "person" else one.kind == "group" and one.id in self.actor.groups
            for one in kept.recipients
        )

    def has_left(self, kept: StoredAlert) -> bool:
        """Whether this person unsubscribed from an alert."""
        me = self._me()
        if me is None:
            return False
        with self.store.read() as connection:
            return read_reader(connection, kept.id, me).ended_at is not None

    def snoozed_until(self, kept: StoredAlert) -> date | None:
        """Return the day on which this person's snooze ends, or None if the alert isn't snoozed."""
        me = self._me()
        with self.store.read() as connection:
            own = read_reader(connection, kept.id, me).snoozed_until if me is not None else None
        days = [day for day in (own, kept.snoozed_until) if day is not None and day > self.workspace.today()]
        return max(days, default=None)

    def history(self, kept: StoredAlert) -> list[AlertRun]:
        """Return an alert's outcomes for this person, starting with the newest period."""
        if (me := self._me()) is None:
            return []
        with self.store.read() as connection:
            return read_runs(connection, me, alert=kept.id)

    def run(self, id_: str) -> AlertRun:
        """Return the outcome with this ID, if it's for this person. Raises NotAllowed."""
        me = self._me()
        with self.store.read() as connection:
            run = find_run(connection, id_)
        if run is None or run.recipient != me:
            raise NotAllowed(GONE)
        return run

    # Words

    def watched(self, alert: Alert) -> Metric:
        """Return the metric that an alert watches. A number of an analysis is represented by a metric too.

        Raises UnknownName.
        """
        return watched_metric(alert, self.workspace, self.actor)

    def words(self, alert: Alert) -> str:
        """Return an alert's own name, or else its rule in words.

        Raises UnknownName if the metric is hidden from this person.
        """
        return alert.name or self.rule_words(alert)

    def rule_words(self, alert: Alert) -> str:
        """Return an alert's rule in words. Raises UnknownName if the metric is hidden from this person."""
        return rule_in_words(alert, self.workspace, self.actor)

    def patience_words(self, alert: Alert) -> str:
        """Return in words how often an alert is checked and can fire, and how long it waits for each period's data."""
        waits = waiting_words(alert.of, alert.grain) if alert.of is not None else ""
        return " ".join(filter(None, (waits, patience_words(alert))))

    # Changing

    def make(self, alert: Alert, recipients: Sequence[AlertRecipient] = ()) -> str:
        """Add an alert, and return its ID. Without recipients, only this person receives it.

        Raises NotAllowed, UnknownName or InvalidQuery for a metric, filter or recipient that this person can't use.
        """
        self.check(alert)
        with self.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            if count_alerts(transaction.connection, me) >= MOST_ALERTS:
                raise InvalidQuery(f"You have {MOST_ALERTS} alerts, which is the limit. Remove one first.")
            wanted = tuple(recipients) or (AlertRecipient("person", me),)
            self._check_recipients(transaction, wanted, me)
            return make_alert(transaction, self.keys, alert, wanted, self.actor)

    def change(self, kept: StoredAlert, alert: Alert, recipients: Sequence[AlertRecipient] = ()) -> None:
        """Change an alert's definition and its recipients. If `recipients` is None, they stay the same.

        After a change to the rule, the alert starts over. Raises NotAllowed, UnknownName, InvalidQuery,
        ChangedMeanwhile.
        """
        self.check_mine(kept)
        self.check(alert)
        with self.store.write() as transaction:
            me = subject_of(transaction, self.actor.id, self.actor.name)
            wanted = tuple(recipients) or kept.recipients
            self._check_recipients(transaction, [one for one in wanted if one not in kept.recipients], me)
            change_alert(transaction, self.keys, kept, alert, wanted, self.actor)
            if _watched(alert) != _watched(kept.alert):
                forget_memories(transaction, kept.id)

    def pause(self, kept: StoredAlert) -> None:
        """Stop judging an alert, for all its recipients. Raises NotAllowed, ChangedMeanwhile."""
        self.check_mine(kept)
        with self.store.write() as transaction:
            pause_alert(transaction, self.keys, kept, self.actor)

    def resume(self, kept: StoredAlert) -> None:
        """Resume a paused alert, starting with the newest period. Raises NotAllowed, ChangedMeanwhile."""
        self.check_mine(kept)
        with self.store.write() as transaction:
            resume_alert(transaction, self.keys, kept, self.actor)
            forget_memories(transaction, kept.id)

    def remove(self, kept: StoredAlert) -> None:
        """Remove an alert for everyone. Raises NotAllowed, ChangedMeanwhile."""
        if not self.is_mine(kept) and not (self.actor.viewed_by is None and self.actor.is_at_least("steward")):
            raise NotAllowed("Only its owner and stewards can remove an alert.")
        with self.store.write() as transaction:
            remove_alert(transaction, self.keys, kept, self.actor)

    def bring_back(self, id_: str) -> None:
        """Restore an alert that this person owned and removed. Raises NotAllowed, InvalidQuery."""
        with self.store.write() as transaction:
            kept = find_alert(transaction.connection, self.keys, id_)
            if kept is None or kept.removed_at is None or not self.is_mine(kept):
                raise NotAllowed(GONE)
            if count_alerts(transaction.connection, kept.owner) >= MOST_ALERTS:
                raise InvalidQuery(f"You have {MOST_ALERTS} alerts, which is the limit. Remove one first.")
            bring_back_alert(transaction, self.keys, kept, self.actor)

    def snooze(self, kept: StoredAlert, until: date | None) -> None:
        """Snooze an alert until a day, or end the snooze if `until` is None.

        The owner snoozes the alert for everyone, a recipient only for themselves. Raises NotAllowed, InvalidQuery.
        """
        today = self.workspace.today()
        if until is not None and not today < until <= today + LONGEST_SNOOZE:
            raise InvalidQuery(f"Choose a day within the next {LONGEST_SNOOZE.days} days.")
        require_not_agent(self.actor)
        self._check_told(kept)
        if self.is_mine(kept):
            with self.store.write() as transaction:
                snooze_alert(transaction, self.keys, kept, until, self.actor)
                snooze_reader(transaction, kept.id, self._subject(transaction), None)
            return
        with self.store.write(recorded=False) as transaction:  # it concerns no one else
            snooze_reader(transaction, kept.id, self._subject(transaction), until)

    def acknowledge(self, kept: StoredAlert, run: AlertRun, remark: Remark | None = None) -> None:
        """Acknowledge a period for which an alert fired, so that everyone knows that this person is looking into it.

        A `remark` describes what happened on these days and excludes them from the usual range. Raises NotAllowed,
        UnknownName, InvalidQuery.
        """
        self._check_told(kept)
        if run.alert != kept.id or run.outcome != "fired" or run.recipient != self._me():
            raise NotAllowed(GONE)
        if remark is not None:
            RemarkWork(self.store, self.keys, self.workspace, self.actor).write(remark, (kept.alert.metric,))
        with self.store.write() as transaction:
            acknowledge_alert(transaction, self.keys, kept, run.period, self.actor)

    def leave(self, kept: StoredAlert) -> None:
        """Unsubscribe this person from an alert. Raises NotAllowed."""
        self._check_told(kept)
        if not self.has_left(kept):
            with self.store.write() as transaction:
                leave_alert(transaction, self.keys, kept.id, self._subject(transaction).id, self.actor)

    def join_again(self, kept: StoredAlert) -> None:
        """Subscribe this person again after they left an alert. Raises NotAllowed."""
        self._check_told(kept)
        if self.has_left(kept):
            with self.store.write() as transaction:
                join_alert_again(transaction, self.keys, kept.id, self._subject(transaction).id, self.actor)

    # Preview

    def preview(self, alert: Alert, *, days: int = REPLAYED_DAYS) -> Preview:
        """Return how an alert would have behaved for this person over the last `days` days, from one question by day.

        This takes about a second, so call it in a separate step and cache the result. Raises SemanticError.
        """
        self.check(alert)
        asked = self.asked(alert, more_days=days)
        return Preview(replay=replay(asked.known(alert), days=days), asked=asked, doubts=_doubts(alert, asked))

    def asked(self, alert: Alert, *, more_days: int = 0) -> MetricReadings:
        """Return an alert's readings as this person sees them. Raises SemanticError."""
        return ask_alert(alert, self.workspace, self.actor, self._targets(alert.metric), more_days=more_days)

    def _targets(self, metric: str) -> list[Target]:
        with self.store.read() as connection:
            return [kept.target for kept in list_targets(connection, metric=metric)]

    # Rights

    def _me(self) -> Recipient | None:
        if self.actor.viewed_by is not None:
            return None
        with self.store.read() as connection:
            subject = find_subject(connection, self.actor.id)
        return Recipient(kind="person", id=subject) if subject else None

    def _subject(self, transaction: Transaction) -> Recipient:
        return Recipient(kind="person", id=subject_of(transaction, self.actor.id, self.actor.name))

    def check(self, alert: Alert) -> None:
        """Check that this person is allowed to have such an alert. Raises NotAllowed, UnknownName, InvalidQuery."""
        if not self.may_make:
            raise NotAllowed("You can't change alerts while viewing as someone else, or without a role.")
        if alert_from_json(alert_to_json(alert)) != alert:
            raise InvalidQuery("This alert can't be saved. Check its rule.")
        if alert.of is not None:
            planned_number(alert.of, self.workspace, self.actor, today=self.workspace.today())
            return
        found = self.workspace.preflight(Query(metrics=(alert.metric,), where=alert.where), self.actor)
        if not found.ok and found.error is not None:
            raise found.error

    def check_mine(self, kept: StoredAlert) -> None:
        """Raise NotAllowed if this person doesn't own the alert."""
        if not self.is_mine(kept):
            raise NotAllowed("Only its owner can change an alert.")

    def _check_told(self, kept: StoredAlert) -> None:
        if self.actor.viewed_by is not None or not (self.is_mine(kept) or self.is_told(kept)):
            raise NotAllowed(GONE)

    def _check_recipients(self, transaction: Transaction, wanted: Sequence[AlertRecipient], me: str) -> None:
        connection = transaction.connection
        for recipient in wanted:
            if (recipient.kind, recipient.id) == ("person", me):
                continue
            if not self.may_tell_others:
                raise NotAllowed("You can set this only for yourself. Ask a marketer to set it for others.")
            match recipient.kind:
                case "person":
                    account = read_account(connection, self.keys, recipient.id)
                    is_known = account is not None and account.is_active
                case "destination":
                    destination = find_destination(connection, recipient.id)
                    is_known = destination is not None and destination.ended_at is None
                case _:
                    is_known = bool(recipient.id)
            if not is_known:
                raise InvalidQuery(
                    "Only people who can sign in, groups and destinations can receive this. Choose another."
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How an alert would have behaved, with warnings for its author to read before saving it."""

    replay: Replay
    asked: MetricReadings = field(repr=False)
    doubts: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return self.replay.words

    @property
    def warning(self) -> str:
        return self.replay.warning

    @property
    def write(self) -> Write:
        return self.asked.write


def watched_metric(alert: Alert, workspace: Workspace, actor: Actor) -> Metric:
    """Return the metric that an alert watches, or one that represents an analysis's number. Raises UnknownName.

    If the analysis uses any name that is hidden from the actor, the error is the same as for a hidden metric.
    """
    if alert.of is None:
        return workspace.visible(actor).metric(alert.metric)
    try:
        return number_metric(alert.of, named_number(alert.of, workspace, actor))
    except UnknownName:
        raise
    except SemanticError as error:  # such as groups that are too small for this person
        raise UnknownName(alert.metric, known=()) from error


def rule_in_words(alert: Alert, workspace: Workspace, actor: Actor) -> str:
    """Return an alert's rule in words. Raises UnknownName if the actor can't see the metric it watches."""
    metric = watched_metric(alert, workspace, actor)
    where = ""
    if alert.of is not None:
        where = named_number(alert.of, workspace, actor).filters
    elif alert.where is not None:
        found = workspace.preflight(Query(metrics=(alert.metric,), where=alert.where), actor)
        where = found.filters if found.ok else "some rows"
    limit = alert.rule.value if isinstance(alert.rule, Threshold) else 0.0
    column = ResultColumn(
        name=metric.name, label=metric.label, role="value", type=DataType(TypeKind.DOUBLE), format=metric.format,
        unit=shown_unit(metric, None), decimals=metric.decimals,
    )  # fmt: skip
    return rule_words(alert, metric.label or metric.name, writer(column, [limit]), where)


def _doubts(alert: Alert, asked: MetricReadings) -> tuple[str, ...]:
    """Return sentences about what could make an alert on this metric less reliable than it looks."""
    doubts: list[str] = []
    final_after = (asked.readings.known_to - asked.readings.open_from).days
    if final_after > alert.hold_days:
        days, held = counted(final_after, "day"), counted(alert.hold_days, "day")
        doubts.append(f"These numbers take {days} to become final, but are held for only {held}. Hold them longer.")
    if asked.result.data_to is None:
        doubts.append("The data's load time isn't known, so each day is judged as soon as a later day has rows.")
    return tuple(doubts)


def _watched(alert: Alert) -> tuple[object, ...]:
    return alert.metric, alert.where, alert.grain, alert.rule, alert.of
