"""The result of paths on the page: the flow. Phones leave it out, because the most frequent paths are in a table."""

from __future__ import annotations

import streamlit as st

from pages.analyses import charts
from pages.analyses.draft import put
from pages.analyses.kind import Shown
from pages.shell.parts import Act, empty_state
from semantic.analyses.events.paths.finding import PathsFound
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.telling import TELLINGS


def result(shown: Shown) -> None:
    """Draw the flow, or what to try if there is none."""
    analyzed: Analyzed[PathsFound] = shown.answer.found
    if analyzed.found.total == 0:
        _no_one(shown)
        return
    with st.container(key="analysis-paths-flow"):
        charts.draw(charts.charts_of(TELLINGS["paths"], shown), shown)


def _no_one(shown: Shown) -> None:
    time = shown.data.get("time")
    acts = [Act("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    words = "No path begins or ends in this period, with these filters."
    empty_state("route", "Nothing to follow", words, acts, key=f"{shown.key}-no-one")
