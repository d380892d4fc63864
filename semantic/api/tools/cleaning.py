"""Make text from data harmless for the programs that read it.

The result has no control characters, no bidirectional marks, and no member longer than 200 characters.

Such text is always a value, and can't affect which tools can be called.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from semantic.display.unseen import MARKS

LONGEST_MEMBER: Final = 200
LONGEST_TEXT: Final = 4_000
CUT: Final = "\N{HORIZONTAL ELLIPSIS}"

_LONG_KEYS: Final = frozenset({"reason", "description", "means", "does_not_mean", "computed_as", "sql", "link", "text"})
"""The keys of texts by stewards or Samepage, which can be longer than a member of a dimension."""

_LONG_LISTS: Final = frozenset({"sentences", "notes", "rule", "caveats"})


def cleaned(data: Any, *, most: int = LONGEST_MEMBER) -> Any:  # Any: JSON
    """Return JSON-ready data with every text made harmless.

    A question is returned completely or as null, because without parts of its text it would be a different question.
    """
    match data:
        case str():
            return clean_text(data, most)
        case Mapping():
            return {
                clean_text(str(key), LONGEST_MEMBER): _cleaned_under(str(key), value, most)
                for key, value in data.items()
            }
        case list() | tuple():
            return [cleaned(item, most=most) for item in data]
        case _:
            return data


def _cleaned_under(key: str, value: Any, most: int) -> Any:  # Any: JSON
    if key in ("question", "change", "readings") and value is not None:
        return _whole(value)
    if key in _LONG_KEYS | _LONG_LISTS:
        return cleaned(value, most=LONGEST_TEXT)
    return cleaned(value, most=most)


def _whole(value: Any) -> Any:  # Any: JSON
    if isinstance(value, list):
        return [each for each in value if _is_clean(each)]
    return value if _is_clean(value) else None


def _is_clean(value: Any) -> bool:
    return cleaned({"": value}, most=LONGEST_TEXT) == {"": value}


def clean_text(text: str, most: int) -> str:
    """Return a text without invisible characters, shortened to `most` characters."""
    text = MARKS.sub("", text)
    return text if len(text) <= most else text[: most - 1] + CUT
