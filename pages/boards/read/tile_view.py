"""Draw a tile of a board in any state: a line with its title, trust and menu, then its content.

A tile is a fragment, so a click in it reruns only that tile. While its answer is pending, it checks twice a second.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from pages.boards.read import mark_menu, tile_menu
from pages.boards.read.tile import TileState
from pages.boards.read.tile_analysis import draw_analysis
from pages.boards.read.tile_kinds import OF_PACE, chart, number, text
from pages.boards.read.tile_marks import Picks, without_tile
from pages.boards.read.tile_table import grid, pivot
from pages.comments.board_comments import NO_COMMENTS, BoardComments
from pages.explore.result import no_answer
from pages.explore.result.finding import unbroken
from pages.explore.result.show import FAILED, details, has_details
from pages.shell import links, session
from pages.shell.parts import COLOURS, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.item_words import time_words, when_words
from semantic.boards.board import Height, TileKind
from semantic.display.boards.shown import TileShown
from semantic.display.failures import failure_words
from semantic.display.format import listed
from semantic.display.trust import worst
from semantic.display.words.kpi import cut_days
from semantic.errors import SemanticError
from semantic.explore.unknown_values import unknown_counts, unknown_notes
from semantic.results.finality import no_day_words
from semantic.services.boards import MONTH_TO_DATE

if TYPE_CHECKING:
    from semantic.results.result import Result
    from semantic.workspace import Workspace

LOOK = 0.5  # seconds between two checks of a pending answer
PATIENCE = 3.0  # seconds after which the tile says it's waiting, and offers to cancel
HEIGHTS: dict[Height, int] = {"small": 142, "medium": 338, "large": 486}
"""The height in pixels of the content below a tile's title."""
OF_NUMBER, OF_NOTES = 64, 26  # pixels of a number in a low row, and of the line below a title

Tell = Callable[[TileShown], None]


@st.fragment
@in_turn
def draw_tile(
    name: str,
    height: Height,
    on_shown: Tell,
    picks: Picks,
    talk: BoardComments = NO_COMMENTS,
    *,
    drawing: str = "",
    looks: bool = False,
) -> None:
    """Draw the tile that the session has under `name`, in its current state.

    `drawing` tells several drawings of the tile in one run apart, because their widgets need different keys. If `looks`
    is set, the tile checks by itself while its answer is pending, as it does when it reruns alone.
    """
    workspace, asking = session.require("viewer")
    tile_state: TileState = st.session_state[name]
    if asking != tile_state.actor:
        st.rerun()
    was_waiting = tile_state.is_waiting
    tile_state.settle(workspace)
    _look(is_waiting=tile_state.is_waiting, was_waiting=was_waiting, looks=looks)
    shown = tile_state.shown(workspace)
    on_shown(shown)
    widgets = f"{name}{drawing}"
    with st.container(gap="xxsmall"):
        has_notes = False
        if tile_state.kind is not TileKind.TEXT or shown.title:
            has_notes = _head(tile_state, shown, widgets, picks, talk)
        _body(tile_state, shown, widgets, _room(tile_state.kind, height, has_notes=has_notes), workspace, picks)
    mark_menu.draw(tile_state, shown.title, name, widgets, workspace, picks, talk)
    mark_menu.open_chosen(tile_state, widgets, workspace)
    tile_menu.open_dialog(tile_state, shown, widgets)
    # Otherwise the caller does this for the whole tab, because it can draw a tile twice.
    if _runs_alone() and not tile_menu.remark_dialog(tile_state, workspace):
        tile_menu.comments_drawer(tile_state, talk)


def _room(kind: TileKind, height: Height, *, has_notes: bool) -> int:
    """Return the height of a tile's content in pixels.

    Notes below the title, which can arrive with the answer, take some of it.
    """
    if kind is TileKind.NUMBER:
        return OF_NUMBER if height == "small" else HEIGHTS[height]
    return HEIGHTS[height] - (OF_NOTES if has_notes else 0)


