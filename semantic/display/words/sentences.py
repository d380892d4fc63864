"""The parts of every sentence about a change: the change itself, and who contributed most."""

from __future__ import annotations

from fractions import Fraction

from semantic.display.change import change_between, change_text
from semantic.display.format import MINUS, decimals_of, number, with_span, writer
from semantic.model.definitions import NumberFormat
from semantic.results.change import Moved
from semantic.results.result import ResultColumn

NAMED_FROM = Fraction(15, 100)
"""The smallest share of a change, or of a whole, for which a member is mentioned."""


def happened(column: ResultColumn, now: float, then: float, moved: Moved, *, when: str = "") -> str:
    """Return a sentence about a change: "Net revenue rose 41% to €25.9K.", or that the number stayed about the same.

    `when` is the period, as in " in Sep 2026".
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
    """Return a sentence on who contributed most: "Email contributed most, +€3.9K of +€7.5K."

    `ends` are the earlier and the later number. If the part is larger than the whole change, the sentence says "to a
    change of" instead of "of".
    """
    amount, change = (signed(value, ends, column) for value in (part, whole))
    of = "of" if 0 <= part / whole <= 1 else "to a change of"
    return f"{who} contributed{' most,' if is_most else ''} {amount} {of} {change}."


def size_words(column: ResultColumn, now: float, then: float) -> str:
    """Return the difference between two numbers: "15%", or "0.4 pp" for shares.

    "" if it can't be given as a number.
    """
    change = change_between(now, then, column)
    is_relative = column.format is NumberFormat.SHARE or (now >= 0) == (then >= 0)
    return _size(change, column, (then, now)) if change is not None and is_relative else ""


def signed(
    value: Fraction, ends: tuple[float | None, float | None], column: ResultColumn, *, short: bool = True
) -> str:
    """Return a contribution with its sign, in the metric's unit or, for a share, in percentage points.

    If a contribution is smaller than the decimals of the numbers, it's 0.
    """
    if column.format is NumberFormat.SHARE:
        return change_text(float(value) if abs(value) >= Fraction(1, 10**6) else 0.0, column)
    is_small = abs(value) < Fraction(1, 2 * 10 ** decimals_of(column, ends))
    text = writer(column, ends, short=short)(0.0 if is_small else float(value))
    return f"+{text}" if value > 0 and not is_small else text


def is_plural(label: str) -> bool:
    """Whether a metric's name takes "are".

    It does if its noun, which is the word before "of", "per" or similar, ends in s.

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
    """Return the size of a change without its sign. From 10% on, it's in whole percent."""
    if column.format is not NumberFormat.SHARE and abs(change) >= 0.0995:
        return f"{number(100 * abs(change))}%"
    return change_text(change, column, ends).lstrip(f"+{MINUS}")
