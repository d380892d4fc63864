"""The chart of unusual days for every surface: the number, its expected range, and marks outside the range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from semantic.analyses.anomalies import Anomaly, JudgedDay
from semantic.display.charts.chart import Chart
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import counted, listed
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity
from semantic.services.analyzing.words.anomalies import when_words

if TYPE_CHECKING:
    from semantic.services.analyzing.anomalies import AnomalySearch

MARKS: Final[dict[Outcome, str]] = {"fired": "Unusual", "held": "Not final"}
HEIGHT: Final = 280


def anomalies_chart(searched: AnomalySearch, tokens: Tokens) -> Chart:
    """Return the chart of each day's number with its expected range."""
    return watched_chart(
        watched_days(searched), searched.label, Granularity.DAY, searched.write, tokens,
        remarks=searched.asked.remarks, height=HEIGHT, outcomes=MARKS, words=_in_words(searched),
    )  # fmt: skip


def watched_days(searched: AnomalySearch) -> Sequence[Watched]:
    """Return the days in the form that the chart takes."""
    return [_watched(day, searched.found.anomalies) for day in searched.found.days]


def _watched(day: JudgedDay, anomalies: tuple[Anomaly, ...]) -> Watched:
    """Return one day in the form that the chart takes.

    A day that is unusual only for some members isn't marked on the line of the total.
    """
    own = next((each for each in anomalies if not each.of and each.first <= day.day <= each.last), None)
    is_marked = own is not None and (day.side == own.side or day.day == own.first)
    outcome: Outcome = "fired" if is_marked else "" if day.is_final else "held"
    return Watched(first=day.day, value=day.value, low=day.low, high=day.high, outcome=outcome)


def _in_words(searched: AnomalySearch) -> str:
    """Return the chart as text."""
    days = [when_words(each) for each in searched.found.anomalies if not each.of]
    unusual = f"Unusual: {listed(days)}." if days else "No unusual days."
    return f"{searched.label} by day, {counted(len(searched.found.days), 'day')}. {unusual}"
