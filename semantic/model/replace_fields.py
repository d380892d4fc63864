"""Copy a record with some fields changed, like dataclasses.replace but at a third of the cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TypeVar

Node = TypeVar("Node")
_Write = Callable[[object, object], None]


def replace_fields(node: Node, **changes: object) -> Node:
    """Return `node` with `changes`. Only for frozen records with slots that aren't checked on creation.

    Raises AttributeError for an unknown field.
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
    """Return a function that reads all fields of a class at once, and the functions that write each field."""
    names = [field.name for field in fields(kind)]  # pyright: ignore[reportArgumentType] - of dataclasses only
    return attrgetter(*names), tuple(getattr(kind, name).__set__ for name in names)
