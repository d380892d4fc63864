"""Compare two states of a model's files: which objects differ, and which of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ValidationError

from semantic.model.editing.object_text import DOCS, own_text, read_object_text
from semantic.model.editing.object_words import FieldChange, field_changes
from semantic.model.editing.objects import SETTINGS_KEY, Key, ModelObject, ObjectKind, objects_of


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"  # to another file, with no other change
    REMARKS = "remarks"  # only comments or formatting


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """A changed object, with its text before and after. None means that it didn't exist.

    `fields` lists the fields that differ, and is empty for an object that can't be read.
    """

    kind: ChangeKind
    key: Key
    file_before: str
    file_after: str
    before: str | None
    after: str | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def words(self) -> str:
        """The change in words: `The metric 'roas' is changed.` The details are in `fields`."""
        called = f"The {self.key[0].words}" + (f" {self.key[1]!r}" if self.key[0] is not ObjectKind.SETTINGS else "")
        verb = "are" if self.key[0] is ObjectKind.SETTINGS else "is"
        match self.kind:
            case ChangeKind.MOVED:
                return f"{called} {verb} moved from {self.file_before} to {self.file_after}."
            case ChangeKind.REMARKS:
                return f"{called}: only comments or formatting changed."
            case _:
                return f"{called} {verb} {self.kind.value}."


def changed_objects(
    before: Mapping[str, str], after: Mapping[str, str], labels: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
) -> tuple[ObjectChange, ...]:
    """Return every object that differs between two states, in the order of the later files. Removed objects come last.

    `labels` are the labels of metrics by name, before and after. A file that can't be read counts as one object.
    """
    mine, theirs = _by_key(before), _by_key(after)
    object_changes = [_change(key, mine.get(key), theirs.get(key), labels) for key in dict.fromkeys((*theirs, *mine))]
    return tuple(object_change for object_change in object_changes if object_change is not None)


def _by_key(files: Mapping[str, str]) -> dict[Key, ModelObject]:
    things: dict[Key, ModelObject] = {}
    for thing in objects_of(files):
        things.setdefault(thing.key, thing)
    return things


def _change(
    key: Key,
    before: ModelObject | None,
    after: ModelObject | None,
    labels: tuple[Mapping[str, str], Mapping[str, str]],
) -> ObjectChange | None:
    files = before.file if before else "", after.file if after else ""
    texts = own_text(before) if before else None, own_text(after) if after else None
    if before is None or after is None:
        return ObjectChange(ChangeKind.ADDED if before is None else ChangeKind.REMOVED, key, *files, *texts)
    if texts[0] == texts[1]:
        return ObjectChange(ChangeKind.MOVED, key, *files, *texts) if files[0] != files[1] else None
    docs = _doc(key, texts[0] or ""), _doc(key, texts[1] or "")
    if docs[0] is None or docs[1] is None:
        return ObjectChange(ChangeKind.CHANGED, key, *files, *texts)
    fields = field_changes(key[0], docs[0], docs[1], labels)
    kind = ChangeKind.CHANGED if fields or docs[0] != docs[1] else ChangeKind.REMARKS
    return ObjectChange(kind, key, *files, *texts, fields)


def _doc(key: Key, text: str) -> BaseModel | None:
    """Return an object's text parsed into its schema class, or None if the text isn't valid."""
    if key[0] is ObjectKind.FILE or not key[1]:
        return None
    data = read_object_text(text, key[0]).data
    try:
        return DOCS[key[0]].model_validate(data[SETTINGS_KEY] if key[0] is ObjectKind.SETTINGS else data)
    except ValidationError:
        return None
