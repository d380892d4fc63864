"""Daily readings for tests of alerts: one number for each day before `today`, the newest last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from semantic.alerts.alert import Alert, Rule, Threshold
from semantic.alerts.judging import AlertFacts
from semantic.alerts.readings import Reading, Readings
from semantic.model.definitions import Granularity

ONE = timedelta(days=1)
TODAY = date(2026, 9, 14)  # a Monday
BELOW_100 = Threshold(side="below", value=100.0)


def write(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def days(
    values: Sequence[float], *, today: date = TODAY, late: int = 0, final_after: int = 0, is_summed: bool = True
) -> Readings:
    """Return readings with one number for each day up to yesterday. The newest `late` days aren't loaded."""
    first = today - ONE * len(values)
    known_to = today - ONE * late
    by_first = {first + ONE * place: Reading(value) for place, value in enumerate(values)}
    known = {day: one for day, one in by_first.items() if day < known_to}
    return Readings(
        rows=Granularity.DAY, by_first=known, known_to=known_to, open_from=known_to - ONE * final_after, today=today,
        is_summed=is_summed,
    )  # fmt: skip


def alert(rule: Rule = BELOW_100, **given: object) -> Alert:
    return Alert(metric="revenue", rule=rule, **given)  # pyright: ignore[reportArgumentType]


def known(readings: Readings, rule: Rule = BELOW_100, **given: object) -> AlertFacts:
    return AlertFacts(alert=alert(rule, **given), readings=readings, write=write)
