"""Set an alert on a number of an answer: which numbers can have one, and the link to the page that sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import links
from semantic.display.rows import main_values
from semantic.explore.drill import members_kept
from semantic.explore.weekly import is_dated
from semantic.query.codec import query_to_params
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from pages.explore.result.selection import Selection, SelectionContext
    from semantic.explore.selection import SelectedRows
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

GO = "set-alert-on"
"""The session key for the number to set an alert on, until this run can switch pages."""


def alert_metric(shown: Result, actor: Actor, seen: VisibleModel) -> str:
    """Return the first metric of an answer that this person can set an alert on, or ""."""
    if actor.viewed_by is not None or shown.query.as_of is not None:
        return ""
    columns = (column for column in main_values(shown) if column.metric is not None and column.calculation is None)
    return next((column.metric.name for column in columns if column.metric and is_dated(column.metric, seen)), "")


def selected_question(picked: SelectedRows, selection: Selection, on: SelectionContext) -> Query | None:
    """Return the question that an alert on the selected number watches, or None if the number can't have an alert."""
    if picked.compare or picked.is_hour or on.actor.viewed_by is not None or on.asked.query.as_of is not None:
        return None
    column = next((each for each in main_values(selection.result) if each.name == selection.column), None)
    if column is None or column.metric is None or column.calculation is not None:
        return None
    if not is_dated(column.metric, on.asked.visible):
        return None
    watched = links.watched(on.asked.query, column.metric.name)
    if picked.is_everything or not any(picked.groups):
        return watched
    kept = members_kept(picked, selection.result, on.asked)
    return links.watched(kept, column.metric.name) if kept is not None else None


def begin(query: Query) -> None:
    """Ask for the page that sets an alert. `leave` opens the page later, when this run can switch pages."""
    st.session_state[GO] = query


def leave(workspace: Workspace) -> None:
    """Open the page that sets an alert, if `begin` asked for it. Names of people stay out of the address."""
    query: Query | None = st.session_state.pop(GO, None)
    if query is None:
        return
    if names_a_person(query, workspace.model):
        st.session_state[links.ALERT_ON] = query
        st.switch_page(links.page_of(links.SET_ALERT))
    st.switch_page(links.page_of(links.SET_ALERT), query_params=query_to_params(query))


def alert_button(shown: Result, workspace: Workspace, actor: Actor, key: str) -> None:
    """Draw the button next to a large number that can have an alert."""
    metric = alert_metric(shown, actor, workspace.visible(actor))
    if metric:
        st.button(
            links.SET_ALERT_LABEL, icon=f":material/{links.ALERT_ICON}:", key=f"{key}-set-alert", type="tertiary",
            on_click=begin, args=(links.watched(shown.query, metric),), help="Get a message when this number changes.",
        )  # fmt: skip
    leave(workspace)
