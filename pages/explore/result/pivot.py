"""An answer with two or more breakdowns as a pivot table. Its cells are the same as the table's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from pages.explore.result.cells import above_numbers
from pages.explore.result.selection import Ask, SelectionContext
from pages.shell.parts import plain
from pages.widgets.still import still_styler
from semantic.display.charts.drawing import NOT_COMPARED
from semantic.display.evidence import evidence
from semantic.display.format import grid_format, grid_label, grid_write, listed
from semantic.display.pivot import ACROSS, DOWN, Line, Pivot, default_across, pivot_totals, pivoted
from semantic.display.rows import count_words, main_values
from semantic.display.tints import tints
from semantic.display.tokens import Tokens, ink_on
from semantic.model.definitions import Granularity, NumberFormat

if TYPE_CHECKING:
    from semantic.query.query import Query
    from semantic.results.result import Result, ResultColumn

column = st.column_config


@dataclass(frozen=True, slots=True)
class PivotGrid:
    """The pivot table as it's sent. `cells` has the row and column of the answer for each cell."""

    rows: Any  # a Styler: tints need pandas
    columns: dict[int, Any]
    cells: dict[tuple[int, str], tuple[int, str]]
    height: int
    note: str
    across: tuple[str, ...]
    with_totals: Query | None  # the question with this pivot table's totals, or None if it has them or can't have them


def current_across(shown: Result, key: str) -> tuple[str, ...]:
    """Return the breakdowns in columns: this session's choice if it leaves at least one in rows, or else
    the default.
    """
    names = [column.name for column in shown.keys]
    chosen: Sequence[str] = st.session_state.get(f"{key}-across", ())
    held = tuple(name for name in names if name in chosen)
    return held if held and len(held) < len(names) else default_across(shown)


def make_pivot(
    shown: Result, on: SelectionContext, tokens: Tokens, across: tuple[str, ...], *, scale: bool
) -> PivotGrid:
    pivot, metrics = pivoted(shown, across), main_values(shown)
    names = [f"{c} {metric.name}" for c in range(len(pivot.columns)) for metric in metrics]
    frame = {name: _numbers(pivot, int(name.split(" ", 1)[0]), name.split(" ", 1)[1], shown) for name in names}
    keys = {f"key {place}": [line.names[place] for line in pivot.rows] for place in range(len(pivot.down))}
    texts = {name: pl.Series(name, values, dtype=pl.String) for name, values in keys.items()}
    numbers = {name: pl.Series(name, values, dtype=pl.Float64) for name, values in frame.items()}
    data = pl.DataFrame(texts | numbers).to_pandas()
    css = pl.DataFrame(_styles(pivot, metrics, shown, tokens, list(keys), scale=scale)).to_pandas()
    configured = _heads(pivot, metrics, shown)
    writes = {metric.name: grid_write(metric, shown.table.column(metric.name).to_pylist()) for metric in metrics}
    written: dict[str, Any] = {name: write for name in names if (write := writes[name.split(" ", 1)[1]]) is not None}
    cells = {(r, f"{c} {metric.name}"): (row, metric.name) for (r, c), row in pivot.cells.items() for metric in metrics}
    wished = replace(shown.query, totals=pivot_totals(shown.query, across))
    missing = set(wished.totals) - set(shown.query.totals)
    return PivotGrid(
        rows=still_styler(
            data.style.apply(lambda _: css, axis=None).format(written),
            {list(data.columns).index(name) for name in written},
        ),
        columns=configured,
        cells=cells,
        height=34 * min(len(pivot.rows), 20) + 37,
        note=_note(pivot, shown),
        across=across,
        with_totals=wished if missing and on.passes(wished) else None,
    )


def pivot_controls(shown: Result, grid: PivotGrid, ask: Ask, *, key: str) -> None:
    """Draw the choice of the breakdowns in columns, and of totals."""
    names = {column.name: column.label for column in shown.keys}
    widget = f"{key}-across-chosen"

    def change() -> None:
        chosen: list[str] = st.session_state[widget]
        st.session_state[f"{key}-across"] = tuple(chosen) if 0 < len(chosen) < len(names) else grid.across

    with st.popover("Across", icon=":material/swap_horiz:", key=f"{key}-pivot", on_change="rerun") as popover:
        if popover.open:
            with st.container(width=280, gap="small"):
                st.pills(
                    "Columns from left to right", list(names), default=list(grid.across), selection_mode="multi",
                    key=widget, format_func=lambda name: plain(names[name]), on_change=change,
                    help="The rest become rows. Keep at least one.",
                )  # fmt: skip
    _totals_switch(shown, grid, ask, key)


def _totals_switch(shown: Result, grid: PivotGrid, ask: Ask, key: str) -> None:
    """Draw the switch for totals. They're calculated from the rows of the data, never from the cells."""
    has_all = not set(pivot_totals(shown.query, grid.across)) - set(shown.query.totals)
    widget = f"{key}-totals-{has_all}"

    def change() -> None:
        wanted = st.session_state[widget]
        if wanted and grid.with_totals is not None:
            ask(grid.with_totals)
        elif not wanted:
            ask(replace(shown.query, totals=()))

    refused = not has_all and grid.with_totals is None
    st.toggle(
        "Totals", value=has_all, key=widget, on_change=change, disabled=refused,
        help="These metrics can't be totaled over these breakdowns." if refused else "Calculated from all rows.",
    )  # fmt: skip


