"""Find out whether an actor sees every row of a metric, or of one member.

A number that is stored separately from the data, such as a target, reveals something about rows, so only people who see
all of these rows can see the number. If the row rules alone don't settle this, the answer is no.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from semantic.model.definitions import Dataset, Metric
from semantic.model.expression import METRIC_OF
from semantic.model.join_graph import JoinPath
from semantic.model.model import Model
from semantic.model.policies import RowRule
from semantic.policy.actor import Attribute
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.policy.rows import rules_on

Member = str | int | bool | None
"""A value of a dimension. None is an empty value."""


def sees_everything(seen: VisibleModel, metric: Metric) -> bool:
    """Return whether no row rule restricts a metric for the actor."""
    if seen.rules and reads_other_numbers(metric, seen.model):
        return False
    return seen.shows_metric(metric) and all(
        seen.shows_fact(fact.name) and not rules_on(fact, seen) for fact in _facts(metric, seen.model)
    )


def sees_member(seen: VisibleModel, metric: Metric, dimension: str, member: Member) -> bool:
    """Return whether the actor sees a metric and every row of one member, identified by its own name.

    It's false for a dimension that is hidden or masked, and if the rules read anything other than the member.
    """
    if not seen.shows_metric(metric) or not seen.places(dimension) or seen.mask(dimension) is not None:
        return False
    if seen.rules and reads_other_numbers(metric, seen.model):
        return False
    for fact in _facts(metric, seen.model):
        if not seen.shows_fact(fact.name) or not _has(fact, dimension, seen):
            return False
        for rule, path in rules_on(fact, seen):
            if not _includes_member(rule, path, fact, dimension, member, seen):
                return False
    return True


def reads_other_numbers(metric: Metric, model: Model) -> bool:
    """Return whether a metric filters rows by the value of another metric, which row rules also affect."""
    waiting, known = [metric], set[str]()
    while waiting:
        current = waiting.pop()
        known.add(current.name)
        read = [
            condition for condition in (current.where, *(use.where for use in current.uses)) if condition is not None
        ]
        if any(METRIC_OF in condition.text.lower() for condition in read):
            return True
        waiting += [model.metrics[name] for name in current.inputs if name not in known]
    return False


def _facts(metric: Metric, model: Model) -> list[Dataset]:
    return [model.datasets[name] for name in dict.fromkeys(measure.dataset for measure in measures_of(metric, model))]


def _has(fact: Dataset, dimension: str, seen: VisibleModel) -> bool:
    """Return whether a fact has or joins the dimension in a dataset where the actor can use it."""
    reached = seen.model.joins.paths(fact.name)
    return any(place.dataset in reached for place in seen.places(dimension))


def _includes_member(
    rule: RowRule, path: JoinPath, fact: Dataset, dimension: str, member: Member, seen: VisibleModel
) -> bool:
    """Return whether a rule includes every row of the member."""
    column = _column_of(rule, path, fact, dimension, seen.model)
    if column is None or any(name != column for name in rule.where.columns):
        return False
    if not all(seen.actor.attributes.get(name) for name in rule.where.placeholders):
        return False  # a rule with a missing attribute matches no row (decision 37)
    return _holds(rule.where.tree, column, member, seen.actor.attributes) is True


def _column_of(rule: RowRule, path: JoinPath, fact: Dataset, dimension: str, model: Model) -> str | None:
    """Return the column of a rule's dataset that contains the member's value, or None if that isn't clear."""
    own = _plain_column(fact, dimension)
    if not path:
        return own
    if any(not hop.needs_key_alone for hop in path) or len(model.joins.paths(fact.name)[rule.dataset]) > 1:
        return None
    if own is not None and len(path) == 1 and path[0].columns == (own,):
        return path[0].target_columns[0]
    places = [
        each_dimension.dataset
        for each_dimension in model.dimensions[dimension]
        if each_dimension.dataset in model.joins.paths(fact.name)
    ]
    return _plain_column(model.datasets[rule.dataset], dimension) if places == [rule.dataset] else None


