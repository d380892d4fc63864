"""Starts the server when Streamlit runs it; as the script, signs in, builds this person's navigation, runs the page."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui import find, links, server, session, theme
from pages.view import sign_in
from semantic.policy.actor import Actor


@dataclass(frozen=True, slots=True)
class Row:
    """One page of the app and the lowest role it is listed for; the page itself asks for the role again."""

    path: str
    file: str
    title: str
    icon: str
    role: str


PAGES = (
    Row("start", links.HOME, "Home", "home", "viewer"),
    Row("explore", links.EXPLORE, "Explore", "query_stats", "viewer"),
    Row("metrics", links.CATALOGUE, "Metrics", "menu_book", "viewer"),
)
"""The first one stands at "/", whatever its path; HOME is what people type for it."""

HOME = "home"


def run() -> None:
    """One run of the script, for whoever the browser's cookie says."""
    st.set_page_config(page_title="Samepage", page_icon=server.LOGO_DATA, layout="wide")
    theme.apply()  # before anything is drawn, else the first lines jump
    st.logo(server.LOGO_DATA, size="small")
    person = session.actor()
    switch = st.Page(sign_in.show_switch, title="Switch person", url_path="switch-person")
    page = st.navigation(_pages_to_sign_in(), position="hidden") if person is None else _navigate(person, switch)
    session.forget_other_people()
    st.session_state[links.AT] = page.url_path
    if person is not None and page.url_path != "sign-out":
        sign_in.show_demo_line(person, switch, find.dialog if person.is_at_least("viewer") else None)
        if page is not switch:
            session.remember_page()
    page.run()


def _pages_to_sign_in() -> list[Page]:
    """Only the sign-in page, at every address that will mean something once signed in, so that links survive."""
    paths = [row.path for row in PAGES] + [HOME, "switch-person", "sign-out"]
    there = [st.Page(sign_in.show, title="Sign in", url_path=path, visibility="hidden") for path in paths]
    return [st.Page(sign_in.show, title="Sign in", url_path="sign-in", default=True), *there]


def _navigate(person: Actor, switch: Page) -> Page:
    """This person's pages, the first of them at "/"; without any, a page there that says why."""
    rows = [row for row in PAGES if person.is_at_least(row.role)]
    open_pages = [
        st.Page(row.file, title=row.title, icon=f":material/{row.icon}:", url_path=row.path, default=not place)
        for place, row in enumerate(rows)
    ]

    def closed() -> None:
        session.require("viewer")

    return st.navigation(
        {
            "": [*open_pages, st.Page(_go_home, title="Home", url_path=HOME, visibility="hidden")]
            if open_pages
            else [st.Page(closed, title="Home", url_path="start", default=True)],
            session.name_of(person): [switch, st.Page(sign_in.sign_out, title="Sign out", url_path="sign-out")],
        },
        position="top",
    )


def _go_home() -> None:
    """The first page from the address that people type for it; a question in it goes along."""
    st.switch_page(links.HOME, query_params={name: st.query_params.get_all(name) for name in st.query_params})


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, **server.options())
else:
    run()
