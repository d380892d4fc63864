"""How people of this company sign in, and having a provider asked anew at the top of a page; nothing in demo mode."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from pages.shell import session
from pages.sign_in import flows
from semantic.config.sign_in import Provider, SignInSettings

_SEEN = "providers_seen"


def company() -> SignInSettings:
    """How this company's people sign in; only where settings() has it."""
    found = session.settings().sign_in
    assert found is not None, "Asked of a server that people do not sign in to by a provider."
    return found


def shown(name: str) -> Provider | None:
    """A provider by its name; None for one that is not in the settings any more."""
    settings = session.settings().sign_in
    return settings.provider(name) if settings else None


def contact() -> str:
    """Whom to ask, as a part of a sentence."""
    settings = session.settings().sign_in
    return settings.contact if settings and settings.contact else "the person who runs Samepage"


def tend() -> None:
    """At the top of a page: have what the provider said of this person asked for anew, where it has grown old.

    Sends the browser there, and stops the run, where only it can ask: at a full load, or when what is known counts no
    more. Raises StoreFailed.
    """
    asking, token = session.renewals(), session.token()
    here = session.live().sign_ins.find(token) if asking and token else None
    if asking is None or here is None:
        return
    is_first = _SEEN not in st.session_state
    st.session_state[_SEEN] = True
    state = asking.tend(token, here)
    if state in ("ask_soon", "ask_now"):
        was_tried = flows.TRIED_COOKIE in session.cookies()
        if not was_tried and (is_first or state == "ask_now"):
            session.go(flows.begin_address(here.provider, session.here(), silent="1"))
        if state == "ask_now":
            asking.end(here, "unanswered")


def lasts() -> timedelta:
    """For how long a sign-in is good, whatever a provider says."""
    return timedelta(hours=company().hours)
