"""Describe a selection in an answer: "Paid social, 7 – 13 Sep 2026: ROAS 3.24"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from semantic.display.change import change_between, change_text, change_words
from semantic.display.format import MISSING, Rest, counted, key_text, listed, writer
from semantic.display.rows import comparison_words, key_value, row_kinds, row_verdict, shown_columns
from semantic.explore.selection import SelectedRows
from semantic.query.describe import describe_range
from semantic.results.result import Result, ResultColumn

NAMED = 2  # groups named; more are counted


@dataclass(frozen=True, slots=True)
class SelectionWords:
    """A selection in words. If it's a single cell, it also has the cell's metric and value."""

    what: str
    metric: str = ""
    value: str = ""  # the plain value, for copying
    sentence: str = ""  # the value within a sentence: "+12% better against the previous period"

    @property
    def number(self) -> str:
        return f"{self.metric} {self.sentence}" if self.metric else ""

    def __str__(self) -> str:
        return f"{self.what}: {self.number}" if self.metric else self.what


def selection_words(picked: SelectedRows, result: Result, column: str = "") -> SelectionWords:
    """Return the selection in words. If it's a single cell, its number is included."""
    what = _members(picked, result, column)
    if picked.days:
        what.append(describe_range(*picked.days, open_end=True))
    elif picked.is_undated:
        what.append("without a date")
    words = SelectionWords(", ".join(what) or Rest.TOTAL.value)
    return _with_number(words, picked.rows[0], result, column) if len(picked.rows) == 1 else words


def _members(picked: SelectedRows, result: Result, column: str) -> list[str]:
    """Return the members of the selected groups, without their days."""
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


def _is_date(key: ResultColumn, picked: SelectedRows, result: Result) -> bool:
    """Whether a time key is the date of the selected days, and not a part of a selected group.

    The selected days are already in the text.
    """
    place = result.keys.index(key)
    return all(at != place for group in picked.groups for at, _ in group)


def _with_number(words: SelectionWords, row: int, result: Result, column: str) -> SelectionWords:
    """Return the words with the metric and value of the selected cell."""
    shown_column = next(
        (candidate for candidate in shown_columns(result) if candidate.name == column and candidate.kind != "key"), None
    )
    if shown_column is None:
        return words
    value = result.table.column(shown_column.column.name)[row].as_py()
    if shown_column.before is None:
        text = _written(value, shown_column.column, result)
        return replace(words, metric=shown_column.label, value=text, sentence=text)
    change = change_between(value, result.table.column(shown_column.before.name)[row].as_py(), shown_column.column)
    since = comparison_words(shown_column.column, shown_column.before)
    verdict = row_verdict(shown_column.column, shown_column.before, result, row)
    text, in_words = MISSING, MISSING
    if change is not None:
        text = change_text(change, shown_column.column)
        in_words = change_words(change, shown_column.column, verdict)
    return replace(words, metric=shown_column.column.label, value=text, sentence=f"{in_words} against {since}")


def _written(value: float | None, column: ResultColumn, result: Result) -> str:
    numbers: Sequence[float | None] = result.table.column(column.name).to_pylist()
    return writer(column, numbers, short=False)(value)
