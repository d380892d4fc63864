"""Guess what a column contains from its name, type and values: an ID, money, a rate, a date in text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from semantic.introspection.forms import date_form
from semantic.introspection.profile import ColumnProfile
from semantic.introspection.words import CODE_WORDS, ID_WORDS, meanings_of, singular, thing_of


class Kind(StrEnum):
    """What a column contains. A model uses FREE_TEXT and NUMBER columns only if a person says so."""

    TIME = "time"
    TEXT_DATE = "text_date"
    EPOCH = "epoch"  # seconds, milliseconds or microseconds since 1970
    DAY_NUMBER = "day_number"  # a date as a whole number: 20260131
    IDENTIFIER = "identifier"
    CURRENCY = "currency"
    MONEY = "money"
    PRICE = "price"  # money per unit, which doesn't add up
    QUANTITY = "quantity"
    BALANCE = "balance"  # as of a day: it doesn't add up over days
    RATE = "rate"
    FLAG = "flag"
    CATEGORY = "category"
    NUMBER = "number"  # its name doesn't say what it counts
    FREE_TEXT = "free_text"
    EMPTY = "empty"


MOST_CATEGORIES: Final = 1_000
"""The most distinct values with which a text column always counts as a category."""

CURRENCY_WORDS: Final = frozenset({"currency", "currencies"})
_RATES: Final = frozenset(
    {"rate", "rates", "ratio", "percent", "percentage", "share", "ctr", "cvr", "roas", "roi", "probability"}
    | {"avg", "average", "mean", "median", "frequency", "multiplier", "factor", "weight", "score", "rating", "index"}
    | {"discountrate", "taxrate"}
)
_NOT_ADDED: Final = frozenset(
    {"year", "month", "day", "week", "weekday", "quarter", "hour", "minute", "dow", "age", "zip", "postal", "postcode"}
    | {"latitude", "longitude", "lat", "lon", "lng", "phone", "port", "version", "rank", "position", "level", "grade"}
    | {"zipcode", "prefix", "type", "status", "line", "sequence", "row", "step", "stage", "reach", "recency"}
    | {"unique", "distinct", "birthday", "birth", "class", "tier", "group", "cohort"}
)
_MONEY: Final = frozenset(
    {"amount", "revenue", "spend", "spent", "cost", "costs", "subtotal", "tax", "vat", "discount", "fee", "fees"}
    | {"gmv", "ltv", "budget", "paid", "payment", "refund", "refunded", "income", "profit", "charge", "charges"}
    | {
        "payout",
        "commission",
        "earnings",
        "turnover",
        "micros",
        "cents",
        "usd",
        "eur",
        "gbp",
        "dollar",
        "dollars",
        "euro",
        "euros",
        "tip",
        "shipping",
    }
)
_MONEY_IF_ALONE: Final = frozenset({"total", "gross", "net", "sales"})
_WORTH: Final = frozenset({"conversion", "order", "cart", "lifetime", "deal", "purchase", "basket", "contract"})
_PRICES: Final = frozenset({"price", "prices", "cpc", "cpm", "cpa", "cpv", "bid", "aov", "msrp", "salary", "wage"})
_BALANCES: Final = frozenset(
    {"balance", "stock", "inventory", "mrr", "arr", "followers", "headcount", "backlog", "outstanding"}
)
_QUANTITIES: Final = frozenset(
    {"quantity", "click", "impression", "view", "session", "visit", "conversion", "order", "item", "unit", "count"}
    | {"open", "send", "sent", "delivered", "delivery", "bounce", "unsubscribe", "lead", "install", "download"}
    | {"signup", "engagement", "like", "comment", "purchase", "transaction", "pageview", "hit", "event", "seat"}
    | {"second", "duration", "piece", "copy", "login", "call", "play", "complaint", "return", "volume", "distance"}
    | {"cd", "booking", "user", "visitor", "subscriber", "newsletter", "reply", "reaction"}
)
_FLAGS: Final = frozenset({"is", "has", "was", "flag", "can", "did"})
_TIMES: Final = frozenset(
    {"timestamp", "time", "at", "epoch", "unixtime", "datetime", "date", "created", "updated", "modified", "day"}
)
_EPOCHS: Final = ((1, "seconds"), (1_000, "milliseconds"), (1_000_000, "microseconds"))
_FIRST_SECOND, _LAST_SECOND = 946_684_800, 2_208_988_800  # from 2000 to 2040
_FREE_LENGTH: Final = 60.0


def kind_of(column: ColumnProfile, rows: int) -> Kind:
    """Return what a column contains, given how many rows of its table were read."""
    words = meanings_of(column.name)
    if column.null_share >= 1.0 or column.distinct == 0:
        return Kind.EMPTY if rows else _of_type(column, words)
    return _of_type(column, words)


def _of_type(column: ColumnProfile, words: tuple[str, ...]) -> Kind:
    if column.type in ("date", "timestamp", "timestamptz"):
        return Kind.TIME
    if column.type == "boolean":
        return Kind.FLAG
    return _text(column, words) if column.type == "string" else _number(column, words)


def _text(column: ColumnProfile, words: tuple[str, ...]) -> Kind:
    if date_form(column.forms):
        return Kind.TEXT_DATE
    if (words and words[-1] in CURRENCY_WORDS) or (set(words) & CURRENCY_WORDS and words[-1] in CODE_WORDS):
        return Kind.CURRENCY
    if words and (words[-1] in ID_WORDS or (words[-1] in CODE_WORDS and column.distinct > MOST_CATEGORIES)):
        return Kind.IDENTIFIER
    if column.distinct <= MOST_CATEGORIES and column.lengths[0] <= _FREE_LENGTH:
        return Kind.CATEGORY
    known = 1.0 - column.null_share
    if column.lengths[0] > _FREE_LENGTH or column.distinct > 50_000 * max(known, 0.01):
        return Kind.FREE_TEXT
    return Kind.CATEGORY if column.lengths[0] <= _FREE_LENGTH / 2 else Kind.FREE_TEXT


def _number(column: ColumnProfile, words: tuple[str, ...]) -> Kind:
    plain = {singular(word) for word in words} | set(words)
    is_whole = column.type == "integer" or column.type.endswith(",0)")
    if not words:
        return Kind.NUMBER
    if words[-1] in ID_WORDS or (words[-1] in CODE_WORDS and words[0] != "number"):
        return Kind.IDENTIFIER
    if is_whole and plain & _TIMES and epoch_unit(column) is not None:
        return Kind.EPOCH
    if is_whole and {"date", "day"} & plain and _is_day_number(column):
        return Kind.DAY_NUMBER
    if words[0] in _FLAGS and is_whole and (column.minimum, column.maximum) in ((0, 1), (0, 0), (1, 1)):
        return Kind.FLAG
    return _amount(column, words, plain, is_whole)


def _amount(column: ColumnProfile, words: tuple[str, ...], plain: set[str], is_whole: bool) -> Kind:
    if plain & _RATES or "per" in plain:
        return Kind.RATE
    if plain & _BALANCES:
        return Kind.BALANCE
    if plain & _PRICES:
        return Kind.PRICE
    counts = plain & _QUANTITIES
    if plain & _MONEY and not (words[-1] == "count" or (words[-1] in counts and is_whole)):
        return Kind.PRICE if "unit" in plain else Kind.MONEY
    if plain & _NOT_ADDED:
        return Kind.CATEGORY if is_whole and column.distinct <= MOST_CATEGORIES else Kind.NUMBER
    if "value" in plain and plain & _WORTH:
        return Kind.MONEY
    if counts or (words[0] == "number" and len(words) > 1):
        return Kind.QUANTITY
    if plain & _MONEY_IF_ALONE and not (is_whole and column.distinct <= 2):
        return Kind.MONEY
    return Kind.CATEGORY if is_whole and column.distinct <= 50 and len(column.name) > 2 else Kind.NUMBER


def epoch_unit(column: ColumnProfile) -> tuple[int, str] | None:
    """Return how many units make a second, and the unit's name, for a column that counts time since 1970.

    None for any other column.
    """
    low, high = column.minimum, column.maximum
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    return next(
        ((per, unit) for per, unit in _EPOCHS if _FIRST_SECOND * per <= low <= high <= _LAST_SECOND * per), None
    )


def _is_day_number(column: ColumnProfile) -> bool:
    values = [column.minimum, column.maximum, *column.samples]
    return all(isinstance(value, int) and _day(value) is not None for value in values)


def _day(number: int) -> date | None:
    try:
        return date(number // 10_000, number // 100 % 100, number % 100) if number >= 19_000_101 else None
    except ValueError:
        return None


def is_date_like(kind: Kind) -> bool:
    """Return whether a column of this kind can date rows."""
    return kind in (Kind.TIME, Kind.TEXT_DATE, Kind.EPOCH, Kind.DAY_NUMBER)


# Personal data

_PERSONS: Final = frozenset(
    {"customer", "user", "contact", "person", "employee", "member", "lead", "subscriber", "visitor", "patient"}
    | {"student", "client", "buyer", "recipient", "guest", "author", "donor", "staff", "profile", "prospect", "owner"}
)
_PERSONAL: Final = {
    "email": "email addresses", "mail": "email addresses", "phone": "phone numbers", "mobile": "phone numbers",
    "telephone": "phone numbers", "fax": "phone numbers", "cell": "phone numbers", "surname": "names of people",
    "forename": "names of people", "firstname": "names of people", "lastname": "names of people",
    "fullname": "names of people", "username": "names of people", "nickname": "names of people",
    "street": "addresses", "address": "addresses", "birthday": "birthdays", "birthdate": "birthdays",
    "birth": "birthdays", "ssn": "identity numbers", "passport": "identity numbers", "iban": "bank accounts",
    "ip": "IP addresses",
}  # fmt: skip
_NAME_PARTS: Final = frozenset({"first", "last", "full", "given", "middle", "family", "display", "maiden", "sur"})
_AFTER_PERSONAL: Final = frozenset(
    {"address", "number", "hash", "1", "2", "3", "line", "lower", "normalized", "primary", "raw", "date"}
)
_PERSONAL_FORMS: Final = (
    ("email", 0.02, "email addresses"),
    ("phone", 0.5, "phone numbers"),
    ("ip", 0.5, "IP addresses"),
    ("iban", 0.5, "bank accounts"),
)


def personal_data(column: ColumnProfile, table: str) -> str:
    """Return the kind of personal data in a column, in words, or "" if there is none.

    Values count as well as names, because an address in a column of notes is personal data too.
    """
    if column.type == "boolean":
        return ""
    for form, least, what in _PERSONAL_FORMS:
        if column.forms.get(form, 0.0) >= least:
            return what
    words = meanings_of(column.name)
    what = _by_name(words, thing_of(table))
    if not what or (column.type != "string" and what not in ("birthdays", "phone numbers", "identity numbers")):
        return "names of people" if _holds_names(column, words) else ""
    return what


def _by_name(words: tuple[str, ...], thing: tuple[str, ...]) -> str:
    rest = list(words)
    while len(rest) > 1 and rest[-1] in _AFTER_PERSONAL and rest[-1] not in _PERSONAL:
        rest.pop()
    if not rest:
        return ""
    if rest[-2:] == ["ip", "address"] or (len(rest) > 1 and rest[-2] == "email" and rest[-1] == "address"):
        return _PERSONAL[rest[-2]]
    if rest[-1] == "name" and ((set(rest[:-1]) & (_NAME_PARTS | _PERSONS)) or (len(rest) == 1 and _is_person(thing))):
        return "names of people"
    if "birth" in rest:
        return "birthdays"
    if tuple(rest[-2:]) in (("credit", "card"), ("card", "number")) or words[-2:] == ("card", "number"):
        return "card numbers"
    return _PERSONAL.get(rest[-1], "")


def _is_person(thing: Sequence[str]) -> bool:
    return bool(thing) and thing[-1] in _PERSONS


def is_person(words: Sequence[str]) -> bool:
    """Return whether these words name a person or company that a team would count, such as a customer."""
    return bool(words) and words[-1] in _PERSONS | {"session", "account", "device"}


def _holds_names(column: ColumnProfile, words: tuple[str, ...]) -> bool:
    is_role = bool(set(words) & (_PERSONS | {"rep", "manager", "assignee", "agent", "sender", "name"}))
    return column.type == "string" and is_role and column.forms.get("full_name", 0.0) >= 0.7 and column.distinct > 20
