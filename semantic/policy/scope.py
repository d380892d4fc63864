"""Describe which rows an actor's row rules include, as the scope shown with an answer: "Germany, Austria".

Values come from rules that list them: `market IN (:markets)`, `market = 'DE'`, or several of these joined by AND. Any
other rule is described by the name of its policy. A value that is written in a rule only appears if the actor can see
its dimension. The values of the actor's own attributes always appear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.model.checks.rule_tests import conjuncts
from semantic.model.policies import RowRule
from semantic.policy.actor import Attribute

MOST_APART = 3  # the most datasets with different rows that are named
NONE = "(none)"


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column that an actor sees through a dimension, with the labels of the dimension and of its members."""

    label: str
    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BindingRule:
    """A row rule that applies to an actor. `dimensions` are those of its dataset that the actor sees, by column."""

    rule: RowRule
    policy: str  # its label
    dimensions: Mapping[str, SeenColumn]


@dataclass(frozen=True, slots=True)
class _Limit:
    """A column limited to some values. `members` are the labels of these values.

    `label` is empty if the actor can't see the column's dimension.
    """

    column: str
    label: str
    values: tuple[str, ...]
    members: Mapping[str, str]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.members.get(value, value) for value in self.values)


@dataclass(frozen=True, slots=True)
class _Statement:
    """All rules on one dataset combined. `nothing` says why no row is left, or is "" if there can be rows."""

    limits: tuple[_Limit, ...] = ()
    policies: tuple[str, ...] = ()  # labels of policies whose rules aren't lists of values
    nothing: str = ""


def describe_scope(datasets: Sequence[tuple[str, Sequence[BindingRule]]], attributes: Mapping[str, Attribute]) -> str:
    """Return which rows of all `datasets` an actor can see, in words, or "" if no rule applies.

    `datasets` are pairs of a label and the rules that apply. If all have the same description, it's given once.
    Otherwise the most common one comes first, and the others follow in brackets.
    """
    statements = [(label, _statement(rules, attributes)) for label, rules in datasets if rules]
    if not statements:
        return ""
    columns = {
        limit.column for _, statement in statements for limit in statement.limits if not _is_repeated(limit, statement)
    }
    by_codes: dict[str, list[str]] = {}
    named: dict[str, str] = {}  # with the labels of members, which only one of several datasets may have
    for label, statement in statements:
        codes, words = _words(statement, with_columns=len(columns) > 1)
        by_codes.setdefault(codes, []).append(label)
        if named.get(codes, codes) == codes:
            named[codes] = words
    main = max(by_codes, key=lambda codes: len(by_codes[codes]))
    apart = [f"{', '.join(labels)}: {named[codes]}" for codes, labels in by_codes.items() if codes != main]
    if len(apart) > MOST_APART:
        apart = [*apart[:MOST_APART], "other tables differ"]
    return f"{named[main]} ({'; '.join(apart)})" if apart else named[main]


def _statement(rules: Sequence[BindingRule], attributes: Mapping[str, Attribute]) -> _Statement:
    limits: dict[tuple[str, str], _Limit] = {}  # columns of the same name in two datasets are different columns
    policies: dict[str, None] = {}
    nothing: dict[str, None] = {}
    for rule in rules:
        found_limits, why = _read(rule, attributes)
        if why:
            nothing[why] = None
        if found_limits is None:
            policies[rule.policy] = None
            continue
        for limit in found_limits:
            place = (rule.rule.dataset, limit.column)
            before = limits[place].values if place in limits else limit.values
            limits[place] = replace(limit, values=tuple(value for value in before if value in limit.values))
    if not nothing and any(not limit.values for limit in limits.values()):
        nothing["no value passes every rule"] = None
    return _Statement(tuple(limits.values()), tuple(policies), ", ".join(nothing))


def _is_repeated(limit: _Limit, statement: _Statement) -> bool:
    """Return whether a column without a dimension only repeats the values of a column that has one."""
    return not limit.label and any(
        statement_limit.label and statement_limit.values == limit.values for statement_limit in statement.limits
    )


