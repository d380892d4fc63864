"""The page of a board for its viewers: title, settings, tiles and trust, or why the board can't be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read import mark_menu, present, tiles
from pages.boards.read.exports import export_menu
from pages.boards.read.filters import filter_bar, keep
from pages.boards.read.picks import chips
from pages.boards.read.share import share_board
from pages.boards.read.state import (
    BY_TARGETS,
    KEY,
    BoardSession,
    address_of,
    current,
    show_newest,
    tiles_key,
    write_address,
)
from pages.boards.read.summary import Places, headline_place, lines_before, show_summary, trust_place
from pages.boards.read.tile_marks import NO_PICKS, Picks
from pages.comments.board_comments import NO_COMMENTS, BoardComments
from pages.comments.drawer_state import Drawer, open_drawer
from pages.deliveries.form import DeliverySubject
from pages.deliveries.subscribe import show_panel, subscribe_button
from pages.explore.builder import recents
from pages.shell import links, session
from pages.shell.navigation import file_of
from pages.shell.parts import Action, empty_state, notice, page_header, plain
from pages.shell.turns import in_turn
from pages.widgets.follow import follow_button
from semantic.boards.board import TileKind
from semantic.boards.state import state_to_params
from semantic.display.boards.state_words import chosen_words, days_words, state_words
from semantic.errors import SemanticError, UnknownBoard
from semantic.services.board_answers.labels import board_labels
from semantic.services.boards import MONTH_TO_DATE
from semantic.store.comments.comments import GONE

if TYPE_CHECKING:
    from semantic.boards.applied import TileQuestion
    from semantic.boards.board import ValueFilter
    from semantic.display.boards.shown import TileShown
    from semantic.policy.actor import Actor
    from semantic.services.boards import BoardWork
    from semantic.store.audit.log import Plain
    from semantic.store.boards.boards import BoardHead
    from semantic.workspace import Workspace

LOOK_AGAIN = 60.0  # seconds between checks for a new version or lost access


def show(workspace: Workspace, actor: Actor) -> None:
    """Draw the board in the address, in the state that the address sets."""
    work, board = session.board_work(workspace, actor), st.query_params.get(links.BOARD_ID, "")
    is_presented = present.is_presented()
    try:
        reading = current(work, board)
        if is_presented and reading.newer:
            show_newest(reading, work)
    except UnknownBoard as error:
        _closed("search_off", "Board not found", str(error), key="board-unknown")
        return
    except SemanticError as error:
        _unread(error, work, board)
        return
    if is_presented:
        present.turn(reading)
    else:
        _open_comment(reading, work)
    _draw(reading, work)


def _open_comment(reading: BoardSession, work: BoardWork) -> None:
    """Open the comment in the address on its tile, once, or say that the comment isn't available."""
    comment = st.query_params.get(links.COMMENT, "")
    if not comment:
        return
    del st.query_params[links.COMMENT]
    try:
        place = session.comment_work(work.workspace, reading.actor).find(comment[:32]).place
    except SemanticError as error:
        reading.banner = (*reading.banner, str(error))
        return
    for number, tab in enumerate(reading.board.tabs):
        if place.thing == reading.id and any(tile.id == place.tile for row in tab.rows for tile in row.tiles):
            if number != reading.place:
                reading.apply_state(replace(reading.state, tab=number))
                reading.changed = False
                write_address(reading)
            open_drawer(Drawer(place, "", reading.actor, focus=comment))
            return
    reading.banner = (*reading.banner, GONE)


def _closed(icon: str, title: str, sentence: str, acts: Sequence[Action] = (), *, key: str) -> None:
    page_header("Board")
    empty_state(icon, title, sentence, acts, key=key)
    if (boards := file_of("boards")) is not None:
        st.page_link(boards, label="All boards", icon=":material/dashboard:", width="content")


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _unread(error: SemanticError, work: BoardWork, board: str) -> None:
    """Say why the board can't be shown.

    It can be unpublished, which only editors learn, no longer available, or unreadable because the store is down.
    """
    try:
        draft = work.draft(board) if not work.newest(board) else None
    except SemanticError:
        draft = None
    if draft is None:
        again = [Action("Try again", _just_rerun)]
        _closed("cloud_off", "Couldn't load the board", str(error), again, key="board-away")
        return
    page_header(draft.board.title, "", lambda: _edit(draft.head))
    empty_state(
        "edit_note",
        "This board isn't published yet",
        "Viewers see the published version. Publish the draft to open it here.",
        key="board-unpublished",
    )


