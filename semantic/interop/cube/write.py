"""Write a model as data for Cube: cubes for datasets, measures for metrics, and a list of what Cube can't express."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from semantic.interop.aggregates import only_where, percentile_text
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.ours import OURS, datasets_by_key
from semantic.interop.sql_names import as_column, is_column, replace_names
from semantic.model.definitions import (
    Aggregation,
    Dataset,
    Dimension,
    Entity,
    EntityKind,
    Form,
    Measure,
    Metric,
    NumberFormat,
    OverTime,
    Segment,
    Span,
    TypeKind,
)
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.model import Model
from semantic.query.names import read_name
from semantic.query.query import DATE

Doc = dict[str, Any]

_TYPES = {Aggregation.APPROX_COUNT_DISTINCT: "count_distinct_approx"} | {
    aggregation: aggregation.value
    for aggregation in (
        Aggregation.SUM,
        Aggregation.COUNT,
        Aggregation.COUNT_DISTINCT,
        Aggregation.AVG,
        Aggregation.MIN,
        Aggregation.MAX,
    )
}
_KINDS = {"time": "time", "boolean": "boolean"}
_FORMATS = {NumberFormat.MONEY: "currency", NumberFormat.SHARE: "percent"}


class CubeWriter:
    """Writes one model as cubes. `words` are labels and descriptions from the model's files, by kind and name."""

    def __init__(self, model: Model, words: Mapping[str, Mapping[str, Doc]], losses: Losses) -> None:
        self._model, self._words, self._losses = model, words, losses
        self._owners = datasets_by_key(model)
        self._often = Counter(name for dataset in model.datasets.values() for name in dataset.dimensions)
        self._aliases: dict[tuple[str, str], str] = {}  # dataset and role -> the cube it is joined by
        self.roles: dict[str, list[Doc]] = {}
        for dataset in model.datasets.values():
            self._name_roles(dataset)
        self.unsaid: dict[str, str] = {}  # metric -> why Cube can't express it

    def _name_roles(self, dataset: Dataset) -> None:
        """Add a cube that extends the target for each further path to it, because Cube joins a cube only once."""
        reached: set[str] = set()
        for entity in dataset.entities:
            to = self._owners.get((dataset.connection, entity.entity), "")
            if entity.kind is not EntityKind.FOREIGN or not to:
                continue
            alias = to
            if to in reached or to == dataset.name:
                alias = f"{to}_as_{entity.name}"
                doc = {"name": alias, "extends": to, "meta": {OURS: {"role": entity.name, "of": to}}}
                if doc not in self.roles.setdefault(to, []):
                    self.roles[to].append(doc)
            reached.add(to)
            self._aliases[dataset.name, entity.name] = alias

    def cube(self, dataset: Dataset) -> Doc:
        """Return the cube of a dataset, without measures."""
        doc: Doc = {"name": dataset.name}
        doc |= {"sql": dataset.query.text.strip()} if dataset.query else {"sql_table": dataset.source}
        doc |= self._said("datasets", dataset.name)
        doc["meta"] = {OURS: {"columns": {name: str(kind) for name, kind in dataset.columns.items()}}}
        joins = [join for entity in dataset.entities if (join := self._join(dataset, entity))]
        dimensions = sorted(dataset.dimensions.values(), key=lambda dimension: dimension.name != dataset.time)
        doc |= {"joins": joins} if joins else {}
        doc["dimensions"] = self._dimensions(dataset, dimensions)
        segments = [
            self.segment(segment) for segment in self._model.segments.values() if self.can_choose(segment, dataset)
        ]
        return doc | ({"segments": segments} if segments else {})

    def _said(self, key: str, name: str) -> Doc:
        """Return the title, description and visibility of an object in the model's files."""
        words = self._words[key].get(name, {})
        doc: Doc = {"title": words["label"]} if words.get("label") else {}
        doc |= {"description": words["description"]} if words.get("description") else {}
        return doc | ({"public": False} if "hidden" in (words.get("tags") or []) else {})

    def _join(self, dataset: Dataset, entity: Entity) -> Doc | None:
        if entity.kind is not EntityKind.FOREIGN or (dataset.name, entity.name) not in self._aliases:
            if entity.kind is EntityKind.FOREIGN:
                why = f"not joined by {entity.name}: no dataset has its key, or one with versions has it"
                self._losses.add(f"dataset {dataset.name}", why, dataset.file)
            return None
        target = self._model.datasets[self._owners[dataset.connection, entity.entity]]
        key = next(
            target_entity
            for target_entity in target.entities
            if target_entity.entity == entity.entity and target_entity.kind is not EntityKind.FOREIGN
        )
        alias = self._aliases[dataset.name, entity.name]
        pairs = zip(entity.columns, key.columns, strict=True)
        equal = " AND ".join(f"{{CUBE}}.{as_column(mine)} = {{{alias}}}.{as_column(theirs)}" for mine, theirs in pairs)
        if {part.name for part in dataset.partitions} & {part.name for part in target.partitions}:
            self._losses.add(f"dataset {dataset.name}", f"Cube joins {target.name} across all partitions", dataset.file)
        return {"name": alias, "relationship": "many_to_one", "sql": equal}

    def _dimensions(self, dataset: Dataset, dimensions: Sequence[Dimension]) -> list[Doc]:
        docs: list[Doc] = []
        keys = list(dataset.grain)
        for dimension in dimensions:
            doc: Doc = {"name": dimension.name} | self._said(f"dimensions {dataset.name}", dimension.name)
            doc |= {
                "sql": replace_names(dimension.sql, _own),
                "type": "number" if dimension.type.is_number else _KINDS.get(dimension.kind, "string"),
            }
            if dimension.kind == "time" and dimension.type.kind is TypeKind.DATE:
                doc["type"] = "time"
            if is_column(dimension.sql) and dimension.sql.columns[0] in keys:
                keys.remove(dimension.sql.columns[0])
                doc |= {"primary_key": True} | ({} if "public" in doc else {"public": True})
            if dimension.only_for:
                why = f"is only for {', '.join(dimension.only_for)}, but Cube groups any measure by it"
                self._losses.add(f"dimension {dimension.name} of {dataset.name}", why, dimension.file)
            if dimension.labels_from:
                why = f"shows labels from {dimension.labels_from}, but Cube shows the values"
                self._losses.add(f"dimension {dimension.name} of {dataset.name}", why, dimension.file)
            if self._often[dimension.name] > 1:
                doc["meta"] = {OURS: {"name": dimension.name}}
            docs.append(doc)
        for column in keys:
            name = fit_name(column, [*self._model.dimensions, *self._model.metrics], "key")
            doc = {
                "name": name,
                "sql": f"{{CUBE}}.{as_column(column)}",
                "type": "string",
                "primary_key": True,
                "public": False,
            }
            docs.append(doc | {"meta": {OURS: {"key_only": True}}})
        return docs

    def can_choose(self, segment: Segment, dataset: Dataset) -> bool:
        """Return whether a segment selects rows of this dataset by their own values."""
        key = next((entity for entity in dataset.entities if entity.kind is EntityKind.PRIMARY), None)
        return (
            segment.dataset == dataset.name
            and key is not None
            and segment.entity == key.entity
            and bool(segment.where)
            and not segment.count
        )

    def segment(self, segment: Segment) -> Doc:
        doc: Doc = {"name": segment.name} | self._said("segments", segment.name)
        return doc | {"sql": replace_names(segment.where, _own) if segment.where else ""}

    def measures(self) -> dict[str, list[Doc]]:
        """Return the measures by dataset. Metrics that Cube can't express are added to `unsaid`."""
        made: dict[str, list[Doc]] = {}
        for metric in self._model.metrics.values():
            try:
                doc = {"name": metric.name} | self._said("metrics", metric.name) | self._measure(metric)
            except NotExpressible as error:
                self.unsaid[metric.name] = str(error)
                continue
            form = _FORMATS.get(metric.format)
            made.setdefault(self._home(metric), []).append(doc | ({"format": form} if form else {}))
        for metric in [doc for docs in made.values() for doc in docs]:
            trouble = self._leans_on_unsaid(metric["name"])
            if trouble:
                self.unsaid[metric["name"]] = f"it uses {trouble}, which Cube can't express"
        return {home: [doc for doc in docs if doc["name"] not in self.unsaid] for home, docs in made.items()}

    def _check_rows(self, metric: Metric, home: str) -> None:
        """Raise CannotSay for a formula over several cubes, which Cube would join and so drop unmatched rows."""
        homes = {home, *(self._home(self._model.metrics[metric_input]) for metric_input in metric.inputs)}
        if len(homes) == 1:
            return
        root = next((candidate for candidate in sorted(homes) if homes <= self._reached(candidate)), "")
        others = ", ".join(sorted(homes - {root or home}))
        if not root:
            raise NotExpressible(f"Cube has no join path from {home} to {others}")
        raise NotExpressible(f"Cube would count only those rows of {others} that a row of {root} joins to")

    def _reached(self, dataset: str) -> set[str]:
        """Return the datasets that Cube can join to a dataset, including the dataset itself."""
        datasets, waiting = {dataset}, [dataset]
        while waiting:
            here = waiting.pop()
            to = {
                self._owners[self._model.datasets[here].connection, entity.entity]
                for entity in self._model.datasets[here].entities
                if self._is_join(here, entity)
            }
            waiting += sorted(to - datasets)
            datasets |= to
        return datasets

    def _is_join(self, dataset: str, entity: Entity) -> bool:
        """Return whether an entity joins the cube of its key directly. Other paths join a cube that extends it."""
        owner = self._owners.get((self._model.datasets[dataset].connection, entity.entity), "")
        return self._aliases.get((dataset, entity.name)) == owner

    def _leans_on_unsaid(self, name: str) -> str:
        metric = self._model.metrics[name]
        for metric_input in metric.inputs:
            if metric_input in self.unsaid or self._leans_on_unsaid(metric_input):
                return metric_input
        return ""

    def _home(self, metric: Metric) -> str:
        while not metric.is_simple:
            metric = self._model.metrics[metric.inputs[0]]
        return metric.measure.partition(".")[0]

    def _reference(self, name: str, home: str) -> str:
        owner = self._home(self._model.metrics[name])
        return f"{{{name}}}" if owner == home else f"{{{owner}.{name}}}"

    def _measure(self, metric: Metric) -> Doc:
        home = self._home(metric)
        if not metric.is_simple and metric.where:
            raise NotExpressible("Cube filters measures, but not formulas of measures")
        match metric.form:
            case Form.SIMPLE:
                return self._simple(metric)
            case Form.RATIO:
                self._check_rows(metric, home)
                if any(use.where or use.offset or use.offset_to for use in metric.uses):
                    raise NotExpressible("Cube has no filters or offsets on the sides of a ratio")
                over, under = (self._reference(metric_input, home) for metric_input in metric.inputs)
                return {"type": "number", "sql": f"1.0 * {over} / NULLIF({under}, 0)"}
            case Form.DERIVED:
                self._check_rows(metric, home)
                return self._derived(metric, home)
            case Form.CUMULATIVE:
                return self._cumulative(metric)
            case _:
                raise NotExpressible("Cube has no conversion metrics")

    def _simple(self, metric: Metric) -> Doc:
        home, _, name = metric.measure.partition(".")
        dataset = self._model.datasets[home]
        measure = dataset.measures[name]
        if measure.over_time is not None:
            raise NotExpressible("Cube would add up a balance over its days")
        if measure.within:
            why = f"adds up within {', '.join(measure.within)} only, but Cube adds it up anywhere"
            self._losses.add(f"metric {metric.name}", why, metric.file)
        if metric.counts_after:
            why = f"counts a day once {metric.counts_after} days of data follow it, but Cube counts it immediately"
            self._losses.add(f"metric {metric.name}", why, metric.file)
        conditions = [replace_names(metric.filter, _own)] if metric.filter else []
        conditions += [self._over_dimensions(metric.where, dataset)] if metric.where else []
        if measure.agg in _TYPES:
            doc: Doc = {"type": _TYPES[measure.agg]}
            doc |= {"sql": replace_names(measure.sql, _own)} if measure.sql else {}
            return doc | ({"filters": [{"sql": condition} for condition in conditions]} if conditions else {})
        return self._other_aggregate(measure, conditions)

    def _other_aggregate(self, measure: Measure, conditions: Sequence[str]) -> Doc:
        sql = replace_names(measure.sql, _own) if measure.sql else "1"
        if measure.agg is Aggregation.SUM_BOOLEAN:
            doc: Doc = {"type": "sum", "sql": f"CASE WHEN {sql} THEN 1 WHEN NOT ({sql}) THEN 0 END"}
            return doc | ({"filters": [{"sql": condition} for condition in conditions]} if conditions else {})
        return {"type": "number", "sql": percentile_text(measure, only_where(sql, conditions))}

    def _derived(self, metric: Metric, home: str) -> Doc:
        assert metric.expression is not None  # a derived metric has one
        changed = [use for use in metric.uses if use.where or use.offset or use.offset_to or use.name != use.metric]
        if not changed:
            return {"type": "number", "sql": replace_names(metric.expression, lambda name: self._reference(name, home))}
        metric_input = changed[0]
        if (
            len(metric.uses) == 1
            and is_column(metric.expression)
            and isinstance(metric_input.offset, Span)
            and not metric_input.where
        ):
            shift = {"interval": metric_input.offset.words, "type": "prior"}
            return {
                "type": "number",
                "multi_stage": True,
                "sql": self._reference(metric_input.metric, home),
                "time_shift": [shift],
            }
        raise NotExpressible("Cube has no filter or offset on one of several measures")

    def _cumulative(self, metric: Metric) -> Doc:
        inner, window = self._model.metrics[metric.inputs[0]], metric.cumulative
        if not inner.is_simple or window is None or metric.where:
            raise NotExpressible("Cube has rolling windows over a single measure only")
        if window.at is not OverTime.LAST:
            raise NotExpressible(f"Cube shows the last day of a period, not its {window.at.value}")
        doc = self._simple(inner)
        if "type" not in doc or doc["type"] == "number":
            raise NotExpressible("Cube has rolling windows over counts and sums, but not percentiles")
        if window.to_date is not None:
            return doc | {"rolling_window": {"type": "to_date", "granularity": window.to_date.value}}
        return doc | {"rolling_window": {"trailing": window.window.words if window.window else "unbounded"}}

    def _over_dimensions(self, condition: Expression, dataset: Dataset) -> str:
        if METRIC_OF in condition.text:
            raise NotExpressible("Cube can't filter by a metric of each member")

        def say(text: str) -> str:
            named = read_name(text, self._model)
            if named.dim == DATE or named.is_grouped or "." in (named.via or ""):
                raise NotExpressible(f"Cube can't express {text} in a filter")
            if not named.via and named.dim in dataset.dimensions:
                return f"{{CUBE.{named.dim}}}"
            owners = [dimension.dataset for dimension in self._model.dimensions[named.dim]]
            alias = (
                self._aliases.get((dataset.name, named.via)) if named.via else owners[0] if len(owners) == 1 else None
            )
            if alias is None:
                raise NotExpressible(f"Cube can't state the join path to {text}")
            return f"{{{alias}.{named.dim}}}"

        return replace_names(condition, say)


def _own(column: str) -> str:
    return f"{{CUBE}}.{as_column(column)}"
