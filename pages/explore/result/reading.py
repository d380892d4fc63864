"""The part of a page where people read an answer: its chart, the selection, and its numbers as table, pivot or
definitions.

It's one fragment, so a click in a chart reruns only this part of the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from pages.explore.builder.chart_choice import chart_menu, wanted_kind, write_kind
from pages.explore.result import pictures, remark_form, selection
from pages.explore.result.actions import actions
from pages.explore.result.alerting import alert_button
from pages.explore.result.cells import TableDisplay
from pages.explore.result.display import controls, current_look, scale_switch, sort_by, view_order, write_order
from pages.explore.result.drawing import tiles
from pages.explore.result.finding import Finding, find, show_sentence
from pages.explore.result.how_to_read import how_to_read_button
from pages.explore.result.pacing import has_pace, show_pace, targets_on
from pages.explore.result.pivot import PivotGrid, current_across, make_pivot, pivot_controls, pivot_table
from pages.explore.result.remarks import events_listed, events_switch, remark_buttons, remarks_on
from pages.explore.result.selection import Ask, SelectionContext, part_key
from pages.explore.result.table import Grid, keeps_rows, sort_after_click, sorted_by, table
from pages.explore.result.why import show_why, why_button
from pages.shell import links, session
from pages.shell.parts import heading, plain
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.still import StillFigure
from pages.widgets.theme import current_tokens
from semantic.display.charts.chart import Chart, Choice
from semantic.display.charts.drawing import NOT_COMPARED
from semantic.display.charts.reading_aid import what_is_drawn
from semantic.display.rows import sorted_rows
from semantic.display.tokens import Tokens
from semantic.display.words.how_to_read import Section, pivot_sentences, sections, table_sentences
from semantic.explore.drill import Back
from semantic.explore.visible_labels import label_of
from semantic.query.describe import lower_first
from semantic.query.personal import names_a_person

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

TABLE, PIVOT, DETAILS = "Table", "Pivot", "Details"


@dataclass(slots=True)
class CachedDrawing:
    """The drawing of an answer in the colours of one mode, cached because a page runs many times for one answer."""

    result: Result
    tokens: Tokens
    kind: str | None  # the chosen chart type, or None for the default
    chart: Chart
    ground: SelectionContext
    back: Back | None  # the link back from a single value
    choices: tuple[Choice, ...]  # the chart types
    legend: tuple[str, ...]  # the lines below the numbers
    remarks: tuple[Annotation, ...] = ()  # the remarks on the chart
    targets: pictures.Targets = ()
    look: TableDisplay | None = None
    grid: Grid | None = None
    pivot: PivotGrid | None = None
    pivot_scale: bool = False
    number: int = 0  # the number of answers drawn in this session so far


@st.fragment
@in_turn
def read(
    shown: Result, workspace: Workspace, actor: Actor, ask: Ask, definitions: Callable[[], None], key: str
) -> None:
    """Draw the chart, the actions on the selection, and the chosen view below them."""
    _, asking = session.require("viewer")
    if asking != actor or st.session_state.pop(f"{key}-asked", False):
        st.rerun()

    def go(query: Query) -> None:
        st.session_state[f"{key}-asked"] = True
        ask(query)

    shown = _as_sorted(shown, key)
    finding = find(shown, workspace, actor, key)
    drawn = _draw(shown, workspace, actor, key)
    with st.container():  # even without a sentence, so that the chart stays in place
        show_sentence(finding, key)
    _chart(drawn, finding, go, key)
    chart = _chart_key(drawn, key)
    if drawn.chart.kind != "tiles" and (chart or st.session_state.get(f"{key}-view", TABLE) != DETAILS):
        actions(drawn.ground, go, key=key, chart=chart)
    remark_form.show(shown, workspace, actor, key)
    show_why(actor, go, key)
    if drawn.chart.kind == "tiles":
        heading("What these numbers mean")
        definitions()
    else:
        _numbers(drawn, go, definitions, key)


def _as_sorted(shown: Result, key: str) -> Result:
    """Return the answer with its rows sorted as someone chose, for both chart and table."""
    order, name = view_order(shown, key), f"{key}-sorted"
    held: tuple[Result, tuple[str, bool], Result] | None = st.session_state.get(name)
    if order is not None and (held is None or held[0] is not shown or held[1] != order):
        in_order = sorted_rows(shown, order[0], falls=order[1])
        held = (shown, order, in_order) if in_order is not None else None
        order = order if held is not None else None
        st.session_state[name] = held
    write_order(order, key)
    return held[2] if order is not None and held is not None else shown


def _draw(shown: Result, workspace: Workspace, actor: Actor, key: str) -> CachedDrawing:
    """Return the session's drawing of this answer in these colours, drawing it if there is none."""
    tokens, name, kind = current_tokens(), f"{key}-drawn", wanted_kind(shown, key)
    remarks, targets = remarks_on(shown, workspace, actor, key), targets_on(shown, workspace, actor, key)
    drawn: CachedDrawing | None = st.session_state.get(name)
    if drawn is None or drawn.result is not shown or drawn.tokens is not tokens:
        if drawn is not None and drawn.result is not shown:
            selection.clear(key)
        around = pictures.surroundings(shown, workspace, actor)
        chart, on = pictures.picture(shown, tokens, kind, remarks, targets), around.ground(shown, workspace, actor)
        number = 1 if drawn is None else drawn.number + (drawn.result is not shown)
        drawn = CachedDrawing(
            shown, tokens, kind, chart, on, around.back, around.choices, around.legend, remarks, targets, number=number
        )  # fmt: skip
        st.session_state[name] = drawn
    elif (drawn.kind, drawn.remarks, drawn.targets) != (kind, remarks, targets):
        drawn.kind, drawn.remarks, drawn.targets = kind, remarks, targets
        drawn.chart = pictures.picture(shown, tokens, kind, remarks, targets)
    write_kind(kind, key)
    return drawn


