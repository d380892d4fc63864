"""The fields of a plan, tests of fields, and the keys that rows are grouped by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from semantic.model.definitions import (
    Dataset,
    DatePart,
    Dimension,
    Granularity,
    Measure,
)
from semantic.model.expression import Expression
from semantic.model.join_graph import JoinPath
from semantic.model.policies import Mask, RowRule
from semantic.policy.actor import Attribute
from semantic.query.periods import Same
from semantic.query.query import Operator


@dataclass(frozen=True, slots=True)
class Field:
    """A dimension in one leg, at the end of `path` from the leg's fact."""

    dimension: Dimension
    path: JoinPath
    mask: Mask | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of a field with values of the field's own Python type. None is a missing value."""

    field: Field
    op: Operator
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True where `part` is false or unknown."""

    part: Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A test for a segment: a matching row in `dataset` for the member in `columns`, at the end of `path`.

    The policy restricts the rows of `dataset` like a leg's rows.
    """

    label: str
    path: JoinPath
    columns: tuple[str, ...]
    dataset: Dataset
    target_columns: tuple[str, ...]
    where: Expression | None
    days: Range | None
    restrictions: tuple[Restriction, ...] = ()


@dataclass(frozen=True, slots=True)
class SaidTest:
    """A test written as an SQL condition, with field names as its columns.

    As in group keys, each date is cut to the period at which it's shown. If `own` is true, the condition comes from a
    metric and tests each row's own date. Otherwise it comes from the question and tests the date shown.
    """

    tree: exp.Expr
    fields: tuple[LegKey, ...]  # a date without grain, part or calendar is a day
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """A test of whether the entity in `columns`, at the end of `path`, has a value in `table` that passes.

    `table` is one of the plan's `tables`, with one row for each entity and the columns `keys` and `value`. With
    `joined`, entities without a row are listed too, with nulls.
    """

    path: JoinPath
    columns: tuple[str, ...]
    is_text: tuple[bool, ...]
    table: str
    keys: tuple[str, ...]
    value: str
    op: str
    values: tuple[int | float, ...]
    joined: bool = False


Test = Compare | Member | Passes | SaidTest | All | Any | Not


@dataclass(frozen=True, slots=True)
class PeriodsBeside:
    """How a comparison's periods are paired with the periods of the days [start, end), by their `number`.

    Compared periods are earlier by the number of periods from the day `first` to the day `partner` or, without `first`,
    by the number of periods in the requested days [partner, asked_end). A period whose days all count is paired with a
    whole period. Otherwise days at the same positions are paired.
    """

    number: Dimension
    start: date
    end: date
    partner: date
    first: date | None
    asked_end: date


@dataclass(frozen=True, slots=True)
class CalendarKey:
    """A calendar period: the `value` in the row of a calendar table whose `day` is the date.

    Both are dimensions of `dataset`. `beside` is set if a comparison's periods are paired with the question's by
    number.
    """

    dataset: str
    day: Dimension
    value: Dimension
    beside: PeriodsBeside | None = None


@dataclass(frozen=True, slots=True)
class LegKey:
    """One group key of a leg.

    A time field has a `grain`, a `part` or a `calendar`. The dates of a comparison are shifted onto the question's by
    days and then by months, or by months first with `months_first`. If they can still be outside the question's days,
    `first` and `end` are those days, and dates outside them count only in totals. Numbered days are counted from
    `first`.
    """

    name: str
    field: Field
    grain: Granularity | None
    move_days: int = 0
    move_months: int = 0
    months_first: bool = False
    first: date | None = None
    end: date | None = None
    part: DatePart | None = None
    calendar: CalendarKey | None = None
    same: Same | None = None  # a date without such a day is also put outside

    @property
    def by_day(self) -> bool:
        """Whether the key depends only on a date."""
        if self.grain is not None:
            return not self.grain.is_clock
        return (self.part is not None and self.part is not DatePart.HOUR) or self.calendar is not None

    @property
    def by_clock(self) -> bool:
        """Whether the key needs the time of an instant and not just its date."""
        return self.part is DatePart.HOUR or (self.grain is not None and self.grain.is_clock)


@dataclass(frozen=True, slots=True)
class Restriction:
    """A row rule on one leg, at the end of `path` from the fact, with the actor's attributes filled in."""

    rule: RowRule
    path: JoinPath
    attributes: tuple[tuple[str, Attribute | None], ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The days [start, end) of a time field. None means no limit.

    Rows without a date are outside even an unlimited range, unless `has_undated` is set. `same` leaves only the days
    that also exist in the other months.
    """

    field: Field
    start: date | None
    end: date | None
    same: tuple[Same, ...] = ()
    has_undated: bool = False


def prefixes(path: JoinPath) -> tuple[JoinPath, ...]:
    """Return every prefix of a path, shortest first, ending with the path itself."""
    return tuple(path[: index + 1] for index in range(len(path)))


def paths(test: Test) -> list[JoinPath]:
    """Return the paths of all fields that a test reads."""
    match test:
        case Compare(field):
            return [field.path]
        case Member(path=path) | Passes(path=path):
            return [path]
        case SaidTest(fields=fields):
            return [field.field.path for field in fields]
        case All(parts) | Any(parts):
            return [path for part in parts for path in paths(part)]
        case Not(part):
            return paths(part)


def fields(test: Test) -> list[LegKey]:
    """Return all fields that SQL conditions in a test read."""
    match test:
        case SaidTest(fields=keys):
            return [*keys]
        case All(parts) | Any(parts):
            return [field for part in parts for field in fields(part)]
        case Not(part):
            return fields(part)
        case Compare() | Member() | Passes():
            return []


def members(test: Test) -> list[Member]:
    """Return all segments that a test uses."""
    match test:
        case Member():
            return [test]
        case All(parts) | Any(parts):
            return [member for part in parts for member in members(part)]
        case Not(part):
            return members(part)
        case Compare() | Passes() | SaidTest():
            return []


def date_of(measure: Measure, dataset: Dataset) -> Field | None:
    """Return the date of a measure, even if the actor can't see it, or None if it has none."""
    return Field(dataset.dimensions[measure.time], ()) if measure.time else None


def own_time(dataset: Dataset) -> Field | None:
    """Return the time dimension that dates a dataset's rows, or None."""
    dimension = dataset.dimensions.get(dataset.time or "")
    return Field(dimension, ()) if dimension else None
