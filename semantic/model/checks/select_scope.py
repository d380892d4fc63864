"""Analyze one SELECT of a dataset's `sql:`: its sources, its equal columns, and the origins of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sqlglot import exp

from semantic.model.checks.rule_tests import conjuncts, table_name

Place = tuple[str, str]
"""The name of a source within one SELECT and the name of its column, or "" if no single column is meant."""


@dataclass(frozen=True, slots=True)
class Named:
    """A query in a WITH clause, with the queries that it can read."""

    query: exp.Expr
    queries: Queries


Queries = Mapping[str, Named]
NO_QUERIES: Queries = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Source:
    """One table or query that a SELECT reads. `is_optional` is true after a LEFT JOIN."""

    name: str
    query: exp.Expr | None = None  # or None for a table
    table: str = ""
    is_optional: bool = False
    queries: Queries = field(default_factory=lambda: NO_QUERIES)  # that the query may read

    @property
    def label(self) -> str:
        return self.table or f"the query {self.name!r}"


@dataclass
class Scope:
    """The sources of a SELECT, and the columns that are equal in it."""

    sources: dict[str, Source] = field(default_factory=dict)
    equal: dict[Place, set[Place]] = field(default_factory=dict)  # maps a column to the columns that equal it
    queries: Queries = field(default_factory=lambda: NO_QUERIES)
    shared: dict[str, str] = field(default_factory=dict)  # columns in USING, with their first source
    unread: str = ""  # what can't be analyzed

    def place(self, column: exp.Column) -> Place | None:
        """Return the source and column that a name refers to, or None if that's ambiguous."""
        name = column.table.lower() or self.shared.get(column.name.lower(), "")
        if not name and len(self.sources) == 1:
            name = next(iter(self.sources))
        return (name, column.name.lower()) if name in self.sources else None

    def same(self, place: Place) -> set[Place]:
        """Return a column and all columns with the same value in every row where this column has one."""
        places, waiting = {place}, [place]
        while waiting:
            for other in self.equal.get(waiting.pop(), ()):
                if other not in places:
                    places.add(other)
                    waiting.append(other)
        return places


def read_scope(select: exp.Select, queries: Queries, outer: Scope | None = None) -> Scope:
    """Return the scope of a SELECT. A subquery in an expression also sees `outer`.

    The scope's `unread` lists the parts that can't be analyzed.
    """
    scope = Scope(queries=queries)
    if outer is not None:
        scope.sources |= outer.sources
        scope.equal = {place: set(others) for place, others in outer.equal.items()}
    begin = select.args.get("from_") or select.args.get("from")
    joins: list[exp.Join] = select.args.get("joins") or []
    if select.args.get("laterals") or select.args.get("pivots"):
        return replace(scope, unread="has LATERAL or PIVOT")
    if begin is None:
        return scope
    conditions: list[tuple[exp.Expr, str]] = []
    for part, join in [(begin.this, None), *((each_join.this, each_join) for each_join in joins)]:
        source = _source(part, queries, join)
        if source is not None and outer is not None and source.name in outer.sources:
            return replace(
                scope, unread=f"reads {source.label} in a subquery without it"
            )  # the outer source has no name here
        if source is None or source.name in scope.sources:
            return replace(scope, unread=f"has {_spelled(join, part)}, which can't be followed")
        scope.sources[source.name] = source
        if join is not None:
            if (using := join.args.get("using")) and len(scope.sources) == 2:
                first = next(iter(scope.sources))
                for column in using:
                    scope.shared[column.name.lower()] = first
                    left, right = (first, column.name.lower()), (source.name, column.name.lower())
                    _equate(scope, left, right, source.name if source.is_optional else "")
            if on := join.args.get("on"):
                conditions.append((on, source.name if source.is_optional else ""))
    if where := select.args.get("where"):
        conditions.append((where.this, ""))
    for condition, optional in conditions:
        for conjunct in conjuncts(condition):
            if (
                isinstance(conjunct, exp.EQ)
                and isinstance(conjunct.left, exp.Column)
                and isinstance(conjunct.right, exp.Column)
            ):
                left, right = scope.place(conjunct.left), scope.place(conjunct.right)
                if left and right:
                    _equate(scope, left, right, optional)
            elif isinstance(conjunct, exp.EQ):
                _computed_key(conjunct, scope, optional)
    return scope


def _equate(scope: Scope, left: Place, right: Place, optional: str) -> None:
    """Record that two columns are equal.

    After a LEFT JOIN, they're equal only in rows with a match in the `optional` source.
    """
    if optional in ("", left[0]):
        scope.equal.setdefault(left, set()).add(right)
    if optional in ("", right[0]):
        scope.equal.setdefault(right, set()).add(left)


def _computed_key(equality: exp.EQ, scope: Scope, optional: str) -> None:
    """Record a column that equals an expression over one other source, as in `n.month = DATE_TRUNC('month', b.day)`."""
    for mine, other in ((equality.left, equality.right), (equality.right, equality.left)):
        place = scope.place(mine) if isinstance(mine, exp.Column) else None
        read = [scope.place(one) for one in other.find_all(exp.Column)]
        sources = {name[0] for name in read if name is not None}
        if None in read:
            continue
        if place and len(sources) == 1 and place[0] not in sources and optional in ("", place[0]):
            scope.equal.setdefault(place, set()).add((next(iter(sources)), ""))  # no single column of that source


