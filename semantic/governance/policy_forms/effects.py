"""Compare access before and after a change of policies: the names and rows that each person gains and loses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from semantic.governance.policy_forms.row_parts import read_rows
from semantic.governance.policy_forms.sentences import listed
from semantic.model.definitions import Described, Metric
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.policy.access import access_to
from semantic.policy.actor import Actor
from semantic.policy.explain import values_of
from semantic.policy.members import members_seen, sees_everything
from semantic.policy.narrow import VisibleModel, measures_of, narrow
from semantic.policy.rows import rules_on

MOST_NAMED = 4
HIDDEN = "something not shown to you"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """How a change affects one person. `gained` and `lost` are labels of metrics and dimensions.

    `rows` are sentences about rows that they gain or lose. `more_rows` only describes the rows that they gain.
    """

    person: Actor
    scope_before: str
    scope_after: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    rows: tuple[str, ...]
    more_rows: tuple[str, ...]

    @property
    def widens(self) -> str:
        """What the person gains, in words, or "" if that's nothing."""
        name = self.person.short_name
        parts = [f"{name} will see {text}" for text in self.more_rows]
        if self.gained:
            parts.append(f"{name} will see {_some(self.gained)}")
        return "; ".join(dict.fromkeys(parts))


def effects(before: Model, after: Model, people: Iterable[Actor], reader: VisibleModel) -> tuple[Effect, ...]:
    """Return how a change affects each person whose access it changes, in order.

    Names that the reader can't see are replaced by "something not shown to you". Names that the change adds are shown,
    because the reader wrote them.
    """
    found = (_effect(narrow(before, person), narrow(after, person), reader) for person in people)
    return tuple(effect for effect in found if effect is not None)


def _effect(before: VisibleModel, after: VisibleModel, reader: VisibleModel) -> Effect | None:
    was = {("metric", one.name): one for one in before.metrics} | {("by", one.name): one for one in before.dimensions}
    now = {("metric", one.name): one for one in after.metrics} | {("by", one.name): one for one in after.dimensions}
    readable = {("metric", one.name) for one in reader.metrics} | {("by", one.name) for one in reader.dimensions}
    old = {("metric", name) for name in before.model.metrics} | {("by", name) for name in before.model.dimensions}
    gained = _shown({key: now[key] for key in now if key not in was}, readable | (now.keys() - old))
    lost = _shown({key: was[key] for key in was if key not in now}, readable)
    both = [one.name for one in before.metrics if ("metric", one.name) in now]
    breakdowns = [name for kind, name in now if kind == "by" and (kind, name) in was]
    known = frozenset(name for kind, name in readable if kind == "by")
    rows, more = _rows(before, after, both, known)
    for name in breakdowns:
        label = after.places(name)[0].label if name in known else HIDDEN
        if before.mask(name) != after.mask(name):
            rows.append(f"{label} is masked differently")
        if before.mask(name) is not None and after.mask(name) is None:
            more.append(f"{label} unmasked")
    same = access_to(both, breakdowns, before) == access_to(both, breakdowns, after)
    if not (gained or lost or rows) and same and before.limits == after.limits:
        return None
    if not rows and not same:
        rows = ["Rows or small groups change"]
    return Effect(
        person=after.actor, scope_before=before.scope, scope_after=after.scope, gained=gained, lost=lost,
        rows=tuple(dict.fromkeys(rows)), more_rows=tuple(dict.fromkeys(more)),
    )  # fmt: skip


def _shown(things: Mapping[tuple[str, str], Described], readable: Set[tuple[str, str]]) -> tuple[str, ...]:
    labels = _labels(thing for key, thing in things.items() if key in readable)
    return labels if all(key in readable for key in things) else (*labels, HIDDEN)


