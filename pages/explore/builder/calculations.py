"""Calculations on the columns of an answer: shares, ranks, running totals. Each is a chip that opens its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip
from semantic.display.words.settings.comparisons import comparison_names as comparison_labels
from semantic.query.calculations import MAX_CALCULATIONS, MAX_WINDOW, TAKES
from semantic.query.comparisons import comparison_names
from semantic.query.data import column_name
from semantic.query.describe import calculation_label
from semantic.query.query import Calculation, CalculationKind, Query

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel

WORDS = {
    CalculationKind.PERCENT_OF_TOTAL: "Share of total",
    CalculationKind.RANK: "Rank",
    CalculationKind.RUNNING_TOTAL: "Running total",
    CalculationKind.MOVING_AVERAGE: "Moving average",
    CalculationKind.INDEX: "Index (first period = 100)",
    CalculationKind.DIFFERENCE: "Difference",
    CalculationKind.RATIO: "Ratio of two metrics",
}
_ALONG_DATES = (CalculationKind.RUNNING_TOTAL, CalculationKind.MOVING_AVERAGE, CalculationKind.INDEX)
_OF_GROUPS = (CalculationKind.PERCENT_OF_TOTAL, CalculationKind.RANK)
USUAL_PERIODS = 3


def calculation_offers(query: Query) -> dict[str, Callable[[], Query]]:
    """Return the calculations that can be added to the first metric, by label. Each is a function that returns the
    question with it.
    """
    if len(query.calc) >= MAX_CALCULATIONS or not query.metrics:
        return {}

    def adding(kind: CalculationKind) -> Callable[[], Query]:
        return lambda: replace(query, calc=(*query.calc, _made(kind, query)))

    kinds = _kinds(query)
    return {words: adding(kind) for kind, words in WORDS.items() if kind in kinds}


def _kinds(query: Query) -> list[CalculationKind]:
    """Return the calculations for which the question has the necessary breakdowns and columns."""
    dates = sum(breakdown.runs for breakdown in query.by)
    values = len(query.metrics) * (1 + len(query.compare))
    pairs = [CalculationKind.DIFFERENCE, CalculationKind.RATIO] if values > 1 else []
    return [*(_OF_GROUPS if query.by else ()), *(_ALONG_DATES if dates == 1 else ()), *pairs]


def _made(kind: CalculationKind, query: Query) -> Calculation:
    values = value_columns(query)
    taken = {calculation.name for calculation in query.calc}
    name = next(text for place in range(99) if (text := f"{kind.value}_{place + 1}") not in taken)
    periods = USUAL_PERIODS if kind is CalculationKind.MOVING_AVERAGE else 0
    # The metric's own comparison comes before another metric.
    other = (
        next((value_column for value_column in values if value_column.startswith(f"{values[0]}_")), values[-1])
        if "to" in TAKES[kind]
        else ""
    )
    return Calculation(name=name, do=kind, of=values[0], to=other, periods=periods)


def value_columns(query: Query) -> list[str]:
    """Return the columns that calculations can use: the metrics, then their comparisons."""
    endings = comparison_names(query.compare)
    return [*query.metrics, *(f"{name}_{ending}" for ending in endings for name in query.metrics)]


def calculation_chips(
    state: ExploreState, visible: VisibleModel, keys: Mapping[str, str], preflight: Preflight | None
) -> None:
    """Draw a chip for each calculation. `keys` has the labels of the breakdowns, by column."""
    metrics = {metric.name: metric.label or metric.name for metric in visible.metrics}
    labels = {name: metrics.get(name, name) for name in state.draft.metrics}
    words = comparison_labels(state.draft)
    for ending, comparison_label in zip(comparison_names(state.draft.compare), words, strict=True):
        labels |= {
            f"{name}_{ending}": f"{metrics.get(name, name)}, {comparison_label.lower()}" for name in state.draft.metrics
        }
    for calculation in state.draft.calc:
        _chip(state, calculation, labels, keys, preflight)


def _chip(
    state: ExploreState,
    calculation: Calculation,
    labels: Mapping[str, str],
    keys: Mapping[str, str],
    preflight: Preflight | None,
) -> None:
    key = state.key(f"calc-{calculation.name}")
    with chip(calculation_words(calculation, labels, preflight), "calculate", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose(calculation, state.draft, labels, keys, key)
            if chosen != calculation:
                state.change(_with(state.draft, calculation, chosen))
            rest = tuple(other for other in state.draft.calc if other.name != calculation.name)
            order = tuple(by for by in state.draft.order if by.by != calculation.name)
            without = replace(state.draft, calc=rest, order=order)
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(without,))


def _with(query: Query, old: Calculation, new: Calculation) -> Query:
    return replace(query, calc=tuple(new if calculation == old else calculation for calculation in query.calc))


def calculation_words(calculation: Calculation, labels: Mapping[str, str], preflight: Preflight | None) -> str:
    """Return the label of a calculation's column or, while the question can't be asked, of its kind."""
    if preflight is not None and preflight.compiled is not None:
        asked = preflight.compiled.asked
        found_calculation = next((candidate for candidate in asked.calc if candidate.name == calculation.name), None)
        if found_calculation is not None:
            return calculation_label(found_calculation, asked)
    return f"{WORDS[calculation.do]}: {labels.get(calculation.of, calculation.of)}"


def _choose(
    calculation: Calculation, query: Query, labels: Mapping[str, str], keys: Mapping[str, str], key: str
) -> Calculation:
    values, takes = value_columns(query), TAKES[calculation.do]

    def called(name: str) -> str:
        return labels.get(name, keys.get(name, name))

    if len(values) > 1:
        of = st.selectbox("Of", values, index=_place(calculation.of, values), key=f"{key}-of", format_func=called)
        calculation = replace(calculation, of=of)
    if "to" in takes:
        label = "Minus" if calculation.do is CalculationKind.DIFFERENCE else "Divided by"
        to = st.selectbox(label, values, index=_place(calculation.to, values), key=f"{key}-to", format_func=called)
        calculation = replace(calculation, to=to)
    outer = [column_name(by) for by in query.by]
    if calculation.do in _OF_GROUPS and len(outer) > 1:
        chosen = st.multiselect(
            "Within each", outer, default=[name for name in calculation.within if name in outer], key=f"{key}-within",
            format_func=called, placeholder="Across all groups", select_all=False, max_selections=len(outer) - 1,
        )  # fmt: skip
        calculation = replace(calculation, within=tuple(chosen))
    if "periods" in takes:
        periods = st.number_input("Number of periods", 2, MAX_WINDOW, calculation.periods, key=f"{key}-periods")
        calculation = replace(calculation, periods=int(periods))
    if calculation.do is CalculationKind.RANK:
        calculation = replace(
            calculation, ascending=st.toggle("Lowest first", value=calculation.ascending, key=f"{key}-ascending")
        )
    return calculation


def _place(name: str, values: list[str]) -> int:
    return values.index(name) if name in values else 0