def _words(statement: _Statement, *, with_columns: bool) -> tuple[str, str]:
    """Return a statement in words twice: with members' codes, and with their labels."""
    if statement.nothing:
        nothing = f"nothing: {statement.nothing}"
        return nothing, nothing

    def joined(texts: Sequence[tuple[str, ...]]) -> str:
        parts = [
            f"{limit.label} {', '.join(values)}" if with_columns and limit.label else ", ".join(values)
            for limit, values in zip(statement.limits, texts, strict=True)
        ]
        if statement.policies:
            parts.append(f"rows limited by {' and '.join(statement.policies)}")
        return " and ".join(dict.fromkeys(parts))

    return joined([limit.values for limit in statement.limits]), joined([limit.labels for limit in statement.limits])


def _read(binding_rule: BindingRule, attributes: Mapping[str, Attribute]) -> tuple[list[_Limit] | None, str]:
    """Return the limits that a rule sets, and why no row passes it, or "".

    The limits are None if the rule isn't only lists of values. With a missing attribute, no row passes, whatever else
    the rule says (decision 37).
    """
    for name in binding_rule.rule.where.placeholders:
        if not attributes.get(name):
            reason = f"you have no {name}"
            return ([], reason) if binding_rule.rule.unmatched == "hidden" else (None, "")
    limits: list[_Limit] = []
    for test in conjuncts(binding_rule.rule.where.tree):
        limit = _limit(test, binding_rule.dimensions, attributes)
        if isinstance(limit, str):
            return [], limit
        if limit is None:
            return None, ""
        limits.append(limit)
    if binding_rule.rule.unmatched == "visible":  # rows that refer to this dataset without a match pass too
        return ([replace(limits[0], values=(*limits[0].values, NONE))], "") if len(limits) == 1 else (None, "")
    return limits, ""


def _limit(
    tree: exp.Expr, dimensions: Mapping[str, SeenColumn], attributes: Mapping[str, Attribute]
) -> _Limit | str | None:
    """Return the values that a test includes, why it includes none, or None for any other kind of test."""
    match tree:
        case exp.Paren(this=inner):
            return _limit(inner, dimensions, attributes)
        case (
            exp.Or(this=exp.Is(this=exp.Column() as empty, expression=exp.Null()), expression=other)
            | exp.Or(this=other, expression=exp.Is(this=exp.Column() as empty, expression=exp.Null()))
        ):
            limit = _limit(other, dimensions, attributes)
            if not isinstance(limit, _Limit) or limit.column != empty.name or limit.column not in dimensions:
                return None
            return replace(limit, values=(*limit.values, NONE))
        case exp.In(this=exp.Column() as column) if not tree.args.get("query"):
            return _listed(column.name, tree.expressions, dimensions, attributes)
        case (
            exp.EQ(this=exp.Column() as column, expression=other)
            | exp.EQ(this=other, expression=exp.Column() as column)
        ):
            if isinstance(other, exp.Placeholder) and len(_values(attributes[other.name])) > 1:
                return f"you have several values for {other.name} where one is needed"
            return _listed(column.name, [other], dimensions, attributes)
        case _:
            return None


def _listed(
    column: str, values: Sequence[exp.Expr], dimensions: Mapping[str, SeenColumn], attributes: Mapping[str, Attribute]
) -> _Limit | None:
    known: dict[str, None] = {}
    for expression in values:
        match expression:
            case exp.Placeholder():
                known |= dict.fromkeys(_values(attributes[expression.name]))
            case exp.Literal() if column in dimensions:
                known[expression.name] = None
            case _:
                return None
    seen = dimensions.get(column)
    return _Limit(column, seen.label if seen else "", tuple(known), seen.members if seen else {})


def _values(attribute: Attribute) -> tuple[str, ...]:
    return (attribute,) if isinstance(attribute, str) else attribute
