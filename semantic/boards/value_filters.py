"""Convert a question's filter to a board's filters: one list of values for each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.boards.board import ValueFilter
from semantic.errors import InvalidQuery
from semantic.query.query import AllOf, Condition, Operator


def value_filters_of(where: object) -> tuple[ValueFilter, ...]:
    """Return the values that a filter selects. Raises InvalidQuery if the filter isn't made only of value lists."""
    parts = where.parts if isinstance(where, AllOf) else (where,)
    choices: list[ValueFilter] = []
    for part in parts:
        if not isinstance(part, Condition) or part.op not in (Operator.IN, Operator.NOT_IN):
            raise InvalidQuery("Board filters must be lists of values. Use in or not_in.")
        choices.append(ValueFilter(part.dim, part.values, part.op, part.via))
    return tuple(choices)


def combine_filters(choices: Sequence[ValueFilter]) -> tuple[ValueFilter, ...]:
    """Combine filters so that each dimension and path has only one, in order of first use.

    The filter bar has one field for each. Raises InvalidQuery if two filters have no value in common, because no list
    of values can express that.
    """
    each: dict[tuple[str, str | None], ValueFilter] = {}
    for choice in choices:
        before = each.get((choice.dim, choice.via))
        each[choice.dim, choice.via] = choice if before is None else _both(before, choice)
    return tuple(each.values())


def _both(choice: ValueFilter, other: ValueFilter) -> ValueFilter:
    """Return one filter that passes only the values that pass both filters."""
    if choice.op is other.op is Operator.NOT_IN:
        return replace(choice, values=tuple(dict.fromkeys((*choice.values, *other.values))))
    listed, by = (choice, other) if choice.op is Operator.IN else (other, choice)
    values = tuple(value for value in listed.values if (value in by.values) is (by.op is Operator.IN))
    if not values:
        raise InvalidQuery(f"{choice.dim!r} has two filters with no values in common. Use one.")
    return replace(listed, values=values)
