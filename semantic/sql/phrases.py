"""Fill the phrases of a dialect's table: x, y, n and zone give way to trees."""

from __future__ import annotations

from functools import cache

import sqlglot
from sqlglot import exp

from semantic.model.expression import bare
from semantic.sql.build_tree import operand

_BESIDE_OPERATORS = (exp.Binary, exp.AtTimeZone, exp.Collate, exp.Unary)


def fill(phrase: str, dialect: str, n: int = 0, **trees: exp.Expr) -> exp.Expr:
    """The phrase as a tree of its own, with `trees` in place of the names and `n` in place of n.

    In an interval n may stand in quotes; elsewhere it is a number.
    """
    tree = _parsed(phrase, dialect).copy()
    for place in [*tree.find_all(exp.Column, exp.Literal)]:
        if isinstance(place, exp.Literal):
            if place.is_string and place.this == "n":
                place.replace(exp.Literal.string(str(n)))
            continue
        if place.name not in trees and place.name != "n":
            continue
        if place.name == "n":
            made: exp.Expr = exp.Literal.number(str(n)) if n >= 0 else exp.Neg(this=exp.Literal.number(str(-n)))
        else:
            made = trees[place.name].copy()
            made = operand(made) if isinstance(place.parent, _BESIDE_OPERATORS) else made
        if place is tree:
            return made
        place.replace(made)
    return tree


@cache
def _parsed(phrase: str, dialect: str) -> exp.Expr:
    return bare(sqlglot.parse_one(phrase, read=dialect))
