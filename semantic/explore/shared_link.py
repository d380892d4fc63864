"""Limit the question in a link to what the person who opens it can ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from semantic.errors import UnknownName
from semantic.explore.repairs import drop_broken
from semantic.policy.narrow import VisibleModel
from semantic.query.names import read_name
from semantic.query.query import DATE, AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, Query, SqlCondition

_UNAVAILABLE = "This link includes something that isn't available to you. The rest is shown."
_Leaf = Condition | InSegment | SqlCondition | ByMember
_NOTHING_LEFT = "This link asks for something that isn't available to you, so there's nothing to show."


def linked_question(query: Query, seen: VisibleModel) -> tuple[Query, tuple[str, ...]]:
    """Return a question without the names that this actor can't see, and a sentence if some were removed.

    The sentence is the same for names that don't exist and names that are hidden (decision 34).
    """
    metrics = tuple(name for name in query.metrics if is_known(seen.metric, name))
    by = tuple(breakdown for breakdown in query.by if breakdown.dim == DATE or is_known(seen.dimension, breakdown.dim))
    by = tuple(breakdown for breakdown in by if breakdown.period is None or seen.period(breakdown.period) is not None)
    where = _kept(query.where, lambda leaf: _is_there(leaf, seen))
    having = tuple(condition for condition in query.having if is_known(seen.metric, condition.metric))
    top = query.top if query.top and is_known(seen.metric, query.top.metric) else None
    kept_query = replace(query, metrics=metrics, by=by, where=where, having=having, top=top)
    repaired = drop_broken(kept_query if metrics else replace(kept_query, having=(), top=None, totals=(), compare=()))
    if repaired == query:
        return repaired, ()
    return repaired, (_UNAVAILABLE if metrics else _NOTHING_LEFT,)


def is_known(find: Callable[[str], object], name: str) -> bool:
    """Whether `find` returns a value for a name instead of raising UnknownName."""
    try:
        find(name)
    except UnknownName:
        return False
    return True


def without_masked(query: Query, seen: VisibleModel) -> Query:
    """Return a question from someone else without filters on dimensions that are masked for this actor.

    Such filters would reveal the masked values.
    """
    return replace(query, where=_kept(query.where, lambda leaf: _is_unmasked(leaf, seen)))


def _kept(part: Filter | None, keeps: Callable[[_Leaf], bool]) -> Filter | None:
    """Return a filter with only the conditions for which `keeps` is true, or None if none are left."""
    match part:
        case None:
            return None
        case NotAny(inner):
            kept_part = _kept(inner, keeps)
            return NotAny(kept_part) if kept_part else None
        case AllOf(parts) | AnyOf(parts):
            kept_parts = tuple(inner_part for inner_part in (_kept(inner, keeps) for inner in parts) if inner_part)
            return type(part)(kept_parts) if kept_parts else None
        case _:
            return part if keeps(part) else None


def _is_there(part: _Leaf, seen: VisibleModel) -> bool:
    """Whether this actor can see the name that a condition uses."""
    match part:
        case Condition():
            named = read_name(part.dim, seen.model)
            if named.period is not None and seen.period(named.period) is None:
                return False
            is_date = named.is_grouped and named.dim == DATE
            return is_date or is_known(seen.dimension, named.dim if named.is_grouped else part.dim)
        case InSegment(name):
            return is_known(seen.segment, name)
        case SqlCondition(condition):
            names = (read_name(column, seen.model).dim for column in condition.columns)
            return all(dim == DATE or is_known(seen.dimension, dim) for dim in names)
        case ByMember(metric, where=where):
            return is_known(seen.metric, metric) and _kept(where, lambda leaf: _is_there(leaf, seen)) == where


def _is_unmasked(part: _Leaf, seen: VisibleModel) -> bool:
    match part:
        case Condition(dim):
            return seen.mask(dim) is None and seen.mask(read_name(dim, seen.model).dim) is None
        case SqlCondition(condition):
            return all(seen.mask(read_name(column, seen.model).dim) is None for column in condition.columns)
        case ByMember(where=where):
            return _kept(where, lambda leaf: _is_unmasked(leaf, seen)) == where
        case InSegment():
            return True
