"""Describe an object in words for stewards, field by field, and list the fields in which two objects differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from pydantic import BaseModel

from semantic.errors import counted
from semantic.model.editing.conditions import condition_words, conditions_of
from semantic.model.editing.objects import ObjectKind
from semantic.model.files.doc import InputDoc
from semantic.model.kinds import key_words, keys_naming
from semantic.model.kinds.conversion import ConstantDoc
from semantic.model.loading.policy_schema import MaskDoc, NamesDoc, RowRuleDoc, SeesDoc
from semantic.model.loading.schema import (
    CalendarPeriodDoc,
    CertifiedDoc,
    CheckDoc,
    DeprecatedDoc,
    DimensionDoc,
    EnoughDoc,
    EntityDoc,
    FreshnessDoc,
    HistoryDoc,
    LastDoc,
    MeasureDoc,
    MemberDoc,
    PartitionDoc,
    ValidityDoc,
)
from semantic.model.loading.settings_schema import RatesDoc

NONE = "none"
_CONDITIONS = ("filter", "only rows where")
"""How the names of fields that contain a condition end."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's value before and after a change, `none` if it's empty."""

    field: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """The change in words: `Filter: none → status <> 'cancelled'`."""
        return f"{self.field}: {self.before} → {self.after}"

    @property
    def plain_words(self) -> tuple[str, ...]:
        """The change without SQL, where possible: `Filter removed: status isn't returned`."""
        if not self.field.casefold().endswith(_CONDITIONS):
            return (self.words,)
        before, after = (conditions_of("" if text == NONE else text) for text in (self.before, self.after))
        old, new = [condition_words(part) for part in before], [condition_words(part) for part in after]
        lines = [f"{self.field} removed: {words}" for words in old if words not in new]
        lines += [f"{self.field} added: {words}" for words in new if words not in old]
        return tuple(lines) or (self.words,)


_FIELDS = {
    "sql": "SQL", "agg": "Aggregation", "format": "Number format", "direction": "Favourable direction",
    "fill": "Value for a group without rows", "every_period": "Shows every period", "grain": "Grain",
    "means": "What it means", "does_not_mean": "What it doesn't mean", "where": "Only rows where",
    "time": "Dated by", "columns": "Column", "dimensions": "Dimension", "measures": "Measure", "entities": "Entity",
    "periods": "Period", "partitions": "Partition", "inputs": "Input", "per": "Day taken for each",
    "over_time": "Day that counts for a period", "within": "Never added up across",
    "only_for": "Only for", "labels": "Label of", "labels_from": "Labels from",
    "local": "Amount in its own currency",
    "enough": "Enough", "matters": "Smallest change that matters",
    "final_after": "A day is final after", "counts_after": "A day counts after",
    "completeness": "How complete a day is",
    "whole": "Datasets without row rules", "as_of": "As of", "last": "Rows from the last",
    "everything": "All", "starts": "Starts", "ends": "Ends", "concerns": "Is about",
    "entity": "Entity", "kind": "Kind", "spine": "All known days", "clock_spines": "All known hours and shorter",
    "query": "SQL", **key_words(),
}  # fmt: skip
"""Display names of fields whose key isn't a good name."""

_NAME_KEYS = {ObjectKind.PERSON: "id", ObjectKind.SETTINGS: ""}

_METRIC_FIELDS = (*keys_naming("metric"), "target")


def field_changes(
    kind: ObjectKind, before: BaseModel, after: BaseModel, labels: tuple[Mapping[str, str], Mapping[str, str]]
) -> tuple[FieldChange, ...]:
    """Return the fields that differ between two objects of one kind, in the order of the reference.

    `labels` are the labels of metrics, before and after. A default value that is written out isn't a difference.
    """
    mine, theirs = fields_in_words(kind, before, labels[0]), fields_in_words(kind, after, labels[1])
    changes: list[FieldChange] = []
    texts: set[str] = set()
    for name in dict.fromkeys((*mine, *theirs)):
        ours, other = mine.get(name, (NONE, "")), theirs.get(name, (NONE, ""))
        if ours[1] == other[1] or name.partition(",")[0] in texts:
            continue  # fields of an added or removed part aren't listed one by one
        if name not in mine or name not in theirs:
            texts.add(name)
        # Two metrics can have the same label.
        shown = (ours[0], other[0]) if ours[0] != other[0] else (ours[1] or NONE, other[1] or NONE)
        changes.append(FieldChange(name, *shown))
    return tuple(changes)


