"""Read one mapping of another tool's YAML, key by key. Keys that are never read become losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from semantic.interop.loss import Losses
from semantic.interop.ours import OURS


class Node:
    """A mapping whose scalars are text. It records which keys were read, and `left_out` reports the others."""

    def __init__(self, data: object, name: str, file: str, losses: Losses) -> None:
        # YAML can have any structure, so each reader below checks what it reads.
        self._data = cast(Mapping[str, Any], data) if isinstance(data, Mapping) else {}
        self.name, self.file, self._losses = name, file, losses
        self._read: set[str] = set()

    def has(self, key: str) -> bool:
        return self._data.get(key) not in (None, "", "null", "~")

    def text(self, key: str, otherwise: str = "") -> str:
        """Return the scalar at `key`, or `otherwise` if there is none."""
        self._read.add(key)
        value = self._data.get(key)
        if isinstance(value, (dict, list)):
            self._losses.add(self.name, f"`{key}:` is not text and was skipped", self.file)
            return otherwise
        return str(value).strip() if self.has(key) else otherwise

    def truth(self, key: str) -> bool:
        return self.text(key).lower() in ("true", "yes", "on", "1")

    def is_switched_on(self, key: str) -> bool:
        """Return whether the mapping has `key: true`, or a mapping at `key` that isn't disabled."""
        self._read.add(key)
        if not self.is_mapping(key):
            return self.truth(key)
        return self.part(key).text("enabled", "true").lower() != "false"

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings in a list. A single string counts as a list of one."""
        self._read.add(key)
        value = self._data.get(key)
        if isinstance(value, list):
            return tuple(str(item).strip() for item in cast(list[Any], value) if not isinstance(item, (dict, list)))
        return (str(value).strip(),) if self.has(key) and not isinstance(value, dict) else ()

    def items(self, key: str) -> list[object]:
        """Return the items of a list as written."""
        self._read.add(key)
        value = self._data.get(key)
        return cast(list[object], value) if isinstance(value, list) else []

    def is_mapping(self, key: str) -> bool:
        return isinstance(self._data.get(key), dict)

    def part(self, key: str) -> Node:
        """Return the mapping at `key`, or an empty one."""
        self._read.add(key)
        return Node(self._data.get(key), self.name, self.file, self._losses)

    def parts(self, key: str, what: str = "") -> Iterator[Node]:
        """Yield each mapping in the list at `key`. A text in the list counts as a mapping with that name."""
        self._read.add(key)
        value = self._data.get(key)
        for item in cast(list[Any], value) if isinstance(value, list) else []:
            data = item if isinstance(item, dict) else {"name": item}
            named = cast(dict[str, Any], data)
            name = f"{what} {named.get('name', '')} of {self.name}" if what else self.name
            yield Node(named, name, self.file, self._losses)

    def is_enabled(self) -> bool:
        """Return whether the mapping isn't disabled by its `config:`. A disabled mapping is a loss."""
        if self.part("config").text("enabled", "true").lower() != "false":
            return True
        self._losses.add(self.text("name", self.name), "has `enabled: false`, so this is left out", self.file)
        return False

    def carried(self) -> Mapping[str, Any]:
        """Return what our export stored under `config.meta.samepage`: keys of the model language."""
        meta = self.part("config").part("meta")
        node = meta.part(OURS) if meta.has(OURS) else self.part("meta").part(OURS)
        return node._data

    def skip(self, *keys: str) -> None:
        """Mark keys as read that don't affect numbers, so that they aren't reported."""
        self._read.update(keys)

    def left_out(self) -> None:
        """Report a loss for each key that was never read."""
        for key in self._data:
            if key not in self._read:
                self._losses.add(self.name, f"`{key}:` is not carried over", self.file)
