"""The table of a tile: each metric with its change, the total, the first rows, and a button for the other rows.

A page doesn't know the width of the screen. Where a phone has no room for the table next to other tiles, a second table
with fewer rows and columns is drawn as well. The style sheet shows one of the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.boards.read import mark_menu
from pages.boards.read.tile_marks import marked_rows
from pages.explore.result import pictures
from pages.explore.result.cells import ROWS_SHOWN, GridColumn, TableDisplay, grid_columns
from pages.explore.result.pivot import pivot_table
from pages.explore.result.table import BAR, Grid, table
from pages.shell.parts import plain
from pages.widgets.theme import current_tokens
from semantic.boards.board import UNITS
from semantic.display.change import change_words
from semantic.display.format import counted, grid_label, listed, writer
from semantic.display.pivot import default_across
from semantic.display.rows import changes, is_of_all, main_values, numbers_beside, row_kinds, shown_columns, verdicts

if TYPE_CHECKING:
    from pages.boards.read.tile import TileState
    from pages.boards.read.tile_marks import Picks
    from semantic.results.result import Result
    from semantic.workspace import Workspace

ROW, HEAD, MORE = 34, 37, 35  # pixels of a table's rows and headers, and of the button for the rest
FEWEST = 5  # the number of rows in the lowest tile and, apart from totals, on a phone
TELEPHONE = 324  # the pixels inside a card on a screen that is 390 pixels wide
LETTER, AROUND = 7.0, 22  # pixels of a character in a cell, and of the padding around its text
MOST_VERDICTS = 3  # the maximum number of changes in a row that have a verdict in words
UNIT = 98  # the pixels of a twelfth of a board on a screen that is 1,280 pixels wide
WIDEST_KEY = 150  # pixels of a column of names
MOST_BARS = 2  # the maximum number of metrics with bars
LONGEST_KEY = 132  # the pixels of a name on a phone, where longer names are cut


def grid(tile_state: TileState, result: Result, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """Draw the first rows that fit the height.

    A click on a number opens its passport, and a click on a value filters by that value.
    """
    changed = sum(column.kind == "change" for column in shown_columns(result))
    look = TableDisplay(earlier=False, verdicts=changed <= MOST_VERDICTS, short=True)
    wide = _with_bars(result, look, tile_state.question.tile.width or UNITS // 2)
    room = height - HEAD
    are_all = tile_state.all_rows or result.table.num_rows * ROW <= room
    wide = wide if are_all else _first(result, wide, max(FEWEST, (room - MORE) // ROW))
    narrow = look if tile_state.all_rows else _on_telephone(result, look)
    if replace(wide, bars=narrow.bars) == narrow:  # A second table would only add bars.
        _part(tile_state, result, narrow, name, "", workspace, picks)
        return
    with st.container(key=f"table-wide-{name}", gap="xsmall"):
        _part(tile_state, result, wide, name, "", workspace, picks)
    with st.container(key=f"table-narrow-{name}", gap="xsmall"):
        _part(tile_state, result, narrow, name, "-narrow", workspace, picks)


def _part(
    tile_state: TileState, result: Result, look: TableDisplay, name: str, which: str, workspace: Workspace, picks: Picks
) -> None:
    """Draw a table, and the button below it that shows the other rows."""
    grid = pictures.grid(result, current_tokens(), look)
    grid = _narrowed(grid, result) if which else grid
    widget = f"{name}-table{which}-{tile_state.marks.again}"
    rows_marked = marked_rows(tile_state, result, workspace, picks)
    first = next((place for place, row in enumerate(grid.places) if row in rows_marked), None)
    marked = (first, grid.order[0]) if first is not None else None
    clicked = _clicked(tile_state, result, grid, widget) if picks.take is not None else None
    table(result, grid, key=widget, on_select=clicked, is_wide=True, marked=marked)
    rest = _rest(result, look)
    if rest or tile_state.all_rows:
        _more(tile_state, result, grid, rest and f"All {rest}", f"{name}{which}")


def _clicked(tile_state: TileState, result: Result, grid: Grid, widget: str) -> Callable[[], None]:
    def clicked() -> None:
        # Any: Streamlit's state of a grid's selection.
        cells: Any = st.session_state[widget].selection.cells
        if cells and 0 <= cells[0][0] < len(grid.places) and cells[0][1] in grid.columns:
            row, column = grid.places[cells[0][0]], str(cells[0][1])
            is_key = any(key.name == column for key in result.keys)
            mark_menu.select(tile_state, result, [row], column if is_key else _number_of(column, result), "table")
        else:
            mark_menu.select(tile_state, result, [], "", "table")

    return clicked


def _number_of(column: str, result: Result) -> str:
    """Return the metric column of a cell. For a cell with a change, it's the column of the metric that changed."""
    for end in (" bar", " share", " interval"):
        column = column.removesuffix(end)
    if column.endswith(" change"):
        before = next((value for value in result.values if value.name == column.removesuffix(" change")), None)
        return before.name.removesuffix(f"_{before.compare}") if before is not None else ""
    return column


