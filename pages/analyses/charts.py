"""The charts of an analysis on the page, in the order that its kind defines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.analyses.kind import ShownAnswer
from pages.analysis_tables.wide_chart import with_room
from pages.shell.parts import plain
from pages.widgets.chart import OnPick, draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.charts.chart import Chart
from semantic.services.analyzing.presentation import AnalysisPresentation


def charts_of(telling: AnalysisPresentation[Any], shown: ShownAnswer) -> list[Chart]:
    """Return the charts of an answer, in the colours of the current theme."""
    return telling.charts(shown.answer.found, current_tokens())


def draw(charts: Sequence[Chart], shown: ShownAnswer, *, first: int = 0, on_pick: OnPick | None = None) -> None:
    """Draw charts one below the other, each with its note and, except for the answer's first chart, its title.

    `first` is the index of the first of these charts in the whole answer. `on_pick` handles clicks on that chart.
    """
    for place, chart in enumerate(charts, start=first):
        if chart.figure is None:
            st.caption(plain(chart.reason))
            continue
        if chart.title and place:
            st.markdown(f"**{plain(chart.title)}**")
        listens = on_pick is not None and place == first
        with with_room(chart, f"{shown.key}-{place}", has_lines=False):  # A table lists the chart's lines.
            draw_chart(
                chart.figure, key=f"{shown.key}-chart-{place}", alt=chart.alt, picking="points" if listens else "",
                on_pick=on_pick if listens else None, again=True,
            )  # fmt: skip
        if chart.note:
            st.caption(plain(chart.note))
