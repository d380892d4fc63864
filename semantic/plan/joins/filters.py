"""Turn a question's filters into tests of one leg's rows, with typed values, join paths and segments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from semantic.config.checkpoint import checkpoint
from semantic.errors import InvalidFilter, NoPath, TimeMismatch
from semantic.model.definitions import Dataset, DataType, Dimension, Granularity, TypeKind
from semantic.model.expression import Expression
from semantic.model.policies import Mask, MaskKind
from semantic.plan.joins.date_filters import date_filter_sql, date_only_condition
from semantic.plan.joins.joins import find_entity, find_field
from semantic.plan.joins.members import build_passes
from semantic.plan.joins.times import check_days, check_grain
from semantic.plan.tree.fields import All, Any, CalendarKey, Compare, Field, LegKey, Member, Not, Range, SaidTest, Test
from semantic.query.describe import last_role, lower_first
from semantic.query.filter_parts import conditions, sql_conditions
from semantic.query.followed import carried
from semantic.query.known_through import counts_all_days
from semantic.query.names import Named, read_name
from semantic.query.periods import find_days
from semantic.query.query import DATE as OWN_DATE
from semantic.query.query import (
    AllOf,
    AnyOf,
    ByMember,
    Condition,
    Filter,
    InSegment,
    Last,
    NotAny,
    Operator,
    SqlCondition,
    Value,
)
from semantic.query.resolve import Asked

DATE = DataType(TypeKind.DATE)
_TEXT_OPERATORS = (Operator.CONTAINS, Operator.NOT_CONTAINS, Operator.STARTS_WITH, Operator.NOT_STARTS_WITH)
_WIDE = Context(prec=80)
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST, Operator.BETWEEN)


def build_test(part: Filter, dataset: Dataset, asked: Asked, subject: str, time: Field | None = None) -> Test:
    """Return a filter as a test of rows of `dataset`, dated by `time`. Raises Refused, InvalidFilter."""
    checkpoint()
    if (of_date := date_only_condition(part, asked)) is not None:
        return sql_test(of_date, dataset, asked, subject, time, known=True)
    match part:
        case AllOf(parts):
            return All(tuple(build_test(inner_part, dataset, asked, subject, time) for inner_part in parts))
        case AnyOf(parts):
            return Any(tuple(build_test(inner_part, dataset, asked, subject, time) for inner_part in parts))
        case NotAny(inner):
            return Not(build_test(inner, dataset, asked, subject, time))
        case InSegment(name):
            return _member(name, dataset, asked, subject)
        case ByMember():
            return build_passes(part, dataset, asked, subject)
        case SqlCondition(condition):
            return sql_test(condition, dataset, asked, subject, time)
        case Condition():
            named = read_name(part.dim, asked.visible.model)
            if named.is_grouped:
                return sql_test(date_filter_sql(part, named, asked), dataset, asked, subject, time, known=True)
            dimensions = asked.visible.dimension(part.dim)
            as_is = asked.query.history == "as_is"
            field = find_field(dataset, dimensions, part.via, asked.visible, subject, verb="filtered", as_is=as_is)
            check_days(part, field, asked, subject)
            return Compare(field, part.op, _typed_values(part, field))


def own_test(part: Filter, dataset: Dataset, asked: Asked, subject: str, time: Field | None) -> Test:
    """Return a metric's own parsed condition as a test of rows of `dataset`. Raises Refused, InvalidFilter."""
    match part:
        case AllOf(parts):
            return All(tuple(own_test(inner_part, dataset, asked, subject, time) for inner_part in parts))
        case AnyOf(parts):
            return Any(tuple(own_test(inner_part, dataset, asked, subject, time) for inner_part in parts))
        case NotAny(inner):
            return Not(own_test(inner, dataset, asked, subject, time))
        case SqlCondition(condition):
            return sql_test(condition, dataset, asked, subject, time, own=True)
        case _:
            return build_test(part, dataset, asked, subject, time)


def sql_test(
    condition: Expression,
    dataset: Dataset,
    asked: Asked,
    subject: str,
    time: Field | None,
    *,
    own: bool = False,
    known: bool = False,
) -> SaidTest:
    """Return an SQL condition as a test of rows of `dataset`. Raises Refused, InvalidFilter.

    `own` means that the condition belongs to a metric, so it reads stored values instead of masked ones. With `known`,
    dates must be as precise as the periods in the condition.
    """
    fields: list[LegKey] = []
    for text in condition.columns:
        named = read_name(text, asked.visible.model)
        if named.dim == OWN_DATE:
            if time is None:
                raise TimeMismatch(f"{subject} has no date, so it can't be filtered by one.", names=(subject,))
            if known:
                check_grain(time.dimension, _read_by(named), asked, subject, "filtered")
            fields.append(_shown(text, time, named, asked))
            continue
        seen = asked.visible
        dimensions = seen.model.dimensions[named.dim] if own else seen.dimension(named.dim)
        as_is = asked.query.history == "as_is"
        field = find_field(dataset, dimensions, named.via, seen, subject, verb="filtered", as_is=as_is)
        if known:
            check_grain(field.dimension, _read_by(named), asked, subject, "filtered")
        fields.append(_shown(text, replace(field, mask=None) if own else field, named, asked))
    return SaidTest(condition.tree, tuple(fields), own)


