"""The result of paths on the page: the flow, or on a phone the most frequent paths as a list."""

from __future__ import annotations

import streamlit as st

from pages.analyses import charts
from pages.analyses.draft import put
from pages.analyses.kind import Shown
from pages.shell.parts import Act, empty_state, plain
from semantic.analyses.events.paths.finding import PathsFound
from semantic.services.analyzing.paths_words import number_words, share_words, units, way_words
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.telling import TELLINGS


def result(shown: Shown) -> None:
    """Draw the flow, and the list that phones show in its place."""
    analyzed: Analyzed[PathsFound] = shown.answer.found
    if analyzed.found.total == 0:
        _no_one(shown)
        return
    with st.container(key="analysis-paths-flow"):
        charts.draw(charts.charts_of(TELLINGS["paths"], shown), shown)
    with st.container(key="analysis-paths-list"):
        _list(analyzed)


def _list(analyzed: Analyzed[PathsFound]) -> None:
    found = analyzed.found
    if not found.total or not found.wholes:
        return
    title = f"Top {len(found.wholes)} paths" if len(found.wholes) > 1 else "The only path"
    lines = [
        f"{place}. {plain(way_words(analyzed, whole))}  \n   **{share_words(analyzed, whole.count, found.total)}** · "
        f"{number_words(analyzed, whole.count)} {units(analyzed, whole.count)}"
        for place, whole in enumerate(found.wholes, start=1)
    ]
    st.markdown("\n".join([f"**{title}**", "", *lines]))


def _no_one(shown: Shown) -> None:
    time = shown.data.get("time")
    acts = [Act("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    words = "No path begins or ends in this period, with these filters."
    empty_state("route", "Nothing to follow", words, acts, key=f"{shown.key}-no-one")
