"""Split a model's files into objects, each with the exact text that defines it.

Joining the texts gives the same files again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from semantic.errors import Problem
from semantic.model.files.yaml_places import BREAK, Place, after_break, line_end, line_of, line_start, read_places
from semantic.model.files.yaml_text import read_yaml


class ObjectKind(StrEnum):
    SETTINGS = "settings"
    DATASET = "dataset"
    METRIC = "metric"
    SEGMENT = "segment"
    ANALYSIS = "analysis"
    DOMAIN = "domain"
    ANNOTATIONS = "annotations"
    CALENDAR = "calendar"
    NAMING = "naming_rule"
    MAPPED_NAMES = "mapped_names"
    POLICY = "policy"
    POLICY_TEST = "policy_test"
    PERSON = "person"
    FILE = "file"  # a file that can't be read, as a single piece

    @property
    def words(self) -> str:
        """The kind in words: `source of annotations`."""
        return "source of annotations" if self is ObjectKind.ANNOTATIONS else self.value.replace("_", " ")


LIST_KEYS = {
    "datasets": ObjectKind.DATASET,
    "metrics": ObjectKind.METRIC,
    "segments": ObjectKind.SEGMENT,
    "analyses": ObjectKind.ANALYSIS,
    "domains": ObjectKind.DOMAIN,
    "annotations": ObjectKind.ANNOTATIONS,
    "calendars": ObjectKind.CALENDAR,
    "naming": ObjectKind.NAMING,
    "mapped_names": ObjectKind.MAPPED_NAMES,
    "policies": ObjectKind.POLICY,
    "policy_tests": ObjectKind.POLICY_TEST,
    "people": ObjectKind.PERSON,
}
"""A file's keys that hold lists of objects."""

KEY_OF = {kind: key for key, kind in LIST_KEYS.items()}

SETTINGS_KEY = "model"

Key = tuple[ObjectKind, str]
"""What identifies an object in any file: its kind and its name. The name of the settings is `model`."""


@dataclass(frozen=True, slots=True)
class ModelObject:
    """One object in one file.

    `text` has its lines without the last line break. The text includes comments directly above and inside the object,
    its dash, and its indentation in the file. Inside `[ ]` or `{ }` it's the text between the separators. `first` and
    `last` are the object's lines, counted from 1. `dash` is the column of its dash, or -1 if it has none. `body` is the
    column of its keys. `name` is empty if the object has none that can be read.
    """

    kind: ObjectKind
    name: str
    file: str
    first: int
    last: int
    text: str
    dash: int = -1
    body: int = 0

    @property
    def key(self) -> Key:
        return self.kind, self.name


@dataclass(frozen=True, slots=True)
class ListPart:
    """A list of objects in a file: the positions in the text where its key starts and its last object ends."""

    kind: ObjectKind
    start: int
    inside: int  # after the colon of its key, and after the bracket of a list in [ ]
    end: int  # of a list in [ ], before the bracket
    dash: int  # the column of its dashes, -1 in [ ] and if there is no item
    is_flow: bool
    count: int


@dataclass(frozen=True, slots=True)
class FileParts:
    """A file's objects, and the text between them.

    If the file can't be split, it's a single object of kind `file`, and `problems` say why.
    """

    file: str
    pieces: tuple[str | ModelObject, ...]
    lists: tuple[ListPart, ...] = ()
    is_flow: bool = False  # the whole file is one { }
    problems: tuple[Problem, ...] = ()

    @property
    def objects(self) -> tuple[ModelObject, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, ModelObject))

    def start_of(self, wanted: ModelObject) -> int:
        """Return the position in the file's text where one of its objects begins."""
        at = 0
        for piece in self.pieces:
            if piece is wanted:
                return at
            at += len(piece) if isinstance(piece, str) else len(piece.text)
        raise KeyError(wanted.name)


def split_files(files: Mapping[str, str]) -> dict[str, FileParts]:
    """Return the parts of each file, by path."""
    return {file: split_file(file, text) for file, text in sorted(files.items())}


def join_file(parts: FileParts) -> str:
    """Return the text of a file that was split, identical to the original."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in parts.pieces)


def objects_of(files: Mapping[str, str]) -> tuple[ModelObject, ...]:
    """Return every object in these files, sorted by path and line."""
    return tuple(thing for parts in split_files(files).values() for thing in parts.objects)


def find_object(files: Mapping[str, str], kind: ObjectKind, name: str) -> ModelObject | None:
    """Return the first object of a kind with that name, or None."""
    return next((thing for thing in objects_of(files) if thing.key == (kind, name)), None)


@lru_cache(maxsize=500)  # an edit reads every file and changes one
def split_file(file: str, text: str) -> FileParts:
    """Return one file, split into objects. A file that can't be read is a single object with its problem."""
    data, _, problems = read_yaml(text, file)
    if problems:
        return _opaque(file, text, problems)
    if data is None:
        return FileParts(file, (text,) if text else ())
    if not isinstance(data, dict):
        remedy = "Begin it with a key such as `metrics:`."
        return _opaque(file, text, [Problem(file, 1, "The file doesn't contain objects of a model.", remedy)])
    root = read_places(text)
    assert root is not None  # there is data
    spans = [span for key, value in root.pairs for span in _spans_under(text, key, value, root)]
    try:
        pieces = tuple(_pieces(file, text, spans))
    except _Entangled as error:
        message = "Two objects share a line, so the file can't be edited object by object."
        return _opaque(file, text, [Problem(file, line_of(text, error.at), message, "Start each on its own line.")])
    lists = tuple(listing for key, value in root.pairs for listing in _lists_under(text, key, value))
    return FileParts(file, pieces, lists, root.is_flow)


