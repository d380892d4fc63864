"""The builder's filters: each a chip that opens, and one more to add; values as this person may see them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.parts import plain
from pages.ui.question import Question, parts_of, with_parts, without_part
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.query.query import Condition, Filter, Operator, Value

if TYPE_CHECKING:
    from semantic.policy.narrow import Visible
    from semantic.workspace import Workspace

INCLUDE, EXCLUDE = "Include", "Exclude"


def filters(held: Question, visible: Visible, workspace: Workspace) -> None:
    labels = {one.name: one.label or one.name for one in visible.dimensions}
    with st.container(gap="xxsmall"):
        st.markdown(":small[Filters]")
        with st.container(horizontal=True, gap="xsmall"):
            for place, part in enumerate(parts_of(held.draft)):
                _chip(held, place, part, labels, workspace)
            _add_filter(held, visible, labels, workspace)


def filter_words(part: Filter, labels: dict[str, str]) -> str:
    """One filter as its chip says it: "Channel: Paid search, Display", "Brand: not (none)"."""
    if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
        values = [value_text(value) for value in part.values]
        said = ", ".join(values[:2]) + (f" +{len(values) - 2}" if len(values) > 2 else "")
        return f"{labels.get(part.dim, part.dim)}: {'not ' if part.op is Operator.NOT_IN else ''}{said}"
    if isinstance(part, Condition):
        words = part.op.value.replace("_", " ")
        return f"{labels.get(part.dim, part.dim)} {words} {', '.join(value_text(value) for value in part.values)}"
    return "Combined filter"


def _chip(held: Question, place: int, part: Filter, labels: dict[str, str], workspace: Workspace) -> None:
    key = held.key(f"filter-{place}")
    with st.popover(
        plain(filter_words(part, labels)), icon=":material/filter_alt:", key=key, on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
                mode = _mode(key, part.op)
                values = _values(held, part.dim, key, list(part.values), labels, workspace, without=part)
                if mode != part.op or tuple(values) != part.values:
                    _change_part(held, place, replace(part, op=mode, values=tuple(values)))
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
    key = held.key(f"add-filter-{len(parts_of(held.draft))}")
    nothing = not held.draft.metrics
    with st.popover(
        "Add", icon=":material/add:", help="Add a filter", key=key, on_change="rerun", disabled=nothing
    ) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            taken = {part.dim for part in parts_of(held.draft) if isinstance(part, Condition)}
            options = [one.name for one in visible.dimensions if one.kind != "time" and one.name not in taken]
            dim = st.selectbox(
                "Filter by",
                options,
                index=None,
                key=f"{key}-dim",
                format_func=lambda name: labels[name],
                placeholder="Pick a dimension",
            )
            if dim is None:
                return
            mode = _mode(f"{key}-{dim}")
            values = _values(held, dim, f"{key}-{dim}", [], labels, workspace)
            query = with_parts(held.draft, [*parts_of(held.draft), Condition(dim, mode, tuple(values))])
            st.button(
                "Add filter",
                type="primary",
                key=f"{key}-add",
                on_click=held.replace,
                args=(query,),
                disabled=not values,
            )