def cached_chart(tokens: Tokens, shown: Result, key: str) -> Chart | None:
    """Return the chart on screen in other colours, or None if it hasn't been drawn yet."""
    drawn: CachedDrawing | None = st.session_state.get(f"{key}-drawn")
    if drawn is None or drawn.result is not _as_sorted(shown, key):
        return None
    return pictures.picture(shown, tokens, drawn.kind, drawn.remarks, drawn.targets)


# The chart


def _analyze(drawn: CachedDrawing) -> None:
    """Draw the link to an analysis of the same events, if there is one."""
    query, model = drawn.result.query, drawn.ground.workspace.model
    seen = drawn.ground.workspace.visible(drawn.ground.actor)
    if query.metrics and query.as_of is None:
        links.analyze_link(query, query.metrics[0], seen, is_personal=names_a_person(query, model))


def _chart(drawn: CachedDrawing, finding: Finding, ask: Ask, key: str) -> None:
    """Draw the chart, with a question mark that explains how to read it, or draw large numbers."""
    chart = drawn.chart

    def how() -> None:
        how_to_read_button(drawn.ground.actor, lambda: (_how(drawn, key), chart.reason), key=key)

    with st.container(gap="xsmall"):
        if chart.title:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-chart-head"):
                heading(chart.title)
                how()
                chart_menu(drawn.result, chart, drawn.choices, key)
                _analyze(drawn)
                if drawn.back is not None:
                    _way_back(drawn.back, drawn.ground, ask, key)
                if "box" in chart.selectable:
                    what = "Select points" if chart.kind == "scatter" else "Select a date range"
                    st.toggle(what, key=f"{key}-days", help="When off, a tap selects one point.")
                events_switch(drawn.result, key)
                remark_buttons(drawn.result, drawn.ground.actor, key)
                why_button(drawn.result, key)
        if chart.kind == "tiles":
            tiles(drawn.result, finding.usual)
            show_pace(drawn.result, drawn.ground.workspace, drawn.ground.actor, key)
            if not chart.title:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    why_button(drawn.result, key)
                    alert_button(drawn.result, drawn.ground.workspace, drawn.ground.actor, key)
                    how()
        elif chart.figure is not None:
            _figure(chart.figure, drawn, key)
        elif chart.kind != "table":
            st.caption(plain(chart.reason))
        if chart.note:
            st.caption(plain(chart.note))
        events_listed(chart, drawn.result, key)


def _how(drawn: CachedDrawing, key: str) -> tuple[Section, ...]:
    """Return how to read the chart, and the table or pivot table below it with its display settings."""
    shown = drawn.result
    picture = replace(what_is_drawn(drawn.chart, shown, dict(drawn.targets)), has_pace=has_pace(key))
    if drawn.chart.kind == "tiles":
        return sections(picture)
    match st.session_state.get(f"{key}-view", TABLE):
        case value if value == PIVOT and len(shown.keys) > 1:
            return sections(picture, pivot_sentences(shown, current_across(shown, key)), PIVOT)
        case _:
            look = current_look(shown, key)
            read = table_sentences(
                shown, bars=look.bars > 0, shares=look.share, scale=look.scale, intervals=look.intervals
            )
            return sections(picture, read, TABLE)


