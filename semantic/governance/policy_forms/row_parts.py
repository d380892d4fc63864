"""Row rules of a policy as parts of a sentence: a dimension, "is" or "is not", and values or attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlglot import exp

from semantic.errors import ModelError, Problem
from semantic.model.definitions import DataType, TypeKind
from semantic.model.expression import ExpressionError, parse_expression
from semantic.model.files.yaml_text import Plain
from semantic.model.model import Model

Without = Literal["decided", "hidden", "whole"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
NUMBERS = (TypeKind.INTEGER, TypeKind.DECIMAL, TypeKind.DOUBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPart:
    """A row rule: only rows with certain values of a dimension are visible, or only the others.

    It applies to every dataset with `dimension`, or to a single `dataset`. `values` are members. `own` are attributes,
    of which each person has their own values. `or_empty` includes rows without a value. `by_hand` is the condition of a
    rule that the form can't express and therefore can't edit.
    """

    dimension: str = ""
    dataset: str = ""
    is_not: bool = False
    values: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    or_empty: bool = False
    without: Without = "decided"
    hidden: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    unmatched: Literal["hidden", "visible"] = "hidden"
    via: str = ""
    by_hand: str = ""

    @property
    def is_everywhere(self) -> bool:
        """Whether the rule applies to every dataset that has the dimension."""
        return not self.dataset


def read_rows(data: Mapping[str, Plain], model: Model) -> tuple[RowPart, ...]:
    """Return the row rules in a policy's data, in order.

    A rule that the form can't express has its condition in `by_hand`.
    """
    rows = data.get("rows")
    return tuple(_read_row(row, model) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()


def _read_row(row: Mapping[str, Plain], model: Model) -> RowPart:
    where, dataset = _text(row, "where"), _text(row, "dataset")
    without = row.get("without")
    part = RowPart(
        dimension=_text(row, "dimension"),
        dataset=dataset,
        without="hidden" if without == "hidden" else "whole" if without == "whole" else "decided",
        hidden=_texts(without),
        apart=_texts(row.get("except")),
        unmatched="visible" if row.get("unmatched") == "visible" else "hidden",
        via=_text(row, "via"),
    )
    try:
        tree = parse_expression(where, placeholders=True).tree
    except ExpressionError:
        return replace(part, by_hand=where)
    return _read_test(tree, part, model) or replace(part, by_hand=where)


def _read_test(tree: exp.Expr, part: RowPart, model: Model) -> RowPart | None:
    match tree:
        case exp.Paren(this=inner):
            return _read_test(inner, part, model)
        case (
            exp.Or(this=exp.Is(this=exp.Column() as empty, expression=exp.Null()), expression=other)
            | exp.Or(this=other, expression=exp.Is(this=exp.Column() as empty, expression=exp.Null()))
        ):
            column = _column_of(other)
            read = _read_test(other, part, model) if column == empty.name else None
            return replace(read, or_empty=True) if read is not None and not read.or_empty else None
        case exp.Is(this=exp.Column() as column, expression=exp.Null()):
            return _with_values(part, column.name, [], model, or_empty=True)
        case exp.Not(this=exp.In(this=exp.Column() as column) as test) if not test.args.get("query"):
            return _with_values(part, column.name, test.expressions, model, is_not=True)
        case exp.In(this=exp.Column() as column) if not tree.args.get("query"):
            return _with_values(part, column.name, tree.expressions, model)
        case exp.EQ(this=exp.Column() as column, expression=exp.Literal() as value):
            return _with_values(part, column.name, [value], model)
        case exp.NEQ(this=exp.Column() as column, expression=exp.Literal() as value):
            return _with_values(part, column.name, [value], model, is_not=True)
        case _:
            return None


def _column_of(tree: exp.Expr) -> str:
    bare = tree.this if isinstance(tree, exp.Paren) else tree
    bare = bare.this if isinstance(bare, exp.Not) else bare
    return bare.this.name if isinstance(bare.this, exp.Column) else ""


def _with_values(
    part: RowPart,
    column: str,
    expressions: Sequence[exp.Expr],
    model: Model,
    *,
    is_not: bool = False,
    or_empty: bool = False,
) -> RowPart | None:
    dimension = part.dimension if part.is_everywhere else _dimension_of(part.dataset, column, model)
    if not dimension or (part.is_everywhere and column != dimension):
        return None
    values: list[str] = []
    own: list[str] = []
    for expression in expressions:
        match expression:
            case exp.Placeholder():
                own.append(expression.name)
            case exp.Literal() if expression.is_string == (_type_of(dimension, model).kind not in NUMBERS):
                values.append(expression.name)
            case _:
                return None
    return replace(part, dimension=dimension, is_not=is_not, values=tuple(values), own=tuple(own), or_empty=or_empty)


def _dimension_of(dataset: str, column: str, model: Model) -> str:
    """Return the dimension that is exactly this column of a dataset, or ""."""
    owner = model.datasets.get(dataset)
    if owner is None:
        return ""
    names = [
        dimension.name
        for dimension in owner.dimensions.values()
        if isinstance(dimension.sql.tree, exp.Column) and dimension.sql.tree.name == column
    ]
    return column if column in names else names[0] if names else ""


def _type_of(dimension: str, model: Model) -> DataType:
    places = model.dimensions.get(dimension)
    return places[0].type if places else DataType(TypeKind.STRING)


def row_data(part: RowPart, model: Model) -> dict[str, Plain]:
    """Return a rule as data for YAML. Raises ModelError for an incomplete rule."""
    where = part.by_hand or condition_of(part, model)
    row: dict[str, Plain] = {"dataset": part.dataset} if part.dataset else {"dimension": part.dimension}
    row["where"] = where
    if part.unmatched == "visible":
        row["unmatched"] = "visible"
    if part.via:
        row["via"] = part.via
    if part.is_everywhere:
        row["except"] = list(part.apart)
        row["without"] = list(part.hidden) if part.without == "decided" else part.without
    return {key: value for key, value in row.items() if value not in ("", [], None)}


def condition_of(part: RowPart, model: Model) -> str:
    """Return a rule's condition as SQL over its dimension, or over its column in a single dataset."""
    if not part.dimension:
        raise ModelError([Problem("", 0, "Choose how to limit the rows.")])
    if not (part.values or part.own or part.or_empty):
        label = label_of(part.dimension, model)
        raise ModelError([Problem("", 0, f"Choose at least one value of {label}.")])
    name = part.dimension
    if part.dataset:
        tree = model.datasets[part.dataset].dimensions[name].sql.tree
        name = tree.name if isinstance(tree, exp.Column) else name
    is_number = _type_of(part.dimension, model).kind in NUMBERS
    for own in part.own:
        if not _NAME.fullmatch(own):
            raise ModelError([Problem("", 0, f"{own!r} isn't the name of an attribute.")])
    for value in part.values if is_number else ():
        if not _NUMBER.fullmatch(value):
            raise ModelError([Problem("", 0, f"{value!r} isn't a number.")])
    listed = [f":{own}" for own in part.own]
    listed += [value if is_number else exp.Literal.string(value).sql("duckdb") for value in part.values]
    tests = [f"{name} IS NULL"] if part.or_empty else []
    if listed:
        tests.append(f"{name} {'NOT IN' if part.is_not else 'IN'} ({', '.join(listed)})")
    return " OR ".join(tests)


