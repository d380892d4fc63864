"""Two groups of people to compare: the name of each, and the filter on its first event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.explore.builder.condition import edit_condition
from pages.shell.parts import plain
from semantic.display.words.settings.filters import filter_words
from semantic.errors import SemanticError
from semantic.query.filters import filter_data, read_filter
from semantic.query.query import Condition, Query

if TYPE_CHECKING:
    from pages.analyses.form import Form

PATH = ("sides",)
NAMES = ("First group", "Second group")


def with_sides(data: Data) -> Data:
    """Return a definition that compares two groups of people, at first without filters."""
    return put(put(data, ("compare",), None), PATH, data.get("sides") or [{"name": name} for name in NAMES])


def sides(form: Form) -> None:
    """Draw both groups. A group that uses a set of people keeps the set, and can have a filter, too."""
    metric = at(form.data, ("steps", 0, "metric")) or at(form.data, ("first", "metric"), "")
    for place, name in enumerate(NAMES):
        with st.container(border=True, gap="xsmall", key=form.key("side", place)):
            form.text(name, (*PATH, place, "name"))
            if at(form.data, (*PATH, place, "of")) is not None:
                st.caption("Only the people in this set.")
            _filter(form, place, str(metric))


def _filter(form: Form, place: int, metric: str) -> None:
    """Draw a group's filter. Filters that the fields can't show, such as some from a link, can only be removed."""
    path = (*PATH, place, "where")
    current = _read(at(form.data, path))
    labels = {each.name: each.label or each.name for each in form.seen.dimensions}
    if current is not None and (not isinstance(current, Condition) or current.dim not in labels):
        st.caption(plain(filter_words(current, labels)))
        remove = form.act(lambda data: put(data, path, None))
        st.button("Remove filter", icon=":material/close:", key=form.key(*path, "remove"), on_click=remove)
        return
    fitting = {each.name: each for each in form.dimensions([metric])}
    names: list[str | None] = [None, *fitting]
    now = current.dim if current is not None and current.dim in fitting else None
    key = form.key(*path)
    chosen = st.selectbox(
        "Begins with an event where", names, index=names.index(now), key=f"{key}-{now}",
        format_func=lambda name: labels[name] if name is not None else "Any",
    )  # fmt: skip
    condition = None
    if chosen is not None:
        asking = replace(form.state.asking, draft=Query(metrics=(metric,)))
        before = current if current is not None and current.dim == chosen else None
        condition = edit_condition(asking, fitting[chosen], f"{key}-{chosen}", form.workspace, before)
    if condition != current and (condition is not None or chosen is None):
        form.write(path, filter_data(condition) if condition is not None else None)


def _read(where: Any) -> Any:
    try:
        return read_filter(where) if where is not None else None
    except SemanticError:
        return None