def _rows(
    before: VisibleModel, after: VisibleModel, metrics: Iterable[str], named: Set[str]
) -> tuple[list[str], list[str]]:
    """Return a sentence for each change in the rows that a person sees, and descriptions of the rows they gain."""
    changes: dict[str, dict[str, None]] = {}  # the facts of each change, by label
    more: dict[str, dict[str, None]] = {}
    known: set[frozenset[str]] = set()
    for name in metrics:
        was_metric, metric = before.model.metrics[name], after.model.metrics[name]
        facts = frozenset(measure.dataset for measure in measures_of(metric, after.model))
        if facts in known or access_to([name], [], before) == access_to([name], [], after):
            continue
        known.add(facts)
        labels = dict.fromkeys(after.model.datasets[fact].label for fact in sorted(facts))
        whole_before, whole_after = sees_everything(before, was_metric), sees_everything(after, metric)
        if whole_before and whole_after:
            continue
        was, now = _members(before, was_metric, facts), _members(after, metric, facts)
        if whole_after:
            changes.setdefault("Sees all rows of", {}).update(labels)
            more.setdefault("all rows of", {}).update(labels)
        elif was is not None and now is not None and was[0] == now[0] and was[0] in named:
            added = [value for value in now[1] if value not in was[1]]
            gone = [value for value in was[1] if value not in now[1]]
            if added:
                changes.setdefault(f"Also sees {_values(was[0], added, after)} in", {}).update(labels)
                more.setdefault(f"{_values(was[0], added, after)} in", {}).update(labels)
            if gone:
                changes.setdefault(f"No longer sees {_values(was[0], gone, after)} in", {}).update(labels)
        elif now is not None and now[0] in named and whole_before:
            changes.setdefault(f"Sees only {_values(now[0], list(now[1]), after)} in", {}).update(labels)
        else:
            changes.setdefault("Sees other rows of", {}).update(labels)
            if not whole_before:
                more.setdefault("other rows of", {}).update(labels)
    return _of(changes), _of(more)


def _members(seen: VisibleModel, metric: Metric, facts: Iterable[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the dimension and the members that a person's rules limit a metric to.

    None unless the rules list members of one dimension.
    """
    members = members_seen(seen, metric)
    if members is not None:
        return members
    known: dict[str, list[str]] = {}
    if not all(rules_on(seen.model.datasets[fact], seen) for fact in facts):
        return None
    for rule, _ in dict.fromkeys(pair for fact in facts for pair in rules_on(seen.model.datasets[fact], seen)):
        [part] = read_rows({"rows": [{"dataset": rule.dataset, "where": rule.where.text}]}, seen.model)
        if part.by_hand or part.is_not or part.or_empty:
            return None
        values = [*part.values, *(value for own in part.own for value in values_of(seen.actor.attributes.get(own)))]
        known[part.dimension] = [value for value in known.get(part.dimension, values) if value in values]
    return next(((name, tuple(values)) for name, values in known.items()), None) if len(known) == 1 else None


def _of(changes: Mapping[str, Iterable[str]]) -> list[str]:
    return [f"{words} {_some(labels)}" for words, labels in changes.items()]


def _values(dimension: str, values: list[str], seen: VisibleModel) -> str:
    labels = seen.member_labels(dimension)
    places = seen.model.dimensions[dimension]
    return f"{places[0].label} {_some(sorted(labels.get(value, value) for value in values))}"


def _labels(things: Iterable[Described]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(thing.label or thing.name for thing in things))


def _some(labels: Iterable[str]) -> str:
    texts = list(labels)
    if len(texts) <= MOST_NAMED:
        return listed(texts)
    return f"{', '.join(texts[: MOST_NAMED - 1])} and {len(texts) - MOST_NAMED + 1} more"


def meetings(policy: Policy, model: Model, people: Iterable[Actor], reader: VisibleModel) -> tuple[str, ...]:
    """Return sentences about names that one policy shows and another hides from the same people.

    These names are hidden from them. Names that the reader can't see aren't mentioned.
    """
    found: dict[str, None] = {}
    for person in people:
        matched = narrow(model, person).policies
        if policy not in matched:
            continue
        for other in matched:
            if other == policy:
                continue
            for shows, hides in ((policy, other), (other, policy)):
                labels = _met(shows, hides, reader)
                if labels:
                    words = f"{shows.label} shows {_some(labels)}, and {hides.label} hides {_it(labels)}. Hiding wins."
                    found[words] = None
    return tuple(found)


def _met(shows: Policy, hides: Policy, reader: VisibleModel) -> tuple[str, ...]:
    metrics = [one for one in reader.metrics if shows.grant_metrics.holds(one) and hides.deny_metrics.holds(one)]
    dimensions = [
        one for one in reader.dimensions if shows.grant_dimensions.holds(one) and hides.deny_dimensions.holds(one)
    ]
    return _labels((*metrics, *dimensions))


def _it(labels: Sequence[str]) -> str:
    return "it" if len(labels) == 1 else "them"
