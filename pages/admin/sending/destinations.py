"""The list of destinations with their tests, and the form that adds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.shell import session
from pages.shell.parts import COLOURS, State, badge_text, heading, plain
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.store.destinations.destinations import KINDS, LONGEST_NAME, Destination, NewDestination
from semantic.transport.manage import SendingWork

Tell = Callable[[State, str, str], None]
OPEN, TIMES, WRONG, SECRET = "destination-form", "destination-times", "destination-wrong", "destination-secret"
KIND, NAME, ADDRESS, AUDIENCE = "destination-kind", "destination-name", "destination-address", "destination-audience"
NO_AUDIENCE: Final = "Titles and links only"
WHERE: Final = {
    "slack": "In Slack, create an incoming webhook for the channel, and copy its URL.",
    "teams": "In Teams, add the workflow “Send webhook alerts to a channel”, and copy its URL.",
    "webhook": "Any server that takes POST requests over https.",
}


def section(work: SendingWork, destinations: Sequence[Destination], zone: ZoneInfo, *, tell: Tell) -> None:
    """Draw the list, and the form while it is open."""
    can_change = work.actor.viewed_by is None
    with st.container(gap="small", key="destinations"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading("Destinations", "Slack, Teams and webhooks")
            if can_change:
                with st.container(horizontal=True, horizontal_alignment="right", width="stretch"):
                    st.button("Add destination", key="destination-new", icon=":material/add:", on_click=_open)
        if not destinations:
            st.caption("None yet. Add a channel so that deliveries and alerts can be sent there.")
        for destination in destinations:
            _row(destination, zone, can_change=can_change, tell=tell)
    if can_change and OPEN in st.session_state:
        _dialog(work.audiences)


def _row(destination: Destination, zone: ZoneInfo, *, can_change: bool, tell: Tell) -> None:
    word, colour, icon = _state(destination)
    with st.container(border=True, gap="xsmall", key=f"destination-{destination.id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(destination.name)}**", width="content")
            st.badge(KINDS[destination.kind], color="gray")
            st.badge(badge_text(word), icon=f":material/{icon}:", color=COLOURS[colour])
        gets = f"Audience: {destination.audience}" if destination.audience else NO_AUDIENCE
        last = f"Last message {_when(destination.last_ok_at, zone)}" if destination.last_ok_at else "Nothing sent yet"
        st.markdown(f":small[:gray[{plain(f'{gets}. {destination.host}. {last}.')}]]")
        if destination.is_failing and destination.last_failed_at is not None:
            why = f"{_when(destination.last_failed_at, zone)}: {destination.why}"
            st.markdown(f":small[:red[{plain(why)}]]")
        if can_change:
            with st.container(horizontal=True, gap="xsmall"):
                st.button(
                    "Send a test", key=f"destination-test-{destination.id}", icon=":material/send:", type="tertiary",
                    on_click=_test, args=(destination, tell),
                )  # fmt: skip
                _remove(destination, tell)


def _state(destination: Destination) -> tuple[str, State, str]:
    if destination.is_failing:
        return "Failing", "bad", "error"
    return ("Working", "good", "check_circle") if destination.last_ok_at else ("Not tried yet", "quiet", "schedule")


def _when(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%-d %b, %H:%M}"


def _remove(destination: Destination, tell: Tell) -> None:
    key = f"destination-remove-{destination.id}"
    popover = st.popover("Remove", icon=":material/delete:", key=key, type="tertiary", on_change="rerun")
    if popover.open:
        with popover, st.container(width=280):
            st.caption("No more messages are sent there, and its address is deleted. This can't be undone.")
            st.button(
                "Remove destination", key=f"{key}-now", type="primary", on_click=_removed, args=(destination, tell)
            )


def _open() -> None:
    for name in (WRONG, SECRET):
        st.session_state.pop(name, None)
    st.session_state[OPEN] = True
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def key_of(field: str) -> str:
    """Return the key of a field in the open form. It changes each time the form opens."""
    return f"{field}-{st.session_state.get(TIMES, 0)}"


def _close() -> None:
    for name in (OPEN, WRONG, SECRET):
        st.session_state.pop(name, None)


@st.dialog("Destination", width="medium", icon=":material/hub:", on_dismiss=_close)
@in_turn
def _dialog(audiences: Sequence[str]) -> None:
    session.require("administrator")
    if OPEN not in st.session_state:
        st.rerun()
    if SECRET in st.session_state:
        _made(st.session_state[SECRET])
        return
    kind = st.segmented_control(
        "Type", list(KINDS), default="slack", key=key_of(KIND), required=True, format_func=lambda name: KINDS[name]
    )
    st.text_input("Name", key=key_of(NAME), max_chars=LONGEST_NAME, placeholder="#marketing")
    st.text_input(
        "URL", key=key_of(ADDRESS), type="password", autocomplete="off", placeholder="https://",
        help="Anyone who has it can post there, so it's stored encrypted and never shown again.",
    )  # fmt: skip
    st.caption(WHERE[kind or "slack"])
    st.selectbox(
        "Audience", ["", *audiences], key=key_of(AUDIENCE),
        format_func=lambda name: name or NO_AUDIENCE,
        help="Messages contain the numbers that policies for this audience allow. Policies name audiences in `who:`.",
    )  # fmt: skip
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    if st.button("Add", key="destination-add", type="primary", on_click=_add) and OPEN not in st.session_state:
        st.rerun()


def _made(secret: str) -> None:
    """Show a webhook's signing secret. It's only visible until this dialog is closed."""
    st.warning(
        "Copy the signing secret now, because you won't see it again. The receiver needs it to check that messages "
        "come from Samepage.",
        icon=":material/visibility_off:",
    )
    st.code(secret, language=None, wrap_lines=True)
    if st.button("I've copied it", key="destination-copied", type="primary"):
        _close()
        st.rerun()


# Click handlers


def _add() -> None:
    def typed(field: str) -> Any:  # Any: the session's value for a field
        return st.session_state.get(key_of(field)) or ""

    _, actor = session.require("administrator")
    try:
        _, secret = SendingWork(session.live(), actor).add(
            NewDestination(
                kind=typed(KIND), name=typed(NAME), address=typed(ADDRESS), audience=typed(AUDIENCE)
            )
        )  # fmt: skip
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    st.session_state.pop(WRONG, None)
    if secret:
        st.session_state[SECRET] = secret
    else:
        _close()


def _test(destination: Destination, tell: Tell) -> None:
    _, actor = session.require("administrator")
    try:
        SendingWork(session.live(), actor).test_destination(destination.id)
    except SemanticError as error:
        tell("bad", "error", str(error))
        return
    tell("good", "check_circle", f"Sent a test to {destination.name}.")


def _removed(destination: Destination, tell: Tell) -> None:
    _, actor = session.require("administrator")
    try:
        SendingWork(session.live(), actor).remove(destination.id)
    except SemanticError as error:
        tell("caution", "error", str(error))
        return
    tell("good", "check_circle", f"{destination.name} is removed.")
