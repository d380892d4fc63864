"""A chart whose names need some width. In a narrower place, the page shows what it says in lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.shell.parts import plain
from semantic.display.charts.chart import Chart


@contextmanager
def with_room(chart: Chart, key: str, *, has_lines: bool = True) -> Iterator[None]:
    """Wrap the drawing of a chart. Its lines are left out if the page has them anyway."""
    if not chart.room:
        yield
        return
    with st.container(key=f"room-{key}"):
        with st.container(key=f"roomy-{chart.room}-{key}"):
            yield
        if has_lines and chart.instead:
            with st.container(key=f"narrow-{chart.room}-{key}"):
                st.markdown("\n".join(f"1. {plain(line)}" for line in chart.instead))
