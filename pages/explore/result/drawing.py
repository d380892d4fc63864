"""An answer drawn: its default chart, or the numbers themselves, large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.number import change_line
from semantic.display.rows import main_values
from semantic.display.words.kpi import only_row, read_headline

if TYPE_CHECKING:
    from semantic.results.result import Result


def tiles(shown: Result) -> None:
    """Each metric large, and a line for each comparison period."""
    row = only_row(shown)
    differ = len({one.counted_to for one in main_values(shown)}) > 1
    compared = any(one.compare for one in shown.values)
    with st.grid(3 if compared else 4, min_column_width=230 if compared else 160, gap="small"):
        for one in main_values(shown):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                found = read_headline(one, row, shown)
                means = plain(one.metric.means) if one.metric and one.metric.means else None
                st.metric(plain(one.label), found.value, help=means)
                st.caption(plain(" ".join(part for part in (found.full, found.unit) if part)) or "&nbsp;")
                if differ and found.days:
                    st.caption(plain(found.days))
                for change in found.changes:
                    st.markdown(change_line(change))
