"""The order of an answer's rows and the row limit, in one chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip, plain
from semantic.display.format import counted
from semantic.errors import QueryError
from semantic.model.definitions import DataType, TypeKind
from semantic.query.data import MAX_LIMIT, column_name
from semantic.query.describe import lower_first
from semantic.query.query import DATE, Order, Query

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

USUAL = "Default order"
NUMBERS, TEXTS = ("Largest first", "Smallest first"), ("Z to A", "A to Z")
DATES, YES_OR_NO = ("Latest first", "Earliest first"), ("Yes first", "No first")
"""The labels of the two directions for dates and for yes/no columns, descending first."""


def direction_words(type_: DataType, *, is_dated: bool) -> tuple[str, str]:
    """Return the labels of the two directions for a column, which depend on its type."""
    if is_dated or type_.is_time:
        return DATES
    return {TypeKind.STRING: TEXTS, TypeKind.BOOLEAN: YES_OR_NO}.get(type_.kind, NUMBERS)


def falls_at_first(ways: tuple[str, str]) -> bool:
    """Return whether a column is sorted in descending order by default, which is the case for numbers only."""
    return ways == NUMBERS


def _ways(name: str, query: Query, visible: VisibleModel) -> tuple[str, str]:
    breakdown = next((breakdown for breakdown in query.by if column_name(breakdown) == name), None)
    if breakdown is None:
        return NUMBERS
    is_dated = breakdown.dim == DATE or breakdown.part is not None or breakdown.period is not None
    try:
        return DATES if is_dated else direction_words(visible.dimension(breakdown.dim)[0].type, is_dated=False)
    except QueryError:  # A link can have an invalid order. The question says what's wrong with it.
        return NUMBERS


def order_chip(state: ExploreState, labels: Mapping[str, str], visible: VisibleModel) -> None:
    """Draw the chip with the current order and limit, and the fields that change them."""
    draft, key = state.draft, state.key("order")
    with chip(order_words(draft, labels, visible), "sort", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose(draft, labels, visible, key)
            if chosen != draft:
                state.change(chosen)
            plainly = replace(draft, order=(), limit=None)
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(plainly,))


def order_words(query: Query, labels: Mapping[str, str], visible: VisibleModel) -> str:
    """Return the order and limit in words, such as `By Ad spend, largest first, 50 rows` or `By Channel, A to Z`."""
    texts: list[str] = []
    if query.order:
        first = query.order[0]
        more = f" and {len(query.order) - 1} more" if len(query.order) > 1 else ""
        ways = _ways(first.by, query, visible)
        way = ways[0 if first.desc else 1]
        texts.append(f"By {labels.get(first.by, first.by)}{more}, {way if ways == TEXTS else lower_first(way)}")
    if query.limit is not None:
        texts.append(counted(query.limit, "row"))
    words = ", ".join(texts)
    return words if query.order else f"First {words}"


def _choose(query: Query, labels: Mapping[str, str], visible: VisibleModel, key: str) -> Query:
    columns = [
        *query.metrics,
        *(column_name(breakdown) for breakdown in query.by),
        *(calculation.name for calculation in query.calc),
    ]
    first = query.order[0] if query.order else None
    options: list[str] = list(dict.fromkeys([USUAL, *columns, *([first.by] if first else [])]))
    by = st.selectbox(
        "Order by", options, index=options.index(first.by) if first else 0, key=f"{key}-by",
        format_func=lambda name: labels.get(name, name),
    )  # fmt: skip
    order = query.order
    if by == USUAL:
        order = ()
    else:
        ways = _ways(by, query, visible)
        falls = first.desc if first and first.by == by else falls_at_first(ways)
        way = st.segmented_control(
            "Direction", [plain(one) for one in ways], default=ways[0 if falls else 1], required=True,
            key=f"{key}-way-{by}", width="stretch", label_visibility="collapsed",
        )  # fmt: skip
        changed = Order(by, desc=way == ways[0])
        order = query.order if changed == first else (changed,)
    limit = st.number_input(
        "Row limit", 1, MAX_LIMIT, query.limit, key=f"{key}-limit", placeholder="All",
        help="Totals always include all rows.",
    )  # fmt: skip
    return replace(query, order=order, limit=limit)
