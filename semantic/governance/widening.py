"""Find policies of a changed model that could show someone more than before. They need a second administrator.

Everything that a policy shows must have been visible before to everyone that it matches. Everything that a policy hid
must still be hidden from everyone that it matched. If this isn't certain, the policy counts as widening. Data that is
new to the model doesn't count, because no rule was about it. Changed formulas aren't compared here, because they change
definitions and not access, unless a metric newly counts something that policies kept hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, cast

from sqlglot import exp

from semantic.governance.row_conditions import is_as_strict
from semantic.model.checks.select_scope import NO_QUERIES, origins
from semantic.model.definitions import Dataset, Described, Dimension, Metric, Names
from semantic.model.join_graph import JoinPath, goes_beside, paths_by_rule
from semantic.model.lineage import tables_of
from semantic.model.model import Model
from semantic.model.policies import HasAttribute, Mask, MaskKind, Policy, RowRule
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of

LIMITS: Final = ("rows", "days", "breakdowns", "metrics")
_ALL: Final = Names(everything=True)


def widening(before: Model, after: Model) -> tuple[str, ...]:
    """Return the names of the policies whose change can show someone more, in the order of the models.

    More means more rows, columns, metrics, dimensions, segments or unmasked values, smaller groups, larger questions,
    or more people to view as. It also includes a metric that newly counts what only hidden metrics counted, and a
    dataset that newly reads a table whose columns or rows are hidden in another dataset.
    """
    if before.version == after.version:
        return ()
    known = after.memo.get(("widening", before.version))
    if known is None:
        known = after.memo["widening", before.version] = _widening(_Pair(before, after))
    return cast("tuple[str, ...]", known)  # only written here


def _widening(pair: _Pair) -> tuple[str, ...]:
    before, after = pair.before, pair.after
    widened = {policy.name for policy in after.policies if pair.opens_more(policy)}
    widened |= {policy.name for policy in before.policies if pair.closes_less(policy)}
    names = dict.fromkeys(policy.name for policy in (*after.policies, *before.policies))
    return tuple(name for name in names if name in widened)


# Who a policy matches


@dataclass(frozen=True, slots=True)
class _Matched:
    """The people that one role, group, ID or audience of a policy matches, or that its attributes alone match."""

    kind: Literal["role", "group", "person", "audience", "attributes"]
    name: str
    attributes: tuple[HasAttribute, ...]


def _matched(policy: Policy) -> tuple[_Matched, ...]:
    kinds: tuple[tuple[Literal["role", "group", "person"], frozenset[str]], ...] = (
        ("role", policy.roles), ("group", policy.groups), ("person", policy.people),
    )  # fmt: skip
    matched = [_Matched(kind, name, policy.attributes) for kind, names in kinds for name in sorted(names)]
    if not policy.attributes:  # readers of an audience have none
        matched += [_Matched("audience", name, ()) for name in sorted(policy.audiences)]
    elif _is_open(policy):
        matched.append(_Matched("attributes", "", policy.attributes))
    return tuple(matched)


def _is_open(policy: Policy) -> bool:
    """Return whether a policy matches everyone who has its attributes."""
    return bool(policy.attributes) and not (policy.people or policy.roles or policy.groups or policy.audiences)


def _matches_all(policy: Policy, them: _Matched) -> bool:
    """Return whether a policy is certain to match all the people in `them`."""
    for wanted in policy.attributes:
        if not any(theirs.name == wanted.name and theirs.values <= wanted.values for theirs in them.attributes):
            return False
    if _is_open(policy):
        return them.kind != "audience"
    names = {"role": policy.roles, "group": policy.groups, "person": policy.people, "audience": policy.audiences}
    return them.name in names.get(them.kind, frozenset[str]())


# What a policy opens and closes


Same = Callable[[Policy], bool]
"""Returns whether a policy of the other model shows the same thing, or hides it as strictly."""


@dataclass(frozen=True)
class _Pair:
    before: Model
    after: Model

    def opens_more(self, policy: Policy) -> bool:
        """Return whether a policy of the later model could show people something that was hidden from them before."""
        them = _matched(policy)
        return bool(them) and not all(_covered(self.before, them, same) for same in self._opened(policy))

    def closes_less(self, policy: Policy) -> bool:
        """Return whether a policy of the earlier model hid something that might be visible to the same people now."""
        them = _matched(policy)
        return bool(them) and not all(_covered(self.after, them, same) for same in self._closed(policy))

    @cached_property
    def _is_about_metrics(self) -> bool:
        """Whether only metrics and segments differ, as while someone edits one.

        Nothing else needs to be compared then.
        """
        old, new = self.before, self.after
        return old.policies == new.policies and old.datasets == new.datasets

    @cached_property
    def _fresh(self) -> frozenset[str]:
        """The datasets over tables that the earlier model didn't read."""
        known = {table for dataset in self.before.datasets.values() for table in _last_names(dataset)}
        return frozenset(
            dataset.name
            for dataset in self.after.datasets.values()
            if dataset.name not in self.before.datasets and known.isdisjoint(_last_names(dataset))
        )

    def _opened(self, policy: Policy) -> Iterator[Same]:
        old, new = self.before, self.after
        for metric in new.metrics.values():
            is_fresh = all(measure.dataset in self._fresh for measure in measures_of(metric, new))
            if policy.grant_metrics.holds(metric) and not is_fresh:
                yield _names_one(lambda one: one.grant_metrics, old.metrics.get(metric.name, metric))
                for others in self._counted_by(metric):
                    yield _names_any(lambda one: one.grant_metrics, others)
        for segment in new.segments.values():
            if policy.grant_segments.holds(segment) and segment.dataset not in self._fresh:
                yield _names_one(lambda one: one.grant_segments, old.segments.get(segment.name, segment))
        if self._is_about_metrics:
            return
        for name, places in new.dimensions.items():
            is_fresh = all(place.dataset in self._fresh for place in places)
            if _holds_any(policy.grant_dimensions, places) and not is_fresh:
                yield _names_any(lambda one: one.grant_dimensions, old.dimensions.get(name, places))
        for dataset in new.datasets.values():
            if dataset.name not in self._fresh:
                yield from self._opened_dataset(policy, dataset)
        yield from _opened_people(policy)

    def _counted_by(self, metric: Metric) -> list[tuple[Metric, ...]]:
        """Return, for each measure that a metric newly uses, the earlier metrics that counted it.

        Measures that no metric counted aren't included.
        """
        was = self.before.metrics.get(metric.name)
        known = {(one.dataset, one.name) for one in measures_of(was, self.before)} if was is not None else set()
        measures = {(one.dataset, one.name) for one in measures_of(metric, self.after)} - known
        return [self._counting[measure] for measure in sorted(measures) if measure in self._counting]

    @cached_property
    def _counting(self) -> Mapping[tuple[str, str], tuple[Metric, ...]]:
        """The metrics of the earlier model that count each measure.

        Metrics without a formula over several measures are preferred.
        """
        found: dict[tuple[str, str], list[Metric]] = {}
        for metric in self.before.metrics.values():
            for measure in measures_of(metric, self.before):
                found.setdefault((measure.dataset, measure.name), []).append(metric)
        return {
            key: tuple(metric for metric in metrics if metric.is_simple) or tuple(metrics)
            for key, metrics in found.items()
        }

    def _opened_dataset(self, policy: Policy, dataset: Dataset) -> Iterator[Same]:
        was = self.before.datasets.get(dataset.name)
        if policy.grant_datasets.holds(dataset):
            yield _names_one(lambda one: one.grant_datasets, was or dataset)
        if policy.grant_rows.holds(dataset):
            yield _names_one(lambda one: one.grant_rows, was or dataset)
        model = self.after if was is None else self.before
        if shows_rows(policy, dataset.name, self.after):
            yield lambda one: shows_rows(one, dataset.name, model)
        was_private = was is not None and was.origin == "upload"
        is_named = dataset.origin == "upload" and dataset.name in policy.whole.names
        if is_named or (was_private and not dataset.origin):
            yield lambda one: dataset.name in one.whole.names or (was is not None and was.origin != "upload")

    def _closed(self, policy: Policy) -> Iterator[Same]:
        old, new = self.before, self.after
        for metric in new.metrics.values():
            hidden = [all(map(policy.deny_metrics.holds, others)) for others in self._counted_by(metric)]
            if policy.deny_metrics.holds(old.metrics.get(metric.name, metric)) or any(hidden):
                yield _names_one(lambda one: one.deny_metrics, metric)
        for segment in new.segments.values():
            if policy.deny_segments.holds(old.segments.get(segment.name, segment)):
                yield _names_one(lambda one: one.deny_segments, segment)
        if self._is_about_metrics:
            return
        for name, places in new.dimensions.items():
            if _holds_any(policy.deny_dimensions, old.dimensions.get(name, places)):
                yield _names_any(lambda one: one.deny_dimensions, places)
        for dataset in new.datasets.values():
            was = old.datasets.get(dataset.name, dataset)
            if policy.deny_datasets.holds(was):
                yield _names_one(lambda one: one.deny_datasets, dataset)
            if policy.deny_rows.holds(was):
                yield _names_one(lambda one: one.deny_rows, dataset)
            yield from self._closed_columns(policy, dataset)
            yield from self._closed_rows(policy, dataset)
        for mask in policy.masks:
            if mask.dimension in new.dimensions:
                yield _masks(mask, new)
        yield from _limited(policy)

    def _closed_columns(self, policy: Policy, dataset: Dataset) -> Iterator[Same]:
        """Yield a test for each column that a policy hid or masked, and for each dimension that newly reads one."""
        was = self.before.datasets.get(dataset.name)
        if not (policy.masks or policy.deny_dimensions != Names()):
            return
        if self._is_moved(dataset):
            yield from self._closed_in_table(policy, dataset)
        if was is None:
            return
        for column in sorted(_closed_by(policy, was.name, self.before)):
            if column in dataset.columns:
                yield _closes_column(dataset.name, column, self.after)
            for dimension in dataset.dimensions.values():
                if _reads(dimension, column) and not _reads(was.dimensions.get(dimension.name), column):
                    yield _masks(Mask(dimension.name, MaskKind.NULL), self.after)

    def _is_moved(self, dataset: Dataset) -> bool:
        """Return whether a dataset is new, or reads another table."""
        was, read = self.before.datasets.get(dataset.name), (dataset.source, dataset.connection, dataset.query)
        return was is None or (was.source, was.connection, was.query) != read

    def _beside(self, dataset: Dataset) -> list[Dataset]:
        """Return the datasets of the earlier model that read a table of this dataset."""
        tables = _last_names(dataset)
        return [other for other in self.before.datasets.values() if not tables.isdisjoint(_last_names(other))]

    def _closed_in_table(self, policy: Policy, dataset: Dataset) -> Iterator[Same]:
        """Yield a test for each hidden column of a table that a dataset newly reads.

        If the dataset's SQL reads such a column, the whole dataset has to be hidden.
        """
        beside = self._beside(dataset)
        closed = {column.lower() for other in beside for column in _closed_by(policy, other.name, self.before)}
        if not closed:
            return
        tree = dataset.query.tree if dataset.query is not None else None
        named = {column.name.lower() for column in tree.find_all(exp.Column)} if tree is not None else set[str]()
        if tree is not None and not named.isdisjoint(closed):  # under whatever name
            yield lambda one: one.deny_datasets.holds(dataset)
            return
        for column in sorted(dataset.columns):
            if column.lower() in closed and any(_reads(each, column) for each in dataset.dimensions.values()):
                yield _closes_column(dataset.name, column, self.after)

    def _closed_rows(self, policy: Policy, dataset: Dataset) -> Iterator[Same]:
        """Yield a test for each row rule of a policy that reached a dataset."""
        name = dataset.name
        if policy.rows and self._is_moved(dataset):
            for other in self._beside(dataset):
                for rule, path in reaching(policy, other.name, self.before):
                    yield _repeats(rule, path, dataset, self.after)
        for rule, path in reaching(policy, name, self.before if name in self.before.datasets else self.after):
            if self._reads_the_same(path[0].columns if path else rule.where.columns, name):
                yield _as_strict(rule, path, dataset, self.after)
            else:
                yield lambda one: one.deny_datasets.holds(dataset)

    def _reads_the_same(self, columns: Iterable[str], name: str) -> bool:
        """Return whether the columns that decide which rows are visible still come from the same source."""
        was, now = self.before.datasets.get(name), self.after.datasets[name]
        if was is None or (was.source, was.connection, was.query) == (now.source, now.connection, now.query):
            return was is None or was.row_rules_reviewed == now.row_rules_reviewed
        if was.query is None or now.query is None or now.row_rules_reviewed or was.connection != now.connection:
            return False
        old, new = was.query.tree, now.query.tree
        return all(
            origins(old, column.lower(), NO_QUERIES) == origins(new, column.lower(), NO_QUERIES) for column in columns
        )


