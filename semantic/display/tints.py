"""Tints for the numbers of a metric, from light to strong.

Only members have a tint, because a total would have the strongest one.
"""

from __future__ import annotations

from collections.abc import Sequence

from semantic.display.rows import is_other, is_total, row_kinds
from semantic.display.tokens import Tokens
from semantic.results.result import Result, ResultColumn

STEPS = 10


def tints(value: ResultColumn, result: Result, tokens: Tokens) -> list[str | None]:
    """Return the tint of each row. None for totals, Other and missing values."""
    kinds = row_kinds(result)
    numbers = [
        None if is_total(kind) or is_other(kind) else number
        for number, kind in zip(result.table.column(value.name).to_pylist(), kinds, strict=True)
    ]
    return tinted(numbers, tokens)


def tinted(numbers: Sequence[float | None], tokens: Tokens) -> list[str | None]:
    """Return one of ten tints for each number, from the minimum to the maximum.

    If there are positive and negative numbers, the tints are centred on 0. If all numbers are equal, there are no
    tints.
    """
    known = [float(number) for number in numbers if number is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low == high:
        return [None] * len(numbers)
    scale = tokens.sequential
    if low < 0 < high:
        scale, high = tokens.diverging, max(-low, high)
        low = -high
    return [
        None if number is None else scale[min(STEPS - 1, int(STEPS * (float(number) - low) / (high - low)))]
        for number in numbers
    ]
