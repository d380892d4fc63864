"""Judge a period for an alert: it fires, is held with a reason, stays quiet, or is normal.

A period is judged once its data is loaded and final, and reliable: no check fails and there is enough data. A period
isn't held if later data can't change the outcome, or for longer than the alert's author allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from semantic.alerts.alert import (
    Alert,
    BehindTarget,
    Changed,
    CheckFailed,
    DataLate,
    OutsideUsual,
    Threshold,
)
from semantic.alerts.readings import ONE, Reading, Readings, end_of, first_of, periods_between
from semantic.alerts.usual import NoRange, Usual, UsualRange
from semantic.alerts.words import AGAINST
from semantic.annotations.annotation import Annotation
from semantic.display.format import Write, counted, exact, listed, share
from semantic.display.format import period as period_name
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day
from semantic.query.periods import shift
from semantic.results.result import FailedCheck
from semantic.targets.pace import ALARMS, NoPace, Pace, Verdict

_TOO_LITTLE = "There's too little data to judge this number."
Outcome = Literal["fired", "held", "quiet", "normal", "failed"]
Side = Literal["above", "below", ""]
MARGIN = 0.05
"""How far inside its limit a number must be before an alert ends, relative to the limit."""
MOST_WAIT_DAYS = 31
"""A period whose data hasn't arrived after this many days fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome for one period, with the reason as a sentence.

    `low` and `high` are the expected range, if the rule has one. `until` is when a held period can be judged, if known.
    If `is_final` is false, the number can still change.
    """

    period: date
    outcome: Outcome
    why: str
    side: Side = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    until: date | None = None
    is_final: bool = True
    days: int = 0  # if the number covers this many days, which end with the period, and not the period


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """An alert's memory about one recipient.

    `open_since` is the period for which the alert fired at the start of the current episode, if there is one.
    `last_fired` is the last period for which it fired. `normal` is the number of normal periods in a row since then,
    and `counted` the latest of these. `settled_to` is the first period without a final outcome.
    """

    open_since: date | None = None
    last_fired: date | None = None
    normal: int = 0
    counted: date | None = None
    settled_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFacts:
    """The facts about an alert's number for one recipient. The recipient can read all `remarks`."""

    alert: Alert
    readings: Readings
    write: Write
    remarks: Sequence[Annotation] = ()
    failing: Sequence[FailedCheck] = ()
    pace: Pace | NoPace | None = None
    snoozed_until: date | None = None
    usual: Usual = field(init=False)

    def __post_init__(self) -> None:
        spans = [(note.first, min(note.last, self.readings.today)) for note in self.remarks]
        days = frozenset(first + ONE * place for first, last in spans for place in range((last - first).days + 1))
        object.__setattr__(self, "usual", Usual(self.readings, days))


@dataclass(frozen=True, slots=True)
class _Look:
    """The rule's verdict on a number, before deciding whether the alert fires."""

    is_outside: bool
    why: str
    value: float | None = None
    side: Side = ""
    low: float | None = None
    high: float | None = None
    is_clear: bool = True  # far enough inside for an alert to end
    is_judged: bool = True  # False if the rule can't tell
    days: int = 0


def judge(known: AlertFacts, memory: Memory) -> tuple[list[Judgement], Memory]:
    """Judge every period without a final outcome, in order, and return the judgements and the new memory."""
    judgements: list[Judgement] = []
    memory = _as_of_today(known, memory)
    for period in due_periods(known, memory):
        judgement = judge_period(known, memory, period)
        if judgement is None:
            continue
        judgements.append(judgement)
        memory = remember(known, memory, judgement)
    return judgements, memory


def is_judged_daily(alert: Alert) -> bool:
    """Whether an alert is judged for each day, because its rule is about the current state."""
    return isinstance(alert.rule, CheckFailed | DataLate | BehindTarget) or _is_to_date(alert)


