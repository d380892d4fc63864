"""Convert dbt's semantic models to datasets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from semantic.interop.column_types import Columns
from semantic.interop.dbt.checks import add_texts_and_checks, list_other_tests, tested_columns
from semantic.interop.dbt.keys import Keys, find_keys, has_virtual_key, primary
from semantic.interop.dbt.nouns import Dimension, Entity, Manifest, Measure, Noun, SemanticModel
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.source_table import SourceTable
from semantic.interop.sql_names import as_column, column_of
from semantic.model.definitions import Aggregation
from semantic.model.loading.schema import read_type
from semantic.model.types import aggregate_type

Doc = dict[str, Any]

_AGGREGATIONS = {"average": "avg"}
_NUMBERS = ("sum", "average", "avg", "median", "percentile", "min", "max")
_AT = {"min": "first", "max": "last"}
_OWN_GRAINS = ("second", "minute", "hour", "week", "month", "quarter", "year")


@dataclass(slots=True)
class Datasets:
    """The datasets of a manifest, and Samepage's names for its measures and dimensions.

    `measures` maps a measure's name in dbt to its dataset and its name here. `called` has the original name of each
    dataset and dimension that Samepage's export had to rename.
    """

    docs: list[Doc] = field(default_factory=list[Doc])
    measures: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    models: dict[str, str] = field(default_factory=dict[str, str])
    called: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


def make_datasets(manifest: Manifest, columns: Columns, losses: Losses) -> Datasets:
    """Return one dataset for each semantic model, in order, with its grain, joins and measures."""
    metrics = {metric.name for metric in manifest.metrics}
    created = {measure.name for model in manifest.models for measure in model.measures if measure.create_metric}
    datasets = Datasets()
    models = [_without_templates(model, losses) for model in manifest.models]
    keys = find_keys(models)
    for model in models:
        datasets.models[model.name] = fit_name(model.name, datasets.models.values())
        if datasets.models[model.name] != model.name:
            losses.add(
                f"semantic model {model.name}", f"is named {datasets.models[model.name]} here", model.file, "renamed"
            )
    names = _DimensionNames(metrics | created, losses)
    tables = {model.name: _table(model, manifest, columns, losses) for model in models}
    _agree_on_keys(models, tables)
    models = [_without_unreadable(model, tables[model.name], losses) for model in models]
    for model in models:
        datasets.docs.append(_Dataset(model, keys, datasets, tables[model.name], losses, names).doc())
    _add_texts_and_checks(manifest, models, datasets.docs, losses)
    return datasets


def _add_texts_and_checks(
    manifest: Manifest, models: Sequence[SemanticModel], docs: Sequence[Doc], losses: Losses
) -> None:
    """Add dbt's descriptions and tests to each dataset. Datasets that Samepage exported already have their checks."""
    owners = {
        fit_name(entity.name): _name_of(model)
        for model in reversed(models)
        for entity in model.entities
        if entity.kind != "foreign"
    }
    for model, doc in zip(models, docs, strict=True):
        table = manifest.tables.get(_name_of(model))
        if table is not None and not model.carried:
            add_texts_and_checks(doc, table, owners, losses)
    used = {_name_of(model) for model in models}
    list_other_tests((table for name, table in manifest.tables.items() if name not in used), losses)


def _name_of(model: SemanticModel) -> str:
    """Return dbt's name for the table that a semantic model reads."""
    return model.table.rpartition(".")[2]


def _without_templates(model: SemanticModel, losses: Losses) -> SemanticModel:
    """Return the semantic model without parts whose SQL is a template, because templates are never run."""

    def reason(expr: str) -> str:
        is_template = "{{" in expr or "{%" in expr
        return "its `expr:` is a template, so this is left out. Write plain SQL" if is_template else ""

    return _without(model, reason, losses)


def _without_unreadable(model: SemanticModel, table: SourceTable, losses: Losses) -> SemanticModel:
    """Return the semantic model without parts whose SQL reads anything but one row's columns of the table."""

    def reason(expr: str) -> str:
        try:
            table.check(expr)
        except NotExpressible as error:
            return f"left out: {error}"
        return ""

    return _without(model, reason, losses)


