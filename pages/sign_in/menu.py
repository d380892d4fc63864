"""The navigation of a person, or the single page for people who aren't signed in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.navigation.page import Page

from pages.shell import links, session
from pages.shell.navigation import HOME, PAGES, Row
from pages.shell.parts import page_header, plain
from pages.sign_in import own_sign_ins, provider_sign_in, sign_in
from semantic.policy.actor import Actor
from semantic.policy.domains import is_domain_member

KEY = "menu"


@dataclass(frozen=True, slots=True)
class Menu:
    """The pages by heading. `switch` is the demo's page for switching people. `person` is None if no one is
    signed in.
    """

    person: Actor | None
    pages: dict[str, list[Page]]
    switch: Page | None


def navigate(person: Actor | None) -> tuple[Page, Page | None]:
    """Return the requested page and, in the demo, the page for switching people.

    Pages are created once for each person in a session, because creating one looks up its file.
    """
    menu: Menu | None = st.session_state.get(KEY)
    if menu is None or menu.person is not person:
        switch = None
        if session.settings().demo:
            switch = st.Page(sign_in.show_switch, title="Switch person", url_path="switch-person")
        pages = {"": _pages_to_sign_in()} if person is None else _pages_of(person, switch)
        menu = st.session_state[KEY] = Menu(person, pages, switch)
    return st.navigation(menu.pages, position="hidden" if person is None else "top"), menu.switch


def _pages_to_sign_in() -> list[Page]:
    """Return the sign-in page at every address that exists after signing in, so that links still work."""
    # The page at "/" has the name that it has for signed-in people, so that a tab stays there when its sign-in ends.
    first, *others = [row.path for row in PAGES]
    paths = [*others, HOME, "sign-in", "switch-person", "sign-out"]
    there = [st.Page(sign_in.show, title="Sign in", url_path=path, visibility="hidden") for path in paths]
    return [st.Page(sign_in.show, title="Sign in", url_path=first, default=True), *there]


FOLDED = {"Govern": "steward", "Admin": "administrator"}
"""The navigation entries that group the pages of a role."""


def _pages_of(person: Actor, switch: Page | None) -> dict[str, list[Page]]:
    """Return the pages of a person by heading, the first one at "/". A person without access gets a page
    that says why.
    """
    is_viewed = person.viewed_by is not None  # While viewing as someone else, administrators' pages are closed.
    rows = [row for row in PAGES if person.is_at_least(row.role) and not (is_viewed and row.role == "administrator")]
    open_pages = {
        row: st.Page(
            row.file,
            title=row.title,
            icon=f":material/{row.icon}:",
            url_path=row.path,
            default=not place,
            visibility="visible" if _is_listed(row, person) else "hidden",
        )
        for place, row in enumerate(rows)
    }
    st.session_state[links.OPEN] = {row.file: page for row, page in open_pages.items()}
    folded = {
        title: [page for row, page in open_pages.items() if _role_of(row, person) == role and _is_listed(row, person)]
        for title, role in FOLDED.items()
    }
    own = [page for row, page in open_pages.items() if row.is_own and _role_of(row, person) not in FOLDED.values()]
    apart = [*own, *(page for pages in folded.values() for page in pages)]
    others = [page for page in open_pages.values() if page not in apart]
    return {
        "": [*others, *_pages_without_access(rows), st.Page(_go_home, title="Home", url_path=HOME, visibility="hidden")]
        if open_pages
        else _closed_pages(),
        # Each group is one entry. With all pages, the menu would be too long for a laptop.
        **{title: pages for title, pages in folded.items() if pages},
        session.name_of(session.signed_in_person() or person): [
            *([] if switch is None else [switch]),
            *own,
            st.Page(own_sign_ins.show, title="Your sign-ins", url_path="sign-ins"),
            st.Page(sign_in.sign_out, title="Sign out", url_path="sign-out"),
        ],
    }


def _has_domain(person: Actor) -> bool:
    return any(is_domain_member(person, domain) for domain in session.workspace().model.domains.values())


def _role_of(row: Row, person: Actor) -> str:
    """Return the role that the menu lists a page under."""
    return "steward" if row.is_governing and person.is_at_least("steward") else row.lowest_listed or row.role


def _is_listed(row: Row, person: Actor) -> bool:
    """Return whether a person's menu lists a page.

    Public links are listed only where they're turned on, the mailbox only in the demo, campaign names only if the model
    has naming rules, and domains only for stewards and people who are in one.
    """
    settings = session.settings()
    is_on = {
        links.PUBLIC_LINKS: settings.public_links,
        links.MAILBOX: settings.demo,
        links.NAMES: bool(session.workspace().model.naming),
        links.DOMAINS: person.is_at_least("steward") or _has_domain(person),
    }
    return row.is_listed and person.is_at_least(row.lowest_listed or row.role) and is_on.get(row.file, True)


def _pages_without_access(open_rows: Collection[Row]) -> list[Page]:
    """Return the pages that a person can't open. Each says which role it needs. Without them, Streamlit would show
    Home.
    """

    def say_why_not(role: str) -> None:
        session.require(role)

    return [
        st.Page(partial(say_why_not, row.role), title="No access", url_path=row.path, visibility="hidden")
        for row in PAGES
        if row not in open_rows
    ]


def _closed_pages() -> list[Page]:
    """Return a page that says why a person can't open any page. It's also at the addresses of all other pages."""
    first, *others = [row.path for row in PAGES]
    there = [st.Page(_closed, title="Home", url_path=path, visibility="hidden") for path in (*others, HOME)]
    return [st.Page(_closed, title="Home", url_path=first, default=True), *there]


def _closed() -> None:
    person = session.actor()
    if person is None or person.roles:
        session.require("viewer")
        return
    if session.settings().sign_in is not None:
        provider_sign_in.show_no_role()
        return
    page_header("You don't have a role yet")
    st.write(
        f"You're signed in as {plain(session.name_of(person))}, but none of your groups has a role here, so there's "
        "nothing to see yet. Ask an administrator which group you need, then sign in again."
    )


def _go_home() -> None:
    """Open the first page for people who typed its address. A question in the address is kept."""
    st.switch_page(links.HOME, query_params={name: st.query_params.get_all(name) for name in st.query_params})
