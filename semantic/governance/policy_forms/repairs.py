"""Repair a policy whose row rules can't be applied to some datasets, in one change that people can undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from semantic.errors import ModelError, Problem
from semantic.governance.policy_forms.row_parts import read_rows, with_rows
from semantic.governance.policy_forms.sentences import places_of
from semantic.model.editing.edit import replace_object
from semantic.model.editing.keys import key_order, read_object, set_key
from semantic.model.editing.objects import Key, ObjectKind, objects_of
from semantic.model.files.yaml_text import Plain
from semantic.model.join_graph import goes_beside
from semantic.model.loading.load import parse_model
from semantic.model.model import Model

_ORDER = key_order(ObjectKind.POLICY)


@dataclass(frozen=True, slots=True)
class Repair:
    """The text of a policy after a repair.

    Its rules about a dimension leave out the datasets in `apart`. The datasets in `denied` are hidden.
    """

    text: str
    apart: tuple[str, ...]
    denied: tuple[str, ...]


def repair(files: Mapping[str, str], key: Key, text: str, model: Model) -> Repair | None:
    """Return the policy's text, changed so that every row rule can be applied.

    None if no rule needs a repair or none is possible. A dataset that a rule can't be applied to is first left out of
    the rules about a dimension, if datasets that it joins limit its rows. If that doesn't help, it's hidden. `model` is
    a model with the same datasets.
    """
    apart: list[str] = []
    denied: list[str] = []
    for add in (apart, denied):
        stuck = _stuck(files, key, text)
        if not stuck:
            break
        add += [name for name in stuck if name not in add]
        if add is apart:
            text = _without(text, apart, model)
            denied += _unreached(text, apart, model)  # otherwise another policy could show all their rows
        text = _hiding(text, denied) if denied else text
    if not (apart or denied) or _stuck(files, key, text):
        return None
    kept = [name for name in apart if name not in denied]
    return Repair(_without(text, kept, model, but=denied), tuple(kept), tuple(denied))


def _stuck(files: Mapping[str, str], key: Key, text: str) -> list[str]:
    """Return the datasets that some rule of the policy can't be applied to."""
    try:
        edited = replace_object(files, key, text).files
    except ModelError:
        return []
    try:
        parse_model(edited)
    except ModelError as error:
        return stuck_datasets(error.problems, edited, key[1])
    return []


def _unreached(text: str, names: Iterable[str], model: Model) -> list[str]:
    """Return the datasets whose rows no rule of the policy limits through a join."""
    parts = read_rows(read_object(text) or {}, model)
    ruled = {part.dataset for part in parts} | {place for part in parts for place in places_of(part, model)}
    return [
        name
        for name in names
        if not any(
            target in ruled and not all(goes_beside(path) for path in paths)
            for target, paths in model.joins.paths(name).items()
        )
    ]


def stuck_datasets(problems: Iterable[Problem], files: Mapping[str, str], policy: str) -> list[str]:
    """Return the datasets that a policy's row rules can't be applied to, according to a model's problems."""
    datasets = [thing for thing in objects_of(files) if thing.kind is ObjectKind.DATASET]
    found = (
        thing.name
        for problem in problems
        if f"row rule of {policy!r}" in problem.message
        for thing in datasets
        if thing.file == problem.file and thing.first <= problem.line <= thing.last
    )
    return list(dict.fromkeys(found))


def _without(text: str, names: Iterable[str], model: Model, but: Iterable[str] = ()) -> str:
    """Return the text with these datasets left out of the rules about dimensions that they have.

    Datasets in `but` aren't left out.
    """
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
    if written == "all":
        return text
    within = written.get("names") if isinstance(written, dict) else written
    listed = within if isinstance(within, list) else []
    wanted: list[Plain] = [*listed, *(name for name in dict.fromkeys(names) if name not in listed)]
    value: Plain = {**written, "names": wanted} if isinstance(written, dict) else wanted
    return set_key(text, ("deny", "datasets"), value, _ORDER)
