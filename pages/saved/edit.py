"""Edit the name, description, space and folder of a saved question, or archive it. The question itself
stays the same.
"""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.turns import in_turn
from pages.widgets.folder_choice import choose_folder
from pages.widgets.item_words import ONLY_ME
from pages.widgets.space_choice import choose_space
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.policy.actor import Actor
from semantic.store.questions.questions import (
    SavedQuestion,
    archive_question,
    file_question,
    move_question,
    rename_question,
)
from semantic.store.spaces.saved import LONGEST_NAME, LONGEST_SENTENCE
from semantic.store.spaces.spaces import MINE, make_space, may_share

EDITED = "saved_edited"


def edit_button(question: SavedQuestion) -> None:
    """Draw the pencil that opens the dialog for a question in the list."""
    st.button(
        unseen(f"Edit {question.name}"),
        icon=":material/edit:", key=f"edit-{question.id}", type="tertiary", help="Rename, move or archive",
        on_click=_open, args=(question,),
    )  # fmt: skip


def show_edited() -> None:
    """Draw the open dialog. It's drawn on every run, because the page can rerun while it's open."""
    if (edited := st.session_state.get(EDITED)) is not None:
        _dialog(edited)


def _open(question: SavedQuestion) -> None:
    st.session_state[EDITED] = question


def _close() -> None:
    st.session_state.pop(EDITED, None)


@st.dialog("Saved question", width="small", icon=":material/edit:", on_dismiss=_close)
@in_turn
def _dialog(question: SavedQuestion) -> None:
    """Draw the dialog, with the name, description, space and folder, and the button that archives or restores."""
    _, actor = session.require("viewer")
    try:
        _edit(question, actor)
    except ChangedMeanwhile:
        st.warning("Someone else changed this. Close this to see the latest version. Their changes are safe.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _edit(question: SavedQuestion, actor: Actor) -> None:
    key = f"edit-{question.id}-{question.revision}"
    name = st.text_input("Name", value=question.name, key=f"{key}-name", max_chars=LONGEST_NAME) or ""
    sentence = st.text_input(
        "Description", value=question.sentence, key=f"{key}-sentence", max_chars=LONGEST_SENTENCE
    ) or ""  # fmt: skip
    space = _choose_space(question, actor, key)
    saved = session.saved_work(session.workspace(), actor).questions()
    folder = choose_folder(question.folder, (other.folder for other in saved), key=key, noun="question")
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(
            "Save", key=f"{key}-save", type="primary", disabled=not space,
            help=None if space else "Name the shared space first.",
        ):  # fmt: skip
            _keep(question, actor, name, sentence, space, folder)
            _close()
            st.rerun()
        label, icon = ("Restore", "unarchive") if question.is_archived else ("Archive", "archive")
        if st.button(label, key=f"{key}-archive", icon=f":material/{icon}:"):
            store, keys = session.store()
            with store.write() as transaction:
                archive_question(
                    transaction, question.id, actor, keys, revision=question.revision, back=question.is_archived
                )
            _close()
            done = "is back in lists" if question.is_archived else "is archived. Its link still works"
            st.toast(plain(f"{quoted(question.name)} {done}."), icon=f":material/{icon}:")
            st.rerun()


def _choose_space(question: SavedQuestion, actor: Actor, key: str) -> str:
    """Draw the choice of the question's space, and return the space's name. Only the owner can make a question private
    again.
    """
    current = question.space_name if question.space else ONLY_ME
    if not may_share(actor):
        return current
    return choose_space("Visibility", key=f"{key}-space", current=current, is_mine=question.is_mine)


def _keep(question: SavedQuestion, actor: Actor, name: str, sentence: str, space: str, folder: str) -> None:
    """Save the changes, if there are any, in one transaction."""
    is_renamed = (name, sentence) != (question.name, question.sentence)
    is_moved = space != (question.space_name if question.space else ONLY_ME)
    is_filed = folder != question.folder
    if not (is_renamed or is_moved or is_filed):
        return
    store, keys = session.store()
    with store.write() as transaction:
        if is_renamed:
            rename_question(
                transaction, question.id, actor, keys, name=name, sentence=sentence, revision=question.revision
            )
        if is_moved:
            to = MINE if space == ONLY_ME else make_space(transaction, space, actor, keys).id
            move_question(transaction, question.id, actor, keys, space=to, revision=question.revision + is_renamed)
        if is_filed:
            revision = question.revision + is_renamed + is_moved
            file_question(transaction, question.id, folder, actor, keys, revision=revision)
