"""The distribution of a metric: how many members have a value in each range."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from semantic.display.charts import sample_size
from semantic.display.charts.chart import Chart
from semantic.display.charts.drawing import Drawing, not_compared
from semantic.display.charts.figures.histogram import Column, histogram
from semantic.display.format import counted, in_full, listed
from semantic.display.groups import Rows, is_grey
from semantic.query.describe import upper_first
from semantic.results.result import Result

FEWEST = 10
"""The fewest members that a distribution needs. For fewer members, bars are easier to read."""

MOST_COLUMNS = 16
TAIL = 2.5
"""If the largest value is more than this many times the 95th percentile, all larger values share the last column. Both
are measured from the smallest value.
"""


@dataclass(frozen=True, slots=True)
class Bins:
    """Ranges of equal width. With `has_tail`, the last range has no upper end."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    has_tail: bool


def no_distribution(rows: Rows, result: Result) -> str:
    """Return why a result can't be shown as a distribution, or "" if it can."""
    if rows.dated or len(rows.keys) != 1:
        return "A distribution needs one breakdown and no date."
    query, metric = result.query, rows.metrics[0]
    if result.hides(metric):
        return "Small groups are hidden for privacy, so not every value is known."
    if query.top is not None:
        return "Only the top values are shown. Remove the top limit to include every value."
    if rows.cut:
        return "The limit hides groups, so some values are missing."
    if query.having:
        return "A filter on a metric hides groups, so some values are missing."
    values = members(rows)
    if len(values) < FEWEST:
        key = rows.keys[0].label
        return f"A distribution needs at least {FEWEST} values of {key} with data. This result has {len(values)}."
    return "" if min(values) < max(values) else f"All {len(values):,} values are the same."


def members(rows: Rows) -> list[float]:
    """Return each member's number in ascending order. Other and rows without a value are left out."""
    numbers = zip(rows.groups, rows.numbers[rows.metrics[0].name], strict=True)
    return sorted(float(value) for group, value in numbers if value is not None and not is_grey(group))


def bins_of(values: Sequence[float]) -> Bins:
    """Return ranges with round edges for sorted values that aren't all equal.

    >>> bins_of([1, 2, 2, 3, 3, 3, 4, 4, 5, 9]).edges
    (0, 2, 4, 6, 8, 10)
    """
    low, high = values[0], values[-1]
    most = values[math.ceil(0.95 * len(values)) - 1]
    has_tail = most > low and high - low > TAIL * (most - low)
    step = _step(
        (most if has_tail else high) - low, len(values), is_whole=all(map(float.is_integer, map(float, values)))
    )
    first = math.floor(low / step)
    last = math.floor(most / step) + 1 if has_tail else max(math.floor(high / step) + 1, first + 1)
    # Multiples, since sums of steps drift: 0.1 + 0.2 isn't 0.3.
    edges = [place * step for place in range(first, last + 1)]
    counts = [0] * (last - first + has_tail)
    for value in values:
        counts[min(max(bisect_right(edges, value) - 1, 0), len(counts) - 1)] += 1
    if has_tail:
        edges.append((last + 1) * step)
    return Bins(tuple(edges), tuple(counts), has_tail)


def _step(span: float, count: int, *, is_whole: bool) -> float:
    """Return a round width for the columns.

    The number of columns grows with the square root of the number of values, within limits.
    """
    wanted = span / min(MOST_COLUMNS, max(5, math.ceil(1.5 * math.sqrt(count))))
    size = 10.0 ** math.floor(math.log10(wanted))
    step = next((factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= wanted), 10 * size)
    return max(1.0, math.ceil(step)) if is_whole else step


def distribution(drawing: Drawing) -> Chart:
    """Return a chart with a column for each range of values.

    Its height is the number of members. The median is marked.
    """
    rows, metric = drawing.rows, drawing.rows.metrics[0]
    values, key = members(rows), rows.keys[0].label
    bins, middle, write = bins_of(values), median(values), rows.write(metric)
    full = in_full(write)
    columns: list[Column] = []
    for place, count in enumerate(bins.counts):
        start, end = bins.edges[place], bins.edges[place + 1]
        is_tail = bins.has_tail and place == len(bins.counts) - 1
        words = f"{full(start)} or more" if is_tail else f"{full(start)} to under {full(end)}"
        part = f"{count:,} of {counted(len(values), 'value')} of {key}"
        columns.append(Column(start, end, count, part, words, is_tail=is_tail))
    said = f"Median {write(middle)}"
    figure = histogram(columns, (middle, said), (f"Values of {key}", metric.label), write, drawing.tokens)
    notes: list[str] = []
    if bins.has_tail:
        start, last = bins.edges[-2], bins.counts[-1]
        notes.append(
            f"The last column has {counted(last, 'value')} of {full(start)} or more, up to {full(values[-1])}."
        )
    without = sum(value is None for value in rows.numbers[metric.name])
    notes += [f"{counted(without, 'group')} without data: table only."] if without else []
    if any(is_grey(group) and value is not None for group, value in _numbers(rows)):
        notes.append("Rows without a value aren't counted.")
    cells = rows.behind.get(metric.name)
    few = sum(sample_size.unsure(cells)) if cells else 0
    notes += [f"{counted(few, 'value')} {'has' if few == 1 else 'have'} too little data."] if few else []
    if len(rows.metrics) > 1:
        notes.append(f"Shows {metric.label}. {listed(other.label for other in rows.metrics[1:])}: table only.")
    notes += not_compared(rows)
    fullest = max(columns, key=lambda column: column.count)
    alt = (
        f"{drawing.start} Distribution of {metric.label} over {counted(len(values), 'value')} of {key}: from "
        f"{write(values[0])} to {write(values[-1])}, {said[0].lower()}{said[1:]}. "
        f"{upper_first(fullest.words)}: {fullest.part}."
    )
    return Chart(figure, "distribution", "", alt, " ".join(notes), metric.label)


def _numbers(rows: Rows) -> list[tuple[tuple[object, ...], float | None]]:
    return list(zip(rows.groups, rows.numbers[rows.metrics[0].name], strict=True))
