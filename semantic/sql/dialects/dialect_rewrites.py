"""Rewrite a tree in a dialect's own SQL where sqlglot would print an approximation or rely on the engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect as SqlglotDialect

from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import DUCKDB, Dialect


def speak(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """Rewrite a tree in place, and return it. For DuckDB nothing changes, because trees are built in its SQL."""
    if dialect is DUCKDB:
        return tree
    for node in reversed([*tree.walk(bfs=False)]):
        change = _CHANGES.get(type(node))
        made = change(node, dialect) if change else None
        if made is not None:
            if node is tree:
                tree = made
            else:
                node.replace(made)
    return tree


def _identifier(node: exp.Expr, dialect: Dialect) -> None:
    if node.name.lower() in dialect.reserved:
        node.set("quoted", True)


def _data_type(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    called = dict(dialect.types).get(str(node.this.value)) if isinstance(node.this, exp.DataType.Type) else None
    return exp.DataType.build(called, dialect=dialect.name) if called else None


def _cast(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    """Rewrite an instant written as text, for engines that can't parse its time zone."""
    text = node.this
    is_instant = isinstance(text, exp.Literal) and text.is_string and text.this.endswith("+00:00")
    if not dialect.instant or not is_instant:
        return None
    return fill(dialect.instant, dialect.name, x=exp.Literal.string(text.this.removesuffix("+00:00")))


def _select(node: exp.Expr, dialect: Dialect) -> None:
    """Rewrite positions, the order of nulls and unnamed columns where the engine needs it, even in a dataset's SQL."""
    group, order = node.args.get("group"), node.args.get("order")
    if group is not None and not dialect.groups_by_place:
        group.set("expressions", [_in_place(expression, node) for expression in group.expressions])
    if order is not None and not dialect.orders_nulls:
        order.set("expressions", _nulls_as_key(order, dialect, node))
    if not dialect.names_columns:
        is_bare = [isinstance(expression, exp.Column) and bool(expression.table) for expression in node.expressions]
        named = [
            exp.alias_(expression, expression.this.copy()) if bare else expression
            for expression, bare in zip(node.expressions, is_bare, strict=True)
        ]
        node.set("expressions", named)


def _window(node: exp.Expr, dialect: Dialect) -> None:
    order = node.args.get("order")
    if order is not None and not dialect.orders_nulls:
        order.set("expressions", _nulls_as_key(order, dialect))


def _in_place(tree: exp.Expr, select: exp.Expr) -> exp.Expr:
    """Return the expression at a position of a SELECT. Anything that isn't a position is returned unchanged."""
    is_place = isinstance(tree, exp.Literal) and tree.is_int
    return select.expressions[int(tree.this) - 1].unalias().copy() if is_place else tree


def _nulls_as_key(order: exp.Expr, dialect: Dialect, select: exp.Expr | None = None) -> list[exp.Expr]:
    """Return sort keys that place nulls correctly without NULLS FIRST or NULLS LAST."""
    keys: list[exp.Expr] = []
    for expression in order.expressions:
        is_first, unsaid = (
            bool(expression.args.get("nulls_first")),
            _nulls_are_first(dialect.name, bool(expression.args.get("desc"))),
        )
        if is_first != unsaid:
            value = _in_place(expression.this, select) if select is not None else expression.this
            test = exp.Is(this=value.copy(), expression=exp.Null())
            place, other = (exp.Literal.number(number) for number in ((0, 1) if is_first else (1, 0)))
            key = exp.Case(ifs=[exp.If(this=test, true=place)], default=other)
            keys.append(exp.Ordered(this=key, nulls_first=_nulls_are_first(dialect.name, False)))
        expression.set("nulls_first", unsaid)
        keys.append(expression)
    return keys


@cache
def _nulls_are_first(dialect: str, desc: bool) -> bool:
    """Return whether sqlglot assumes that a dialect puts nulls first by default."""
    rule = str(SqlglotDialect.get_or_raise(dialect).NULL_ORDERING)  # typed as its single default value
    return rule != "nulls_are_last" and desc is (rule == "nulls_are_large")


def _interval(node: exp.Expr, dialect: Dialect) -> None:
    """Write the length of an interval as a number, for engines that don't accept text."""
    count = node.args.get("this")
    if dialect.interval_of_text or not isinstance(count, exp.Literal):
        return
    if count.this.removeprefix("-").isdigit():
        node.set("this", exp.Literal.number(count.this))


def _divide(node: exp.Expr, dialect: Dialect) -> None:
    """Make a quotient a DOUBLE, and stop sqlglot from adding NULLIF to a divisor that can't be 0."""
    node.set("safe", False)
    if not dialect.divides_exactly and not _is_double(node.this):
        node.set("this", _double(node.this))


