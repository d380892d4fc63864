"""The schema of a model's YAML, checked by pydantic, and the JSON Schema for editors."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
)

from semantic.model.definitions import Additivity, DataType, EntityKind, NumberFormat, TypeKind
from semantic.model.files.doc import ColumnName, DescribedDoc, Doc, Name
from semantic.model.kinds import KINDS
from semantic.model.kinds.simple import SIMPLE
from semantic.model.loading.naming_schema import MappedNamesDoc, NamingDoc
from semantic.model.loading.policy_schema import NamesDoc, NamesText, PersonDoc, PolicyDoc, PolicyTestDoc
from semantic.model.loading.settings_schema import SettingsDoc

_DAYS = re.compile(r"^\s*(\d{1,3})\s+(day|week)s?\s*$", re.IGNORECASE)


def read_days(text: str) -> int | None:
    """Return `14 days` or `2 weeks` as a number of days, or None for anything else."""
    match = _DAYS.match(text)
    return int(match[1]) * (7 if match[2].lower() == "week" else 1) if match else None


def _known_days(text: str) -> str:
    if read_days(text) is None:
        raise ValueError("it is not a number of days; write it like 14 days")
    return text


DaysText = Annotated[str, AfterValidator(_known_days)]

_SHARES = re.compile(r"^(\d{1,3}(?:\.\d{1,4})?) ?% to (\d{1,3}(?:\.\d{1,4})?) ?%$", re.ASCII)


def shares_of(text: str) -> tuple[Fraction, Fraction] | None:
    """Return `80% to 90%` as fractions of 1, or None for anything else."""
    match = _SHARES.match(text.strip())
    low, high = (Fraction(match[1]) / 100, Fraction(match[2]) / 100) if match else (Fraction(0), Fraction(0))
    return (low, high) if 0 < low <= high else None


def _known_shares(text: str) -> str:
    if shares_of(text) is None:
        raise ValueError("it is not a range of shares; write it like 80% to 90%")
    return text


SharesText = Annotated[str, AfterValidator(_known_shares)]

_MATTERS = re.compile(r"^(\d{1,3}(?:\.\d{1,4})?) ?(%|pp)$", re.ASCII)


def size_of(text: str) -> Fraction | None:
    """Return `1%` or `0.2 pp` as a fraction of 1, or None for anything else."""
    match = _MATTERS.match(text.strip())
    size = Fraction(match[1]) / 100 if match else Fraction(0)
    return size if 0 < size <= 1 else None


def _known_matters(text: str) -> str:
    if size_of(text) is None:
        raise ValueError("it is not the size of a change; write it like 1%, or 0.2 pp for a share")
    return text


MattersText = Annotated[str, AfterValidator(_known_matters)]


class EntityDoc(Doc):
    """A key that joins datasets. `name` is its role in this dataset.

    `entity` is set if the entity has another name than the role.
    """

    name: Name
    entity: Name | None = None
    kind: EntityKind
    columns: list[ColumnName] = Field(min_length=1)


MemberLabel = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class MemberDoc(Doc):
    """A member's label, which people see in place of the member's value, and other words for the member."""

    label: MemberLabel | None = None
    synonyms: list[MemberLabel] = []


def _known_member(value: object) -> object:
    """Validate a label, or a label with synonyms. Raises ValueError with the same message for both forms."""
    if isinstance(value, str) and 0 < len(value.strip()) <= 200:
        return value
    try:
        return MemberDoc.model_validate(value)
    except ValidationError as error:
        raise ValueError("write a label of up to 200 characters, or {label: …, synonyms: […]}") from error


Member = Annotated[MemberLabel | MemberDoc, BeforeValidator(_known_member)]


class DimensionDoc(DescribedDoc):
    kind: Literal["categorical", "time", "boolean"] = "categorical"
    sql: str | None = None
    type: str | None = None
    day: str | None = None
    grain: Literal["second", "minute", "hour", "week", "month", "quarter", "year"] | None = None
    only_for: list[str] = []
    labels: dict[str, Member] = {}
    labels_from: Name | None = None


class MeasureDoc(DescribedDoc):
    agg: Literal[
        "sum", "count", "count_distinct", "approx_count_distinct", "avg", "min", "max", "median", "percentile",
        "sum_boolean",
    ]  # fmt: skip
    sql: str | None = None
    additivity: Additivity | None = None
    time: Name | None = None
    within: list[Name] = []
    percentile: float | None = Field(default=None, gt=0, lt=1)
    discrete: bool = False
    approximate: bool = False
    over_time: Literal["first", "last", "average"] | None = None
    per: list[Name] = []
    currency: ColumnName | None = None
    local: str | None = None
    final_after: DaysText | None = None
    completeness: dict[DaysText, SharesText] = {}


class FreshnessDoc(Doc):
    column: ColumnName
    warn_after_hours: int = Field(default=36, gt=0)
    by: Name | None = None
    loaded_with: Name | None = None
    append_only: bool = False


class AcceptedDoc(Doc):
    column: ColumnName
    values: list[str]


class RelationshipDoc(Doc):
    entity: Name
    at_least: float = Field(default=1.0, ge=0, le=1)


class NotNullDoc(Doc):
    column: ColumnName
    at_least: float = Field(default=1.0, ge=0, le=1)


class CheckDoc(Doc):
    """One check on a dataset. Exactly one of the keys is set."""

    not_null: NotNullDoc | None = None
    unique: list[ColumnName] | None = None
    accepted: AcceptedDoc | None = None
    relationship: RelationshipDoc | None = None
    rows: int | None = Field(default=None, ge=0)


class HistoryDoc(Doc):
    """A dataset whose rows are versions, with `current` true for the current version.

    Rows with the same `key` are versions of one thing.
    """

    key: list[ColumnName] = Field(min_length=1)
    current: str


class ValidityDoc(Doc):
    """A dataset whose rows are versions, each valid from `start` up to, but not including, `end`.

    Rows with the same `key` are versions of one thing.
    """

    key: list[ColumnName] = Field(min_length=1)
    start: ColumnName
    end: ColumnName


class PartitionDoc(Doc):
    """A column that partitions the table. Datasets with partitions of the same name join only within a partition."""

    name: Name
    column: ColumnName | None = None


class BridgeDoc(Doc):
    """A dataset whose rows link two entities, many to many. `weight` is the column with a link's share of `of`."""

    weight: ColumnName
    of: Name | None = None


