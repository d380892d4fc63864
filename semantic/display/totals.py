"""Describe how each metric's total is calculated (added up, recalculated, or not at all), in words and as a mark."""

from __future__ import annotations

from typing import Literal

from semantic.display.format import listed
from semantic.display.rows import is_total, main_values, row_kinds
from semantic.display.shares import adds_up
from semantic.model.definitions import OverTime
from semantic.query.describe import lower_first
from semantic.results.result import Result, ResultColumn

TotalKind = Literal["summed", "recomputed", "day", "none", ""]


def total_kind(value: ResultColumn, result: Result) -> TotalKind:
    """Return how a metric's total is calculated, or "" if the rows have no total."""
    if value.calculation is not None:
        return ""
    kinds = row_kinds(result)
    numbers = result.table.column(value.name).to_pylist()
    totals = [number for number, kind in zip(numbers, kinds, strict=True) if is_total(kind)]
    if not totals:
        return ""
    if all(number is None for number in totals):
        return "none"
    if adds_up(value, result):
        return "summed"
    return "day" if value.timing.of_day and _is_over_time(result) else "recomputed"


def _is_over_time(result: Result) -> bool:
    """Whether at least one total covers several periods."""
    return any(
        kind[place] == "total" for kind in row_kinds(result) for place, key in enumerate(result.keys) if key.is_dated
    )


def day_words(value: ResultColumn) -> str:
    """Return the days of a period that a number is for: `the last day's value`, `the average of the days`."""
    shown = {
        OverTime.LAST: "the last day's value",
        OverTime.FIRST: "the first day's value",
        OverTime.AVERAGE: "the average of the days",
    }
    return shown[value.timing.of_day or OverTime.LAST]


def total_words(value: ResultColumn, result: Result) -> str:
    """Return a sentence that explains how a column's total is calculated."""
    match total_kind(value, result):
        case "summed":
            return "Total: sum of the groups."
        case "recomputed":
            return "Total: recalculated from all rows, so groups may not add up to it."
        case "day":
            return f"Total: {day_words(value)} of the whole period. Periods aren't summed."
        case "none":
            return "No total available."
        case _:
            return ""


def totals_legend(result: Result) -> list[tuple[TotalKind, str]]:
    """Return each way of calculating totals, with a sentence that names its metrics: "Ad spend adds up"."""
    columns_by_kind: dict[tuple[TotalKind, str], list[str]] = {}
    for value in main_values(result):
        kind = total_kind(value, result)
        columns_by_kind.setdefault((kind, day_words(value) if kind == "day" else ""), []).append(value.label)
    totals_legend: list[tuple[TotalKind, str]] = []
    for (kind, day), labels in columns_by_kind.items():
        names = listed([labels[0], *(lower_first(label) for label in labels[1:])])
        several = len(labels) > 1
        match kind:
            case "summed":
                totals_legend.append((kind, f"{names} {'add' if several else 'adds'} up"))
            case "recomputed":
                totals_legend.append(
                    (kind, f"{names} {'are' if several else 'is'} recalculated from all rows, never summed")
                )
            case "day":
                totals_legend.append((kind, f"{names} {'are' if several else 'is'} {day}, never summed over time"))
            case "none":
                totals_legend.append((kind, f"{names} {'have' if several else 'has'} no total"))
            case _:
                pass
    return totals_legend
