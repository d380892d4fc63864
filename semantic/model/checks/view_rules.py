"""Check that row rules apply inside a dataset's `sql:`, so that a visible row is computed only from visible rows.

A rule filters a view's output. That is enough if the view joins every table, and splits every group and window, by the
column that the rule reads. SQL that can't be analyzed is refused, unless the dataset states why it's safe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.errors import Problem
from semantic.model.checks.rule_tests import (
    Lookup,
    RuleTest,
    Tables,
    declared_columns,
    read_tables,
    rule_tests,
    table_name,
)
from semantic.model.checks.select_scope import (
    NO_QUERIES,
    Place,
    Queries,
    Scope,
    Source,
    cut_of,
    origins,
    output_names,
    output_of,
    queries_of,
    read_scope,
    table_of,
    with_unclear_names,
)
from semantic.model.definitions import Dataset
from semantic.model.lineage import tables_of
from semantic.model.model import Model

_PSEUDO_COLUMNS = frozenset({"rowid", "rownum", "ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
"""Columns that engines add to each table. Their values depend on other rows of the table."""


def row_rule_problems(model: Model) -> Iterator[Problem]:
    """Yield a problem for each dataset with `sql:` inside which a row rule doesn't apply.

    A dataset that states why it's safe has no problem.
    """
    if not any(policy.rows for policy in model.policies):
        return
    views = [dataset for dataset in model.datasets.values() if dataset.query is not None]
    tables = _tables(model, views)
    for dataset in views:
        for test, fault in _not_reached(dataset, model, tables):
            yield _problem(dataset, test, fault)
    for dataset, fact, names in beside_rules(model):
        if not dataset.row_rules_reviewed:
            yield _beside_problem(dataset, fact, names)


def unproven(model: Model) -> Iterator[Dataset]:
    """Yield the datasets with `sql:` that row rules affect and that aren't proven safe but state a reason."""
    beside = [dataset.name for dataset, _, _ in beside_rules(model)]
    for dataset in model.datasets.values():
        is_view = dataset.query is not None and bool(dataset.row_rules_reviewed)
        if is_view and (dataset.name in beside or _binding(dataset, model)):
            yield dataset


def _binding(dataset: Dataset, model: Model) -> list[RuleTest]:
    """Return the rule tests of all policies that don't deny the dataset."""
    denied = {policy.name for policy in model.policies if policy.deny_datasets.holds(dataset)}
    return [test for test in rule_tests(dataset, model) if test.policy not in denied]


def _tables(model: Model, views: Sequence[Dataset]) -> Tables:
    declared = declared_columns(model)
    read: dict[str, frozenset[str]] = {}
    loads: set[Place] = set()
    for dataset in views:
        assert dataset.query is not None
        tree = with_unclear_names(dataset.query.tree, declared)
        columns = {name for test in rule_tests(dataset, model) for name in test.columns}
        read[dataset.name] = frozenset(table for name in columns for table, _ in origins(tree, name, NO_QUERIES))
        if dataset.freshness is not None:
            found_origins = origins(tree, dataset.freshness.column.lower(), NO_QUERIES)
            loads |= {place for place in found_origins if place[1]}
    return read_tables(model, read, frozenset(loads))


def _not_reached(dataset: Dataset, model: Model, tables: Tables) -> Iterator[tuple[RuleTest, str]]:
    """Yield, for each kind of rule, the first place in a view's SQL where the rule doesn't apply."""
    if dataset.query is None or dataset.row_rules_reviewed:
        return
    families: dict[tuple[str, str], list[RuleTest]] = {}
    for test in _binding(dataset, model):
        if all(name in map(str.lower, dataset.columns) for name in test.columns):  # reported elsewhere if not
            families.setdefault((test.policy, test.shape), []).append(test)
    tree = with_unclear_names(dataset.query.tree, declared_columns(model))
    for family in _apart(families, dataset, model):
        lets_missing_in = any(test.lets_missing_in for test in family)
        wanted = tuple(_DecidingColumns(test.columns, test.lookup) for test in family)
        pseudo = next(
            (column.name for column in tree.find_all(exp.Column) if column.name.lower() in _PSEUDO_COLUMNS), ""
        )
        fault = f"reads {pseudo}" if pseudo else _Reach(tables, lets_missing_in).problem(tree, wanted, NO_QUERIES)
        if fault:
            yield family[0], fault


