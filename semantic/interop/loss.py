"""Losses: what an import or export couldn't carry over, with its name and file in the source, and the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Loss:
    """One part that the other side doesn't have or expresses differently.

    `file` is the source's file, or "" if there is none.
    """

    file: str
    name: str  # as the source writes it: "metric revenue", "measure p99 of orders"
    why: str
    cause: str = ""  # what several losses have in common, "" if nothing

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file else ""
        return f"{place}{self.name}: {self.why}"


class NotExpressible(Exception):
    """Raised if the other side has no equivalent for a part. The message names the part and the reason."""


class Losses:
    """The losses of an import or export. Duplicates are listed once."""

    def __init__(self) -> None:
        self._found: dict[Loss, None] = {}

    def add(self, name: str, why: str, file: str = "", cause: str = "") -> None:
        self._found[Loss(file, name, why, cause)] = None

    def extend(self, losses: Iterable[Loss]) -> None:
        self._found |= dict.fromkeys(losses)

    @property
    def all(self) -> tuple[Loss, ...]:
        return tuple(self._found)


_KINDS = ("semantic model", "saved query", "time spine", "unit test", "custom granularity", "access policy")
_IRREGULAR = {
    "entity": "entities",
    "saved query": "saved queries",
    "hierarchy": "hierarchies",
    "access policy": "access policies",
    "custom granularity": "custom granularities",
}
_COUNTABLE = frozenset(
    (
        *(*_KINDS, "metric", "measure", "dimension", "entity", "column", "test", "file", "dataset", "cube", "view"),
        *("join", "segment", "hierarchy", "pre-aggregation", "relationship", "field", "calendar"),
    )
)
_QUOTED = re.compile(r"'[^']*'|`[^`]*`")


def counted_by_cause(losses: Iterable[Loss]) -> list[str]:
    """Return a line for each kind of object, most losses first: "3 tests: conditions (2), unknown columns (1)"."""
    by_kind: dict[str, Counter[str]] = {}
    for loss in losses:
        by_kind.setdefault(_kind(loss.name), Counter())[loss.cause or _gist(loss.why)] += 1
    lines: list[str] = []
    for kind, causes in sorted(by_kind.items(), key=lambda pair: -pair[1].total()):
        number = causes.total()
        said = ", ".join(f"{cause} ({count})" for cause, count in causes.most_common())
        lines.append(f"{number} {kind if number == 1 else _IRREGULAR.get(kind, f'{kind}s')}: {said}")
    return lines


def _kind(name: str) -> str:
    two = " ".join(name.split()[:2])
    first = two if two in _KINDS else name.partition(" ")[0]
    return first if first in _COUNTABLE else "other thing"


def _gist(why: str) -> str:
    """Return a reason without the names in it, to group losses by."""
    return _QUOTED.sub("…", why.removeprefix("left out: ").partition(". ")[0])
