"""Decide whether one row rule is at least as strict as another."""

from __future__ import annotations

from sqlglot import exp

from semantic.model.checks.rule_tests import conjuncts
from semantic.model.policies import RowRule


def is_as_strict(rule: RowRule, than: RowRule) -> bool:
    """Return whether every row that `rule` allows in a dataset is certain to pass `than` too.

    It's false if that isn't clear. A missing attribute matches no row (decision 37), so a rule that stops reading an
    attribute can allow more.
    """
    if rule.unmatched == "visible" and than.unmatched == "hidden":
        return False
    if not set(than.where.placeholders) <= set(rule.where.placeholders):
        return False
    parts = list(conjuncts(rule.where.tree))
    return all(any(_implies(part, wanted) for part in parts) for wanted in conjuncts(than.where.tree))


def _implies(strict: exp.Expr, wide: exp.Expr) -> bool:
    """Return whether `wide` is certain to be true for every row for which `strict` is true."""
    strict, wide = _bare(strict), _bare(wide)
    if _text(strict) == _text(wide):
        return True
    if isinstance(strict, exp.Or):
        return _implies(strict.this, wide) and _implies(strict.expression, wide)
    if isinstance(wide, exp.And):
        return _implies(strict, wide.this) and _implies(strict, wide.expression)
    if isinstance(wide, exp.Or):
        return _implies(strict, wide.this) or _implies(strict, wide.expression)
    if isinstance(strict, exp.And):
        return _implies(strict.this, wide) or _implies(strict.expression, wide)
    few, many = _listed(strict, one_value=True), _listed(wide, one_value=False)
    return few is not None and many is not None and few[0] == many[0] and few[1] <= many[1]


def _bare(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def _text(tree: exp.Expr) -> str:
    def lowered(node: exp.Expr) -> exp.Expr:
        return exp.column(node.name.lower(), quoted=True) if isinstance(node, exp.Column) else node

    return tree.transform(lowered).sql("duckdb")


def _listed(tree: exp.Expr, *, one_value: bool) -> tuple[str, frozenset[tuple[str, str]]] | None:
    """Return the column and the values of a condition that lists values, or None for any other condition.

    `column = :name` is only true for one value, so it counts as a list only on the stricter side.
    """
    if isinstance(tree, exp.In) and isinstance(tree.this, exp.Column) and not tree.args.get("query"):
        column, values = tree.this, tree.expressions
    elif isinstance(tree, exp.EQ) and isinstance(tree.this, exp.Column):
        column, values = tree.this, [tree.expression]
        if isinstance(tree.expression, exp.Placeholder) and not one_value:
            return None
    else:
        return None
    texts: set[tuple[str, str]] = set()
    for value in values:
        match value:
            case exp.Placeholder():
                texts.add(("attribute", value.name))
            case exp.Literal():
                texts.add(("text" if value.is_string else "number", value.name))
            case _:
                return None
    return column.name.lower(), frozenset(texts)
