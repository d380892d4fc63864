"""Decide which rows a leg reads, and which of them each leaf counts. Filters in common limit the rows to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from semantic.model.expression import Expression
from semantic.plan.tree.nodes import AggregateColumn
from semantic.sql.dialects.build_tree import and_all, or_any


@dataclass(frozen=True, slots=True)
class Counted:
    """The tests for the rows to `read`, and the tests that each leaf has left as its `own`.

    The rows to read pass the tests that all leaves share. If every leaf has other tests too, they also pass those of at
    least one leaf. A row that no leaf counts isn't read, so it doesn't create a group.
    """

    read: Sequence[exp.Expr]
    own: dict[str, exp.Expr]


def share_filters(leaves: Sequence[AggregateColumn]) -> Counted:
    """Return the filters of a leg's leaves, split at their ANDs into shared tests and the leaves' own."""
    if not [leaf for leaf in leaves if leaf.filter is not None]:
        return Counted((), {})
    parts = [_parts(leaf.filter) if leaf.filter is not None else {} for leaf in leaves]
    shared = [text for text in parts[0] if all(text in other for other in parts)]
    rest = [[tree for text, tree in expressions.items() if text not in shared] for expressions in parts]
    own = {leaf.name: and_all(list(trees)) for leaf, trees in zip(leaves, rest, strict=True) if trees}
    read = [parts[0][text] for text in shared]
    if all(rest):
        read.append(or_any(list({tree.sql(): tree for tree in own.values()}.values())))
    return Counted(read, own)


@lru_cache(maxsize=2_000)
def _parts(where: Expression) -> dict[str, exp.Expr]:
    """Return the tests that a leaf's filter joins by AND, by their text. The result is cached, so don't change it."""
    waiting, parts = [where.tree], dict[str, exp.Expr]()
    while waiting:
        tree = waiting.pop()
        if isinstance(tree, exp.And):
            waiting += [tree.expression, tree.this]
        elif isinstance(tree, exp.Paren) and isinstance(tree.this, exp.And):
            waiting.append(tree.this)
        else:
            parts[tree.sql()] = tree
    return parts
