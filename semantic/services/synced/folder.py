"""Read a synced folder: its model files, their problems, and their commit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from semantic.errors import ModelError, Problem
from semantic.model.loading.load import MAX_FILES, parse_files
from semantic.store.models.versions import Files

LARGEST: Final = 8_000_000  # bytes of all files
DEEPEST: Final = 20  # folders within folders
_MOST_PROBLEMS: Final = 100
_HEAD: Final = re.compile(r"ref: (refs/heads/[A-Za-z0-9._/-]{1,200})\n?")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_NAME: Final = 5_000_000  # bytes of a file with names of commits


@dataclass(frozen=True, slots=True)
class SyncedFiles:
    """The files of a synced folder by path, and the problems of files that can't be read.

    `commit` is the first seven characters of the commit's hash, or "" if unknown.
    """

    files: Files = field(repr=False)
    problems: tuple[Problem, ...] = ()
    commit: str = ""


def read_synced(folder: Path) -> SyncedFiles | None:
    """Return the folder's current contents, or None while git is changing it."""
    if (folder / ".git" / "index.lock").exists():
        return None
    commit = read_commit(folder)
    try:
        return SyncedFiles(_read(folder), commit=commit)
    except ModelError as error:
        return SyncedFiles({}, error.problems[:_MOST_PROBLEMS], commit)


def problems_of(files: Files) -> tuple[Problem, ...]:
    """Return the problems of a model, given its files."""
    try:
        parse_files(files)
    except ModelError as error:
        return error.problems[:_MOST_PROBLEMS]
    return ()


def _read(folder: Path) -> dict[str, str]:
    """Return the text of every YAML file outside hidden folders, by path.

    Raises ModelError that lists all files that can't be read.
    """
    if not folder.is_dir():
        raise ModelError([Problem("", 0, "The synced folder doesn't exist.", "Check the setting `synced_folder`.")])
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    room = LARGEST
    for path in _listed(folder):
        name = _shown(path.relative_to(folder))
        if name != path.relative_to(folder).as_posix():
            problems.append(Problem(name, 0, "The file's name isn't UTF-8 text.", "Rename it."))
            continue
        if (why := _refused(path, folder)) is not None:
            problems.append(Problem(name, 0, why, "Put the file itself in the folder."))
            continue
        try:
            room -= path.stat().st_size
            if room < 0 or len(texts) == MAX_FILES:
                problems.append(Problem(name, 0, "The folder has too many or too large files.", "Remove some."))
                break
            texts[name] = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError):
            problems.append(Problem(name, 0, "The file cannot be read as UTF-8 text.", "Save it as UTF-8."))
    if not texts and not problems:
        problems.append(Problem("", 0, "The synced folder has no YAML files.", "Check the setting `synced_folder`."))
    if problems:
        raise ModelError(problems)
    return texts


def _listed(folder: Path) -> list[Path]:
    """Return the paths of the folder's YAML files.

    Raises ModelError if a folder can't be read, because its files would seem to be deleted.
    """
    try:
        return list(_paths(folder))
    except OSError as error:
        place = _shown(Path(str(error.filename or folder)).relative_to(folder))
        problem = Problem(
            "" if place == "." else place, 0, "A folder cannot be read.",
            "Give the user that runs Samepage permission to read it.",
        )  # fmt: skip
        raise ModelError([problem]) from error


def _paths(folder: Path, depth: int = 0) -> Iterator[Path]:
    """Yield the paths of YAML files in order, except hidden ones. Links to folders aren't followed."""
    if depth > DEEPEST:
        problem = Problem("", 0, f"Folders are nested more than {DEEPEST} deep.", "Move the files up.")
        raise ModelError([problem])
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _paths(path, depth + 1)
        elif path.suffix in (".yml", ".yaml"):
            yield path


def _shown(path: Path) -> str:
    """Return a path as text for the store. Bytes that aren't UTF-8 become question marks."""
    return path.as_posix().encode("utf-8", "replace").decode("utf-8")


def _refused(path: Path, folder: Path) -> str | None:
    """Return why a file can't be read, or None if it can: it must be a regular file inside the folder.

    Reading a pipe would wait for a writer.
    """
    try:
        is_inside = path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return "This is a link that leads nowhere."
    if not is_inside:
        return "This is a link that leads out of the folder."
    return None if path.is_file() else "This is not a file."


def read_commit(folder: Path) -> str:
    """Return the short hash of the commit checked out in the folder or in a folder above it, or "" if unknown."""
    for place in (folder, *folder.absolute().parents)[:8]:
        git = place / ".git"
        if git.is_symlink() or (git.exists() and not git.is_dir()):
            return ""
        if git.is_dir():
            return _commit(git)[:7]
    return ""


def _commit(git: Path) -> str:
    head = _text(git / "HEAD")
    if _COMMIT.fullmatch(head.strip()):
        return head.strip()
    match = _HEAD.fullmatch(head)
    if match is None or ".." in match[1]:
        return ""
    name = _text(git / match[1]).strip()
    if _COMMIT.fullmatch(name):
        return name
    for line in _text(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == match[1] and _COMMIT.fullmatch(commit):
            return commit
    return ""


def _text(path: Path) -> str:
    """Return the text of a small file, or "" if the file is missing, large or unreadable."""
    try:
        is_small_file = path.is_file() and not path.is_symlink() and path.stat().st_size <= _LONGEST_NAME
        return path.read_text(encoding="utf-8") if is_small_file else ""
    except (OSError, UnicodeDecodeError):
        return ""
