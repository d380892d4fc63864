"""Convert a checked model to plain data for JSON, and back. Each object becomes a list of its type and its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from semantic.model.definitions import DataType
from semantic.model.expression import Expression, ExpressionKind
from semantic.model.model import Definitions, Model, definitions_of, make_model

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
_Read = Callable[[object], Any]  # a field's type is only known when it is read


class Misfit(ValueError):
    """Raised if stored data isn't in the form that this code writes. None of that data is used."""


def model_to_plain(model: Model) -> Plain:
    """Return everything in a model's files as plain data.

    Expressions and types appear once and are referenced by index.
    """
    writer = _Writer()
    written = writer.plain(definitions_of(model))
    expressions: list[Plain] = [
        [expression.kind.value, expression.text, [*expression.columns], [*expression.placeholders]]
        for expression in writer.expressions.values()
    ]
    types: list[Plain] = [[data_type.kind.value, data_type.precision, data_type.scale] for data_type in writer.types]
    return {"expressions": expressions, "types": types, "model": written}


def model_from_plain(data: object) -> Model:
    """Return the model in data from `model_to_plain`. Raises Misfit.

    Expressions are parsed on first use. The model isn't checked again, because only models without problems are stored.
    """
    if not isinstance(data, dict) or data.keys() != {"expressions", "types", "model"}:
        raise Misfit("The stored model lacks its expressions, types or model.")
    return make_model(_Reader(data["expressions"], data["types"]).read_definitions(data["model"]))


class _Writer:
    def __init__(self) -> None:
        self.expressions: dict[tuple[ExpressionKind, str], Expression] = {}
        self.types: dict[DataType, int] = {}
        self._places: dict[tuple[ExpressionKind, str], int] = {}

    def plain(self, value: object) -> Plain:
        match value:
            case Enum():
                return value.value
            case None | str() | int() | float():
                return value
            case date():
                return value.isoformat()
            case Fraction():
                return [value.numerator, value.denominator]
            case Expression():
                key = value.kind, value.text
                self.expressions.setdefault(key, value)
                return self._places.setdefault(key, len(self._places))
            case DataType():
                return self.types.setdefault(value, len(self.types))
            case frozenset():
                return sorted(self.plain(member) for member in value)  # type: ignore[type-var]  # sets are of texts
            case tuple():
                return [self.plain(member) for member in value]
            case Mapping():
                return {name: self.plain(member) for name, member in value.items()}
            case _ if is_dataclass(value):
                return [type(value).__name__, *(self.plain(getattr(value, field.name)) for field in fields(value))]
            case _:
                raise TypeError(f"{type(value).__name__} cannot be stored. Add it to semantic/model/loading/stored.py.")