def _source(part: exp.Expr, queries: Queries, join: exp.Join | None) -> Source | None:
    words = _join_words(join) if join is not None else frozenset[str]()
    alias = part.args.get("alias")
    if words - {"INNER", "CROSS", "OUTER", "LEFT"} or (isinstance(alias, exp.Expr) and alias.args.get("columns")):
        return None
    if any(part.args.get(arg) for arg in ("joins", "pivots", "sample")):
        return None
    is_optional = "LEFT" in words
    match part:
        case exp.Table():
            named = queries.get(table_of(part))
            if named is None:
                return Source(part.alias_or_name.lower(), None, table_of(part), is_optional)
            return Source(part.alias_or_name.lower(), named.query, "", is_optional, named.queries)
        case exp.Subquery() if part.alias and not cut_of(part):
            return Source(part.alias.lower(), part.this, "", is_optional, queries)
        case _:
            return None


def _join_words(join: exp.Join) -> frozenset[str]:
    return frozenset(str(join.args[arg]).upper() for arg in ("method", "side", "kind") if join.args.get(arg))


def _spelled(join: exp.Join | None, part: exp.Expr) -> str:
    words = sorted(_join_words(join) - {"LEFT", "INNER", "CROSS", "OUTER"}) if join is not None else []
    return " ".join([*words, "JOIN"]) if words else f"{part.key.upper()} in FROM"


def table_of(table: exp.Table) -> str:
    return table_name(".".join(part.name for part in table.parts))


def queries_of(query: exp.Expr, outer: Queries) -> Queries | None:
    """Return the queries that a query can read by name, or None if one of them can't be analyzed."""
    queries = dict(outer)
    clause = query.args.get("with_") or query.args.get("with")
    if clause is None:
        return queries
    if clause.args.get("recursive"):
        return None
    for cte in clause.expressions:
        if cte.args["alias"].args.get("columns"):
            return None  # its columns are renamed outside
        queries[cte.alias.lower()] = Named(cte.this, dict(queries))
    return queries


def cut_of(query: exp.Expr) -> str:
    """Return the clause that limits which rows a query returns, such as LIMIT, or "" if there is none."""
    for key in ("limit", "offset", "fetch", "sample", "connect", "match"):
        if query.args.get(key):
            return f"has {key.upper()}"
    return ""


def output_names(query: exp.Expr) -> list[str] | None:
    """Return the names of a query's columns, or None if it selects `*` or has two columns with the same name."""
    inner = query
    while isinstance(inner, (exp.Subquery, exp.SetOperation)):
        inner = inner.this
    if not isinstance(inner, exp.Select) or any(expression.is_star for expression in inner.expressions):
        return None
    names = [expression.alias_or_name.lower() for expression in inner.expressions]
    alias_or_alias_or_names = [name for name in names if name]
    return names if len(set(alias_or_alias_or_names)) == len(alias_or_alias_or_names) else None


def output_of(select: exp.Select, name: str, scope: Scope) -> exp.Expr | None:
    """Return the expression behind a query's column, or None if the name is ambiguous or the expression unknown."""
    if any(expression.find(exp.Columns, exp.Unnest, exp.Explode) for expression in select.expressions):
        return None  # these can make several columns
    stars = [expression for expression in select.expressions if expression.is_star]
    named = [
        expression
        for expression in select.expressions
        if expression.alias_or_name.lower() == name and not expression.is_star
    ]
    if named:
        return None if stars or len(named) > 1 else named[0].unalias()
    if len(stars) != 1 or not all(
        expression.is_star or isinstance(expression, (exp.Alias, exp.Column)) for expression in select.expressions
    ):
        return None
    star = stars[0].find(exp.Star)
    qualified = stars[0].table if isinstance(stars[0], exp.Column) else ""
    if star is None or any(star.args.values()) or not (qualified or len(scope.sources) == 1):
        return None
    return exp.column(name, table=qualified or next(iter(scope.sources)))


def origins(query: exp.Expr, name: str, outer: Queries) -> set[Place]:
    """Return the tables and columns that a query's column comes from.

    If the column can't be traced, return all tables of the query, each with "" as its column.
    """
    queries = queries_of(query, outer)
    unclear = {(table_of(table), "") for table in query.find_all(exp.Table)}
    if queries is None:
        return unclear
    match query:
        case exp.Subquery():
            return origins(query.this, name, queries)
        case exp.SetOperation():
            names, others = output_names(query), output_names(query.expression)
            if names is None or others is None or name not in names or len(names) != len(others):
                return unclear
            return origins(query.this, name, queries) | origins(query.expression, others[names.index(name)], queries)
        case exp.Select():
            scope = read_scope(query, queries)
            output = output_of(query, name, scope)
            if scope.unread or output is None or output.find(exp.Query) is not None:
                return unclear
            found_origins: set[Place] = set()
            for column in output.find_all(exp.Column):
                place = scope.place(column)
                if place is None:
                    return unclear
                source = scope.sources[place[0]]
                if source.query is None:
                    found_origins.add((source.table, place[1]))
                else:
                    found_origins |= origins(source.query, place[1], source.queries)
            return found_origins
        case _:
            return unclear


