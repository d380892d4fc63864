"""A digest of the definitions behind a proposal, so that changing other definitions doesn't end the proposal.

The digest covers the definitions that the proposal's questions use, the definitions that these are calculated from, and
the labels that people see. The rest of the model doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from semantic.agents.acts import ProposedAct, RequestMetric, SetAlert
from semantic.agents.executing import questions_of
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.digests import definitions_of, digest
from semantic.services.process import Live


def meaning_of(live: Live, person: Actor, act: ProposedAct) -> str:
    """Return a digest of the current definitions behind an act.

    Raises SemanticError if the act uses a name that no longer exists or isn't available to this person.
    """
    return digest([_meaning(live, query, subject) for query, subject in _named(live, person, act)])


def _named(live: Live, person: Actor, act: ProposedAct) -> Iterator[tuple[Query, str]]:
    yield from questions_of(live, person, act)
    match act:
        case SetAlert(alert):
            metrics = live.workspace().model.metrics
            targets = {metrics[name].target for name in alert.metrics if name in metrics}
            yield Query(metrics=tuple(sorted(targets - {""}))), ""
        case RequestMetric():
            if act.query is not None:
                yield act.query, ""
            yield Query(metrics=(act.metric,) if act.metric else ()), ""
        case _:
            pass


def _meaning(live: Live, query: Query, subject: str) -> list[object]:
    model = live.workspace().at(query).model
    definitions = definitions_of(query, model)
    return [sorted(definitions.items()), [_shown(name, model) for name in sorted(definitions)], _whose(subject, model)]


def _shown(name: str, model: Model) -> list[object]:
    """Return the labels of a definition and of its values."""
    kind, _, called = name.partition(":")
    things: list[Any] = []  # Any: each kind of thing has a label
    match kind:
        case "metric":
            things = [model.metrics[called]]
        case "dimension":
            things = [*model.places_of(called)]
        case "segment":
            things = [model.segments[called]]
        case _:
            pass
    return [(each.label, getattr(each, "labels", ()), getattr(each, "labels_from", "")) for each in things]


def _whose(subject: str, model: Model) -> list[object]:
    """Return the columns that identify the entity whose events an analysis counts."""
    return [
        (dataset.name, entity.name, entity.entity, entity.kind, entity.columns)
        for dataset in (model.datasets[name] for name in sorted(model.datasets) if subject)
        for entity in dataset.entities
        if subject in (entity.name, entity.entity)
    ]
