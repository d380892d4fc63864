"""The list of saved questions: one search field, filters, favourites first. Archived questions are listed apart."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from time import monotonic

import streamlit as st

from pages.boards.edit.add_to_board import add_saved_button, show_dialog
from pages.saved.edit import edit_button, show_edited
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Act, empty_state, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.follow import follow_button
from pages.widgets.item_list import PAGE, item_list, show_all
from pages.widgets.kept_words import FORMER, first_words, where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.display.charts.chart import Kind
from semantic.display.charts.kinds import LABELS
from semantic.display.words.ages import ago
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.describe import upper_first
from semantic.query.query import DATE, Query
from semantic.services.saved_questions import SavedWork, search_saved, words_of
from semantic.store.questions.questions import SavedQuestion

SEARCH, SPACE, ARCHIVED = "saved-search", "saved-space", "saved-archived"
OWNER, ORDER, FOLDER, FAVOURITES = "saved-owner", "saved-order", "saved-folder", "saved-favourites"
ANYONE, YOU = "Any owner", "Owned by you"
LATEST, BY_NAME = "Latest change first", "By name"
EVERY_FOLDER = "All folders"
_CONTENTS, _STARRED, _TROUBLE = "saved_contents", "saved_starred", "saved_trouble"
_LEAVE = "saved_leave"


@dataclass(frozen=True, slots=True)
class _About:
    """What a question asks, as far as this person can ask it: its words, and the chart it shows."""

    words: str
    kind: Kind


@st.fragment
@in_turn
def saved_list() -> None:
    """Draw the list of saved questions, which reruns on its own on every keystroke."""
    if st.session_state.pop(_LEAVE, False):
        st.switch_page(links.page_of(links.EXPLORE))
    workspace, actor = session.require("viewer")
    work = session.saved_work(workspace, actor)
    is_archived = bool(st.session_state.get(ARCHIVED))
    try:
        questions = work.questions(archived=is_archived)
        starred = _starred(work)
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load saved questions", str(error), [Act("Try again", _again)], key="away")
        return
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.warning(plain(trouble), icon=":material/error:")
    text = _search(questions)
    space_pills(questions, "saved", with_favourites=True)
    in_space = of_space(questions, st.session_state.get(SPACE))
    _choose_folder(in_space)
    try:
        matches = _ordered(_matching(in_space, text, starred, work), starred)
        abouts = _abouts(matches[: st.session_state.get("saved-shown", PAGE)], work)
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load saved questions", str(error), [Act("Try again", _again)], key="away")
        return
    if matches:
        item_list(
            matches, len(questions), lambda question: _row(question, abouts, starred, work), noun="question",
            name="saved",
        )  # fmt: skip
    else:
        _nothing(questions, is_archived=is_archived)
    show_edited()
    show_dialog(actor)


def _again() -> None:
    """Do nothing, because the click itself reruns the list."""


# Searching


def _search(questions: Sequence[SavedQuestion]) -> str:
    """The field, and beside it the owner and the order. Returns what was typed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="saved-search-bar"):
        text = st.text_input(
            "Search saved questions", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder="Search names, metrics, breakdowns, filters and owners",
        )  # fmt: skip
        st.selectbox(
            "Owner", [ANYONE, *_owners(questions)], key=OWNER, label_visibility="collapsed", width=190
        )  # fmt: skip
        st.selectbox("Order", [LATEST, BY_NAME], key=ORDER, label_visibility="collapsed", width=190)
    return text or ""


def _owners(questions: Sequence[SavedQuestion]) -> list[str]:
    """The owners in the list, this person first; the chosen one stays while none of theirs is left."""
    owners = {_owner(question) for question in questions} | {st.session_state.get(OWNER) or ANYONE}
    return sorted(owners - {ANYONE}, key=lambda owner: (owner != YOU, owner.casefold()))


def _owner(question: SavedQuestion) -> str:
    return YOU if question.is_mine else first_words(question.owner_name) or FORMER


def _choose_folder(questions: Sequence[SavedQuestion]) -> None:
    """Draw a pill for each folder in the chosen space, if there is any."""
    folders = sorted({question.folder for question in questions if question.folder}, key=str.casefold)
    if folders:
        st.pills(
            "Folder", [EVERY_FOLDER, *folders], key=FOLDER, format_func=plain, label_visibility="collapsed"
        )  # fmt: skip
    else:
        st.session_state.pop(FOLDER, None)


def _matching(
    questions: Sequence[SavedQuestion], text: str, starred: frozenset[str], work: SavedWork
) -> list[SavedQuestion]:
    """The questions that pass the filters and have all typed words."""
    owner, folder = st.session_state.get(OWNER) or ANYONE, st.session_state.get(FOLDER) or EVERY_FOLDER
    left = [
        question
        for question in questions
        if owner in (ANYONE, _owner(question))
        and folder in (EVERY_FOLDER, question.folder)
        and (question.id in starred or not st.session_state.get(FAVOURITES))
    ]
    if not text.strip():
        return left
    words = {question: about.words for question, about in _abouts(left, work).items()}
    return search_saved(left, text, words)


