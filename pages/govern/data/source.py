"""The first step: which connection the tables are in."""

from __future__ import annotations

import streamlit as st

from pages.govern.data import state
from pages.shell import links, session
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.services.adding.adding import offered
from semantic.services.connections import data_connection

UPLOADED = "uploads"
_CHOICE = "add-data-source"


def show() -> None:
    """Choose a connection, or make one."""
    workspace, actor, adding = state.require()
    names = ["", *(name for name in workspace.connectors.names() if name != UPLOADED)]
    left, right = st.columns([1.6, 1], gap="medium")
    with left, st.container(border=True, gap="small"):
        st.markdown("**Where are the tables?**")
        st.radio(
            "Connection", names, index=names.index(adding.source) if adding.source in names else 0, key=_CHOICE,
            format_func=lambda name: plain(label_of(name)), captions=[plain(_kind_of(name)) for name in names],
            label_visibility="collapsed",
        )  # fmt: skip
        st.button("Show tables", key="add-data-list", type="primary", on_click=_choose)
    with right, st.container(border=True, gap="small"):
        st.markdown("**Something else?**")
        if actor.is_at_least("administrator"):
            st.page_link(
                links.page_of(links.CONNECTIONS), label="Connect a database or a folder", icon=":material/lan:",
                width="content",
            )  # fmt: skip
        else:
            st.caption("Only administrators connect databases. Ask one of them for a connection.")
        if (uploads := getattr(links, "UPLOADS", "")) in st.session_state.get(links.OPEN, {}):
            st.page_link(
                links.page_of(uploads), label="Upload a CSV or XLSX file", icon=":material/upload_file:",
                width="content",
            )  # fmt: skip


def label_of(name: str) -> str:
    """Return what people call a connection. The main one is that of the settings."""
    return name.replace("_", " ").capitalize() if name else "Main connection"


def _kind_of(name: str) -> str:
    """The engine, and for administrators where it is."""
    if name:
        return "Made in the app or in the settings"
    main, actor = data_connection(session.live()), session.actor()
    return f"{main.kind}, {main.place}" if actor is not None and actor.is_at_least("administrator") else main.kind


def take(name: str) -> None:
    """List the tables of a connection and open the next step, or say why that isn't possible."""
    workspace, _, adding = state.require()
    try:
        offer = offered(workspace, name)
    except SemanticError as error:
        st.session_state[state.TROUBLE] = f"The tables can't be listed. {error}"
        return
    adding.choose_source(name)
    adding.offer = offer
    state.go("tables")


def _choose() -> None:
    take(st.session_state.get(_CHOICE) or "")
