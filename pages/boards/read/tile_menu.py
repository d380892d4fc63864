"""The menu of a tile: its trust, the settings that don't apply, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read.tile import TileState
from pages.comments.board_comments import about_analyzed, about_mark, about_result, counts_of
from pages.comments.drawer import show_drawer
from pages.comments.drawer_state import NEW, Drawer, is_open, open_drawer
from pages.explore.result import pictures, remark_form, show
from pages.explore.result.alerting import alert_metric
from pages.explore.result.how_to_read import open_how_to_read
from pages.explore.result.passport import open_passport
from pages.explore.result.why import TITLE, has_change, open_why
from pages.shell import links, session
from pages.shell.parts import COLOURS, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.theme import current_tokens
from semantic.boards.board import TileKind
from semantic.display.charts.reading_aid import what_is_drawn
from semantic.display.format import counted
from semantic.display.pivot import default_across
from semantic.display.rows import main_values
from semantic.display.words.how_to_read import TITLE as HOW
from semantic.display.words.how_to_read import DrawnAnswer, Section, pivot_sentences, sections, table_sentences
from semantic.display.words.kpi import only_row
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from pages.comments.board_comments import BoardComments
    from semantic.display.boards.shown import TileShown
    from semantic.explore.selection import SelectedRows
    from semantic.results.result import Result
    from semantic.workspace import Workspace

WHY, HOW_TO, ORIGIN = "why", "how", "origin"


def menu(tile_state: TileState, shown: TileShown, name: str, talk: BoardComments) -> None:
    """Draw the button with three dots. Its menu is built when someone opens it."""
    with st.popover(
        unseen(f"Actions for {shown.title}"),
        icon=":material/more_horiz:", key=f"{name}-menu", type="tertiary", on_change="rerun",
        help=f"Actions for {plain(shown.title)}",
    ) as popover:  # fmt: skip
        if popover.open:
            with st.container(width=300, gap="xsmall"):
                _opened(tile_state, shown, name, talk)


def _opened(held: TileState, shown: TileShown, name: str, talk: BoardComments) -> None:
    if shown.words:
        st.markdown(f":small[{plain(shown.words)}]")
    for fact in shown.facts:
        mark = f":{COLOURS[fact.state]}[:material/{fact.icon}: {plain(fact.word)}]"
        st.markdown(f":small[{mark}  \n:gray[{plain(fact.sentence)}]]")
    if shown.no_pace is not None:
        word, why = plain(shown.no_pace.word), plain(shown.no_pace.why)
        st.markdown(f":small[:gray[:material/flag:] {word}  \n:gray[{why}]]")
    for ignored in shown.ignored:
        st.markdown(
            f":small[:material/filter_alt_off: Not applied: {plain(ignored.what)}  \n:gray[{plain(ignored.reason)}]]"
        )
    with st.container(gap="xxsmall", key=f"list-of-ways-{name}"):
        if shown.query is not None:
            links.explore_link("Open in Explore", shown.query, chart=shown.tile.chart, icon=":material/insert_chart:")
        if held.question.analysis is not None:
            links.definition_link("Open in Analyses", held.question.analysis.text, icon=":material/conversion_path:")
        if held.result is not None and held.kind is TileKind.NUMBER:
            _set_alert(held, held.result)
        if held.kind in (TileKind.CHART, TileKind.PIVOT, TileKind.NUMBER) or _has_chart_and_table(shown):
            label, icon = ("Back to original view", "undo") if held.as_table else ("Show as table", "table_rows")
            st.button(
                label, key=f"{name}-as-table", type="tertiary", icon=f":material/{icon}:", on_click=_turn, args=(held,)
            )  # fmt: skip
        if talk.board:
            st.button(
                "Comment", key=f"{name}-comment", type="tertiary", icon=":material/add_comment:",
                on_click=_comment, args=(held, shown, name, talk),
            )  # fmt: skip
        _remarks(held, name)
        if held.result is not None and has_change(held.result):
            _dialog_button(held, WHY, TITLE, "help_center", name)
        if held.result is not None:
            _dialog_button(held, HOW_TO, HOW, "help", name)
        if held.result is not None:
            _dialog_button(held, ORIGIN, "Where it comes from", "receipt_long", name)
        if shown.analysis is not None and shown.analysis.receipt:
            links.receipt_link(shown.analysis.receipt, "Re-run these numbers")


def _has_chart_and_table(shown: TileShown) -> bool:
    """Return whether an analysis can appear as a chart or as a table."""
    found = shown.analysis
    return found is not None and bool(found.tables) and found.main_chart(current_tokens()) is not None


def _set_alert(held: TileState, result: Result) -> None:
    metric = alert_metric(result, held.actor, session.workspace().visible(held.actor))
    if metric and not names_a_person(result.query, session.workspace().model):
        links.set_alert_link(result.query, metric)


def _dialog_button(tile_state: TileState, what: str, label: str, icon: str, name: str) -> None:
    """Draw a button that opens a dialog and closes the menu, which would otherwise cover the dialog."""

    def press() -> None:
        tile_state.dialog = what
        st.session_state[f"{name}-menu"] = False

    st.button(label, key=f"{name}-{what}", type="tertiary", icon=f":material/{icon}:", on_click=press)


def open_dialog(tile_state: TileState, shown: TileShown, name: str) -> None:
    """Open the dialog that was chosen in the menu, once."""
    what, tile_state.dialog = tile_state.dialog, ""
    result = tile_state.result
    if not what or result is None:
        return
    if what == WHY:
        open_why(result.query, tile_state.actor, name)
    elif what == HOW_TO:
        open_how_to_read(tile_state.actor, lambda: _how(tile_state, shown, result))
    else:
        _open_origin(tile_state)


def _remarks(tile_state: TileState, name: str) -> None:
    """Draw the buttons that add and edit a chart's remarks, for people who can."""
    result = tile_state.result
    if tile_state.kind is not TileKind.CHART or tile_state.is_earlier or result is None:
        return
    if not remark_form.may_remark(result, tile_state.actor):
        return
    st.button(
        "Add a remark", key=f"{name}-remark-new", type="tertiary", icon=":material/add_comment:",
        on_click=_open_remarks, args=(tile_state, remark_form.begin, name),
    )  # fmt: skip
    if any(remark.id for remark in tile_state.remarks):
        st.button(
            "Edit remarks", key=f"{name}-remark-edit", type="tertiary", icon=":material/edit_note:",
            on_click=_open_remarks, args=(tile_state, remark_form.open_existing, name),
        )  # fmt: skip


