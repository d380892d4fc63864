"""Change one key in an object's own text, and leave every other byte unchanged.

A form edits an object through these functions, so the form and the YAML editor work on the same text. Each function
checks that the new text contains exactly the intended data.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import cast

from pydantic import BaseModel

from semantic.errors import ModelError
from semantic.model.editing.object_text import DOCS, TEXT, refuse
from semantic.model.editing.objects import ObjectKind
from semantic.model.files.yaml_places import Place, after_break, line_end, line_start, read_places
from semantic.model.files.yaml_text import Path, Plain, read_yaml

_WIDTH = 110
_PLAIN = re.compile(r"(?:[^\W_]|\()[\w .,;/%€$£()'&+*=<>!?\u2010-\u2026-]*", re.UNICODE)
_FLOW_MARKS = frozenset(",[]{}")


def value_at(data: Plain, path: Path) -> Plain:
    """Return the value at a path, or None if the path doesn't exist."""
    for step in path:
        match data:
            case dict() if isinstance(step, str):
                data = data.get(step)
            case list() if isinstance(step, int) and step < len(data):
                data = data[step]
            case _:
                return None
    return data


def read_object(text: str) -> dict[str, Plain] | None:
    """Return the data in an object's own text, or None if the text isn't valid YAML."""
    data, _, problems = read_yaml(text, TEXT)
    return data if isinstance(data, dict) and not problems else None


def set_key(text: str, path: Path, value: Plain, order: Sequence[str] = ()) -> str:
    """Return an object's text with a new value at a path. None, "", [] and {} remove the key.

    A new key is placed after the keys that precede it in `order`. Raises ModelError if the text isn't valid YAML, or if
    the change would affect anything else.
    """
    before, last = _data(text), path[-1]
    value = _as_text(value)
    if value in (None, "", [], {}):
        return _without(text, before, path)
    old = value_at(before, path)
    if old == value:
        return text
    if isinstance(value, list) and isinstance(old, list) and _is_block(text, path):
        return _with_items(text, path, old, value)
    if len(path) > 1 and value_at(before, path[:-1]) is None:
        inner: Plain = [value] if isinstance(last, int) else {str(last): value}
        return set_key(text, path[:-1], inner, order)
    parent, own = _found(text, path)
    if own is not None:
        edited = _replaced(text, parent, own, value)
    elif parent.is_list:
        edited = _appended(text, parent, value)
    else:
        edited = _inserted(text, parent, str(last), value, order)
    return _checked(edited, _changed(before, path, value))


def remove_item(text: str, path: Path) -> str:
    """Return an object's text without one item of a list. Removing the last item also removes the list."""
    before = _data(text)
    items = value_at(before, path[:-1])
    assert isinstance(items, list)
    if len(items) == 1:
        return _without(text, before, path[:-1])
    parent, own = _found(text, path)
    assert own is not None
    if parent.is_flow:
        edited = _cut(text, own.start, own.end)
    else:
        end = after_break(text, line_end(text, own.end))
        edited = text[: line_start(text, own.dash)] + text[end:]
    return _checked(edited, _changed(before, path, None))


def key_order(kind: ObjectKind) -> tuple[str, ...]:
    """Return the keys of a kind of object, in the order in which forms write them."""
    return tuple(_fields(DOCS[kind]))


def _fields(doc: type[BaseModel]) -> list[str]:
    return list(doc.model_fields)


def _data(text: str) -> dict[str, Plain]:
    data, _, problems = read_yaml(text, TEXT)
    if problems:
        raise ModelError(problems)
    if not isinstance(data, dict):
        refuse("The text has no keys.", "Begin with `name:`.", 1)
    return data


def _as_text(value: Plain) -> Plain:
    """Return a value without its empty parts, which YAML wouldn't write."""
    match value:
        case dict():
            return {key: _as_text(part) for key, part in value.items() if part not in (None, "", [], {})}
        case list():
            return [_as_text(part) for part in value]
        case _:
            return value


def _found(text: str, path: Path) -> tuple[Place, Place | None]:
    """Return the list or mapping that holds the last step of a path, and its current value, or None."""
    place = read_places(text)
    assert place is not None
    for step in path[:-1]:
        inner = _inner(place, step)
        assert inner is not None
        place = inner
    if place.value is not None:
        refuse("This part of the text isn't a list or mapping.", "Edit it as YAML.")
    return place, _inner(place, path[-1])


def _inner(place: Place, step: str | int) -> Place | None:
    if isinstance(step, int):
        return place.children[step] if place.is_list and step < len(place.children) else None
    if place.is_list or place.value is not None:
        return None
    return next((value for key, value in place.pairs if key.value == step), None)


