"""A model of ours as plain data of a dbt project: semantic models, metrics, saved queries, and the losses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from semantic.interop.dbt_write_names import DbtNames
from semantic.interop.loss import CannotSay, Losses
from semantic.model.definitions import (
    Aggregation,
    CalendarSpan,
    Dataset,
    Dimension,
    EntityKind,
    Input,
    Measure,
    Metric,
    MetricKind,
    OverTime,
)
from semantic.model.model import Model
from semantic.policy.narrow import measures_of

Doc = dict[str, Any]

_AGGREGATIONS = {"avg": "average"}


class Writer:
    """Writes one model; `measures` are dbt's names of ours, which dbt wants to be unique in the whole project."""

    def __init__(self, model: Model, losses: Losses) -> None:
        self._model, self._losses, self._names = model, losses, DbtNames(model)
        self._measures: dict[tuple[str, str], str] = {}
        taken: set[str] = set()
        for dataset in model.datasets.values():
            for one in dataset.measures.values():
                name = one.name if one.name not in taken else f"{dataset.name}_{one.name}"
                self._measures[dataset.name, one.name] = name
                taken.add(name)
        self._made: dict[str, list[Doc]] = {}
        self._plain: dict[str, str] = {}
        for one in model.metrics.values():
            if one.kind is MetricKind.SIMPLE and _is_plain(one):
                self._plain.setdefault(one.measure, one.name)

    def measure_names(self, dataset: str) -> dict[str, str]:
        """dbt's names of a dataset's measures by ours."""
        return {mine: name for (owner, mine), name in self._measures.items() if owner == dataset}

    def datasets(self) -> list[Doc]:
        """One semantic model for each dataset that is no calendar."""
        settings = self._model.settings
        calendars = {one.partition(".")[0] for one in (settings.spine, *dict(settings.clock_spines).values())}
        return [self._dataset(one) for one in self._model.datasets.values() if one.name not in calendars]

    def _dataset(self, dataset: Dataset) -> Doc:
        table = dataset.source.rpartition(".")[2] or dataset.name
        doc: Doc = {"name": dataset.name, "model": f"ref('{table}')"} | _described(dataset.label, dataset)
        if dataset.time:
            doc["defaults"] = {"agg_time_dimension": dataset.time}
        entities = [
            {"name": one.name, "type": one.kind.value, "expr": one.columns[0]}
            for one in dataset.entities
            if len(one.columns) == 1 and (one.entity == one.name or one.kind is not EntityKind.FOREIGN)
        ]
        for one in dataset.entities:
            if len(one.columns) > 1 and one.kind is not EntityKind.PRIMARY:
                self._lose(dataset, f"the entity {one.name} has {len(one.columns)} columns, and dbt joins by one")
            elif one.entity != one.name and one.kind is EntityKind.FOREIGN:
                self._lose(dataset, f"dbt has no roles, so nothing is joined by {one.name}, a role of {one.entity}")
        if not any(one["type"] == "primary" for one in entities):
            doc["primary_entity"] = self._names.key(dataset)
        keys = {one["name"]: one["expr"] for one in entities}
        dimensions = [
            self._dimension(one, dataset)
            for one in dataset.dimensions.values()
            if one.name not in keys or one.sql.tree.sql() != _column(keys[one.name])
        ]
        measures = [self._measure(one) for one in dataset.measures.values()] + self._made.get(dataset.name, [])
        doc["config"] = {"meta": {"samepage": {"columns": {name: str(kind) for name, kind in dataset.columns.items()}}}}
        doc |= {"entities": entities} if entities else {}
        doc |= {"dimensions": dimensions} if dimensions else {}
        return doc | ({"measures": measures} if measures else {})

    def _lose(self, dataset: Dataset, why: str) -> None:
        self._losses.add(f"dataset {dataset.name}", why, dataset.file)

    def _dimension(self, one: Dimension, dataset: Dataset) -> Doc:
        doc: Doc = {"name": one.name} | _described(one.label, one)
        doc["type"] = "time" if one.kind == "time" else "categorical"
        if one.sql.text.strip('"') != one.name:
            doc["expr"] = one.sql.text
        if any(part.name == one.name for part in dataset.partitions):
            doc["is_partition"] = True
        if one.kind == "time":
            params: Doc = {"time_granularity": one.grain.value if one.grain else "day"}
            if dataset.validity and one.sql.columns == (dataset.validity.start,):
                params["validity_params"] = {"is_start": True}
            elif dataset.validity and one.sql.columns == (dataset.validity.end,):
                params["validity_params"] = {"is_end": True}
            doc["type_params"] = params
        return doc

    def _measure(self, one: Measure) -> Doc:
        doc: Doc = {"name": self._measures[one.dataset, one.name]} | _described(one.label, one)
        doc["agg"] = _AGGREGATIONS.get(one.agg.value, one.agg.value)
        doc["expr"] = one.sql.text if one.sql else "1"
        if one.agg is Aggregation.COUNT and one.sql is None:
            doc["agg"] = "sum"
        if one.agg is Aggregation.PERCENTILE and (one.percentile, one.discrete, one.approximate) == (0.5, False, False):
            doc["agg"] = "median"
        elif one.agg is Aggregation.PERCENTILE:
            kinds = {"use_discrete_percentile": one.discrete, "use_approximate_percentile": one.approximate}
            doc["agg_params"] = {"percentile": one.percentile} | {key: True for key, is_so in kinds.items() if is_so}
        if one.agg is Aggregation.APPROX_COUNT_DISTINCT:
            doc["agg"] = Aggregation.COUNT_DISTINCT.value
            self._losses.add(f"measure {one.name} of {one.dataset}", "dbt counts exactly, and slower", one.file)
        if one.time and one.time != self._model.datasets[one.dataset].time:
            doc["agg_time_dimension"] = one.time
        if one.over_time is not None:
            if one.over_time is OverTime.AVERAGE:
                self._losses.add(
                    f"measure {one.name} of {one.dataset}", "dbt takes the last day, not the average", one.file
                )
            choice = "min" if one.over_time is OverTime.FIRST else "max"
            over: Doc = {"name": one.time, "window_choice": choice}
            doc["non_additive_dimension"] = over | ({"window_groupings": list(one.per)} if one.per else {})
        if one.within:
            why = f"adds up within {', '.join(one.within)} only; dbt adds it up anywhere"
            self._losses.add(f"measure {one.name} of {one.dataset}", why, one.file)
        if one.currency in self._model.datasets[one.dataset].columns and one.local is None:
            why = "its amounts are in several currencies; dbt adds them up as they stand"
            self._losses.add(f"measure {one.name} of {one.dataset}", why, one.file)
        return doc

    def metrics(self) -> list[Doc]:
        """Each metric that dbt can say; the others are losses, with what is made of them."""
        docs: list[Doc] = []
        lost: set[str] = set()
        for one in self._model.metrics.values():
            try:
                if gone := next((name for name in one.inputs if name in lost), ""):
                    raise CannotSay(f"it is made of {gone}, which is not there")
                docs.append(self._metric(one))
            except CannotSay as reason:
                lost.add(one.name)
                self._losses.add(f"metric {one.name}", f"left out: {reason}", one.file)
        known = {doc["name"] for doc in docs}
        return [doc for doc in docs if all(name in known for name in self._model.metrics[doc["name"]].inputs)]

    def _metric(self, one: Metric) -> Doc:
        doc: Doc = {"name": one.name, "label": one.label} | _described("", one)
        doc["type"] = one.kind.value
        where = self._filter(one.where.text, one) if one.where else ""
        match one.kind:
            case MetricKind.SIMPLE:
                doc["type_params"] = {"measure": self._side(one)}
            case MetricKind.RATIO:
                top, bottom = (self._input(use) for use in one.uses)
                doc["type_params"] = {"numerator": top, "denominator": bottom}
            case MetricKind.DERIVED:
                assert one.expression is not None
                params = {"expr": one.expression.text, "metrics": [self._input(use) for use in one.uses]}
                doc["type_params"] = params
            case MetricKind.CUMULATIVE:
                doc["type_params"] = self._cumulative(one)
            case MetricKind.CONVERSION:
                doc["type_params"] = {"conversion_type_params": self._conversion(one)}
        if where:
            doc["filter"] = where
        return doc | ({"time_granularity": one.grain.value} if one.grain else {})

    def _filter(self, text: str, one: Metric) -> str:
        whole = self._model.metrics[one.inputs[0]] if one.conversion else one
        facts = list(dict.fromkeys(measure.dataset for measure in measures_of(whole, self._model)))
        return self._names.condition(text, facts)

    def _side(self, one: Metric) -> str | Doc:
        """A simple metric as the measure of another metric."""
        measure = self._model.measure(one.measure)
        name = self._measures[measure.dataset, measure.name]
        extras: Doc = {}
        if one.filter is not None:
            try:
                dataset = self._model.datasets[measure.dataset]
                extras["filter"] = self._names.own_condition(one.filter.text, dataset)
            except CannotSay:
                name = self._filtered(measure, one.filter.text)
        extras |= {"join_to_timespine": True} if one.every_period else {}
        extras |= {"fill_nulls_with": one.fill} if one.fill is not None else {}
        return {"name": name} | extras if extras else name

    def _filtered(self, measure: Measure, where: str) -> str:
        """A measure of the rows for which a filter holds, where the filter reads what is no dimension."""
        made = self._made.setdefault(measure.dataset, [])
        doc = self._measure(measure)
        doc["expr"] = f"CASE WHEN {where} THEN {doc['expr']} END"
        same = next((one for one in made if one["expr"] == doc["expr"] and one["agg"] == doc["agg"]), None)
        if same is None:
            stem = f"{doc['name']}_filtered"
            taken = {*self._measures.values(), *(one["name"] for found in self._made.values() for one in found)}
            doc["name"] = next(one for one in (stem, *(f"{stem}_{n}" for n in range(2, 1_000))) if one not in taken)
            made.append(doc)
        return str((same or doc)["name"])

    def _input(self, use: Input) -> Doc:
        doc: Doc = {"name": use.metric}
        if use.name != use.metric:
            doc["alias"] = use.name
        if use.where is not None:
            doc["filter"] = self._filter(use.where.text, self._model.metrics[use.metric])
        if use.offset is not None:
            unit = use.offset.period if isinstance(use.offset, CalendarSpan) else use.offset.unit.value
            doc["offset_window"] = f"{use.offset.count} {unit}"
        if use.offset_to is not None:
            doc["offset_to_grain"] = use.offset_to.value
        return doc

    def _cumulative(self, one: Metric) -> Doc:
        assert one.cumulative is not None
        rule, base = one.cumulative, self._model.metrics[one.inputs[0]]
        about: Doc = {}
        if rule.window is not None:
            about["window"] = f"{rule.window.count} {rule.window.unit.value}"
        if rule.to_date is not None:
            about["grain_to_date"] = rule.to_date.value
        if rule.at is not OverTime.FIRST:  # which dbt means where nothing is said
            about["period_agg"] = rule.at.value
        params: Doc = {}
        if base.kind is MetricKind.SIMPLE and self._plain.get(base.measure) == base.name:
            measure = self._side(base)
            extras: Doc = {"join_to_timespine": True} if one.every_period else {}
            extras |= {"fill_nulls_with": one.fill} if one.fill is not None else {}
            params["measure"] = {"name": measure} | extras if extras else measure
        else:
            about["metric"] = {"name": base.name}
        return params | ({"cumulative_type_params": about} if about else {})

    def _conversion(self, one: Metric) -> Doc:
        assert one.conversion is not None
        rule = one.conversion
        base, converted = (self._model.metrics[name] for name in one.inputs)
        for side in (base, converted):
            if side.where is not None:
                raise CannotSay(f"{side.name} has conditions over dimensions")
            if side.filter is not None:
                dataset = self._model.datasets[self._model.measure(side.measure).dataset]
                self._names.own_condition(side.filter.text, dataset)  # raises where it reads what is no dimension
        if rule.by != "cohort":
            raise CannotSay("dbt dates a conversion by its first event, not by the conversion")
        doc: Doc = {
            "entity": rule.entity,
            "base_measure": self._side(base),
            "conversion_measure": self._side(converted),
        }
        doc["calculation"] = "conversions" if rule.gives == "count" else "conversion_rate"
        if rule.window is not None:
            doc["window"] = f"{rule.window.count} {rule.window.unit.value}"
        if rule.constant:
            sides = [self._model.datasets[self._model.measure(side.measure).dataset] for side in (base, converted)]
            doc["constant_properties"] = [
                {"base_property": _property(sides[0], pair[0]), "conversion_property": _property(sides[1], pair[1])}
                for pair in rule.constant
            ]
        return doc

    def queries(self, questions: Mapping[str, Mapping[str, Any]]) -> list[Doc]:
        """Named questions, as JSON-ready data of ours, as saved queries."""
        docs: list[Doc] = []
        for name, data in questions.items():
            try:
                docs.append({"name": name, "query_params": self._query(data)})
            except CannotSay as reason:
                self._losses.add(f"question {name}", f"left out: {reason}")
        return docs

    def _query(self, data: Mapping[str, Any]) -> Doc:
        if odd := set(data) - {"v", "metrics", "by", "where", "order", "limit"}:
            raise CannotSay(f"dbt's saved queries have no {', '.join(sorted(odd))}")
        metrics: Sequence[str] = data.get("metrics", [])
        found = [self._model.metrics[name] for name in metrics if name in self._model.metrics]
        facts = list(dict.fromkeys(one.dataset for metric in found for one in measures_of(metric, self._model)))
        columns: dict[str, str] = {}
        for text in data.get("by", []):
            one: Mapping[str, str] = {"dim": text} if isinstance(text, str) else text
            grain = f"__{one['grain']}" if "grain" in one else ""
            name = "__".join((*one.get("via", "").split("."), one["dim"])).removeprefix("__")
            asked = f"metric_time{grain}" if name == "date" else f"{name}{grain}"
            columns[f"{one['dim']}_{one['grain']}" if grain else name] = self._names.reference(asked, facts)
        doc: Doc = {"metrics": list(metrics), "group_by": list(columns.values())}
        where = [self._said(part, facts) for part in _parts(data.get("where"))]
        order = [_ordered(columns.get(one["by"]) or f"Metric('{one['by']}')", one) for one in data.get("order", [])]
        doc |= ({"where": where} if where else {}) | ({"order_by": order} if order else {})
        return doc | ({"limit": data["limit"]} if "limit" in data else {})

    def _said(self, part: Mapping[str, Any], facts: Sequence[str]) -> str:
        if set(part) != {"sql"}:
            raise CannotSay("a filter of it is not written in SQL")
        return self._names.condition(part["sql"], facts)


def _ordered(reference: str, one: Mapping[str, Any]) -> str:
    return f"{reference}.descending(True)" if one.get("desc") else reference


def _parts(where: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return [] if where is None else where["and"] if set(where) == {"and"} else [where]


def _is_plain(one: Metric) -> bool:
    return not (one.filter or one.where or one.fill is not None or one.every_period or one.grain)


def _property(dataset: Dataset, column: str) -> str:
    found = [one.name for one in dataset.dimensions.values() if one.sql.columns == (column,)]
    return column if column in found or not found else found[0]


def _column(name: str) -> str:
    return name if re.fullmatch(r"[a-z_]\w*", name) else f'"{name}"'


def _described(label: str, one: Dataset | Dimension | Measure | Metric) -> Doc:
    default = one.name.replace("_", " ").capitalize()
    said = {"label": label} if label and label != default else {}
    return said | ({"description": one.description} if one.description else {})
