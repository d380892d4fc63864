"""Compare a model with the engine's tables and run its checks: columns, keys, relationships, row counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
from sqlglot import exp

from connectors.connector import (
    Cancelled,
    Connector,
    ConnectorError,
    Limits,
    Run,
    TimedOut,
    TooManyRows,
    Unavailable,
)
from semantic.errors import EngineFailed, counted
from semantic.model.definitions import Check, CheckKind, Dataset, DataType, Entity, EntityKind, TypeKind
from semantic.model.join_graph import Edge, is_together
from semantic.model.model import Model
from semantic.sql.dialects.build_tree import aliased, and_all, column, number, or_any, select_from, subquery, table_of
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.hop_checks import overlapping, uneven

_ALIAS = "t"
_REMEDY = "Declare what it is, or cast it in a `sql:` view."
_NOT_CHECKED = (TimedOut, Cancelled, Unavailable, TooManyRows)
LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `id` identifies the check across versions of the model.

    `looked` is false if the engine didn't answer, so that nothing is known about the data. `warns` is true if keys have
    no match and no check limits how many.
    """

    dataset: str
    what: str
    ok: bool
    kind: str = ""
    id: str = ""
    looked: bool = True
    warns: bool = False


@dataclass(frozen=True, slots=True)
class CheckRunner:
    """Runs the statements of checks: the engine, a time limit, and a callback for each statement that starts."""

    connector: Connector
    dialect: Dialect
    limits: Limits
    begun: Callable[[Run], None] = lambda _: None

    def rows(self, tree: exp.Select) -> pa.Table:
        run = self.connector.start(render(tree, self.dialect), limits=self.limits, tag="check")
        self.begun(run)
        return run.result()

    def counts(self, tree: exp.Select) -> Mapping[str, int]:
        """Return the single row of a statement that counts, by column name."""
        table = self.rows(tree)
        return {name: int(table.column(name)[0].as_py()) for name in table.column_names}


def check_data(
    model: Model, connector_of: Callable[[Dataset], Connector], dialect_of: Callable[[str], Dialect], limits: Limits
) -> list[Finding]:
    """Return the findings of all checks, dataset by dataset, each on its own connection.

    Every dataset is first compared with its table.
    """
    findings: list[Finding] = []
    for dataset in model.datasets.values():
        try:
            runner = CheckRunner(connector_of(dataset), dialect_of(dataset.connection), limits)
        except EngineFailed as error:
            findings.append(unreached(dataset, error))
        else:
            findings += check_dataset(dataset, model, runner)
    return findings


def unreached(dataset: Dataset, error: EngineFailed) -> Finding:
    """Return the only finding for a dataset whose connection can't be opened."""
    return Finding(dataset.name, str(error), False, "read", f"{dataset.name}.read", looked=False)


def check_dataset(dataset: Dataset, model: Model, runner: CheckRunner) -> Iterator[Finding]:
    """Compare a dataset with its table, then run its checks, and yield a finding for each.

    Each finding takes one statement, which runs when the finding is requested. A check whose statement fails still
    yields a finding. If the table can't be read, that's the only finding.
    """
    try:
        yield from _named(_column_findings(dataset, runner), "columns")
    except ConnectorError as error:
        yield _failed(dataset, "read", f"{dataset.name}.read", error)
        return
    for kind, check_id, look in _looks(dataset, model, runner):
        try:
            yield replace(look(), kind=kind, id=check_id)
        except ConnectorError as error:
            yield _failed(dataset, kind, check_id, error)


def _looks(dataset: Dataset, model: Model, runner: CheckRunner) -> Iterator[tuple[str, str, Callable[[], Finding]]]:
    """Yield each check after those of columns: its kind, its ID, and a function that runs it."""
    name = dataset.name
    yield "grain", f"{name}.grain", lambda: _grain_finding(dataset, runner)
    if dataset.validity is not None:
        yield "validity", f"{name}.validity", lambda: _validity_finding(dataset, runner)
    if dataset.bridge is not None:
        yield "bridge", f"{name}.bridge", lambda: _bridge_finding(dataset, runner)
    for check_id, check in stated(dataset).items():
        yield check.kind.value, check_id, lambda check=check: _finding(check, dataset, model, runner)
    for edge, warns in _unstated(dataset, model):
        edge_id = _short(f"{name}.match.{edge.role}.{edge.target}")
        yield (
            "match",
            edge_id,
            lambda edge=edge, warns=warns: _match_finding(edge, dataset, model, runner, warns=warns),
        )