def _apart(
    families: Mapping[tuple[str, str], list[RuleTest]], dataset: Dataset, model: Model
) -> Iterator[list[RuleTest]]:
    """Yield groups of rule tests. In each group, it's enough if the view carries the columns of one test.

    A test forms its own group if rows of one table have to pass several such tests.
    """
    read = {table_name(table).rpartition(".")[2] for table in tables_of(dataset)}
    ruled: dict[tuple[str, str, str], set[tuple[str, ...]]] = {}
    for other in model.datasets.values():
        table = table_name(other.source).rpartition(".")[2]
        for test in rule_tests(other, model) if table in read else ():
            ruled.setdefault((table, test.policy, test.shape), set()).add(test.columns)
    several = {(policy, shape) for (_, policy, shape), columns in ruled.items() if len(columns) > 1}
    for kind, family in families.items():
        if kind in several:
            yield from ([test] for test in family)
        else:
            yield family


def _problem(dataset: Dataset, test: RuleTest, fault: str) -> Problem:
    columns = " and ".join(test.columns)
    message = (
        f"The row rule of {test.policy!r} on {test.rule.dataset!r} reads {columns} in {dataset.name!r}, whose `sql:` "
        f"{fault}. Rows hidden from a person could change numbers that the person sees."
    )
    remedy = (
        f"Group, partition and join by {columns} too, deny the dataset in that policy, or state in "
        "`row_rules_reviewed:` why that can't happen."
    )
    return Problem(dataset.file, dataset.line, message, remedy)


def beside_rules(model: Model) -> list[tuple[Dataset, str, list[str]]]:
    """Return each dataset with `sql:` that reads restricted tables but has no row rule, with a fact and the tables.

    The fact is restricted and joins the dataset. Anyone who can access the fact also sees the dataset's values.
    """
    views = [dataset for dataset in model.datasets.values() if dataset.query is not None]
    tables = _tables(model, views)
    policies = [policy for policy in model.policies if policy.rows]
    ruled = [dataset.name for dataset in model.datasets.values() if rule_tests(dataset, model)]
    unruled: list[tuple[Dataset, str, list[str]]] = []
    for dataset in views:
        if dataset.name in ruled or all(policy.whole.holds(dataset) for policy in policies):
            continue
        read = [name for name in tables_of(dataset) if tables.is_ruled(table_name(name))]
        fact = next((name for name in ruled if read and dataset.name in model.joins.paths(name)), None)
        if fact is not None:
            unruled.append((dataset, fact, read))
    return unruled


def _beside_problem(dataset: Dataset, fact: str, read: Sequence[str]) -> Problem:
    message = (
        f"Rows of {fact!r} join {dataset.name!r}, whose `sql:` reads {', '.join(read)}, and no row rule applies to it."
        " Rows hidden from a person could change values that the person sees."
    )
    remedy = (
        "Read tables without row rules, grant it `whole:`, or state in `row_rules_reviewed:` why that can't happen."
    )
    return Problem(dataset.file, dataset.line, message, remedy)


@dataclass(frozen=True, slots=True)
class _DecidingColumns:
    """Columns that decide which rows of a query are visible. Rows with different values can't be combined."""

    columns: tuple[str, ...]
    lookup: Lookup | None = None


