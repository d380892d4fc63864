"""Write numbers, dates and values as text, the same on every surface.

A missing number is a dash, never 0. A missing key is "(none)".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from math import isclose
from types import MappingProxyType
from zoneinfo import ZoneInfo

from semantic.config.checkpoint import checkpoint
from semantic.errors import counted as counted  # re-exported, so that display code has one import for words
from semantic.model.definitions import DatePart, Granularity, NumberFormat
from semantic.model.settings import WEEK_DAYS
from semantic.query.describe import MONTHS, describe_day
from semantic.query.member_labels import NO_LABELS, Labels, label_of
from semantic.results.result import ResultColumn

MINUS, MISSING, NONE = "\N{MINUS SIGN}", "\N{EM DASH}", "(none)"
SIGNS = {
    "EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$",
    "BRL": "R$", "MXN": "MX$", "KRW": "₩", "ILS": "₪", "VND": "₫", "UAH": "₴", "PHP": "₱",
}  # fmt: skip
"""The symbols that only one currency uses. Other currencies, such as CHF and the crowns, are written as codes."""

WHOLE = frozenset({"CLP", "HUF", "ISK", "JPY", "KRW", "VND"})
"""Currencies written without decimals."""

Write = Callable[[float | None], str]
"""A function that writes a number as text."""

MONTHS_OF = {
    Granularity.MONTH: 1,
    Granularity.QUARTER: 3,
    Granularity.FISCAL_QUARTER: 3,
    Granularity.YEAR: 12,
    Granularity.FISCAL_YEAR: 12,
}
"""The number of months in a period, for granularities that are made of months."""


class Rest(Enum):
    """The kind of a row that has no single value: Other, or a total.

    A member that is named Other or Total keeps its own name. Only a computed row is called "Other (the rest)".
    """

    OTHER = "Other (the rest)"
    TOTAL = "Total"


def number(value: float | None, decimals: int = 0) -> str:
    """Return a number with thousands separators and a true minus sign, such as 1,240 or −3.2. It's never "−0"."""
    if value is None:
        return MISSING
    text = f"{abs(value):,.{decimals}f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0,.") else text


NOISE = 5e-10
"""Numbers below this are rounding noise, and written as 0. Sums of fractions are exact to nine digits."""


def decimals_for(value: float | None, decimals: int) -> int:
    """Return the decimals that a number needs to show two significant digits instead of 0.

    For 0, and for numbers of at least one unit in the last decimal, it's `decimals`.

    >>> decimals_for(0.018, 1), decimals_for(0.1, 1), decimals_for(0.0, 1)
    (3, 1, 1)
    """
    if value is None or not NOISE <= abs(value) < 10.0**-decimals:
        return decimals
    return 1 - int(f"{abs(value):.1e}".partition("e")[2])


def fine(value: float | None, decimals: int = 0) -> str:
    """Return a number like `number` does, but with two significant digits if it would otherwise read as 0.

    >>> fine(0.0184, 1), fine(-0.0996, 1), fine(0, 1), fine(12.3456, 1)
    ('0.018', '−0.10', '0.0', '12.3')
    """
    return number(value, decimals_for(value, decimals))


def compact(value: float | None, decimals: int = 0, more: int = 0) -> str:
    """Return a number with three significant digits, plus `more`: 12.4K, 1.24M.

    Below 1,000, it has `decimals` plus `more`.

    >>> compact(1_243_210), compact(12_400), compact(940), compact(-1500)
    ('1.24M', '12.4K', '940', '−1.50K')
    """
    if value is None:
        return MISSING
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size * 0.9995:
            scaled = value / size
            return number(scaled, more + (2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0)) + letter
    return fine(value, decimals + more)


def money(value: float | None, currency: str = "EUR", *, short: bool = True, decimals: int = 0, more: int = 0) -> str:
    """Return an amount of money: €1.24M short, €1,243,210 in full. A minus precedes the currency: −€950."""
    if value is None:
        return MISSING
    text = compact(abs(value), decimals, more) if short else fine(abs(value), decimals + more)
    return f"{MINUS if value < 0 and text.strip('0,.') else ''}{currency_sign(currency)}{text}"


def share(value: float | None, decimals: int = 1) -> str:
    """Return a share in percent: 0.0312 becomes 3.1%, and 0.00018 becomes 0.018%."""
    return MISSING if value is None else fine(100 * value, decimals) + "%"


def part_share(value: float | None) -> str:
    """Return a part's share of a whole with one decimal. A positive share that would round to 0 is "<0.1%".

    >>> part_share(0.8512), part_share(0.00014), part_share(0.0)
    ('85.1%', '<0.1%', '0.0%')
    """
    if value is None:
        return MISSING
    return "<0.1%" if NOISE <= 100 * value < 0.05 else f"{number(100 * value, 1)}%"


