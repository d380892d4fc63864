"""The commands for model versions: push, pull, diff, versions and rollback.

A pulled folder contains a file with its version, which push uses as the base version of the folder's changes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from typing import Final

from semantic.config.settings import Settings
from semantic.display.format import counted
from semantic.display.text import text_table
from semantic.errors import ModelError, Problem, StoreFailed, Unavailable, with_place
from semantic.governance.model_diff import diff_models, sql_difference
from semantic.governance.run_policy_tests import failures
from semantic.model.editing.merge import Conflict, merge
from semantic.model.editing.objects import Key, split_files
from semantic.model.loading.load import digest_of, read_folder
from semantic.model.model import Model
from semantic.policy.actor import OWNER
from semantic.services.process import open_versions
from semantic.sql.dialects.table import find_dialect
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Store, Transaction
from semantic.store.models.versions import (
    Check,
    Version,
    files_of,
    publish,
    read_head,
    read_running,
    read_version,
    read_versions,
    roll_back,
)
from semantic.workspace import Workspace

MARKER: Final = ".samepage-version"
_MARK: Final = re.compile(r"(\d{1,9}) ([0-9a-f]{64})\n?")

Files = Mapping[str, str]


class _Conflicts(Exception):
    """Raised if both sides changed the same objects in different ways."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__(f"{len(conflicts)} conflicts")
        self.conflicts = tuple(conflicts)


def push(asked: argparse.Namespace, settings: Settings) -> int:
    """Publish a folder. If someone else has published since the folder was pulled, merge both changes."""
    folder: Path = asked.folder
    mine = read_folder(folder)
    store, keys = open_versions(settings)
    try:
        with store.read() as connection:
            head = _head(store)
            theirs = files_of(connection, head.number)
        base = head.number if asked.replace else _made_from(store, folder, head)
        files, notes = (mine, ()) if base == head.number else _merged(store, base, mine, head, theirs, asked.settle)
        for note in notes:
            _say(note)
        if digest_of(files) == head.digest:
            _write(folder, files, head)
            _say(f"The folder has no changes compared with version {head.number}. Nothing was published.")
            return 0
        version = publish(
            store, keys, files, parent=head.number, actor=OWNER, note=asked.note, effective_at=asked.effective,
            checks=(_asked_tests(settings, files),), step=_as_operator,
        )  # fmt: skip
        _write(folder, files, version)
    except _Conflicts as error:
        _tell_conflicts(error.conflicts, mine, folder)
        return 1
    finally:
        store.close()
    print(version.number)
    _say(f"{folder} is now version {version.number} of the model. {_since(store, version)}")
    if base != head.number:
        _say(f"It includes everything published since version {base}, and the folder has been updated to match.")
    return 0


def _as_operator(_: Transaction, __: Version) -> Mapping[str, Plain]:
    """Return the details for the audit log about a version published without a review.

    Anyone with access to the store's files can publish without a review.
    """
    return {"how": "from the command line, without a review"}


def pull(asked: argparse.Namespace, settings: Settings) -> int:
    """Write a version into a folder, so that the folder contains exactly that version's files."""
    folder: Path = asked.folder
    store, keys = open_versions(settings)
    try:
        with store.read() as connection:
            version = read_version(connection, asked.version) if asked.version else _head(store)
            files = files_of(connection, version.number)
        if not asked.force:
            _refuse_to_lose(store, folder, files)
        _write(folder, files, version)
        with store.write() as transaction:
            record(transaction, Act(kind="model.pulled", actor=OWNER, about=f"version:{version.number}"), keys)
    finally:
        store.close()
    print(folder)
    _say(f"Version {version.number} of the model, {counted(len(files), 'file')}. Change them, then push the folder.")
    return 0


