"""Describe how each number of an answer compares with others: its share, its rank, and its change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from semantic.display.change import change_between, change_text
from semantic.display.charts.figures.frame import Phrase
from semantic.display.format import in_full, share
from semantic.display.groups import Rows, is_grey
from semantic.display.rows import comparison_words
from semantic.display.shares import adds_up_over
from semantic.model.definitions import Additivity
from semantic.query.describe import upper_first
from semantic.results.result import Result, ResultColumn


@dataclass(frozen=True, slots=True)
class Compared:
    """The values of one comparison, and the change from each, by row."""

    words: str
    values: Sequence[str]
    changes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """A metric's shares, ranks and comparisons in words, by row of `Rows`. "" if there is none."""

    shares: Sequence[str]
    ranks: Sequence[str]
    compared: Sequence[Compared]

    def lines(self, at: Sequence[int | None]) -> list[list[Phrase]]:
        """Return the tooltip lines that follow the numbers of these rows. None stands for a point without a row."""

        def of(texts: Sequence[str]) -> list[str]:
            return ["" if row is None else texts[row] for row in at]

        return [
            [("{} of total", of(self.shares)), ("{}", of(self.ranks))],
            *([(f"{one.words} {{}}", of(one.values)), ("{}", of(one.changes))] for one in self.compared),
        ]


def standing(metric: ResultColumn, rows: Rows, result: Result) -> Standing:
    """Return how a metric's numbers compare with each other.

    If the answer is over time, each period is compared separately.
    """
    return Standing(
        _shares(metric, rows, result),
        _ranks(metric, rows, result),
        [_compared(metric, before, rows) for before in rows.before[metric.name]],
    )


def _compared(metric: ResultColumn, before: ResultColumn, rows: Rows) -> Compared:
    write, then = in_full(rows.write(metric)), rows.numbers[before.name]
    changes = [change_between(*pair, metric) for pair in zip(rows.numbers[metric.name], then, strict=True)]
    return Compared(
        upper_first(comparison_words(metric, before)),
        ["" if value is None else write(value) for value in then],
        ["" if change is None else change_text(change, metric) for change in changes],
    )


def _shares(metric: ResultColumn, rows: Rows, result: Result) -> list[str]:
    """Return each row's share of the total.

    Empty texts unless the metric adds up, all groups are shown, and none is negative.
    """
    numbers, query = rows.numbers[metric.name], result.query
    is_cut = rows.cut or query.having or result.hides(metric) or (query.top is not None and not query.top.other)
    is_below_zero = any(number is not None and number < 0 for number in numbers)
    if not rows.keys or not adds_up_over(metric, rows.keys) or is_cut or is_below_zero:
        return [""] * len(numbers)
    totals: dict[date | None, float] = defaultdict(float)
    for period, number in zip(rows.periods, numbers, strict=True):
        totals[period] += number or 0
    return [
        share(number / totals[period]) if number is not None and totals[period] else ""
        for period, number in zip(rows.periods, numbers, strict=True)
    ]


def _ranks(metric: ResultColumn, rows: Rows, result: Result) -> list[str]:
    """Return each row's rank among the members, such as "2nd of 12". Empty texts unless all members are in the answer.

    For a metric that doesn't add up, the text says which end is first, because the smallest number may be the best.
    """
    numbers, query = rows.numbers[metric.name], result.query
    if not rows.keys or rows.cut or query.having or result.hides(metric) or query.top is not None:
        return [""] * len(numbers)
    members: dict[date | None, list[float]] = defaultdict(list)
    is_member = [number is not None and not is_grey(group) for group, number in zip(rows.groups, numbers, strict=True)]
    for period, number, is_ranked in zip(rows.periods, numbers, is_member, strict=True):
        if is_ranked and number is not None:
            members[period].append(number)
    places = {period: _places(of_period) for period, of_period in members.items()}
    by_size = metric.additivity is not Additivity.NONE
    return [
        _rank(places[period][number], len(members[period]), by_size=by_size)
        if is_ranked and number is not None and len(members[period]) > 1
        else ""
        for period, number, is_ranked in zip(rows.periods, numbers, is_member, strict=True)
    ]


def _places(numbers: Sequence[float]) -> dict[float, int]:
    """Return the rank of each number. Equal numbers share the better rank."""
    places: dict[float, int] = {}
    for place, number in enumerate(sorted(numbers, reverse=True), 1):
        places.setdefault(number, place)
    return places


def _rank(place: int, count: int, *, by_size: bool) -> str:
    if by_size:
        return f"{ordinal(place)} of {count:,}"
    return f"{'highest' if place == 1 else f'{ordinal(place)} highest'} of {count:,}"


def ordinal(number: int) -> str:
    """Return a number with its ordinal ending.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
