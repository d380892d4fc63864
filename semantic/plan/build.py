"""Build a plan from a resolved question: each measure at its own grain in a leg of its fact, then the outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from semantic.errors import InvalidFilter, NoPath, TimeMismatch
from semantic.model.definitions import (
    Dataset,
    DataType,
    Dimension,
    Granularity,
    Mask,
    MaskKind,
    Measure,
    Metric,
    MetricKind,
    TypeKind,
)
from semantic.model.expression import Expression
from semantic.model.join_graph import JoinPath
from semantic.plan.joins import find_field
from semantic.plan.metrics import take_apart
from semantic.plan.nodes import (
    All,
    Any,
    Compare,
    Field,
    Leaf,
    Leg,
    LegKey,
    Not,
    Output,
    Plan,
    Range,
    Test,
    fields,
    prefixes,
)
from semantic.query.describe import describe_key
from semantic.query.query import AllOf, AnyOf, Condition, Filter, NotAny, Operator
from semantic.query.resolve import Asked, Key

DOUBLE, INTEGER, DATE = DataType(TypeKind.DOUBLE), DataType(TypeKind.INTEGER), DataType(TypeKind.DATE)
_TEXT_OPERATORS = (Operator.CONTAINS, Operator.NOT_CONTAINS, Operator.STARTS_WITH, Operator.NOT_STARTS_WITH)
_WIDE = Context(prec=80)
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST, Operator.BETWEEN)


def build(asked: Asked) -> Plan:
    """Legs by fact and date, each with its own paths to every key and filter, and the columns that come out.

    A question without metrics lists the values of its breakdowns. Raises Refused, InvalidFilter.
    """
    model = asked.visible.model
    parts = take_apart(asked.metrics, model)
    legs = [_leg(asked, leaves, parts.asked_by[leaves[0].name]) for leaves in _by_fact(parts.leaves)]
    if not legs:
        legs = [_values_leg(asked)]
    _check_hours(legs)
    outputs = [_key_output(key, legs[0]) for key in asked.keys]
    outputs += [Output(metric.name, metric, _metric_type(metric, asked)) for metric in asked.metrics]
    return Plan(
        legs=tuple(legs),
        datasets=model.datasets,
        outputs=tuple(outputs),
        metrics=tuple(parts.metrics.items()),
        leaves=tuple(parts.leaf_of.items()),
        order=asked.order,
        limit=asked.limit,
        time_zone=asked.time_zone,
        model_zone=model.settings.time_zone,
        week_start=asked.week_start,
        notes=tuple(dict.fromkeys(note for leg in legs for note in _notes(leg, asked))),
    )


def _by_fact(leaves: Iterable[tuple[str, Measure, Expression | None]]) -> Iterator[list[Leaf]]:
    groups: dict[tuple[str, str | None], list[Leaf]] = {}
    for name, measure, where in leaves:
        groups.setdefault((measure.dataset, measure.time), []).append(Leaf(name, measure, where))
    yield from groups.values()


def _leg(asked: Asked, leaves: list[Leaf], subject: str) -> Leg:
    measure = leaves[0].measure
    dataset = asked.visible.model.datasets[measure.dataset]
    time = None
    if measure.time and not asked.visible.hides_dates(dataset.dimensions[measure.time]):
        time = Field(dataset.dimensions[measure.time], ())
    if time is None and (asked.days.start or asked.days.end):
        raise TimeMismatch(
            f"{subject} has no date: it cannot be asked for a period. Ask for all days.", names=(subject,)
        )
    keys = tuple(_leg_key(key, dataset, time, asked, subject) for key in asked.keys)
    where = tuple(_test(part, dataset, asked, subject) for part in asked.where)
    days = Range(time, asked.days.start, asked.days.end) if time and (asked.days.start or asked.days.end) else None
    return Leg(
        dataset=dataset,
        joins=_joins([*(key.field for key in keys), *(field for test in where for field in fields(test))]),
        keys=keys,
        where=where,
        days=days,
        leaves=tuple(leaves),
    )


def _values_leg(asked: Asked) -> Leg:
    """The distinct values of dimensions where they are defined, read from that dataset's own rows."""
    first = asked.keys[0]
    if len(first.dimensions) != 1 or not asked.visible.shows_fact(first.dimensions[0].dataset):
        label = describe_key(first)
        raise NoPath(f"{label} is listed together with a metric, and the question has none. Pick one.", names=(label,))
    dataset = asked.visible.model.datasets[first.dimensions[0].dataset]
    keys = tuple(_leg_key(key, dataset, None, asked, dataset.label) for key in asked.keys)
    where = tuple(_test(part, dataset, asked, dataset.label) for part in asked.where)
    joins = _joins([*(key.field for key in keys), *(field for test in where for field in fields(test))])
    return Leg(dataset=dataset, joins=joins, keys=keys, where=where, days=None, leaves=())