def due_periods(known: AlertFacts, memory: Memory) -> list[date]:
    """Return the periods to judge: those that have ended and have no final outcome, and the current one.

    When an alert is judged for the first time, only the newest of these is returned.
    """
    alert, today = known.alert, known.readings.today
    if is_judged_daily(alert):
        return [today]
    calendar, waiting = known.readings.calendar, known.readings.waiting
    if waiting is not None:  # periods that aren't complete yet can't be judged, so they aren't held one by one
        end = waiting.newest_end(today, alert.grain, calendar)
        since = memory.settled_to if memory.settled_to is not None else shift(end, alert.grain, -1)
        return [*periods_between(since, end, alert.grain, calendar)]
    current = first_of(today, alert.grain, calendar)
    since = memory.settled_to if memory.settled_to is not None else shift(current, alert.grain, -1)
    return [*periods_between(since, today, alert.grain, calendar), current]


def _as_of_today(known: AlertFacts, memory: Memory) -> Memory:
    """Return the memory without outdated entries.

    Outdated are periods that are too long ago, and messages about the period of an earlier target.
    """
    alert, today, calendar = known.alert, known.readings.today, known.readings.calendar
    waiting = known.readings.waiting
    newest = waiting.newest_end(today, alert.grain, calendar) if waiting is not None else today
    earliest = first_of(newest - timedelta(days=MOST_WAIT_DAYS + 31), alert.grain, calendar)
    if memory.settled_to is not None and memory.settled_to < earliest:
        memory = replace(memory, settled_to=earliest)
    is_to_date = is_judged_daily(alert) and not isinstance(alert.rule, CheckFailed | DataLate)
    if is_to_date and memory.open_since is not None:
        begun = first_of(memory.open_since, alert.grain, calendar)
        if begun != first_of(today, alert.grain, calendar):
            memory = replace(memory, open_since=None, normal=0)
    return memory


def judge_period(known: AlertFacts, memory: Memory, period: date) -> Judgement | None:
    """Return the judgement for one period, or None if it's the current period and can't be judged yet."""
    alert, readings = known.alert, known.readings
    match alert.rule:
        case CheckFailed() | DataLate() | BehindTarget():
            return _decided(known, memory, period, _look_at_state(known), is_final=True)
        case _:
            pass
    if _is_to_date(alert):
        return _judge_to_date(known, memory, period)
    end = end_of(period, alert.grain)
    if (certain := _certain(known, period)) is not None and not known.failing:
        return _decided(known, memory, period, certain, is_final=True)
    if end > readings.today:
        return None
    return _judge_whole(known, memory, period, end)


def _judge_to_date(known: AlertFacts, memory: Memory, today: date) -> Judgement | None:
    """Judge the current period so far, using only its final days. Returns None if it has none yet."""
    readings = known.readings
    first = first_of(today, known.alert.grain, readings.calendar)
    end = min(today, readings.known_to, readings.open_from)
    reading = readings.over(first, end) if end > first else None
    if reading is None or reading.value is None:
        return None
    if not reading.is_enough:
        return Judgement(period=today, outcome="quiet", why=_TOO_LITTLE, value=reading.value)
    if known.failing:
        return Judgement(period=today, outcome="held", why=f"{_failing_words(known)}.", value=reading.value)
    return _decided(known, memory, today, _look(known, first, end, reading), is_final=True)


def _judge_whole(known: AlertFacts, memory: Memory, period: date, end: date) -> Judgement:
    alert, readings = known.alert, known.readings
    complete = readings.complete_on(end)
    waited = (readings.today - complete).days
    name = period_name(period, alert.grain)
    if end > readings.known_to:
        if waited >= MOST_WAIT_DAYS:
            return Judgement(period=period, outcome="failed", why=f"The data for {name} didn't arrive.")
        why = f"The data for {name} isn't loaded yet."
        if complete > end:
            why = f"The data through {describe_day(complete - ONE)}, which counts for {name}, isn't loaded yet."
        return Judgement(period=period, outcome="held", why=why)
    is_final, may_wait = end <= readings.open_from, waited < alert.hold_days
    if not is_final and may_wait:
        final = readings.final_on(end)
        until = min(final, complete + timedelta(days=alert.hold_days))
        why = f"Not final until {_weekday(final)}."
        return Judgement(period=period, outcome="held", why=why, until=until, is_final=False)
    reading = readings.over(period, end)
    if reading is None or reading.value is None:
        return Judgement(period=period, outcome="quiet", why=f"There's no number for {name}.", is_final=is_final)
    if not reading.is_enough:
        return Judgement(period=period, outcome="quiet", why=_TOO_LITTLE, value=reading.value, is_final=is_final)
    if known.failing and may_wait:
        until = complete + timedelta(days=alert.hold_days)
        return Judgement(
            period=period, outcome="held", why=f"{_failing_words(known)}.", until=until, value=reading.value
        )
    return _decided(known, memory, period, _look(known, period, end, reading), is_final=is_final)


