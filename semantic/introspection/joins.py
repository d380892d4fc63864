"""Find columns that could refer to another table's key, and rate how well their names suggest it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from semantic.introspection.keys import best_keys, is_own
from semantic.introspection.kinds import Kind, is_date_like, kind_of
from semantic.introspection.profile import ColumnProfile, KeyEvidence, TableProfile
from semantic.introspection.words import ID_WORDS, singular, stem_of, thing_of, words_of

MOST_CANDIDATES: Final = 400
_PARENTS: Final = frozenset({"parent", "previous", "original", "replaced", "root", "referrer", "referring", "reply"})
_SAME_PEOPLE: Final = (
    frozenset({"customer", "client", "buyer", "shopper", "purchaser", "user", "member"}),
    frozenset({"user", "owner", "author", "assignee", "creator", "employee", "rep", "agent", "manager", "staff"}),
    frozenset({"contact", "lead", "prospect", "recipient", "subscriber"}),
    frozenset({"product", "item", "article", "sku"}),
    frozenset({"account", "company", "organization", "organisation"}),
)
_MANAGERS: Final = frozenset({"manager", "supervisor", "boss"})
_STAFF: Final = frozenset({"employee", "staff", "person", "user"})
_ELSEWHERE: Final = frozenset(
    {"external", "ext", "legacy", "old", "former", "foreign", "imported", "import", "remote", "upstream", "source"}
    | {"partner", "vendor", "platform", "crm", "erp", "sap", "shopify", "stripe", "hubspot", "salesforce", "sfdc"}
    | {"klaviyo", "google", "facebook", "meta", "zendesk", "netsuite", "magento", "woocommerce", "amazon", "ebay"}
)
"""Words in the names of columns with another system's IDs.

Their values can be the same as those of our IDs but mean something else.
"""
_GENERIC: Final = frozenset(
    {"id", "name", "status", "date", "code", "key", "type", "number", "value", "title", "state", "source", "row"}
    | {"year", "month", "day", "description", "created", "updated", "at", "line", "external", "batch", "version"}
    | {"time", "timestamp", "sequence", "index", "position", "uuid", "hash", "ref", "category", "level", "group"}
)


@dataclass(frozen=True, slots=True)
class JoinCandidate:
    """Columns that could refer to a key.

    `by_name` rates the name: 3 if it names the target, 2 if it's the key's own name, and 1 if it means something
    similar.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    by_name: int


def join_candidates(profiles: Sequence[TableProfile]) -> tuple[JoinCandidate, ...]:
    """Return the columns to compare with another table's key, or with their own table's key for a parent."""
    read = [profile for profile in profiles if profile.columns]
    found: list[JoinCandidate] = []
    for target in read:
        for key in _targets(target):
            for profile in read:
                found += _of_key(profile, target, key)
    found.sort(key=lambda candidate: -candidate.by_name)
    return tuple(found[:MOST_CANDIDATES])


def _targets(profile: TableProfile) -> list[KeyEvidence]:
    """Return the keys that other tables can refer to.

    These are single columns with unique values, even if some are missing, and the best key of several columns.
    """
    single = [key for key in profile.keys if len(key.columns) == 1 and key.is_unique and key.distinct > 1]
    whole = [key for key in best_keys(profile)[:1] if len(key.columns) > 1]
    return [key for key in (*single, *whole) if not _has_date(profile, key)]


def _has_date(profile: TableProfile, key: KeyEvidence) -> bool:
    return any(is_date_like(kind_of(profile.column(name), profile.read_rows)) for name in key.columns)


def _of_key(profile: TableProfile, target: TableProfile, key: KeyEvidence) -> list[JoinCandidate]:
    if len(key.columns) > 1:
        names = {column.name: column for column in profile.columns}
        is_same = profile is not target and all(
            name in names and _fits(names[name], target.column(name)) for name in key.columns
        )
        by_name = 2 if is_same and any(_is_telling(words_of(name)) for name in key.columns) else 0
        own = {name for best in best_keys(profile)[:1] for name in best.columns}
        if not by_name or own == set(key.columns):
            return []
        return [JoinCandidate(profile.table, key.columns, target.table, key.columns, by_name)]
    there = target.column(next(iter(key.columns)))
    found: list[JoinCandidate] = []
    for here in profile.columns:
        if (profile is target and here.name == there.name) or not _fits(here, there):
            continue
        if by_name := _says(here, there, profile, target):
            found.append(JoinCandidate(profile.table, (here.name,), target.table, (there.name,), by_name))
    return found