def with_rows(old: Sequence[RowPart], new: Sequence[RowPart], data: Mapping[str, Plain], model: Model) -> list[Plain]:
    """Return the data of a policy's rules after an edit. A rule that didn't change keeps its data as written."""
    rows = data.get("rows")
    written = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    kept = dict(zip(old, written, strict=True))
    return [kept[part] if part in kept else row_data(part, model) for part in new]


def once_for_all(parts: Sequence[RowPart], chosen: RowPart, model: Model) -> tuple[RowPart, ...]:
    """Return the rules, with equal rules on single datasets combined into one about their dimension.

    The meaning stays the same, because datasets with the dimension but without such a rule are exempt.
    """
    same = [part for part in parts if not part.is_everywhere and replace(part, dataset=chosen.dataset) == chosen]
    written = {part.dataset for part in same}
    owners = [dataset for dataset in model.datasets.values() if not dataset.origin]
    apart = tuple(
        dataset.name for dataset in owners if chosen.dimension in dataset.dimensions and dataset.name not in written
    )
    rule = replace(chosen, dataset="", apart=apart, without="hidden")
    at = parts.index(same[0])
    rest = [part for part in parts if part not in same]
    return (*rest[:at], rule, *rest[at:])


def label_of(dimension: str, model: Model) -> str:
    """Return a dimension's label, or its name if the model doesn't have it."""
    places = model.dimensions.get(dimension)
    return places[0].label if places else dimension


def _text(row: Mapping[str, Plain], key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: Plain) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