class DatasetDoc(DescribedDoc):
    table: str | None = None
    sql: str | None = None
    grain: list[ColumnName] = Field(min_length=1)
    columns: dict[ColumnName, str]
    entities: list[EntityDoc] = []
    dimensions: list[DimensionDoc] = []
    measures: list[MeasureDoc] = []
    time: Name | None = None
    freshness: FreshnessDoc | None = None
    checks: list[CheckDoc] = []
    history: HistoryDoc | None = None
    validity: ValidityDoc | None = None
    partitions: list[PartitionDoc] = []
    bridge: BridgeDoc | None = None
    forward: bool = False
    begins: date | None = None
    row_rules_reviewed: str | None = None
    origin: Literal["upload"] | None = None
    connection: Name | None = None
    domain: Name | None = None


def _known_meaning(text: str) -> str:
    if text and re.fullmatch(r"[0-9a-f]{16,64}", text) is None:
        raise ValueError("it is not a digest of a definition; `python -m semantic certify` writes it")
    return text


class CertifiedDoc(Doc):
    """A certification: who certified the metric, and until when.

    With `meaning`, the certification lapses when the definition changes.
    """

    by: str
    until: date
    meaning: Annotated[str, AfterValidator(_known_meaning)] = ""


class DeprecatedDoc(Doc):
    """A deprecation: since when a metric shouldn't be used, why, and what to use instead."""

    since: date
    replaced_by: Name | None = None
    reason: str = ""


class EnoughDoc(Doc):
    """How much data a reliable number needs: at least this denominator, or this many rows behind a mean."""

    denominator: int | None = Field(default=None, ge=1, le=1_000_000_000)
    rows: int | None = Field(default=None, ge=2, le=1_000_000_000)
    interval: Literal["none", "wilson"] | None = None


class _MetricStart(DescribedDoc):
    kind: str = SIMPLE.name
    where: str | None = None


class MetricBase(_MetricStart):
    """The keys that every kind of metric can have."""

    every_period: bool = False
    grain: Literal["millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"] | None = None
    unit: str = ""
    format: NumberFormat = NumberFormat.NUMBER
    decimals: int | None = Field(default=None, ge=0, le=6)
    direction: Literal["up", "down", "none"] = "none"
    fill: Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)] | None = None
    means: str = ""
    does_not_mean: str = ""
    certified: CertifiedDoc | None = None
    deprecated: DeprecatedDoc | None = None
    enough: EnoughDoc | None = None
    matters: MattersText | None = None
    final_after: DaysText | None = None
    counts_after: DaysText | None = None
    target: Name | None = None
    domain: Name | None = None


