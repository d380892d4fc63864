"""The red bar on every page while someone views as another person, and the message when view-as has ended."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages.shell import session, viewing
from pages.shell.parts import Action, notice, plain
from semantic.errors import StoreFailed

_OVER, _TOLD = "viewing_over", "viewing-over"
_WHY = {
    "time_is_up": "The 30 minutes are over.",
    "not_allowed": "A policy no longer allows it.",
    "stopped": "",
    "signed_out": "",
}


def settle() -> str:
    """End a view-as session that has ended, before the page is drawn. Returns a sentence about that, or "" if none
    ended.
    """
    signed_in, person = session.signed_in(), session.signed_in_person()
    if signed_in is None or person is None:
        return ""
    try:
        over = viewing.end_if_over(session.live(), signed_in.number, person)
    except StoreFailed:
        return "You're back to your own view."  # The session is over, and the entry of its start says until when.
    if over is None:
        return ""
    return f"You're back to your own view and no longer see the app as {over[0].person.short_name}. {_WHY[over[1]]}"


def show(ended: str = "") -> None:
    """Draw the bar and its button during view-as or, after it has ended, a message that people can close."""
    view = session.current_viewing()
    if view is None:
        if ended:
            st.session_state[_OVER] = ended
        if _OVER in st.session_state:
            notice("info", "visibility_off", st.session_state[_OVER], Action("Close", _close), key=_TOLD)
        return
    minutes = view.minutes_left
    left = f"{minutes} minutes left" if minutes > 1 else "Less than a minute left" if minutes < 1 else "1 minute left"
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="viewing"):
        st.markdown(
            f":material/visibility: **Viewing as {plain(view.person.short_name)}.** You can't change or export "
            f"anything. {left}.",
            width="stretch",
        )
        st.button("Stop", key="viewing-stop", on_click=stop)


def _close() -> None:
    st.session_state.pop(_OVER, None)


def stop() -> None:
    """End the view-as session of this sign-in."""
    signed_in = session.signed_in()
    if signed_in is None:
        return
    with suppress(StoreFailed):  # it's over either way: the entry of its start has the latest end
        viewing.end(session.live(), signed_in.number, "stopped")
