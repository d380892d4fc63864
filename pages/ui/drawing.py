"""An answer drawn: the chart its rule picks, or the numbers themselves, large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.parts import plain
from semantic.display.change import change_between, change_words, verdict
from semantic.display.format import MINUS, Write, writer
from semantic.display.rows import compared_with, comparison_words, main_values
from semantic.model.definitions import NumberFormat

if TYPE_CHECKING:
    from semantic.result import Result, ResultColumn


def tiles(shown: Result) -> None:
    """Each metric large, and a line for each period it is compared with."""
    row = _row_of_tiles(shown)
    compared = any(one.compare for one in shown.values)
    with st.grid(3 if compared else 4, min_column_width=230 if compared else 160, gap="small"):
        for one in main_values(shown):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                partners = compared_with(one, shown)
                value, every = row[one.name], [row[it.name] for it in (one, *partners)]
                text = writer(one, every)(value)
                st.metric(
                    plain(one.label), text, help=plain(one.metric.means) if one.metric and one.metric.means else None
                )
                full = writer(one, every, short=False)(value)
                unit = "" if one.format is NumberFormat.MONEY else one.unit
                said = " ".join(part for part in (full if full != text else "", unit) if part)
                st.caption(plain(said) or "&nbsp;")
                for before in partners:
                    st.markdown(_change_line(one, before, row, writer(one, every)))


def _row_of_tiles(shown: Result) -> dict[str, Any]:
    """The one row there is to show: of the period, where there is one; a total or what has no date stands below it."""
    rows = shown.rows()
    return next((row for row in rows if all(row[key.name] is not None for key in shown.keys)), rows[0])


def _change_line(one: ResultColumn, before: ResultColumn, row: dict[str, Any], write: Write) -> str:
    """Arrow, change and verdict in the colour of the verdict, then the earlier value and when that was."""
    change = change_between(row[one.name], row[before.name], one)
    colour = {"better": "green", "worse": "red", "": "gray"}[verdict(change, one)]
    words = change_words(change, one)
    arrow = {"+": ":material/arrow_upward: ", MINUS: ":material/arrow_downward: "}.get(words[0], "")
    earlier = f"vs {write(row[before.name])}, {comparison_words(one, before)}"
    return f":small[:{colour}[{arrow}{plain(words)}] :gray[{plain(earlier)}]]"
