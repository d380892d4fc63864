"""Infer the type of an expression from the declared types of its columns."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from semantic.model.definitions import Aggregation, DataType, TypeKind

STRING, INTEGER, DOUBLE = DataType(TypeKind.STRING), DataType(TypeKind.INTEGER), DataType(TypeKind.DOUBLE)
BOOLEAN, DATE = DataType(TypeKind.BOOLEAN), DataType(TypeKind.DATE)

_TEXT = (
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Substring,
    exp.Concat,
    exp.DPipe,
    exp.Replace,
    exp.Left,
    exp.Right,
    exp.SplitPart,
)
_TRUTH = (exp.And, exp.Or, exp.Not, exp.Predicate)
_CASTS = {
    "VARCHAR": STRING, "TEXT": STRING, "INT": INTEGER, "BIGINT": INTEGER, "SMALLINT": INTEGER, "TINYINT": INTEGER,
    "DOUBLE": DOUBLE, "FLOAT": DOUBLE,
    "BOOLEAN": BOOLEAN, "DATE": DATE,
    "TIMESTAMP": DataType(TypeKind.TIMESTAMP), "TIMESTAMPTZ": DataType(TypeKind.TIMESTAMPTZ),
}  # fmt: skip


def infer_type(tree: exp.Expr, columns: Mapping[str, DataType]) -> DataType | None:
    """Return the type of `tree`'s value over rows with `columns`, or None if it can't be inferred."""
    match tree:
        case exp.Column():
            return columns.get(tree.name)
        case exp.Literal():
            return (
                STRING if tree.is_string else INTEGER if tree.is_int else DataType(TypeKind.DECIMAL, 18, _scale(tree))
            )
        case exp.Boolean():
            return BOOLEAN
        case exp.Paren() | exp.Neg() | exp.Abs() | exp.Round():
            return infer_type(tree.this, columns)
        case exp.Cast():
            return _cast_type(tree)
        case exp.Div():
            return DOUBLE
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Mod():
            return _arithmetic(tree, columns)
        case exp.Case():
            return _branches([branch.args["true"] for branch in tree.args["ifs"]] + [tree.args.get("default")], columns)
        case exp.If():
            return _branches([tree.args["true"], tree.args.get("false")], columns)
        case exp.Coalesce() | exp.Nullif():
            return _branches([tree.this, *tree.expressions], columns)
        case exp.Length():
            return INTEGER
        case exp.Floor() | exp.Ceil():
            return infer_type(tree.this, columns)
        case _ if isinstance(tree, _TEXT):
            return STRING
        case _ if isinstance(tree, _TRUTH):
            return BOOLEAN
        case _:
            return None


def aggregate_type(agg: Aggregation, value: DataType | None, *, discrete: bool = False) -> DataType | None:
    """Return the type of `agg` over values of type `value`, or None if `agg` can't aggregate that type.

    A `discrete` percentile is one of the values, so it has their type.
    """
    match agg:
        case Aggregation.COUNT | Aggregation.COUNT_DISTINCT | Aggregation.APPROX_COUNT_DISTINCT:
            return INTEGER
        case Aggregation.SUM_BOOLEAN:
            return INTEGER if value == BOOLEAN else None
        case Aggregation.SUM | Aggregation.AVG | Aggregation.MEDIAN | Aggregation.PERCENTILE if (
            value is None or not value.is_number
        ):
            return None
        case Aggregation.MEDIAN | Aggregation.PERCENTILE if not discrete:
            return DOUBLE
        case Aggregation.SUM if value is not None and value.kind is TypeKind.DECIMAL:
            return DataType(TypeKind.DECIMAL, 38, value.scale)
        case Aggregation.AVG | Aggregation.VARIANCE:
            return DOUBLE
        case _:
            return value


def _scale(literal: exp.Literal) -> int:
    return len(str(literal.this).partition(".")[2])


def _cast_type(tree: exp.Cast) -> DataType | None:
    name = tree.to.this.name if isinstance(tree.to.this, exp.DataType.Type) else str(tree.to.this)
    if name == "DECIMAL":
        sizes = [int(expression.name) for expression in tree.to.expressions]
        return (
            DataType(TypeKind.DECIMAL, *sizes)
            if len(sizes) == 2
            else DataType(TypeKind.DECIMAL, sizes[0] if sizes else 18, 0 if sizes else 3)
        )
    return _CASTS.get(name)


def _arithmetic(tree: exp.Binary, columns: Mapping[str, DataType]) -> DataType | None:
    left, right = infer_type(tree.left, columns), infer_type(tree.right, columns)
    if left is None or right is None:
        return None
    if left.kind is TypeKind.DECIMAL and right.kind is TypeKind.DECIMAL and isinstance(tree, exp.Mul):
        return DataType(TypeKind.DECIMAL, 38, min(left.scale + right.scale, 38))
    return _common([left, right])


def _branches(trees: list[exp.Expr | None], columns: Mapping[str, DataType]) -> DataType | None:
    """Return the type that all branches have in common, or None. NULL fits any type."""
    return _common(
        [
            infer_type(expression, columns)
            for expression in trees
            if expression is not None and not isinstance(expression, exp.Null)
        ]
    )


def _common(types: list[DataType | None]) -> DataType | None:
    known = [data_type for data_type in types if data_type is not None]
    if not known or len(known) < len(types):
        return None
    if len(set(known)) == 1:
        return known[0]
    kinds = {data_type.kind for data_type in known}
    if kinds <= {TypeKind.INTEGER, TypeKind.DECIMAL}:
        return DataType(TypeKind.DECIMAL, 38, max(data_type.scale for data_type in known))
    return DOUBLE if kinds <= {TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.DOUBLE} else None
