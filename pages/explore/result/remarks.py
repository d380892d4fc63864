"""Remarks on the chart of an answer: read once per answer, with a switch that hides them, and in words
below the chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result import remark_form
from pages.shell.parts import plain, unseen
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.display.charts.chart import Chart
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.workspace import Workspace

MOST_LISTED = 4
FAILED = "Couldn't load remarks. The numbers aren't affected."


@dataclass(frozen=True, slots=True)
class _CachedRemarks:
    """The remarks on one answer, or None if they couldn't be read."""

    about: Result
    remarks: tuple[Annotation, ...] | None


def remarks_on(shown: Result, workspace: Workspace, actor: Actor, key: str) -> tuple[Annotation, ...]:
    """Return the remarks to draw on an answer's chart, or none if the reader has switched them off."""
    if all(column.grain is None for column in shown.keys):
        return ()
    name = f"{key}-remarks"
    cached: _CachedRemarks | None = st.session_state.get(name)
    if cached is None or cached.about is not shown:
        try:
            cached = _CachedRemarks(shown, workspace.annotations(shown, actor))
        except SemanticError:
            cached = _CachedRemarks(shown, None)
        st.session_state[name] = cached
    return (cached.remarks or ()) if st.session_state.get(f"{key}-events", True) else ()


def events_switch(shown: Result, key: str) -> None:
    """Draw the switch that hides remarks, if there are any."""
    cached: _CachedRemarks | None = st.session_state.get(f"{key}-remarks")
    if cached is not None and cached.about is shown and cached.remarks:
        st.toggle("Events", value=True, key=f"{key}-events", help="Remarks on events in this period, as dotted lines.")


def remark_buttons(shown: Result, actor: Actor, key: str) -> None:
    """Draw the buttons that add and edit remarks, for people who can."""
    if not remark_form.may_remark(shown, actor):
        return
    st.button(
        unseen("Add a remark"), icon=":material/add_comment:", key=f"{key}-remark-new", help="Add a remark",
        on_click=remark_form.begin, args=(shown, key),
    )  # fmt: skip
    cached: _CachedRemarks | None = st.session_state.get(f"{key}-remarks")
    if cached is not None and cached.about is shown and any(remark.id for remark in cached.remarks or ()):
        st.button(
            unseen("Edit remarks"),
            icon=":material/edit_note:", key=f"{key}-remark-edit", help="Edit or remove remarks",
            on_click=remark_form.open_existing, args=(shown, key),
        )  # fmt: skip


def events_listed(chart: Chart, shown: Result, key: str) -> None:
    """Draw the dotted lines of the chart in words, with their days. If there are many, they're collapsed."""
    cached: _CachedRemarks | None = st.session_state.get(f"{key}-remarks")
    if cached is not None and cached.about is shown and cached.remarks is None:
        st.caption(FAILED)
    lines = "  \n".join(plain(event) for event in chart.events)
    if 0 < len(chart.events) <= MOST_LISTED:
        st.caption(lines)
    elif chart.events:
        with st.expander(f"{len(chart.events)} events in this period", icon=":material/event:"):
            st.caption(lines)
