"""Build small sqlglot trees without parsing text, and without copying unless a docstring says so."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, TypeKind
from semantic.sql.dialects.table import Dialect

_TYPES = {
    TypeKind.STRING: "VARCHAR", TypeKind.INTEGER: "BIGINT", TypeKind.DOUBLE: "DOUBLE", TypeKind.BOOLEAN: "BOOLEAN",
    TypeKind.DATE: "DATE", TypeKind.TIMESTAMP: "TIMESTAMP", TypeKind.TIMESTAMPTZ: "TIMESTAMPTZ",
}  # fmt: skip


def name(text: str) -> exp.Identifier:
    """Return an identifier, in quotes unless it's a plain word."""
    return exp.Identifier(this=text, quoted=not _is_plain(text))


@lru_cache(maxsize=65_536)
def _is_plain(text: str) -> bool:
    return text.isidentifier() and text.islower() and text.isascii()


def column(text: str, table: str) -> exp.Column:
    return exp.Column(
        this=exp.Identifier(this=text, quoted=not _is_plain(text)),
        table=exp.Identifier(this=table, quoted=not _is_plain(table)),
    )


def number(value: int) -> exp.Expr:
    literal = exp.Literal(this=str(abs(value)), is_string=False)
    return exp.Neg(this=literal) if value < 0 else literal


def aliased(tree: exp.Expr, text: str) -> exp.Alias:
    return exp.Alias(this=tree, alias=name(text))


def call(function: type[exp.Func], first: exp.Expr | None, *others: exp.Expr) -> exp.Expr:
    """Return a function call. Only COALESCE and NULLIF take `others`."""
    if function is exp.Coalesce:
        return exp.Coalesce(this=first, expressions=list(others))
    if function is exp.Nullif:
        return exp.Nullif(this=first, expression=others[0])
    return function(this=first)


def cast(tree: exp.Expr, kind: DataType) -> exp.Cast:
    return exp.Cast(this=tree, to=data_type(kind))


def variance(tree: exp.Expr) -> exp.Variance:
    """Return the sample variance in DOUBLE, which gives the width of a mean's interval and is never shown."""
    return exp.Variance(this=cast(tree, DataType(TypeKind.DOUBLE)))


def data_type(kind: DataType) -> exp.DataType:
    if kind.kind is TypeKind.DECIMAL:
        sizes = [exp.DataTypeParam(this=number(kind.precision)), exp.DataTypeParam(this=number(kind.scale))]
        return exp.DataType(this=exp.DataType.Type.DECIMAL, expressions=sizes)
    return exp.DataType(this=exp.DataType.Type[_TYPES[kind.kind]])


