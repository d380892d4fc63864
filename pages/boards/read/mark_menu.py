"""The menu on a number, cell or mark of a tile: filter the board, ask why it changed, or continue in Explore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.boards.read.tile_marks import OTHER, choices_of, pick_rows, without_tile
from pages.boards.read.tile_menu import open_comments
from pages.explore.result import pictures, remark_form
from pages.explore.result.actions import DOWN, NO_WAYS, ORIGIN, RECORDS, OfferedActions, cell_of, further_breakdowns
from pages.explore.result.passport import open_passport
from pages.explore.result.records import may_see_records, open_records
from pages.explore.result.selection import Selection, SelectionContext
from pages.explore.result.why import TITLE, open_why
from pages.shell import links
from pages.shell.parts import unseen
from pages.widgets.pointer_menu import CLEAR, Item, Menu, Submenu, pointer_menu
from semantic.display.format import MISSING
from semantic.display.rows import is_other, main_values, row_kinds
from semantic.display.words.kpi import only_row
from semantic.display.words.selection import SelectionWords, selection_words
from semantic.explore.drill import keep_only, selection_question
from semantic.explore.selection import SelectedRows, select_rows
from semantic.query.codec import query_to_params

if TYPE_CHECKING:
    from pages.boards.read.tile import TileState
    from pages.boards.read.tile_marks import Picks
    from pages.comments.board_comments import BoardComments
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

FILTER, EXPLORE, WHY, REMARK, COMMENT = "filter", "explore", "why", "remark", "comment"
_CLICKS = "board_clicks"


def listen() -> None:
    """Make the browser record where people click before there is a menu. Call this once, below the tiles."""
    with st.container(key="mark-menu-none"):
        pointer_menu(Menu(within="board-tiles"), lambda _: None, key="board-marks")


def select(tile_state: TileState, result: Result, rows: Sequence[int], column: str, source: str) -> None:
    """Record a click. Without rows, it clears the selection in that part of the tile."""
    selection = tile_state.selection
    tile_state.is_down = False
    if rows:
        click = st.session_state[_CLICKS] = st.session_state.get(_CLICKS, 0) + 1
        tile_state.selection = Selection(result, tuple(rows), column, source, click)
    elif selection is not None and selection.source == source:
        tile_state.selection = None


def number_button(tile_state: TileState, result: Result, title: str, name: str) -> None:
    """Draw the button over a large number, which opens its menu with the mouse or keyboard."""

    def press() -> None:
        select(tile_state, result, [only_row(result)], main_values(result)[0].name, "number")

    with st.container(key=f"number-menu-{name}"):
        st.button(unseen(f"Ask about {title}"), key=f"{name}-number", type="tertiary", on_click=press)


def draw(
    tile_state: TileState, title: str, tile: str, name: str, workspace: Workspace, picks: Picks, talk: BoardComments
) -> None:
    """Draw the menu for the clicked part of the answer, if any. `tile` is the name of the tile, `name` that of this
    drawing.
    """
    selection, result = tile_state.selection, tile_state.result
    if picks.take is None or selection is None or result is None or selection.result.table is not result.table:
        return
    on = pictures.surroundings(result, workspace, tile_state.actor).ground(result, workspace, tile_state.actor)
    picked = select_rows(result, selection.rows, on.asked, column=selection.column)
    if picked is None:
        return
    words = selection_words(picked, result, selection.column)
    menu, acts = _offered(tile_state, picked, selection, words, on, picks, title, talk)
    at = {"chart": f"{name}-chart" if selection.source == "chart" else "", "within": f"tile-{tile}"}
    menu = replace(menu, **at) if result.keys else replace(menu, title=title, value=words.sentence, **at)
    with st.container(key=f"mark-menu-{name}"):
        pointer_menu(menu, lambda chosen: acts[chosen](), key=f"{name}-mark")


def open_chosen(tile_state: TileState, name: str, workspace: Workspace) -> None:
    """Open the dialog or page that was chosen in one of the tile's menus, once."""
    chosen, tile_state.opens = tile_state.opens, None
    result = tile_state.result
    if chosen is None or result is None:
        return
    what, about = chosen
    if what == WHY:
        open_why(about, tile_state.actor, name)
    elif what == EXPLORE:
        st.switch_page(links.EXPLORE, query_params=about)
    elif what == ORIGIN:
        open_passport(workspace, tile_state.actor, result, *about)
    elif what == RECORDS and may_see_records(workspace, tile_state.actor, result, *about):
        open_records(workspace, tile_state.actor, result, *about)