def _open_remarks(tile_state: TileState, begin: Callable[[Result, str], None], name: str) -> None:
    """Open the remarks dialog and close the menu, which would otherwise cover it."""
    if tile_state.result is not None:
        begin(tile_state.result, _remark_key(tile_state))
        st.session_state[f"{name}-menu"] = False


def remark_dialog(tile_state: TileState, workspace: Workspace) -> bool:
    """Draw the remarks dialog of this tile if it's open, and return whether it is.

    Call this once per run, no matter how often the tile is drawn, and for one tile only, because a page can have only
    one dialog.
    """
    if tile_state.result is None:
        return False
    return remark_form.show(tile_state.result, workspace, tile_state.actor, _remark_key(tile_state), _read_anew)


def _remark_key(tile_state: TileState) -> str:
    """Return the key of a tile's remarks. It's the same for every drawing of the tile."""
    return f"tile-{tile_state.question.tile.id}"


def _read_anew() -> None:
    """Make every tile of this session reload its remarks, because a remark appears on all charts that cover
    its days.
    """
    for state in st.session_state.values():
        if isinstance(state, TileState):
            state.forget_beside()


# Comments


def comments_button(tile_state: TileState, shown: TileShown, name: str, talk: BoardComments) -> None:
    """Draw a button with the number of open comments, if there are any. It opens the comments."""
    counts = counts_of("board", talk.board, session.workspace(), tile_state.actor)
    count = counts.get(tile_state.question.tile.id, 0)
    if count:
        words = f"{counted(count, 'comment')} on {shown.title}"
        st.button(
            f"{count} {unseen(words.partition(' ')[2])}",
            key=f"{name}-comments", type="tertiary", icon=":material/chat_bubble:", help=plain(words),
            on_click=open_comments, args=(tile_state, shown.title, talk),
        )  # fmt: skip


def _comment(tile_state: TileState, shown: TileShown, name: str, talk: BoardComments) -> None:
    """Open the comments drawer and close the menu, which would otherwise cover it."""
    open_comments(tile_state, shown.title, talk, writes=True)
    st.session_state[f"{name}-menu"] = False


