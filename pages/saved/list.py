"""The list of saved questions: search as you type, and filter by space. Archived questions are listed separately."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.boards.edit.add_to_board import add_saved_button, show_dialog
from pages.saved.edit import edit_button, show_edited
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Act, empty_state, plain
from pages.shell.turns import in_turn
from pages.widgets.follow import follow_button
from pages.widgets.item_list import item_list, show_all
from pages.widgets.kept_words import when_words, where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.saved_questions import search_saved
from semantic.store.questions.questions import SavedQuestion
from semantic.workspace import Workspace

SEARCH, SPACE, ARCHIVED = "saved-search", "saved-space", "saved-archived"


@st.fragment
@in_turn
def saved_list() -> None:
    """Draw the list of saved questions, which reruns on its own on every keystroke."""
    workspace, actor = session.require("viewer")
    is_archived = bool(st.session_state.get(ARCHIVED))
    try:
        questions = session.saved_work(workspace, actor).questions(archived=is_archived)
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load saved questions", str(error), [Act("Try again", _again)], key="away")
        return
    text = st.text_input(
        "Search saved questions", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
        placeholder="Search names, descriptions, spaces and owners",
    )  # fmt: skip
    space_pills(questions, "saved")
    things = of_space(search_saved(questions, text or ""), st.session_state.get(SPACE))
    if things:
        item_list(
            things, len(questions), lambda question: _row(question, workspace, actor), noun="question", name="saved"
        )
    else:
        _nothing(questions, is_archived=is_archived)
    show_edited()
    show_dialog(actor)


def _again() -> None:
    """Do nothing, because the click itself reruns the list."""


def _row(question: SavedQuestion, workspace: Workspace, actor: Actor) -> None:
    name, column, facts = st.columns([1.8, 2.4, 2.2], gap="xsmall", vertical_alignment="center")
    with name:
        links.saved_link(question.name, question.id, strong=True, icon=":material/bookmark:", width="content")
    with column:
        st.markdown(plain(question.sentence) or ":gray[No description]")
    with facts, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        when = f"{where_words(question)}. Changed {when_words(question.changed_at, workspace)}"
        st.markdown(f":small[:gray[{plain(when)}]]", width="stretch")
        if question.may_change:
            edit_button(question)
        add_saved_button(question, actor)
        follow_button("question", question.id, actor, key="saved", small=True)


def _nothing(questions: Sequence[SavedQuestion], *, is_archived: bool) -> None:
    if questions:
        acts = [Act("Show all", partial(show_all, "saved"))]
        empty_state("search_off", "No saved questions match", TRY_ANOTHER, acts, key="none-found")
    elif is_archived:
        empty_state(
            "archive", "No archived questions", "Archived questions are hidden from lists and kept here.", key="no-old"
        )
    else:
        sentence = "Ask something in Explore, then choose Save. Every version is kept."
        empty_state("bookmark", "No saved questions yet", sentence, key="none-saved")
