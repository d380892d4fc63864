"""How much data is behind each number of a result, whether it's enough to rely on, and the number's interval.

The model defines how much data a metric needs (`enough`). Evidence isn't a privacy feature: numbers with too little
data are shown, but marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from semantic.model.definitions import Interval
from semantic.results.result import ColumnSupport, Result
from semantic.results.students_t import Z, student


@dataclass(frozen=True, slots=True)
class Evidence:
    """The data behind one number. `low` and `high` are the ends of its 95% interval, or None if it has none."""

    is_enough: bool
    count: float | None  # the rows behind the number, such as a rate's sessions; None if hidden
    low: float | None = None
    high: float | None = None
    words: str = ""  # "12 of at least 30 sessions"


def evidence(result: Result) -> Mapping[str, tuple[Evidence | None, ...]]:
    """Return the evidence for each value column, by row. Metrics without `enough` are left out.

    A cell without a value has no evidence. People who can't see the rows behind a number only learn whether there are
    enough rows.
    """
    evidence: dict[str, tuple[Evidence | None, ...]] = {}
    for name, behind in result.support.items():
        values = result.table.column(name).to_pylist()
        evidence[name] = tuple(
            None if value is None or not isfinite(value) else _evidence(value, behind, row)
            for row, value in enumerate(values)
        )
    return evidence


def evidence_of(name: str, row: int, result: Result) -> Evidence | None:
    """Return the evidence for one cell. None if its metric has no `enough` or the cell has no value."""
    value = result.table.column(name)[row].as_py()
    behind = result.support.get(name)
    return None if behind is None or value is None or not isfinite(value) else _evidence(value, behind, row)


def _evidence(value: float, behind: ColumnSupport, row: int) -> Evidence:
    is_enough = behind.is_enough[row]
    count = behind.counts[row] if behind.counts is not None else None
    if behind.counts is None or behind.beside is None or count is None:
        return Evidence(is_enough, None, words="" if is_enough else "Too little data")
    ends = None
    if behind.need.interval is Interval.WILSON:
        ends = wilson(behind.beside[row] or 0, count)
    elif behind.need.interval is Interval.T:
        ends = mean_interval(value, behind.beside[row], count)
    low, high = ends or (None, None)
    return Evidence(is_enough, count, low, high, _words(count, behind, is_enough=is_enough))


def count_of_too_little(result: Result) -> tuple[int, int, str]:
    """Return how many numbers require enough data, how many have too little, and the data of the first one of these.

    That text is "" if this person can't see it. Intervals aren't computed, because a page calls this on every run.
    """
    every = few = 0
    words = ""
    for name, behind in result.support.items():
        for row, value in enumerate(result.table.column(name).to_pylist()):
            if value is None or not isfinite(value):
                continue
            every += 1
            if not behind.is_enough[row]:
                few += 1
                count = behind.counts[row] if behind.counts is not None and behind.beside is not None else None
                words = words or ("" if count is None else _words(count, behind, is_enough=False))
    return every, few, words


def _words(count: float, behind: ColumnSupport, *, is_enough: bool) -> str:
    """Return the data behind a number in words: `12 of at least 30 sessions`, or `1,240 sessions` if it's enough."""
    shown = f"{count:,.0f}"
    return f"{shown} {behind.what}" if is_enough else f"{shown} of at least {behind.need.at_least:,} {behind.what}"


def wilson(part: float, whole: float) -> tuple[float, float] | None:
    """Return Wilson's interval of a share. None if `part` isn't a part of `whole`.

    >>> low, high = wilson(5, 10) or (0, 0)
    >>> round(low, 4), round(high, 4)
    (0.2366, 0.7634)
    """
    if whole <= 0 or not 0 <= part <= whole:
        return None
    share, square = part / whole, Z * Z
    middle = share + square / (2 * whole)
    reach = Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    below = 1 + square / whole
    # The interval of 0 or 1 ends exactly there, which rounding in the square root would miss.
    low = 0.0 if part == 0 else (middle - reach) / below
    high = 1.0 if part == whole else (middle + reach) / below
    return low, high


def mean_interval(mean: float, variance: float | None, count: float) -> tuple[float, float] | None:
    """Return the interval of a mean by Student's distribution. None for fewer than two values.

    >>> low, high = mean_interval(10, 4, 25) or (0, 0)
    >>> round(low, 4), round(high, 4)
    (9.1744, 10.8256)
    """
    if variance is None or count < 2 or not isfinite(variance) or variance < 0:
        return None
    reach = student(int(count) - 1) * sqrt(variance / count)
    return mean - reach, mean + reach


# Ranks


def unranked(result: Result, column: str) -> tuple[tuple[int, ...], ...]:
    """Return groups of two or more rows whose order in a column may be due to chance, largest values first.

    The intervals of any two rows in a group overlap, so neither is known to be higher. A row can be in two groups.
    Totals, Other and rows without an interval aren't ranked. Results with several breakdowns or over time have no
    groups.
    """
    keys = result.keys
    if len(keys) != 1 or keys[0].is_dated or column not in result.support:
        return ()
    kinds = result.table.column(result.table.column_names[-1]).to_pylist()
    values = result.table.column(column).to_pylist()
    spans = {
        row: (each_evidence.low, each_evidence.high)
        for row, each_evidence in enumerate(evidence(result)[column])
        if each_evidence is not None
        and each_evidence.low is not None
        and each_evidence.high is not None
        and kinds[row] in ("member", "none")
    }
    order = sorted(spans, key=lambda row: (-values[row], row))
    return _overlapping(order, spans)


def _overlapping(order: Sequence[int], spans: Mapping[int, tuple[float, float]]) -> tuple[tuple[int, ...], ...]:
    """Return the longest runs of rows in which every two intervals overlap."""
    groups: list[tuple[int, ...]] = []
    first = 0
    for last in range(len(order)):
        before = first
        while max(spans[row][0] for row in order[first : last + 1]) > min(
            spans[row][1] for row in order[first : last + 1]
        ):
            first += 1
        if first > before and last - before >= 2:
            groups.append(tuple(order[before:last]))
    if len(order) - first >= 2:
        groups.append(tuple(order[first:]))
    return tuple(groups)
