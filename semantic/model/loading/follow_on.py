"""Suppress problems that only follow from parts of a model that can't be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from semantic.errors import Problem
from semantic.model.model import Model


def without_follow_on(
    problems: Sequence[Problem], shapes: Collection[Problem], damaged: frozenset[str], model: Model
) -> list[Problem]:
    """Return the problems that aren't consequences of structural problems.

    `shapes` are the structural problems. `damaged` are names of parts that weren't read completely. Problems with
    metrics that use such a part, directly or through others, are left out too.
    """
    names = damaged | _using(model, damaged)
    return [problem for problem in problems if problem in shapes or not _is_about(problem, names)]


def _is_about(problem: Problem, names: Collection[str]) -> bool:
    """Return whether a problem mentions one of these names, and so could follow from that part's own problem."""
    return any(f"{name!r}" in problem.message or f".{name}'" in problem.message for name in names)


def _using(model: Model, names: frozenset[str]) -> frozenset[str]:
    """Return the names of the metrics that use one of these datasets, measures or metrics, even indirectly."""
    found = set(names)
    while more := {
        metric.name
        for metric in model.metrics.values()
        if metric.name not in found and not found.isdisjoint((*metric.measure.split("."), *metric.inputs))
    }:
        found |= more
    return frozenset(found)
