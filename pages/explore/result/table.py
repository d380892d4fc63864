"""The table of an answer, as a grid of typed cells: numbers sort as numbers, totals are bold, and changes
are coloured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from pages.explore.result.cells import (
    ROWS_SHOWN,
    GridColumn,
    TableDisplay,
    above_numbers,
    as_arrow,
    grid_columns,
    is_styled,
    key_letters,
    longest_bar,
    own_digits,
    styled,
    table_frame,
    visible_rows,
)
from pages.shell.parts import plain
from semantic.display.evidence import evidence
from semantic.display.format import (
    NAMED_PARTS,
    counted,
    decimals_for_all,
    decimals_of,
    grid_format,
    grid_label,
)
from semantic.display.rows import comparison_words, group_words, numbers_beside
from semantic.display.tokens import Tokens
from semantic.display.totals import total_words, totals_legend
from semantic.display.words.calculated import calculation_words
from semantic.model.definitions import Granularity, NumberFormat, TypeKind
from semantic.query.describe import upper_first
from semantic.query.query import Order

if TYPE_CHECKING:
    from semantic.query.query import Query
    from semantic.results.result import Result, ResultColumn

TALL = 20  # rows shown without a scroll bar
ROW = 34
HEAD = 33  # including the frame; with a height that's known in advance, nothing moves when the grid is drawn
TALL_HEIGHT = ROW * 16  # the height of a grid with a scroll bar
WIDEST = 420  # pixels of a column of names: longer ones are cut
BAR, NO_NUMBER = 96, "\N{NO-BREAK SPACE}"  # the pixels of a column of bars, which has no numbers
FEW = 4  # the number of columns that would be too far apart over the full width
LABELS = {
    Granularity.WEEK: "Week of",
    Granularity.FISCAL_QUARTER: "Fiscal quarter from",
    Granularity.FISCAL_YEAR: "Fiscal year from",
}
FORMATS = {
    Granularity.MONTH: "MMM YYYY",
    Granularity.QUARTER: "[Q]Q YYYY",
    Granularity.YEAR: "YYYY",
    Granularity.FISCAL_QUARTER: "MMM YYYY",
    Granularity.FISCAL_YEAR: "MMM YYYY",
}

column = st.column_config


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows as the grid gets them, with the headers and formats of the columns."""

    rows: Any  # Arrow, or a Styler over it: pandas is used only where Streamlit reads cell styles from it
    columns: dict[str, Any]
    order: tuple[str, ...]  # the visible columns
    places: tuple[int, ...]  # the row of the answer for each row of the grid
    note: str  # the number of rows shown, and of all rows


def table(
    shown: Result, grid: Grid, *, key: str, on_select: Callable[[], None] | None = None,
    on_sort: Callable[[str], None] | None = None, is_wide: bool = False, marked: tuple[int, str] | None = None,
) -> None:  # fmt: skip
    """Draw the grid. It scrolls if it has many rows, and takes the full width if `is_wide` is set.

    A click on a cell calls `on_select`, which finds the cell in the session under `key`. `marked` is selected at first.
    A click on a header calls `on_sort` with the column's name. Without `on_sort`, the grid sorts the rows itself.
    """

    def clicked() -> None:
        # Any: Streamlit's state of a grid's selection.
        state: Any = st.session_state.get(key)  # no longer set after a click on a table that has been replaced
        columns = state.selection.columns if state is not None else []
        if on_sort is not None and columns:
            on_sort(str(columns[0]))
        elif on_select is not None:
            on_select()

    picking: dict[str, Any] = {}
    if on_select is not None:
        modes = ["single-cell", *(["single-column"] if on_sort is not None else [])]
        picking = {"on_select": clicked, "selection_mode": modes}
    if on_select is not None and marked is not None:
        picking["selection_default"] = {"selection": {"cells": [marked]}}
    st.dataframe(
        grid.rows, key=key, hide_index=True, row_height=ROW, column_order=grid.order,
        width="stretch" if is_wide else _width(grid),
        column_config={name: column.copy() for name, column in grid.columns.items()},  # the grid changes them
        placeholder="\N{EM DASH}",
        height=HEAD + ROW * len(grid.places) if len(grid.places) <= TALL else TALL_HEIGHT,
        alt=f"{shown.title}, {grid.note}", **picking,
    )  # fmt: skip


def make_grid(shown: Result, tokens: Tokens, look: TableDisplay = TableDisplay()) -> Grid:  # noqa: B008 (frozen)
    """Return the table of an answer in the colours of one mode."""
    frame, columns = table_frame(shown, look), grid_columns(shown, look)
    has_styles = is_styled(shown, look)
    rows = styled(frame, shown, look, tokens) if has_styles else as_arrow(frame)
    order = tuple(
        grid_column.name
        for grid_column in columns
        if grid_column.column.name not in look.hidden and grid_column.name not in look.hidden
    )
    return Grid(
        rows=rows,
        columns=_columns(shown, frame, columns, tokens, look, has_styles=has_styles),
        order=order or tuple(grid_column.name for grid_column in columns),
        places=tuple(visible_rows(shown, look)[0]),
        note=_note(shown),
    )


