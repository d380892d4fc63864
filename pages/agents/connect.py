"""The dialog that connects an agent and shows its token once, and the card on which a person allows a provider's
client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from pages.agents import words
from pages.agents.trying import try_button
from pages.shell import session
from pages.shell.parts import Action, empty_state, heading, plain
from pages.shell.turns import in_turn
from semantic.agents.connecting import AgentWork, wanted_for
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.agents.agents import LONGEST_NAME, SCOPES, STEWARD, ConnectedAgent
from semantic.store.agents.clients import CLIENTS, setup
from semantic.workspace import Workspace

OPEN, TIMES, MADE, WRONG = "agent-form", "agent-form-times", "agent-made", "agent-wrong"
"""The session keys for the open form, the number of times it was opened, the new agent with its token, and the last
error.
"""

NAME, CLIENT, SCOPE, DAYS = "agent-name", "agent-client", "agent-scopes", "agent-days"
FIRST: Final = next(iter(CLIENTS))
LASTS: Final[Mapping[int, str]] = {7: "7 days", 30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}
CLIENT_ID, PROVIDER = "client", "provider"
"""The address parameters with the ID of a provider's client that asks to be connected, and with the provider's name."""


def button() -> None:
    """Open the form that connects an agent."""
    st.button("Connect agent", icon=":material/add:", key="agent-connect", type="primary", on_click=open_form)


def open_form() -> None:
    for name in (MADE, WRONG):
        st.session_state.pop(name, None)
    st.session_state[OPEN] = True
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def show() -> None:
    """Draw the open form, or the token of the new agent."""
    if OPEN in st.session_state:
        _dialog()


def _close() -> None:
    for name in (OPEN, MADE, WRONG):
        st.session_state.pop(name, None)


def key_of(field: str) -> str:
    """Return the key of a field in the open form. It changes each time the form opens."""
    return f"{field}-{st.session_state.get(TIMES, 0)}"


def _field_value(field: str) -> Any:  # Any: the session's value for a field
    return st.session_state.get(key_of(field))


@st.dialog("Connect an agent", width="medium", icon=":material/smart_toy:", on_dismiss=_close)
@in_turn
def _dialog() -> None:
    workspace, actor = session.require("viewer")
    if not AgentWork(session.live(), actor).may_connect:
        _close()
        st.rerun()
    if MADE in st.session_state:
        _made(*st.session_state[MADE])
        return
    st.pills(
        "Program", list(CLIENTS), default=FIRST, key=key_of(CLIENT), required=True, format_func=CLIENTS.__getitem__
    )
    client = _field_value(CLIENT) or FIRST
    st.text_input(
        "Name", key=key_of(NAME), max_chars=LONGEST_NAME, placeholder=f"{CLIENTS[client]} on my laptop",
        help="How it appears in this list and in the audit log.",
    )  # fmt: skip
    _access(workspace, actor)
    st.caption("Server address to enter in the program:")
    st.code(_address(), language=None)
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    st.button("Connect", key="agent-connect-now", type="primary", on_click=_connect)


def _access(workspace: Workspace, actor: Actor) -> None:
    """Draw the choice of permissions, what they allow in words, and the choice of when they expire."""
    scopes = [scope for scope in SCOPES if scope != "sql" or actor.is_at_least(STEWARD)]
    st.pills(
        "Permissions", scopes, default=["ask"], key=key_of(SCOPE), selection_mode="multi",
        format_func=SCOPES.__getitem__,
    )  # fmt: skip
    chosen = _field_value(SCOPE)
    st.markdown(plain(words.may_words(["ask"] if chosen is None else chosen, workspace.visible(actor))))
    days = list(LASTS)
    st.selectbox("Expires after", days, index=days.index(90), key=key_of(DAYS), format_func=LASTS.__getitem__)


def _connect() -> None:
    """Connect the agent, after checking the person's access again. On an error, the form stays open and shows it."""
    _, actor = session.require("viewer")
    live, client = session.live(), _field_value(CLIENT) or FIRST
    wanted = wanted_for(
        _field_value(DAYS) or 90, live, name=(_field_value(NAME) or "").strip() or CLIENTS[client], client=client,
        scopes=frozenset(_field_value(SCOPE) or ()),
    )  # fmt: skip
    try:
        st.session_state[MADE] = AgentWork(live, actor).connect(wanted)
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    st.session_state.pop(WRONG, None)


