"""Write a model's metrics and questions as data for a dbt project, and list the losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlglot import exp

from semantic.interop.dbt.field_names import is_refused, is_sayable
from semantic.interop.dbt.write_datasets import DatasetWriter, described, is_average_of_days
from semantic.interop.dbt.write_names import DbtNames
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.sql_names import as_column, is_column, replace_names
from semantic.model.definitions import (
    CalendarSpan,
    Dataset,
    Form,
    Input,
    Measure,
    Metric,
    OverTime,
)
from semantic.model.expression import METRIC_OF, Expression, parse_condition
from semantic.model.model import Model
from semantic.policy.narrow import measures_of

Doc = dict[str, Any]

_AGGREGATIONS = {"avg": "average"}


class Writer:
    """Writes the metrics and questions of one model. `datasets` adds the extra measures that metrics need."""

    def __init__(self, model: Model, datasets: DatasetWriter, losses: Losses) -> None:
        self._model, self._datasets, self._losses = model, datasets, losses
        self._called = datasets.called
        self._names = DbtNames(model, self._called)
        self._said: dict[str, Doc] = {}
        self._lost: dict[str, str] = {}  # metric -> why dbt can't express it
        self._waiting: set[str] = set()
        self._plain: dict[str, str] = {}
        self._sides = {name for metric in model.metrics.values() if metric.conversion for name in metric.inputs}
        self._versions: dict[str, set[str]] = {}  # measure -> the filters written with it
        for metric in model.metrics.values():
            if metric.is_simple:
                text = metric.filter.text if metric.filter and self._is_within(metric) else ""
                self._versions.setdefault(metric.measure, set()).add(text)
                if _is_plain(metric):
                    self._plain.setdefault(metric.measure, metric.name)

    def metrics(self) -> list[Doc]:
        """Return each metric that dbt can express. Other metrics are losses, and so are those that use them."""
        for metric in self._model.metrics.values():
            self._say(metric)
        return [self._said[name] for name in self._model.metrics if name in self._said]

    def _say(self, metric: Metric) -> bool:
        if metric.name in self._said or metric.name in self._lost:
            return metric.name in self._said
        if metric.name in self._waiting:
            return True  # it reads itself: dbt decides whether it can
        self._waiting.add(metric.name)
        try:
            if is_refused(metric.name):
                raise NotExpressible("dbt reserves that name: rename it")
            for name in _needs(metric):
                if name in self._model.metrics and not self._say(self._model.metrics[name]):
                    raise NotExpressible(f"it uses {name}, which was left out")
            self._said[metric.name] = self._metric(metric)
        except NotExpressible as reason:
            self._lost[metric.name] = str(reason)
            self._losses.add(f"metric {metric.name}", f"left out: {reason}", metric.file)
        return metric.name in self._said

    def _metric(self, metric: Metric) -> Doc:
        doc: Doc = {"name": metric.name, "label": metric.label} | described("", metric)
        doc["type"] = metric.form.value
        match metric.form:
            case Form.SIMPLE:
                doc["type_params"] = {"measure": self._side(metric)}
                if metric.counts_after:
                    why = (
                        f"counts a day once {metric.counts_after} days of data follow it, but dbt counts it immediately"
                    )
                    self._losses.add(f"metric {metric.name}", why, metric.file)
            case Form.RATIO:
                top, bottom = (self._input(use) for use in metric.uses)
                doc["type_params"] = {"numerator": top, "denominator": bottom}
            case Form.DERIVED:
                assert metric.expression is not None
                inputs = [self._input(use) for use in metric.uses]
                doc["type_params"] = {"expr": replace_names(metric.expression, as_column), "metrics": inputs}
            case Form.CUMULATIVE:
                doc["type_params"] = self._cumulative(metric)
            case Form.CONVERSION:
                doc["type_params"] = {"conversion_type_params": self._conversion(metric)}
        if where := self._filter_of(metric):
            doc["filter"] = where
        return doc | ({"time_granularity": metric.grain.value} if metric.grain else {})

    def _filter(self, text: str, metric: Metric) -> str:
        whole_metric = self._model.metrics[metric.inputs[0]] if metric.conversion else metric
        facts = list(dict.fromkeys(measure.dataset for measure in measures_of(whole_metric, self._model)))
        return self._names.condition(text, facts)

    def _side(self, metric: Metric) -> str | Doc:
        """Return a simple metric as a measure for use in another metric.

        It includes the metric's filter if a filter on the other metric would work differently. Raises CannotSay for a
        balance that dbt can't express.
        """
        measure = self._model.measure(metric.measure)
        if is_average_of_days(measure):
            raise NotExpressible("dbt takes the first or last day of a balance, not the average of its days")
        name, extras = self._called.measure(measure.dataset, measure.name), Doc()
        if metric.filter is not None:
            condition = self._own_condition(metric, measure)
            if not condition or (self._is_within(metric) and len(self._versions[metric.measure]) > 1):
                name = self._datasets.filtered(measure, replace_names(metric.filter, as_column))
            elif self._is_within(metric):
                extras["filter"] = condition
        extras |= {"join_to_timespine": True} if metric.every_period else {}
        extras |= {"fill_nulls_with": metric.fill} if metric.fill is not None else {}
        return {"name": name} | extras if extras else name

    def _own_condition(self, metric: Metric, measure: Measure) -> str:
        """Return a metric's filter with dbt's names.

        It's "" if there is no filter, or if it reads something without a name in dbt.
        """
        if metric.filter is None:
            return ""
        try:
            return self._names.own_condition(
                replace_names(metric.filter, as_column), self._model.datasets[measure.dataset]
            )
        except NotExpressible:
            return ""

    def _is_within(self, metric: Metric) -> bool:
        """Return whether a filter has to be on the measure.

        A filter on the metric would also apply to periods without rows, and the sides of a conversion have no filters
        of their own.
        """
        return metric.every_period or metric.name in self._sides

    def _filter_of(self, metric: Metric) -> str:
        """Return all conditions on a metric's rows that are written with the metric."""
        parts = [self._filter(metric.where.text, metric)] if metric.where else []
        if metric.is_simple and not self._is_within(metric):
            own = self._own_condition(metric, self._model.measure(metric.measure))
            parts = [own, *parts] if own else parts
        return parts[0] if len(parts) == 1 else " AND ".join(f"({part})" for part in parts)

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

    def _cumulative(self, metric: Metric) -> Doc:
        assert metric.cumulative is not None
        rule, base = metric.cumulative, self._model.metrics[metric.inputs[0]]
        about: Doc = {}
        if rule.window is not None:
            about["window"] = f"{rule.window.count} {rule.window.unit.value}"
        if rule.to_date is not None:
            about["grain_to_date"] = rule.to_date.value
        if rule.at is not OverTime.FIRST:  # dbt's default
            about["period_agg"] = rule.at.value
        params: Doc = {}
        if base.is_simple and self._plain.get(base.measure) == base.name:
            measure = self._side(base)
            extras: Doc = {"join_to_timespine": True} if metric.every_period else {}
            extras |= {"fill_nulls_with": metric.fill} if metric.fill is not None else {}
            params["measure"] = {"name": measure} | extras if extras else measure
        else:
            about["metric"] = {"name": base.name}
        return params | ({"cumulative_type_params": about} if about else {})

    def _conversion(self, metric: Metric) -> Doc:
        assert metric.conversion is not None
        rule = metric.conversion
        base, converted = (self._model.metrics[name] for name in metric.inputs)
        for side in (base, converted):
            if side.where is not None:
                raise NotExpressible(f"{side.name} has conditions on dimensions")
            facts = self._model.datasets[self._model.measure(side.measure).dataset]
            if not any(entity.name == rule.entity and is_sayable(entity) for entity in facts.entities):
                raise NotExpressible(f"dbt does not join by {rule.entity} of {facts.name}")
        if rule.by != "cohort":
            raise NotExpressible("dbt dates a conversion by its first event, not by the conversion")
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
                {
                    "base_property": self._property(sides[0], pair[0]),
                    "conversion_property": self._property(sides[1], pair[1]),
                }
                for pair in rule.constant
            ]
        return doc

    def _property(self, dataset: Dataset, column: str) -> str:
        """Return the dimension or entity of a column. Raises CannotSay if the column is neither."""
        dims = {
            dimension.sql.columns[0]: dimension.name
            for dimension in dataset.dimensions.values()
            if is_column(dimension.sql)
        }
        keys = {entity.columns[0]: entity.name for entity in dataset.entities if is_sayable(entity)}
        name = self._called.dimension(dataset.name, dims[column]) if column in dims else ""
        if not (name or column in keys):
            raise NotExpressible(f"{column!r} of {dataset.name} is a column, not a dimension")
        return name or keys[column]

    def queries(self, questions: Mapping[str, Mapping[str, Any]]) -> list[Doc]:
        """Return named questions, given as JSON-like data, as saved queries."""
        docs: list[Doc] = []
        for name, data in questions.items():
            try:
                docs.append({"name": name, "query_params": self._query(data)})
            except NotExpressible as reason:
                self._losses.add(f"question {name}", f"left out: {reason}")
        return docs

    def _query(self, data: Mapping[str, Any]) -> Doc:
        if gone := next((name for name in self._asked_for(data) if name in self._lost), ""):
            raise NotExpressible(f"it asks for {gone}, which was left out")
        if odd := set(data) - {"v", "metrics", "by", "where", "order", "limit"}:
            raise NotExpressible(f"dbt's saved queries have no {', '.join(sorted(odd))}")
        metrics: Sequence[str] = data.get("metrics", [])
        found_metrics = [self._model.metrics[name] for name in metrics if name in self._model.metrics]
        facts = list(
            dict.fromkeys(measure.dataset for metric in found_metrics for measure in measures_of(metric, self._model))
        )
        columns: dict[str, str] = {}
        for text in data.get("by", []):
            texts: Mapping[str, str] = {"dim": text} if isinstance(text, str) else text
            grain = f"__{texts['grain']}" if "grain" in texts else ""
            name = "__".join((*texts.get("via", "").split("."), texts["dim"])).removeprefix("__")
            asked = f"metric_time{grain}" if name == "date" else f"{name}{grain}"
            columns[f"{texts['dim']}_{texts['grain']}" if grain else name] = self._names.reference(asked, facts)
        doc: Doc = {"metrics": list(metrics), "group_by": list(columns.values())}
        where = [self._said_where(part, facts) for part in _parts(data.get("where"))]
        order = [_ordered(columns.get(item["by"]) or f"Metric('{item['by']}')", item) for item in data.get("order", [])]
        doc |= ({"where": where} if where else {}) | ({"order_by": order} if order else {})
        return doc | ({"limit": data["limit"]} if "limit" in data else {})

    def _asked_for(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Yield the metrics that a question uses, including those in filters."""
        yield from data.get("metrics", [])
        for part in _parts(data.get("where")):
            yield from _asked_of_members(parse_condition(part["sql"])) if "sql" in part else ()

    def _said_where(self, part: Mapping[str, Any], facts: Sequence[str]) -> str:
        if set(part) != {"sql"}:
            raise NotExpressible("one of its filters isn't written in SQL")
        return self._names.condition(part["sql"], facts)


def _ordered(reference: str, order: Mapping[str, Any]) -> str:
    return f"{reference}.descending(True)" if order.get("desc") else reference


def _parts(where: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return [] if where is None else where["and"] if set(where) == {"and"} else [where]


def _is_plain(metric: Metric) -> bool:
    return not (metric.filter or metric.where or metric.fill is not None or metric.every_period or metric.grain)


def _needs(metric: Metric) -> Iterator[str]:
    """Yield the metrics that a metric or its conditions use."""
    yield from metric.inputs
    for condition in (metric.where, *(use.where for use in metric.uses)):
        yield from _asked_of_members(condition) if condition else ()


def _asked_of_members(condition: Expression) -> Iterator[str]:
    for node in condition.tree.find_all(exp.Anonymous):
        if node.name.lower() == METRIC_OF and node.expressions:
            yield str(node.expressions[0].name)
