"""A dbt project's semantic layer as a model of ours: files to write, questions to keep, and what could not be carried."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from semantic.errors import ModelError, QueryError
from semantic.interop.column_types import Columns, no_columns
from semantic.interop.dbt_datasets import make_datasets
from semantic.interop.dbt_metrics import Metrics
from semantic.interop.dbt_names import Names
from semantic.interop.dbt_nouns import Manifest
from semantic.interop.dbt_questions import Questions, question_text
from semantic.interop.dbt_read import custom_names, read_manifest
from semantic.interop.dbt_spines import make_spines
from semantic.interop.loss import Loss, Losses
from semantic.interop.yaml_writer import write_yaml
from semantic.model.load import parse_model
from semantic.model.model import Model
from semantic.model.schema import DatasetDoc, FileDoc, SettingsDoc
from semantic.query.data import query_to_data

Doc = dict[str, Any]

QUESTIONS = "questions.json"
"""Beside the model's files: the saved queries, name -> question."""

RULES: Doc = {}
"""Where dbt is less safe than we are, a model says so (decision D11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`files` are a model's, by path; `questions` the saved queries as questions of ours, by name."""

    files: Mapping[str, str]
    questions: Mapping[str, Doc]
    losses: tuple[Loss, ...]
    manifest: Manifest

    def written(self) -> dict[str, str]:
        """Every file of the import, the questions too."""
        asked = {QUESTIONS: json.dumps(self.questions, indent=2, ensure_ascii=False) + "\n"} if self.questions else {}
        return {**self.files, **asked}


def import_dbt(files: Mapping[str, str], *, columns: Columns = no_columns, schema: str = "", name: str = "") -> Imported:
    """The model in a project's YAML files, by path. `columns` asks the engine what a table has.

    Raises ModelError for text that is no YAML, and for what no model can be made of.
    """
    losses = Losses()
    manifest = read_manifest(files, losses, schema=schema)
    if not manifest.models:
        losses.add("the project", "it has no semantic model, so there is no dataset")
    datasets = make_datasets(manifest, columns, losses)
    docs = [_fitted(doc, losses) for doc in datasets.docs]
    spines, calendars = make_spines(manifest, [str(doc["name"]) for doc in docs], columns, losses)
    first = _settings(name)
    if "calendars" in FileDoc.model_fields:
        docs += spines
        first |= {"calendars": calendars} if calendars else {}
    elif calendars:
        losses.add("time spines", "there are no calendars here yet; left out")
    written = {f"datasets/{doc['name']}.yml": write_yaml({"datasets": [doc]}) for doc in docs}
    names = Names(parse_model({"model.yml": write_yaml(first), **written}))
    metrics = Metrics(manifest, datasets, names, losses)
    kept = _without_orphans(metrics.docs, losses)
    written = {"model.yml": write_yaml(first), **written}
    if kept:
        written["metrics.yml"] = write_yaml({"metrics": kept})
    written["policies.yml"] = write_yaml({"policies": [_stewards()]})
    losses.add("policies", "a dbt project has none: administrators and stewards see everything, nobody else anything")
    questions = _questions(manifest, written, losses)
    return Imported(files=written, questions=questions, losses=losses.all, manifest=manifest)


def _settings(name: str) -> Doc:
    settings: Doc = {"name": name or "Imported from dbt"}
    if "rules" in SettingsDoc.model_fields:
        settings["rules"] = RULES
    return {"model": settings}


def _stewards() -> Doc:
    grant = {"metrics": "all", "dimensions": "all", "segments": "all", "rows": "all"}
    return {"name": "stewards", "who": {"roles": ["administrator", "steward"]}, "whole": "all", "grant": grant}


def _fitted(doc: Doc, losses: Losses) -> Doc:
    """The dataset without what the model language cannot say, each part a loss."""
    for _ in range(200):
        try:
            DatasetDoc.model_validate(doc)
            return doc
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)[0]
            place = wrong["loc"]
            losses.add(f"dataset {doc['name']}", f"`{_spell(place, doc)}` is left out: {wrong['msg']}")
            doc = _without(doc, place)
    return doc


def _without(doc: Doc, place: tuple[int | str, ...]) -> Doc:
    """Without the measure, dimension or entity that has something wrong; or without a key of the dataset's own."""
    key = str(place[0])
    if len(place) > 1 and isinstance(place[1], int):
        return doc | {key: [one for index, one in enumerate(doc[key]) if index != place[1]]}
    return {name: value for name, value in doc.items() if name != key}


def _spell(place: tuple[int | str, ...], doc: Doc) -> str:
    if len(place) > 1 and isinstance(place[1], int):
        return f"{place[0]}.{doc[str(place[0])][place[1]].get('name', place[1])}.{'.'.join(map(str, place[2:]))}"
    return ".".join(map(str, place))


def _without_orphans(docs: list[Doc], losses: Losses) -> list[Doc]:
    """Without metrics that are made of one that was left out."""
    while True:
        known = {doc["name"] for doc in docs}
        orphans = {doc["name"]: missing for doc in docs if (missing := _missing(doc, known))}
        if not orphans:
            return docs
        for name, missing in orphans.items():
            losses.add(f"metric {name}", f"left out: it is made of {missing}, which is not there")
        docs = [doc for doc in docs if doc["name"] not in orphans]


def _missing(doc: Doc, known: set[str]) -> str:
    inputs = [one["metric"] for one in doc.get("inputs", [])]
    named = {one.get("name", one["metric"]) for one in doc.get("inputs", [])}
    sides = [doc[key] for key in ("numerator", "denominator", "metric", "base", "conversion") if key in doc]
    return next((one for one in (*inputs, *(side for side in sides if side not in named)) if one not in known), "")


def _questions(manifest: Manifest, files: Mapping[str, str], losses: Losses) -> dict[str, Doc]:
    if not manifest.queries:
        return {}
    try:
        model: Model = parse_model(files)
    except ModelError as error:
        losses.add("saved queries", f"the model has problems, so none was read: {error.title}")
        return {}
    asking = Questions(Names(model), custom_names(manifest.spines))
    found: dict[str, Doc] = {}
    for one in manifest.queries:
        try:
            found[one.name] = query_to_data(question_text(asking.query(asking.saved(one))))
        except QueryError as error:
            losses.add(f"saved query {one.name}", f"left out: {error}", one.file)
    return found
