"""Check that printed SQL, parsed again in its own dialect, has all text values of its tree."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.sql.dialects.dialect_rewrites import speak
from semantic.sql.dialects.table import Dialect


def reads_back(tree: exp.Expr, sql: str, dialect: Dialect) -> bool:
    """Return whether `sql`, which was printed from `tree`, has all text values of that tree.

    The tree can't be used afterwards. `sql` can have more text values, because a unit of time, for example, is a
    keyword in some engines' SQL and text in sqlglot's. Each text is parsed only once.
    """
    return _texts(speak(tree, dialect)) <= _read(sql, dialect.name)


@lru_cache(maxsize=4096)
def _read(sql: str, dialect: str) -> Counter[str]:
    """Return the text values of the single statement in `sql`.

    If there are several statements, or if the text can't be parsed, the result matches no tree.
    """
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
