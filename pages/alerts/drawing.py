"""The chart of an alert, with a legend."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.alerts.replay import ReplayedPeriod
from semantic.annotations.annotation import Annotation
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import Write
from semantic.model.definitions import Granularity


def draw_watched(
    periods: Sequence[Watched], label: str, grain: Granularity, write: Write, *, key: str,
    remarks: Sequence[Annotation] = (), height: int = 220,
) -> None:  # fmt: skip
    """Draw the chart with a legend below it, or a sentence if there is too little to draw."""
    chart = watched_chart(periods, label, grain, write, current_tokens(), remarks=remarks, height=height)
    if chart.figure is None:
        st.caption(plain(chart.reason))
        return
    draw_chart(chart.figure, key=key, alt=chart.alt, has_events_listed=True)
    marks = {
        ":red[\N{BLACK CIRCLE}] Fired": any(one.outcome == "fired" for one in periods),
        ":orange[\N{WHITE CIRCLE}] Held": any(one.outcome == "held" for one in periods),
        ":violet[\N{BLACK SQUARE}] Expected range": any(
            one.low is not None and one.high is not None for one in periods
        ),
    }
    shown = [words for words, is_shown in marks.items() if is_shown]
    if shown:
        st.markdown(" &nbsp; ".join(f":small[{each}]" for each in shown))


def as_watched(period: ReplayedPeriod) -> Watched:
    """Return a period of a preview in the form that the chart draws."""
    outcome: Outcome = "fired" if period.fired_on is not None else "held" if period.outcome == "held" else ""
    return Watched(
        first=period.first, value=period.value, low=period.low, high=period.high, outcome=outcome,
        why=period.why if outcome else "",
    )  # fmt: skip