def _draw(reading: BoardSession, work: BoardWork) -> None:
    """Draw the header, trust, controls, tiles and sources, always in this order."""
    workspace, is_presented = work.workspace, present.is_presented()
    seen = workspace.visible(reading.actor)
    reading.forget_shown()
    questions = [work.asked(tile, reading.state) for row in reading.tab.rows for tile in row.tiles]
    labels = board_labels(reading.state, reading.board, workspace, reading.actor)
    words = state_words(reading.state, seen, today=workspace.today(), labels=labels)
    if is_presented:
        present.bar(reading)
    recents.note("board", reading.id)
    session.viewers().opened(reading.actor, reading.id)
    actions = None if is_presented else lambda: _actions(reading, work, words)
    page_header(reading.board.title, "", actions, scope=seen.scope)
    before = lines_before(reading)
    headline = headline_place(before)
    with st.container(gap=None, key="board-about"):
        if reading.board.note:
            st.caption(plain(reading.board.note))
        # The filter bar shows the other settings. Print and presentations have no filter bar.
        with st.container(key="board-days"):
            days = days_words(reading.state, seen, today=workspace.today())
            _line(days and f"{days}.", reading)
        with st.container(key="board-words"):
            _line(words, reading)
    # Optional elements are in a container at a fixed position. Streamlit identifies elements by their position, and
    # would otherwise redraw the rest of the page, with old content in the wrong places for a moment.
    with st.container(key="board-lines"):
        _lines(reading)
    trust = trust_place(before)
    if is_presented:
        if len(reading.board.tabs) > 1:
            st.markdown(f"**{plain(reading.tab.title)}**")
    else:
        with st.container(key="board-sticky", gap="xsmall"):
            filter_bar()
            with st.container(key="board-narrowed"):
                chips(reading, questions, labels, lambda question: _title(question, reading, workspace))
        _tabs(reading)
    _body(reading, questions, labels, workspace)
    asking = [question.tile.id for question in questions if question.tile.kind is not TileKind.TEXT]
    show_summary(reading, asking, Places(headline, trust))
    if not is_presented:
        show_panel(reading.actor)
        _watch(reading.id, reading.opened.head.version)


def _line(words: str, reading: BoardSession) -> None:
    """Draw the board's settings in words. If monthly targets set its period, say so."""
    if text := f"{words} {BY_TARGETS}" if reading.opens_by_targets else words:
        st.caption(plain(text))


def _title(question: TileQuestion, reading: BoardSession, workspace: Workspace) -> str:
    """Return the tile's own title, or else the title of its question."""
    if question.tile.title or question.query is None:
        return question.tile.title
    return workspace.preflight(question.query, reading.actor).title


def _actions(reading: BoardSession, work: BoardWork, words: str) -> None:
    follow_button("board", reading.id, reading.actor, key="board")
    subscribe_button(_delivery_subject(reading), reading.actor, key="board")
    share_board(reading)
    export_menu(reading, work, words)
    present.begin_button(reading)
    _edit(reading.opened.head)


def _delivery_subject(reading: BoardSession) -> DeliverySubject:
    """Return what the Subscribe button offers: this board, in its open view if that isn't the default view."""
    params = state_to_params(reading.state, reading.board.start)
    settings: dict[str, Plain] = {name: [*texts] for name, texts in params.items()}
    return DeliverySubject("board", reading.id, reading.board.title, settings)


def _edit(head: BoardHead, label: str = "Edit") -> None:
    """Draw the link that opens the editor, for people who can edit."""
    file = file_of("compose")
    if head.may_change and file is not None:
        st.page_link(
            file, label=plain(label), icon=":material/edit:", query_params={links.BOARD_ID: head.id}, width="content"
        )


def _lines(reading: BoardSession) -> None:
    """Draw the notices above the board: archived, newly published, or a link with parts that don't apply."""
    if reading.opened.head.is_archived:
        notice(
            "quiet",
            "archive",
            "This board is archived. It's hidden from lists, but this link still works.",
            key="board-archived",
        )
    if reading.newer:
        notice(
            "info", "update", "A newer version of this board is available.",
            Action("Refresh", _show_newest), key="board-newer",
        )  # fmt: skip
    for place, sentence in enumerate(reading.banner):
        notice("caution", "link_off", sentence, key=f"board-repaired-{place}")


