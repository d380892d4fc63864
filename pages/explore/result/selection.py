"""The selection in an answer, from a click in the chart, the table or the pivot; and the bar of next steps.

A browser keeps its selection over many runs of the page. Only the click's callback records it here, so that each click
counts once; it's dropped with its answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.explore.result import remark_form
from pages.explore.result.passport import open_passport
from pages.explore.result.records import may_see_records, open_records
from pages.shell.parts import plain
from pages.widgets.still import StillFigure
from semantic.display.charts.chart import rows_behind
from semantic.display.words.selection import picked_words
from semantic.explore.drill import Passes, break_down, exclude, keep_only, ways_down, zoom
from semantic.explore.repairs import does_compile
from semantic.explore.selection import Picked, pick
from semantic.query.resolve import resolve

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.query.resolve import Asked
    from semantic.results.result import Result
    from semantic.workspace import Workspace

OFFERED = 7  # breakdowns shown directly in the menu; the rest is in a list below

Ask = Callable[["Query"], None]


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of one answer. `column` is the clicked cell's, "" if only rows are selected. `source`: which part."""

    result: Result
    rows: tuple[int, ...]
    column: str
    source: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The context of a selection: which answer, who asks, where."""

    result: Result
    workspace: Workspace
    actor: Actor
    asked: Asked

    @property
    def passes(self) -> Passes:
        seen, dialect, today = self.workspace.visible(self.actor), self.workspace.dialect, self.workspace.today()
        return lambda query: does_compile(query, seen, dialect, today)


def ground(result: Result, workspace: Workspace, actor: Actor) -> Ground:
    asked = resolve(result.query, workspace.visible(actor), today=workspace.today())
    return Ground(result, workspace, actor, asked)


# The selection


def selected(result: Result, key: str) -> Selection | None:
    """This session's selection in this answer."""
    selection: Selection | None = st.session_state.get(f"{key}-selection")
    return selection if selection is not None and selection.result is result else None


def select(result: Result, key: str, rows: Sequence[int], column: str, source: str) -> None:
    """Records a click; without rows, that part's selection is cleared."""
    selection = selected(result, key)
    if rows:
        st.session_state[f"{key}-selection"] = Selection(result, tuple(rows), column, source)
        if source != "chart" and selection is not None and selection.source == "chart":
            redraw(key, "chart")
    elif selection is not None and selection.source == source:
        st.session_state.pop(f"{key}-selection", None)


def clear(key: str) -> None:
    """Clears the selection: the chart and the tables are drawn again, since their marks can't be cleared otherwise."""
    st.session_state.pop(f"{key}-selection", None)
    for part in ("chart", "table", "pivot"):
        redraw(key, part)


def redraw(key: str, part: str) -> None:
    st.session_state[f"{key}-{part}-again"] = st.session_state.get(f"{key}-{part}-again", 0) + 1


def drawn_again(key: str, part: str) -> int:
    """How often a part had to lose its selection."""
    return st.session_state.get(f"{key}-{part}-again", 0)


def part_key(key: str, part: str) -> str:
    """The key of a part's widget: a new one whenever its selection must be cleared."""
    return f"{key}-{part}-{drawn_again(key, part)}"


def cell_clicked(
    result: Result, key: str, part: str, widget: str, find: Callable[[int, str], tuple[int, str] | None]
) -> Callable[[], None]:
    """The action for a grid's click. `find` gives the answer's row and column for a cell of the grid."""

    def take() -> None:
        cells: list[tuple[int, str]] = st.session_state[widget].selection.cells
        cell = find(*cells[0]) if cells else None
        select(result, key, [cell[0]] if cell else [], cell[1] if cell else "", part)

    return take


def points_picked(result: Result, key: str, figure: StillFigure, days: str) -> Callable[[Sequence[Any]], None]:
    """The action for a chart's click or box: selects the rows in its points' custom data.

    With `days`, the column of the date, only the days are selected.
    """

    def take(picked: Sequence[Any]) -> None:
        points = [(row, point) for point in picked if (row := _row_of(point, result)) is not None]
        rows = list(dict.fromkeys(row for row, _ in points))
        column = days or (_column_of(points[0][1], figure.parts["data"], result) if len(rows) == 1 else "")
        select(result, key, rows, column, "chart")

    return take


def rows_of(points: Sequence[Any], result: Result) -> list[int]:
    """The rows behind the points of a chart, each once."""
    return list(dict.fromkeys(row for point in points if (row := _row_of(point, result)) is not None))


def _row_of(point: Any, result: Result) -> int | None:
    """The row behind a point. Everything a browser sends is validated first."""
    # Any: whatever JSON a browser sends.
    customdata: Any = point.get("customdata")
    if isinstance(customdata, list):
        customdata = next(iter(customdata), None)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    is_row = (
        isinstance(customdata, int) and not isinstance(customdata, bool) and 0 <= customdata < result.table.num_rows
    )
    return customdata if is_row else None


