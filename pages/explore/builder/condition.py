"""The fields of one filter: values to include or exclude, a text, a range, days, or a pasted list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import plain, quoted
from pages.widgets.member_options import option_labels
from semantic.display.failures import failure_title
from semantic.display.format import counted, part_text, value_text
from semantic.errors import SemanticError
from semantic.explore.pasted_values import MOST, match_list
from semantic.model.definitions import DatePart, Dimension
from semantic.query.describe import upper_first
from semantic.query.query import Condition, Operator, Query, Value

if TYPE_CHECKING:
    from semantic.workspace import Workspace

INCLUDE, EXCLUDE = "Include", "Exclude"
LISTED = {"is": Operator.IN, "is not": Operator.NOT_IN}
TEXT = {
    "contains": Operator.CONTAINS,
    "doesn't contain": Operator.NOT_CONTAINS,
    "starts with": Operator.STARTS_WITH,
    "doesn't start with": Operator.NOT_STARTS_WITH,
}
RANGE = "is between"
EMPTY = {"is empty": Operator.IN, "is not empty": Operator.NOT_IN}
"""The conditions for missing values. Empty text is a value, so it isn't missing."""
MISSING: tuple[Value, ...] = (None,)
SHOWN = 5
PARTS = {DatePart.DOW: 7, DatePart.MONTH: 12, DatePart.QUARTER: 4}
"""The parts of a date that filters can use, each with its number of values, which are few enough to list."""


def edit_condition(
    state: ExploreState, dimension: Dimension, key: str, workspace: Workspace, current: Condition | None = None
) -> Condition | None:
    """Draw the fields of a filter, and return its condition, or None while it's incomplete.

    Each kind of fields remembers its last condition.
    """
    ways = ways_of(dimension)
    shown = way_of(current) if current else ways[0]
    if shown not in ways:
        ways.append(shown)  # from a link
    way = st.selectbox(
        "Condition", ways, index=ways.index(shown), key=f"{key}-how", label_visibility="collapsed", filter_mode=None
    )
    last: dict[str, Condition] = st.session_state.setdefault(f"{key}-last", {})
    if current is not None:
        last[_fields(shown)] = current
    before = last.get(_fields(way))
    if before is not None and before.dim != dimension.name:
        before = None
    chosen = _in_fields(state, dimension, way, key, workspace, before, current.via if current else None)
    if chosen is not None:
        last[_fields(way)] = chosen
    return chosen


def _in_fields(
    state: ExploreState, dimension: Dimension, way: str, key: str, workspace: Workspace, before: Condition | None,
    via: str | None,
) -> Condition | None:  # fmt: skip
    """Draw the fields for one way to compare, filled in from `before`, and return their condition, or None if
    incomplete.
    """
    if way in EMPTY:
        return Condition(dimension.name, EMPTY[way], MISSING, via)
    if way == RANGE:
        return _range(dimension, key, before, via)
    if way in LISTED:
        values = _values(state, dimension, key, list(before.values) if before is not None else [], workspace)
        return Condition(dimension.name, LISTED[way], tuple(values), via) if values else None
    typed = str(before.values[0]) if before is not None else ""
    text = st.text_input("Text", value=typed, key=f"{key}-text", live=True)
    return Condition(dimension.name, TEXT[way], (text,), via) if text.strip() else None


def _fields(way: str) -> str:
    """Return the name of the fields for a way to compare. Ways with the same fields have the same name."""
    return "list" if way in LISTED else "text" if way in TEXT else "none" if way in EMPTY else "range"


def ways_of(dimension: Dimension) -> list[str]:
    """Return the ways in which a filter can compare a dimension."""
    if dimension.kind == "time":
        return [RANGE, *EMPTY]
    if dimension.kind == "boolean":
        return [*LISTED, *EMPTY]
    return [*LISTED, *([RANGE] if dimension.type.is_number else TEXT), *EMPTY]


