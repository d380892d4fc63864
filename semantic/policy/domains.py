"""The stewards and members of domains, and who can see a domain's definitions.

Policies are central, so a domain's definition shows no one more than the core model does. To see a definition, people
must see everything that it's computed from: the metrics that it uses, a core metric that counts the same rows, and,
unmasked, each dimension in its filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sqlglot import exp

from semantic.model.definitions import Dataset, Dimension, Metric, Segment
from semantic.model.domains import Domain, columns_read_by, core_metrics_of
from semantic.model.expression import METRIC_OF, Expression
from semantic.model.model import Model
from semantic.model.policies import Mask
from semantic.policy.actor import Actor


class ModelView(Protocol):
    """The part of a narrowed model that this module uses."""

    @property
    def model(self) -> Model: ...
    def shows_metric(self, metric: Metric) -> bool: ...
    def places(self, name: str) -> tuple[Dimension, ...]: ...
    def mask(self, dimension: str) -> Mask | None: ...
    def shows_dimension(self, dimension: Dimension) -> bool: ...
    def closed_columns(self, dataset: str) -> frozenset[str]: ...


def is_domain_steward(actor: Actor, domain: Domain) -> bool:
    """Return whether an actor can edit and publish a domain's definitions.

    They need to be a steward of the domain, with at least the role marketer.
    """
    return _is_person(actor) and actor.is_at_least("marketer") and _is_among(actor, domain, only_stewards=True)


def is_domain_member(actor: Actor, domain: Domain) -> bool:
    """Return whether someone belongs to a domain, as a member, as a steward or as the agent of one."""
    return (_is_person(actor) or is_agent_of_person(actor)) and _is_among(actor, domain, only_stewards=False)


def domains_stewarded(actor: Actor, domains: Iterable[Domain]) -> frozenset[str]:
    """Return the names of the domains that someone is a steward of."""
    return frozenset(domain.name for domain in domains if is_domain_steward(actor, domain))


def computes_from_visible(metric: Metric, seen: ModelView) -> bool:
    """Return whether someone sees everything that a domain's metric is computed from."""
    metrics = seen.model.metrics
    names = (*metric.inputs, *([metric.target] if metric.target else []))
    if not all(name in metrics and seen.shows_metric(metrics[name]) for name in names):
        return False
    conditions = (metric.where, *(use.where for use in metric.uses))
    if not all(_reads_open(where, seen) for where in conditions if where is not None):
        return False
    if metric.conversion is not None:
        sides = [seen.model.datasets[_fact(metrics[name])] for name in metric.inputs]
        return all(
            _are_open([pair[at] for pair in metric.conversion.constant], dataset, seen)
            for at, dataset in enumerate(sides)
        )
    return not metric.is_simple or _counts_visible(metric, seen)


def reads_only_visible(segment: Segment, seen: ModelView) -> bool:
    """Return whether someone sees, unmasked, every column that a domain's segment filters by."""
    dataset = seen.model.datasets[segment.dataset]
    time = dataset.dimensions.get(segment.time or dataset.time or "") if segment.count else None
    if time is not None and not (seen.shows_dimension(time) and seen.mask(time.name) is None):
        return False
    return segment.where is None or _are_open(segment.where.columns, dataset, seen)


def is_agent_of_person(actor: Actor) -> bool:
    """Return whether an actor is an agent that asks for a person, and so can read what that person can read."""
    return actor.kind == "agent" and bool(actor.agent) and actor.viewed_by is None and actor.for_person is None


def _is_person(actor: Actor) -> bool:
    return actor.kind == "person" and actor.viewed_by is None and actor.for_person is None


def _is_among(actor: Actor, domain: Domain, *, only_stewards: bool) -> bool:
    sides = (domain.stewards,) if only_stewards else (domain.stewards, domain.members)
    return any(actor.id in side.people or not side.groups.isdisjoint(actor.groups) for side in sides)


def _counts_visible(metric: Metric, seen: ModelView) -> bool:
    dataset = seen.model.datasets[_fact(metric)]
    if metric.filter is not None and not _are_open(metric.filter.columns, dataset, seen):
        return False
    if dataset.domain and dataset.domain == metric.domain:
        return True  # stewards of the core published this dataset for the domain
    return any(seen.shows_metric(other) for other in core_metrics_of(metric, seen.model.metrics))


def _reads_open(where: Expression, seen: ModelView) -> bool:
    """Return whether someone sees every dimension and metric in a condition over dimensions."""
    for call in where.tree.find_all(exp.Anonymous):
        if call.name.lower() == METRIC_OF and call.expressions:
            other = seen.model.metrics.get(call.expressions[0].name)
            if other is None or not seen.shows_metric(other):
                return False
    return all(_is_open_name(name, seen) for name in where.columns)


def _is_open_name(name: str, seen: ModelView) -> bool:
    """Return whether someone sees a dimension, by a name with an optional entity before and granularity after it."""
    parts = name.split("__")
    named = [joined for joined in _runs(parts) if joined in seen.model.dimensions]
    return bool(named) and all(_is_open_everywhere(each, seen) for each in named)


def _is_open_everywhere(dimension: str, seen: ModelView) -> bool:
    """Return whether an actor sees a dimension, unmasked, in every dataset that has it.

    Other people's uploads don't count.
    """
    shown = {place.dataset for place in seen.places(dimension)}
    return seen.mask(dimension) is None and shown.issuperset(place.dataset for place in seen.model.places_of(dimension))


def _runs(parts: Sequence[str]) -> Iterator[str]:
    for first in range(len(parts)):
        for end in range(first + 1, len(parts) + 1):
            yield "__".join(parts[first:end])


def _are_open(columns: Iterable[str], dataset: Dataset, seen: ModelView) -> bool:
    """Return whether an actor sees a dimension over each of these columns, unmasked and not hidden elsewhere."""
    shown = set(columns_read_by(each for each in dataset.dimensions.values() if seen.shows_dimension(each)))
    shown -= seen.closed_columns(dataset.name)
    return shown.issuperset(columns)


def _fact(metric: Metric) -> str:
    return metric.measure.partition(".")[0]