def _key_place(parent: Place, value: Place) -> Place | None:
    return None if parent.is_list else next(key for key, own in parent.pairs if own is value)


def _is_block(text: str, path: Path) -> bool:
    own = _found(text, path)[1]
    return own is not None and own.is_list and not own.is_flow


def _replaced(text: str, parent: Place, own: Place, value: Plain) -> str:
    key = _key_place(parent, own)
    is_flow = parent.is_flow or _in_flow(text, own)
    indent = _column(text, key.start if key else own.start) + 2
    if key is None:
        return text[: own.start] + _written(value, indent, is_flow=is_flow) + text[own.end :]
    colon = text.index(":", key.end) + 1
    between = text[colon : own.start]
    written = _written(value, indent, is_flow=is_flow)
    kept = between.rstrip() if "#" in between else ""  # a comment between the key and a value on the next lines
    return _pair(text[: colon - 1], written) + kept + text[max(own.end, colon) :]


def _pair(key: str, written: str) -> str:
    return f"{key}:{written}" if written.startswith("\n") else f"{key}: {written}"


def _in_flow(text: str, own: Place) -> bool:
    """Return whether a value is inside `[ ]` or `{ }`. In an object written in `{ }`, this is true for every value."""
    root = read_places(text)
    return root is not None and root.is_flow and own is not root


def _appended(text: str, parent: Place, value: Plain) -> str:
    if parent.is_flow:
        comma = ", " if parent.children else ""
        end = parent.children[-1].end if parent.children else parent.start + 1
        return text[:end] + comma + _written(value, 0, is_flow=True) + text[end:]
    last = parent.children[-1]
    column = _column(text, last.dash)
    end = line_end(text, last.end)
    return f"{text[:end]}\n{' ' * column}- {_written(value, column + 2, is_flow=False)}{text[end:]}"


def _inserted(text: str, parent: Place, key: str, value: Plain, order: Sequence[str]) -> str:
    before = list(order[: order.index(key)]) if key in order else None
    earlier = [own for name, own in parent.pairs if before is None or name.value in before or name.value == "name"]
    if parent.is_flow:
        written = f"{key}: {_written(value, 0, is_flow=True)}"
        if earlier:
            end = earlier[-1].end
            return f"{text[:end]}, {written}{text[end:]}"
        rest = ", " if parent.pairs else ""
        return f"{text[: parent.start + 1]}{written}{rest}{text[parent.start + 1 :]}"
    column = _column(text, parent.pairs[0][0].start)
    written = _pair(key, _written(value, column + 2, is_flow=False))
    if not earlier:
        start = parent.pairs[0][0].start
        return f"{text[:start]}{written}\n{' ' * column}{text[start:]}"
    end = line_end(text, earlier[-1].end)
    return f"{text[:end]}\n{' ' * column}{written}{text[end:]}"


def _without(text: str, before: dict[str, Plain], path: Path) -> str:
    if value_at(before, path) is None and not _is_written(before, path):
        return text
    parent, own = _found(text, path)
    assert own is not None
    if len(parent.children) == 2 and not parent.is_list and len(path) > 1 and isinstance(path[-2], str):
        return _without(text, before, path[:-1])  # the last key of a mapping
    key = _key_place(parent, own)
    assert key is not None
    if parent.is_flow:
        edited = _cut(text, key.start, max(own.end, text.index(":", key.end) + 1))
    else:
        edited = _without_lines(text, parent, key, own)
    return _checked(edited, _changed(before, path, None))


def _is_written(data: Plain, path: Path) -> bool:
    inner = value_at(data, path[:-1])
    return isinstance(inner, dict) and path[-1] in inner


def _without_lines(text: str, parent: Place, key: Place, own: Place) -> str:
    end_of_value = max(own.end, text.index(":", key.end) + 1)
    end = line_end(text, end_of_value)
    comment = text[end_of_value:end].strip()
    is_first = parent.pairs[0][0] is key
    if comment.startswith("#"):  # the comment stays on its own line
        return f"{text[: key.start]}{comment}{text[end:]}" if not is_first else _first_without(text, parent, comment)
    if is_first:
        return text[: key.start] + text[parent.pairs[1][0].start :]
    return text[: line_start(text, key.start)] + text[after_break(text, end) :]


