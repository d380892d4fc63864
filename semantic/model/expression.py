"""The expression language of the model: plain SQL over one dataset's own columns, parsed once when the model is loaded.

The text is parsed in DuckDB's dialect, and only what every engine supports is accepted, including known functions.
Subqueries, statements, table functions, and anything that reads a file, a setting or the clock are refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

import sqlglot
from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError

ALLOWED: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren,
    exp.And, exp.Or, exp.Not,
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.Is, exp.In, exp.Between, exp.Like, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg,
    exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.DataType, exp.DataTypeParam,
    exp.Abs, exp.Round, exp.Floor, exp.Ceil,
    exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Substring, exp.Concat, exp.DPipe, exp.Replace, exp.Left, exp.Right,
    exp.SplitPart,
)  # fmt: skip
"""The syntax nodes that an expression can contain. An error names any other node."""

ALLOWED_OF_DIMENSIONS: tuple[type[exp.Expr], ...] = (
    *ALLOWED, exp.TimestampTrunc, exp.DateTrunc, exp.Extract, exp.Interval, exp.Var,
)  # fmt: skip
"""The syntax nodes that an expression over dimensions can contain, including `metric_of('metric', 'entity')`."""

METRIC_OF = "metric_of"
"""The function in an expression over dimensions that returns a metric's value for the row's own member."""


MOST_DEPTH = 100
MOST_NESTED = 2 * MOST_DEPTH  # brackets that only group aren't levels of their own
MOST_LETTERS = 100_000
MOST_WEIGHT = 30_000  # as `weight_of` counts: more than a list of the maximum length usually has
MOST_MADE = 200_000  # characters that REPLACE can produce in one row
COLUMN_LETTERS = 100  # a column's text counts as this long
MOST_REPEATED = 300  # characters of an expression that an error repeats

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
_NESTING = re.compile(r"[(\[{)\]}]|\bcase\b|\bend\b", re.IGNORECASE)

_DUCKDB = Dialect.get_or_raise("duckdb")  # looked up once, because that costs as much as parsing a short expression


class ExpressionKind(StrEnum):
    """The kind of text that an expression comes from, which decides what the expression can contain."""

    VALUE = "value"  # over one dataset's columns
    RULE = "rule"  # the same, with :name for an actor's attributes
    CONDITION = "condition"  # over dimensions
    VIEW = "view"  # a dataset's SELECT


@dataclass(frozen=True, slots=True)
class Expression:
    """One parsed expression. `columns` are the names that it reads, in order of first use.

    Expressions with the same text are equal. `parsed` is None if the expression was checked when its model was stored.
    Then `tree` parses the text on first use.
    """

    text: str
    parsed: exp.Expr | None = field(compare=False, repr=False)
    columns: tuple[str, ...] = field(compare=False)
    placeholders: tuple[str, ...] = field(compare=False, default=())
    kind: ExpressionKind = field(compare=False, repr=False, default=ExpressionKind.VALUE)

    @property
    def tree(self) -> exp.Expr:
        """The syntax tree of the text. Don't change it, because equal expressions share it."""
        if self.parsed is None:
            object.__setattr__(self, "parsed", read_expression(self.text, self.kind).parsed)
        assert self.parsed is not None
        return self.parsed


class ExpressionError(ValueError):
    """Raised for an expression outside the model's language. The message says what is wrong and what to do."""


def read_expression(text: str, kind: ExpressionKind) -> Expression:
    """Return `text`, parsed as an expression of this kind. Raises ExpressionError."""
    match kind:
        case ExpressionKind.CONDITION:
            return parse_condition(text)
        case ExpressionKind.VIEW:
            return parse_view(text)
        case _:
            return parse_expression(text, placeholders=kind is ExpressionKind.RULE)


def parse_expression(text: str, *, placeholders: bool = False) -> Expression:
    """Return `text`, parsed as an expression over columns. Raises ExpressionError.

    `placeholders` allows :name, which row rules use for an actor's attributes.
    """
    tree = _parse(text)
    if _depth(tree) > MOST_DEPTH:
        raise ExpressionError(f"{_shortened(text)} is nested more than {MOST_DEPTH} levels deep. Split it up.")
    names: dict[str, None] = {}
    marks: dict[str, None] = {}
    for node in tree.dfs():
        if isinstance(node, exp.Placeholder) and placeholders and node.name:
            marks[node.name] = None
        elif not isinstance(node, ALLOWED):
            raise ExpressionError(f"{_spell(node)} can't be used in {_shortened(text)}. {_remedy(node)}")
        elif isinstance(node, exp.Column):
            if node.table:
                raise ExpressionError(
                    f"{node.sql()} in {_shortened(text)} includes a table name. Write only the column: {node.name}."
                )
            names[node.name] = None
    kind = ExpressionKind.RULE if placeholders else ExpressionKind.VALUE
    tree = _check_weight(_without_division_by_zero(tree), text)
    return Expression(text, tree, tuple(names), tuple(marks), kind)


