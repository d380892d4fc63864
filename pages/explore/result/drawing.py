"""Draw an answer as its default chart, or as large numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.number import change_line
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.words.kpi import only_row, read_headline

if TYPE_CHECKING:
    from semantic.results.result import Result


def tiles(shown: Result, usual: Usual = NO_USUAL) -> None:
    """Draw each metric as a large number, with a line for each comparison."""
    row = only_row(shown)
    differ = len({main_value.counted_to for main_value in main_values(shown)}) > 1
    compared = any(column.compare for column in shown.values)
    with st.grid(3 if compared else 4, min_column_width=230 if compared else 160, gap="small"):
        for main_value in main_values(shown):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                headline = read_headline(main_value, row, shown, usual)
                means = plain(main_value.metric.means) if main_value.metric and main_value.metric.means else None
                st.metric(plain(main_value.label), headline.value, help=means)
                st.caption(plain(" ".join(part for part in (headline.full, headline.unit) if part)) or "&nbsp;")
                if differ and headline.days:
                    st.caption(plain(headline.days))
                for change in headline.changes:
                    st.markdown(change_line(change))
