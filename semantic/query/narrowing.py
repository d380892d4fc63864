"""Split and combine filters joined by AND, and add or remove values of one breakdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from semantic.query.query import AllOf, AnyOf, Breakdown, Condition, Filter, Operator, Value


def parts_of(where: Filter | None) -> list[Filter]:
    """Return the filters joined by AND, in the order in which they were added."""
    match where:
        case None:
            return []
        case AllOf(parts):
            return list(parts)
        case single:
            return [single]


def all_of(parts: Sequence[Filter]) -> Filter | None:
    return None if not parts else parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def any_of(parts: Sequence[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def narrowed(parts: Sequence[Filter], test: Filter) -> list[Filter]:
    """Return the filters with `test` added. It replaces every filter on the same breakdown that it implies."""
    kept_parts: list[Filter] = []
    placed = False
    for part in parts:
        if not _implies(test, part):
            kept_parts.append(part)
        elif not placed:
            kept_parts.append(test)
            placed = True
    return kept_parts if placed else [*kept_parts, test]


def without_values(parts: Sequence[Filter], breakdown: Breakdown, values: Sequence[Value]) -> list[Filter] | None:
    """Return the filters without `values` of a breakdown, or None if a list would become empty.

    Values are removed from a list that includes them, or added to a list that excludes others.
    """
    kept_parts: list[Filter] = []
    done = False
    for part in parts:
        if isinstance(part, Condition) and (part.dim, part.via) == (breakdown.dim, breakdown.via):
            if part.op is Operator.IN:
                part = replace(part, values=tuple(value for value in part.values if not _has(values, value)))
                if not part.values:
                    return None
                done = True
            elif part.op is Operator.NOT_IN and not done:
                more = tuple(value for value in values if not _has(part.values, value))
                part = replace(part, values=(*part.values, *more))
                done = True
        kept_parts.append(part)
    return (
        kept_parts if done else [*kept_parts, Condition(breakdown.dim, Operator.NOT_IN, tuple(values), breakdown.via)]
    )


def _implies(test: Filter, part: Filter) -> bool:
    """Return whether everything that passes `test` also passes `part`, for lists of values of one breakdown."""
    if not (isinstance(test, Condition) and isinstance(part, Condition)):
        return False
    if (test.dim, test.via) != (part.dim, part.via):
        return False
    shared = [value for value in test.values if _has(part.values, value)]
    match test.op, part.op:
        case Operator.IN, Operator.IN:
            return len(shared) == len(test.values)
        case Operator.IN, Operator.NOT_IN:
            return not shared
        case Operator.NOT_IN, Operator.NOT_IN:
            return len(shared) == len(part.values)
        case _:
            return False


def _has(values: Iterable[Value], value: Value) -> bool:
    """Return whether `value` is one of `values`. True and 1 are different values."""
    return any(value == each_value and isinstance(value, bool) == isinstance(each_value, bool) for each_value in values)