def _plain_column(dataset: Dataset, dimension: str) -> str | None:
    """Return the column of a dimension, or None if the dimension is an expression."""
    found_dimension = dataset.dimensions.get(dimension)
    if found_dimension is None or not isinstance(found_dimension.sql.tree, exp.Column):
        return None
    return found_dimension.sql.tree.name


def members_seen(seen: VisibleModel, metric: Metric) -> tuple[str, tuple[str, ...]] | None:
    """Return the dimension and members that row rules limit a metric to, or None if they don't list members.

    Rules that list the markets DE and FR affect a number like a filter on these markets.
    """
    bound = [(rule, path, fact) for fact in _facts(metric, seen.model) for rule, path in rules_on(fact, seen)]
    if not bound or any(not rules_on(fact, seen) for fact in _facts(metric, seen.model)):
        return None
    for dimension in seen.model.datasets[bound[0][2].name].dimensions:
        listed = {_listed(rule, path, fact, dimension, seen) for rule, path, fact in bound}
        members = listed.pop() if len(listed) == 1 else None
        if members and all(sees_member(seen, metric, dimension, member) for member in members):
            return dimension, members
    return None


def _listed(rule: RowRule, path: JoinPath, fact: Dataset, dimension: str, seen: VisibleModel) -> tuple[str, ...] | None:
    """Return the text values that a rule lists for a dimension, or None for any other rule."""
    column, tree = _column_of(rule, path, fact, dimension, seen.model), rule.where.tree
    if column is None or not isinstance(tree, exp.In) or not isinstance(tree.this, exp.Column):
        return None
    if tree.this.name != column or rule.unmatched == "visible":
        return None
    texts: set[str] = set()
    for expression in tree.expressions:
        if isinstance(expression, exp.Placeholder):
            attribute = seen.actor.attributes.get(expression.name, ())
            texts |= {attribute} if isinstance(attribute, str) else set(attribute)
        elif isinstance(expression, exp.Literal) and expression.is_string:
            texts.add(expression.name)
        else:
            return None
    return tuple(sorted(texts))


# What a rule says about one value: yes, no, or None if undetermined


def _holds(tree: exp.Expr, column: str, member: Member, attributes: Mapping[str, Attribute]) -> bool | None:
    def of(expression: exp.Expr) -> bool | None:
        return _holds(expression, column, member, attributes)

    match tree:
        case exp.Paren(this=inner):
            return of(inner)
        case exp.Not(this=inner):
            answer = of(inner)
            return None if answer is None else not answer
        case exp.And(this=left, expression=right):
            both = (of(left), of(right))
            return False if False in both else None if None in both else True
        case exp.Or(this=left, expression=right):
            both = (of(left), of(right))
            return True if True in both else None if None in both else False
        case exp.Boolean():
            return bool(tree.this)
        case exp.Is(this=exp.Column(), expression=exp.Null()):
            return member is None
        case exp.In(this=exp.Column()) if member is not None and not tree.args.get("query"):
            return _is_one_of(tree.expressions, member, attributes)
        case exp.EQ(this=exp.Column(), expression=other) | exp.EQ(this=other, expression=exp.Column()):
            return None if member is None else _is_one_of([other], member, attributes, alone=True)
        case exp.NEQ(this=exp.Column(), expression=other) | exp.NEQ(this=other, expression=exp.Column()):
            answer = None if member is None else _is_one_of([other], member, attributes, alone=True)
            return None if answer is None else not answer
        case _:
            return None


def _is_one_of(
    values: list[exp.Expr], member: Member, attributes: Mapping[str, Attribute], *, alone: bool = False
) -> bool | None:
    """Return whether a member is one of these values, or None if only the engine can compare them."""
    if not isinstance(member, str):
        return None
    known: list[str] = []
    for expression in values:
        if isinstance(expression, exp.Placeholder):
            attribute = attributes.get(expression.name, ())
            texts = (attribute,) if isinstance(attribute, str) else attribute
            if alone and len(texts) != 1:  # several compared with one: no row matches, whatever surrounds it
                return None
            known += texts
        elif isinstance(expression, exp.Literal) and expression.is_string:
            known.append(expression.name)
        else:
            return None
    return member in known
