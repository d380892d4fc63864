"""Everything that determines a metric's number, part by part, and a digest of it: has its definition changed?

Labels, owners, descriptions, formats, files and their order determine nothing. What does: the metric and those it uses,
their measures, the columns these read, the tables and joins they can use, calendars, rates and settings.
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
    *("label", "description", "owner", "synonyms", "tags", "file", "line", "means", "does_not_mean", "certified"),
    *("unit", "format", "decimals", "direction", "enough", "deprecated", "final_after", "target", "only_for", "labels"),
}
"""Fields about display, search or reliability, which don't affect the number."""


OWN_DEFINITION = "its definition"

_SETTINGS = ObjectKind.SETTINGS, SETTINGS_KEY


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that determines a metric's number, in words, and the objects it is written in."""

    words: str
    written_in: tuple[Key, ...]


def metric_digest(model: Model, name: str) -> str:
    """A digest of everything that determines the number of a metric of a checked model."""
    known = model.memo.get(("metric_digest", name))
    if not isinstance(known, str):
        parts = deciding_parts(model, name)
        said = sorted((part.words, text) for part, text in parts.items())
        known = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        model.memo["metric_digest", name] = known
    return known


def deciding_parts(model: Model, name: str) -> Mapping[Part, str]:
    """The parts that determine a metric of a checked model, each with a text that changes when the part does.

    The metric's own name isn't included; those of the metrics it uses are.
    """
    return _Parts(model).of(name)


