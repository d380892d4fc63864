"""The initial filter values of a board, split into values that the person editing can see and the number of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pages.boards.edit.composing import Composing
from pages.boards.read.member_picker import is_offered
from pages.explore.builder.condition import scalar
from pages.widgets.member_options import option_labels
from semantic.boards.board import ValueFilter
from semantic.display.format import counted, value_text
from semantic.errors import SemanticError
from semantic.explore.filter_values import MOST_OPTIONS
from semantic.query.member_labels import labels_among
from semantic.query.query import Operator, Query, Value
from semantic.services.board_answers.labels import question_about

if TYPE_CHECKING:
    from semantic.workspace import Workspace

SAID = 4


@dataclass(frozen=True, slots=True)
class SeenValues:
    """The values that a person can see, in order, and the number of the others.

    `is_known` is False while the data is unavailable. A value without rows counts as hidden, just like a value whose
    rows are hidden, so no one can tell them apart.
    """

    values: tuple[Value, ...] = ()
    hidden: int = 0
    is_known: bool = True


def visible_values(composing: Composing, workspace: Workspace, choice: ValueFilter | None) -> SeenValues:
    """Return which values of a filter this person can see, and how many are hidden."""
    if choice is None:
        return SeenValues()
    members = _members(composing, workspace, choice.dim)
    if members is None:
        return SeenValues(hidden=len(choice.values), is_known=False)
    seen = tuple(value for value in choice.values if value in members)
    return SeenValues(seen, len(choice.values) - len(seen))


def values_words(composing: Composing, workspace: Workspace, choice: ValueFilter) -> str:
    """Return a filter's values in words, such as `DE, AT`, `not DE` or `DE and 1 value you can't see`."""
    values = visible_values(composing, workspace, choice)
    visible = workspace.visible(composing.actor)
    labels = labels_among(values.values, visible.member_labels(choice.dim))
    if visible.label_dimension(choice.dim):
        query = question_with(composing, workspace, choice.dim)
        labels = option_labels(choice.dim, values.values, query, composing.actor, workspace)
    said = ", ".join(value_text(value, labels) for value in values.values[:SAID])
    said += f" +{len(values.values) - SAID}" if len(values.values) > SAID else ""
    hidden = counted(values.hidden, "value") if values.hidden else ""
    hidden += " you can't see" if hidden and values.is_known else ""
    words = " and ".join(part for part in (said, hidden) if part)
    return f"not {words}" if choice.op is Operator.NOT_IN else words


def question_with(composing: Composing, workspace: Workspace, dim: str) -> Query:
    """Return one of the board's questions that has this dimension, over the board's default period."""
    return replace(question_about(dim, composing.board, composing.check(workspace)), time=composing.board.start.period)


def _members(composing: Composing, workspace: Workspace, dim: str) -> frozenset[Value] | None:
    """Return the values of a dimension that this person can see, or None while the data is unavailable.

    The values are cached by question.
    """
    visible = workspace.visible(composing.actor)
    if not is_offered(dim, visible) or visible.mask(dim) is not None:  # None of a masked field's values is a real one.
        return frozenset()
    query = replace(question_with(composing, workspace, dim), time=None)  # it can have rows on other days
    if (dim, query) not in composing.members:
        try:
            values, _ = workspace.values(dim, query, composing.actor, limit=MOST_OPTIONS)
        except SemanticError:  # not cached: the next run tries again
            return None
        composing.members[dim, query] = frozenset(scalar(value) for value in values)
    return composing.members[dim, query]