def remember(known: AlertFacts, memory: Memory, judgement: Judgement) -> Memory:
    """Return the memory after a judgement."""
    alert, period = known.alert, judgement.period
    match judgement.outcome:
        case "fired":
            memory = replace(memory, open_since=period, last_fired=period, normal=0, counted=period)
        case "normal" if memory.open_since is not None and (memory.counted is None or period > memory.counted):
            normal = memory.normal + 1
            is_over = normal >= alert.ends_after
            open_since = None if is_over else memory.open_since
            memory = replace(memory, open_since=open_since, normal=0 if is_over else normal, counted=period)
        case "quiet" if judgement.side:
            memory = replace(memory, normal=0)
        case _:
            pass
    if is_judged_daily(alert) or end_of(period, alert.grain) > known.readings.today:
        return memory
    if memory.settled_to is None or memory.settled_to == period:  # an earlier period isn't held
        is_held = judgement.outcome == "held"
        memory = replace(memory, settled_to=period if is_held else end_of(period, alert.grain))
    return memory


def _decided(known: AlertFacts, memory: Memory, period: date, look: _Look, *, is_final: bool) -> Judgement:
    alert, today = known.alert, known.readings.today
    outcome, why = "normal", look.why
    if not look.is_judged:
        outcome = "quiet"
    elif look.is_outside:
        outcome, why = "fired", _with_doubt(known, look.why, is_final=is_final)
        if memory.open_since is not None:
            outcome, told = "quiet", _name(alert, memory.open_since)
            why = f"{look.why} You were told about {told}."
        elif memory.last_fired is not None and (period - memory.last_fired).days < alert.apart_days:
            told = _name(alert, memory.last_fired)
            outcome = "quiet"
            why = f"{look.why} The last message, about {told}, was less than {counted(alert.apart_days, 'day')} before."
        elif known.snoozed_until is not None and today < known.snoozed_until:
            outcome, why = "quiet", f"{look.why} Snoozed until {describe_day(known.snoozed_until)}."
    elif memory.open_since is not None and not look.is_clear:
        outcome, why = "quiet", f"{look.why} It's too close to the limit for the alert to end."
    side: Side = look.side if look.is_outside else ""
    if outcome == "quiet" and not look.is_outside and look.is_judged:
        side = look.side or "below"
    return Judgement(
        period=period, outcome=outcome, why=why, side=side, value=look.value, low=look.low, high=look.high,
        is_final=is_final, days=look.days,
    )  # fmt: skip


def _name(alert: Alert, period: date) -> str:
    return period_name(period, Granularity.DAY if is_judged_daily(alert) else alert.grain)


def _with_doubt(known: AlertFacts, why: str, *, is_final: bool) -> str:
    doubts = [] if is_final else ["This number isn't final and can still change."]
    if known.failing and not isinstance(known.alert.rule, CheckFailed):
        doubts.append(f"{_failing_words(known)}.")
    return " ".join([why, *doubts])


# Rules


def _look(known: AlertFacts, period: date, end: date, reading: Reading) -> _Look:
    value = reading.value
    assert value is not None
    match known.alert.rule:
        case Threshold() as rule:
            return _look_at_threshold(known, rule, period, value)
        case Changed() as rule:
            return _look_at_change(known, rule, period, end, value)
        case OutsideUsual() as rule:
            return _look_at_usual(known, rule, period, end)
        case _:
            raise AssertionError("Rules without numbers are judged before.")


