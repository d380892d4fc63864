"""Optional parts of a question: totals, top N, calculations, order. Each a chip that opens; the rest in a menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.calculations import calculation_chips, calculation_offers
from pages.explore.builder.currency import currency_chip, currency_offers
from pages.explore.builder.ordering import order_chip
from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip, plain
from semantic.display.format import listed
from semantic.query.data import MAX_TOP, column_name
from semantic.query.describe import describe_split, lower_first, upper_first
from semantic.query.query import DATE, Breakdown, Order, Query, Top

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.model.model import Model
    from semantic.policy.narrow import VisibleModel

GRAND = "Grand total"
NOTHING = "None"
TOP_N, ROWS = 5, 50


def additions(state: ExploreState, visible: VisibleModel, preflight: Preflight | None) -> None:
    """A chip for each part that's set; then the menu of parts to add."""
    draft = state.draft
    has_currency = draft.currency is not None or draft.rates is not None
    if not (draft.totals or draft.top or draft.calc or draft.order or draft.limit is not None or has_currency):
        _menu(state, visible.model, preflight)
        return
    labels = key_labels(draft, visible)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if draft.totals:
            _totals_chip(state, labels)
        if draft.top is not None:
            _top_chip(state, draft.top, visible, labels)
        if draft.calc:
            calculation_chips(state, visible, labels, preflight)
        if draft.order or draft.limit is not None:
            order_chip(state, labels | {metric.name: metric.label or metric.name for metric in visible.metrics})
        if has_currency:
            currency_chip(state, visible.model, preflight)
        _menu(state, visible.model, preflight)


def key_labels(query: Query, visible: VisibleModel) -> dict[str, str]:
    """The breakdowns' labels, by column name."""
    known = {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
    return {column_name(breakdown): _key_label(breakdown, known, visible.model) for breakdown in query.by}


def _key_label(breakdown: Breakdown, known: dict[str, str], model: Model) -> str:
    if breakdown.dim == DATE:
        words = describe_split(breakdown, model) or "day"
        return upper_first(words)
    return known.get(breakdown.dim, breakdown.dim) + (
        f" ({breakdown.via.replace('_', ' ').replace('.', ', ')})" if breakdown.via else ""
    )


# Parts to add


def _menu(state: ExploreState, model: Model, preflight: Preflight | None) -> None:
    """One click adds a part with its most common settings; its chip then changes it."""
    offered = _offers(state.draft, model) if preflight else {}
    draft = state.draft
    key = state.key(
        f"more-{len(draft.totals)}-{draft.top is not None}-{bool(draft.order)}-{draft.limit}-{len(draft.calc)}"
        f"-{draft.currency}-{draft.rates}"
    )

    def add() -> None:
        chosen = st.session_state[key]
        if chosen in offered:
            state.replace(offered[chosen]())

    if offered:
        st.menu_button(
            "More", list(offered), key=key, icon=":material/add:", type="tertiary", on_click=add,
            help="Totals, top values, order, row limit, shares and other calculations",
        )  # fmt: skip


def _offers(query: Query, model: Model) -> dict[str, Callable[[], Query]]:
    """Each part that can be added, with a function that gives the question that has it."""
    offers: dict[str, Callable[[], Query]] = {}
    if query.by and not query.totals:
        offers["Totals"] = lambda: replace(query, totals=((),))
    members = [column_name(breakdown) for breakdown in query.by if not breakdown.runs]
    if members and query.top is None:
        top = Top(TOP_N, members[0], query.metrics[0])
        offers["Top values, rest as Other"] = lambda: replace(query, top=top)
    if query.by and not query.order:
        offers["Order"] = lambda: replace(query, order=(Order(query.metrics[0], desc=True),))
    if query.by and query.limit is None:
        offers["Row limit"] = lambda: replace(query, limit=ROWS)
    return offers | calculation_offers(query) | currency_offers(query, model)


# Totals


def _totals_chip(state: ExploreState, labels: dict[str, str]) -> None:
    """The grand total, and subtotals for each breakdown if there are several."""
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


# Top N


def _top_chip(state: ExploreState, top: Top, visible: VisibleModel, labels: dict[str, str]) -> None:
    key = state.key("top")
    label = f"Top {top.n} of {lower_first(labels.get(top.dim, top.dim))}"
    with chip(label, "leaderboard", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose_top(top, state.draft, visible, labels, key)
            if chosen != top:
                state.change(replace(state.draft, top=chosen))
            _remove(key, state, replace(state.draft, top=None))


def _choose_top(top: Top, query: Query, visible: VisibleModel, labels: dict[str, str], key: str) -> Top:
    members = [column_name(breakdown) for breakdown in query.by if not breakdown.runs]
    names = labels | {metric.name: metric.label or metric.name for metric in visible.metrics}

    def called(name: str) -> str:
        return names.get(name, name)

    n = st.number_input("Show top", 1, MAX_TOP, top.n, key=f"{key}-n")
    dim, metric, within = top.dim, top.metric, top.within
    if len(members) > 1:
        dim = st.selectbox("Of", members, index=members.index(dim), key=f"{key}-dim", format_func=called)
    ranked = list(dict.fromkeys([*query.metrics, metric]))
    if len(ranked) > 1:
        metric = st.selectbox("By", ranked, index=ranked.index(metric), key=f"{key}-metric", format_func=called)
    outer = [name for name in members if name != dim]
    if outer:
        texts = [name for name in within if name in outer]
        chosen = st.multiselect(
            "Within each", outer, default=texts, key=f"{key}-within-{dim}", format_func=called, placeholder=NOTHING,
            select_all=False,
        )  # fmt: skip
        within = tuple(chosen)
    other = st.toggle("Group the rest as Other", value=top.other, key=f"{key}-other")
    return Top(int(n), dim, metric, within, other)


def _remove(key: str, state: ExploreState, query: Query) -> None:
    st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(query,))
