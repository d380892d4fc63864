"""Convert an object's text between its form in a file and the form that people edit.

People edit it at the left margin and without a dash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from pydantic import BaseModel

from semantic.errors import ModelError, Problem
from semantic.model.editing.objects import LIST_KEYS, SETTINGS_KEY, ModelObject, ObjectKind
from semantic.model.files.yaml_places import BREAK
from semantic.model.files.yaml_text import Plain, read_yaml
from semantic.model.loading.naming_schema import MappedNamesDoc, NamingDoc
from semantic.model.loading.policy_schema import PersonDoc, PolicyDoc, PolicyTestDoc
from semantic.model.loading.schema import (
    AnalysisDoc,
    AnnotationsDoc,
    CalendarDoc,
    DatasetDoc,
    DomainDoc,
    MetricDoc,
    SegmentDoc,
)
from semantic.model.loading.settings_schema import SettingsDoc

TEXT = "this text"
"""The file name in problems with an object's own text. Their line numbers count within that text."""

DOCS: Mapping[ObjectKind, type[BaseModel]] = {
    ObjectKind.SETTINGS: SettingsDoc,
    ObjectKind.DATASET: DatasetDoc,
    ObjectKind.METRIC: MetricDoc,
    ObjectKind.SEGMENT: SegmentDoc,
    ObjectKind.ANALYSIS: AnalysisDoc,
    ObjectKind.DOMAIN: DomainDoc,
    ObjectKind.ANNOTATIONS: AnnotationsDoc,
    ObjectKind.CALENDAR: CalendarDoc,
    ObjectKind.NAMING: NamingDoc,
    ObjectKind.MAPPED_NAMES: MappedNamesDoc,
    ObjectKind.POLICY: PolicyDoc,
    ObjectKind.POLICY_TEST: PolicyTestDoc,
    ObjectKind.PERSON: PersonDoc,
}
"""The schema class of each kind of object."""


@dataclass(frozen=True, slots=True)
class ObjectText:
    """An object's text as people edit it, line by line, and the data in it."""

    kind: ObjectKind
    name: str
    lines: tuple[str, ...]
    data: dict[str, Plain]


@lru_cache(maxsize=4_000)
def own_text(thing: ModelObject) -> str:
    """Return an object's text as people edit it: at the left margin, without its dash, with uniform line breaks."""
    text = BREAK.sub("\n", thing.text)
    if thing.dash < 0:
        return text
    lines = text.split("\n")
    first = first_of_body(lines)
    if _is_lone_dash(lines[first]):
        del lines[first]
    else:
        lines[first] = " " * thing.body + lines[first][thing.body :]
    return "\n".join(_at_left_edge(lines, first, thing.dash, thing.body))


def own_line(thing: ModelObject, file: str, line: int) -> int:
    """Return a file's line counted within an object's own text, or 0 if it's outside the object."""
    if file != thing.file or not thing.first <= line <= thing.last:
        return 0
    own = line - thing.first + 1
    lines = BREAK.split(thing.text)
    first = first_of_body(lines)
    return own - 1 if thing.dash >= 0 and _is_lone_dash(lines[first]) and own > first + 1 else own


def read_object_text(text: str, kind: ObjectKind) -> ObjectText:
    """Return the single object in a text, with or without its dash. Raises ModelError for any other text."""
    text = _ended(BREAK.sub("\n", text))
    data, _, problems = read_yaml(text, TEXT)
    if problems:
        raise ModelError(problems)
    lines = text.split("\n")[:-1]
    if isinstance(data, list):
        if len(data) != 1:
            refuse(f"The text contains {len(data)} objects.", "Keep one. Add the others one at a time.", 1)
        data, lines = data[0], _without_dash(lines)
    if not isinstance(data, dict):
        refuse("The text has no keys.", "Begin with `name:`.", 1)
    _refuse_other_keys(data, kind, lines)
    if kind is ObjectKind.SETTINGS:
        return ObjectText(kind, SETTINGS_KEY, tuple(lines), data)
    name = name_in(data, kind)
    if not name:
        refuse(f"The {kind.words} has no `{'id' if kind is ObjectKind.PERSON else 'name'}:`.", "Add it.", 1)
    first = first_of_body(lines)
    columns = len(lines[first]) - len(lines[first].lstrip(" "))
    return ObjectText(kind, name, tuple(_at_left_edge(lines, first, columns, columns)), data)