def way_of(condition: Condition) -> str:
    """Return the way in which a condition compares."""
    if condition.values == MISSING and condition.op in EMPTY.values():
        return next(way for way, op in EMPTY.items() if op is condition.op)
    return next((way for way, op in (LISTED | TEXT).items() if op is condition.op), RANGE)


def choose_mode(key: str, *, is_excluded: bool) -> bool:
    """Draw the choice between including and excluding rows, and return whether rows are excluded."""
    chosen = st.segmented_control(
        "Match", [INCLUDE, EXCLUDE], default=EXCLUDE if is_excluded else INCLUDE,
        required=True, key=f"{key}-mode", width="stretch", label_visibility="collapsed",
    )  # fmt: skip
    return chosen == EXCLUDE


# A part of the date


def edit_part(part: DatePart, name: str, key: str, current: Condition | None = None) -> Condition | None:
    """Draw weekdays, months or quarters to include or exclude, and return the condition, or None until one
    is chosen.
    """
    before = current.values if current else ()
    excludes = choose_mode(key, is_excluded=current is not None and current.op is Operator.NOT_IN)
    known = list(range(1, PARTS[part] + 1))
    chosen = st.pills(
        upper_first(part.words), known, default=[one for one in known if one in before], selection_mode="multi",
        key=f"{key}-part", format_func=lambda number: part_text(number, part), label_visibility="collapsed",
    )  # fmt: skip
    op = Operator.NOT_IN if excludes else Operator.IN
    if current is not None and (current.op, set(before)) == (op, set(chosen)):
        return current
    return Condition(name, op, tuple(sorted(chosen))) if chosen else None


def can_edit_part(part: DatePart, current: Condition) -> bool:
    """Return whether the fields can show a condition unchanged, because it lists only numbers that they offer."""
    listed = current.op in (Operator.IN, Operator.NOT_IN)
    return listed and all(isinstance(value, int) and 1 <= value <= PARTS[part] for value in current.values)


# A range


def _range(dimension: Dimension, key: str, current: Condition | None, via: str | None) -> Condition | None:
    first, last = _ends(current)
    ends: list[Value] = []
    with st.container(horizontal=True, gap="xsmall"):
        for label, value in (("From", first), ("To", last)):
            ends.append(_day(label, value, key) if dimension.kind == "time" else _number(label, value, key))
    low, high = ends
    if current is not None and (low, high) == (_shown(first, dimension), _shown(last, dimension)):
        return current
    st.caption("Both ends are included. Leave one blank for an open range.")
    if low is None and high is None:
        return None
    if high is None:
        return Condition(dimension.name, Operator.AT_LEAST, (low,), via)
    if low is None:
        return Condition(dimension.name, Operator.AT_MOST, (high,), via)
    if _is_after(low, high):
        st.caption("The start is after the end.")
        return None
    return Condition(dimension.name, Operator.BETWEEN, (low, high), via)


def _shown(value: Value, dimension: Dimension) -> Value:
    """Return one end of a range in the form that its field uses, and returns unless someone edits it."""
    if dimension.kind == "time":
        day = _day_of(value)
        return day.isoformat() if day else None
    return value


def _is_after(low: Value, high: Value) -> bool:
    if isinstance(low, str) and isinstance(high, str):
        return low > high
    return isinstance(low, int | float) and isinstance(high, int | float) and low > high


def _ends(current: Condition | None) -> tuple[Value, Value]:
    match current:
        case Condition(op=Operator.BETWEEN, values=(low, high)):
            return low, high
        case Condition(op=Operator.AT_LEAST | Operator.MORE, values=(low,)):
            return low, None
        case Condition(op=Operator.AT_MOST | Operator.LESS, values=(high,)):
            return None, high
        case _:
            return None, None


def _day(label: str, value: Value, key: str) -> str | None:
    chosen = st.date_input(
        label, value=_day_of(value), key=f"{key}-{label}", format="DD/MM/YYYY", width=128,
        min_value=date(1900, 1, 1), max_value=date(2100, 1, 1),
    )  # fmt: skip
    return chosen.isoformat() if isinstance(chosen, date) else None


