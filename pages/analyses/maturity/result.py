"""The result of maturity on the page: each cohort and what it will reach, then the curve of what is known."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.analyses.kind import Shown
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.analyses.events.maturity.finding import MaturityFound
from semantic.analyses.maturity import Grown
from semantic.display.charts.figures.completion import Known, completion_curve
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import number
from semantic.query.describe import upper_first
from semantic.services.analyzing.maturity_words import (
    grain_of,
    grown_words,
    known_words,
    who_did,
    whole_number,
)
from semantic.services.analyzing.run import Analyzed

MARKS: Final[dict[Outcome, str]] = {"held": "So far"}
HEIGHT: Final = 260


def result(shown: Shown) -> None:
    """Draw both charts, and how often earlier ranges were right."""
    analyzed: Analyzed[MaturityFound] = shown.answer.found
    found, grain = analyzed.found.detail, grain_of(analyzed)
    what = who_did(analyzed)
    young = [each for each in found.cohorts if not each.is_final and each.expected is not None]
    words = (
        " ".join(grown_words(each, grain, what) for each in young)
        or f"{upper_first(what)} by {grain.words}, all final."
    )
    chart = watched_chart(
        [_watched(each) for each in found.cohorts], upper_first(what), grain,
        lambda value: number(float(value)) if isinstance(value, int | float) else "", current_tokens(),
        height=HEIGHT, outcomes=MARKS, words=words,
    )  # fmt: skip
    if chart.figure is not None:
        st.markdown(f"**{plain(upper_first(what))}, by {grain.words} of the first**")
        draw_chart(chart.figure, key=f"{shown.key}-cohorts", alt=chart.alt)
        if young:
            st.markdown(
                ":small[:orange[\N{WHITE CIRCLE}] So far] &nbsp; :small[:violet[\N{BLACK SQUARE}] Expected in the end]"
            )
    if found.curve:
        st.markdown("**Share of the final number that is known**")
        points = [Known(point.age, point.share, point.low, _most(point.high)) for point in found.curve]
        draw_chart(completion_curve(points, current_tokens()), key=f"{shown.key}-curve", alt=known_words(found))


def _watched(grown: Grown) -> Watched:
    """A cohort as the chart draws it: what is known, and the range of what is still to come."""
    if grown.is_final or grown.expected is None:
        return Watched(first=grown.cohort.first, value=grown.value)
    low = grown.low if grown.low is not None else grown.expected
    high = grown.high if grown.high is not None else grown.expected
    return Watched(
        first=grown.cohort.first, value=grown.value, low=low, high=high, outcome="held",
        why=f"expected {whole_number(grown.expected)}",
    )  # fmt: skip


def _most(high: float | None) -> float | None:
    return None if high is None else min(1.0, high)
