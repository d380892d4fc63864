"""Turn another tool's names into valid ones: lower case, no double underscore, no reserved word."""

from __future__ import annotations

import re
from collections.abc import Collection

from semantic.model.checks.validate import RESERVED

MOST_LETTERS = 63
_FITS = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


def is_name(text: str) -> bool:
    """Return whether a text can be a name as it is.

    Two underscores in a row aren't allowed, because they separate a role from a dimension.
    """
    return bool(_FITS.match(text)) and "__" not in text and text not in RESERVED


def fit_name(text: str, taken: Collection[str] = (), other: str = "") -> str:
    """Return the most similar valid name that isn't `taken`. If necessary, `other` is added as a suffix."""
    name = re.sub(r"_+", "_", re.sub(r"[^a-z0-9_]", "_", text.lower())).lstrip("_")
    name = name if re.match(r"[a-z]", name) else f"n_{name}".rstrip("_")
    name = name[:MOST_LETTERS]
    if is_name(name) and name not in taken:
        return name
    stem = f"{name}_of_{other}" if other else f"{name}_value"
    stem = stem[: MOST_LETTERS - 3]
    if is_name(stem) and stem not in taken:
        return stem
    return next(candidate for candidate in (f"{stem}_{number}" for number in range(2, 1_000)) if candidate not in taken)
