"""Insert an object into the text of a file, or remove one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from semantic.model.editing.object_text import ObjectText, as_list_item, refuse
from semantic.model.editing.objects import KEY_OF, FileParts, ModelObject, ObjectKind, split_files
from semantic.model.files.yaml_places import BREAK, after_break, line_end, line_start, newline_of
from semantic.model.files.yaml_text import Plain, read_yaml
from semantic.model.kinds import keys_naming


def put_in(whole: str, parts: FileParts, alone: ObjectText, behind: ModelObject | None) -> tuple[str, str]:
    """Return a file's text with one more object after the object `behind`, and the object's text in that file."""
    newline = newline_of(whole)
    part = next((listing for listing in parts.lists if listing.kind is alone.kind), None)
    if part is None:
        return _under_key(whole, parts, alone, newline)
    if part.is_flow and (part.count or parts.is_flow):
        laid = as_list_item(alone, -1, 0, newline)
        at = parts.start_of(behind) + len(behind.text) if behind else part.inside
        return whole[:at] + (", " if behind else "") + laid + whole[at:], laid
    if behind is None:
        laid = as_list_item(alone, 2, 4, newline)
        if part.is_flow:  # an empty [ ] is turned into lines
            eol = line_end(whole, part.end)
            return whole[: part.inside - 1].rstrip(" ") + whole[part.end + 1 : eol] + newline + laid + whole[eol:], laid
        at = line_end(whole, part.inside)
        return whole[:at] + newline + laid + whole[at:], laid
    laid = as_list_item(alone, behind.dash, max(behind.body, behind.dash + 2), newline)
    at = parts.start_of(behind) + len(behind.text)
    apart = newline if _are_apart(parts, alone.kind) else ""
    return whole[:at] + newline + apart + laid + whole[at:], laid


def cut_out(whole: str, parts: FileParts, thing: ModelObject) -> str:
    """Return a file's text without one object, and without the list's key if no other object of that kind remains."""
    start = parts.start_of(thing)
    end = start + len(thing.text)
    part = next((listing for listing in parts.lists if listing.kind is thing.kind), None)
    if parts.is_flow or (part is not None and part.is_flow):
        return _cut_between_commas(whole, start, end)
    if part is not None and part.count == 1:
        if whole[part.inside : start].strip():
            return whole[: part.inside] + " []" + whole[part.inside : start] + whole[after_break(whole, end) :]
        start = line_start(whole, part.start)
    end = after_break(whole, end)
    before = whole[:start]
    if end == len(whole):
        text = before.rstrip(" \t\r\n")
        return text + newline_of(whole) if text else ""
    # Of the blank lines on both sides, those above stay; a list doesn't begin with one.
    is_first = next(candidate for candidate in parts.objects if candidate.kind is thing.kind) == thing
    if is_first or not before.strip() or re.search(r"(?:\r\n|\n|\r)[ \t]*(?:\r\n|\n|\r)[ \t]*$", before):
        while end < len(whole) and not whole[end : line_end(whole, end)].strip():
            following = after_break(whole, line_end(whole, end))
            if following == end:
                break
            end = following
    return before + whole[end:]


def file_for(files: Mapping[str, str], alone: ObjectText) -> str:
    """Return the best file for a new object.

    That's the file with the most related objects, which belong to the same dataset or use the same metrics. If there
    are none, it's the file with the most objects of that kind, or a new file.
    """
    parts = split_files(files)
    counts = Counter(
        {
            file_parts.file: sum(thing.kind is alone.kind for thing in file_parts.objects)
            for file_parts in parts.values()
        }
    )
    wanted = set(_near_names(alone.data))
    near: Counter[str] = Counter()
    for file_parts in parts.values():
        data = read_yaml(files[file_parts.file], file_parts.file)[0]
        items = data.get(KEY_OF.get(alone.kind, "")) if isinstance(data, dict) else None
        near[file_parts.file] = (
            sum(not wanted.isdisjoint(_near_names(it)) for it in items) if isinstance(items, list) else 0
        )
    best = max(sorted(files), key=lambda file: (near[file], counts[file]), default="")
    if best and counts[best]:
        return best
    stem = KEY_OF.get(alone.kind, "settings")
    names = (f"{stem}{number}.yml" for number in ("", *range(2, 1_000)))
    return next(name for name in names if name not in files)


def _under_key(whole: str, parts: FileParts, alone: ObjectText, newline: str) -> tuple[str, str]:
    """Return a file's text with an object at the end, under a new list key, and the object's text in that file."""
    if parts.is_flow:
        refuse("The file is written in { }.", "Choose another file.")
    laid = as_list_item(alone, 2, 4, newline)
    if whole.strip():
        whole += newline if re.search(r"[\r\n]$", whole) else newline * 2
    heading = "" if alone.kind is ObjectKind.SETTINGS else KEY_OF[alone.kind] + ":" + newline
    return whole + heading + laid + newline, laid


def _are_apart(parts: FileParts, kind: ObjectKind) -> bool:
    """Return whether blank lines separate the objects of a list.

    A list with one object counts as separated if the object has several lines.
    """
    between = [
        piece
        for before, piece, after in zip(parts.pieces, parts.pieces[1:], parts.pieces[2:], strict=False)
        if isinstance(piece, str) and isinstance(before, ModelObject) and isinstance(after, ModelObject)
        if before.kind is kind and after.kind is kind
    ]
    if between:
        return sum(len(BREAK.findall(piece)) > 1 for piece in between) * 2 >= len(between)
    return any(thing.first < thing.last for thing in parts.objects if thing.kind is kind)


_COMMA = re.compile(r"\s*,[ \t]*")


def _cut_between_commas(whole: str, start: int, end: int) -> str:
    """Return the text without one item between commas, and without one of its commas."""
    if behind := _COMMA.match(whole, end):
        return whole[:start] + whole[behind.end() :]
    before = re.search(r"(?<!\s)\s*,\s*$", whole[:start])
    return whole[: before.start() if before else start] + whole[end:]


_NEAR_KEYS = (*keys_naming("measure", "metric"), "dataset", "inputs")


def _near_names(item: Plain) -> Iterator[str]:
    """Yield the names of the datasets and metrics that an object uses."""
    if not isinstance(item, dict):
        return
    for key in _NEAR_KEYS:
        match item.get(key):
            case str() as name:
                yield f"{'dataset' if key in ('measure', 'dataset') else 'metric'} {name.partition('.')[0]}"
            case list() as inner:
                yield from (name for child in inner for name in _near_names(child))
            case _:
                pass
