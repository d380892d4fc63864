"""List everything that determines a metric's number, and compute a digest that shows when its definition changes.

Labels, owners, descriptions, formats, file names and the order of objects don't count. The metric itself does, and so
do the metrics that it uses, their measures, the columns, tables and joins that these can read, and calendars, rates and
settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.model.definitions import CalendarSpan, Dataset, Dimension, Metric
from semantic.model.editing.objects import SETTINGS_KEY, Key, ObjectKind
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.model import Model

_SHOWN = {
    *("label", "description", "owner", "synonyms", "tags", "file", "line", "means", "does_not_mean"),
    *("certified", "contract"),
    *("unit", "format", "decimals", "direction", "enough", "deprecated", "final_after", "target", "only_for", "labels"),
    *("completeness", "member_synonyms", "matters", "labels_from", "domain"),
}
"""Fields for display, search or reliability, which don't affect the number."""


OWN_DEFINITION = "its definition"

_SETTINGS = ObjectKind.SETTINGS, SETTINGS_KEY


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that determines a metric's number, in words, with the objects that define it."""

    words: str
    written_in: tuple[Key, ...]


def metric_digest(model: Model, name: str) -> str:
    """Return a digest of everything that determines a metric's number, in a model without problems."""
    known = model.memo.get(("metric_digest", name))
    if not isinstance(known, str):
        parts = deciding_parts(model, name)
        said = sorted((part.words, text) for part, text in parts.items())
        known = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        model.memo["metric_digest", name] = known
    return known


def deciding_parts(model: Model, name: str) -> Mapping[Part, str]:
    """Return everything that determines a metric's number, each part with a text that changes when the part does.

    The model must have no problems. The metric's own name isn't part of it. The names of the metrics that it uses are.
    """
    return _Parts(model).of(name)


