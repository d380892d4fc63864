"""Example questions in words that start a conversation, made from what one person can see.

The reader has to understand each one before it's offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from semantic.analyses.events.asked import plural
from semantic.errors import SemanticError
from semantic.explore.weekly import is_dated
from semantic.model.certification_status import CertificationStatus, certification_status, is_certified
from semantic.model.definitions import Dimension, Metric, NumberFormat
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import lower_first
from semantic.query.query import Query
from semantic.reading.lexicon import lexicon_of
from semantic.reading.reading import read
from semantic.workspace import Workspace

MOST: Final = 5
TRIED: Final = 6
"""How many metrics are tried for each kind of example."""
WANTED: Final = ("channel", "market", "country", "campaign", "product", "device")
"""The breakdowns to prefer, if a metric has them."""


def examples(workspace: Workspace, seen: VisibleModel) -> tuple[str, ...]:
    """Return up to five questions in words that the reader understands and that this person can ask.

    Each is about a different metric, if there are enough metrics. The questions don't depend on rows.
    """
    return seen.cached("example sentences", lambda: tuple(_made(workspace, seen)))


def _made(workspace: Workspace, seen: VisibleModel) -> Iterator[str]:
    day, used = workspace.today(), set[str]()
    kinds = (_by_breakdown, _against_last_year, _largest, _over_time, _reasons)
    lexicon = lexicon_of(seen, {})  # none of the sentences names a member
    for make in kinds[:MOST]:
        tried = [metric for metric in _metrics(seen, day) if metric.name not in used] or _metrics(seen, day)
        for metric in tried[:TRIED]:
            text = make(metric, workspace, seen)
            reading = read(text, lexicon, today=day) if text else None
            if reading is not None and reading.question is not None and reading.question.metrics == (metric.name,):
                checked = workspace.preflight(reading.question, seen.actor)
                if checked.ok and checked.cost != "large":
                    used.add(metric.name)
                    yield text
                    break


def _metrics(seen: VisibleModel, day: date) -> Sequence[Metric]:
    """Return dated metrics, certified ones first, without deprecated ones."""
    usable = [
        metric
        for metric in seen.metrics
        if is_dated(metric, seen) and certification_status(metric, day) is not CertificationStatus.DEPRECATED
    ]
    return sorted(
        usable,
        key=lambda metric: (not is_certified(metric), metric.is_ratio, metric.format is not NumberFormat.MONEY),
    )


def _by_breakdown(metric: Metric, workspace: Workspace, seen: VisibleModel) -> str:
    dimension = _dimension(metric, workspace, seen)
    return f"{_name(metric)} by {lower_first(_label(dimension))} last month" if dimension else ""


def _against_last_year(metric: Metric, workspace: Workspace, seen: VisibleModel) -> str:
    return f"{_name(metric)} last 13 weeks vs last year"


def _largest(metric: Metric, workspace: Workspace, seen: VisibleModel) -> str:
    dimension = _dimension(metric, workspace, seen)
    return (
        f"Top 5 {plural(lower_first(_label(dimension)))} by {lower_first(_name(metric))} this year" if dimension else ""
    )


def _over_time(metric: Metric, workspace: Workspace, seen: VisibleModel) -> str:
    return f"{_name(metric)} by week last 6 months"


def _reasons(metric: Metric, workspace: Workspace, seen: VisibleModel) -> str:
    return f"Why did {lower_first(_name(metric))} change last month?"


def _dimension(metric: Metric, workspace: Workspace, seen: VisibleModel) -> Dimension | None:
    """Return the breakdown to offer for a metric: a well-known one, or else the first that isn't personal."""
    from_metric = seen.cached(f"example breakdown {metric.name}", lambda: _found(metric, workspace, seen))
    return from_metric[0] if from_metric else None


def _found(metric: Metric, workspace: Workspace, seen: VisibleModel) -> tuple[Dimension, ...]:
    try:
        available = workspace.preflight(Query(metrics=(metric.name,)), seen.actor).available
    except SemanticError:
        return ()
    usable = [
        dimension
        for dimension in available
        if dimension.kind == "categorical" and not dimension.tags & {"personal", "sensitive", "id"}
    ]
    usable.sort(key=lambda each: WANTED.index(each.name) if each.name in WANTED else len(WANTED))
    return tuple(usable[:1])


def _name(metric: Metric) -> str:
    return metric.label or metric.name


def _label(dimension: Dimension) -> str:
    return dimension.label or dimension.name