def show_difference(asked: argparse.Namespace, settings: Settings) -> int:
    """Print how two versions, or a version and a folder, differ, in words and in SQL."""
    store, _ = open_versions(settings)
    try:
        head = _head(store)
        older = asked.before or str(max(head.number - 1, 1))
        newer = asked.after or str(head.number)
        if asked.before and not asked.after and not asked.before.isdecimal():  # a folder alone: what pushing would do
            older, newer = str(head.number), asked.before
        before, after = _files_named(store, older), _files_named(store, newer)
    finally:
        store.close()
    diff = diff_models(before, after)
    _say(f"From {_called(older)} to {_called(newer)}: {diff.words}")
    for change in diff.objects:
        print(change.words)
        for field in change.fields:
            print(f"  {field.words}")
    for metric in diff.affected:
        print(metric.words)
    today = datetime.now(UTC).date()
    for name in (metric.name for metric in diff.affected if asked.sql):
        difference = sql_difference(diff, name, find_dialect(asked.dialect), today=today)
        print(f"\n-- {name}\n{difference.lines or difference.refused or 'The SQL is the same.'}")
    return 0


def list_versions(asked: argparse.Namespace, settings: Settings) -> int:
    """Print the versions, newest first."""
    store, _ = open_versions(settings)
    try:
        with store.read() as connection:
            versions = read_versions(connection, limit=asked.limit)
            running = read_running(connection, store.now())
    finally:
        store.close()
    rows = [
        [
            str(version.number),
            _state(version, running),
            _minute(version.published_at),
            version.author_name or "-",
            version.note,
        ]
        for version in versions
    ]
    print(text_table(["version", "state", "published (UTC)", "by", "note"], rows))
    return 0


def go_back(asked: argparse.Namespace, settings: Settings) -> int:
    """Publish the files of an earlier version again, as a new version."""
    store, keys = open_versions(settings)
    try:
        with store.read() as connection:
            files = files_of(connection, asked.version)
        version = roll_back(
            store, keys, asked.version, head=_head(store).number, actor=OWNER, note=asked.note,
            checks=(_asked_tests(settings, files),),
        )  # fmt: skip
    finally:
        store.close()
    print(version.number)
    _say(f"Version {version.number} has the files of version {asked.version}, and is live now.")
    return 0


def _asked_tests(settings: Settings, files: Files) -> Check:
    """Return a check that runs policy tests that need rows, if there are any and the data can be opened here."""

    def check(model: Model) -> Sequence[Problem]:
        if not any(policy_test.needs_rows for policy_test in model.policy_tests):
            return ()
        try:
            workspace = Workspace.open(settings, files)
        except Unavailable as error:
            _say(f"Policy tests that need data weren't run. {with_place(error)}")
            return ()
        try:
            return tuple(failures(workspace.run_policy_tests()))
        finally:
            workspace.close()

    return check


def _files_named(store: Store, name: str) -> Files:
    """Return the files of a version, given its number, or of a folder, given its path."""
    if not name.isdecimal():
        return read_folder(Path(name))
    with store.read() as connection:
        return files_of(connection, int(name))


def _called(name: str) -> str:
    return f"version {name}" if name.isdecimal() else name


