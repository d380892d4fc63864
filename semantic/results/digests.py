"""Digests for receipts: of rows, of the definitions that a question uses, and of the policy that applied.

Equal content has equal digests on every engine and in every process. Properties that can't change a number are left
out.
"""

# pyarrow.compute makes its functions when it is imported, so a type checker sees none of them.
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from semantic.model.definitions import Dataset, DataType
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.expression import Expression
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel
from semantic.query.names import read_name
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, Query, SqlCondition
from semantic.results.result import Result

_DIGITS = 9  # significant digits of a value that was summed from fractions (decision 27)
_DESCRIPTIVE_FIELDS = frozenset({
    *("label", "description", "owner", "synonyms", "tags", "file", "line", "means", "does_not_mean"),
    *("certified", "contract"),
    *("direction", "format", "decimals", "unit", "enough", "target", "freshness", "checks"),
    *("deprecated", "final_after", "completeness", "labels", "member_synonyms", "matters"),
})  # fmt: skip
"""The descriptive fields. They can't change a number."""

_MATCH_FIELDS = frozenset(("name", "roles", "groups", "people", "attributes", "whole"))
"""The fields that define to which people a policy applies. Grants and denials are left out too, because people can't
ask for what these hide.
"""

_WIDTHS = {pa.int64(): 8, pa.float64(): 8, pa.date32(): 4}


# Rows


def rows_digest(result: Result) -> str:
    """Return a digest of an answer's rows in order, the same for every engine.

    Sums of fractions, and calculations with them, are rounded to nine digits. Two values that differ in an engine's
    last digit can still round differently and then count as different.
    """
    inexact = {column.name for column in result.values if not column.exact or column.calculation is not None}
    digest = hashlib.sha256()
    for part in _parts(result.table, inexact):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


ADDED = "added"
"""The key in a field's metadata for fields that were added later.

Digests leave out such a field while it has its default, so that earlier findings still have the same digest.
"""


