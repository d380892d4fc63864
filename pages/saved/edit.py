"""Editing a saved question's name, space and archive state; not what it asks."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, quoted
from pages.shell.turns import in_turn
from pages.widgets.kept_words import ONLY_ME
from pages.widgets.space_choice import choose_space
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.policy.actor import Actor
from semantic.store.questions.questions import (
    LONGEST_NAME,
    LONGEST_SENTENCE,
    SavedQuestion,
    archive_question,
    move_question,
    rename_question,
)
from semantic.store.spaces.spaces import MINE, make_space, may_share

EDITED = "saved_edited"


def edit_button(one: SavedQuestion) -> None:
    """A pencil that opens the dialog for a question in the list."""
    st.button(
        "", icon=":material/edit:", key=f"edit-{one.id}", type="tertiary", help="Rename, move, archive",
        on_click=_open, args=(one,),
    )  # fmt: skip


def show_edited() -> None:
    """The dialog, while it's open: it survives reruns of the page."""
    if (one := st.session_state.get(EDITED)) is not None:
        _dialog(one)


def _open(one: SavedQuestion) -> None:
    st.session_state[EDITED] = one


def _close() -> None:
    st.session_state.pop(EDITED, None)


@st.dialog("Saved question", width="small", icon=":material/edit:", on_dismiss=_close)
@in_turn
def _dialog(one: SavedQuestion) -> None:
    """Name, description and space; archive and restore."""
    _, actor = session.require("viewer")
    try:
        _edit(one, actor)
    except ChangedMeanwhile:
        st.warning("Someone else changed this. Close this to see the latest version; their changes are safe.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _edit(one: SavedQuestion, actor: Actor) -> None:
    key = f"edit-{one.id}-{one.revision}"
    name = st.text_input("Name", value=one.name, key=f"{key}-name", max_chars=LONGEST_NAME) or ""
    sentence = st.text_input(
        "Description", value=one.sentence, key=f"{key}-sentence", max_chars=LONGEST_SENTENCE
    ) or ""  # fmt: skip
    space = _choose_space(one, actor, key)
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(
            "Save", key=f"{key}-save", type="primary", disabled=not space,
            help=None if space else "Name the shared space first.",
        ):  # fmt: skip
            _keep(one, actor, name, sentence, space)
            _close()
            st.rerun()
        label, icon = ("Restore", "unarchive") if one.is_archived else ("Archive", "archive")
        if st.button(label, key=f"{key}-archive", icon=f":material/{icon}:"):
            store, keys = session.store()
            with store.write() as transaction:
                archive_question(transaction, one.id, actor, keys, revision=one.revision, back=one.is_archived)
            _close()
            done = "is back in lists" if one.is_archived else "is archived. Its link still works"
            st.toast(plain(f"{quoted(one.name)} {done}."), icon=f":material/{icon}:")
            st.rerun()


def _choose_space(one: SavedQuestion, actor: Actor, key: str) -> str:
    """The name of its space; only its owner can make it private again."""
    current = one.space_name if one.space else ONLY_ME
    if not may_share(actor):
        return current
    return choose_space("Visibility", key=f"{key}-space", current=current, is_mine=one.is_mine)


def _keep(one: SavedQuestion, actor: Actor, name: str, sentence: str, space: str) -> None:
    """Saves the changes in one transaction; nothing if there are none."""
    is_renamed = (name, sentence) != (one.name, one.sentence)
    is_moved = space != (one.space_name if one.space else ONLY_ME)
    if not is_renamed and not is_moved:
        return
    store, keys = session.store()
    with store.write() as transaction:
        if is_renamed:
            rename_question(transaction, one.id, actor, keys, name=name, sentence=sentence, revision=one.revision)
        if is_moved:
            to = MINE if space == ONLY_ME else make_space(transaction, space, actor, keys).id
            move_question(transaction, one.id, actor, keys, space=to, revision=one.revision + is_renamed)