def fields_in_words(kind: ObjectKind, doc: BaseModel, labels: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return an object's non-empty fields by name, each with its value in words and its value as written."""
    fields: dict[str, tuple[str, str]] = {}
    for name, (words, exact) in _fields(kind, doc, labels):
        if name in fields:  # two row rules on one dataset
            words, exact = f"{fields[name][0]}; {words}", f"{fields[name][1]}; {exact}"
        fields[name] = words, exact
    return fields


def _fields(kind: ObjectKind, doc: BaseModel, labels: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for key, value in doc:
        if value in (None, "", [], {}) or key == _NAME_KEYS.get(kind, "name"):
            continue
        name = _FIELDS.get(key, key.replace("_", " ").capitalize())
        match value:
            case SeesDoc():
                yield from _sees("Can see" if key == "grant" else "Can't see", value)
            case dict() if key == "definition":
                yield from _definition(cast(dict[str, object], value))
            case BaseModel() if words := _one(value):
                yield name, (words, words)
            case BaseModel():
                yield from ((f"{name}, {lower}", it) for lower, it in _lowered(_fields(kind, value, labels)))
            case dict():
                for column, text in cast(dict[str, object], value).items():
                    words = _one(text) if isinstance(text, BaseModel) else _text(text)
                    yield f"{name} {column}", (words, words)
            case list() if any(isinstance(member, BaseModel) for member in cast(list[object], value)):
                yield from _listed(kind, name, cast(list[BaseModel], value), labels)
            case str() if key in _METRIC_FIELDS and kind is ObjectKind.METRIC:
                yield name, (labels.get(value) or value, value)
            case _ if value is not False:
                yield name, (_text(value), _text(value))
            case _:
                pass


def _definition(definition: Mapping[str, object]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the keys in the definition of an analysis, such as `Steps: sessions; cart_sessions (name Cart)`."""
    for key, value in definition.items():
        words = _on_one_line(value)
        yield key.replace("_", " ").capitalize(), (words, words)


def _on_one_line(value: object) -> str:
    """Return part of a definition as one line of text."""
    match value:
        case list():
            return "; ".join(_on_one_line(item) for item in cast(list[object], value))
        case dict():
            parts = {key: _on_one_line(part) for key, part in cast(dict[str, object], value).items()}
            first = parts.pop("metric", "")
            rest = ", ".join(f"{key} {words}" for key, words in parts.items())
            return f"{first} ({rest})" if first and rest else first or rest
        case _:
            return _text(value)


def _lowered(fields: Iterator[tuple[str, tuple[str, str]]]) -> Iterator[tuple[str, tuple[str, str]]]:
    return ((name if name.startswith("SQL") else name[0].lower() + name[1:], value) for name, value in fields)


def _listed(
    kind: ObjectKind, name: str, items: list[BaseModel], labels: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the fields of the objects inside an object, such as the measures of a dataset, each under its own name."""
    for number, item in enumerate(items, start=1):
        match item:
            case RowRuleDoc():
                where = item.dataset or f"every dataset with {item.dimension}"
                yield f"Row rule on {where}", _same(_row_rule(item))
            case MaskDoc():
                yield f"Mask of {item.dimension}", _same(_mask(item))
            case CheckDoc():
                words = _check(item)
                yield f"Check: {words}", _same("yes")
            case ConstantDoc():
                yield f"Must be equal: {item.base}", _same(item.conversion)
            case EntityDoc():
                of = f" of {item.entity}" if item.entity and item.entity != item.name else ""
                yield f"Entity {item.name}", _same(f"{item.kind} key{of} on {', '.join(item.columns)}")
            case PartitionDoc():
                yield f"Partition {item.name}", _same(item.column or item.name)
            case InputDoc():
                yield from _input(item, labels)
            case DimensionDoc() | MeasureDoc() | CalendarPeriodDoc():
                yield f"{name} {item.name}", (_summary(item), "yes")
                for field, value in _lowered(_fields(kind, item, labels)):
                    yield f"{name} {item.name}, {field}", value
            case _:
                yield f"{name} {number}", _same(str(item))


def _summary(item: DimensionDoc | MeasureDoc | CalendarPeriodDoc) -> str:
    match item:
        case DimensionDoc():
            return f"{item.kind}, {item.sql or item.name}"
        case MeasureDoc():
            return f"{item.agg.replace('_', ' ')} of {item.sql or 'rows'}"
        case CalendarPeriodDoc():
            return f"the days of each {item.dimension or item.name}"


def _input(item: InputDoc, labels: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    name = item.name or item.metric
    label = labels.get(item.metric) or item.metric
    parts = [f"where {item.where}" if item.where else "", f"{item.offset} before" if item.offset else ""]
    parts.append(f"at the start of the {item.offset_to}" if item.offset_to else "")
    tail = "".join(f" {text}" for text in parts if text)
    yield f"Input {name}", (label + tail, item.metric + tail)


def _same(words: str) -> tuple[str, str]:
    return words, words


def _sees(verb: str, doc: SeesDoc) -> Iterator[tuple[str, tuple[str, str]]]:
    for key, names in doc:
        if words := _names(names):
            yield f"{verb} {'single rows of' if key == 'rows' else key}", _same(words)


def _one(doc: BaseModel) -> str:
    """Return a small part of an object as one line, or "" if it's described field by field."""
    match doc:
        case NamesDoc():
            return _names(doc) or NONE
        case CertifiedDoc():
            return f"by {doc.by} until {doc.until.isoformat()}"
        case DeprecatedDoc():
            use = f", replaced by {doc.replaced_by}" if doc.replaced_by else ""
            return f"since {doc.since.isoformat()}{use}" + (f": {doc.reason}" if doc.reason else "")
        case EnoughDoc():
            of = f"a denominator of {doc.denominator}" if doc.denominator else counted(doc.rows or 0, "row")
            return of + (f", with the interval {doc.interval}" if doc.interval else "")
        case LastDoc():
            return counted(doc.count, doc.unit)
        case FreshnessDoc():
            said = f"{doc.column}, at most {counted(doc.warn_after_hours, 'hour')} old"
            return said + (", append only" if doc.append_only else "")
        case HistoryDoc():
            return f"versions of {', '.join(doc.key)}, the current one where {doc.current}"
        case ValidityDoc():
            return f"versions of {', '.join(doc.key)}, from {doc.start} until before {doc.end}"
        case MemberDoc():
            return ", also ".join([doc.label or "the value itself", *doc.synonyms])
        case RatesDoc():
            columns = f"{doc.currency}, {doc.day} and {doc.rate} of {doc.dataset}"
            return columns + (f", for {', '.join(doc.currencies)}" if doc.currencies else "")
        case _:
            return ""


def _names(doc: NamesDoc) -> str:
    if doc.everything:
        return "all"
    return ", ".join([*sorted(doc.names), *(f"tagged {tag}" for tag in sorted(doc.tags))])


def _row_rule(doc: RowRuleDoc) -> str:
    via = f", via {doc.via}" if doc.via else ""
    apart = f", except {', '.join(doc.apart)}" if doc.apart else ""
    without = doc.without if isinstance(doc.without, str) else f"{', '.join(doc.without)} hidden" if doc.without else ""
    others = f"; datasets without it: {without}" if without else ""
    return doc.where + via + (", and rows without a match" if doc.unmatched == "visible" else "") + apart + others


def _mask(doc: MaskDoc) -> str:
    how = {
        "null": "left out",
        "hash": "a code",
        "last_four": "the last four characters",
        "bucket": f"steps of {doc.width}",
    }
    return how[doc.kind]


def _check(doc: CheckDoc) -> str:
    if doc.not_null:
        return f"{doc.not_null.column} has a value" + _share(doc.not_null.at_least)
    if doc.accepted:
        return f"{doc.accepted.column} is one of {', '.join(doc.accepted.values)}"
    if doc.relationship:
        return f"{doc.relationship.entity} has a match" + _share(doc.relationship.at_least)
    if doc.rows is not None:
        return f"at least {counted(doc.rows, 'row')}"
    return f"{', '.join(doc.unique or [])} is unique"


def _share(at_least: float) -> str:
    return "" if at_least == 1 else f" in {100 * at_least:.10g}%"


def _text(value: object) -> str:
    match value:
        case True:
            return "yes"
        case list():
            return ", ".join(str(member) for member in cast(list[object], value))
        case date():
            return value.isoformat()
        case _:
            return str(value)