def _unstated(dataset: Dataset, model: Model) -> Iterator[tuple[Edge, bool]]:
    """Yield each relationship whose match rate no check reports, and whether unmatched keys deserve a warning.

    They do for a foreign entity that no check covers. They don't if two datasets each have their own key for an entity,
    because one of them can have details of only some members.
    """
    checked = {check.columns[0] for check in dataset.checks if check.kind is CheckKind.RELATIONSHIP}
    foreign = {entity.name for entity in dataset.entities if entity.kind is EntityKind.FOREIGN}
    edges = model.joins.edges.get(dataset.name, ())
    for edge in edges:
        if edge.role not in checked:
            yield edge, edge.role in foreign and not edge.beside
        elif sum(each_edge.role == edge.role for each_edge in edges) > 1:
            yield edge, False


def stated(dataset: Dataset) -> Mapping[str, Check]:
    """Return the checks that a dataset's file defines, by ID.

    IDs are built from the dataset, the kind of check and its columns. Further checks of the same kind on the same
    columns get a number.
    """
    checks: dict[str, Check] = {}
    for check in dataset.checks:
        wanted = _short(".".join((dataset.name, check.kind.value, *check.columns)))
        place = 1
        while (f"{wanted}.{place}" if place > 1 else wanted) in checks:
            place += 1
        checks[f"{wanted}.{place}" if place > 1 else wanted] = check
    return checks


def _short(text: str) -> str:
    """Return an ID of limited length, however many columns it names."""
    if len(text) <= LONGEST_ID:
        return text
    return f"{text[: LONGEST_ID - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _named(findings: Iterator[Finding], kind: str) -> Iterator[Finding]:
    for place, finding in enumerate(findings):
        yield replace(finding, kind=kind, id=f"{finding.dataset}.{kind}" + (f".{place}" if place else ""))


def _failed(dataset: Dataset, kind: str, check_id: str, error: ConnectorError) -> Finding:
    return Finding(dataset.name, str(error), False, kind, check_id, looked=not isinstance(error, _NOT_CHECKED))


def _column_findings(dataset: Dataset, runner: CheckRunner) -> Iterator[Finding]:
    columns = _columns(dataset, runner)
    place = dataset.source or "the view"
    for name, declared in dataset.columns.items():
        if name not in columns:
            yield Finding(dataset.name, f"{place} has no column {name!r}. Fix `columns:`.", False)
        elif not _fits(declared, columns[name]):
            yield Finding(dataset.name, f"{name} of {place} is {columns[name]}, declared {declared}. {_REMEDY}", False)
    if all(name in columns and _fits(declared, columns[name]) for name, declared in dataset.columns.items()):
        words = counted(len(dataset.columns), "column has its declared type", "columns have their declared types")
        yield Finding(dataset.name, words, True)


def _columns(dataset: Dataset, runner: CheckRunner) -> Mapping[str, pa.DataType]:
    """Return the engine's own types of the columns of a dataset's table or view."""
    if dataset.query is None:
        return runner.connector.columns(dataset.source)
    tree = select_from(table_of(dataset, _ALIAS), [exp.Star()], keys=0)
    tree.set("limit", exp.Limit(expression=number(0)))
    schema = runner.rows(tree).schema
    return dict(zip(schema.names, schema.types, strict=True))


