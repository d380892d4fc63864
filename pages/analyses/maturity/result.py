"""The result of maturity on the page: each cohort's expected total, and how much is known after how many days."""

from __future__ import annotations

import streamlit as st

from pages.analyses import charts
from pages.analyses.kind import ShownAnswer
from semantic.analyses.events.maturity.finding import MaturityFound
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed

MARKS = ":small[:orange[\N{WHITE CIRCLE}] So far] &nbsp; :small[:violet[\N{BLACK SQUARE}] Expected in the end]"


def result(shown: ShownAnswer) -> None:
    """Draw the chart of cohorts and the chart of what is known over time."""
    analyzed: Analyzed[MaturityFound] = shown.answer.found
    drawn = charts.charts_of(TELLINGS["maturity"], shown)
    charts.draw(drawn[:1], shown)
    if drawn and any(not each.is_final for each in analyzed.found.detail.cohorts):
        st.markdown(MARKS)
    charts.draw(drawn[1:], shown, first=1)