def parse_condition(text: str) -> Expression:
    """Return a parsed condition over dimensions, such as `channel = 'Email' AND customer__country IN ('DE')`.

    Its columns are names of dimensions, preceded by the roles that lead to them. `metric_of('orders', 'customer') > 2`
    compares a metric of each row's customer. Raises ExpressionError.
    """
    tree = _parse(text)
    if _depth(tree) > MOST_DEPTH:
        raise ExpressionError(f"{_shortened(text)} is nested more than {MOST_DEPTH} levels deep. Split it up.")
    names: dict[str, None] = {}
    for node in tree.dfs():
        if isinstance(node, exp.Anonymous) and node.name.lower() == METRIC_OF:
            if not node.expressions or not all(isinstance(expression, exp.Literal) for expression in node.expressions):
                raise ExpressionError(
                    f"{METRIC_OF}() in {_shortened(text)} takes two names in quotes: a metric and an entity."
                )
        elif not isinstance(node, ALLOWED_OF_DIMENSIONS):
            raise ExpressionError(f"{_spell(node)} can't be used in {_shortened(text)}. {_remedy(node)}")
        elif isinstance(node, exp.Column):
            if node.table:
                raise ExpressionError(
                    f"{node.sql()} in {_shortened(text)} includes a table name. Write only the name: {node.name}."
                )
            names[node.name] = None
    tree = _check_weight(_without_division_by_zero(tree), text)
    return Expression(text, tree, tuple(names), kind=ExpressionKind.CONDITION)


def unknown_columns(expression: Expression, known: Collection[str]) -> list[str]:
    """Return the columns that the expression reads and that aren't in `known`."""
    return [name for name in expression.columns if name not in known]


def _shortened(text: str) -> str:
    """Return the beginning of an expression for an error message."""
    return repr(text) if len(text) <= MOST_REPEATED else f"{text[:MOST_REPEATED]!r}…"


def is_too_deep(text: str) -> bool:
    """Return whether brackets and CASE are nested too deeply in `text`.

    This is checked before parsing, because the parser's compiled part recurses without checking the stack, and
    thousands of levels would crash the process. Brackets in quotes count too, which does no harm.
    """
    depth = 0
    for match in _NESTING.finditer(text):
        opens = match[0] in "([{" or match[0].lower() == "case"
        depth = depth + 1 if opens else max(0, depth - 1)
        if depth > MOST_NESTED:
            return True
    return False


def _parse(text: str) -> exp.Expr:
    if len(text) > MOST_LETTERS:
        raise ExpressionError(
            f"{_shortened(text)} has more than {MOST_LETTERS:,} characters. Put long lists in a table."
        )
    _check_characters(text)
    if is_too_deep(text):
        raise ExpressionError(f"{_shortened(text)} is nested more than {MOST_DEPTH} levels deep. Split it up.")
    try:
        trees = sqlglot.parse(f"SELECT {text}", read=_DUCKDB)
    except (SqlglotError, RecursionError) as error:
        raise ExpressionError(
            f"{_shortened(text)} isn't a valid SQL expression: {str(error).splitlines()[0][:MOST_REPEATED]}"
        ) from error
    select = trees[0] if len(trees) == 1 else None
    plain = isinstance(select, exp.Select) and len(select.expressions) == 1
    extra = plain and any(value for key, value in select.args.items() if key not in ("expressions", "kind"))  # type: ignore[union-attr]
    if not plain or extra or not isinstance(select, exp.Select):
        raise ExpressionError(
            f"{_shortened(text)} isn't a single SQL expression. Write one expression, as for a column."
        )
    tree = select.expressions[0]
    if isinstance(tree, exp.Alias):
        raise ExpressionError(f"{_shortened(text)} has an alias. Remove AS; use the model's `name:` instead.")
    return bare(tree)


def _check_characters(text: str) -> None:
    if _NO_TEXT.search(text):  # anywhere, even in a comment: the text is stored as written
        raise ExpressionError("An expression can't contain a NUL character or half of a surrogate pair.")


