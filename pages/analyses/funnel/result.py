"""The result of a funnel on the page: its steps, its rate over time and by group, and how long people took."""

from __future__ import annotations

import streamlit as st

from pages.analyses import charts
from pages.analyses.draft import put
from pages.analyses.funnel.drop import drop_menus
from pages.analyses.kind import ShownAnswer
from pages.analyses.people import people_menu, too_few
from pages.shell.parts import Action, empty_state, plain
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed

LONGER = {"30 minutes": "1 day", "1 hour": "1 day", "1 day": "7 days", "7 days": "30 days", "14 days": "30 days"}
"""The longer window to suggest for a window in which no one converts."""


def result(shown: ShownAnswer) -> None:
    """Draw the charts of a funnel, with a menu for each drop below the first."""
    analyzed: Analyzed[FunnelFound] = shown.answer.found
    drawn = charts.charts_of(TELLINGS["funnel"], shown)
    if not drawn:
        if analyzed.found.whole.counts[0] == 0:
            _no_one(shown)
        elif analyzed.found.whole.counts[0] is None:
            too_few(shown)
        return
    charts.draw(drawn[:1], shown)
    drop_menus(shown)
    if analyzed.found.whole.counts[-1] == 0:
        _none_converted(shown)
    people_menu(shown)
    charts.draw(drawn[1:], shown, first=1)


def _no_one(shown: ShownAnswer) -> None:
    time = shown.data.get("time")
    acts = [Action("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    words = "No one reached the first step in this period, with these filters."
    empty_state("filter_alt_off", "Nothing to count", words, acts, key=f"{shown.key}-no-one")


def _none_converted(shown: ShownAnswer) -> None:
    """Say that no one reached the last step in time, and suggest a longer window."""
    window = shown.data.get("within")
    if window is None:
        return
    longer = LONGER.get(str(window))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        words = f":small[:gray[:material/info:] No one reached the last step within {plain(str(window))}.]"
        st.markdown(words, width="content")
        if longer is not None:
            st.button(
                f"Try {plain(longer)}", key=f"{shown.key}-longer", type="tertiary",
                on_click=lambda: shown.ask(put(shown.data, ("within",), longer)),
            )  # fmt: skip