def _covered(model: Model, them: tuple[_Matched, ...], same: Same) -> bool:
    """Return whether each group of people in `them` is certain to match some policy that passes `same`."""
    holding = [policy for policy in model.policies if same(policy)]
    return all(any(_matches_all(policy, one) for policy in holding) for one in them)


def _holds_any(names: Names, places: Iterable[Described]) -> bool:
    return any(names.holds(place) for place in places)


def _names_one(of: Callable[[Policy], Names], thing: Described) -> Same:
    return lambda one: of(one).holds(thing)


def _names_any(of: Callable[[Policy], Names], places: Iterable[Described]) -> Same:
    return lambda one: _holds_any(of(one), places)


def _opened_people(policy: Policy) -> Iterator[Same]:
    """Yield a test for each kind of people that a policy lets someone view as."""
    mine = policy.view_as
    if mine.everybody:
        yield lambda one: one.view_as.everybody
    if mine.roles:
        yield lambda one: one.view_as.everybody or mine.roles <= one.view_as.roles
    if mine.groups:
        yield lambda one: one.view_as.everybody or mine.groups <= one.view_as.groups
    if mine.people:
        yield lambda one: one.view_as.everybody or mine.people <= one.view_as.people


def _limited(policy: Policy) -> Iterator[Same]:
    for name in LIMITS:
        most: int | None = getattr(policy.limits, name)
        if most is not None:
            yield _limits(name, most)
    group = policy.min_group
    if group is not None:
        yield (
            lambda one: (
                one.min_group is not None
                and one.min_group.entity == group.entity
                and one.min_group.at_least >= group.at_least
            )
        )


