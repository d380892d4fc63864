"""The things that an import or export could not carry over, each with the source's name, its file and the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """One thing that the other side lacks or expresses differently. `file` is the source's, "" if none."""

    file: str
    name: str  # as the source writes it: "metric revenue", "measure p99 of orders"
    why: str

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file else ""
        return f"{place}{self.name}: {self.why}"


class CannotSay(Exception):
    """The other side has no equivalent for a thing. The message says what and why."""


class Losses:
    """A list that an import or export adds to. Duplicates are kept once."""

    def __init__(self) -> None:
        self._found: dict[Loss, None] = {}

    def add(self, name: str, why: str, file: str = "") -> None:
        self._found[Loss(file, name, why)] = None

    def extend(self, losses: Iterable[Loss]) -> None:
        self._found |= dict.fromkeys(losses)

    @property
    def all(self) -> tuple[Loss, ...]:
        return tuple(self._found)
