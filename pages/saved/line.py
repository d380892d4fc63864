"""The line above an answer: the saved question it's based on, whether it was changed, and its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.deliveries.form import DeliverySubject
from pages.deliveries.subscribe import is_panel_open, show_panel, subscribe_button
from pages.explore.builder import chart_choice
from pages.explore.builder.differences import differences
from pages.explore.builder.question import ExploreState
from pages.saved.comments import comments_button, comments_drawer
from pages.saved.save import is_changed, open_saved, show_differences
from pages.shell import session
from pages.shell.parts import plain, quoted, unseen
from pages.shell.turns import in_turn
from pages.widgets.follow import follow_button
from pages.widgets.item_words import FORMER, name_without_job, when_words, where_words
from semantic.errors import ChangedMeanwhile, SemanticError
from semantic.store.questions.questions import restore_version

if TYPE_CHECKING:
    from semantic.services.saved_questions import OpenedQuestion, SavedWork
    from semantic.store.questions.versions import QuestionVersion
    from semantic.workspace import Workspace

PAGE = 20
OPEN, SHOWN = "versions_open", "versions_shown"


def saved_line(state: ExploreState, workspace: Workspace) -> None:
    """Draw the line, or nothing if the question isn't based on a saved one."""
    opened = state.began_from
    if opened is None:
        return
    head, changed = opened.head, is_changed(state)
    marks = (" :orange-badge[:material/edit: Changed]" if changed else "") + (
        " :gray-badge[:material/archive: Archived]" if head.is_archived else ""
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="saved-line"):
        about = f"{where_words(head)}, version {head.version}"
        st.markdown(
            f":material/bookmark: **{plain(head.name)}** :gray[{plain(about)}]{marks}",
            help=plain(head.sentence) or None, width="stretch",
        )  # fmt: skip
        if changed:
            st.button(
                "Revert", key="revert", icon=":material/undo:", type="tertiary", on_click=_revert, args=(state, opened),
                help="Revert to the saved version. You can undo this.",
            )  # fmt: skip
        comments_button(opened, state, workspace)
        follow_button("question", head.id, state.actor, key="saved-line", small=True)
        subscribe_button(DeliverySubject("question", head.id, head.name), state.actor, key="saved-line", small=True)
        st.button("Versions", key="versions", icon=":material/history:", type="tertiary", on_click=_open, args=(state,))
    if st.session_state.get(OPEN) == state.generation:
        _versions(state, workspace)
    elif is_panel_open():  # A page can have only one open dialog.
        show_panel(state.actor)
    else:
        comments_drawer(opened, state)


def _revert(state: ExploreState, opened: OpenedQuestion) -> None:
    state.open(opened)
    chart_choice.open_kind(opened.chart, "answer")


# Versions


def _open(state: ExploreState) -> None:
    st.session_state[OPEN], st.session_state[SHOWN] = state.generation, PAGE


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Versions", width="medium", icon=":material/history:", on_dismiss=_close)
@in_turn
def _versions(state: ExploreState, workspace: Workspace) -> None:
    _, asking = session.require("viewer")
    opened = state.began_from
    if asking != state.actor or opened is None:
        st.rerun()
    work = session.saved_work(workspace, state.actor)
    try:
        versions = work.versions(opened.head.id)
        st.markdown(f"**{plain(opened.head.name)}**")
        if opened.head.sentence:
            st.caption(plain(opened.head.sentence))
        shown = st.session_state.get(SHOWN, PAGE)
        for place, version in enumerate(versions[:shown]):
            before = versions[place + 1] if place + 1 < len(versions) else None
            _version(version, before, versions[0].number, opened, state, work)
        if len(versions) > shown and st.button(f"Show {min(PAGE, len(versions) - shown)} more", key="versions-more"):
            st.session_state[SHOWN] = shown + PAGE
            session.rerun_part()
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")


def _version(
    version: QuestionVersion,
    before: QuestionVersion | None,
    newest: int,
    opened: OpenedQuestion,
    state: ExploreState,
    work: SavedWork,
) -> None:
    """Draw who saved a version, when and why, what changed, and the buttons that restore it."""
    read = work.read(version)
    who = "You" if version.is_mine else name_without_job(version.author_name) or FORMER
    current = " :green-badge[Current]" if version.number == newest else ""
    with st.container(border=True, gap="xxsmall", key=f"version-{version.number}"):
        when = when_words(version.saved_at, work.workspace)
        st.markdown(f"**Version {version.number}** :gray[{plain(f'{who}, {when}')}]{current}")
        if version.note:
            st.markdown(plain(quoted(version.note)))
        if before is not None:
            _changes(version, before, work)
        for sentence in read.messages:
            st.caption(plain(sentence))
        with st.container(horizontal=True, gap="xsmall"):
            if read.query.metrics and st.button(
                f"Show {unseen(f'version {version.number}')}", key=f"version-show-{version.number}", type="tertiary"
            ):
                state.replace(read.query)
                _close()
                chart_choice.open_kind(version.chart, "answer")
                st.rerun()
            if version.number != newest and opened.head.may_change and version.text is not None:
                label = f"Restore as version {newest + 1}"
                if st.button(label, key=f"version-restore-{version.number}", type="tertiary"):
                    _restore(version.number, opened, state, work)


def _changes(version: QuestionVersion, before: QuestionVersion, work: SavedWork) -> None:
    visible = work.workspace.visible(work.actor)
    texts = differences(work.read(before).query, work.read(version).query, visible)
    if version.chart != before.chart:
        texts.append("Chart type changed")
    show_differences(texts)


def _restore(number: int, opened: OpenedQuestion, state: ExploreState, work: SavedWork) -> None:
    """Save an earlier version as the next one, and show it. Undo returns to the previous question of the page."""
    try:
        with work.store.write() as transaction:
            made = restore_version(
                transaction, opened.head.id, number, state.actor, work.keys, revision=opened.head.revision
            )
    except ChangedMeanwhile:
        state.opened[opened.head.id] = work.open(opened.head.id)
        st.warning("Someone else changed this question. Review the latest version, then restore again.")
        return
    open_saved(opened.head.id, state, work.workspace)
    _close()
    st.toast(plain(f"Version {number} restored as version {made}."), icon=":material/history:")
    st.rerun()
