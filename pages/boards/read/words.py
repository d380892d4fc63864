"""The texts of the lines above a board's tiles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines above a board's tiles, as Markdown: the headline, the trust, and the list that opens from the trust."""

    headline: str = ""
    trust: str = ""
    list: str = ""


NO_LINES = Lines()
