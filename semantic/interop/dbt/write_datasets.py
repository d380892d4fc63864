"""Write a model's datasets as semantic models of a dbt project, and list the losses."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from semantic.interop.dbt.field_names import FieldNames, is_refused, is_sayable
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.interop.ours import OURS
from semantic.interop.sql_names import as_column, replace_names
from semantic.model.definitions import (
    Aggregation,
    Dataset,
    Dimension,
    EntityKind,
    Measure,
    Metric,
    OverTime,
    TypeKind,
)
from semantic.model.model import Model

Doc = dict[str, Any]

_AGGREGATIONS = {"avg": "average"}


class DatasetWriter:
    """Writes the datasets of one model. `called` has dbt's names for their parts, unique in the whole project."""

    def __init__(self, model: Model, losses: Losses) -> None:
        settings = model.settings
        calendars = {spine.partition(".")[0] for spine in (settings.spine, *dict(settings.clock_spines).values())}
        self._datasets = [dataset for dataset in model.datasets.values() if dataset.name not in calendars]
        self._model, self._losses = model, losses
        self.called = FieldNames(model, self._datasets)
        for what, name, why in self.called.renamed:
            losses.add(what, f"is named {name} there: {why}")
        self._made: dict[str, list[Doc]] = {}

    def datasets(self) -> list[Doc]:
        """Return one semantic model for each dataset that isn't a calendar."""
        return [self._dataset(dataset) for dataset in self._datasets]

    def _dataset(self, dataset: Dataset) -> Doc:
        doc: Doc = {"name": dataset.name, "model": f"ref('{model_of(dataset)}')"} | described(dataset.label, dataset)
        if is_refused(dataset.name):
            self._lose(dataset, "dbt reserves that name: rename it")
        if dataset.time:
            doc["defaults"] = {"agg_time_dimension": self.called.dimension(dataset.name, dataset.time)}
        entities = [
            {"name": entity.name, "type": entity.kind.value, "expr": as_column(entity.columns[0])}
            for entity in dataset.entities
            if is_sayable(entity)
        ]
        for entity in dataset.entities:
            if is_refused(entity.name):
                self._lose(dataset, f"not joined by {entity.name}: dbt reserves that name")
            elif len(entity.columns) > 1 and entity.kind is not EntityKind.PRIMARY:
                self._lose(dataset, f"the entity {entity.name} has {len(entity.columns)} columns, and dbt joins by one")
            elif not is_sayable(entity) and entity.kind is EntityKind.FOREIGN:
                self._lose(dataset, f"not joined by {entity.name}, a role of {entity.entity}: dbt has no roles")
        if not any(entity["type"] == "primary" for entity in entities):
            doc["primary_entity"] = self.called.key(dataset.name)
        dimensions = [
            self._dimension(dimension, name, dataset)
            for dimension in dataset.dimensions.values()
            if (name := self.called.dimension(dataset.name, dimension.name))
        ]
        measures = [self._measure(measure) for measure in dataset.measures.values() if not is_average_of_days(measure)]
        measures += self._made.get(dataset.name, [])
        doc["config"] = {"meta": {OURS: {"columns": {name: str(kind) for name, kind in dataset.columns.items()}}}}
        doc |= {"entities": entities} if entities else {}
        doc |= {"dimensions": dimensions} if dimensions else {}
        return doc | ({"measures": measures} if measures else {})

    def _lose(self, dataset: Dataset, why: str) -> None:
        self._losses.add(f"dataset {dataset.name}", why, dataset.file)

    def _dimension(self, dimension: Dimension, name: str, dataset: Dataset) -> Doc:
        doc: Doc = {"name": name} | described(dimension.label, dimension)
        doc["type"] = "time" if dimension.kind == "time" else "categorical"
        # The date in the model's time zone, if the table has it: dbt reads an instant in the session's zone.
        sql = replace_names(dimension.day if dimension.day and not dimension.grain else dimension.sql, as_column)
        if dimension.type.kind is TypeKind.TIMESTAMPTZ and not dimension.day:
            zone = self._model.settings.time_zone
            self._lose(
                dataset, f"dbt reads the days of {dimension.name} in the session's time zone, but here in {zone}"
            )
        if sql != name:
            doc["expr"] = sql
        if any(part.name == dimension.name for part in dataset.partitions):
            doc["is_partition"] = True
        if dimension.only_for:
            why = f"is only for {', '.join(dimension.only_for)}, but dbt groups any measure by it"
            self._losses.add(f"dimension {dimension.name} of {dimension.dataset}", why, dimension.file)
        if dimension.labels_from:
            why = f"shows labels from {dimension.labels_from}, but dbt shows the values"
            self._losses.add(f"dimension {dimension.name} of {dimension.dataset}", why, dimension.file)
        if dimension.kind == "time":
            params: Doc = {"time_granularity": dimension.grain.value if dimension.grain else "day"}
            if dataset.validity and dimension.sql.columns == (dataset.validity.start,):
                params["validity_params"] = {"is_start": True}
            elif dataset.validity and dimension.sql.columns == (dataset.validity.end,):
                params["validity_params"] = {"is_end": True}
            doc["type_params"] = params
        return doc

    def _measure(self, measure: Measure) -> Doc:
        doc: Doc = {"name": self.called.measure(measure.dataset, measure.name)} | described(measure.label, measure)
        doc["agg"] = _AGGREGATIONS.get(measure.agg.value, measure.agg.value)
        doc["expr"] = replace_names(measure.sql, as_column) if measure.sql else "1"
        if measure.agg is Aggregation.PERCENTILE and (measure.percentile, measure.discrete, measure.approximate) == (
            0.5,
            False,
            False,
        ):
            doc["agg"] = "median"
        elif measure.agg is Aggregation.PERCENTILE:
            kinds = {"use_discrete_percentile": measure.discrete, "use_approximate_percentile": measure.approximate}
            doc["agg_params"] = {"percentile": measure.percentile} | {
                key: True for key, is_so in kinds.items() if is_so
            }
        if measure.agg is Aggregation.APPROX_COUNT_DISTINCT:
            doc["agg"] = Aggregation.COUNT_DISTINCT.value
            self._losses.add(
                f"measure {measure.name} of {measure.dataset}", "dbt counts exactly, which is slower", measure.file
            )
        time = self.called.dimension(measure.dataset, measure.time) if measure.time else ""
        if measure.time != self._model.datasets[measure.dataset].time:
            doc |= {"agg_time_dimension": time} if time else {}
        if measure.over_time is not None:
            choice = "min" if measure.over_time is OverTime.FIRST else "max"
            own = self.called.dimensions(measure.dataset)
            per = [own.get(name, name) for name in measure.per]
            doc["non_additive_dimension"] = {"name": time, "window_choice": choice} | (
                {"window_groupings": per} if per else {}
            )
        if measure.within:
            why = f"adds up within {', '.join(measure.within)} only, but dbt adds it up anywhere"
            self._losses.add(f"measure {measure.name} of {measure.dataset}", why, measure.file)
        if measure.currency in self._model.datasets[measure.dataset].columns and measure.local is None:
            why = "its amounts are in several currencies, but dbt adds them up without converting"
            self._losses.add(f"measure {measure.name} of {measure.dataset}", why, measure.file)
        return doc

    def filtered(self, measure: Measure, where: str) -> str:
        """Return the name of a measure that only counts rows that pass a filter on something other than dimensions."""
        docs = self._made.setdefault(measure.dataset, [])
        doc = self._measure(measure)
        doc["expr"] = f"CASE WHEN {where} THEN {doc['expr']} END"
        name, _ = doc.pop("name"), doc.pop("label", "")  # dbt needs one label for one measure
        same = next((candidate for candidate in docs if {**candidate, "name": ""} == {**doc, "name": ""}), None)
        if same is None:
            same = {"name": self.called.fresh_measure(f"{name}_filtered")} | doc
            docs.append(same)
        return str(same["name"])


def model_of(dataset: Dataset) -> str:
    """Return the name of the dbt model that a dataset reads.

    A view gets a dbt model of its own, whose name differs from those of the tables in it.
    """
    if dataset.query is None:
        return dataset.source.rpartition(".")[2]
    read = {table.name for table in dataset.query.tree.find_all(exp.Table)}
    return dataset.name if dataset.name not in read else fit_name(f"{dataset.name}_view", read)


def is_average_of_days(measure: Measure) -> bool:
    """Return whether a period's value is the average of its days, which dbt can't express."""
    return measure.over_time is OverTime.AVERAGE


def described(label: str, thing: Dataset | Dimension | Measure | Metric) -> Doc:
    default = thing.name.replace("_", " ").capitalize()
    labels = {"label": label} if label and label != default else {}
    return labels | ({"description": thing.description} if thing.description else {})