def _ordered(questions: Sequence[SavedQuestion], starred: frozenset[str]) -> list[SavedQuestion]:
    """Favourites first; the others as they come, which is by their latest change, or by name."""
    if st.session_state.get(ORDER) == BY_NAME:
        questions = sorted(questions, key=lambda question: question.name.casefold())
    return sorted(questions, key=lambda question: question.id not in starred)


def _abouts(questions: Sequence[SavedQuestion], work: SavedWork) -> dict[str, _About]:
    """What each question asks, read once for each version while this person's access stays the same."""
    seen = work.workspace.visible(work.actor)
    reader: Hashable = (work.actor.id, seen.bound_by)
    kept: tuple[Hashable, dict[tuple[str, int], _About]] | None = st.session_state.get(_CONTENTS)
    if kept is None or kept[0] != reader:
        kept = st.session_state[_CONTENTS] = reader, {}
    known = kept[1]
    missing = [question for question in questions if (question.id, question.version) not in known]
    contents = work.contents(missing) if missing else {}
    for question in missing:
        content = contents.get(question.id)
        known[question.id, question.version] = (
            _About(words_of(content.query, seen), kind_of(content.query, content.chart))
            if content is not None
            else _About(
                words_of(Query(metrics=question.metrics), seen), "table"
            )  # it names a person, so it's encrypted
        )
    return {question.id: known[question.id, question.version] for question in questions}


def kind_of(query: Query, chart: str) -> Kind:
    """Return the selected kind of chart, or the one that a question of this shape usually gets."""
    for kind in LABELS:
        if kind == chart:
            return kind
    if any(breakdown.dim == DATE or breakdown.grain is not None for breakdown in query.by):
        return "line"
    return "heat" if len(query.by) == 2 else "bar" if query.by else "tiles"


# Favourites


def _starred(work: SavedWork) -> frozenset[str]:
    """This person's favourites, up to two seconds old, because every keystroke asks. Raises StoreFailed."""
    kept: tuple[Actor, float, frozenset[str]] | None = st.session_state.get(_STARRED)
    if kept is not None and kept[0] == work.actor and monotonic() - kept[1] < 2.0:
        return kept[2]
    starred = work.favourites()
    st.session_state[_STARRED] = work.actor, monotonic(), starred
    return starred


def _star(question: SavedQuestion, *, is_starred: bool, actor: Actor) -> None:
    label = f"Remove {question.name} from favourites" if is_starred else f"Add {question.name} to favourites"
    st.button(
        unseen(label),
        icon=":material/star:", key=f"star-{question.id}", type="tertiary", on_click=_turn, args=(question.id,),
        kwargs={"on": not is_starred}, disabled=actor.viewed_by is not None,
        help="Remove from favourites" if is_starred else "Add to favourites",
    )  # fmt: skip


def _turn(question: str, *, on: bool) -> None:
    """Add or remove a favourite, as the person clicking now."""
    workspace, actor = session.require("viewer")
    st.session_state.pop(_STARRED, None)
    try:
        session.saved_work(workspace, actor).set_favourite(question, on=on)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)


# The rows


def _row(question: SavedQuestion, abouts: dict[str, _About], starred: frozenset[str], work: SavedWork) -> None:
    name, column, facts = st.columns([2.2, 2.2, 2.2], gap="xsmall", vertical_alignment="center")
    is_starred = question.id in starred
    kind = "favourite" if is_starred else "other"  # pages/server/lists.css fills the star of a favourite
    with (
        name,
        st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key=f"{kind}-{question.id}"
        ),
    ):
        _star(question, is_starred=is_starred, actor=work.actor)
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


def _nothing(questions: Sequence[SavedQuestion], *, is_archived: bool) -> None:
    if questions:
        empty_state(
            "search_off", "No saved questions match", TRY_ANOTHER, [Act("Show all", _show_all)], key="none-found"
        )
    elif is_archived:
        empty_state(
            "archive", "No archived questions", "Archived questions are hidden from lists and kept here.", key="no-old"
        )
    else:
        sentence = "Ask something in Explore, then choose Save. Every version is kept."
        empty_state("bookmark", "No saved questions yet", sentence, [Act("Ask in Explore", _explore)], key="none-saved")


def _explore() -> None:
    """Go to Explore, once the list is drawn again: a callback can't switch pages."""
    st.session_state[_LEAVE] = True


def _show_all() -> None:
    """Clear the search and every filter."""
    show_all("saved")
    st.session_state[OWNER], st.session_state[FOLDER], st.session_state[FAVOURITES] = ANYONE, EVERY_FOLDER, False
