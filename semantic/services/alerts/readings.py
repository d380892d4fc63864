"""Ask for an alert's number under one actor's own policy, with the context that the alert needs to judge it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from semantic.alerts.alert import Alert, BehindTarget, Threshold
from semantic.alerts.judging import AlertFacts
from semantic.alerts.readings import Reading, Readings, end_of, first_of
from semantic.annotations.annotation import Annotation
from semantic.display.failures import failure_title
from semantic.display.format import Write, writer
from semantic.display.rows import main_values
from semantic.display.words.days_behind import calendar_of
from semantic.errors import InvalidQuery, SemanticError, TooExpensive
from semantic.model.definitions import Additivity, Granularity, Metric, NumberFormat
from semantic.plan.measures.metrics import additivity
from semantic.plan.time.period_aggregation import timing_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import DATE, Breakdown, Last, Query, ToDate
from semantic.results.finality import first_open, known_to
from semantic.results.result import Result, ResultColumn
from semantic.results.sums import Sums, sums_of
from semantic.services.targets.pacing import find_pace, find_targets
from semantic.services.usual import fraction
from semantic.targets.pace import NoPace, Pace
from semantic.targets.target import Target
from semantic.workspace import Workspace

DAYS: Final = 430
"""How many days are read: enough to compare with a year before, and to know the usual range."""

MORE_PERIODS: Final = {Granularity.WEEK: 80, Granularity.MONTH: 40}
"""How many periods are read of a metric whose days can't be added up."""

