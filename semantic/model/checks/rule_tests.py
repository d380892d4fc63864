"""Find the columns of each dataset that row rules test, and the tables with rows that a rule can hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.model.join_graph import JoinPath, paths_by_rule
from semantic.model.model import Model
from semantic.model.policies import Policy, RowRule

Columns = tuple[str, ...]
_REJECTS_NULL = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.In, exp.Like, exp.Between)


@dataclass(frozen=True, slots=True)
class Lookup:
    """The table that a row rule is defined on, joined by `key`. `columns` are the columns that the rule reads."""

    table: str
    key: Columns
    columns: Columns


@dataclass(frozen=True, slots=True)
class RuleTest:
    """The columns of a dataset that decide whether a rule allows a row.

    Tests with the same `shape` apply the same condition to different columns: `market IN (:markets)` and `mail_market
    IN (:markets)`.
    """

    policy: str
    rule: RowRule
    shape: str
    columns: Columns
    lookup: Lookup | None = None
    lets_missing_in: bool = False  # whether a row without a value may pass


def rule_tests(dataset: Dataset, model: Model) -> list[RuleTest]:
    """Return the columns of a dataset that each policy's row rules test, directly or through a join."""
    tests: dict[tuple[str, str, Columns], RuleTest] = {}
    for policy in model.policies:
        for rule in policy.rows:
            paths = model.joins.paths(dataset.name).get(rule.dataset, ())
            for path in paths_by_rule(paths, rule.via) or paths:
                for test in _tests(policy, rule, path, dataset, model):
                    tests.setdefault((test.policy, test.shape, test.columns), test)
    return list(tests.values())


def _tests(policy: Policy, rule: RowRule, path: JoinPath, dataset: Dataset, model: Model) -> Iterator[RuleTest]:
    parts = [part for part in conjuncts(rule.where.tree) if part.find(exp.Column)]
    if not path:
        for part in parts:
            yield RuleTest(policy.name, rule, _shape(part), _columns(part), lets_missing_in=_lets_missing_in(part))
        return
    key = _key(path, dataset)
    first, target = path[0], model.datasets[rule.dataset]
    if len(path) > 1 or not first.needs_key_alone or first.current or rule.unmatched == "visible" or not target.source:
        shape = f"{rule.dataset}: {rule.where.text}"
        yield RuleTest(policy.name, rule, shape, key, lets_missing_in=rule.unmatched == "visible")
        return
    for part in parts:
        lookup = Lookup(table_name(target.source), lowered(first.target_columns), _columns(part))
        yield RuleTest(policy.name, rule, _shape(part), key, lookup)


def _key(path: JoinPath, dataset: Dataset) -> Columns:
    """Return a dataset's columns that a join path uses, including time columns if they select a version."""
    names = dict.fromkeys(path[0].columns)
    for hop in path:
        names |= dict.fromkeys(column for source, column, _ in hop.partitions if source == dataset.name)
        if hop.validity is not None:
            times = [dimension for dimension in dataset.dimensions.values() if dimension.kind == "time"]
            names |= dict.fromkeys(name for dimension in times for name in dimension.sql.columns)
    return lowered(names)


def conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions that `tree` combines with AND."""
    match tree:
        case exp.Paren(this=inner):
            yield from conjuncts(inner)
        case exp.And(this=left, expression=right):
            yield from conjuncts(left)
            yield from conjuncts(right)
        case _:
            yield tree


def _columns(tree: exp.Expr) -> Columns:
    return lowered(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))


def _shape(tree: exp.Expr) -> str:
    """Return the text of a condition with its columns replaced by numbers."""
    places = {name: place for place, name in enumerate(_columns(tree))}

    def numbered(node: exp.Expr) -> exp.Expr:
        return exp.Var(this=f"?{places[node.name.lower()]}") if isinstance(node, exp.Column) else node

    return tree.transform(numbered).sql()


def _lets_missing_in(tree: exp.Expr) -> bool:
    """Return whether a condition can be true for a row with a missing value. Direct comparisons can't."""
    if not isinstance(tree, _REJECTS_NULL):
        return True
    values = (exp.Literal, exp.Placeholder, exp.Parameter)
    if isinstance(tree, exp.In):
        parts = list(tree.iter_expressions())
        return not isinstance(tree.this, exp.Column) or not all(isinstance(part, values) for part in parts[1:])
    return not all(isinstance(child, (exp.Column, *values)) for child in tree.iter_expressions())


def declared_columns(model: Model) -> dict[str, frozenset[str]]:
    """Return the columns that `table:` datasets declare, by table."""
    columns: dict[str, frozenset[str]] = {}
    for dataset in model.datasets.values():
        if dataset.source:
            table = table_name(dataset.source)
            columns[table] = columns.get(table, frozenset()).union(map(str.lower, dataset.columns))
    return columns


def lowered(names: Mapping[str, object] | Columns) -> Columns:
    return tuple(name.lower() for name in names)


def table_name(text: str) -> str:
    return text.replace('"', "").lower()


@dataclass(frozen=True)
class Tables:
    """What the model declares about the engine's tables, by lower-case name."""

    keys: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)  # sets of columns that are unique
    ruled: frozenset[str] = frozenset()  # tables with rows that a rule can hide
    whole: frozenset[str] = frozenset()  # tables whose rows are all visible to everyone with a rule
    loads: frozenset[tuple[str, str]] = frozenset()  # tables and their columns with the time of a load

    def is_ruled(self, table: str) -> bool:
        return _last(table) in self.ruled


def read_tables(model: Model, tested: Mapping[str, frozenset[str]], loads: frozenset[tuple[str, str]]) -> Tables:
    """Return what `table:` datasets declare about tables.

    `tested` lists the tables that row rules read, by `sql:` dataset.
    """
    keys: dict[str, list[frozenset[str]]] = {}
    ruled = {_last(table) for tables in tested.values() for table in tables}
    table_alias_or_names: set[str] = set()
    own_loads = set(loads)
    with_rules = [policy for policy in model.policies if policy.rows]
    for dataset in model.datasets.values():
        if not dataset.source:
            continue
        table = table_name(dataset.source)
        keys.setdefault(table, []).append(frozenset(lowered(dataset.grain)))
        if dataset.freshness is not None:
            own_loads.add((table, dataset.freshness.column.lower()))
        if rule_tests(dataset, model):
            ruled.add(_last(table))
        elif all(policy.whole.holds(dataset) for policy in with_rules):
            table_alias_or_names.add(table)
    unique = {name: tuple(column) for name, column in keys.items()}
    seen_whole = frozenset(
        each_table_name for each_table_name in table_alias_or_names if _last(each_table_name) not in ruled
    )
    return Tables(unique, frozenset(ruled), seen_whole, frozenset(own_loads))


def _last(table: str) -> str:
    return table.rpartition(".")[2]
