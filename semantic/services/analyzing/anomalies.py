"""Search a metric for unusual days under one person's access, with the same rules as alerts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from semantic.alerts.alert import Alert, OutsideUsual
from semantic.alerts.readings import Readings
from semantic.analyses.analysis import Finding
from semantic.analyses.anomalies import ANOMALIES, LEVEL_DAYS, Anomaly, AnomalyInput, AnomalyResult
from semantic.analyses.events.definition import Analysis
from semantic.analyses.unusual.kind import UNUSUAL_DAYS
from semantic.analyses.unusual.question import UnusualDays
from semantic.annotations.annotation import Annotation
from semantic.compile import Statement
from semantic.display.format import Write
from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.query.member_labels import NO_LABELS, Labels
from semantic.query.periods import Calendar, find_days
from semantic.services.alerts.readings import DAYS, ByMember, MetricReadings, ask, ask_by_member
from semantic.services.analyzing.pending import Stop
from semantic.services.analyzing.recording import receipt_for
from semantic.workspace import Workspace

MOST_DAYS: Final = 400
"""The most days that can be searched."""

BEFORE: Final = 800
"""How many days are read before the period: enough for two years' seasons, and what is usual before them."""

MOST_MEMBERS: Final = 12
"""How many members of a breakdown are searched for causes at most, the largest first."""

ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalySearch:
    """The result of a search for unusual days, with the labels that its words need.

    `by` is the label of the breakdown, or "" if there is none, and `labels` has the labels of its members. Of
    `of_members` members, `members` were searched. If no members were searched, `why_no_members` is the reason.
    """

    question: UnusualDays
    finding: Finding[AnomalyResult]
    asked: MetricReadings
    first: date
    end: date
    filters: str
    by: str = ""
    labels: Labels = field(default_factory=lambda: NO_LABELS)
    members: int = 0
    of_members: int = 0
    why_no_members: str = ""
    statement: Statement
    receipt: str = ""
    unrecorded: tuple[str, ...] = ()

    @property
    def found(self) -> AnomalyResult:
        return self.finding.detail

    @property
    def label(self) -> str:
        return self.asked.column.label

    @property
    def write(self) -> Write:
        return self.asked.write

    def remarks_on(self, anomaly: Anomaly) -> list[Annotation]:
        """Return the remarks about an anomaly's days, or for a new level, about the weeks that confirm it."""
        last = min(anomaly.last, anomaly.first + ONE * (LEVEL_DAYS - 1)) if anomaly.is_level else anomaly.last
        return [note for note in self.asked.remarks if note.first <= last and note.last >= anomaly.first]


def search(
    workspace: Workspace,
    question: UnusualDays,
    actor: Actor,
    *,
    today: date | None = None,
    stop: Stop | None = None,
) -> AnomalySearch:
    """Return the unusual days of a metric as this person sees it.

    The search is recorded with a receipt. Raises SemanticError. Once `stop` is set, raises Cancelled before the next
    question.
    """
    stop = stop or Stop()
    today = today or workspace.today()
    first, asked_end = _period(question, workspace, today)
    more = max(0, (today - first).days + BEFORE - DAYS)
    alert = alert_from(question)
    asked = ask(alert, workspace, actor, today=today, more_days=more)
    stop.check()
    members, note = _members(question, asked, alert, actor, more)
    largest = _largest(members.readings, first, asked_end) if members is not None else {}
    given = AnomalyInput(
        readings=asked.readings, first=first, end=asked_end, remarked=_remarked(asked), members=largest,
        sensitivity=question.sensitivity,
    )  # fmt: skip
    finding = ANOMALIES.find(given)
    results = [asked.result, *([members.result] if members is not None else [])]
    statement = Statement(sql="\n".join(result.sql for result in results), params=())
    stop.check()  # cancelled searches aren't recorded
    receipt, unrecorded = receipt_for(
        workspace, asked.seen, Analysis(UNUSUAL_DAYS, question), statement, finding.detail,
        rows=sum(result.table.num_rows for result in results), data_version=asked.result.data_version, today=today,
    )  # fmt: skip
    return AnomalySearch(
        question=question, finding=finding, asked=asked, first=first, end=asked_end,
        filters=asked.result.filters,
        by=members.key.label if members is not None else "",
        labels=members.key.labels if members is not None else NO_LABELS,
        members=len(largest), of_members=len(members.readings) if members is not None else 0, why_no_members=note,
        receipt=receipt, unrecorded=unrecorded, statement=statement,
    )  # fmt: skip


def _period(question: UnusualDays, workspace: Workspace, today: date) -> tuple[date, date]:
    settings = workspace.model.settings
    days = find_days(question.time, Calendar(settings.week_start, settings.fiscal_start), today=today)
    if days.start is None:
        raise InvalidQuery("Choose a period with a start date, such as the last 90 days.")
    end = min(days.end or today, today)
    if end <= days.start:
        raise InvalidQuery("No day in this period has ended yet. Choose an earlier period.")
    if (end - days.start).days > MOST_DAYS:
        count = (end - days.start).days
        raise InvalidQuery(
            f"A search covers at most {MOST_DAYS} days, and this period has {count:,}. Choose a shorter one."
        )
    return days.start, end


def _remarked(asked: MetricReadings) -> frozenset[date]:
    """Return the days that have a remark. Alerts exclude them from the usual range."""
    spans = [(note.first, min(note.last, asked.readings.today)) for note in asked.remarks]
    return frozenset(first + ONE * place for first, last in spans for place in range((last - first).days + 1))


def _members(
    question: UnusualDays, asked: MetricReadings, alert: Alert, actor: Actor, more: int
) -> tuple[ByMember | None, str]:
    if question.by is None:
        return None, ""
    members = ask_by_member(asked, alert, question.by, actor, more)
    if members is not None:
        return members, ""
    label = asked.seen.dimension(question.by.dim)[0].label.lower()
    if asked.seen.min_groups:
        return None, f"Causes by {label} weren't looked for, because your access hides small groups."
    return None, f"Causes by {label} weren't looked for, because this metric doesn't add up over days."


def _largest(members: Mapping[Hashable, Readings], first: date, end: date) -> Mapping[Hashable, Readings]:
    """Return the members with the largest numbers in the period. For a ratio, the largest denominators count."""

    def size(readings: Readings) -> float:
        days = [one for day, one in readings.by_first.items() if first <= day < end]
        return sum(abs(one.top if one.bottom is None else one.bottom) for one in days)

    ordered = sorted(members, key=lambda member: (-size(members[member]), str(member)))
    return MappingProxyType({member: members[member] for member in ordered[:MOST_MEMBERS]})


def alert_from(question: UnusualDays) -> Alert:
    """Return an alert that fires for the same anomalies that this search looks for."""
    rule = OutsideUsual(sensitivity=question.sensitivity)
    return Alert(metric=question.metric, rule=rule, where=question.where)