def _read_by(named: Named) -> Granularity:
    """Return how precise a date has to be for a condition on it."""
    return named.grain or (named.part.grain if named.part else Granularity.DAY)


def _shown(text: str, field: Field, named: Named, asked: Asked) -> LegKey:
    """Return a field under the name that a condition uses for it."""
    calendar = None
    if named.period is not None:
        table, period = asked.visible.model.period(named.period) or (None, None)
        assert table is not None
        assert period is not None
        dimensions = asked.visible.model.datasets[table.dataset].dimensions
        calendar = CalendarKey(table.dataset, dimensions[table.day], dimensions[period.dimension])
    return LegKey(text, field, named.grain, part=named.part, calendar=calendar)


def is_foreign(part: Filter, dataset: Dataset, asked: Asked) -> bool:
    """Return whether no part of a filter applies to rows of `dataset`.

    No part has a join path, and none reads the fact's own date, which every fact has.
    """
    names = [text for condition in sql_conditions(part) for text in condition.condition.columns]
    names += [condition.dim for condition in conditions(part)]
    if any(read_name(text, asked.visible.model).dim == OWN_DATE for text in names):
        return False
    return all(_has_no_path(inner_part, dataset, asked) for inner_part in _parts(part, asked))


def describe_subjects(part: Filter, asked: Asked) -> list[str]:
    """Return the dimensions and segments that a filter tests, in words."""
    return list(dict.fromkeys(_subject(inner_part, asked) for inner_part in _parts(part, asked)))


def _subject(condition: Condition | InSegment | ByMember, asked: Asked) -> str:
    match condition:
        case InSegment(name):
            return f"the segment {asked.visible.segment(name).label}"
        case ByMember(metric, per):
            return f"{lower_first(asked.visible.metric(metric).label)} of each {last_role(per)}"
        case Condition(dim):
            return lower_first(asked.visible.dimension(dim)[0].label)


def describe_things(part: Filter, asked: Asked) -> list[str]:
    """Return what a fact must have for a filter to apply, in words: dimensions, and the entities of segments."""
    return list(dict.fromkeys(_thing(inner_part, asked) for inner_part in _parts(part, asked)))


def _thing(condition: Condition | InSegment | ByMember, asked: Asked) -> str:
    match condition:
        case InSegment(name):
            return asked.visible.segment(name).entity.replace("_", " ")
        case ByMember(per=per):
            return last_role(per)
        case Condition(dim):
            return lower_first(asked.visible.dimension(dim)[0].label)


def _parts(part: Filter, asked: Asked) -> Iterator[Condition | InSegment | ByMember]:
    match part:
        case SqlCondition(condition):
            for text in condition.columns:
                named = read_name(text, asked.visible.model)
                if named.dim != OWN_DATE:
                    yield Condition(named.dim, Operator.IN, (None,), named.via)
        case Condition():
            named = read_name(part.dim, asked.visible.model)
            if not named.is_grouped:
                yield part
            elif named.dim != OWN_DATE:
                yield Condition(named.dim, Operator.IN, (None,), named.via)
        case InSegment() | ByMember():
            yield part
        case AllOf(parts) | AnyOf(parts):
            for inner in parts:
                yield from _parts(inner, asked)
        case NotAny(inner):
            yield from _parts(inner, asked)


def _has_no_path(part: Condition | InSegment | ByMember, dataset: Dataset, asked: Asked) -> bool:
    try:
        build_test(part, dataset, asked, "")
    except NoPath:
        return True
    return False


def _member(name: str, fact: Dataset, asked: Asked, subject: str) -> Member:
    segment, model = asked.visible.segment(name), asked.visible.model
    path, entity = find_entity(fact, segment.entity, asked.visible, segment.label, subject)
    dataset = model.datasets[segment.dataset]
    there = next(dataset_entity for dataset_entity in dataset.entities if dataset_entity.entity == segment.entity)
    days, time = None, dataset.dimensions.get(segment.time or dataset.time or "")
    today = asked.days.end if segment.as_of == "period_end" and asked.days.end else asked.today
    if segment.count:
        assert time is not None  # checked at load
        found_days = find_days(Last(segment.count, segment.unit), asked.calendar, today=today)
        days = Range(Field(time, ()), found_days.start, found_days.end)
    elif time is not None and not dataset.forward and not counts_all_days(model):
        days = Range(Field(time, ()), None, today, has_undated=True)
    return Member(
        label=segment.label,
        path=path,
        columns=entity.columns,
        dataset=dataset,
        target_columns=there.columns,
        where=segment.where,
        days=days,
    )


