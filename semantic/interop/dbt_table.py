"""The columns of a semantic model's table: known, guessed from their use, or computed in a view of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from semantic.interop.column_types import Columns, type_text
from semantic.interop.dbt_nouns import SemanticModel
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.model.definitions import DataType
from semantic.model.expression import ExpressionError, parse_expression
from semantic.model.schema import read_type
from semantic.model.types import infer_type

_NUMBERS = ("sum", "average", "avg", "median", "percentile", "min", "max")


class Table:
    """The table of one semantic model. `types` are the columns so far; `expression` and `column` add what is needed."""

    def __init__(self, model: SemanticModel, columns: Columns, losses: Losses) -> None:
        self._model, self._losses = model, losses
        self._computed: dict[str, str] = {}  # column of the view -> its SQL
        self.types: dict[str, str] = {}
        self.is_known = self._ask(columns)
        if not self.is_known:
            self._guess()

    def _ask(self, columns: Columns) -> bool:
        carried: Mapping[str, str] = self._model.carried.get("columns", {})
        if carried:
            self.types |= carried
            return True
        found = columns(self._model.table)
        if found is None:
            return False
        for name, kind in found.items():
            text = type_text(kind)
            if text is None:
                self._losses.add(f"column {name} of {self._model.table}", f"has the type {kind}, left out", self._file)
            else:
                self.types[name] = text
        return True

    @property
    def _file(self) -> str:
        return self._model.file

    def _guess(self) -> None:
        """Types from use: what is added up is a number, what is a time dimension an instant, a key text."""
        model = self._model
        uses = [(one.expr, "timestamp" if one.kind == "time" else "string") for one in model.dimensions]
        uses += [(one.expr, "string") for one in model.entities]
        for one in model.measures:
            kind = "boolean" if one.agg == "sum_boolean" else "double" if one.agg in _NUMBERS else "string"
            uses.append((one.expr, kind))
        for expr, kind in uses:
            if is_column(expr) and self.types.get(expr, "string") == "string":
                self.types[expr] = kind
        for expr, _ in uses:
            if not is_column(expr):
                self._guess_within(expr)
        why = "columns are not known without the engine: names and types are guessed from their use; see --connect"
        self._losses.add(f"semantic model {model.name}", why, self._file)

    def _guess_within(self, expr: str) -> None:
        """Columns of an expression: computed or compared with numbers, they are numbers."""
        tree = _parse(expr)
        for column in tree.find_all(exp.Column) if tree else ():
            within = column.parent
            compared = isinstance(within, exp.Binary) and any(_is_number(one) for one in (within.left, within.right))
            is_number = compared or isinstance(within, (exp.Add, exp.Sub, exp.Mul, exp.Div))
            self.types.setdefault(column.name, "double" if is_number else "string")

    def type_of(self, text: str) -> DataType | None:
        """The type of an expression over the columns; None where it cannot be told."""
        tree = _parse(text)
        known = {name: found for name, kind in self.types.items() if (found := read_type(kind))}
        return infer_type(tree, known) if tree is not None else None

    def expression(self, expr: str, name: str, otherwise: str) -> str:
        """An expression that the model language has, for `expr`: itself, or a column of the view that computes it.

        `otherwise` is the type of a computed column where it cannot be told.
        """
        if is_column(expr) and (expr in self.types or not self.is_known):
            return _quoted(expr)
        try:
            if all(column in self.types for column in parse_expression(expr).columns):
                return expr
        except ExpressionError:
            pass
        return _quoted(self.column(expr, name, otherwise))

    def column(self, expr: str, name: str, otherwise: str = "string") -> str:
        """A column for `expr`: itself when it is one, else one of a view."""
        if is_column(expr) and (expr in self.types or not self.is_known):
            self.types.setdefault(expr, otherwise)
            return expr
        known = next((column for column, sql in self._computed.items() if sql == expr), None)
        if known:
            return known
        found = self.type_of(expr)
        column = fit_name(name, self.types, "key")
        self._computed[column] = expr
        self.types[column] = str(found) if found else otherwise
        return column

    def doc(self) -> Mapping[str, str]:
        """`table:`, or `sql:` of the view where something is computed."""
        if not self._computed:
            return {"table": self._model.table}
        casts = {"string": "VARCHAR", "double": "DOUBLE", "integer": "BIGINT", "timestamp": "TIMESTAMP"}
        parts = ["*"]
        for column, sql in self._computed.items():
            kind = self.types[column]
            parts.append(f"CAST({sql} AS {casts[kind]}) AS {column}" if kind in casts else f"{sql} AS {column}")
        return {"sql": f"SELECT {', '.join(parts)} FROM {self._model.table}"}


def is_column(expr: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z_]\w*", expr)) and expr.lower() not in ("true", "false", "null")


def _quoted(column: str) -> str:
    return column if re.fullmatch(r"[a-z_][a-z0-9_]*", column) else '"' + column.replace('"', '""') + '"'


def _parse(text: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(text, read="duckdb")
    except (SqlglotError, RecursionError):
        return None


def _is_number(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Literal) and not tree.is_string
