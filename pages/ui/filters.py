"""The builder's filters: each a chip that opens, and one more to add; values as this person may see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.metric_filters import choose_metric_filter, metric_filter_chip
from pages.ui.parts import chip, plain
from pages.ui.question import Question, parts_of, with_parts, without_part
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.query.query import Condition, Filter, InSegment, NotAny, Operator, Query, Value

if TYPE_CHECKING:
    from semantic.policy.narrow import Visible
    from semantic.workspace import Workspace

INCLUDE, EXCLUDE = "Include", "Exclude"
SEGMENT, METRIC = "segment:", "metric:"
"""What stands before the name of what is no dimension, where all are offered together."""


def filters(held: Question, visible: Visible, workspace: Workspace) -> None:
    labels = filter_labels(visible)
    with st.container(gap="xxsmall"):
        st.markdown(":small[Filters]")
        with st.container(horizontal=True, gap="xsmall"):
            for place, part in enumerate(parts_of(held.draft)):
                _chip(held, place, part, labels, visible, workspace)
            for place, one in enumerate(held.draft.having):
                metric_filter_chip(held, place, one, visible)
            _add_filter(held, visible, labels, workspace)


def filter_labels(visible: Visible) -> dict[str, str]:
    """What is filtered by, as it is called: dimensions by name, segments and metrics with what they are before it."""
    labels = {one.name: one.label or one.name for one in visible.dimensions}
    labels |= {SEGMENT + one.name: f"Segment: {one.label or one.name}" for one in visible.segments}
    return labels | {METRIC + one.name: f"Value of {one.label or one.name}" for one in visible.metrics}


def filter_words(part: Filter, labels: dict[str, str]) -> str:
    """One filter as its chip says it: "Channel: Paid search, Display", "Brand: not (none)"."""
    if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
        values = [value_text(value) for value in part.values]
        said = ", ".join(values[:2]) + (f" +{len(values) - 2}" if len(values) > 2 else "")
        return f"{labels.get(part.dim, part.dim)}: {'not ' if part.op is Operator.NOT_IN else ''}{said}"
    if isinstance(part, Condition):
        words = part.op.value.replace("_", " ")
        return f"{labels.get(part.dim, part.dim)} {words} {', '.join(value_text(value) for value in part.values)}"
    if (segment := segment_of(part)) is not None:
        label = labels.get(SEGMENT + segment, segment).removeprefix("Segment: ")
        return f"{'Not in' if isinstance(part, NotAny) else 'In'} {label}"
    return "Combined filter"


def segment_of(part: Filter) -> str | None:
    """The segment that a filter is about alone: in it, or not in it."""
    inner = part.part if isinstance(part, NotAny) else part
    return inner.segment if isinstance(inner, InSegment) else None


def _chip(
    held: Question, place: int, part: Filter, labels: dict[str, str], visible: Visible, workspace: Workspace
) -> None:
    key = held.key(f"filter-{place}")
    with chip(filter_words(part, labels), "filter_alt", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
                mode = _mode(key, part.op)
                values = _values(held, part.dim, key, list(part.values), labels, workspace, without=part)
                if mode != part.op or tuple(values) != part.values:
                    _change_part(held, place, replace(part, op=mode, values=tuple(values)))
            elif (segment := segment_of(part)) is not None:
                chosen = _segment(key, segment, visible, current=part)
                if chosen != part:
                    parts = [chosen if at == place else one for at, one in enumerate(parts_of(held.draft))]
                    held.change(with_parts(held.draft, parts))
            else:
                st.caption("This filter came with the link. It can be left out as a whole.")
            st.button(
                "Remove",
                icon=":material/delete:",
                key=f"{key}-remove",
                on_click=held.replace,
                args=(without_part(held.draft, part),),
            )


def _change_part(held: Question, place: int, part: Condition) -> None:
    """Writes a filter's new values; one without any is not a filter yet, so the question keeps the last that was."""
    if part.values:
        parts = list(parts_of(held.draft))
        parts[place] = part
        held.change(with_parts(held.draft, parts))


