"""An analysis of events in a tile: its chart or first table, its counting rule, and its receipt."""

from __future__ import annotations

import streamlit as st

from pages.analysis_tables.tables import text_table
from pages.analysis_tables.wide_chart import with_room
from pages.shell import links
from pages.shell.parts import plain
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.boards.shown import AnalysisShown
from semantic.display.charts.chart import Chart
from semantic.display.paper.figure import figure_height

OF_RULE = 70  # pixels of the rule and the receipt below a chart
LONGEST_RULE = 160  # the characters shown, with the others in the tooltip


def _room(chart: Chart, height: int) -> int:
    """Return the height of a chart in pixels: that of the tile, or the chart's own if names at its side
    would overlap.
    """
    own = int(figure_height(chart.figure)) if chart.figure is not None else 0
    return max(160, height, own if chart.kind in ("bar", "heat") else 0)


def draw_analysis(shown: AnalysisShown, name: str, height: int, *, as_table: bool = False) -> None:
    """Draw the findings of an analysis. The tile's heading or the line below it has the sentence."""
    chart = shown.main_chart(current_tokens()) if not as_table else None
    if chart is not None and chart.figure is not None:
        with with_room(chart, name):
            draw_chart(chart.figure, key=f"{name}-chart", alt=chart.alt, height=_room(chart, height - OF_RULE))
    else:
        for place, table in enumerate(shown.tables[:1]):
            text_table(table, key=f"{name}-table-{place}")
    counting, is_long = shown.counting, len(shown.counting) > LONGEST_RULE
    short = counting[:LONGEST_RULE].rsplit(" ", 1)[0] + " \N{HORIZONTAL ELLIPSIS}" if is_long else counting
    st.markdown(f":small[:gray[:material/rule: {plain(short)}]]", help=plain(counting) if is_long else None)
    if shown.notes:
        st.markdown("  \n".join(f":small[:gray[{plain(note)}]]" for note in shown.notes))
    if shown.receipt:
        links.receipt_link(shown.receipt, f"Receipt {shown.receipt}")
