"""An answer read and gone on from: its chart, what is selected of it, and its numbers as table, pivot or definitions.

All of it is one fragment: a click in a chart runs this part of the page and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from pages.explore.builder.chart_choice import chart_menu, wanted_kind, write_kind
from pages.explore.result import pictures, remark_form, selection
from pages.explore.result.cells import Look
from pages.explore.result.display import controls, current_look, scale_switch
from pages.explore.result.drawing import tiles
from pages.explore.result.pacing import show_pace, targets_on
from pages.explore.result.pivot import PivotGrid, current_across, make_pivot, pivot_controls, pivot_table
from pages.explore.result.remarks import events_listed, events_switch, remark_buttons, remarks_on
from pages.explore.result.selection import Ask, Ground, bar, part_key, selected
from pages.explore.result.table import Grid, table
from pages.shell import session
from pages.shell.parts import heading, plain
from pages.widgets.chart import draw_chart
from pages.widgets.still import StillFigure
from pages.widgets.theme import current_tokens
from semantic.display.charts.chart import Chart, Choice
from semantic.display.charts.drawing import NOT_COMPARED
from semantic.display.tokens import Tokens
from semantic.explore.drill import Back
from semantic.explore.repairs import label_of
from semantic.query.describe import lower_first

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

TABLE, PIVOT, DETAILS = "Table", "Pivot", "Details"


@dataclass(slots=True)
class Drawn:
    """What an answer looks like in one mode's colours: held, since a page runs many times over one answer."""

    result: Result
    tokens: Tokens
    kind: str | None  # of chart, where it was chosen
    chart: Chart
    ground: Ground
    back: Back | None  # where a break down came from
    choices: tuple[Choice, ...]  # of kinds of chart
    legend: tuple[str, ...]  # below its numbers
    remarks: tuple[Annotation, ...] = ()  # on its chart
    targets: pictures.Targets = ()
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
    _chart(drawn, go, key)
    held = selected(shown, key)
    if held is not None:
        bar(held, drawn.ground, go, key=key)
    remark_form.show(shown, workspace, actor, key)
    if drawn.chart.kind == "tiles":
        heading("What these numbers mean")
        definitions()
    else:
        _numbers(drawn, go, definitions, key)


def _draw(shown: Result, workspace: Workspace, actor: Actor, key: str) -> Drawn:
    """The answer as drawn before in this session, if it is this very answer in these colours; else drawn now."""
    tokens, name, kind = current_tokens(), f"{key}-drawn", wanted_kind(shown, key)
    remarks, targets = remarks_on(shown, workspace, actor, key), targets_on(shown, workspace, actor, key)
    held: Drawn | None = st.session_state.get(name)
    if held is None or held.result is not shown or held.tokens is not tokens:
        if held is not None and held.result is not shown:
            selection.clear(key)
        around = pictures.surroundings(shown, workspace, actor)
        chart, on = pictures.picture(shown, tokens, kind, remarks, targets), around.ground(shown, workspace, actor)
        held = Drawn(shown, tokens, kind, chart, on, around.back, around.choices, around.legend, remarks, targets)
        st.session_state[name] = held
    elif (held.kind, held.remarks, held.targets) != (kind, remarks, targets):
        held.kind, held.remarks, held.targets = kind, remarks, targets
        held.chart = pictures.picture(shown, tokens, kind, remarks, targets)
    write_kind(kind, key)
    return held


def drawn_in(tokens: Tokens, shown: Result, key: str) -> Chart | None:
    """The chart that this answer has on screen, in other colours; None where it has not been drawn yet."""
    held: Drawn | None = st.session_state.get(f"{key}-drawn")
    if held is None or held.result is not shown:
        return None
    return pictures.picture(shown, tokens, held.kind, held.remarks, held.targets)


# The chart


def _chart(drawn: Drawn, ask: Ask, key: str) -> None:
    """The chart, with the reason for its kind as the heading's help; or the numbers themselves, large."""
    chart = drawn.chart
    with st.container(gap="xsmall"):
        if chart.title:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                heading(chart.title, help=plain(chart.reason))
                chart_menu(drawn.result, chart, drawn.choices, key)
                if drawn.back is not None:
                    _way_back(drawn.back, drawn.ground, ask, key)
                if "box" in chart.selectable:
                    what = "Select points" if chart.kind == "scatter" else "Select a date range"
                    st.toggle(what, key=f"{key}-days", help="When off, a click selects one point.")
                events_switch(drawn.result, key)
                remark_buttons(drawn.result, drawn.ground.actor, key)
        if chart.kind == "tiles":
            tiles(drawn.result)
            show_pace(drawn.result, drawn.ground.workspace, drawn.ground.actor, key)
        elif chart.figure is not None:
            _figure(chart.figure, drawn, key)
        elif chart.kind != "table":
            st.caption(plain(chart.reason))
        if chart.note:
            st.caption(plain(chart.note))
        events_listed(chart, drawn.result, key)


def _way_back(back: Back, on: Ground, ask: Ask, key: str) -> None:
    """Out of one member again, to all of its kind."""
    label = label_of(back.dim, on.asked.visible)
    st.button(
        f"Back to {plain(lower_first(label))}", icon=":material/arrow_upward:", type="tertiary", key=f"{key}-back",
        help=f"Show all values of {plain(label)}", on_click=ask, args=(back.query,),
    )  # fmt: skip


def _figure(figure: go.Figure, drawn: Drawn, key: str) -> None:
    """The figure, its points and its days to be picked where it lets them be."""
    chart = drawn.chart
    by_days = "box" in chart.selectable and bool(st.session_state.get(f"{key}-days"))
    on_pick = None
    if chart.selectable and isinstance(figure, StillFigure):
        dates = [key.name for key in drawn.result.keys if key.name in drawn.ground.asked.dates]
        on_pick = selection.points_picked(drawn.result, key, figure, dates[0] if by_days and dates else "")
    draw_chart(
        figure, key=f"{key}-chart", alt=chart.alt, picking="box" if by_days else "points", on_pick=on_pick,
        picks=selection.drawn_again(key, "chart"),
    )  # fmt: skip


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
        _legend(drawn)
    elif view == DETAILS:
        definitions()


def _legend(drawn: Drawn) -> None:
    for line in drawn.legend:
        st.markdown(line)


def _show_pivot(drawn: Drawn, key: str) -> None:
    shown, grid = drawn.result, _pivot(drawn, key)
    if NOT_COMPARED in drawn.chart.note:  # it is said above
        grid = replace(grid, note=grid.note.removesuffix(NOT_COMPARED).rstrip())

    def find(row: int, column: str) -> tuple[int, str] | None:
        return grid.cells.get((row, column))

    widget = f"{part_key(key, 'pivot')}-{'-'.join(grid.across)}"
    pivot_table(shown, grid, key=widget, on_select=selection.cell_clicked(shown, key, "pivot", widget, find))
    _legend(drawn)


def _pivot(drawn: Drawn, key: str) -> PivotGrid:
    across, scale = current_across(drawn.result, key), current_look(drawn.result, key).scale
    if drawn.pivot is None or (drawn.pivot.across, drawn.pivot_scale) != (across, scale):
        drawn.pivot = make_pivot(drawn.result, drawn.ground, drawn.tokens, across, scale=scale)
        drawn.pivot_scale = scale
    return drawn.pivot


def _grid(drawn: Drawn, key: str) -> Grid:
    look = current_look(drawn.result, key)
    if drawn.grid is None or drawn.look != look:
        drawn.grid, drawn.look = pictures.grid(drawn.result, drawn.tokens, look), look
    return drawn.grid
