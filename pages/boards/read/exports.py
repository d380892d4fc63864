"""The Export menu of a board. On click, it builds a PDF, a presentation or a spreadsheet of all tabs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read.share import link_of
from pages.boards.read.state import address_of
from pages.explore.result.exports import VIEWING, SignedOut
from pages.shell import session
from pages.shell.parts import plain
from semantic.display.boards.export import BOARD_KINDS, BoardKind, board_file_name, export_board, receipts_in
from semantic.errors import StoreFailed
from semantic.services.board_answers.whole_board import answer_board

if TYPE_CHECKING:
    from pages.boards.read.state import BoardSession
    from semantic.policy.actor import Actor
    from semantic.services.board_answers.whole_board import AnsweredBoard
    from semantic.services.boards import BoardWork
    from semantic.workspace import Workspace

SAID: dict[BoardKind, tuple[str, str]] = {
    "pdf": ("picture_as_pdf", "PDF to read or print, with definitions and sources."),
    "pptx": ("slideshow", "PowerPoint slides: one finding each, with charts you can edit and sources in the notes."),
    "xlsx": ("table_view", "Excel workbook: one sheet per tile with its chart, plus definitions and sources."),
}
"""The icon and help of each file format."""

NOTHING = "Nothing to export, because no tile has data."


def export_menu(reading: BoardSession, work: BoardWork, words: str) -> None:
    """Draw the Export menu of the open board, with its current settings, which `words` describes."""
    board, state = reading.board, reading.state
    link = link_of(reading.id, address_of(reading), st.context.url or "")
    menu(
        reading.id, board.title, lambda: answer_board(board, state, work, words=words, link=link), work.workspace,
        work.actor,
    )  # fmt: skip


def menu(
    board: str, title: str, whole: Callable[[], AnsweredBoard], workspace: Workspace, actor: Actor, *, reason: str = ""
) -> None:
    """Draw the Export menu of a board, or a disabled one if `reason` says why it can't be exported.

    `whole` returns the board with its answers. It's called on click, after the page has run, so it can't read from that
    run.
    """
    if actor.viewed_by is not None:
        reason = VIEWING
    popover = st.popover(
        "Export", icon=":material/download:", key="board-export", disabled=bool(reason), help=plain(reason) or None,
        on_change="rerun",
    )  # fmt: skip
    if reason or not popover.open:
        return
    if session.require("viewer")[1] != actor:
        st.rerun()
    who, unkept = session.actor_later(), workspace.why_no_files()
    with popover, st.container(width=260, gap="xsmall"):
        for kind, about in BOARD_KINDS.items():
            icon, says = SAID[kind]
            st.download_button(
                about.label, _file(board, whole, workspace, actor, kind, who),
                board_file_name(title, workspace.today(), kind), about.mime,
                key=f"board-export-{kind}", icon=f":material/{icon}:", width="stretch", on_click="ignore",
                disabled=bool(unkept), help=plain(unkept or says),
            )  # fmt: skip
        st.caption("Includes all tabs with the current filters. Anyone you send the file to sees the data you see.")


def _file(
    board: str, whole: Callable[[], AnsweredBoard], workspace: Workspace, actor: Actor, kind: BoardKind,
    who: Callable[[], Actor | None],
) -> Callable[[], bytes]:  # fmt: skip
    """Return a function that builds the file on click.

    It checks that the same person still has access and that the model is still current. A page can stay open after a
    sign-in, a shared board or a policy has ended.
    """

    def check() -> None:
        if who() != actor or actor.viewed_by is not None:
            raise SignedOut(session.EXPIRED)
        if session.workspace() is not workspace:
            raise SignedOut("Definitions changed while this page was open. Reload to continue.")
        session.board_work(workspace, actor).newest(board)  # raises UnknownBoard if the person can't read it

    def make() -> bytes:
        check()
        export = whole()
        check()  # Its questions can take minutes.
        receipts = receipts_in(export.shown, kind)
        if not receipts:
            raise StoreFailed(NOTHING)
        content = export_board(export.shown, workspace.visible(actor), kind, export.remarks)
        workspace.record_board_export(board, receipts, actor, kind)  # Without a record, there is no file.
        return content

    return make
