"""A steward's draft of the model: edit objects, see problems, merge newer versions, and publish.

Everything that a steward types is saved. A text that isn't valid yet can't be part of a model file, so it is stored
separately.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from semantic.errors import ChangedMeanwhile, ModelError, NotAllowed
from semantic.governance.domains import may_approve
from semantic.governance.draft_change import binding
from semantic.governance.widening import widening
from semantic.model.editing.edit import Edited, ObjectProblem, add_object, problems_of, remove_object, replace_object
from semantic.model.editing.merge import Merged, merge
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import Key, ModelObject, ObjectKind, find_object, objects_of
from semantic.model.loading.load import parse_files
from semantic.policy.actor import Actor
from semantic.policy.people import people_of
from semantic.services.process import Live, row_tests
from semantic.services.reviewing.approvals import Change, Verdict, end_review_of, judge, reach, require_approved
from semantic.store.audit.log import Plain
from semantic.store.database import Transaction
from semantic.store.models.drafts import (
    LONGEST_NAME,
    Draft,
    begin_draft,
    discard_draft,
    drafts_of,
    end_draft,
    note_opened,
    read_draft,
    rename_draft,
    save_draft,
)
from semantic.store.models.versions import Files, Version, files_of, publish, read_head, read_version
from semantic.store.reviews.reviews import add_act, find_review_of
from semantic.workspace import Workspace

_TYPING: Final = ".typing/"  # no model file can have this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """A steward's draft, based on the version `base`. `draft` is None until the steward changes something.

    `files` are the base version's files with the changes. `typing` has the texts that aren't valid yet, by kind and
    name.
    """

    draft: Draft | None
    base: Version
    base_files: Files = field(repr=False)
    files: Files = field(repr=False)
    typing: Mapping[Key, str] = field(repr=False)

    def text_of(self, key: Key) -> str:
        """Return an object's text as typed, or "" if there is no such object."""
        if key in self.typing:
            return self.typing[key]
        thing = find_object(self.files, *key)
        return own_text(thing) if thing else ""

    def published_text(self, key: Key) -> str | None:
        """Return an object's text in the draft's base version, or None if that version doesn't have the object."""
        thing = find_object(self.base_files, *key)
        return own_text(thing) if thing else None

    def changed(self) -> dict[Key, str]:
        """Return which objects the draft changes, and how: `added`, `changed`, `removed` or `unfinished`.

        Objects are in the same order as in the files.
        """
        before, after = _by_key(self.base_files), _by_key(self.files)
        differences = {key: _difference(before.get(key), after.get(key)) for key in {**after, **before}}
        kept_differences = {key: word for key, word in differences.items() if word}
        return kept_differences | dict.fromkeys(self.typing, "unfinished")


@dataclass(frozen=True, slots=True)
class EditResult:
    """The draft after an edit, and the edited object's name, which the edit can change."""

    edits: Edits
    key: Key


def open_edits(live: Live, actor: Actor, *, draft: str | None = None) -> Edits:
    """Return the actor's draft with this ID, or without an ID, the draft they used last.

    If the actor has no draft, return the newest version unchanged. Raises StoreFailed, and ChangedMeanwhile if the
    draft with this ID is gone.
    """
    wanted = draft
    with live.store.read() as connection:
        if wanted is None:
            wanted = next((one.id for one in drafts_of(connection, actor)), None)
        draft_found = read_draft(connection, actor, wanted) if wanted else None
        if draft and draft_found is None:
            raise ChangedMeanwhile("This draft no longer exists, or it isn't yours.")
        base = read_version(connection, draft_found.based_on) if draft_found else read_head(connection)
        if base is None:
            raise ModelError([])
        return _edits(draft_found, base, files_of(connection, base.number))


def list_drafts(live: Live, actor: Actor) -> list[Draft]:
    """Return the actor's drafts, most recently used first. Raises StoreFailed."""
    with live.store.read() as connection:
        return drafts_of(connection, actor)


def new_draft(live: Live, actor: Actor, *, name: str = "", note: str = "") -> Edits:
    """Start an empty draft based on the newest version. Raises NotAllowed, StoreFailed."""
    with live.store.read() as connection:
        head = read_head(connection)
    if head is None:
        raise ModelError([])
    with live.store.write() as transaction:
        draft = begin_draft(transaction, live.keys, actor, based_on=head.number, note=note, name=name)
    return open_edits(live, actor, draft=draft.id)


def choose_draft(live: Live, actor: Actor, draft: str) -> Edits:
    """Open one of the actor's drafts, and make it the one they used last. Raises ChangedMeanwhile, StoreFailed."""
    edits = open_edits(live, actor, draft=draft)
    with live.store.write(recorded=False) as transaction:
        note_opened(transaction, actor, draft)
    return edits


def name_draft(live: Live, actor: Actor, edits: Edits, name: str) -> Edits:
    """Rename a draft. Raises ChangedMeanwhile, NotAllowed."""
    if edits.draft is None:
        return new_draft(live, actor, name=name)
    with live.store.write(recorded=False) as transaction:
        rename_draft(transaction, actor, edits.draft.id, name)
    return replace(edits, draft=replace(edits.draft, name=" ".join(name.split())[:LONGEST_NAME]))


