"""What stands in a filter, however it is nested, in order."""

from __future__ import annotations

from collections.abc import Iterator

from semantic.model.definitions import Segment
from semantic.policy.narrow import Visible
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, Said

Part = Condition | InSegment | Said | ByMember


def parts_of(whole: Filter) -> Iterator[Part]:
    """Everything that a filter tests."""
    match whole:
        case AllOf(parts) | AnyOf(parts):
            for inner in parts:
                yield from parts_of(inner)
        case NotAny(inner):
            yield from parts_of(inner)
        case _:
            yield whole


def conditions(whole: Filter) -> list[Condition]:
    """Every comparison."""
    return [one for one in parts_of(whole) if isinstance(one, Condition)]


def saids(whole: Filter) -> list[Said]:
    """Every SQL condition."""
    return [one for one in parts_of(whole) if isinstance(one, Said)]


def by_members(whole: Filter) -> list[ByMember]:
    """Every filter by a metric; not those inside of one."""
    return [one for one in parts_of(whole) if isinstance(one, ByMember)]


def segments(whole: Filter, visible: Visible) -> list[Segment]:
    """Every segment. Raises UnknownName."""
    return [visible.segment(one.segment) for one in parts_of(whole) if isinstance(one, InSegment)]