def _without(model: SemanticModel, reason: Callable[[str], str], losses: Losses) -> SemanticModel:
    """Return the semantic model without parts for which `reason` returns a text. Each of them is a loss."""

    def is_kept(element: Entity | Dimension | Measure) -> bool:
        why = reason(element.expr)
        if why:
            losses.add(f"{element.name} of {model.name}", why, element.file)
        return not why

    return replace(
        model,
        entities=tuple(entity for entity in model.entities if is_kept(entity)),
        dimensions=tuple(dimension for dimension in model.dimensions if is_kept(dimension)),
        measures=tuple(measure for measure in model.measures if is_kept(measure)),
    )


def _table(model: SemanticModel, manifest: Manifest, columns: Columns, losses: Losses) -> SourceTable:
    """Return a semantic model's table, with types guessed from use where they aren't known.

    Summed columns are numbers, time dimensions are instants, and keys are text.
    """
    what, said = f"semantic model {model.name}", model.carried.get("columns", {})
    table = SourceTable(what, model.table, "", said, columns, losses, model.file)
    uses = [(dimension.expr, "timestamp" if dimension.kind == "time" else "string") for dimension in model.dimensions]
    uses += [(entity.expr, "string") for entity in model.entities]
    for measure in model.measures:
        kind = "boolean" if measure.agg == "sum_boolean" else "double" if measure.agg in _NUMBERS else "string"
        uses.append((measure.expr, kind))
    if not model.carried:
        uses += [(as_column(column), "string") for column in tested_columns(manifest.tables.get(_name_of(model)))]
    for expr, kind in sorted(uses, key=lambda use: not column_of(use[0])):  # columns first
        table.hint(expr, kind)
    table.guessed()
    return table


def _agree_on_keys(models: Sequence[SemanticModel], tables: Mapping[str, SourceTable]) -> None:
    """Give all columns of an entity the same guessed type: text, unless other uses imply another type."""
    columns: dict[str, list[tuple[SourceTable, str]]] = {}
    for model in models:
        for entity in model.entities:
            if (column := column_of(entity.expr)) in tables[model.name].types:
                columns.setdefault(entity.name, []).append((tables[model.name], column))
    for found_column in columns.values():
        types = sorted({table.types[column] for table, column in found_column}, key=lambda text: text == "string")
        for table, column in found_column:
            if not table.is_known:
                table.types[column] = types[0]


class _DimensionNames:
    """Chooses names for dimensions.

    In a whole model, a name has one kind, type and label, so a dimension that differs gets another name.
    """

    def __init__(self, metrics: set[str], losses: Losses) -> None:
        self._metrics, self._losses = metrics, losses
        self._known: dict[str, tuple[str, str]] = {}
        self._labels: dict[str, str] = {}

    def find(self, source: str, kind: str, type_text: str, model: SemanticModel) -> str:
        name = fit_name(source, self._metrics, model.name)
        if self._known.setdefault(name, (kind, type_text)) != (kind, type_text):
            name = fit_name(source, {*self._metrics, *self._known}, model.name)
            self._known[name] = (kind, type_text)
        if name != source:
            self._losses.add(f"dimension {source} of {model.name}", f"is named {name} here", model.file, "renamed")
        return name

    def label(self, name: str, label: str) -> Doc:
        """Return the first label given to a name, because a name has one label in the whole model."""
        first = self._labels.setdefault(name, label)
        return {"label": first} if _says_more(first, name) else {}


