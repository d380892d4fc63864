"""Calculate how long it takes until subjects come back: the Kaplan-Meier curve, from counts by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from semantic.results.students_t import Z


@dataclass(frozen=True, slots=True)
class Waiting:
    """A period with the share of subjects who haven't come back by its end.

    `at_risk` is the number of subjects who hadn't come back before the period and were followed to its end. `came` is
    the number of them who came back in it. `low` and `high` are the ends of Greenwood's 95% interval, None once
    everyone has come back.
    """

    period: int
    at_risk: int
    came: int
    share: float
    low: float | None
    high: float | None


def waiting(at_risk: Sequence[int], came: Sequence[int]) -> tuple[Waiting, ...]:
    """Return the curve, starting with period 0. It ends when no subjects are left.

    >>> [round(each.share, 4) for each in waiting([10, 6, 3], [2, 3, 0])]
    [0.8, 0.4, 0.4]
    """
    curve: list[Waiting] = []
    share, spread = 1.0, 0.0
    for period, (left, back) in enumerate(zip(at_risk, came, strict=True)):
        if left == 0:
            break
        share *= (left - back) / left
        low = high = None
        if back < left:
            spread += back / (left * (left - back))
            reach = Z * share * sqrt(spread)
            low, high = max(0.0, share - reach), min(1.0, share + reach)
        curve.append(Waiting(period, left, back, share, low, high))
        if share == 0:
            break
    return tuple(curve)


def half_by(curve: Sequence[Waiting]) -> int | None:
    """Return the first period by the end of which at least half of the subjects have come back, or None."""
    return next((each.period for each in curve if each.share <= 0.5), None)
