"""Export a model to a Cube project. What Cube can't express is stored under `meta.samepage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from semantic.interop.beside import BESIDE, read_beside
from semantic.interop.carry import WHOLE, FileParts, difference, things_of, words_lost
from semantic.interop.cube.importing import WHOLE as OF_MODEL
from semantic.interop.cube.importing import import_cube
from semantic.interop.cube.write import CubeWriter
from semantic.interop.imported import ExportedModel, who_sees_what_is_lost
from semantic.interop.loss import Losses
from semantic.interop.ours import OURS, UNREAD, spelled
from semantic.interop.yaml_writer import write_yaml
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

Doc = dict[str, Any]

_UNREAD = UNREAD["Cube"]


def export_cube(files: Mapping[str, str]) -> ExportedModel:
    """Return a model as Cube's YAML, by path. Raises ModelError if the model has problems.

    It includes what an earlier import from Cube stored next to the files.
    """
    losses = Losses()
    texts = {file: text for file, text in files.items() if file.endswith((".yml", ".yaml"))}
    model, mine = parse_model(texts), FileParts(texts)
    writer = CubeWriter(model, mine.by_name("datasets", "metrics", "segments"), losses)
    cubes = {dataset.name: writer.cube(dataset) for dataset in model.datasets.values()}
    for name, measures in writer.measures().items():
        cubes[name] |= {"measures": measures} if measures else {}
    for name, why in writer.unsaid.items():
        losses.add(f"metric {name}", f"{why}; {_UNREAD}", model.metrics[name].file)
    _keep_the_rest(cubes, writer, mine, model, losses)
    _put_beside(cubes, read_beside("cube", {BESIDE: files[BESIDE]} if BESIDE in files else {}))
    who_sees_what_is_lost("Cube", mine, {policy.name: policy.file for policy in model.policies}, losses)
    return ExportedModel(_files(cubes, writer), losses.all)


def _files(cubes: Mapping[str, Doc], writer: CubeWriter) -> dict[str, str]:
    return {
        f"cubes/{name}.yml": write_yaml({"cubes": [cube, *writer.roles.get(name, [])]}) for name, cube in cubes.items()
    }


def _keep_the_rest(cubes: Mapping[str, Doc], writer: CubeWriter, mine: FileParts, model: Model, losses: Losses) -> None:
    """Import the written cubes again, and store with each object what that import doesn't restore."""
    read = FileParts(import_cube(_files(cubes, writer)).files)
    ours, docs = mine.named("datasets"), read.named("datasets")
    for name, cube in cubes.items():
        lost = _keep(cube, ours[name], docs.get(name, {}))
        if lost:
            losses.add(f"dataset {name}", f"{lost}: {_UNREAD}", model.datasets[name].file)
    ours, docs = mine.named("metrics"), read.named("metrics")
    for cube in cubes.values():
        for measure in cube.get("measures", []):
            name = measure["name"]
            lost = _keep(measure, ours[name], docs.get(name, {}))
            if lost:
                losses.add(f"metric {name}", f"{lost}: {_UNREAD}", model.metrics[name].file)
    doc: Doc = {"model": mine.settings} if mine.settings else {}
    unsaid = [ours[name] for name in writer.unsaid]
    doc |= {"metrics": unsaid} if unsaid else {}
    docs = read.named("segments")
    for key in WHOLE:
        files = {described.name: described.file for described in things_of(model, key)}
        kept_docs = [
            each_doc for each_doc in mine.things(key) if key != "segments" or docs.get(each_doc["name"]) != each_doc
        ]
        for each_doc in kept_docs:
            if each_doc["name"] not in docs:
                losses.add(
                    spelled(key, each_doc), f"Cube has no equivalent; {_UNREAD}", files.get(each_doc["name"], "")
                )
        doc |= {key: kept_docs} if kept_docs else {}
    first = next(iter(cubes.values()), None)
    if doc and first is not None:
        first["meta"] = {**first.get("meta", {}), OF_MODEL: doc}


def _keep(doc: Doc, mine: Doc, read: Doc) -> str:
    """Store under `meta` what an import doesn't restore. Return which parts lose their meaning in Cube."""
    rest = difference(mine, read)
    if rest:
        meta = cast(Doc, doc.get("meta", {}))
        doc["meta"] = {**meta, OURS: {**meta.get(OURS, {}), **rest}}
    return ", ".join(words_lost(mine, read))


def _put_beside(cubes: Mapping[str, Doc], kept: Mapping[str, Any]) -> None:
    """Restore the `meta:` that an import from Cube stored, for objects that still exist."""
    for name, cube in cubes.items():
        places = {f"dataset {name}": cube}
        places |= {f"metric {measure['name']}": measure for measure in cube.get("measures", [])}
        places |= {f"dimension {dimension['name']} of {name}": dimension for dimension in cube["dimensions"]}
        for thing, doc in places.items():
            meta = cast(Mapping[str, Any], kept.get(thing, {}).get("meta") or {})
            if meta:
                doc["meta"] = {**meta, **doc.get("meta", {})}
