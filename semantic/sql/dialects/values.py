"""How a value gets into SQL: as a parameter, or as an escaped literal of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from sqlglot import exp

from semantic.errors import InvalidQuery
from semantic.query.followed import plain

LONG_LIST = 50
"""The list length from which values are one parameter, on engines that can read a list as rows: a statement with a
parameter for each takes long to parse."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is only filled in when the SQL runs, by `name`; it is in no text, log or key."""

    name: str


@dataclass(slots=True)
class Values:
    """Places each value. With `inline` they are written into the text, for reading.

    `style` is how the engine receives them; "written" writes them into the text too, but no secret.
    """

    inline: bool = False
    style: Literal["numbered", "named", "written"] = "numbered"
    params: list[object] = field(default_factory=list[object])

    def add_list(self, values: Sequence[object]) -> exp.Expr | None:
        """The tree for all values as one list. None if they must be added one by one: if they are few, written
        inline, or of several types, which engines turn into different lists."""
        types = {type(plain(value)) for value in values}
        if self.inline or self.style != "numbered" or len(values) < LONG_LIST or types not in ({str}, {int}, {date}):
            return None
        return self.add(tuple(values))

    def add(self, value: object) -> exp.Expr:
        """The tree for `value`: text, whole number, number, boolean, day or instant."""
        if self.inline:
            return _literal(value)
        if self.style == "written":
            if isinstance(value, Secret):
                raise InvalidQuery(f"This engine can't receive the {value.name} as a parameter. Ask without masks.")
            return _literal(value)
        self.params.append(value)
        if self.style == "named":
            return _typed(exp.Placeholder(this=f"p{len(self.params)}"), value)
        return exp.Parameter(this=exp.Literal(this=str(len(self.params)), is_string=False))


def _typed(place: exp.Expr, value: object) -> exp.Expr:
    """A timestamp keeps its type, whatever the engine would infer."""
    if isinstance(value, datetime):
        return _cast(place, "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP")
    return place


def _literal(value: object) -> exp.Expr:
    match value:
        case Secret(name):
            return exp.Literal.string(f"<{name}>")
        case bool():
            return exp.Boolean(this=value)
        case str():
            return exp.Literal.string(value)
        case int() | float() | Decimal():
            text = f"{abs(value)}" if not isinstance(value, Decimal) else f"{abs(value):f}"
            number = exp.Literal.number(text)
            return exp.Neg(this=number) if value < 0 else number
        case datetime():
            return _cast(exp.Literal.string(value.isoformat(sep=" ")), "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP")
        case date():
            return _cast(exp.Literal.string(value.isoformat()), "DATE")
        case _:
            raise TypeError(f"a value of type {type(value).__name__} can't be written in SQL")


def _cast(this: exp.Expr, kind: str) -> exp.Expr:
    return exp.Cast(this=this, to=exp.DataType.build(kind))
