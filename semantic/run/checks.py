"""Compare a model with the engine's tables and run the checks it states: columns, keys, relationships, row counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from connectors.connector import Connector, ConnectorError, Limits
from semantic.model.definitions import Check, CheckKind, Dataset, DataType, Entity, EntityKind, TypeKind
from semantic.model.model import Model
from semantic.sql.build_tree import aliased, and_all, column, number, select_from, subquery, table_of
from semantic.sql.dialects import Dialect
from semantic.sql.hop_checks import overlapping, uneven
from semantic.sql.render import render
from semantic.sql.values import Values

_ALIAS = "t"
_REMEDY = "Declare what it is, or cast it in a `sql:` view."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at, and whether it holds."""

    dataset: str
    what: str
    ok: bool


def check_data(model: Model, connector: Connector, dialect: Dialect, limits: Limits) -> list[Finding]:
    """Every dataset against its table, then every check of the model, in the order written."""
    findings: list[Finding] = []
    for dataset in model.datasets.values():
        try:
            findings += _column_findings(dataset, connector, dialect, limits)
            findings.append(_grain_finding(dataset, connector, dialect, limits))
            findings += _hop_findings(dataset, connector, dialect, limits)
            findings += [_finding(check, dataset, model, connector, dialect, limits) for check in dataset.checks]
        except ConnectorError as error:
            findings.append(Finding(dataset.name, str(error), False))
    return findings


def _column_findings(dataset: Dataset, connector: Connector, dialect: Dialect, limits: Limits) -> Iterator[Finding]:
    there = _columns(dataset, connector, dialect, limits)
    place = dataset.source or "the view"
    for name, declared in dataset.columns.items():
        if name not in there:
            yield Finding(dataset.name, f"{place} has no column {name!r}. Correct `columns:`.", False)
        elif not _fits(declared, there[name]):
            yield Finding(dataset.name, f"{name} of {place} is {there[name]}, declared {declared}. {_REMEDY}", False)
    if all(name in there and _fits(declared, there[name]) for name, declared in dataset.columns.items()):
        yield Finding(dataset.name, f"{len(dataset.columns)} columns have their declared types", True)


def _columns(dataset: Dataset, connector: Connector, dialect: Dialect, limits: Limits) -> Mapping[str, pa.DataType]:
    """The engine's own types of a table's or view's columns."""
    if dataset.query is None:
        return connector.columns(dataset.source)
    tree = select_from(table_of(dataset, _ALIAS), [exp.Star()], keys=0)
    tree.set("limit", exp.Limit(expression=number(0)))
    schema = connector.start(render(tree, dialect), limits=limits, tag="check").result().schema
    return dict(zip(schema.names, schema.types, strict=True))


def _fits(declared: DataType, found: pa.DataType) -> bool:
    match declared.kind:
        case TypeKind.STRING:
            return pa.types.is_string(found) or pa.types.is_large_string(found) or pa.types.is_string_view(found)
        case TypeKind.INTEGER:
            return (pa.types.is_integer(found) and found != pa.uint64()) or (
                pa.types.is_decimal(found) and found.scale == 0
            )
        case TypeKind.DECIMAL:
            return pa.types.is_decimal(found) and (found.precision, found.scale) == (declared.precision, declared.scale)
        case TypeKind.DOUBLE:
            return pa.types.is_floating(found)
        case TypeKind.BOOLEAN:
            return pa.types.is_boolean(found)
        case TypeKind.DATE:
            return pa.types.is_date(found)
        case TypeKind.TIMESTAMP:
            return pa.types.is_timestamp(found) and found.tz is None
        case TypeKind.TIMESTAMPTZ:
            return pa.types.is_timestamp(found) and found.tz is not None


def _grain_finding(dataset: Dataset, connector: Connector, dialect: Dialect, limits: Limits) -> Finding:
    repeated = _one(_repeats(dataset, dataset.grain), connector, dialect, limits)["bad"]
    what = f"one row for each {', '.join(dataset.grain)}"
    return Finding(
        dataset.name, what if not repeated else f"{what}: {repeated:,} keys are there more than once", not repeated
    )


def _hop_findings(dataset: Dataset, connector: Connector, dialect: Dialect, limits: Limits) -> Iterator[Finding]:
    """Two versions at one time, and shares that are more or less than a whole, would count rows wrongly."""
    if dataset.validity is not None:
        bad = _one(overlapping(dataset), connector, dialect, limits)["bad"]
        what = f"one version of {', '.join(dataset.validity.key)} at a time"
        yield Finding(dataset.name, what + (f": {bad:,} still hold when the next starts" if bad else ""), not bad)
    if dataset.bridge is not None:
        bad = _one(uneven(dataset), connector, dialect, limits)["bad"]
        what = f"{dataset.bridge.weight} adds up to 1 for each {dataset.bridge.of}"
        yield Finding(dataset.name, what + (f": {bad:,} do not" if bad else ""), not bad)


