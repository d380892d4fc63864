"""The field for the values of a dimension, in a viewer's filters and in the board's default view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.condition import scalar
from pages.shell.parts import plain
from pages.widgets.member_options import option_labels
from semantic.display.failures import failure_title
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.explore.shared_link import is_known
from semantic.query.query import Query, Value

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

MOST_VALUES = 50  # for each dimension, because browsers and proxies cut longer addresses


def pick_members(
    dim: str, query: Query, before: Sequence[Value], key: str, workspace: Workspace, actor: Actor
) -> list[Value] | None:
    """Draw a field for choosing values, and return the chosen ones, or None if the values can't be loaded.

    The options are the values in this person's rows of `query`, and the values chosen before.
    """
    search = st.session_state.get(f"{key}-search", "")
    try:
        members, more = workspace.values(dim, query, actor, search=search)
    except SemanticError as error:
        st.caption(plain(f"Couldn't load the values. {failure_title(error)}"))
        return None
    if more or search:
        st.text_input(
            "Search values", key=f"{key}-search", live="300ms", placeholder="Type to search", icon=":material/search:"
        )
    options: list[Value] = list(dict.fromkeys([*before, *(scalar(value) for value in members)]))
    most = max(MOST_VALUES, len(before))  # A link or the default view can have more.
    labels = option_labels(dim, options, query, actor, workspace)
    values = st.multiselect(
        "Values", options, default=list(before), key=f"{key}-values",
        format_func=lambda value: value_text(value, labels), placeholder="All",
        select_all=False, max_selections=most, label_visibility="collapsed",
    )  # fmt: skip
    if more:
        st.caption(f"Showing the first {len(members)}. Search for more.")
    return values


def is_offered(dim: str, seen: VisibleModel) -> bool:
    """Return whether this person can filter a board by a dimension. It must be visible to them and not about
    individuals.
    """
    return is_known(seen.dimension, dim) and not any("personal" in dimension.tags for dimension in seen.dimension(dim))