def _without_division_by_zero(tree: exp.Expr) -> exp.Expr:
    """Return the tree with every divisor in NULLIF(divisor, 0), so that a division by zero gives null.

    Engines would return an error, infinity or NaN.
    """
    for node in list(tree.find_all(exp.Div)):
        divisor = node.expression
        if not isinstance(divisor, (exp.Nullif, exp.Literal)) or (
            isinstance(divisor, exp.Literal) and not _is_some(divisor)
        ):
            node.set("expression", exp.Nullif(this=divisor, expression=exp.Literal.number(0)))
    return tree


def _check_weight(tree: exp.Expr, text: str) -> exp.Expr:
    if weight_of(tree) > MOST_WEIGHT:
        raise ExpressionError(
            f"{_shortened(text)} becomes too large when its NULLIF, CASE and divisions are expanded. Nest them less."
        )
    if any(letters_of(one) > MOST_MADE for one in tree.find_all(exp.Replace)):
        raise ExpressionError(
            f"{_shortened(text)} can produce more than {MOST_MADE:,} characters. Nest REPLACE less, or use shorter "
            "replacements."
        )
    return tree


def weight_of(tree: exp.Expr) -> int:
    """Return how many nodes an engine has to plan for a tree.

    Some nodes repeat their operand, and nesting multiplies the repetitions: `nullif(a, b)` and `a BETWEEN b AND c` read
    `a` twice, and `CASE a WHEN …` compares it with every value.
    """
    times = 1
    if isinstance(tree, (exp.Nullif, exp.Between)):
        times = 2
    elif isinstance(tree, exp.Case):
        times = max(1, len(tree.args["ifs"]))
    operand = tree.args.get("this")
    return 1 + sum(weight_of(child) * (times if child is operand else 1) for child in tree.iter_expressions())


def letters_of(tree: exp.Expr) -> int:
    """Return the greatest length that a tree's text value can have if each column has `COLUMN_LETTERS` characters.

    Nested REPLACE multiplies the length. An engine might compute the value while planning, which can't be interrupted.
    """
    match tree:
        case exp.Literal():
            return len(tree.name)
        case exp.Column():
            return COLUMN_LETTERS
        case exp.Replace(this=text, expression=old):
            new = tree.args.get("replacement")
            letters, by = letters_of(text), letters_of(new) if new is not None else 0
            old_letters = max(1, len(old.name)) if isinstance(old, exp.Literal) else 1
            return max(letters, letters // old_letters * by + letters % old_letters)
        case _:
            return sum(letters_of(child) for child in tree.iter_expressions())


def _is_some(literal: exp.Literal) -> bool:
    """Return whether a literal is a number other than 0."""
    return not literal.is_string and float(literal.this) != 0


def _depth(tree: exp.Expr) -> int:
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in node.iter_expressions()]
    return deepest


def bare(tree: exp.Expr) -> exp.Expr:
    """Return the tree without comments and source positions, so that they aren't copied for each question."""
    for node in tree.walk():
        node.comments = None
        node._meta = None  # pyright: ignore[reportPrivateUsage]  # `meta` makes an empty one, which is copied too
    return tree


def _spell(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return f"The function {node.name}()"
    if isinstance(node, exp.Func):
        return f"The function {node.sql_name()}()"
    return f"{type(node).__name__.upper()}"


def _remedy(node: exp.Expr) -> str:
    if isinstance(node, exp.AggFunc):
        return "The measure's `agg:` does the aggregating. Write only the expression to aggregate."
    if isinstance(node, (exp.Subquery, exp.Select)):
        return "Put it in a dataset with `sql:`, and join that dataset by an entity."
    return "docs/reference/model.md lists what you can use."


def parse_view(text: str) -> Expression:
    """Return a dataset's `sql:`, parsed as exactly one SELECT over tables of the engine.

    Raises ExpressionError for anything else. The expression's columns are those that the dataset declares. They are
    compared with the engine's elsewhere.
    """
    _check_characters(text)
    if is_too_deep(text):
        raise ExpressionError(f"The view's SQL is nested more than {MOST_NESTED} levels deep. Split it up.")
    try:
        trees = sqlglot.parse(text, read=_DUCKDB)
    except (SqlglotError, RecursionError) as error:
        raise ExpressionError(f"The view's SQL can't be parsed: {str(error).splitlines()[0]}") from error
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Query):
        raise ExpressionError("The view's SQL isn't a single SELECT. Write one query, without a semicolon.")
    for node in tree.walk():
        if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
            raise ExpressionError("The view's SQL calls a table function. Read a table or view of the engine.")
        if isinstance(node, (exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Into)):
            raise ExpressionError("The view's SQL changes data. Write a SELECT that only reads.")
    return Expression(text, bare(tree), (), kind=ExpressionKind.VIEW)
