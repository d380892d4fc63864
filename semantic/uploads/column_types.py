"""Determine the type of a column's cells without guessing: a person decides how to read ambiguous dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

Kind = Literal["text", "number", "date", "time", "boolean"]
Way = str
"""How cells are written: `dot` (1,234.5), `comma` (1.234,5), or one of the date formats."""

KINDS: Final[dict[Kind, str]] = {
    "text": "Text",
    "number": "Number",
    "date": "Date",
    "time": "Date and time",
    "boolean": "Yes or no",
}
NUMBER_WAYS: Final = {"dot": "1,234.5", "comma": "1.234,5"}
DATE_WAYS: Final = {
    "iso": "2026-12-31",
    "german": "31.12.2026",
    "day_first": "31/12/2026",
    "month_first": "12/31/2026",
    "named": "31 Dec 2026",
    "named_us": "Dec 31, 2026",
}
LABELS: Final = NUMBER_WAYS | DATE_WAYS
MOST_DECIMALS: Final = 20

_MISSING: Final = ("-", "–", "—", "n/a", "#n/a", "null", "nan", "(not set)")
_TRUE, _FALSE = ("true", "yes"), ("false", "no")
_SIGNS: Final = "€$£¥"
_CODES: Final = "EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|AUD|CAD"
_FORMATS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "iso": ((r"^\d{4}-\d{1,2}-\d{1,2}$", "%Y-%m-%d"), (r"^\d{4}/\d{1,2}/\d{1,2}$", "%Y/%m/%d")),
    "german": ((r"^\d{1,2}\.\d{1,2}\.\d{4}$", "%d.%m.%Y"), (r"^\d{1,2}\.\d{1,2}\.\d{2}$", "%d.%m.%y")),
    "day_first": ((r"^\d{1,2}[/-]\d{1,2}[/-]\d{4}$", "%d/%m/%Y"), (r"^\d{1,2}[/-]\d{1,2}[/-]\d{2}$", "%d/%m/%y")),
    "month_first": ((r"^\d{1,2}[/-]\d{1,2}[/-]\d{4}$", "%m/%d/%Y"), (r"^\d{1,2}[/-]\d{1,2}[/-]\d{2}$", "%m/%d/%y")),
    "named": ((r"^\d{1,2}[ -][A-Za-z]{3}[ -]\d{4}$", "%d %b %Y"), (r"^\d{1,2} [A-Za-z]{4,9} \d{4}$", "%d %B %Y")),
    "named_us": ((r"^[A-Za-z]{3} \d{1,2}, \d{4}$", "%b %d, %Y"), (r"^[A-Za-z]{4,9} \d{1,2}, \d{4}$", "%B %d, %Y")),
}
_SAMPLE: Final = 500
_CLOCK: Final = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]00:?00)?$"


@dataclass(frozen=True, slots=True)
class Fit:
    """How many cells of a column fit a type, and the cells converted to that type, empty where they don't fit."""

    kind: Kind
    way: Way
    fits: int
    values: pl.Series
    misfits: pl.Series  # the indexes of cells that don't fit
    unit: Literal["", "percent"] = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The type of a column.

    `ways` has more than one entry if the cells can be read in ways that give different values.
    """

    kind: Kind
    ways: tuple[Way, ...]
    filled: int

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide how to read the column."""
        return len(self.ways) > 1


def find_type(cells: pl.Series, typed: frozenset[int] = frozenset()) -> Finding:
    """Return the type that fits every non-empty cell of a column, or else text.

    `typed` has the indexes of cells whose type the file itself states.
    """
    missing = cells.is_null() | cells.str.to_lowercase().is_in(_MISSING)
    filled = cells.filter(~missing)
    count = len(filled)
    if not count:
        return Finding("text", ("",), 0)
    if _is_code(filled, has_types=len(typed) >= count):
        return Finding("text", ("",), count)
    is_typed = len(typed) >= count
    if filled.str.contains(r"^-?(0|[1-9]\d{0,17})$").all():  # most columns of numbers, without trying the rest
        return Finding("number", ("dot",), count)
    if filled.str.to_lowercase().is_in((*_TRUE, *_FALSE)).all():
        return Finding("boolean", ("",), count)
    sample = filled.head(_SAMPLE)  # most columns are ruled out by their first cells
    number_ways = [way for way in NUMBER_WAYS if _fits_all(sample, filled, "number", way)]
    if number_ways:
        return Finding("number", ("dot",) if is_typed else _ways_that_differ(cells, number_ways, "number"), count)
    days: tuple[Kind, ...] = ("date", "time")
    for kind in days:
        ways = [way for way in DATE_WAYS if _fits_all(sample, filled, kind, way)]
        if ways:
            return Finding(kind, _ways_that_differ(cells, ways, kind), count)
    return Finding("text", ("",), count)