def _made(agent: ConnectedAgent, token: str) -> None:
    """Show the token. It isn't stored, and is only visible until this dialog is closed."""
    st.warning(
        "Copy the token now. You won't see it again. Anyone who has it can ask as you, so never put it in a URL, an "
        "email or a shared file.",
        icon=":material/visibility_off:",
    )
    sentence, text, language = setup(agent.client, _address(), token)
    st.markdown(plain(sentence))
    st.code(text, language=language, wrap_lines=True)
    st.caption("Only the token:")
    st.code(token, language=None, wrap_lines=True)
    st.markdown(f"The token for **{plain(agent.name)}** is valid until {agent.until:%-d %b %Y}.")
    try_button(agent.number, key="agent-made-try")
    if st.button("I've copied it", key="agent-copied", type="primary"):
        _close()
        st.rerun()


def _address() -> str:
    return session.live().settings.address + words.PATH


# A provider's program


def asked_client() -> str:
    """Return the ID of the client in the address that asks to be connected, or ""."""
    return st.query_params.get(CLIENT_ID, "")[:400]


def consent(client_id: str) -> None:
    """Draw the card on which a person allows a provider's client to ask on their behalf."""
    workspace, actor = session.require("viewer")
    work = AgentWork(session.live(), actor)
    try:
        issuer = _issuer()
        known = work.client(issuer, client_id) if issuer else None
    except SemanticError:
        empty_state(
            "cloud_off", "Your sign-in provider didn't respond", "Try again in a moment.",
            [Action("Try again", _just_rerun), Action("Cancel", _leave)], key="agent-consent-away",
        )  # fmt: skip
        return
    if not issuer or not client_id.isprintable():
        empty_state(
            "link_off", "This link doesn't work here",
            "Your sign-in provider isn't set up for agents on this server, or the link is incomplete. Start again from "
            "the program, or connect it with a token.",
            [Action("Go to your agents", _leave)], key="agent-consent-wrong",
        )  # fmt: skip
        return
    if known is not None:
        empty_state(
            "check_circle", "This program is already connected",
            f"It's in your list as {known.name}. You can close this page and continue in the program.",
            [Action("Go to your agents", _leave)], key="agent-consent-known",
        )  # fmt: skip
        return
    with st.container(border=True, gap="small", key="agent-consent"):
        heading("Let this program ask on your behalf?")
        st.markdown(
            "A program that you signed in to wants to ask Samepage on your behalf. Allow it only if you started this "
            "yourself just now. The program identifies itself as:"
        )
        st.code(client_id, language=None, wrap_lines=True)
        st.text_input("Name", key=key_of(NAME), max_chars=LONGEST_NAME, placeholder="My assistant")
        _access(workspace, actor)
        if (wrong := st.session_state.get(WRONG)) is not None:
            st.warning(plain(wrong), icon=":material/error:")
        with st.container(horizontal=True, gap="small"):
            st.button("Allow", key="agent-allow", type="primary", on_click=_allow, args=(issuer, client_id))
            st.button("Cancel", key="agent-refuse", on_click=_leave)


def _issuer() -> str:
    """Return the issuer of the provider in the address, or "" if agents can't use that provider. Raises
    ProviderFailed.
    """
    clients = [client for client in session.live().clients.values() if client.provider.audiences]
    name = st.query_params.get(PROVIDER, clients[0].provider.name if len(clients) == 1 else "")
    found = next((client for client in clients if client.provider.name == name), None)
    return found.metadata().issuer if found is not None else ""


def _allow(issuer: str, client_id: str) -> None:
    _, actor = session.require("viewer")
    live = session.live()
    wanted = wanted_for(
        _field_value(DAYS) or 90, live, name=(_field_value(NAME) or "").strip() or client_id[:LONGEST_NAME],
        client="other", scopes=frozenset(_field_value(SCOPE) or ()),
    )  # fmt: skip
    try:
        AgentWork(live, actor).connect(replace(wanted, issuer=issuer, client_id=client_id))
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    st.session_state.pop(WRONG, None)


def _leave() -> None:
    st.session_state.pop(WRONG, None)
    for name in (CLIENT_ID, PROVIDER):
        st.query_params.pop(name, None)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
