"""Write a row rule in SQL, with the statement's aliases and the actor's attributes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from semantic.policy.actor import Attribute
from semantic.sql.dialects.build_tree import column
from semantic.sql.dialects.values import Values


def rule_over(rule: exp.Expr, alias: str, attributes: Mapping[str, Attribute | None], values: Values) -> exp.Expr:
    """Return a copy of the rule with its columns under `alias`. A list attribute becomes the members of IN (…).

    If a comparison other than IN needs a single value and the attribute has none or several, the result is FALSE, so
    that no row matches, and no values are added.
    """
    before = len(values.params)
    tree = _over(rule, alias, attributes, values)
    if tree is None:
        del values.params[before:]
        return exp.false()
    return tree


def _over(tree: exp.Expr, alias: str, attributes: Mapping[str, Attribute | None], values: Values) -> exp.Expr | None:
    if isinstance(tree, exp.Placeholder):
        members = _members(tree, attributes)
        return values.add(members[0]) if len(members) == 1 else None
    if isinstance(tree, exp.Column):
        return column(tree.name, alias)
    parts: dict[str, object] = {}
    for key, value in tree.args.items():
        several: list[object] = value if isinstance(value, list) else [value]
        made: list[object] = []
        for child in several:
            if isinstance(tree, exp.In) and key == "expressions" and isinstance(child, exp.Placeholder):
                made += [values.add(member) for member in _members(child, attributes)]
                continue
            made.append(_over(child, alias, attributes, values) if isinstance(child, exp.Expr) else child)
            if made[-1] is None and child is not None:
                return None
        parts[key] = made if isinstance(value, list) else made[0]
    return type(tree)(**parts)


def _members(mark: exp.Placeholder, attributes: Mapping[str, Attribute | None]) -> tuple[str, ...]:
    value = attributes[mark.name]
    return (value,) if isinstance(value, str) else value or ()