def even_shares(values: Iterable[float | None]) -> list[str]:
    """Return shares that are compared with each other, all with the same number of decimals.

    That's one decimal, or more if the largest share is below 1%.

    >>> even_shares([0.0015, 0.004, 0.0, None]), even_shares([0.0016, 0.32])
    (['0.15%', '0.40%', '0.00%', '—'], ['0.2%', '32.0%'])
    """
    shares = list(values)
    decimals = even_decimals(shares)
    return [MISSING if value is None else f"{number(100 * value, decimals)}%" for value in shares]


def even_decimals(values: Iterable[float | None]) -> int:
    """Return the decimals of shares that are compared with each other, in percent.

    Differences between the shares have the same number of decimals.
    """
    largest = max((abs(100 * value) for value in values if value is not None), default=0.0)
    return 1 if largest >= 1 or largest < NOISE else 2 if largest >= 0.1 else 3


def share_range(low: float, high: float, *, decimals: int | None = None) -> str:
    """Return the interval of a share. Both ends have the same number of decimals: `decimals`, or as many as they need.

    >>> share_range(0.00059, 0.004), share_range(0.062, 0.0841)
    ('0.06% – 0.40%', '6.2% – 8.4%')
    """
    decimals = even_decimals([low, high]) if decimals is None else decimals
    return f"{number(100 * low, decimals)}% – {number(100 * high, decimals)}%"


def decimals_of(column: ResultColumn, values: Iterable[float | str | date | None] = ()) -> int:
    """Return a column's number of decimals.

    If the metric doesn't define it, it suits the metric's format and the size of `values`.
    """
    if column.decimals is not None:
        return column.decimals
    if column.format is NumberFormat.COUNT:
        return 0
    if column.format is NumberFormat.SHARE:
        return 1
    if column.format is NumberFormat.RATIO:
        return 2
    if column.format is NumberFormat.MONEY and column.unit in WHOLE:
        return 0
    known = [abs(value) for value in values if value is not None and not isinstance(value, str | date)]
    return 2 if known and max(known) < 100 else 0


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the numbers of one column: `short` in tiles, on axes and on hover, in full in tables and exports."""

    format: NumberFormat
    unit: str
    decimals: int
    short: bool
    more: int = 0  # digits beyond the default

    def __call__(self, value: float | str | date | None) -> str:
        if isinstance(value, str | date):  # the minimum or maximum of texts or days
            return value_text(value)
        match self.format:
            case NumberFormat.MONEY:
                return money(value, self.unit, short=self.short, decimals=self.decimals, more=self.more)
            case NumberFormat.SHARE:
                return share(value, self.decimals + self.more)
            case NumberFormat.RATIO:
                return fine(value, self.decimals + self.more)
            case _ if self.short:
                return compact(value, self.decimals, self.more)
            case _:
                return fine(value, self.decimals + self.more)


def writer(column: ResultColumn, values: Iterable[float | None] = (), *, short: bool = True) -> Writer:
    """Return a function that writes the numbers of one column.

    With `short`, it writes them as in tiles, on axes and on hover. Otherwise it writes them in full, as in tables and
    exports.
    """
    return Writer(column.format, column.unit, decimals_of(column, values), short)


def in_full(write: Write) -> Write:
    """Return a function that writes the same numbers in full: €144,577 instead of €145K."""
    return replace(write, short=False) if isinstance(write, Writer) else write


MOST_GRID_DECIMALS = 6
"""The most decimals that all numbers of a column share, so that one tiny value doesn't make all of them long."""


def exact(write: Write, value: float) -> str:
    """Return a number that a person entered, such as a limit, with all its digits: €1,234.50 instead of €1.23K."""
    full = in_full(write)
    if not isinstance(full, Writer):
        return full(value)
    shown = 100 * value if full.format is NumberFormat.SHARE else value
    offered = (0, 2, 4) if full.format is NumberFormat.MONEY else (0, 1, 2, 3, 4)
    enough = (more for more in offered if isclose(round(shown, full.decimals + more), shown, rel_tol=1e-9))
    return replace(full, more=next(enough, offered[-1]))(value)


def decimals_for_all(values: Iterable[float | None], decimals: int) -> int:
    """Return the number of decimals that the smallest of `values` needs, up to MOST_GRID_DECIMALS."""
    return max(decimals, min(MOST_GRID_DECIMALS, max((decimals_for(value, decimals) for value in values), default=0)))


def grid_format(column: ResultColumn, values: Collection[float | None] = ()) -> str:
    """Return the number format of a grid column. The grid has shares in percent.

    The format is the same for the whole column, with as many decimals as the smallest number needs.
    """
    decimals = decimals_for_all(_in_grid(column, values), decimals_of(column, values))
    match column.format:
        case NumberFormat.MONEY if not _has_negative(values):
            return f"{currency_sign(column.unit)}%,.{decimals}f"
        case NumberFormat.SHARE:
            return f"%,.{decimals}f%%"
        case _:
            return f"%,.{decimals}f"


