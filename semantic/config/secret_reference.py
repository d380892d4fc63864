"""References in settings: a value in a separate file, or in another environment variable.

They keep passwords and keys out of the settings file and the process's environment.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LONGEST: Final = 64 * 1024  # bytes; a secret is a line


class BadReference(Exception):
    """Raised if a reference can't be read. The message names the setting and the place, never a value."""


@dataclass(frozen=True, slots=True)
class ResolvedSecret:
    """A value, and a description of where it was found."""

    value: str = field(repr=False)
    place: str


def follow_reference(name: str, text: str, environment: Mapping[str, str]) -> ResolvedSecret:
    """Return the value behind `file:/run/secrets/store` or `env:STORE_ADDRESS`.

    Any other text is returned as the value itself.

    A trailing newline is dropped. `name` is the setting's name in messages. Raises BadReference.
    """
    kind, colon, place = text.partition(":")
    if colon and kind == "file":
        return ResolvedSecret(_read(name, Path(place)), f"the file {place}, which {name} names")
    if colon and kind == "env":
        value = environment.get(place, "")
        if not value:
            raise BadReference(f"{name} names the variable {place!r}, which is not set. Set it, or name another.")
        return ResolvedSecret(value, f"the variable {place}, which {name} names")
    return ResolvedSecret(text, name)


def _read(name: str, path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for a writer
            raise OSError(errno.EINVAL, "it isn't a file")
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
        value = content.decode("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or "it isn't text"
        raise BadReference(
            f"{name} names the file {str(path)!r}, which can't be read: {why}. Check the path, and that the "
            "user running this process has read access."
        ) from None
    if not value or len(content) > LONGEST:
        what = "is empty" if not value else f"is longer than {LONGEST:,} bytes"
        raise BadReference(
            f"{name} names the file {str(path)!r}, which {what}. Write the value into the file, on one line."
        )
    return value
