"""Write the message for an alert that fires: the number, its expected range, its causes, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from semantic.alerts.alert import Alert, BehindTarget, Changed, CheckFailed, DataLate, Threshold
from semantic.alerts.analysis_numbers import asked_over
from semantic.alerts.judging import Judgement, is_judged_daily
from semantic.alerts.readings import end_of, first_of
from semantic.display.format import Write, share
from semantic.display.format import period as period_name
from semantic.display.messages.blocks import (
    Bar,
    Block,
    Button,
    Finding,
    Footer,
    Headline,
    Line,
    Link,
    Note,
    Number,
    Numbers,
    Scope,
)
from semantic.display.messages.message import Message, Plain
from semantic.display.messages.message_content import MessageContent, number_words, write_letter
from semantic.display.words.why import change_sentence, late_sentence, member_words, signed
from semantic.errors import SemanticError, UnknownName
from semantic.model.definitions import Granularity
from semantic.query.codec import query_to_params
from semantic.query.describe import describe_day, lower_first, upper_first
from semantic.query.personal import names_a_person
from semantic.query.query import DATE, Back, Between, Breakdown, Comparison, LastYear, Previous, Query
from semantic.results.change import Moved
from semantic.services.alerts.asking import access_of, ask_alert
from semantic.services.alerts.readings import MetricReadings
from semantic.services.alerts.work import rule_in_words
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.services.why import explain
from semantic.store.alerts.alerts import StoredAlert, find_alert
from semantic.store.alerts.runs import AlertRun, find_run, read_reader
from semantic.store.numbers.targets import list_targets
from semantic.store.outbox.sends import Send
from semantic.store.outbox.unsubscribe import unsubscribe_link

ONE: Final = timedelta(days=1)
OTHER_ACCESS: Final = "Their access has changed since it fired"
SHOWN: Final = {Granularity.DAY: 26, Granularity.WEEK: 13, Granularity.MONTH: 13}
"""How many periods the small trend has. The last one is the period for which the alert fired."""
MOST_PARTS: Final = 3
LONGEST_DEFINITION: Final = 240


def compose_alert(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write the message about an alert that fired, using the reader's own access. Raises the engine's errors."""
    with live.store.read() as connection:
        run = find_run(connection, send.about)
        kept = find_alert(connection, live.keys, run.alert) if run is not None else None
        state = read_reader(connection, run.alert, send.recipient) if run is not None else None
        targets = [one.target for one in list_targets(connection, metric=kept.alert.metric)] if kept else []
    if run is None or kept is None or state is None or run.recipient != send.recipient or run.outcome != "fired":
        return Skipped("This alert is no longer in the history")
    if why := _why_not(kept, reader, live, state.ended_at is not None, state.snoozed_until):
        return Skipped(why)
    try:
        asked = ask_alert(kept.alert, live.workspace(), reader.actor, targets)
        if send.details.get("access") != access_of(kept.alert, asked.seen, live.keys):
            return Skipped(OTHER_ACCESS)  # the reader may no longer be able to see these rows
        link = unsubscribe_link(live.keys, live.settings.address, send)
        return write_letter(_Writing(kept, run, asked, reader, live, link).letter())
    except UnknownName:
        return Skipped("No access")


def _why_not(kept: StoredAlert, reader: Reader, live: Live, has_left: bool, snoozed: date | None) -> str:
    if not kept.is_active:
        return "This alert was removed or paused"
    if has_left:
        return "Unsubscribed"
    days = [day for day in (kept.snoozed_until, snoozed) if day is not None]
    if days and max(days) > live.workspace().today():
        return "Snoozed"
    me, groups = reader.recipient, reader.actor.groups
    is_told = any(
        one.id in groups if one.kind == "group" else (one.kind, one.id) == (me.kind, me.id) for one in kept.recipients
    )
    return "" if is_told else "No longer a recipient"


