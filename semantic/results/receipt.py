"""Receipts record what a result was computed from, to run it again and to report what has changed (decision 39)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from semantic.query.query import Query

LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""The letters of an ID, without 0, 1, I, L and O.

There are 31 of them, which is a prime, so the check letter detects any single wrong letter and any two swapped letters.
"""

DRAWN: Final = 11  # random letters; the twelfth is a check letter
_GROUP: Final = 4
_MOST_TEXT: Final = 60
_DASHES: Final = r"\-\u2010-\u2015"
_MEANT: Final = re.compile(rf"\s*R\s*[{_DASHES}][\s0-9A-Z{_DASHES}]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The inputs of one answer.

    A receipt contains no values of the answer, and digests that could be guessed are keyed.

    `query` is None if the question can't be read. Then the person who asked was erased and the question named someone
    (`is_erased`), or the stored text is damaged. For an analysis, there is no query: `analysis` is its kind, and
    `definition` is its definition as JSON. `definitions` has a digest for each metric, dimension, segment and calendar
    that the question names, under keys such as `metric:spend`. `subject` is the number of the person who asked.
    """

    id: str
    at: datetime
    subject: str
    query: Query | None
    today: date
    model_version: int | None  # None if a folder is the model
    model_digest: str
    definitions: Mapping[str, str]
    policy: str
    attributes: str
    data_version: str | None
    sql_digest: str
    rows_digest: str
    row_count: int
    surface: str
    is_erased: bool = False
    analysis: str = ""
    definition: str = ""


def receipt_id(drawn: Sequence[int]) -> str:
    """Return a receipt ID in the form R-7K3Q-DM2X-WA94, made from random numbers from 0 to 30.

    >>> receipt_id([0] * 11)
    'R-2222-2222-2222'
    """
    letters = "".join(LETTERS[number] for number in (*drawn, _check(drawn)))
    return "-".join(["R", *(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))])


def read_receipt_id(text: str) -> str | None:
    """Return a typed or pasted receipt ID in its standard form. None if it isn't a receipt ID or has a typo.

    >>> read_receipt_id(" r-2222 22222222 ")
    'R-2222-2222-2222'
    """
    if len(text) > _MOST_TEXT:
        return None
    match = re.fullmatch(rf"R([{LETTERS}]{{{DRAWN + 1}}})", re.sub(rf"[\s{_DASHES}]+", "", text).upper())
    if match is None:
        return None
    numbers = [LETTERS.index(letter) for letter in match[1]]
    return receipt_id(numbers[:-1]) if numbers[-1] == _check(numbers[:-1]) else None


def looks_like_receipt(text: str) -> bool:
    """Whether a text looks like a receipt ID, possibly with a typo.

    >>> looks_like_receipt("R-2222-2222-2223"), looks_like_receipt("revenue")
    (True, False)
    """
    return len(text) <= _MOST_TEXT and _MEANT.match(text) is not None


def _check(drawn: Sequence[int]) -> int:
    return sum(place * number for place, number in enumerate(drawn, start=2)) % len(LETTERS)
