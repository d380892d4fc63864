"""A headline number in words: its value, or why there is none, and each change with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from semantic.display.change import Verdict, change_between, change_text
from semantic.display.format import MINUS, MISSING, SPANS, Write, next_period, with_span, writer
from semantic.display.rows import (
    NO_USUAL,
    Usual,
    compared_with,
    comparison_words,
    judge_row_change,
    main_values,
    row_verdict,
)
from semantic.model.definitions import NumberFormat, OverTime
from semantic.query.describe import describe_day, describe_range
from semantic.results.change import Moved
from semantic.results.finality import known_to
from semantic.results.result import Result, ResultColumn


@dataclass(frozen=True, slots=True)
class KpiChange:
    """The change from one comparison: its text such as "+8.4%", its direction, its verdict, and the comparison's name.

    `text` is a dash if there is nothing to compare with.
    """

    text: str
    rises: bool | None  # None without a verdict
    verdict: Verdict
    earlier: str  # "€3.89M"
    against: str  # "previous period"
    days: str = ""  # "1 – 24 May 2026", if they apply to the whole answer
    is_same: bool = False  # too small to matter

    @property
    def words(self) -> str:
        """The change in words: `+8.4% better`, `−0.1%, about the same`."""
        if self.is_same and self.text != MISSING:
            return f"{self.text}, about the same"
        return f"{self.text} {self.verdict}".rstrip()


@dataclass(frozen=True, slots=True)
class Headline:
    """A metric's number to show in large type. `missing` is why there is no value, or "" if there is one.

    `days` are the days that the number counts.
    """

    column: ResultColumn
    value: str  # "€4.23M", "43 days"
    full: str  # "€4,231,904", or "" if `value` is already in full
    unit: str  # "" if the value shows it
    changes: tuple[KpiChange, ...]
    missing: str
    days: str = ""  # "1 – 24 Jun 2026"


def read_headline(column: ResultColumn, row: int, result: Result, usual: Usual = NO_USUAL) -> Headline:
    """Return the number of a column in one row of the result, with its comparisons.

    `usual` has the changes of a single number between earlier periods. Without it, only a number with an interval can
    be called better or worse.
    """
    value, partners = _number(column, row, result), compared_with(column, result)
    numbers = [value, *(_number(partner, row, result) for partner in partners)]
    write = writer(column, numbers)
    short, full = (
        with_span(each_writer(value), column) for each_writer in (write, writer(column, numbers, short=False))
    )
    return Headline(
        column=column,
        value=short,
        full=full if full != short else "",
        unit="" if column.format is NumberFormat.MONEY or column.unit in SPANS else column.unit,
        changes=tuple(_changed(column, partner, row, result, write, usual) for partner in partners),
        missing=_why_missing(column, row, result) if value is None else "",
        days=_days_words(column, row, result),
    )


def _days_words(column: ResultColumn, row: int, result: Result) -> str:
    """Return the days that a number counts, which can differ from those that the question asked for.

    For example, `1 – 24 Jun 2026`, `As of 24 Jun 2026`, or `Until 24 Jun 2026` if there is no first day. "" if the days
    aren't consecutive.
    """
    start, end = column.counted_from or result.period.start, column.counted_to or result.period.end
    period = _row_period(row, result)
    if period is None:
        return ""
    if period:
        start, end = max(period[0], start or period[0]), min(period[1], end or period[1])
    if start is not None and end is not None and end <= start:
        return ""
    if column.as_of is not None and not any(key.is_dated for key in result.keys):
        return f"As of {describe_day(column.as_of)}"
    if end is not None and column.timing.of_day is OverTime.LAST:
        return f"As of {describe_day(end - timedelta(days=1))}"
    if end is not None and start is None:
        return f"Until {describe_day(end - timedelta(days=1))}"
    return describe_range(start, end, open_end=True)


def _row_period(row: int, result: Result) -> tuple[date, date] | tuple[()] | None:
    """Return the first day of a row's period and the day after its last day.

    () for a row without a date. None if the days aren't consecutive, as in a row for all Mondays.
    """
    first, over = date.min, date.max
    keys = [key for key in result.keys if key.is_dated]
    for key in keys:
        start: object = result.table.column(key.name)[row].as_py()
        if key.grain is None or not isinstance(start, date) or isinstance(start, datetime):
            return None
        first, over = max(first, start), min(over, next_period(start, key.grain))
    return (first, over) if keys else ()


def cut_days(result: Result) -> str:
    """Return the counted days if the question asked for more days and isn't by date, otherwise "".

    For example, `1 – 24 Jun 2026`.
    """
    period, ends = result.period, {main_value.counted_to or result.period.end for main_value in main_values(result)}
    is_cut = period.asked_end is not None and period.end is not None and period.end < period.asked_end
    if not is_cut or any(key.is_dated for key in result.keys) or ends != {period.end}:
        return ""
    return describe_range(period.start, period.end, open_end=True)


def _number(column: ResultColumn, row: int, result: Result) -> float | None:
    value: object = result.table.column(column.name)[row].as_py()
    return float(value) if isinstance(value, (int, float)) else None


def only_row(result: Result) -> int:
    """Return the row to show in large type. The result must have at least one row.

    Rows of a period are preferred to totals and rows without a date.
    """
    keys = [result.table.column(key.name).to_pylist() for key in result.keys]
    numbers = (row for row in range(result.table.num_rows) if all(values[row] is not None for values in keys))
    return next(numbers, 0)


def _changed(
    column: ResultColumn, partner: ResultColumn, row: int, result: Result, write: Write, usual: Usual
) -> KpiChange:
    value, before = _number(column, row, result), _number(partner, row, result)
    text = change_text(change_between(value, before, column), column, (before, value))
    change = judge_row_change(column, partner, result, row, usual).moved
    verdict, against = row_verdict(column, partner, result, row, usual), comparison_words(column, partner)
    rises = {"+": True, MINUS: False}.get(text[0]) if verdict else None
    is_same = change is Moved.SAME and None not in (value, before) and result.is_judged(partner, row)
    return KpiChange(
        text, rises, verdict, with_span(write(before), column), against, _earlier_days(column, partner, result), is_same
    )


def _earlier_days(column: ResultColumn, partner: ResultColumn, result: Result) -> str:
    """Return the days that a number is compared with.

    "" if the rows are by date, or if the metric doesn't count all days of the answer.
    """
    period, is_dated = result.compared.get(partner.compare), any(key.is_dated for key in result.keys)
    if partner.as_of is not None and not is_dated:
        return f"as of {describe_day(partner.as_of)}"
    if period is None or period.start is None or period.end is None or is_dated:
        return ""
    is_of_all = column.counted_to in (None, result.period.end)
    return describe_range(period.start, period.end, open_end=True) if is_of_all else ""


def _why_missing(column: ResultColumn, row: int, result: Result) -> str:
    if row < len(hidden := result.hidden.get(column.name, ())) and hidden[row]:
        return "Hidden for privacy because the group is too small."
    start, end = result.period.start, result.period.whole_end
    if period := _row_period(row, result):
        start, end = max(period[0], start or period[0]), period[1]
    if column.data_from is not None and end is not None and end <= column.data_from:
        return f"Data starts on {describe_day(column.data_from)}."
    if column.counted_to is not None and start is not None and column.counted_to <= start:
        return "No complete day in this period yet."
    if column.is_ratio:
        return "Nothing to divide by in this period."
    return "No data in this period."


def course(line: Result) -> list[float] | None:
    """Return a metric's values over its complete periods, in order. None if one is missing, so that no line is drawn.

    Incomplete periods at both ends are left out, because their low numbers would look like a drop. There are several if
    a load is late.
    """
    return [value for _, value in course_points(line)] or None


def course_points(line: Result) -> list[tuple[date, float]]:
    """Return the values of `course`, each with the first day of its period. Empty if no line is drawn."""
    values: list[float | None] = line.table.column(main_values(line)[0].name).to_pylist()
    starts: list[date | None] = line.table.column(line.keys[0].name).to_pylist()
    whole = [_is_whole(start, line) for start in starts]
    first = next((place for place, is_whole in enumerate(whole) if is_whole), 0)
    last = next((place for place in range(len(whole), 0, -1) if whole[place - 1]), 0)
    points = zip(starts[first:last], values[first:last], strict=True)
    known = [(start, float(value)) for start, value in points if start is not None and value is not None]
    return known if len(known) == last - first and len(known) > 2 else []


def _is_whole(start: object, line: Result) -> bool:
    """Whether all days of a period are over and part of the question's period."""
    if not isinstance(start, date) or isinstance(start, datetime):
        return True
    end, over = line.period.end, next_period(start, line.keys[0].grain)
    begins = line.period.start is None or line.period.start <= start
    return begins and over <= known_to(line) and (end is None or over <= end)
