"""Decide whether a question would reveal a blocked metric without naming it, from what both are calculated from.

Every metric consists of leaves: what it counts or adds up. A blocked metric with a single leaf is revealed by any
number that is calculated from that leaf, in whole or in part. A blocked metric with several leaves, such as a ratio, is
revealed by the same formula, by one number over exactly the same leaves, or by several numbers that cover all its
leaves. Each question is judged on its own, so an agent can still ask for the parts of a ratio one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, cast

from sqlglot import exp

from semantic.model.definitions import Aggregation, Dataset, Dimension, Form, Measure, Metric
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.lineage import tables_of
from semantic.model.model import Model
from semantic.model.source_columns import source_columns
from semantic.query.filter_parts import parts_of
from semantic.query.names import read_name
from semantic.query.query import DATE, ByMember, Condition, InSegment, Query, SqlCondition

ROWS: Final = "rows"
_DISTINCT: Final = (Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT)


@dataclass(frozen=True, slots=True)
class _Test:
    """One condition on the rows that are counted.

    It includes the names of the columns and dimensions that the condition reads.
    """

    text: str
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What a metric counts or adds up: `counts`, over the rows of `tables` that pass all `tests`.

    A list of all values of the columns in `told_by` also reveals the leaf.
    """

    counts: str
    tables: frozenset[str]
    tests: frozenset[_Test] = frozenset()
    told_by: frozenset[str] = frozenset()


_Leaves = frozenset[_Leaf]


@dataclass(frozen=True, slots=True)
class QuestionParts:
    """What a question asks for.

    This has the names, leaves and formulas of its numbers, the names of its breakdowns and filters, and the columns
    whose values it lists, by table.
    """

    named: frozenset[str]
    formulas: frozenset[str]
    numbers: tuple[_Leaves, ...]
    fields: frozenset[str]
    listed: tuple[tuple[frozenset[str], frozenset[str]], ...]
    each_row: bool


def reveals(asked: QuestionParts, metric: Metric, model: Model) -> bool:
    """Whether a question would reveal a metric of `model`."""
    if metric.name in asked.named or _formula(metric, model) in asked.formulas:
        return True
    leaves = _leaves(metric, model)
    if not leaves:
        return False
    listed = frozenset(leaf for leaf in leaves if _is_listed(leaf, asked))
    if len(leaves) == 1:
        (leaf,) = leaves
        return bool(listed) or any(_covers(mine, leaf, asked) for number in asked.numbers for mine in number)
    parts = [
        frozenset(leaf for leaf in leaves if any(_covers(mine, leaf, asked) for mine in number))
        for number in asked.numbers
    ]
    if any(part == leaves and len(number) <= len(leaves) for part, number in zip(parts, asked.numbers, strict=True)):
        return True
    sources = [part for part in (*parts, listed) if part]
    return len(sources) > 1 and leaves <= {leaf for part in sources for leaf in part}


def _covers(mine: _Leaf, blocked: _Leaf, asked: QuestionParts) -> bool:
    """Whether a question's leaf equals a blocked leaf, is a part of a blocked leaf, or shows it as a separate group."""
    if mine.counts != blocked.counts or mine.tables != blocked.tables:
        return False
    missing = blocked.tests - mine.tests
    if not missing:
        return True
    return mine.tests <= blocked.tests and all(not test.reads.isdisjoint(asked.fields) for test in missing)


def _is_listed(leaf: _Leaf, asked: QuestionParts) -> bool:
    return any(
        not leaf.tables.isdisjoint(tables)
        and ((bool(leaf.told_by) and leaf.told_by <= columns) or (asked.each_row and leaf.counts == ROWS))
        for tables, columns in asked.listed
    )


# What a question asks for


