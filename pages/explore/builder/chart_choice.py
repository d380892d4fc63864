"""The choice of the chart type: the default for an answer, or another type that shows it honestly.

A choice applies to all questions with the same number of dates, breakdowns and metrics. It's in the address as `chart`,
outside the question, so a link shows the same chart, and the numbers are the same without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from semantic.display.rows import main_values

if TYPE_CHECKING:
    from semantic.display.charts.chart import Chart, Choice
    from semantic.results.result import Result

ADDRESS = "chart"

Make = tuple[int, int, int, bool]


def wanted_kind(shown: Result, key: str) -> str | None:
    """Return the type that was chosen for questions of this shape or is in the address, or None for the default."""
    kinds: dict[Make, str] = st.session_state.setdefault(f"{key}-kinds", {})
    linked, written = st.query_params.get(ADDRESS, ""), st.session_state.get(f"{key}-kind-written", "")
    if linked and linked != written:
        kinds[_make(shown)] = linked
    return kinds.get(_make(shown))


def write_kind(kind: str | None, key: str) -> None:
    """Write the chosen type to the address, or remove it if it's the default."""
    st.session_state[f"{key}-kind-written"] = kind or ""
    if st.query_params.get(ADDRESS, "") != (kind or ""):
        if kind:
            st.query_params[ADDRESS] = kind
        else:
            st.query_params.pop(ADDRESS, None)


def open_kind(kind: str, key: str) -> None:
    """Draw the next answer with the chart type that it was saved with, or with the default if `kind` is ""."""
    st.session_state.pop(f"{key}-kinds", None)
    st.session_state.pop(f"{key}-kind-written", None)
    if kind:
        st.query_params[ADDRESS] = kind
    else:
        st.query_params.pop(ADDRESS, None)


def chart_menu(shown: Result, chart: Chart, offered: tuple[Choice, ...], key: str) -> None:
    """Draw a menu that shows the current type, with the other types to choose and why some are unavailable."""
    current = next((choice for choice in offered if choice.kind == chart.kind), None)
    if current is None or len(offered) < 2:
        return
    with st.popover(
        current.label, icon=f":material/{current.icon}:", key=f"{key}-chart-kind-{current.kind}", on_change="rerun",
        type="tertiary", help="Change chart type",
    ) as popover:  # fmt: skip
        if popover.open:
            with st.container(width=300, gap="xxsmall"):
                _list(offered, current, shown, key)


def _list(offered: tuple[Choice, ...], current: Choice, shown: Result, key: str) -> None:
    for choice in offered:
        if not choice.reason:
            chosen = ":material/check:" if choice == current else f":material/{choice.icon}:"
            st.button(
                plain(choice.label) + (" &nbsp;:gray[auto]" if choice.is_rule else ""), icon=chosen, type="tertiary",
                key=f"{key}-kind-{choice.kind}", on_click=_choose, args=(choice, shown, key),
            )  # fmt: skip
    refused = [choice for choice in offered if choice.reason]
    if refused:
        st.markdown(":small[:gray[Not available for this result]]")
    for choice in refused:
        st.markdown(f":small[:material/{choice.icon}: {plain(choice.label)}  \n:gray[{plain(choice.reason)}]]")


def _choose(choice: Choice, shown: Result, key: str) -> None:
    """Set a chart type, or clear the choice if the type is the default."""
    kinds: dict[Make, str] = st.session_state.setdefault(f"{key}-kinds", {})
    if choice.is_rule:
        kinds.pop(_make(shown), None)
    else:
        kinds[_make(shown)] = choice.kind
    write_kind(kinds.get(_make(shown)), key)


def _make(shown: Result) -> Make:
    """Return the properties that decide which chart types make sense."""
    dates = sum(column.grain is not None for column in shown.keys)
    compared = any(column.compare for column in shown.values)
    return dates, len(shown.keys) - dates, len(main_values(shown)), compared
