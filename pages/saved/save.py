"""Save a question under a name, privately or in a shared space, or as the next version of a saved one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder import chart_choice
from pages.explore.builder.differences import differences
from pages.explore.builder.question import ExploreState, names_a_person
from pages.shell import session
from pages.shell.parts import plain, quoted
from pages.shell.saved_kind import QUESTIONS, open_with
from pages.shell.turns import in_turn
from pages.widgets.item_words import ONLY_ME, name_without_job, where_words
from pages.widgets.space_choice import choose_space
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.store.questions.questions import SavedQuestion, save_question, save_version
from semantic.store.questions.versions import Content
from semantic.store.spaces.saved import LONGEST_NAME, LONGEST_SENTENCE
from semantic.store.spaces.spaces import MINE, make_space, may_share

if TYPE_CHECKING:
    from semantic.query.query import Query
    from semantic.services.saved_questions import OpenedQuestion
    from semantic.workspace import Workspace

OPEN, CONFLICT = "save_open", "save_conflict"
MOST_DIFFERENCES = 8


@dataclass(frozen=True, slots=True)
class _TypedTexts:
    """What a person typed in the dialog, such as the name."""

    name: str
    sentence: str
    space: str  # the name of its space, as chosen or typed, or "" while a new space has no name


def save(state: ExploreState, workspace: Workspace, title: Callable[[], str]) -> None:
    """Draw the Save button in the header, for the question on the page. `title` returns the suggested name."""
    st.button("Save", icon=":material/bookmark_add:", key="save", on_click=_open, args=(state,))
    if st.session_state.get(OPEN) == state.generation:  # A question from elsewhere closes the dialog.
        _dialog(state, workspace, title())


def _open(state: ExploreState) -> None:
    st.session_state.pop(CONFLICT, None)
    st.session_state[OPEN] = state.generation


def _close() -> None:
    st.session_state.pop(OPEN, None)


# The session keeps what's open, because the page can rerun while someone types a name, when an answer arrives.
@st.dialog("Save this question", width="small", icon=":material/bookmark_add:", on_dismiss=_close)
@in_turn
def _dialog(state: ExploreState, workspace: Workspace, title: str) -> None:
    _, asking = session.require("viewer")
    if asking != state.actor:
        st.rerun()
    try:
        _choose(state, workspace, title)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        st.caption("Your question stays open. Close this to keep working.")


def _choose(state: ExploreState, workspace: Workspace, title: str) -> None:
    """Draw the choice between a new question and, if there are changes, the next version of the saved one."""
    opened = state.began_from
    if opened is None or not opened.head.may_change or not is_changed(state):
        if opened is not None:
            st.caption(plain(f"{quoted(opened.head.name)} won't change. {_why_another(opened.head)}"))
        _another(state, workspace, title)
        return
    conflict: OpenedQuestion | None = st.session_state.get(CONFLICT)
    if conflict is not None:
        _meanwhile(conflict, state, workspace)
        opened = conflict
    over, other = f"Save as version {opened.head.version + 1}", "Save as new"
    chosen = st.segmented_control(
        "How", [over, other], default=over, required=True, key=state.key("save-how"), label_visibility="collapsed",
        width="stretch",
    )  # fmt: skip
    if chosen == other:
        _another(state, workspace, title)
    else:
        _next_version(opened, state, workspace)


def _why_another(head: SavedQuestion) -> str:
    return (
        "You'll save a new question."
        if head.may_change
        else ("Only its owner and stewards can edit it. Save your own copy.")
    )


def is_changed(state: ExploreState) -> bool:
    """Return whether the page differs from the saved question, including the chart type."""
    opened = state.began_from
    return state.is_changed or (opened is not None and chart_of_page() != opened.chart)


def chart_of_page() -> str:
    """Return the chosen chart type, or "" for the default."""
    return st.query_params.get(chart_choice.ADDRESS, "")[:40]


def content_of(query: Query, workspace: Workspace) -> Content:
    """Return the question on the page in the form in which it's saved."""
    return Content(query=query, chart=chart_of_page(), is_personal=names_a_person(query, workspace))


# Next version


def _meanwhile(conflict: OpenedQuestion, state: ExploreState, workspace: Workspace) -> None:
    """Draw what someone else saved while this person was editing."""
    work = session.saved_work(workspace, state.actor)
    newest = work.versions(conflict.head.id)[0]
    by = "You, in another window," if newest.is_mine else name_without_job(newest.author_name) or "Someone"
    note = f": {quoted(newest.note)}" if newest.note else ""
    text = f"{by} saved version {newest.number} while you were editing{note}. Your changes are still here."
    st.warning(plain(text), icon=":material/group:")
    st.markdown("**Your changes to that version**")
    show_differences(differences(conflict.query, state.draft, workspace.visible(state.actor)))


