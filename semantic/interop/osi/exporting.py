"""Export a model to a file of Open Semantic Interchange. What OSI can't express is in Samepage's extension."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.interop.beside import BESIDE, read_beside
from semantic.interop.carry import WHOLE, FileParts, difference, things_of, words_lost
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
    """Return a model as one file of OSI's draft, by path. Raises ModelError if the model has problems.

    It includes what an earlier import from OSI stored next to the files.
    """
    losses = Losses()
    texts = {file: text for file, text in files.items() if file.endswith((".yml", ".yaml"))}
    model, mine = parse_model(texts), FileParts(texts)
    writer = OsiWriter(model, mine.by_name("datasets", "metrics"), losses)
    doc: Doc = {
        "name": fit_name(model.settings.name),
        "datasets": [writer.dataset(dataset) for dataset in model.datasets.values()],
    }
    _name_shared(doc)
    relationships = writer.relationships()
    for each_doc, role in relationships:
        _extend(each_doc, {"role": role})
    doc |= {"relationships": [each_doc for each_doc, _ in relationships]} if relationships else {}
    metrics = writer.metrics()
    doc |= {"metrics": metrics} if metrics else {}
    for name, why in writer.unsaid.items():
        losses.add(f"metric {name}", f"{why}; {_UNREAD}", model.metrics[name].file)
    _keep_the_rest(doc, writer, mine, model, losses)
    _put_beside(doc, read_beside("osi", {BESIDE: files[BESIDE]} if BESIDE in files else {}))
    losses.add(FILE, f"follows the draft {VERSION}: in earlier drafts `datatype:` has other values or does not exist")
    who_sees_what_is_lost("OSI", mine, {policy.name: policy.file for policy in model.policies}, losses)
    return ExportedModel(_files(doc), losses.all)


def _files(doc: Doc) -> dict[str, str]:
    return {FILE: write_yaml({"version": VERSION, "semantic_model": [doc]})}


def _name_shared(doc: Doc) -> None:
    """Store the name of a dimension that several datasets share, if an import would change it.

    In OSI, these are separate dimensions, but here they're the same one.
    """
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
    """Add data to our extension of an object."""
    others = [
        custom_extension
        for custom_extension in doc.get("custom_extensions", [])
        if custom_extension["vendor_name"] != VENDOR
    ]
    known = next(
        (
            json.loads(custom_extension["data"])
            for custom_extension in doc.get("custom_extensions", [])
            if custom_extension["vendor_name"] == VENDOR
        ),
        {},
    )
    text = json.dumps({**known, **data}, ensure_ascii=False)
    doc["custom_extensions"] = [*others, {"vendor_name": VENDOR, "data": text}]


def _keep_the_rest(doc: Doc, writer: OsiWriter, mine: FileParts, model: Model, losses: Losses) -> None:
    """Import the written file again, and store with each object what that import doesn't restore."""
    ours = mine.named("datasets")
    for dataset in doc["datasets"]:
        _extend(dataset, {"columns": ours[dataset["name"]].get("columns", {})})
    read = FileParts(import_osi(_files(doc)).files)
    for key, word in (("datasets", "dataset"), ("metrics", "metric")):
        ours, docs = mine.named(key), read.named(key)
        for item in doc.get(key, []):
            name = item["name"]
            file = (model.datasets if key == "datasets" else model.metrics)[name].file
            rest = difference(ours[name], docs.get(name, {}))
            if rest:
                _extend(item, rest)
            lost = words_lost(ours[name], docs.get(name, {}))
            if lost:
                losses.add(f"{word} {name}", f"{', '.join(lost)}: {_UNREAD}", file)
    whole_doc: Doc = {"model": mine.settings} if mine.settings else {}
    unsaid = [mine.named("metrics")[name] for name in writer.unsaid]
    whole_doc |= {"metrics": unsaid} if unsaid else {}
    for key in WHOLE:
        docs = mine.things(key)
        files = {described.name: described.file for described in things_of(model, key)}
        whole_doc |= {key: docs} if docs else {}
        for each_doc in docs:
            losses.add(spelled(key, each_doc), f"OSI has no equivalent; {_UNREAD}", files[each_doc["name"]])
    if whole_doc:
        _extend(doc, whole_doc)


def _put_beside(doc: Doc, kept: Mapping[str, Any]) -> None:
    """Restore other tools' extensions, dialects and AI context that an import stored, for objects that still exist."""
    places = {"model": doc}
    places |= {f"dataset {dataset['name']}": dataset for dataset in doc["datasets"]}
    places |= {f"metric {metric['name']}": metric for metric in doc.get("metrics", [])}
    places |= {f"dimension {field['name']} of {each_doc['name']}": field for each_doc, field in _dimensions(doc)}
    for thing, place in places.items():
        extras = cast(Mapping[str, Any], kept.get(thing) or {})
        if "custom_extensions" in extras:
            place["custom_extensions"] = [*extras["custom_extensions"], *place.get("custom_extensions", [])]
        if "ai_context" in extras:
            ai_context = extras["ai_context"]
            place["ai_context"] = (
                {**ai_context, **place.get("ai_context", {})} if isinstance(ai_context, dict) else ai_context
            )
        if "dialects" in extras:
            place["expression"]["dialects"] += extras["dialects"]