def grid_write(column: ResultColumn, values: Collection[float | None]) -> Write | None:
    """Return a function that writes each number with its own decimals, or None if `grid_format` is enough.

    `grid_format` isn't enough for negative numbers, because the grid writes the minus after the currency. The function
    takes values in the grid's form, with shares in percent.
    """
    decimals = decimals_of(column, values)
    if all(value >= 0 and decimals_for(value, decimals) == decimals for value in _in_grid(column, values)):
        return None
    after = "%" if column.format is NumberFormat.SHARE else ""

    def write(value: float | None) -> str:
        if value is None or value != value:
            return MISSING
        if column.format is NumberFormat.MONEY:
            return money(value, column.unit, short=False, decimals=decimals)
        return f"{fine(value, decimals)}{after}"

    return write


def _in_grid(column: ResultColumn, values: Iterable[float | str | date | None]) -> Iterator[float]:
    """Yield the numbers among `values` in the grid's form, with shares in percent.

    A minimum can also be a text or a day, which is left out.
    """
    size = 100 if column.format is NumberFormat.SHARE else 1
    for value in values:
        if value is not None and not isinstance(value, str | date):
            yield size * value


def grid_label(column: ResultColumn, values: Collection[float | None] = (), *, in_words: bool = False) -> str:
    """Return the header of a grid column. If the cells don't show the unit, it follows in brackets.

    `in_words` means that `grid_write` writes the cells, which then always show a currency.
    """
    is_money = column.format is NumberFormat.MONEY
    shown = column.format in (NumberFormat.SHARE, NumberFormat.RATIO)
    shown = shown or (is_money and (in_words or not _has_negative(values)))
    said = column.unit and not shown and column.unit.casefold() not in column.label.casefold()
    return f"{column.label} ({column.unit})" if said else column.label


def _has_negative(values: Collection[float | None]) -> bool:
    """Whether a column has a negative number, which the grid would write as €-950.

    The header then shows the currency.
    """
    return any(value is not None and value < 0 for value in values)


def currency_sign(code: str) -> str:
    """Return what precedes an amount: the currency's symbol, or its code and a space."""
    return SIGNS.get(code, f"{code}\N{NO-BREAK SPACE}" if code else "")


SPANS = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "years"})
"""Units that must be written with their number, because 43 days aren't 43 weeks."""


def with_span(text: str, column: ResultColumn) -> str:
    """Return a number, followed by its unit if that is a span of time: "43 days"."""
    if column.unit not in SPANS or text == MISSING:
        return text
    return f"{text} {column.unit.removesuffix('s') if text == '1' else column.unit}"


def named_with_unit(label: str, unit: str, number_format: NumberFormat) -> str:
    """Return a metric's name, followed by its unit if the number doesn't show it: "Orders", "Net revenue · EUR"."""
    said = unit and unit.casefold() not in label.casefold() and number_format is not NumberFormat.SHARE
    return f"{label} \N{MIDDLE DOT} {unit}" if said else label


# Dates


def moment(value: datetime, grain: Granularity | None = None) -> str:
    """Return a day and time, as precise as the granularity. Without a granularity, it's precise to the minute."""
    return f"{describe_day(value)}, {time_of_day(value, grain)}"


def moment_in(value: datetime, zone: str) -> str:
    """Return an instant in a time zone with the zone's name: "27 Nov 2026, 00:25 Europe/Berlin"."""
    return f"{moment(value.astimezone(ZoneInfo(zone)))} {zone}"


def time_of_day(value: datetime, grain: Granularity | None) -> str:
    """Return a time of day: 10:30. By second, it's 10:30:15, and by millisecond 10:30:15.250."""
    units = {Granularity.SECOND: "seconds", Granularity.MILLISECOND: "milliseconds"}
    return value.time().isoformat(units.get(grain, "minutes") if grain else "minutes")


def period(first: date, grain: Granularity | None) -> str:
    """Return the name of the period that starts on `first`: "week of 21 Sep 2026", "Sep 2026", "Q3 2026".

    Fiscal periods are named by their months, "Apr 2026 – Mar 2027", because companies number their fiscal years
    differently.
    """
    match grain:
        case Granularity.HOUR | Granularity.MINUTE | Granularity.SECOND | Granularity.MILLISECOND:
            return moment(first, grain) if isinstance(first, datetime) else describe_day(first)
        case Granularity.WEEK:
            return f"week of {describe_day(first)}"
        case Granularity.MONTH:
            return f"{MONTHS[first.month - 1]} {first.year}"
        case Granularity.QUARTER:
            return f"Q{(first.month + 2) // 3} {first.year}"
        case Granularity.YEAR:
            return str(first.year)
        case Granularity.FISCAL_QUARTER | Granularity.FISCAL_YEAR:
            return _months(first, add_months(first, MONTHS_OF[grain] - 1))
        case _:
            return describe_day(first)


