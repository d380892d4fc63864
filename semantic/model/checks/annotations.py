"""Check sources of annotations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from semantic.errors import Problem
from semantic.model.annotations import AnnotationSource
from semantic.model.definitions import Dataset
from semantic.model.model import Model


def annotation_problems(source: AnnotationSource, model: Model) -> Iterator[Problem]:
    """Yield a problem for each name in a source of annotations that doesn't exist."""
    dataset = model.datasets.get(source.dataset)
    if dataset is None:
        yield _problem(source, f"is over {source.dataset!r}, which is not a dataset.", source.dataset, model.datasets)
        return
    for name in (source.text, *([source.kind] if source.kind else [])):
        yield from _own(source, name, dataset, is_time=False)
    for name in (source.starts, *([source.ends] if source.ends else [])):
        yield from _own(source, name, dataset, is_time=True)
    if source.text in dataset.dimensions and len(model.dimensions[source.text]) > 1:
        yield _problem(source, f"takes its text from {source.text!r}, which other datasets have too.", "", ())
    reached = model.joins.paths(dataset.name)
    for name in source.concerns:
        places = {dimension.dataset for dimension in model.dimensions.get(name, ())}
        if dataset.name not in places and not places & set(reached):
            yield _problem(source, f"concerns {name!r}, which no join reaches from its rows.", name, model.dimensions)
    for name in sorted(source.metrics.names - set(model.metrics)):
        yield _problem(source, f"concerns the metric {name!r}, which is not in the model.", name, model.metrics)


def _own(source: AnnotationSource, name: str, dataset: Dataset, *, is_time: bool) -> Iterator[Problem]:
    dimension = dataset.dimensions.get(name)
    if dimension is None or (dimension.kind == "time") != is_time:
        wanted = "time dimension" if is_time else "plain dimension"
        known = [dimension.name for dimension in dataset.dimensions.values() if (dimension.kind == "time") == is_time]
        yield _problem(source, f"reads {name!r}, which is not a {wanted} of {dataset.name!r}.", name, known)


def _problem(source: AnnotationSource, what: str, name: str, known: Iterable[str]) -> Problem:
    near = get_close_matches(name, sorted(known), n=1)
    remedy = f"Did you mean {near[0]}?" if near else "Use one that exists."
    return Problem(source.file, source.line, f"The source of annotations {source.name!r} {what}", remedy)