def _mode(key: str, current: Operator = Operator.IN) -> Operator:
    chosen = st.segmented_control(
        "Rows with these values", [INCLUDE, EXCLUDE], default=EXCLUDE if current is Operator.NOT_IN else INCLUDE,
        required=True, key=f"{key}-mode", width="stretch",
    )  # fmt: skip
    return Operator.NOT_IN if chosen == EXCLUDE else Operator.IN


def _segment(key: str, name: str, visible: Visible, current: Filter | None = None) -> Filter:
    """In a segment or not, with what it means below."""
    mode = _mode(key, Operator.NOT_IN if isinstance(current, NotAny) else Operator.IN)
    described = next((one.description for one in visible.segments if one.name == name), "")
    if described:
        st.caption(plain(described))
    return NotAny(InSegment(name)) if mode is Operator.NOT_IN else InSegment(name)


def _values(
    held: Question,
    dim: str,
    key: str,
    picked: list[Value],
    labels: dict[str, str],
    workspace: Workspace,
    *,
    without: Filter | None = None,
) -> list[Value]:
    """The values of a dimension as this person may see them, with a search where there are more than are listed."""
    query = without_part(held.draft, without) if without else held.draft
    search = st.session_state.get(f"{key}-search", "")
    try:
        found, more = workspace.values(dim, query, held.actor, search=search)
    except SemanticError as error:
        st.caption(plain(f"The values cannot be listed. {error.title}"))
        return picked
    if more or search:
        st.text_input(
            "Search values", key=f"{key}-search", live="300ms", placeholder="Type to search", icon=":material/search:"
        )
    # A list of values is whatever type the dimension has; as filter values they are JSON scalars, dates as text.
    options: list[Value] = list(dict.fromkeys([*picked, *(_scalar(value) for value in found)]))
    chosen = st.multiselect(
        labels.get(dim, dim),
        options,
        default=picked,
        key=f"{key}-values",
        format_func=value_text,
        placeholder="Pick values",
        select_all=False,
    )
    if more:
        st.caption(f"The first {len(found)} are listed. Search for others.")
    return chosen


def _scalar(value: object) -> Value:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _add_filter(held: Question, visible: Visible, labels: dict[str, str], workspace: Workspace) -> None:
    key = held.key(f"add-filter-{len(parts_of(held.draft)) + len(held.draft.having)}")
    nothing = not held.draft.metrics
    with st.popover(
        "Add", icon=":material/add:", help="Add a filter", key=key, on_change="rerun", disabled=nothing
    ) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            what = st.selectbox(
                "Filter by",
                _options(held, visible),
                index=None,
                key=f"{key}-dim",
                format_func=lambda name: labels[name],
                placeholder="Pick a dimension, segment or metric",
            )
            if what is None:
                return
            query = _with_filter(held, what, f"{key}-{what}", labels, visible, workspace)
            st.button(
                "Add filter",
                type="primary",
                key=f"{key}-add",
                on_click=held.replace,
                args=(query,),
                disabled=query is None,
            )


def _options(held: Question, visible: Visible) -> list[str]:
    """What could be filtered by and is not yet; values of metrics where there are groups to choose among."""
    parts = parts_of(held.draft)
    dims = {part.dim for part in parts if isinstance(part, Condition)}
    segments = {segment_of(part) for part in parts}
    options = [one.name for one in visible.dimensions if one.kind != "time" and one.name not in dims]
    options += [SEGMENT + one.name for one in visible.segments if one.name not in segments]
    if held.draft.by:
        asked = held.draft.metrics
        options += [METRIC + name for name in asked]
        options += [METRIC + one.name for one in visible.metrics if one.name not in asked]
    return options


def _with_filter(
    held: Question, what: str, key: str, labels: dict[str, str], visible: Visible, workspace: Workspace
) -> Query | None:
    """The question with the filter being made; None until there is enough of it."""
    parts = parts_of(held.draft)
    if what.startswith(SEGMENT):
        return with_parts(held.draft, [*parts, _segment(key, what.removeprefix(SEGMENT), visible)])
    if what.startswith(METRIC):
        made = choose_metric_filter(key, what.removeprefix(METRIC), visible)
        return replace(held.draft, having=(*held.draft.having, made)) if made else None
    mode = _mode(key)
    values = _values(held, what, key, [], labels, workspace)
    return with_parts(held.draft, [*parts, Condition(what, mode, tuple(values))]) if values else None
