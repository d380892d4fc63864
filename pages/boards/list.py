"""The list of boards, with a search field and filters, favourites first. Each row shows what the reader
last saw there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards import new as board_new
from pages.boards.edit.more import copy_board
from pages.boards.place import place_button, show_placed
from pages.boards.read.thumbnails import last_picture
from pages.boards.sketch import draw_board
from pages.shell import links, session
from pages.shell.parts import TRY_ANOTHER, Action, empty_state, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.favourite import favourite_trouble, favourites, star, star_key
from pages.widgets.follow import follow_button
from pages.widgets.item_filters import (
    BY_NAME,
    LATEST,
    favourites_first,
    filter_items,
    folder_pills,
    order_of,
    search_bar,
)
from pages.widgets.item_list import item_list, show_all, shown_count
from pages.widgets.item_words import where_words
from pages.widgets.space_pills import of_space, space_pills
from semantic.display.boards.picture import BoardPicture, sketch_of
from semantic.display.format import counted
from semantic.display.words.ages import ago
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.services.boards import metric_words, search_boards
from semantic.store.boards.boards import BoardHead
from semantic.store.boards.viewers import DAYS

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.boards import BoardWork

NAME = "boards"  # the prefix of the keys of its filters
ARCHIVED, TROUBLE = f"{NAME}-archived", f"{NAME}-trouble"
MOST_VIEWED = "Most viewed"
_SKETCHES, _VIEWERS = f"{NAME}-sketches", f"{NAME}-viewers"
_FRESH = 10.0  # seconds for which viewer counts are cached, because every keystroke reads them
_EMPTY = BoardPicture(())


@st.fragment
@in_turn
def board_list() -> None:
    """Draw the list of boards, which reruns separately on every keystroke."""
    workspace, actor = session.require("viewer")
    board_new.follow()
    work = session.board_work(workspace, actor)
    is_archived = bool(st.session_state.get(ARCHIVED))
    try:
        boards = work.boards(archived=is_archived)
        starred = favourites("board", actor)
        viewers = _viewers(work)
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load boards", str(error), [Action("Try again", _just_rerun)], key="boards-away"
        )
        return
    if trouble := st.session_state.pop(TROUBLE, ""):
        st.warning(plain(trouble), icon=":material/error:")
    favourite_trouble()
    if not boards and not is_archived and not st.session_state.get(f"{NAME}-search"):
        board_new.first_board(workspace, actor)
        st.toggle("Archived", key=ARCHIVED)
        return
    text = search_bar(
        boards, NAME, label="Search boards", placeholder="Search titles, notes, metrics, spaces and owners",
        orders=(LATEST, BY_NAME, MOST_VIEWED),
    )  # fmt: skip
    space_pills(boards, NAME)
    in_space = of_space(boards, NAME)
    folder_pills(in_space, NAME)
    matches = search_boards(
        filter_items(in_space, NAME, starred),
        text,
        metric_words(boards, workspace.visible(actor)) if text.strip() else {},
    )
    matches = _ordered(matches, starred, viewers)
    if matches:
        sketches = _sketches(matches[: shown_count(NAME)], work)
        item_list(
            matches, len(boards), lambda board: _row(board, sketches, starred, viewers, work), noun="board", name=NAME
        )
    else:
        _nothing(boards)
    show_placed()


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""


def _nothing(boards: Sequence[BoardHead]) -> None:
    if boards:
        acts = [Action("Show all", partial(show_all, NAME))]
        empty_state("search_off", "No boards match", TRY_ANOTHER, acts, key="no-board-found")
    else:
        empty_state(
            "archive", "No archived boards", "Archived boards are hidden from lists and kept here.", key="no-old"
        )


def _ordered(boards: Sequence[BoardHead], starred: frozenset[str], viewers: Mapping[str, int]) -> list[BoardHead]:
    """Return the boards with favourites first. Both parts are sorted by last change, name or number of viewers."""
    if order_of(NAME) == BY_NAME:
        boards = sorted(boards, key=lambda board: board.title.casefold())
    elif order_of(NAME) == MOST_VIEWED:
        boards = sorted(boards, key=lambda board: -viewers.get(board.id, 0))
    return favourites_first(boards, starred)


def _viewers(work: BoardWork) -> Mapping[str, int]:
    """Return how many people opened each board, at most ten seconds old. Raises StoreFailed."""
    kept: tuple[float, Mapping[str, int]] | None = st.session_state.get(_VIEWERS)
    if kept is not None and monotonic() - kept[0] < _FRESH:
        return kept[1]
    viewers = work.viewers()
    st.session_state[_VIEWERS] = monotonic(), viewers
    return viewers


def _sketches(boards: Sequence[BoardHead], work: BoardWork) -> dict[str, BoardPicture]:
    """Return a picture of each board's layout. Each version is read once while this person's access stays the same."""
    seen = work.workspace.visible(work.actor)
    reader: Hashable = (work.actor.id, seen.access_key)
    kept: tuple[Hashable, dict[Hashable, BoardPicture]] | None = st.session_state.get(_SKETCHES)
    if kept is None or kept[0] != reader:
        kept = st.session_state[_SKETCHES] = reader, {}
    known = kept[1]
    missing = [board for board in boards if _content_of(board) not in known]
    try:
        contents = work.contents(missing) if missing else {}
    except SemanticError:  # the list works without sketches
        return {}
    names = frozenset(metric.name for metric in seen.metrics)
    for board in missing:
        content = contents.get(board.id)
        known[_content_of(board)] = sketch_of(content, names) if content is not None else _EMPTY
    return {board.id: known[_content_of(board)] for board in boards}


def _content_of(board: BoardHead) -> Hashable:
    """Return a key for the content of a board: its version, or the revision of its draft if it has no version yet."""
    return (board.id, board.version, 0 if board.version else board.revision)


# Rows


def _row(
    head: BoardHead,
    sketches: Mapping[str, BoardPicture],
    starred: frozenset[str],
    viewers: Mapping[str, int],
    work: BoardWork,
) -> None:
    """Draw one board. Its title opens the board or, if the board is unpublished, its editor."""
    workspace, actor, now = work.workspace, work.actor, work.store.now()
    picture = last_picture(head, actor, workspace, now)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="medium", wrap=False, key=f"board-row-{head.id}"
    ):
        with st.container(width=152, key=f"board-picture-{head.id}"):
            draw_board(picture or sketches.get(head.id) or _EMPTY, key=f"picture-{head.id}")
        with st.container(gap="xxsmall", width="stretch", key=f"board-words-{head.id}"):
            _title(head, actor, is_starred=head.id in starred)
            if picture is not None and picture.headline and picture.seen_at is not None:
                st.markdown(f"{plain(picture.headline)} :small[:gray[Seen {plain(ago(picture.seen_at, now))}.]]")
            elif head.note:
                st.markdown(f":gray[{plain(head.note)}]")
            st.markdown(f":small[:gray[{plain(_facts(head, viewers.get(head.id, 0), work))}]]")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, width="content",
            key=f"board-acts-{head.id}",
        ):  # fmt: skip
            _acts(head, actor)


def _title(head: BoardHead, actor: Actor, *, is_starred: bool) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False,
        key=star_key(head.id, is_starred=is_starred),
    ):  # fmt: skip
        star("board", head.id, head.title, actor, is_starred=is_starred)
        if head.version:
            links.board_link(head.title, head.id, strong=True, icon="", width="content")
        else:
            links.compose_link(head.title, head.id, strong=True, icon="", width="content")
        if not head.version or head.has_draft:
            st.badge("Draft" if head.version else "Not published", color="violet" if head.version else "gray")


def _facts(head: BoardHead, viewers: int, work: BoardWork) -> str:
    """Return the place of a board, how many tiles it has, when it changed, and how many people opened it."""
    folder = f" / {head.folder}" if head.folder else ""
    facts = [
        f"{upper_first(where_words(head))}{folder}",
        counted(head.tiles, "tile"),
        f"changed {ago(head.changed_at, work.store.now())}",
        *([f"viewed by {counted(viewers, 'person', 'people')} in the last {DAYS} days"] if viewers else []),
    ]
    return " · ".join(facts)


def _acts(head: BoardHead, actor: Actor) -> None:
    if head.may_change:
        st.page_link(
            links.page_of(links.COMPOSE),
            label=unseen(f"Edit {head.title}"), query_params={links.BOARD_ID: head.id},
            icon=":material/edit:", width="content", help="Edit board",
        )  # fmt: skip
        place_button(head)
    elif actor.viewed_by is None:
        st.button(
            unseen(f"Copy {head.title}"),
            icon=":material/content_copy:", key=f"copy-board-{head.id}", type="tertiary",
            help="Make a copy", on_click=_copy, args=(head.id, actor),
        )  # fmt: skip
    if head.version:
        follow_button("board", head.id, actor, key="boards", small=True)


def _copy(board: str, actor: Actor) -> None:
    if session.actor() != actor:
        return
    work = session.board_work(session.workspace(), actor)
    try:
        board_new.open_for_editing(copy_board(work, work.open(board).board))
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