class _Writing:
    """A message that is being written."""

    def __init__(
        self, kept: StoredAlert, run: AlertRun, asked: MetricReadings, reader: Reader, live: Live, unsubscribe: str
    ) -> None:
        self.unsubscribe = unsubscribe
        self.kept, self.run, self.asked, self.reader, self.live = kept, run, asked, reader, live
        self.alert, self.judgement = kept.alert, run.judgement
        self.label, self.write = asked.column.label, asked.write
        self.first, self.end = days_of(self.alert, self.judgement, asked)

    def letter(self) -> MessageContent:
        blocks = tuple(self._blocks())
        opens = Button("Open in Explore", self._explore()) if self.alert.of is None else self._analysis()
        end = (opens, Footer(tuple(self._footer())))
        return MessageContent(
            title=self.kept.alert.name or "Alert",
            blocks=(*blocks, *end),
            bullets=tuple(_bullets(blocks)),
            receipts=(self.run.receipt,) if self.run.receipt else (),
            values=self._values(),
        )

    def _blocks(self) -> Iterator[Block]:
        asked, judgement = self.asked, self.judgement
        rule = rule_in_words(self.alert, asked.workspace, self.reader.actor)
        yield Scope(". ".join(filter(None, (rule, asked.result.scope))))
        filters = asked.result.filters if asked.counted is None else asked.counted.filters
        subject = f"{self.label} ({filters})" if filters else self.label
        yield Headline(headline(self.alert, judgement, subject, self.write))
        if not judgement.is_final:
            yield Note("This number isn't final and can still change.", "caution")
        if judgement.value is not None and not isinstance(self.alert.rule, DataLate):
            yield Numbers((self._number(judgement.value),))
            yield from self._changed_since(judgement.value)
            if self.alert.of is None:
                yield from self._contributed()
        if not isinstance(self.alert.rule, CheckFailed):
            yield from (
                Note(f"A data check fails: {check.what}.", "caution") for check in asked.result.failed if check.what
            )
        if asked.counted is not None:
            yield Note(f"How it counts: {' '.join(asked.counted.rule)}")
        description = (asked.column.metric.description if asked.column.metric is not None else "").strip()
        if description:
            short = description if len(description) <= LONGEST_DEFINITION else f"{description[:LONGEST_DEFINITION]}…"
            yield Note(f"{self.label}: {lower_first(short)}")

    def _number(self, value: float) -> Number:
        low, high = self.judgement.low, self.judgement.high
        detail = ""
        if low is not None and high is not None:
            detail = f"expected {self.write(low)} to {self.write(high)}"
        elif low is not None or high is not None:
            detail = f"limit {self.write(low if low is not None else high)}"
        return Number(label=self._when(), value=self.write(value), detail=detail, bars=tuple(self._trend()))

    def _trend(self) -> list[float]:
        """Return the numbers of recent periods, oldest first, ending with the period for which the alert fired."""
        grain, readings = self.alert.grain, self.asked.readings
        first, found = first_of(self.end - ONE, grain, readings.calendar), list[float]()
        for _ in range(SHOWN[grain]):
            reading = readings.over(first, min(end_of(first, grain), self.end))
            if reading is None or reading.value is None:
                break
            found.append(reading.value)
            first = first_of(first - ONE, grain, readings.calendar)
        return found[::-1]

    def _changed_since(self, value: float) -> Iterator[Block]:
        """Yield a note if the data has changed since the alert fired."""
        reading = self.asked.readings.over(self.first, self.end)
        now = reading.value if reading is not None else None
        if now is not None and self.write(now) != self.write(value):
            yield Note(f"The data has changed since this alert fired: the number is {self.write(now)} now.", "caution")

    def _contributed(self) -> Iterator[Block]:
        query = Query(
            metrics=(self.alert.metric,), where=self.alert.where, time=Between(self.first, self.end - ONE),
            compare=(self._comparison(),),
        )  # fmt: skip
        if isinstance(self.alert.rule, BehindTarget):
            return  # the number is behind its target, not behind the previous period
        try:
            why = explain(query, self.asked.workspace, self.reader.actor)
        except SemanticError:
            return
        change = why.explanation.change
        if not change or (change > 0) is not (self.judgement.side == "above"):
            return  # the alert didn't fire for the change since the previous period
        # The alert says what is unusual. The comparison only shows what contributed.
        explanation = replace(why.explanation, moved=Moved.CHANGED)
        sentence = change_sentence(explanation, why.column, why.keys)
        parts = next((one for one in why.explanation.by if one.adds_up), None)
        bars = [
            Bar(
                label=member_words(part, why.keys[parts.dim]),
                value=signed(part.part, why.explanation, why.column),
                size=float(part.part),
            )
            for part in (parts.parts if parts is not None else ())
            if parts is not None and part.part is not None and part.is_enough
        ][:MOST_PARTS]
        if sentence or bars:
            by = f"Contributions by {lower_first(parts.label)}" if parts is not None and bars else "What changed"
            note = " ".join(filter(None, (f"Compared with {self._against()}.", late_sentence(explanation, why.column))))
            yield Finding(title=by, text=sentence, bars=tuple(bars), note=note)

    def _comparison(self) -> Comparison:
        if isinstance(self.alert.rule, Changed) and self.alert.rule.against == "last_year":
            return LastYear()
        is_day = self.end - self.first == ONE
        return Back(7, Granularity.DAY) if is_day else Previous()

    def _against(self) -> str:
        if isinstance(self.alert.rule, Changed) and self.alert.rule.against == "last_year":
            return "the year before"
        if self.end - self.first == ONE:
            return f"the same weekday a week before, {describe_day(self.first - timedelta(days=7))}"
        return "the period before"

    def _when(self) -> str:
        words = when_words(self.alert, self.judgement)
        return upper_first(words.removeprefix("on ").removeprefix("in the ").removeprefix("in "))

    def _explore(self) -> str:
        since = self.first - timedelta(days={Granularity.DAY: 27, Granularity.WEEK: 84}.get(self.alert.grain, 366))
        query = Query(
            metrics=(self.alert.metric,), by=(Breakdown(DATE, self.alert.grain),), where=self.alert.where,
            time=Between(since, self.end - ONE),
        )  # fmt: skip
        return f"{self.live.settings.address}/explore?{urlencode(query_to_params(query), doseq=True)}"

    def _analysis(self) -> Button:
        """Return the button that opens the analysis with the same periods, so that the reader sees the same number."""
        of, alert, address = self.alert.of, self.alert, self.live.settings.address
        assert of is not None
        if names_a_person(of.names, self.asked.workspace.model):  # addresses must not contain names of people
            return Button("Open alert", f"{address}/alert?{urlencode({'a': self.kept.id})}")
        first = self.first
        for _ in range(SHOWN[alert.grain] - 1):
            first = first_of(first - ONE, alert.grain, self.asked.readings.calendar)
        definition = asked_over(of, alert.grain, first, self.end - ONE).text
        return Button("Open analysis", f"{address}/analyses?{urlencode({'a': definition})}")

    def _footer(self) -> Iterator[Line]:
        address, receipt = self.live.settings.address, self.run.receipt
        page = f"{address}/alert?{urlencode({'a': self.kept.id})}"
        if self.reader.recipient.kind == "person":
            yield (Link("Acknowledge, snooze or see its history", page),)
        if self.asked.result.data_to_words:
            yield f"{self.asked.result.data_to_words}."
        if receipt:
            yield (Link(f"Receipt {receipt}", f"{address}/receipt?{urlencode({'receipt': receipt})}"),)
        mine = self.kept.owner == self.reader.recipient.id
        why = f"You get this because {'you' if mine else self._owner()} set this alert."
        yield (f"{why} ", Link("Unsubscribe", self.unsubscribe)) if self.unsubscribe else why

    def _owner(self) -> str:
        return self.kept.owner_name or "a former user"

    def _values(self) -> dict[str, Plain]:
        judgement = self.judgement
        return {
            "kind": "alert", "metric": self.alert.metric, "period": judgement.period.isoformat(),
            "first": self.first.isoformat(), "last": (self.end - ONE).isoformat(), "value": judgement.value,
            "low": judgement.low, "high": judgement.high, "side": judgement.side, "is_final": judgement.is_final,
            "why": judgement.why, "receipt": self.run.receipt,
        }  # fmt: skip