class _Parts:
    """Collects the parts of one metric. Parts that all metrics of a dataset share are cached with the model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: dict[Part, str] = {}
        self.seen: set[str] = set()

    def of(self, name: str) -> dict[Part, str]:
        self._metric(name, OWN_DEFINITION)
        self._settings()
        return self.found

    def dimensions(self, name: str) -> list[object]:
        return self._dimensions(name)

    def segment(self, name: str) -> list[object]:
        segment = self.model.segments[name]
        dataset = self.model.datasets[segment.dataset]
        time = dataset.dimensions.get(segment.time) if segment.time else None
        read = segment.where.columns if segment.where is not None else ()
        types = sorted(f"{column} {dataset.columns[column]}" for column in {*read} if column in dataset.columns)
        entities = sorted(_text([_plain(entity)]) for entity in dataset.entities)
        dates = [self._dimension(time)] if time is not None else []
        self._condition(segment.where)
        used = sorted((part.words, text) for part, text in self.found.items())
        return [_plain(segment, _SHOWN), _table(dataset), types, entities, dates, used]

    def period(self, name: str) -> list[object]:
        self._period(name)
        return [*sorted((part.words, text) for part, text in self.found.items())]

    def _put(self, words: str, text: str, *written_in: Key) -> None:
        self.found[Part(words, written_in)] = text

    def _metric(self, name: str, called: str = "") -> None:
        if name in self.seen or name not in self.model.metrics:
            return
        self.seen.add(name)
        metric = self.model.metrics[name]
        text = _text([_plain(metric, {*_SHOWN, "name"})])
        self._put(called or f"the metric {name}", text, (ObjectKind.METRIC, name))
        for metric_input in metric.inputs:
            self._metric(metric_input)
        for where in (metric.where, *(use.where for use in metric.uses)):
            self._condition(where)
        for use in metric.uses:
            if isinstance(use.offset, CalendarSpan):
                self._period(use.offset.period)
        if metric.is_simple:
            self._measure(metric)
        if metric.conversion is not None:
            self._conversion(metric)

    def _measure(self, metric: Metric) -> None:
        measure = self.model.measure(metric.measure)
        dataset = self.model.datasets[measure.dataset]
        time = dataset.dimensions.get(measure.time) if measure.time else None
        written_in = ObjectKind.DATASET, dataset.name
        text = _text([_plain(measure, {*_SHOWN, "name", "dataset"})])
        self._put(f"the measure {metric.measure}", text, written_in)
        if time is not None:
            self._put(f"the date of {metric.measure}", _text([_plain(time, _SHOWN)]), written_in)
        expressions = (
            measure.sql,
            measure.local,
            metric.filter,
            time.sql if time else None,
            time.day if time else None,
        )
        read = [name for expression in expressions if expression is not None for name in expression.columns]
        self._columns(dataset, [*read, measure.currency])
        self._dataset(dataset)
        for name in measure.per:
            entities = [entity for entity in dataset.entities if entity.name == name]
            text = _text([*map(_plain, entities), *self._dimensions(name)])
            self._put(f"what {metric.measure} is counted per: {name}", text, written_in, *self._holders(name))
        if measure.currency:
            self._rates()

    def _columns(self, dataset: Dataset, names: Iterable[str]) -> None:
        for name in sorted(set(names)):
            if name in dataset.columns:
                text = str(dataset.columns[name])
                self._put(f"the column {dataset.name}.{name}", text, (ObjectKind.DATASET, dataset.name))

    def _dataset(self, dataset: Dataset) -> None:
        """Add a fact and everything that it can join, because a question can break the metric down by any of it."""
        memo = self.model.memo
        kept = memo.get(("deciding_dataset", dataset.name))
        if kept is None:
            kept = memo["deciding_dataset", dataset.name] = self._reached(dataset)
        self.found |= cast(dict[Part, str], kept)  # only written above

    def _reached(self, dataset: Dataset) -> dict[Part, str]:
        own = {entity.entity for entity in dataset.entities}
        ties = [model_dataset for model_dataset in self.model.datasets.values() if _tied_thing(model_dataset) in own]
        tables: dict[Part, str] = {}
        for source in (dataset, *ties):
            for name, ways in self.model.joins.paths(source.name).items():
                tables[Part(f"the table of {name}", ((ObjectKind.DATASET, name),))] = _table(self.model.datasets[name])
                if name != source.name:
                    texts = sorted(_text([_plain(edge) for edge in way]) for way in ways)
                    on_the_way = dict.fromkeys(
                        each_dataset for way in ways for edge in way for each_dataset in (edge.source, edge.target)
                    )
                    keys = tuple((ObjectKind.DATASET, each_dataset) for each_dataset in on_the_way)
                    tables[Part(f"how {source.name} joins {name}", keys)] = _text(texts)
        for each_dataset in ties:
            part = Part(f"the bridge {each_dataset.name}", ((ObjectKind.DATASET, each_dataset.name),))
            tables[part] = _text([_plain(each_dataset.bridge), *map(_plain, each_dataset.entities)])
        return tables

    def _conversion(self, metric: Metric) -> None:
        assert metric.conversion is not None
        sides = [
            self.model.datasets[self.model.measure(self.model.metrics[metric_input].measure).dataset]
            for metric_input in metric.inputs
        ]
        for at, dataset in enumerate(sides):
            keys = [entity for entity in dataset.entities if metric.conversion.entity in (entity.name, entity.entity)]
            text = f"the {metric.conversion.entity} of {dataset.name}"
            self._put(text, _text(map(_plain, keys)), (ObjectKind.DATASET, dataset.name))
            self._columns(dataset, [pair[at] for pair in metric.conversion.constant])

    def _condition(self, where: Expression | None) -> None:
        """Add the dimensions that a condition reads and the metrics that it compares."""
        if where is None:
            return
        for name in where.columns:
            parts = name.split("__")
            for joined in {"__".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}:
                if joined in self.model.dimensions:
                    self._put(f"the dimension {joined}", _text(self._dimensions(joined)), *self._holders(joined))
                self._period(joined)
        for call in where.tree.find_all(exp.Anonymous):
            if call.name.lower() == METRIC_OF and call.expressions:
                self._metric(call.expressions[0].name)

    def _dimensions(self, name: str) -> list[object]:
        dimensions = sorted(self.model.places_of(name), key=lambda dimension: dimension.dataset)
        return [self._dimension(dimension) for dimension in dimensions]

    def _holders(self, dimension: str) -> list[Key]:
        return [(ObjectKind.DATASET, each_dimension.dataset) for each_dimension in self.model.places_of(dimension)]

    def _dimension(self, dimension: Dimension) -> object:
        dataset = self.model.datasets[dimension.dataset]
        types = [str(dataset.columns[column]) for column in dimension.sql.columns if column in dataset.columns]
        return [_plain(dimension, _SHOWN), _table(dataset), types]

    def _period(self, name: str) -> None:
        found_period = self.model.period(name)
        if found_period is not None:
            calendar, period = found_period
            dimensions = [dimension for dimension in (calendar.day, period.dimension, period.number) if dimension]
            said = [
                calendar.dataset,
                *dimensions,
                *(each_dimension for dimension in dimensions for each_dimension in self._dimensions(dimension)),
            ]
            written_in = (ObjectKind.CALENDAR, calendar.name), (ObjectKind.DATASET, calendar.dataset)
            self._put(f"the period {name} of the calendar {calendar.name}", _text(said), *written_in)

    def _rates(self) -> None:
        settings = self.model.settings
        self._put("the currency of the model", settings.currency, _SETTINGS)
        if settings.rates is not None:
            rates, dataset = settings.rates, self.model.datasets[settings.rates.dataset]
            text = _text([_plain(rates, {"currencies"}), _table(dataset)])
            self._put("the exchange rates", text, _SETTINGS, (ObjectKind.DATASET, dataset.name))
            self._columns(dataset, (rates.currency, rates.day, rates.rate))

    def _settings(self) -> None:
        settings = self.model.settings
        self._put("the time zone", settings.time_zone, _SETTINGS)
        self._put("the first day of a week", settings.week_start, _SETTINGS)
        self._put("the first month of the fiscal year", settings.fiscal_start, _SETTINGS)
        self._put("the rules of the model", _text([_plain(settings.rules)]), _SETTINGS)
        spines = [settings.spine, *(text for _, text in settings.clock_spines)]
        if any(spines):
            days = [
                self._dimension(self.model.datasets[dataset].dimensions[dimension])
                for dataset, _, dimension in (text.partition(".") for text in spines if text)
            ]
            holders = [(ObjectKind.DATASET, text.partition(".")[0]) for text in spines if text]
            text = _text([settings.spine, _plain(settings.clock_spines), *days])
            self._put("the time spine", text, _SETTINGS, *holders)


def _tied_thing(dataset: Dataset) -> str:
    """Return the entity that a bridge splits numbers for, or "" if the dataset isn't a bridge."""
    of = dataset.bridge.of if dataset.bridge else ""
    return next((entity.entity for entity in dataset.entities if of and entity.name == of), "")


