"""The rows behind a number, in a dialog: rows that the number was calculated from and that this person can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from pages.explore.result.cells import in_zone
from pages.shell import session
from pages.shell.parts import empty_state, plain
from pages.shell.turns import in_turn
from semantic.display.failures import failure_words
from semantic.display.format import grid_format, grid_label, value_text
from semantic.display.words.passport import place_of
from semantic.display.words.records import describe_count, describe_notes
from semantic.errors import SemanticError
from semantic.model.definitions import NumberFormat, TypeKind
from semantic.results.cell import Cell, cell_of
from semantic.results.records import listable
from semantic.sql.records import VALUE

if TYPE_CHECKING:
    from semantic.model.definitions import Metric
    from semantic.policy.actor import Actor
    from semantic.results.records import Records
    from semantic.results.result import Result, ResultColumn
    from semantic.workspace import Workspace

column = st.column_config


def may_see_records(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> bool:
    """Return whether this person can see any rows behind a cell in a metric's column."""
    found_column = cell_of(shown, row, column).column
    metric = found_column.metric
    return metric is not None and found_column.calculation is None and bool(listable(metric, workspace.visible(actor)))


def open_records(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> None:
    """Open the dialog with the rows behind a cell, which is in a row of the result's table and in a metric's column."""
    _dialog(workspace, actor, shown, row, column)


@st.dialog("Rows behind this number", width="large")
@in_turn
def _dialog(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> None:
    _, asking = session.require("viewer")
    if asking != actor:
        st.rerun()
    cell = cell_of(shown, row, column)
    assert cell.column.metric is not None
    choices = listable(cell.column.metric, workspace.visible(actor))
    if not choices:
        empty_state(
            "lock",
            "You don't have access to these rows",
            "Viewing individual rows requires a separate permission.",
            key="records-closed",
        )
        return
    st.markdown(f"**{plain(cell.column.label)}**  \n:small[:gray[{plain(place_of(cell, shown))}]]")
    draw_records(workspace, actor, shown, cell, _choose(choices))


def _choose(choices: list[Metric]) -> Metric:
    """Draw the choice between a ratio's numerator and denominator, because rows are shown for one metric. Returns the
    chosen metric.
    """
    if len(choices) == 1:
        return choices[0]
    labels = {choice.name: plain(choice.label) for choice in choices}
    names = list(labels)
    picked = st.segmented_control(
        "Rows of", names, default=names[0], format_func=lambda name: labels[name], required=True, key="records-of"
    )
    return next(choice for choice in choices if choice.name == picked)


def draw_records(workspace: Workspace, actor: Actor, shown: Result, cell: Cell, metric: Metric) -> None:
    """Draw the table of rows with its notes, or why there is none."""
    try:
        records = workspace.records(shown.query, cell, metric.name, actor)
    except SemanticError as error:
        empty_state("error", "Couldn't list these rows", failure_words(error), key="records-failed")
        return
    if not records.count:
        sentence = "Nothing was counted, so there are no rows to list."
        empty_state("table_rows", "No rows behind this number", sentence, key="records-none")
        return
    words = describe_count(records)
    st.markdown(f":small[{plain(words)}]")
    st.dataframe(
        _frame(records), key="records-table", hide_index=True, row_height=34, placeholder="\N{EM DASH}",
        height="content" if records.table.num_rows <= 12 else 34 * 13, alt=f"Rows behind {cell.column.label}: {words}",
        column_order=_order(records),
        column_config={column.name: _column(column, records, place) for place, column in enumerate(records.columns)},
    )  # fmt: skip
    for note in describe_notes(records):
        st.markdown(f":small[:gray[:material/info: {plain(note)}]]")


def _order(records: Records) -> list[str]:
    """Return the columns in order: the key, the row's contribution, then the others, which a narrow screen cuts off."""
    names = [column.name for column in records.columns]
    keys = len([name for name in names if name.startswith("_c")])
    return sorted(names, key=lambda name: 0 if names.index(name) < keys else 1 if name == VALUE else 2)


def _frame(records: Records) -> Any:
    """Return the rows for the grid, with shares in percent and instants in the question's time zone."""
    # Arrow in, a frame out: from_arrow gives a Series only for a single array.
    frame: Any = pl.from_arrow(records.table)
    decimals = [column.name for column in records.columns if column.type.kind is TypeKind.DECIMAL]
    shares = [
        column.name for column in records.columns if column.role == "value" and column.format is NumberFormat.SHARE
    ]
    frame = frame.with_columns(pl.col(decimals).cast(pl.Float64)) if decimals else frame
    frame = frame.with_columns(
        pl.Series(
            shown.name, [None if value is None else value_text(value, shown.labels) for value in frame[shown.name]]
        )
        for shown in records.columns
        if shown.labels
    )
    frame = frame.with_columns(pl.col(shares) * 100) if shares else frame
    return frame.with_columns(in_zone(series, records.time_zone) for series in frame.iter_columns())


def _column(shown_column: ResultColumn, records: Records, place: int) -> Any:
    if shown_column.role == "value":
        values = records.table.column(shown_column.name).to_pylist()
        return column.NumberColumn(grid_label(shown_column, values), format=grid_format(shown_column, values))
    if shown_column.grain is not None and shown_column.grain.is_clock:
        return column.DatetimeColumn(shown_column.label, format="D MMM YYYY, HH:mm", pinned=place == 0)
    if shown_column.type.is_time:
        return column.DateColumn(shown_column.label, format="D MMM YYYY", pinned=place == 0)
    if shown_column.type.kind is TypeKind.BOOLEAN:
        return column.CheckboxColumn(shown_column.label)
    if shown_column.type.is_number and not shown_column.labels:
        return column.NumberColumn(shown_column.label, format="plain", pinned=place == 0)
    return column.TextColumn(shown_column.label, pinned=place == 0)
