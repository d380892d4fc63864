"""Charts with long names, which need some width. Where there is less, the page shows the chart's contents as a list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shell.parts import plain
from semantic.display.charts.chart import Chart


@contextmanager
def with_room(chart: Chart, key: str, *, has_lines: bool = True) -> Iterator[None]:
    """Wrap the drawing of a chart that needs width, and add the list. Pass `has_lines=False` if the page has the list
    anyway.
    """
    if not chart.room:
        yield
        return
    with st.container(key=f"room-{key}"):
        with st.container(key=f"roomy-{chart.room}-{key}"):
            yield
        if has_lines and chart.instead:
            with st.container(key=f"narrow-{chart.room}-{key}"):
                st.markdown("\n".join(f"1. {plain(line)}" for line in chart.instead))
