"""How a metric is calculated: its components with recent numbers, arranged like the formula."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell import links, session
from pages.shell.live import LateAnswer, answer
from pages.shell.parts import badge_text, block, plain
from pages.shell.turns import in_turn
from semantic.display.format import writer
from semantic.display.rows import main_values
from semantic.display.words.formula_parts import Part, formula_parts
from semantic.display.words.metrics import formula, modifier_words
from semantic.explore.preflight import describe_period
from semantic.explore.weekly import headline, is_dated
from semantic.model.definitions import Metric
from semantic.plan.measures.kind_names import special_kind
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import upper_first
from semantic.query.query import Query
from semantic.results.formula import Node, formula_tree, made_in
from semantic.results.result import Result

MOST_ACROSS = 3


def formula_card(name: str) -> None:
    """Draw the formula in words immediately, and add the numbers once they arrive."""
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric = seen.metric(name)
    dated = is_dated(metric, seen)
    days = describe_period(headline(metric, seen), seen, today=workspace.today()).words
    period = days if dated else "all time"
    with block("How it's calculated", f"{period}, your scope"):
        _cards(name)


@st.fragment(parallel=True)
@in_turn
def _cards(name: str) -> None:
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric = seen.metric(name)
    slot = st.empty()
    _formula(slot, metric, seen, None)
    tree = formula_tree(metric, seen)
    asked = [name, *(node.asked.name for node in tree.parts if node.asked is not None)]
    query = Query(metrics=tuple(dict.fromkeys(asked)), time=headline(metric, seen).time)
    _formula(slot, metric, seen, answer(query, workspace, actor, made=made_in(tree)))


def _formula(slot: DeltaGenerator, metric: Metric, seen: VisibleModel, result: Result | LateAnswer | None) -> None:
    """Draw the cards, with the numbers that have arrived so far."""
    tree = formula_tree(metric, seen)
    parts = formula_parts(tree, seen.model)
    across = sum(bool(formula_part.metric) for formula_part in parts)
    with slot.container(gap="xsmall"):
        if parts and across <= MOST_ACROSS:
            _laid_out(tree, parts, seen, result)
        else:
            with st.container(border=True, gap="xxsmall"):
                _card(tree, seen, result, 0, in_words=True)
        if isinstance(result, LateAnswer):
            st.caption(f":material/cloud_off: {plain(result.sentence)}")


def _laid_out(tree: Node, parts: Sequence[Part], seen: VisibleModel, result: Result | LateAnswer | None) -> None:
    """Draw the formula as a row: the metric, an equals sign, then its parts with signs in between."""
    opening = f"= {parts[0].sign}" if parts[0].sign else "="
    laid = [Part(tree), Part(sign=opening), *(parts[1:] if parts[0].sign else parts)]
    widths = [2.4 if part.metric else 0.16 + 0.1 * len(part.sign) for part in laid]
    columns = st.columns(widths, gap="xsmall", vertical_alignment="center")
    for place, (column, part) in enumerate(zip(columns, laid, strict=True)):
        with column:
            if part.node is None:
                st.markdown(f"# {plain(part.sign)}", text_alignment="center")
            else:
                with st.container(border=True, gap="xxsmall", height="stretch"):
                    _card(part.node, seen, result, place)


def _card(
    node: Node, seen: VisibleModel, result: Result | LateAnswer | None, place: int, *, in_words: bool = False
) -> None:
    """Draw a card with a metric's name, its number, and how it's calculated.

    The first card is the result. A click on any other card opens its metric.
    """
    metric = node.metric
    assert metric is not None
    label, is_result = metric.label or metric.name, place == 0
    is_made = metric.name not in seen.model.metrics
    if is_result or is_made or result is None:  # a button can exist only once, and the numbers redraw the card
        st.markdown(f":small[**{plain(label)}**]")
    else:
        links.metric_link(label, metric.name, strong=True, icon="")
    st.metric(plain(label), plain(_value(node, result)), label_visibility="collapsed")
    if is_result and not metric.is_simple and not in_words:
        st.caption(plain(_result_words(metric, seen)))
    else:
        labels = {each_metric.name: each_metric.label or each_metric.name for each_metric in seen.metrics}
        if context := modifier_words(node.around):
            st.markdown(f":small[:gray-badge[:material/schedule: {badge_text(context)}]]")
        text, _, where = formula(metric, labels, seen.model).partition("; ")[0].partition(", where ")
        st.caption(plain(upper_first(text)))
        for part in where.split(" and ") if where else []:
            st.markdown(f":small[:gray[:material/subdirectory_arrow_right: {plain(part)}]]")


def _result_words(metric: Metric, seen: VisibleModel) -> str:
    """Return how the result is calculated in each group, as a note on its card."""
    kind = special_kind(metric, seen.model)
    if metric.cumulative is not None:
        return f"{kind}: end-of-period value, not summed"
    if kind:
        return f"{kind}: calculated per group, not summed"
    is_ratio = metric.is_ratio
    return "Ratio: calculated per group, not summed" if is_ratio else "Calculated per group"


def _value(node: Node, result: Result | LateAnswer | None) -> str:
    """Return a number in full, a dash if there is none, or dots while it's loading."""
    if result is None:
        return "\N{HORIZONTAL ELLIPSIS}"
    if isinstance(result, LateAnswer) or not result.table.num_rows:
        return "\N{EM DASH}"
    name = node.asked.name if node.asked is not None else ""
    column = next((main_value for main_value in main_values(result) if main_value.name == name), None)
    if column is None:
        return "\N{EM DASH}"
    value = result.rows()[0][column.name]
    number = float(value) if isinstance(value, (int, float)) else None
    return writer(column, (number,), short=False)(number)