def _day_of(value: Value) -> date | None:
    try:
        day = date.fromisoformat(str(value)[:10]) if value is not None else None
    except ValueError:
        return None
    return day if day and date(1900, 1, 1) <= day <= date(2100, 1, 1) else None


def _number(label: str, value: Value, key: str) -> float | int | None:
    start = float(value) if isinstance(value, int | float) else None
    chosen = st.number_input(label, value=start, key=f"{key}-{label}", placeholder="Number")
    if chosen is None:
        return None
    return int(chosen) if float(chosen).is_integer() else chosen


# Values


def _values(
    state: ExploreState, dimension: Dimension, key: str, picked: list[Value], workspace: Workspace
) -> list[Value]:
    """Draw the values that this person can see, with a search if not all are listed, and a field for a pasted list.

    Returns the picked values. The question's filters don't limit the list.
    """
    query = state.draft
    search = st.session_state.get(f"{key}-search", "")
    try:
        values, more = workspace.values(dimension.name, query, state.actor, search=search)
    except SemanticError as error:
        st.caption(plain(f"Couldn't load the values. {failure_title(error)}"))
        return picked
    if more or search:
        st.text_input(
            "Search values", key=f"{key}-search", live="300ms", placeholder="Type to search", icon=":material/search:"
        )
    pasted: list[Value] = st.session_state.get(f"{key}-pasted", [])
    # Values can have any type the dimension has; as filter values they're JSON scalars, dates as text.
    options: list[Value] = list(dict.fromkeys([*picked, *pasted, *(scalar(value) for value in values)]))
    labels = option_labels(dimension.name, options, query, state.actor, workspace)
    chosen = st.multiselect(
        plain(dimension.label or dimension.name), options, default=list(dict.fromkeys([*picked, *pasted])),
        key=f"{key}-values-{len(pasted)}", format_func=lambda one: value_text(one, labels),
        placeholder="Pick values", select_all=False,
    )  # fmt: skip
    if more:
        st.caption(f"Showing the first {len(values)}. Search for more.")
    if dimension.kind == "categorical":
        _paste(state, dimension, query, key, workspace)
    return chosen


def scalar(value: object) -> Value:
    """Return a value of an answer in the form that filters use."""
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _paste(state: ExploreState, dimension: Dimension, query: Query, key: str, workspace: Workspace) -> None:
    """Draw a field for a pasted list. Matching values can be picked, and other lines show similar values."""
    open_key = f"{key}-paste"
    with st.expander("Paste a list", key=open_key, on_change="rerun") as opened:
        if not opened.open:
            return
        text = st.text_area("One value per line", key=f"{open_key}-text", height=120)
        if not text.strip():
            return
        known = known_values(dimension.name, query, state, workspace)
        labels = option_labels(dimension.name, known, query, state.actor, workspace)
        matched = match_list(text, known, labels)
        count = len(matched.values)

        def take(values: Sequence[Value] = matched.values) -> None:
            before: list[Value] = st.session_state.get(f"{key}-pasted", [])
            st.session_state[f"{key}-pasted"] = list(dict.fromkeys([*before, *values]))

        st.button(f"Pick {counted(count, 'value')}", key=f"{open_key}-take", on_click=take, disabled=not count)
        for place, one in enumerate(matched.unmatched[:SHOWN]):
            st.caption(plain(f"{quoted(one.line)} doesn't occur in this period."))
            for value in one.near:
                st.button(
                    plain(f"Pick {value_text(value, labels)}"),
                    key=f"{open_key}-{place}-{value}",
                    on_click=take,
                    args=((value,),),
                )
        if (left := len(matched.unmatched) - SHOWN) > 0:
            more = "1 more line" if left == 1 else f"{left:,} more lines"
            st.caption(f"{more} didn't match.")


def known_values(dim: str, query: Query, state: ExploreState, workspace: Workspace) -> list[Value]:
    """Return the values of a dimension that this person can see, up to the maximum length of a list."""
    try:
        values, _ = workspace.values(dim, replace(query, where=None), state.actor, limit=MOST)
    except SemanticError:
        return []
    return [scalar(value) for value in values]
