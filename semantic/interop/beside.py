"""Store the parts of another format that a model doesn't use in a file next to it, for the next export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from semantic.errors import ModelError, Problem

BESIDE = "carried.json"
"""The name of the file with these parts. It maps a format and an object's name to what is stored for the object."""


def write_beside(form: str, kept: Mapping[str, Any]) -> dict[str, str]:
    """Return the file with these parts, by path. Empty if there are no parts."""
    return {BESIDE: json.dumps({form: kept}, indent=2, ensure_ascii=False) + "\n"} if kept else {}


def read_beside(form: str, files: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the parts that an import of `form` stored, by object.

    Empty without such a file. Raises ModelError for invalid JSON.
    """
    try:
        data = cast(object, json.loads(files.get(BESIDE, "{}")))
    except ValueError as error:
        raise ModelError(
            [Problem(BESIDE, 0, f"This is not JSON: {error}.", "Import again, or delete the file.")]
        ) from error
    kept = cast(Mapping[str, Any], data).get(form, {}) if isinstance(data, dict) else {}
    return cast(Mapping[str, Any], kept) if isinstance(kept, dict) else {}
