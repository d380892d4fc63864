"""The kinds of metrics, by the names that people use for them."""

from __future__ import annotations

from semantic.model import kinds
from semantic.model.definitions import Metric
from semantic.model.model import Model

_PLAIN = ("Count or sum", "Ratio", "Formula")


def kind_of(metric: Metric, model: Model) -> str:
    """Return a metric's kind in a few words: `Rolling 28 days`, `Month to date`, `Balance`, `Ratio`."""
    return kinds.kind_of(metric).called(metric, model)


def kind_group(metric: Metric, model: Model) -> str:
    """Return the kind by which metrics can be filtered. Rolling metrics of any length are one kind."""
    return kinds.kind_of(metric).group(metric, model)


def special_kind(metric: Metric, model: Model) -> str:
    """Return the kind of a metric whose days don't simply add up, for a badge, or "" for other metrics."""
    return "" if kind_group(metric, model) in _PLAIN else kind_of(metric, model)


def words_for(metric: Metric, model: Model) -> tuple[str, ...]:
    """Return words that people type when they look for a metric of this kind."""
    return kinds.kind_of(metric).searched(metric, model)
