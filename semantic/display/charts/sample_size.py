"""Show evidence in charts: unreliable points, intervals, and groups that can't be ranked."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.display.evidence import Evidence
from semantic.display.format import Write, counted

Cells = Sequence[Evidence | None]
NAMED_PAIRS = 3


def unsure(cells: Cells) -> list[bool]:
    return [cell is not None and not cell.is_enough for cell in cells]


def words(cells: Cells, write: Write) -> list[str]:
    """Return a tooltip text for each point: whether it has too little data, and its interval."""
    return ["" if cell is None else _evidence_words(cell, write) for cell in cells]


def _evidence_words(evidence: Evidence, write: Write) -> str:
    interval = (
        ""
        if evidence.low is None or evidence.high is None
        else f"between {write(evidence.low)} and {write(evidence.high)}"
    )
    enough = "" if evidence.is_enough else (evidence.words or "too little data")
    return ", ".join(part for part in (enough, interval) if part)


def ends(cells: Cells) -> tuple[list[float | None], list[float | None]]:
    """Return the low and high ends of the intervals. Both lists are empty if no cell has an interval."""
    if all(cell is None or cell.low is None or cell.high is None for cell in cells):
        return [], []
    return [cell.low if cell else None for cell in cells], [cell.high if cell else None for cell in cells]


def unranked(names: Sequence[str], cells: Cells) -> str:
    """Return a note on neighbours in a ranking whose intervals overlap. Their order may be due to chance."""
    pairs: list[tuple[str, str]] = []
    for (name, cell), (other, two) in zip(
        zip(names, cells, strict=True), list(zip(names, cells, strict=True))[1:], strict=False
    ):
        if cell is not None and two is not None and _overlap(cell, two):
            pairs.append((name, other))
    if not pairs:
        return ""
    listed = "; ".join(f"{name} and {other}" for name, other in pairs)
    which = listed if len(pairs) <= NAMED_PAIRS else f"{len(pairs)} neighboring values"
    return f"{which} are too close to call: their 95% intervals overlap, so the order may be due to chance."


def _overlap(evidence: Evidence, other: Evidence) -> bool:
    if evidence.low is None or evidence.high is None or other.low is None or other.high is None:
        return False
    return evidence.low <= other.high and other.low <= evidence.high


def unsure_words(count: int, look: str) -> str:
    """Return a note on the number of values that have too little data, and how these look."""
    if not count:
        return ""
    return f"{counted(count, 'number')} {'has' if count == 1 else 'have'} too little data: {look}."
