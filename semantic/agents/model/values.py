"""Values in the filters of a language model's question.

Only words that the person wrote are accepted, and are replaced by the members that they name.

A language model never gets members of dimensions, so it can't know any. Values that the person didn't write would be
guesses, or the model's own text on the page.
"""

from __future__ import annotations

from dataclasses import replace

from semantic.explore.member_search import Likeness, MemberIndex
from semantic.explore.search import folded
from semantic.query.narrowing import all_of, parts_of
from semantic.query.query import Condition, Query, Value


def are_from(query: Query, words: str, previous: Query | None) -> bool:
    """Whether every value in the filters is in the person's words, or in the question that these continue."""
    before = (
        {value for part in _conditions(previous) for value in part.values} if previous is not None else set[Value]()
    )
    text = folded(words)
    return all(
        value in before or (isinstance(value, str) and bool(folded(value)) and folded(value) in text)
        for part in _conditions(query)
        for value in part.values
    )


def with_members(query: Query, members: MemberIndex) -> Query:
    """Return the question with each value replaced by the member that has this name or synonym, if there is one."""

    def found(dim: str, value: Value) -> Value:
        near = members.find(value, among={dim}, limit=1) if isinstance(value, str) else []
        return near[0].value if near and near[0].likeness <= Likeness.SYNONYM else value

    parts = [
        replace(part, values=tuple(found(part.dim, value) for value in part.values))
        if isinstance(part, Condition)
        else part
        for part in parts_of(query.where)
    ]
    return replace(query, where=all_of(parts)) if parts else query


def _conditions(query: Query) -> list[Condition]:
    return [part for part in parts_of(query.where) if isinstance(part, Condition)]
