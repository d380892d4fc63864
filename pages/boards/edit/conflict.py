"""Concurrent changes to a board in words, merged if they don't overlap, with a choice if they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.difference import name_of, show_difference
from pages.shell import session
from pages.shell.parts import plain
from pages.widgets.item_words import name_without_job
from semantic.boards.board import Board
from semantic.boards.merge import MergedBoard, merge_boards
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.workspace import Workspace

MOST = 8


def show_both(composing: Composing, workspace: Workspace) -> None:
    """Draw the other person's saved draft next to this one. Undo restores the draft that isn't chosen."""
    theirs = composing.theirs
    assert theirs is not None
    who = name_without_job(theirs.author_name) or "Someone"
    merged = _merged(composing.kept, composing.board, theirs.board, composing, workspace)
    with st.container(border=True, gap="xsmall", key="compose-both"):
        st.markdown(f":orange[:material/group:] **{plain(f'{who} edited this board too.')}**")
        if merged.board is not None:
            st.markdown("Your changes don't overlap, so you can keep both.")
            _side_by_side(composing.kept, composing.board, theirs.board, who, composing, workspace)
        else:
            st.markdown("Nothing is lost. Your version is on this page, and theirs is saved. They conflict here:")
            _conflicts(merged)
            st.markdown("In yours but not in theirs:")
            show_difference(theirs.board, composing.board, composing, workspace)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if merged.board is not None:
                st.button("Keep both", key="compose-keep-both", on_click=composing.keep_both, type="primary")
            kind = "secondary" if merged.board is not None else "primary"
            st.button("Use theirs", key="compose-theirs", on_click=composing.take_theirs, type=kind)
            st.button("Use mine", key="compose-mine", on_click=composing.keep_mine)
            undone = "your version, then theirs" if merged.board is not None else "the other version"
            st.caption(f"Undo restores {undone}.")


def show_behind(composing: Composing, workspace: Workspace) -> None:
    """Draw a version that was published after the draft was started, next to the draft's changes."""
    number, published = composing.head.version, composing.published
    if published is None:
        return
    base = _begun_from(composing, workspace)
    merged = _merged(base, composing.board, published, composing, workspace) if base is not None else MergedBoard(None)
    with st.container(border=True, gap="xsmall", key="compose-behind"):
        st.markdown(f":orange[:material/merge:] **Version {number:d} was published after you started this draft.**")
        if base is not None and merged.board is not None:
            st.markdown("Publishing now would replace it. The changes don't overlap, so you can keep both.")
            _side_by_side(base, composing.board, published, f"Version {number}", composing, workspace)
        else:
            st.markdown("Publishing your draft would replace it.")
            _conflicts(merged)
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            if merged.board is not None:
                st.button(
                    "Keep both", key="compose-behind-both", type="primary", on_click=composing.keep_published_too,
                    args=(base,),
                )  # fmt: skip
            st.button(f"Use version {number}", key="compose-behind-take", on_click=composing.take_published)
            st.caption("Undo restores your draft.")


def _begun_from(composing: Composing, workspace: Workspace) -> Board | None:
    """Return the version that the draft is based on, or None if it can't be read any more."""
    try:
        return session.board_work(workspace, composing.actor).version(composing.head.id, composing.based_on)
    except SemanticError:
        return None


def _merged(base: Board, mine: Board, theirs: Board, composing: Composing, workspace: Workspace) -> MergedBoard:
    visible = workspace.visible(composing.actor)
    labels = dimension_labels(visible)
    return merge_boards(
        base, mine, theirs, called=lambda tile: name_of(tile, visible), name=lambda dim: labels.get(dim, dim)
    )


def _conflicts(merged: MergedBoard) -> None:
    lines = [f"- {plain(conflict)}" for conflict in merged.conflicts[:MOST]]
    if len(merged.conflicts) > MOST:
        lines.append(f"- and {len(merged.conflicts) - MOST} more")
    if lines:
        st.markdown("\n".join(lines))


def _side_by_side(
    base: Board, mine: Board, theirs: Board, who: str, composing: Composing, workspace: Workspace
) -> None:
    """Draw the changes of both people side by side."""
    for column, name, board in zip(st.columns(2, gap="medium"), ("You", who), (mine, theirs), strict=True):
        with column, st.container(gap=None):
            st.markdown(f"**{plain(name)}**")
            show_difference(base, board, composing, workspace)
