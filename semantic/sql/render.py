"""Print a tree as text: the same text for the same tree, every time."""

from __future__ import annotations

from functools import cache

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect
from sqlglot.errors import ErrorLevel
from sqlglot.generator import Generator

from semantic.sql.dialects import Dialect
from semantic.sql.speak import speak


def render(tree: exp.Expr, dialect: Dialect, *, pretty: bool = False) -> str:
    """The text of `tree`, which is used up by it.

    Raises on anything the dialect cannot say, rather than saying something near.
    """
    return _generator(dialect.name, pretty).generate(speak(tree, dialect), copy=False)


@cache
def _generator(name: str, pretty: bool) -> Generator:
    # One generator for each dialect: making one costs more than printing a small query.
    return SqlglotDialect.get_or_raise(name).generator(
        pretty=pretty, unsupported_level=ErrorLevel.RAISE, comments=False
    )
