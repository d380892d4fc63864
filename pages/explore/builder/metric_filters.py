"""Filters on the value of a metric in each group. Each is a chip that opens, with numbers in the units that readers
see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip, plain
from semantic.display.format import currency_sign, named_with_unit, number
from semantic.model.definitions import Metric, NumberFormat
from semantic.model.money import shown_unit
from semantic.query.query import MetricFilter

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

OPERATORS = {
    ">": "more than", ">=": "at least", "<": "less than", "<=": "at most", "between": "between", "=": "exactly",
    "!=": "not",
}  # fmt: skip
OFFERED = (">", "<", "between")
PLACES = 10  # the decimals of a share that is entered in percent, so that 7 becomes 0.07, not 0.07000000000000001


def metric_filter_words(condition: MetricFilter, visible: VisibleModel, currency: str | None) -> str:
    """Return a filter in words, such as "Ad spend more than €100" or "Refund rate between 1% and 2%"."""
    metric = _metric(condition.metric, visible)
    if metric is None:
        return condition.metric
    values = " and ".join(_value_text(value, metric, currency) for value in condition.values)
    return f"{metric.label or metric.name} {OPERATORS.get(condition.op, condition.op)} {values}"


def metric_filter_chip(state: ExploreState, place: int, condition: MetricFilter, visible: VisibleModel) -> None:
    key = state.key(f"having-{place}")
    having = state.draft.having
    words = metric_filter_words(condition, visible, state.draft.currency)
    with chip(words, "filter_alt", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            metric_filter = choose_metric_filter(
                key, condition.metric, visible, state.draft.currency, current=condition
            )
            if metric_filter is not None and metric_filter != condition:
                state.change(replace(state.draft, having=(*having[:place], metric_filter, *having[place + 1 :])))
            rest = replace(state.draft, having=(*having[:place], *having[place + 1 :]))
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(rest,))


def choose_metric_filter(
    key: str, name: str, visible: VisibleModel, currency: str | None, current: MetricFilter | None = None
) -> MetricFilter | None:
    """Draw the fields, and return the metric filter, or None until its numbers are entered. Shares are entered in
    percent.
    """
    metric = _metric(name, visible)
    if metric is None:
        return current
    extra = [current.op] if current and current.op not in OFFERED else []
    options: list[str] = [*OFFERED, *extra]
    op = st.selectbox(
        plain(f"Show groups where {metric.label or metric.name} is"), options, key=f"{key}-op",
        index=options.index(current.op) if current else 0, format_func=OPERATORS.__getitem__,
    )  # fmt: skip
    size = 100 if metric.format is NumberFormat.SHARE else 1
    count = 2 if op == "between" else 1
    current_values = [value * size for value in current.values] if current else []
    values: list[float | None] = []
    shown = "%" if size == 100 else shown_unit(metric, currency)
    unit = named_with_unit("", shown, NumberFormat.NUMBER).strip(" \N{MIDDLE DOT}")
    with st.container(horizontal=True, gap="xsmall"):
        for place in range(count):
            label = (("From", "To")[place] if count == 2 else "Value") + (f", {plain(unit)}" if unit else "")
            before = round(float(current_values[place]), PLACES) if place < len(current_values) else None
            values.append(st.number_input(label, value=before, key=f"{key}-value-{place}", placeholder="Number"))
    known = [_exact(value, size) for value in values if value is not None]
    if len(known) < count:
        return None
    if count == 2 and known[0] > known[1]:
        st.caption("The first number must be smaller than the second.")
        return None
    return MetricFilter(name, op, tuple(known))


def _exact(value: float, size: int) -> int | float:
    """Return a number as a question stores it. Whole numbers have no decimals, so that links are readable."""
    given_value = round(value / size, PLACES + 2) if size != 1 else value
    return int(given_value) if float(given_value).is_integer() else given_value


def _metric(name: str, visible: VisibleModel) -> Metric | None:
    return next((metric for metric in visible.metrics if metric.name == name), None)


def _value_text(value: float, metric: Metric, currency: str | None) -> str:
    """Return a value in full, without trailing zeros."""
    if metric.format is NumberFormat.SHARE:
        return f"{_short(round(100 * value, PLACES))}%"
    sign = currency_sign(shown_unit(metric, currency)) if metric.format is NumberFormat.MONEY else ""
    text = _short(abs(value))
    return f"\N{MINUS SIGN}{sign}{text}" if value < 0 else f"{sign}{text}"


def _short(value: float) -> str:
    return number(value) if float(value).is_integer() else number(value, 6).rstrip("0")
