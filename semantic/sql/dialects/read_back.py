"""Check that SQL text, parsed in its own dialect, has exactly the values put into it."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.sql.dialects.dialect_rewrites import speak
from semantic.sql.dialects.table import Dialect


def reads_back(tree: exp.Expr, sql: str, dialect: Dialect) -> bool:
    """`sql` was printed from `tree`, which is used up. Each text is parsed once.

    It can have more values: a unit of time, for example, is a keyword in some engines' SQL and text in sqlglot's.
    """
    return _texts(speak(tree, dialect)) <= _read(sql, dialect.name)


@lru_cache(maxsize=4096)
def _read(sql: str, dialect: str) -> Counter[str]:
    """The values of the text's single statement; none if there are several or it can't be parsed."""
    try:
        (tree,) = sqlglot.parse(sql, read=dialect)
    except (SqlglotError, ValueError):
        return Counter({"": -1})
    return Counter({"": -1}) if tree is None else _texts(tree)


def _texts(tree: exp.Expr) -> Counter[str]:
    # A unit of time is our keyword, not a value.
    return Counter(
        literal.this for literal in tree.find_all(exp.Literal) if literal.is_string and literal.arg_key != "unit"
    )