def _fits(declared: DataType, data_type: pa.DataType) -> bool:
    match declared.kind:
        case TypeKind.STRING:
            return (
                pa.types.is_string(data_type)
                or pa.types.is_large_string(data_type)
                or pa.types.is_string_view(data_type)
            )
        case TypeKind.INTEGER:
            return (pa.types.is_integer(data_type) and data_type != pa.uint64()) or (
                pa.types.is_decimal(data_type) and data_type.scale == 0
            )
        case TypeKind.DECIMAL:
            return pa.types.is_decimal(data_type) and (data_type.precision, data_type.scale) == (
                declared.precision,
                declared.scale,
            )
        case TypeKind.DOUBLE:
            return pa.types.is_floating(data_type)
        case TypeKind.BOOLEAN:
            return pa.types.is_boolean(data_type)
        case TypeKind.DATE:
            return pa.types.is_date(data_type)
        case TypeKind.TIMESTAMP:
            return pa.types.is_timestamp(data_type) and data_type.tz is None
        case TypeKind.TIMESTAMPTZ:
            return pa.types.is_timestamp(data_type) and data_type.tz is not None


def _grain_finding(dataset: Dataset, runner: CheckRunner) -> Finding:
    repeated = runner.counts(_repeats(dataset, dataset.grain))["bad"]
    what = f"one row for each {', '.join(dataset.grain)}"
    more = f": {counted(repeated, 'key appears', 'keys appear')} more than once" if repeated else ""
    return Finding(dataset.name, what + more, not repeated)


def _validity_finding(dataset: Dataset, runner: CheckRunner) -> Finding:
    """Check that no two versions of a member are valid at the same time, which would count rows twice."""
    assert dataset.validity is not None
    bad = runner.counts(overlapping(dataset))["bad"]
    what = f"one version of {', '.join(dataset.validity.key)} at a time"
    return Finding(
        dataset.name,
        what + (f": {counted(bad, 'overlaps', 'overlap')} the next one" if bad else ""),
        not bad,
    )


def _bridge_finding(dataset: Dataset, runner: CheckRunner) -> Finding:
    """Check that a bridge's shares add up to 1, because otherwise too much or too little is counted."""
    assert dataset.bridge is not None
    bad = runner.counts(uneven(dataset))["bad"]
    what = f"{dataset.bridge.weight} adds up to 1 for each {dataset.bridge.of}"
    return Finding(dataset.name, what + (f": {counted(bad, 'does', 'do')} not" if bad else ""), not bad)


def _match_finding(edge: Edge, dataset: Dataset, model: Model, runner: CheckRunner, *, warns: bool) -> Finding:
    """Count how many keys have a row in the other dataset."""
    target = model.datasets[edge.target]
    matched = _has_row(edge.columns, target, edge.target_columns)
    keyed = [
        exp.Not(this=exp.Is(this=column(edge_column, _ALIAS), expression=exp.Null())) for edge_column in edge.columns
    ]
    counts = runner.counts(_counted(dataset, [matched], list(keyed)))
    keys, missing = counts["rows"], counts["rows"] - counts["good"]
    what = f"{edge.role} matches {edge.target}"
    if not missing:
        text = f"all {counted(keys, 'key')}" if keys else "no row has a key"
        return Finding(dataset.name, f"{what}: {text}", True)
    share = min(counts["good"] / keys, 0.99999)  # anything less than all must not be shown as 100%
    text = f"{what}: {share:.3%} of {counted(keys, 'key')}, {counted(missing, 'matches', 'match')} nothing"
    return Finding(dataset.name, text, True, warns=warns)