def _width(grid: Grid) -> Any:
    """Return the full width, or the width that a few columns need.

    Any: pixels or a word.
    """
    if len(grid.order) > FEW:
        return "stretch"
    heads = [grid.columns[name] for name in grid.order]
    return sum(max(column.get("width") or 0, 150, 48 + 7 * len(column.get("label") or "")) for column in heads)


def sorted_by(name: str, shown: Result) -> Query | None:
    """Return the question after a click on a column's header: sorted by the column, then reversed, then in its own
    order.

    Numbers start with the largest and names with the first. Returns None if only the rows on screen can be sorted. A
    question can't be ordered by a change, and another order can change more than the order (see `keeps_rows`).
    """
    ways = _ways(name, shown)
    if keeps_rows(shown) or all(column.name != ways[0].by for column in shown.columns):
        return None
    current = shown.query.order[0] if shown.query.order else None
    place = ways.index(current) + 1 if current in ways else 0
    return replace(shown.query, order=tuple(ways[place : place + 1]))


def keeps_rows(shown: Result) -> bool:
    """Return whether the current rows have to stay, because a new order would choose other rows or drop part of the
    order.
    """
    limit = shown.query.limit
    return len(shown.query.order) > 1 or (limit is not None and limit < shown.groups)


def sort_after_click(name: str, shown: Result, current: tuple[str, bool] | None) -> tuple[str, bool] | None:
    """Return how rows are sorted after a click on a column's header, or None for the question's order.

    Clicks sort one way, then the other way, then not at all.
    """
    ways = [(order.by, order.desc) for order in _ways(name, shown)]
    place = ways.index(current) + 1 if current in ways else 0
    return ways[place] if place < len(ways) else None


def _ways(name: str, shown: Result) -> list[Order]:
    """Return the two orders of a column. The columns of bars, shares and intervals sort by their metric."""
    name = name.removesuffix(" bar").removesuffix(" share").removesuffix(" interval")
    first_down = all(key.name != name for key in shown.keys)
    return [Order(name, desc=first_down), Order(name, desc=not first_down)]


def _arrow(one: GridColumn, shown: Result, look: TableDisplay) -> str:
    """Return the arrow in the header of the column that the rows are sorted by, or "" for other columns."""
    first = shown.query.order[0] if shown.query.order else None
    if look.order is not None:
        name, falls = look.order
    elif first is not None:
        name, falls = first.by, first.desc
    else:
        return ""
    if one.name != name:
        return ""
    return " \N{DOWNWARDS ARROW}" if falls else " \N{UPWARDS ARROW}"


MARKS = {"summed": "functions", "recomputed": "refresh", "day": "event", "none": "remove"}


def legend(shown: Result) -> tuple[str, ...]:
    """Return what grey numbers mean and how each metric's total is calculated, as lines of Markdown."""
    lines: list[str] = []
    small = sum(
        each_evidence is not None and not each_evidence.is_enough
        for every in evidence(shown).values()
        for each_evidence in every
    )
    if small:
        words = "is based on too little data" if small == 1 else "are based on too little data"
        lines.append(f":small[:gray[Gray: {counted(small, 'number')} {words}.]]")
    texts = [f":material/{MARKS[kind]}: {plain(words)}" for kind, words in totals_legend(shown)]
    if texts:
        lines.append(f":small[:gray[Totals: {'. &nbsp;'.join(texts)}.]]")
    return tuple(lines)


def _note(shown: Result) -> str:
    count = shown.table.num_rows
    if count <= ROWS_SHOWN:
        return group_words(shown)
    return f"the first {ROWS_SHOWN:,} of {counted(count, 'row')}"


# Headers


def _columns(
    shown: Result,
    frame: pl.DataFrame,
    columns: Sequence[GridColumn],
    tokens: Tokens,
    look: TableDisplay,
    *,
    has_styles: bool,
) -> dict[str, Any]:
    """Return the header, width, help and cell format of each column."""
    configured: dict[str, Any] = {}
    for place, one in enumerate(columns):
        arrow = _arrow(one, shown, look)
        match one.kind:
            case "key":
                letters = key_letters(frame[one.name], one.column, shown) if frame[one.name].dtype == pl.String else 0
                configured[one.name] = key_column(frame[one.name], one.column, letters, pinned=place == 0, arrow=arrow)
            case "change":
                configured[one.name] = _change_column(one, frame[one.name], arrow, has_styles=has_styles)
            case "share":
                configured[one.name] = _share_column(one, frame[one.name], tokens)
            case "bar":
                configured[one.name] = _bar_column(one, longest_bar(one.column, shown), tokens)
            case "interval":
                configured[one.name] = column.TextColumn(above_numbers(one.label), help=_INTERVAL, alignment="right")
            case _:
                numbers = numbers_beside(one.column, shown)
                in_words = has_styles and own_digits(one, shown) is not None  # A format would override the style.
                label = grid_label(replace(one.column, label=one.label), numbers, in_words=in_words)
                configured[one.name] = column.NumberColumn(
                    above_numbers(label + arrow), help=_help(one.column, shown),
                    format=None if in_words else grid_format(one.column, numbers),
                )  # fmt: skip
    return configured


