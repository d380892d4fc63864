"""Copy a frozen object with some fields changed, like dataclasses.replace but three times as fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TypeVar

Node = TypeVar("Node")
_Write = Callable[[object, object], None]


def replace_fields(node: Node, **changes: object) -> Node:
    """Return a copy of `node` with some fields changed. Raises AttributeError for an unknown field.

    The class must be frozen, have slots, and do no checks when an object is created.
    """
    made = object.__new__(type(node))
    read, write = _fields(type(node))
    for put, value in zip(write, read(node), strict=True):
        put(made, value)
    for name, value in changes.items():
        object.__setattr__(made, name, value)
    return made


@cache
def _fields(kind: type[object]) -> tuple[Callable[[object], tuple[object, ...]], tuple[_Write, ...]]:
    """Return a function that reads all fields of a class at once, and one function per field that sets it."""
    names = [field.name for field in fields(kind)]  # pyright: ignore[reportArgumentType] - of dataclasses only
    return attrgetter(*names), tuple(getattr(kind, name).__set__ for name in names)