def _column_of(point: Any, traces: list[dict[str, Any]], result: Result) -> str:
    """The metric of a point's trace: the one whose numbers are all in that trace; "" if there is none.

    With only one metric, it's that one: the points of a grid and of shares aren't matched by their numbers.
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


# The bar


def bar(selection: Selection, on: Ground, ask: Ask, *, key: str) -> None:
    """The selection in words, and the questions that continue from it."""
    picked = pick(selection.result, selection.rows, on.asked, column=selection.column)
    if picked is None:
        return
    words = picked_words(picked, selection.result, selection.column)
    with st.container(border=True, gap="xsmall", key=f"{key}-selected"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":gray[:material/arrow_selector_tool:] **{plain(words)}**", width="stretch")
            st.button(
                "Clear", icon=":material/close:", type="tertiary", key=f"{key}-clear", on_click=clear, args=(key,)
            )
        with st.container(horizontal=True, gap="xsmall"):
            _actions(picked, selection, on, ask, key)
            cell = _cell(selection)
            if cell is not None:
                _origin(cell, selection, on, key)
            if picked.days and not picked.compare and remark_form.may_remark(selection.result, on.actor):
                st.button(
                    "Add a remark", icon=":material/add_comment:", key=f"{key}-remark-here",
                    on_click=remark_form.begin, args=(selection.result, key, picked),
                )  # fmt: skip


def _cell(selection: Selection) -> tuple[int, str] | None:
    """The row and the metric's column of a single number; for a change, the number that changed."""
    name = selection.column
    if name.endswith(" change"):
        before = next(column for column in selection.result.values if column.name == name.removesuffix(" change"))
        name = before.name.removesuffix(f"_{before.compare}")
    is_value = any(column.name == name for column in selection.result.values)
    return (selection.rows[0], name) if is_value and len(selection.rows) == 1 else None


def _origin(cell: tuple[int, str], selection: Selection, on: Ground, key: str) -> None:
    """The number's components, and the rows behind it, each in its own dialog."""
    if st.button("Where this number comes from", icon=":material/receipt_long:", key=f"{key}-passport"):
        open_passport(on.workspace, on.actor, selection.result, *cell)
    listable = may_see_records(on.workspace, on.actor, selection.result, *cell)
    if listable and st.button("Rows behind it", icon=":material/table_rows:", key=f"{key}-records"):
        open_records(on.workspace, on.actor, selection.result, *cell)


def _actions(picked: Picked, selection: Selection, on: Ground, ask: Ask, key: str) -> None:
    passes = on.passes
    ways = {
        "Zoom": ("zoom_in", "Zoom to these dates", zoom(picked, on.asked, passes)),
        "Keep only": ("filter_alt", "Keep only these", keep_only(picked, selection.result, on.asked, passes)),
        "Exclude": ("filter_alt_off", "Exclude these", exclude(picked, selection.result, on.asked, passes)),
    }
    for label, (icon, effect, query) in ways.items():
        if label == "Keep only":
            _break_down(picked, selection, on, ask, key)
        if query is not None:
            st.button(
                label, icon=f":material/{icon}:", key=f"{key}-{label}", help=effect, on_click=_going(ask, query, key)
            )


def _break_down(picked: Picked, selection: Selection, on: Ground, ask: Ask, key: str) -> None:
    """The further breakdowns, found when the menu is opened: each is tried before it's offered."""
    if picked.is_hour or picked.is_undated or (picked.compare and picked.days):
        return
    with st.popover(
        "Break down",
        icon=":material/account_tree:",
        key=f"{key}-down",
        on_change="rerun",
        help="Break down this number",
    ) as popover:
        if not popover.open:
            return
        ways = _ways_down(picked, selection, on)
        with st.container(width=240, gap="xxsmall"):
            if not ways:
                st.caption("No further breakdowns available.")
            for place, (label, query) in enumerate(ways[:OFFERED]):
                st.button(
                    plain(label), key=f"{key}-down-{place}", type="tertiary", on_click=_going(ask, query, key)
                )  # fmt: skip
            if len(ways) > OFFERED:
                _more_ways(dict(ways[OFFERED:]), ask, key)


def _ways_down(picked: Picked, selection: Selection, on: Ground) -> list[tuple[str, Query]]:
    """Each further breakdown by its label, with its question."""
    available = on.workspace.preflight(on.asked.query, on.actor).available
    passes = on.passes
    drills = [
        (down.label, break_down(picked, down, selection.result, on.asked, passes))
        for down in ways_down(picked, on.asked, available)
    ]
    return [(label, query) for label, query in drills if query is not None]


def _more_ways(ways: Mapping[str, Query], ask: Ask, key: str) -> None:
    name = f"{key}-down-more"

    def choose() -> None:
        if (chosen := st.session_state[name]) in ways:
            _going(ask, ways[chosen], key)()

    st.selectbox(
        "Another", list(ways), index=None, key=name, on_change=choose, placeholder=f"{len(ways)} more",
        label_visibility="collapsed",
    )  # fmt: skip


def _going(ask: Ask, query: Query, key: str) -> Callable[[], None]:
    def go() -> None:
        clear(key)
        ask(query)

    return go
