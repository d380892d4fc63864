"""Characters that people can't see but programs read. They can hide whole sentences in a text."""

from __future__ import annotations

import re
from typing import Final

MARKS: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<=[\ufe0e\ufe0f])[\ufe0e\ufe0f]"
)
"""The characters that people can't see. They are control characters other than tab and line feed, fillers, direction
marks, surrogate halves, tags, and variation selectors other than a single one after an emoji.
"""


def escaped(text: str) -> str:
    r"""Return JSON text in which each invisible character is escaped, such as \u200b. The meaning stays the same."""
    return MARKS.sub(lambda found: "".join(map(_escape, found[0])), text)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))
