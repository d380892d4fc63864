"""Recognize the format of text: email addresses, phone numbers, names, and several formats of dates."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_MOST_LETTERS: Final = 300  # the most characters of a value that are inspected
_WORD_EDGES: Final = "<>()[]{},;:.!?\"'"
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]{1,190}[.][A-Za-z]{2,24}")
_PHONE: Final = re.compile(r"[+]?[(]?[0-9][0-9 ()./-]{5,18}[0-9]")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_ADDRESS_LETTERS: Final = re.compile(r"[0-9A-Fa-f.:]{7,45}")


@dataclass(frozen=True, slots=True)
class DateForm:
    """A format of dates in text: a pattern for every engine's SQL, and how DuckDB reads such a date.

    If `format` contains `{first}` and `{second}`, either the day or the month can come first. Without a format, the
    text is cast to `type`.
    """

    pattern: str
    type: str
    format: str = ""


_CLOCK: Final = "[0-9]{1,2}:[0-9]{2}"
DATE_FORMS: Final[Mapping[str, DateForm]] = {
    "iso_day": DateForm("[0-9]{4}-[0-9]{2}-[0-9]{2}", "date"),
    "iso_month": DateForm("[0-9]{4}-[0-9]{2}", "date", "%Y-%m"),
    "iso_time": DateForm("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?", "timestamp"),
    "iso_instant": DateForm(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})",
        "timestamptz",
    ),
    "slashed": DateForm("[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "date", "{first}/{second}/%Y"),
    "slashed_minute": DateForm(
        f"[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}} {_CLOCK}", "timestamp", "{first}/{second}/%Y %H:%M"
    ),
    "slashed_second": DateForm(
        f"[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}} {_CLOCK}:[0-9]{{2}}", "timestamp", "{first}/{second}/%Y %H:%M:%S"
    ),
    "dotted": DateForm("[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}", "date", "{first}.{second}.%Y"),
    "dotted_minute": DateForm(
        f"[0-9]{{1,2}}[.][0-9]{{1,2}}[.][0-9]{{4}} {_CLOCK}", "timestamp", "{first}.{second}.%Y %H:%M"
    ),
    "dotted_second": DateForm(
        f"[0-9]{{1,2}}[.][0-9]{{1,2}}[.][0-9]{{4}} {_CLOCK}:[0-9]{{2}}", "timestamp", "{first}.{second}.%Y %H:%M:%S"
    ),
}
"""The formats of dates in text, by name."""
_DATE_PATTERNS: Final = {name: re.compile(form.pattern) for name, form in DATE_FORMS.items()}

_CODES: Final = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MAD MXN MYR NGN NOK "
    "NZD PEN PHP PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR"
)
CURRENCIES: Final = frozenset(_CODES.split())
"""The currency codes to look for in tables."""


def forms_of(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of these texts in each format that occurs."""
    counts = Counter(form for text in texts for form in _forms(text[:_MOST_LETTERS].strip()))
    return {form: count / len(texts) for form, count in sorted(counts.items())}


def date_form(forms: Mapping[str, float]) -> str:
    """Return the format of at least nine in ten dates, or ""."""
    return next((form for form in DATE_FORMS if forms.get(form, 0.0) >= 0.9), "")


def _forms(text: str) -> set[str]:
    found = {name for name, pattern in _DATE_PATTERNS.items() if pattern.fullmatch(text)}
    if found:
        return found | _order(text)
    if "@" in text and any(_EMAIL.fullmatch(word.strip(_WORD_EDGES)) for word in text.split()):
        found.add("email")
    if _is_phone(text):
        found.add("phone")
    if _is_ip(text):
        found.add("ip")
    if _IBAN.fullmatch(text.replace(" ", "")):
        found.add("iban")
    if text in CURRENCIES:
        found.add("currency")
    words = text.split()
    if 2 <= len(words) <= 3 and all(word.istitle() and word.replace("-", "").isalpha() for word in words):
        found.add("full_name")
    return found


def _order(text: str) -> set[str]:
    """Return "day_first" or "day_second" if a number in a date is above 12 and so can only be the day."""
    numbers = text.split(" ")[0].replace(".", "/").split("/")
    if len(numbers) != 3:
        return set()
    names = ("day_first", "day_second")
    return {name for name, number in zip(names, numbers[:2], strict=True) if int(number) > 12}


def _is_phone(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    is_marked = text.startswith("+") or any(letter in text for letter in " ()/-")
    return 7 <= digits <= 15 and is_marked and bool(_PHONE.fullmatch(text))


def _is_ip(text: str) -> bool:
    if not _ADDRESS_LETTERS.fullmatch(text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
