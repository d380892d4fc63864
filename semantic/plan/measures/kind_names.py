"""Name the kinds of metrics in words that people use."""

from __future__ import annotations

from semantic.model import kinds
from semantic.model.definitions import Metric
from semantic.model.model import Model

_PLAIN = ("Count or sum", "Ratio", "Formula")


def kind_of(metric: Metric, model: Model) -> str:
    """Return a metric's kind in a few words, such as `Rolling 28 days`, `Month to date`, `Balance` or `Ratio`."""
    return kinds.kind_of(metric).called(metric, model)


def kind_group(metric: Metric, model: Model) -> str:
    """Return the kind that metrics can be filtered by. Rolling metrics of any length are one kind."""
    return kinds.kind_of(metric).group(metric, model)


def special_kind(metric: Metric, model: Model) -> str:
    """Return the kind for a badge if a metric's days don't simply add up, otherwise ""."""
    return "" if kind_group(metric, model) in _PLAIN else kind_of(metric, model)


def words_for(metric: Metric, model: Model) -> tuple[str, ...]:
    """Return the words that people type to find metrics of this kind."""
    return kinds.kind_of(metric).searched(metric, model)
