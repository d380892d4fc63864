"""Describe a filter: "Channel: Paid search, Display", "Brand is not empty"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from semantic.display.format import part_text, value_text
from semantic.model.definitions import DatePart
from semantic.query.describe import NEGATED, describe_day, is_about_missing, last_role, upper_first
from semantic.query.member_labels import Labels, member_code
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    ByMember,
    Condition,
    Filter,
    InSegment,
    NotAny,
    Operator,
    SqlCondition,
    Value,
)

SEGMENT, METRIC, MEMBER = "segment:", "metric:", "member:"
"""Prefixes for names of segments, metrics and members, in lists and labels that also contain dimensions."""


def filter_words(part: Filter, labels: dict[str, str]) -> str:
    """Return the text of a filter's chip: "Channel: Paid search, Display", "Brand is not empty"."""
    match part:
        case Condition() if is_about_missing(part):
            return f"{_label(part.dim, labels)} is {'' if part.op is Operator.IN else 'not '}empty"
        case Condition(op=Operator.IN | Operator.NOT_IN):
            values = [_value_words(value, part.dim, part.op, labels) for value in part.values]
            text = ", ".join(values[:2]) + (f" +{len(values) - 2}" if len(values) > 2 else "")
            return f"{_label(part.dim, labels)}: {'not ' if part.op is Operator.NOT_IN else ''}{text}"
        case Condition():
            texts = [_value_words(value, part.dim, part.op, labels) for value in part.values]
            return f"{_label(part.dim, labels)} {_comparison_words(part.op, texts)}"
        case AllOf(parts):
            return " and ".join(_in_brackets(inner_part, labels) for inner_part in parts)
        case AnyOf(parts):
            return " or ".join(_in_brackets(inner_part, labels) for inner_part in parts)
        case InSegment(segment):
            return f"In {labels.get(SEGMENT + segment, segment).removeprefix('Segment: ')}"
        case SqlCondition(condition):
            return condition.text
        case ByMember(metric, per, op, values):
            numbers = " to ".join(str(value) for value in values)
            return f"{labels.get(metric, metric)} of each {last_role(per)} {op} {numbers}"
        case NotAny(InSegment(segment)):
            return f"Not in {labels.get(SEGMENT + segment, segment).removeprefix('Segment: ')}"
        case NotAny(inner):
            return f"Not ({filter_words(inner, labels)})"


def _label(name: str, labels: dict[str, str]) -> str:
    """Return the label of the field that a filter applies to.

    For a date, it can be `Customer since, month of the year` or `Retail month`.
    """
    dim, _, how = name.rpartition("__")
    if name in labels or not dim:
        return labels.get(name, name)
    part = _part_of(name)
    words = part.words if part else how.replace("_", " ")
    return upper_first(words) if dim == DATE else f"{labels.get(dim.rpartition('__')[2], dim)}, {words}"


def _part_of(name: str) -> DatePart | None:
    """Return the date part at the end of a filter's name, such as the weekday, or None."""
    how = name.rpartition("__extract_")[2]
    return next((part for part in DatePart if part.value == how and how != name), None)


def _value_words(value: Value, name: str, op: Operator, labels: dict[str, str]) -> str:
    """Return a value in the form used in a filter's chip, such as `Sat` for a weekday or a member's label."""
    code = member_code(value) if op in (Operator.IN, Operator.NOT_IN) else None
    if code is not None and (label := labels.get(f"{MEMBER}{name}:{code}")) is not None:
        return label
    part = _part_of(name)
    if part is not None and isinstance(value, int):
        return part_text(value, part)
    if "__" in name and isinstance(value, str):
        try:
            return describe_day(date.fromisoformat(value))
        except ValueError:
            pass
    return value_text(value)


def _in_brackets(part: Filter, labels: dict[str, str]) -> str:
    words = filter_words(part, labels)
    return f"({words})" if isinstance(part, AllOf | AnyOf) else words


def _comparison_words(op: Operator, texts: Sequence[str]) -> str:
    match op:
        case Operator.BETWEEN:
            return f"from {texts[0]} to {texts[1]}"
        case Operator.AT_LEAST:
            return f"from {texts[0]}"
        case Operator.AT_MOST:
            return f"up to {texts[0]}"
        case Operator.MORE:
            return f"above {texts[0]}"
        case Operator.LESS:
            return f"below {texts[0]}"
        case _:
            return f"{NEGATED.get(op) or op.value.replace('_', ' ')} {texts[0]}"


def member_names(labels: Mapping[str, Labels]) -> dict[str, str]:
    """Return the labels of members by prefixed name.

    The input has labels by dimension, as `filter_labels` returns them.
    """
    return {f"{MEMBER}{dim}:{code}": label for dim, members in labels.items() for code, label in members.items()}
