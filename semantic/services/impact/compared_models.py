"""Compare several questions that differ only in their metrics, in one statement for before and after the draft.

Planning and starting a statement takes longer than answering most questions, and a board's numbers often come from the
same rows. The draft's metrics are added to the published model under separate names, so that one pass computes both
definitions. The numbers are correct only if the two models differ in nothing but metrics, and if no metric's groups and
days depend on other metrics in the question. All other questions are asked separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from semantic.model.contract import Contract
from semantic.model.definitions import Form, Metric
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import AllOf, AnyOf, Condition, Filter, InSegment, NotAny, Query
from semantic.results.result import Result
from semantic.store.models.versions import Files

MOST_METRICS: Final = 8
"""How many metrics, each before and after, one statement can have."""

_ASIDE: Final = frozenset({"metrics", "by", "where", "time", "time_zone", "week_start", "fiscal_start", "currency"})
"""The parts of a question that keep its metrics independent of each other. All other parts must have their default."""


def only_metrics_differ(base_files: Files, files: Files) -> bool:
    """Whether two states of a model differ only in metrics and policies. Policies don't affect other definitions."""
    aside = (ObjectKind.METRIC, ObjectKind.POLICY, ObjectKind.POLICY_TEST, ObjectKind.PERSON)
    before, after = (
        sorted((one.kind.value, one.name, one.text) for one in objects_of(texts) if one.kind not in aside)
        for texts in (base_files, files)
    )
    return before == after


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a question, besides metrics, that have to be equal for one statement to answer several questions."""

    query: Query
    facts: frozenset[str]


@dataclass
class ComparedModels:
    """The metrics of a published model and its draft, as one person sees both. The models differ only in metrics."""

    before: VisibleModel
    after: VisibleModel
    _twins: dict[str, Metric | None] = field(default_factory=dict[str, "Metric | None"])

    def frame(self, query: Query) -> Frame | None:
        """Return the parts that a question must share with others, or None if it has to be asked separately."""
        defaults = Query()
        is_plain = all(
            getattr(query, one.name) == getattr(defaults, one.name) for one in fields(Query) if one.name not in _ASIDE
        )
        if not query.metrics or not is_plain or self.before.min_groups or not _is_plain(query.where):
            return None
        facts: set[frozenset[str]] = set()
        for name in query.metrics:
            metric, twin = self.before.model.metrics.get(name), self.twin(name)
            if metric is None or twin is None or not _is_independent(metric, self.before.model):
                return None
            facts |= {_facts(metric, self.before.model), _facts(self.after.model.metrics[name], self.after.model)}
        # How far data goes is decided by all facts of a question.
        return Frame(replace(query, metrics=()), facts.pop()) if len(facts) == 1 else None

    def twin(self, name: str) -> Metric | None:
        """Return the draft's metric under a separate name, or the published metric if their definitions are equal.

        Returns None if this person can't see both, or if the metric can't be combined with others.
        """
        if name not in self._twins:
            self._twins[name] = self._made(name)
        return self._twins[name]

    def made(self, names: Sequence[str]) -> Mapping[str, Metric]:
        """Return, by name, the draft's versions of these metrics as extra metrics for a question."""
        return {twin.name: twin for twin in self._needed(names)}

    def _needed(self, names: Sequence[str]) -> Iterator[Metric]:
        for name in names:
            twin = self.twin(name)
            if twin is not None and twin.name != name:
                yield twin
                yield from self._needed(self.after.model.metrics[name].inputs)

    def _made(self, name: str) -> Metric | None:
        before, after = self.before.model, self.after.model
        metric = after.metrics.get(name)
        if metric is None or not self.after.shows_metric(metric) or not _is_independent(metric, after):
            return None
        old = before.metrics.get(name)
        if old is not None and not self.before.shows_metric(old):
            return None
        if old is not None and metric_digest(before, name) == metric_digest(after, name):
            return old
        inputs = {inner: twin.name for inner in metric.inputs if (twin := self.twin(inner)) is not None}
        if len(inputs) < len(set(metric.inputs)):
            return None
        return replace(
            metric, name=f"{name} after", inputs=tuple(inputs[inner] for inner in metric.inputs),
            uses=tuple(replace(use, metric=inputs[use.metric]) for use in metric.uses), certified=None, deprecated=None,
            contract=Contract(), enough=None, target="",
        )  # fmt: skip


def answer_of(result: Result, names: Mapping[str, str]) -> Result:
    """Return an answer with only the columns in `names`, in that order and renamed."""
    values = {column.name: column for column in result.values}
    columns = [*result.keys, *(values[name] for name in names)]
    named = [names.get(column.name, column.name) for column in columns]
    kinds = [name for name in result.table.column_names[-1:] if result.keys]  # what each key of a row is
    table = result.table.select([*(column.name for column in columns), *kinds]).rename_columns([*named, *kinds])
    renamed = tuple(replace(column, name=name) for column, name in zip(columns, named, strict=True))
    return replace(result, table=table, columns=renamed)


def _facts(metric: Metric, model: Model) -> frozenset[str]:
    return frozenset(measure.dataset for measure in measures_of(metric, model))


def _is_plain(where: Filter | None) -> bool:
    """Whether a filter uses only dimensions and segments, not metrics."""
    match where:
        case None | Condition() | InSegment():
            return True
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return all(map(_is_plain, parts))
        case NotAny(part=part):
            return _is_plain(part)
        case _:
            return False


def _is_independent(metric: Metric, model: Model) -> bool:
    """Whether a metric's groups, days and values are the same regardless of other metrics in the question."""
    if metric.form not in (Form.SIMPLE, Form.RATIO, Form.DERIVED) or metric.every_period or metric.counts_after:
        return False
    if metric.fill is not None or metric.grain is not None or metric.own_data:
        return False
    if any(use.offset is not None or use.offset_to is not None for use in metric.uses):
        return False
    return all(inner in model.metrics and _is_independent(model.metrics[inner], model) for inner in metric.inputs)
