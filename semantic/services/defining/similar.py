"""Find metrics that equal another metric, or nearly do, by their definitions and their values over 90 days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from sqlglot import exp

from semantic.errors import SemanticError
from semantic.explore.weekly import datasets_of, is_dated
from semantic.model.definitions import Form, Granularity, Input, Metric
from semantic.model.editing.conditions import same_rows
from semantic.model.expression import Expression
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import DATE, Breakdown, Last, Query
from semantic.services.defining.rows import within
from semantic.workspace import Workspace

DAYS: Final = 90
BUDGET: Final = 3.0
"""The most seconds for comparing values."""
NEARLY: Final = 0.98
"""From this share on, two metrics are nearly equal."""
MOST_COMPARED, TOGETHER, FEWEST_DAYS = 24, 8, 10
_WORD = re.compile(r"[^\W_]{3,}")


@dataclass(frozen=True, slots=True)
class SimilarMetric:
    """A metric that is similar to another.

    `share` says how equal their values are, up to 1. It is None if the definitions are the same.
    """

    name: str
    label: str
    share: float | None

    @property
    def words(self) -> str:
        """A sentence about the similarity: `99.8% equal to "Refund rate, cohort" over 90 days`."""
        named = f"\N{LEFT DOUBLE QUOTATION MARK}{self.label}\N{RIGHT DOUBLE QUOTATION MARK}"
        if self.share is None:
            return f"The same definition as {named}"
        equal = "Equal to" if self.share == 1 else f"{min(100 * self.share, 99.9):.1f}% equal to"
        return f"{equal} {named} over {DAYS} days"


@dataclass(frozen=True, slots=True)
class Compared:
    """The similar metrics, and the number of metrics that couldn't be compared within the available time."""

    alike: tuple[SimilarMetric, ...]
    compared: int
    left: int


def same_definition(name: str, seen: VisibleModel) -> tuple[SimilarMetric, ...]:
    """Return the metrics that this actor sees and that are computed exactly like this one.

    The model must already have been checked for problems.
    """
    model = seen.model
    own = meaning(model.metrics[name], model)
    return tuple(
        SimilarMetric(other.name, other.label, None)
        for other in seen.metrics
        if other.name != name and meaning(other, model) == own
    )


def nearly_equal(name: str, workspace: Workspace, actor: Actor, *, budget: float = BUDGET) -> Compared:
    """Return the metrics whose daily values over 90 days nearly equal this one's, most similar first.

    The values are the ones that this actor sees.
    """
    seen, until = workspace.visible(actor), monotonic() + budget
    metric = seen.metric(name)
    candidates = _candidates(metric, seen) if is_dated(metric, seen) else []
    chosen, found, compared = candidates[:MOST_COMPARED], list[SimilarMetric](), 0
    for start in range(0, len(chosen), TOGETHER):
        several = chosen[start : start + TOGETHER]
        values = _values([metric, *several], workspace, actor, until)
        if values is None:
            break
        compared += len(several)
        for other in several:
            share = equal_share(values[name], values[other.name])
            if share is not None and share >= NEARLY:
                found.append(SimilarMetric(other.name, other.label, share))
    found.sort(key=lambda one: (-(one.share or 0), one.label.casefold()))
    return Compared(tuple(found), compared, len(candidates) - compared)


def equal_share(mine: Sequence[float | None], theirs: Sequence[float | None]) -> float | None:
    """Return how equal two series are: 1 minus the sum of their differences as a share of the larger values.

    Returns None if either series has too few values.

    >>> equal_share([100.0] * 10, [100.0] * 9 + [90.0])
    0.99
    """
    pairs = [(a or 0.0, b or 0.0) for a, b in zip(mine, theirs, strict=True) if a is not None or b is not None]
    whole = sum(max(abs(a), abs(b)) for a, b in pairs)
    if sum(bool(a) for a, _ in pairs) < FEWEST_DAYS or sum(bool(b) for _, b in pairs) < FEWEST_DAYS or not whole:
        return None
    return max(0.0, 1 - sum(abs(a - b) for a, b in pairs) / whole)


