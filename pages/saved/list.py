"""The list of saved questions, with a search and filters, favourites first. Archived questions are separate."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.boards.edit.add_to_board import add_saved_button, show_dialog
from pages.deliveries.form import DeliverySubject
from pages.deliveries.subscribe import show_panel, subscribe_button
from pages.saved.edit import edit_button, show_edited
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Action, empty_state, plain
from pages.shell.turns import in_turn
from pages.widgets.favourite import favourite_trouble, favourites, star, star_key
from pages.widgets.follow import follow_button
from pages.widgets.item_filters import BY_NAME, favourites_first, filter_items, folder_pills, order_of, search_bar
from pages.widgets.item_list import item_list, show_all, shown_count
from pages.widgets.item_words import where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.display.boards.picture import kind_of as kind_of
from semantic.display.charts.chart import Kind
from semantic.display.words.ages import ago
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.query.query import Query
from semantic.services.saved_questions import SavedWork, search_saved, words_of
from semantic.store.questions.questions import SavedQuestion

NAME = "saved"  # the prefix of the keys of its filters
_CONTENTS, _LEAVE = "saved_contents", "saved_leave"


@dataclass(frozen=True, slots=True)
class _QuestionWords:
    """A question in words, limited to what this person can ask, and its chart type."""

    words: str
    kind: Kind


@st.fragment
@in_turn
def saved_list() -> None:
    """Draw the list of saved questions, which reruns separately on every keystroke."""
    if st.session_state.pop(_LEAVE, False):
        st.switch_page(links.page_of(links.EXPLORE))
    workspace, actor = session.require("viewer")
    work = session.saved_work(workspace, actor)
    is_archived = bool(st.session_state.get(f"{NAME}-archived"))
    try:
        questions = work.questions(archived=is_archived)
        starred = favourites("question", actor)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load saved questions", str(error), [Action("Try again", _just_rerun)], key="away"
        )
        return
    favourite_trouble()
    text = search_bar(
        questions, NAME, label="Search saved questions",
        placeholder="Search names, metrics, breakdowns, filters and owners",
    )  # fmt: skip
    space_pills(questions, NAME)
    in_space = of_space(questions, NAME)
    folder_pills(in_space, NAME)
    try:
        matches = _ordered(_matching(in_space, text, starred, work), starred)
        abouts = _abouts(matches[: shown_count(NAME)], work)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load saved questions", str(error), [Action("Try again", _just_rerun)], key="away"
        )
        return
    if matches:
        item_list(
            matches, len(questions), lambda question: _row(question, abouts, starred, work), noun="question",
            name=NAME,
        )  # fmt: skip
    else:
        _nothing(questions, is_archived=is_archived)
    show_edited()
    show_dialog(actor)
    show_panel(actor)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""


# Search


def _matching(
    questions: Sequence[SavedQuestion], text: str, starred: frozenset[str], work: SavedWork
) -> list[SavedQuestion]:
    """Return the questions that match the filters and all typed words."""
    left = filter_items(questions, NAME, starred)
    if not text.strip():
        return left
    words = {question: about.words for question, about in _abouts(left, work).items()}
    return search_saved(left, text, words)


def _ordered(questions: Sequence[SavedQuestion], starred: frozenset[str]) -> list[SavedQuestion]:
    """Return the questions with favourites first. Both parts are sorted by last change or by name."""
    if order_of(NAME) == BY_NAME:
        questions = sorted(questions, key=lambda question: question.name.casefold())
    return favourites_first(questions, starred)


def _abouts(questions: Sequence[SavedQuestion], work: SavedWork) -> dict[str, _QuestionWords]:
    """Return each question in words. Each version is read once while this person's access stays the same."""
    seen = work.workspace.visible(work.actor)
    reader: Hashable = (work.actor.id, seen.access_key)
    kept: tuple[Hashable, dict[tuple[str, int], _QuestionWords]] | None = st.session_state.get(_CONTENTS)
    if kept is None or kept[0] != reader:
        kept = st.session_state[_CONTENTS] = reader, {}
    known = kept[1]
    missing = [question for question in questions if (question.id, question.version) not in known]
    contents = work.contents(missing) if missing else {}
    for question in missing:
        content = contents.get(question.id)
        known[question.id, question.version] = (
            _QuestionWords(words_of(content.query, seen), kind_of(content.query, content.chart))
            if content is not None
            else _QuestionWords(
                words_of(Query(metrics=question.metrics), seen), "table"
            )  # The question names a person, so it's encrypted.
        )
    return {question.id: known[question.id, question.version] for question in questions}


# Rows


def _row(question: SavedQuestion, abouts: dict[str, _QuestionWords], starred: frozenset[str], work: SavedWork) -> None:
    name, column, facts = st.columns([2.2, 2.2, 2.2], gap="xsmall", vertical_alignment="center")
    is_starred = question.id in starred
    with (
        name,
        st.container(
            horizontal=True,
            vertical_alignment="center",
            gap="xsmall",
            wrap=False,
            key=star_key(question.id, is_starred=is_starred),
        ),
    ):
        star("question", question.id, question.name, work.actor, is_starred=is_starred)
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", wrap=False,
            key=f"sketch-{abouts[question.id].kind}-{question.id}",
        ):  # fmt: skip
            links.saved_link(question.name, question.id, strong=True, icon="", width="stretch")
    with column:
        st.markdown(plain(question.sentence) or ":gray[No description]")
    with facts, st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
        folder = f" / {question.folder}" if question.folder else ""
        when = f"{where_words(question)}{folder}. Changed {ago(question.changed_at, work.store.now())}"
        st.markdown(f":small[:gray[{plain(upper_first(when))}]]", width="stretch")
        with st.container(horizontal=True, gap="xsmall", wrap=False, width="content"):
            if question.may_change:
                edit_button(question)
            add_saved_button(question, work.actor)
            follow_button("question", question.id, work.actor, key="saved", small=True)
            subscribe_button(
                DeliverySubject("question", question.id, question.name), work.actor, key="saved", small=True
            )


def _nothing(questions: Sequence[SavedQuestion], *, is_archived: bool) -> None:
    if questions:
        empty_state(
            "search_off",
            "No saved questions match",
            TRY_ANOTHER,
            [Action("Show all", partial(show_all, NAME))],
            key="none-found",
        )
    elif is_archived:
        empty_state(
            "archive", "No archived questions", "Archived questions are hidden from lists and kept here.", key="no-old"
        )
    else:
        sentence = "Ask a question in Explore, then choose Save. Every version is kept."
        empty_state(
            "bookmark", "No saved questions yet", sentence, [Action("Ask in Explore", _explore)], key="none-saved"
        )


def _explore() -> None:
    """Ask for the Explore page. It opens once the list is redrawn, because a callback can't switch pages."""
    st.session_state[_LEAVE] = True
