"""Save an analysis under a name or as the next version of a saved one, and draw the line above a saved one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.analyses.naming import suggested_name
from pages.shell import session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.saved_kind import ANALYSES, open_with
from pages.shell.turns import in_turn
from pages.widgets.item_words import FORMER, ONLY_ME, name_without_job, when_words, where_words
from pages.widgets.space_choice import choose_space
from semantic.analyses.events.definition import KINDS, analysis_from_data
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.store.spaces.saved import LONGEST_NAME, LONGEST_SENTENCE
from semantic.store.spaces.spaces import MINE, make_space, may_share

if TYPE_CHECKING:
    from pages.analyses.state import AnalysisState
    from semantic.services.analyzing.saved import OpenedAnalysis, SavedAnalyses
    from semantic.store.analyses.versions import AnalysisVersion
    from semantic.workspace import Workspace

OPEN, VERSIONS, SHOWN = "analysis_save_open", "analysis_versions_open", "analysis_versions_shown"
PAGE: Final = 20


def is_changed(state: AnalysisState) -> bool:
    """Return whether the definition differs from the saved analysis that it's based on."""
    return state.saved is not None and state.data != state.saved.analysis.data


def save_button(state: AnalysisState) -> None:
    """Draw the Save button in the header, for kinds that can be saved."""
    if state.kind in KINDS:
        st.button("Save", icon=":material/bookmark_add:", key="analysis-save", on_click=_open, args=(OPEN, state))


def saved_line(state: AnalysisState, workspace: Workspace) -> None:
    """Draw the line about the saved analysis, if the page has one, and the open dialog."""
    opened = state.saved
    if opened is not None:
        _line(opened, state)
    if st.session_state.get(OPEN) == state.generation:
        _save(state, workspace)
    elif opened is not None and st.session_state.get(VERSIONS) == state.generation:
        _versions(opened, state, workspace)


