"""Own data: uploaded datasets, and the metrics that use them. They can't be certified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from semantic.errors import Problem
from semantic.model.definitions import Dataset, Metric

CONNECTION = "uploads"
"""The name of the connection that holds the tables of all uploads."""


def with_own_data(metrics: Mapping[str, Metric], datasets: Mapping[str, Dataset]) -> Iterator[Metric]:
    """Yield all metrics, with those that use an upload, even indirectly, marked as own data."""
    uploads = {dataset.name for dataset in datasets.values() if dataset.origin == "upload"}
    own = {metric.name for metric in metrics.values() if metric.measure.partition(".")[0] in uploads}
    users: dict[str, list[str]] = {}
    for metric in metrics.values():
        for name in metric.inputs:
            users.setdefault(name, []).append(metric.name)
    waiting = [*own]
    while waiting:
        for name in users.get(waiting.pop(), ()):
            if name not in own:
                own.add(name)
                waiting.append(name)
    return (replace(metric, own_data=True) if metric.name in own else metric for metric in metrics.values())


def own_data_problems(datasets: Mapping[str, Dataset], metrics: Mapping[str, Metric]) -> Iterator[Problem]:
    """Yield a problem for each certified metric over an upload, and for each upload outside its connection."""
    for metric in metrics.values():
        if metric.own_data and metric.certified is not None:
            message = f"The metric {metric.name!r} is certified, but it uses an upload."
            yield Problem(metric.file, metric.line, message, "Remove `certified:`, or have the table connected.")
    for dataset in datasets.values():
        if (dataset.origin == "upload") != (dataset.connection == CONNECTION):
            message = f"The dataset {dataset.name!r} has only one of `origin: upload` and `connection: {CONNECTION}`."
            yield Problem(dataset.file, dataset.line, message, "Write both, or neither.")
        elif dataset.origin == "upload" and dataset.query is not None:
            message = f"The dataset {dataset.name!r} is an upload with `sql:`."
            yield Problem(dataset.file, dataset.line, message, "An upload has a `table:`.")
