"""The button that asks one question as an agent, and shows its receipt."""

from __future__ import annotations

import streamlit as st

from pages.shell import navigation, session
from pages.shell.parts import plain
from semantic.api.trying import AgentTest, try_agent

TRIED = "agents-tried"
"""The session key for the last test of each agent, by agent number: the result, or the reason for a refusal."""


def try_button(number: str, *, key: str) -> None:
    """Draw the button, with the result of the last test below it."""
    st.button(
        "Test connection", icon=":material/network_check:", key=key, type="tertiary", on_click=_try, args=(number,)
    )
    tried: dict[str, AgentTest | str] = st.session_state.get(TRIED, {})
    show_outcome(tried.get(number))


def show_outcome(found: AgentTest | str | None) -> None:
    """Draw the result of a test, or the reason why it was refused."""
    if isinstance(found, str):
        st.markdown(f":orange[:material/error:] {plain(found)}")
    elif found is not None:
        st.markdown(f":green[:material/check_circle:] It works. {plain(found.words)}")
        receipt = navigation.file_of("receipt")
        if receipt and found.receipt:
            where = {"receipt": found.receipt}
            st.page_link(receipt, label="Open the receipt", icon=":material/receipt_long:", query_params=where)


def _try(number: str) -> None:
    _, actor = session.require("viewer")
    tried: dict[str, AgentTest | str] = st.session_state.setdefault(TRIED, {})
    tried[number] = try_agent(session.live(), actor, number)