def _line(opened: OpenedAnalysis, state: AnalysisState) -> None:
    head, changed = opened.head, is_changed(state)
    marks = (" :orange-badge[:material/edit: Changed]" if changed else "") + (
        " :gray-badge[:material/archive: Archived]" if head.is_archived else ""
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis-saved-line"):
        about = f"{where_words(head)}, version {opened.version}"
        st.markdown(
            f":material/bookmark: **{plain(head.name)}** :gray[{plain(about)}]{marks}",
            help=plain(head.sentence) or None, width="stretch",
        )  # fmt: skip
        if changed:
            st.button(
                "Revert", key="analysis-revert", icon=":material/undo:", type="tertiary", on_click=state.show,
                args=(opened.analysis.data,), help="Revert to the saved version. You can undo this.",
            )  # fmt: skip
        st.button(
            "Versions", key="analysis-versions", icon=":material/history:", type="tertiary", on_click=_open,
            args=(VERSIONS, state),
        )  # fmt: skip


def _open(what: str, state: AnalysisState) -> None:
    _close()
    st.session_state[what], st.session_state[SHOWN] = state.generation, PAGE


def _close() -> None:
    for what in (OPEN, VERSIONS):
        st.session_state.pop(what, None)


# Saving


@st.dialog("Save this analysis", width="small", icon=":material/bookmark_add:", on_dismiss=_close)
@in_turn
def _save(state: AnalysisState, workspace: Workspace) -> None:
    _, asking = session.require("viewer")
    if asking != state.actor:
        st.rerun()
    work = session.analysis_work(workspace, state.actor)
    try:
        _choose(state, work)
    except ChangedMeanwhile:
        st.warning("Someone else saved a version while you were editing. Save yours as new.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        st.caption("Your analysis stays open. Close this to keep working.")


def _choose(state: AnalysisState, work: SavedAnalyses) -> None:
    """Draw the choice between a new analysis and, if there are changes, the next version of the saved one."""
    opened = state.saved
    if opened is None or not opened.head.may_change or not is_changed(state):
        _another(state, work)
        return
    over, other = f"Save as version {opened.head.version + 1}", "Save as new"
    chosen = st.segmented_control(
        "How", [over, other], default=over, required=True, key="analysis-save-how", label_visibility="collapsed",
        width="stretch",
    )  # fmt: skip
    if chosen == other:
        _another(state, work)
        return
    st.markdown(f"**{plain(opened.head.name)}**")
    note = st.text_input(
        "Version note", key="analysis-save-note", max_chars=LONGEST_SENTENCE, placeholder="Within 7 days"
    )  # fmt: skip
    if st.button("Save", type="primary", key="analysis-save-version"):
        changed = analysis_from_data(state.data)
        number = work.save_version(opened.head.id, changed, revision=opened.head.revision, note=note or "")
        _kept(opened.head.id, state, work, f"Saved as version {number}.")


def _another(state: AnalysisState, work: SavedAnalyses) -> None:
    opened = state.saved
    if opened is not None and not opened.head.may_change:
        st.caption(plain(f"Only the owner and stewards can change {quoted(opened.head.name)}. Save your own copy."))
    name = st.text_input(
        "Name", value=suggested_name(state), key=f"analysis-save-name-{state.generation}", max_chars=LONGEST_NAME
    )  # fmt: skip
    space = ONLY_ME
    if may_share(state.actor):
        space = choose_space("Visibility", key=f"analysis-save-space-{state.generation}")
    else:
        st.caption("Only you can see it. Marketers and above can also save to shared spaces.")
    sentence = st.text_input(
        "Description", key=f"analysis-save-sentence-{state.generation}", max_chars=LONGEST_SENTENCE,
        placeholder="For the weekly meeting",
    )  # fmt: skip
    why_not = None if space else "Name the shared space first."
    if not st.button("Save", type="primary", key="analysis-save-new", disabled=not space, help=why_not):
        return
    if space != ONLY_ME and not (sentence or "").strip():
        st.warning("Add a short description so others can find it.", icon=":material/edit:")
        return
    analysis, place = analysis_from_data(state.data), MINE
    if space != ONLY_ME:
        with work.store.write() as transaction:
            place = make_space(transaction, space, state.actor, work.keys).id
    saved = work.save(analysis, name=name or "", sentence=sentence or "", space=place)
    _kept(saved, state, work, f"Saved as {quoted((name or '').strip()[:60])}.")


def _kept(saved: str, state: AnalysisState, work: SavedAnalyses, told: str) -> None:
    """Link the page's analysis to the saved one, confirm that it was saved, and rerun the page."""
    _close()
    open_with(ANALYSES)
    state.saved = work.open(saved)
    st.toast(plain(told), icon=":material/bookmark_added:")
    st.rerun()


# Versions


@st.dialog("Versions", width="medium", icon=":material/history:", on_dismiss=_close)
@in_turn
def _versions(opened: OpenedAnalysis, state: AnalysisState, workspace: Workspace) -> None:
    _, asking = session.require("viewer")
    if asking != state.actor:
        st.rerun()
    work = session.analysis_work(workspace, state.actor)
    try:
        versions = work.versions(opened.head.id)
        st.markdown(f"**{plain(opened.head.name)}**")
        if opened.head.sentence:
            st.caption(plain(opened.head.sentence))
        shown = st.session_state.get(SHOWN, PAGE)
        for version in versions[:shown]:
            _version(version, versions[0].number, opened, state, work)
        if len(versions) > shown and st.button(f"Show {min(PAGE, len(versions) - shown)} more", key="analysis-more"):
            st.session_state[SHOWN] = shown + PAGE
            session.rerun_part()
    except ChangedMeanwhile:
        st.warning("Someone else changed this. Close this to see the latest version. Their changes are safe.")
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _version(
    version: AnalysisVersion, newest: int, opened: OpenedAnalysis, state: AnalysisState, work: SavedAnalyses
) -> None:
    """Draw who saved a version, when and why, and the actions that restore it."""
    who = "You" if version.is_mine else name_without_job(version.author_name) or FORMER
    current = " :green-badge[Current]" if version.number == newest else ""
    with st.container(border=True, gap="xxsmall", key=f"analysis-version-{version.number}"):
        when = when_words(version.saved_at, work.workspace)
        st.markdown(f"**Version {version.number}** :gray[{plain(f'{who}, {when}')}]{current}")
        if version.note:
            st.markdown(plain(quoted(version.note)))
        with st.container(horizontal=True, gap="xsmall"):
            label = f"Show {unseen(f'version {version.number}')}"
            if st.button(label, key=f"analysis-version-show-{version.number}", type="tertiary"):
                state.show(work.open(opened.head.id, version=version.number).analysis.data)
                _close()
                st.rerun()
            if version.number != newest and opened.head.may_change:
                label = f"Restore as version {newest + 1}"
                if st.button(label, key=f"analysis-version-restore-{version.number}", type="tertiary"):
                    head = work.open(opened.head.id).head
                    number = work.restore(head.id, version.number, revision=head.revision)
                    state.saved = work.open(head.id)
                    state.show(state.saved.analysis.data)
                    _close()
                    st.toast(plain(f"Saved as version {number}."), icon=":material/bookmark_added:")
                    st.rerun()