def _finding(check: Check, dataset: Dataset, model: Model, runner: CheckRunner) -> Finding:
    names = ", ".join(check.columns)
    match check.kind:
        case CheckKind.UNIQUE:
            bad = runner.counts(_repeats(dataset, check.columns))["bad"]
            return Finding(
                dataset.name, f"{names} is unique" + (f": {counted(bad, 'repeats', 'repeat')}" if bad else ""), not bad
            )
        case CheckKind.ROWS:
            rows = runner.counts(_counted(dataset, []))["rows"]
            what = f"at least {counted(round(check.at_least), 'row')}: {rows:,}"
            return Finding(dataset.name, what, rows >= check.at_least)
        case CheckKind.NOT_NULL:
            negations = [
                exp.Not(this=exp.Is(this=column(check_column, _ALIAS), expression=exp.Null()))
                for check_column in check.columns
            ]
            return _share(dataset, f"{names} is present", list(negations), check.at_least, runner)
        case CheckKind.ACCEPTED:
            values = Values(inline=True)
            listed = exp.In(
                this=column(check.columns[0], _ALIAS), expressions=[values.add(value) for value in check.values]
            )
            missing = exp.Is(this=column(check.columns[0], _ALIAS), expression=exp.Null())
            test = exp.Paren(this=exp.Or(this=listed, expression=missing))
            what = f"{names} is one of {', '.join(check.values)}"
            return _share(dataset, what, [test], 1.0, runner)
        case CheckKind.RELATIONSHIP:
            role = check.columns[0]
            entity = next(dataset_entity for dataset_entity in dataset.entities if dataset_entity.name == role)
            keyed = [
                exp.Not(this=exp.Is(this=column(entity_column, _ALIAS), expression=exp.Null()))
                for entity_column in entity.columns
            ]
            matched = _is_matched(dataset, entity, model)
            what = f"{role} matches a row"
            return _share(dataset, what, [matched], check.at_least, runner, among=list(keyed))


def _share(
    dataset: Dataset,
    what: str,
    tests: list[exp.Expr],
    at_least: float,
    runner: CheckRunner,
    *,
    among: list[exp.Expr] | None = None,
) -> Finding:
    counts = runner.counts(_counted(dataset, tests, among))
    share = counts["good"] / counts["rows"] if counts["rows"] else 1.0
    return Finding(dataset.name, f"{what}: {share:.3%}, at least {at_least:.3%}", share >= at_least)


def _is_matched(dataset: Dataset, entity: Entity, model: Model) -> exp.Expr:
    """Return a condition that is true if a key belongs to a member, in any dataset where it's the dataset's own key."""
    expressions = [
        _has_row(entity.columns, other, each_entity.columns)
        for other in model.datasets.values()
        if is_together(dataset, other)
        for each_entity in other.entities
        if each_entity.entity == entity.entity
        and each_entity.kind is not EntityKind.FOREIGN
        and not (other is dataset and each_entity.columns == entity.columns)
    ]
    return expressions[0] if len(expressions) == 1 else exp.Paren(this=or_any(expressions))


def _has_row(columns: tuple[str, ...], target: Dataset, keys: tuple[str, ...]) -> exp.Expr:
    """Return a condition that is true if a row of `target` has the key in `columns`."""
    pairs = [
        exp.EQ(this=column(theirs, "m"), expression=column(mine, _ALIAS))
        for mine, theirs in zip(columns, keys, strict=True)
    ]
    member = select_from(table_of(target, "m"), [number(1)], keys=0)
    member.set("where", exp.Where(this=and_all(list(pairs))))
    return exp.Exists(this=member)


def _counted(dataset: Dataset, tests: list[exp.Expr], among: list[exp.Expr] | None = None) -> exp.Select:
    good = exp.Case(ifs=[exp.If(this=and_all(tests), true=number(1))]) if tests else number(1)
    rows, count = exp.Count(this=exp.Star()), exp.Count(this=good)
    tree = select_from(table_of(dataset, _ALIAS), [aliased(rows, "rows"), aliased(count, "good")], keys=0)
    if among:
        tree.set("where", exp.Where(this=and_all(among)))
    return tree


def _repeats(dataset: Dataset, columns: tuple[str, ...]) -> exp.Select:
    keys = [aliased(column(each_column, _ALIAS), f"k{index}") for index, each_column in enumerate(columns)]
    groups = select_from(table_of(dataset, _ALIAS), [*keys, aliased(exp.Count(this=exp.Star()), "n")], keys=len(keys))
    groups.set("having", exp.Having(this=exp.GT(this=exp.Count(this=exp.Star()), expression=number(1))))
    return select_from(subquery(groups, "repeated"), [aliased(exp.Count(this=exp.Star()), "bad")], keys=0)
