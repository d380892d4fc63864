"""Find the columns that can identify a row, and choose the table's key among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from semantic.introspection.kinds import Kind, kind_of, personal_data
from semantic.introspection.profile import ColumnProfile, KeyEvidence, TableProfile
from semantic.introspection.words import ID_WORDS, meanings_of, stem_of, thing_of, words_of

ALMOST: Final = 0.9
"""The smallest share of distinct values for which a column is worth counting exactly."""
MOST_SINGLE, MOST_PARTS, MOST_COMBINATIONS = 12, 8, 40
_ENOUGH_ROWS: Final = 20
"""With fewer rows than this, values can be unique by chance."""
_HISTORIES: Final = frozenset({"history", "histories", "snapshot", "snapshots", "version", "versions", "log", "scd"})
_BEGINNINGS: Final = frozenset({"updated", "modified", "valid", "from", "start", "snapshot", "effective", "created"})
_LINE_WORDS: Final = frozenset({"line", "position", "sequence", "row", "index", "item", "step", "rank"})


def single_candidates(table: str, columns: Sequence[ColumnProfile], rows: int) -> tuple[str, ...]:
    """Return the columns that could each identify a row, most likely first."""
    thing = thing_of(table)
    fits = [column for column in columns if _can_be_alone(column, rows)]
    fits.sort(key=lambda column: -_weight(column, thing))
    return tuple(column.name for column in fits[:MOST_SINGLE])


def _can_be_alone(column: ColumnProfile, rows: int) -> bool:
    known = rows * (1.0 - column.null_share)
    if column.type in ("double", "boolean") or known <= 0 or column.distinct < ALMOST * known:
        return False
    return _can_identify(column, rows) and (column.distinct > 1 or rows == 1)


def _can_identify(column: ColumnProfile, rows: int) -> bool:
    if column.lengths[0] > 120:
        return False
    return kind_of(column, rows) not in (
        *(Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.BALANCE, Kind.RATE, Kind.FLAG, Kind.EMPTY),
    )


def combination_candidates(table: str, columns: Sequence[ColumnProfile], rows: int) -> Iterator[tuple[str, ...]]:
    """Yield combinations of columns that could identify a row, smaller and more likely ones first."""
    thing = thing_of(table)
    parts = [column for column in columns if _can_be_part(column, rows)]
    parts.sort(key=lambda column: -_weight(column, thing))
    parts = sorted(parts[:MOST_PARTS], key=lambda column: [each.name for each in columns].index(column.name))
    count = 0
    for size in (2, 3, 4):
        sets = [each for each in combinations(parts, size) if _product(each) >= rows]
        sets.sort(key=lambda each: -sum(_weight(column, thing) for column in each))
        for each in sets:
            count += 1
            if count > MOST_COMBINATIONS:
                return
            yield tuple(column.name for column in each)


def _can_be_part(column: ColumnProfile, rows: int) -> bool:
    if column.type in ("double", "boolean") or column.null_share > 0.2 or column.distinct < 2:
        return False
    is_line = bool(set(words_of(column.name)) & _LINE_WORDS)
    return (_can_identify(column, rows) or is_line) and column.lengths[0] <= 60


def _product(columns: Sequence[ColumnProfile]) -> float:
    product = 1.0
    for column in columns:
        product *= max(column.distinct, 1) * 1.1
    return product


def _weight(column: ColumnProfile, thing: tuple[str, ...]) -> float:
    """Return how likely a column is part of a key, given its name and type. Higher is more likely."""
    words = meanings_of(column.name)
    if not words:
        return 0.0
    weight = 0.0
    if words[-1] in ID_WORDS:
        weight += 4.0
    elif words[-1] in ("code", "number", "sku") or set(words) & _LINE_WORDS:
        weight += 2.5
    if is_own(words, thing):
        weight += 4.0
    if column.type in ("date", "integer"):
        weight += 1.0
    if "date" in words or "day" in words or "month" in words:
        weight += 2.0
    if column.type.startswith("timestamp"):
        weight -= 0.5
    if column.null_share:
        weight -= 2.0
    if personal_data(column, ""):
        weight -= 1.0
    return weight


def is_own(words: tuple[str, ...], thing: tuple[str, ...]) -> bool:
    """Return whether a column is named like its own table's key.

    Examples are `id`, `order_id` of orders, and `mql_id` of marketing qualified leads.
    """
    stem = stem_of(words)
    if not stem:
        return words[-1:] == ("id",) or words in (("key",), ("uuid",), ("code",), ("sku",), ("number",))
    initials = "".join(word[0] for word in thing)
    return stem == thing[-len(stem) :] or (len(initials) > 1 and stem == (initials,))


def best_keys(profile: TableProfile) -> tuple[KeyEvidence, ...]:
    """Return the keys with complete and unique values, best first, but none with unnecessary columns."""
    unique = [key for key in profile.keys if key.is_unique and not key.missing]
    minimal = [key for key in unique if not any(set(other.columns) < set(key.columns) for other in unique)]
    fewest = min((len(key.columns) for key in minimal), default=0)
    thing = thing_of(profile.table)

    def order(key: KeyEvidence) -> tuple[int, float]:
        weight = sum(_weight(profile.column(name), thing) for name in key.columns) / len(key.columns)
        return len(key.columns), -weight

    return tuple(sorted((key for key in minimal if len(key.columns) == fewest), key=order))


def almost_keys(profile: TableProfile) -> tuple[KeyEvidence, ...]:
    """Return the columns that look like a key, except that some values are repeated or missing."""
    thing = thing_of(profile.table)
    near = [
        key
        for key in profile.keys
        if len(key.columns) == 1
        and (key.missing or not key.is_unique)
        and key.distinct >= ALMOST * key.rows
        and words_of(key.columns[0])
        and (words_of(key.columns[0])[-1] in ID_WORDS or is_own(words_of(key.columns[0]), thing))
    ]
    return tuple(sorted(near, key=lambda key: -_weight(profile.column(key.columns[0]), thing)))


def is_history(profile: TableProfile, key: KeyEvidence) -> bool:
    """Return whether a table's name says that rows are versions of a thing.

    The key is then the thing's ID and the start of the version.
    """
    words = [words_of(name) for name in key.columns]
    is_version = bool(set(words_of(profile.table)) & _HISTORIES)
    began = [set(each) & _BEGINNINGS for each in words]
    return is_version and len(words) == 2 and any(began) and any(each[-1:] and each[-1] in ID_WORDS for each in words)


def is_proven(profile: TableProfile, key: KeyEvidence) -> bool:
    """Return whether a key is certain enough to use without asking.

    It was counted over all rows, and its name or type is that of a key.
    """
    if not key.is_exact:
        return False
    columns = [profile.column(name) for name in key.columns]
    words = [meanings_of(name) for name in key.columns]
    thing = thing_of(profile.table)
    if len(key.columns) == 1:
        if is_own(words[0], thing):
            return True
        named = bool(words[0]) and (
            words[0][-1] in ID_WORDS or words[0][-1] in ("code", "number", "sku", "date", "day")
        )
        return named and (key.rows >= _ENOUGH_ROWS or stem_of(words[0]) == thing)
    has_instant = any(column.type.startswith("timestamp") for column in columns) and not is_history(profile, key)
    has_free = any(personal_data(column, profile.table) for column in columns)
    return key.rows >= _ENOUGH_ROWS and not has_instant and not has_free
