"""Cache a checked model on disk, so that the next start doesn't parse and check its files again.

The file has two lines of JSON: what the model was made from, and the model. It's used only if the first line is exactly
what this code would write for the same files and that second line.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import orjson
from pydantic import ValidationError

from semantic.model.loading.load import digest_of, parse_files, read_folder
from semantic.model.loading.policy_schema import PersonDoc
from semantic.model.loading.stored import Misfit, model_from_plain, model_to_plain
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.people import people_of

MOST_KEPT = 8
_CODE = Path(__file__).parent.parent
_WRITERS = ("errors.py", "model/**/*.py", "policy/*.py", "query/*.py", "analyses/events/**/*.py", "run/model_cache.py")
"""The source files that determine what a model contains and how it's stored."""


def open_model(folder: Path, kept: Path | None = None) -> tuple[Model, Mapping[str, Actor]]:
    """Return the model in a folder and its people, from the cache or from its files. Raises ModelError."""
    return open_files(read_folder(folder), kept)


def open_files(files: Mapping[str, str], kept: Path | None = None) -> tuple[Model, Mapping[str, Actor]]:
    """Return the model in these files and its people, from the cache `kept` if exactly these files were checked.

    A model that was read from its files is then written to the cache. If writing fails, the files are read again next
    time. Raises ModelError with every problem.
    """
    place = kept / f"model-{_key(files)[:16]}.json" if kept is not None and _code_version() else None
    cached = _read(place, files) if place is not None else None
    model, docs = cached or parse_files(files)
    people = people_of(docs)
    if cached is None and place is not None:
        _write(place, files, model, docs)
    return model, people


def _read(place: Path, files: Mapping[str, str]) -> tuple[Model, tuple[PersonDoc, ...]] | None:
    """Return the cached model for these files, or None if it's missing or differs from what was written."""
    try:
        head, _, body = place.read_bytes().partition(b"\n")
        if head != _head(files, body):
            return None
        data = orjson.loads(body)
        if not isinstance(data, dict) or data.keys() != {"model", "people"} or not isinstance(data["people"], list):
            return None
        people = tuple(PersonDoc.model_validate(person, strict=True) for person in data["people"])
        return model_from_plain(data["model"]), people
    except (OSError, orjson.JSONDecodeError, Misfit, ValidationError):
        return None


def _write(place: Path, files: Mapping[str, str], model: Model, people: tuple[PersonDoc, ...]) -> None:
    """Cache a checked model completely or not at all. A failure only makes the next start slower."""
    data = {"model": model_to_plain(model), "people": [person.model_dump(mode="json") for person in people]}
    try:
        body = orjson.dumps(data)
    except orjson.JSONEncodeError:  # a whole number of more than 64 bits, for example
        return
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=f"{place.stem}.", suffix=".new")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_head(files, body) + b"\n" + body)
            os.replace(name, place)  # another process writing at the same time writes the same content
        except OSError:
            os.unlink(name)
            raise
        _leave_newest(place.parent)


def _leave_newest(folder: Path) -> None:
    """Delete cached models of older files, and leftovers of interrupted processes."""
    for pattern in ("model-*.json", "model-*.new"):
        paths = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in paths[MOST_KEPT:]:
            old.unlink(missing_ok=True)


def _head(files: Mapping[str, str], body: bytes) -> bytes:
    """Return the first line of a cached model: digests of the files, of the code, and of the second line."""
    made_of = {"code": _code_version(), "files": digest_of(files), "model": hashlib.sha256(body).hexdigest()}
    return orjson.dumps(made_of)


def _key(files: Mapping[str, str]) -> str:
    return hashlib.sha256(f"{_code_version()} {digest_of(files)}".encode()).hexdigest()


@cache
def _code_version() -> str:
    """Return a digest of the code that reads models and of its libraries, or "" if it can't be read."""
    versions = (sys.version, *(version(name) for name in ("pydantic", "sqlglot", "pyyaml")))
    digest = hashlib.sha256(" ".join(versions).encode())
    for pattern in _WRITERS:
        sources = sorted(_CODE.glob(pattern))
        if not sources:
            return ""
        for path in sources:
            digest.update(f"\n{path.relative_to(_CODE)} ".encode() + path.read_bytes())
    return digest.hexdigest()
