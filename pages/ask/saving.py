"""Save the question of an answer as a private saved question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import names_a_person
from pages.shell import session
from pages.shell.parts import plain, quoted
from semantic.errors import SemanticError
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.saved import LONGEST_NAME
from semantic.store.spaces.spaces import MINE

if TYPE_CHECKING:
    from semantic.query.query import Query


def save_button(query: Query, title: str, *, key: str) -> None:
    """Draw the menu that saves a question. The suggested name is `title`."""
    popover = st.popover("Save", icon=":material/bookmark_add:", key=f"{key}-save", type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=320):
        st.text_input("Name", title[:LONGEST_NAME], key=f"{key}-save-name", max_chars=LONGEST_NAME)
        st.caption("Only you can see it, on the Saved page.")
        st.button("Save question", key=f"{key}-save-now", type="primary", on_click=_save, args=(query, title, key))


def _save(query: Query, title: str, key: str) -> None:
    workspace, actor = session.require("viewer")
    store, keys = session.store()
    name = str(st.session_state.get(f"{key}-save-name") or "").strip() or title[:LONGEST_NAME]
    content = Content(query=query, chart="", is_personal=names_a_person(query, workspace))
    try:
        with store.write() as transaction:
            save_question(transaction, content, actor, keys, name=name, sentence="", space=MINE)
    except SemanticError as error:
        st.toast(plain(str(error)), icon=":material/error:")
        return
    st.session_state[f"{key}-save"] = False  # closes the menu
    st.toast(plain(f"Saved as {quoted(name[:60])}."), icon=":material/bookmark_added:")
