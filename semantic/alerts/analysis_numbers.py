"""The numbers of analyses that an alert can watch.

For each number, this module has its name, when it is complete, and how to read it from a result.

Each period is analyzed as if it were the only one, so its number doesn't depend on how many periods are analyzed
together. A number is complete once everyone who began in the period has had all the time that the analysis allows.

    conversion       of a funnel, from its first step to a step
    step_conversion  of a funnel, from the step before
    retention        the cell that the retention's sentence is about, of those who began in the period
    overlap          of a channel overlap: the share of those reached that two channels or more reached
    messages         of contact pressure: messages for each person in the week
    above_limit      of contact pressure: the share of people above the limit in the week
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from semantic.alerts.alert import GRAINS, AnalysisNumber, NumberName
from semantic.alerts.readings import Reading
from semantic.analyses.events.asked import Event, Population, plural
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.analyses.events.funnel.question import Funnel
from semantic.analyses.events.instants import days_of
from semantic.analyses.events.overlap.finding import OverlapFound
from semantic.analyses.events.overlap.question import Overlap
from semantic.analyses.events.pressure.finding import PressureFound
from semantic.analyses.events.pressure.question import Pressure
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.retention.finding import RetentionFound
from semantic.analyses.events.retention.question import Retention
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Metric, NumberFormat
from semantic.query.describe import lower_first
from semantic.query.periods import Calendar, first_day, shift
from semantic.query.query import Between

NUMBERS: Final[tuple[NumberName, ...]] = (
    "conversion",
    "step_conversion",
    "retention",
    "overlap",
    "messages",
    "above_limit",
)
FEWEST: Final = 20
"""Shares of fewer people aren't judged: each person would move the share by more than five points."""

NOT_FINAL: Final = "so its numbers are never final and no alert can judge them"
ONE: Final = timedelta(days=1)
CompleteOn = Callable[[date], date]
"""Takes the day after a period, and returns the day from which the period's number can be known."""


def numbers_of(analysis: Analysis) -> list[AnalysisNumber]:
    """Return the numbers of an analysis that an alert can watch, most common first."""
    match analysis.asked:
        case Funnel(steps=steps):
            last = len(steps)
            inner = [AnalysisNumber(analysis, "conversion", step) for step in range(last, 1, -1)]
            return inner + [AnalysisNumber(analysis, "step_conversion", step) for step in range(3, last + 1)]
        case Retention():
            return [AnalysisNumber(analysis, "retention")]
        case Overlap():
            return [AnalysisNumber(analysis, "overlap")]
        case Pressure():
            return [AnalysisNumber(analysis, "messages"), AnalysisNumber(analysis, "above_limit")]
        case _:
            return []


def kept_analysis(analysis: Analysis) -> Analysis:
    """Return an analysis without the parts that an alert sets itself.

    These are the period, the comparison, the periods shown, and the breakdowns.
    """
    asked, kind = analysis.asked, analysis.kind
    match asked:
        case Funnel():
            kept: Any = replace(asked, over=None, once="overall", by=None, by_step="first")
        case Retention():
            kept = replace(asked, over=None, by=None)
        case Overlap():
            kept = replace(asked, then=None, within=None, over=None)
        case Pressure():
            kept = replace(asked, then=None, within=None)
        case _:
            raise InvalidQuery(f"No alert can watch this kind of analysis ({kind.label.lower()}) yet.")
    return Analysis(kind, replace(kept, population=replace(kept.population, time=None, compare=None)))


def asked_over(of: AnalysisNumber, grain: Granularity, first: date, last: date) -> Analysis:
    """Return the analysis broken down by period, from the day `first` through the day `last`.

    Each period is counted as if it were the only one.
    """
    asked, kind = of.analysis.asked, of.analysis.kind
    people: Population = replace(asked.population, time=Between(first, last))
    match asked:
        case Funnel():
            return Analysis(kind, replace(asked, population=people, over=grain, once="each"))
        case Retention() | Overlap():
            return Analysis(kind, replace(asked, population=people, over=grain))
        case _:
            return Analysis(kind, replace(asked, population=people))


