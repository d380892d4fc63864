"""Read the numbers in a sentence, and find those that don't come from its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import permutations
from zoneinfo import ZoneInfo

from semantic.display.groups import in_zone
from semantic.display.in_part import marks_of
from semantic.display.rows import key_cells, row_kinds
from semantic.query.describe import describe_day, lower_first
from semantic.results.change import Explanation
from semantic.results.result import Result

NUMBER = re.compile(r"(?P<sign>[+−]?)€?(?P<digits>\d(?:[\d,]*\d)?(?:\.\d+)?)(?P<size>[KMBT]?)(?P<unit>%| pp)?")
SIZES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def numbers_of(shown: Result, factor: int = 1) -> set[Fraction]:
    """Return the numbers in an answer, the sums over its members, and all differences and quotients in percent.

    With a `factor` of 100, shares are converted to percent.
    """
    columns = [shown.table.column(value.name).to_pylist() for value in shown.values]
    kinds = shown.table.column("bucket").to_pylist() if shown.keys else ["" for _ in columns[0]]
    pairs = [[_exact(value) * factor for value in cells] for cells in zip(*columns, strict=True)]
    known: set[Fraction] = set()
    members = [pair for pair, kind in zip(pairs, kinds, strict=True) if kind != "total"]
    pairs.append([sum(column, Fraction(0)) for column in zip(*members, strict=True)])
    for pair in pairs:
        known |= {*pair}
        for after, before in permutations(pair, 2):
            known |= {after - before, *([100 * (after - before) / abs(before)] if before else [])}
    firsts = [pair[0] for pair in pairs if pair]
    known |= {100 * part / whole for part in firsts for whole in firsts if whole}
    return known


def strangers(sentence: str, known: set[Fraction]) -> list[str]:
    """Return the numbers in a sentence that aren't in `known`, up to rounding in their last digit."""
    strange: list[str] = []
    for match in NUMBER.finditer(sentence):
        digits, size = match["digits"].replace(",", ""), SIZES[match["size"]]
        step, value = Fraction(size, 10 ** len(digits.partition(".")[2])), Fraction(digits) * size
        signed = {"+": [value], "−": [-value], "": [value, -value]}[match["sign"]]
        # A quotient is rounded twice: as a double, then in its last digit.
        room = step / 2 + abs(value) / 10**9
        if not any(abs(number - one) <= room for number in known for one in signed):
            strange.append(match[0])
    return strange


DAY = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4}")
NO_CELL = re.compile(r"the last (\d+ )?days?|95% (confidence )?intervals?")
"""Matches the number of days that aren't final, and the level of every interval."""
COUNT = re.compile(
    r"(?<![\d,.])(?P<count>\d[\d,]*) "
    r"(?=(?:of \d[\d,]* )?rows?\b|numbers?\b|groups?\b|neighbou?ring|weeks before|values?\b)"
)
"""Matches the number of an answer's rows or values that a sentence is about."""


def foreign_numbers(sentence: str, shown: Result, known: Iterable[Fraction] = ()) -> list[str]:
    """Return the numbers in a sentence that come neither from the answer's cells, nor from its question's words or
    receipt.

    Sums over members, differences and quotients of cells, and the numbers in `known` count as the answer's own.
    """
    cells = shown.table.num_rows * len(shown.columns)
    plain = sentence.replace(shown.receipt, "") if shown.receipt else sentence
    for text in sorted(own_words(shown), key=len, reverse=True):
        plain = plain.replace(text, "").replace(lower_first(text), "")
    days = days_of(shown)
    plain = NO_CELL.sub("", DAY.sub(lambda match: "" if match[0] in days else match[0], plain))
    plain = COUNT.sub(lambda match: "" if int(match["count"].replace(",", "")) <= cells else match[0], plain)
    return strangers(plain, {*numbers_of(shown), *numbers_of(shown, 100), *known})


def own_words(shown: Result) -> set[str]:
    """Return the words of an answer's question that can contain numbers: its title, period, filters, scope and keys."""
    zone = ZoneInfo(shown.period.time_zone)
    columns = [[in_zone(value, zone) for value in shown.table.column(key.name).to_pylist()] for key in shown.keys]
    rows = [*zip(*columns, row_kinds(shown), strict=True)]
    marks = ({}, marks_of(shown))
    keys = [text for *values, kinds in rows for mark in marks for text in key_cells(values, kinds, shown.keys, mark)]
    periods = [shown.period.words, *(period.words for period in shown.compared.values())]
    texts = {shown.title, shown.filters, shown.scope, *periods, *keys, *(column.label for column in shown.columns)}
    return {text for text in texts if NUMBER.search(text)}


def days_of(shown: Result) -> set[str]:
    """Return the days of an answer: those of its rows and its period, and the first and last days of its numbers and
    its data.
    """
    period = shown.period
    found: list[object] = [period.start, period.end, period.asked_end, period.whole_end]
    for column in shown.columns:
        found += [column.data_from, column.counted_from, column.counted_to, column.as_of]
    found += [value for key in shown.keys if key.is_dated for value in shown.table.column(key.name).to_pylist()]
    days = {day.date() if isinstance(day, datetime) else day for day in found if isinstance(day, date)}
    return {describe_day(day) for first in days for day in (first, first - timedelta(days=1))}


def numbers_of_change(explanation: Explanation, factor: int = 1) -> set[Fraction]:
    """Return the numbers of an explained change: both values, each part, and each quotient of two in percent."""
    late, parts = explanation.late, [part for parts in explanation.by for part in parts.parts]
    of_late = [late.part, late.low, late.high, late.comparable.before, late.comparable.after] if late else []
    numbers = [
        *(explanation.whole.before, explanation.whole.after, explanation.change),
        *(value for part in parts for value in (part.before, part.after, part.part, part.rate, part.mix, part.late)),
        *(value for parts in explanation.by for value in (parts.rate, parts.mix)),
        *(one.part for one in explanation.factors),
        *of_late,
    ]
    known = {factor * value for value in numbers if value is not None}
    changes = [(explanation.whole.before, explanation.whole.after)]
    changes += [(late.comparable.before, late.comparable.after)] if late else []
    known |= {100 * (after - before) / abs(before) for before, after in changes if before and after is not None}
    change = explanation.change
    return known | ({100 * (part.part or 0) / change for part in parts} if change else set())


def _exact(value: object) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, int | float) and value == value else Fraction(0)
