"""Describe how much a number changed: in percent of the earlier value or, for a share, in percentage points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from semantic.display.format import MISSING, decimals_for, decimals_of, fine, number
from semantic.model.definitions import NumberFormat
from semantic.results.change import Movement, movement
from semantic.results.result import ResultColumn

Verdict = Literal["better", "worse", ""]


def change_between(value: float | None, before: float | None, column: ResultColumn) -> float | None:
    """Return the change from `before` to `value`: the difference for a share, otherwise relative to `before`.

    None if either value is missing. A relative change from 0 is None too.
    """
    if value is None or before is None or not (math.isfinite(value) and math.isfinite(before)):
        return None
    if column.format is NumberFormat.SHARE:
        return float(value) - float(before)
    return (float(value) - float(before)) / abs(float(before)) if before else None


def change_text(
    change: float | None, column: ResultColumn, ends: tuple[float | None, float | None] | None = None
) -> str:
    """Return the change as text: +8.4% or, for a share, +0.4 pp. Every change except zero has a sign.

    `ends` are a share's earlier and later value, if both are shown next to the change. One more decimal is used if the
    change would otherwise differ from the difference of the rounded values: from 0.17% to 0.15% is −0.012 pp, not −0.01
    pp.
    """
    if change is None:
        return MISSING
    is_share = column.format is NumberFormat.SHARE
    decimals = change_decimals(change, column)
    if is_share and ends is not None and not _is_their_difference(change, ends, decimals):
        decimals = decimals_for(100 * change, decimals) + 1
    signed = _signed(100 * change, decimals)
    return f"{signed} pp" if is_share else f"{signed}%"


def points_text(change: float, decimals: int = 1) -> str:
    """Return the difference of two shares in percentage points: +0.4 pp. `decimals` are those of the shares next to it.

    >>> points_text(0.0043), points_text(-0.25), points_text(-0.0001), points_text(0.0004, 2)
    ('+0.4 pp', '−25.0 pp', '0.0 pp', '+0.04 pp')
    """
    text = number(100 * change, decimals)
    return f"+{text} pp" if change > 0 and _is_more_than_nothing(text) else f"{text} pp"


def relative_text(value: float, before: float) -> str:
    """Return the change relative to the earlier number, such as +8.4%. MISSING if that number is 0.

    >>> relative_text(3.24, 3.0), relative_text(1, 0) == MISSING
    ('+8.0%', True)
    """
    if not before:
        return MISSING
    change = (value - before) / abs(before)
    return f"{_signed(100 * change, 1 if abs(change) < 9.995 else 0)}%"


def _signed(value: float, decimals: int) -> str:
    text = fine(value, decimals)
    return f"+{text}" if value > 0 and _is_more_than_nothing(text) else text


def _is_their_difference(change: float, ends: tuple[float | None, float | None], decimals: int) -> bool:
    """Whether a share's rounded change equals the difference of its rounded values, in percentage points."""
    first, last = ends
    if first is None or last is None:
        return True
    before, after, shown = (round(100 * each, decimals_for(100 * each, decimals)) for each in (first, last, change))
    return math.isclose(after - before, shown, rel_tol=0, abs_tol=1e-9)


def change_decimals(change: float, column: ResultColumn) -> int:
    """Return the usual number of decimals of a change.

    For a share, it's the share's own number of decimals. Otherwise it's one, or none for a large change.
    """
    return decimals_of(column) if column.format is NumberFormat.SHARE else 1 if abs(change) < 9.995 else 0


def judge_change(
    value: float | None,
    before: float | None,
    column: ResultColumn,
    *,
    earlier: Sequence[Fraction] = (),
    is_apart: bool | None = None,
) -> Movement:
    """Return whether a change from `before` to `value` matters and is unusual.

    It matters if it's at least the smallest change that matters for the metric. It's unusual if it's outside the
    metric's usual range, if that is known. `earlier` has the changes of the same number between earlier periods of the
    same length, latest first. `is_apart` is whether the intervals of the two numbers don't overlap, or None if they
    have none.
    """
    is_share = column.format is NumberFormat.SHARE
    least = column.metric.matters if column.metric is not None and column.calculation is None else None
    return movement(
        exact(before), exact(value), is_share=is_share, least=least, earlier=earlier, is_apart=is_apart
    )  # fmt: skip


def verdict(value: float | None, before: float | None, column: ResultColumn, movement: Movement) -> Verdict:
    """Return whether a change is good or bad, by the metric's good direction.

    "" if the metric has no good direction, or if the change is too small to matter or may be within the usual range.
    """
    if column.direction == "none" or value is None or before is None or not movement.is_signal:
        return ""
    return "better" if (value > before) == (column.direction == "up") else "worse"


def exact(value: float | None) -> Fraction | None:
    """Return a number as the decimal fraction that people read: 0.1 is exactly a tenth.

    None if it's missing or infinite.
    """
    return Fraction(repr(value)) if value is not None and math.isfinite(value) else None


def change_words(change: float | None, column: ResultColumn, verdict: Verdict) -> str:
    """Return the change with its verdict in words: "+8.4% better"."""
    return f"{change_text(change, column)} {verdict}".rstrip()


def _is_more_than_nothing(text: str) -> bool:
    return any(digit in text for digit in "123456789")
