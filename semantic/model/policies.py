"""Policies as a model defines them: grants, denials, row rules and masks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from semantic.model.definitions import Described, Names
from semantic.model.expression import Expression


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule about which rows of a dataset a person can see.

    It also restricts every fact that can reach the dataset (decision 25).
    """

    dataset: str
    where: Expression  # :name stands for an attribute of the actor
    unmatched: Literal["hidden", "visible"] = "hidden"
    via: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionRule:
    """A row rule on every dataset that has a dimension, expanded in the policy's `rows`.

    `where` reads the dimension instead of columns. `apart` are datasets that have the dimension but are exempt from the
    rule. `without` says what happens to datasets that no rule reaches. "hidden" hides them. "whole" shows all rows of
    those without the dimension. "decided" requires the policy to decide about each of them, and `hidden` lists those to
    hide.
    """

    dimension: str
    where: Expression
    unmatched: Literal["hidden", "visible"] = "hidden"
    via: str = ""
    without: Literal["decided", "hidden", "whole"] = "decided"
    hidden: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


class MaskKind(StrEnum):
    NULL = "null"
    HASH = "hash"
    LAST_FOUR = "last_four"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Mask:
    """What appears instead of a dimension's values. `width` is the size of a range of numbers."""

    dimension: str
    kind: MaskKind
    width: int = 0


@dataclass(frozen=True, slots=True)
class Viewable:
    """The people that someone can view as. `roles` includes everyone whose roles are all in this list."""

    everybody: bool = False
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """An attribute that a person must have with one of `values`.

    One match is enough for an attribute with several values.
    """

    name: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLimits:
    """The limits on one question. A field is None if there is no limit. `days` limits the period, and each comparison
    separately.
    """

    rows: int | None = None
    days: int | None = None
    breakdowns: int | None = None
    metrics: int | None = None


@dataclass(frozen=True, slots=True)
class MinGroup:
    """The fewest members that a number can be based on, for privacy. Other numbers are hidden (decision 36)."""

    entity: str
    at_least: int


NO_NAMES, NO_LIMITS = Names(), QuestionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Described):
    """The access of the people that the policy matches. Grants of several policies add up.

    Denials, row rules and masks apply to everyone they match. A policy matches people who have one of the roles, are in
    one of the groups or are listed, and who have every attribute. A policy with only attributes matches everyone who
    has them. `audiences` match the readers of public links and destinations, which nothing else matches.
    """

    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    attributes: tuple[HasAttribute, ...] = ()
    grant_metrics: Names = NO_NAMES
    grant_dimensions: Names = NO_NAMES
    deny_metrics: Names = NO_NAMES
    deny_dimensions: Names = NO_NAMES
    grant_segments: Names = NO_NAMES
    deny_segments: Names = NO_NAMES
    grant_datasets: Names = NO_NAMES  # datasets whose single rows can be listed, under the row rules
    deny_datasets: Names = NO_NAMES  # everything computed from these datasets or in them
    grant_rows: Names = NO_NAMES  # datasets whose single rows may be listed, under the row rules
    deny_rows: Names = NO_NAMES
    whole: Names = NO_NAMES  # datasets visible without a row rule
    rows: tuple[RowRule, ...] = ()
    by_dimension: tuple[DimensionRule, ...] = ()
    masks: tuple[Mask, ...] = ()
    view_as: Viewable = Viewable()
    limits: QuestionLimits = NO_LIMITS
    min_group: MinGroup | None = None