def duplicate_draft(live: Live, actor: Actor, edits: Edits, *, name: str) -> Edits:
    """Start another draft with the same changes. Raises NotAllowed, StoreFailed."""
    copy = replace(edits, draft=None)
    return _save(live, actor, copy, edits.files, edits.typing, name=name)


def write_object(live: Live, actor: Actor, edits: Edits, key: Key, text: str) -> EditResult:
    """Save an object's text as typed, even if it's invalid. Raises ChangedMeanwhile, StoreFailed."""
    try:
        edited = _written(edits, key, text)
    except ModelError:
        return EditResult(_save(live, actor, edits, edits.files, {**edits.typing, key: text}), key)
    typing = {other: said for other, said in edits.typing.items() if other != key}
    return EditResult(_save(live, actor, edits, edited.files, typing), edited.key)


def problems_in(edits: Edits, key: Key) -> tuple[ObjectProblem, ...]:
    """Return the draft's problems, first those of one object in the order of its lines."""
    if key not in edits.typing:
        return problems_of(edits.files, key)
    try:
        _written(edits, key, edits.typing[key])
    except ModelError as error:
        own = tuple(ObjectProblem(problem.line, problem) for problem in error.problems)
        return own + tuple(replace(other, line=0, path=()) for other in problems_of(edits.files, key) if not other.line)
    return ()


def begin_object(live: Live, actor: Actor, edits: Edits, kind: ObjectKind, text: str, *, file: str = "") -> EditResult:
    """Add an object to the draft, in `file` or next to related objects.

    Raises ModelError if the object is invalid or its name is taken.
    """
    edited = add_object(edits.files, kind, text, file=file)
    return EditResult(_save(live, actor, edits, edited.files, edits.typing), edited.key)