def _leg_key(key: Key, dataset: Dataset, time: Field | None, asked: Asked, subject: str) -> LegKey:
    if key.dimensions:
        field = find_field(dataset, key.dimensions, key.breakdown.via, asked.visible, subject)
    elif time is not None:
        field = time
    else:
        raise TimeMismatch(f"{subject} has no date: it cannot be split by time.", names=(subject, key.name))
    if key.grain:
        _check_grain(field.dimension, key.grain, asked, subject)
    return LegKey(key.name, field, key.grain)


def _check_grain(time: Dimension, grain: Granularity, asked: Asked, subject: str) -> None:
    """A date has no hours; neither it nor a clock time without zone follows another zone (decision D6)."""
    if time.type.kind is TypeKind.TIMESTAMPTZ:
        return
    names = (subject, time.name, asked.time_zone)
    if grain is Granularity.HOUR and time.type.kind is TypeKind.DATE:
        message = f"{subject} cannot be split by hour: {time.label.lower()} is known by the day only."
        raise TimeMismatch(message, names=names)
    zone = asked.visible.model.settings.time_zone
    if grain in (Granularity.HOUR, Granularity.DAY) and asked.time_zone != zone:
        message = (
            f"{subject} cannot be split by {grain.value} in {asked.time_zone}: "
            f"{time.label.lower()} is a {grain.value} of the reporting zone {zone} and cannot be moved."
        )
        raise TimeMismatch(message, names=names)


def _check_hours(legs: list[Leg]) -> None:
    """Hours of instants and hours of a clock without zone do not meet."""
    hours = [key for leg in legs for key in leg.keys if key.grain is Granularity.HOUR]
    if len({key.field.dimension.type for key in hours}) > 1:
        raise TimeMismatch("These metrics cannot be split by hour together: some have no time zone.", names=("hour",))


def _joins(reached: list[Field]) -> tuple[JoinPath, ...]:
    """Every path that is joined, each once and after the one it goes on from."""
    return tuple(dict.fromkeys(prefix for field in reached for prefix in prefixes(field.path)))


def _test(part: Filter, dataset: Dataset, asked: Asked, subject: str) -> Test:
    match part:
        case AllOf(parts):
            return All(tuple(_test(one, dataset, asked, subject) for one in parts))
        case AnyOf(parts):
            return Any(tuple(_test(one, dataset, asked, subject) for one in parts))
        case NotAny(inner):
            return Not(_test(inner, dataset, asked, subject))
        case Condition():
            dimensions = asked.visible.dimension(part.dim)
            field = find_field(dataset, dimensions, part.via, asked.visible, subject, verb="filtered")
            return Compare(field, part.op, _typed_values(part, field))


def value_type(dimension: Dimension, mask: Mask | None) -> DataType:
    """The type of what a person sees of a dimension: its own, or its mask's; times are seen as days."""
    if mask and mask.kind in (MaskKind.HASH, MaskKind.LAST_FOUR):
        return DataType(TypeKind.STRING)
    return DATE if dimension.kind == "time" else dimension.type


