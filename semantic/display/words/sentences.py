"""The parts of every sentence about a change: the change itself, and who contributed most."""

from __future__ import annotations

from fractions import Fraction

from semantic.display.change import change_between, change_text
from semantic.display.format import MINUS, decimals_of, number, with_span, writer
from semantic.model.definitions import NumberFormat
from semantic.results.change import Moved
from semantic.results.result import ResultColumn

NAMED_FROM = Fraction(15, 100)
"""The smallest share of a change, or of a whole, for which a member is named."""


def happened(column: ResultColumn, now: float, then: float, moved: Moved, *, when: str = "") -> str:
    """Return the change of a number: "Net revenue rose 41% to €25.9K.", or that it stayed about the same.

    `when` names the period, as in " in Sep 2026".
    """
    name, change = column.label, change_between(now, then, column)
    value = with_span(writer(column, (then, now))(now), column)
    if now == then:
        return f"{name} stayed the same at {value}{when}."
    is_relative = change is not None and (column.format is NumberFormat.SHARE or (now >= 0) == (then >= 0))
    if moved is Moved.SAME:
        size = f" ({change_text(change, column, (then, now))})" if is_relative else ""
        return f"{name} stayed about the same at {value}{when}{size}."
    verb = "rose" if now > then else "fell"
    by = f" {_size(change, column, (then, now))}" if change is not None and is_relative else ""
    if not then:
        by = f" from {writer(column, (then, now))(then)}"
    sentence = f"{name} {verb}{by} to {value}{when}"
    if moved is Moved.USUAL:
        return f"{sentence}, within its usual range."
    if moved is Moved.UNCERTAIN:
        return f"{sentence}, but the 95% intervals of both numbers overlap."
    return f"{sentence}."


def contributed(
    who: str, part: Fraction, whole: Fraction, ends: tuple[float, float], column: ResultColumn, *, is_most: bool = True
) -> str:
    """Return who contributed most, in signed numbers: "Email contributed most, +€3.9K of +€7.5K."

    `ends` are the numbers that the change is between. A part larger than the change can't be a part of it, so the
    sentence says "to a change of" instead.
    """
    amount, change = (signed(value, ends, column) for value in (part, whole))
    of = "of" if 0 <= part / whole <= 1 else "to a change of"
    return f"{who} contributed{' most,' if is_most else ''} {amount} {of} {change}."


def size_words(column: ResultColumn, now: float, then: float) -> str:
    """Return how far apart two numbers are: "15%", or "0.4 pp" for shares.

    "" if that can't be expressed as a number.
    """
    change = change_between(now, then, column)
    is_relative = column.format is NumberFormat.SHARE or (now >= 0) == (then >= 0)
    return _size(change, column, (then, now)) if change is not None and is_relative else ""


def signed(
    value: Fraction, ends: tuple[float | None, float | None], column: ResultColumn, *, short: bool = True
) -> str:
    """Return a contribution with its sign, in the metric's unit, or in percentage points for a share.

    A contribution too small for the decimals of the numbers is written as 0.
    """
    if column.format is NumberFormat.SHARE:
        return change_text(float(value) if abs(value) >= Fraction(1, 10**6) else 0.0, column)
    is_small = abs(value) < Fraction(1, 2 * 10 ** decimals_of(column, ends))
    text = writer(column, ends, short=short)(0.0 if is_small else float(value))
    return f"+{text}" if value > 0 and not is_small else text


def is_plural(label: str) -> bool:
    """Return whether a metric's name takes "are": its noun, which is the word before "of", "per" or similar, ends in s.

    >>> [is_plural(label) for label in ("Orders", "Sessions per user", "Net revenue", "ROAS", "Cost per clicks")]
    [True, True, False, False, False]
    """
    words: list[str] = []
    for word in label.replace("(", " ( ").replace(",", " , ").split():
        if words and (word.casefold() in _AFTER_NOUN or (words[-1].endswith("s") and _is_participle(word))):
            break
        words.append(word)
    noun = words[-1] if words else ""
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and not noun.isupper()


_AFTER_NOUN = frozenset({"per", "of", "from", "in", "by", "to", "with", "without", "for", "on", "after", "(", ","})


def _is_participle(word: str) -> bool:
    """Whether a word is a participle that follows its noun, as in "Mails sent"."""
    return word.endswith("ed") or word in ("sent", "won", "lost", "known", "left")


def _size(change: float, column: ResultColumn, ends: tuple[float, float]) -> str:
    """Return the size of a change without its sign, in whole percent from 10% on, as people say it."""
    if column.format is not NumberFormat.SHARE and abs(change) >= 0.0995:
        return f"{number(100 * abs(change))}%"
    return change_text(change, column, ends).lstrip(f"+{MINUS}")
