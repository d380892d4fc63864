"""A tile's menu: its trust, which settings don't apply, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.read.tile import TileState
from pages.explore.result import remark_form, show
from pages.explore.result.passport import open_passport
from pages.shell import links, session
from pages.shell.parts import COLOURS, plain
from pages.shell.turns import in_turn
from semantic.boards.board import TileKind
from semantic.display.rows import main_values
from semantic.display.words.kpi import only_row

if TYPE_CHECKING:
    from semantic.display.boards.shown import TileShown
    from semantic.results.result import Result
    from semantic.workspace import Workspace


def menu(held: TileState, shown: TileShown, name: str) -> None:
    """A button with three dots. Its content is built when it's opened."""
    with st.popover(
        "", icon=":material/more_horiz:", key=f"{name}-menu", type="tertiary", on_change="rerun",
        help=f"Actions for {plain(shown.title)}",
    ) as popover:  # fmt: skip
        if popover.open:
            with st.container(width=300, gap="xsmall"):
                _opened(held, shown, name)


def _opened(held: TileState, shown: TileShown, name: str) -> None:
    if shown.words:
        st.markdown(f":small[{plain(shown.words)}]")
    for fact in shown.facts:
        mark = f":{COLOURS[fact.state]}[:material/{fact.icon}: {plain(fact.word)}]"
        st.markdown(f":small[{mark}  \n:gray[{plain(fact.sentence)}]]")
    if shown.no_pace is not None:
        word, why = plain(shown.no_pace.word), plain(shown.no_pace.why)
        st.markdown(f":small[:gray[:material/flag:] {word}  \n:gray[{why}]]")
    for one in shown.ignored:
        st.markdown(f":small[:material/filter_alt_off: Not applied: {plain(one.what)}  \n:gray[{plain(one.reason)}]]")
    with st.container(gap="xxsmall", key=f"list-of-ways-{name}"):
        if shown.query is not None:
            links.explore_link("Open in Explore", shown.query, chart=shown.tile.chart, icon=":material/insert_chart:")
        if held.kind in (TileKind.CHART, TileKind.PIVOT, TileKind.NUMBER):
            label, icon = ("Back to original view", "undo") if held.as_table else ("Show as table", "table_rows")
            st.button(
                label, key=f"{name}-as-table", type="tertiary", icon=f":material/{icon}:", on_click=_turn, args=(held,)
            )  # fmt: skip
        _remarks(held, name)
        if st.button("Where this comes from", key=f"{name}-origin", type="tertiary", icon=":material/receipt_long:"):
            _open_origin(held)


def _remarks(held: TileState, name: str) -> None:
    """Ways to add a remark to a chart and edit existing ones, for anyone who can."""
    found = held.result
    if held.kind is not TileKind.CHART or held.is_earlier or found is None:
        return
    if not remark_form.may_remark(found, held.actor):
        return
    st.button(
        "Add a remark", key=f"{name}-remark-new", type="tertiary", icon=":material/add_comment:",
        on_click=_open_remarks, args=(held, remark_form.begin, name),
    )  # fmt: skip
    if any(one.id for one in held.remarks):
        st.button(
            "Edit remarks", key=f"{name}-remark-edit", type="tertiary", icon=":material/edit_note:",
            on_click=_open_remarks, args=(held, remark_form.begin_changes, name),
        )  # fmt: skip


def _open_remarks(held: TileState, begin: Callable[[Result, str], None], name: str) -> None:
    """Opens the dialog and closes the menu, which would cover it."""
    if held.result is not None:
        begin(held.result, _remark_key(held))
        st.session_state[f"{name}-menu"] = False


def remark_dialog(held: TileState, workspace: Workspace) -> bool:
    """The open remarks dialog of this tile, if any.

    Call once per run, however often the tile is drawn, and for one tile only: a page can have one dialog.
    """
    if held.result is None:
        return False
    return remark_form.show(held.result, workspace, held.actor, _remark_key(held), _read_anew)


def _remark_key(held: TileState) -> str:
    """The same for every drawing of a tile."""
    return f"tile-{held.question.tile.id}"


def _read_anew() -> None:
    """Makes every tile of this session reload its remarks: a remark is on all charts of its days."""
    for one in st.session_state.values():
        if isinstance(one, TileState):
            one.forget_beside()


def _turn(held: TileState) -> None:
    held.as_table = not held.as_table


def _open_origin(held: TileState) -> None:
    """The passport of a number; for several numbers, what each means, and where all came from."""
    result = held.result
    if result is None:
        return
    if held.kind is TileKind.NUMBER:
        open_passport(session.workspace(), held.actor, result, only_row(result), main_values(result)[0].name)
    else:
        _origin(held, result)


@st.dialog("Where these numbers come from", position="right", width="small")
@in_turn
def _origin(held: TileState, result: Result) -> None:
    workspace, asking = session.require("viewer")
    if asking != held.actor:
        st.rerun()
    for note in result.notes:
        st.markdown(f":small[:gray[:material/info:] {plain(note)}]")
    show.definitions(result, workspace.visible(asking), workspace.model, today=workspace.today(), columns=1)
    if result.receipt:
        links.receipt_link(result.receipt, "Re-run these numbers")
    show.provenance(result, asking, workspace)


def open_clicked(held: TileState, result: Result, workspace: Workspace) -> None:
    """Opens the passport of the clicked cell, once: a selection survives reruns, a click doesn't."""
    cell, held.cell = held.cell, None
    if cell is not None and any(one.name == cell[1] and one.metric for one in result.values):
        open_passport(workspace, held.actor, result, *cell)
