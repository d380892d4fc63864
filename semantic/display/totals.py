"""What the total of each metric is: added up, computed anew, or none. Said in words, and as a mark."""

from __future__ import annotations

from typing import Literal

from semantic.display.format import listed
from semantic.display.rows import is_total, main_values, row_kinds
from semantic.display.shares import adds_up
from semantic.query.describe import lower_first
from semantic.result import Result, ResultColumn

TotalKind = Literal["summed", "recomputed", "none", ""]


def total_kind(value: ResultColumn, result: Result) -> TotalKind:
    """How a metric's total comes about; "" where the rows have no total."""
    if value.calculation is not None:
        return ""
    kinds = row_kinds(result)
    numbers = result.table.column(value.name).to_pylist()
    totals = [number for number, kind in zip(numbers, kinds, strict=True) if is_total(kind)]
    if not totals:
        return ""
    if all(number is None for number in totals):
        return "none"
    return "summed" if adds_up(value, result) else "recomputed"


def total_words(value: ResultColumn, result: Result) -> str:
    """The total of a column, in a sentence."""
    match total_kind(value, result):
        case "summed":
            return "Total: the groups added up."
        case "recomputed":
            return "Total: computed anew from all rows; the groups do not add up to it."
        case "none":
            return "It has no total."
        case _:
            return ""


def totals_legend(result: Result) -> list[tuple[TotalKind, str]]:
    """For each way a total comes about, which metrics have it: "Ad spend adds up"."""
    found: dict[TotalKind, list[str]] = {}
    for value in main_values(result):
        found.setdefault(total_kind(value, result), []).append(value.label)
    said: list[tuple[TotalKind, str]] = []
    for kind, labels in found.items():
        names = listed([labels[0], *(lower_first(one) for one in labels[1:])])
        several = len(labels) > 1
        match kind:
            case "summed":
                said.append((kind, f"{names} {'add' if several else 'adds'} up"))
            case "recomputed":
                said.append((kind, f"{names} {'are' if several else 'is'} computed anew from all rows, never added"))
            case "none":
                said.append((kind, f"{names} {'have' if several else 'has'} no total"))
            case _:
                pass
    return said
