"""Offer a synced folder's changes to stewards, as a draft. Changes that are already published aren't offered again.

The store has the folder's files from when all their changes were last published (`base`), and the files as last read
without problems. The offered changes are the difference between the two, so a folder never reverts what others have
published in the app.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from semantic.errors import ModelError, Problem, UnknownVersion
from semantic.model.editing.merge import Merged, merge
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import Key, ObjectKind, objects_of
from semantic.model.loading.load import digest_of
from semantic.policy.actor import OWNER, Actor
from semantic.services.drafts import Edits, start_edits
from semantic.services.process import Live
from semantic.services.synced.folder import SyncedFiles, problems_of, read_synced
from semantic.store.models.drafts import Draft, begin_draft, drafts_of, read_draft, save_draft
from semantic.store.models.versions import Files, Version, files_of, read_head, read_version

NOTE: Final = "Synced folder"  # of the draft that stores the folder's files; no one else can open it
_STATE, _BASE, _FILES = "state", "base/", "files/"
_MARKER: Final = ".samepage-version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The offer from the last read of the folder. `changes` are the objects that it adds, changes or removes.

    If the folder can't be used now, `problems` says why, and the previous offer stays. `seen` identifies the files and
    the version that were compared, so that the same comparison isn't repeated.
    """

    commit: str
    changes: tuple[Key, ...]
    problems: tuple[Problem, ...]
    base: Files = field(repr=False)
    files: Files = field(repr=False)
    is_dismissed: bool = False
    seen: str = ""

    @property
    def title(self) -> str:
        """The title of the draft: "From git, commit abc1234"."""
        return f"From git, commit {self.commit}" if self.commit else "From the synced folder"

    @property
    def is_open(self) -> bool:
        """Whether there are changes to review."""
        return bool(self.changes) and not self.is_dismissed


def follow(live: Live, folder: Path) -> None:
    """Read the folder, and save its offer if it has changed. Raises StoreFailed."""
    seen = read_synced(folder)
    if seen is None:
        return
    with live.store.read() as connection:
        head = read_head(connection)
        if head is None:
            return
        published = files_of(connection, head.number)
    before = _kept(live)
    last = before[1] if before else Offer(commit="", changes=(), problems=(), base={}, files={})
    fingerprint = f"{digest_of(seen.files)} {head.number}"
    if not seen.problems and last.seen == fingerprint:
        return
    problems = seen.problems or problems_of(seen.files)
    if problems:
        now = replace(last, problems=problems, seen="" if seen.problems else fingerprint)
    else:
        base = last.base or _first_base(live, folder, seen.files, published)
        now = _looked_at(last, seen, base, published, fingerprint)
    if now != last:
        _keep(live, before[0] if before else None, now, head)


def _looked_at(last: Offer, seen: SyncedFiles, base: Files, published: Files, fingerprint: str) -> Offer:
    """Return the offer for a folder whose files have no problems."""
    is_same = digest_of(last.files) == digest_of(seen.files)
    changes = _changes(base, seen.files, published)
    return Offer(
        commit=last.commit if is_same else seen.commit,
        changes=changes,
        problems=(),
        base=base if changes else seen.files,
        files=seen.files,
        is_dismissed=is_same and last.is_dismissed,
        seen=fingerprint,
    )


def _first_base(live: Live, folder: Path, files: Files, published: Files) -> Files:
    """Return the files of the version that the folder was exported from, if known, or else the published files."""
    if digest_of(files) == digest_of(published):
        return files
    marker = folder / _MARKER
    if marker.is_file() and not marker.is_symlink() and marker.stat().st_size < 100:
        number, _, digest = marker.read_text(encoding="utf-8", errors="replace").strip().partition(" ")
        if number.isascii() and number.isdecimal() and len(number) < 10:
            with live.store.read() as connection:
                try:
                    version = read_version(connection, int(number))
                except UnknownVersion:
                    return published
                if version.digest == digest:
                    return files_of(connection, version.number)
    return published


