"""The result of retention on the page: the curve, groups, cohorts, and the time until the first return."""

from __future__ import annotations

import streamlit as st

from pages.analyses import charts
from pages.analyses.draft import put
from pages.analyses.kind import ShownAnswer
from pages.analyses.people import people_menu, too_few
from pages.shell.parts import Action, empty_state
from semantic.analyses.events.retention.finding import RetentionFound
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed


def result(shown: ShownAnswer) -> None:
    """Draw the charts of retention."""
    analyzed: Analyzed[RetentionFound] = shown.answer.found
    found = analyzed.found
    if found.whole.size == 0:
        _no_one(shown)
        return
    if found.whole.size is None:
        too_few(shown)
        return
    drawn = charts.charts_of(TELLINGS["retention"], shown)
    if not drawn and not found.whole.waiting and all(cell.is_open for cell in found.whole.cells):
        _too_young(shown)
        return
    for place, chart in enumerate(drawn):
        with st.container(key=f"{shown.key}-{chart.kind}-{place}", gap="small"):
            charts.draw([chart], shown, first=place)
    people_menu(shown, without=lambda part: "cell" in part and found.whole.cells[part["cell"] - 1].is_open)


def _no_one(shown: ShownAnswer) -> None:
    time = shown.data.get("time")
    acts = [Action("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    words = "No one had the first event in this period, with these filters."
    empty_state("filter_alt_off", "Nothing to count", words, acts, key=f"{shown.key}-no-one")


def _too_young(shown: ShownAnswer) -> None:
    """Say that no period is over yet, and suggest a shorter one."""
    unit = str(shown.data.get("unit", "month"))
    shorter = {"month": "week", "week": "day"}.get(unit)
    acts: list[Action] = []
    if shorter is not None and not shown.data.get("brackets"):
        data = put(shown.data, ("unit",), shorter)
        if shown.data.get("over") is not None:
            data = put(data, ("over",), shorter)
        acts.append(Action(f"By {shorter}", lambda: shown.ask(data)))
    words = f"No full {unit} has passed since these first events."
    empty_state("hourglass_empty", "Too early to tell", words, acts, key=f"{shown.key}-too-young")