def _first_without(text: str, parent: Place, comment: str) -> str:
    """Return an object's text without its first key.

    The key's comment moves to its own line above the next key.
    """
    first, following = parent.pairs[0][0].start, parent.pairs[1][0].start
    start = line_start(text, first)
    indent = " " * (len(text[start:first]) - len(text[start:first].lstrip(" ")))
    return f"{text[:start]}{indent}{comment}\n{text[start:first]}{text[following:]}"


def _with_items(text: str, path: Path, old: list[Plain], new: list[Plain]) -> str:
    """Return the text with other items in a block list. Items in both lists keep their lines and comments."""
    for index in reversed(range(len(old))):
        if old[index] not in new and len(value_as_list(_data(text), path)) > 1:
            text = remove_item(text, (*path, index))
    for index, item in enumerate(new):
        text = set_key(text, (*path, index), item)
    for index in reversed(range(len(new), len(value_as_list(_data(text), path)))):
        text = remove_item(text, (*path, index))
    return text


def value_as_list(data: Plain, path: Path) -> list[Plain]:
    """Return the list at a path, or an empty list if there is none."""
    found = value_at(data, path)
    return found if isinstance(found, list) else []


def _cut(text: str, start: int, end: int) -> str:
    """Return the text without one item between commas, and without one of its commas."""
    if behind := re.compile(r"\s*,\s*").match(text, end):
        return text[:start] + text[behind.end() :]
    before = re.search(r"\s*,\s*$", text[:start])
    return text[: before.start() if before else start] + text[end:]


def _changed(data: Mapping[str, Plain], path: Path, value: Plain) -> dict[str, Plain]:
    """Return the data with a new value at a path, or without the path if the value is None."""
    changed = _with(dict(data), path, value)
    return cast(dict[str, Plain], changed)


def _with(data: Plain, path: Path, value: Plain) -> Plain:
    step, rest = path[0], path[1:]
    inner = _with(value_at(data, (step,)), rest, value) if rest else value
    if isinstance(step, int):
        items = list(data) if isinstance(data, list) else []
        if inner is None and not rest:
            return [*items[:step], *items[step + 1 :]]
        return [*items[:step], inner, *items[step + 1 :]]
    mapping = dict(data) if isinstance(data, dict) else {}
    if inner is None and not rest:
        mapping.pop(step, None)
        return mapping
    return {**mapping, step: inner}


def _checked(text: str, data: Mapping[str, Plain]) -> str:
    read, _, problems = read_yaml(text, TEXT)
    if problems or read != data:
        refuse("This change would change other parts of the text.", "Edit it as YAML.")
    return text


def _column(text: str, at: int) -> int:
    return at - line_start(text, at)


def _written(value: Plain, indent: int, *, is_flow: bool) -> str:
    """Return a value as YAML to write after a key."""
    match value:
        case None:
            return ""
        case str():
            return _scalar(value, indent, is_flow=is_flow)
        case dict():
            pairs = [(_scalar(key, 0, is_flow=True), _written(part, 0, is_flow=True)) for key, part in value.items()]
            return "{" + ", ".join(f"{key}: {part}" for key, part in pairs) + "}"
        case list():
            if not is_flow and value and all(isinstance(item, dict) for item in value):
                return "".join(f"\n{' ' * indent}- {_written(item, 0, is_flow=True)}" for item in value)
            return "[" + ", ".join(_written(item, 0, is_flow=True) for item in value) + "]"


def _scalar(text: str, indent: int, *, is_flow: bool) -> str:
    if not is_flow and "\n" in text:
        block = _block(text, indent)
        if block:
            return block
    if _is_plain(text) and not (is_flow and _FLOW_MARKS & set(text)):
        if not is_flow and len(text) + indent > _WIDTH:
            lines = textwrap.wrap(text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
            folded = f"\n{' ' * indent}".join(lines)
            if read_yaml(f"k: {folded}", TEXT)[0] == {"k": text}:
                return folded
        return text
    return _quoted(text)


def _is_plain(text: str) -> bool:
    """Return whether every YAML parser reads the text correctly without quotes."""
    if not _PLAIN.fullmatch(text) or text != text.strip() or "\n" in text:
        return False
    if " #" in text or ": " in text:
        return False
    return read_yaml(f"k: {text}", TEXT)[0] == {"k": text}


def _block(text: str, indent: int) -> str:
    """Return text of several lines as a YAML block, or "" if one of its lines needs quotes."""
    lines = text.split("\n")
    if any(line != line.strip() or not line.isprintable() for line in lines) or not lines[0] or not lines[-1]:
        return ""
    return "|-\n" + "\n".join(" " * indent + line if line else "" for line in lines)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(letter) or _letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    number = ord(letter)
    if letter.isprintable() and letter != "\ufeff":
        return letter
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
