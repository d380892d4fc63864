"""Export a model to a file of Open Semantic Interchange; what OSI can't express goes into our extension."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.interop.beside import BESIDE, read_beside
from semantic.interop.carry import WHOLE, Written, difference, things_of, words_lost
from semantic.interop.imported import ExportedModel, who_sees_what_is_lost
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.interop.osi.importing import import_osi
from semantic.interop.osi.read import VENDOR, VERSION
from semantic.interop.osi.write import OsiWriter
from semantic.interop.ours import UNREAD, spelled
from semantic.interop.yaml_writer import write_yaml
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

Doc = dict[str, Any]

FILE = "semantic_model.yml"
_UNREAD = UNREAD["OSI"]


def export_osi(files: Mapping[str, str]) -> ExportedModel:
    """The model in these files, by path, as one file of OSI's draft; includes what an import kept next to them.

    Raises ModelError if the model has problems.
    """
    losses = Losses()
    texts = {file: text for file, text in files.items() if file.endswith((".yml", ".yaml"))}
    model, mine = parse_model(texts), Written(texts)
    writer = OsiWriter(model, mine.by_name("datasets", "metrics"), losses)
    doc: Doc = {
        "name": fit_name(model.settings.name),
        "datasets": [writer.dataset(one) for one in model.datasets.values()],
    }
    _name_shared(doc)
    relationships = writer.relationships()
    for one, role in relationships:
        _extend(one, {"role": role})
    doc |= {"relationships": [one for one, _ in relationships]} if relationships else {}
    metrics = writer.metrics()
    doc |= {"metrics": metrics} if metrics else {}
    for name, why in writer.unsaid.items():
        losses.add(f"metric {name}", f"{why}; {_UNREAD}", model.metrics[name].file)
    _keep_the_rest(doc, writer, mine, model, losses)
    _put_beside(doc, read_beside("osi", {BESIDE: files[BESIDE]} if BESIDE in files else {}))
    losses.add(FILE, f"follows the draft {VERSION}: in earlier drafts `datatype:` has other values or does not exist")
    who_sees_what_is_lost("OSI", mine, {one.name: one.file for one in model.policies}, losses)
    return ExportedModel(_files(doc), losses.all)


def _files(doc: Doc) -> dict[str, str]:
    return {FILE: write_yaml({"version": VERSION, "semantic_model": [doc]})}


def _name_shared(doc: Doc) -> None:
    """A dimension in several datasets is a single one here: its name is stored if an import would change it."""
    seen: dict[str, int] = {}
    for _, field in _dimensions(doc):
        seen[field["name"]] = seen.get(field["name"], 0) + 1
    for dataset in doc["datasets"]:
        for field in dataset["fields"]:
            if seen.get(field["name"], 0) > 1 and "dimension" in field:
                _extend(field, {"name": field["name"]})


def _dimensions(doc: Doc) -> Iterator[tuple[Doc, Doc]]:
    for dataset in doc["datasets"]:
        yield from ((dataset, field) for field in dataset["fields"] if "dimension" in field)


def _extend(doc: Doc, data: Mapping[str, Any]) -> None:
    """Adds to our extension of a thing."""
    others = [one for one in doc.get("custom_extensions", []) if one["vendor_name"] != VENDOR]
    known = next(
        (json.loads(one["data"]) for one in doc.get("custom_extensions", []) if one["vendor_name"] == VENDOR), {}
    )
    text = json.dumps({**known, **data}, ensure_ascii=False)
    doc["custom_extensions"] = [*others, {"vendor_name": VENDOR, "data": text}]


def _keep_the_rest(doc: Doc, writer: OsiWriter, mine: Written, model: Model, losses: Losses) -> None:
    """Imports what was written, and stores with each thing whatever the import would not restore."""
    ours = mine.named("datasets")
    for one in doc["datasets"]:
        _extend(one, {"columns": ours[one["name"]].get("columns", {})})
    read = Written(import_osi(_files(doc)).files)
    for key, word in (("datasets", "dataset"), ("metrics", "metric")):
        ours, there = mine.named(key), read.named(key)
        for one in doc.get(key, []):
            name = one["name"]
            file = (model.datasets if key == "datasets" else model.metrics)[name].file
            rest = difference(ours[name], there.get(name, {}))
            if rest:
                _extend(one, rest)
            lost = words_lost(ours[name], there.get(name, {}))
            if lost:
                losses.add(f"{word} {name}", f"{', '.join(lost)}: {_UNREAD}", file)
    whole: Doc = {"model": mine.settings} if mine.settings else {}
    unsaid = [mine.named("metrics")[name] for name in writer.unsaid]
    whole |= {"metrics": unsaid} if unsaid else {}
    for key in WHOLE:
        kept = mine.things(key)
        files = {one.name: one.file for one in things_of(model, key)}
        whole |= {key: kept} if kept else {}
        for one in kept:
            losses.add(spelled(key, one), f"OSI has no equivalent; {_UNREAD}", files[one["name"]])
    if whole:
        _extend(doc, whole)


def _put_beside(doc: Doc, kept: Mapping[str, Any]) -> None:
    """Others' extensions, dialects and AI context that an import found, if the thing still exists."""
    places = {"model": doc}
    places |= {f"dataset {one['name']}": one for one in doc["datasets"]}
    places |= {f"metric {one['name']}": one for one in doc.get("metrics", [])}
    places |= {f"dimension {field['name']} of {one['name']}": field for one, field in _dimensions(doc)}
    for thing, place in places.items():
        found = cast(Mapping[str, Any], kept.get(thing) or {})
        if "custom_extensions" in found:
            place["custom_extensions"] = [*found["custom_extensions"], *place.get("custom_extensions", [])]
        if "ai_context" in found:
            told = found["ai_context"]
            place["ai_context"] = {**told, **place.get("ai_context", {})} if isinstance(told, dict) else told
        if "dialects" in found:
            place["expression"]["dialects"] += found["dialects"]