def check_number(of: AnalysisNumber, grain: Granularity) -> None:
    """Raise InvalidQuery if the analysis doesn't have this number, or no alert can watch it."""
    if all((of.name, of.step) != (one.name, one.step) for one in _all_numbers(of.analysis)):
        raise InvalidQuery("This analysis doesn't have the number that the alert watches. Choose another number.")
    asked, people = of.analysis.asked, of.analysis.asked.population
    if people.sample is not None:
        raise InvalidQuery("This analysis estimates its numbers from a sample. Follow everyone to set an alert on it.")
    if people.sides:
        raise InvalidQuery("This analysis compares two sides. Ask about one of them to set an alert on it.")
    if isinstance(asked, Retention) and asked.survives:
        raise InvalidQuery("No alert can watch how long people stay yet. Watch the share who come back instead.")
    if people.of is not None:
        raise InvalidQuery(f"The people in this analysis come from another one, and change over time, {NOT_FINAL}.")
    match asked:
        case Funnel() if _window(asked, of) is None:
            raise InvalidQuery(f"This funnel gives people any time to convert, {NOT_FINAL}. Choose a window.")
        case Retention(start="period"):
            raise InvalidQuery("Who is new in this retention depends on its period. Begin with the first event ever.")
        case Retention(count="on_or_after"):
            raise InvalidQuery(f"This retention counts returns at any later time, {NOT_FINAL}. Count each period.")
        case Pressure() if grain not in grains_of(of):
            raise InvalidQuery("Contact pressure is counted by week. Check it every week.")
        case _:
            pass


def _all_numbers(analysis: Analysis) -> list[AnalysisNumber]:
    """Return all numbers of an analysis. The conversion to the second step is listed under both of its names."""
    also = [AnalysisNumber(analysis, "step_conversion", 2)] if isinstance(analysis.asked, Funnel) else []
    return [*numbers_of(analysis), *also]


def usual_grain(of: AnalysisNumber) -> Granularity:
    """Return the default period for an alert on the number: the retention's own period, or a week."""
    asked = of.analysis.asked
    return asked.unit if isinstance(asked, Retention) else Granularity.WEEK


def grains_of(of: AnalysisNumber) -> tuple[Granularity, ...]:
    """Return the kinds of periods for which an alert can watch the number."""
    return (Granularity.WEEK,) if isinstance(of.analysis.asked, Pressure) else GRAINS


def first_event(of: AnalysisNumber) -> Event:
    """Return the analysis's first event."""
    asked = of.analysis.asked
    return of.analysis.kind.reads(asked).events[0]


def first_metric(of: AnalysisNumber) -> str:
    """Return the metric of the first event. An alert on an analysis is listed under this metric."""
    return first_event(of).metric


# When a number is complete


def complete_on(of: AnalysisNumber, calendar: Calendar) -> CompleteOn:
    """Return a function that returns when a period's number is complete. Raises InvalidQuery if it never is."""
    asked = of.analysis.asked
    match asked:
        case Funnel():
            wait = _window(asked, of)
            if wait is None:
                raise InvalidQuery(f"This funnel gives people any time to convert, {NOT_FINAL}. Choose a window.")
            return lambda end: end + wait
        case Retention():
            return lambda end: _last_return(asked, end, calendar)
        case _:
            return lambda end: end


def _window(funnel: Funnel, of: AnalysisNumber) -> timedelta | None:
    """Return the longest time that subjects have to reach the step, in whole days, or None if there is no limit."""
    spans = [step.within for step in funnel.steps[1 : of.step]]
    by_step = sum((days_of(span) for span in spans if span is not None), timedelta())
    limits = [days_of(funnel.within)] if funnel.within is not None else []
    limits += [by_step] if spans and None not in spans else []
    return min(limits, default=None)


def _last_return(retention: Retention, end: date, calendar: Calendar) -> date:
    """Return the day after the last one on which subjects who began before `end` can come back in the watched cell."""
    periods = retention.slots[retention.at - 1].needs + 1
    if retention.clock == "calendar":
        newest = end - ONE
        first = newest if retention.unit is Granularity.DAY else first_day(newest, retention.unit, calendar)
        return shift(first, retention.unit, periods)
    return end + periods * (timedelta(days=7) if retention.unit is Granularity.WEEK else ONE)


# Reading the number


