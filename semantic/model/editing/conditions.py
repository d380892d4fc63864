"""Split a condition into the rows of a form, and write the rows back as SQL.

A condition is split at its outer ANDs. Each part is a simple comparison, or SQL that the form can't express. An edit
changes only its own part. The other parts keep their text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlglot import exp

from semantic.model.expression import ExpressionError, ExpressionKind, read_expression


class Sign(StrEnum):
    """The operator in one row of the form."""

    IS = "is"
    IS_NOT = "is_not"
    ABOVE = "above"
    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"
    BETWEEN = "between"
    HAS_VALUE = "has_value"
    IS_EMPTY = "is_empty"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of a condition, with its SQL in `text`. `field` is empty if the form can't express the part."""

    text: str
    field: str = ""
    test: Sign = Sign.IS
    values: tuple[str, ...] = ()
    is_text: bool = True  # whether the values are text, not numbers


_COMPARED = {
    exp.GT: Sign.ABOVE,
    exp.GTE: Sign.AT_LEAST,
    exp.LT: Sign.BELOW,
    exp.LTE: Sign.AT_MOST,
}
_SIGNS = {Sign.ABOVE: ">", Sign.AT_LEAST: ">=", Sign.BELOW: "<", Sign.AT_MOST: "<="}
_TURNED = {
    Sign.ABOVE: Sign.BELOW,
    Sign.AT_LEAST: Sign.AT_MOST,
    Sign.BELOW: Sign.ABOVE,
    Sign.AT_MOST: Sign.AT_LEAST,
}
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|[()\[\]]|\w+|\s+|.", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def conditions_of(text: str) -> tuple[Condition, ...]:
    """Return the parts of a condition, in order. A condition that can't be parsed is a single part.

    >>> [(part.field, str(part.test), part.values) for part in conditions_of("NOT is_test AND status <> 'cancelled'")]
    [('is_test', 'is_false', ()), ('status', 'is_not', ('cancelled',))]
    """
    if not text.strip():
        return ()
    if _tree(text) is None:
        return (Condition(text.strip()),)
    parts = _split(text)
    if _has_comment(text) or any(_tree(part) is None for part in parts):
        parts = [text.strip()]
    return tuple(_read(part) for part in parts)


def conditions_text(conditions: Iterable[Condition]) -> str:
    """Return SQL that combines conditions with AND."""
    parts = [*conditions]
    if len(parts) == 1:
        return parts[0].text
    return " AND ".join(_joined(part.text) for part in parts)


def _joined(text: str) -> str:
    """Return a part ready to be combined with AND: in brackets if it has an outer OR or a comment."""
    if _has_comment(text):
        return f"({text}\n)"
    return f"({text})" if isinstance(_tree(text), exp.Or) else text


def _has_comment(text: str) -> bool:
    return any(match[0].startswith(("--", "/*")) for match in _PIECE.finditer(text))


def condition(field: str, test: Sign, values: Sequence[str] = (), *, is_text: bool = True) -> Condition | None:
    """Return one comparison with its SQL, or None if a value is missing or isn't the number that the field needs."""
    name = _column(field)
    values = tuple(values)
    if not is_text and not all(_NUMBER.fullmatch(value) for value in values):
        return None
    listed = [_literal(value) if is_text else value for value in values]
    match test:
        case Sign.IS_TRUE:
            text = name
        case Sign.IS_FALSE:
            text = f"NOT {name}"
        case Sign.HAS_VALUE:
            text = f"{name} IS NOT NULL"
        case Sign.IS_EMPTY:
            text = f"{name} IS NULL"
        case Sign.BETWEEN if len(listed) == 2:
            text = f"{name} BETWEEN {listed[0]} AND {listed[1]}"
        case Sign.IS | Sign.IS_NOT if listed:
            is_one, is_not = len(listed) == 1, test is Sign.IS_NOT
            sign = ("<>" if is_not else "=") if is_one else ("NOT IN" if is_not else "IN")
            text = f"{name} {sign} {listed[0] if is_one else '(' + ', '.join(listed) + ')'}"
        case Sign.ABOVE | Sign.AT_LEAST | Sign.BELOW | Sign.AT_MOST if len(listed) == 1:
            text = f"{name} {_SIGNS[test]} {listed[0]}"
        case _:
            return None
    return Condition(text, field, test, values if test not in _WITHOUT else (), is_text)


_WITHOUT = frozenset({Sign.HAS_VALUE, Sign.IS_EMPTY, Sign.IS_TRUE, Sign.IS_FALSE})
"""Operators that need no value."""


def takes_values(test: Sign) -> bool:
    """Return whether an operator compares with a value."""
    return test not in _WITHOUT


WORDS: Final = {
    Sign.IS: "is", Sign.IS_NOT: "isn't", Sign.ABOVE: "is more than", Sign.AT_LEAST: "is at least",
    Sign.BELOW: "is less than", Sign.AT_MOST: "is at most", Sign.BETWEEN: "is between",
    Sign.HAS_VALUE: "has a value", Sign.IS_EMPTY: "is empty", Sign.IS_TRUE: "is yes", Sign.IS_FALSE: "is no",
}  # fmt: skip


