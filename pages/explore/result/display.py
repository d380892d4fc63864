"""The display settings of the table: bars, shares, tints, intervals and columns. Also its order, which is part of the
question.

The chart and the link follow the order. A click on a column header changes it, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.ordering import NUMBERS, direction_words, falls_at_first
from pages.explore.result.cells import ALL_BARS, TableDisplay, longest_bar
from pages.explore.result.selection import Ask
from pages.shell.parts import plain
from semantic.display.evidence import evidence
from semantic.display.format import listed
from semantic.display.rows import main_values
from semantic.display.shares import adds_up, whole
from semantic.query.query import Order

if TYPE_CHECKING:
    from semantic.results.result import Result

USUAL = "Default order"
SORT = "sort"
"""The address parameter with the column that the rows are sorted by."""


def current_look(shown: Result, key: str) -> TableDisplay:
    """Return the display settings last chosen in this session, even for columns that this answer doesn't have."""
    last_look: TableDisplay | None = st.session_state.get(f"{key}-look")
    return last_look or TableDisplay()


def view_order(shown: Result, key: str) -> tuple[str, bool] | None:
    """Return the column that the rows are sorted by and whether the largest comes first, or None for the question's
    order.

    The column is from a click or from the address, and applies until the question's own order or limit changes. An
    address can contain any text, so the text is only compared.
    """
    linked, of = st.query_params.get(SORT, ""), (shown.query.order, shown.query.limit)
    if linked and linked != st.session_state.get(f"{key}-sort-written", ""):
        sort_by((linked.removesuffix("!"), linked.endswith("!")), shown, key)
    held: tuple[object, tuple[str, bool] | None] = st.session_state.get(f"{key}-sort") or (of, None)
    return held[1] if held[0] == of else None


def sort_by(order: tuple[str, bool] | None, shown: Result, key: str) -> None:
    st.session_state[f"{key}-sort"] = (shown.query.order, shown.query.limit), order


def write_order(order: tuple[str, bool] | None, key: str) -> None:
    """Write the sort column to the address, or remove it for the question's own order."""
    text = order[0] + "!" * order[1] if order is not None else ""
    st.session_state[f"{key}-sort-written"] = text
    if text:
        if st.query_params.get(SORT, "") != text:
            st.query_params[SORT] = text
    else:
        st.query_params.pop(SORT, None)


def controls(shown: Result, ask: Ask, *, key: str) -> None:
    """Draw the settings in a popover, which is built when someone opens it."""
    with st.popover("Display", icon=":material/tune:", key=f"{key}-display", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            _order(shown, ask, key)
            _additions(shown, key)
            _columns(shown, key)


def _order(shown: Result, ask: Ask, key: str) -> None:
    """Draw the column to sort by and the direction, which are part of the question."""
    options = {column.name: column.label for column in shown.columns}
    words = {column.name: direction_words(column.type, is_dated=column.is_dated) for column in shown.columns}
    current = shown.query.order[0] if shown.query.order else None
    by, way = f"{key}-order-by", f"{key}-order-desc"

    def change() -> None:
        chosen, ways = st.session_state[by], words.get(st.session_state[by], NUMBERS)
        turned = current is not None and current.by == chosen
        falls = st.session_state.get(way) == ways[0] if turned else falls_at_first(ways)
        order = () if chosen not in options else (Order(chosen, desc=falls),)
        if order != shown.query.order:
            ask(replace(shown.query, order=order))

    names = ["", *options]
    st.selectbox(
        "Order", names, index=names.index(current.by) if current and current.by in options else 0, key=by,
        format_func=lambda name: options.get(name, USUAL), on_change=change,
    )  # fmt: skip
    if current is not None:
        ways = words.get(current.by, NUMBERS)
        st.segmented_control(
            "Direction", [plain(one) for one in ways], default=ways[0 if current.desc else 1], required=True, key=way,
            on_change=change, label_visibility="collapsed", width="stretch",
        )  # fmt: skip


def _additions(shown: Result, key: str) -> None:
    """Draw the switches for bars, shares, tints and intervals. Unavailable ones show the reason."""
    look = current_look(shown, key)
    has_interval = any(
        each_evidence is not None and each_evidence.low is not None
        for every in evidence(shown).values()
        for each_evidence in every
    )
    _toggle("Bars", "bars", look.bars > 0, _no_bars(shown), key, on=ALL_BARS)
    _toggle("Share of total", "share", look.share, _no_shares(shown), key)
    _toggle("Color scale", "scale", look.scale, "" if shown.keys else "Needs more than one row.", key)
    if has_interval:
        _toggle("95% intervals", "intervals", look.intervals, "", key)


def scale_switch(shown: Result, *, key: str) -> None:
    """Draw the switch for the colour scale, which is the only one that a pivot table has."""
    _toggle("Color scale", "scale", current_look(shown, key).scale, "", key)


def _toggle(label: str, name: str, value: bool, reason: str, key: str, *, on: bool | int = True) -> None:
    widget = f"{key}-look-{name}"

    def change() -> None:
        last_look: TableDisplay = st.session_state.get(f"{key}-look") or TableDisplay()
        st.session_state[f"{key}-look"] = replace(last_look, **{name: on if st.session_state[widget] else type(on)()})

    st.toggle(
        label,
        value=value and not reason,
        key=widget,
        on_change=change,
        disabled=bool(reason),
        help=plain(reason) or None,
    )


def _no_bars(shown: Result) -> str:
    """Return why no metric of the answer can have bars, or "" if one can."""
    values = main_values(shown)
    if any(longest_bar(main_value, shown) for main_value in values):
        return ""
    if not any(adds_up(main_value, shown) and not main_value.is_ratio for main_value in values):
        return f"{listed(main_value.label for main_value in values)} can't be summed, so bars would be misleading."
    return "Needs at least three rows and no negative numbers."


def _no_shares(shown: Result) -> str:
    """Return why no metric of the answer can be shown as a share of the total, or "" if one can."""
    values = main_values(shown)
    if any(whole(main_value, shown) is not None for main_value in values):
        return ""
    additive = [main_value for main_value in values if adds_up(main_value, shown)]
    if not additive:
        return f"{listed(main_value.label for main_value in values)} can't be summed, so shares aren't available."
    return "Some groups are hidden. Turn on totals to see shares."


def _columns(shown: Result, key: str) -> None:
    """Draw a switch for each metric, which shows or hides the metric and its comparisons."""
    if len(shown.values) < 2:
        return
    look = current_look(shown, key)
    labels = {column.name: column.label for column in shown.values}
    widget = f"{key}-look-columns"

    def change() -> None:
        chosen = set(st.session_state[widget])
        last_look: TableDisplay = st.session_state.get(f"{key}-look") or TableDisplay()
        others = last_look.hidden - labels.keys()
        st.session_state[f"{key}-look"] = replace(last_look, hidden=others | (labels.keys() - chosen))

    st.multiselect(
        "Columns", list(labels), default=[name for name in labels if name not in look.hidden], key=widget,
        format_func=lambda name: labels[name], on_change=change, select_all=False, placeholder="None",
    )  # fmt: skip