def finding_digest(finding: object) -> str:
    """Return a digest of all fields of an analysis's finding, the same for every engine.

    Fractions are rounded to nine digits. A finding consists of dataclasses, lists, mappings and plain values.
    """
    text = json.dumps(_found(finding), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _found(value: object) -> object:
    match value:
        case Enum():
            return _found(value.value)
        case None | bool() | int() | str():
            return value
        case float():
            return format(value + 0.0, f".{_DIGITS - 1}e")  # -0.0 is 0.0
        case frozenset() | set():
            return sorted(json.dumps(_found(member)) for member in cast(frozenset[object], value))
        case Mapping():
            return {str(name): _found(member) for name, member in cast(Mapping[object, object], value).items()}
        case list() | tuple():
            return [_found(member) for member in cast(Iterable[object], value)]
        case _ if is_dataclass(value):
            return {
                field.name: _found(mine)
                for field in fields(value)
                if (mine := getattr(value, field.name)) != field.default or not field.metadata.get(ADDED)
            }
        case _:
            return str(value)  # days, moments and decimals


def _parts(table: pa.Table, inexact: set[str]) -> Iterator[bytes]:
    yield table.num_rows.to_bytes(8, "little")
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        yield f"{name} {array.type}".encode()
        yield _buffer(pc.cast(pc.is_valid(array), pa.uint8()), 1)
        yield from _values(array, rounded=name in inexact)


def _values(array: pa.Array, *, rounded: bool) -> Iterator[bytes]:
    kind = array.type
    if pa.types.is_floating(kind):
        number = pc.add(pc.fill_null(array, 0.0), 0.0)  # -0.0 is 0.0
        if rounded:
            yield "\n".join(format(value, f".{_DIGITS - 1}e") for value in number.to_pylist()).encode()
        else:
            yield _buffer(pc.if_else(pc.is_nan(number), float("nan"), number), 8)
    elif pa.types.is_boolean(kind):
        yield _buffer(pc.cast(pc.fill_null(array, False), pa.uint8()), 1)
    elif pa.types.is_timestamp(kind):
        yield _buffer(pc.fill_null(pc.cast(array, pa.int64()), 0), 8)
    elif kind in _WIDTHS:
        yield _buffer(pc.fill_null(array, pa.scalar(0, pa.int32()).cast(kind)), _WIDTHS[kind])
    elif pa.types.is_string(kind):
        texts = pc.fill_null(array, "")
        yield _buffer(pc.binary_length(texts), 4)
        yield "".join(texts.to_pylist()).encode("utf-8", "surrogatepass")
    else:
        words = [str(value).encode() for value in array.to_pylist()]
        yield b"".join(len(word).to_bytes(4, "little") for word in words)
        yield b"".join(words)


def _buffer(array: pa.Array, width: int) -> bytes:
    """Return the bytes of an array's own values. A slice shares its buffer with other values."""
    if not len(array):
        return b""
    return array.buffers()[1].to_pybytes()[array.offset * width : (array.offset + len(array)) * width]


# Definitions


def definitions_of(query: Query, model: Model) -> Mapping[str, str]:
    """Return a digest for each object that the question names, by `kind:name`.

    The model's settings have a digest too.
    """
    metrics, dimensions, segments, periods = _Names(), _Names(), _Names(), _Names()
    _note_filter(query.where, metrics, dimensions, segments)
    metrics |= dict.fromkeys([*query.metrics, *(condition.metric for condition in query.having)])
    if query.top is not None:
        metrics[query.top.metric] = None
    for breakdown in query.by:
        dimensions[breakdown.dim] = None
        if breakdown.period is not None:
            periods[breakdown.period] = None
    for name in list(dimensions):
        read = read_name(name, model)
        dimensions[read.dim] = None
        if read.period is not None:
            periods[read.period] = None
    metric_digests = {f"metric:{name}": metric_digest(model, name) for name in metrics if name in model.metrics}
    metric_digests |= {
        f"dimension:{name}": _dimension_digest(model, name) for name in dimensions if name in model.dimensions
    }
    metric_digests |= {f"segment:{name}": _segment_digest(model, name) for name in segments if name in model.segments}
    metric_digests |= {f"calendar:{name}": _period_digest(model, name) for name in periods if model.period(name)}
    return metric_digests | {"settings": _kept(model, "settings", "", lambda: _settings(model))}


class _Names(dict[str, None]):
    """Collects names in the order of their first use."""


def _note_filter(part: Filter | None, metrics: _Names, dimensions: _Names, segments: _Names) -> None:
    match part:
        case None:
            return
        case Condition(dim):
            dimensions[dim] = None
        case SqlCondition(condition):
            dimensions |= dict.fromkeys(condition.columns)
        case InSegment(name):
            segments[name] = None
        case ByMember(metric, where=where):
            metrics[metric] = None
            _note_filter(where, metrics, dimensions, segments)
        case NotAny(inner):
            _note_filter(inner, metrics, dimensions, segments)
        case AllOf(parts) | AnyOf(parts):
            for inner_part in parts:
                _note_filter(inner_part, metrics, dimensions, segments)


def _rows_of(dataset: Dataset) -> object:
    """Return the properties that determine a dataset's rows and how they are joined."""
    parts = (dataset.source, dataset.query, dataset.grain, dataset.columns, dataset.entities, dataset.time)
    return [*parts, dataset.history, dataset.validity, dataset.partitions, dataset.bridge]


def _dimension_digest(model: Model, name: str) -> str:
    def said() -> object:
        return [[dimension, _rows_of(model.datasets[dimension.dataset])] for dimension in model.places_of(name)]

    return _kept(model, "dimension", name, said)


def _segment_digest(model: Model, name: str) -> str:
    segment = model.segments[name]
    return _kept(model, "segment", name, lambda: [segment, _rows_of(model.datasets[segment.dataset])])


def _period_digest(model: Model, name: str) -> str:
    period = model.period(name)
    assert period is not None
    dataset = model.datasets[period[0].dataset]
    return _kept(model, "calendar", name, lambda: [period[0].day, period[1], dataset.dimensions, _rows_of(dataset)])


def _settings(model: Model) -> object:
    settings = model.settings
    own = (
        settings.time_zone,
        settings.week_start,
        settings.fiscal_start,
        settings.currency,
        settings.rates,
        settings.rules,
    )
    return [*own, settings.spine, settings.clock_spines]


def _kept(model: Model, kind: str, name: str, make: Callable[[], object]) -> str:
    """Return a digest, computed only once for each model because many questions need it."""
    key = (f"digest of {kind}", name)
    if key not in model.memo:
        model.memo[key] = digest(make())
    return cast(str, model.memo[key])  # only this function writes under such a key


# The policy


def policy_digest(visible: VisibleModel) -> str:
    """Return a digest of the row rules and masks that apply to an actor. It excludes the values of attributes."""

    def bound() -> object:
        return sorted(
            json.dumps(each_bound, sort_keys=True) for each_bound in map(_bound, visible.policies) if each_bound
        )

    return _kept(visible.model, "policies", visible.fingerprint, bound)


def _bound(policy: object) -> dict[str, object]:
    """Return the restrictive parts of a policy: everything except its name, people, grants and denials."""
    assert is_dataclass(policy)
    names = [field.name for field in fields(policy)]
    kept = [
        name
        for name in names
        if name not in _DESCRIPTIVE_FIELDS | _MATCH_FIELDS and not name.startswith(("grant_", "deny_"))
    ]
    return {name: plain for name in kept if (plain := _plain(getattr(policy, name)))}


def attributes_text(visible: VisibleModel) -> str:
    """Return the attributes that an actor's row rules use, as text for a keyed digest.

    Attribute values could be guessed from a digest without a key.
    """
    names = sorted({name for rule in visible.rules for name in rule.where.placeholders})
    used = {name: visible.actor.attributes.get(name) for name in names}
    return json.dumps(
        {
            name: [attribute] if isinstance(attribute, str) else sorted(attribute or ())
            for name, attribute in used.items()
        }
    )


# Plain data


def digest(value: object) -> str:
    """Return a digest of plain data or of a model's object. Labels and descriptions don't affect it."""
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case None | str() | int() | float():
            return value
        case date():
            return value.isoformat()
        case Expression():
            return value.text
        case DataType():
            return str(value)
        case frozenset():
            return sorted(str(_plain(member)) for member in cast(frozenset[object], value))
        case Mapping():
            return {str(name): _plain(member) for name, member in cast(Mapping[object, object], value).items()}
        case Iterable():
            return [_plain(member) for member in cast(Iterable[object], value)]
        case _ if is_dataclass(value):
            kept = [field.name for field in fields(value) if field.name not in _DESCRIPTIVE_FIELDS]
            return [type(value).__name__, {name: _plain(getattr(value, name)) for name in kept}]
        case _:
            raise TypeError(f"{type(value).__name__} has no digest: digests.py says how others have one.")
