"""The selection in an answer, from a click in the chart, the table or the pivot table.

A browser keeps its selection over many runs of the page. Only the callback of a click records it here, so that each
click counts once. The selection is dropped together with its answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.widgets.still import StillFigure
from semantic.display.charts.chart import rows_behind
from semantic.explore.drill import Passes
from semantic.explore.repairs import does_compile
from semantic.query.resolve import resolve

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.query.resolve import Asked
    from semantic.results.result import Result
    from semantic.workspace import Workspace

Ask = Callable[["Query"], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected rows of an answer. `column` is the column of a clicked cell, or "" if only rows are selected.

    `source` is the part of the answer that was clicked. `click` counts the clicks in this session, so that another
    click on the same cell makes a new selection.
    """

    result: Result
    rows: tuple[int, ...]
    column: str
    source: str
    click: int = 0


@dataclass(frozen=True, slots=True)
class SelectionContext:
    """What a selection depends on: its answer, the person, and the question as resolved for them."""

    result: Result
    workspace: Workspace
    actor: Actor
    asked: Asked

    @property
    def passes(self) -> Passes:
        seen, dialect, today = self.workspace.visible(self.actor), self.workspace.dialect, self.workspace.today()
        return lambda query: does_compile(query, seen, dialect, today)


def context_of(result: Result, workspace: Workspace, actor: Actor) -> SelectionContext:
    asked = resolve(result.query, workspace.visible(actor), today=workspace.today())
    return SelectionContext(result, workspace, actor, asked)


# The selection


def selected(result: Result, key: str) -> Selection | None:
    """Return this session's selection in this answer, or None."""
    selection: Selection | None = st.session_state.get(f"{key}-selection")
    return selection if selection is not None and selection.result is result else None


def select(result: Result, key: str, rows: Sequence[int], column: str, source: str) -> None:
    """Record a click. Without rows, it clears the selection in that part of the answer."""
    selection = selected(result, key)
    if rows:
        click = st.session_state[f"{key}-clicks"] = st.session_state.get(f"{key}-clicks", 0) + 1
        st.session_state[f"{key}-selection"] = Selection(result, tuple(rows), column, source, click)
    elif selection is not None and selection.source == source:
        st.session_state.pop(f"{key}-selection", None)


def is_on_page(result: Result, key: str) -> bool:
    """Return whether this answer was drawn last.

    A click that arrives after a redraw was on an older answer, and has no effect.
    """
    drawn: Any = st.session_state.get(f"{key}-drawn")  # Any: `reading.CachedDrawing`, which this module can't import
    return drawn is None or drawn.result is result


def clear(key: str) -> None:
    """Clear the selection, and redraw the tables, because there is no other way to clear their marks."""
    st.session_state.pop(f"{key}-selection", None)
    for part in ("table", "pivot"):
        redraw(key, part)


def redraw(key: str, part: str) -> None:
    st.session_state[f"{key}-{part}-again"] = st.session_state.get(f"{key}-{part}-again", 0) + 1


def part_key(key: str, part: str) -> str:
    """Return the key of a part's widget. It changes whenever the part's selection has to be cleared."""
    return f"{key}-{part}-{st.session_state.get(f'{key}-{part}-again', 0)}"


def cell_clicked(
    result: Result, key: str, part: str, widget: str, find: Callable[[int, str], tuple[int, str] | None]
) -> Callable[[], None]:
    """Return the click handler of a grid. `find` returns the answer's row and column for a cell of the grid."""

    def take() -> None:
        if not is_on_page(result, key):
            return
        cells: list[tuple[int, str]] = st.session_state[widget].selection.cells
        cell = find(*cells[0]) if cells else None
        select(result, key, [cell[0]] if cell else [], cell[1] if cell else "", part)

    return take


def points_picked(result: Result, key: str, figure: StillFigure, days: str) -> Callable[[Sequence[Any]], None]:
    """Return the handler of a click or drag in a chart, which selects the rows in its points' custom data.

    If `days` is set to the column of the date, only the days are selected.
    """

    def take(picked: Sequence[Any]) -> None:
        rows, column = picked_cells(picked, result, figure)
        select(result, key, rows, days or column, "chart")

    return take


def picked_cells(points: Sequence[Any], result: Result, figure: StillFigure) -> tuple[list[int], str]:
    """Return the distinct rows behind points of a chart and, if it's a single row, the metric's column."""
    known = [(row, point) for point in points if (row := _row_of(point, result)) is not None]
    rows = list(dict.fromkeys(row for row, _ in known))
    return rows, _column_of(known[0][1], figure.parts["data"], result) if len(rows) == 1 else ""


def rows_of(points: Sequence[Any], result: Result) -> list[int]:
    """Return the distinct rows behind points of a chart."""
    return list(dict.fromkeys(row for point in points if (row := _row_of(point, result)) is not None))


def _row_of(point: Any, result: Result) -> int | None:
    """Return the row behind a point, or None if it's invalid. Everything that a browser sends is validated."""
    # Any: whatever JSON a browser sends.
    customdata: Any = point.get("customdata")
    if isinstance(customdata, list):
        customdata = next(iter(customdata), None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    is_row = (
        isinstance(customdata, int) and not isinstance(customdata, bool) and 0 <= customdata < result.table.num_rows
    )
    return customdata if is_row else None


def _column_of(point: Any, traces: list[dict[str, Any]], result: Result) -> str:
    """Return the metric whose numbers a point's trace has, or "" if there is none.

    If the answer has a single metric, it's that one, because the points of heat maps and shares can't be matched by
    their numbers.
    """
    if len(result.values) == 1:
        return result.values[0].name
    place = point.get("curve_number")
    if not isinstance(place, int) or not 0 <= place < len(traces):
        return ""
    trace = traces[place]
    drawn = list(trace.get("x" if trace.get("orientation") == "h" else "y") or ())
    rows = rows_behind(trace)
    for column in result.values:
        numbers = result.table.column(column.name).to_pylist()
        pairs = [(numbers[row], it) for row, it in zip(rows, drawn, strict=False) if row >= 0]
        if any(number is not None for number, _ in pairs) and all(_is_same(*pair) for pair in pairs):
            return column.name
    return ""


def _is_same(number: float | None, drawn: Any) -> bool:
    if number is None or drawn is None:
        return number is drawn
    return isinstance(drawn, int | float) and math.isclose(number, drawn, rel_tol=1e-9)
