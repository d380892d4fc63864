"""An answer read and gone on from: its chart, what is selected of it, and its numbers as table, pivot or definitions.

All of it is one fragment: a click in a chart runs this part of the page and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import selection, session
from pages.ui.cells import Look
from pages.ui.display import controls, current_look, scale_switch
from pages.ui.drawing import tiles
from pages.ui.parts import heading, plain
from pages.ui.pivot import PivotGrid, current_across, make_pivot, pivot_controls, pivot_table
from pages.ui.selection import Ask, Ground, bar, ground, part_key, selected
from pages.ui.still import still_figure
from pages.ui.table import Grid, make_grid, table, totals_line
from pages.ui.theme import current_tokens
from semantic.display.charts import Chart, chart_for
from semantic.display.template import CONFIG
from semantic.display.tokens import Tokens

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.result import Result
    from semantic.workspace import Workspace

TABLE, PIVOT, DETAILS = "Table", "Pivot", "Details"


@dataclass(slots=True)
class Drawn:
    """What an answer looks like in one mode's colours: made once, since a page runs many times over one answer."""

    result: Result
    tokens: Tokens
    chart: Chart
    ground: Ground
    look: Look | None = None
    grid: Grid | None = None
    pivot: PivotGrid | None = None
    pivot_scale: bool = False


@st.fragment
def read(
    shown: Result, workspace: Workspace, actor: Actor, ask: Ask, definitions: Callable[[], None], key: str
) -> None:
    """The chart, the bar of what is selected, and below them the view that was chosen."""
    _, asking = session.require("viewer")
    if asking != actor or st.session_state.pop(f"{key}-asked", False):
        st.rerun()

    def go(query: Query) -> None:
        st.session_state[f"{key}-asked"] = True
        ask(query)

    drawn = _draw(shown, workspace, actor, key)
    _chart(drawn, key)
    held = selected(shown, key)
    if held is not None:
        bar(held, drawn.ground, go, key=key)
    if drawn.chart.kind == "tiles":
        heading("What these numbers mean")
        definitions()
    else:
        _numbers(drawn, go, definitions, key)


def _draw(shown: Result, workspace: Workspace, actor: Actor, key: str) -> Drawn:
    """The answer as drawn before in this session, if it is this very answer in these colours; else drawn now."""
    tokens, name = current_tokens(), f"{key}-drawn"
    held: Drawn | None = st.session_state.get(name)
    if held is None or held.result is not shown or held.tokens is not tokens:
        if held is not None and held.result is not shown:
            selection.clear(key)
        held = Drawn(shown, tokens, _still(chart_for(shown, tokens)), ground(shown, workspace, actor))
        st.session_state[name] = held
    return held


# The chart


def _still(chart: Chart) -> Chart:
    return chart if chart.figure is None else replace(chart, figure=still_figure(chart.figure))


def _chart(drawn: Drawn, key: str) -> None:
    """The chart its rule picks, with the reason as the heading's help; or the numbers themselves, large."""
    chart = drawn.chart
    if chart.kind == "tiles":
        tiles(drawn.result)
    elif chart.figure is not None:
        with st.container(gap="xsmall"):
            heading(chart.title, help=chart.reason)
            st.plotly_chart(chart.figure, config=CONFIG, key=f"{part_key(key, 'chart')}-{chart.kind}", alt=chart.alt)
            if chart.note:
                st.caption(plain(chart.note))
    else:
        st.caption(plain(chart.reason))


# The numbers


def _numbers(drawn: Drawn, ask: Ask, definitions: Callable[[], None], key: str) -> None:
    """Table, pivot or definitions, with what can be set of them on the same line."""
    shown = drawn.result
    views = [TABLE, *([PIVOT] if len(shown.keys) > 1 else []), DETAILS]
    name, held = f"{key}-view", f"{key}-view-held"
    if st.session_state.get(name) not in views:  # a widget's state goes when a page is drawn without it
        st.session_state[name] = st.session_state[held] if st.session_state.get(held) in views else TABLE

    def keep() -> None:
        st.session_state[held] = st.session_state[name]

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-views"):
        view = st.segmented_control(
            "View", views, key=name, required=True, label_visibility="collapsed", on_change=keep
        )
        if view == TABLE:
            controls(shown, ask, key=key)
            st.markdown(f":small[:gray[{plain(_grid(drawn, key).note)}]]", width="content")
        elif view == PIVOT:
            pivot_controls(shown, _pivot(drawn, key), ask, key=key)
            scale_switch(shown, key=key)
    if view == PIVOT:
        _show_pivot(drawn, key)
    elif view == TABLE:
        grid = _grid(drawn, key)

        def find(row: int, column: str) -> tuple[int, str] | None:
            known = 0 <= row < len(grid.places) and column in grid.columns
            return (grid.places[row], column.removesuffix(" share").removesuffix(" interval")) if known else None

        widget = part_key(key, "table")
        table(shown, grid, key=widget, on_select=selection.cell_clicked(shown, key, "table", widget, find))
        totals_line(shown)
    elif view == DETAILS:
        definitions()


def _show_pivot(drawn: Drawn, key: str) -> None:
    shown, grid = drawn.result, _pivot(drawn, key)

    def find(row: int, column: str) -> tuple[int, str] | None:
        return grid.cells.get((row, column))

    widget = f"{part_key(key, 'pivot')}-{'-'.join(grid.across)}"
    pivot_table(shown, grid, key=widget, on_select=selection.cell_clicked(shown, key, "pivot", widget, find))
    totals_line(shown)


def _pivot(drawn: Drawn, key: str) -> PivotGrid:
    across, scale = current_across(drawn.result, key), current_look(drawn.result, key).scale
    if drawn.pivot is None or (drawn.pivot.across, drawn.pivot_scale) != (across, scale):
        drawn.pivot = make_pivot(drawn.result, drawn.ground, drawn.tokens, across, scale=scale)
        drawn.pivot_scale = scale
    return drawn.pivot


def _grid(drawn: Drawn, key: str) -> Grid:
    look = current_look(drawn.result, key)
    if drawn.grid is None or drawn.look != look:
        drawn.grid, drawn.look = make_grid(drawn.result, drawn.tokens, look), look
    return drawn.grid
