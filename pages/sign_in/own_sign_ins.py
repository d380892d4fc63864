"""The page with your sign-ins, and buttons that end one or, if you lost a device, all of them."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, empty_state, notice, page_header
from pages.sign_in import sign_in_rows
from semantic.display.format import counted
from semantic.errors import SemanticError, StoreFailed
from semantic.policy.actor import Actor
from semantic.services.people import end_one, sign_ins_of, sign_out_everywhere

_TOLD = "own-sign-ins-told"


def show() -> None:
    """Draw the page for any person who is signed in. Even while viewing as someone else, it has the person's own
    sign-ins.
    """
    signed_in, person = session.signed_in(), session.signed_in_person()
    if signed_in is None or person is None:
        session.require("viewer")
        return
    live = session.live()
    try:
        sign_ins = sign_ins_of(live, person.id)
    except StoreFailed as error:
        page_header("Your sign-ins")
        again = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load your sign-ins", str(error), again, key="own-failed")
        return
    now = live.store.now()
    page_header(
        "Your sign-ins", f"{counted(sum(sign_in.is_open(now) for sign_in in sign_ins), 'browser')} signed in as you."
    )
    if told := st.session_state.pop(_TOLD, ""):
        notice("caution", "error", told, key="own-notice")
    st.markdown("If you don't recognize one, or left a device behind, sign out everywhere. You'll sign in again here.")
    st.button(
        "Sign out everywhere", key="own-everywhere", icon=":material/logout:",
        on_click=_doing(lambda by: sign_out_everywhere(live, by.id, by)),
    )  # fmt: skip
    sign_in_rows.rows(
        sign_ins, now, here=signed_in.number, end=_doing(lambda by, number: end_one(live, by.id, number, by))
    )  # fmt: skip


def _doing(act: Callable[..., object]) -> Callable[..., None]:
    def press(*more: str) -> None:
        by: Actor | None = session.signed_in_person()  # the click checks this again
        if by is None:
            return
        try:
            act(by, *more)
        except SemanticError as error:
            st.session_state[_TOLD] = str(error)

    return press


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