def as_list_item(alone: ObjectText, dash: int, body: int, newline: str) -> str:
    """Return an object's text as an item of a list, with its dash in the column `dash`.

    Without a dash, as in brackets, `dash` is -1.
    """
    first = first_of_body(alone.lines)
    if alone.kind is ObjectKind.SETTINGS:
        return newline.join(alone.lines)
    if dash < 0:
        if not alone.lines[first].startswith("{"):
            refuse("The file's list is written in [ ].", "Write the object in { }, or choose another file.", first + 1)
        return newline.join(alone.lines)
    above = [" " * dash + line if line.strip() else line for line in alone.lines[:first]]
    below = [" " * body + line if line.strip() else line for line in alone.lines[first + 1 :]]
    return newline.join([*above, " " * dash + "-" + " " * (body - dash - 1) + alone.lines[first], *below])


def name_in(item: Plain, kind: ObjectKind) -> str:
    """Return the name in an object's data, or a person's ID, or "" if it's missing."""
    name = item.get("id" if kind is ObjectKind.PERSON else "name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else ""


def refuse(message: str, remedy: str = "", line: int = 0) -> NoReturn:
    """Raise ModelError for a problem in an object's own text."""
    raise ModelError([Problem(TEXT, line, message, remedy)])


def first_of_body(lines: Sequence[str]) -> int:
    """Return the index of the first line that is neither blank nor a comment."""
    return next((at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)


def _is_lone_dash(line: str) -> bool:
    return re.fullmatch(r"\s*-\s*(#.*)?", line) is not None


def _at_left_edge(lines: Sequence[str], first: int, above: int, below: int) -> list[str]:
    return [_less(line, above) for line in lines[:first]] + [_less(line, below) for line in lines[first:]]


def _less(line: str, columns: int) -> str:
    """Return a line with up to `columns` spaces removed from its start."""
    return line[min(columns, len(line) - len(line.lstrip(" "))) :]


def _ended(text: str) -> str:
    """Return text that ends in one line break. Blank lines at the end stay only if they're part of a value."""
    bare = text.rstrip("\n") + "\n"
    return bare if text in bare or read_yaml(bare, TEXT)[0] == read_yaml(text, TEXT)[0] else text


def _without_dash(lines: list[str]) -> list[str]:
    first = first_of_body(lines)
    match = re.match(r"( *)-( +)(?=\S)", lines[first])
    if match is None or _is_lone_dash(lines[first]):
        refuse(
            "The dash has no object after it.", "Write the first key on the same line, or remove the dash.", first + 1
        )
    dash, body = len(match[1]), len(match[0])
    lines = [*lines[:first], " " * body + lines[first][body:], *lines[first + 1 :]]
    return _at_left_edge(lines, first, dash, body)


def _refuse_other_keys(data: Mapping[str, Plain], kind: ObjectKind, lines: Sequence[str]) -> None:
    """Raise ModelError if the text has top-level keys that don't belong to one object of this kind."""
    own = {SETTINGS_KEY} if kind is ObjectKind.SETTINGS else set(DOCS[kind].model_fields)
    if kind is ObjectKind.SETTINGS and set(data) != own:
        refuse(
            "The text contains more than the settings.",
            f"Begin with `{SETTINGS_KEY}:` and have no other key at that level.",
            1,
        )
    for name in data:
        if name in (*LIST_KEYS, SETTINGS_KEY) and name not in own:
            line = next(
                (at for at, candidate in enumerate(lines, start=1) if candidate.strip().startswith(f"{name}:")), 1
            )
            refuse(f"`{name}:` is a key of a file, not of a {kind.words}.", "Write only the object.", line)