def drop_object(live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
    """Remove an object from the draft."""
    files = remove_object(edits.files, key) if _is_there(edits, key) else edits.files
    return _save(live, actor, edits, files, {other: text for other, text in edits.typing.items() if other != key})


def put_back(live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
    """Restore an object's published text, or remove the object if the draft added it."""
    files, before = edits.files, edits.published_text(key)
    if before is None:
        return drop_object(live, actor, edits, key)
    was_in = find_object(edits.base_files, *key)
    assert was_in is not None
    if _is_there(edits, key):
        files = replace_object(files, key, before).files
    else:
        files = add_object(files, key[0], before, file=was_in.file).files
    return _save(live, actor, edits, files, {other: text for other, text in edits.typing.items() if other != key})


def start_edits(live: Live, actor: Actor, base: Version, files: Files, *, note: str, name: str = "") -> Edits:
    """Start another draft with changed files, based on a version. Raises NotAllowed, StoreFailed."""
    with live.store.read() as connection:
        base_files = files_of(connection, base.number)
    edits = Edits(draft=None, base=base, base_files=base_files, files=base_files, typing={})
    return _save(live, actor, edits, files, {}, note=note, name=name)


def write_files(
    live: Live, actor: Actor, edits: Edits, files: Files, *, instead_of: Collection[str] = frozenset()
) -> Edits:
    """Save whole files in the draft, replacing the files at the paths in `instead_of`.

    A replaced file that isn't in `files` gets its text from the base version back, if it has one there.
    """
    kept = {path: text for path, text in edits.files.items() if path not in instead_of}
    kept |= {path: text for path, text in edits.base_files.items() if path in instead_of}
    return _save(live, actor, edits, {**kept, **files}, edits.typing)


def throw_away(live: Live, actor: Actor, edits: Edits) -> Edits:
    """Discard the draft, and withdraw it from review.

    Returns the draft that the actor used before, or the newest version if there is none.
    """
    if edits.draft is not None:
        with live.store.write() as transaction:
            review = find_review_of(transaction.connection, live.keys, edits.draft.id)
            if review is not None and review.is_open:
                add_act(transaction, live.keys, review, "withdrawn", actor)
            discard_draft(transaction, live.keys, actor, edits.draft.id)
    return open_edits(live, actor)


def behind(live: Live, edits: Edits) -> Version | None:
    """Return the newest version if the draft isn't based on it, or else None."""
    with live.store.read() as connection:
        head = read_head(connection)
    return head if head is not None and head.number != edits.base.number else None


def merge_newest(live: Live, edits: Edits, chosen: Mapping[Key, str | None] | None = None) -> tuple[Merged, Version]:
    """Merge the draft with the newest version, object by object, as `semantic.model.editing.merge` describes."""
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        return merge(edits.base_files, edits.files, files_of(connection, head.number), chosen), head


def take_merged(live: Live, actor: Actor, edits: Edits, merged: Merged, head: Version) -> Edits:
    """Save a merged draft. From then on, it is based on the version `head`."""
    with live.store.read() as connection:
        files = files_of(connection, head.number)
    return _save(live, actor, replace(edits, base=head, base_files=files), merged.files, edits.typing)


def publish_edits(
    live: Live,
    actor: Actor,
    edits: Edits,
    *,
    note: str,
    effective_at: datetime | None = None,
) -> Version:
    """Publish the draft as the next version, and remove the draft. What it affects determines the approvals it needs.

    Raises ModelError with every problem, ChangedMeanwhile if someone else has published or the draft has changed in the
    meantime, and NotAllowed with the missing approvals.
    """
    if edits.typing:
        listed = ", ".join(f"{kind.words} {name}" for kind, name in edits.typing)
        raise ChangedMeanwhile(f"Your edit of {listed} isn't finished. Finish or revert it first.")
    change = change_of(edits, actor)
    radius = reach(live, change) if may_approve(actor, edits.base_files, edits.files) else None

    def step(transaction: Transaction, version: Version) -> Mapping[str, Plain]:
        if radius is None:
            raise NotAllowed("This draft changes more than you can publish.")
        verdict = judge(live, change, radius, transaction)
        require_approved(verdict, change)
        if edits.draft is not None:
            end_draft(transaction, actor, edits.draft.id, revision=edits.draft.revision)
            end_review_of(live, transaction, change, version)
        return {"how": verdict.how} if verdict.how else {}

    version = publish(
        live.store, live.keys, edits.files, parent=edits.base.number, actor=actor, note=note, effective_at=effective_at,
        checks=(row_tests(live.workspace(), edits.files, actor),), step=step,
    )  # fmt: skip
    live.take()
    return version


def verdict_of(live: Live, actor: Actor, edits: Edits) -> Verdict:
    """Return whether the actor can publish the draft now, and who has to approve it. Raises ModelError, StoreFailed."""
    change = change_of(edits, actor)
    return judge(live, change, reach(live, change))


def change_of(edits: Edits, author: Actor) -> Change:
    """Return what publishing the draft would change."""
    return Change(
        draft=edits.draft.id if edits.draft is not None else "",
        author=author,
        base=edits.base,
        base_files=edits.base_files,
        files=edits.files,
    )


def preview(workspace: Workspace, edits: Edits) -> Workspace:
    """Return a workspace that runs the draft on the same engine, to preview its numbers. Raises ModelError.

    Unlike `Workspace.with_draft`, it applies the draft's own policies and people.
    """
    model, docs = parse_files(edits.files)
    made = type(workspace)(workspace.settings, model, people_of(docs), workspace.connector, beside=workspace)
    made.recorder = None  # unpublished numbers have no receipt
    return made


def keeps_policies(running: Workspace, drafted: Workspace) -> bool:
    """Whether a draft leaves access unchanged and reveals nothing that published policies hide.

    A draft's policies don't apply before they are published.
    """
    is_same = binding(running.model.policies) == binding(drafted.model.policies)
    return is_same and not widening(running.model, drafted.model)


def _edits(draft: Draft | None, base: Version, files: Files) -> Edits:
    changes = draft.changes if draft else {}
    typing = {key: text for path, text in changes.items() if text is not None and (key := _key(path)) is not None}
    drafted = draft.applied_to(files) if draft else dict(files)
    kept = {path: text for path, text in drafted.items() if not path.startswith(_TYPING)}
    return Edits(draft=draft, base=base, base_files=files, files=kept, typing=typing)


def _save(
    live: Live, actor: Actor, edits: Edits, files: Files, typing: Mapping[Key, str], *, note: str = "", name: str = ""
) -> Edits:
    changes: dict[str, str | None] = {path: text for path, text in files.items() if edits.base_files.get(path) != text}
    changes |= {path: None for path in edits.base_files if path not in files}
    changes |= {f"{_TYPING}{kind.value}/{name}": text for (kind, name), text in typing.items()}
    draft = edits.draft
    if draft is None:
        with live.store.write() as transaction:
            draft = begin_draft(transaction, live.keys, actor, based_on=edits.base.number, note=note, name=name)
    with live.store.write(recorded=False) as transaction:
        revision = save_draft(
            transaction, actor, draft.id, changes, revision=draft.revision, based_on=edits.base.number
        )  # fmt: skip
    draft = replace(draft, changes=changes, revision=revision, based_on=edits.base.number)
    return replace(edits, draft=draft, files=files, typing=dict(typing))


def _key(path: str) -> Key | None:
    """Return the kind and name of a text stored outside the model files, or None for the path of a model file."""
    kind, _, name = path.removeprefix(_TYPING).partition("/")
    return (ObjectKind(kind), name) if path.startswith(_TYPING) and kind in set(ObjectKind) else None


def _by_key(files: Files) -> dict[Key, ModelObject]:
    return {thing.key: thing for thing in objects_of(files)}


def _difference(before: ModelObject | None, after: ModelObject | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "changed" if own_text(before) != own_text(after) else ""


def _written(edits: Edits, key: Key, text: str) -> Edited:
    return replace_object(edits.files, key, text) if _is_there(edits, key) else add_object(edits.files, key[0], text)


def _is_there(edits: Edits, key: Key) -> bool:
    return find_object(edits.files, *key) is not None