# The part on screen


def _first(result: Result, look: TableDisplay, rows: int) -> TableDisplay:
    """Return the table limited to `rows` rows: the first ones and the totals. Unlimited if all rows fit."""
    kinds = row_kinds(result)
    if len(kinds) <= rows:
        return look
    totals = sum(map(is_of_all, kinds))
    return replace(look, first=max(1, rows - totals))


def _on_telephone(result: Result, look: TableDisplay) -> TableDisplay:
    """Return the table for a phone: the first rows, the totals, and as many metrics as fit, but at least one."""
    columns = grid_columns(result, look)
    keys = [grid_column for grid_column in columns if grid_column.kind == "key"]
    room = TELEPHONE - LONGEST_KEY * len(keys)
    metrics = list(dict.fromkeys(grid_column.column.name for grid_column in columns if grid_column.kind != "key"))
    fitting = 0
    for metric in metrics:
        room -= sum(_width(grid_column, result) for grid_column in columns if grid_column.column.name == metric)
        if room < 0 and fitting:
            break
        fitting += 1
    totals = sum(map(is_of_all, row_kinds(result)))
    first = _first(result, look, FEWEST + totals)
    bars = int(fitting == len(metrics) and room >= BAR)
    return replace(first, hidden=frozenset(metrics[fitting:]), verdicts=True, bars=bars)


def _with_bars(result: Result, look: TableDisplay, units: int) -> TableDisplay:
    """Return the table with bars for as many of its first metrics as a tile of this width has room for."""
    columns = grid_columns(result, look)
    taken = sum(WIDEST_KEY if column.kind == "key" else _width(column, result) for column in columns)
    return replace(look, bars=min(MOST_BARS, max(0, int((units * UNIT - taken) // BAR))))


def _narrowed(grid: Grid, result: Result) -> Grid:
    """Return the table with key columns as narrow as a phone needs them."""
    columns = dict(grid.columns)
    for key in result.keys:
        if key.name in columns:
            columns[key.name] = {**columns[key.name], "width": min(columns[key.name].get("width") or 0, LONGEST_KEY)}
    return replace(grid, columns=columns)


def _width(column: GridColumn, result: Result) -> float:
    """Return the approximate width of a column of numbers in pixels."""
    numbers = numbers_beside(column.column, result)
    if column.before is not None:
        columns = changes(column.column, column.before, result), verdicts(column.column, column.before, result)
        texts = [change_words(change, column.column, said) for change, said in zip(*columns, strict=True)]
        head = column.label
    else:
        write = writer(column.column, numbers, short=False)
        texts = [write(number) for number in result.table.column(column.name).to_pylist()]
        head = grid_label(column.column, numbers, in_words=True)
    return AROUND + LETTER * max(map(len, (head, *texts)))


def _rest(result: Result, look: TableDisplay) -> str:
    """Return the size of the whole table, such as "8 rows and 5 metrics", or "" if all of it is shown."""
    kinds = row_kinds(result)
    rows = len(kinds) - sum(map(is_of_all, kinds))
    texts = [counted(rows, "row")] if look.first and look.first < rows else []
    if look.hidden:
        texts.append(counted(len(main_values(result)), "metric"))
    return listed(texts)


def _more(tile_state: TileState, result: Result, grid: Grid, label: str, name: str) -> None:
    def turn() -> None:
        tile_state.all_rows = not tile_state.all_rows

    limit = result.query.limit
    is_cut = result.table.num_rows > ROWS_SHOWN or (limit is not None and limit < result.groups)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Fewer" if tile_state.all_rows else plain(label), key=f"{name}-more", type="tertiary", on_click=turn)
        if is_cut:
            st.markdown(f":small[:gray[{plain(grid.note)}]]", width="content")


# Pivot tables


def pivot(tile_state: TileState, result: Result, name: str, workspace: Workspace, picks: Picks) -> None:
    """Draw the values as a pivot table."""
    pivot = pictures.pivot(result, workspace, tile_state.actor, current_tokens(), default_across(result))
    widget = f"{name}-pivot-{tile_state.marks.again}"

    def clicked() -> None:
        # Any: Streamlit's state of a grid's selection.
        cells: Any = st.session_state[widget].selection.cells
        cell = pivot.cells.get((cells[0][0], str(cells[0][1]))) if cells else None
        mark_menu.select(tile_state, result, [cell[0]] if cell else [], cell[1] if cell else "", "pivot")

    pivot_table(result, pivot, key=widget, on_select=clicked if picks.take is not None else None)
