"""Build the conditions for joining a row over one hop: by key, by partition and by the fact's time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from semantic.model.definitions import Dataset, DataType, Dimension, TypeKind
from semantic.model.expression import Expression
from semantic.model.join_graph import Edge
from semantic.plan.tree.fields import Field
from semantic.sql.dialects.build_tree import cast, column, operand, or_any

_DATE, _TIMESTAMP = DataType(TypeKind.DATE), DataType(TypeKind.TIMESTAMP)
Own = Callable[[Expression], exp.Expr]
"""Returns the SQL of an expression over the fact's own columns."""

Local = Callable[[exp.Expr], exp.Expr]
"""Returns an instant's local time in the model's time zone, which a version's validity depends on."""


def met(edge: Edge, parts: Mapping[str, str], there: str, moment: exp.Expr | None) -> list[exp.Expr]:
    """Return the conditions of a hop to the alias `there`. `parts` has the alias of each dataset on the path.

    A row without a time, or with one that can't be compared, joins no version.
    """
    here = parts[edge.source]
    tests: list[exp.Expr] = [
        exp.EQ(this=column(theirs, there), expression=column(mine, here))
        for mine, theirs in zip(edge.columns, edge.target_columns, strict=True)
    ]
    for source, mine, theirs in edge.partitions:
        tests.append(exp.EQ(this=column(theirs, there), expression=column(mine, parts[source])))
    if edge.validity is not None:
        if moment is None:
            return [exp.false()]
        start, end = column(edge.validity.start, there), column(edge.validity.end, there)
        tests.append(exp.LTE(this=start, expression=moment))
        is_open = exp.Is(this=end, expression=exp.Null())
        tests.append(exp.Paren(this=or_any([exp.GT(this=end.copy(), expression=moment.copy()), is_open])))
    return tests


def day_in_zone(dimension: Dimension, own: Own, local: Local) -> exp.Expr:
    """Return the date of a time dimension in the model's time zone, not the question's."""
    if dimension.day is not None:
        return operand(own(dimension.day))
    plain = operand(own(dimension.sql))
    if dimension.type.kind is TypeKind.DATE:
        return plain
    return cast(local(plain) if dimension.type.kind is TypeKind.TIMESTAMPTZ else plain, _DATE)


def moment_of(at: Field | None, versions: Dataset, own: Own, local: Local) -> exp.Expr | None:
    """Return the fact's time in the type of the validity of `versions`, or None if no time can be compared."""
    if at is None or versions.validity is None:
        return None
    wanted, type_kind = versions.columns[versions.validity.start].kind, at.dimension.type.kind
    if wanted is TypeKind.DATE and at.dimension.day is not None:
        return operand(own(at.dimension.day))
    plain = operand(own(at.dimension.sql))
    match wanted, type_kind:
        case (TypeKind.DATE, TypeKind.DATE) | (TypeKind.TIMESTAMP, TypeKind.TIMESTAMP):
            return plain
        case TypeKind.TIMESTAMPTZ, _:
            return plain if type_kind is TypeKind.TIMESTAMPTZ else None
        case _, TypeKind.TIMESTAMPTZ:
            plain = local(plain)
        case _:
            pass
    return cast(plain, _DATE if wanted is TypeKind.DATE else _TIMESTAMP)
