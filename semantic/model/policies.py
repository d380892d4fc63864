"""Who may see what: policies with their grants, denials, row rules and masks, as a model writes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from semantic.model.definitions import Described, Names
from semantic.model.expression import Expression


@dataclass(frozen=True, slots=True)
class RowRule:
    """Which rows of a dataset a person may see; restricts every fact that reaches it (decision 25)."""

    dataset: str
    where: Expression  # :name stands for an attribute of the actor
    unmatched: Literal["hidden", "visible"] = "hidden"
    via: str = ""


class MaskKind(StrEnum):
    NULL = "null"
    HASH = "hash"
    LAST_FOUR = "last_four"
    BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class Mask:
    """What is shown in place of a dimension's value. `width` is the size of a bucket of numbers."""

    dimension: str
    kind: MaskKind
    width: int = 0


@dataclass(frozen=True, slots=True)
class Viewable:
    """Whom others may be allowed to view as. `roles` means who has these alone and no other besides."""

    everybody: bool = False
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """That an actor's attribute is one of `values`; of an attribute with several values, that one of them is."""

    name: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLimits:
    """The most that one question may ask for; None is no limit. `days` are those of a period, of a comparison too."""

    rows: int | None = None
    days: int | None = None
    breakdowns: int | None = None
    metrics: int | None = None


@dataclass(frozen=True, slots=True)
class MinGroup:
    """Privacy: behind each number stand at least so many of a thing, or it is hidden (decision 36)."""

    entity: str
    at_least: int


NO_NAMES, NO_LIMITS = Names(), QuestionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Described):
    """Who may see what. Grants of several policies add up; denials, row rules and masks bind all they match.

    It matches whoever has one of the roles, is in one of the groups or is named, and has every attribute; with
    attributes alone, whoever has them.
    """

    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    attributes: tuple[HasAttribute, ...] = ()
    grant_metrics: Names = NO_NAMES
    grant_dimensions: Names = NO_NAMES
    deny_metrics: Names = NO_NAMES
    deny_dimensions: Names = NO_NAMES
    grant_segments: Names = NO_NAMES
    deny_segments: Names = NO_NAMES
    grant_datasets: Names = NO_NAMES  # the metrics computed from these alone, and their dimensions
    deny_datasets: Names = NO_NAMES  # all that is computed from any of these, or stands in one
    grant_rows: Names = NO_NAMES  # datasets whose single rows may be listed, under the row rules
    deny_rows: Names = NO_NAMES
    whole: Names = NO_NAMES  # datasets visible without a row rule
    rows: tuple[RowRule, ...] = ()
    masks: tuple[Mask, ...] = ()
    view_as: Viewable = Viewable()
    limits: QuestionLimits = NO_LIMITS
    min_group: MinGroup | None = None