def _limits(name: str, most: int) -> Same:
    def same(one: Policy) -> bool:
        theirs: int | None = getattr(one.limits, name)
        return theirs is not None and theirs <= most

    return same


def _masks(mask: Mask, model: Model) -> Same:
    """Return a test for policies that deny a dimension, or show no more of it than `mask` does."""

    def same(one: Policy) -> bool:
        if _holds_any(one.deny_dimensions, model.dimensions[mask.dimension]):
            return True
        return any(other.dimension == mask.dimension and _shows_no_more(other, mask) for other in one.masks)

    return same


def _shows_no_more(mask: Mask, than: Mask) -> bool:
    if mask.kind is MaskKind.NULL:
        return True
    if mask.kind is not than.kind:
        return False
    return mask.kind is not MaskKind.BUCKET or (than.width > 0 and mask.width % than.width == 0 and mask.width > 0)


def _closed_by(policy: Policy, dataset: str, model: Model) -> frozenset[str]:
    """Return the columns that a policy's denials and masks hide, even if the rest of the policy shows them."""
    alone = replace(policy, grant_dimensions=_ALL, whole=_ALL, rows=())
    return VisibleModel(model, Actor(id=""), (alone,), (), "").closed_columns(dataset)


def _closes_column(dataset: str, column: str, model: Model) -> Same:
    return lambda one: column in _closed_by(one, dataset, model)


