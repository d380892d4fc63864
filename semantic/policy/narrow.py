"""Narrow a model to what one actor can see. Hidden metrics and dimensions don't exist in it (decision 34).

Nothing is copied. Names are checked against the actor's policies when they're used, so the cost depends on the question
and not on the size of the model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeVar, cast

from sqlglot import exp

from semantic.errors import UnknownName
from semantic.model.calendars import CalendarPeriod, CalendarTable
from semantic.model.definitions import Dimension, Measure, Metric, Names, Segment
from semantic.model.entity_keys import strictest
from semantic.model.join_graph import goes_beside
from semantic.model.model import Model
from semantic.model.policies import HasAttribute, Mask, MaskKind, MinGroup, Policy, QuestionLimits, RowRule
from semantic.policy.actor import Actor
from semantic.policy.domains import computes_from_visible, reads_only_visible
from semantic.policy.scope import BindingRule, SeenColumn, describe_scope

MOST_POLICIES: Final = 50
"""The number of policy sets for which a model caches results, such as search indexes of 1 MB each."""

Value = TypeVar("Value")

_ALL = Names(everything=True)
_SHOWS_LEAST = (MaskKind.NULL, MaskKind.HASH, MaskKind.BUCKET, MaskKind.LAST_FOUR)


@dataclass(frozen=True)
class VisibleModel:
    """A model as one actor sees it. `fingerprint` identifies the policies that apply, without attribute values."""

    model: Model
    actor: Actor
    policies: tuple[Policy, ...]
    rules: tuple[RowRule, ...]
    fingerprint: str
    made: frozenset[str] = frozenset()  # metrics that aren't in the model, made from those this actor can see
    _facts: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    _shown: dict[str, bool] = field(default_factory=dict, init=False, compare=False, repr=False)
    _places: dict[str, tuple[Dimension, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _masks: dict[str, Mask | None] = field(default_factory=dict, init=False, compare=False, repr=False)
    _labels: dict[str, dict[str, str]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def access_key(self) -> Hashable:
        """A key for everything that determines what the actor sees. Actors with equal keys see the same.

        All attributes count, even if no rule uses them, and a value counts with its type. An agent sees what its person
        sees.
        """
        actor = self.actor
        kind = "person" if actor.kind == "agent" and actor.agent else actor.kind
        attributes = sorted((name, repr(value)) for name, value in actor.attributes.items())
        return self.fingerprint, kind, actor.for_person, actor.viewed_by is None, tuple(attributes)

    def with_made(self, metrics: Mapping[str, Metric]) -> VisibleModel:
        """Return this model with added metrics. They must be built only from metrics that the actor can see."""
        if not metrics:
            return self
        model = replace(self.model, metrics={**self.model.metrics, **metrics})
        return replace(self, model=model, made=self.made | frozenset(metrics))

    def cached(self, kind: str, make: Callable[[], Value]) -> Value:
        """Return the result of `make`, cached for everyone with the same policies under the key `kind`.

        The model caches results for `MOST_POLICIES` sets of policies, and then clears the cache.
        """
        kept = cast("dict[str, Value]", self.model.memo.setdefault((kind, "by policies"), {}))  # only this writes here
        visible = kept.get(self.fingerprint)
        if visible is None:
            if len(kept) >= MOST_POLICIES:
                kept.clear()
            visible = kept[self.fingerprint] = make()
        return visible

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """All metrics that the actor can ask for, by label."""
        metrics = [metric for metric in self.model.metrics.values() if self.shows_metric(metric)]
        return tuple(sorted(metrics, key=lambda metric: (metric.label.casefold(), metric.name)))

    @cached_property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All dimensions that the actor can use, one per name, by label."""
        dimensions = [places[0] for name in self.model.dimensions if (places := self.places(name))]
        return tuple(sorted(dimensions, key=lambda dimension: (dimension.label.casefold(), dimension.name)))

    def metric(self, name: str) -> Metric:
        """Return the metric of this name. Raises UnknownName if it doesn't exist or the actor can't see it."""
        metric = self.model.metrics.get(name)
        if metric is None or not self.shows_metric(metric):
            raise UnknownName(name, [each_metric.name for each_metric in self.metrics], kind="metric")
        return metric

    def dimension(self, name: str) -> tuple[Dimension, ...]:
        """Return the dimension of this name in each dataset where the actor can use it. Raises UnknownName."""
        places = self.places(name)
        if not places:
            raise UnknownName(name, [dimension.name for dimension in self.dimensions], kind="dimension")
        return places

    @cached_property
    def periods(self) -> tuple[CalendarPeriod, ...]:
        """All calendar periods that the actor can group dates by, in the model's order."""
        return tuple(
            period for table in self.model.calendars.values() for period in table.periods if self.period(period.name)
        )

    def period(self, name: str) -> tuple[CalendarTable, CalendarPeriod] | None:
        """Return a calendar period with its calendar, or None if it doesn't exist or its dimension is denied or masked.

        Row rules don't apply to a calendar, because it isn't a fact.
        """
        period = self.model.period(name)
        if period is None:
            return None
        dimension = self.model.datasets[period[0].dataset].dimensions[period[1].dimension]
        return period if self.shows_dimension(dimension) and self.mask(dimension.name) is None else None

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments that the actor can filter by, by label."""
        segments = [segment for segment in self.model.segments.values() if self.shows_segment(segment)]
        return tuple(sorted(segments, key=lambda segment: (segment.label.casefold(), segment.name)))

    def segment(self, name: str) -> Segment:
        """Return the segment of this name. Raises UnknownName."""
        segment = self.model.segments.get(name)
        if segment is None or not self.shows_segment(segment):
            raise UnknownName(name, [each_segment.name for each_segment in self.segments], kind="segment")
        return segment

    def shows_segment(self, segment: Segment) -> bool:
        granted = any(policy.grant_segments.holds(segment) for policy in self.policies)
        denied = any(policy.deny_segments.holds(segment) for policy in self.policies)
        if not granted or denied or not self.shows_fact(segment.dataset) or self._tells_of_masked(segment):
            return False
        return not segment.domain or reads_only_visible(segment, self)

    def _tells_of_masked(self, segment: Segment) -> bool:
        """Return whether a segment reads a column that is masked for the actor, or hidden (decision 35)."""
        read = set(segment.where.columns) if segment.where else set[str]()
        return bool(read) and not read.isdisjoint(self._columns_of(segment.dataset, self.hides_dates))

    def shows_metric(self, metric: Metric) -> bool:
        """Return whether the actor can ask for a metric of the model."""
        if metric.name not in self._shown:
            self._shown[metric.name] = self._may_see(metric)
        return self._shown[metric.name]

    def _may_see(self, metric: Metric) -> bool:
        facts = {measure.dataset for measure in measures_of(metric, self.model)}
        granted = metric.name in self.made or any(policy.grant_metrics.holds(metric) for policy in self.policies)
        granted = granted or all(self._is_granted(dataset) for dataset in facts)
        denied = any(policy.deny_metrics.holds(metric) for policy in self.policies)
        if not granted or denied or not all(self.shows_fact(dataset) for dataset in facts):
            return False
        return not metric.domain or computes_from_visible(metric, self)

    def places(self, name: str) -> tuple[Dimension, ...]:
        """Return the dimension of this name in each dataset where the actor can use it, which can be none."""
        if name not in self._places:
            self._places[name] = tuple(self._find_places(self.model.dimensions.get(name, ())))
        return self._places[name]

    def _find_places(self, group: Sequence[Dimension]) -> Iterator[Dimension]:
        """Yield those dimensions of one name that the actor can use.

        A grant or denial of the name applies everywhere. A grant or denial of a dataset applies only to that dataset's
        dimension.
        """
        granted = any(policy.grant_dimensions.holds(dimension) for policy in self.policies for dimension in group)
        if any(policy.deny_dimensions.holds(dimension) for policy in self.policies for dimension in group):
            return
        for dimension in group:
            if self._is_private(dimension.dataset) or (dimension.read_from and not self._shows_names(dimension)):
                continue
            if (granted or self._is_granted(dimension.dataset)) and not self._is_denied(dimension.dataset):
                yield dimension

    def _shows_names(self, part: Dimension) -> bool:
        """Return whether the actor sees, unmasked, the names from which a naming rule derives a dimension."""
        names = self.model.datasets[part.dataset].dimensions[part.read_from]
        return self.mask(part.read_from) is None and self.shows_dimension(names)

    def _is_granted(self, dataset: str) -> bool:
        """Return whether a policy grants a dataset, with its dimensions and the metrics computed from it."""
        return any(policy.grant_datasets.holds(self.model.datasets[dataset]) for policy in self.policies)

    def _is_private(self, dataset: str) -> bool:
        """Return whether a dataset is an upload that none of the actor's policies names.

        Policies that grant `all` or a tag never include uploads.
        """
        if self.model.datasets[dataset].origin != "upload":
            return False
        return not any(dataset in policy.whole.names for policy in self.policies)

    def _is_denied(self, dataset: str) -> bool:
        return any(policy.deny_datasets.holds(self.model.datasets[dataset]) for policy in self.policies)

    def shows_dimension(self, dimension: Dimension) -> bool:
        """Return whether the actor can use a dimension in its dataset. In another one, the same name can be hidden."""
        return any(place.dataset == dimension.dataset for place in self.places(dimension.name))

    def shows_fact(self, dataset: str) -> bool:
        """Return whether the actor can see any rows of a dataset.

        A rule must reach the dataset, or a policy must grant all of its rows, and no policy can deny it. A rule that
        reaches it only through a dataset's own foreign key, such as from a lead to its only deal, limits the rows but
        grants none.
        """
        if dataset not in self._facts:
            paths = self.model.joins.paths(dataset)
            reached = {name for name, ways in paths.items() if not all(goes_beside(path) for path in ways)}
            whole = any(policy.whole.holds(self.model.datasets[dataset]) for policy in self.policies)
            seen = whole or any(rule.dataset in reached for rule in self.rules)
            self._facts[dataset] = seen and not self._is_denied(dataset) and not self._is_private(dataset)
        return self._facts[dataset]

    def shows_records(self, dataset: str) -> bool:
        """Return whether the actor can list single rows of a dataset, which needs a separate grant.

        It's always false for agents, and for someone viewing as a person, who only sees that person's numbers (decision
        14).
        """
        target = self.model.datasets[dataset]
        granted = any(policy.grant_rows.holds(target) for policy in self.policies)
        denied = any(policy.deny_rows.holds(target) for policy in self.policies)
        return granted and not denied and not self.actor.only_looks and self.shows_fact(dataset)

    def closed_columns(self, dataset: str) -> frozenset[str]:
        """Return the columns of a dataset whose values are hidden from the actor.

        A hidden or masked dimension reads them, here or in another dataset with the same entity (decision 35).
        """
        return self._columns_of(
            dataset, lambda dimension: self.mask(dimension.name) is not None or not self.shows_dimension(dimension)
        )

    def _columns_of(self, dataset: str, is_closed: Callable[[Dimension], bool]) -> frozenset[str]:
        """Return the columns that closed dimensions read, here or in another dataset with the same entity."""
        own = self.model.datasets[dataset]
        texts = self._read_by(dataset, is_closed)
        for entity in own.entities:
            for other in self.model.datasets.values():
                for same in other.entities:
                    if same.entity == entity.entity:
                        closed = self._read_by(other.name, is_closed)
                        pairs = zip(entity.columns, same.columns, strict=False)
                        texts |= {mine for mine, theirs in pairs if theirs in closed}
        return frozenset(texts)

    def _read_by(self, dataset: str, is_closed: Callable[[Dimension], bool]) -> set[str]:
        closed = [dimension for dimension in self.model.datasets[dataset].dimensions.values() if is_closed(dimension)]
        read = [
            expression
            for dimension in closed
            for expression in (dimension.sql, dimension.day)
            if expression is not None
        ]
        return {column for expression in read for column in expression.columns}

    def hides_dates(self, dimension: Dimension) -> bool:
        """Return whether a dimension is denied or masked, so that a metric dated by it has no date for the actor."""
        is_masked = self.mask(dimension.name) is not None
        return is_masked or any(policy.deny_dimensions.holds(dimension) for policy in self.policies)

    def mask(self, dimension: str) -> Mask | None:
        """Return the mask on a dimension for the actor, or the strictest one if there are several."""
        if dimension not in self._masks:
            masks = [mask for policy in self.policies for mask in policy.masks if mask.dimension == dimension]
            least = min(masks, key=lambda mask: (_SHOWS_LEAST.index(mask.kind), -mask.width), default=None)
            self._masks[dimension] = least
        return self._masks[dimension]

    def member_labels(self, dimension: str) -> Mapping[str, str]:
        """Return the labels of a dimension's members, by member as text. Empty if the dimension is masked.

        This includes members that the actor can't see. `may_name_members` says whether that matters.
        """
        if dimension not in self._labels:
            places = self.places(dimension) if self.mask(dimension) is None else ()
            self._labels[dimension] = {code: label for one in places for code, label in one.labels}
        return self._labels[dimension]

    def label_dimension(self, dimension: str) -> str:
        """Return the dimension whose values label this dimension's members, or "".

        It must be visible to the actor, and not masked.
        """
        for place in self.places(dimension):
            name = place.labels_from
            if name and self.mask(dimension) is None and self.mask(name) is None:
                return name if any(source.dataset == place.dataset for source in self.places(name)) else ""
        return ""

    @property
    def may_name_members(self) -> bool:
        """Whether no row rule hides a member from the actor, so that labels reveal nothing."""
        return not self.rules

    @cached_property
    def shows_all_governed(self) -> bool:
        """Whether the actor sees every row and every metric, except in other people's uploads."""
        metrics = self.model.metrics.values()
        return not self.rules and all(metric.own_data or self.shows_metric(metric) for metric in metrics)

    @cached_property
    def limits(self) -> QuestionLimits:
        """The limits on one question by the actor, each from the strictest policy."""
        mosts = {
            name: min(
                (most for policy in self.policies if (most := getattr(policy.limits, name)) is not None), default=None
            )
            for name in ("rows", "days", "breakdowns", "metrics")
        }
        return QuestionLimits(**mosts)

    @cached_property
    def min_groups(self) -> tuple[MinGroup, ...]:
        """The fewest members, per entity, that each number needs for the actor, from the strictest policy."""
        return strictest(policy.min_group for policy in self.policies if policy.min_group is not None)

    @cached_property
    def scope(self) -> str:
        """A description of the rows that the actor can see in the metrics they can ask for, or "" for all rows."""
        if not self.rules:
            return ""
        rules = [
            BindingRule(rule, policy.label or policy.name, self._seen_columns(rule.dataset))
            for policy in self.policies
            for rule in policy.rows
        ]
        facts = dict.fromkeys(measure.dataset for metric in self.metrics for measure in measures_of(metric, self.model))
        bound = [
            (
                self.model.datasets[fact].label,
                [rule for rule in rules if rule.rule.dataset in self.model.joins.paths(fact)],
            )
            for fact in facts
        ]
        attributes = self.actor.attributes
        words = describe_scope(bound, attributes) or describe_scope([("", rules)], attributes)
        return f"Scope: {words or 'limited by row rules'}"

    def _seen_columns(self, dataset: str) -> Mapping[str, SeenColumn]:
        """Return the columns of a dataset that the actor sees unmasked, each with its dimension in words."""
        closed = self.closed_columns(dataset)
        return {
            dimension.sql.tree.name: SeenColumn(dimension.label, self.member_labels(dimension.name))
            for dimension in self.model.datasets[dataset].dimensions.values()
            if isinstance(dimension.sql.tree, exp.Column)
            and dimension.sql.tree.name not in closed
            and self.shows_dimension(dimension)
        }


