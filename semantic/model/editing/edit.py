"""Add, change or remove one object in a model's files, and leave every other byte unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from semantic.errors import ModelError, Problem
from semantic.model.editing.object_text import (
    TEXT,
    ObjectText,
    as_list_item,
    own_line,
    own_text,
    read_object_text,
    refuse,
)
from semantic.model.editing.objects import (
    KEY_OF,
    LIST_KEYS,
    SETTINGS_KEY,
    FileParts,
    Key,
    ModelObject,
    ObjectKind,
    find_object,
    split_file,
    split_files,
)
from semantic.model.editing.pointing import place_of
from semantic.model.editing.splice import cut_out, file_for, put_in
from semantic.model.files.yaml_places import BREAK, newline_of
from semantic.model.files.yaml_text import Path, Plain, read_yaml
from semantic.model.loading.load import parse_files

_Items = list[Plain]


@dataclass(frozen=True, slots=True)
class Edited:
    """The files after an edit, and the edited object's current kind and name."""

    files: Mapping[str, str]
    key: Key


@dataclass(frozen=True, slots=True)
class ObjectProblem:
    """A problem with a model, as the editor of one object shows it.

    `line` is the line in the object's own text, or 0 if the problem is in another object. `path` leads to the key with
    the problem, or is empty if that key isn't known.
    """

    line: int
    problem: Problem
    path: Path = ()


def replace_object(files: Mapping[str, str], key: Key, text: str) -> Edited:
    """Return the files with a new text for an object. The new text can also rename the object.

    `text` is one object, as `own_text` returns it or with its dash, and is indented like the old one. If the text
    hasn't changed, the files don't change either. Raises ModelError if the object doesn't exist, or if the text isn't
    exactly one object.
    """
    thing = _found(files, key)
    if BREAK.sub("\n", text) in (own_text(thing), BREAK.sub("\n", thing.text)):
        return Edited(dict(files), key)
    alone = read_object_text(text, thing.kind)
    file = files[thing.file]
    parts = split_file(thing.file, file)
    laid = as_list_item(alone, thing.dash, thing.body, newline_of(file))
    start = parts.start_of(_same(parts, thing))
    edited = file[:start] + laid + file[start + len(thing.text) :]
    at = _place(parts, thing)
    data = _changed(file, thing.kind, lambda items: [*items[:at], alone.data, *items[at + 1 :]], alone)
    objects = [
        (laid, alone.name) if each_thing == thing else (each_thing.text, each_thing.name)
        for each_thing in parts.objects
    ]
    _verify(thing.file, edited, objects, data)
    return Edited({**files, thing.file: edited}, (thing.kind, alone.name))


def add_object(
    files: Mapping[str, str], kind: ObjectKind, text: str, *, file: str = "", after: Key | None = None
) -> Edited:
    """Return the files with one more object, in `file` or else in the file with the most related objects.

    The object comes after the object `after` if the file has it, otherwise at the end. A missing file is created.
    Raises ModelError if the name is taken, or if the text isn't exactly one object.
    """
    alone = read_object_text(text, kind)
    if find_object(files, kind, alone.name) is not None:
        refuse(f"There is already a {kind.words} {alone.name!r}.", "Rename this one, or edit that one.", 1)
    file = file or file_for(files, alone)
    whole_file = files.get(file, "")
    parts = split_file(file, whole_file)
    if parts.problems:
        raise ModelError(parts.problems)
    siblings = [thing for thing in parts.objects if thing.kind is kind]
    behind = next((sibling for sibling in siblings if sibling.key == after), siblings[-1] if siblings else None)
    edited, laid = put_in(whole_file, parts, alone, behind)
    at = siblings.index(behind) + 1 if behind else 0
    data = _changed(whole_file, kind, lambda items: [*items[:at], alone.data, *items[at:]], alone)
    objects = [(thing.text, thing.name) for thing in parts.objects]
    objects.insert(parts.objects.index(behind) + 1 if behind else len(objects), (laid, alone.name))
    _verify(file, edited, objects, data)
    return Edited({**files, file: edited}, (kind, alone.name))


