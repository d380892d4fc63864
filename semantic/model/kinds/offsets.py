"""Names of formulas that use a metric from an earlier time."""

from __future__ import annotations

from semantic.model.definitions import Metric
from semantic.model.model import Model


def formula_called(metric: Metric, otherwise: str) -> str:
    """Return `Compared with an earlier period` if a formula uses a metric from an earlier period, otherwise the kind's
    name.
    """
    return "Compared with an earlier period" if _reads_earlier(metric) else otherwise


def formula_searched(metric: Metric, model: Model) -> tuple[str, ...]:
    """Return the words that people type when they look for a comparison with an earlier time."""
    return ("offset", "growth") if _reads_earlier(metric) else ()


def _reads_earlier(metric: Metric) -> bool:
    return any(use.offset or use.offset_to for use in metric.uses)