def _fits(here: ColumnProfile, there: ColumnProfile) -> bool:
    """Return whether two columns can have the same values: both are text, or whole numbers of the same type."""
    is_same = here.type == there.type and (here.type in ("string", "integer") or here.type.endswith(",0)"))
    return is_same and kind_of(here, 1) not in (Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.RATE, Kind.FREE_TEXT)


def _says(here: ColumnProfile, there: ColumnProfile, profile: TableProfile, target: TableProfile) -> int:
    words, key = words_of(here.name), words_of(there.name)
    if not words or not key:
        return 0
    thing = thing_of(target.table)
    is_ours = not set(words) & _ELSEWHERE - {*key, *thing}
    if profile is target:
        return _of_itself(words, stem_of(words), key, thing) if is_ours else 0
    return min(_of_another(words, key, there, profile, target), 3 if is_ours else 1)


def _of_another(
    words: tuple[str, ...], key: tuple[str, ...], there: ColumnProfile, profile: TableProfile, target: TableProfile
) -> int:
    """Return how well a column's name refers to another table's key, from 0 to 3 as in `JoinCandidate`."""
    thing, stem = thing_of(target.table), stem_of(words)
    own = is_own(key, thing)
    if words == key and own and _is_telling(words):
        return 3
    if stem and own and _ends_with(stem, thing) and _looks_like_key(words, thing, there):
        is_named = _names_all(stem, thing) or _shares_source(stem, thing, thing_of(profile.table))
        return 3 if is_named else 2
    if words == key and _is_telling(words):
        return 2
    if len(words) > len(key) and words[-len(key) :] == key and _is_telling(key):
        return 3 if own else 2
    if own and words[-1] in ID_WORDS and stem and _means(stem[-1], thing[-1]):
        return 1
    return 0


def _of_itself(words: tuple[str, ...], stem: tuple[str, ...], key: tuple[str, ...], thing: tuple[str, ...]) -> int:
    """Return how well a column's name refers to its own table's key, from 0 to 3 as in `JoinCandidate`.

    An example is the ID of a parent.
    """
    if words[-1] not in ID_WORDS or not is_own(key, thing):
        return 0
    if stem and stem[-1] in _MANAGERS and thing[-1] in _STAFF:
        return 3
    if stem and (set(stem) & _PARENTS or words[:1] == ("parent",)):
        return 3 if stem == ("parent",) or _ends_with(stem, thing) or len(stem) == 1 else 1
    return 1 if len(stem) > 1 and _ends_with(stem, thing) else 1 if stem and _means(stem[-1], thing[-1]) else 0


def _ends_with(stem: tuple[str, ...], thing: tuple[str, ...]) -> bool:
    """Return whether a column's stem names a thing.

    It can name it in full, by its initials, or by its last word if that's specific enough.
    """
    initials = "".join(word[0] for word in thing)
    is_short = len(thing) > 1 and (stem[-1] == initials or (stem[-1] == thing[-1] and stem[-1] not in _GENERIC))
    return is_short or _names_all(stem, thing)


def _names_all(stem: tuple[str, ...], thing: tuple[str, ...]) -> bool:
    return stem[-len(thing) :] == thing


def _shares_source(stem: tuple[str, ...], thing: tuple[str, ...], here: tuple[str, ...]) -> bool:
    """Return whether two tables are from the same source, whose name a column leaves out.

    An example is `campaign_id` in LinkedIn's tables.
    """
    source = thing[: -len(stem)] if thing[-len(stem) :] == stem else ()
    return bool(source) and here[: len(source)] == source


def _looks_like_key(words: tuple[str, ...], thing: tuple[str, ...], there: ColumnProfile) -> bool:
    """Return whether a column is an ID, or contains short codes of a thing, as `billing_country` does."""
    if words[-1] in ID_WORDS or words[-1] in ("code", "number", "sku", "iso"):
        return True
    return singular(words[-1]) == thing[-1] and there.type == "string" and there.lengths[1] <= 12


def _is_telling(words: tuple[str, ...]) -> bool:
    stem = stem_of(words)
    return bool(stem) and not set(stem) <= _GENERIC


def _means(word: str, other: str) -> bool:
    return any(word in same and other in same for same in _SAME_PEOPLE)
