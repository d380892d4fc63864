"""Check joins to the version that was valid at a row's time.

The row needs a date that can be compared with the validity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from semantic.errors import TimeMismatch
from semantic.model.definitions import Dataset, DataType, TypeKind
from semantic.model.join_graph import Edge, JoinPath
from semantic.plan.tree.fields import Field
from semantic.plan.tree.nodes import Leg
from semantic.query.describe import join_words, lower_first
from semantic.query.resolve import Asked


def check_versions(joins: Collection[JoinPath], time: Field | None, asked: Asked, subject: str) -> None:
    """Raise TimeMismatch if a join to versions needs a date that is missing or that the actor can't see."""
    for edge in _hops(joins):
        versions = asked.visible.model.datasets[edge.target]
        names = (subject, versions.name)
        if time is None:
            message = (
                f"{subject} has no date, so it isn't known which version of {lower_first(versions.label)} applies."
            )
            raise TimeMismatch(f"{message} Use current attributes.", names=names)
        if not can_meet(time.dimension.type, versions):
            message = (
                f"{subject} can't be matched with {lower_first(versions.label)} by "
                f"{lower_first(time.dimension.label)}: versions change at exact times, and it has no time zone."
            )
            raise TimeMismatch(message, names=names)


def can_meet(time: DataType, versions: Dataset) -> bool:
    """Return whether a time determines the version. Dates and local timestamps don't if validity is in instants."""
    assert versions.validity is not None
    by_instants = versions.columns[versions.validity.start].kind is TypeKind.TIMESTAMPTZ
    return not by_instants or time.kind is TypeKind.TIMESTAMPTZ


def version_notes(legs: Sequence[Leg], asked: Asked) -> Iterator[str]:
    """Yield notes that say which attributes are shown as of each row's day."""
    met = dict.fromkeys(edge.target for leg in legs for edge in _hops(leg.joins))
    if met:
        names = join_words([lower_first(asked.visible.model.datasets[target].label) for target in met])
        yield f"Attributes of {names} are shown as they were at the time of each row."


def _hops(joins: Collection[JoinPath]) -> Iterator[Edge]:
    for path in joins:
        if path[-1].validity is not None:
            yield path[-1]