def parts_of_question(query: Query, model: Model, *, subject: str = "") -> QuestionParts:
    """Return the parts of a question that can reveal a metric.

    `model` has the definitions that answer the question, possibly from an earlier version. `subject` is the entity
    whose events an analysis counts, or "" for other questions.
    """
    tests = [*parts_of(query.where)] if query.where is not None else []
    names = dict.fromkeys([*query.metrics, *(condition.metric for condition in query.having)])
    if query.top is not None:
        names[query.top.metric] = None
    names |= dict.fromkeys(_metrics_in(tests))
    found = {name: model.metrics[name] for name in names if name in model.metrics}
    within = {each.name: each for metric in found.values() for each in _within(metric, model)}
    dims = [read_name(breakdown.dim, model).dim for breakdown in query.by if not breakdown.is_time]
    fields = {
        name for dim in [*(each.dim for each in query.by), *_dims_in(tests, model)] for name in _reads(dim, model)
    }
    if query.time is not None or any(breakdown.is_time for breakdown in query.by):
        fields |= {name for metric in within.values() for name in _dates(metric, model)}
    return QuestionParts(
        named=frozenset(names) | frozenset(within),
        formulas=frozenset(_formula(metric, model) for metric in within.values()),
        numbers=tuple(_leaves(metric, model) for metric in found.values()),
        fields=frozenset(fields),
        listed=(*_listed(dims, model), *_subjects(subject, model)),
        each_row=query.each_row,
    )


def _metrics_in(tests: Iterable[Condition | InSegment | SqlCondition | ByMember]) -> Iterator[str]:
    """Yield the metrics that filters use, including nested filters."""
    for test in tests:
        match test:
            case ByMember(metric, where=where):
                yield metric
                yield from _metrics_in(parts_of(where)) if where is not None else ()
            case SqlCondition(condition):
                yield from _compared(condition)
            case _:
                pass


def _compared(condition: Expression | None) -> Iterator[str]:
    """Yield the metrics that a condition over dimensions uses."""
    for call in condition.tree.find_all(exp.Anonymous) if condition is not None else ():
        if call.name.lower() == METRIC_OF and call.expressions:
            yield call.expressions[0].name


def _dims_in(tests: Iterable[Condition | InSegment | SqlCondition | ByMember], model: Model) -> Iterator[str]:
    for test in tests:
        match test:
            case Condition(dim):
                yield dim
            case SqlCondition(condition):
                yield from condition.columns
            case InSegment(name):
                where = model.segments[name].where if name in model.segments else None
                yield from where.columns if where is not None else ()
            case ByMember(where=where):
                yield from _dims_in(parts_of(where), model) if where is not None else ()


def _reads(name: str, model: Model) -> frozenset[str]:
    """Return a dimension's name and the columns it is based on."""
    dim = read_name(name, model).dim
    places = model.dimensions.get(dim, ())
    return frozenset({name, dim, *(column for place in places for column in place.sql.columns)})


def _dates(metric: Metric, model: Model) -> Iterator[str]:
    if metric.is_simple:
        measure = model.measure(metric.measure)
        yield DATE
        if measure.time:
            yield from _reads(measure.time, model)


def _listed(dims: Iterable[str], model: Model) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yield the columns whose values a question lists, with the tables of each dataset."""
    found: dict[str, set[str]] = {}
    for place in (place for dim in dims for place in model.dimensions.get(dim, ())):
        found.setdefault(place.dataset, set()).update(_columns(place.sql, model.datasets[place.dataset]))
    for dataset, columns in found.items():
        yield _tables(model.datasets[dataset]), frozenset(columns)


def _subjects(subject: str, model: Model) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    for dataset in model.datasets.values() if subject else ():
        for entity in dataset.entities:
            if subject in (entity.name, entity.entity):
                yield _tables(dataset), frozenset(_column(name, dataset) for name in entity.columns)


# What a metric is calculated from


def _within(metric: Metric, model: Model) -> list[Metric]:
    """Return a metric, the metrics it's calculated from, and those that its conditions use."""
    found, waiting = dict[str, Metric](), [metric]
    while waiting:
        current = waiting.pop()
        if current.name in found:
            continue
        found[current.name] = current
        tests = (current.where, *(use.where for use in current.uses))
        names = (*current.inputs, *(name for test in tests for name in _compared(test)))
        waiting += [model.metrics[name] for name in names if name in model.metrics]
    return list(found.values())


def _leaves(metric: Metric, model: Model) -> _Leaves:
    key = ("leaves", metric.name)
    if key not in model.memo:
        model.memo[key] = frozenset(_find_leaves(metric, frozenset(), model))
    return cast(_Leaves, model.memo[key])  # only this function writes under such a key


