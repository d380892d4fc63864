"""The kinds of metrics by the names that people have for them."""

from __future__ import annotations

from semantic.model import kinds
from semantic.model.definitions import Metric
from semantic.model.model import Model

_PLAIN = ("Count or sum", "Ratio", "Formula")


def kind_of(metric: Metric, model: Model) -> str:
    """The kind of a metric in a few words: `Rolling 28 days`, `Month to date`, `Balance`, `Ratio`."""
    return kinds.kind_of(metric).called(metric, model)


def kind_group(metric: Metric, model: Model) -> str:
    """The kind by which metrics are narrowed: rolling ones of all lengths are one."""
    return kinds.kind_of(metric).group(metric, model)


def special_kind(metric: Metric, model: Model) -> str:
    """The kind of a metric whose days are not simply added up, to be marked; "" for the others."""
    return "" if kind_group(metric, model) in _PLAIN else kind_of(metric, model)


def words_for(metric: Metric, model: Model) -> tuple[str, ...]:
    """What people type who look for a metric of this kind."""
    return kinds.kind_of(metric).searched(metric, model)
