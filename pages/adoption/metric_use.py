"""The usage of one metric, shown to stewards on the metric's page."""

from __future__ import annotations

import streamlit as st

from pages.adoption.used import day_words
from pages.shell import session
from pages.shell.parts import block, plain
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.charts.figures.line import Line, Panel, TimeAxis
from semantic.display.charts.figures.lines import line_chart
from semantic.display.format import number
from semantic.errors import SemanticError, counted
from semantic.model.definitions import Granularity
from semantic.services.usage.usage import MetricUsage, usage_of


@st.fragment
@in_turn
def use_of(name: str) -> None:
    """Draw a metric's usage over 90 days and, if enough months can be shown, its people by month."""
    session.require("steward")
    with block("Usage", "last 90 days, for stewards"):
        try:
            use = usage_of(session.process_parts()).get(name)
        except SemanticError:
            use = None
        if use is None:
            st.caption("Couldn't load usage.")
            return
        st.markdown(plain(use_words(use)))
        _by_month(use)


def use_words(use: MetricUsage) -> str:
    """Return a metric's usage in one line."""
    if not use.answers:
        return "Not used in the last 90 days."
    people = f"{use.people.words} {'person' if use.people.count == 1 else 'people'}"
    parts = [
        people,
        counted(use.answers, "answer"),
        f"last used {day_words(use.last_used)}",
        counted(use.exported, "export") if use.exported else "",
        f"{use.refused:,} refused" if use.refused else "",
        f"{use.failed:,} failed" if use.failed else "",
        f"95% within {use.slow:g} s" if use.slow is not None and use.slow != float("inf") else "",
    ]
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)


def _by_month(use: MetricUsage) -> None:
    counts = [people.count for _, people in use.by_month]
    if sum(bool(count) for count in counts) < 2:
        return
    months = [month for month, _ in use.by_month]
    line = Line(
        "People", [float(count) if count is not None else None for count in counts], current_tokens().series[0]
    )  # fmt: skip
    figure = line_chart(
        TimeAxis(months, Granularity.MONTH), [Panel("People by month", (line,), number)], current_tokens()
    )
    shown = [number(count) if count is not None else "hidden" for count in counts]
    draw_chart(figure, key=f"use-{use.metric}", alt=f"People by month: {', '.join(shown)}.")
