"""The lineage of what a draft changes, drawn from source columns to saved work, below the table of its impact."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import block, plain
from pages.widgets.lineage.drawing import draw
from semantic.display.words.lineage import flow
from semantic.governance.draft_change import DraftChange
from semantic.services.impact.users import users_of
from semantic.workspace import Workspace

_METRIC = "impact-lineage"


def show_lineage(change: DraftChange, workspace: Workspace) -> None:
    """Draw the published lineage of one changed metric, and let the steward choose which."""
    actor = session.require("steward")[1]
    seen = workspace.visible(actor)
    names = [name for name in change.metrics if name in {metric.name for metric in seen.metrics}]
    if not names:
        return
    labels = {name: seen.model.metrics[name].label or name for name in names}
    with block("Lineage", "from source columns to saved work, as published"):
        name = st.selectbox(
            "Metric", names, key=_METRIC, width=320, format_func=lambda one: plain(labels[one]),
            label_visibility="collapsed" if len(names) == 1 else "visible",
        )  # fmt: skip
        metric = seen.model.metrics[name]
        drawn = flow(metric, seen, with_tables=True, uses=users_of(session.live(), actor, metric))
        with st.container(border=True):
            draw(drawn, key=f"impact-lineage-{name}", on_open=_choose)


def _choose(name: str) -> None:
    st.query_params["o"] = f"metric/{name}"
    st.session_state["definition-view"] = "Edit"
    st.rerun()
