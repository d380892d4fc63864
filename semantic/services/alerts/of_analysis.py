"""Ask for an analysis's number under one actor's own policy, with the context that an alert needs to judge it.

The analysis runs only if a period is due. Completeness, load state and finality are known without running it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from time import sleep
from typing import Any, Final

from semantic.alerts.alert import Alert, AnalysisNumber, Changed, OutsideUsual
from semantic.alerts.analysis_numbers import (
    asked_over,
    check_number,
    complete_on,
    is_share,
    number_metric,
    readings_in,
)
from semantic.alerts.readings import Readings, Waiting, first_of
from semantic.analyses.events.read import PlannedEvents, plan_events
from semantic.analyses.events.sets import plan_analysis
from semantic.display.words.targets import column_of
from semantic.errors import Cancelled
from semantic.model.definitions import Granularity
from semantic.plan.time.period_aggregation import timing_of
from semantic.policy.actor import Actor
from semantic.query.periods import Calendar, shift
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.results.result import Result
from semantic.services.alerts.readings import LONGEST_REMARK, CountingRule, MetricReadings, answer_for
from semantic.services.analyzing.run import Analyzed, record_analyzed, start_analysis
from semantic.workspace import Workspace

ONE: Final = timedelta(days=1)
PERIODS: Final[Mapping[str, Mapping[Granularity, int]]] = {
    "usual": {Granularity.DAY: 300, Granularity.WEEK: 60, Granularity.MONTH: 36},
    "last_year": {Granularity.DAY: 392, Granularity.WEEK: 66, Granularity.MONTH: 26},
    "other": {Granularity.DAY: 60, Granularity.WEEK: 27, Granularity.MONTH: 14},
}
"""How many periods are read, by rule and grain: enough for what the rule compares with, and for the message's trend."""
LOOKED: Final = 0.05  # seconds between checks of whether the run is done
Stopping = Callable[[], bool]
Judges = Callable[[MetricReadings], bool]
"""Returns whether any period would be judged, given what is known before the analysis runs."""


def ask_number(
    alert: Alert,
    workspace: Workspace,
    actor: Actor,
    *,
    today: date | None = None,
    more_days: int = 0,
    is_stopping: Stopping = lambda: False,
    is_due: Judges = lambda asked: True,
) -> MetricReadings:
    """Ask for the number of an analysis that an alert judges, as `actor`. Nothing is recorded.

    Raises SemanticError, and Cancelled once `is_stopping` returns true, which also stops the engine.
    """
    of, seen, today = alert.of, workspace.visible(actor), today or workspace.today()
    assert of is not None
    check_number(of, alert.grain)
    planned = planned_number(of, workspace, actor, today=today)
    calendar = planned.legs[0].asked.calendar
    span = _span(alert, calendar, of, today, more_days)
    result = _beside(planned, span, workspace, actor, today)
    readings = _without_numbers(alert, planned, result, today)
    remarks = [note for note in workspace.annotations(result, actor) if (note.last - note.first).days < LONGEST_REMARK]
    column = column_of(number_metric(of, planned))
    asked = MetricReadings(
        workspace=workspace, seen=seen, result=result, column=column, readings=readings, remarks=remarks
    )
    if not is_due(asked):
        return asked
    analyzed = _run(of, alert, span, workspace, actor, today, is_stopping)
    counted = CountingRule(
        analyzed.rule, analyzed.planned.filters, lambda seen: record_analyzed(workspace, analyzed, seen.actor)
    )
    known = {first: one for first, one in readings_in(of, analyzed.found).items() if _is_known(first, readings)}
    return replace(asked, readings=replace(readings, by_first=known), counted=counted)


def planned_number(of: AnalysisNumber, workspace: Workspace, actor: Actor, *, today: date) -> PlannedEvents:
    """Return the analysis as planned for this person. Raises SemanticError, such as UnknownName."""
    kind, asked, seen = of.analysis.kind, of.analysis.asked, workspace.visible(actor)
    plan_analysis(kind, asked, seen, today=today)  # refuse hidden names before asking anything
    metrics = [seen.metric(name) for name in Query(metrics=_metrics(of)).metrics]
    return plan_events(kind.reads(asked), seen, today=today, loaded=workspace.loaded(metrics, actor))


