"""The job that judges every alert under each recipient's own policy, and queues messages."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from semantic.alerts.alert import Alert, BehindTarget, Threshold
from semantic.alerts.judging import Judgement, Memory, judge
from semantic.display.failures import failure_title
from semantic.errors import Cancelled, NotAllowed, SemanticError, StoreFailed, UnknownName
from semantic.observability import logs
from semantic.policy.actor import Actor
from semantic.services.alerts.asking import access_of, ask_alert
from semantic.services.alerts.readings import MetricReadings
from semantic.services.outbox.reader import NotNow, Reader, members_of, reader_of
from semantic.services.outbox.receiving import SENDS_TO_OTHERS
from semantic.services.process import Live
from semantic.store.alerts.alerts import StoredAlert, find_alert, pause_alert, read_alerts
from semantic.store.alerts.runs import AlertReader, AlertRun, forget_runs, keep_memory, note_run, read_reader, read_runs
from semantic.store.audit.log import SAMEPAGE, Plain
from semantic.store.database import Transaction
from semantic.store.numbers.targets import list_targets
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.store.people import subject_of
from semantic.targets.target import Target
from semantic.worker.job import Turn

NO_ACCESS: Final = "You no longer have access to this metric."
OWNER_GONE: Final = "Its owner can no longer sign in"
COMPARED: Final = 60  # the newest outcomes, which are compared with new ones


@dataclass(frozen=True, slots=True)
class Alerts:
    """Judges all alerts. Recipients with the same access share one query."""

    live: Live
    name: str = "alerts"
    every: timedelta = timedelta(minutes=10)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        with self.live.store.read() as connection:
            alerts = [kept for kept in read_alerts(connection, self.live.keys) if kept.is_active]
        round_ = _Round(self.live, turn, self.live.people())
        for kept in alerts:
            if turn.is_stopping():
                return turn.now
            if not turn.is_mine():
                return None
            round_.judge(kept)
        with self.live.store.write(recorded=False) as transaction:
            forget_runs(transaction)
        return None


@dataclass(frozen=True, slots=True)
class _Round:
    """One run of the job. Recipients with the same access share its queries."""

    live: Live
    turn: Turn
    people: Mapping[str, Actor]
    asked: dict[Hashable, MetricReadings | SemanticError] = field(
        default_factory=dict[Hashable, "MetricReadings | SemanticError"]
    )
    targets: dict[str, list[Target]] = field(default_factory=dict[str, list[Target]])

    def judge(self, kept: StoredAlert) -> None:
        """Judge an alert for each of its recipients.

        Raises StoreFailed. After any other error, the run continues with the next recipient.
        """
        owner = self.people.get(kept.owner_id)
        if owner is None:
            with self.live.store.write() as transaction:
                current = find_alert(transaction.connection, self.live.keys, kept.id)
                if current is not None and current.is_active:
                    pause_alert(transaction, self.live.keys, current, SAMEPAGE, why=OWNER_GONE)
                    return
                transaction.is_recorded = True
            return
        for recipient in self._recipients(kept, owner):
            if self.turn.is_stopping():
                return
            try:
                self._judge_for(kept, recipient)
            except StoreFailed:
                raise
            except Exception as error:  # noqa: BLE001 (whatever happens to one alert, the others are judged)
                _tell(error)

    def _recipients(self, kept: StoredAlert, owner: Actor) -> list[Recipient]:
        """Return an alert's recipients without duplicates.

        If its owner can no longer send to others, only the owner remains.
        """
        found = dict[Recipient, None]()
        with self.live.store.write(recorded=False) as transaction:
            for recipient in kept.recipients:
                if not owner.is_at_least(SENDS_TO_OTHERS) and recipient.id != kept.owner:
                    continue
                if recipient.kind == "group":
                    members = members_of(self.people, recipient.id)
                    subjects = [subject_of(transaction, person.id, person.name) for person in members]
                    found |= {Recipient(kind="person", id=subject): None for subject in subjects}
                else:
                    found[Recipient(kind=recipient.kind, id=recipient.id)] = None
        return list(found)

    def _judge_for(self, kept: StoredAlert, recipient: Recipient) -> None:
        live, alert = self.live, kept.alert
        with live.store.read() as connection:
            state = read_reader(connection, kept.id, recipient)
            before = {run.period: run for run in read_runs(connection, recipient, alert=kept.id, most=COMPARED)}
        if state.ended_at is not None:
            return
        reader = reader_of(live, recipient, live.store.now())
        if isinstance(reader, NotNow):
            self._note(kept, recipient, state, [self._failed(f"{reader.why}.")], before, None)
            return
        try:
            asked = self._ask(alert, reader, state.memory)
        except Cancelled:
            return  # the worker is stopping, and the alert is judged at the next run
        except (UnknownName, NotAllowed):
            self._note(kept, recipient, state, [self._failed(NO_ACCESS)], before, None)
            return
        except SemanticError as error:
            self._note(kept, recipient, state, [self._failed(failure_title(error))], before, None)
            return
        days = [day for day in (kept.snoozed_until, state.snoozed_until) if day is not None]
        judgements, memory = judge(asked.known(alert, snoozed_until=max(days, default=None)), state.memory)
        self._note(kept, recipient, replace(state, memory=memory), judgements, before, asked)

    def _failed(self, why: str) -> Judgement:
        yesterday = self.live.workspace().today() - timedelta(days=1)
        return Judgement(period=yesterday, outcome="failed", why=why)

    def _note(
        self,
        kept: StoredAlert,
        recipient: Recipient,
        state: AlertReader,
        judgements: list[Judgement],
        before: Mapping[date, AlertRun],
        asked: MetricReadings | None,
    ) -> None:
        """Save new judgements, and queue a message if the alert fired, in one transaction."""
        new = [one for one in judgements if _is_news(one, before.get(one.period))]
        receipt = asked.receipt() if new and asked is not None else ""
        live = self.live
        with live.store.write(recorded=False) as transaction:
            current = find_alert(transaction.connection, live.keys, kept.id)
            if current is None or not current.is_active or current.revision != kept.revision:
                return  # the alert has changed since, and is judged at the next run
            for judgement in new:
                run = note_run(transaction, kept.id, recipient, judgement, receipt)
                if judgement.outcome == "fired" and run is not None:
                    access = access_of(kept.alert, asked.seen, live.keys) if asked is not None else ""
                    self._queue(transaction, kept, recipient, judgement, run, access)
            if state.memory != read_reader(transaction.connection, kept.id, recipient).memory:
                keep_memory(transaction, kept.id, recipient, state.memory)

    def _queue(
        self,
        transaction: Transaction,
        kept: StoredAlert,
        recipient: Recipient,
        judgement: Judgement,
        run: str,
        access: str,
    ) -> None:
        """Queue a message about an alert that fired.

        `access` is the recipient's access when the alert was judged, which can change before the message is written.
        """
        slot = datetime.combine(judgement.period, time(), UTC)
        details: dict[str, Plain] = {"alert": kept.id, "period": judgement.period.isoformat(), "access": access}
        queue_send(transaction, NewSend(kind="alert", about=run, slot=slot, recipient=recipient, details=details))

    def _ask(self, alert: Alert, reader: Reader, memory: Memory) -> MetricReadings:
        """Return the alert's number as this reader sees it. Raises SemanticError.

        Readers with the same access share one query.
        """
        workspace = self.live.workspace()
        seen = workspace.visible(reader.actor)
        needs_targets = isinstance(alert.rule, BehindTarget) or (
            isinstance(alert.rule, Threshold) and alert.rule.of == "target"
        )
        if alert.of is not None:
            return self._ask_analysis(alert, reader, memory)
        key = (
            alert.metric, repr(alert.where), alert.grain, alert.rule if needs_targets else None, seen.access_key,
            reader.actor.roles, id(workspace),
        )  # fmt: skip
        if key not in self.asked:
            try:
                self.asked[key] = ask_alert(alert, workspace, reader.actor, self._targets(alert.metric))
            except StoreFailed:
                raise
            except SemanticError as error:
                self.asked[key] = error
        answer = self.asked[key]
        if isinstance(answer, SemanticError):
            raise answer
        return replace(answer, seen=seen)

    def _ask_analysis(self, alert: Alert, reader: Reader, memory: Memory) -> MetricReadings:
        """Return an analysis's number as this reader sees it. The analysis runs only if a period can be judged."""
        of, workspace = alert.of, self.live.workspace()
        seen = workspace.visible(reader.actor)
        assert of is not None
        key = (
            of.analysis.text, of.name, of.step, alert.grain, alert.rule, seen.access_key, reader.actor.roles,
            id(workspace),
        )  # fmt: skip

        def is_due(asked: MetricReadings) -> bool:
            judgements, _ = judge(asked.known(alert), memory)
            return any(judgement.outcome != "held" for judgement in judgements)

        answer = self.asked.get(key)
        if isinstance(answer, SemanticError):
            raise answer
        if answer is None or (answer.counted is None and is_due(answer)):
            try:
                answer = ask_alert(
                    alert, workspace, reader.actor, is_due=is_due, is_stopping=self.turn.is_stopping
                )  # fmt: skip
            except (Cancelled, StoreFailed):
                raise
            except SemanticError as error:
                self.asked[key] = error
                raise
            self.asked[key] = answer
        return replace(answer, seen=seen)

    def _targets(self, metric: str) -> list[Target]:
        if metric not in self.targets:
            with self.live.store.read() as connection:
                self.targets[metric] = [kept.target for kept in list_targets(connection, metric=metric)]
        return self.targets[metric]


def _is_news(judgement: Judgement, before: AlertRun | None) -> bool:
    """Whether to record a judgement: its period hasn't fired yet, and its outcome or reason has changed."""
    if before is None:
        return True
    earlier = before.judgement
    return before.outcome != "fired" and (judgement.outcome, judgement.why) != (earlier.outcome, earlier.why)


def _tell(error: Exception) -> None:
    """Log an error's type and code location, but not its text, which may contain values or names."""
    kind, at = type(error).__name__, logs.code_of(error) or "an unknown place"
    sentence = "An alert couldn't be evaluated. It will be retried on the next run."
    logs.tell("job", sentence, level=logging.ERROR, job="alerts", outcome="failed", kind=kind, at=at)
