"""Check that no row can belong to two events, based on their conditions, such as `act = 'view'` and `act = 'cart'`.

The order of rows then depends only on their moments and events, and counting can be much cheaper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from sqlglot import exp

from semantic.analyses.events.read import EventLeg
from semantic.plan.tree.fields import All, Compare, Test
from semantic.query.query import Operator

Limits = Mapping[object, frozenset[str]]
"""The texts that a condition allows for each column."""


def are_separate(legs: Sequence[EventLeg]) -> bool:
    """Whether no row can belong to two of these events. False if that isn't certain."""
    limits = [dict(_limits(leg)) for leg in legs]
    return all(
        not _share_rows(first[1], second[1]) or _differ(first[0], second[0])
        for first, second in combinations(zip(limits, legs, strict=True), 2)
    )


def _share_rows(first: EventLeg, second: EventLeg) -> bool:
    """Whether the rows of two events are read together, as in `lower_events`."""
    alike = [(leg.dataset.name, leg.time, leg.leg.at, leg.subject) for leg in (first, second)]
    return alike[0] == alike[1]


def _differ(first: Limits, second: Limits) -> bool:
    return any(first[column].isdisjoint(second[column]) for column in first.keys() & second.keys())


def _limits(leg: EventLeg) -> Iterator[tuple[object, frozenset[str]]]:
    for part in leg.adds:
        for tree in _parts(part.tree):
            yield from _of_tree(tree)
    for test in leg.leg.where:
        yield from _of_test(test)


def _parts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the parts of a condition that are joined by AND."""
    if isinstance(tree, exp.Paren):
        yield from _parts(tree.this)
    elif isinstance(tree, exp.And):
        yield from _parts(tree.this)
        yield from _parts(tree.expression)
    else:
        yield tree


def _of_tree(tree: exp.Expr) -> Iterator[tuple[object, frozenset[str]]]:
    among: list[exp.Expr] = []
    if isinstance(tree, exp.EQ):
        among = [tree.expression]
    elif isinstance(tree, exp.In) and not tree.args.get("query"):
        among = tree.expressions
    texts = [each.this for each in among if isinstance(each, exp.Literal) and each.is_string]
    if among and len(texts) == len(among) and isinstance(tree.this, exp.Column):
        yield from _limit(tree.this.name, texts)


def _of_test(test: Test) -> Iterator[tuple[object, frozenset[str]]]:
    if isinstance(test, All):
        for part in test.parts:
            yield from _of_test(part)
    elif isinstance(test, Compare) and test.op is Operator.IN and test.values and test.field.mask is None:
        texts = [value for value in test.values if isinstance(value, str)]
        dimension, path = test.field.dimension, test.field.path
        tree = dimension.sql.tree
        if len(texts) == len(test.values):
            yield from _limit(tree.name if isinstance(tree, exp.Column) and not path else (path, dimension.name), texts)


def _limit(column: object, texts: Sequence[str]) -> Iterator[tuple[object, frozenset[str]]]:
    """Yield the column and the texts that a condition allows for it, or nothing if any text isn't ASCII.

    Case and trailing spaces are removed, so texts that still differ are different under every collation.
    """
    if all(text.isascii() for text in texts):
        yield column, frozenset(text.casefold().rstrip() for text in texts)
