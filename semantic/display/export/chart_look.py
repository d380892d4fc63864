"""Number and category formats for native charts, shared by spreadsheets and presentations."""

from __future__ import annotations

from collections.abc import Iterable

from semantic.display.charts.native import NativeChart
from semantic.display.export.to_xlsx import seen_only
from semantic.display.format import SIGNS, decimals_of
from semantic.display.template import tick_dates
from semantic.model.definitions import NumberFormat
from semantic.results.result import ResultColumn

MOST_LABELS = 20  # numbers written next to bars, beyond which they would touch
_SIZES = (
    (1e11, '0,,,"B"'), (1e10, '0.0,,,"B"'), (1e9, '0.00,,,"B"'), (1e8, '0,,"M"'), (1e7, '0.0,,"M"'), (1e6, '0.00,,"M"'),
    (1e5, '0,"K"'), (1e4, '0.0,"K"'), (1e3, '0.00,"K"'),
)  # fmt: skip
"""The orders of magnitude: the smallest number of each, and its format code."""


def short_format(column: ResultColumn | None, values: Iterable[float | None]) -> str:
    """Return a format code for numbers with three digits, as on screen: €6.36K. `column` is None for shares.

    A code has at most three sections. If the numbers have more orders of magnitude, some have fewer digits.
    """
    known = [abs(value) for value in values if value is not None]
    if column is None:
        return "0%"
    if column.format is NumberFormat.SHARE:
        return f"0{_places(decimals_of(column))}%"
    sign = _sign(column)
    if column.format is NumberFormat.RATIO:
        return f"#,##0{_places(decimals_of(column, known))}"
    sizes = [(size, code) for size, code in _SIZES if any(size <= value < 10 * size for value in known)]
    least = [(0.0, f"#,##0{_places(decimals_of(column, known))}")] if not sizes or min(known) < 1_000 else []
    sections = [*sizes, *least]
    if len(sections) > 3:
        sections = [sections[0], sections[1], sections[-1]]
    codes = [f"[>={size:.0f}]{sign}{code}" for size, code in sections[:-1]]
    return ";".join([*codes, f"{sign}{sections[-1][1]}"])


def _sign(column: ResultColumn) -> str:
    """Return the sign of the column's currency, quoted for a format code. "" for numbers that aren't money."""
    if column.format is not NumberFormat.MONEY or not column.unit:
        return ""
    return '"' + SIGNS.get(column.unit, f"{column.unit} ").replace('"', "") + '"'


def axis_format(column: ResultColumn | None, values: Iterable[float | None]) -> str:
    """Return the format code for the numbers of an axis, which are round and need no decimals."""
    most = max((abs(value) for value in values if value is not None), default=0.0)
    if column is None or column.format is NumberFormat.SHARE:
        return "0%" if most >= 0.05 else short_format(column, [most])
    if column.format is NumberFormat.RATIO or most < 5:
        return f"{_sign(column)}#,##0{_places(1 if most >= 1 else 2)}" if most < 5 else "#,##0"
    sign = _sign(column)
    if most >= 1_000_000:
        return f'[>=1000000]{sign}0.#,,"M";[>=1000]{sign}0,"K";{sign}0'
    return f'[>=1000]{sign}0,"K";{sign}0' if most >= 10_000 else f"{sign}#,##0"


def _places(decimals: int) -> str:
    return "." + "0" * decimals if decimals else ""


def category_names(chart: NativeChart) -> tuple[str, ...]:
    """Return the categories in the form that an axis shows. Dates are short, with the year only where it changes."""
    if chart.days:
        return tuple(text.replace("<br>", " ") for text in tick_dates(chart.days, chart.grain))
    return tuple(seen_only(name)[:255] for name in chart.categories)


def has_labels(chart: NativeChart) -> bool:
    """Whether the chart shows each number next to its bar, as on screen."""
    count = len(chart.categories) * sum(not series.is_before for series in chart.series)
    return chart.kind == "bar" and not chart.is_stacked and count <= MOST_LABELS
