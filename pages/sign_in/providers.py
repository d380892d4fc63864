"""The company's sign-in settings, and checking sign-ins with the provider again. In the demo, there is nothing to
check.
"""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from pages.shell import session
from pages.sign_in import flows
from semantic.config.sign_in import Provider, SignInSettings

_SEEN = "providers_seen"


def company() -> SignInSettings:
    """Return how the company's people sign in. Call this only if the settings have providers."""
    sign_in_settings = session.settings().sign_in
    assert sign_in_settings is not None, "This server has no sign-in provider."
    return sign_in_settings


def provider_named(name: str) -> Provider | None:
    """Return a provider by its name, or None if it isn't in the settings any more."""
    settings = session.settings().sign_in
    return settings.provider(name) if settings else None


def contact() -> str:
    """Return who people can contact, as part of a sentence."""
    settings = session.settings().sign_in
    return settings.contact if settings and settings.contact else "the person who runs Samepage"


def recheck() -> None:
    """Check this person with the provider again once the last check is too old. Call this at the top of a page.

    If only the browser can ask the provider, this sends it there and stops the run. That happens when a page is first
    loaded, or when the last check no longer counts. Raises StoreFailed.
    """
    asking, token = session.renewals(), session.token()
    signed_in = session.live().sign_ins.find(token) if asking and token else None
    if asking is None or signed_in is None:
        return
    is_first = _SEEN not in st.session_state
    st.session_state[_SEEN] = True
    state = asking.tend(token, signed_in)
    if state in ("ask_soon", "ask_now"):
        was_tried = flows.TRIED_COOKIE in session.cookies()
        if not was_tried and (is_first or state == "ask_now"):
            session.redirect_to(flows.begin_address(signed_in.provider, session.here(), silent="1"))
        if state == "ask_now":
            asking.end(signed_in, "unanswered")


def sign_in_length() -> timedelta:
    """Return how long a sign-in lasts. The provider can't change that."""
    return timedelta(hours=company().hours)
