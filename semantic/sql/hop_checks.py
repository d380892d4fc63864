"""Build statements that check hops: versions don't overlap, and a bridge's shares add up to 1.

Each statement returns one row with the column `bad`, the number of violations.
"""

from __future__ import annotations

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, TypeKind
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    cast,
    column,
    number,
    or_any,
    select_from,
    subquery,
    table_of,
)

_ALIAS, _DOUBLE = "t", DataType(TypeKind.DOUBLE)
_ABOUT = "0.0001"


def overlapping(dataset: Dataset) -> exp.Select:
    """Return a SELECT that counts versions which overlap the next version with the same key.

    A version that is never valid doesn't overlap any other.
    """
    validity = dataset.validity
    assert validity is not None
    start, end = column(validity.start, _ALIAS), column(validity.end, _ALIAS)
    order = exp.Order(expressions=[exp.Ordered(this=start.copy(), nulls_first=False)])
    partition = [column(key_column, _ALIAS) for key_column in validity.key]
    following = exp.Window(this=exp.Lead(this=start.copy()), partition_by=partition, order=order, over="OVER")
    versions = select_from(table_of(dataset, _ALIAS), [aliased(end, "e"), aliased(following, "n")], keys=0)
    negations = [
        exp.Not(this=exp.Is(this=column(key_column, _ALIAS), expression=exp.Null())) for key_column in validity.key
    ]
    holds = or_any([exp.Is(this=end.copy(), expression=exp.Null()), exp.GT(this=end.copy(), expression=start.copy())])
    starts = exp.Not(this=exp.Is(this=start.copy(), expression=exp.Null()))
    versions.set("where", exp.Where(this=and_all([*negations, starts, exp.Paren(this=holds)])))
    is_open = exp.Is(this=column("e", "v"), expression=exp.Null())
    after = exp.GT(this=column("e", "v"), expression=column("n", "v"))
    followed = exp.Not(this=exp.Is(this=column("n", "v"), expression=exp.Null()))
    tree = select_from(subquery(versions, "v"), [aliased(exp.Count(this=exp.Star()), "bad")], keys=0)
    tree.set("where", exp.Where(this=and_all([followed, exp.Paren(this=or_any([is_open, after]))])))
    return tree


def uneven(dataset: Dataset) -> exp.Select:
    """Return a SELECT that counts the members whose shares in a bridge don't add up to 1."""
    bridge = dataset.bridge
    assert bridge is not None
    entity = next(dataset_entity for dataset_entity in dataset.entities if dataset_entity.name == bridge.of)
    keys = [aliased(column(entity_column, _ALIAS), f"k{index}") for index, entity_column in enumerate(entity.columns)]
    share = exp.Sum(this=cast(column(bridge.weight, _ALIAS), _DOUBLE))
    things = select_from(table_of(dataset, _ALIAS), [*keys, aliased(share, "s")], keys=len(keys))
    negations = [
        exp.Not(this=exp.Is(this=column(entity_column, _ALIAS), expression=exp.Null()))
        for entity_column in entity.columns
    ]
    things.set("where", exp.Where(this=and_all(list(negations))))
    off = exp.Abs(this=exp.Sub(this=column("s", "v"), expression=number(1)))
    tests = [
        exp.Is(this=column("s", "v"), expression=exp.Null()),
        exp.GT(this=off, expression=cast(exp.Literal.number(_ABOUT), _DOUBLE)),
    ]
    tree = select_from(subquery(things, "v"), [aliased(exp.Count(this=exp.Star()), "bad")], keys=0)
    tree.set("where", exp.Where(this=or_any(list(tests))))
    return tree