def _last_names(dataset: Dataset) -> frozenset[str]:
    """Return the names of the tables that a dataset reads, in lower case and without schema, catalog and quotes."""
    return frozenset(table.rpartition(".")[2].strip('"`[]').casefold() for table in tables_of(dataset))


def _reads(dimension: Dimension | None, column: str) -> bool:
    if dimension is None:
        return False
    read = (expression for expression in (dimension.sql, dimension.day) if expression is not None)
    return any(column.lower() == name.lower() for expression in read for name in expression.columns)


def _as_strict(rule: RowRule, path: JoinPath, dataset: Dataset, model: Model) -> Same:
    """Return a test for policies that limit a dataset as strictly as a rule does.

    They deny the dataset, or have a rule that reaches it by the same path and is as strict.
    """

    def same(one: Policy) -> bool:
        if one.deny_datasets.holds(dataset):
            return True
        return any(
            other.dataset == rule.dataset and theirs == path and is_as_strict(other, rule)
            for other, theirs in reaching(one, dataset.name, model)
        )

    return same


def _repeats(rule: RowRule, path: JoinPath, dataset: Dataset, model: Model) -> Same:
    """Return a test for policies that exclude the same rows from a dataset as a rule excludes from another one.

    They can also deny the dataset. Both datasets read the same table.
    """

    def same(one: Policy) -> bool:
        if one.deny_datasets.holds(dataset):
            return True
        return any(
            len(theirs) == len(path) and is_as_strict(other, rule)
            for other, theirs in reaching(one, dataset.name, model)
        )

    return same


def reaching(policy: Policy, dataset: str, model: Model) -> Iterator[tuple[RowRule, JoinPath]]:
    """Yield the row rules of a policy that reach a dataset, each with its path.

    Paths are chosen as in `semantic.policy.rows`.
    """
    ways: Mapping[str, tuple[JoinPath, ...]] = model.joins.paths(dataset)
    for rule in policy.rows:
        paths = ways.get(rule.dataset, ())
        if len(paths) > 1:
            paths = paths_by_rule(paths, rule.via) or paths
        yield from ((rule, path) for path in paths)


def shows_rows(policy: Policy, dataset: str, model: Model) -> bool:
    """Return whether a policy shows any rows of a dataset: all of them, or those that its rules allow."""
    if policy.whole.holds(model.datasets[dataset]):
        return True
    ways = model.joins.paths(dataset)
    return any(
        not all(goes_beside(path) for path in ways[rule.dataset]) for rule in policy.rows if rule.dataset in ways
    )
