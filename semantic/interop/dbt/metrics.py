"""dbt's metrics as metrics of the model language, with the simple metrics that cumulative and conversion ones need."""

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
    """The metrics of a manifest being imported. `docs` are the results in order, helpers first; `names` by the
    source's."""

    def __init__(self, manifest: Manifest, datasets: Datasets, names: Names, losses: Losses) -> None:
        self._datasets, self._names, self._losses = datasets, names, losses
        self._custom = custom_names(manifest.spines)
        self._sources = {one.name: one for one in (*_created(manifest), *manifest.metrics)}
        self._measures = {one.name: one for model in reversed(manifest.models) for one in model.measures}
        self._facts: dict[str, tuple[str, ...]] = {}
        self.names: dict[str, str] = {}
        self._plain: dict[MeasureInput, str] = {}
        self.docs: list[Doc] = []
        for name in self._sources:
            self.names[name] = fit_name(name, self.names.values())
        for one in self._sources.values():
            if one.kind == "simple" and one.measure and not one.filters and not one.granularity:
                self._plain.setdefault(one.measure, one.name)
        for one in list(self._sources.values()):
            self._add(one)

    def facts_of(self, name: str, within: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The datasets of a metric's rows; for a conversion those of its base, which its filters are about."""
        if name not in self._facts:
            one = self._sources.get(name)
            if one is None or name in within:
                return ()
            measured = list(_measures(one))[:1] if one.conversion else _measures(one)
            found = [self._datasets.measures[part.name][0] for part in measured if part.name in self._datasets.measures]
            for part in list(_inputs(one))[:1] if one.conversion else _inputs(one):
                found += self.facts_of(part.name, within | {name})
            self._facts[name] = tuple(dict.fromkeys(found))
        return self._facts[name]

    def grain_of(self, name: str) -> str:
        """The default granularity of a metric's date: its own, otherwise the coarsest of its measures' dates."""
        one = self._sources.get(name)
        return one.granularity if one and one.granularity else max(self._grains_of(name), key=length, default="day")

    def _grains_of(self, name: str, within: frozenset[str] = frozenset()) -> list[str]:
        one = self._sources.get(name)
        if one is None or name in within:
            return []
        found = [self._measure_grain(part.name) for part in _measures(one)]
        return [*found, *(grain for part in _inputs(one) for grain in self._grains_of(part.name, within | {name}))]

    def _measure_grain(self, name: str) -> str:
        known = self._datasets.measures.get(name)
        if known is None:
            return "day"
        measure = self._names.model.datasets[known[0]].measures.get(known[1])
        time = self._names.model.datasets[known[0]].dimensions.get(measure.time or "") if measure else None
        return time.days_grain.value if time else "day"

    def _add(self, one: Metric) -> None:
        try:
            made = self._doc(one)
        except SemanticError as error:
            self._losses.add(f"metric {one.name}", f"left out: {error}", one.file)
            return
        if made is None:
            return
        doc = {"name": self.names[one.name]} | described(one) | made
        if one.granularity:
            doc["grain"] = one.granularity
        if self.names[one.name] != one.name:
            doc["synonyms"] = [one.name]
            self._losses.add(f"metric {one.name}", f"is named {self.names[one.name]} here", one.file)
        self.docs.append(with_carried(doc, one))

    def _doc(self, one: Metric) -> Doc | None:
        match one.kind:
            case "simple":
                return self._simple(one)
            case "ratio":
                return self._ratio(one)
            case "derived":
                return self._derived(one)
            case "cumulative":
                return self._cumulative(one)
            case "conversion":
                return self._conversion(one)
            case _:
                self._losses.add(f"metric {one.name}", f"left out: {one.kind!r} is not a kind of metric", one.file)
                return None

    def _simple(self, one: Metric) -> Doc | None:
        if one.measure is None or not self._has_measure(one, one.measure):
            return None
        return {"kind": "simple"} | self._of_measure(one, one.measure, self._where(one.filters, one.name))

    def _has_measure(self, one: Metric, measure: MeasureInput) -> bool:
        known = self._datasets.measures.get(measure.name)
        if known is not None and (
            known[1] in self._names.model.datasets[known[0]].measures or "measure" in one.carried
        ):
            return True
        self._losses.add(f"metric {one.name}", f"left out: there is no measure {measure.name!r}", one.file)
        return False

    def _of_measure(self, one: Metric, measure: MeasureInput, where: str) -> Doc:
        """`filter` applies to rows before they are aggregated; `where` also to the periods they are joined to."""
        doc: Doc = {"measure": ".".join(self._datasets.measures[measure.name])}
        own = self._own_filter(measure) if measure.filters else ""
        if measure.filters and not own:
            parts = [self._where(measure.filters, one.name), *([where] if where else [])]
            where = all_hold(parts)
        if own:
            doc["filter"] = own
        return doc | ({"where": where} if where else {}) | _filled(measure)

    def _where(self, filters: Sequence[str], metric: str) -> str:
        speaker = Speaker(self._names, self.facts_of(metric), self.grain_of(metric), self.names)
        return all_hold([translate_filter(one, speaker.say, self._custom) for one in filters])

    def _own_filter(self, measure: MeasureInput) -> str:
        """A measure's filters over its own columns; "" if they read another dataset's, or a granularity other than
        day."""
        dataset = self._names.model.datasets[self._datasets.measures[measure.name][0]]
        time = dataset.measures[self._datasets.measures[measure.name][1]].time

        def column(asked: Reference) -> str:
            if asked.is_metric or asked.part or asked.grain not in ("", "day"):
                raise _NotOwn
            if asked.name == METRIC_TIME and not asked.path:
                dimension = dataset.dimensions.get(time or "")
            else:
                found = self._names.find(asked, [dataset.name])
                dimension = found.dimension if found.via is None else None
            if dimension is None or dimension.dataset != dataset.name or dimension.grain:
                raise _NotOwn
            sql = dimension.sql.text
            return f"CAST({sql} AS DATE)" if dimension.kind == "time" else sql

        try:
            return all_hold([translate_filter(one, column, self._custom) for one in measure.filters])
        except _NotOwn:
            return ""

    def _input(self, one: MetricInput, name: str, owner: Metric) -> Doc:
        doc: Doc = {"name": name, "metric": self.names.get(one.name, one.name)}
        if one.filters:
            doc["where"] = self._where(one.filters, one.name)
        if one.offset_window:
            doc["offset"] = span_text(one.offset_window)
        if one.offset_to_grain:
            doc["offset_to"] = one.offset_to_grain
        if one.offset_window and one.offset_to_grain:
            self._losses.add(f"metric {owner.name}", f"{one.name} has two offsets", owner.file)
        return doc

    def _ratio(self, one: Metric) -> Doc | None:
        if one.numerator is None or one.denominator is None:
            self._losses.add(f"metric {one.name}", "left out: it lacks a numerator or a denominator", one.file)
            return None
        named = [part.alias or self.names.get(part.name, part.name) for part in (one.numerator, one.denominator)]
        if named[0] == named[1]:
            named = [f"{named[0]}_numerator"[:63], f"{named[1]}_denominator"[:63]]
        named = [fit_name(name) for name in named]
        inputs = [
            self._input(part, name, one) for part, name in zip((one.numerator, one.denominator), named, strict=True)
        ]
        doc: Doc = {"kind": "ratio", "numerator": named[0], "denominator": named[1]}
        return doc | self._own_where(one) | _inputs_key(inputs)

    def _derived(self, one: Metric) -> Doc | None:
        inputs = [self._input(part, fit_name(part.alias or part.name), one) for part in one.inputs]
        expression = one.expr
        for part, doc in zip(one.inputs, inputs, strict=True):
            if doc["name"] != (part.alias or part.name):
                expression = re.sub(rf"\b{re.escape(part.alias or part.name)}\b", doc["name"], expression)
        used = [doc for doc in inputs if re.search(rf"\b{re.escape(doc['name'])}\b", expression)]
        if len(used) < len(inputs):
            self._losses.add(f"metric {one.name}", "an input that its formula does not use is left out", one.file)
        return {"kind": "derived", "expression": expression} | self._own_where(one) | _inputs_key(used)

    def _own_where(self, one: Metric) -> Doc:
        where = self._where(one.filters, one.name)
        return {"where": where} if where else {}

    def _cumulative(self, one: Metric) -> Doc | None:
        doc: Doc = {"kind": "cumulative"}
        filters = list(one.filters)
        if one.measure is not None:
            if not self._has_measure(one, one.measure):
                return None
            doc["metric"] = self.names[self._plain_metric(MeasureInput(one.measure.name), one)]
            filters = [*one.measure.filters, *filters]
        elif one.inputs:
            doc["metric"] = self.names.get(one.inputs[0].name, one.inputs[0].name)
            filters = [*one.inputs[0].filters, *filters]
        if one.window:
            doc["window"] = span_text(one.window)
        if one.grain_to_date:
            doc["to_date"] = one.grain_to_date
        if one.period_agg != "last":
            doc["at"] = one.period_agg or "first"  # MetricFlow's default
        where = self._where(filters, one.name)
        return doc | ({"where": where} if where else {}) | (_filled(one.measure) if one.measure else {})

    def _conversion(self, one: Metric) -> Doc | None:
        found = one.conversion
        if found is None:
            return None
        sides: list[str] = []
        for side in (found.base, found.converted):
            if isinstance(side, MeasureInput):
                # Our export keeps a metric's inputs with the metric, and removes the measure made for it on import.
                plain = self._sources.get(self._plain.get(side, ""))
                if not (plain and "measure" in plain.carried) and not self._has_measure(one, side):
                    return None
                sides.append(self.names[self._plain_metric(side, one)])
            else:
                sides.append(self.names.get(side.name, side.name))
        doc: Doc = {"kind": "conversion", "base": sides[0], "conversion": sides[1], "entity": fit_name(found.entity)}
        if found.window:
            doc["window"] = span_text(found.window)
        if found.constant:
            doc["constant"] = [self._constant(found.base.name, found.converted.name, pair) for pair in found.constant]
        doc["gives"] = "count" if found.calculation == "conversions" else "rate"
        return doc | self._own_where(one)

    def _constant(self, base: str, converted: str, pair: tuple[str, str]) -> Doc:
        """Columns of both sides' datasets: a property is a dimension or an entity, and its column is compared."""
        columns: list[str] = []
        for name, source in zip(pair, (base, converted), strict=True):
            dataset = self._names.model.datasets[
                self.facts_of(source)[0] if source in self._sources else self._datasets.measures[source][0]
            ]
            found = self._names.find(Reference(name), [dataset.name])
            read = found.dimension.sql.columns if found.dimension else ()
            columns.append(read[0] if len(read) == 1 else name)
        return {"base": columns[0], "conversion": columns[1]}

    def _plain_metric(self, measure: MeasureInput, one: Metric) -> str:
        """The first metric that is just this measure; otherwise one made for it."""
        if measure not in self._plain:
            stem = measure.name if measure == MeasureInput(measure.name) else f"{measure.name}_of_{one.name}"
            name = fit_name(stem, self.names.values(), "measure")
            self._sources[name] = Metric(name=name, kind="simple", measure=measure, file=one.file)
            self.names[name], self._plain[measure] = name, name
            self.docs.append(
                {"name": name, "description": f"The measure {measure.name}, used by {one.name}."}
                | {"kind": "simple"}
                | self._of_measure(self._sources[name], measure, "")
            )
        return self._plain[measure]


class _NotOwn(Exception):
    """A filter of a measure reads more than its own columns."""


def _created(manifest: Manifest) -> Iterator[Metric]:
    """A metric for each measure with `create_metric` that has none."""
    known = {one.name for one in manifest.metrics}
    for model in manifest.models:
        for one in model.measures:
            if one.create_metric and one.name not in known:
                yield Metric(
                    name=one.name, label=one.label, description=one.description, file=one.file, kind="simple",
                    measure=MeasureInput(one.name),
                )  # fmt: skip


def _measures(one: Metric) -> Iterator[MeasureInput]:
    if one.measure is not None:
        yield one.measure
    if one.conversion is not None:
        yield from (side for side in (one.conversion.base, one.conversion.converted) if isinstance(side, MeasureInput))


def _inputs(one: Metric) -> Iterator[MetricInput]:
    yield from (side for side in (one.numerator, one.denominator, *one.inputs) if side is not None)
    if one.conversion is not None:
        yield from (side for side in (one.conversion.base, one.conversion.converted) if isinstance(side, MetricInput))


def _filled(measure: MeasureInput) -> Doc:
    every = {"every_period": True} if measure.join_to_timespine else {}
    return every | ({"fill": int(measure.fill)} if re.fullmatch(r"-?\d+", measure.fill) else {})


def _inputs_key(inputs: Sequence[Doc]) -> Doc:
    """`inputs:`, unless each is a metric under its own name without modifications."""
    plain = all(set(one) == {"name", "metric"} and one["name"] == one["metric"] for one in inputs)
    short = [{key: value for key, value in one.items() if key != "name" or value != one["metric"]} for one in inputs]
    return {} if plain else {"inputs": short}


def span_text(text: str) -> str:
    """`14 days`, `1 month`: a length of time in the model language."""
    found = _SPAN.match(text)
    if found is None:
        return text
    return f"{found[1]} {found[2].lower()}{'' if found[1] == '1' else 's'}"


def length(grain: str) -> int:
    """For ordering periods by their length; custom ones count as days."""
    return GRANULARITIES.index(grain) if grain in GRANULARITIES else GRANULARITIES.index("day")
