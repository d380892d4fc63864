"""Remove the parts of an imported model that the model language refuses, and report them as losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from semantic.errors import ModelError, Problem
from semantic.interop.loss import Losses
from semantic.interop.yaml_writer import write_yaml
from semantic.model.files.yaml_text import Path, read_yaml
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

Doc = dict[str, Any]
MOST_ROUNDS = 60
_PARTS = ("dimensions", "measures", "entities")


@dataclass(frozen=True, slots=True)
class ValidModel:
    """A model without problems, with its files as data and as text."""

    model: Model
    docs: Mapping[str, Doc]
    texts: Mapping[str, str]


def weed(docs: Mapping[str, Doc], losses: Losses) -> ValidModel:
    """Return the model in these files without invalid parts. Raises ModelError if that isn't enough.

    Metrics, measures, dimensions and a dataset's keys can be removed, and as a last resort whole datasets and
    calendars. Everything that needs a removed part is removed too.
    """
    left = _in_no_lost_domain(docs, losses)
    texts = {file: write_yaml(doc) for file, doc in left.items()}
    for _ in range(MOST_ROUNDS):
        try:
            return ValidModel(parse_model(texts), left, texts)
        except ModelError as error:
            changed = _without(left, texts, error, losses)
            for file in changed:
                texts[file] = write_yaml(left[file])
    return ValidModel(parse_model(texts), left, texts)


def _in_no_lost_domain(docs: Mapping[str, Doc], losses: Losses) -> dict[str, Doc]:
    """Return the files with objects moved to the core if their domain wasn't carried over."""
    known = {domain["name"] for doc in docs.values() for domain in doc.get("domains") or []}
    kept: dict[str, Doc] = {}
    for file, doc in docs.items():
        kept[file] = dict(doc)
        for key, kind in (("metrics", "metric"), ("segments", "segment"), ("datasets", "dataset")):
            if key in doc:
                kept[file][key] = [_in_core(part, kind, known, losses) for part in doc[key]]
    return kept


def _in_core(part: Doc, kind: str, known: set[str], losses: Losses) -> Doc:
    if "domain" not in part or part["domain"] in known:
        return part
    losses.add(f"{kind} {part['name']}", f"is in the core, because its domain {part['domain']} wasn't carried over")
    return {key: value for key, value in part.items() if key != "domain"}


def _without(docs: dict[str, Doc], texts: Mapping[str, str], error: ModelError, losses: Losses) -> set[str]:
    """Remove the invalid parts from `docs`, and return the paths of the changed files."""
    wrong: dict[tuple[str, Path], Problem] = {}
    for problem in error.problems:
        place = _part(problem, texts)
        if place is None:
            raise error
        wrong.setdefault((problem.file, place), problem)
    for (file, place), problem in wrong.items():
        losses.add(_spell(docs[file], place), f"left out: {problem.message}")
    for file in {file for file, _ in wrong}:
        gone = {place for other, place in wrong if other == file}
        docs[file] = _pruned(docs[file], gone)
    return {file for file, _ in wrong}


def _part(problem: Problem, texts: Mapping[str, str]) -> Path | None:
    """Return the path of the smallest removable part around a problem's line, or None."""
    if problem.file not in texts:
        return None
    _, lines, _ = read_yaml(texts[problem.file], problem.file)
    before = [(line, path) for path, line in lines.items() if line <= problem.line]
    _, inner = max(before, key=lambda pair: (pair[0], len(pair[1])), default=(0, ()))
    around = (inner[:length] for length in range(len(inner), 0, -1))
    return next((path for path in around if _can_go(path)), None)


def _can_go(path: Path) -> bool:
    match path:
        case (("metrics" | "calendars" | "segments" | "annotations" | "datasets"), int()):
            return True
        case ("model", str() as key):
            return key != "name"
        case ("datasets", int(), str() as key):
            return key not in ("name", "table", "sql", "grain", "columns", *_PARTS)
        case ("datasets", int(), key, int()):
            return key in _PARTS
        case _:
            return False


def _pruned(doc: Doc, gone: set[Path]) -> Doc:
    def visit(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            items = dict(_kept(value.items(), path, gone))  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
            return {key: visit(item, (*path, key)) for key, item in items.items()}
        if isinstance(value, list):
            return [visit(item, (*path, key)) for key, item in _kept(enumerate(value), path, gone)]  # pyright: ignore[reportUnknownArgumentType]
        return value

    return visit(doc, ())


def _kept(items: Any, path: Path, gone: set[Path]) -> Iterator[tuple[Any, Any]]:
    yield from ((key, item) for key, item in items if (*path, key) not in gone)


def _spell(doc: Doc, place: Path) -> str:
    """Return a part's name for a loss, such as `metric p99`, `measure p99 of orders` or `partitions of orders`."""
    match place:
        case (str() as key, int() as index):
            return f"{key.removesuffix('s')} {doc[key][index].get('name', '')}".strip()
        case ("model", str() as key):
            return f"the setting {key}"
        case ("datasets", int() as index, str() as key):
            return f"{key} of {doc['datasets'][index]['name']}"
        case ("datasets", int() as index, str() as key, int() as inner):
            dataset = doc["datasets"][index]
            words = {"entities": "entity"}.get(key, key.removesuffix("s"))
            return f"{words} {dataset[key][inner]['name']} of {dataset['name']}"
        case _:
            return ".".join(map(str, place))
