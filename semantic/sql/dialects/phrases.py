"""Fill in the phrases in a dialect's table, where trees replace names such as x, y and zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import sqlglot
from sqlglot import exp

from semantic.model.expression import bare
from semantic.sql.dialects.build_tree import copied, number, operand

_BESIDE_OPERATORS = (exp.Binary, exp.AtTimeZone, exp.Collate, exp.Unary)
_Make = Callable[[int, Mapping[str, exp.Expr]], exp.Expr]


def fill(phrase: str, dialect: str, n: int = 0, **trees: exp.Expr) -> exp.Expr:
    """Return a phrase as a new tree, with `trees` in place of their names, and the number `n` in place of n.

    In an interval, n can be quoted. A tree without a parent is moved instead of copied if its name occurs once.
    """
    return _read(phrase, dialect)(n, trees)


@cache
def _read(phrase: str, dialect: str) -> _Make:
    tree = bare(sqlglot.parse_one(phrase, read=dialect))
    if dialect == "duckdb":
        tree = tree.transform(_of_a_date, copy=False)
    names = [column.name for column in tree.find_all(exp.Column)]
    return _maker(tree, frozenset(name for name in names if names.count(name) == 1), beside_operator=False)


def _of_a_date(node: exp.Expr) -> exp.Expr:
    """Replace sqlglot's truncation of an instant, which sqlglot parses on every print, by a node printed as it is."""
    if not isinstance(node, exp.TimestampTrunc) or node.args.get("zone"):
        return node
    return exp.DateTrunc(this=node.this, unit=node.args["unit"])


def _maker(tree: exp.Expr, once: frozenset[str], *, beside_operator: bool) -> _Make:
    """Return a function that builds the phrase's tree.

    Parsing a phrase once and then building its nodes takes a quarter of the time of copying the tree and replacing
    names.
    """
    if isinstance(tree, exp.Column):
        return _place(tree, tree.name in once, beside_operator=beside_operator)
    if isinstance(tree, exp.Literal) and tree.is_string and tree.this == "n":
        return lambda n, _: exp.Literal.string(str(n))
    kind, beside = type(tree), isinstance(tree, _BESIDE_OPERATORS)

    def part(value: object) -> _Make | None:
        return _maker(value, once, beside_operator=beside) if isinstance(value, exp.Expr) else None

    fixed = dict[str, object](tree.args)
    parts = [(key, new_part) for key, value in fixed.items() if (new_part := part(value))]
    lists = [
        (key, [(part(child), child) for child in tree.args[key]])
        for key, value in fixed.items()
        if isinstance(value, list)
    ]

    def make(n: int, trees: Mapping[str, exp.Expr]) -> exp.Expr:
        values = {**fixed}  # in their order
        for key, made in parts:
            values[key] = made(n, trees)
        for key, several in lists:
            values[key] = [new_part(n, trees) if new_part else fixed_part for new_part, fixed_part in several]
        return kind(**values)

    return make


def _place(tree: exp.Column, is_once: bool, *, beside_operator: bool) -> _Make:
    name = tree.name

    def make(n: int, trees: Mapping[str, exp.Expr]) -> exp.Expr:
        if name in trees:
            expression = trees[name]
            node = expression if is_once and expression.parent is None else copied(expression)
            return operand(node) if beside_operator else node
        return number(n) if name == "n" else copied(tree)

    return make