def _next_version(opened: OpenedQuestion, state: ExploreState, workspace: Workspace) -> None:
    st.markdown(f"**{plain(opened.head.name)}**")
    if not st.session_state.get(CONFLICT):
        texts = differences(opened.query, state.draft, workspace.visible(state.actor))
        if chart_of_page() != opened.chart:
            texts.append("Chart type changed")
        show_differences(texts)
    if opened.messages:
        st.caption(
            "Part of the saved question isn't available to you. The new version keeps only what you see. "
            "Earlier versions stay complete."
        )
    note = st.text_input(
        "Version note", key=state.key("save-note"), max_chars=LONGEST_SENTENCE,
        placeholder="Without brand campaigns",
    )  # fmt: skip
    if st.button("Save", type="primary", key="save-version"):
        store, keys = session.store()
        try:
            with store.write() as transaction:
                number = save_version(
                    transaction, opened.head.id, content_of(state.draft, workspace), state.actor, keys,
                    revision=opened.head.revision, note=note or "",
                )  # fmt: skip
        except ChangedMeanwhile:
            st.session_state[CONFLICT] = session.saved_work(workspace, state.actor).open(opened.head.id)
            session.rerun_part()
            return
        _keep(opened.head.id, state, workspace)
        st.toast(plain(f"Saved as version {number}."), icon=":material/bookmark_added:")
        st.rerun()


def show_differences(texts: list[str]) -> None:
    """Draw the differences as a short list."""
    lines = [f"- {plain(difference)}" for difference in texts[:MOST_DIFFERENCES]]
    if len(texts) > MOST_DIFFERENCES:
        lines.append(f"- and {len(texts) - MOST_DIFFERENCES} more")
    st.markdown("\n".join(lines) or ":gray[No changes.]")


# New question


def _another(state: ExploreState, workspace: Workspace, title: str) -> None:
    _same(state, workspace)
    named = _named(state, title)
    if st.button(
        "Save", type="primary", key="save-new", disabled=not named.space,
        help=None if named.space else "Name the shared space first.",
    ):  # fmt: skip
        if named.space != ONLY_ME and not named.sentence.strip():
            st.warning("Add a short description so others can find it.", icon=":material/edit:")
            return
        store, keys = session.store()
        content = content_of(state.draft, workspace)
        with store.write() as transaction:
            space = MINE if named.space == ONLY_ME else make_space(transaction, named.space, state.actor, keys).id
            question = save_question(
                transaction, content, state.actor, keys, name=named.name, sentence=named.sentence, space=space
            )
        _keep(question, state, workspace)
        st.toast(plain(f"Saved as {quoted(named.name.strip()[:60])}."), icon=":material/bookmark_added:")
        st.rerun()


def _named(state: ExploreState, title: str) -> _TypedTexts:
    name = st.text_input("Name", value=title[:LONGEST_NAME], key=state.key("save-name"), max_chars=LONGEST_NAME)
    space = ONLY_ME
    if may_share(state.actor):
        space = choose_space("Visibility", key=state.key("save-space"))
    else:
        st.caption("Only you can see it. Marketers and above can also save to shared spaces.")
    sentence = st.text_input(
        "Description",
        key=state.key("save-sentence"), max_chars=LONGEST_SENTENCE, placeholder="For the weekly meeting",
    )  # fmt: skip
    return _TypedTexts(name or "", sentence or "", space)


def _same(state: ExploreState, workspace: Workspace) -> None:
    """Draw a note if exactly this question is already saved where this person can see it."""
    questions = [
        question
        for question in session.saved_work(workspace, state.actor).same(state.draft)
        if question.id != state.saved
    ]
    if not questions:
        return
    first = questions[0]
    more = f" and {len(questions) - 1} more" if len(questions) > 1 else ""
    with st.container(border=True, gap="xsmall", key="same-question"):
        st.markdown(
            f":orange[:material/content_copy:] Already saved as **{plain(first.name)}**{more}, "
            f"{plain(where_words(first))}."
        )
        if st.button("Open", key="same-open", type="tertiary", icon=":material/open_in_new:"):
            open_saved(first.id, state, workspace)
            st.rerun()


def open_saved(question: str, state: ExploreState, workspace: Workspace) -> None:
    """Replace the draft with a saved question. Undo returns to the draft. Raises SemanticError."""
    opened = session.saved_work(workspace, state.actor).open(question)
    state.open(opened)
    chart_choice.open_kind(opened.chart, "answer")


def _keep(question: str, state: ExploreState, workspace: Workspace) -> None:
    """Link the draft to the saved question. The draft stays on the page."""
    _close()
    open_with(QUESTIONS)
    opened = session.saved_work(workspace, state.actor).open(question)
    state.opened[question], state.saved, state.link = opened, question, None