def condition_words(part: Condition) -> str:
    """Return a part of a condition in words, or its SQL if it can't be put into words.

    >>> [condition_words(part) for part in conditions_of("NOT is_test AND market IN ('DE', 'AT')")]
    ['is test is no', 'market is DE or AT']
    """
    if not part.field:
        return part.text
    values = (" and " if part.test is Sign.BETWEEN else " or ").join(part.values)
    return f"{part.field.replace('_', ' ')} {WORDS[part.test]} {values}".strip()


@lru_cache(maxsize=2_000)
def same_rows(text: str) -> tuple[str, ...]:
    """Return a condition's parts in a normalized spelling and order, so that equal conditions compare as equal."""
    return tuple(sorted({_spelled(part) for part in conditions_of(text)}))


def _spelled(part: Condition) -> str:
    if part.field:
        values = sorted(part.values) if part.test in (Sign.IS, Sign.IS_NOT) else part.values
        tidy = condition(part.field, part.test, values, is_text=part.is_text)
        if tidy is not None:
            return tidy.text
    tree = _tree(part.text)
    return tree.sql(dialect="duckdb") if tree is not None else part.text


def _tree(text: str) -> exp.Expr | None:
    try:
        return read_expression(text, ExpressionKind.CONDITION).tree
    except ExpressionError:
        return None


def _split(text: str) -> list[str]:
    """Return the parts between a condition's outer ANDs. A condition with an outer OR is one part."""
    parts, start, depth, is_between = [""], 0, 0, False
    for match in _PIECE.finditer(text):
        word = match[0].lower()
        if word in ("(", "[", "case"):
            depth += 1
        elif word in (")", "]", "end"):
            depth -= 1
        elif depth:
            continue
        elif word == "or":
            return [text.strip()]
        elif word == "between":
            is_between = True
        elif word == "and" and is_between:
            is_between = False
        elif word == "and":
            parts[-1] = text[start : match.start()].strip()
            parts.append("")
            start = match.end()
    parts[-1] = text[start:].strip()
    return parts


def _read(text: str) -> Condition:
    tree = None if _has_comment(text) else _tree(text)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    match tree:
        case exp.Column():
            return Condition(text, tree.name, Sign.IS_TRUE)
        case exp.Not(this=exp.Column() as column):
            return Condition(text, column.name, Sign.IS_FALSE)
        case exp.Is(this=exp.Column() as column, expression=exp.Null()):
            return Condition(text, column.name, Sign.IS_EMPTY)
        case exp.Not(this=exp.Is(this=exp.Column() as column, expression=exp.Null())):
            return Condition(text, column.name, Sign.HAS_VALUE)
        case exp.EQ() | exp.NEQ():
            return _compared(text, tree, Sign.IS if isinstance(tree, exp.EQ) else Sign.IS_NOT)
        case exp.GT() | exp.GTE() | exp.LT() | exp.LTE():
            return _compared(text, tree, _COMPARED[type(tree)])
        case exp.In(this=exp.Column() as column) if tree.expressions:
            return _valued(text, column.name, Sign.IS, tree.expressions)
        case exp.Not(this=exp.In(this=exp.Column() as column) as inner) if inner.expressions:
            return _valued(text, column.name, Sign.IS_NOT, inner.expressions)
        case exp.Between(this=exp.Column() as column):
            return _valued(text, column.name, Sign.BETWEEN, [tree.args["low"], tree.args["high"]])
        case _:
            return Condition(text)


def _compared(text: str, tree: exp.Binary, test: Sign) -> Condition:
    left, right = tree.this, tree.expression
    if isinstance(right, exp.Column) and not isinstance(left, exp.Column):
        left, right, test = right, left, _TURNED.get(test, test)
    if isinstance(left, exp.Column) and isinstance(right, exp.Boolean) and test in (Sign.IS, Sign.IS_NOT):
        is_true = bool(right.this) == (test is Sign.IS)
        # `x = false` leaves out rows without a value, as NOT x does.
        return Condition(text, left.name, Sign.IS_TRUE if is_true else Sign.IS_FALSE)
    return _valued(text, left.name, test, [right]) if isinstance(left, exp.Column) else Condition(text)


def _valued(text: str, field: str, test: Sign, values: Sequence[exp.Expr]) -> Condition:
    read = [_value(value) for value in values]
    texts = [value for value, is_text in filter(None, read) if is_text]
    plain = [value for value, is_text in filter(None, read) if not is_text]
    if len(texts) == len(read):
        return Condition(text, field, test, tuple(texts))
    if len(plain) == len(read):
        return Condition(text, field, test, tuple(plain), is_text=False)
    return Condition(text)


def _value(tree: exp.Expr) -> tuple[str, bool] | None:
    match tree:
        case exp.Literal():
            return tree.name, bool(tree.is_string)
        case exp.Neg(this=exp.Literal() as literal) if not literal.is_string:
            return f"-{literal.name}", False
        case exp.Cast(this=exp.Literal() as literal) if literal.is_string and tree.to.this is exp.DataType.Type.DATE:
            return (literal.name, True) if _is_date(literal.name) else None
        case _:
            return None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _column(field: str) -> str:
    """Return a column's name, in quotes if it needs them."""
    is_plain = (
        _NAME.fullmatch(field) is not None and isinstance(tree := _tree(field), exp.Column) and tree.name == field
    )
    return field if is_plain else '"' + field.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
