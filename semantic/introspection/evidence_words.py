"""Put the evidence for a guess into words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from semantic.display.format import share as share_text
from semantic.errors import counted
from semantic.introspection.profile import TableProfile, Value


def sample_sign(profile: TableProfile) -> str:
    """Return "≈ " to precede the numbers of a sampled table, or "" for other tables."""
    return "≈ " if profile.is_sampled else ""


def short_count(number: int) -> str:
    """Return a number as text, shortened if it's large.

    >>> short_count(24_310), short_count(1_000_000), short_count(2_400_000_000)
    ('24,310', '1M', '2.4B')
    """
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M")):
        if number >= size:
            return f"{round(number / size, 1):g}{letter}"
    return f"{number:,}"


def rows_read(profile: TableProfile) -> str:
    """Return how many rows a guess is based on, such as "24,310 rows" or "1M of 2.4B rows"."""
    if profile.is_sampled:
        return f"{short_count(profile.read_rows)} of {short_count(profile.rows)} rows"
    return counted(profile.rows, "row")


def listed_columns(names: Sequence[str]) -> str:
    """Return names as a list in words, such as "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def day_words(day: date) -> str:
    """Return a date in words, without its time.

    >>> day_words(date(2026, 3, 2))
    '2 Mar 2026'
    """
    return f"{day.day} {day:%b} {day.year}"


def number_words(value: Value) -> str:
    """Return a number with thousands separators, and with two decimals unless it's whole.

    Any other value is returned as text.
    """
    if isinstance(value, bool | str | date):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}".removesuffix(".00")


def percent(value: float) -> str:
    """Return a share as a percentage with one decimal, never rounded up to 100%.

    >>> percent(0.992), percent(0.99999), percent(1.0)
    ('99.2%', '99.9%', '100%')
    """
    if value >= 1:
        return "100%"
    return share_text(min(value, 0.999), 1)
