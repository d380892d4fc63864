"""The result of a search for unusual days: the chart with the usual range and marked days, the findings, and next
steps.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.analyses.kind import ShownAnswer
from pages.explore.result import alerting
from pages.shell import links
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Breakdown, Query
from semantic.services.analyzing.anomalies import AnomalySearch
from semantic.services.analyzing.charts.anomalies import anomalies_chart, watched_days
from semantic.services.analyzing.words.anomalies import NO_REMARK, anomaly_words, remark_words

MOST: Final = 8
"""The maximum number of findings in words. The table has all of them."""


def result(shown: ShownAnswer) -> None:
    """Draw the chart, the findings, and the next steps."""
    searched: AnomalySearch = shown.answer.found
    periods, chart = watched_days(searched), anomalies_chart(searched, current_tokens())
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


def _findings(searched: AnomalySearch) -> None:
    anomalies = searched.found.anomalies
    if not anomalies:
        return
    with st.container(border=True, gap="small", key="analysis-findings"):
        for anomaly in anomalies[-MOST:][::-1]:
            arrow = "trending_up" if anomaly.side == "above" else "trending_down"
            remark = remark_words(anomaly, searched)
            about = f"Remark: {remark}" if remark != NO_REMARK else NO_REMARK
            words = f":material/{arrow}: {plain(anomaly_words(anomaly, searched))}"
            st.markdown(f"{words}  \n:small[:gray[{plain(about)}.]]", width="stretch")
        if len(anomalies) > MOST:
            st.caption(f"{len(anomalies) - MOST} earlier ones are in the table.")


def _next(shown: ShownAnswer, searched: AnomalySearch) -> None:
    """Draw the next steps: set an alert with the same range, or open the same days in Explore."""
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
