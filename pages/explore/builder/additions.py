"""The optional parts of a question: totals, calculations, and order. Each part that is set is a chip, and a menu has
the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.breakdowns import key_labels
from pages.explore.builder.calculations import calculation_chips, calculation_offers
from pages.explore.builder.currency import currency_chip, currency_offers
from pages.explore.builder.ordering import order_chip
from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip, plain
from semantic.display.format import listed
from semantic.query.describe import lower_first
from semantic.query.query import Order, Query

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.model.model import Model
    from semantic.policy.narrow import VisibleModel

GRAND = "Grand total"
ROWS = 50


def additions(state: ExploreState, visible: VisibleModel, preflight: Preflight | None) -> None:
    """Draw a chip for each part that is set, then the menu of parts to add."""
    draft = state.draft
    has_currency = draft.currency is not None or draft.rates is not None
    if not (draft.totals or draft.calc or draft.order or draft.limit is not None or has_currency):
        _menu(state, visible.model, preflight)
        return
    labels = key_labels(draft, visible)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if draft.totals:
            _totals_chip(state, labels)
        if draft.calc:
            calculation_chips(state, visible, labels, preflight)
        if draft.order or draft.limit is not None:
            order_chip(
                state, labels | {metric.name: metric.label or metric.name for metric in visible.metrics}, visible
            )
        if has_currency:
            currency_chip(state, visible.model, preflight)
        _menu(state, visible.model, preflight)


# Parts to add


def _menu(state: ExploreState, model: Model, preflight: Preflight | None) -> None:
    """Draw the menu. A click adds a part with its most common settings, which people then change in its chip."""
    offered = _offers(state.draft, model) if preflight else {}
    draft = state.draft
    key = state.key(
        f"more-{len(draft.totals)}-{bool(draft.order)}-{draft.limit}-{len(draft.calc)}-{draft.currency}-{draft.rates}"
    )

    def add() -> None:
        chosen = st.session_state[key]
        if chosen in offered:
            state.replace(offered[chosen]())

    if offered:
        st.menu_button(
            "More", list(offered), key=key, icon=":material/add:", type="tertiary", on_click=add,
            help="Totals, order, row limit, shares and other calculations",
        )  # fmt: skip


def _offers(query: Query, model: Model) -> dict[str, Callable[[], Query]]:
    """Return the parts that can be added, by label. Each is a function that returns the question with that part."""
    offers: dict[str, Callable[[], Query]] = {}
    if query.by and not query.totals:
        offers["Totals"] = lambda: replace(query, totals=((),))
    if query.by and not query.order:
        offers["Order"] = lambda: replace(query, order=(Order(query.metrics[0], desc=True),))
    if query.by and query.limit is None:
        offers["Row limit"] = lambda: replace(query, limit=ROWS)
    return offers | calculation_offers(query) | currency_offers(query, model)


# Totals


def _totals_chip(state: ExploreState, labels: dict[str, str]) -> None:
    """Draw the switches for the grand total and, if there are several breakdowns, for subtotals."""
    draft, key = state.draft, state.key("totals")
    kept = [(), *((name,) for name in labels if len(labels) > 1)]
    options = {_total_name(total, labels): total for total in (*kept, *draft.totals)}
    current = [_total_name(total, labels) for total in draft.totals]
    label = (
        "Totals"
        if current == [GRAND]
        else f"Totals: {listed([total_name[:1].lower() + total_name[1:] for total_name in current])}"
    )
    label = label if len(current) < 3 else f"{len(current)} kinds of totals"

    def change() -> None:
        chosen = tuple(options[name] for name in options if name in st.session_state[f"{key}-kept"])
        if chosen:
            state.change(replace(state.draft, totals=chosen))
        else:
            state.replace(replace(state.draft, totals=()))

    with chip(label, "functions", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            if len(options) > 1:
                st.pills(
                    "Totals", list(options), default=current, selection_mode="multi", key=f"{key}-kept",
                    on_change=change, format_func=plain,
                )  # fmt: skip
            st.caption("Calculated from the underlying rows, so ratios and unique counts are correct.")
            _remove(key, state, replace(draft, totals=()))


def _total_name(kept: tuple[str, ...], labels: dict[str, str]) -> str:
    return f"Per {listed(lower_first(labels.get(name, name)) for name in kept)}" if kept else GRAND


def _remove(key: str, state: ExploreState, query: Query) -> None:
    st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(query,))
