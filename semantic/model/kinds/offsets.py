"""Name formulas that use a metric from an earlier time."""

from __future__ import annotations

from semantic.model.definitions import Metric
from semantic.model.model import Model


def formula_called(metric: Metric, otherwise: str) -> str:
    """Return `Compared with an earlier period` for a formula that uses an earlier period, or else `otherwise`."""
    return "Compared with an earlier period" if _reads_earlier(metric) else otherwise


def formula_searched(metric: Metric, model: Model) -> tuple[str, ...]:
    """Return extra search words for a metric that compares with an earlier time, or none for other metrics."""
    return ("offset", "growth") if _reads_earlier(metric) else ()


def _reads_earlier(metric: Metric) -> bool:
    return any(use.offset or use.offset_to for use in metric.uses)