_INTERVAL = "95% confidence interval."


def _help(value: ResultColumn, shown: Result) -> str | None:
    """Return the meaning of a metric, how its total is calculated, and what an empty cell means, or None."""
    means = value.metric.means if value.metric and not value.compare else ""
    if value.calculation is not None:
        means = f"{upper_first(calculation_words(value.calculation, shown))}."
    empty = shown.table.column(value.name).null_count > 0
    texts = [means, total_words(value, shown), _empty_words(value, shown) if empty else ""]
    return plain(" ".join(part for part in texts if part)) or None


def _empty_words(value: ResultColumn, shown: Result) -> str:
    if value.calculation is not None:
        return "\N{EM DASH} means there was nothing to calculate from."
    where = "in the earlier period " if value.compare else ""
    why = "there was nothing to divide by" if value.is_ratio else f"nothing was recorded {where}".strip()
    hidden = any(shown.hidden.get(value.name, ()))
    return f"\N{EM DASH} means {why}{', or the number is hidden for privacy' if hidden else ''}."


def _bar_column(grid_column: GridColumn, most: float, tokens: Tokens) -> Any:
    """Return the format of a column with bars. The numbers are in the column before it."""
    text = f"{grid_column.column.label}: a full bar is the largest number in the column."
    return column.ProgressColumn(
        plain(grid_column.label),
        format=NO_NUMBER,
        min_value=0,
        max_value=most,
        color=tokens.series[0],
        help=plain(text),
        width=BAR,
    )


def _share_column(grid_column: GridColumn, values: pl.Series, tokens: Tokens) -> Any:
    """Return the format of a column of shares. It has bars, unless some shares are negative, because bars
    start at 0.
    """
    text = f"{grid_column.column.label} as a share of the total. A full bar is 100%."
    written = f"%,.{decimals_for_all(values, 1)}f%%"
    if any(value is not None and value < 0 for value in values):
        return column.NumberColumn(
            above_numbers("Share"), format=written, help=plain(f"{grid_column.column.label} as a share of the total.")
        )
    return column.ProgressColumn(
        above_numbers(grid_column.label),
        format=written,
        min_value=0,
        max_value=100,
        color=tokens.series[0],
        help=plain(text),
        width=150,
    )


def _change_column(one: GridColumn, values: pl.Series, arrow: str, *, has_styles: bool) -> Any:
    """Return the format of a column with a change. A styled grid shows changes in words, which a format
    would override.
    """
    is_share = one.column.format is NumberFormat.SHARE
    unit = f"{decimals_for_all(values, decimals_of(one.column))}f pp" if is_share else "1f%%"
    text = "In percentage points." if is_share else "Change in %. \N{EM DASH} means no earlier value."
    if one.before is not None:
        text = f"{one.column.label} compared with {comparison_words(one.column, one.before)}. {text}"
    better = {"up": " Higher is better.", "down": " Lower is better.", "none": ""}[one.column.direction]
    label = above_numbers(one.label + arrow)
    return column.NumberColumn(label, format=None if has_styles else f"%+.{unit}", help=plain(text + better))


def key_column(values: pl.Series, key: ResultColumn, longest: int, *, pinned: bool, arrow: str = "") -> Any:
    """Return the header and width of a key column. `longest` is the length of its longest text, `arrow` marks the sort
    column.
    """
    label = LABELS.get(key.grain, key.grain.words.capitalize()) if key.grain else key.label
    if values.dtype == pl.String:
        label = (label if key.grain is Granularity.WEEK else key.label) + arrow
        return column.TextColumn(label, pinned=pinned, width=min(WIDEST, max(96, 28 + 7 * max(longest, len(label)))))
    if (key.grain is not None and key.grain.is_clock) or (
        key.grain is None and key.type.kind in (TypeKind.TIMESTAMP, TypeKind.TIMESTAMPTZ)
    ):
        more = {Granularity.SECOND: ":ss", Granularity.MILLISECOND: ":ss.SSS"}.get(key.grain or Granularity.HOUR, "")
        return column.DatetimeColumn(key.label + arrow, format=f"D MMM YYYY, HH:mm{more}", pinned=pinned)
    if key.grain is not None or key.type.is_time:
        words = FORMATS.get(key.grain or Granularity.DAY, "D MMM YYYY")
        return column.DateColumn(label + arrow, format=words, pinned=pinned, width=120)
    label = above_numbers(key.label + arrow)
    if key.part in NAMED_PARTS:  # Its words are a style, which a format would override.
        return column.NumberColumn(label, pinned=pinned)
    return column.NumberColumn(label, format="plain" if key.type.kind is TypeKind.DOUBLE else "%d", pinned=pinned)