def period_cell(first: date, grain: Granularity | None) -> str:
    """Return a period's name for a column whose header shows the granularity. A week is only its first day."""
    return describe_day(first) if grain is Granularity.WEEK else period(first, grain)


def when_words(first: date, grain: Granularity | None) -> str:
    """Return a period in the form used within a sentence: "in Sep 2026", "on 21 Sep 2026", "at 21 Sep 2026, 10:00"."""
    small = "on" if grain in (None, Granularity.DAY) else "at" if grain.is_clock else "in"
    return f"{small} {period(first, grain)}"


def _months(first: date, last: date) -> str:
    """Return a period by its first and last month: Jul – Sep 2026, Apr 2026 – Mar 2027."""
    year = "" if first.year == last.year else f" {first.year}"
    return f"{MONTHS[first.month - 1]}{year} \N{EN DASH} {MONTHS[last.month - 1]} {last.year}"


def next_period(first: date, grain: Granularity | None, count: int = 1) -> date:
    """Return the first day of the period that is `count` periods after the one that starts on `first`.

    A negative count goes back in time.
    """
    match grain:
        case Granularity.HOUR:
            return first + timedelta(hours=count)
        case Granularity.MINUTE:
            return first + timedelta(minutes=count)
        case Granularity.SECOND:
            return first + timedelta(seconds=count)
        case Granularity.MILLISECOND:
            return first + timedelta(milliseconds=count)
        case Granularity.WEEK:
            return first + timedelta(weeks=count)
        case _ if grain is not None and grain in MONTHS_OF:
            return add_months(first, MONTHS_OF[grain] * count)
        case _:
            return first + timedelta(days=count)


def add_months(first: date, count: int) -> date:
    """Return the same day of the month `count` months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return first.replace(year=year, month=month + 1)


# Keys


Marks = Mapping[tuple[str, date], str]
"""The counted days of incomplete periods, such as "to 24 Jun", by the key's name and the first day of the period."""

NO_MARKS: Marks = MappingProxyType({})


def with_mark(name: str, mark: str) -> str:
    """Return a period's name with a mark in brackets, if there is one: `Jun 2026 (to 24 Jun)`."""
    return f"{name} ({mark})" if mark else name


def key_text(value: object, column: ResultColumn, marks: Marks = NO_MARKS) -> str:
    """Return a breakdown's value as people see it.

    Null becomes "(none)". Booleans become Yes or No, dates become periods, weekdays Mon, and members their labels. If a
    period is in `marks`, its counted days follow.
    """
    checkpoint()  # a chart or table with thousands of members takes long
    if marks and isinstance(value, date):
        return with_mark(key_text(value, column), marks.get((column.name, value), ""))
    if column.part is not None and isinstance(value, int):
        return part_text(value, column.part)
    if column.is_period and isinstance(value, date):
        return f"from {describe_day(value)}"
    return period(value, column.grain) if isinstance(value, date) else value_text(value, column.labels)


NAMED_PARTS = (DatePart.DOW, DatePart.MONTH, DatePart.QUARTER, DatePart.HOUR, DatePart.DAY_NUMBER)
"""The date parts whose values have names."""


def part_text(value: int, part: DatePart) -> str:
    """Return a value of a date part as people see it: Mon, Jan, Q1, 14:00 or Day 3. Other values are plain numbers."""
    match part:
        case DatePart.DOW if 1 <= value <= 7:
            return WEEK_DAYS[value - 1][:3].capitalize()
        case DatePart.MONTH if 1 <= value <= 12:
            return MONTHS[value - 1]
        case DatePart.QUARTER:
            return f"Q{value}"
        case DatePart.HOUR:
            return f"{value:02}:00"
        case DatePart.DAY_NUMBER:
            return f"Day {value}"
        case _:
            return str(value)


def value_text(value: object, labels: Labels = NO_LABELS) -> str:
    """Return a dimension's value, or its label, as people see it. Empty text is in quotes to be visible."""
    if (label := label_of(value, labels)) is not None:
        return label
    match value:
        case None:
            return NONE
        case Rest():
            return value.value
        case bool():
            return "Yes" if value else "No"
        case datetime():
            return moment(value)
        case date():
            return describe_day(value)
        case int():
            return str(value)
        case "":
            return '""'
        case _:
            return str(value)


def listed(names: Iterable[str]) -> str:
    """Return the texts as a list in a sentence: A, B and C."""
    *rest, last = list(names) or [""]
    return f"{', '.join(rest)} and {last}" if rest else last