def narrow(model: Model, actor: Actor) -> VisibleModel:
    """Return a model as an actor sees it. Without a matching policy, nothing is visible."""
    policies = tuple(policy for policy in model.policies if _matches(policy, actor))
    rules = tuple(rule for policy in policies for rule in policy.rows)
    text = "|".join([model.version, *(policy.name for policy in policies)])
    return VisibleModel(model, actor, policies, rules, hashlib.sha256(text.encode()).hexdigest()[:16])


def unnarrowed(model: Model) -> VisibleModel:
    """Return a model with nothing hidden, only to tell unknown names from hidden ones. It's never shown to anyone."""
    policy = Policy(name="", grant_metrics=_ALL, grant_dimensions=_ALL, grant_segments=_ALL, whole=_ALL)
    return VisibleModel(model, Actor(id=""), (policy,), (), "")


def measures_of(metric: Metric, model: Model) -> Sequence[Measure]:
    """Return every measure that a metric uses."""
    if model.metrics.get(metric.name) is not metric:
        return tuple(_find_measures(metric, model))
    measures = model.memo.get(("measures", metric.name))
    if measures is None:
        measures = model.memo["measures", metric.name] = tuple(_find_measures(metric, model))
    return cast(tuple[Measure, ...], measures)


def _find_measures(metric: Metric, model: Model) -> Iterator[Measure]:
    return (model.measure(each_metric.measure) for each_metric in simple_in(metric, model))


