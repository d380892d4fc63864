"""Start the server when Streamlit runs this file.

On each run of the script, sign the person in, build their navigation and run the page.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.asking import form as asking
from pages.palette.palette import palette
from pages.public.board import PublicBoards
from pages.public.unsubscribe import UnsubscribeLinks
from pages.server import server
from pages.shell import links, logged, session, tab_title, turns, viewing_bar
from pages.sign_in import menu, providers, sign_in
from semantic.errors import StoreFailed


def run() -> None:
    """Run the script once for the person that the browser's cookie identifies."""
    st.set_page_config(page_icon=server.LOGO_DATA, layout="wide")
    st.logo(server.LOGO_DATA, size="small")
    session.forget_gone_widgets()
    try:
        providers.recheck()
        ended = viewing_bar.settle()
        person = session.actor()
    except StoreFailed as error:  # without the store, no one counts as signed in
        sign_in.show_unknown(error)
        return
    session.forget_other_people()
    page, switch = menu.navigate(person)
    st.session_state[links.AT] = page.url_path
    tab_title.name_after_page(page.url_path, page.title)
    if person is not None and page.url_path != "sign-out":
        viewing_bar.show(ended)
        sign_in.show_line(
            session.signed_in_person() or person, switch, palette if person.is_at_least("viewer") else None
        )
        if page is not switch:
            session.remember_page()
        if person.is_at_least("viewer"):
            asking.show(person)
    page.run()


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, **server.options(lambda live: [PublicBoards(live).route(), UnsubscribeLinks(live).route()]))
else:
    with turns.turn_of(session.token()), logged.page_run():
        run()
