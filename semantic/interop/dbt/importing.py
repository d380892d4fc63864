"""Import a dbt project's semantic layer, with a list of what couldn't be carried over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from semantic.errors import SemanticError
from semantic.interop.carry import OF_MODEL
from semantic.interop.column_types import Columns, no_columns
from semantic.interop.dbt.datasets import make_datasets
from semantic.interop.dbt.metrics import Metrics
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.nouns import Manifest
from semantic.interop.dbt.questions import Questions, question_text
from semantic.interop.dbt.read import custom_names, read_manifest
from semantic.interop.dbt.spines import clock_spines, make_spines, spine_of
from semantic.interop.drop_refused import weed
from semantic.interop.loss import Loss, Losses
from semantic.interop.ours import default_name, nobody_else, stewards
from semantic.model.model import Model
from semantic.query.data import query_to_data

Doc = dict[str, Any]

QUESTIONS = "questions.json"
"""The file of saved queries next to the model's files. It maps names to questions."""

RULES: Doc = {
    "grain_mismatch": "widen",
    "offset": "days",
    "last_day": "filtered",
    "conversions": "filtered",
    "missing_conversions": "missing",
    "every_period": "once",
    "window_day": "rows",
    "fill": "rows",
    "lists": "joined",
    "known_days": "all",
}
"""Rules that are less safe in dbt than in Samepage. Imported models state them (decision 31)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """An imported project.

    `files` are the model's files, by path. `questions` are the saved queries. `names` are the model's names in dbt.
    """

    files: Mapping[str, str]
    questions: Mapping[str, Doc]
    losses: tuple[Loss, ...]
    manifest: Manifest
    model: Model
    names: Names

    def written(self) -> dict[str, str]:
        """Return every file of the import, including the questions."""
        asked = {QUESTIONS: json.dumps(self.questions, indent=2, ensure_ascii=False) + "\n"} if self.questions else {}
        return {**self.files, **asked}


def import_dbt(
    files: Mapping[str, str], *, columns: Columns = no_columns, schema: str = "", name: str = ""
) -> Imported:
    """Return a dbt project as a model.

    `files` are the project's YAML files, by path. `columns` looks up a table's columns in the engine. What the model
    language can't express is left out and listed in `losses`.
    """
    losses = Losses()
    manifest = read_manifest(files, losses, schema=schema)
    if not manifest.models:
        losses.add("the project", "it has no semantic model, so no dataset is made")
    datasets = make_datasets(manifest, columns, losses)
    first: Doc = {"model": {"name": name or default_name("dbt"), "rules": RULES}}
    for doc in datasets.docs:
        first["model"] |= doc.pop(OF_MODEL, {})
    spines, calendars = make_spines(manifest, [str(doc["name"]) for doc in datasets.docs], columns, losses)
    if spines:
        first["model"]["spine"] = spine_of(spines[0], manifest)
    clocks = clock_spines(manifest, [str(doc["name"]) for doc in (*datasets.docs, *spines)], columns)
    if clocks:
        first["model"]["clock_spines"] = {unit: spine_of(doc, manifest) for unit, doc in clocks.items()}
    if calendars:
        first["calendars"] = calendars
    docs = {"model.yml": first} | {
        f"datasets/{doc['name']}.yml": {"datasets": [doc]} for doc in (*datasets.docs, *spines, *clocks.values())
    }
    bare = weed(docs, losses)
    names = Names(bare.model, datasets.called)
    metrics = Metrics(manifest, datasets, names, losses)
    docs = {**bare.docs, "policies.yml": {"policies": [stewards()]}}
    if metrics.docs:
        docs["metrics.yml"] = {"metrics": metrics.docs}
    whole = weed(docs, losses)
    nobody_else("dbt", losses)
    names = Names(whole.model, datasets.called)
    return Imported(
        files=whole.texts, questions=_questions(manifest, names, losses), losses=losses.all, manifest=manifest,
        model=whole.model, names=names,
    )  # fmt: skip


def _questions(manifest: Manifest, names: Names, losses: Losses) -> dict[str, Doc]:
    asking = Questions(names, custom_names(manifest.spines))
    questions: dict[str, Doc] = {}
    for query in manifest.queries:
        try:
            questions[query.name] = query_to_data(question_text(asking.query(asking.saved(query))))
        except SemanticError as error:
            losses.add(f"saved query {query.name}", f"left out: {error}", query.file)
    return questions