def remove_object(files: Mapping[str, str], key: Key) -> dict[str, str]:
    """Return the files without an object, the comments directly above it, and its separating blank lines.

    A file that has no other content is removed too. Raises ModelError if the object doesn't exist.
    """
    thing = _found(files, key)
    whole_file = files[thing.file]
    parts = split_file(thing.file, whole_file)
    edited = cut_out(whole_file, parts, _same(parts, thing))
    if not edited.strip(" \t\r\n\ufeff"):
        return {file: text for file, text in files.items() if file != thing.file}
    at = _place(parts, thing)
    data = _changed(whole_file, thing.kind, lambda items: [*items[:at], *items[at + 1 :]], None)
    objects = [(each_thing.text, each_thing.name) for each_thing in parts.objects if each_thing != thing]
    _verify(thing.file, edited, objects, data)
    return {**files, thing.file: edited}


def problems_of(files: Mapping[str, str], key: Key) -> tuple[ObjectProblem, ...]:
    """Return every problem with the model in these files. Problems of the object `key` come first."""
    try:
        parse_files(files)
    except ModelError as error:
        thing = find_object(files, *key)
        problems = [_pointed(problem, thing) for problem in error.problems]
        return tuple(sorted(problems, key=lambda problem: (problem.line == 0, problem.line)))
    return ()


def _pointed(problem: Problem, thing: ModelObject | None) -> ObjectProblem:
    line = own_line(thing, problem.file, problem.line) if thing else 0
    if thing is None or not line:
        return ObjectProblem(0, problem)
    path, line = place_of(problem, own_text(thing), line)
    return ObjectProblem(line, problem, path)


def _found(files: Mapping[str, str], key: Key) -> ModelObject:
    thing = find_object(files, *key)
    if thing is None or thing.kind is ObjectKind.FILE:
        unread = [problem for parts in split_files(files).values() for problem in parts.problems]
        raise ModelError(unread or [Problem(TEXT, 0, f"There is no {key[0].words} named {key[1]!r}.")])
    return thing


def _same(parts: FileParts, thing: ModelObject) -> ModelObject:
    return next(candidate for candidate in parts.objects if candidate == thing)


def _place(parts: FileParts, thing: ModelObject) -> int:
    """Return an object's index among the objects of its kind in one file."""
    return [each_thing for each_thing in parts.objects if each_thing.kind is thing.kind].index(thing)


def _changed(
    whole: str, kind: ObjectKind, change: Callable[[_Items], _Items], alone: ObjectText | None
) -> dict[str, Plain]:
    """Return a file's data after an edit to one of its lists or to its settings."""
    read = read_yaml(whole, TEXT)[0]
    data = dict(read) if isinstance(read, dict) else {}
    if kind is ObjectKind.SETTINGS:
        data.pop(SETTINGS_KEY, None)
        return {**data, **(alone.data if alone else {})}
    items = data.get(KEY_OF[kind])
    return {**data, KEY_OF[kind]: change(items if isinstance(items, list) else [])}


def _verify(file: str, text: str, objects: Sequence[tuple[str, str]], data: Mapping[str, Plain]) -> None:
    """Raise ModelError unless the edited file has exactly these objects and this data."""
    parts = split_file(file, text)
    read = read_yaml(text, file)[0]
    texts = [(thing.text, thing.name) for thing in parts.objects]
    if (
        parts.problems
        or texts != list(objects)
        or _without_empty_lists(read if isinstance(read, dict) else {}) != _without_empty_lists(data)
    ):
        message = "The text would change other parts of the file."
        refuse(message, "Close its quotes and brackets, and indent every line by the same amount.")


def _without_empty_lists(data: Mapping[str, Plain]) -> dict[str, Plain]:
    """Return a file's data without the lists that have no objects."""
    return {key: value for key, value in data.items() if value or key not in LIST_KEYS}
