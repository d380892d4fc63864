"""A selection in an answer, in words: "Paid social, 7 – 13 Sep 2026: ROAS 3.24"."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.display.change import change_between, change_words
from semantic.display.format import MISSING, Rest, counted, key_text, listed, writer
from semantic.display.rows import comparison_words, key_value, row_kinds, row_verdict, shown_columns
from semantic.explore.selection import Picked
from semantic.query.describe import describe_range
from semantic.results.result import Result, ResultColumn

NAMED = 2  # groups named; more are counted


def picked_words(picked: Picked, result: Result, column: str = "") -> str:
    """What is selected, with its number if it is one cell."""
    what = _members(picked, result, column)
    if picked.days:
        what.append(describe_range(*picked.days, open_end=True))
    elif picked.is_undated:
        what.append("without a date")
    text = ", ".join(what) or "Total"
    number = _number(picked.rows[0], result, column) if len(picked.rows) == 1 else ""
    return f"{text}: {number}" if number else text


def _members(picked: Picked, result: Result, column: str) -> list[str]:
    """The members of the selected groups, without their days."""
    kinds, names = row_kinds(result), []
    alone = [key for key in result.keys if key.name == column]
    for row in picked.rows:
        name = " \N{MIDDLE DOT} ".join(
            key_text(key_value(result.table.column(key.name)[row].as_py(), kind), key)
            for key, kind in zip(result.keys, kinds[row], strict=True)
            if kind != "total" and not (picked.days and key.grain and _is_date(key, picked, result))
            if not alone or key in alone or "total" in kinds[row]
        )
        names.append(name)
    different = list(dict.fromkeys(name for name in names if name))
    if not different:
        return [Rest.TOTAL.value] if any("total" in kinds[row] for row in picked.rows) else []
    total = f"{Rest.TOTAL.value} of " if any("total" in kinds[row] for row in picked.rows) else ""
    return [total + (listed(different) if len(different) <= NAMED else counted(len(different), "group"))]


def _is_date(key: ResultColumn, picked: Picked, result: Result) -> bool:
    """Whether a time key is the date whose days are stated: one that no group fixes."""
    place = result.keys.index(key)
    return all(at != place for group in picked.groups for at, _ in group)


def _number(row: int, result: Result, column: str) -> str:
    """The selected cell with its metric's name."""
    shown_column = next(
        (candidate for candidate in shown_columns(result) if candidate.name == column and candidate.kind != "key"), None
    )
    if shown_column is None:
        return ""
    value = result.table.column(shown_column.column.name)[row].as_py()
    if shown_column.before is not None:
        change = change_between(value, result.table.column(shown_column.before.name)[row].as_py(), shown_column.column)
        since = comparison_words(shown_column.column, shown_column.before)
        verdict = row_verdict(shown_column.column, shown_column.before, result, row)
        words = change_words(change, shown_column.column, verdict) if change is not None else MISSING
        return f"{shown_column.column.label} {words} against {since}"
    return f"{shown_column.label} {_written(value, shown_column.column, result)}"


def _written(value: float | None, column: ResultColumn, result: Result) -> str:
    numbers: Sequence[float | None] = result.table.column(column.name).to_pylist()
    return writer(column, numbers, short=False)(value)
