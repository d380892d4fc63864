"""Reads the numbers of a sentence back, and finds those that aren't numbers of its answer."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import permutations

from semantic.results.result import Result

NUMBER = re.compile(r"(?P<sign>[+−]?)€?(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<size>[KMBT]?)(?P<unit>%| pp)?")
SIZES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


def numbers_of(shown: Result, factor: int = 1) -> set[Fraction]:
    """The numbers of an answer, the sums over its members, and their differences and quotients in percent.

    With a `factor` of 100, in percent too, for shares.
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
    """The numbers of a sentence that are none of `known`, rounded in their last digit."""
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


def _exact(value: object) -> Fraction:
    return Fraction(repr(value)) if isinstance(value, int | float) and value == value else Fraction(0)