def _runs_alone() -> bool:
    """Return whether this run is of the tile's own fragment, rather than of the page or an outer fragment."""
    context = get_script_run_ctx()
    return context is not None and ThreadState.get().fragment_id in (context.fragment_ids_this_run or ())


def _look(*, is_waiting: bool, was_waiting: bool, looks: bool) -> None:
    """Make the browser start or stop rerunning this fragment.

    A fragment can't end Streamlit's `run_every` without a run of the whole page, so this sends the messages that
    Streamlit would send.
    """
    context, fragment = get_script_run_ctx(), ThreadState.get().fragment_id
    if context is None or not fragment:
        return
    message = ForwardMsg()
    if is_waiting and (looks or context.fragment_ids_this_run):
        message.auto_rerun.interval = LOOK
        message.auto_rerun.fragment_id = fragment
        context.enqueue(message)
    elif was_waiting and context.fragment_ids_this_run:
        message.stop_auto_rerun.fragment_ids.append(fragment)
        context.enqueue(message)


# The lines above the content


def _head(tile_state: TileState, shown: TileShown, name: str, picks: Picks, talk: BoardComments) -> bool:
    """Draw the lines above the content, and return whether they include notes.

    The first line has the finding or the title, the most serious trust issue and the menu. Below are the other of
    finding and title, the picks, and the settings that don't apply.
    """
    tile = shown.tile
    with st.container(horizontal=True, gap="xsmall", key=f"head-{name}"):
        title = f"**{plain(unbroken(shown.heading))}**{_trust(shown)}" if shown.heading else "&nbsp;"
        # No link: a page of links waits for their script before it shows a number. The menu links to Explore.
        st.markdown(title, width="stretch")
        if talk.board and tile_state.kind is not TileKind.TEXT:
            tile_menu.comments_button(tile_state, shown, name, talk)
        if shown.result is not None or shown.analysis is not None:
            tile_menu.menu(tile_state, shown, name, talk)
    if tile_state.question.marked and picks.drop is not None:
        _picked(tile_state, name, picks)
    notes = [plain(unbroken(text)) for text in (shown.subtitle, tile.note) if text]
    if shown.result is not None and tile.kind is not TileKind.NUMBER and not no_answer.is_empty(shown.result):
        days = cut_days(shown.result)  # A number shows its days below it, and a chart over time on its axis.
        notes += [f":material/event: {plain(days)}"] if days else []
    if shown.analysis is not None and shown.words:
        notes.append(f":material/event: {plain(shown.words)}")
    if shown.ignored:
        what = list(dict.fromkeys(ignored.what for ignored in shown.ignored))
        verb = "doesn't" if len(what) == 1 else "don't"
        notes.append(f":material/filter_alt_off: {plain(listed(what))} {verb} apply here")
    if shown.result is not None and not no_answer.is_empty(shown.result):  # The content of an empty tile says so.
        # The viewer can lack access to values of the board's filters, so the line above a tile names none.
        unknown = unknown_counts(shown.result.unknown)
        notes += [f":material/filter_alt_off: {plain(sentence)}" for sentence in unknown]
    if shown.is_earlier and shown.as_of is not None and not tile_state.is_stale:
        when = plain(when_words(shown.as_of, session.workspace()))
        is_refreshing = tile_state.pending is not None or tile_state.running is not None
        refreshing = ". Refreshing\N{HORIZONTAL ELLIPSIS}" if is_refreshing else ""
        notes.append(f":material/history: As of {when}{refreshing}")
    if notes:
        reasons = "  \n".join(f"{plain(ignored.what)}: {plain(ignored.reason)}" for ignored in shown.ignored)
        st.markdown(f":small[:gray[{' &nbsp; '.join(notes)}]]", help=reasons or None)
    return bool(notes)