class _Dataset:
    """Converts one semantic model to a dataset."""

    def __init__(
        self,
        model: SemanticModel,
        keys: Keys,
        datasets: Datasets,
        table: SourceTable,
        losses: Losses,
        names: _DimensionNames,
    ) -> None:
        self._model, self._keys, self._made, self._losses, self._names = model, keys, datasets, losses, names
        self._table = table
        self._renamed: dict[str, str] = {}
        self.name = datasets.models[model.name]

    def doc(self) -> Doc:
        model = self._model
        dimensions = [self._dimension(dimension) for dimension in model.dimensions]
        dimensions += [
            self._entity_dimension(entity) for entity in model.entities if not self._has_dimension(entity.name)
        ]
        measures = [doc for measure in model.measures if (doc := self._measure(measure))]
        entities = self._entities(dimensions)
        grain = self._grain()
        entities += self._virtual_entity(grain)
        partitions = [
            {"name": self._renamed[dimension.name], "column": self._table.column(dimension.expr, dimension.name)}
            for dimension in model.dimensions
            if dimension.is_partition
        ]
        doc = {"name": self.name} | described(model) | dict(self._table.doc())
        doc |= {"grain": grain, "columns": self._table.types}
        if entities:
            doc["entities"] = entities
        if model.agg_time_dimension in self._renamed:
            doc["time"] = self._renamed[model.agg_time_dimension]
        if partitions:
            doc["partitions"] = partitions
        if validity := self._validity():
            doc["validity"] = validity
        doc |= ({"dimensions": dimensions} if dimensions else {}) | ({"measures": measures} if measures else {})
        return with_carried(doc, model)

    def _has_dimension(self, name: str) -> bool:
        return any(name in (dimension.name, dimension.carried.get("name")) for dimension in self._model.dimensions)

    def _grain(self) -> list[str]:
        key = primary(self._model)
        if key is not None:
            return [self._table.column(key.expr, key.name)]
        unique = next((entity for entity in self._model.entities if entity.kind == "unique"), None)
        if unique is not None and not has_virtual_key(self._model):
            return [self._table.column(unique.expr, unique.name)]
        if validity := self._validity():
            return [*validity["key"], validity["start"]]
        why = "it has no key column, so its grain is set to all columns. Correct it"
        self._losses.add(f"semantic model {self._model.name}", why, self._model.file)
        return list(self._table.types)

    def _virtual_entity(self, grain: Sequence[str]) -> list[Doc]:
        """Return a key without a column. It's the grain that identifies rows, and no join uses the key."""
        if not has_virtual_key(self._model):
            return []
        name = fit_name(self._model.primary_entity)
        thing = {} if self._keys.stands_alone(self._model) else {"entity": f"{name}_of_{self.name}"[:63]}
        kind = "primary" if primary(self._model) is None else "unique"
        return [{"name": name} | thing | {"kind": kind, "columns": list(grain)}]

    def _entities(self, dimensions: Sequence[Doc]) -> list[Doc]:
        """Return the entities that are a key in some model, are shared by two models, or that a dimension shows."""
        shown = {(doc["name"], doc.get("sql", doc["name"])) for doc in dimensions}
        versions = self._validity()  # a natural key is joined by time; without validity it is a key like any other
        return [
            with_carried(
                {
                    "name": fit_name(entity.name),
                    "kind": "unique" if entity.kind == "natural" and not versions else entity.kind,
                    "columns": [self._table.column(entity.expr, entity.name)],
                },
                entity,
            )
            for entity in self._model.entities
            if self._keys.is_met(entity) or (fit_name(entity.name), as_column(column_of(entity.expr))) in shown
        ]

    def _dimension(self, dimension: Dimension) -> Doc:
        is_time = dimension.kind == "time"
        sql = self._table.expression(dimension.expr, dimension.name, "timestamp" if is_time else "string")
        data_type = self._table.type_of(sql)
        type_text = str(data_type) if data_type else "string"
        if is_time and (data_type is None or not data_type.is_time):
            sql, type_text = f"CAST({sql} AS TIMESTAMP)", "timestamp"
        kind = "time" if is_time else "boolean" if type_text == "boolean" else "categorical"
        name = self._names.find(dimension.name, kind, type_text, self._model)
        self._renamed[dimension.name] = str(dimension.carried.get("name", name))
        if "name" in dimension.carried:
            self._made.called[self.name, self._renamed[dimension.name]] = dimension.name
        doc = (
            {"name": name}
            | self._names.label(name, dimension.label)
            | _description(dimension)
            | _synonyms(dimension.name, name)
        )
        doc |= {"kind": kind} if kind != "categorical" else {}
        doc |= {"sql": sql} if sql != name else {}
        doc |= {"type": type_text} if data_type is None or data_type != read_type(type_text) else {}
        if dimension.granularity in _OWN_GRAINS:
            doc["grain"] = dimension.granularity
        return with_carried(doc, dimension)

    def _entity_dimension(self, entity: Entity) -> Doc:
        """Return a dimension for an entity, because dbt can also group by entities."""
        sql = self._table.expression(entity.expr, entity.name, "string")
        data_type = self._table.type_of(sql)
        kind = "boolean" if str(data_type) == "boolean" else "categorical"
        name = self._names.find(entity.name, kind, str(data_type or "string"), self._model)
        doc: Doc = (
            {"name": name}
            | self._names.label(name, "")
            | _synonyms(entity.name, name)
            | ({"kind": kind} if kind != "categorical" else {})
        )
        doc |= {"sql": sql} if sql != name else {}
        return doc | ({"type": "string"} if data_type is None else {})

    def _measure(self, measure: Measure) -> Doc | None:
        agg = _AGGREGATIONS.get(measure.agg, measure.agg)
        sql = self._table.expression(measure.expr, measure.name, "boolean" if agg == "sum_boolean" else "double")
        name = fit_name(measure.name, [mine for dataset, mine in self._made.measures.values() if dataset == self.name])
        doc: Doc = {"name": name} | described(measure) | {"agg": agg, "sql": sql}
        if agg in ("percentile", "median"):
            doc |= {"percentile": float(measure.percentile)} if measure.percentile else {}
            doc |= {"discrete": True} if measure.is_discrete else {}
            doc |= {"approximate": True} if measure.is_approximate else {}
        elif agg in [known.value for known in Aggregation]:
            value = self._table.type_of(sql)
            if value is not None and aggregate_type(Aggregation(agg), value) is None:
                why = f"takes the {measure.agg} of {value} and is left out"
                self._losses.add(f"measure {measure.name} of {self._model.name}", why, measure.file)
                return None
        time = measure.agg_time_dimension or self._model.agg_time_dimension
        if measure.agg_time_dimension and measure.agg_time_dimension in self._renamed:
            doc["time"] = self._renamed[measure.agg_time_dimension]
        if measure.over:
            doc |= {"additivity": "semi", "over_time": _AT.get(measure.window_choice, "last")}
            if measure.window_groupings:
                doc["per"] = [
                    self._renamed.get(window_grouping, fit_name(window_grouping))
                    for window_grouping in measure.window_groupings
                ]
            if measure.over != time:
                why = f"does not add up over {measure.over}, but here that is its own date {time}"
                self._losses.add(f"measure {measure.name} of {self._model.name}", why, measure.file)
        if measure.name in self._made.measures:
            why = f"has the same name as a measure of {self._made.measures[measure.name][0]}; metrics use that one"
            self._losses.add(f"measure {measure.name} of {self._model.name}", why, measure.file)
        self._made.measures.setdefault(measure.name, (self.name, str(measure.carried.get("name", name))))
        return with_carried(doc, measure)

    def _validity(self) -> Doc:
        """Return when a row is valid, and the key of the thing that it's a version of."""
        ends = {dimension.validity: dimension for dimension in self._model.dimensions if dimension.validity}
        natural = next((entity for entity in self._model.entities if entity.kind == "natural"), None)
        if natural is None or set(ends) != {"start", "end"}:
            return {}
        start, end = (self._table.column(ends[side].expr, ends[side].name) for side in ("start", "end"))
        return {"key": [self._table.column(natural.expr, natural.name)], "start": start, "end": end}


