"""Draw a tile's answer as a number or a chart, and draw text tiles. `tile_table` draws tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from pages.boards.read import mark_menu
from pages.boards.read.tile_marks import marked_figure, marked_rows
from pages.boards.read.tile_table import grid
from pages.explore.result import pictures
from pages.explore.result.selection import picked_cells
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.meter import target_meter
from pages.widgets.number import change_line, change_mark
from pages.widgets.still import StillFigure
from pages.widgets.theme import current_tokens
from semantic.boards.text import Block, Span, blocks
from semantic.display.format import MISSING
from semantic.display.rows import main_values
from semantic.display.words.kpi import Headline, course, only_row, read_headline
from semantic.query.describe import describe_day, describe_range

if TYPE_CHECKING:
    from pages.boards.read.tile import TileState
    from pages.boards.read.tile_marks import Picks
    from semantic.display.boards.shown import TileShown
    from semantic.display.charts.chart import Chart
    from semantic.results.result import Result
    from semantic.targets.pace import NoPace
    from semantic.workspace import Workspace

TIGHTEST = {
    "bar": 0.9, "stacked": 0.6, "share": 0.6, "waterfall": 0.9, "line": 0.55, "area": 0.55, "scatter": 0.6,
    "distribution": 0.6, "heat": 0.9, "pie": 0.6,
}  # fmt: skip
"""The smallest height of each chart type, as a share of its natural height, at which bars are at least 14 pixels thick.

