"""The lineage of a draft's changes, from source columns to saved work, below the table of their impact."""

from __future__ import annotations

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import block, plain
from pages.widgets.lineage.drawing import draw
from semantic.display.words.lineage import column_flow, flow
from semantic.errors import StoreFailed
from semantic.governance.draft_change import DraftChange
from semantic.model.lineage import lineage
from semantic.policy.narrow import VisibleModel
from semantic.services.impact.users import saved_uses
from semantic.workspace import Workspace

_FROM, _METRIC, _COLUMN = "impact-lineage-from", "impact-lineage-metric", "impact-lineage-column"
_OF_METRIC, _OF_COLUMN = "A metric", "A column"


def show_lineage(change: DraftChange, workspace: Workspace) -> None:
    """Draw the published lineage of a changed metric, or of a column that changed metrics read."""
    live, actor = session.live(), session.require("steward")[1]
    seen = workspace.visible(actor)
    labels = {metric.name: metric.label or metric.name for metric in seen.metrics}
    names = [name for name in change.sources_first if name in labels]
    if not names:
        return
    try:
        uses = saved_uses(live, actor, frozenset(labels))
    except StoreFailed:
        uses = ()
    with block("Lineage", "from source columns to saved work, as published"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            start = st.segmented_control(
                "Start from", [_OF_METRIC, _OF_COLUMN], default=_OF_METRIC, required=True, key=_FROM,
                label_visibility="collapsed",
            )  # fmt: skip
            if start == _OF_COLUMN:
                pairs = {f"{table}.{column}": (table, column) for table, column in _columns(names, seen)}
                chosen = st.selectbox("Column", sorted(pairs), key=_COLUMN, width=420, label_visibility="collapsed")
                drawn = column_flow(*pairs[chosen], seen, uses) if chosen in pairs else None
            else:
                name = st.selectbox(
                    "Metric", names, key=_METRIC, width=420, label_visibility="collapsed",
                    format_func=lambda one: plain(labels[one]),
                )  # fmt: skip
                drawn = flow(seen.model.metrics[name], seen, with_tables=True, uses=uses)
        if drawn is None:
            st.caption("The changed metrics don't read any columns that can be traced.")
            return
        with st.container(border=True):
            draw(drawn, key="impact-lineage", on_open=_choose)


def _columns(names: list[str], seen: VisibleModel) -> dict[tuple[str, str], None]:
    """Return the table columns that these metrics read, if the steward can see all metrics in between."""
    found: dict[tuple[str, str], None] = {}
    for name in names:
        for node in lineage(seen.model.metrics[name], seen.model, seen.shows_metric).nodes:
            if node.kind == "table":
                found |= {(node.name, column): None for column in node.columns}
    return found


def _choose(name: str) -> None:
    st.query_params[links.OBJECT] = f"metric/{name}"
    st.session_state["definition-view"] = "Edit"
    st.rerun()
