"""Suggest completions for an object's YAML at the cursor: keys with their meanings, values and names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from semantic.model.checks.analyses import definition_reader
from semantic.model.definitions import Dataset, TypeKind
from semantic.model.editing.cursor import Cursor, read_cursor
from semantic.model.editing.object_text import DOCS, TEXT
from semantic.model.editing.objects import SETTINGS_KEY, ObjectKind
from semantic.model.files.yaml_places import BREAK
from semantic.model.files.yaml_text import Plain, read_yaml
from semantic.model.kinds import keys_naming
from semantic.model.loading.policy_schema import NamesDoc
from semantic.model.model import Model
from semantic.model.settings import MONTHS

MOST_CANDIDATES = 200
_FREE_IN_DEFINITION = frozenset(
    {"name", "within", "between", "op", "value", "values", "last", "unit", "to_date", "complete", "v", "periods", "gap"}
    | {"time_zone", "sample", "over", "order", "attempt", "sql", "grain", "percent", "limit", "cuts"}
)
"""Keys in definitions of analyses whose values aren't names from the model."""

Meanings = Mapping[tuple[str, str], str]
"""The meaning of each key, by its schema class (such as `MetricDoc`) and its name."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One suggestion at the cursor, with its description."""

    text: str
    kind: Literal["key", "value", "name"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """The suggestions at the cursor, most likely first. Accepting one replaces the text from `column` to the cursor."""

    column: int
    candidates: tuple[Candidate, ...]


def complete(
    kind: ObjectKind, text: str, line: int, column: int, model: Model, meanings: Meanings | None = None
) -> Completion:
    """Return suggestions for an object's own text at `line`, counted from 1, after `column` characters.

    Names come from `model`, the latest version without problems. Suggestions that start with the typed text come before
    those that only contain it, and required keys before optional ones. Otherwise they follow the order of the
    reference.
    """
    cursor = read_cursor(text, line, column)
    candidates = _candidates(kind, cursor, _data(text, line), model, meanings or {})
    begun = cursor.begun.casefold()
    starts = [candidate for candidate in candidates if candidate.text.casefold().startswith(begun)]
    holds = [
        candidate
        for candidate in candidates
        if begun in candidate.text.casefold() or begun in candidate.note.casefold().split()
    ]
    ranked = tuple(dict.fromkeys((*starts, *holds)))
    return Completion(cursor.column, ranked[:MOST_CANDIDATES])


def read_meanings(page: str) -> Meanings:
    """Return the meaning of each key, read from the tables of the reference page."""
    meanings: dict[tuple[str, str], str] = {}
    for part, table in re.findall(r"<!-- generated: keys (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL):
        for key, meaning in re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", table, re.MULTILINE):
            meanings[part, key] = meaning.strip()
    return meanings


def _candidates(
    kind: ObjectKind, cursor: Cursor, data: Mapping[str, Plain], model: Model, meanings: Meanings
) -> list[Candidate]:
    if kind not in DOCS:
        return []
    path = cursor.path
    if kind is ObjectKind.ANALYSIS and "definition" in path[:1]:
        return _in_definition(cursor, data, model)
    if kind is ObjectKind.SETTINGS:
        if not path and not cursor.key:
            return [Candidate(SETTINGS_KEY, "key", "Settings that apply to the whole model.")]
        path = path[1:]
    doc: type[BaseModel] = DOCS[kind]
    is_entry = False
    for at, key in enumerate(path):
        if is_entry:  # the name of an entry, such as a member in `labels`
            is_entry = False
            continue
        inner = _part(doc, key)
        entry = _part(doc, key, is_entry=True) if inner is None and at + 1 < len(path) else None
        if entry is not None:
            doc, is_entry = entry, True
            continue
        is_name = inner is NamesDoc and cursor.is_item and at == len(path) - 1
        if inner is None or is_name:  # columns with their types, or a list of strings
            return _values(kind, doc, path[: at + 1], data, model)
        doc = inner
    if cursor.key:
        return _values(kind, doc, (*path, cursor.key), data, model)
    return list(_keys(doc, cursor.written, meanings))


def _in_definition(cursor: Cursor, data: Mapping[str, Plain], model: Model) -> list[Candidate]:
    """Return suggestions for the definition of an analysis: keys, kinds, and names from the model."""
    reader, path = definition_reader(), cursor.path[1:]
    definition = data.get("definition")
    kind = definition.get("kind") if isinstance(definition, dict) else None
    names = _Names(ObjectKind.ANALYSIS, data, model)
    if cursor.key == "kind" and not path:
        return [Candidate(name, "value") for name in reader.kinds]
    if cursor.key:
        named = names.in_definition(cursor.key) if "time" not in path else ()
        return [Candidate(text, "name", note) for text, note in dict(sorted(named)).items()]
    keys = reader.keys(kind if isinstance(kind, str) else "", path)
    metrics = sorted(names.in_definition("metric")) if cursor.is_item else []
    left = [key for key in keys if key not in cursor.written]
    return [*(Candidate(key, "key") for key in left), *(Candidate(text, "name", note) for text, note in metrics)]


def _keys(doc: type[BaseModel], written: frozenset[str], meanings: Meanings) -> Iterator[Candidate]:
    left = {key: field for key, field in _fields(doc).items() if key not in written}
    for key in sorted(left, key=lambda key: not left[key].is_required()):
        meaning = meanings.get((doc.__name__, key), "")
        yield Candidate(key, "key", f"{'Needed. ' if left[key].is_required() else ''}{meaning}".strip())


def _values(
    kind: ObjectKind, doc: type[BaseModel], path: tuple[str, ...], data: Mapping[str, Plain], model: Model
) -> list[Candidate]:
    key = path[-1]
    fields = _fields(doc)
    if key in fields and (options := list(_options(fields[key].annotation))):
        return [Candidate(option, "value") for option in options]
    names = _Names(kind, data, model).of(path, doc)
    return [Candidate(text, "name", note) for text, note in dict(sorted(names)).items()]


def _fields(doc: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the keys of a schema class, spelled as in YAML."""
    return {model_field.alias or key: model_field for key, model_field in doc.model_fields.items()}


def _options(annotation: Any) -> Iterator[str]:  # an annotation may be anything that Python can write there
    """Yield the values that a key allows, or nothing for free text."""
    if get_origin(annotation) is Literal:
        yield from (str(argument) for argument in get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from (str(member.value) for member in annotation)
    elif annotation is bool:
        yield from ("true", "false")
    elif get_origin(annotation) in (Union, UnionType, list):
        yield from (
            text for argument in get_args(annotation) if argument is not NoneType for text in _options(argument)
        )


def _part(doc: type[BaseModel], key: str, *, is_entry: bool = False) -> type[BaseModel] | None:
    """Return the schema class for a key's value, or None if the value has no keys.

    With `is_entry`, return the class of one named entry in the value.
    """
    fields = _fields(doc)
    waiting: list[Any] = [fields[key].annotation] if key in fields else []
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        if is_entry or get_origin(annotation) is not dict:
            waiting += get_args(annotation)
    return None


def _data(text: str, line: int) -> Mapping[str, Plain]:
    """Return an object's data so far, without the line at the cursor if that line makes the text unreadable."""
    lines = BREAK.split(text)
    others = "\n".join(row for at, row in enumerate(lines, start=1) if at != line)
    for each in (text, others):
        data = read_yaml(each, TEXT)[0]
        data = data[0] if isinstance(data, list) and data else data
        if isinstance(data, dict):
            return data
    return {}


@dataclass(frozen=True, slots=True)
class _Names:
    """Finds the names, with their labels, that a key accepts."""

    kind: ObjectKind
    data: Mapping[str, Plain]
    model: Model

    def of(self, path: tuple[str, ...], doc: type[BaseModel]) -> Iterator[tuple[str, str]]:
        *around, key = path
        key = around[-1] if key == "names" and around else key
        match (self.kind, key):
            case (_, "owner"):
                yield from ((owner, "") for owner in self._owners())
            case (_, "domain"):
                yield from ((domain.name, domain.label) for domain in self.model.domains.values())
            case (_, "tags"):
                yield from ((tag, "") for tag in self._tags())
            case (ObjectKind.METRIC, _):
                yield from self._in_metric(key)
            case (ObjectKind.DATASET, _):
                yield from self._in_dataset(path, doc)
            case (ObjectKind.POLICY | ObjectKind.ANNOTATIONS, "metrics"):
                yield "all", "every metric"
                yield from self._metrics()
            case (ObjectKind.POLICY, "dimensions" | "segments"):
                yield "all", f"all of the {key}"
                yield from self._dimensions() if key == "dimensions" else self._segments()
            case (ObjectKind.POLICY, "whole" | "rows" | "dataset"):
                if key != "dataset":
                    yield "all", "every dataset"
                yield from self._datasets()
            case (ObjectKind.POLICY, "dimension"):
                yield from self._dimensions()
            case (ObjectKind.POLICY, "where"):
                yield from (pair for dataset in self.model.datasets.values() for pair in self._columns(dataset))
            case _:
                yield from self._of_a_dataset(key)

    def in_definition(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield the names that a key accepts in the definition of an analysis whose kind isn't known.

        These are metrics, unless the key always names something else.
        """
        if key == "subject":
            yield from self._entities()
        elif key in ("dim", "by", "hold", "each", "at"):
            yield from self._dimensions()
        elif key == "segment":
            yield from self._segments()
        elif key not in _FREE_IN_DEFINITION:
            yield from self._metrics()

    def _in_metric(self, key: str) -> Iterator[tuple[str, str]]:
        if key == "where":
            yield from self._dimensions()
        elif key in (*keys_naming("metric"), "replaced_by", "target"):
            yield from self._metrics()
        elif key in keys_naming("measure"):
            yield from self._measures()
        elif key in keys_naming("input"):
            yield from self._inputs()
        elif key in keys_naming("column"):
            yield from self._columns(self._dataset_of_measure())
        elif key in keys_naming("entity"):
            yield from self._entities()

    def _of_a_dataset(self, key: str) -> Iterator[tuple[str, str]]:
        """Yield the names that a key accepts in a segment, source of annotations, calendar or the settings."""
        rates = self._under(SETTINGS_KEY, "rates") if self.kind is ObjectKind.SETTINGS else self.data
        named = rates.get("dataset") if isinstance(rates, dict) else self.data.get("dataset")
        dataset = self.model.datasets.get(named) if isinstance(named, str) else None
        match (self.kind, key):
            case (_, "dataset"):
                yield from self._datasets()
            case (ObjectKind.SEGMENT, "entity"):
                yield from self._entities()
            case (ObjectKind.SEGMENT, "where") | (ObjectKind.SETTINGS, "currency" | "day" | "rate"):
                yield from self._columns(dataset)
            case (ObjectKind.SETTINGS, "spine"):
                yield from self._times()
            case (ObjectKind.SETTINGS, "fiscal_start"):
                yield from ((month, "") for month in MONTHS)
            case (ObjectKind.ANNOTATIONS, "concerns"):
                yield from self._dimensions()
            case (ObjectKind.SEGMENT | ObjectKind.ANNOTATIONS | ObjectKind.CALENDAR, _) if (
                dataset and key in _OF_DATASET
            ):
                times = key in ("time", "starts", "ends", "day")
                dimensions = (
                    dimension for dimension in dataset.dimensions.values() if not times or dimension.kind == "time"
                )
                yield from ((dimension.name, dimension.label) for dimension in dimensions)
            case _:
                return

    def _in_dataset(self, path: tuple[str, ...], doc: type[BaseModel]) -> Iterator[tuple[str, str]]:
        part, key = doc.__name__, path[-1]
        if path[0] == "columns":
            yield from (
                (type_kind.value + ("(18,4)" if type_kind is TypeKind.DECIMAL else ""), "") for type_kind in TypeKind
            )
        elif key in ("type",):
            yield from ((type_kind.value, "") for type_kind in TypeKind)
        elif key == "time":
            yield from ((name, "") for name in self._own("dimensions", "time"))
        elif key in ("per", "within"):
            yield from ((name, "") for name in self._own("entities"))
            yield from self._dimensions()
        elif part == "EntityDoc" and key in ("name", "entity"):
            yield from self._entities()
        elif part in ("RelationshipDoc", "BridgeDoc") and key in ("entity", "of"):
            yield from ((name, "") for name in self._own("entities"))
        elif key in _OF_COLUMNS and (part, key) != ("DatasetDoc", "sql"):
            columns = self.data.get("columns")
            yield from ((name, str(kind)) for name, kind in columns.items()) if isinstance(columns, dict) else ()

    def _own(self, key: str, kind: str = "") -> Iterator[str]:
        """Yield the names of the edited dataset's own parts, such as its dimensions."""
        items = self.data.get(key)
        for item in items if isinstance(items, list) else []:
            name = item.get("name") if isinstance(item, dict) and (not kind or item.get("kind") == kind) else None
            if isinstance(name, str):
                yield name

    def _under(self, *keys: str) -> Plain:
        value: Plain = dict(self.data)
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def _metrics(self) -> Iterator[tuple[str, str]]:
        own = self.data.get("name") if self.kind is ObjectKind.METRIC else None
        return ((metric.name, metric.label) for metric in self.model.metrics.values() if metric.name != own)

    def _inputs(self) -> Iterator[tuple[str, str]]:
        yield from ((name, "an input of this metric") for name in self._own("inputs"))
        yield from self._metrics()

    def _measures(self) -> Iterator[tuple[str, str]]:
        for dataset in self.model.datasets.values():
            yield from ((f"{dataset.name}.{measure.name}", measure.label) for measure in dataset.measures.values())

    def _dataset_of_measure(self) -> Dataset | None:
        measure = self.data.get("measure")
        return self.model.datasets.get(measure.partition(".")[0]) if isinstance(measure, str) else None

    def _columns(self, dataset: Dataset | None) -> Iterator[tuple[str, str]]:
        return ((name, str(kind)) for name, kind in dataset.columns.items()) if dataset else iter(())

    def _dimensions(self) -> Iterator[tuple[str, str]]:
        return ((name, dimension[0].label) for name, dimension in self.model.dimensions.items())

    def _segments(self) -> Iterator[tuple[str, str]]:
        return ((segment.name, segment.label) for segment in self.model.segments.values())

    def _datasets(self) -> Iterator[tuple[str, str]]:
        return ((dataset.name, dataset.label) for dataset in self.model.datasets.values())

    def _entities(self) -> Iterator[tuple[str, str]]:
        return ((entity.entity, "") for dataset in self.model.datasets.values() for entity in dataset.entities)

    def _times(self) -> Iterator[tuple[str, str]]:
        for dataset in self.model.datasets.values():
            dimensions = (dimension for dimension in dataset.dimensions.values() if dimension.kind == "time")
            yield from ((f"{dataset.name}.{dimension.name}", dimension.label) for dimension in dimensions)

    def _described(self) -> Iterable[Any]:  # datasets, metrics, segments, policies and parts of datasets
        for dataset in self.model.datasets.values():
            yield from (dataset, *dataset.dimensions.values(), *dataset.measures.values())
        yield from (*self.model.metrics.values(), *self.model.segments.values(), *self.model.policies)

    def _owners(self) -> set[str]:
        return {thing.owner for thing in self._described() if thing.owner}

    def _tags(self) -> set[str]:
        return {tag for thing in self._described() for tag in thing.tags}


_OF_DATASET = ("time", "text", "starts", "ends", "kind", "day", "dimension", "number")
_OF_COLUMNS = (
    *("grain", "columns", "column", "sql", "day", "local", "currency", "not_null", "unique", "key", "current", "start"),
    *("end", "weight"),
)
