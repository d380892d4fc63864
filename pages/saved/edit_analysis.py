"""Edit the name, description, space and folder of a saved analysis, or archive it. Its definition stays the same."""

from __future__ import annotations

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.turns import in_turn
from pages.widgets.folder_choice import choose_folder
from pages.widgets.item_words import ONLY_ME
from pages.widgets.space_choice import choose_space
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.store.analyses.analyses import SavedAnalysis
from semantic.store.spaces.saved import LONGEST_NAME, LONGEST_SENTENCE
from semantic.store.spaces.spaces import may_share

EDITED = "analysis_edited"


def edit_analysis_button(head: SavedAnalysis) -> None:
    """Draw the pencil that opens the dialog for an analysis in the list."""
    st.button(
        unseen(f"Edit {head.name}"), icon=":material/edit:", key=f"edit-analysis-{head.id}", type="tertiary",
        help="Rename, move or archive", on_click=_open, args=(head,),
    )  # fmt: skip


def show_edited_analysis() -> None:
    """Draw the open dialog. It's drawn on every run, because the page can rerun while it's open."""
    if (edited := st.session_state.get(EDITED)) is not None:
        _dialog(edited)


def _open(head: SavedAnalysis) -> None:
    st.session_state[EDITED] = head


def _close() -> None:
    st.session_state.pop(EDITED, None)


@st.dialog("Saved analysis", width="small", icon=":material/edit:", on_dismiss=_close)
@in_turn
def _dialog(head: SavedAnalysis) -> None:
    """Draw the dialog, with the name, description, space and folder, and the button that archives or restores."""
    try:
        _edit(head, session.analysis_work(*session.require("viewer")))
    except ChangedMeanwhile:
        st.warning("Someone else changed this. Close this to see the latest version. Their changes are safe.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _edit(head: SavedAnalysis, work: SavedAnalyses) -> None:
    key = f"edit-{head.id}-{head.revision}"
    name = st.text_input("Name", value=head.name, key=f"{key}-name", max_chars=LONGEST_NAME) or ""
    sentence = st.text_input("Description", value=head.sentence, key=f"{key}-sentence", max_chars=LONGEST_SENTENCE)
    current = head.space_name if head.space else ONLY_ME
    space = current
    if may_share(work.actor):
        space = choose_space("Visibility", key=f"{key}-space", current=current, is_mine=head.is_mine)
    folder = choose_folder(head.folder, (other.folder for other in work.analyses()), key=key, noun="item")
    with st.container(horizontal=True, gap="xsmall"):
        why_not = None if space else "Name the shared space first."
        if st.button("Save", key=f"{key}-save", type="primary", disabled=not space, help=why_not):
            _keep(head, work, name, sentence or "", space, folder)
            _close()
            st.rerun()
        label, icon = ("Restore", "unarchive") if head.is_archived else ("Archive", "archive")
        if st.button(label, key=f"{key}-archive", icon=f":material/{icon}:"):
            work.archive(head.id, revision=head.revision, back=head.is_archived)
            _close()
            done = "is back in lists" if head.is_archived else "is archived. Its link still works"
            st.toast(plain(f"{quoted(head.name)} {done}."), icon=f":material/{icon}:")
            st.rerun()


def _keep(head: SavedAnalysis, work: SavedAnalyses, name: str, sentence: str, space: str, folder: str) -> None:
    """Save the changes."""
    revision = head.revision
    if (name, sentence) != (head.name, head.sentence):
        work.rename(head.id, name=name, sentence=sentence, revision=revision)
        revision += 1
    if space != (head.space_name if head.space else ONLY_ME):
        work.move(head.id, "" if space == ONLY_ME else space, revision=revision)
        revision += 1
    if folder != head.folder:
        work.file(head.id, folder, revision=revision)
