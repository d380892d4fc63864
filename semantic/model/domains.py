"""Domains: teams that own metrics and segments in addition to the shared core."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from semantic.model.definitions import Described, Dimension, Metric, Segment
from semantic.model.named_analyses import NamedAnalysis

_Owned = TypeVar("_Owned", Metric, Segment, NamedAnalysis)


@dataclass(frozen=True, slots=True)
class DomainPeople:
    """The people of a domain, as personal IDs and groups."""

    people: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain(Described):
    """A team with its own metrics and segments. Its stewards are also members."""

    stewards: DomainPeople = DomainPeople()
    members: DomainPeople = DomainPeople()


def label_of(domain: str, domains: Mapping[str, Domain]) -> str:
    """Return the label of a domain, or "" for the core model."""
    if not domain:
        return ""
    known = domains.get(domain)
    return (known.label or known.name) if known is not None else domain


def with_domain_labels(things: Mapping[str, _Owned], domains: Mapping[str, Domain]) -> Iterator[_Owned]:
    """Yield metrics, segments or analyses, with the domain's name added to labels that two domains share.

    The plain label becomes a synonym, so that a question with only that label asks which one is meant.
    """
    users: defaultdict[str, set[str]] = defaultdict(set)
    for thing in things.values():
        if thing.domain in domains:
            users[thing.label.casefold()].add(thing.domain)
    for thing in things.values():
        if thing.domain in domains and len(users[thing.label.casefold()]) > 1:
            label = f"{thing.label} \N{MIDDLE DOT} {label_of(thing.domain, domains)}"
            yield replace(thing, label=label, synonyms=(thing.label, *thing.synonyms))
        else:
            yield thing


def core_metrics_of(metric: Metric, metrics: Mapping[str, Metric]) -> tuple[Metric, ...]:
    """Return the core metrics that count every row a domain's simple metric counts.

    They have the same measure, and either the same conditions or none.
    """
    return tuple(
        other
        for other in metrics.values()
        if not other.domain
        and other.is_simple
        and other.measure == metric.measure
        and other.filter in (None, metric.filter)
        and other.where in (None, metric.where)
    )


def columns_read_by(dimensions: Iterable[Dimension]) -> Iterator[str]:
    """Yield the columns that dimensions read."""
    for dimension in dimensions:
        for expression in (dimension.sql, dimension.day):
            if expression is not None:
                yield from expression.columns
