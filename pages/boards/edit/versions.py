"""The versions of a board: who published each, when and why, and what changed, with actions to view or restore it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, boards_of
from pages.boards.edit.difference import show_difference
from pages.shell import session
from pages.shell.parts import empty_state, plain, quoted
from pages.widgets.item_words import FORMER, name_without_job, when_words
from semantic.errors import ChangedMeanwhile, SemanticError

if TYPE_CHECKING:
    from semantic.services.boards import BoardWork
    from semantic.store.boards.versions import BoardVersion
    from semantic.workspace import Workspace

PAGE = 10
SHOWN, TROUBLE = "board_versions_shown", "board_versions_trouble"


def show_versions(composing: Composing, workspace: Workspace) -> None:
    """Draw the versions, newest first, ten at a time."""
    work = session.board_work(workspace, composing.actor)
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(plain(trouble), icon=":material/error:")
    shown = st.session_state.get(SHOWN, PAGE)
    try:  # including the next older one, for comparison, and how many more there are to show
        versions = work.versions(composing.head.id, most=shown + PAGE + 1)
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load the versions", str(error), key="no-board-versions")
        return
    if not versions:
        sentence = "Each version you publish appears here, with its author, date and note."
        empty_state("history", "Not published yet", sentence, key="no-board-versions")
        return
    for place, version in enumerate(versions[:shown]):
        before = versions[place + 1] if place + 1 < len(versions) else None
        with st.container(border=True, gap="xsmall", key=f"board-version-{version.number}"):
            _version(version, before, versions[0].number, composing, work, workspace)
    if len(versions) > shown:
        st.button(
            f"Show {min(PAGE, len(versions) - shown)} more", key="board-versions-more", on_click=_more, args=(shown,)
        )


def _more(shown: int) -> None:
    st.session_state[SHOWN] = shown + PAGE


def _version(
    version: BoardVersion, before: BoardVersion | None, newest: int, composing: Composing, work: BoardWork,
    workspace: Workspace,
) -> None:  # fmt: skip
    who = name_without_job(version.author_name) or FORMER
    current = " :green-badge[Live]" if version.number == newest else ""
    text = f"{who}, {when_words(version.published_at, workspace)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**Version {version.number}** :gray[{plain(text)}]{current}", width="stretch")
        st.button(
            "Restore to draft", key=f"board-version-take-{version.number}", type="tertiary", on_click=_take,
            args=(composing, version.number), help="Replaces your draft with this version. You can undo this.",
        )  # fmt: skip
        if version.number != newest:
            st.button(
                f"Restore as version {newest + 1:d}", key=f"board-version-restore-{version.number}", type="tertiary",
                on_click=_restore, args=(composing, version.number),
                help="Goes live immediately. Your draft is kept.",
            )  # fmt: skip
    if version.note:
        st.markdown(plain(quoted(version.note)))
    if before is None:
        return
    label = f"What changed since version {before.number}"
    with st.expander(label, key=f"board-diff-{version.number}", on_change="rerun") as expander:
        if expander.open:
            try:
                older, newer = (
                    work.version(composing.head.id, board_version.number) for board_version in (before, version)
                )
                show_difference(older, newer, composing, workspace)
            except SemanticError as error:
                st.caption(plain(str(error)))


def _take(composing: Composing, number: int) -> None:
    work = boards_of(composing.actor)
    if work is None:
        return
    try:
        board = work.version(composing.head.id, number)
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
        return
    composing.change(lambda _: board)
    composing.generation += 1
    st.toast(f"Version {number} restored to the draft.", icon=":material/history:")


def _restore(composing: Composing, number: int) -> None:
    work = boards_of(composing.actor)
    if work is None:
        return
    try:
        made = work.restore(composing.head.id, number, composing.head.revision)
        if not composing.revision and composing.board == composing.kept:  # There's no draft to keep.
            composing.start_over(work)
    except ChangedMeanwhile:
        st.session_state[TROUBLE] = "Someone else changed this board. Review the latest version, then restore again."
        return
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
        return
    st.toast(f"Version {number} restored as version {made:d}.", icon=":material/history:")
