"""Replay an alert over past days: when it would have fired, and how long it would have held periods.

Each day is judged with the data that would have been known then, assuming that data always arrived with the same delay
as now. The values are today's, because earlier values aren't stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from semantic.alerts.alert import BehindTarget, CheckFailed, DataLate, OutsideUsual
from semantic.alerts.judging import AlertFacts, Judgement, Memory, Outcome, is_judged_daily, judge
from semantic.alerts.readings import ONE, end_of, periods_between
from semantic.alerts.usual import NoRange
from semantic.display.format import counted, listed, number
from semantic.display.format import period as period_name
from semantic.model.definitions import Granularity

REPLAYED_DAYS: Final = 180
TOO_MANY_A_WEEK: Final = 1.0
MOST_NAMED: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedPeriod:
    """One replayed period: its number, its expected range, and whether the alert would have fired.

    `fired_on` is the day on which the alert would have fired, or None.
    """

    first: date
    value: float | None
    low: float | None
    high: float | None
    outcome: Outcome | None
    why: str = ""
    fired_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How an alert would have behaved over `days` days. If it can't be replayed, `why_not` is the reason, or else "".

    On `held_days` of these days, the alert would have held a period, because periods are final only `final_after` days
    after their end.
    """

    days: int = REPLAYED_DAYS
    periods: tuple[ReplayedPeriod, ...] = ()
    held_days: int = 0
    final_after: int = 0
    grain: Granularity = Granularity.DAY
    why_not: str = ""
    is_usual: bool = False

    @property
    def fired(self) -> tuple[ReplayedPeriod, ...]:
        return tuple(period for period in self.periods if period.fired_on is not None)

    @property
    def a_week(self) -> float:
        return len(self.fired) * 7 / self.days

    @property
    def words(self) -> str:
        """The result: `Would have fired 2 times in 180 days: 12 Jun and 3 Aug.`, and how long periods are held."""
        if self.why_not:
            return self.why_not
        held = ""
        if self.final_after:
            days = counted(self.final_after, "day")
            held = f" Each {self.grain.value} is held for {days}, until it's final."
        if not self.fired:
            return f"Wouldn't have fired in the last {self.days} days.{held}"
        names = [_short(period.first, self.grain) for period in self.fired]
        more = len(names) - MOST_NAMED
        texts = listed(names) if more <= 0 else f"{', '.join(names[-MOST_NAMED:])} and {more} earlier"
        times = "once" if len(names) == 1 else f"{len(names)} times"
        return f"Would have fired {times} in {self.days} days: {texts}.{held}"

    @property
    def warning(self) -> str:
        """A warning that people mute alerts that fire this often, or "" if the alert would fire once a week or less."""
        if self.a_week <= TOO_MANY_A_WEEK:
            return ""
        advice = "Choose a lower sensitivity." if self.is_usual else "Use its usual range, or a larger limit."
        return f"That's about {number(self.a_week)} a week. Most people mute alerts like this. {advice}"


def replay(known: AlertFacts, *, days: int = REPLAYED_DAYS) -> Replay:
    """Return how an alert would have behaved on each of the last `days` days."""
    alert, readings = known.alert, known.readings
    if isinstance(alert.rule, BehindTarget | CheckFailed | DataLate):
        why_not = "This rule has no preview, because past forecasts, checks and loads aren't kept."
        return Replay(days=days, grain=alert.grain, why_not=why_not)
    if not readings.by_first:
        return Replay(days=days, grain=alert.grain, why_not="There's no data to preview this alert with.")
    memory, held = Memory(), 0
    found: dict[date, tuple[Judgement, date]] = {}
    for back in range(days - 1, -1, -1):
        today = readings.today - timedelta(days=back)
        then = _as_of(known, today)
        judgements, memory = judge(then, memory)
        is_held = False
        for judgement in judgements:
            is_held |= judgement.outcome == "held"
            earlier = found.get(judgement.period)
            if earlier is None or earlier[0].outcome != "fired":
                found[judgement.period] = (judgement, today)
        held += is_held and not any(judgement.outcome == "fired" for judgement in judgements)
    return Replay(
        days=days, periods=tuple(_periods(known, found, days)), held_days=held, grain=_grain(known),
        final_after=min(alert.hold_days, (readings.known_to - readings.open_from).days),
        is_usual=isinstance(alert.rule, OutsideUsual),
    )  # fmt: skip


def _as_of(known: AlertFacts, today: date) -> AlertFacts:
    then = replace(known, readings=known.readings.as_of(today), failing=(), snoozed_until=None)
    # What is usual before a day depends only on earlier days, so all days share what was computed.
    then.usual.share(known.usual)
    return then


def _grain(known: AlertFacts) -> Granularity:
    return Granularity.DAY if is_judged_daily(known.alert) else known.alert.grain


def _periods(known: AlertFacts, found: dict[date, tuple[Judgement, date]], days: int) -> Sequence[ReplayedPeriod]:
    alert, readings, grain = known.alert, known.readings, _grain(known)
    since = readings.today - timedelta(days=days)
    replayed: list[ReplayedPeriod] = []
    for first in periods_between(since, readings.today + ONE, grain, readings.calendar):
        judged = found.get(first)
        if judged is None and end_of(first, grain) > readings.today:
            continue
        reading = readings.over(first, end_of(first, grain))
        value = reading.value if reading is not None and end_of(first, grain) <= readings.known_to else None
        low, high = (judged[0].low, judged[0].high) if judged and not judged[0].days else (None, None)
        if isinstance(alert.rule, OutsideUsual) and low is None and value is not None:
            usual = known.usual.range(first, end_of(first, grain), sensitivity=alert.rule.sensitivity)
            low, high = (None, None) if isinstance(usual, NoRange) else (usual.low, usual.high)
        fired_on = judged[1] if judged and judged[0].outcome == "fired" else None
        replayed.append(
            ReplayedPeriod(
                first=first, value=value, low=low, high=high, outcome=judged[0].outcome if judged else None,
                why=judged[0].why if judged else "", fired_on=fired_on,
            )
        )  # fmt: skip
    return replayed


def _short(first: date, grain: Granularity) -> str:
    """Return a period's name. For a day, the name has no year, because all days are recent."""
    return (
        period_name(first, grain).removesuffix(f" {first.year}")
        if grain is Granularity.DAY
        else period_name(first, grain)
    )
