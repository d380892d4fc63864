"""The demo's pages for signing in and out, with people to choose from, and the line on every page that says it's a
demo.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from pages.shell import identity, session
from pages.shell.parts import plain
from pages.sign_in import provider_sign_in
from semantic.config.settings import DEMO_DATA, MARKETING_MODEL, Settings
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.store.accounts.accounts import SWITCHED_OFF

COMES_FOR = {
    "viewer": "Views boards and shared numbers.",
    "marketer": "Explores data and builds boards.",
    "steward": "Defines what each metric means.",
    "administrator": "Manages people and access.",
}


def show() -> None:
    """Draw the sign-in page, at any address."""
    if session.settings().sign_in is not None:
        provider_sign_in.show()
        return
    if not session.settings().demo:
        _show_not_configured()
        return
    st.title("Samepage", anchor=False)
    st.write("The same marketing numbers for everyone. Choose a demo user.")
    made_up = " The company and its numbers are made up." if is_made_up(session.settings()) else ""
    st.caption(f"Demo: anyone can sign in here.{made_up}")
    _show_people(return_to=session.here())


def is_made_up(settings: Settings) -> bool:
    """Return whether the company is made up. A trial with someone's own data is a demo, too, but its
    company is real.
    """
    return settings.model == MARKETING_MODEL and PurePath(settings.data).name == DEMO_DATA.name


def show_unknown(error: StoreFailed) -> None:
    """Draw the page for when the store can't tell who is signed in."""
    st.title("Couldn't check who is signed in", anchor=False)
    st.write(f"{plain(str(error))} Reload the page to try again.")


def show_switch() -> None:
    """Draw the page that switches to another demo person."""
    st.title("Switch person", anchor=False)
    st.write("You'll return to the page and question you came from, as the person you choose.")
    _show_people(return_to=session.last_page())


def sign_out() -> None:
    """End this sign-in in every tab, and show the sign-in page."""
    if session.settings().sign_in is not None:
        provider_sign_in.sign_out()
        return
    signed_in = session.signed_in()
    if signed_in is None:
        session.redirect_to("/")
    else:
        token = identity.link_token(session.visit(), "sign-out", signed_in.number)
        session.redirect_to("/demo/sign-out?" + urlencode({"token": token}))


def show_line(person: Actor, switch: Page | None, search: Callable[[], None] | None) -> None:
    """Draw the line on every page: who is signed in, that this is a demo, a link that switches people, and the search
    button.
    """
    text = f"igned in as {plain(session.name_of(person))}, {session.role_of(person)}."
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="demo-line"):
        if switch is None:
            st.caption(f"S{text}", width="content")
        else:
            st.caption(f"Demo: s{text}", width="content")
            st.page_link(switch, label="Switch person", width="content")
        if search:
            search()


def _show_people(*, return_to: str) -> None:
    if not session.visit():
        st.info(provider_sign_in.NO_COOKIES)
        return
    people = list(session.workspace().people.values())
    if not people:
        st.write("The model has no people who can sign in. Add `people:` to one of its files, then restart the server.")
    for start in range(0, len(people), 2):
        for column, person in zip(st.columns(2), people[start : start + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _show_person(person, return_to)


def _show_person(person: Actor, return_to: str) -> None:
    role, name = session.role_of(person), session.name_of(person)
    work = person.name.partition(", ")[2]
    st.markdown(f"**{plain(name)}**" + (f", {plain(work)}" if work else ""))
    st.markdown(f"{role.capitalize()}. {COMES_FOR.get(role, '')}")
    st.caption(plain(session.workspace().visible(person).scope or "Scope: everything"))
    if not st.button(f"Sign in as {plain(name)}", key=f"sign_in_{person.id}", width="stretch"):
        return
    if person.id not in session.people():
        st.warning(SWITCHED_OFF)
    else:
        token = identity.link_token(session.visit(), "sign-in", person.id, return_to)
        session.redirect_to("/demo/sign-in?" + urlencode({"as": person.id, "next": return_to, "token": token}))


def _show_not_configured() -> None:
    st.title("Sign-in isn't set up", anchor=False)
    st.write(
        "Samepage isn't available until sign-in is set up. If you run this server, see the how-to pages for sign-in "
        "with "
        "Okta, Entra ID, Google or Keycloak. To look around on your own machine, set "
        "`SAMEPAGE_DEMO=1` and start it again. Anyone who reaches a server in demo mode can sign in to it, so keep it "
        "off a network you share."
    )