def _look_at_threshold(known: AlertFacts, rule: Threshold, period: date, value: float) -> _Look:
    limit = rule.value
    if rule.of == "target":
        target = known.readings.targets.get(period)
        if target is None:
            name = period_name(period, known.alert.grain)
            return _Look(False, f"There's no target for {name}.", value, is_judged=False)
        limit = rule.value * target
    is_above = rule.side == "above"
    is_outside = value > limit if is_above else value < limit
    margin = MARGIN * abs(limit)
    is_clear = value <= limit - margin if is_above else value >= limit + margin
    where = "Above" if value > limit else "Below" if value < limit else "Exactly"
    of = f", which is {share(rule.value, 0)} of the target" if rule.of == "target" else ""
    low, high = (None, limit) if is_above else (limit, None)
    side: Side = rule.side
    written = known.write(limit) if rule.of == "target" else exact(known.write, limit)
    return _Look(is_outside, f"{where} {written}{of}.", value, side, low, high, is_clear)


def _look_at_change(known: AlertFacts, rule: Changed, period: date, end: date, value: float) -> _Look:
    before = _reading_before(known, rule, period, end)
    other = AGAINST[known.alert.grain, rule.against]
    other = f"the same days of {other}" if rule.to_date else other
    if before is None or before.value is None:
        return _Look(False, f"There's no number for {other}.", value, is_judged=False)
    if not before.is_enough:
        return _Look(False, f"There's too little data in {other}.", value, is_judged=False)
    base = before.value
    by = rule.by * abs(base) if rule.how == "share" else rule.by
    if rule.how == "share" and not base:
        return _Look(False, f"The number of {other} is 0.", value, is_judged=False)
    low = base - by if rule.way != "up" else None
    high = base + by if rule.way != "down" else None
    side: Side = "above" if high is not None and value > high else "below" if low is not None and value < low else ""
    change = value - base
    is_clear = abs(change) <= by * (1 - MARGIN) if rule.way == "either" else _is_clear_of(change, by, rule.way)
    size = share(abs(change) / abs(base), 1) if base else known.write(abs(change))
    moved = f"{'Up' if change > 0 else 'Down'} {size}" if change else "No change"
    return _Look(bool(side), f"{moved} from {known.write(base)} in {other}.", value, side, low, high, is_clear)


def _is_clear_of(change: float, by: float, way: str) -> bool:
    return (change if way == "up" else -change) <= by * (1 - MARGIN)


def _reading_before(known: AlertFacts, rule: Changed, period: date, end: date) -> Reading | None:
    """Return the reading that a period is compared with.

    The reading covers the same number of days, except that whole months are compared with whole months.
    """
    grain = known.alert.grain
    if grain is Granularity.MONTH:
        first = shift(period, grain, -1 if rule.against == "previous" else -12)
        until = min(first + (end - period), end_of(first, grain)) if rule.to_date else end_of(first, grain)
    else:
        back = timedelta(days=7 if rule.against == "previous" else 364)
        first, until = period - back, end - back
    return known.readings.over(first, until)


def _look_at_usual(known: AlertFacts, rule: OutsideUsual, period: date, end: date) -> _Look:
    if known.alert.grain is Granularity.DAY:
        usual = known.usual.day(period, sensitivity=rule.sensitivity)
    else:
        usual = known.usual.range(period, end, sensitivity=rule.sensitivity)
    reading = known.readings.over(period, end)
    value = reading.value if reading is not None else None
    if isinstance(usual, NoRange):
        names = listed([note.text for note in known.remarks if note.first < end and note.last >= period])
        why = f"{usual.why.removesuffix('.')}: {names}." if names else usual.why
        return _Look(False, why, value, is_judged=False)
    side: Side = usual.side
    is_wanted = side != "" and rule.way in ("either", "up" if side == "above" else "down")
    days = usual.days if known.alert.grain is Granularity.DAY and usual.days > 1 else 0
    return _Look(
        is_wanted, _usual_words(known, usual), usual.value, side, usual.low, usual.high,
        not is_wanted and usual.is_clear, days=days,
    )  # fmt: skip


