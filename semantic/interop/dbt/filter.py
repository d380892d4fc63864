"""Translate dbt's filters, which are SQL with names in double braces, to SQL with the model's names.

The braces are only parsed, never run as templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.errors import InvalidFilter
from semantic.interop.dbt.reference import NO_PERIODS, Periods, Reference, read_call, read_dunder

_BRACES = re.compile(r"\{\{((?:(?!\{\{).)*?)\}\}", re.DOTALL)
_MARK = "samepage_name_"


def translate_filter(text: str, say: Callable[[Reference], str], custom: Periods = NO_PERIODS) -> str:
    """Return a filter with each name as `say` writes it. Raises InvalidFilter, UnknownName.

    A metric of an entity becomes `metric_of('orders', 'customer')`. A name outside braces is a column of dbt's result,
    such as `listing__ds__month`.
    """
    references: list[Reference] = []

    def mark(match: re.Match[str]) -> str:
        references.append(read_call(match[1], custom))
        return f"{_MARK}{len(references) - 1}"

    plain = _BRACES.sub(mark, text)
    if "{{" in plain or "{%" in plain or "{#" in plain:
        raise InvalidFilter(f"{text.strip()[:80]!r} has a template with more than names in it. Write plain SQL.")
    tree = _parse(plain, text)
    for column in list(tree.find_all(exp.Column)):
        name = column.name
        known = name.startswith(_MARK) and name.removeprefix(_MARK).isdigit()
        reference = references[int(name.removeprefix(_MARK))] if known else read_dunder(name, custom)
        expression = _parse(say(reference), text)
        if column is tree:
            tree = expression
        else:
            column.replace(expression)
    return tree.sql("duckdb", comments=False, normalize_functions=False)


def _parse(plain: str, text: str) -> exp.Expr:
    try:
        tree = sqlglot.parse_one(plain, read="duckdb")
    except (SqlglotError, RecursionError) as error:
        raise InvalidFilter(f"{text.strip()[:80]!r} is not SQL: {str(error).splitlines()[0]}") from error
    return tree


def all_hold(parts: Collection[str]) -> str:
    """Return filters joined by AND."""
    return " AND ".join(f"({part})" for part in parts) if len(parts) > 1 else "".join(parts)