LONGEST_REMARK: Final = 14
"""The most days a remark can cover. A longer one doesn't explain any single day."""

ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CountingRule:
    """How an analysis counts: its rule in sentences, its filters in words, and a function that records a receipt.

    The function records the analysis for one person, and returns the receipt's ID.
    """

    rule: tuple[str, ...]
    filters: str
    record: Callable[[VisibleModel], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReadings:
    """A metric's readings for one actor, with the answer they come from and the rest of their context.

    For a number of an analysis, `result` is about its events. `counted` is its counting rule, or None if the analysis
    didn't have to run.
    """

    workspace: Workspace
    seen: VisibleModel
    result: Result
    column: ResultColumn
    readings: Readings
    remarks: Sequence[Annotation]
    pace: Pace | NoPace | None = None
    counted: CountingRule | None = None

    @property
    def write(self) -> Write:
        values = [one.value for one in self.readings.by_first.values()]
        newest = [value for value in values[-60:] if value is not None]
        return writer(self.column, newest)

    def known(self, alert: Alert, *, snoozed_until: date | None = None) -> AlertFacts:
        return AlertFacts(
            alert=alert, readings=self.readings, write=self.write, remarks=self.remarks, failing=self.result.failed,
            pace=self.pace, snoozed_until=snoozed_until,
        )  # fmt: skip

    def receipt(self) -> str:
        """Record the answer, and return its receipt, or "" if receipts aren't recorded."""
        if self.counted is not None:
            return self.counted.record(self.seen)
        return self.workspace.recorded(self.result, self.seen, self.readings.today).receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ByMember:
    """The readings for each member of a breakdown. `key` is the breakdown's column in the answer."""

    result: Result
    key: ResultColumn
    readings: Mapping[Hashable, Readings]


def ask(
    alert: Alert, workspace: Workspace, actor: Actor, targets: Iterable[Target] = (), *, today: date | None = None,
    more_days: int = 0,
) -> MetricReadings:  # fmt: skip
    """Ask for the number that an alert judges, as `actor`. Raises SemanticError, such as UnknownName if it's hidden.

    `targets` are the targets that people set. Nothing is recorded.
    """
    seen, today = workspace.visible(actor), today or workspace.today()
    metric = seen.metric(alert.metric)
    if why := why_never(metric, seen):
        raise InvalidQuery(why)
    sums = _sums(metric, seen)
    rows = Granularity.DAY if sums is not None or alert.grain is Granularity.DAY else alert.grain
    result = answer_for(_question(alert, metric, sums, rows, more_days), workspace, actor, today)
    column = main_values(result)[0]
    calendar = calendar_of(result, seen.model.settings)
    known, opens = _extent(column, result, today)
    by_first, is_summed = _readings(result, column, sums)
    if result.data_to is None and by_first:  # no load says how far the data goes, so the newest day may be incomplete
        known = min(known, max(by_first))
    complete = {first: one for first, one in by_first.items() if end_of(first, rows) <= known}
    readings = Readings(
        rows=rows, by_first=complete, known_to=known, open_from=min(opens, known), today=today, is_summed=is_summed,
        is_ratio=is_summed and sums is not None and sums.bottom is not None,
        is_count=column.format is NumberFormat.COUNT, is_share=_is_share(column, sums, seen),
        least=metric.enough.at_least if metric.enough else 0,
        week_start=calendar.week_start,
    )  # fmt: skip
    readings = replace(readings, targets=_targets(alert, workspace, actor, targets, today))
    remarks = [note for note in workspace.annotations(result, actor) if (note.last - note.first).days < LONGEST_REMARK]
    pace = _pace(alert, workspace, actor, targets, today)
    return MetricReadings(
        workspace=workspace, seen=seen, result=result, column=column, readings=readings, remarks=remarks, pace=pace
    )


def why_never(metric: Metric, seen: VisibleModel) -> str:
    """Return why a metric can't have an alert, as a sentence, or "" if it can."""
    cohorts = timing_of(metric, seen.model).cohorts
    if any(cohort.rule.by == "cohort" and cohort.rule.window is None for cohort in cohorts):
        return f"{metric.label or metric.name} is never final, so no alert can judge it. Choose a metric with a window."
    return ""


def _sums(metric: Metric, seen: VisibleModel) -> Sums | None:
    """Return the sums that a metric is computed from, or None if it isn't computed from sums over days.

    A distinct count, for example, has none.
    """
    sums = sums_of(metric, seen)
    if sums is None or timing_of(metric, seen.model).is_of_days:
        return None
    metrics = [seen.model.metrics[name] for name in sums.names]
    return sums if all(additivity(one, seen.model) is Additivity.FULL for one in metrics) else None


def _question(alert: Alert, metric: Metric, sums: Sums | None, rows: Granularity, more_days: int) -> Query:
    if rows is Granularity.DAY:
        count = DAYS + more_days
    else:
        count = MORE_PERIODS[rows] + more_days // (7 if rows is Granularity.WEEK else 30)
    names = dict.fromkeys((metric.name, *(sums.names if sums is not None else ())))
    return Query(metrics=tuple(names), by=(Breakdown(DATE, rows),), where=alert.where, time=Last(count, rows))


def answer_for(query: Query, workspace: Workspace, actor: Actor, today: date) -> Result:
    """Answer a question without recording it, for fewer periods if there are too many rows. Raises SemanticError."""
    try:
        return workspace.start(query, actor, today=today).unrecorded()
    except TooExpensive as error:
        if error.what != "days" or not isinstance(query.time, Last):
            raise
        days = {Granularity.DAY: 1, Granularity.WEEK: 7, Granularity.MONTH: 31}[query.time.unit]
        shorter = replace(query, time=replace(query.time, count=max(1, error.most // days)))
        return workspace.start(shorter, actor, today=today).unrecorded()


def _extent(column: ResultColumn, result: Result, today: date) -> tuple[date, date]:
    """Return the first day that isn't fully known, and the first day whose number isn't final."""
    days = [known_to(result), today, column.loaded_to or today]
    known = min(days) - timedelta(days=column.timing.counts_after)
    return known, first_open(column, result) or known


def ask_by_member(
    asked: MetricReadings, alert: Alert, breakdown: Breakdown, actor: Actor, more_days: int = 0
) -> ByMember | None:
    """Ask for the alert's number for each member of a breakdown.

    Returns None if the members don't add up to the total, or if small groups are hidden. Raises SemanticError, such as
    UnknownName for a breakdown that the actor can't access.
    """
    metric, readings = asked.seen.metric(alert.metric), asked.readings
    sums = _sums(metric, asked.seen)
    if sums is None or not readings.is_summed:
        return None
    question = _question(alert, metric, sums, Granularity.DAY, more_days)
    query = replace(question, by=(*question.by, breakdown))
    result = answer_for(query, asked.workspace, actor, readings.today)
    key = result.keys[1]
    places: dict[Hashable, set[int]] = {}
    for place, row in enumerate(result.rows()):
        places.setdefault(row[key.name], set()).add(place)
    by_member: dict[Hashable, Readings] = {}
    for member, own in places.items():
        by_first, is_summed = _readings(result, asked.column, sums, own)
        if not is_summed:
            return None
        complete = {day: reading for day, reading in by_first.items() if day < readings.known_to}
        by_member[member] = replace(readings, by_first=complete)
    return ByMember(result=result, key=key, readings=by_member)


def _is_share(column: ResultColumn, sums: Sums | None, seen: VisibleModel) -> bool:
    """Whether a number is a share whose numerator and denominator are both counts."""
    if column.format is not NumberFormat.SHARE or sums is None or sums.bottom is None:
        return False
    return all(seen.model.metrics[name].format is NumberFormat.COUNT for name in sums.names)


def _readings(
    result: Result, column: ResultColumn, sums: Sums | None, among: Collection[int] | None = None
) -> tuple[dict[date, Reading], bool]:
    """Return readings by the first day of their period, and whether they add up. They don't if small groups are hidden.

    Reads only the rows with an index in `among`, or all rows if it is None.
    """
    key = result.keys[0].name
    names = [column.name, *(sums.names if sums is not None else ())]
    is_summed = (
        sums is not None and not result.leaves_out and not any(any(result.hidden.get(name, ())) for name in names)
    )
    behind = result.support.get(column.name)
    is_enough = behind.is_enough if behind is not None else (True,) * result.table.num_rows
    hidden = result.hidden.get(column.name) or (False,) * result.table.num_rows
    readings: dict[date, Reading] = {}
    for place, (row, enough, is_hidden) in enumerate(zip(result.rows(), is_enough, hidden, strict=True)):
        first = row[key]
        if not isinstance(first, date) or is_hidden or (among is not None and place not in among):
            continue
        if is_summed and sums is not None:
            bottom = _total(sums.bottom, row) if sums.bottom is not None else None
            readings[first] = Reading(_total(sums.top, row), bottom, enough)
        elif (value := fraction(row[column.name])) is not None:
            readings[first] = Reading(float(value), None, enough)
    return readings, is_summed


def _total(of: Mapping[str, Any], row: Mapping[str, Any]) -> float:  # Any: fractions, and the cells of a row
    return float(sum(weight * (fraction(row[name]) or 0) for name, weight in of.items()))


def _targets(
    alert: Alert, workspace: Workspace, actor: Actor, targets: Iterable[Target], today: date
) -> Mapping[date, float]:
    if not isinstance(alert.rule, Threshold) or alert.rule.of != "target":
        return {}
    count = {Granularity.DAY: DAYS, Granularity.WEEK: 80, Granularity.MONTH: 24}[alert.grain]
    query = Query(
        metrics=(alert.metric,), by=(Breakdown(DATE, alert.grain),), where=alert.where, time=Last(count, alert.grain)
    )
    result = answer_for(query, workspace, actor, today)
    return find_targets(query, result, targets, workspace, actor)


def _pace(
    alert: Alert, workspace: Workspace, actor: Actor, targets: Iterable[Target], today: date
) -> Pace | NoPace | None:
    if not isinstance(alert.rule, BehindTarget):
        return None
    query = Query(metrics=(alert.metric,), where=alert.where, time=ToDate(alert.grain))
    try:
        result = answer_for(query, workspace, actor, today)
    except SemanticError as error:
        return NoPace(failure_title(error))
    return find_pace(query, result, targets, workspace, actor)


def newest_period(alert: Alert, asked: MetricReadings) -> date:
    """Return the first day of the newest period that has ended."""
    current = first_of(asked.readings.today, alert.grain, asked.readings.calendar)
    return first_of(current - ONE, alert.grain, asked.readings.calendar)