def _find_leaves(metric: Metric, tests: frozenset[_Test], model: Model) -> Iterator[_Leaf]:
    tests |= _over_dimensions(metric.where, model)
    if metric.is_simple:
        measure = model.measure(metric.measure)
        dataset = model.datasets[measure.dataset]
        yield from _of_measure(measure, dataset, tests | _over_columns(metric.filter, dataset) | _of_view(dataset))
        return
    uses = {use.metric: use for use in metric.uses}
    for name in metric.inputs:
        if name in model.metrics:
            own = _over_dimensions(uses[name].where, model) if name in uses else frozenset[_Test]()
            yield from _find_leaves(model.metrics[name], tests | own, model)


def _of_measure(measure: Measure, dataset: Dataset, tests: frozenset[_Test]) -> Iterator[_Leaf]:
    """Yield a measure's leaves. An average is a sum and a count, and a count of flags is a count of rows."""
    tables, tree = _tables(dataset), measure.sql.tree if measure.sql is not None else None
    grain = frozenset(_column(name, dataset) for name in dataset.grain)
    rows = _Leaf(ROWS, tables, tests, grain)
    columns = _columns(measure.sql, dataset)
    is_key = bool(columns) and columns == grain and isinstance(tree, exp.Column)
    text = _text(tree, dataset)
    match measure.agg:
        case Aggregation.COUNT if tree is None or is_key or isinstance(tree, exp.Literal):
            yield rows
        case Aggregation.COUNT_DISTINCT | Aggregation.APPROX_COUNT_DISTINCT if is_key:
            yield rows
        case Aggregation.SUM_BOOLEAN if tree is not None:
            yield _Leaf(ROWS, tables, tests | _tests(tree, dataset), grain)
        case Aggregation.SUM if tree is not None:
            value, own = _only_if(tree, dataset)
            counts = ROWS if value.sql() == "1" else f"sum of {_text(value, dataset)}"
            yield _Leaf(counts, tables, tests | own, grain if counts == ROWS else columns)
        case Aggregation.AVG:
            yield _Leaf(f"sum of {text}", tables, tests, columns)
            yield _Leaf(f"count of {text}", tables, tests, columns)
        case _:
            how = "distinct" if measure.agg in _DISTINCT else measure.agg.value
            at = f" at {measure.percentile}" if measure.agg is Aggregation.PERCENTILE else ""
            yield _Leaf(f"{how} of {text}{at}", tables, tests, columns)


def _only_if(tree: exp.Expr, dataset: Dataset) -> tuple[exp.Expr, frozenset[_Test]]:
    """Return the value and the condition of a CASE with one condition that is otherwise null or 0.

    Any other expression is returned without a condition.
    """
    if isinstance(tree, exp.Case) and tree.this is None and len(tree.args["ifs"]) == 1:
        other = tree.args.get("default")
        if other is None or isinstance(other, exp.Null) or other.sql() == "0":
            (case,) = tree.args["ifs"]
            return case.args["true"], _tests(case.this, dataset)
    return tree, frozenset()


def _over_columns(condition: Expression | None, dataset: Dataset) -> frozenset[_Test]:
    return _tests(condition.tree, dataset) if condition is not None else frozenset()


def _over_dimensions(condition: Expression | None, model: Model) -> frozenset[_Test]:
    """Return a condition over dimensions as tests. A dimension that is a plain column is replaced by that column."""
    if condition is None:
        return frozenset()
    found = set[_Test]()
    for part in _conjuncts(condition.tree):
        read = {column.name for column in part.find_all(exp.Column)}
        places = {name: _only_place(name, model) for name in read}
        text = _spelled(part, {name: _place_text(place, model) for name, place in places.items() if place is not None})
        found.add(_Test(text, frozenset(name for each in read for name in _reads(each, model))))
    return frozenset(found)


def _only_place(name: str, model: Model) -> Dimension | None:
    places = model.dimensions.get(read_name(name, model).dim, ())
    return places[0] if len(places) == 1 and isinstance(places[0].sql.tree, exp.Column) else None


