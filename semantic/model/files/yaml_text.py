"""Read YAML as plain data whose scalars are all text, with the line of every part (decision 33).

Anchors, aliases, tags and duplicate keys are refused, so that the text means what it shows. `[DE, NO]` stays two words,
because NO isn't read as false.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from semantic.errors import Problem

Plain = str | None | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]

MAX_DEPTH = 40
MAX_CHARACTERS = 5_000_000


_Scalar = Callable[[yaml.ScalarEvent], str | int | float | bool | None]


class _Unreadable(Exception):
    def __init__(self, line: int, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.line, self.message, self.remedy = line, message, remedy


def read_yaml(text: str, file: str) -> tuple[Plain, dict[Path, int], list[Problem]]:
    """Return a YAML text's data with every scalar as text, the line of each path, and problems.

    The data is None if the text can't be read at all.
    """
    return _read(text, file, _text)


def read_typed_yaml(text: str, file: str) -> tuple[Any, dict[Path, int], list[Problem]]:
    """Return a YAML text's data with JSON's scalars, the line of each path, and problems.

    Unquoted numbers, true, false and null are converted. Everything else is text, so `[DE, NO]` stays two words. This
    is for values without a schema, such as a filter's.
    """
    return _read(text, file, _typed)


def _read(text: str, file: str, scalar: _Scalar) -> tuple[Any, dict[Path, int], list[Problem]]:
    lines: dict[Path, int] = {}
    if len(text) > MAX_CHARACTERS:
        return None, lines, [Problem(file, 0, f"The file is longer than {MAX_CHARACTERS:,} characters.", "Split it.")]
    try:
        return _read_document(_events(text), lines, scalar), lines, []
    except UnicodeEncodeError:
        return (
            None,
            lines,
            [Problem(file, 0, "The file contains a broken character (half of a surrogate pair).", "Save it as UTF-8.")],
        )
    except _Unreadable as wrong:
        return None, lines, [Problem(file, wrong.line, wrong.message, wrong.remedy)]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return (
            None,
            lines,
            [Problem(file, line, f"This is not YAML: {error.problem}.", "Check indentation and quotes.")],
        )
    except yaml.YAMLError as error:
        return None, lines, [Problem(file, 0, f"This is not YAML: {str(error).splitlines()[0]}.")]


def _events(text: str) -> Iterator[yaml.Event]:
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _read_document(events: Iterator[yaml.Event], lines: dict[Path, int], scalar: _Scalar) -> Any:
    data: Any = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _Unreadable(
                    _line(event), "The file has more than one YAML document.", "Put each in its own file."
                )
        elif not isinstance(event, (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent)):
            data = _read_node(event, events, (), lines, scalar)
    return data


def _read_node(
    event: yaml.Event, events: Iterator[yaml.Event], path: Path, lines: dict[Path, int], scalar: _Scalar
) -> Any:
    lines[path] = _line(event)
    if len(path) > MAX_DEPTH:
        raise _Unreadable(_line(event), f"This is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _Unreadable(
            _line(event), "Anchors and aliases (& and *) are not supported.", "Write the text in full, or quote it."
        )
    if getattr(event, "tag", None) not in (None, "!"):
        raise _Unreadable(_line(event), "Tags (!) are not supported.", "Remove the tag, or quote the text.")
    match event:
        case yaml.ScalarEvent():
            return scalar(event)
        case yaml.SequenceStartEvent():
            return _read_list(events, path, lines, scalar)
        case yaml.MappingStartEvent():
            return _read_mapping(events, path, lines, scalar)
        case _:
            raise _Unreadable(_line(event), "This is not a value, a list or a mapping.")


def _read_list(events: Iterator[yaml.Event], path: Path, lines: dict[Path, int], scalar: _Scalar) -> list[Any]:
    items: list[Any] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        items.append(_read_node(event, events, (*path, len(items)), lines, scalar))
    return items


def _read_mapping(events: Iterator[yaml.Event], path: Path, lines: dict[Path, int], scalar: _Scalar) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag not in (None, "!"):
            raise _Unreadable(_line(event), "A key must be plain text.")
        if event.value in mapping:
            raise _Unreadable(_line(event), f"The key {event.value!r} is written twice.", "Keep one of them.")
        mapping[event.value] = _read_node(next(events), events, (*path, event.value), lines, scalar)
        lines[(*path, event.value)] = _line(event)
    return mapping


def _text(event: yaml.ScalarEvent) -> str | None:
    return None if event.implicit[0] and event.value in ("", "~", "null") else event.value


_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,40})")
_FRACTION = re.compile(r"-?[0-9]{1,40}\.[0-9]{1,40}(?:[eE][-+]?[0-9]{1,3})?")


def _typed(event: yaml.ScalarEvent) -> str | int | float | bool | None:
    text = _text(event)
    if text is None or not event.implicit[0]:
        return text
    if text in ("true", "false"):
        return text == "true"
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _FRACTION.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1