def days_of(alert: Alert, judgement: Judgement, asked: MetricReadings) -> tuple[date, date]:
    """Return the first day that a judgement is about, and the day after its last one."""
    readings = asked.readings
    if is_judged_daily(alert):
        end = min(judgement.period, readings.known_to, readings.open_from)
        first = first_of(judgement.period, alert.grain, readings.calendar)
        return (first, end) if end > first else (first, first + ONE)
    end = end_of(judgement.period, alert.grain)
    return (end - timedelta(days=judgement.days), end) if judgement.days else (judgement.period, end)


def _bullets(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield short lines for chat messages: first the contributions without their heading, then the numbers."""
    for block in blocks:
        if isinstance(block, Finding) and block.text:
            yield block.text
    for block in blocks:
        if isinstance(block, Numbers):
            yield from map(number_words, block.cells)


def headline(alert: Alert, judgement: Judgement, subject: str, write: Write) -> str:
    """Return a sentence with the number and how it changed."""
    value, low, high = judgement.value, judgement.low, judgement.high
    match alert.rule:
        case CheckFailed():
            return f"{subject} is based on data that fails a check"
        case DataLate():
            return f"The data of {lower_first(subject)} is late. {judgement.why}"
        case BehindTarget():
            return f"{subject} is on pace to miss its target. {judgement.why}"
        case _ if value is None:
            return f"{subject}: {judgement.why}"
        case Changed():
            return f"{subject} was {write(value)} {when_words(alert, judgement)}: {lower_first(judgement.why)}"
        case Threshold():
            limit = write(low if judgement.side == "below" else high)
            limit = limit if alert.rule.of == "value" else f"{share(alert.rule.value, 0)} of its target, {limit}"
            return f"{subject} was {write(value)} {when_words(alert, judgement)}, {judgement.side} {limit}"
        case _:
            expected = f"the expected {write(low)} to {write(high)}"
            return f"{subject} was {write(value)} {when_words(alert, judgement)}, {judgement.side} {expected}"


def when_words(alert: Alert, judgement: Judgement) -> str:
    """Return when an alert fired: "on 28 Nov 2026", "in the 7 days to 28 Nov 2026", "in the week of 23 Nov 2026"."""
    period = judgement.period
    if judgement.days:
        return f"in the {judgement.days} days to {describe_day(period)}"
    if is_judged_daily(alert):
        return f"in the {alert.grain.value} to {describe_day(period - ONE)}"
    match alert.grain:
        case Granularity.DAY:
            return f"on {describe_day(period)}"
        case Granularity.WEEK:
            return f"in the {period_name(period, alert.grain)}"
        case _:
            return f"in {period_name(period, alert.grain)}"