def fit(cells: pl.Series, kind: Kind, way: Way = "") -> Fit:
    """Return a column's cells converted to one type, read in one way."""
    missing = cells.is_null() | cells.str.to_lowercase().is_in(_MISSING)
    unit: Literal["", "percent"] = ""
    currency = ""
    match kind:
        case "number":
            values, unit, currency = _numbers(cells, way)
        case "date":
            values = _dates(cells, way)
        case "time":
            values = _times(cells, way)
        case "boolean":
            values = _booleans(cells)
        case _:
            return Fit("text", "", cells.len() - cells.null_count(), cells, pl.Series([], dtype=pl.UInt32))
    wrong = (values.is_null() & ~missing).arg_true()
    return Fit(kind, way, len(values) - values.null_count(), values, wrong, unit, currency)


def candidates(cells: pl.Series) -> tuple[Fit, ...]:
    """Return all types that fit at least half of the non-empty cells, best first, and text last."""
    missing = cells.is_null() | cells.str.to_lowercase().is_in(_MISSING)
    filled = int((~missing).sum())
    kinds: dict[Kind, Sequence[Way]] = {
        "number": (*NUMBER_WAYS,), "date": (*DATE_WAYS,), "time": (*DATE_WAYS,), "boolean": ("",),
    }  # fmt: skip
    tries: list[tuple[Kind, Way]] = [(kind, way) for kind, ways in kinds.items() for way in ways]
    fits = [found for kind, way in tries if (found := fit(cells, kind, way)).fits * 2 >= max(filled, 1)]
    return (*sorted(fits, key=lambda found: -found.fits), fit(cells, "text"))


def _is_code(filled: pl.Series, *, has_types: bool) -> bool:
    """Whether numbers are codes, such as 007 or +49 30 1234, or too long to be exact as numbers."""
    if has_types:
        return False
    # fmt: off
    return bool(
        filled.str.contains(r"^0\d+$").any()
        or filled.str.contains(r"^\+[\d ()/-]{7,}$").any()
        or filled.str.contains(r"^\d{19,}$").any()
    )
    # fmt: on


def _fits_all(sample: pl.Series, filled: pl.Series, kind: Kind, way: Way) -> bool:
    if fit(sample, kind, way).fits < len(sample):
        return False
    return len(sample) == len(filled) or fit(filled, kind, way).fits == len(filled)


def _ways_that_differ(cells: pl.Series, ways: Sequence[Way], kind: Kind) -> tuple[Way, ...]:
    """Return one of each group of ways that give equal values. 1,234 and 12/12/2026, for example, have two readings."""
    kept: list[tuple[Way, pl.Series]] = []
    for way in ways:
        values = fit(cells, kind, way).values
        if not any(values.equals(other, null_equal=True) for _, other in kept):
            kept.append((way, values))
    return tuple(way for way, _ in kept)


