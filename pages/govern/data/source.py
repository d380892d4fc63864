"""The first step: the connection that has the tables."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.admin.connections.form import connection_form
from pages.govern.data import state
from pages.shell import links, session
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.model.own_data import CONNECTION
from semantic.policy.actor import Actor
from semantic.services.adding.adding import addable_tables
from semantic.services.connecting.work import ConnectionWork
from semantic.services.connections import data_connection

_CHOICE, _CONNECTS = "add-data-source", "add-data-connects"


def show() -> None:
    """Draw the choice of a connection, and the form for a new one."""
    workspace, actor, adding = state.require()
    # Uploads have another page.
    names = ["", *(name for name in workspace.connectors.names() if name != CONNECTION)]
    labels = _labels(actor)
    with st.container(border=True, gap="small"):
        st.markdown("**Where are the tables?**")
        st.radio(
            "Connection", names, index=names.index(adding.source) if adding.source in names else 0, key=_CHOICE,
            format_func=lambda name: plain(labels.get(name) or label_of(name)),
            captions=[plain(_kind_of(name)) for name in names], label_visibility="collapsed",
        )  # fmt: skip
        st.button("Show tables", key="add-data-list", type="primary", on_click=_choose)
    with st.container(border=True, gap="small", key="add-data-other"):
        st.markdown("**Somewhere else?**")
        if not actor.is_at_least("administrator"):
            st.caption("Only administrators connect databases. Ask one of them for a connection.")
        elif (
            st.toggle("Connect a database or a folder", key=_CONNECTS)
            and (name := connection_form("add-data-connection")) is not None
        ):
            take(name)
            st.rerun()
        uploads_link()


def uploads_link() -> None:
    """Draw the link to the page for uploads, for people who can upload."""
    if links.UPLOADS in st.session_state.get(links.OPEN, {}):
        label = "Upload a CSV or XLSX file"
        st.page_link(links.page_of(links.UPLOADS), label=label, icon=":material/upload_file:", width="content")


def _labels(actor: Actor) -> Mapping[str, str]:
    """Return the labels of connections, by name. People who aren't administrators see their names."""
    if not actor.is_at_least("administrator"):
        return {}
    try:
        return {each.name: each.label for each in ConnectionWork(session.live(), actor).read()}
    except SemanticError:
        return {}


def label_of(name: str) -> str:
    """Return the display name of a connection. The main connection is the one in the settings."""
    return name.replace("_", " ").capitalize() if name else "Main connection"


def _kind_of(name: str) -> str:
    """Return the engine of a connection and, for administrators, where it is."""
    if name:
        return "Set up in the app or in the settings"
    main, actor = data_connection(session.live()), session.actor()
    return f"{main.kind}, {main.place}" if actor is not None and actor.is_at_least("administrator") else main.kind


def take(name: str) -> None:
    """List the tables of a connection and open the next step, or show why that isn't possible."""
    workspace, _, adding = state.require()
    try:
        offer = addable_tables(workspace, name)
    except SemanticError as error:
        st.session_state[state.TROUBLE] = f"The tables can't be listed. {error}"
        return
    adding.choose_source(name)
    adding.offer = offer
    state.go("tables")


def _choose() -> None:
    take(st.session_state.get(_CHOICE) or "")