def _typed_values(part: Condition, field: Field) -> tuple[object, ...]:
    kind = value_type(field.dimension, field.mask)
    label = field.dimension.label
    if part.op in _TEXT_OPERATORS and kind.kind is not TypeKind.STRING:
        raise InvalidFilter(f"{label} is not text: {part.op.value!r} cannot be used. Use 'in' or 'not_in'.")
    if part.op in _ORDERED and not (kind.is_number or kind.is_time):
        raise InvalidFilter(f"{label} has no order: {part.op.value!r} cannot be used. Use 'in' or 'not_in'.")
    typed = [_typed(value, kind, part, label) for value in part.values]
    moved = [_on_scale(value, kind, part, index) for index, value in enumerate(typed)]
    return tuple(value for value in moved if value is not ...)


def _typed(value: object, kind: DataType, part: Condition, label: str) -> object:
    if value is None and part.op in (Operator.IN, Operator.NOT_IN):
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
                raise InvalidFilter(f"{value[:40]!r} is not a day, for {label}. Write it as 2026-01-31.") from None
        case _:
            shown = "(none)" if value is None else repr(value)[:60]
            raise InvalidFilter(f"{shown} does not fit {label}, which is {_article(kind)}. Write a value of that type.")


def _on_scale(value: object, kind: DataType, part: Condition, index: int) -> object:
    """A decimal on the column's own scale, moved to the side that keeps the comparison as it is; `...` for no match.

    With more decimals than the column, the engine would convert the column, and fail on a large value that the asker
    may not even see.
    """
    if kind.kind is not TypeKind.DECIMAL or not isinstance(value, Decimal):
        return value
    most = Decimal(10) ** (38 - kind.scale) - 1
    bounded = max(-most, min(most, value))
    if part.op in (Operator.IN, Operator.NOT_IN):
        fitting = bounded.quantize(Decimal(1).scaleb(-kind.scale), context=_WIDE)
        return fitting if fitting == value else ...
    upwards = part.op in (Operator.LESS, Operator.AT_LEAST) or (part.op is Operator.BETWEEN and index == 0)
    rounding = ROUND_CEILING if upwards else ROUND_FLOOR
    return bounded.quantize(Decimal(1).scaleb(-kind.scale), rounding=rounding, context=_WIDE)


def _article(kind: DataType) -> str:
    return {TypeKind.STRING: "text", TypeKind.BOOLEAN: "true or false", TypeKind.INTEGER: "a whole number"}.get(
        kind.kind, "a number" if kind.is_number else "a day"
    )


def _key_output(key: Key, leg: Leg) -> Output:
    mine = next(one for one in leg.keys if one.name == key.name)
    if key.grain is Granularity.HOUR:
        zoned = mine.field.dimension.type.kind is TypeKind.TIMESTAMPTZ
        return Output(key.name, None, DataType(TypeKind.TIMESTAMPTZ if zoned else TypeKind.TIMESTAMP), key.grain)
    return Output(key.name, None, value_type(mine.field.dimension, mine.field.mask), key.grain)


def _metric_type(metric: Metric, asked: Asked) -> DataType:
    """Whole numbers stay whole; the rest is cast to DOUBLE once, after aggregation (decision D4)."""
    if metric.kind is MetricKind.SIMPLE:
        kind = asked.visible.model.measure(metric.measure).type
        return DOUBLE if kind.is_number and kind.kind is not TypeKind.INTEGER else kind
    return DOUBLE


def _notes(leg: Leg, asked: Asked) -> Iterator[str]:
    time = leg.days.field.dimension if leg.days else None
    if time is None:
        time = next((key.field.dimension for key in leg.keys if key.grain and not key.field.path), None)
    zone = asked.visible.model.settings.time_zone
    if time and time.type.kind is not TypeKind.TIMESTAMPTZ and asked.time_zone != zone:
        yield f"{leg.dataset.label}: days are those of {zone}; they cannot be moved to {asked.time_zone}."