def named_number(of: AnalysisNumber, workspace: Workspace, actor: Actor) -> PlannedEvents:
    """Return the planned analysis for its labels only, without asking how far the data goes. Raises SemanticError."""
    kind, seen = of.analysis.kind, workspace.visible(actor)
    return plan_analysis(kind, of.analysis.asked, seen, today=workspace.today()).planned


def _metrics(of: AnalysisNumber) -> tuple[str, ...]:
    return tuple(dict.fromkeys(event.metric for event in of.analysis.kind.reads(of.analysis.asked).events))


def _span(alert: Alert, calendar: Calendar, of: AnalysisNumber, today: date, more_days: int) -> tuple[date, date]:
    """Return the first and last day to ask for, so that the rule gets as many complete periods as it needs."""
    waiting = Waiting(complete_on=complete_on(of, calendar), known_to=today, open_from=today)
    end = waiting.newest_end(today, alert.grain, calendar)
    match alert.rule:
        case OutsideUsual():
            back = PERIODS["usual"]
        case Changed(against="last_year"):
            back = PERIODS["last_year"]
        case _:
            back = PERIODS["other"]
    first = shift(end, alert.grain, -back[alert.grain]) - timedelta(days=more_days)
    return first_of(first, alert.grain, calendar), end - ONE


def _beside(planned: PlannedEvents, span: tuple[date, date], workspace: Workspace, actor: Actor, today: date) -> Result:
    """Ask for the analysis's metrics by day, to learn how far the data goes and which checks fail."""
    query = Query(
        metrics=tuple(dict.fromkeys(leg.metric.name for leg in planned.legs)),
        by=(Breakdown(DATE, Granularity.DAY),),
        where=planned.reads.population.where,
        time=Between(span[0], max(span[1], today - ONE)),
    )
    return answer_for(query, workspace, actor, today)


def _without_numbers(alert: Alert, planned: PlannedEvents, result: Result, today: date) -> Readings:
    """Return the analysis's periods without their numbers, which aren't known before it runs."""
    of, calendar = alert.of, planned.legs[0].asked.calendar
    assert of is not None
    known = min(planned.known, today)
    if result.data_to is None:  # no load says how far the data goes, so the newest day may be incomplete
        known = min([known, *_newest(planned, result)])
    opens = [timing_of(leg.metric, leg.asked.visible.model).first_open(known) for leg in planned.legs]
    waiting = Waiting(
        complete_on=complete_on(of, calendar),
        known_to=known,
        open_from=min([day for day in opens if day is not None], default=known),
    )
    return Readings(
        rows=alert.grain,
        by_first={},
        known_to=waiting.newest_end(waiting.known_to, alert.grain, calendar),
        open_from=waiting.newest_end(waiting.open_from, alert.grain, calendar),
        today=today,
        is_ratio=True,
        is_share=is_share(of),
        week_start=calendar.week_start,
        waiting=waiting,
    )


def _newest(planned: PlannedEvents, result: Result) -> list[date]:
    """Return, for each dataset, the newest day that has rows."""
    key, newest = result.keys[0].name, dict[str, date]()
    for row in result.rows():
        day = row[key]
        for leg in planned.legs:
            if isinstance(day, date) and row.get(leg.metric.name):
                newest[leg.dataset.name] = max(day, newest.get(leg.dataset.name, day))
    return [*newest.values()]


def _is_known(first: date, readings: Readings) -> bool:
    return shift(first, readings.rows, 1) <= readings.known_to


def _run(
    of: AnalysisNumber,
    alert: Alert,
    span: Sequence[date],
    workspace: Workspace,
    actor: Actor,
    today: date,
    is_stopping: Stopping,
) -> Analyzed[Any]:
    analysis = asked_over(of, alert.grain, span[0], span[1])
    pending = start_analysis(workspace, analysis.kind, analysis.asked, actor, today=today, recorded=False)
    while not pending.done():
        if is_stopping():
            pending.leave()
            raise Cancelled("This was cancelled.")
        sleep(LOOKED)
    return pending.result()
