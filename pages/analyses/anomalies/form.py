"""The form of a search for unusual days: the metric, the breakdowns that can explain them, and the sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.analyses.form import Form
from semantic.explore.weekly import is_dated
from semantic.services.alerts.readings import why_never

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel

SENSITIVITIES = {"low": "Low: only extreme days", "normal": "Normal, as in alerts", "high": "High: more days"}


def watchable(seen: VisibleModel) -> dict[str, str]:
    """Return the labels of the metrics whose days can be judged."""
    return seen.cached(
        "metrics by day",
        lambda: {
            metric.name: metric.label or metric.name
            for metric in seen.metrics
            if metric.deprecated is None and is_dated(metric, seen) and not why_never(metric, seen)
        },
    )


def form(form: Form) -> None:
    """Draw the choice of the metric and its breakdowns."""
    form.choice("Metric", ("metric",), watchable(form.seen))
    form.breakdown(
        "Look for causes by",
        ("by",),
        help="Finds the groups that explain an unusual day, or that had an unusual day of their own.",
    )


def counting(form: Form) -> None:
    """Draw the sensitivity, which is how far outside its usual range a day must be."""
    form.choice("Sensitivity", ("sensitivity",), SENSITIVITIES, default="normal")
