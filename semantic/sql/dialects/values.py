"""Put values into SQL, as parameters or as escaped literals."""

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
"""The number of values from which a list becomes a single parameter, on engines that can read a list as rows.

A statement with a parameter for each value takes long to parse.
"""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value, known by its `name`, that's only filled in when the SQL runs. It's never in a text, log or key."""

    name: str


@dataclass(slots=True)
class Values:
    """Adds values to a statement. With `inline`, they're written into the text for people to read.

    `style` says how the engine receives values. With "written", they're written into the text too, and secrets are
    refused.
    """

    inline: bool = False
    style: Literal["numbered", "named", "written"] = "numbered"
    params: list[object] = field(default_factory=list[object])

    def add_list(self, values: Sequence[object]) -> exp.Expr | None:
        """Return a tree for all values as one list, or None if they have to be added one by one.

        Few values are added one by one, and so are values that are written into the text. A list can have only text,
        only whole numbers or only days, because engines read mixed lists differently.
        """
        types = {type(plain(value)) for value in values}
        if self.inline or self.style != "numbered" or len(values) < LONG_LIST or types not in ({str}, {int}, {date}):
            return None
        return self.add(tuple(values))

    def add(self, value: object) -> exp.Expr:
        """Return a tree for a text, number, boolean, day or instant.

        Raises InvalidQuery for a secret if the engine takes no parameters.
        """
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
    """Return a parameter with the type of its timestamp, so that the engine doesn't infer one."""
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
