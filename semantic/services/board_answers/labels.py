"""Labels for the members in a board's filters, if the reader can see rows of those members."""

from __future__ import annotations

from collections.abc import Callable

from semantic.boards.analysis_tiles import filtered_as
from semantic.boards.board import Board, BoardState
from semantic.display.boards.state_words import dimension_labels
from semantic.display.words.settings.filters import member_names
from semantic.explore.preflight import Preflight
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.workspace import Workspace


def board_labels(state: BoardState, board: Board, workspace: Workspace, actor: Actor) -> dict[str, str]:
    """Return the labels of dimensions, and of those members in the board's filters that this viewer can see."""
    seen = workspace.visible(actor)
    labels = dimension_labels(seen)
    chosen = (*state.chosen, *state.picked)
    for dim in dict.fromkeys(one.dim for one in chosen):
        if seen.label_dimension(dim) or (not seen.may_name_members and seen.member_labels(dim)):
            about = question_about(dim, board, lambda query: workspace.preflight(query, actor))
            values = [value for one in chosen if one.dim == dim for value in one.values]
            labels |= member_names(workspace.member_labels([dim], about, actor, values))
    return labels


def question_about(dim: str, board: Board, check: Callable[[Query], Preflight]) -> Query:
    """Return a question of the board that this dimension can filter.

    The filter offers the values in the question's rows. If no tile can be filtered by the dimension, the question is
    empty.
    """
    for tile in board.tiles:
        asks = filtered_as(tile)
        if asks is not None and asks.metrics:
            query = Query(metrics=asks.metrics[:1], time=asks.time)
            if any(dimension.name == dim for dimension in check(query).available):
                return query
    return Query()
