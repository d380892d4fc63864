"""Decide about the datasets in which a policy's row rules can't be followed, as one change that people can undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from semantic.errors import ModelError, Problem
from semantic.governance.policy_forms.row_parts import read_rows, with_rows
from semantic.model.editing.edit import replace_object
from semantic.model.editing.keys import key_order, read_object, set_key
from semantic.model.editing.objects import Key, ObjectKind, objects_of
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

_ORDER = key_order(ObjectKind.POLICY)


@dataclass(frozen=True, slots=True)
class Repair:
    """A changed text of a policy. `apart` are left out of its rules about a dimension, and `denied` are hidden."""

    text: str
    apart: tuple[str, ...]
    denied: tuple[str, ...]


def repair(files: Mapping[str, str], key: Key, text: str, model: Model) -> Repair | None:
    """Return a text without problems inside datasets, or None if there is none of that kind or no repair.

    First, such a dataset is left out of the rules about a dimension, because the data it joins can limit its rows too.
    If its rows still can't be followed, it is hidden. `model` is a model with the same datasets.
    """
    apart: list[str] = []
    denied: list[str] = []
    for add in (apart, denied):
        stuck = _stuck(files, key, text)
        if not stuck:
            break
        add += [name for name in stuck if name not in add]
        text = _without(text, apart, model) if add is apart else _hiding(text, denied)
    if not (apart or denied) or _stuck(files, key, text):
        return None
    kept = [name for name in apart if name not in denied]
    return Repair(_without(text, kept, model, but=denied), tuple(kept), tuple(denied))


def _stuck(files: Mapping[str, str], key: Key, text: str) -> list[str]:
    """The datasets in which a rule of the policy can't be followed."""
    try:
        edited = replace_object(files, key, text).files
    except ModelError:
        return []
    try:
        parse_model(edited)
    except ModelError as error:
        return list(_datasets_of(error.problems, edited, key[1]))
    return []


def _datasets_of(problems: Iterable[Problem], files: Mapping[str, str], policy: str) -> dict[str, None]:
    datasets = [thing for thing in objects_of(files) if thing.kind is ObjectKind.DATASET]
    return {
        thing.name: None
        for problem in problems
        if f"row rule of {policy!r}" in problem.message
        for thing in datasets
        if thing.file == problem.file and thing.first <= problem.line <= thing.last
    }


def _without(text: str, names: Iterable[str], model: Model, but: Iterable[str] = ()) -> str:
    """The text with datasets left out of its rules about a dimension that they have."""
    data = read_object(text) or {}
    old = read_rows(data, model)
    wanted, back = list(names), set(but)
    new = [
        replace(
            part,
            apart=tuple(
                name
                for name in dict.fromkeys([*part.apart, *wanted])
                if name not in back and part.dimension in model.datasets[name].dimensions
            ),
        )
        if part.is_everywhere and not part.by_hand
        else part
        for part in old
    ]
    return set_key(text, ("rows",), with_rows(old, new, data, model), _ORDER)


def _hiding(text: str, names: Iterable[str]) -> str:
    data = read_object(text) or {}
    deny = data.get("deny")
    written = deny.get("datasets") if isinstance(deny, dict) else None
    wanted = list(names)
    value: Plain
    match written:
        case "all":
            return text
        case dict():
            listed = written.get("names")
            value = {**written, "names": [*(listed if isinstance(listed, list) else []), *wanted]}
        case list():
            value = [*written, *wanted]
        case _:
            value = [*wanted]
    return set_key(text, ("deny", "datasets"), value, _ORDER)