def _finding(
    check: Check, dataset: Dataset, model: Model, connector: Connector, dialect: Dialect, limits: Limits
) -> Finding:
    names = ", ".join(check.columns)
    match check.kind:
        case CheckKind.UNIQUE:
            bad = _one(_repeats(dataset, check.columns), connector, dialect, limits)["bad"]
            return Finding(dataset.name, f"{names} is unique" + (f": {bad:,} repeat" if bad else ""), not bad)
        case CheckKind.ROWS:
            rows = _one(_counted(dataset, []), connector, dialect, limits)["rows"]
            what = f"at least {check.at_least:,.0f} rows: {rows:,}"
            return Finding(dataset.name, what, rows >= check.at_least)
        case CheckKind.NOT_NULL:
            there = [exp.Not(this=exp.Is(this=column(one, _ALIAS), expression=exp.Null())) for one in check.columns]
            return _share(dataset, f"{names} is present", list(there), check.at_least, connector, dialect, limits)
        case CheckKind.ACCEPTED:
            values = Values(inline=True)
            listed = exp.In(
                this=column(check.columns[0], _ALIAS), expressions=[values.add(one) for one in check.values]
            )
            missing = exp.Is(this=column(check.columns[0], _ALIAS), expression=exp.Null())
            test = exp.Paren(this=exp.Or(this=listed, expression=missing))
            what = f"{names} is one of {', '.join(check.values)}"
            return _share(dataset, what, [test], 1.0, connector, dialect, limits)
        case CheckKind.RELATIONSHIP:
            role = check.columns[0]
            entity = next(one for one in dataset.entities if one.name == role)
            keyed = [exp.Not(this=exp.Is(this=column(one, _ALIAS), expression=exp.Null())) for one in entity.columns]
            matched = _is_matched(dataset, entity, model)
            what = f"{role} is known where there is one"
            return _share(dataset, what, [matched], check.at_least, connector, dialect, limits, among=list(keyed))


def _share(
    dataset: Dataset,
    what: str,
    tests: list[exp.Expr],
    at_least: float,
    connector: Connector,
    dialect: Dialect,
    limits: Limits,
    *,
    among: list[exp.Expr] | None = None,
) -> Finding:
    found = _one(_counted(dataset, tests, among), connector, dialect, limits)
    share = found["good"] / found["rows"] if found["rows"] else 1.0
    return Finding(dataset.name, f"{what}: {share:.3%}, at least {at_least:.3%}", share >= at_least)


def _is_matched(dataset: Dataset, entity: Entity, model: Model) -> exp.Expr:
    """The foreign key points at a member."""
    target, keys = next(
        (other, one.columns)
        for other in model.datasets.values()
        for one in other.entities
        if one.entity == entity.entity and one.kind is not EntityKind.FOREIGN
    )
    pairs = [
        exp.EQ(this=column(theirs, "m"), expression=column(mine, _ALIAS))
        for mine, theirs in zip(entity.columns, keys, strict=True)
    ]
    member = select_from(table_of(target, "m"), [number(1)], keys=0)
    member.set("where", exp.Where(this=and_all(list(pairs))))
    return exp.Exists(this=member)


def _counted(dataset: Dataset, tests: list[exp.Expr], among: list[exp.Expr] | None = None) -> exp.Select:
    good = exp.Case(ifs=[exp.If(this=and_all(tests), true=number(1))]) if tests else number(1)
    rows, kept = exp.Count(this=exp.Star()), exp.Count(this=good)
    tree = select_from(table_of(dataset, _ALIAS), [aliased(rows, "rows"), aliased(kept, "good")], keys=0)
    if among:
        tree.set("where", exp.Where(this=and_all(among)))
    return tree


def _repeats(dataset: Dataset, columns: tuple[str, ...]) -> exp.Select:
    keys = [aliased(column(one, _ALIAS), f"k{index}") for index, one in enumerate(columns)]
    groups = select_from(table_of(dataset, _ALIAS), [*keys, aliased(exp.Count(this=exp.Star()), "n")], keys=len(keys))
    groups.set("having", exp.Having(this=exp.GT(this=exp.Count(this=exp.Star()), expression=number(1))))
    return select_from(subquery(groups, "repeated"), [aliased(exp.Count(this=exp.Star()), "bad")], keys=0)


def _one(tree: exp.Select, connector: Connector, dialect: Dialect, limits: Limits) -> Mapping[str, int]:
    table = connector.start(render(tree, dialect), limits=limits, tag="check").result()
    return {name: int(table.column(name)[0].as_py()) for name in table.column_names}