Other charts keep the height that their rows need.
"""

OF_PANELS = 0.8
"""The smallest height of lines in stacked panels, whose titles need more space."""

OF_NUMBER, OF_LINE, OF_PACE = 46, 22, 56  # pixels of a number with its change, of a line below it, of its pace
OF_NOTE, ON_A_LINE = 23, 78  # pixels of a line below a chart, and the characters of one in half a board's width
LOWEST_COURSE = 110  # pixels of a trend chart that's worth an axis
LOOSEST = 1.8
"""The largest height, as a multiple of the natural height. Beyond that, a few bars would be too far apart
to compare.
"""


# A number


def number(tile_state: TileState, shown: TileShown, result: Result, name: str, height: int, picks: Picks) -> None:
    """Draw the value with its change, trend and pace, or why the value is missing.

    In a tall tile, the trend is a chart that fills the height, with the first, last, lowest and highest value in words.
    """
    column = main_values(result)[0]
    headline = read_headline(column, only_row(result), result, shown.usual)
    first = headline.changes[0] if len(headline.changes) == 1 else None
    days = _days(headline, shown, result)
    lines = max(1, len(headline.changes)) + bool(days)
    room = height - OF_NUMBER - OF_LINE * lines - (OF_PACE if shown.pace is not None else 0)
    line = shown.line
    drawn = pictures.trend_picture(line, current_tokens()) if line is not None and room >= LOWEST_COURSE else None
    st.metric(
        plain(shown.title),
        headline.value,
        change_mark(first) if first is not None and first.text != MISSING else None,
        delta_color="off",
        delta_arrow="off",
        label_visibility="collapsed",
        chart_data=course(line) if line is not None and drawn is None else None,
    )
    if picks.take is not None:
        mark_menu.number_button(tile_state, result, shown.title, name)
    if days:
        _quiet(days)
    if headline.missing:
        _quiet(headline.missing)
    elif first is not None:
        nothing = f"No data in the {first.against}"
        _quiet(nothing if first.text == MISSING else f"vs {first.earlier}, {first.days or first.against}")
    else:
        for change in headline.changes:
            st.markdown(change_line(change))
    if drawn is not None and drawn.figure is not None:
        draw_chart(drawn.figure, key=f"{name}-course", alt=drawn.alt, height=room)
    if shown.pace is not None:
        target_meter(shown.pace, column, key=name)
    elif shown.is_pacing and shown.no_pace is None:
        # Nothing below moves when the pace arrives.
        st.container(height=OF_PACE, border=False, key=f"meter-later-{name}")
    elif shown.no_pace is not None and not headline.missing:
        _no_pace(shown.no_pace, name, picks)


def _no_pace(no_pace: NoPace, name: str, picks: Picks) -> None:
    """Draw why there is no pace. For monthly targets, a button switches to the month to date."""
    words = "Monthly target." if no_pace.is_by_month else no_pace.word
    if not no_pace.is_by_month or picks.see_month is None:
        st.markdown(f":small[:gray[{plain(words)}]]", help=plain(no_pace.why))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"month-{name}"):
        st.markdown(f":small[:gray[{plain(words)}]]", width="content")
        # The callback runs even if the tile was redrawn, and then the whole page reruns for all tiles.
        if st.button(
            ":small[See month to date]", key=f"{name}-month", type="tertiary", help=plain(no_pace.why),
            on_click=picks.see_month,
        ):  # fmt: skip
            st.rerun()


def _days(headline: Headline, shown: TileShown, result: Result) -> str:
    """Return the days that a number counts, or "" if they're the board's days, which the board shows at the top."""
    asked, period = shown.tile.question, result.period
    is_own = result.query.time is None or (asked is not None and asked.time == result.query.time)
    if is_own or period.start is None or period.end is None:
        return headline.days
    last = describe_day(period.end - timedelta(days=1))
    is_cut = period.asked_end is not None and period.end < period.asked_end
    is_known = not is_cut and headline.days in (
        describe_range(period.start, period.end, open_end=True),
        f"As of {last}",
    )
    return "" if is_known and headline.changes else headline.days


def _quiet(words: str) -> None:
    st.markdown(f":small[:gray[{plain(words)}]]")


# A chart


def chart(tile_state: TileState, result: Result, name: str, height: int, workspace: Workspace, picks: Picks) -> None:
    """Draw the chosen chart type, or else the default one."""
    tile = tile_state.question.tile
    chart = pictures.picture(result, current_tokens(), tile.chart or None, tile_state.remarks)
    if chart.kind == "tiles":
        _numbers(result)
    elif chart.figure is not None:
        _figure(tile_state, chart, chart.figure, result, name, height, workspace, picks)
    elif chart.kind == "table":
        grid(tile_state, result, name, height, workspace, picks)
    else:
        st.caption(plain(chart.reason))
    if chart.note:
        st.markdown(f":small[:gray[{plain(chart.note)}]]")


def _numbers(result: Result) -> None:
    """Draw several numbers without a breakdown side by side."""
    row = only_row(result)
    with st.grid(4, min_column_width=130, gap="small"):
        for main_value in main_values(result):
            with st.container(gap="xxsmall"):
                headline = read_headline(main_value, row, result)
                st.metric(plain(main_value.label), headline.value)
                if headline.days:
                    _quiet(headline.days)
                for change in headline.changes:
                    st.markdown(change_line(change))


def _figure(
    tile_state: TileState,
    chart: Chart,
    figure: go.Figure,
    result: Result,
    name: str,
    height: int,
    workspace: Workspace,
    picks: Picks,
) -> None:
    on_pick = None
    if picks.take is not None and "points" in chart.selectable and isinstance(figure, StillFigure):
        drawn = figure

        def clicked(points: Sequence[Any]) -> None:
            mark_menu.select(tile_state, result, *picked_cells(points, result, drawn), "chart")

        on_pick = clicked
        figure = marked_figure(figure, marked_rows(tile_state, result, workspace, picks))
    lines = -(-len(chart.note) // ON_A_LINE)
    tall, fills = _height(chart, height - OF_NOTE * lines)
    draw_chart(
        figure, key=f"{name}-chart", alt=chart.alt, height=tall, fills=fills, picking="points", on_pick=on_pick,
        of=f"{result.receipt} {chart.kind}" if result.receipt else "", again=True,
        picks=tile_state.marks.again,
    )  # fmt: skip


def _height(chart: Chart, wanted: int) -> tuple[int | None, bool]:
    """Return the chart's height in the row, and whether the chart can grow with taller neighbours.

    The height is None if the chart has to keep its own.
    """
    if chart.kind not in TIGHTEST or not isinstance(chart.figure, StillFigure):
        return None, False
    figure = chart.figure.parts["layout"]
    natural: int = figure.get("height") or wanted
    tightest = OF_PANELS if "yaxis2" in figure and chart.kind in ("line", "area") else TIGHTEST[chart.kind]
    least, most = int(natural * tightest), int(natural * LOOSEST)
    return max(least, min(wanted, most)), wanted <= most


# Text


def text(written: str) -> None:
    """Draw a text tile: paragraphs and lists with bold and italic text. All other markup appears as plain text."""
    st.markdown(text_markdown(written))


def text_markdown(written: str) -> str:
    """Return the Markdown of a text tile, with all other markup escaped."""
    return "\n\n".join(_markdown(block) for block in blocks(written))


def _markdown(block: Block) -> str:
    lines = ["".join(map(_span, spans)) for spans in block.lines]
    # An invisible character before each line keeps dashes or equals signs from becoming a heading, list or rule.
    match block.kind:
        case "bullet":
            return f"- {JOINER}{lines[0]}"
        case "number":
            return f"{block.number}. {JOINER}{lines[0]}"
        case _:
            return "  \n".join(f"{JOINER}{line}" for line in lines)


JOINER = "\N{WORD JOINER}"


def _span(span: Span) -> str:
    return {"bold": f"**{plain(span.text)}**", "italic": f"*{plain(span.text)}*"}.get(span.style, plain(span.text))