def _numbers(cells: pl.Series, way: Way) -> tuple[pl.Series, Literal["", "percent"], str]:
    text = cells.str.replace_all(r"[\s\u00a0\u202f\u2009]", "")
    signs = text.str.extract(rf"([{_SIGNS}]|\b(?:{_CODES})\b|(?:{_CODES})$|^(?:{_CODES}))", 1)
    kinds_of_money = signs.drop_nulls().unique().to_list()
    percent = text.str.ends_with("%")
    shares = int(percent.sum())
    filled = int((~(cells.is_null() | cells.str.to_lowercase().is_in(_MISSING))).sum())
    if len(kinds_of_money) > 1 or (0 < shares < filled):  # two currencies, or shares among numbers
        return pl.Series([None] * len(cells), dtype=pl.Decimal(38, 0)), "", ""
    text = text.str.replace(r"%$", "").str.replace(rf"[{_SIGNS}]|^(?:{_CODES})|(?:{_CODES})$", "")
    text = text.str.replace(r"^\((.*)\)$", "-$1").str.replace(r"^(.+)-$", "-$1").str.replace_all("[−–]", "-")
    text = text.str.replace_all("['’]", "")
    group, point = (",", r"\.") if way == "dot" else (r"\.", ",")
    plain = rf"^[+-]?(\d+|\d{{1,3}}({group}\d{{3}})+)({point}\d+)?$"
    spaced = cells.str.contains(r"\d[\s\u00a0\u202f\u2009'’]+\d") & ~cells.str.contains(
        r"^\D{0,6}\d{1,3}([\s\u00a0\u202f\u2009'’]\d{3})+(\D\d*)?\D{0,6}$"
    )  # 12 34 isn't a number
    good = text.str.contains(plain) & ~spaced.fill_null(False)
    text = text.str.replace_all(",", "") if way == "dot" else text.str.replace_all(r"\.", "").str.replace(",", ".")
    text = pl.select(pl.when(good.fill_null(False)).then(text).otherwise(None)).to_series()
    return _exact(text, is_share=shares > 0), "percent" if shares else "", (kinds_of_money or [""])[0]


def _exact(text: pl.Series, *, is_share: bool) -> pl.Series:
    """Return strings of digits as exact decimals with the same number of decimal places.

    The longest fraction determines the number of decimal places. Shares are divided by 100.
    """
    fraction = text.str.extract(r"\.(\d+)$", 1).str.strip_chars_end("0").str.len_chars()
    whole = text.str.extract(r"^[+-]?0*(\d*)", 1).str.len_chars()
    places = int(_largest(fraction)) + (2 if is_share else 0)
    digits = int(_largest(whole))
    if places > MOST_DECIMALS or digits + max(places, 4) > 38:
        return pl.Series([None] * len(text), dtype=pl.Decimal(38, 0))
    if not places:
        return text.cast(pl.Decimal(38, 0), strict=False)
    if is_share:
        return (text.cast(pl.Decimal(38, places), strict=False) / 100).cast(pl.Decimal(38, places), strict=False)
    return text.cast(pl.Decimal(38, places), strict=False)


def _largest(lengths: pl.Series) -> int:
    largest = lengths.max()
    return largest if isinstance(largest, int) else 0


def _dates(cells: pl.Series, way: Way) -> pl.Series:
    text = cells.str.replace_all(r"^(\d{1,2})-(\d{1,2})-(\d{2,4})$", "$1/$2/$3") if "first" in way else cells
    text = text.str.replace_all(r"^(\d{1,2})-([A-Za-z]{3})-(\d{4})$", "$1 $2 $3") if way == "named" else text
    found = pl.Series([None] * len(cells), dtype=pl.Date)
    for pattern, form in _FORMATS.get(way, ()):
        shaped = pl.select(pl.when(text.str.contains(pattern)).then(text).otherwise(None)).to_series()
        parsed = shaped.str.to_date(form, strict=False)
        found = pl.select(pl.coalesce(found, parsed)).to_series()
    sound = (found.dt.year() >= 1700) & (found.dt.year() < 3000)
    return pl.select(pl.when(sound.fill_null(False)).then(found).otherwise(None)).to_series()


def _times(cells: pl.Series, way: Way) -> pl.Series:
    """Return cells as dates with a time of day.

    A date without a time becomes midnight. Time zones other than UTC don't fit.
    """
    day = cells.str.replace(_CLOCK, "")
    days = _dates(day, way)
    clock = cells.str.extract(r"[T ](\d{1,2}:\d{2}(?::\d{2})?)", 1)
    has_clock = cells.str.contains(_CLOCK)
    seconds = clock.str.replace(r"^(\d{1,2}:\d{2})$", "$1:00").str.to_time("%H:%M:%S", strict=False)
    clock_us = (seconds.cast(pl.Int64) // 1_000).fill_null(0)
    moments = (days.cast(pl.Datetime("us")).cast(pl.Int64) + clock_us).cast(pl.Datetime("us"))
    is_good = ~has_clock.fill_null(False) | seconds.is_not_null()
    return pl.select(pl.when(is_good).then(moments).otherwise(None)).to_series()


def _booleans(cells: pl.Series) -> pl.Series:
    text = cells.str.to_lowercase()
    return pl.select(
        pl.when(text.is_in(_TRUE)).then(True).when(text.is_in(_FALSE)).then(False).otherwise(None)
    ).to_series()
