"""Convert policies in YAML to the model's objects, and apply rules about a dimension to each dataset that has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType

from semantic.errors import Problem
from semantic.model.definitions import Dataset, Dimension, Names
from semantic.model.expression import Expression, ExpressionError, ExpressionKind, read_expression
from semantic.model.files.doc import DescribedDoc
from semantic.model.files.yaml_text import Path as YamlPath
from semantic.model.loading.policy_schema import NamesDoc, PolicyDoc, RowRuleDoc
from semantic.model.policies import (
    DimensionRule,
    HasAttribute,
    Mask,
    MaskKind,
    MinGroup,
    Policy,
    QuestionLimits,
    RowRule,
    Viewable,
)

NAMING = ("roles", "groups", "people", "audiences", "links")  # the last is the older name of audiences
_DUCKDB = Dialect.get_or_raise("duckdb")

Described = Callable[[DescribedDoc, YamlPath], dict[str, Any]]  # Any: the descriptive fields, each with its own type
Parse = Callable[[str, YamlPath], Expression]  # the condition of a row rule


def read_policy(doc: PolicyDoc, path: YamlPath, described: Described, parse: Parse) -> Policy:
    """Return a policy as its file defines it, before `expand_dimension_rules`."""
    rules: list[RowRule] = []
    dimensions: list[DimensionRule] = []
    for index, row in enumerate(doc.rows):
        where = parse(row.where, (*path, "rows", index, "where"))
        if row.dataset is not None:
            rules.append(RowRule(row.dataset, where, row.unmatched, row.via))
        else:
            dimensions.append(_dimension_rule(row, where))
    return Policy(
        **described(doc, path),
        roles=frozenset[str](doc.who.roles),
        groups=frozenset(doc.who.groups),
        people=frozenset(doc.who.people),
        audiences=frozenset({*doc.who.audiences, *doc.who.links}),
        attributes=tuple(
            HasAttribute(name, frozenset([value] if isinstance(value, str) else value))
            for name, value in doc.who.attributes.items()
        ),
        grant_metrics=read_names(doc.grant.metrics),
        grant_dimensions=read_names(doc.grant.dimensions),
        deny_metrics=read_names(doc.deny.metrics),
        deny_dimensions=read_names(doc.deny.dimensions),
        grant_segments=read_names(doc.grant.segments),
        deny_segments=read_names(doc.deny.segments),
        grant_datasets=read_names(doc.grant.datasets),
        deny_datasets=read_names(doc.deny.datasets),
        grant_rows=read_names(doc.grant.rows),
        deny_rows=read_names(doc.deny.rows),
        whole=read_names(doc.whole),
        rows=tuple(rules),
        by_dimension=tuple(dimensions),
        masks=tuple(Mask(mask.dimension, MaskKind(mask.kind), mask.width) for mask in doc.masks),
        view_as=Viewable(
            doc.view_as.everybody,
            frozenset[str](doc.view_as.roles),
            frozenset(doc.view_as.groups),
            frozenset(doc.view_as.people),
        ),
        limits=QuestionLimits(**doc.limits.model_dump()),
        min_group=MinGroup(doc.min_group.entity, doc.min_group.at_least) if doc.min_group else None,
    )


def read_names(doc: NamesDoc) -> Names:
    return Names(doc.everything, frozenset(doc.names), frozenset(doc.tags))


def matches_by_attributes_alone(doc: PolicyDoc) -> bool:
    """Return whether a policy states attributes next to empty lists of roles, groups or people.

    Such a policy applies to everyone who has the attributes.
    """
    named = (doc.who.roles, doc.who.groups, doc.who.people, doc.who.audiences, doc.who.links)
    return bool(doc.who.attributes) and not any(named) and bool(doc.who.model_fields_set & set(NAMING))


def _dimension_rule(doc: RowRuleDoc, where: Expression) -> DimensionRule:
    return DimensionRule(
        dimension=doc.dimension or "",
        where=where,
        unmatched=doc.unmatched,
        via=doc.via,
        without=doc.without if isinstance(doc.without, str) else "decided",
        hidden=frozenset([] if isinstance(doc.without, str) else doc.without),
        apart=frozenset(doc.apart),
    )


def expand_dimension_rules(
    policies: Iterable[Policy], datasets: Iterable[Dataset], problems: list[Problem]
) -> tuple[Policy, ...]:
    """Return the policies with each rule about a dimension applied to every dataset that has it.

    `datasets` include the dimensions of naming rules. Uploads aren't included, because only an upload's own policy
    decides who can see it.
    """
    known = {dataset.name: dataset for dataset in datasets}
    shared = [dataset for dataset in known.values() if not dataset.origin]
    return tuple(_expand_policy(policy, shared, known, problems) for policy in policies)


def _expand_policy(
    policy: Policy, shared: Iterable[Dataset], known: Mapping[str, Dataset], problems: list[Problem]
) -> Policy:
    rules = list(policy.rows)
    whole = set[str]()
    for rule in policy.by_dimension:
        found = list(_dimension_problems(policy, rule, shared, known))
        problems += found
        if found:
            continue
        for dataset in shared:
            dimension = dataset.dimensions.get(rule.dimension)
            if dimension is None:
                whole |= {dataset.name} if rule.without == "whole" else set()
            elif dataset.name not in rule.apart:
                try:
                    where = condition_over(rule.where, dimension)
                except ExpressionError as error:
                    problems.append(Problem(policy.file, policy.line, f"In {dataset.name!r}: {error}"))
                    continue
                rules.append(RowRule(dataset.name, where, rule.unmatched, rule.via))
    if not policy.by_dimension:
        return policy
    names = replace(policy.whole, names=policy.whole.names | whole)
    return replace(policy, rows=tuple(rules), whole=names)


def _dimension_problems(
    policy: Policy, rule: DimensionRule, shared: Iterable[Dataset], known: Mapping[str, Dataset]
) -> Iterator[Problem]:
    def problem(message: str, remedy: str) -> Problem:
        return Problem(policy.file, policy.line, message, remedy)

    name = rule.dimension
    owners = {dataset.name for dataset in shared if name in dataset.dimensions}
    if not owners:
        message = f"A row rule of {policy.name!r} is about {name!r}, which is not a dimension of any dataset."
        yield problem(message, "Name a dimension, or write the rule for a `dataset:`.")
        return
    if set(rule.where.columns) != {name}:
        message = f"The row rule of {policy.name!r} about {name!r} must read {name!r} and nothing else."
        yield problem(message, f"Write a condition such as `{name} IN (:values)`.")
    for missing in sorted(rule.apart - owners):
        message = f"A row rule of {policy.name!r} leaves out {missing!r}, which has no {name!r}."
        yield problem(message, "Remove it from `except:`.")
    for wrong in sorted(rule.hidden):
        if wrong not in known or wrong in owners:
            what = f"has {name!r}" if wrong in owners else "is not a dataset"
            yield problem(
                f"A row rule of {policy.name!r} has {wrong!r} under `without:`, but it {what}.", "Remove it there."
            )


def condition_over(where: Expression, dimension: Dimension) -> Expression:
    """Return a rule about a dimension as a rule about the columns behind it. Raises ExpressionError."""
    tree = dimension.sql.tree
    if isinstance(tree, exp.Column) and tree.name == dimension.name:
        return where
    value = dimension.sql.text if isinstance(tree, exp.Column) else f"({dimension.sql.text})"
    text, end = "", 0
    tokens = _DUCKDB.tokenize(where.text)
    for place, token in enumerate(tokens):
        is_attribute = place > 0 and tokens[place - 1].token_type in (TokenType.COLON, TokenType.PARAMETER)
        if token.text == dimension.name and token.token_type is not TokenType.STRING and not is_attribute:
            text += where.text[end : token.start] + value
            end = token.end + 1
    written = read_expression(text + where.text[end:], ExpressionKind.RULE)
    if set(written.columns) != set(dimension.sql.columns) or written.placeholders != where.placeholders:
        raise ExpressionError(f"The rule {where.text} can't be written for {dimension.sql.text}. Write it by dataset.")
    return written
