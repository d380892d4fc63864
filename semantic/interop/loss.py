"""What an import or export could not carry: each with the source's name, its file and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """One thing that the other side does not say, or says in another way. `file` is the source's, "" when none."""

    file: str
    name: str  # as the source writes it: "metric revenue", "measure p99 of orders"
    why: str

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file else ""
        return f"{place}{self.name}: {self.why}"


class CannotSay(Exception):
    """The other side has nothing for a thing; the message says what and why."""


class Losses:
    """A list that is written to while a model is carried over. The same loss is kept once."""

    def __init__(self) -> None:
        self._found: dict[Loss, None] = {}

    def add(self, name: str, why: str, file: str = "") -> None:
        self._found[Loss(file, name, why)] = None

    def extend(self, losses: Iterable[Loss]) -> None:
        self._found |= dict.fromkeys(losses)

    @property
    def all(self) -> tuple[Loss, ...]:
        return tuple(self._found)