def open_comments(
    tile_state: TileState,
    title: str,
    talk: BoardComments,
    picked: SelectedRows | None = None,
    column: str = "",
    *,
    writes: bool = False,
) -> None:
    """Open the comments drawer of a tile.

    If `writes` is set, it starts with the fields for a comment on the answer, or on the picked mark.
    """
    drawer = Drawer(talk.place(tile_state.question.tile.id), title, tile_state.actor)
    drawer.doing = NEW if writes else drawer.doing
    _take_answer(drawer, tile_state, talk)
    if drawer.about is not None and picked is not None and tile_state.result is not None:
        mark = about_mark(drawer.about, tile_state.result, picked, column)
        work = session.comment_work(session.workspace(), tile_state.actor)
        if mark is not None and work.may_be_about(mark):
            drawer.about, drawer.whole = mark, drawer.about
    open_drawer(drawer)


def _take_answer(drawer: Drawer, tile_state: TileState, talk: BoardComments) -> None:
    """Make the newest answer of the tile the subject of new comments."""
    if tile_state.result is not None and not tile_state.is_earlier and not tile_state.is_stale:
        drawer.about = about_result(tile_state.result, talk.settings)
        drawer.receipt = tile_state.result.receipt
    elif tile_state.analyzed is not None and tile_state.running is None:
        drawer.about = about_analyzed(tile_state.analyzed, talk.settings)
        drawer.receipt = tile_state.analyzed.receipt


def comments_drawer(tile_state: TileState, talk: BoardComments) -> bool:
    """Draw the comments drawer of this tile if it's open, and return whether it is.

    Like `remark_dialog`, call this once per run, for one tile only.
    """
    place = talk.place(tile_state.question.tile.id)
    if not talk.board or not is_open(place):
        return False
    return show_drawer(place, tile_state.actor, _read_anew, lambda drawer: _take(drawer, tile_state, talk))


def _take(drawer: Drawer, tile_state: TileState, talk: BoardComments) -> None:
    """Complete a drawer that a link opened before the tile had an answer."""
    drawer.title = drawer.title or tile_state.title
    if drawer.about is None:
        _take_answer(drawer, tile_state, talk)


def _turn(tile_state: TileState) -> None:
    tile_state.as_table = not tile_state.as_table


def _open_origin(tile_state: TileState) -> None:
    """Open the passport of a number or, if there are several numbers, the definitions and sources of all of them."""
    result = tile_state.result
    if result is None:
        return
    if tile_state.kind is TileKind.NUMBER:
        open_passport(session.workspace(), tile_state.actor, result, only_row(result), main_values(result)[0].name)
    else:
        _origin(tile_state, result)


@st.dialog("Where these numbers come from", position="right", width="small")
@in_turn
def _origin(tile_state: TileState, result: Result) -> None:
    workspace, asking = session.require("viewer")
    if asking != tile_state.actor:
        st.rerun()
    for note in result.notes:
        st.markdown(f":small[:gray[:material/info:] {plain(note)}]")
    show.definitions(result, workspace.visible(asking), workspace.model, today=workspace.today(), columns=1)
    if result.receipt:
        links.receipt_link(result.receipt, "Re-run these numbers")
    show.provenance(result, asking, workspace)


def _how(tile_state: TileState, shown: TileShown, result: Result) -> tuple[tuple[Section, ...], str]:
    """Return how to read the tile in its current form, and why it has this chart."""
    is_number = tile_state.kind is TileKind.NUMBER
    if tile_state.as_table or tile_state.kind is TileKind.TABLE:
        return sections(DrawnAnswer(kind="table", metrics=()), table_sentences(result))[1:], ""
    if tile_state.kind is TileKind.PIVOT and len(result.keys) > 1:
        return sections(DrawnAnswer(kind="table", metrics=()), pivot_sentences(result, default_across(result)))[1:], ""
    kind = "tiles" if is_number else tile_state.question.tile.chart or None
    chart = pictures.picture(result, current_tokens(), kind, () if is_number else tile_state.remarks)
    drawn = replace(what_is_drawn(chart, result), has_trend=shown.line is not None, has_pace=shown.pace is not None)
    return sections(drawn), "" if is_number else chart.reason
