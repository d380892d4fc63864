"""A model's datasets as semantic models of a dbt project, and the losses."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from semantic.interop.dbt.called import Called, is_refused, is_sayable
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.interop.ours import OURS
from semantic.interop.sql_names import as_column, said
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
    """Writes the datasets of one model; `called` are dbt's names of their parts, unique in the whole project."""

    def __init__(self, model: Model, losses: Losses) -> None:
        settings = model.settings
        calendars = {one.partition(".")[0] for one in (settings.spine, *dict(settings.clock_spines).values())}
        self._datasets = [one for one in model.datasets.values() if one.name not in calendars]
        self._model, self._losses = model, losses
        self.called = Called(model, self._datasets)
        for what, name, why in self.called.renamed:
            losses.add(what, f"is named {name} there: {why}")
        self._made: dict[str, list[Doc]] = {}

    def datasets(self) -> list[Doc]:
        """One semantic model for each dataset that isn't a calendar."""
        return [self._dataset(one) for one in self._datasets]

    def _dataset(self, dataset: Dataset) -> Doc:
        doc: Doc = {"name": dataset.name, "model": f"ref('{model_of(dataset)}')"} | described(dataset.label, dataset)
        if is_refused(dataset.name):
            self._lose(dataset, "dbt reserves that name: rename it")
        if dataset.time:
            doc["defaults"] = {"agg_time_dimension": self.called.dimension(dataset.name, dataset.time)}
        entities = [
            {"name": one.name, "type": one.kind.value, "expr": as_column(one.columns[0])}
            for one in dataset.entities
            if is_sayable(one)
        ]
        for one in dataset.entities:
            if is_refused(one.name):
                self._lose(dataset, f"not joined by {one.name}: dbt reserves that name")
            elif len(one.columns) > 1 and one.kind is not EntityKind.PRIMARY:
                self._lose(dataset, f"the entity {one.name} has {len(one.columns)} columns, and dbt joins by one")
            elif not is_sayable(one) and one.kind is EntityKind.FOREIGN:
                self._lose(dataset, f"not joined by {one.name}, a role of {one.entity}: dbt has no roles")
        if not any(one["type"] == "primary" for one in entities):
            doc["primary_entity"] = self.called.key(dataset.name)
        dimensions = [
            self._dimension(one, name, dataset)
            for one in dataset.dimensions.values()
            if (name := self.called.dimension(dataset.name, one.name))
        ]
        measures = [self._measure(one) for one in dataset.measures.values() if not is_average_of_days(one)]
        measures += self._made.get(dataset.name, [])
        doc["config"] = {"meta": {OURS: {"columns": {name: str(kind) for name, kind in dataset.columns.items()}}}}
        doc |= {"entities": entities} if entities else {}
        doc |= {"dimensions": dimensions} if dimensions else {}
        return doc | ({"measures": measures} if measures else {})

    def _lose(self, dataset: Dataset, why: str) -> None:
        self._losses.add(f"dataset {dataset.name}", why, dataset.file)

    def _dimension(self, one: Dimension, name: str, dataset: Dataset) -> Doc:
        doc: Doc = {"name": name} | described(one.label, one)
        doc["type"] = "time" if one.kind == "time" else "categorical"
        # The date in the model's time zone, if the table has it: dbt reads an instant in the session's zone.
        sql = said(one.day if one.day and not one.grain else one.sql, as_column)
        if one.type.kind is TypeKind.TIMESTAMPTZ and not one.day:
            zone = self._model.settings.time_zone
            self._lose(dataset, f"dbt reads the days of {one.name} in the session's time zone; here in {zone}")
        if sql != name:
            doc["expr"] = sql
        if any(part.name == one.name for part in dataset.partitions):
            doc["is_partition"] = True
        if one.only_for:
            why = f"is only for {', '.join(one.only_for)}; dbt groups any measure by it"
            self._losses.add(f"dimension {one.name} of {one.dataset}", why, one.file)
        if one.kind == "time":
            params: Doc = {"time_granularity": one.grain.value if one.grain else "day"}
            if dataset.validity and one.sql.columns == (dataset.validity.start,):
                params["validity_params"] = {"is_start": True}
            elif dataset.validity and one.sql.columns == (dataset.validity.end,):
                params["validity_params"] = {"is_end": True}
            doc["type_params"] = params
        return doc

    def _measure(self, one: Measure) -> Doc:
        doc: Doc = {"name": self.called.measure(one.dataset, one.name)} | described(one.label, one)
        doc["agg"] = _AGGREGATIONS.get(one.agg.value, one.agg.value)
        doc["expr"] = said(one.sql, as_column) if one.sql else "1"
        if one.agg is Aggregation.PERCENTILE and (one.percentile, one.discrete, one.approximate) == (0.5, False, False):
            doc["agg"] = "median"
        elif one.agg is Aggregation.PERCENTILE:
            kinds = {"use_discrete_percentile": one.discrete, "use_approximate_percentile": one.approximate}
            doc["agg_params"] = {"percentile": one.percentile} | {key: True for key, is_so in kinds.items() if is_so}
        if one.agg is Aggregation.APPROX_COUNT_DISTINCT:
            doc["agg"] = Aggregation.COUNT_DISTINCT.value
            self._losses.add(f"measure {one.name} of {one.dataset}", "dbt counts exactly, which is slower", one.file)
        time = self.called.dimension(one.dataset, one.time) if one.time else ""
        if one.time != self._model.datasets[one.dataset].time:
            doc |= {"agg_time_dimension": time} if time else {}
        if one.over_time is not None:
            choice = "min" if one.over_time is OverTime.FIRST else "max"
            own = self.called.dimensions(one.dataset)
            per = [own.get(name, name) for name in one.per]
            doc["non_additive_dimension"] = {"name": time, "window_choice": choice} | (
                {"window_groupings": per} if per else {}
            )
        if one.within:
            why = f"adds up within {', '.join(one.within)} only; dbt adds it up anywhere"
            self._losses.add(f"measure {one.name} of {one.dataset}", why, one.file)
        if one.currency in self._model.datasets[one.dataset].columns and one.local is None:
            why = "its amounts are in several currencies; dbt adds them up without converting"
            self._losses.add(f"measure {one.name} of {one.dataset}", why, one.file)
        return doc

    def filtered(self, measure: Measure, where: str) -> str:
        """A measure of the rows that pass a filter, if the filter reads something that isn't a dimension."""
        made = self._made.setdefault(measure.dataset, [])
        doc = self._measure(measure)
        doc["expr"] = f"CASE WHEN {where} THEN {doc['expr']} END"
        name, _ = doc.pop("name"), doc.pop("label", "")  # dbt needs one label for one measure
        same = next((one for one in made if {**one, "name": ""} == {**doc, "name": ""}), None)
        if same is None:
            same = {"name": self.called.fresh_measure(f"{name}_filtered")} | doc
            made.append(same)
        return str(same["name"])


def model_of(dataset: Dataset) -> str:
    """The dbt model that a dataset reads. A view gets its own, with a name that isn't one of its tables."""
    if dataset.query is None:
        return dataset.source.rpartition(".")[2]
    read = {one.name for one in dataset.query.tree.find_all(exp.Table)}
    return dataset.name if dataset.name not in read else fit_name(f"{dataset.name}_view", read)


def is_average_of_days(one: Measure) -> bool:
    """Whether a period has the average of its days, which dbt can't express."""
    return one.over_time is OverTime.AVERAGE


def described(label: str, one: Dataset | Dimension | Measure | Metric) -> Doc:
    default = one.name.replace("_", " ").capitalize()
    said = {"label": label} if label and label != default else {}
    return said | ({"description": one.description} if one.description else {})