Deciding = tuple[tuple[Place, ...], ...]
"""Sets of columns of one SELECT. The columns of one set are enough to decide which rows are visible."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """Traces a row rule's columns through a view.

    Each method returns a problem as the end of a sentence ("groups orders without it"), or "" if there is none.
    """

    tables: Tables
    lets_missing_in: bool

    def problem(self, query: exp.Expr, wanted: tuple[_DecidingColumns, ...], outer: Queries) -> str:
        """Return why a query might not return the `wanted` columns unchanged, or "" if it does.

        A problem reads like "has a WITH that can't be followed".
        """
        queries = queries_of(query, outer)
        if queries is None:
            return "has a WITH that can't be followed"
        match query:
            case exp.Subquery() if not cut_of(query):
                return self.problem(query.this, wanted, queries)
            case exp.SetOperation() if not cut_of(query):
                # Rows that are equal share the rule's columns too.
                if any(query.args.get(arg) for arg in ("by_name", "side", "kind", "on")):
                    return f"has {query.key.upper()} by name"
                names = output_names(query)
                left = self.problem(query.this, wanted, queries)
                other = output_names(query.expression)
                if names is None or other is None or len(names) != len(other):
                    return left or f"has {query.key.upper()} with columns that can't be followed"
                second = dict(zip(names, other, strict=True))
                renamed = tuple(
                    replace(rule, columns=tuple(second.get(name, "") for name in rule.columns)) for rule in wanted
                )
                return left or self.problem(query.expression, renamed, queries)
            case exp.Select():
                return self._select(query, wanted, queries)
            case _:
                return cut_of(query) or f"has {query.key.upper()}"

    def _select(self, select: exp.Select, wanted: tuple[_DecidingColumns, ...], queries: Queries) -> str:
        scope = read_scope(select, queries)
        if cut := scope.unread or cut_of(select):
            return cut
        deciding = tuple(places for rule in wanted if (places := _projected(select, rule.columns, scope)))
        scope = self._with_certain(scope, deciding)
        looked_up = [_looked_up(rule, select, scope) for rule in wanted if rule.lookup is not None]
        deciding += tuple(place for places in looked_up for place in places)
        deciding, why = _constant_in_groups(select, deciding, scope)
        if why:
            return why
        if not deciding and not self._query_is_for_all(select, queries):
            return "computes it in a way that can't be followed"
        if self.lets_missing_in and any(scope.sources[name].is_optional for places in deciding for name, _ in places):
            return "has LEFT JOIN before the rule's column, and the rule lets rows without a value in"
        return self._sources(scope, deciding) or self._inner(select, scope, deciding)

    def _with_certain(self, scope: Scope, deciding: Deciding) -> Scope:
        """Return the scope, assuming that its rows pass the rule.

        If the rule's column comes from a LEFT JOIN, only rows with a match pass.
        """
        equal = {place: set(others) for place, others in scope.equal.items()}
        for name in {name for places in deciding for name, _ in places}:
            if scope.sources[name].is_optional:
                for place in [each_place for each_place in equal if each_place[0] == name]:
                    for other in equal[place]:
                        equal.setdefault(other, set()).add(place)
        return replace(scope, equal=equal)

    def _sources(self, scope: Scope, deciding: Deciding) -> str:
        """Return the problem with the first source that isn't joined by the rule's columns, or ""."""
        tied: dict[str, list[dict[Place, str]]] = {}
        for name in scope.sources:
            ties = [tie for places in deciding if (tie := _tie(name, places, scope)) is not None]
            if ties:
                tied[name] = ties
        carrier = ""
        for name, source in scope.sources.items():
            if name in tied:
                if source.query is not None:
                    wanted = tuple(_DecidingColumns(tuple(tie.values())) for tie in tied[name])
                    if why := self.problem(source.query, wanted, source.queries):
                        return why
            elif not self._is_for_all(source, scope) and not self._is_looked_up(source, scope):
                if carrier or not self._carries(source, tied, scope):
                    return f"joins {source.label} without it"
                carrier = name
        return ""

    def _is_for_all(self, source: Source, scope: Scope) -> bool:
        """Return whether everyone can see all rows of a source, or whether it only contains the time of a load."""
        if source.query is None:
            return source.table in self.tables.whole
        return self._query_is_for_all(source.query, source.queries)

    def _query_is_for_all(self, query: exp.Expr, queries: Queries) -> bool:
        if self._tells_loads(query):
            return True
        if query.find(exp.CTE) is not None:
            return False
        for table in query.find_all(exp.Table):
            named = queries.get(table_of(table))
            if named is not None and not self._query_is_for_all(named.query, named.queries):
                return False
            if named is None and table_of(table) not in self.tables.whole:
                return False
        return True

    def _tells_loads(self, query: exp.Expr) -> bool:
        """Return whether a query only gives a table's last load time, which everyone can see (decision 19)."""
        query = query.unnest()
        if not isinstance(query, exp.Select) or cut_of(query):
            return False
        others = ("joins", "where", "group", "having", "qualify", "distinct", "with_", "laterals", "windows")
        scope = read_scope(query, NO_QUERIES)
        if scope.unread or len(scope.sources) != 1 or any(query.args.get(arg) for arg in others):
            return False
        (source,) = scope.sources.values()
        if source.query is not None or query.find(exp.Anonymous, exp.Window, exp.Star) is not None:
            return False
        newest = list(query.find_all(exp.AggFunc))
        return len(list(query.find_all(exp.Column))) == len(newest) > 0 and all(
            isinstance(one, exp.Max)
            and isinstance(one.this, exp.Column)
            and not one.expressions
            and (source.table, one.this.name.lower()) in self.tables.loads
            for one in newest
        )

    def _is_looked_up(self, source: Source, scope: Scope) -> bool:
        """Return whether a source is an unrestricted table whose key is joined, so that at most one row matches."""
        if source.query is not None or self.tables.is_ruled(source.table):
            return False
        met = {column for name, column in scope.equal if name == source.name and _goes_out((name, column), scope)}
        return any(key <= met for key in self.tables.keys.get(source.table, ()))

    def _carries(self, source: Source, tied: Mapping[str, Sequence[dict[Place, str]]], scope: Scope) -> bool:
        """Return whether a source is an unrestricted table whose rows each match at most one row of the other sources.

        Rows are compared within one value of the rule's columns. A person who can see the matched rows can then see the
        source's row too.
        """
        if source.query is not None or self.tables.is_ruled(source.table) or not tied:
            return False
        known = {source.name}
        waiting = [scope_source for scope_source in scope.sources.values() if scope_source.name != source.name]
        while waiting:
            met = [each_source for each_source in waiting if self._is_determined(each_source, known, tied, scope)]
            if not met:
                return False
            known |= {each_source.name for each_source in met}
            waiting = [each_source for each_source in waiting if each_source.name not in known]
        return True

    def _is_determined(
        self, source: Source, known: set[str], tied: Mapping[str, Sequence[dict[Place, str]]], scope: Scope
    ) -> bool:
        if self._is_for_all(source, scope):
            return True
        met = {
            column
            for place in _places_of(source.name, scope)
            for column in [place[1]]
            if any(other[0] in known for other in scope.same(place))
        }
        if source.query is None:
            return any(key <= met for key in self.tables.keys.get(source.table, ()))
        keys = _group_outputs(source.query)
        return keys is not None and any(keys - set(tie.values()) <= met for tie in tied.get(source.name, ()))

    def _inner(self, select: exp.Select, scope: Scope, deciding: Deciding) -> str:
        """Return the problem with subqueries in the expressions of a SELECT, or ""."""
        for query in _queries_within(select):
            if self._query_is_for_all(query, scope.queries):
                continue
            queries = queries_of(query, scope.queries)
            if not isinstance(query, exp.Select) or queries is None:
                return "has a subquery that can't be followed"
            inner = read_scope(query, queries, scope)
            if inner.unread:
                return inner.unread
            for name in set(inner.sources) - set(scope.sources):
                source = inner.sources[name]
                ties = [tie for places in deciding if (tie := _tie(name, places, inner)) is not None]
                if not ties and not self._is_for_all(source, inner):
                    return f"reads {source.label} in a subquery without it"
                if ties and source.query is not None:
                    wanted = tuple(_DecidingColumns(tuple(tie.values())) for tie in ties)
                    if why := self.problem(source.query, wanted, source.queries):
                        return why
            if why := self._inner(query, inner, deciding):
                return why
        return ""


