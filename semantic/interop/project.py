"""Find the files of another tool's project in a folder, without those that aren't part of its model."""

from __future__ import annotations

from pathlib import Path

from semantic.errors import ModelError, Problem
from semantic.interop.loss import Loss

MOST_FILES = 10_000
MOST_BYTES = 200_000_000
"""The maximum size of a file. dbt writes manifests of tens of megabytes."""

_NOT_THE_MODEL = frozenset(
    {"dbt_packages", "dbt_modules", "node_modules", "target", "logs", "venv", "env", "__pycache__", "build", "dist"}
)


def read_project(place: Path, artifacts: tuple[str, ...] = ()) -> tuple[dict[str, str], tuple[Loss, ...]]:
    """Return the text of each YAML file in the folder `place`, by path, and a loss for each unreadable file.

    Hidden folders, installed packages and build output are left out. `artifacts` are names of files that a tool
    generates. If `place` is such a file or a folder with one, it's read in place of the YAML. Raises ModelError if
    there is nothing to read.
    """
    if place.is_file():
        paths = {place.name: place}
    elif not place.is_dir():
        raise ModelError([Problem(str(place), 0, "There is no such folder.", "Name the folder of the project.")])
    else:
        written = {name: place / name for name in artifacts if (place / name).is_file()}
        paths = written or {path.relative_to(place).as_posix(): path for path in _yaml_files(place)}
    if not paths:
        raise ModelError([Problem(str(place), 0, "The folder has no YAML files.", "Name the folder of the project.")])
    if len(paths) > MOST_FILES:
        raise ModelError([Problem(str(place), 0, f"The folder has more than {MOST_FILES:,} YAML files.")])
    return _texts(paths)


def _yaml_files(folder: Path) -> list[Path]:
    found = sorted(path for pattern in ("*.yml", "*.yaml") for path in folder.rglob(pattern))
    return [path for path in found if path.is_file() and not _is_beside(path.relative_to(folder))]


def _is_beside(path: Path) -> bool:
    """Return whether a file belongs to a part of the project other than its model."""
    return any(part.startswith(".") for part in path.parts) or bool(_NOT_THE_MODEL & set(path.parts[:-1]))


def _texts(paths: dict[str, Path]) -> tuple[dict[str, str], tuple[Loss, ...]]:
    texts: dict[str, str] = {}
    losses: list[Loss] = []
    room = MOST_BYTES
    for name, path in paths.items():
        try:
            room -= path.stat().st_size
            if room < 0:
                losses.append(Loss(name, "file", "left out: the files are too large", "files that are too large"))
                continue
            texts[name] = path.read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            why = "left out: it can't be read as UTF-8 text"
            losses.append(Loss(name, "file", why, "files that can't be read"))
    return texts, tuple(losses)
