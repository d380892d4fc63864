"""Compare two versions of a model: the changed objects, the metrics that they affect, and those metrics' SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import unified_diff
from functools import lru_cache

from semantic.compile import compile_query, readable_sql
from semantic.errors import Refused, SemanticError
from semantic.model.definitions import Granularity, Names
from semantic.model.editing.metric_digest import OWN_DEFINITION, Part, deciding_parts, metric_digest
from semantic.model.editing.object_changes import ObjectChange, changed_objects
from semantic.model.editing.objects import Key
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.policy.actor import Actor
from semantic.policy.narrow import measures_of
from semantic.query.query import DATE, Breakdown, Query
from semantic.sql.dialects.table import Dialect

_ADMINISTRATOR = Actor(id="administrator", kind="system", roles=frozenset({"administrator"}))
_EVERYTHING = Names(everything=True)
_ALL = Policy(
    name="everything",
    roles=frozenset({"administrator"}),
    grant_metrics=_EVERYTHING,
    grant_dimensions=_EVERYTHING,
    grant_segments=_EVERYTHING,
    whole=_EVERYTHING,
)


@dataclass(frozen=True, slots=True)
class AffectedMetric:
    """A metric whose number a change affects, and the changed parts behind it.

    `because` has the changed parts that both versions have, or if there are none, the added or removed parts. `is_own`
    is true if the metric's own definition is one of them.
    """

    name: str
    label: str
    because: tuple[Part, ...]

    @property
    def is_own(self) -> bool:
        return any(part.words == OWN_DEFINITION for part in self.because)

    @property
    def words(self) -> str:
        """The effect in words, such as `ROAS is calculated differently: the metric net_revenue.`"""
        return f"{self.label} is calculated differently: {', '.join(part.words for part in self.because)}."


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """Two versions of a model, `before` and `after`, and their differences.

    `affected` are the affected metrics that both versions have, by label.
    """

    before: Model
    after: Model
    objects: tuple[ObjectChange, ...]
    added: tuple[str, ...]  # metrics
    removed: tuple[str, ...]
    affected: tuple[AffectedMetric, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed, not even a comment."""
        return not self.objects

    @property
    def words(self) -> str:
        """A summary for stewards: whether anything changed, and how many metrics it affects."""
        if self.is_empty:
            return "No changes."
        counted = [
            _count(len(self.added), "metric added", "metrics added"),
            _count(len(self.removed), "metric removed", "metrics removed"),
            _count(len(self.affected), "metric calculated differently", "metrics calculated differently"),
        ]
        texts = [text for text in counted if text]
        return f"{', '.join(texts)}." if texts else "No metric is calculated differently."


@dataclass(frozen=True, slots=True)
class SqlDifference:
    """The SQL of one simple question before and after a change, and a unified diff.

    A side is None if the metric doesn't exist there or if the question is refused, in which case `refused` says why.
    """

    before: str | None
    after: str | None
    lines: str
    refused: str = ""

    @property
    def is_same(self) -> bool:
        """Whether the SQL is the same before and after."""
        return self.before == self.after and self.before is not None


def diff_models(before: Mapping[str, str], after: Mapping[str, str]) -> ModelDiff:
    """Return the differences between two versions of a model's files. Raises ModelError if one is invalid.

    The last few results are cached, because a page about a draft needs the same one on every run.
    """
    return _diff(tuple(sorted(before.items())), tuple(sorted(after.items())))


@lru_cache(maxsize=4)
def _diff(texts_before: tuple[tuple[str, str], ...], texts_after: tuple[tuple[str, str], ...]) -> ModelDiff:
    before, after = dict(texts_before), dict(texts_after)
    models = parse_model(before), parse_model(after)
    labels = _labels(models[0]), _labels(models[1])
    affected = [_affected(name, *models) for name in models[1].metrics if name in models[0].metrics]
    return ModelDiff(
        *models,
        changed_objects(before, after, labels),
        tuple(name for name in models[1].metrics if name not in models[0].metrics),
        tuple(name for name in models[0].metrics if name not in models[1].metrics),
        tuple(
            sorted((metric for metric in affected if metric), key=lambda metric: (metric.label.casefold(), metric.name))
        ),
    )


def affected_by(diff: ModelDiff, key: Key) -> tuple[AffectedMetric, ...]:
    """Return the metrics whose numbers a changed object affects: itself, and all metrics that use it."""
    return tuple(metric for metric in diff.affected if any(key in part.written_in for part in metric.because))


def sql_difference(diff: ModelDiff, metric: str, dialect: Dialect, *, today: date) -> SqlDifference:
    """Return the SQL of a metric by month, before and after, for someone who can see everything.

    If the metric isn't known by month, it's the SQL of its total. A metric that doesn't add up across a dimension is
    broken down by that dimension.
    """
    texts: list[str | None] = []
    refused = ""
    for model in (diff.before, diff.after):
        try:
            texts.append(_plain_sql(model, metric, dialect, today) if metric in model.metrics else None)
        except SemanticError as error:
            texts.append(None)
            refused = str(error)
    before, after = texts
    lines = unified_diff((before or "").splitlines(), (after or "").splitlines(), "before", "after", lineterm="")
    return SqlDifference(before, after, "\n".join(lines), refused)


def _count(count: int, name: str, many: str) -> str:
    return f"{count:,} {name if count == 1 else many}" if count else ""


def _labels(model: Model) -> dict[str, str]:
    return {metric.name: metric.label or metric.name for metric in model.metrics.values()}


def _affected(name: str, before: Model, after: Model) -> AffectedMetric | None:
    if metric_digest(before, name) == metric_digest(after, name):
        return None
    mine, theirs = deciding_parts(before, name), deciding_parts(after, name)
    changed = [part for part in dict.fromkeys((*theirs, *mine)) if mine.get(part) != theirs.get(part)]
    # Parts that a changed part newly reads, or no longer reads, only follow from that change.
    because = [part for part in changed if part in mine and part in theirs] or changed
    metric = after.metrics[name]
    return AffectedMetric(name, metric.label or name, tuple(because))


def _plain_sql(model: Model, metric: str, dialect: Dialect, today: date) -> str:
    seen = replace(model, policies=(_ALL,))
    within = dict.fromkeys(name for measure in measures_of(model.metrics[metric], model) for name in measure.within)
    apart = tuple(Breakdown(name) for name in within)
    by_month = Query(metrics=(metric,), by=(Breakdown(DATE, Granularity.MONTH), *apart))
    try:
        compiled = compile_query(seen, by_month, _ADMINISTRATOR, dialect, today=today)
    except Refused:
        compiled = compile_query(seen, replace(by_month, by=apart), _ADMINISTRATOR, dialect, today=today)
    return readable_sql(compiled)