def with_carried(doc: Doc, noun: Noun) -> Doc:
    """Return an object with what Samepage's export stored for it.

    That's whole keys, parts to add (`more`) and parts to leave out (`without`).
    """
    new_doc = doc | {key: value for key, value in noun.carried.items() if key not in ("more", "without")}
    gone: Mapping[str, list[str]] = noun.carried.get("without", {})
    more: Mapping[str, list[Doc]] = noun.carried.get("more", {})
    for key in dict.fromkeys((*gone, *more)):
        parts = [part for part in new_doc.get(key, []) if part["name"] not in gone.get(key, [])]
        new_doc[key] = [*parts, *more.get(key, [])]
    return {key: value for key, value in new_doc.items() if value not in (None, "", "null", [])}


def described(noun: Noun) -> Doc:
    """Return an object's label and description, unless its name already implies them."""
    label = {"label": noun.label} if _says_more(noun.label, noun.name) else {}
    return label | _description(noun)


def _says_more(label: str, name: str) -> bool:
    """Return whether a label differs from a name's default label."""
    return bool(label) and label not in (name, name.replace("_", " ").capitalize())


def _description(noun: Noun) -> Doc:
    return {"description": noun.description} if noun.description and noun.description != noun.name else {}


def _synonyms(source: str, name: str) -> Doc:
    return {"synonyms": [source]} if source != name else {}
