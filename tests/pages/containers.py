"""Everything in this process that outlives a page and can grow, with its location, its size and its limit."""

from __future__ import annotations

import functools
import sys
import types
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from semantic.run.single_flight_cache import SingleFlightCache

OURS = ("pages", "semantic", "connectors")
_CONTAINERS = (dict, list, set, deque, SingleFlightCache, functools._lru_cache_wrapper)
_FEW = 3  # a container of more is not looked into


@dataclass(frozen=True, slots=True)
class Container:
    """A container that can grow.

    `most` is its own limit, None without one. `is_cache` is true for a function's cache.
    """

    size: int
    most: int | None
    is_cache: bool = False


def containers() -> dict[str, Container]:
    """Return the containers that the project's modules and their objects have for the whole process, by name, such as
    `semantic.audit_trail.recorder.Recorder._same`.
    """
    containers: dict[str, Container] = {}
    seen = set[int]()
    waiting = list(_of_modules())
    while waiting:
        name, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, functools._lru_cache_wrapper):
            name = f"{value.__module__}.{value.__qualname__}"  # wherever it was imported to
        if isinstance(value, _CONTAINERS):
            containers[name] = _measured(value)
        waiting += _inside(name, value)
    return containers


def _of_modules() -> Iterator[tuple[str, Any]]:
    for module_name, module in list(sys.modules.items()):
        if module_name.partition(".")[0] in OURS and isinstance(module, types.ModuleType):
            for name, value in vars(module).items():
                if not name.startswith("__") and not isinstance(value, types.ModuleType):
                    yield f"{module_name}.{name}", value


def _measured(value: Any) -> Container:
    if isinstance(value, functools._lru_cache_wrapper):
        info = value.cache_info()
        return Container(info.currsize, info.maxsize, is_cache=True)
    return Container(
        len(value), value._most if isinstance(value, SingleFlightCache) else getattr(value, "maxlen", None)
    )


def _inside(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the objects that a value keeps alive: attributes of the project's objects, and variables of closures."""
    kind = type(value)
    if isinstance(value, types.FunctionType) and value.__module__.partition(".")[0] in OURS:
        for variable, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            yield f"{name}.{variable}", _content(cell)
    elif isinstance(value, type) and value.__module__.partition(".")[0] in OURS:
        yield from (
            (f"{value.__module__}.{value.__qualname__}.{each_name}", held_value)
            for each_name, held_value in vars(value).items()
        )
    elif isinstance(value, (list, dict, tuple)) and len(value) <= _FEW:
        for member in value.values() if isinstance(value, dict) else value:
            yield f"{name}[]", member
    elif kind.__module__.partition(".")[0] in OURS and not isinstance(value, SingleFlightCache):
        names = [*vars(value)] if hasattr(value, "__dict__") else []
        names += [slot for base in kind.__mro__ for slot in _slots(base)]
        for each_name in names:
            if not each_name.startswith("__"):
                yield f"{kind.__module__}.{kind.__qualname__}.{each_name}", getattr(value, each_name, None)


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None