# The parts of one SELECT


def _projected(select: exp.Select, names: Sequence[str], scope: Scope) -> tuple[Place, ...]:
    """Return the source columns behind output columns, or an empty tuple if one is computed or ambiguous."""
    places: dict[Place, None] = {}
    for name in names:
        output = output_of(select, name, scope)
        made = output.unnest() if output is not None else None
        place = scope.place(made) if isinstance(made, exp.Column) else None
        if place is None:
            return ()  # an expression may give a hidden row the value of a visible one
        places[place] = None
    return tuple(places)


def _looked_up(wanted: _DecidingColumns, select: exp.Select, scope: Scope) -> Iterator[tuple[Place, ...]]:
    """Yield the rule table's own columns wherever a SELECT joins that table by its key."""
    assert wanted.lookup is not None
    keys = [_projected(select, [name], scope) for name in wanted.columns]
    for source in scope.sources.values():
        if source.table != wanted.lookup.table or source.query is not None:
            continue
        pairs = zip(keys, wanted.lookup.key, strict=False)
        if len(keys) == len(wanted.lookup.key) and all(
            len(key) == 1 and ((source.name, column) == key[0] or key[0] in scope.same((source.name, column)))
            for key, column in pairs
        ):
            yield tuple((source.name, column) for column in wanted.lookup.columns)


def _tie(name: str, places: tuple[Place, ...], scope: Scope) -> dict[Place, str] | None:
    """Return the column of a source that equals each of `places`, or None if one of them has no equal."""
    texts: dict[Place, str] = {}
    for place in places:
        own = [each_place for each_place in _places_of(name, scope) if place in scope.same(each_place)]
        if place[0] == name:
            own.insert(0, place)
        if not own or not own[0][1]:
            return None
        texts[place] = own[0][1]
    return texts or None


def _places_of(name: str, scope: Scope) -> list[Place]:
    return [place for place in scope.equal if place[0] == name]


def _goes_out(place: Place, scope: Scope) -> bool:
    """Return whether a column equals a column of another source."""
    return any(other[0] != place[0] for other in scope.same(place))


