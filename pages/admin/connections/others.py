"""Every connection except the data and the store, each with its test and the actions of administrators."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.admin.connections.form import close_form, connection_form
from pages.admin.connections.steps import card_key, draw_steps, last_tests
from pages.shell import links, session
from pages.shell.parts import Action, State, badge_text, empty_state, heading, notice, plain
from semantic.errors import SemanticError, counted
from semantic.services.connecting.work import ConnectionTest, ConnectionWork, ListedConnection, in_use
from semantic.store.connections.connections import LONGEST_LABEL

ADD: Final = "connection-add"
NAME: Final = "Name in the model"
CHANGING, TOLD = "connection-changing", "connection-told"
"""The session keys for the connection whose address is being changed, and for the outcome of the last click."""


def section() -> None:
    """Draw every connection except the main one and, while it's open, the form that adds one."""
    _, actor = session.require("administrator")
    told: tuple[State, str, str] | None = st.session_state.get(TOLD)
    if told is not None:
        notice(*told, key="connection-notice", act=Action("Close", _close_notice))
        links.add_data_link("Add data from a connection")
    work = ConnectionWork(session.live(), actor)
    with st.container(gap="small", key="connections"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading("More data", "databases, folders and files")
            with st.container(horizontal=True, horizontal_alignment="right", width="stretch"):
                st.button(
                    "Add connection", key=f"{ADD}-open", icon=":material/add:", on_click=_open,
                    disabled=ADD in st.session_state,
                )  # fmt: skip
        if st.session_state.get(ADD):
            saved = connection_form(ADD, cancel=_close)
            if saved is not None:
                _close()
                _tell("good", "check_circle", "Connected. Its card below has the name that datasets use for it.")
                st.rerun()
        try:
            connections = work.read()
        except SemanticError as error:
            empty_state(
                "cloud_off", "Couldn't load connections", str(error), [Action("Try again", _just_rerun)], key="no-list"
            )
            return
        if not connections:
            st.caption("None yet. Add a database, a folder or a file to use its tables next to the data above.")
        for listed in connections:
            _card(listed)


def _card(listed: ListedConnection) -> None:
    key = card_key(listed.name, is_stored=listed.stored is not None)
    test: ConnectionTest | None = last_tests().get(key)
    with st.container(border=True, gap="small", key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading(listed.label, f"{listed.engine}, {listed.place}" if listed.stored is not None else "")
            if not listed.problem:
                st.button(
                    "Test", key=f"{key}-test", icon=":material/network_check:", on_click=_test, args=(key, listed),
                    disabled=test is not None and not test.is_done,
                )  # fmt: skip
        if listed.problem:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.badge("Can't be used", icon=":material/cancel:", color="red")
                st.markdown(plain(listed.problem), width="stretch")
        elif test is not None:
            _outcome(test)
            draw_steps(test, key)
        else:
            st.caption("Not tested yet. The test connects, counts the tables, and checks that the user can only read.")
        _facts(listed, key)
        if listed.stored is not None:
            _acts(listed, key)
            if st.session_state.get(CHANGING) == listed.stored.id and connection_form(
                f"{key}-change", changed=listed, cancel=_stop_changing
            ):
                _stop_changing()
                _tell("good", "check_circle", f"The address of {listed.label} was changed.")
                st.rerun()


def _outcome(test: ConnectionTest) -> None:
    if not test.is_done:
        return
    warned = any(step.state == "warning" for step in test.steps)
    if not test.is_connected:
        st.badge("Not connected", icon=":material/cancel:", color="red")
    elif warned:
        st.badge(badge_text("Connected, with a warning"), icon=":material/warning:", color="orange")
    else:
        st.badge("Connected", icon=":material/check_circle:", color="green")


def _facts(listed: ListedConnection, key: str) -> None:
    facts = {NAME: f"`{listed.name}`" if listed.name.isidentifier() else plain(listed.name)}
    if listed.stored is None:
        facts["Set in"] = listed.place or "the server's settings"
    else:
        by = f"by {listed.added_by}, " if listed.added_by else ""
        facts["Added"] = f"{by}{listed.stored.added_at:%-d %b %Y}"
        if listed.stored.changed_at is not None:
            facts["Changed"] = f"{listed.stored.changed_at:%-d %b %Y}"
    count = len(listed.used_by) + listed.hidden
    facts["Used by"] = counted(count, "dataset") if count else "No dataset yet"
    with st.container(gap=None, key=f"facts-{key}"):
        st.table(
            {name: text if name == NAME else plain(text) for name, text in facts.items()}, border="horizontal",
            hide_header=True,
        )  # fmt: skip


def _acts(listed: ListedConnection, key: str) -> None:
    assert listed.stored is not None
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Change", key=f"{key}-edit", icon=":material/edit:", type="tertiary", on_click=_change,
            args=(listed.stored.id,),
        )  # fmt: skip
        _rename(listed, key)
        _remove(listed, key)


def _rename(listed: ListedConnection, key: str) -> None:
    popover = st.popover("Rename", icon=":material/label:", key=f"{key}-rename", type="tertiary", on_change="rerun")
    if popover.open:
        with popover, st.container(width=280):
            st.text_input("Name", listed.label, key=f"{key}-label", max_chars=LONGEST_LABEL)
            st.button("Save name", key=f"{key}-rename-now", type="primary", on_click=_renamed, args=(listed, key))


def _remove(listed: ListedConnection, key: str) -> None:
    popover = st.popover("Remove", icon=":material/delete:", key=f"{key}-remove", type="tertiary", on_change="rerun")
    if popover.open:
        with popover, st.container(width=280):
            if used := in_use(listed.used_by, listed.hidden):
                st.caption(plain(f"{used} Remove them from the model first."))
                return
            st.caption("Its tables can no longer be read, and its address is deleted. This can't be undone.")
            st.button("Remove connection", key=f"{key}-remove-now", type="primary", on_click=_removed, args=(listed,))


# Click handlers


def _open() -> None:
    st.session_state.pop(TOLD, None)
    st.session_state[ADD] = True


def _close() -> None:
    st.session_state.pop(ADD, None)
    close_form(ADD)


def _change(number: str) -> None:
    st.session_state.pop(TOLD, None)
    st.session_state[CHANGING] = number


def _stop_changing() -> None:
    st.session_state.pop(CHANGING, None)


def _test(key: str, listed: ListedConnection) -> None:
    _, actor = session.require("administrator")
    try:
        test = ConnectionWork(session.live(), actor).test_again(listed.name)
        test.forget()
        last_tests()[key] = test
    except SemanticError as error:
        _tell("bad", "error", str(error))


def _renamed(listed: ListedConnection, key: str) -> None:
    _, actor = session.require("administrator")
    assert listed.stored is not None
    label = st.session_state.get(f"{key}-label") or ""
    try:
        ConnectionWork(session.live(), actor).rename(listed.stored.id, label, revision=listed.stored.revision)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "check_circle", f"Renamed to {listed.label}. Its name in the model stays the same.")


def _removed(listed: ListedConnection) -> None:
    _, actor = session.require("administrator")
    assert listed.stored is not None
    try:
        ConnectionWork(session.live(), actor).remove(listed.stored.id)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "check_circle", f"{listed.label} was removed.")


def _tell(state: State, icon: str, text: str) -> None:
    st.session_state[TOLD] = state, icon, text


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
