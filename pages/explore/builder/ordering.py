"""The order of an answer's rows and the row limit, as one chip that opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip
from semantic.display.format import counted
from semantic.query.data import MAX_LIMIT, column_name
from semantic.query.query import Order, Query

USUAL = "Default order"
DOWN, UP = "Largest first", "Smallest first"


def order_chip(state: ExploreState, labels: Mapping[str, str]) -> None:
    """Draw the current order and limit, which the chip changes."""
    draft, key = state.draft, state.key("order")
    with chip(order_words(draft, labels), "sort", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose(draft, labels, key)
            if chosen != draft:
                state.change(chosen)
            plainly = replace(draft, order=(), limit=None)
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(plainly,))


def order_words(query: Query, labels: Mapping[str, str]) -> str:
    """Return `By Ad spend, largest first, 50 rows`."""
    texts: list[str] = []
    if query.order:
        first = query.order[0]
        more = f" and {len(query.order) - 1} more" if len(query.order) > 1 else ""
        texts.append(f"By {labels.get(first.by, first.by)}{more}, {(DOWN if first.desc else UP).lower()}")
    if query.limit is not None:
        texts.append(counted(query.limit, "row"))
    words = ", ".join(texts)
    return words if query.order else f"First {words}"


def _choose(query: Query, labels: Mapping[str, str], key: str) -> Query:
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
        way = st.segmented_control(
            "Direction", [DOWN, UP], default=UP if first and not first.desc else DOWN, required=True,
            key=f"{key}-way", width="stretch", label_visibility="collapsed",
        )  # fmt: skip
        changed = Order(by, desc=way == DOWN)
        order = query.order if changed == first else (changed,)
    limit = st.number_input(
        "Row limit", 1, MAX_LIMIT, query.limit, key=f"{key}-limit", placeholder="All",
        help="Totals always include all rows.",
    )  # fmt: skip
    return replace(query, order=order, limit=limit)