def _picked(tile_state: TileState, name: str, picks: Picks) -> None:
    """Draw what is picked in this tile, with a button that clears it."""
    marked = tile_state.question.marked
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"picked-{name}"):
        said = ". ".join(map(picks.words, marked))
        st.markdown(f":small[:material/filter_alt: {plain(said)}]", width="content")
        st.button(
            f"Clear {unseen(f'the filter {said}')}", key=f"{name}-clear", type="tertiary",
            on_click=without_tile, args=(tile_state, marked, picks),
        )  # fmt: skip


def _is_beside_picks(shown: TileShown, picks: Picks) -> bool:
    """Return whether a pick elsewhere on the board can't apply to this tile."""
    return any(ignored.what in picks.labels for ignored in shown.ignored)


def _trust(shown: TileShown) -> str:
    if not shown.facts:
        return ""
    fact = worst(shown.facts)
    return f" :{COLOURS[fact.state]}[:material/{fact.icon}:]"


# The content


def _body(tile_state: TileState, shown: TileShown, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """Draw the current state of a tile: text, not available, refused, failed, pending, empty, or answered."""
    if tile_state.kind is TileKind.TEXT:
        text(shown.tile.text)
    elif tile_state.question.analysis is not None:
        _analysis(tile_state, shown, name, height)
    elif tile_state.question.query is None:
        _calm("visibility_off", "Not available to you", tile_state.question.missing, height)
    elif shown.result is None and tile_state.error is not None:
        _failed(tile_state, tile_state.error, name, height)
    elif shown.result is None:
        _waiting(tile_state, name, height + (OF_PACE if _may_pace(tile_state, workspace) else 0))
    elif no_answer.is_empty(shown.result):
        _empty(shown.result, height)
    else:
        if tile_state.is_stale:
            _not_newest(tile_state, shown.result, name, workspace)
        if tile_state.pending is not None and monotonic() - tile_state.began > PATIENCE:
            _progress(tile_state, name)
        with st.container(gap="xxsmall", key=f"{'dim' if _is_beside_picks(shown, picks) else 'lit'}-{name}"):
            _answer(tile_state, shown, shown.result, name, height, workspace, picks)


def _analysis(tile_state: TileState, shown: TileShown, name: str, height: int) -> None:
    """Draw the current state of an analysis: its finding, its refusal, its failure, or its progress."""
    if shown.analysis is not None:
        draw_analysis(shown.analysis, name, height, as_table=tile_state.as_table)
    elif tile_state.error is not None:
        _failed(tile_state, tile_state.error, name, height)
    else:
        _waiting(tile_state, name, height)


def _answer(
    tile_state: TileState, shown: TileShown, result: Result, name: str, height: int, workspace: Workspace, picks: Picks
) -> None:
    if tile_state.as_table:
        grid(tile_state, result, name, height, workspace, picks)
        return
    match tile_state.kind:
        case TileKind.NUMBER:
            number(tile_state, shown, result, name, height, picks)
        case TileKind.CHART:
            chart(tile_state, result, name, height, workspace, picks)
        case TileKind.PIVOT if len(result.keys) > 1:
            pivot(tile_state, result, name, workspace, picks)
        case _:
            grid(tile_state, result, name, height, workspace, picks)


def _at_least(height: int) -> Any:
    """Return the height of a low tile, or that of its content, because tiles side by side on a phone need more lines.

    Any: pixels or a word.
    """
    return height if height >= HEIGHTS["medium"] else "content"


def _calm(icon: str, title: str, sentence: str, height: int) -> None:
    """Draw what's wrong and why, in place of the content and at its height."""
    with st.container(height=_at_least(height), border=False, gap="xxsmall", vertical_alignment="center"):
        st.markdown(f":gray[:material/{icon}:] **{plain(title)}**")
        if sentence:
            st.markdown(f":small[:gray[{plain(sentence)}]]")


def _failed(tile_state: TileState, error: SemanticError, name: str, height: int) -> None:
    icon, title = FAILED.get(error.code, ("call_split", ""))
    sentence = (
        failure_words(error) if title else tile_state.refusal or str(error).removeprefix(error.title).lstrip(".: ")
    )
    with st.container(height=_at_least(height), border=False, gap="xsmall", vertical_alignment="center"):
        st.markdown(f":gray[:material/{icon}:] **{plain(title or error.title)}**")
        if sentence:
            st.markdown(f":small[:gray[{plain(sentence)}]]")
        if error.code in FAILED:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                st.button("Try again", key=f"{name}-retry", on_click=_again, args=(tile_state,))
                if has_details(error):
                    details(error, key=f"{name}-details")
        elif tile_state.question.query is not None:
            links.explore_link("Fix in Explore", tile_state.question.query)


def _again(tile_state: TileState) -> None:
    if session.actor() == tile_state.actor:  # Otherwise the page is redrawn for the person who is signed in now.
        tile_state.ask(session.workspace())


def _not_newest(tile_state: TileState, result: Result, name: str, workspace: Workspace) -> None:
    """Say that the answer on screen is an earlier one, because the newer one failed. It also says so during a retry."""
    what = "Refresh cancelled" if tile_state.is_cancelled else "Couldn't refresh"
    said = f"{what}. Showing data from {time_words(result.computed_at, workspace)}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"stale-{name}"):
        why = plain(failure_words(tile_state.failed)) if tile_state.failed is not None else None
        st.markdown(f":small[:orange[:material/history: {plain(said)}]]", width="stretch", help=why)
        if tile_state.pending is None:
            st.button("Try again", key=f"{name}-retry", type="tertiary", on_click=_again, args=(tile_state,))


def _may_pace(tile_state: TileState, workspace: Workspace) -> bool:
    """Return whether a number shows its month to date against a target."""
    query = tile_state.question.query
    if tile_state.kind is not TileKind.NUMBER or query is None or query.time != MONTH_TO_DATE:
        return False
    metrics = workspace.visible(tile_state.actor).model.metrics
    metric = metrics.get(query.metrics[0]) if len(query.metrics) == 1 else None
    return metric is not None and bool(metric.target)


def _waiting(tile_state: TileState, name: str, height: int) -> None:
    """Draw a skeleton of the final height and, after a while, what the tile is waiting for, with a button to cancel."""
    with st.container(height=height, border=False, gap="xsmall"):
        if monotonic() - tile_state.began > PATIENCE:
            _progress(tile_state, name)
        st.skeleton("stretch")


def _progress(tile_state: TileState, name: str) -> None:
    pending = tile_state.pending or tile_state.running
    if pending is None:
        return
    progress = pending.progress()
    read = f", {progress.fraction:.0%} read" if progress.fraction else ""
    waiting = "Queued" if progress.state == "queued" else "Still working"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":small[:gray[{waiting}: {progress.elapsed_seconds:.0f} s{read}]]", width="stretch")
        st.button("Cancel", key=f"{name}-cancel", type="tertiary", on_click=tile_state.cancel)


def _empty(result: Result, height: int) -> None:
    """Draw why the tile is empty: hidden for privacy, excluded by filters, or without data."""
    days = f" in {result.period.words}" if result.period.words else ""
    loaded = f" {result.data_to_words}." if result.data_to_words else ""
    if any(any(rows) for rows in result.hidden.values()):
        said = "Every group here is too small to show."
        _calm("groups", "Hidden for privacy", said, height)
    elif none := no_day_words(result):
        _calm("event_busy", "No data for these days", f"{none}{loaded}", height)
    elif result.filters:
        said = " ".join((*unknown_notes(result.unknown), f"{result.filters}{days}.{loaded}"))
        _calm("filter_alt_off", "Nothing matches these filters", said, height)
    else:
        _calm("event_busy", "No data for these days", f"No data{days}.{loaded}", height)
