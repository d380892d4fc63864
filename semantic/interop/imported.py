"""The results of imports and exports: files and losses, and for Cube and OSI the model that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from semantic.interop.beside import write_beside
from semantic.interop.carry import WHOLE, FileParts, as_text, restored
from semantic.interop.drop_refused import weed
from semantic.interop.loss import Loss, Losses
from semantic.interop.ours import default_name, nobody_else, spelled, stewards
from semantic.model.model import Model
from semantic.model.naming import FOLLOWS, PROBLEM

Doc = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedModel:
    """An imported model. `files` are its files by path, including the one with stored parts of the other format."""

    files: Mapping[str, str]
    losses: tuple[Loss, ...]
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedParts:
    """Everything that an import read.

    It contains the model's data, and what Samepage's export stored for each object ("dataset orders", "metric revenue")
    and for the whole model.
    """

    name: str
    datasets: list[Doc]
    metrics: list[Doc]
    segments: list[Doc]
    kept_of: Mapping[str, Mapping[str, Any]]
    whole: Mapping[str, Any]
    beside: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """A model exported to another tool. `files` are that tool's files, by path."""

    files: Mapping[str, str]
    losses: tuple[Loss, ...]


def who_sees_what_is_lost(form: str, mine: FileParts, files: Mapping[str, str], losses: Losses) -> None:
    """Add losses for policies and people, which exports leave out. `files` are the policies' files, by name."""
    for doc in mine.things("policies"):
        if doc != as_text(stewards()):
            losses.add(
                spelled("policies", doc),
                f"{form} does not define who sees what, so this is left out",
                files[doc["name"]],
            )
    for doc in mine.things("people"):
        losses.add(spelled("people", doc), f"{form} has no people, so this is left out")


def finish(form: str, read: ImportedParts, losses: Losses) -> ImportedModel:
    """Return the model that was read, with what Samepage's export stored for it.

    Parts that the model language refuses are left out and listed.
    """
    whole = read.whole
    docs: dict[str, Doc] = {"model.yml": {"model": whole.get("model") or {"name": read.name or default_name(form)}}}
    made = _made_by(cast(list[Doc], whole.get("naming", [])))
    for dataset in read.datasets:
        doc = restored(dataset, read.kept_of.get(f"dataset {dataset['name']}", {}))
        if made and doc.get("dimensions"):
            doc["dimensions"] = [part for part in doc["dimensions"] if part["name"] not in made]
        docs[f"datasets/{doc['name']}.yml"] = {"datasets": [doc]}
    metrics = [restored(metric, read.kept_of.get(f"metric {metric['name']}", {})) for metric in read.metrics]
    metrics += cast(list[Doc], whole.get("metrics", []))
    if metrics:
        docs["metrics.yml"] = {"metrics": metrics}
    for key in WHOLE:
        again = cast(list[Doc], whole.get(key, []))
        names = {str(doc["name"]) for doc in again}
        segments = [segment for segment in read.segments if key == "segments" and segment["name"] not in names] + again
        if segments:
            docs[f"{key}.yml"] = {key: segments}
    docs["policies.yml"] = {"policies": [stewards()]}
    weeded = weed(docs, losses)
    nobody_else(form, losses)
    files = {**weeded.texts, **write_beside(form.lower(), read.beside)}
    return ImportedModel(files=files, losses=losses.all, model=weeded.model)


def _made_by(rules: list[Doc]) -> set[str]:
    """Return the dimensions that come from naming rules. Exports write them out for the other tool."""
    parts = {str(part["name"]) for rule in rules for part in rule.get("parts", [])}
    return parts | {f"{rule['name']}{ending}" for rule in rules for ending in (FOLLOWS, PROBLEM)}
