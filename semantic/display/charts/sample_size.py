"""Evidence in charts: less reliable points, whiskers, and groups that can't be ranked."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.display.evidence import Evidence
from semantic.display.format import Write, counted

Cells = Sequence[Evidence | None]
NAMED_PAIRS = 3


def unsure(cells: Cells) -> list[bool]:
    return [one is not None and not one.is_enough for one in cells]


def words(cells: Cells, write: Write) -> list[str]:
    """A point's hover text: too little behind it, and its interval."""
    return ["" if one is None else _said(one, write) for one in cells]


def _said(one: Evidence, write: Write) -> str:
    interval = "" if one.low is None or one.high is None else f"between {write(one.low)} and {write(one.high)}"
    enough = "" if one.is_enough else (one.words or "too little data")
    return ", ".join(part for part in (enough, interval) if part)


def ends(cells: Cells) -> tuple[list[float | None], list[float | None]]:
    """The low and high ends of the intervals; empty if no cell has one."""
    if all(one is None or one.low is None or one.high is None for one in cells):
        return [], []
    return [one.low if one else None for one in cells], [one.high if one else None for one in cells]


def unranked(names: Sequence[str], cells: Cells) -> str:
    """Which neighbours in a ranking have overlapping intervals, so that their order may be chance."""
    pairs: list[tuple[str, str]] = []
    for (name, one), (other, two) in zip(
        zip(names, cells, strict=True), list(zip(names, cells, strict=True))[1:], strict=False
    ):
        if one is not None and two is not None and _overlap(one, two):
            pairs.append((name, other))
    if not pairs:
        return ""
    if len(pairs) > NAMED_PAIRS:
        return f"{len(pairs)} neighbouring values are too close to rank: their confidence intervals overlap."
    said = [f"{name} and {other}" for name, other in pairs]
    return f"{'; '.join(said)} are too close to rank: their confidence intervals overlap."


def _overlap(one: Evidence, other: Evidence) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    return one.low <= other.high and other.low <= one.high


def unsure_words(count: int, look: str) -> str:
    """The note below a chart with numbers based on too little, and how those look."""
    if not count:
        return ""
    return f"{counted(count, 'number')} {'has' if count == 1 else 'have'} too little data: {look}."
