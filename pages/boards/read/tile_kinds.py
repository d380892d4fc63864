"""What a tile shows of its answer: a number, a chart, or words of its own; tables are in a file of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from pages.boards.read.tile_marks import marked_figure, marked_rows, take
from pages.boards.read.tile_table import grid
from pages.explore.result import pictures
from pages.explore.result.selection import rows_of
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.meter import pace_meter
from pages.widgets.number import change_line, change_mark
from pages.widgets.still import StillFigure
from pages.widgets.theme import current_tokens
from semantic.boards.text import Block, Span, blocks
from semantic.display.format import MISSING
from semantic.display.rows import main_values
from semantic.display.words.kpi import course, only_row, read_headline

if TYPE_CHECKING:
    from pages.boards.read.tile import TileState
    from pages.boards.read.tile_marks import Picks
    from semantic.display.boards.shown import TileShown
    from semantic.display.charts.chart import Chart
    from semantic.results.result import Result
    from semantic.workspace import Workspace

TIGHTEST = {"bar": 0.6, "stacked": 0.6, "share": 0.6, "line": 0.55, "area": 0.55, "scatter": 0.6, "pie": 0.6}
"""How much lower than by itself a chart of a kind may be drawn; others keep the height that their rows need."""

OF_NUMBER, OF_LINE, OF_PACE = 72, 22, 56  # pixels of a number with its change, of a line below it, of its pace
LOWEST_COURSE = 110  # pixels of a course that is worth an axis
LOOSEST = 1.8
"""How much higher: one bar alone would be a slab."""


# A number


def number(shown: TileShown, result: Result, name: str, height: int) -> None:
    """The value with its change, its course and its pace; or why there is none. Where there is height, the course is a
    chart that fills it, with its ends and its extremes in words."""
    column = main_values(result)[0]
    found = read_headline(column, only_row(result), result)
    first = found.changes[0] if len(found.changes) == 1 else None
    lines = max(1, len(found.changes)) + bool(found.days)
    room = height - OF_NUMBER - OF_LINE * lines - (OF_PACE if shown.pace is not None else 0)
    line = shown.line
    drawn = pictures.course(line, current_tokens()) if line is not None and room >= LOWEST_COURSE else None
    st.metric(
        plain(shown.title),
        found.value,
        change_mark(first) if first is not None and first.text != MISSING else None,
        delta_color="off",
        delta_arrow="off",
        label_visibility="collapsed",
        chart_data=course(line) if line is not None and drawn is None else None,
    )
    if found.days:
        _quiet(found.days)
    if found.missing:
        _quiet(found.missing)
    elif first is not None:
        nothing = f"No data in the {first.against}"
        _quiet(nothing if first.text == MISSING else f"vs {first.earlier}, {first.days or first.against}")
    else:
        for one in found.changes:
            st.markdown(change_line(one))
    if drawn is not None and drawn.figure is not None:
        draw_chart(drawn.figure, key=f"{name}-course", alt=drawn.alt, height=room)
    if shown.pace is not None:
        pace_meter(shown.pace, column, key=name)
    elif shown.no_pace is not None and not found.missing:
        st.markdown(f":small[:gray[{plain(shown.no_pace.word)}]]", help=plain(shown.no_pace.why))


def _quiet(words: str) -> None:
    st.markdown(f":small[:gray[{plain(words)}]]")


# A chart


def chart(held: TileState, result: Result, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """The chart of the kind that was chosen, else of the rule's."""
    tile = held.question.tile
    found = pictures.picture(result, current_tokens(), tile.chart or None, held.remarks)
    if found.kind == "tiles":
        _numbers(result)
    elif found.figure is not None:
        _figure(held, found, found.figure, result, name, height, workspace, picks)
    elif found.kind == "table":
        grid(held, result, name, height, workspace, picks)
    else:
        st.caption(plain(found.reason))
    if found.note:
        st.markdown(f":small[:gray[{plain(found.note)}]]")


def _numbers(result: Result) -> None:
    """Numbers without a breakdown, beside each other."""
    row = only_row(result)
    with st.grid(4, min_column_width=130, gap="small"):
        for one in main_values(result):
            with st.container(gap="xxsmall"):
                found = read_headline(one, row, result)
                st.metric(plain(one.label), found.value)
                if found.days:
                    _quiet(found.days)
                for change in found.changes:
                    st.markdown(change_line(change))


def _figure(
    held: TileState,
    found: Chart,
    figure: go.Figure,
    result: Result,
    name: str,
    height: int,
    workspace: Workspace,
    picks: Picks,
) -> None:
    on_pick = None
    if picks.take is not None and "points" in found.selectable and isinstance(figure, StillFigure):

        def clicked(points: Sequence[Any]) -> None:
            take(held, result, rows_of(points, result), "", workspace, picks)

        on_pick = clicked
        figure = marked_figure(figure, marked_rows(held, result, workspace, picks))
    draw_chart(
        figure, key=f"{name}-chart", alt=found.alt, height=_height(found, height), picking="points", on_pick=on_pick,
        picks=held.marks.again,
    )  # fmt: skip


def _height(found: Chart, wanted: int) -> int | None:
    """The row's height, as far as the chart can be drawn in it; None where it keeps its own."""
    if found.kind not in TIGHTEST or not isinstance(found.figure, StillFigure):
        return None
    natural: int = found.figure.parts["layout"].get("height") or wanted
    least, most = int(natural * TIGHTEST[found.kind]), int(natural * LOOSEST)
    return max(least, min(wanted, most))


# Words


def text(written: str) -> None:
    """A text tile: paragraphs and lists with bold and italic; everything else in it is text."""
    st.markdown(text_markdown(written))


def text_markdown(written: str) -> str:
    """The same as Markdown in which nothing but that has a meaning."""
    return "\n\n".join(_markdown(one) for one in blocks(written))


def _markdown(block: Block) -> str:
    lines = ["".join(map(_span, spans)) for spans in block.lines]
    # What nobody sees stands before each line, so that none of dashes or equals signs makes a heading, list or rule.
    match block.kind:
        case "bullet":
            return f"- {JOINER}{lines[0]}"
        case "number":
            return f"{block.number}. {JOINER}{lines[0]}"
        case _:
            return "  \n".join(f"{JOINER}{line}" for line in lines)


JOINER = "\N{WORD JOINER}"


def _span(one: Span) -> str:
    return {"bold": f"**{plain(one.text)}**", "italic": f"*{plain(one.text)}*"}.get(one.style, plain(one.text))