def instant(text: str) -> datetime:
    """Return the instant for a day, or for a time with its zone: 2026-07-01, 2026-07-01T06:00+02:00.

    A day begins at midnight UTC.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None and len(text) > len("2026-07-01"):
        raise ValueError("a time needs a time zone")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _head(store: Store) -> Version:
    with store.read() as connection:
        head = read_head(connection)
    assert head is not None  # an opened store has at least the built-in model
    return head


def _made_from(store: Store, folder: Path, head: Version) -> int:
    """Return the number of the version that a folder was pulled from.

    Raises StoreFailed if the folder doesn't have it, or was pulled from another store.
    """
    marked = _read_marker(folder)
    if marked is None:
        raise StoreFailed(
            f"{folder} doesn't say which version it was made from. Pull a version into another folder and move "
            "your changes there, or add --replace to publish the folder as it is instead of version "
            f"{head.number}."
        )
    with store.read() as connection:
        known = [version for version in read_versions(connection) if (version.number, version.digest) == marked]
    if not known:
        raise StoreFailed(
            f"{folder} was pulled from version {marked[0]} of another store. Check SAMEPAGE_STORE, or add "
            f"--replace to publish the folder as it is instead of version {head.number}."
        )
    return marked[0]


def _read_marker(folder: Path) -> tuple[int, str] | None:
    try:
        match = _MARK.fullmatch((folder / MARKER).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return None
    return (int(match[1]), match[2]) if match else None


def _merged(
    store: Store, base: int, mine: Files, head: Version, theirs: Files, settle: str | None
) -> tuple[Files, tuple[str, ...]]:
    """Merge two changes of the version `base`. Raises _Conflicts, and ModelError if the merged model isn't valid."""
    with store.read() as connection:
        before = files_of(connection, base)
    found = merge(before, mine, theirs)
    if found.conflicts and settle:
        chosen: dict[Key, str | None] = {
            conflict.key: conflict.mine if settle == "mine" else conflict.theirs for conflict in found.conflicts
        }
        found = merge(before, mine, theirs, chosen)
    if found.conflicts:
        raise _Conflicts(found.conflicts)
    if found.problems:
        alone = [problem for problem in found.problems if problem not in found.of_both]
        together = f"Your changes, merged with those up to version {head.number}, don't make a valid model."
        raise ModelError(
            [*alone, *(Problem(problem.file, problem.line, problem.message, together) for problem in found.of_both)]
        )
    return found.files, found.notes


def _tell_conflicts(conflicts: Sequence[Conflict], mine: Files, folder: Path) -> None:
    places = {thing.key: thing for parts in split_files(mine).values() for thing in parts.objects}
    for conflict in conflicts:
        place = places.get(conflict.key)
        where = f"{folder / place.file}:{place.first}" if place else str(folder)
        print(f"{where}: {conflict.message}")
        for whose, text in (("yours", conflict.mine), ("theirs", conflict.theirs)):
            print("\n".join([f"  {whose}:", *(f"    {line}" for line in _changed_lines(conflict.base, text))]))
    _say(
        f"{counted(len(conflicts), 'conflict')}. Nothing was published. Edit your folder and push it with "
        "--settle mine, or use the published side with --settle theirs."
    )


def _changed_lines(before: str | None, after: str | None) -> list[str]:
    """Return the removed and added lines, marked with - and +, or a sentence if the object was removed."""
    if after is None:
        return ["(removed)"]
    lines = [*unified_diff((before or "").splitlines(), after.splitlines(), lineterm="", n=0)][2:]
    return ["..." if line.startswith("@@") else line for line in lines][1:]


def _refuse_to_lose(store: Store, folder: Path, files: Files) -> None:
    """Raise StoreFailed if pulling would overwrite changes that weren't pushed."""
    try:
        here = read_folder(folder)
    except ModelError:
        if any(folder.rglob("*.y*ml")) if folder.is_dir() else folder.exists():
            raise
        return
    marked = _read_marker(folder)
    if digest_of(here) in (digest_of(files), marked[1] if marked else ""):
        return
    raise StoreFailed(
        f"{folder} has unpublished changes. Push them, pull into another folder, or add --force to discard them."
    )


def _write(folder: Path, files: Files, version: Version) -> None:
    """Write these .yml files into a folder, and delete all other .yml files in it.

    Other types of files stay the same.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).unlink(missing_ok=True)  # half-written files are no version
        for path in sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern)):
            if path.relative_to(folder).as_posix() not in files:
                path.unlink()
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
        (folder / MARKER).write_text(f"{version.number} {version.digest}\n", encoding="ascii")
    except OSError as error:
        raise StoreFailed(f"{folder} can't be written: {error.strerror}.") from error


def _state(version: Version, running: Version | None) -> str:
    if running is not None and version.number == running.number:
        return "runs"
    return "" if running is None or version.number < running.number else f"from {_minute(version.effective_at)}"


def _since(store: Store, version: Version) -> str:
    is_later = version.effective_at > store.now()
    return f"It takes effect on {_minute(version.effective_at)} UTC." if is_later else "It's live now."


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


def _say(text: str) -> None:
    print(text, file=sys.stderr)
