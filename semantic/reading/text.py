"""Split text into words in a normalized form: lower case, no accents, singular, and with abbreviations written out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

LONGEST = 400
"""The maximum number of characters that are read. Longer text isn't a question."""
MOST_WORDS = 70

Kind = Literal["word", "number", "quoted", "sign", "odd"]


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, sign or quoted text, with its position.

    The kind `odd` is for text that isn't part of a question.
    """

    kind: Kind
    text: str  # as typed
    word: str  # lower case, without accents
    stem: str  # the form that names are compared in
    start: int
    end: int


_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"})
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"\n]{1,120}"|“[^”\n]{1,120}”|„[^“”\n]{1,120}[“”]|«[^»\n]{1,120}»|(?<!\w)'[^'\n]{2,120}'(?!\w))"""
    r"""|(?P<day>\d{4}-\d{1,2}-\d{1,2}(?!\w)|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?(?!\w))"""
    r"""|(?P<number>\d{1,3}(?:,\d{3})+(?![\d,])|[1-9]\d{0,2}(?:\.\d{3})+(?![.,]?\d)|\d+(?:[.,]\d+)?)"""
    r"""|(?P<path>(?<![\w/])/[a-z][a-z0-9/-]{0,60})"""
    r"""|(?P<own>'s\b|’s\b)"""
    r"""|(?P<minus>(?<!\S)[-–−](?=[^\W\d_]))"""  # "-Germany" excludes in a search, and is a typo elsewhere
    r"""|(?P<week>(?<!\w)(?:[kK]|[cC])[wW](?=\d{1,2}(?!\w)))"""  # KW40 is KW 40
    r"""|(?P<word>[^\W\d_][^\W_]*)"""
    r"""|(?P<sign><=|>=|≤|≥|[<>=%€$£&+/,()?!.:'’‘*#…·|–—-])"""
    r"""|(?P<odd>\S)""",
    re.VERBOSE,
)
_ODD = re.compile(r"<\s*/?\s*[a-zA-Z!]|--|\]\(|\*\*|!\[|\$\{|\{\{|/\*|\\|//")
"""Signs of markup and code. Anything after one isn't part of a question."""

_SHORT = {
    "email": "mail", "emails": "mail", "mailing": "mail", "mailings": "mail", "avg": "average", "ave": "average",
    "rev": "revenue", "revs": "revenue", "prod": "product", "prods": "product", "cust": "customer",
    "conv": "conversion", "qty": "quantity", "impr": "impression", "imp": "impression", "imps": "impression",
    "camp": "campaign", "cat": "category", "nb": "number", "nr": "number", "anzahl": "number", "pct": "percent",
    "prozent": "percent", "subs": "subscriber", "acct": "account", "opps": "opportunity", "opp": "opportunity",
    "vouchers": "voucher", "cancelled": "canceled", "catalog": "catalogue", "organisation": "organization",
    "ads": "ad", "kw": "keyword",
}  # fmt: skip
_KEPT = frozenset(
    {
        "sales",
        "news",
        "cross",
        "plus",
        "this",
        "is",
        "was",
        "has",
        "its",
        "us",
        "status",
        "bonus",
        "basis",
        "alias",
        "vs",
    }
    | {"roas", "poas", "saas", "cogs", "always", "nps", "analysis", "series", "ios", "gas", "sms", "rps", "ads", "cms"}
    | {"bis", "das", "des", "als", "dieses", "letztes", "jedes", "aus", "nordics"}
)
"""Words that end in s but aren't plurals."""


NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10, "elf": 11, "zwolf": 12,
}  # fmt: skip
"""Numbers in words. German "ein" is also an article, so it's a number only where it can't be an article."""
TIMES = {"once": 1, "twice": 2, "thrice": 3, "einmal": 1, "zweimal": 2, "dreimal": 3, "viermal": 4}
"""Words for how many times something happened."""


def fold(text: str) -> str:
    """Return text in lower case without accents.

    >>> fold("Übersicht")
    'ubersicht'
    """
    lower = text.casefold()
    if lower.isascii():
        return lower
    plain = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def stem(word: str) -> str:
    """Return the form in which words are compared: singular, with abbreviations written out.

    >>> stem("categories"), stem("orders"), stem("emails"), stem("bounces")
    ('category', 'order', 'mail', 'bounce')
    """
    if word in _SHORT:
        return _SHORT[word]
    if word in _KEPT or len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def stems(text: str) -> tuple[str, ...]:
    """Return the words of a name in the form in which they're compared.

    >>> stems("Win rate (deals)")
    ('win', 'rate', 'deal')
    """
    return tuple(stem(word) for word in _WORDS.findall(fold(text).replace("e-mail", "mail")))


_WORDS = re.compile(r"\d+(?:\.\d+)?|[^\W\d_][^\W_]*")
_EMAIL = re.compile(r"\be-(mails?)\b", re.IGNORECASE)


def cut(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text.

    Everything after the first markup or code, or beyond the maximum length, becomes odd tokens.
    """
    text = _EMAIL.sub(r"e\1 ", text[: LONGEST + 1])
    stop = _ODD.search(text)
    end = min(stop.start() if stop else len(text), LONGEST)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text, 0, end):
        if len(tokens) == MOST_WORDS:
            end = match.start()
            break
        if match.lastgroup == "own":  # last year's is last year
            continue
        tokens.append(_token(match))
    rest = text[end:].strip()
    if rest:
        tokens.append(Token("odd", rest, rest, rest, end, end + len(rest)))
    return tuple(tokens)


def as_typed(tokens: Sequence[Token]) -> str:
    """Return the text of tokens as it was typed, with single spaces.

    >>> as_typed(cut("non-brand   clicks, DE"))
    'non-brand clicks, DE'
    """
    return "".join(
        token.text if before is None or before.end == token.start else f" {token.text}"
        for before, token in zip((None, *tokens), tokens, strict=False)
    )


def _token(match: re.Match[str]) -> Token:
    text = match[0]
    word = fold(text)
    match match.lastgroup:
        case "quoted":
            inner = text[1:-1].strip()
            return Token("quoted", inner, fold(inner), fold(inner), match.start(), match.end())
        case "day":
            return Token("word", text, word, word, match.start(), match.end())
        case "number":
            return Token("number", text, _plain_number(word), _plain_number(word), match.start(), match.end())
        case "word" | "path" | "week":
            return Token("word", text, word, stem(word), match.start(), match.end())
        case "sign":
            return Token("sign", text, word, word, match.start(), match.end())
        case _:
            return Token("odd", text, word, word, match.start(), match.end())


def _plain_number(text: str) -> str:
    """Return a number with a decimal point and no thousands separators.

    1,500 and 1.500 become 1500, and 1,5 becomes 1.5.
    """
    if re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+", text):
        return text.replace(".", "")
    return text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", text) else text.replace(",", ".")
