"""The list of alerts: those that you set and those sent to you, firing ones first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st

from pages.alerts import acts
from pages.alerts.listed_alerts import ListedAlert, listed_alerts
from pages.alerts.outcome import show_outcome
from pages.shell import links, session
from pages.shell.parts import COLOURS, TRY_ANOTHER, Action, badge_text, empty_state, page_header, plain, unseen
from pages.shell.turns import in_turn
from semantic.errors import SemanticError

Whose = Literal["all", "mine", "to me"]
WHOSE: Final[dict[Whose, str]] = {"all": "All", "mine": "Set by me", "to me": "Sent to me"}
CHOSEN, SEARCH, SHOWN = "alerts-whose", "alerts-search", "alerts-shown"
PAGE: Final = 25


def header() -> None:
    """Draw the title, and the button that sets an alert."""
    workspace, actor = session.require("viewer")
    page_header(
        "Alerts", "Messages when a number leaves its usual range, passes a limit or falls behind its target.",
        _set_button if actor.viewed_by is None and workspace.visible(actor).metrics else None,
        scope=workspace.visible(actor).scope,
    )  # fmt: skip


def _set_button() -> None:
    if st.button(links.SET_ALERT_LABEL, icon=f":material/{links.ALERT_ICON}:", key="alerts-set", type="primary"):
        st.switch_page(links.page_of(links.SET_ALERT))


@st.fragment
@in_turn
def alerts() -> None:
    """Draw the list, which reruns separately on every click and keystroke."""
    workspace, actor = session.require("viewer")
    show_outcome()
    try:
        every = listed_alerts(session.alert_work(workspace, actor))
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load alerts", str(error), [Action("Try again", _just_rerun)], key="alerts-away"
        )
        return
    if not every:
        empty_state(
            "notifications", "No alerts yet", "Open a number's menu (\N{HORIZONTAL ELLIPSIS}) and choose Set alert, "
            "or start here and choose a metric.", key="alerts-none",
        )  # fmt: skip
        return
    found = _narrowed(every)
    if not found:
        empty_state("search_off", "No alerts match", TRY_ANOTHER, [Action("Show all", _clear)], key="alerts-none-found")
        return
    shown = st.session_state.get(SHOWN, PAGE)
    with st.container(border=True, gap="small", key="list-of-alerts"):
        for alert in found[:shown]:
            _row(alert)
    if len(found) > shown:
        more = min(PAGE, len(found) - shown)
        st.button(f"Show {more} more of {len(found):,}", key="alerts-more", on_click=_more, args=(shown + PAGE,))


def _narrowed(every: Sequence[ListedAlert]) -> list[ListedAlert]:
    """Draw the search and the choice of whose alerts to list, and return the matching alerts."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="alerts-narrowing"):
        text = st.text_input(
            "Search alerts", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder="Search names, metrics and people", width="stretch",
        )  # fmt: skip
        whose: Whose = st.segmented_control(
            "Whose", list(WHOSE), default="all", key=CHOSEN, required=True, label_visibility="collapsed",
            format_func=lambda each: WHOSE[each],
        )  # fmt: skip
    words = (text or "").casefold().split()
    return [
        alert
        for alert in every
        if (whose != "mine" or alert.alert.is_mine)
        and (whose != "to me" or alert.alert.is_told)
        and all(word in alert.search_text for word in words)
    ]


def _row(alert: ListedAlert) -> None:
    """Draw an alert's name, state, newest result and recipients.

    The buttons are on its right or, on a phone, below it.
    """
    kept, now = alert.kept, alert.now
    key = f"alert-{kept.id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-row"):
        with st.container(gap="xxsmall", width="stretch"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                links.alert_link(alert.title, kept.id, strong=True, icon="", width="content")
                st.badge(badge_text(now.words), icon=f":material/{now.icon}:", color=COLOURS[now.state])
            lines = (alert.rule if kept.alert.name else "", alert.last, now.why, alert.to)
            about = "  \n".join(plain(line) for line in lines if line)
            st.markdown(f":small[:gray[{about}]]")
        if session.require("viewer")[1].viewed_by is None:
            buttons(alert, key=key)


def buttons(alert: ListedAlert, *, key: str) -> None:
    """Draw the buttons that act on an alert."""
    kept = alert.kept
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key=f"{key}-acts"
    ):  # fmt: skip
        if alert.alert.is_mine and _edit_button(alert, key):
            st.switch_page(links.page_of(links.SET_ALERT), query_params={links.ALERT_ID: kept.id})
        acts.snooze_button(kept, alert.today, key=key, is_snoozed=alert.is_snoozed)
        if alert.alert.is_mine:
            acts.pause_button(kept, key=key)
            acts.remove_button(kept, alert.title, key=key)
        else:
            acts.leave_button(kept, key=key)


def _edit_button(alert: ListedAlert, key: str) -> bool:
    label = unseen(f"Edit {alert.title}")
    return st.button(label, icon=":material/edit:", key=f"{key}-edit", type="tertiary", help="Edit")


def _clear() -> None:
    st.session_state[SEARCH], st.session_state[CHOSEN] = "", "all"


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