def _modulo(node: exp.Expr, dialect: Dialect) -> None:
    """Make the remainder of a division by 0 null, as in DuckDB."""
    divisor = node.args["expression"]
    if not isinstance(divisor, (exp.Literal, exp.Nullif)):
        node.set("expression", exp.Nullif(this=divisor, expression=exp.Literal.number(0)))


def _average(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    if dialect.divides_exactly or isinstance(node.parent, exp.Filter):
        return None
    return _quotient(exp.Sum(this=node.this.copy()), exp.Count(this=node.this.copy()), node)


def _filter(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    average = node.this
    if dialect.divides_exactly or not isinstance(average, exp.Avg):
        return None
    kinds = (exp.Sum, exp.Count)
    parts = [exp.Filter(this=kind(this=average.this.copy()), expression=node.expression.copy()) for kind in kinds]
    return _quotient(parts[0], parts[1], node)


def _quotient(total: exp.Expr, count: exp.Expr, place: exp.Expr) -> exp.Expr:
    """Return an average as an exact sum that is divided once.

    Some engines would otherwise return the average of decimals as a rounded decimal.
    """
    division = exp.Div(
        this=_double(total),
        expression=exp.Nullif(this=count, expression=exp.Literal.number(0)),
        typed=False,
        safe=False,
    )
    return exp.Paren(this=division) if isinstance(place.parent, (exp.Binary, exp.Unary)) else division


def _same(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    """Return a comparison in which nulls are equal: both sides are equal, or both are missing."""
    if dialect.null_safe:
        return None
    here, expression = node.this, node.args["expression"]
    missing = [exp.Is(this=side.copy(), expression=exp.Null()) for side in (here, expression)]
    both = exp.Paren(this=exp.And(this=missing[0], expression=missing[1]))
    equal = exp.Paren(this=exp.Or(this=exp.EQ(this=here.copy(), expression=expression.copy()), expression=both))
    if isinstance(node, exp.NullSafeEQ):
        return equal
    return exp.Not(this=exp.Coalesce(this=equal, expressions=[exp.false()]))


def _like(node: exp.Expr, dialect: Dialect) -> None:
    pattern = node.args["expression"]
    if dialect.backslash_in_like and isinstance(pattern, exp.Literal) and "\\" in pattern.this:
        node.set("expression", exp.Literal.string(pattern.this.replace("\\", "\\\\")))


def _function(node: exp.Expr, dialect: Dialect) -> exp.Expr | None:
    called = dict(dialect.functions).get(type(node).__name__)
    if called is None:
        return None
    parts = [node.args.get(arg) for arg in ("this", "expression", "start", "length")]
    return exp.Anonymous(
        this=called, expressions=[argument.copy() for argument in parts if isinstance(argument, exp.Expr)]
    )


def _percentile(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    match node:
        case exp.PercentileCont():
            phrase, share = dialect.percentile, node.args["expression"]
        case exp.PercentileDisc():
            phrase, share = dialect.percentile_of_values, node.args["expression"]
        case _:
            phrase, share = dialect.percentile_estimated, node.args["quantile"]
    expression = fill(phrase, dialect.name, x=node.this, p=share)
    for percentile_cont in [*expression.find_all(exp.PercentileCont, exp.PercentileDisc)]:
        # By its name alone: sqlglot prints an approximate function in some dialects.
        percentile_cont.replace(exp.Anonymous(this=percentile_cont.sql_name(), expressions=[percentile_cont.this]))
    return exp.Paren(this=expression) if isinstance(expression, exp.Binary) else expression


def _estimated_count(node: exp.Expr, dialect: Dialect) -> exp.Expr:
    return fill(dialect.distinct_estimated, dialect.name, x=node.this)


def _double(tree: exp.Expr) -> exp.Cast:
    return exp.Cast(this=tree.copy(), to=exp.DataType.build("DOUBLE"))


def _is_double(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Cast) and tree.to.this is exp.DataType.Type.DOUBLE


_CHANGES: dict[type[exp.Expr], Callable[[exp.Expr, Dialect], exp.Expr | None]] = {
    exp.Identifier: _identifier,
    exp.DataType: _data_type,
    exp.Cast: _cast,
    exp.Interval: _interval,
    exp.Select: _select,
    exp.Window: _window,
    exp.Div: _divide,
    exp.Mod: _modulo,
    exp.Avg: _average,
    exp.Filter: _filter,
    exp.NullSafeEQ: _same,
    exp.NullSafeNEQ: _same,
    exp.Like: _like,
    **dict.fromkeys((exp.PercentileCont, exp.PercentileDisc, exp.ApproxQuantile), _percentile),
    exp.ApproxDistinct: _estimated_count,
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Length, exp.Substring, exp.Left, exp.Right), _function),
}