def pivot_table(shown: Result, grid: PivotGrid, *, key: str, on_select: Callable[[], None] | None) -> None:
    """Draw the pivot table and, below it, a note on what it leaves out."""
    # Any: Streamlit takes positions as well as names.
    columns: Any = {place: column.copy() for place, column in grid.columns.items()}
    picking: dict[str, Any] = {"on_select": on_select, "selection_mode": "single-cell"} if on_select else {}
    st.dataframe(
        grid.rows, key=key, hide_index=True, row_height=34, placeholder="\N{EM DASH}", height=grid.height,
        column_config=columns, **picking, alt=f"{shown.title}. {grid.note}",
    )  # fmt: skip
    if grid.note:
        st.caption(plain(grid.note))


def _numbers(pivot: Pivot, c: int, name: str, shown: Result) -> list[float | None]:
    """Return the numbers of a column, with shares in percent, as the grid shows them."""
    values = shown.table.column(name).to_pylist()
    is_share = next(column for column in shown.values if column.name == name).format is NumberFormat.SHARE
    cell_values = (
        values[row] if (row := pivot.cells.get((r, c))) is not None else None for r in range(len(pivot.rows))
    )
    return [None if value is None else float(value) * 100 if is_share else float(value) for value in cell_values]


def _heads(pivot: Pivot, metrics: Sequence[ResultColumn], shown: Result) -> dict[int, Any]:
    """Return the headers by position. Positions include the hidden index."""
    heads: dict[int, Any] = {}
    for place, key in enumerate(pivot.down):
        longest = max((len(line.names[place]) for line in pivot.rows), default=0)
        width = min(240, max(96, 28 + 7 * max(longest, len(key.label))))
        heads[len(heads) + 1] = column.TextColumn(key.label, pinned=place == 0, width=width)
    for line in pivot.columns:
        for metric in metrics:
            numbers = shown.table.column(metric.name).to_pylist()
            label = _head(line, pivot)
            width = min(240, max(104, 28 + 7 * len(label)))
            in_words = grid_write(metric, numbers) is not None  # Each number has its own decimals, as in the rows.
            if len(metrics) > 1:
                label = f"{label}, {grid_label(metric, numbers, in_words=in_words)}"
                width = min(240, max(width, 28 + 7 * len(label)))
            written = None if in_words else grid_format(metric, numbers)
            heads[len(heads) + 1] = column.NumberColumn(above_numbers(label), format=written, width=width)
    return heads


def _head(line: Line, pivot: Pivot) -> str:
    """Return the header of a column. A week is shown as its first day, as in the table."""
    return ", ".join(
        name.removeprefix("week of ") if kind == "member" and key.grain is Granularity.WEEK else name
        for name, (kind, _), key in zip(line.names, line.place, pivot.across, strict=True)
        if name
    )


def _styles(
    pivot: Pivot, metrics: Sequence[ResultColumn], shown: Result, tokens: Tokens, keys: Sequence[str], *, scale: bool
) -> dict[str, list[str]]:
    """Return the styles of the cells: bold totals, grey small numbers and tints, as in the table."""
    weak, tinted = evidence(shown), {metric.name: tints(metric, shown, tokens) if scale else [] for metric in metrics}

    def style(r: int, c: int, name: str) -> str:
        row, line, head = pivot.cells.get((r, c)), pivot.rows[r], pivot.columns[c]
        if row is None:
            return ""
        it = weak[name][row] if name in weak else None
        if it is not None and not it.is_enough:
            return f"color: {tokens.muted}; font-style: italic"
        if scale and (tint := tinted[name][row]) is not None:
            return f"background-color: {tint}; color: {ink_on(tint)}"
        return "font-weight: 600" if line.is_total or head.is_total else ""

    styles = {name: ["font-weight: 600" if line.is_total else "" for line in pivot.rows] for name in keys}
    for c in range(len(pivot.columns)):
        for metric in metrics:
            styles[f"{c} {metric.name}"] = [style(r, c, metric.name) for r in range(len(pivot.rows))]
    return styles


def _note(pivot: Pivot, shown: Result) -> str:
    """Return what the pivot table leaves out, and what a dash means in it."""
    texts: list[str] = []
    if pivot.columns_left_out:
        texts.append(f"Showing the first {ACROSS} columns. The table has {pivot.columns_left_out:,} more.")
    if pivot.rows_left_out:
        texts.append(f"Showing the first {DOWN} rows. The table has {pivot.rows_left_out:,} more.")
    limit = shown.query.limit
    if limit is not None and limit < shown.groups:
        texts.append(f"Includes {count_words(shown)}, as the question asks.")
    if len(pivot.cells) < len(pivot.rows) * len(pivot.columns):
        pair = listed(column.label for column in (*pivot.down, *pivot.across))
        hidden = ", or too little to show" if any(map(shown.hides, shown.values)) else ""
        texts.append(f"\N{EM DASH} means no data for that {pair.lower()}{hidden}.")
    if any(column.compare for column in shown.values):
        texts.append(NOT_COMPARED)
    return " ".join(texts)