def by_code_point(text: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Return the text with a collation by code point, or unchanged if the engine already compares that way."""
    if not dialect.text_order:
        return text
    return exp.Collate(this=operand(text), expression=exp.to_identifier(dialect.text_order, quoted=True))


def missing(kind: DataType, dialect: Dialect) -> exp.Expr:
    """Return a null with the type of its column, if the engine's nulls need a type."""
    if not dialect.typed_nulls:
        return exp.Null()
    tree = cast(exp.Null(), kind)
    return by_code_point(tree, dialect) if kind.kind is TypeKind.STRING else tree


def and_all(tests: list[exp.Expr]) -> exp.Expr:
    """Return tests joined by AND. A test with OR or XOR is in brackets."""
    expression, *others = [exp.Paren(this=test) if isinstance(test, (exp.Or, exp.Xor)) else test for test in tests]
    if not others:
        return tests[0]
    for test in others:
        expression = exp.And(this=expression, expression=test)
    return expression


def or_any(tests: list[exp.Expr]) -> exp.Expr:
    """Return tests joined by OR. A test with AND or XOR is in brackets."""
    expression, *others = [exp.Paren(this=test) if isinstance(test, (exp.And, exp.Xor)) else test for test in tests]
    if not others:
        return tests[0]
    for test in others:
        expression = exp.Or(this=expression, expression=test)
    return expression


def operand(tree: exp.Expr) -> exp.Expr:
    """Return a tree ready to be an operand: in brackets unless it's one word or a call."""
    # AND and OR are functions in sqlglot's tree.
    alone = isinstance(tree, (exp.Column, exp.Func, exp.Paren, exp.Literal)) and not isinstance(tree, exp.Connector)
    return tree if alone else exp.Paren(this=tree)


def is_count(tree: exp.Expr) -> bool:
    """Return whether a tree counts the rows of one SELECT, which is never null."""
    return isinstance(tree.this if isinstance(tree, exp.Filter) else tree, exp.Count)


def conditional(aggregate: exp.Expr, where: exp.Expr, filter_clause: bool) -> exp.Expr:
    """Return the aggregate of the rows that pass `where`, by FILTER or by CASE inside the aggregate."""
    if filter_clause:
        return exp.Filter(this=aggregate, expression=exp.Where(this=where))
    inner = aggregate.this
    if isinstance(inner, exp.Distinct):
        counted = exp.Case(ifs=[exp.If(this=where, true=inner.expressions[0])])
        return type(aggregate)(this=exp.Distinct(expressions=[counted]))
    value = number(1) if isinstance(inner, exp.Star) else inner
    aggregate.set("this", exp.Case(ifs=[exp.If(this=where, true=value)]))
    return aggregate


def table_of(dataset: Dataset, alias: str) -> exp.Expr:
    """Return a dataset for use in FROM: its table, or its view's SELECT in brackets."""
    known_as = exp.TableAlias(this=name(alias))
    if dataset.query is not None:
        return exp.Subquery(this=dataset.query.tree.copy(), alias=known_as)
    parts = [name(part) for part in dataset.source.split(".")]
    return exp.Table(
        this=parts[-1],
        db=parts[-2] if len(parts) > 1 else None,
        catalog=parts[-3] if len(parts) > 2 else None,
        alias=known_as if alias != dataset.source else None,
    )


def named_table(table: str, alias: str = "") -> exp.Table:
    """Return one of the statement's own tables, by name, for use in FROM."""
    known_as = exp.TableAlias(this=name(alias)) if alias and alias != table else None
    return exp.Table(this=name(table), alias=known_as)


def subquery(query: exp.Query, alias: str) -> exp.Subquery:
    return exp.Subquery(this=query, alias=exp.TableAlias(this=name(alias)))


def select_from(source: exp.Expr, expressions: Sequence[exp.Expr], *, keys: int) -> exp.Select:
    """Return SELECT … FROM source, grouped by its first `keys` columns."""
    group = exp.Group(expressions=[number(index + 1) for index in range(keys)]) if keys else None
    return exp.Select(expressions=list(expressions), from_=exp.From(this=source), group=group)


def copied(tree: exp.Expr) -> exp.Expr:
    """Return a copy of a tree for SQL that occurs twice, without source positions."""
    if type(tree) is exp.Column and len(tree.args) == 2:  # by far the most common case
        this, table = tree.args["this"], tree.args["table"]
        return exp.Column(this=exp.Identifier(**this.args), table=exp.Identifier(**table.args))

    def made(value: object) -> object:
        return copied(value) if isinstance(value, exp.Expr) else value

    parts = {
        key: [made(child) for child in value] if isinstance(value, list) else made(value)
        for key, value in tree.args.items()
    }
    return type(tree)(**parts)


def over(tree: exp.Expr, alias: str) -> exp.Expr:
    """Return a copy of a model's expression with its columns under `alias`."""
    if isinstance(tree, exp.Column):
        return column(tree.name, alias)

    def made(value: object) -> object:
        return over(value, alias) if isinstance(value, exp.Expr) else value

    parts = {
        key: [made(child) for child in value] if isinstance(value, list) else made(value)
        for key, value in tree.args.items()
    }
    return type(tree)(**parts)