def _show_newest() -> None:
    workspace, actor = session.require("viewer")
    reading: BoardSession = st.session_state[KEY]
    with suppress(SemanticError):  # The next run shows the reason.
        show_newest(reading, session.board_work(workspace, actor))


def _tabs(reading: BoardSession) -> None:
    """Draw the tabs, if there are several. Only the questions of the open tab are asked."""
    if len(reading.board.tabs) < 2:
        return
    key = reading.key("tabs")

    def change() -> None:
        reading.open_tab(st.session_state[key])

    with st.container(key="board-tabs-line"):
        st.segmented_control(
        "Tab", range(len(reading.board.tabs)), default=reading.place, key=key, required=True, on_change=change,
        format_func=lambda place: plain(reading.board.tabs[place].title or f"Tab {place + 1}"),
        label_visibility="collapsed",
    )  # fmt: skip


def _body(
    reading: BoardSession, questions: Sequence[TileQuestion], labels: Mapping[str, str], workspace: Workspace
) -> None:
    if not questions:
        empty_state(
            "dashboard",
            "This board has no tiles yet",
            "A tile is one answer: a number, a chart or a table. Anyone with edit access can add tiles.",
            key="board-empty",
            ways=lambda: _edit(reading.opened.head, "Add tiles"),
        )
        return
    asking = [question for question in questions if question.tile.kind is not TileKind.TEXT]
    if asking and not any(question.is_asked for question in asking):
        notice(
            "caution",
            "visibility_off",
            "Nothing on this board is available to you.",
            key="board-hidden",
        )
    reading.forget_marks()
    # A presentation has no chips that remove a pick.
    picks = NO_PICKS if present.is_presented() else _picks(reading, labels)
    with st.container(key="board-tiles"):
        tiles.show_tab(
            reading.tab,
            questions,
            key=tiles_key(reading.id),
            default=reading.start.period,
            on_shown=_telling(reading),
            picks=picks,
            talk=_comments_of(reading),
        )
    if picks.take is not None:
        mark_menu.listen()


def _comments_of(reading: BoardSession) -> BoardComments:
    """Return the comments of the board, or none on a wall display."""
    if present.is_presented():
        return NO_COMMENTS
    settings = {name: tuple(texts) for name, texts in address_of(reading).items()}
    return BoardComments(reading.id, settings)


def _telling(reading: BoardSession) -> Callable[[TileShown], None]:
    """Return a function that records what each tile shows, while the board's state stays the same.

    A tile that reports after a change belongs to an earlier state.
    """
    shown = reading.shown

    def tell(tile: TileShown) -> None:
        shown[tile.tile.id] = tile

    return tell


def _picks(reading: BoardSession, labels: Mapping[str, str]) -> Picks:
    """Return the actions for a picked mark. A pick filters the other tiles."""
    return Picks(
        take=_pick,
        drop=_drop,
        words=lambda choice: chosen_words(choice, labels),
        labels=frozenset(labels[choice.dim] for choice in reading.state.picked),
        see_month=_see_month,
    )


def _pick(choice: ValueFilter) -> None:
    reading: BoardSession = st.session_state[KEY]
    reading.set(reading.pick(choice))


def _drop(choices: Sequence[ValueFilter]) -> None:
    reading: BoardSession = st.session_state[KEY]
    reading.set(reading.without(choices))


def _see_month() -> None:
    """Set the period to the month to date, for tiles with a monthly target."""
    reading: BoardSession = st.session_state[KEY]
    reading.apply_state(replace(reading.state, period=MONTH_TO_DATE))
    reading.changed = True
    keep(reading)


@st.fragment(run_every=LOOK_AGAIN)
@in_turn
def _watch(board: str, version: int) -> None:
    """Check every minute whether a new version was published, or this viewer lost access."""
    if not session.runs_alone():
        return
    workspace, actor = session.require("viewer")
    reading: BoardSession = st.session_state[KEY]
    try:
        newest = session.board_work(workspace, actor).newest(board)
    except UnknownBoard:
        st.rerun()
    except SemanticError:
        return  # While the store is unavailable, the page stays as it is.
    if newest not in (version, reading.newer):
        st.rerun()