class _Parts:
    """Gathers the parts of one metric; those shared by all metrics of a dataset are cached with the model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.found: dict[Part, str] = {}
        self.seen: set[str] = set()

    def of(self, name: str) -> dict[Part, str]:
        self._metric(name, OWN_DEFINITION)
        self._settings()
        return self.found

    def _put(self, words: str, text: str, *written_in: Key) -> None:
        self.found[Part(words, written_in)] = text

    def _metric(self, name: str, called: str = "") -> None:
        if name in self.seen or name not in self.model.metrics:
            return
        self.seen.add(name)
        metric = self.model.metrics[name]
        said = _text([_plain(metric, {*_SHOWN, "name"})])
        self._put(called or f"the metric {name}", said, (ObjectKind.METRIC, name))
        for one in metric.inputs:
            self._metric(one)
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
        said = _text([_plain(measure, {*_SHOWN, "name", "dataset"})])
        self._put(f"the measure {metric.measure}", said, written_in)
        if time is not None:
            self._put(f"the date of {metric.measure}", _text([_plain(time, _SHOWN)]), written_in)
        expressions = (
            measure.sql,
            measure.local,
            metric.filter,
            time.sql if time else None,
            time.day if time else None,
        )
        read = [name for one in expressions if one is not None for name in one.columns]
        self._columns(dataset, [*read, measure.currency])
        self._dataset(dataset)
        for name in measure.per:
            entities = [one for one in dataset.entities if one.name == name]
            said = _text([*map(_plain, entities), *self._dimensions(name)])
            self._put(f"what {metric.measure} is counted per: {name}", said, written_in, *self._holders(name))
        if measure.currency:
            self._rates()

    def _columns(self, dataset: Dataset, names: Iterable[str]) -> None:
        for name in sorted(set(names)):
            if name in dataset.columns:
                said = str(dataset.columns[name])
                self._put(f"the column {dataset.name}.{name}", said, (ObjectKind.DATASET, dataset.name))

    def _dataset(self, dataset: Dataset) -> None:
        """A fact with everything it can join: breakdowns can read any of it."""
        memo = self.model.memo
        kept = memo.get(("deciding_dataset", dataset.name))
        if kept is None:
            kept = memo["deciding_dataset", dataset.name] = self._reached(dataset)
        self.found |= cast(dict[Part, str], kept)  # only written above

    def _reached(self, dataset: Dataset) -> dict[Part, str]:
        own = {entity.entity for entity in dataset.entities}
        ties = [one for one in self.model.datasets.values() if _tied_thing(one) in own]
        found: dict[Part, str] = {}
        for source in (dataset, *ties):
            for name, ways in self.model.joins.paths(source.name).items():
                found[Part(f"the table of {name}", ((ObjectKind.DATASET, name),))] = _table(self.model.datasets[name])
                if name != source.name:
                    said = sorted(_text([_plain(edge) for edge in way]) for way in ways)
                    on_the_way = dict.fromkeys(
                        one for way in ways for edge in way for one in (edge.source, edge.target)
                    )
                    keys = tuple((ObjectKind.DATASET, one) for one in on_the_way)
                    found[Part(f"how {source.name} joins {name}", keys)] = _text(said)
        for one in ties:
            part = Part(f"the bridge {one.name}", ((ObjectKind.DATASET, one.name),))
            found[part] = _text([_plain(one.bridge), *map(_plain, one.entities)])
        return found

    def _conversion(self, metric: Metric) -> None:
        assert metric.conversion is not None
        sides = [
            self.model.datasets[self.model.measure(self.model.metrics[one].measure).dataset] for one in metric.inputs
        ]
        for at, dataset in enumerate(sides):
            keys = [one for one in dataset.entities if metric.conversion.entity in (one.name, one.entity)]
            said = f"the {metric.conversion.entity} of {dataset.name}"
            self._put(said, _text(map(_plain, keys)), (ObjectKind.DATASET, dataset.name))
            self._columns(dataset, [pair[at] for pair in metric.conversion.constant])

    def _condition(self, where: Expression | None) -> None:
        """The dimensions that a condition reads, and the metrics it compares."""
        if where is None:
            return
        for name in where.columns:
            parts = name.split("__")
            for one in {"__".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}:
                if one in self.model.dimensions:
                    self._put(f"the dimension {one}", _text(self._dimensions(one)), *self._holders(one))
                self._period(one)
        for call in where.tree.find_all(exp.Anonymous):
            if call.name.lower() == METRIC_OF and call.expressions:
                self._metric(call.expressions[0].name)

    def _dimensions(self, name: str) -> list[object]:
        found = sorted(self.model.dimensions.get(name, ()), key=lambda one: one.dataset)
        return [self._dimension(one) for one in found]

    def _holders(self, dimension: str) -> list[Key]:
        return [(ObjectKind.DATASET, one.dataset) for one in self.model.dimensions.get(dimension, ())]

    def _dimension(self, one: Dimension) -> object:
        dataset = self.model.datasets[one.dataset]
        types = [str(dataset.columns[column]) for column in one.sql.columns if column in dataset.columns]
        return [_plain(one, _SHOWN), _table(dataset), types]

    def _period(self, name: str) -> None:
        found = self.model.period(name)
        if found is not None:
            calendar, period = found
            dimensions = [one for one in (calendar.day, period.dimension, period.number) if one]
            said = [calendar.dataset, *dimensions, *(it for one in dimensions for it in self._dimensions(one))]
            written_in = (ObjectKind.CALENDAR, calendar.name), (ObjectKind.DATASET, calendar.dataset)
            self._put(f"the period {name} of the calendar {calendar.name}", _text(said), *written_in)

    def _rates(self) -> None:
        settings = self.model.settings
        self._put("the currency of the model", settings.currency, _SETTINGS)
        if settings.rates is not None:
            rates, dataset = settings.rates, self.model.datasets[settings.rates.dataset]
            said = _text([_plain(rates, {"currencies"}), _table(dataset)])
            self._put("the exchange rates", said, _SETTINGS, (ObjectKind.DATASET, dataset.name))
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
            said = _text([settings.spine, _plain(settings.clock_spines), *days])
            self._put("the time spine", said, _SETTINGS, *holders)


def _tied_thing(dataset: Dataset) -> str:
    """The entity whose numbers a bridge splits; empty if the dataset isn't one."""
    of = dataset.bridge.of if dataset.bridge else ""
    return next((one.entity for one in dataset.entities if of and one.name == of), "")


def _table(dataset: Dataset) -> str:
    """What a dataset reads and what its rows stand for."""
    said = [dataset.source, _plain(dataset.query), [*dataset.grain], _plain(dataset.history), _plain(dataset.validity)]
    return _text([*said, *map(_plain, dataset.partitions)])


def _text(parts: Iterable[object]) -> str:
    return json.dumps(list(parts), ensure_ascii=False)


def _plain(value: object, without: Iterable[str] = ()) -> object:
    """A noun as plain data, without some of its fields. Sets are sorted by name."""
    match value:
        case Expression():
            return _words(value.text)
        case Enum():
            return value.value
        case tuple() | list():
            return [_plain(one) for one in cast(Iterable[object], value)]
        case set() | frozenset():
            return sorted(str(one) for one in cast(Iterable[object], value))
        case None | str() | int() | float() | bool():
            return value
        case _ if is_dataclass(value):
            left = [one.name for one in fields(value) if one.name not in without]
            return {name: _plain(getattr(value, name)) for name in left}
        case _:
            return str(value)


@lru_cache(maxsize=5_000)  # many metrics read the same text
def _words(text: str) -> str:
    """The words of an SQL text: spaces, line breaks and comments between them don't matter."""
    try:
        tokens = sqlglot.tokenize(text, read="duckdb")
    except SqlglotError:
        return text
    return " ".join(text[token.start : token.end + 1] for token in tokens)