def _offered(
    tile_state: TileState,
    picked: SelectedRows,
    selection: Selection,
    words: SelectionWords,
    on: SelectionContext,
    picks: Picks,
    title: str,
    talk: BoardComments,
) -> tuple[Menu, dict[str, Callable[[], None]]]:
    result = on.result
    offer = OfferedActions()
    note = _filter(offer, tile_state, selection, on, picks)
    change = selection_question(picked, result, on.asked)
    if change is not None and result.query.compare and on.passes(change):
        offer.add(WHY, TITLE.replace("it", "this"), "Y", _later(tile_state, WHY, change))
    further = _further(offer, tile_state, picked, selection, on)
    here = keep_only(picked, result, on.asked, on.passes) or result.query
    offer.add(EXPLORE, "Open in Explore", "E", _later(tile_state, EXPLORE, _address(here)))
    cell = cell_of(selection)
    if cell is not None:
        if may_see_records(on.workspace, on.actor, result, *cell):
            offer.add(RECORDS, "See rows", "S", _later(tile_state, RECORDS, cell))
        offer.add(ORIGIN, "Where it comes from", "W", _later(tile_state, ORIGIN, cell))
    if picked.days and not picked.compare and not tile_state.is_earlier and remark_form.may_remark(result, on.actor):
        key = f"tile-{tile_state.question.tile.id}"
        offer.add(REMARK, "Add remark", "A", lambda: remark_form.begin(result, key, picked))
    if talk.board and not tile_state.is_earlier:

        def comment() -> None:
            open_comments(tile_state, title, talk, picked, selection.column, writes=True)

        offer.add(COMMENT, "Comment", "M", comment)
    if words.value and words.value != MISSING:
        offer.items.append(Item("copy", "Copy value", letter="C", copies=words.value))
    menu = Menu(
        id=f"mark-{selection.click}", title=words.what, value=words.number, items=offer.items, further=further,
        note=note, line=str(words),
    )  # fmt: skip
    return menu, offer.acts | {CLEAR: lambda: None}


def _filter(
    offer: OfferedActions, tile_state: TileState, selection: Selection, on: SelectionContext, picks: Picks
) -> str:
    """Add the menu item that filters by a mark or clears that filter. Returns why there is none, if people could
    wonder.
    """
    result, rows = on.result, selection.rows
    choices = choices_of(tile_state, result, rows, selection.column, on.workspace)
    if choices and set(choices) <= set(tile_state.question.marked):
        offer.add(FILTER, "Clear filter", "F", lambda: without_tile(tile_state, choices, picks))
    elif choices:
        offer.add(
            FILTER, "Filter the board", "F",
            lambda: pick_rows(tile_state, result, rows, selection.column, on.workspace, picks, source=selection.source),
            stays=True,
        )  # fmt: skip
    kinds = row_kinds(result)
    return OTHER if not choices and any(is_other(kinds[row]) for row in rows) else ""


def _further(
    offer: OfferedActions, tile_state: TileState, picked: SelectedRows, selection: Selection, on: SelectionContext
) -> Submenu | None:
    """Return the breakdowns of the clicked mark, computed on request. Each opens in Explore."""
    if picked.is_hour or picked.is_undated or (picked.compare and picked.days):
        return None

    def begin() -> None:
        tile_state.is_down = True

    offer.add(DOWN, "Break down in Explore by", "B", begin, opens=True)
    if not tile_state.is_down:
        return None
    ways = further_breakdowns(picked, selection, on)
    for place, (_, query) in enumerate(ways):
        offer.acts[f"{DOWN}-{place}"] = _later(tile_state, EXPLORE, _address(query))
    items = [Item(f"{DOWN}-{place}", label) for place, (label, _) in enumerate(ways)]
    return Submenu(DOWN, items, "" if items else NO_WAYS)


def _address(query: Query) -> dict[str, list[str]]:
    return query_to_params(query)


def _later(tile_state: TileState, what: str, about: Any) -> Callable[[], None]:
    """Return a click handler that opens a dialog or a page in the tile's next run. Any: the subject of that dialog or
    page.
    """

    def wait() -> None:
        tile_state.opens = what, about

    return wait
