"""List the parts of a filter in order, at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from semantic.errors import InvalidQuery, counted
from semantic.model.definitions import Segment
from semantic.policy.narrow import VisibleModel
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, SqlCondition, Value

Part = Condition | InSegment | SqlCondition | ByMember

MAX_BY_MEMBER: Final = 20
"""The most filters by a metric in one question. Each of them runs as a question of its own."""
MAX_CONDITIONS: Final = 2_000
MAX_ALL_VALUES: Final = 20_000


@dataclass(slots=True)
class _Count:
    by_member: int = 0
    conditions: int = 0
    values: int = 0

    def add(self, whole: Filter) -> None:
        for part in parts_of(whole):
            match part:
                case ByMember(where=where):
                    self.by_member += 1
                    if where is not None:
                        self.add(where)
                case Condition(values=values):
                    self.conditions += 1
                    self.values += len(values)
                case InSegment() | SqlCondition():
                    self.conditions += 1


def check_filter_size(whole: Filter) -> None:
    """Raise InvalidQuery if a filter has more parts than a question can have."""
    count = _Count()
    count.add(whole)
    if count.by_member > MAX_BY_MEMBER:
        has = counted(count.by_member, "filter by a metric", "filters by a metric")
        raise InvalidQuery(f"The question has {has}, more than the limit of {MAX_BY_MEMBER}. Remove some.")
    if count.conditions > MAX_CONDITIONS:
        has = counted(count.conditions, "filter")
        raise InvalidQuery(f"The question has {has}, more than the limit of {MAX_CONDITIONS:,}. Remove some.")
    if count.values > MAX_ALL_VALUES:
        has = counted(count.values, "value")
        raise InvalidQuery(
            f"The question's filters list {has}, more than the limit of {MAX_ALL_VALUES:,}. Use shorter lists."
        )


def parts_of(whole: Filter) -> Iterator[Part]:
    """Yield each test in a filter, at any depth."""
    match whole:
        case AllOf(parts) | AnyOf(parts):
            for inner in parts:
                yield from parts_of(inner)
        case NotAny(inner):
            yield from parts_of(inner)
        case _:
            yield whole


def values_listed(whole: Filter | None, dimension: str) -> list[Value]:
    """Return the values of a dimension that a filter lists."""
    return [] if whole is None else [value for one in conditions(whole) if one.dim == dimension for value in one.values]


def conditions(whole: Filter) -> list[Condition]:
    """Return every comparison in a filter."""
    return [part for part in parts_of(whole) if isinstance(part, Condition)]


def sql_conditions(whole: Filter) -> list[SqlCondition]:
    """Return every SQL condition in a filter."""
    return [part for part in parts_of(whole) if isinstance(part, SqlCondition)]


def by_members(whole: Filter) -> list[ByMember]:
    """Return every filter by a metric, but not those inside another one."""
    return [part for part in parts_of(whole) if isinstance(part, ByMember)]


def segments(whole: Filter, visible: VisibleModel) -> list[Segment]:
    """Return every segment in a filter. Raises UnknownName."""
    return [visible.segment(part.segment) for part in parts_of(whole) if isinstance(part, InSegment)]