def _table(dataset: Dataset) -> str:
    """Return a text that changes when a dataset's source or grain changes."""
    said = [dataset.source, _plain(dataset.query), [*dataset.grain], _plain(dataset.history), _plain(dataset.validity)]
    elsewhere = [["connection", dataset.connection]] if dataset.connection else []
    return _text([*said, *map(_plain, dataset.partitions), *elsewhere])


def _text(parts: Iterable[object]) -> str:
    return json.dumps(list(parts), ensure_ascii=False)


def _plain(value: object, without: Iterable[str] = ()) -> object:
    """Return an object of the model as plain data, without the fields in `without`. Sets are sorted."""
    match value:
        case Expression():
            return _words(value.text)
        case Enum():
            return value.value
        case tuple() | list():
            return [_plain(item) for item in cast(Iterable[object], value)]
        case set() | frozenset():
            return sorted(str(item) for item in cast(Iterable[object], value))
        case None | str() | int() | float() | bool():
            return value
        case _ if is_dataclass(value):
            left = [field.name for field in fields(value) if field.name not in without]
            return {name: _plain(getattr(value, name)) for name in left}
        case _:
            return str(value)


@lru_cache(maxsize=5_000)  # many metrics read the same text
def _words(text: str) -> str:
    """Return an SQL text without comments, and with single spaces between its words."""
    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
    except SqlglotError:
        return text
    return " ".join(text[token.start : token.end + 1] for token in tokens)


# What questions use besides metrics


def use_digest(model: Model, kind: str, name: str) -> str | None:
    """Return a digest of everything that determines one thing a question uses, or None if the model doesn't have it.

    The thing is a metric, dimension, segment or calendar period. Labels, spaces, comments and order don't count.
    """
    key = ("use_digest", f"{kind}:{name}")
    if key not in model.memo:
        model.memo[key] = _use_digest(model, kind, name)
    return cast(str | None, model.memo[key])  # only written above


def _use_digest(model: Model, kind: str, name: str) -> str | None:
    parts = _Parts(model)
    match kind:
        case "metric" if name in model.metrics:
            return metric_digest(model, name)
        case "dimension" if name in model.dimensions:
            said: object = parts.dimensions(name)
        case "segment" if name in model.segments:
            said = parts.segment(name)
        case "calendar" if model.period(name) is not None:
            said = parts.period(name)
        case _:
            return None
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
