"""A board's filters, read from a question's: lists of values, one list for each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.boards.board import Chosen
from semantic.errors import InvalidQuery
from semantic.query.query import AllOf, Condition, Operator


def chosen_of(where: object) -> tuple[Chosen, ...]:
    """The values that a filter selects, if it consists of value lists only. Raises InvalidQuery."""
    parts = where.parts if isinstance(where, AllOf) else (where,)
    found: list[Chosen] = []
    for one in parts:
        if not isinstance(one, Condition) or one.op not in (Operator.IN, Operator.NOT_IN):
            raise InvalidQuery("Board filters must be lists of values. Use in or not_in.")
        found.append(Chosen(one.dim, one.values, one.op, one.via))
    return tuple(found)


def one_for_each(found: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Combine filters into one for each dimension and path, in order of first use, because a field shows only one.

    Raises InvalidQuery if two have no value in common: no value list can express that.
    """
    each: dict[tuple[str, str | None], Chosen] = {}
    for one in found:
        before = each.get((one.dim, one.via))
        each[one.dim, one.via] = one if before is None else _both(before, one)
    return tuple(each.values())


def _both(one: Chosen, other: Chosen) -> Chosen:
    """The values in both."""
    if one.op is other.op is Operator.NOT_IN:
        return replace(one, values=tuple(dict.fromkeys((*one.values, *other.values))))
    listed, by = (one, other) if one.op is Operator.IN else (other, one)
    values = tuple(value for value in listed.values if (value in by.values) is (by.op is Operator.IN))
    if not values:
        raise InvalidQuery(f"{one.dim!r} has two filters with no values in common. Use one.")
    return replace(listed, values=values)