UNCLEAR = "?"
"""The qualifier that `with_unclear_names` adds to ambiguous names. No source has this name."""


@dataclass(frozen=True, slots=True)
class _Use:
    """A column name in a SELECT, and that SELECT."""

    column: exp.Column
    sources: Mapping[str, exp.Expr]
    queries: Queries
    aliases: frozenset[str]  # of computed or renamed columns of the same SELECT
    is_nested: bool  # in a query that can read columns of the one around it
    outer: frozenset[str]  # sources of the queries around it


def with_unclear_names(tree: exp.Expr, declared: Mapping[str, frozenset[str]]) -> exp.Expr:
    """Return a view's SQL with a mark on each name that depends on columns the model doesn't declare.

    An engine looks for `market` in a subquery's own tables first, then in the tables around it. The name can also be
    another column of the same SELECT.
    """
    tree = tree.copy()
    uses = list(_uses(tree, NO_QUERIES, False, frozenset()))
    columns = {table: set(names) for table, names in declared.items()}
    for use in uses:
        qualifier = use.column.table.lower()
        source = use.sources.get(qualifier)
        if not isinstance(source, exp.Table) or table_of(source) in use.queries or qualifier in use.outer:
            continue
        columns.setdefault(table_of(source), set()).add(use.column.name.lower())  # nothing else has that qualifier
    for use in uses:
        if _is_unclear(use, columns):
            use.column.set("table", exp.to_identifier(UNCLEAR))
    return tree


def _is_unclear(use: _Use, columns: Mapping[str, set[str]]) -> bool:
    name, qualifier = use.column.name.lower(), use.column.table.lower()
    if qualifier:
        source = use.sources.get(qualifier) if qualifier in use.outer else None
        return source is not None and name not in _columns_in(source, use.queries, columns)
    if name in use.aliases:
        return True
    return use.is_nested and not any(
        name in _columns_in(source, use.queries, columns) for source in use.sources.values()
    )


def _uses(query: exp.Expr, around: Queries, is_nested: bool, outer: frozenset[str]) -> Iterator[_Use]:
    queries = queries_of(query, around)
    if queries is None:
        return  # refused where it is read
    sources: dict[str, exp.Expr] = {}
    aliases: set[str] = set()
    is_select = isinstance(query, exp.Select)
    if is_select:
        sources = {expression.alias_or_name.lower(): expression for expression in _parts(query)}
        for expression in query.expressions:
            made = expression.unalias()
            if isinstance(expression, exp.Alias) and not (
                isinstance(made, exp.Column) and made.name.lower() == expression.alias.lower()
            ):
                aliases.add(expression.alias.lower())
    for node in query.walk(prune=lambda inner_node: inner_node is not query and isinstance(inner_node, exp.Query)):
        if isinstance(node, exp.Column) and is_select and not isinstance(node.this, exp.Star):
            yield _Use(node, sources, queries, frozenset(aliases), is_nested, outer)
        elif isinstance(node, exp.Query) and node is not query:
            named = queries.get(node.parent.alias.lower()) if isinstance(node.parent, exp.CTE) else None
            inner = named.queries if named is not None and named.query is node else queries
            yield from _uses(node, inner, is_nested or is_select, outer | sources.keys())


def _parts(select: exp.Select) -> list[exp.Expr]:
    begin = select.args.get("from_") or select.args.get("from")
    joins: list[exp.Join] = select.args.get("joins") or []
    return [source.this for source in (begin, *joins) if source is not None]


def _columns_in(source: exp.Expr, queries: Queries, columns: Mapping[str, set[str]]) -> set[str]:
    """Return the columns that a source is known to have."""
    alias = source.args.get("alias")
    if isinstance(alias, exp.Expr) and alias.args.get("columns"):
        return set()
    if isinstance(source, exp.Table):
        named = queries.get(table_of(source))
        if named is None:
            return columns.get(table_of(source), set())
        source, queries = named.query, named.queries
    while isinstance(source, (exp.Subquery, exp.SetOperation)):
        queries = queries_of(source, queries) or NO_QUERIES
        source = source.this
    inner = queries_of(source, queries)
    if not isinstance(source, exp.Select) or inner is None:
        return set()
    texts: set[str] = set()
    for expression in source.expressions:
        star = expression.find(exp.Star)
        if not expression.is_star:
            texts |= {expression.alias_or_name.lower()} if isinstance(expression, (exp.Alias, exp.Column)) else set()
        elif star is not None and not any(star.args.values()):
            of = expression.table.lower() if isinstance(expression, exp.Column) else ""
            for part in _parts(source):
                if of in ("", part.alias_or_name.lower()):
                    texts |= _columns_in(part, inner, columns)
    return texts
