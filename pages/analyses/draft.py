"""Functions on the definition that is being edited. It's JSON-like data, and each function returns a changed copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

Data = dict[str, Any]
"""The JSON-like data of a definition, including `kind` and `v`."""

Path = tuple[str | int, ...]
"""The path of a value in a definition, such as `("steps", 1, "within")`."""


def at(data: Any, path: Path, default: Any = None) -> Any:  # Any: JSON-like
    """Return the value at a path, or the default if there is none."""
    for part in path:
        if isinstance(data, dict):
            fields = cast("dict[str | int, Any]", data)
            if part not in fields:
                return default
            data = fields[part]
        elif isinstance(data, list) and isinstance(part, int):
            items = cast("list[Any]", data)
            if not 0 <= part < len(items):
                return default
            data = items[part]
        else:
            return default
    return data


def put(data: Any, path: Path, value: Any) -> Any:
    """Return a copy with a value at a path. None removes the value, and a path that doesn't exist changes nothing."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(first, int):
        items: list[Any] = [*data]
        if 0 <= first < len(items):
            items[first] = put(items[first], rest, value)
            return [item for item in items if item is not None]
        return items
    if isinstance(first, int) or not (isinstance(data, dict) or data is None):
        return data
    fields: dict[str, Any] = {**data} if isinstance(data, dict) else {}
    changed = put(fields.get(first), rest, value)
    if changed is None:
        fields.pop(first, None)
    else:
        fields[first] = changed
    return fields


def with_moved(items: Sequence[Any], place: int, by: int) -> list[Any]:
    """Return the items with the one at `place` moved by `by` positions, as far as the list allows."""
    to, changed = place + by, [*items]
    if 0 <= place < len(changed) and 0 <= to < len(changed):
        changed[place], changed[to] = changed[to], changed[place]
    return changed
