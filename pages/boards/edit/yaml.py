"""The draft as YAML, to read, copy, review or edit. Each error is shown with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, current_in_fragment
from pages.boards.edit.difference import show_difference
from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.yaml_editor import Mark, edit_of, editor
from semantic.boards.board import Board
from semantic.boards.data import board_from_yaml
from semantic.boards.yaml import board_to_yaml
from semantic.display.format import counted
from semantic.errors import InvalidBoard, Problem

if TYPE_CHECKING:
    from semantic.workspace import Workspace

FILE = "board.yml"
MOST_PROBLEMS = 12


@st.fragment
@in_turn
def edit_yaml() -> None:
    """Draw the draft as YAML. It reruns separately at each pause in typing, and changes the draft only when applied."""
    workspace, actor = session.require("viewer")
    composing = current_in_fragment(actor)
    if composing is None or composing.changed:  # The rest of the page reruns, too.
        st.rerun()
    text = board_to_yaml(composing.board)
    key = f"board-yaml-{composing.head.id[:8]}-{composing.revision}-{composing.generation}"
    st.caption("The draft as YAML. Edit it here, or paste another version.")
    edit = edit_of(key, text)
    board, problems = read_board(edit.text)
    editor(
        text, label="Board YAML", key=key, height=520,
        marks=[Mark(problem.line, problem.message) for problem in problems if problem.line],
    )  # fmt: skip
    if problems:
        show_problems(problems)
    elif board == composing.board:
        st.caption(":green[:material/check_circle:] Matches the draft")
    else:
        _take_up(composing, board, workspace)


def read_board(text: str) -> tuple[Board | None, tuple[Problem, ...]]:
    """Return the board that a text describes, or None and everything that is wrong with the text."""
    try:
        return board_from_yaml(text, FILE), ()
    except InvalidBoard as error:
        return None, error.problems


def show_problems(problems: tuple[Problem, ...]) -> None:
    """Draw the errors, each with its line."""
    st.markdown(f":red[:material/error:] **{counted(len(problems), 'problem')}**")
    for problem in problems[:MOST_PROBLEMS]:
        where = f"Line {problem.line}" if problem.line else "Whole board"
        st.markdown(f":gray[{plain(where)}] &nbsp;{plain(problem.message)} :gray[{plain(problem.remedy)}]")
    if len(problems) > MOST_PROBLEMS:
        st.caption(f"And {len(problems) - MOST_PROBLEMS:,} more.")


def _take_up(composing: Composing, board: Board | None, workspace: Workspace) -> None:
    if board is None:
        return
    show_difference(composing.board, board, composing, workspace)
    st.button("Apply to draft", key="board-yaml-take", type="primary", on_click=take, args=(composing, board))


def take(composing: Composing, board: Board) -> None:
    """Replace the draft with the board in the text. Undo restores the draft."""
    composing.change(lambda _: board)
    composing.generation += 1