def simple_in(metric: Metric, model: Model) -> Iterator[Metric]:
    """Yield every simple metric that a metric uses."""
    waiting, seen = [metric], {metric.name}
    while waiting:
        current = waiting.pop()
        if current.is_simple:
            yield current
        fresh = [name for name in reversed(current.inputs) if name not in seen]
        seen.update(fresh)
        waiting += [model.metrics[name] for name in fresh]


def measures_split(metric: Metric, model: Model) -> Iterator[Measure]:
    """Yield the measures whose rows a breakdown splits. For a conversion, these are the base event's measures."""
    inputs = metric.inputs[:1] if metric.conversion is not None else metric.inputs
    if metric.is_simple:
        yield model.measure(metric.measure)
    for name in inputs:
        yield from measures_split(model.metrics[name], model)


def _matches(policy: Policy, actor: Actor) -> bool:
    if actor.for_person is not None:
        return False  # what two identities can see together isn't defined, so nothing matches
    if actor.kind in ("link", "destination"):
        return actor.audience in policy.audiences and not policy.attributes  # its readers have no attributes
    named = (
        actor.id in policy.people
        or not policy.roles.isdisjoint(actor.roles)
        or not policy.groups.isdisjoint(actor.groups)
    )
    if not policy.attributes:
        return named
    is_open = not (policy.people or policy.roles or policy.groups or policy.audiences)
    return (named or is_open) and all(_has(attribute, actor) for attribute in policy.attributes)


def _has(wanted: HasAttribute, actor: Actor) -> bool:
    """Return whether an actor has one of the wanted values of an attribute."""
    value = actor.attributes.get(wanted.name, ())
    return not wanted.values.isdisjoint((value,) if isinstance(value, str) else value)
