"""The field for members of one dimension, as a reader narrows a board by them and as a board is narrowed at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.condition import scalar
from pages.shell.parts import plain
from pages.widgets.member_options import option_labels
from semantic.boards.board import Board
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.explore.shared_link import is_known
from semantic.query.query import Query, Value

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

MOST_VALUES = 50  # of one dimension: an address that says more of them breaks on its way


def pick_members(
    dim: str, query: Query, before: Sequence[Value], key: str, workspace: Workspace, actor: Actor
) -> list[Value] | None:
    """What the field says, of the values among the rows of `query` that are open to this person and of those that
    stand there `before`. None where they cannot be listed, which it says."""
    search = st.session_state.get(f"{key}-search", "")
    try:
        found, more = workspace.values(dim, query, actor, search=search)
    except SemanticError as error:
        st.caption(plain(f"Couldn't load the values. {error.title}"))
        return None
    if more or search:
        st.text_input(
            "Search values", key=f"{key}-search", live="300ms", placeholder="Type to search", icon=":material/search:"
        )
    options: list[Value] = list(dict.fromkeys([*before, *(scalar(value) for value in found)]))
    most = max(MOST_VALUES, len(before))  # a link, or the board's own start, may have more
    labels = option_labels(dim, options, query, actor, workspace)
    values = st.multiselect(
        "Values", options, default=list(before), key=f"{key}-values",
        format_func=lambda value: value_text(value, labels), placeholder="All",
        select_all=False, max_selections=most, label_visibility="collapsed",
    )  # fmt: skip
    if more:
        st.caption(f"Showing the first {len(found)}. Search for more.")
    return values


def is_offered(dim: str, seen: VisibleModel) -> bool:
    """Whether this person narrows a board by a dimension: one that they may see, and that is not of single persons."""
    return is_known(seen.dimension, dim) and not any("personal" in one.tags for one in seen.dimension(dim))


def question_about(dim: str, board: Board, check: Callable[[Query], Preflight]) -> Query:
    """A question of the board's that has this dimension: its values are those of the rows that it counts."""
    for tile in board.tiles:
        if tile.question is not None and tile.question.metrics:
            query = Query(metrics=tile.question.metrics[:1], time=tile.question.time)
            if any(one.name == dim for one in check(query).available):
                return query
    return Query()
