"""Write a model as data for Open Semantic Interchange, and list the metrics that OSI can't express."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semantic.interop.aggregates import only_where, percentile_text
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.ours import datasets_by_key
from semantic.interop.sql_names import as_column, is_column, replace_names
from semantic.model.definitions import (
    Aggregation,
    Dataset,
    DataType,
    Dimension,
    EntityKind,
    Measure,
    Metric,
    TypeKind,
)
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.model import Model
from semantic.query.names import read_name
from semantic.query.query import DATE

Doc = dict[str, Any]

_TYPES = {
    TypeKind.STRING: "String",
    TypeKind.INTEGER: "Integer",
    TypeKind.DECIMAL: "Decimal",
    TypeKind.DOUBLE: "Float",
    TypeKind.BOOLEAN: "Boolean",
    TypeKind.DATE: "Date",
    TypeKind.TIMESTAMP: "DateTime",
    TypeKind.TIMESTAMPTZ: "DateTimeTz",
}
_FUNCTIONS = {
    Aggregation.SUM: "SUM",
    Aggregation.AVG: "AVG",
    Aggregation.MIN: "MIN",
    Aggregation.MAX: "MAX",
    Aggregation.COUNT: "COUNT",
    Aggregation.APPROX_COUNT_DISTINCT: "APPROX_COUNT_DISTINCT",
}


class OsiWriter:
    """Writes one model as OSI. `words` are labels, descriptions and synonyms from the model's files."""

    def __init__(self, model: Model, words: Mapping[str, Mapping[str, Doc]], losses: Losses) -> None:
        self._model, self._words, self._losses = model, words, losses
        self._owners = datasets_by_key(model)
        self._columns = {dataset.name: self._column_fields(dataset) for dataset in model.datasets.values()}
        self.unsaid: dict[str, str] = {}

    def _column_fields(self, dataset: Dataset) -> dict[str, str]:
        """Return the field for each column: a dimension that is exactly that column, or else a field of its own."""
        plain = {
            dimension.sql.columns[0]: name for name, dimension in dataset.dimensions.items() if is_column(dimension.sql)
        }
        taken = [*dataset.dimensions, *plain]
        return {
            column: plain.get(column) or (column if column not in taken else fit_name(column, taken, "column"))
            for column in dataset.columns
        }

    def dataset(self, dataset: Dataset) -> Doc:
        """Return a dataset with its fields: the dimensions, and every other column."""
        fields = self._columns[dataset.name]
        doc: Doc = {"name": dataset.name}
        doc["source"] = dataset.query.text.strip() if dataset.query else dataset.source
        doc["primary_key"] = [fields[column] for column in dataset.grain]
        uniques = [
            [fields[column] for column in entity.columns]
            for entity in dataset.entities
            if entity.kind is EntityKind.UNIQUE
        ]
        doc |= {"unique_keys": uniques} if uniques else {}
        doc |= self._said("datasets", dataset.name)
        said_dimensions = [self._dimension(dataset, dimension) for dimension in self._by_time(dataset)]
        others = [
            {
                "name": field,
                "expression": _expression(as_column(column)),
                "datatype": _TYPES[dataset.columns[column].kind],
            }
            for column, field in fields.items()
            if field not in dataset.dimensions
        ]
        return doc | {"fields": [*said_dimensions, *others]}

    @staticmethod
    def _by_time(dataset: Dataset) -> list[Dimension]:
        return sorted(dataset.dimensions.values(), key=lambda dimension: dimension.name != dataset.time)

    def _said(self, key: str, name: str) -> Doc:
        words = self._words[key].get(name, {})
        doc: Doc = {"description": words["description"]} if words.get("description") else {}
        return doc | ({"ai_context": {"synonyms": words["synonyms"]}} if words.get("synonyms") else {})

    def _dimension(self, dataset: Dataset, dimension: Dimension) -> Doc:
        doc: Doc = {"name": dimension.name, "expression": _expression(replace_names(dimension.sql, as_column))}
        doc["dimension"] = {"is_time": dimension.kind == "time"}
        if dimension.only_for:
            why = f"is only for {', '.join(dimension.only_for)}, but OSI can't express that"
            self._losses.add(f"dimension {dimension.name} of {dataset.name}", why, dimension.file)
        if dimension.labels_from:
            why = f"shows labels from {dimension.labels_from}, but OSI can't express that"
            self._losses.add(f"dimension {dimension.name} of {dataset.name}", why, dimension.file)
        words = self._words[f"dimensions {dataset.name}"].get(dimension.name, {})
        doc |= {"label": words["label"]} if words.get("label") else {}
        return (
            doc | {"datatype": _TYPES[dimension.type.kind]} | self._said(f"dimensions {dataset.name}", dimension.name)
        )

    def relationships(self) -> list[tuple[Doc, str]]:
        """Return a relationship for each foreign entity that leads to a key, with its role."""
        relationships: list[tuple[Doc, str]] = []
        for dataset in self._model.datasets.values():
            for entity in dataset.entities:
                if entity.kind is not EntityKind.FOREIGN:
                    continue
                if (dataset.connection, entity.entity) not in self._owners:
                    why = f"not joined by {entity.name}: no dataset has its key, or one with versions has it"
                    self._losses.add(f"dataset {dataset.name}", why, dataset.file)
                    continue
                target = self._model.datasets[self._owners[dataset.connection, entity.entity]]
                key = next(
                    target_entity
                    for target_entity in target.entities
                    if target_entity.entity == entity.entity and target_entity.kind is not EntityKind.FOREIGN
                )
                doc: Doc = {"name": f"{dataset.name}_{entity.name}", "from": dataset.name, "to": target.name}
                doc["from_columns"] = [self._columns[dataset.name][column] for column in entity.columns]
                doc["to_columns"] = [self._columns[target.name][column] for column in key.columns]
                if {part.name for part in dataset.partitions} & {part.name for part in target.partitions}:
                    self._losses.add(doc["name"], "OSI joins across all partitions", dataset.file)
                relationships.append((doc, entity.name))
        return relationships

    def metrics(self) -> list[Doc]:
        """Return the metrics that a single expression of aggregates can express. The others are added to `unsaid`."""
        metrics: list[Doc] = []
        for metric in self._model.metrics.values():
            try:
                doc: Doc = {"name": metric.name, "expression": _expression(self._formula(metric))}
            except NotExpressible as error:
                self.unsaid[metric.name] = str(error)
                continue
            kind = self._type(metric)
            metrics.append(doc | ({"datatype": _TYPES[kind.kind]} if kind else {}) | self._said("metrics", metric.name))
        return metrics

    def _type(self, metric: Metric) -> DataType | None:
        if not metric.is_simple:
            return DataType(TypeKind.DOUBLE) if metric.is_ratio else None
        home, _, name = metric.measure.partition(".")
        return self._model.datasets[home].measures[name].type

    def _formula(self, metric: Metric) -> str:
        if metric.is_simple:
            return self._simple(metric)
        if metric.where is not None or any(use.where or use.offset or use.offset_to for use in metric.uses):
            raise NotExpressible("an OSI expression has no filter on a formula and no offset")
        if metric.is_ratio:
            over, under = (self._formula(self._model.metrics[metric_input]) for metric_input in metric.inputs)
            return f"1.0 * {_bracketed(over)} / NULLIF({under}, 0)"
        if metric.expression is not None:
            inner = {use.name: self._model.metrics[use.metric] for use in metric.uses}
            inner = inner or {name: self._model.metrics[name] for name in metric.inputs}
            return replace_names(metric.expression, lambda name: _bracketed(self._formula(inner[name])))
        raise NotExpressible(f"an OSI expression can't express a {metric.kind} metric")

    def _simple(self, metric: Metric) -> str:
        home, _, name = metric.measure.partition(".")
        dataset = self._model.datasets[home]
        measure = dataset.measures[name]
        if measure.over_time is not None:
            raise NotExpressible("an OSI expression would add up a balance over its days")
        if measure.within:
            why = f"adds up within {', '.join(measure.within)} only, but OSI can't express that"
            self._losses.add(f"metric {metric.name}", why, metric.file)
        if metric.counts_after:
            why = f"counts a day once {metric.counts_after} days of data follow it, but OSI can't express that"
            self._losses.add(f"metric {metric.name}", why, metric.file)
        conditions = [self._over_columns(metric.filter, dataset)] if metric.filter else []
        conditions += [self._over_dimensions(metric.where, dataset)] if metric.where else []
        return self._aggregate(measure, dataset, conditions)

    def _aggregate(self, measure: Measure, dataset: Dataset, conditions: list[str]) -> str:
        key = f"{dataset.name}.{as_column(self._columns[dataset.name][dataset.grain[0]])}"
        sql = self._over_columns(measure.sql, dataset) if measure.sql else key
        if measure.agg is Aggregation.SUM_BOOLEAN:
            sql = f"CASE WHEN {sql} THEN 1 WHEN NOT ({sql}) THEN 0 END"
        sql = only_where(sql, conditions)
        if measure.agg is Aggregation.SUM_BOOLEAN:
            return f"SUM({sql})"
        if measure.agg is Aggregation.COUNT_DISTINCT:
            return f"COUNT(DISTINCT {sql})"
        if measure.agg in _FUNCTIONS:
            return f"{_FUNCTIONS[measure.agg]}({sql})"
        return percentile_text(measure, sql)

    def _over_columns(self, expression: Expression, dataset: Dataset) -> str:
        fields = self._columns[dataset.name]
        return replace_names(expression, lambda column: f"{dataset.name}.{as_column(fields[column])}")

    def _over_dimensions(self, condition: Expression, dataset: Dataset) -> str:
        if METRIC_OF in condition.text:
            raise NotExpressible("an OSI expression can't filter by a metric of each member")

        def say(text: str) -> str:
            named = read_name(text, self._model)
            if named.dim == DATE or named.is_grouped or named.via or named.dim not in dataset.dimensions:
                raise NotExpressible(f"an OSI aggregate must read a single dataset here, and {text} is in another")
            return f"{dataset.name}.{as_column(named.dim)}"

        return replace_names(condition, say)


def _expression(text: str) -> Doc:
    return {"dialects": [{"dialect": "ANSI_SQL", "expression": text}]}


def _bracketed(text: str) -> str:
    """Return an expression, in brackets if it's more than one call."""
    return f"({text})" if any(mark in text for mark in (" + ", " - ", " * ", " / ", " % ")) else text