def _place_text(place: Dimension, model: Model) -> str:
    return _column(place.sql.tree.name, model.datasets[place.dataset])


def _of_view(dataset: Dataset) -> frozenset[_Test]:
    """Return the rows that a dataset's own SQL selects as one test. Empty for a dataset over a table."""
    if dataset.query is None:
        return frozenset()
    wheres = dataset.query.tree.find_all(exp.Where)
    return frozenset(
        {_Test(dataset.query.text, frozenset(each.name for where in wheres for each in where.find_all(exp.Column)))}
    )


def _tests(tree: exp.Expr, dataset: Dataset) -> frozenset[_Test]:
    return frozenset(
        _Test(_text(part, dataset), frozenset(column.name for column in part.find_all(exp.Column)))
        for part in _conjuncts(tree)
    )


def _conjuncts(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions that must all be true, without parentheses."""
    tree = tree.unnest()
    if isinstance(tree, exp.And):
        for part in (tree.left, tree.right):
            yield from _conjuncts(part)
    else:
        yield tree


def _text(tree: exp.Expr | None, dataset: Dataset) -> str:
    names = {column.name for column in tree.find_all(exp.Column)} if tree is not None else set[str]()
    return _spelled(tree, {name: _column(name, dataset) for name in names})


def _spelled(tree: exp.Expr | None, names: dict[str, str]) -> str:
    """Return an expression as text, with its columns renamed as in `names`.

    Equivalent forms give the same text: an IN with one value becomes an equation, and an equation begins with its
    column.
    """
    if tree is None:
        return ""
    tree = tree.copy().unnest()
    if isinstance(tree, exp.In) and len(tree.expressions) == 1:
        tree = exp.EQ(this=tree.this, expression=tree.expressions[0])
    if isinstance(tree, exp.EQ) and isinstance(tree.right, exp.Column) and not isinstance(tree.left, exp.Column):
        tree = exp.EQ(this=tree.right, expression=tree.left)

    def named(node: exp.Expr) -> exp.Expr:
        return exp.column(names.get(node.name, node.name)) if isinstance(node, exp.Column) else node

    return tree.transform(named).sql(dialect="duckdb")


def _columns(expression: Expression | None, dataset: Dataset) -> frozenset[str]:
    return frozenset(_column(name, dataset) for name in expression.columns) if expression is not None else frozenset()


def _column(name: str, dataset: Dataset) -> str:
    """Return a column as `table.column` if it is read from exactly one column of a table, or else its own name."""
    sources = source_columns(dataset, name)
    return ".".join(sources[0]) if len(sources) == 1 else name


def _tables(dataset: Dataset) -> frozenset[str]:
    return frozenset(f"{dataset.connection}:{table}" for table in tables_of(dataset))


def _formula(metric: Metric, model: Model) -> str:
    """Return a text that is the same for all metrics with the same definition.

    The names of the metrics don't matter.
    """
    key = ("formula of what it counts", metric.name)
    if key not in model.memo:
        model.memo[key] = _find_formula(metric, model)
    return cast(str, model.memo[key])  # only this function writes under such a key


def _find_formula(metric: Metric, model: Model) -> str:
    where = sorted(test.text for test in _over_dimensions(metric.where, model))
    if metric.is_simple:
        told = sorted((leaf.counts, *sorted(leaf.tables), *sorted(test.text for test in leaf.tests))
                      for leaf in _leaves(metric, model))  # fmt: skip
        return repr(told)
    inputs = [_formula(model.metrics[name], model) if name in model.metrics else name for name in metric.inputs]
    uses = {use.name: use for use in metric.uses}
    if metric.form is Form.DERIVED and metric.expression is not None:
        parts = {
            use.name: repr((_formula(model.metrics[use.metric], model), use.where, use.offset, use.offset_to))
            for use in uses.values()
            if use.metric in model.metrics
        }
        return repr((_spelled(metric.expression.tree, parts), where))
    others = [(use.where, use.offset, use.offset_to) for use in metric.uses]
    return repr((metric.form.value, inputs, others, metric.cumulative, metric.conversion, where))
