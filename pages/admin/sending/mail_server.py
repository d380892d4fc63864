"""The mail server: its settings, a test, and the form that sets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import State, heading, plain
from pages.shell.turns import in_turn
from semantic.config.mail import SECURITIES, MailServer
from semantic.errors import SemanticError
from semantic.services.outbox.reader import NotNow, reader_of
from semantic.services.process import Live
from semantic.store.audit.entries import find_subject
from semantic.store.outbox.sends import Recipient
from semantic.transport.manage import Sending, SendingWork

Tell = Callable[[State, str, str], None]
OPEN, TIMES, WRONG, TOLD = "mail-server-form", "mail-server-times", "mail-server-wrong", "sending-told"
HOST, PORT, SECURITY, USER, PASSWORD, SENDER = (
    "mail-server-host", "mail-server-port", "mail-server-security", "mail-server-user", "mail-server-password",
    "mail-server-sender",
)  # fmt: skip
LABELS: Final = {"starttls": "STARTTLS", "tls": "TLS", "none": "None, not encrypted"}
TESTED: Final = "Sent. If it doesn't arrive within a few minutes, look in your spam folder."


def card(sending: Sending, *, is_demo: bool, tell: Tell) -> None:
    """Draw the mail server, and its form while it is open."""
    server = sending.server
    _, actor = session.require("administrator")
    can_change = actor.viewed_by is None
    with st.container(border=True, gap="small", key="mail-server"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            heading("Mail server", "from the server's settings" if server is not None and server.is_of_settings else "")
            with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", width="stretch"):
                if can_change and (server is not None or is_demo):
                    st.button(
                        "Send me a test",
                        key="mail-server-test",
                        icon=":material/send:",
                        on_click=_test,
                        args=(tell,),
                    )
                if can_change and (not server.is_of_settings if server is not None else not is_demo):
                    label = "Edit" if server is not None else "Set up"
                    kind = "secondary" if server is not None else "primary"
                    st.button(label, key="mail-server-edit", icon=":material/edit:", type=kind, on_click=_open)
        if server is not None:
            facts = {
                "Host": f"{server.host}, port {server.port}",
                "Security": LABELS[server.security],
                "User": server.user or "None, no sign-in",
                "Sender": server.sender,
            }
            st.table({name: plain(text) for name, text in facts.items()}, border="horizontal", hide_header=True)
            if server.security == "none":
                st.markdown(":orange[:material/warning:] Messages are sent to the mail server unencrypted.")
        elif is_demo:
            st.caption("The demo doesn't need a mail server.")
        else:
            st.caption("Not set up yet, so no email is sent. Slack, Teams and webhooks don't need a mail server.")
    if can_change and OPEN in st.session_state:
        _dialog(server, sending.revision)


def _open() -> None:
    st.session_state.pop(WRONG, None)
    st.session_state[OPEN] = True
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def key_of(field: str) -> str:
    """Return the key of a field in the open form. It changes each time the form opens."""
    return f"{field}-{st.session_state.get(TIMES, 0)}"


def _close() -> None:
    for name in (OPEN, WRONG):
        st.session_state.pop(name, None)


@st.dialog("Mail server", width="medium", icon=":material/outgoing_mail:", on_dismiss=_close)
@in_turn
def _dialog(server: MailServer | None, revision: int) -> None:
    session.require("administrator")
    if OPEN not in st.session_state:
        st.rerun()
    left, right = st.columns([3, 1], gap="small")
    with left:
        st.text_input("Host", server.host if server else "", key=key_of(HOST), placeholder="smtp.example.com")
    with right:
        st.text_input("Port", str(server.port) if server else "", key=key_of(PORT), placeholder="587", max_chars=5)
    securities = list(SECURITIES)
    st.segmented_control(
        "Security", securities, default=server.security if server else "starttls", key=key_of(SECURITY), required=True,
        format_func=lambda name: LABELS[name],
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    with left:
        st.text_input("User", server.user if server else "", key=key_of(USER), autocomplete="off")
    with right:
        has_one = server is not None and bool(server.password)
        st.text_input(
            "Password", key=key_of(PASSWORD), type="password", autocomplete="new-password",
            placeholder="Leave empty to keep it" if has_one else "",
            help="It's stored encrypted and never shown again. To keep it out of the store, set the mail server in the "
            "server's settings instead.",
        )  # fmt: skip
    st.text_input(
        "Sender", server.sender if server else "", key=key_of(SENDER),
        placeholder="Samepage <samepage@example.com>",
    )  # fmt: skip
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    with st.container(horizontal=True, gap="xsmall"):
        is_pressed = st.button("Save", key="mail-server-save", type="primary", on_click=_save, args=(revision, has_one))
        if is_pressed and OPEN not in st.session_state:
            st.rerun()
        if server is not None and st.button(
            "Remove", key="mail-server-remove", type="tertiary", icon=":material/delete:", on_click=_remove,
            args=(revision,),
        ):  # fmt: skip
            st.rerun()


# Click handlers


def _save(revision: int, has_one: bool) -> None:
    def typed(field: str) -> str:
        value: Any = st.session_state.get(key_of(field))  # Any: the session's value for a field
        return value if isinstance(value, str) else ""

    _, actor = session.require("administrator")
    password = typed(PASSWORD)
    try:
        server = SendingWork(session.live(), actor).set_server(
            host=typed(HOST), port=typed(PORT), security=typed(SECURITY), user=typed(USER),
            password=None if has_one and not password else password, sender=typed(SENDER), revision=revision,
        )  # fmt: skip
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    st.session_state[TOLD] = "good", "check_circle", f"Email is sent through {server.host} from now on. Send a test."
    _close()


def _remove(revision: int) -> None:
    _, actor = session.require("administrator")
    try:
        SendingWork(session.live(), actor).remove_server(revision)
        st.session_state[TOLD] = "good", "check_circle", "The mail server is removed. No more email is sent."
    except SemanticError as error:
        st.session_state[TOLD] = "caution", "error", str(error)
    _close()


def _test(tell: Tell) -> None:
    _, actor = session.require("administrator")
    live = session.live()
    address = _own_address(live, actor.id)
    if not address:
        tell("caution", "error", "Your account has no email address, so there's nowhere to send a test.")
        return
    try:
        answer = SendingWork(live, actor).test_mail(address)
    except SemanticError as error:
        tell("bad", "error", str(error))
        return
    where = "The test is in the mailbox." if live.settings.demo else f"{TESTED} The server answered: {answer}"
    tell("good", "check_circle", where)


def _own_address(live: Live, person: str) -> str:
    """Return the address that this person's messages are sent to, or "" if there is none."""
    with live.store.read() as connection:
        subject = find_subject(connection, person)
    reader = reader_of(live, Recipient(kind="person", id=subject), live.store.now()) if subject else None
    return "" if reader is None or isinstance(reader, NotNow) else reader.address
