"""A model of ours as files of a dbt project; what dbt has no word for stays under `config.meta.samepage`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlglot import exp

from semantic.interop.dbt import QUESTIONS, import_dbt, stewards
from semantic.interop.dbt_write import Writer
from semantic.interop.loss import Loss, Losses
from semantic.interop.yaml_writer import write_yaml
from semantic.model.load import parse_model
from semantic.model.model import Model
from semantic.model.yaml_text import read_yaml

Doc = dict[str, Any]

_LISTS = ("dimensions", "measures", "entities")
_OURS = {"segments": "segment", "annotations": "remarks", "policies": "policy", "people": "person"}


@dataclass(frozen=True, slots=True)
class Exported:
    """`files` are a dbt project's, by path."""

    files: Mapping[str, str]
    losses: tuple[Loss, ...]


def export_dbt(files: Mapping[str, str]) -> Exported:
    """The model in these files, by path, as dbt's YAML; a file of questions beside them as saved queries.

    Raises ModelError when the model has problems.
    """
    losses = Losses()
    texts = {file: text for file, text in files.items() if file != QUESTIONS}
    model = parse_model(texts)
    writer = Writer(model, losses)
    metrics = writer.metrics()  # first: a metric may need a measure of its own
    made: dict[str, list[Doc]] = {"semantic_models": writer.datasets(), "metrics": metrics}
    questions = cast(Mapping[str, Doc], json.loads(files[QUESTIONS])) if QUESTIONS in files else {}
    if questions:
        made["saved_queries"] = writer.queries(questions)
    spines = _spines(model)
    if spines:
        made["models"] = spines
    ours = _Ours(texts)
    _keep_the_rest(made, ours, writer, losses)
    for key in _OURS:
        for one in ours.things(key):
            if key != "policies" or one != ours.read({"policies": [stewards()]}, "policies")[0]:
                losses.add(f"{_OURS[key]} {one['name']}", "dbt has nothing like it; left out")
    return Exported(_files(made, model), losses.all)


class _Ours:
    """The parts of a model's files as they are written, with scalars as text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._docs = [cast(Doc, read_yaml(text, file)[0] or {}) for file, text in sorted(texts.items())]

    def things(self, key: str) -> list[Doc]:
        return [one for doc in self._docs for one in doc.get(key) or []]

    @staticmethod
    def read(doc: Doc, key: str) -> list[Doc]:
        """Data of ours in the same form."""
        return cast(Doc, read_yaml(write_yaml(doc), "")[0])[key]


def _keep_the_rest(made: dict[str, list[Doc]], ours: _Ours, writer: Writer, losses: Losses) -> None:
    """Imports what was written, and keeps beside each thing whatever of ours the import would not give back."""
    again = _Ours(import_dbt(_files(made, None)).files)
    for key, written in (("datasets", made["semantic_models"]), ("metrics", made["metrics"])):
        read = {one["name"]: one for one in again.things(key)}
        mine = {one["name"]: one for one in ours.things(key)}
        for doc in written:
            rest = _difference(mine[doc["name"]], read.get(doc["name"], {}))
            if key == "datasets":
                rest |= _parts(doc, mine[doc["name"]], read.get(doc["name"], {}), writer.measure_names(doc["name"]))
            if rest:
                _carry(doc, rest)
            words = [one for one in rest if one not in ("more", "without")]
            if words:
                why = f"{', '.join(words)}: kept under config.meta, which dbt does not read"
                losses.add(f"{key[:-1]} {doc['name']}", why)


def _parts(doc: Doc, mine: Doc, read: Doc, measures: Mapping[str, str]) -> Doc:
    """The same for dimensions, measures and entities; those that only one side has are kept with the dataset."""
    more: dict[str, list[Doc]] = {}
    without: dict[str, list[str]] = {}
    for key in _LISTS:
        there = {one["name"]: one for one in read.get(key) or []}
        here = {one["name"]: one for one in mine.get(key) or []}
        written = {one["name"]: one for one in doc.get(key, [])}
        called = measures if key == "measures" else {}
        for ours, one in here.items():
            name = called.get(ours, ours)
            rest = _difference(one, there.get(name, {}))
            if name in there and name in written and rest:
                _carry(written[name], rest)
            elif name not in there or rest:
                more.setdefault(key, []).append(one)
        known = {called.get(name, name) for name in here}
        again = {one["name"] for one in more.get(key, [])}
        gone = [name for name in there if name not in known or name in again]
        gone = [str(written.get(name, {}).get("name", name)) for name in gone]
        if gone:
            without[key] = gone
    return ({"more": more} if more else {}) | ({"without": without} if without else {})


def _difference(mine: Doc, read: Doc) -> Doc:
    """Keys of ours that the import gives otherwise; a key that it alone gives is kept as nothing."""
    keys = [key for key in (*mine, *(key for key in read if key not in mine)) if key not in _LISTS]
    mine = {"kind": read["kind"]} | mine if read.get("kind") in ("simple", "categorical") else mine
    return {key: mine.get(key) for key in keys if mine.get(key) != read.get(key)}


def _carry(doc: Doc, rest: Doc) -> None:
    kept = doc.get("config", {"meta": {"samepage": {}}})["meta"]["samepage"]
    doc["config"] = {"meta": {"samepage": {**kept, **rest}}}


def _spines(model: Model) -> list[Doc]:
    """The days of a model, its calendars, and its hours and less, as models of dbt's with `time_spine:`."""
    clocks = [_clock_spine(model, unit.value, text) for unit, text in model.settings.clock_spines]
    name, _, day = model.settings.spine.partition(".")
    if name not in model.datasets:
        return clocks
    dataset = model.datasets[name]
    column = dataset.dimensions[day].sql.columns[0]
    custom = [
        {"name": period.name, "column_name": dataset.dimensions[period.dimension].sql.columns[0]}
        for table in model.calendars.values()
        for period in table.periods
        if table.dataset == name
    ]
    read = dataset.query.tree.find(exp.Table) if dataset.query else None
    table = read.sql("duckdb") if read else dataset.source
    cast = {one.alias for one in dataset.query.tree.find_all(exp.Alias)} if dataset.query else set[str]()
    types = {one: "timestamp" if one in cast else str(kind) for one, kind in dataset.columns.items()}
    doc: Doc = {"name": table.rpartition(".")[2], "columns": [{"name": column, "granularity": "day"}]}
    doc["time_spine"] = {"standard_granularity_column": column} | ({"custom_granularities": custom} if custom else {})
    _carry(doc, {"table": table, "columns": types})
    return [*clocks, doc]


def _clock_spine(model: Model, unit: str, text: str) -> Doc:
    name, _, time = text.partition(".")
    dataset = model.datasets[name]
    column = dataset.dimensions[time].sql.columns[0]
    doc: Doc = {"name": dataset.source.rpartition(".")[2], "columns": [{"name": column, "granularity": unit}]}
    doc["time_spine"] = {"standard_granularity_column": column}
    _carry(doc, {"table": dataset.source})
    return doc


def _files(made: Mapping[str, list[Doc]], model: Model | None) -> dict[str, str]:
    files = {f"{key}.yml": write_yaml({key: docs}) for key, docs in made.items() if docs}
    for one in model.datasets.values() if model else ():
        if one.query is not None:
            files[f"{one.name}.sql"] = one.query.text.strip() + "\n"
    return files
