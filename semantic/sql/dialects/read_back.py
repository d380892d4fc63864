"""Whether a text of SQL, read by its own dialect, has the values that were put into it: none cut, none changed."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.sql.dialects.dialect_rewrites import speak
from semantic.sql.dialects.table import Dialect


def reads_back(tree: exp.Expr, sql: str, dialect: Dialect) -> bool:
    """`sql` was printed from `tree`, which is used up. Each text is read once.

    It may have more: a unit of time, say, is a word in some engines' SQL and a text in sqlglot's.
    """
    return _texts(speak(tree, dialect)) <= _read(sql, dialect.name)


@lru_cache(maxsize=4096)
def _read(sql: str, dialect: str) -> Counter[str]:
    """Of the one statement that the text is; of none where it is more, or cannot be read."""
    try:
        (tree,) = sqlglot.parse(sql, read=dialect)
    except (SqlglotError, ValueError):
        return Counter({"": -1})
    return Counter({"": -1}) if tree is None else _texts(tree)


def _texts(tree: exp.Expr) -> Counter[str]:
    # A unit of time is a word of ours, and no value.
    return Counter(one.this for one in tree.find_all(exp.Literal) if one.is_string and one.arg_key != "unit")
