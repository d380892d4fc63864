"""A table or query that another tool reads, with known or guessed columns.

It becomes a view if expressions have to be computed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.column_types import Columns, type_text
from semantic.interop.loss import Losses, NotExpressible
from semantic.interop.names import fit_name
from semantic.interop.sql_names import as_column, column_of
from semantic.model.definitions import DataType
from semantic.model.expression import ExpressionError, parse_expression, parse_view
from semantic.model.loading.schema import read_type
from semantic.model.types import infer_type

_PLAIN = re.compile(r"^SELECT \* FROM ([\w.]+)$", re.IGNORECASE)


class SourceTable:
    """A table's name in `table`, or a SELECT in `query`. `columns` are types from a file, if there are any.

    Raises CannotSay for a query that isn't a SELECT.
    """

    def __init__(
        self, what: str, table: str, query: str, said: Mapping[str, str], columns: Columns, losses: Losses, file: str
    ) -> None:
        self._what, self._losses, self._file = what, losses, file
        query = query.strip().rstrip(";").strip()
        plain = _PLAIN.match(" ".join(query.split()))
        self._table, self._query = (plain[1], "") if plain else (table, query)
        if self._query:
            try:
                parse_view(self._query)
            except ExpressionError as error:
                raise NotExpressible(str(error)) from error
        self._computed: dict[str, str] = {}
        self.types: dict[str, str] = {name: kind for name, kind in said.items() if read_type(kind)}
        found_columns = None if self.types or self._query else columns(self._table)
        for name, kind in (found_columns or {}).items():
            text = type_text(kind)
            if text is None:
                losses.add(f"column {name} of {self._table}", f"has the type {kind}, left out", file)
            else:
                self.types[name] = text
        self.is_known = bool(self.types)

    def hint(self, text: str, kind: str) -> None:
        """Record what an expression's use implies about its columns: a time, a number, a boolean, or text."""
        if self.is_known:
            return
        tree = _parse(text)
        if isinstance(tree, exp.Column):
            if self.types.get(tree.name, "string") == "string":
                self.types[tree.name] = kind or "string"
            return
        for column in tree.find_all(exp.Column) if tree is not None else ():
            within = column.parent
            is_number = isinstance(within, (exp.Add, exp.Sub, exp.Mul, exp.Div)) or (
                isinstance(within, exp.Binary)
                and any(isinstance(side, exp.Literal) and not side.is_string for side in (within.left, within.right))
            )
            is_true = isinstance(within, (exp.And, exp.Or, exp.Not)) or (column is tree and kind == "boolean")
            self.types.setdefault(column.name, "double" if is_number else "boolean" if is_true else "string")

    def guessed(self) -> None:
        """Report the columns whose types were guessed."""
        if not self.is_known:
            why = "without the engine, names and types of columns are guessed from their use. See --connect"
            self._losses.add(self._what, why, self._file, "types of columns are guessed")

    def type_of(self, text: str) -> DataType | None:
        """Return the type of an expression over the columns, or None if it isn't known."""
        tree = _parse(text)
        known = {name: data_type for name, kind in self.types.items() if (data_type := read_type(kind))}
        return infer_type(tree, known) if tree is not None else None

    def expression(self, text: str, name: str, otherwise: str = "string") -> str:
        """Return `text` in a form that the model language supports: unchanged, or as a column of a view.

        `otherwise` is the type of a computed column if its type isn't known. Raises CannotSay for SQL that isn't valid
        over the columns.
        """
        return self.plain(text) or as_column(self.column(text, name, otherwise))

    def plain(self, text: str) -> str:
        """Return `text` if the model language supports it, otherwise ""."""
        if (known := column_of(text)) in self.types:
            return as_column(known)
        try:
            return text if all(column in self.types for column in parse_expression(text).columns) else ""
        except ExpressionError:
            return ""

    def column(self, text: str, name: str, otherwise: str = "string") -> str:
        """Return a column for `text`: the text itself if it's a column, otherwise a column of a view.

        Raises CannotSay.
        """
        self.check(text)
        if (known := column_of(text)) in self.types:
            return known
        known = next((column for column, sql in self._computed.items() if sql == text), "")
        if known:
            return known
        data_type = self.type_of(text)
        column = fit_name(name, self.types, "value")
        self._computed[column] = text
        self.types[column] = str(data_type) if data_type else otherwise
        return column

    def check(self, text: str) -> None:
        """Raise CannotSay unless `text` is SQL over the columns of one row."""
        tree = _parse(text)
        if tree is None or isinstance(tree, exp.Command):
            raise NotExpressible(f"{text!r} is not SQL that DuckDB accepts")
        adds_up = any(not isinstance(agg_func.parent, exp.Window) for agg_func in tree.find_all(exp.AggFunc))
        if adds_up or tree.find(exp.Query, exp.Placeholder):
            raise NotExpressible(f"{text!r} reads more than one row, so this is left out")
        missing = [
            column.sql() for column in tree.find_all(exp.Column) if column.table or column.name not in self.types
        ]
        if missing:
            raise NotExpressible(f"{text!r} reads {', '.join(missing)}, which is not a column")

    def doc(self) -> Mapping[str, str]:
        """Return the key `table:`, or `sql:` for a query or if anything has to be computed."""
        if not self._computed:
            return {"sql": self._query} if self._query else {"table": self._table}
        casts = {"string": "VARCHAR", "double": "DOUBLE", "integer": "BIGINT", "timestamp": "TIMESTAMP"}
        parts = ["*"]
        for column, sql in self._computed.items():
            kind = self.types[column]
            text = f"CAST({sql} AS {casts[kind]})" if kind in casts else sql
            parts.append(f"{text} AS {as_column(column)}")
        source = f"({self._query}) AS source" if self._query else self._table
        return {"sql": f"SELECT {', '.join(parts)} FROM {source}"}


def _parse(text: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError):
        return None