class _Reader:
    """Builds the model's objects from lists. A field's type annotation decides how its value is read."""

    def __init__(self, expressions: object, types: object) -> None:
        self._made: dict[Any, _Read] = {
            str: _exactly(str),
            int: _exactly(int),
            bool: _exactly(bool),
            float: _exactly(float, int),
            NoneType: _exactly(NoneType),
            date: _day,
            Fraction: _fraction,
        }
        stored = tuple[str, str, tuple[str, ...], tuple[str, ...]]
        kinds = {kind.value: kind for kind in ExpressionKind}
        found_expressions: list[Expression] = []
        for kind, text, columns, placeholders in self._of(tuple[stored, ...])(expressions):
            if kind not in kinds:
                raise Misfit(f"There is no kind of expression named {kind!r}.")
            found_expressions.append(Expression(text, None, columns, placeholders, kinds[kind]))
        self._made[Expression] = _numbered(found_expressions)
        plain = self._noun(DataType)
        self._made[DataType] = _numbered([plain(["DataType", *data_type]) for data_type in _listed(types)])

    def read_definitions(self, data: object) -> Definitions:
        definitions = self._of(Definitions)(data)
        assert isinstance(definitions, Definitions)
        return definitions

    def _of(self, hint: Any) -> _Read:
        """Return the function that reads values of this type annotation."""
        if hint not in self._made:
            self._made[hint] = self._make(hint)
        return self._made[hint]

    def _make(self, hint: Any) -> _Read:
        origin, parts = get_origin(hint), get_args(hint)
        if origin is tuple:
            return (
                _many(self._of(parts[0])) if parts[1:] == (...,) else _each([self._of(argument) for argument in parts])
            )
        if origin is frozenset:
            several = _many(self._of(parts[0]))
            return lambda value: frozenset(several(value))
        if origin in (Union, UnionType):
            return self._one_of(parts)
        if origin is Literal:
            return _among({argument: argument for argument in parts})
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return _by_name(self._of(parts[1]))
        if isinstance(hint, type) and issubclass(hint, Enum):
            return _among({member.value: member for member in hint})
        if isinstance(hint, type) and is_dataclass(hint):
            return self._noun(hint)
        raise TypeError(f"{hint} cannot be stored. Add it to semantic/model/loading/stored.py.")

    def _one_of(self, hints: Sequence[Any]) -> _Read:
        """Return a function that reads None or an object of one of several classes, which the data names."""
        some = [member for member in hints if member is not NoneType]
        if len(some) == 1:
            only = self._of(some[0])
            return lambda value: None if value is None else only(value)
        nouns = {hint.__name__: self._of(hint) for hint in some}

        def read(value: object) -> Any:
            if value is None and NoneType in hints:
                return None
            name = _listed(value)[:1]
            if not name or not isinstance(name[0], str) or name[0] not in nouns:
                raise Misfit(f"{str(value)[:60]} is not one of {', '.join(nouns)}.")
            return nouns[name[0]](value)

        return read

    def _noun(self, noun: type[Any]) -> _Read:
        hints = get_type_hints(noun)
        names = [field.name for field in fields(noun)]
        readers = [self._of(hints[name]) for name in names]
        title, length = noun.__name__, len(names) + 1

        def read(value: object) -> Any:
            if type(value) is not list or len(value) != length or value[0] != title:
                raise Misfit(f"{str(value)[:60]} is not a valid {title}.")
            return noun(**{name: read(stored) for name, read, stored in zip(names, readers, value[1:], strict=True)})

        return read


def _exactly(*types: type) -> _Read:
    def read(value: object) -> object:
        if type(value) not in types:
            raise Misfit(f"{str(value)[:60]!r} is not of the type {types[0].__name__}.")
        return value

    return read


def _fraction(value: object) -> Fraction:
    match value:
        case [int(top), int(bottom)] if bottom > 0:
            return Fraction(top, bottom)
        case _:
            raise Misfit(f"{str(value)[:60]!r} is not a fraction.")


def _day(value: object) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _refuse(value)
    except ValueError as error:
        raise Misfit(f"{value!r} is not a date.") from error


def _refuse(value: object) -> date:
    raise Misfit(f"{str(value)[:60]} is not a date.")


def _among(known: Mapping[str, Any]) -> _Read:
    def read(value: object) -> Any:
        if type(value) is not str or value not in known:
            raise Misfit(f"{str(value)[:60]!r} is none of {', '.join(known)}.")
        return known[value]

    return read


def _listed(value: object) -> list[Any]:
    if type(value) is not list:
        raise Misfit(f"{str(value)[:60]} is not a list.")
    return value


def _many(read_one: _Read) -> _Read:
    return lambda value: tuple(map(read_one, _listed(value)))


def _each(readers: Sequence[_Read]) -> _Read:
    def read(value: object) -> tuple[Any, ...]:
        if len(_listed(value)) != len(readers):
            raise Misfit(f"{str(value)[:60]} does not have {len(readers)} parts.")
        return tuple(read(stored) for read, stored in zip(readers, _listed(value), strict=True))

    return read


def _by_name(read_one: _Read) -> _Read:
    def read(value: object) -> Mapping[str, Any]:
        if type(value) is not dict:
            raise Misfit(f"{str(value)[:60]} has no names.")
        return MappingProxyType({name: read_one(each) for name, each in value.items()})

    return read


def _numbered(things: Iterable[Any]) -> _Read:
    """Return a function that reads an index into values that are stored once."""
    known = tuple(things)

    def read(value: object) -> Any:
        if type(value) is not int or not 0 <= value < len(known):
            raise Misfit(f"There is nothing with the number {value}.")
        return known[value]

    return read
