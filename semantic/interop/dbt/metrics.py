"""Convert dbt's metrics, and add the simple metrics that cumulative and conversion metrics need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from semantic.errors import SemanticError
from semantic.interop.dbt.datasets import Datasets, described, with_carried
from semantic.interop.dbt.filter import all_hold, translate_filter
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.nouns import GRANULARITIES, Manifest, MeasureInput, Metric, MetricInput
from semantic.interop.dbt.read import custom_names
from semantic.interop.dbt.reference import METRIC_TIME, Reference
from semantic.interop.dbt.say import Speaker
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name

Doc = dict[str, Any]

_SPAN = re.compile(r"^\s*(\d+)\s+(\w+?)s?\s*$")


class Metrics:
    """The metrics of a manifest during import. `docs` are the results in order, added metrics first.

    `names` maps dbt's names to Samepage's.
    """

    def __init__(self, manifest: Manifest, datasets: Datasets, names: Names, losses: Losses) -> None:
        self._datasets, self._names, self._losses = datasets, names, losses
        self._custom = custom_names(manifest.spines)
        self._sources = {metric.name: metric for metric in (*_created(manifest), *manifest.metrics)}
        self._measures = {measure.name: measure for model in reversed(manifest.models) for measure in model.measures}
        self._facts: dict[str, tuple[str, ...]] = {}
        self.names: dict[str, str] = {}
        self._plain: dict[MeasureInput, str] = {}
        self.docs: list[Doc] = []
        for name in self._sources:
            self.names[name] = fit_name(name, self.names.values())
        for source in self._sources.values():
            if source.kind == "simple" and source.measure and not source.filters and not source.granularity:
                self._plain.setdefault(source.measure, source.name)
        for source in list(self._sources.values()):
            self._add(source)

    def facts_of(self, name: str, within: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """Return the datasets of a metric's rows, which for a conversion are those of its base.

        A conversion's filters apply to its base.
        """
        if name not in self._facts:
            source = self._sources.get(name)
            if source is None or name in within:
                return ()
            measured = list(_measures(source))[:1] if source.conversion else _measures(source)
            texts = [self._datasets.measures[part.name][0] for part in measured if part.name in self._datasets.measures]
            for part in list(_inputs(source))[:1] if source.conversion else _inputs(source):
                texts += self.facts_of(part.name, within | {name})
            self._facts[name] = tuple(dict.fromkeys(texts))
        return self._facts[name]

    def grain_of(self, name: str) -> str:
        """Return the default granularity of a metric's date: its own, or else the longest of its measures' dates."""
        source = self._sources.get(name)
        return (
            source.granularity
            if source and source.granularity
            else max(self._grains_of(name), key=length, default="day")
        )

    def _grains_of(self, name: str, within: frozenset[str] = frozenset()) -> list[str]:
        source = self._sources.get(name)
        if source is None or name in within:
            return []
        texts = [self._measure_grain(part.name) for part in _measures(source)]
        return [*texts, *(grain for part in _inputs(source) for grain in self._grains_of(part.name, within | {name}))]

    def _measure_grain(self, name: str) -> str:
        known = self._datasets.measures.get(name)
        dataset = self._names.model.datasets.get(known[0]) if known is not None else None  # none if it was left out
        if known is None or dataset is None:
            return "day"
        measure = dataset.measures.get(known[1])
        time = dataset.dimensions.get(measure.time or "") if measure else None
        return time.days_grain.value if time else "day"

    def _add(self, metric: Metric) -> None:
        try:
            new_doc = self._doc(metric)
        except SemanticError as error:
            self._losses.add(f"metric {metric.name}", f"left out: {error}", metric.file)
            return
        if new_doc is None:
            return
        doc = {"name": self.names[metric.name]} | described(metric) | new_doc
        if metric.granularity in GRANULARITIES:
            doc["grain"] = metric.granularity
        elif metric.granularity:
            why = f"its date has no default here, because {metric.granularity} is a custom granularity"
            self._losses.add(f"metric {metric.name}", why, metric.file, "custom granularities")
        if self.names[metric.name] != metric.name:
            doc["synonyms"] = [metric.name]
            self._losses.add(
                f"metric {metric.name}", f"is named {self.names[metric.name]} here", metric.file, "renamed"
            )
        self.docs.append(with_carried(doc, metric))

    def _doc(self, metric: Metric) -> Doc | None:
        match metric.kind:
            case "simple":
                return self._simple(metric)
            case "ratio":
                return self._ratio(metric)
            case "derived":
                return self._derived(metric)
            case "cumulative":
                return self._cumulative(metric)
            case "conversion":
                return self._conversion(metric)
            case _:
                self._losses.add(
                    f"metric {metric.name}", f"left out: {metric.kind!r} is not a kind of metric", metric.file
                )
                return None

    def _simple(self, metric: Metric) -> Doc | None:
        if metric.measure is None or not self._has_measure(metric, metric.measure):
            return None
        return {"kind": "simple"} | self._of_measure(metric, metric.measure, self._where(metric.filters, metric.name))

    def _has_measure(self, metric: Metric, measure: MeasureInput) -> bool:
        known = self._datasets.measures.get(measure.name)
        dataset = self._names.model.datasets.get(known[0]) if known is not None else None  # none if it was left out
        if known is not None and dataset is not None and (known[1] in dataset.measures or "measure" in metric.carried):
            return True
        self._losses.add(f"metric {metric.name}", f"left out: there is no measure {measure.name!r}", metric.file)
        return False

    def _of_measure(self, metric: Metric, measure: MeasureInput, where: str) -> Doc:
        """Return the keys of a simple metric over a measure.

        `filter` applies to rows before aggregation. `where` also applies to the periods that rows are joined to.
        """
        doc: Doc = {"measure": ".".join(self._datasets.measures[measure.name])}
        own = self._own_filter(measure) if measure.filters else ""
        if measure.filters and not own:
            parts = [self._where(measure.filters, metric.name), *([where] if where else [])]
            where = all_hold(parts)
        if own:
            doc["filter"] = own
        return doc | ({"where": where} if where else {}) | _filled(measure)

    def _where(self, filters: Sequence[str], metric: str) -> str:
        speaker = Speaker(self._names, self.facts_of(metric), self.grain_of(metric), self.names)
        return all_hold([translate_filter(condition, speaker.say, self._custom) for condition in filters])

    def _own_filter(self, measure: MeasureInput) -> str:
        """Return a measure's filters over its own columns.

        It's "" if they read another dataset, or a granularity other than day.
        """
        dataset = self._names.model.datasets[self._datasets.measures[measure.name][0]]
        time = dataset.measures[self._datasets.measures[measure.name][1]].time

        def column(asked: Reference) -> str:
            if asked.is_metric or asked.part or asked.grain not in ("", "day"):
                raise _NotOwn
            if asked.name == METRIC_TIME and not asked.path:
                dimension = dataset.dimensions.get(time or "")
            else:
                field = self._names.find(asked, [dataset.name])
                dimension = field.dimension if field.via is None else None
            if dimension is None or dimension.dataset != dataset.name or dimension.grain:
                raise _NotOwn
            sql = dimension.sql.text
            return f"CAST({sql} AS DATE)" if dimension.kind == "time" else sql

        try:
            return all_hold([translate_filter(condition, column, self._custom) for condition in measure.filters])
        except _NotOwn:
            return ""

    def _input(self, metric_input: MetricInput, name: str, owner: Metric) -> Doc:
        doc: Doc = {"name": name, "metric": self.names.get(metric_input.name, metric_input.name)}
        if metric_input.filters:
            doc["where"] = self._where(metric_input.filters, metric_input.name)
        if metric_input.offset_window:
            doc["offset"] = span_text(metric_input.offset_window)
        if metric_input.offset_to_grain:
            doc["offset_to"] = metric_input.offset_to_grain
        if metric_input.offset_window and metric_input.offset_to_grain:
            self._losses.add(f"metric {owner.name}", f"{metric_input.name} has two offsets", owner.file)
        return doc

    def _ratio(self, metric: Metric) -> Doc | None:
        if metric.numerator is None or metric.denominator is None:
            self._losses.add(f"metric {metric.name}", "left out: it lacks a numerator or a denominator", metric.file)
            return None
        named = [part.alias or self.names.get(part.name, part.name) for part in (metric.numerator, metric.denominator)]
        if named[0] == named[1]:
            named = [f"{named[0]}_numerator"[:63], f"{named[1]}_denominator"[:63]]
        named = [fit_name(name) for name in named]
        inputs = [
            self._input(part, name, metric)
            for part, name in zip((metric.numerator, metric.denominator), named, strict=True)
        ]
        doc: Doc = {"kind": "ratio", "numerator": named[0], "denominator": named[1]}
        return doc | self._own_where(metric) | _inputs_key(inputs)

    def _derived(self, metric: Metric) -> Doc | None:
        inputs = [self._input(part, fit_name(part.alias or part.name), metric) for part in metric.inputs]
        expression = metric.expr
        for part, doc in zip(metric.inputs, inputs, strict=True):
            if doc["name"] != (part.alias or part.name):
                expression = re.sub(rf"\b{re.escape(part.alias or part.name)}\b", doc["name"], expression)
        used = [doc for doc in inputs if re.search(rf"\b{re.escape(doc['name'])}\b", expression)]
        if len(used) < len(inputs):
            self._losses.add(f"metric {metric.name}", "an input that its formula does not use is left out", metric.file)
        return {"kind": "derived", "expression": expression} | self._own_where(metric) | _inputs_key(used)

    def _own_where(self, metric: Metric) -> Doc:
        where = self._where(metric.filters, metric.name)
        return {"where": where} if where else {}

    def _cumulative(self, metric: Metric) -> Doc | None:
        doc: Doc = {"kind": "cumulative"}
        filters = list(metric.filters)
        if metric.measure is not None:
            if not self._has_measure(metric, metric.measure):
                return None
            doc["metric"] = self.names[self._plain_metric(MeasureInput(metric.measure.name), metric)]
            filters = [*metric.measure.filters, *filters]
        elif metric.inputs:
            doc["metric"] = self.names.get(metric.inputs[0].name, metric.inputs[0].name)
            filters = [*metric.inputs[0].filters, *filters]
        if metric.window:
            doc["window"] = span_text(metric.window)
        if metric.grain_to_date:
            doc["to_date"] = metric.grain_to_date
        if metric.period_agg != "last":
            doc["at"] = metric.period_agg or "first"  # MetricFlow's default
        where = self._where(filters, metric.name)
        return doc | ({"where": where} if where else {}) | (_filled(metric.measure) if metric.measure else {})

    def _conversion(self, metric: Metric) -> Doc | None:
        conversion = metric.conversion
        if conversion is None:
            return None
        sides: list[str] = []
        for side in (conversion.base, conversion.converted):
            if isinstance(side, MeasureInput):
                # Our export stores a metric's inputs with the metric, and the import removes the measure made for it.
                plain = self._sources.get(self._plain.get(side, ""))
                if not (plain and "measure" in plain.carried) and not self._has_measure(metric, side):
                    return None
                sides.append(self.names[self._plain_metric(side, metric)])
            else:
                sides.append(self.names.get(side.name, side.name))
        doc: Doc = {
            "kind": "conversion",
            "base": sides[0],
            "conversion": sides[1],
            "entity": fit_name(conversion.entity),
        }
        if conversion.window:
            doc["window"] = span_text(conversion.window)
        if conversion.constant:
            doc["constant"] = [
                self._constant(conversion.base.name, conversion.converted.name, pair) for pair in conversion.constant
            ]
        doc["gives"] = "count" if conversion.calculation == "conversions" else "rate"
        return doc | self._own_where(metric)

    def _constant(self, base: str, converted: str, pair: tuple[str, str]) -> Doc:
        """Return the column of a constant property on each side of a conversion.

        The property is a dimension or an entity, and its columns are compared.
        """
        columns: list[str] = []
        for name, source in zip(pair, (base, converted), strict=True):
            dataset = self._names.model.datasets[
                self.facts_of(source)[0] if source in self._sources else self._datasets.measures[source][0]
            ]
            field = self._names.find(Reference(name), [dataset.name])
            read = field.dimension.sql.columns if field.dimension else ()
            columns.append(read[0] if len(read) == 1 else name)
        return {"base": columns[0], "conversion": columns[1]}

    def _plain_metric(self, measure: MeasureInput, metric: Metric) -> str:
        """Return the first metric that is exactly this measure, or else a new one."""
        if measure not in self._plain:
            stem = measure.name if measure == MeasureInput(measure.name) else f"{measure.name}_of_{metric.name}"
            name = fit_name(stem, self.names.values(), "measure")
            self._sources[name] = Metric(name=name, kind="simple", measure=measure, file=metric.file)
            self.names[name], self._plain[measure] = name, name
            self.docs.append(
                {"name": name, "description": f"The measure {measure.name}, used by {metric.name}."}
                | {"kind": "simple"}
                | self._of_measure(self._sources[name], measure, "")
            )
        return self._plain[measure]


class _NotOwn(Exception):
    """Raised if a measure's filter reads more than the measure's own columns."""


def _created(manifest: Manifest) -> Iterator[Metric]:
    """Yield a metric for each measure with `create_metric` that has no metric of that name."""
    known = {metric.name for metric in manifest.metrics}
    for model in manifest.models:
        for one in model.measures:
            if one.create_metric and one.name not in known:
                yield Metric(
                    name=one.name, label=one.label, description=one.description, file=one.file, kind="simple",
                    measure=MeasureInput(one.name),
                )  # fmt: skip


def _measures(metric: Metric) -> Iterator[MeasureInput]:
    if metric.measure is not None:
        yield metric.measure
    if metric.conversion is not None:
        yield from (
            side for side in (metric.conversion.base, metric.conversion.converted) if isinstance(side, MeasureInput)
        )


def _inputs(metric: Metric) -> Iterator[MetricInput]:
    yield from (side for side in (metric.numerator, metric.denominator, *metric.inputs) if side is not None)
    if metric.conversion is not None:
        yield from (
            side for side in (metric.conversion.base, metric.conversion.converted) if isinstance(side, MetricInput)
        )


def _filled(measure: MeasureInput) -> Doc:
    every = {"every_period": True} if measure.join_to_timespine else {}
    return every | ({"fill": int(measure.fill)} if re.fullmatch(r"-?\d+", measure.fill) else {})


def _inputs_key(inputs: Sequence[Doc]) -> Doc:
    """Return the key `inputs:`, or nothing if each input is a metric under its own name without changes."""
    plain = all(
        set(metric_input) == {"name", "metric"} and metric_input["name"] == metric_input["metric"]
        for metric_input in inputs
    )
    short = [
        {key: value for key, value in metric_input.items() if key != "name" or value != metric_input["metric"]}
        for metric_input in inputs
    ]
    return {} if plain else {"inputs": short}


def span_text(text: str) -> str:
    """Return a length of time in the model language, such as `14 days` or `1 month`."""
    match = _SPAN.match(text)
    if match is None:
        return text
    return f"{match[1]} {match[2].lower()}{'' if match[1] == '1' else 's'}"


def length(grain: str) -> int:
    """Return a number that sorts periods by length. Custom periods count as days."""
    return GRANULARITIES.index(grain) if grain in GRANULARITIES else GRANULARITIES.index("day")
