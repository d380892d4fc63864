"""Check that SQL texts read back correctly, once per text."""

from __future__ import annotations

from typing import Final

from semantic.compile import Compiled, check_read_back

MOST_PASSED: Final = 4_000  # texts that passed the check


class ReadBackCheck:
    """Checks that SQL keeps its meaning when it's parsed again, and remembers the texts that passed."""

    def __init__(self) -> None:
        self._passed: set[str] = set()

    def check(self, compiled: Compiled) -> None:
        """Check a question's SQL, unless the same text with parameters already passed."""
        text = compiled.sql
        if text in self._passed:
            return
        check_read_back(compiled)
        if all(compiled.dialects(leg.connection).parameters != "written" for leg in compiled.legs):
            if len(self._passed) >= MOST_PASSED:
                self._passed.clear()
            self._passed.add(text)
