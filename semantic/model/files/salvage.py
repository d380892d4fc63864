"""Drop the invalid parts of a file, so that the other parts can still be checked for problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from semantic.model.files.sources import Source
from semantic.model.files.yaml_text import Path, Plain

_MOST_ROUNDS = 20
_ABOUT = frozenset({"label", "description", "owner", "synonyms", "tags", "means", "does_not_mean", "certified", "unit"}
                   | {"format", "decimals", "direction", "matters", "deprecated", "enough", "fill"})  # fmt: skip
"""Keys that no other object refers to."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The valid part of a file.

    `names` are the objects and parts that weren't read completely, so references to them can't be checked. `doc` is
    None if no valid part is left.
    """

    doc: BaseModel | None
    source: Source
    names: frozenset[str]


def salvage(schema: type[BaseModel], data: Plain, source: Source, error: ValidationError) -> Salvaged:
    """Return the file without its invalid parts, and without parts that become invalid as a result."""
    names: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        errors = error.errors(include_url=False, include_input=False)
        cut = {_cut_of(data, wrong) for wrong in errors}
        if () in cut:
            break
        lost = {_cut_of(data, wrong) for wrong in errors if wrong["type"] != "extra_forbidden"}
        names.update(name for path in lost for name in _names(data, path))
        data, lines = _without(data, frozenset(cut), (), source.lines, ())
        source = Source(source.file, lines)
        try:
            return Salvaged(schema.model_validate(data), source, frozenset(names))
        except ValidationError as following:
            error = following
    return Salvaged(None, source, frozenset(names))


def _cut_of(data: Plain, wrong: Any) -> Path:  # Any: pydantic's record of an error
    """Return the path of the part to drop: an invalid key or item, or the part that lacks a required key."""
    path: Path = tuple(wrong["loc"])
    if wrong["type"] == "missing":
        path = path[:-1]
    reached: Path = ()
    for step in path:
        match data:
            case dict() if step in data:
                data = data[str(step)]
            case list() if isinstance(step, int) and step < len(data):
                data = data[step]
            case _:
                break
        reached = (*reached, step)
    return reached


def _names(data: Plain, path: Path) -> list[str]:
    """Return the names that other objects use for a part, or for the object that contains it."""
    if len(path) >= 3 and path[2] in _ABOUT:
        return []
    names: list[str] = []
    for step in (*path, None):
        if isinstance(data, dict):
            names += [str(data[key]) for key in ("name", "id") if isinstance(data.get(key), str)]
            if path[:1] == ("datasets",) and len(path) <= 3:
                names += [
                    str(part["name"])
                    for key in ("dimensions", "measures", "entities")
                    if isinstance(parts := data.get(key), list)
                    for part in parts
                    if isinstance(part, dict) and isinstance(part.get("name"), str)
                ]
        if step is None:
            break
        data = data[step] if isinstance(data, dict | list) else None  # type: ignore[index]
    return names


def _without(
    data: Plain, cut: frozenset[Path], at: Path, lines: Mapping[Path, int], to: Path
) -> tuple[Plain, dict[Path, int]]:
    """Return the data without the parts in `cut`, and the line numbers of the remaining parts by their new paths."""
    kept: dict[Path, int] = {to: lines[at]} if at in lines else {}
    match data:
        case dict():
            mapping: dict[str, Plain] = {}
            for key, value in data.items():
                if (*at, key) not in cut:
                    mapping[key], inner = _without(value, cut, (*at, key), lines, (*to, key))
                    kept |= inner
            return mapping, kept
        case list():
            items: list[Plain] = []
            for index, value in enumerate(data):
                if (*at, index) not in cut:
                    item, inner = _without(value, cut, (*at, index), lines, (*to, len(items)))
                    items.append(item)
                    kept |= inner
            return items, kept
        case _:
            return data, kept
