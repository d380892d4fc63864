"""A question's filters as JSON-like data: on dimensions and segments (`where`), and on metrics' values (`having`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from semantic.errors import InvalidQuery, counted
from semantic.model.expression import ExpressionError, parse_condition
from semantic.query.checked import is_number, items, mapping, name, number, via
from semantic.query.period_data import period_data, read_period
from semantic.query.query import (
    AllOf,
    AnyOf,
    ByMember,
    Condition,
    Filter,
    InSegment,
    MetricFilter,
    NotAny,
    Operator,
    SqlCondition,
    Value,
)

MAX_VALUES = 5_000
MAX_DEPTH = 12
MAX_CONDITION = 4_000
METRIC_OPERATORS = ("<", "<=", ">", ">=", "=", "!=", "between")


def metric_filter_data(condition: MetricFilter) -> dict[str, Any]:
    values = {"values": list(condition.values)} if condition.op == "between" else {"value": condition.values[0]}
    return {"metric": condition.metric, "op": condition.op, **values}


def read_metric_filter(data: object) -> MetricFilter:
    return _read_numbers(mapping(data, "A filter on a metric", ("metric", "op", "value", "values")), "having")


def _read_numbers(fields: Mapping[str, Any], place: str) -> MetricFilter:
    metric, op = name(fields.get("metric"), place), fields.get("op")
    if op not in METRIC_OPERATORS:
        raise InvalidQuery(f"{str(op)[:40]!r} isn't an operator. Use one of {', '.join(METRIC_OPERATORS)}.")
    if "value" in fields and "values" in fields:
        raise InvalidQuery(f"The filter on {metric!r} has both 'value' and 'values'. Keep one.")
    values = items(fields.get("values", [fields.get("value")]), "values")
    wanted = 2 if op == "between" else 1
    if len(values) != wanted:
        raise InvalidQuery(f"The filter on {metric!r} with {op!r} takes {counted(wanted, 'number')}.")
    return MetricFilter(metric, str(op), tuple(number(value, place) for value in values))


def filter_data(part: Filter) -> dict[str, Any]:
    match part:
        case Condition(dim, op, values, via):
            where = {"via": via} if via else {}
            if op in (Operator.IN, Operator.NOT_IN, Operator.BETWEEN):
                return {"dim": dim, "op": op.value, "values": list(values), **where}
            return {"dim": dim, "op": op.value, "value": values[0], **where}
        case AllOf(parts):
            return {"and": [filter_data(part) for part in parts]}
        case AnyOf(parts):
            return {"or": [filter_data(part) for part in parts]}
        case NotAny(part):
            return {"not": filter_data(part)}
        case InSegment(segment):
            return {"segment": segment}
        case SqlCondition(condition):
            return {"sql": condition.text}
        case ByMember(metric, per, op, values, where, time):
            compared = {"values": list(values)} if op == "between" else {"value": values[0]}
            rows = {"where": filter_data(where)} if where is not None else {}
            days = {"time": period_data(time)} if time is not None else {}
            return {"metric": metric, "per": per, "op": op, **compared, **rows, **days}


def read_filter(data: object, depth: int = 0) -> Filter:
    if depth > MAX_DEPTH:
        raise InvalidQuery(f"'where' has more than {MAX_DEPTH} levels. Flatten it.")
    if isinstance(data, dict) and "metric" in data:
        return _read_by_member(data, depth)  # pyright: ignore[reportUnknownArgumentType]
    fields = mapping(data, "A filter", ("and", "or", "not", "segment", "sql", "dim", "op", "value", "values", "via"))
    if "dim" in fields:
        return _read_condition(fields)
    if len(fields) != 1:
        kinds = "{dim, op, values}, {metric, per, op, value}, {segment}, {sql}, {and: […]}, {or: […]}, {not: …}"
        raise InvalidQuery(f"A filter must be one of {kinds}.")
    (key, inner), *_ = fields.items()
    if key == "segment":
        return InSegment(name(inner, "where"))
    if key == "sql":
        return _read_sql_condition(inner)
    if key == "not":
        return NotAny(read_filter(inner, depth + 1))
    if key not in ("and", "or"):
        raise InvalidQuery("A filter needs a 'dim'.")
    parts = tuple(read_filter(part, depth + 1) for part in items(inner, key))
    if not parts:
        raise InvalidQuery(f"{key!r} in 'where' is empty. Leave it out.")
    return AllOf(parts) if key == "and" else AnyOf(parts)


def _read_by_member(data: object, depth: int) -> ByMember:
    fields = mapping(data, "A filter by a metric", ("metric", "per", "op", "value", "values", "where", "time"))
    condition = _read_numbers(fields, "where")
    if fields.get("per") is None:
        raise InvalidQuery(
            f"The filter on {condition.metric!r} in 'where' needs 'per'. Set it to an entity, such as customer."
        )
    return ByMember(
        condition.metric,
        via(fields["per"]),
        condition.op,
        condition.values,
        read_filter(fields["where"], depth + 1) if fields.get("where") is not None else None,
        read_period(fields["time"]) if fields.get("time") is not None else None,
    )


def _read_sql_condition(data: object) -> SqlCondition:
    if not isinstance(data, str) or not 0 < len(data) <= MAX_CONDITION:
        raise InvalidQuery(f"'sql' in 'where' must be a condition of 1 to {MAX_CONDITION:,} characters.")
    try:
        return SqlCondition(parse_condition(data))
    except ExpressionError as error:
        raise InvalidQuery(str(error)) from error


def _read_condition(fields: Mapping[str, Any]) -> Condition:
    dim = name(fields["dim"], "where")
    if fields.keys() & {"and", "or", "not", "segment", "sql"}:
        raise InvalidQuery(f"The filter on {dim!r} also has and, or, not, segment, sql. Write two filters.")
    try:
        op = Operator(str(fields.get("op")))
    except ValueError:
        known = ", ".join(Operator)
        raise InvalidQuery(f"{str(fields.get('op'))[:40]!r} isn't an operator. Use one of {known}.") from None
    if "value" in fields and "values" in fields:
        raise InvalidQuery(f"The filter on {dim!r} has both 'value' and 'values'. Keep one.")
    values = fields.get("values", [fields["value"]] if "value" in fields else None)
    if not isinstance(values, list) or not 0 < len(values) <= MAX_VALUES:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery(f"The filter on {dim!r} needs 1 to {MAX_VALUES:,} values.")
    listed: list[object] = values  # pyright: ignore[reportUnknownVariableType]
    checked = tuple(scalar(value, dim) for value in listed)
    wanted = {Operator.IN: None, Operator.NOT_IN: None, Operator.BETWEEN: 2}.get(op, 1)
    if wanted is not None and len(checked) != wanted:
        raise InvalidQuery(f"The filter on {dim!r} with {op.value!r} takes {counted(wanted, 'value')}.")
    return Condition(dim, op, checked, via(fields["via"]) if fields.get("via") is not None else None)


def scalar(value: object, dim: str) -> Value:
    """Return a value if it's a JSON scalar. Raises InvalidQuery for anything else."""
    if isinstance(value, str):
        if len(value) > 2_000 or "\x00" in value or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise InvalidQuery(f"A value of the filter on {dim!r} is too long or has invalid characters.")
        return value
    if is_number(value):
        if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > 1e30:
            raise InvalidQuery(f"A value of the filter on {dim!r} is too large.")
        return value
    if value is None or isinstance(value, bool):
        return value
    raise InvalidQuery(f"A value of the filter on {dim!r} isn't text, a number, true, false or null.")
