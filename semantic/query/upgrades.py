"""Read stored questions: upgrade their format, and read as much of them as possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from semantic.errors import InvalidQuery
from semantic.query.codec import data_from_json
from semantic.query.data import KEYS, VERSION, query_from_data
from semantic.query.query import Query

Data = dict[str, Any]  # Any: JSON
Upgrade = Callable[[Data], Data]

UPGRADES: Final[Mapping[int, Upgrade]] = MappingProxyType({})
"""Functions that upgrade each version of the format to the next. Stored text is never rewritten."""


def read_stored(text: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES) -> Query:
    """Return the question in a stored text of any version of the format. Raises InvalidQuery."""
    return query_from_data(_of_today(text, upgrades))


def salvage(text: str, *, upgrades: Mapping[int, Upgrade] = UPGRADES) -> tuple[Query, bool]:
    """Return as much of a stored question as can be read, and whether that's all of it."""
    try:
        data = _of_today(text, upgrades)
    except InvalidQuery:
        return Query(), False
    try:
        return query_from_data(data), True
    except InvalidQuery:
        pass
    kept: Data = {}
    for key in (key for key in KEYS if key in data and key != "v"):
        try:
            query_from_data(kept | {key: data[key]})
        except InvalidQuery:
            continue
        kept[key] = data[key]
    return query_from_data(kept), False


def _of_today(text: str, upgrades: Mapping[int, Upgrade]) -> Data:
    data = data_from_json(text)
    if not isinstance(data, dict):
        raise InvalidQuery("The saved text isn't a question.")
    values: Data = {str(key): value for key, value in data.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    version = values.get("v", VERSION)
    while version != VERSION and isinstance(version, int) and version in upgrades:
        values = upgrades[version](values)
        if values.get("v") == version:
            raise AssertionError(f"There's no upgrade from version {version} of the format.")
        version = values.get("v", VERSION)
    return values
