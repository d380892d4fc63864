"""Replace names in Samepage's SQL by another format's names, and leave every other character unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from semantic.model.expression import Expression

_ONE = "1.0"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED = sqlglot.Dialect.get_or_raise("duckdb").generator_class.RESERVED_KEYWORDS


def as_column(name: str) -> str:
    """Return a column for SQL, in quotes if it has a space, capital letter or symbol, or is a keyword."""
    return name if _PLAIN.fullmatch(name) and name not in _RESERVED else '"' + name.replace('"', '""') + '"'


def is_column(expression: Expression) -> bool:
    """Return whether an expression is a single column, with or without quotes."""
    return isinstance(expression.tree, exp.Column)


def column_of(text: str) -> str:
    """Return the name of an expression's column without quotes, or "" if the expression isn't a single column."""
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError):
        return ""
    return tree.name if isinstance(tree, exp.Column) and not tree.table else ""


def replace_names(expression: Expression, say: Callable[[str], str]) -> str:
    """Return the text of an expression with each name replaced by `say`.

    Divisions are written so that they return a fraction, and null if the divisor is 0.
    """
    text = safe_text(expression)
    pieces: list[str] = []
    at = 0
    tokens = sqlglot.tokenize(text, read="duckdb")
    for index, token in enumerate(tokens):
        before = tokens[index - 1].token_type if index else None
        after = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        is_call = after is TokenType.L_PAREN and token.token_type is not TokenType.IDENTIFIER
        if token.text not in expression.columns or token.token_type is TokenType.STRING:
            continue
        if is_call or TokenType.DOT in (before, after) or before is TokenType.ALIAS:
            continue
        pieces += [text[at : token.start], say(token.text)]
        at = token.end + 1
    return "".join((*pieces, text[at:]))


def safe_text(expression: Expression) -> str:
    """Return the text of an expression, with safe divisions if it has any."""
    tree = expression.tree.copy()
    divisions = list(tree.find_all(exp.Div))
    if not divisions:
        return expression.text
    for division in divisions:
        left = division.this.copy()
        product = exp.Mul(
            this=exp.Literal.number(_ONE), expression=exp.paren(left) if isinstance(left, exp.Binary) else left
        )
        if not (isinstance(left, exp.Mul) and left.this.sql() == _ONE):
            division.set("this", product)
    return tree.sql("duckdb")


def normal(text: str) -> str:
    """Return the normalized text of an expression, without what `safe_text` adds.

    Expressions that differ only in format, brackets or these additions have equal texts.
    """
    try:
        tree = sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError):
        return text
    for one in list(tree.find_all(exp.Div)):
        under, over = one.expression, one.this
        if isinstance(under, exp.Nullif) and under.expression.sql() == "0":
            one.set("expression", under.this.unnest())
        if isinstance(over, exp.Mul) and over.this.sql() == _ONE:
            one.set("this", over.expression.unnest())
    return tree.transform(lambda node: node.unnest() if isinstance(node, exp.Paren) else node).sql("duckdb")