def value_type(dimension: Dimension, mask: Mask | None) -> DataType:
    """Return the type of a dimension as the actor sees it, which is the type of its mask if it has one.

    Times are seen as days.
    """
    if mask and mask.kind in (MaskKind.HASH, MaskKind.LAST_FOUR):
        return DataType(TypeKind.STRING)
    return DATE if dimension.kind == "time" else dimension.type


def typed_value(value: Value, field: Field) -> object:
    """Return one member as a value of the dimension's type. Raises InvalidFilter."""
    typed = _typed_values(Condition(field.dimension.name, Operator.IN, (value,)), field)
    if not typed:
        raise InvalidFilter(f"{value} has more decimals than {field.dimension.label}. Use fewer decimals.")
    return typed[0]


def _typed_values(part: Condition, field: Field) -> tuple[object, ...]:
    kind = value_type(field.dimension, field.mask)
    label = field.dimension.label
    if part.op in _TEXT_OPERATORS and kind.kind is not TypeKind.STRING:
        raise InvalidFilter(f"{label} isn't text, so {part.op.value!r} can't be used. Use 'in' or 'not_in'.")
    if part.op in _ORDERED and not (kind.is_number or kind.is_time):
        raise InvalidFilter(f"{label} has no order, so {part.op.value!r} can't be used. Use 'in' or 'not_in'.")
    typed = [carried(_typed, value, kind, part.op, label, index) for index, value in enumerate(part.values)]
    return tuple(value for value in typed if value is not ...)


def _typed(value: object, kind: DataType, op: Operator, label: str, index: int) -> object:
    """Return a value in the dimension's type, or `...` if no row can have that value."""
    return _on_scale(_of_kind(value, kind, op, label), kind, op, index)


def _of_kind(value: object, kind: DataType, op: Operator, label: str) -> object:
    if value is None and op in (Operator.IN, Operator.NOT_IN):
        return None
    match kind.kind, value:
        case TypeKind.STRING, str():
            return value
        case TypeKind.BOOLEAN, bool():
            return value
        case TypeKind.INTEGER, int() if not isinstance(value, bool) and abs(value) < 2**63:
            return value
        case ((TypeKind.DECIMAL | TypeKind.DOUBLE), int() | float()) if not isinstance(value, bool):
            return Decimal(str(value)) if kind.kind is TypeKind.DECIMAL else float(value)
        case ((TypeKind.DATE | TypeKind.TIMESTAMP | TypeKind.TIMESTAMPTZ), str()):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise InvalidFilter(
                    f"{value[:40]!r} isn't a date, as {label} needs. Use the form 2026-01-31."
                ) from None
        case _:
            shown = "(none)" if value is None else repr(value)[:60]
            raise InvalidFilter(f"{shown} doesn't fit {label}, which is {_article(kind)}. Use a value of that type.")


def _on_scale(value: object, kind: DataType, op: Operator, index: int) -> object:
    """Return a decimal rounded to the column's scale, or `...` if nothing can match.

    The rounded value gives the same result. With more decimal places than the column has, the engine would convert the
    column and fail on a large value, perhaps one that the actor can't see.
    """
    if kind.kind is not TypeKind.DECIMAL or not isinstance(value, Decimal):
        return value
    most = Decimal("9" * 38).scaleb(-kind.scale, context=_WIDE)  # the largest with 38 digits
    bounded = max(-most, min(most, value))
    if op in (Operator.IN, Operator.NOT_IN):
        fitting = bounded.quantize(Decimal(1).scaleb(-kind.scale), context=_WIDE)
        return fitting if fitting == value else ...
    upwards = op in (Operator.LESS, Operator.AT_LEAST) or (op is Operator.BETWEEN and index == 0)
    rounding = ROUND_CEILING if upwards else ROUND_FLOOR
    return bounded.quantize(Decimal(1).scaleb(-kind.scale), rounding=rounding, context=_WIDE)


def _article(kind: DataType) -> str:
    return {TypeKind.STRING: "text", TypeKind.BOOLEAN: "true or false", TypeKind.INTEGER: "a whole number"}.get(
        kind.kind, "a number" if kind.is_number else "a date"
    )
