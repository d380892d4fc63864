"""The result of a search for unusual days: the line with its range and marks, each finding in words, and what next."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.analyses.kind import Shown
from pages.explore.result import alerting
from pages.shell import links
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.analyses.anomalies import Anomaly, JudgedDay
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import counted, listed
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Query
from semantic.services.analyzing.anomalies import Searched
from semantic.services.analyzing.words.anomalies import NO_REMARK, remark_words, told, when_words

MOST: Final = 8
"""Findings in words; the table has all."""

MARKS: Final[dict[Outcome, str]] = {"fired": "Unusual", "held": "Not final"}
HEIGHT: Final = 280


def result(shown: Shown) -> None:
    """Draw the chart, the findings, and what to do next."""
    searched: Searched = shown.answer.found
    found = searched.found
    periods = [_watched(day, found.anomalies) for day in found.days]
    chart = watched_chart(
        periods, searched.label, Granularity.DAY, searched.write, current_tokens(), remarks=searched.asked.remarks,
        height=HEIGHT, outcomes=MARKS, words=_in_words(searched),
    )  # fmt: skip
    if chart.figure is None:
        st.caption(plain(chart.reason))
    else:
        draw_chart(chart.figure, key=f"{shown.key}-chart", alt=chart.alt, has_events_listed=True)
        marks = {
            ":red[\N{BLACK CIRCLE}] Unusual": any(one.outcome == "fired" for one in periods),
            ":orange[\N{WHITE CIRCLE}] Not final": any(one.outcome == "held" for one in periods),
            ":violet[\N{BLACK SQUARE}] Expected range": any(one.low is not None for one in periods),
        }
        st.markdown(" &nbsp; ".join(f":small[{words}]" for words, is_there in marks.items() if is_there))
    _findings(searched)
    _next(shown, searched)


def _watched(day: JudgedDay, anomalies: tuple[Anomaly, ...]) -> Watched:
    """A day as the chart draws it. Days of one member alone aren't marked on the whole number's line."""
    own = next((each for each in anomalies if not each.of and each.first <= day.day <= each.last), None)
    is_marked = own is not None and (day.side == own.side or day.day == own.first)
    outcome: Outcome = "fired" if is_marked else "" if day.is_final else "held"
    return Watched(first=day.day, value=day.value, low=day.low, high=day.high, outcome=outcome)


def _in_words(searched: Searched) -> str:
    """The chart in words."""
    days = [when_words(each) for each in searched.found.anomalies if not each.of]
    unusual = f"Unusual: {listed(days)}." if days else "No day is unusual."
    return f"{searched.label} by day, {counted(len(searched.found.days), 'day')}. {unusual}"


def _findings(searched: Searched) -> None:
    anomalies = searched.found.anomalies
    if not anomalies:
        return
    with st.container(border=True, gap="small", key="analysis-findings"):
        for anomaly in anomalies[-MOST:][::-1]:
            arrow = "trending_up" if anomaly.side == "above" else "trending_down"
            remark = remark_words(anomaly, searched)
            about = f"Remark: {remark}" if remark != NO_REMARK else NO_REMARK
            words = f":material/{arrow}: {plain(told(anomaly, searched))}"
            st.markdown(f"{words}  \n:small[:gray[{plain(about)}.]]", width="stretch")
        if len(anomalies) > MOST:
            st.caption(f"{len(anomalies) - MOST} earlier ones are in the table.")


def _next(shown: Shown, searched: Searched) -> None:
    """An alert on the same range, and the same days in Explore."""
    question = searched.question
    query = Query(
        metrics=(question.metric,), by=(Breakdown(DATE, Granularity.DAY),), where=question.where, time=question.time
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="analysis-next"):
        if shown.actor.viewed_by is None:
            st.button(
                links.SET_ALERT_LABEL, icon=f":material/{links.ALERT_ICON}:", key=f"{shown.key}-set-alert",
                type="tertiary", on_click=alerting.begin, args=(links.watched(query, question.metric),),
                help="Get a message when this metric leaves its usual range.",
            )  # fmt: skip
        links.explore_link("Explore", query, width="content", icon=":material/query_stats:")
    alerting.leave(shown.workspace)
