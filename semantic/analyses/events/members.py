"""The group that a part of an analysis is limited to: its value as data, as SQL, and in words."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.plan.joins.filters import typed_value
from semantic.query.filters import scalar
from semantic.query.member_labels import NO_LABELS, label_of
from semantic.query.query import Breakdown, Condition, Operator
from semantic.sql.dialects.build_tree import column

Member = str | int | float | bool | None


def read_member(fields: dict[str, Any], by: Breakdown | None, what: str) -> tuple[Member] | None:
    """Return the group in a part's `by`, or None if there is no `by`. The group is in a tuple, because the group itself
    can be None.

    Raises InvalidQuery.
    """
    if "by" not in fields:
        return None
    if by is None:
        raise InvalidQuery(f"This {what} has no breakdown. Remove 'by' from its part.")
    if not isinstance(fields["by"], (str, int, float, bool, type(None))):
        raise InvalidQuery(f"'by' must be a single value of the {what}'s breakdown.")
    scalar(fields["by"], by.dim)
    return (fields["by"],)


def compares_member(by: Breakdown | None, member: tuple[Member] | None) -> tuple[Condition, ...]:
    """Return the group of a part as a filter. Empty if the part isn't limited to a group."""
    return (Condition(by.dim, Operator.IN, member, by.via),) if by is not None and member is not None else ()


def member_data(value: object) -> Member:
    """Return a group's value as JSON-ready data."""
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def typed_member(planned: PlannedEvents, place: int, value: Member) -> object:
    """Return a group's value in the attribute's type for this actor. Raises InvalidFilter."""
    return typed_value(value, next(key.field for key in planned.carried[place].keys if key is not None))


def member_words(planned: PlannedEvents, place: int, value: Member) -> str:
    """Return a group in words: `Device: Phone`.

    The label of the value is used only if the actor can see all members.
    """
    carried, seen = planned.carried[place], planned.legs[0].asked.visible
    is_labelled = carried.dimension and seen.may_name_members
    labels = seen.member_labels(carried.dimension) if is_labelled else NO_LABELS
    return f"{carried.label}: {'(none)' if value is None else label_of(value, labels) or str(value)}"


def equals(name: str, alias: str, value: Any, table: EventTable) -> exp.Expr:
    """Return the condition that a column equals a value."""
    found = column(name, alias)
    if value is None:
        return exp.Is(this=found, expression=exp.Null())
    return exp.EQ(this=found, expression=table.values.add(value))


def is_there(name: str, alias: str) -> exp.Expr:
    """Return the condition that a column isn't null."""
    return exp.Not(this=exp.Is(this=column(name, alias), expression=exp.Null()))
