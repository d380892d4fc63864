"""Split the names of tables and columns into words, in the singular and without abbreviations, and make labels."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_FULL: Final = {
    "acct": "account", "addr": "address", "amt": "amount", "cat": "category", "ccy": "currency", "cd": "code",
    "cnt": "count", "conv": "conversion", "convs": "conversions", "ctry": "country", "curr": "currency",
    "cust": "customer", "desc": "description", "dob": "birthday", "dt": "date", "dept": "department",
    "emp": "employee", "fname": "firstname", "impr": "impressions", "imps": "impressions", "inv": "invoice",
    "lname": "lastname", "mgr": "manager", "nbr": "number", "nm": "name", "no": "number", "nr": "number",
    "num": "number", "ord": "order", "pct": "percent", "perc": "percent", "prod": "product", "qty": "quantity",
    "rev": "revenue", "tel": "phone", "trx": "transaction", "ts": "timestamp", "txn": "transaction", "yr": "year",
}  # fmt: skip
_CAPITALS: Final = frozenset(
    {"id", "url", "utm", "sku", "cpc", "cpm", "cpa", "ctr", "roas", "ip", "vat", "crm", "mrr", "arr", "gmv", "uuid"}
    | {"mql", "sql", "sdr", "ean", "gtin", "kpi", "api", "usd", "eur", "gbp", "chf", "sek"}
)
_GERMAN: Final = {
    "anzahl": "quantity", "bestellung": "order", "bestellungen": "order", "betrag": "amount", "datum": "date",
    "geburtsdatum": "birthday", "kosten": "cost", "kunde": "customer", "kunden": "customer", "land": "country",
    "menge": "quantity", "nachname": "lastname", "nummer": "number", "preis": "price", "rechnung": "invoice",
    "rechnungen": "invoice", "strasse": "street", "straße": "street", "telefon": "phone", "umsatz": "revenue",
    "vorname": "firstname", "waehrung": "currency", "währung": "currency",
}  # fmt: skip
_ENDING_IN_US: Final = frozenset({"statuses", "bonuses", "buses", "campuses", "viruses", "focuses"})
_NOT_MANY: Final = frozenset({"gas", "gps", "sms", "mms", "cms", "ops", "pos", "dns", "aws", "sas"})
_AFFIXES_BEFORE: Final = frozenset({"fct", "fact", "dim", "stg", "stage", "raw", "tbl", "src", "vw", "mart", "v", "t"})
_AFFIXES_AFTER: Final = frozenset({"dataset", "table", "tbl", "data", "fact", "fct", "dim", "raw", "view"})
_MOST_LETTERS: Final = 200

ID_WORDS: Final = frozenset({"id", "key", "uuid", "guid", "sk", "fk", "pk", "ref", "ids", "identifier"})
"""Words at the end of a column's name that mean that the column identifies something."""
CODE_WORDS: Final = ID_WORDS | {"code", "number", "sku", "iso", "hash"}
"""The words in `ID_WORDS`, and others that only sometimes mean an ID."""


@lru_cache(maxsize=4_096)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, with abbreviations written out.

    >>> words_of("ord_dt"), words_of("CustomerID"), words_of("utm-source2")
    (('order', 'date'), ('customer', 'id'), ('utm', 'source', '2'))
    """
    words: list[str] = []
    word = ""
    text = name[:_MOST_LETTERS]
    for at, letter in enumerate(text):
        before, after = text[at - 1] if at else "", text[at + 1 : at + 2]
        begins = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        begins = begins or (bool(before) and before.isalnum() and letter.isdigit() != before.isdigit())
        if not letter.isalnum() or begins:
            words.append(word)
            word = ""
        if letter.isalnum():
            word += letter.lower()
    return tuple(_FULL.get(word, word) for word in (*words, word) if word)


def meanings_of(name: str) -> tuple[str, ...]:
    """Return the words of a name translated to English. Labels keep the original words.

    >>> meanings_of("Kundennummer"), meanings_of("Betrag")
    (('customer', 'number'), ('amount',))
    """
    words: list[str] = []
    for word in words_of(name):
        stem = next((word.removesuffix(end) for end in ("nummer", "nr") if word.endswith(end) and len(word) > 5), "")
        words += [stem, "number"] if stem else [word]
    return tuple(_GERMAN.get(word, word) for word in words)


def singular(word: str) -> str:
    """Return the singular of a noun in the plural.

    >>> singular("countries"), singular("addresses"), singular("orders"), singular("status"), singular("people")
    ('country', 'address', 'order', 'status', 'person')
    """
    if word in {"people", "persons"}:
        return "person"
    if word.endswith("ies") and len(word) > 4 and word != "series":
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")) or word in _ENDING_IN_US:
        return word[:-2]
    if len(word) < 3 or word in _NOT_MANY or word.endswith(("ss", "us", "is", "series", "news")):
        return word
    return word.removesuffix("s")


def plural(word: str) -> str:
    """Return the plural of a noun in the singular.

    >>> plural("country"), plural("order"), plural("status"), plural("day")
    ('countries', 'orders', 'statuses', 'days')
    """
    if word == "person":
        return "people"
    if singular(word) != word:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def thing_of(table: str) -> tuple[str, ...]:
    """Return what one row of a table is, as words from the table's name.

    >>> thing_of("mart.fct_orders"), thing_of("olist_closed_deals_dataset"), thing_of("order_items")
    (('order',), ('olist', 'closed', 'deal'), ('order', 'item'))
    """
    words = list(words_of(table.rpartition(".")[2].strip('"`')))
    while len(words) > 1 and words[0] in _AFFIXES_BEFORE:
        words.pop(0)
    while len(words) > 1 and (words[-1] in _AFFIXES_AFTER or words[-1].isdigit()):
        words.pop()
    return (*words[:-1], singular(words[-1])) if words else ("row",)


def label_of(words: tuple[str, ...]) -> str:
    """Return words as a label in sentence case.

    >>> label_of(("order", "date")), label_of(("utm", "source"))
    ('Order date', 'UTM source')
    """
    text = " ".join(word.upper() if word in _CAPITALS else word for word in words)
    return text[:1].upper() + text[1:]


def stem_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a key identifies: the words of its name without "ID" or "code" at the end.

    >>> stem_of(("customer", "id")), stem_of(("country",)), stem_of(("id",))
    (('customer',), ('country',), ())
    """
    end = len(words)
    while end and words[end - 1] in CODE_WORDS:
        end -= 1
    stem = words[:end]
    return (*stem[:-1], singular(stem[-1])) if stem else ()
