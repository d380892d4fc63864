"""The alerts that are firing for a person, above everything else in the right column of Home."""

from __future__ import annotations

import streamlit as st

from pages.alerts.listed_alerts import ListedAlert, listed_alerts
from pages.shell import links, session
from pages.shell.parts import block, plain
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.workspace import Workspace

MOST = 4


def firing(workspace: Workspace, actor: Actor) -> None:
    """Draw the alerts that are firing and that no one has acknowledged, or nothing if there are none."""
    try:
        alerts = listed_alerts(session.alert_work(workspace, actor))
    except SemanticError:
        return  # The rest of the block says that the store is unavailable.
    shown = [alert for alert in alerts if alert.is_firing]
    if not shown:
        return
    with block("Firing alerts"), st.container(border=True, gap="small", key="list-of-firing"):
        for alert in shown[:MOST]:
            _row(alert)
        if len(shown) > MOST:
            st.page_link(links.page_of(links.ALERTS), label=f"All {len(shown)} firing alerts", icon=":material/list:")


def _row(alert: ListedAlert) -> None:
    with st.container(gap="xxsmall"):
        links.alert_link(
            alert.title, alert.kept.id, strong=True, icon=":material/notification_important:", width="content"
        )
        note = ". ".join(part for part in (alert.now.words, alert.last) if part)
        st.markdown(f":small[:orange[{plain(note)}]]")