def _way_back(back: Back, on: SelectionContext, ask: Ask, key: str) -> None:
    """Draw the link from a single value back to all values."""
    label = label_of(back.dim, on.asked.visible)
    st.button(
        f"Back to {plain(lower_first(label))}", icon=":material/arrow_upward:", type="tertiary", key=f"{key}-back",
        help=f"Show all values of {plain(label)}", on_click=ask, args=(back.query,),
    )  # fmt: skip


def _chart_key(drawn: CachedDrawing, key: str) -> str:
    """Return the key of the chart if its points can be selected, or ""."""
    return f"{key}-chart" if drawn.chart.selectable and isinstance(drawn.chart.figure, StillFigure) else ""


def _figure(figure: go.Figure, drawn: CachedDrawing, key: str) -> None:
    """Draw the figure. If it allows selection, people can click its points and drag over its days."""
    chart, on_pick, on_drag, picking = drawn.chart, None, None, "points"
    if _chart_key(drawn, key) and isinstance(figure, StillFigure):
        on_pick = selection.points_picked(drawn.result, key, figure, "")
        if "box" in chart.selectable:
            dates = [key.name for key in drawn.result.keys if key.name in drawn.ground.asked.dates]
            on_drag = selection.points_picked(drawn.result, key, figure, dates[0] if dates else "")
            picking = "box" if st.session_state.get(f"{key}-days") else "both"
    draw_chart(
        figure, key=f"{key}-chart", alt=chart.alt, picking=picking, on_pick=on_pick, on_drag=on_drag, again=True,
        of=f"{drawn.number} {chart.kind}",
        has_events_listed=True,
    )  # fmt: skip


# The numbers


def _numbers(drawn: CachedDrawing, ask: Ask, definitions: Callable[[], None], key: str) -> None:
    """Draw the table, the pivot table or the definitions, with their settings on the same line."""
    shown = drawn.result
    views = [TABLE, *([PIVOT] if len(shown.keys) > 1 else []), DETAILS]
    name, text = f"{key}-view", f"{key}-view-held"
    if st.session_state.get(name) not in views:  # A widget's state is lost when the page is drawn without the widget.
        st.session_state[name] = st.session_state[text] if st.session_state.get(text) in views else TABLE

    def keep() -> None:
        st.session_state[text] = st.session_state[name]

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-views"):
        view = st.segmented_control(
            "View", views, key=name, required=True, label_visibility="collapsed", on_change=keep
        )
        if view == TABLE:
            controls(shown, ask, key=key)
            kept = ". Sorting keeps these rows." if shown.sorted_by and keeps_rows(shown) else ""
            st.markdown(f":small[:gray[{plain(_grid(drawn, key).note)}{kept}]]", width="content")
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

        def sort(column: str) -> None:
            if not selection.is_on_page(shown, key):
                return
            selection.clear(key)
            if column not in grid.columns:
                return
            asked = sorted_by(column, shown)
            sort_by(sort_after_click(column, shown, view_order(shown, key)) if asked is None else None, shown, key)
            if asked is not None:
                ask(asked)

        widget = part_key(key, "table")
        on_select = selection.cell_clicked(shown, key, "table", widget, find)
        table(shown, grid, key=widget, on_select=on_select, on_sort=sort)
        _legend(drawn)
    elif view == DETAILS:
        definitions()


def _legend(drawn: CachedDrawing) -> None:
    if drawn.legend:
        st.markdown("  \n".join(drawn.legend))


def _show_pivot(drawn: CachedDrawing, key: str) -> None:
    shown, grid = drawn.result, _pivot(drawn, key)
    if NOT_COMPARED in drawn.chart.note:  # The line above already says so.
        grid = replace(grid, note=grid.note.removesuffix(NOT_COMPARED).rstrip())

    def find(row: int, column: str) -> tuple[int, str] | None:
        return grid.cells.get((row, column))

    widget = f"{part_key(key, 'pivot')}-{'-'.join(grid.across)}"
    pivot_table(shown, grid, key=widget, on_select=selection.cell_clicked(shown, key, "pivot", widget, find))
    _legend(drawn)


def _pivot(drawn: CachedDrawing, key: str) -> PivotGrid:
    across, scale = current_across(drawn.result, key), current_look(drawn.result, key).scale
    if drawn.pivot is None or (drawn.pivot.across, drawn.pivot_scale) != (across, scale):
        drawn.pivot = make_pivot(drawn.result, drawn.ground, drawn.tokens, across, scale=scale)
        drawn.pivot_scale = scale
    return drawn.pivot


def _grid(drawn: CachedDrawing, key: str) -> Grid:
    look = replace(current_look(drawn.result, key), order=view_order(drawn.result, key))
    if drawn.grid is None or drawn.look != look:
        drawn.grid, drawn.look = pictures.grid(drawn.result, drawn.tokens, look), look
    return drawn.grid
