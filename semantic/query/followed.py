"""Track a question's literals through compilation, and record which values and decisions depend on them.

A followed value behaves like its plain value. Every operation on it becomes an observation in its trace, so other
literals for which all observations hold lead to the same compilation. `carried` and `observed` are for pure functions
of a value. The result of any other operation holds for that value only. If C code reads a value without calling its
methods (as when a float is compared with an int), nothing is recorded. Code that relies on a trace therefore has to
compare its result for other literals once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from semantic.errors import SemanticError

Make = Callable[[Sequence[object]], object]
"""Computes a value from a question's literals."""


class Trace:
    """How a question's literals were used during compilation, and what was observed about them."""

    def __init__(self) -> None:
        self._checks: dict[object, tuple[Make, object]] = {}

    def follow(self, literal: object, place: int) -> Any:
        """Return the literal at `place` as a followed value, or unchanged if its type can't be followed."""
        return _followed(literal, operator.itemgetter(place), self)

    def note(self, what: object, make: Make, result: object) -> None:
        """Record an observation under the key `what`: `make` returned `result`."""
        self._checks.setdefault(what, (make, result))

    def holds(self, literals: Sequence[object]) -> bool:
        """Return whether all observations are the same with these literals.

        An observation that raises an error counts as different.
        """
        try:
            return all(_is_same(make(literals), result) for make, result in self._checks.values())
        except (SemanticError, ValueError, ArithmeticError, TypeError):
            return False


def plain(value: Any) -> Any:
    """Return the plain value behind a followed one."""
    return value.plain if type(value) in _KINDS else value


def made_of(value: object) -> Make | None:
    """Return a function that computes the value from the literals, or None if it doesn't depend on them."""
    return _of(value).make if type(value) in _KINDS else None


def carried(function: Callable[..., Any], value: Any, *others: object) -> Any:
    """Return function(value, *others) as a followed value. The function must be pure."""
    trace = _trace_of(value, others)
    if trace is None:
        return function(value, *others)
    make = _made(function, value, *others)
    result = function(plain(value), *(plain(operand) for operand in others))
    trace.note((type, make), lambda literals: type(make(literals)), type(result))
    if type(result) in _BASES:
        return _followed(result, make, trace)
    trace.note(make, make, result)
    return result


def observed(function: Callable[..., Any], value: Any, *others: object) -> Any:
    """Return function(value, *others), and record the result as an observation. The function must be pure.

    A later check can then tell whether other literals give the same result.
    """
    trace = _trace_of(value, others)
    if trace is None:
        return function(value, *others)
    make = _made(function, value, *others)
    result = function(plain(value), *(plain(operand) for operand in others))
    trace.note(make, make, result)
    return result


def _trace_of(value: object, others: Sequence[object]) -> Trace | None:
    if type(value) in _KINDS:
        return _of(value).trace
    for operand in others:
        if type(operand) in _KINDS:
            return _of(operand).trace
    return None


class _Made:
    """A call of a function that can be repeated with other literals. Equal if function and arguments are equal."""

    __slots__ = ("function", "parts")

    def __init__(self, function: Callable[..., Any], parts: tuple[tuple[Make | None, object], ...]) -> None:
        self.function = function
        self.parts = parts

    def __call__(self, literals: Sequence[object]) -> object:
        return self.function(*[value if make is None else make(literals) for make, value in self.parts])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Made) and other._told == self._told

    def __hash__(self) -> int:
        return hash(self._told)

    @property
    def _told(self) -> object:
        return self.function, tuple((id(value), None) if make is None else (None, make) for make, value in self.parts)


def _made(function: Callable[..., Any], *values: object) -> _Made:
    return _Made(function, tuple((made_of(value), None if type(value) in _KINDS else value) for value in values))


def _is_same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


# The kinds of values


class Followed:
    """The base class of followed values, with the plain value, a function that computes it, and its trace."""

    plain: Any
    make: Make
    trace: Trace

    def __copy__(self) -> Followed:
        return self

    def __deepcopy__(self, memo: object) -> Followed:
        return self


def _of(value: object) -> Followed:
    assert isinstance(value, Followed)
    return value


def _asked(name: str) -> Callable[..., Any]:
    """Return a method whose result holds for this value only."""

    def method(self: Followed, *arguments: Any, **named: Any) -> Any:
        self.trace.note(self.make, self.make, self.plain)
        return getattr(self.plain, name)(*(plain(argument) for argument in arguments), **named)

    return method


def _read(name: str) -> property:
    """Return a property for a part of a value, such as the day of a date."""
    return property(lambda self: observed(operator.attrgetter(name), self))


def _compared(test: Callable[[Any, Any], bool], name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        of_numbers = isinstance(self.plain, _NUMBERS) and isinstance(other, _NUMBERS)
        if not of_numbers and not isinstance(other, type(self.plain)):
            return getattr(self.plain, name)(other)  # compares types only, which are equal for all literals here
        return observed(test, self, other)

    return method


def _moved(self: Any, step: object) -> Any:
    return carried(operator.add, self, step) if isinstance(step, timedelta) else NotImplemented


def _back(self: Any, other: Any) -> Any:
    return carried(operator.sub, self, other) if isinstance(other, timedelta) else observed(operator.sub, self, other)


def _back_from(self: Any, other: Any) -> Any:
    return observed(operator.sub, other, self) if isinstance(other, date) else NotImplemented


_NUMBERS: Final = (int, float, Decimal)
_KEPT: Final = frozenset({
    "__new__", "__init__", "__class__", "__getattribute__", "__setattr__", "__delattr__", "__init_subclass__",
    "__subclasshook__", "__doc__", "__dir__", "__sizeof__", "__getattr__", "__class_getitem__", "__getnewargs__",
    "__copy__", "__deepcopy__",
})  # fmt: skip
_COMPARED: Final = {f"__{name}__": getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}


def _kind(base: type) -> type:
    """Return a followed subclass of `base`, which records every operation on its values."""
    members: dict[str, Any] = {}
    for name in dir(base):
        if name in _KEPT:
            continue
        member = getattr(base, name)
        if name in _COMPARED:
            members[name] = _compared(_COMPARED[name], name)
        elif callable(member):
            members[name] = _asked(name)
        elif not name.startswith("_"):
            members[name] = _read(name)
    if issubclass(base, date):
        members |= {"__add__": _moved, "__radd__": _moved, "__sub__": _back, "__rsub__": _back_from}
    return type(f"Followed{base.__name__.title()}", (Followed, base), members)


_BASES: Final[dict[type, type]] = {base: _kind(base) for base in (str, int, float, Decimal, date, datetime)}
_KINDS: Final = frozenset(_BASES.values())


def _followed(value: Any, make: Make, trace: Trace) -> Any:
    kind: Any = _BASES.get(type(value))
    if kind is None:
        return value
    if isinstance(value, datetime):
        new_kind = kind(*value.timetuple()[:6], value.microsecond, value.tzinfo, fold=value.fold)
    elif isinstance(value, date):
        new_kind = kind(value.year, value.month, value.day)
    else:
        new_kind = kind(value)
    new_kind.plain, new_kind.make, new_kind.trace = value, make, trace
    return new_kind