def meaning(metric: Metric, model: Model) -> object:
    """Return how a metric of a checked model is computed, in a normalized form for comparing metrics."""
    where = same_rows(metric.where.text) if metric.where else ()
    match metric.form:
        case Form.SIMPLE:
            measure = model.measure(metric.measure)
            value = (measure.dataset, measure.agg, _sql(measure.sql), _sql(measure.local), measure.time,
                     measure.percentile, measure.over_time, measure.per, measure.within, measure.currency)  # fmt: skip
            rows = same_rows(metric.filter.text) if metric.filter else ()
            return "simple", value, rows, where, metric.counts_after
        case Form.RATIO:
            return "ratio", tuple(_use(use, model) for use in metric.uses), where
        case Form.DERIVED:
            assert metric.expression is not None
            tree, by_name = metric.expression.tree, {use.name: _use(use, model) for use in metric.uses}
            if sides := _sides(tree):
                return "ratio", tuple(by_name[side] for side in sides), where
            return "derived", tree.sql(dialect="duckdb"), tuple(by_name.items()), where
        case _:
            inputs = tuple(meaning(model.metrics[name], model) for name in metric.inputs)
            return metric.form, inputs, metric.cumulative, metric.conversion, where


def _use(use: Input, model: Model) -> object:
    where = same_rows(use.where.text) if use.where else ()
    return meaning(model.metrics[use.metric], model), where, use.offset, use.offset_to


def _sides(tree: exp.Expr) -> tuple[str, str] | None:
    """Return the two metrics of a formula that just divides one by the other, or None for any other formula."""
    if not isinstance(tree, exp.Div):
        return None
    top, bottom = tree.this, tree.expression
    if isinstance(bottom, exp.Nullif) and isinstance(bottom.expression, exp.Literal) and bottom.expression.name == "0":
        bottom = bottom.this
    is_plain = isinstance(top, exp.Column) and isinstance(bottom, exp.Column)
    return (top.name, bottom.name) if is_plain else None


def _sql(expression: Expression | None) -> str:
    return expression.tree.sql(dialect="duckdb") if expression is not None else ""


def _candidates(metric: Metric, seen: VisibleModel) -> list[Metric]:
    """Return metrics with the same number format that could have the same values, the most likely ones first."""
    facts, words = datasets_of(metric, seen), _words(metric)

    def likeness(other: Metric) -> tuple[bool, int, str]:
        return datasets_of(other, seen) != facts, -len(words & _words(other)), other.name

    others = [
        other
        for other in seen.metrics
        if other.name != metric.name
        and other.deprecated is None
        and (other.format, other.unit) == (metric.format, metric.unit)
        and is_dated(other, seen)
        and (not facts.isdisjoint(datasets_of(other, seen)) or words & _words(other))
    ]
    return sorted(others, key=likeness)


def _words(metric: Metric) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(metric.label))


def _values(
    metrics: Sequence[Metric], workspace: Workspace, actor: Actor, until: float
) -> Mapping[str, Sequence[float | None]] | None:
    """Return the daily values of each metric, or None if the time is up.

    A metric without an answer has only missing values.
    """
    values = dict(_asked(metrics, workspace, actor, until - monotonic()))
    if not values:  # then in pairs with the first, if all together can't be asked
        for other in metrics[1:]:
            values |= dict(_asked([metrics[0], other], workspace, actor, until - monotonic()))
    if monotonic() > until and not values:
        return None
    length = len(values.get(metrics[0].name, ()))
    empty: list[float | None] = [None] * length
    return {metric.name: one if len(one := values.get(metric.name, empty)) == length else empty for metric in metrics}


def _asked(
    metrics: Sequence[Metric], workspace: Workspace, actor: Actor, seconds: float
) -> Iterator[tuple[str, Sequence[float | None]]]:
    if seconds <= 0:
        return
    names = tuple(metric.name for metric in metrics)
    query = Query(
        metrics=names, by=(Breakdown(DATE, Granularity.DAY),), time=Last(DAYS, Granularity.DAY), every_period=True
    )
    try:
        result = within(workspace.start(query, actor), seconds)
    except SemanticError:
        return
    if result is not None:
        for name in names:
            values = result.table.column(name).to_pylist()
            yield name, [None if value is None else float(value) for value in values]
