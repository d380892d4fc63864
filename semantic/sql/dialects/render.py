"""Print a tree as text. The same tree always gives the same text."""

from __future__ import annotations

from functools import cache

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ErrorLevel

from semantic.sql.dialects.dialect_rewrites import speak
from semantic.sql.dialects.table import Dialect


def render(tree: exp.Expr, dialect: Dialect, *, pretty: bool = False) -> str:
    """Return the text of a tree, which can't be used afterwards.

    Raises UnsupportedError if the dialect can't express part of the tree, instead of printing an approximation.
    """
    # A new generator each time: it stores what it could not express, and two threads would mix theirs up.
    generator = _dialect(dialect.name).generator(pretty=pretty, unsupported_level=ErrorLevel.RAISE, comments=False)
    spoken = speak(tree, dialect)
    text = generator.generate(spoken, copy=False)
    _let_go(spoken)
    return text


def _let_go(tree: exp.Expr) -> None:
    """Remove the links from nodes to their parents, so that the tree is freed without garbage collection."""
    waiting = [tree]
    for node in waiting:  # it grows
        node.parent = None
        for part in node.args.values():
            if isinstance(part, exp.Expr):
                waiting.append(part)
            elif type(part) is list:
                waiting += [child for child in part if isinstance(child, exp.Expr)]


@cache
def _dialect(name: str) -> SqlglotDialect:
    dialect = SqlglotDialect.get_or_raise(name)
    if dialect.ESCAPED_SEQUENCES.get("\0") == "\\0" and "0" in dialect.tokenizer_class.NUMERIC_ESCAPES:
        # Where three digits are a character's number, \0 followed by two digits of text would be another character.
        dialect.ESCAPED_SEQUENCES = {**dialect.ESCAPED_SEQUENCES, "\0": "\\000"}
    return dialect
