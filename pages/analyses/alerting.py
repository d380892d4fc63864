"""Set an alert from an analysis: on the number in its sentence, or on the drop before a funnel step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.analyses.draft import Data
from pages.shell import links
from pages.shell.parts import plain
from semantic.alerts.alert import AnalysisNumber
from semantic.alerts.analysis_numbers import check_number, kept_analysis, numbers_of, usual_grain
from semantic.alerts.codec import number_data
from semantic.analyses.events.definition import analysis_from_data
from semantic.errors import SemanticError
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from pages.analyses.state import AnalysisState
    from semantic.workspace import Workspace

GO: Final = "analysis-alert-on"
"""The session key for the number to set an alert on, until this run can switch pages."""

LONGEST: Final = 6_000
"""The maximum length of a number in an address, in characters."""


def first_number(data: Data) -> tuple[AnalysisNumber | None, str]:
    """Return the number that an alert on this definition would watch, and why no alert can watch it, or "".

    The number is None, and the reason is "", if the definition is incomplete or its kind has no numbers.
    """
    try:
        analysis = kept_analysis(analysis_from_data({key: each for key, each in data.items() if key != "sample"}))
    except SemanticError:
        return None, ""
    numbers = numbers_of(analysis)
    if not numbers:
        return None, ""
    return numbers[0], why_not(numbers[0])


def drop_number(data: Data, step: int) -> AnalysisNumber | None:
    """Return the conversion from the previous step of a funnel to `step`, or None if no alert can watch it.

    Steps count from 1, so `step` is at least 2.
    """
    first, _ = first_number(data)
    if first is None:
        return None
    of = AnalysisNumber(first.analysis, "step_conversion" if step > 2 else "conversion", step)
    return of if not why_not(of) else None


def why_not(of: AnalysisNumber) -> str:
    """Return why no alert can watch a number, as a sentence, or "" if one can."""
    try:
        check_number(of, usual_grain(of))
    except SemanticError as error:
        return str(error)
    return ""


def alert_button(state: AnalysisState) -> None:
    """Draw the button among the page's actions. It's disabled, with the reason, if no alert can watch the number."""
    number, reason = first_number(state.data)
    if number is None or links.SET_ALERT not in st.session_state.get(links.OPEN, {}):
        return
    st.button(
        links.SET_ALERT_LABEL, icon=f":material/{links.ALERT_ICON}:", key="analysis-alert", on_click=begin,
        args=(number,), disabled=bool(reason), help=plain(reason) or None,
    )  # fmt: skip


def begin(of: AnalysisNumber) -> None:
    """Ask for the page that sets an alert. `leave` opens the page later, when this run can switch pages."""
    st.session_state[GO] = of


def leave(workspace: Workspace) -> None:
    """Open the page that sets an alert, if `begin` asked for it. Names of people stay out of the address."""
    of: AnalysisNumber | None = st.session_state.pop(GO, None)
    if of is None:
        return
    text = json.dumps(number_data(of), ensure_ascii=False, separators=(",", ":"))
    if len(text) > LONGEST or names_a_person(of.names, workspace.model):
        st.session_state[links.ALERT_ON] = of
        st.switch_page(links.page_of(links.SET_ALERT))
    st.switch_page(links.page_of(links.SET_ALERT), query_params={links.ALERT_OF: text})
