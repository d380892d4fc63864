"""Let certificates lapse if the metric's definition has changed since `meaning:` was written in the model's files."""

from __future__ import annotations

from semantic.model.contract import Certificate, CertificationState
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.model import Model

SHORT = 16
"""The number of characters of a digest that `meaning:` contains."""


def lapse_changed_metrics(model: Model) -> None:
    """Mark a certificate as lapsed if its metric's definition has changed since it was certified."""
    for metric in model.metrics.values():
        written = metric.certified
        if written is None or not written.meaning or metric.contract.settled is not None:
            continue
        is_same = metric_digest(model, metric.name).startswith(written.meaning)
        why = "" if is_same else "the definition changed"
        metric.contract.settled = CertificationState(Certificate(written.by, written.until, why))