def _constant_in_groups(select: exp.Select, deciding: Deciding, scope: Scope) -> tuple[Deciding, str]:
    """Return the columns that are constant in each group and window of a SELECT, and the problem if there are none."""
    group = select.args.get("group")
    own = [agg_func for agg_func in select.find_all(exp.AggFunc) if _belongs(agg_func, select)]
    plain = [agg_func for agg_func in own if agg_func.find_ancestor(exp.Window, exp.Select) is select]
    if group is not None or plain or select.args.get("having"):
        keys = _keys(select, scope)
        if keys is None:
            return (), "has GROUP BY with totals"
        deciding = _within(keys, deciding, scope)
        if not deciding:
            what = " and ".join(source.label for source in scope.sources.values())
            return (), f"{'groups' if group is not None else 'aggregates'} {what} without it"
    for window in [each_window for each_window in select.find_all(exp.Window) if _belongs(each_window, select)]:
        parts = [
            scope.place(expression)
            for expression in window.args.get("partition_by") or []
            if isinstance(expression, exp.Column)
        ]
        deciding = _within([part for part in parts if part is not None], deciding, scope)
        if not deciding:
            return (), "has a window that is not partitioned by it"
    distinct = select.args.get("distinct")
    if distinct is not None and (on := distinct.args.get("on")) is not None:
        parts = [scope.place(expression) for expression in on.expressions if isinstance(expression, exp.Column)]
        deciding = _within([part for part in parts if part is not None], deciding, scope)
        if not deciding:
            return (), "has DISTINCT ON without it"
    return deciding, ""


def _within(keys: Sequence[Place], deciding: Deciding, scope: Scope) -> Deciding:
    def is_key(place: Place) -> bool:
        return any(key == place or (place in scope.same(key) and key in scope.same(place)) for key in keys)

    return tuple(places for places in deciding if all(is_key(place) for place in places))


def _keys(select: exp.Select, scope: Scope) -> list[Place] | None:
    """Return the columns that a SELECT groups by, or None if it has several groupings, such as ROLLUP."""
    group = select.args.get("group")
    if group is None:
        return []
    if any(group.args.get(arg) for arg in ("rollup", "cube", "grouping_sets", "totals")):
        return None
    written: list[exp.Expr] = list(group.expressions)
    if group.args.get("all"):
        written = [expression.unalias() for expression in select.expressions if expression.find(exp.AggFunc) is None]
    keys: list[Place] = []
    for expression in written:
        if isinstance(expression, exp.Literal) and not expression.is_string:
            place = int(expression.this) - 1
            expression = select.expressions[place].unalias() if place < len(select.expressions) else expression
        if isinstance(expression, exp.Column):
            key = scope.place(expression)
            output = output_of(select, expression.name.lower(), scope) if key is None and not expression.table else None
            key = scope.place(output) if isinstance(output, exp.Column) else key
            keys += [key] if key is not None else []
        elif isinstance(expression, (exp.Rollup, exp.Cube, exp.GroupingSets)):
            return None
    return keys


def _group_outputs(query: exp.Expr) -> frozenset[str] | None:
    """Return the output columns that identify a row of a grouped query, or None if they can't be determined."""
    inner = query.unnest()
    if not isinstance(inner, exp.Select) or inner.args.get("group") is None:
        return None
    scope = read_scope(inner, NO_QUERIES)
    names: set[str] = set()
    for expression in inner.args["group"].expressions:
        if (
            isinstance(expression, exp.Literal)
            and not expression.is_string
            and int(expression.this) <= len(inner.expressions)
        ):
            names.add(inner.expressions[int(expression.this) - 1].alias_or_name.lower())
            continue
        outside = [node.alias_or_name.lower() for node in inner.expressions if node.unalias() == expression]
        if not outside or not isinstance(expression, exp.Column) or scope.place(expression) is None:
            return None
        names.add(outside[0])
    return frozenset(names) or None


def _belongs(node: exp.Expr, select: exp.Select) -> bool:
    """Return whether an expression belongs to this SELECT itself, and not to a SELECT inside it."""
    return node.find_ancestor(exp.Select) is select


def _queries_within(select: exp.Select) -> Iterator[exp.Expr]:
    """Yield the subqueries in the columns, conditions and order of a SELECT."""
    parts: list[exp.Expr] = [*select.expressions]
    parts += [
        argument for key, argument in select.args.items() if isinstance(argument, exp.Expr) and key not in _NOT_WITHIN
    ]
    parts += [join.args["on"] for join in select.args.get("joins") or [] if join.args.get("on")]
    for part in parts:
        for query in part.find_all(exp.Query):
            above = query.parent
            while above is not None and above is not select and not isinstance(above, exp.Query):
                above = above.parent
            if above is select:
                inner = query.unnest()
                if isinstance(inner, exp.Query):
                    yield inner


_NOT_WITHIN = ("from_", "from", "with_", "with")