def _changes(base: Files, files: Files, published: Files) -> tuple[Key, ...]:
    """Return the objects that publishing the folder's changes would change, and those that both sides changed."""
    try:
        merged = merge(base, files, published)
    except ModelError:
        return _different(files, published)
    return tuple(dict.fromkeys((*_different(merged.files, published), *(one.key for one in merged.conflicts))))


def _different(files: Files, others: Files) -> tuple[Key, ...]:
    mine, theirs = ({thing.key: own_text(thing) for thing in objects_of(side)} for side in (files, others))
    return tuple(key for key in {**mine, **theirs} if mine.get(key) != theirs.get(key))


# For pages


def read_offer(live: Live) -> Offer | None:
    """Return the folder's offer, or None if no folder was ever read. Raises StoreFailed."""
    kept = _kept(live)
    return kept[1] if kept else None


def merge_offer(live: Live, offer: Offer, chosen: Mapping[Key, str | None] | None = None) -> tuple[Merged, Version]:
    """Merge the offer with the newest version, object by object. Raises ModelError."""
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        return merge(offer.base, offer.files, files_of(connection, head.number), chosen), head


def take_offer(live: Live, actor: Actor, offer: Offer, merged: Merged, head: Version) -> Edits:
    """Start a new draft of the actor's own with the offer's changes, and return it. Raises NotAllowed, StoreFailed."""
    return start_edits(live, actor, head, merged.files, note=offer.title)


def dismiss_offer(live: Live) -> None:
    """Hide the offer until the folder changes again."""
    kept = _kept(live)
    if kept is not None:
        with live.store.read() as connection:
            head = read_head(connection)
        assert head is not None
        _keep(live, kept[0], replace(kept[1], is_dismissed=True), head)


# The store


def _kept(live: Live) -> tuple[Draft, Offer] | None:
    with live.store.read() as connection:
        row = next((draft for draft in drafts_of(connection, OWNER) if draft.note == NOTE), None)
        draft = read_draft(connection, OWNER, row.id) if row else None
    if draft is None:
        return None
    texts = {path: text for path, text in draft.changes.items() if text is not None}
    try:
        state = cast(dict[str, Any], json.loads(texts.get(_STATE, "")))
        offer = Offer(
            commit=str(state["commit"]),
            changes=tuple(_key(item) for item in state["changes"]),
            problems=tuple(Problem(*item) for item in state["problems"]),
            base={path.removeprefix(_BASE): text for path, text in texts.items() if path.startswith(_BASE)},
            files={path.removeprefix(_FILES): text for path, text in texts.items() if path.startswith(_FILES)},
            is_dismissed=bool(state["is_dismissed"]),
            seen=str(state["seen"]),
        )
    except (ValueError, KeyError, TypeError):  # not ours, or damaged: look again
        return draft, Offer(commit="", changes=(), problems=(), base={}, files={})
    return draft, offer


def _key(item: Any) -> Key:  # Any: JSON
    kind, name = item
    return ObjectKind(kind), str(name)


def _keep(live: Live, draft: Draft | None, offer: Offer, head: Version) -> None:
    if draft is None:
        with live.store.write() as transaction:
            draft = begin_draft(transaction, live.keys, OWNER, based_on=head.number, note=NOTE)
    state = {
        "commit": offer.commit,
        "changes": [[kind.value, name] for kind, name in offer.changes],
        "problems": [[one.file, one.line, one.message, one.remedy] for one in offer.problems],
        "is_dismissed": offer.is_dismissed,
        "seen": offer.seen,
    }
    texts = {_STATE: json.dumps(state)}
    texts |= {f"{_BASE}{path}": text for path, text in offer.base.items()}
    texts |= {f"{_FILES}{path}": text for path, text in offer.files.items()}
    with live.store.write(recorded=False) as transaction:
        save_draft(transaction, OWNER, draft.id, texts, revision=draft.revision, based_on=head.number)
