"""What the definitions behind a proposal say, as a digest, so that only a change of these ends it.

Definitions of everything that its questions name count, with what these are calculated from, and so do the labels under
which people see them. The rest of the model doesn't.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from semantic.agents.acts import ProposedAct, RequestMetric, SetAlert
from semantic.agents.doing import questions_of
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.results.digests import definitions_of, digest
from semantic.services.process import Live


def meaning_of(live: Live, person: Actor, act: ProposedAct) -> str:
    """Return a digest of the definitions behind an act, as they are now. Raises SemanticError if something that it's
    about no longer exists, or isn't available to this person.
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
    """The label of something, and those of its values."""
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
    """The columns that tell apart those whose events are counted."""
    return [
        (dataset.name, entity.name, entity.entity, entity.kind, entity.columns)
        for dataset in (model.datasets[name] for name in sorted(model.datasets) if subject)
        for entity in dataset.entities
        if subject in (entity.name, entity.entity)
    ]