if TYPE_CHECKING:
    MetricDoc = MetricBase
else:
    # The keys of all kinds, between a metric's first keys and the rest. Which key goes with which kind is checked when
    # the model is read, so that the message can name the kind.
    MetricDoc = create_model(
        "MetricDoc",
        __base__=(MetricBase, *(kind.keys for kind in reversed(KINDS.values())), _MetricStart),
        kind=(Literal[tuple(KINDS)], SIMPLE.name),
    )


def wrong_unit(metric: MetricDoc) -> str:
    """Return the problem with the unit of a metric's `matters`, or "". A share changes by percentage points."""
    is_share = metric.format is NumberFormat.SHARE
    if metric.matters is None or metric.matters.strip().endswith("pp") == is_share:
        return ""
    what = "a share" if is_share else "not a share"
    return f"`matters: {metric.matters}` has the wrong unit, because {metric.name!r} is {what}."


class LastDoc(Doc):
    """The last complete periods before the day that a segment is evaluated for."""

    count: int = Field(gt=0, le=10_000)
    unit: Literal["day", "week", "month", "quarter", "year"] = "day"


class SegmentDoc(DescribedDoc):
    """A segment: the members that have a row in another dataset."""

    entity: Name
    dataset: Name
    where: str | None = None
    time: Name | None = None
    last: LastDoc | None = None
    as_of: Literal["today", "period_end"] = "today"
    domain: Name | None = None


class AnalysisDoc(DescribedDoc):
    """A named analysis of events. `definition` holds the keys of its kind."""

    definition: dict[str, Any]
    certified: CertifiedDoc | None = None
    domain: Name | None = None


class DomainPeopleDoc(Doc):
    """The people of a domain, by their IDs and groups."""

    people: list[str] = []
    groups: list[str] = []


class DomainDoc(DescribedDoc):
    """A team that owns metrics outside the shared core. Its stewards are also members."""

    stewards: DomainPeopleDoc = DomainPeopleDoc()
    members: DomainPeopleDoc = DomainPeopleDoc()


class AnnotationsDoc(DescribedDoc):
    """A source of annotations: a dataset of dated notes that appear on charts."""

    dataset: Name
    text: Name
    starts: Name
    ends: Name | None = None
    kind: Name | None = None
    concerns: list[Name] = []
    metrics: NamesText = NamesDoc(everything=True)


class CalendarPeriodDoc(DescribedDoc):
    """A calendar period: the days with the same value of `dimension`. `number` numbers periods consecutively."""

    dimension: Name | None = None
    number: Name | None = None


class CalendarDoc(DescribedDoc):
    """A dataset with one row for each day, which assigns days to the company's own periods."""

    dataset: Name
    day: Name
    periods: list[CalendarPeriodDoc] = Field(min_length=1)


class FileDoc(Doc):
    """One file of a model. Any file can contain any of these keys."""

    model: SettingsDoc | None = None
    datasets: list[DatasetDoc] = []
    metrics: list[MetricDoc] = []
    segments: list[SegmentDoc] = []
    analyses: list[AnalysisDoc] = []
    domains: list[DomainDoc] = []
    annotations: list[AnnotationsDoc] = []
    calendars: list[CalendarDoc] = []
    naming: list[NamingDoc] = []
    mapped_names: list[MappedNamesDoc] = []
    policies: list[PolicyDoc] = []
    policy_tests: list[PolicyTestDoc] = []
    people: list[PersonDoc] = []


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a model file, for editors that check and complete YAML."""
    schema = FileDoc.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "Samepage model file"}


_TYPE = re.compile(r"^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$")


@lru_cache(maxsize=1_000)  # thousands of columns have a few types
def read_type(text: str) -> DataType | None:
    """Return a type such as `decimal(18,4)` or one of the plain kinds, or None for anything else."""
    if decimal := _TYPE.match(text.strip()):
        precision, scale = int(decimal[1]), int(decimal[2])
        return DataType(TypeKind.DECIMAL, precision, scale) if 0 < precision <= 38 and scale <= precision else None
    plain = [kind for kind in TypeKind if kind is not TypeKind.DECIMAL and kind.value == text.strip()]
    return DataType(plain[0]) if plain else None