def _usual_words(known: AlertFacts, usual: UsualRange) -> str:
    days = f" for the {usual.days} days" if usual.days > 1 and known.alert.grain is Granularity.DAY else ""
    low, high = known.write(usual.low), known.write(usual.high)
    left_out = f" {counted(usual.left_out, 'day')} with a remark left out." if usual.left_out else ""
    if usual.side:
        return f"{usual.side.capitalize()} the usual {low} to {high}{days}.{left_out}"
    return f"Within the usual {low} to {high}{days}.{left_out}"


def _look_at_state(known: AlertFacts) -> _Look:
    match known.alert.rule:
        case CheckFailed():
            return _Look(bool(known.failing), f"{_failing_words(known)}." if known.failing else "No check fails.")
        case DataLate(days=days):
            late = max(0, (known.readings.today - known.readings.known_to).days)
            newest = describe_day(known.readings.known_to - ONE)
            why = f"Loaded to {newest}: {counted(late, 'day')} missing." if late else f"Loaded to {newest}."
            return _Look(late >= days, why, float(late), "above", None, float(days - 1))
        case BehindTarget(by=by):
            return _look_at_pace(known, by)
        case _:
            raise AssertionError("Rules about numbers are judged by period.")


def _look_at_pace(known: AlertFacts, by: float) -> _Look:
    pace = known.pace
    if pace is None or isinstance(pace, NoPace):
        return _Look(False, pace.why if pace is not None else "There's no target.", is_judged=False)
    if pace.is_early:
        return _Look(False, "It's too early in the period to judge the pace.", pace.value, is_judged=False)
    end = pace.projection if pace.projection is not None and pace.days_left else pace.value
    missed = abs(pace.target - end) / abs(pace.target) if pace.target else 0.0
    is_outside = pace.verdict in ALARMS and missed >= by
    side: Side = "above" if end > pace.target else "below"
    is_clear = pace.verdict in (Verdict.REACHES, Verdict.REACHED)
    target, projected = known.write(pace.target), known.write(end)
    what = "Projected to reach" if pace.days_left else "Reached"
    return _Look(is_outside, f"{what} {projected}, target {target}.", pace.value, side, None, None, is_clear)


# Outcomes that later data can't change


def _certain(known: AlertFacts, period: date) -> _Look | None:
    """Return the verdict that a period's final days already determine, or None.

    For example, a total that only grows stays above its limit.
    """
    alert, readings = known.alert, known.readings
    if not only_grows(readings):
        return None
    end = min(end_of(period, alert.grain), readings.known_to, readings.open_from)
    so_far = readings.over(period, end) if end > period else None
    if so_far is None:
        return None
    match alert.rule:
        case Threshold(side="above") as rule:
            look = _look_at_threshold(known, rule, period, so_far.top)
        case Changed(way="up" | "either", to_date=False) as rule:
            look = _look_at_change(known, rule, period, end_of(period, alert.grain), so_far.top)
        case _:
            return None
    return look if look.is_judged and look.is_outside and look.side == "above" else None


def only_grows(readings: Readings) -> bool:
    """Whether a period's number can only grow with each day: the days add up, and no value was ever negative."""
    if not readings.is_summed or readings.is_ratio or not readings.by_first:
        return False
    return all(one.top >= 0 for one in readings.by_first.values())


def _is_to_date(alert: Alert) -> bool:
    return isinstance(alert.rule, Changed) and alert.rule.to_date


def _failing_words(known: AlertFacts) -> str:
    names = [f"{check.what} ({check.data})" for check in known.failing if check.what]
    return f"A data check fails: {listed(names)}" if names else "A data check fails"


def _weekday(day: date) -> str:
    return f"{day:%a} {describe_day(day)}"
