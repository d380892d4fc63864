"""The line above an answer whose metric changed its definition within the period, with a switch to the old
definition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from pages.shell.parts import plain
from semantic.display.format import listed
from semantic.query.describe import describe_day

if TYPE_CHECKING:
    from pages.explore.builder.question import ExploreState
    from semantic.results.result import Result
    from semantic.workspace import Workspace

CURRENT, PREVIOUS = "Current definition", "Previous definition"


def definition_switch(result: Result, state: ExploreState, workspace: Workspace) -> None:
    """Draw the switch between the new and the old definition, if a definition changed after the first day of the
    answer.
    """
    changes = workspace.changes_within(result)
    if not changes:
        return
    last = max(changes, key=lambda change: change.version)
    if result.query.as_of not in (None, last.previous):
        return  # The line above already says that another version was asked for.
    labels = {column.metric.name: column.metric.label for column in result.values if column.metric is not None}
    changed = [change.metric for change in changes if change.version == last.version]
    names = listed(dict.fromkeys(labels[name] or name for name in changed))
    zone = ZoneInfo(workspace.model.settings.time_zone)
    day = describe_day(last.at.astimezone(zone).date())
    key, now = f"definition-{last.version}", CURRENT if result.query.as_of is None else PREVIOUS
    st.session_state[key] = now

    def switch() -> None:
        chosen = st.session_state.get(key)
        if chosen not in (None, now):
            state.replace(replace(state.draft, as_of=last.previous if chosen == PREVIOUS else None))

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="definition-changed"):
        text = f"{names}: definition changed on {day}. All days use the {now.lower()}."
        st.markdown(f":gray[:material/rule_settings:] {plain(text)}", width="stretch")
        st.segmented_control(
            "Definition", [CURRENT, PREVIOUS], key=key, on_change=switch, label_visibility="collapsed",
            required=True,
        )  # fmt: skip