class _Entangled(Exception):
    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


@dataclass(frozen=True, slots=True)
class _Span:
    """Where an object starts and ends in its file's text.

    It starts with its first line, or in flow style with its first character.
    """

    kind: ObjectKind
    name: str
    start: int
    end: int
    anchor: int  # of its dash or key: comments above are searched from here
    dash: int = -1
    body: int = 0
    is_flow: bool = False


def _opaque(file: str, text: str, problems: Iterable[Problem]) -> FileParts:
    thing = ModelObject(ObjectKind.FILE, file, file, 1, line_of(text, len(text)), text)
    return FileParts(file, (thing,), problems=tuple(problems))


def _spans_under(text: str, key: Place, value: Place, root: Place) -> Iterator[_Span]:
    if key.value == SETTINGS_KEY and (value.children or value.value):
        if root.is_flow:
            yield _Span(ObjectKind.SETTINGS, SETTINGS_KEY, key.start, value.end, key.start, is_flow=True)
        else:
            end = _end_of_lines(text, value, 0)
            yield _Span(ObjectKind.SETTINGS, SETTINGS_KEY, line_start(text, key.start), end, key.start)
    kind = LIST_KEYS.get(key.value or "")
    if kind is None or not value.is_list:
        return
    for item in value.children:
        called = item.text_of("id" if kind is ObjectKind.PERSON else "name")
        if value.is_flow:
            yield _Span(kind, called, item.start, item.end, item.start, is_flow=True)
        else:
            start = line_start(text, item.dash)
            column, body = item.dash - start, item.start - line_start(text, item.start)
            yield _Span(kind, called, start, _end_of_lines(text, item, column), item.dash, column, body)


def _end_of_lines(text: str, place: Place, column: int) -> int:
    """Return the position after an object's last line, including comments below it that are indented more deeply."""
    if place.keeps_blanks:
        # The last line break is left out, as for every object.
        ends = list(BREAK.finditer(text, place.start, place.end))
        return ends[-1].start() if ends and ends[-1].end() == place.end else place.end
    end = line_end(text, place.end)
    while (following := after_break(text, end)) > end:
        line = text[following : line_end(text, following)]
        inner = line.lstrip(" \t")
        if not inner.startswith("#") or len(line) - len(inner) <= column:
            break
        end = following + len(line)
    return end


def _pieces(file: str, text: str, spans: Iterable[_Span]) -> Iterator[str | ModelObject]:
    at, line = 0, 1
    for span in sorted(spans, key=lambda each_span: each_span.start):
        start = span.start if span.is_flow else _above(text, span, at)
        if (
            start < at
            or span.end < span.anchor
            or (not span.is_flow and text[span.start : span.anchor].strip(" \ufeff"))
        ):
            raise _Entangled(span.anchor)
        if start > at:
            yield text[at:start]
            line += _breaks(text, at, start)
        last = line + _breaks(text, start, span.end)
        yield ModelObject(span.kind, span.name, file, line, last, text[start : span.end], span.dash, span.body)
        at, line = span.end, last
    if at < len(text):
        yield text[at:]


def _breaks(text: str, start: int, end: int) -> int:
    return sum(1 for _ in BREAK.finditer(text, start, end))


def _above(text: str, span: _Span, floor: int) -> int:
    """Return the position where the comments directly above an object begin, but no earlier than `floor`."""
    start = span.start
    while start > floor:
        above = line_start(text, start - 1 if text[start - 2 : start] != "\r\n" else start - 2)
        line = text[above:start].lstrip(" \t\ufeff")
        if above < floor or not line.startswith("#"):
            break
        start = above
    return start


def _lists_under(text: str, key: Place, value: Place) -> Iterator[ListPart]:
    kind = LIST_KEYS.get(key.value or "")
    if kind is None:
        return
    if value.is_list and value.is_flow:
        yield ListPart(kind, key.start, value.start + 1, value.end - 1, -1, True, len(value.children))
    elif value.is_list:
        first, last = value.children[0], value.children[-1]
        column = first.dash - line_start(text, first.dash)
        end = _end_of_lines(text, last, column)
        yield ListPart(kind, key.start, text.index(":", key.end) + 1, end, column, False, len(value.children))
    elif not value.value:
        colon = text.index(":", key.end) + 1
        yield ListPart(kind, key.start, colon, colon, -1, False, 0)