def readings_in(of: AnalysisNumber, found: Any) -> Mapping[date, Reading]:
    """Return each period's number by the period's first day. Hidden numbers and incomplete cohorts are omitted."""
    match found:
        case FunnelFound():
            base = (of.step or 0) - 1 if of.name == "step_conversion" else 1
            counts = {row.over: (row.counts[(of.step or 0) - 1], row.counts[base - 1]) for row in found.rows}
            return {first: _share(*pair) for first, pair in counts.items() if first is not None and None not in pair}
        case RetentionFound():
            cells = {row.over: row.cells[found.asked.at - 1] for row in found.cohorts}
            read: dict[date, Reading] = {}
            for first, cell in cells.items():
                part = {"subjects": cell.came, "events": cell.times, "amount": cell.amount}[found.asked.measure]
                if first is not None and part is not None and cell.eligible is not None:
                    read[first] = _share(part, cell.eligible)
            return read
        case OverlapFound():
            shown = [each for each in found.periods if each.reached is not None and each.several is not None]
            return {each.first: _share(each.several, each.reached) for each in shown}
        case PressureFound():
            parts = {first: line.messages if of.name == "messages" else line.above for first, line in found.calendar}
            weeks = dict(found.calendar)
            return {first: _share(part, weeks[first].weeks) for first, part in parts.items() if part is not None}
        case _:
            raise AssertionError("Other kinds have no numbers to watch.")


def _share(part: float | None, whole: int | None) -> Reading:
    bottom = float(whole or 0)
    return Reading(float(part or 0), bottom, bottom >= FEWEST)


def is_share(of: AnalysisNumber) -> bool:
    """Whether the number is a share of counted subjects."""
    asked = of.analysis.asked
    return of.name != "messages" and not (isinstance(asked, Retention) and asked.measure != "subjects")


# Words


def number_label(of: AnalysisNumber, planned: PlannedEvents) -> str:
    """Return the label of the number: `Conversion from Views to Orders within 7 days`."""
    asked, labels = of.analysis.asked, [leg.label for leg in planned.legs]
    subject = planned.reads.population.subject.replace("_", " ")
    match asked:
        case Funnel():
            step = of.step or len(asked.steps)
            base = step - 1 if of.name == "step_conversion" else 1
            within = f" within {asked.within.words}" if asked.within is not None else ""
            return f"Conversion from {labels[base - 1]} to {labels[step - 1]}{within}"
        case Retention():
            slot = asked.slots[asked.at - 1]
            when = f"{asked.unit.words} {slot.low}"
            if slot.high is not None and slot.high != slot.low:
                when = f"{asked.unit.words}s {slot.low} to {slot.high}"
            back = labels[asked.back_event]
            if asked.measure == "subjects":
                of_back = f" for {lower_first(back)}" if asked.back is not None else ""
                return f"Retention in {when} after {lower_first(labels[0])}{of_back}"
            each = back if asked.measure == "amount" else f"Number of {lower_first(back)}"
            return f"{each} per {subject} in {when} after {lower_first(labels[0])}"
        case Overlap():
            channels = labels[: asked.count]
            by = f"both {channels[0]} and {channels[1]}" if len(channels) == 2 else "several channels"
            return f"Share of {plural(subject)} reached by {by}"
        case Pressure():
            if of.name == "messages":
                return f"Messages per {subject} and week"
            return f"Share above {asked.limit} messages a week"
        case _:
            raise AssertionError("Other kinds have no numbers to watch.")


def number_metric(of: AnalysisNumber, planned: PlannedEvents) -> Metric:
    """Return a metric for the number that isn't in the model, for functions that format and describe metrics."""
    first, asked = planned.legs[0].metric, of.analysis.asked
    label = number_label(of, planned)
    plain = replace(
        first, label=label, description="", target="", enough=None, matters=None, direction="none", means="",
        does_not_mean="", unit="", decimals=None, format=NumberFormat.SHARE if is_share(of) else NumberFormat.NUMBER,
    )  # fmt: skip
    if isinstance(asked, Retention) and asked.measure == "amount":
        amount = planned.legs[asked.back_event].metric
        return replace(plain, format=amount.format, unit=amount.unit, decimals=amount.decimals)
    return plain


def waiting_words(of: AnalysisNumber, grain: Granularity) -> str:
    """Return a sentence about how long the alert waits for each period.

    Returns "" if the number is complete as soon as the period is over.
    """
    asked = of.analysis.asked
    match asked:
        case Funnel():
            wait = _window(asked, of)
            days = f"{wait.days} day{'s' if wait.days != 1 else ''}" if wait is not None else "the window"
            who = "who began in it"
            return f"Each {grain.words} is judged {days} after it ends, once everyone {who} had time to convert."
        case Retention():
            return f"Each {grain.words} is judged once the retention period is over for everyone who began in it."
        case _:
            return ""
