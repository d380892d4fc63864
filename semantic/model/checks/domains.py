"""Check that names in domains don't clash with the core, and that no definition uses another domain's definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from semantic.errors import Problem
from semantic.model.definitions import Dataset, Described, EntityKind, Metric, Segment
from semantic.model.domains import columns_read_by, core_metrics_of
from semantic.model.expression import Expression
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis


def domain_problems(model: Model) -> Iterator[Problem]:
    """Yield each problem with domains, such as an unknown domain or a name that the core already uses."""
    yield from _same_labels(model)
    owned: tuple[Metric | Segment | Dataset | NamedAnalysis, ...] = (
        *model.metrics.values(), *model.segments.values(), *model.datasets.values(), *model.analyses.values(),
    )  # fmt: skip
    for thing in owned:
        if thing.domain and thing.domain not in model.domains:
            near = get_close_matches(thing.domain, sorted(model.domains), n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Add it under `domains:`, or remove `domain:`."
            yield _at(thing, f"{thing.name!r} is in the domain {thing.domain!r}, which doesn't exist.", remedy)
    if any(thing.domain for thing in owned):
        yield from _taken_words(model)
        for metric in model.metrics.values():
            yield from _metric_problems(metric, model)
        for segment in model.segments.values():
            dataset = model.datasets.get(segment.dataset)
            if dataset is not None:
                yield from _borrowed(segment, "segment", segment.domain, [("the dataset", dataset)])
                if segment.domain:
                    yield from _unopened(segment, segment.where, dataset)
        for dataset in model.datasets.values():
            if dataset.domain:
                yield from _dataset_problems(dataset, model)


def _at(thing: Described, message: str, remedy: str = "") -> Problem:
    return Problem(thing.file, thing.line, message, remedy)


def _same_labels(model: Model) -> Iterator[Problem]:
    known: dict[str, str] = {}
    for domain in model.domains.values():
        other = known.setdefault(domain.label.casefold(), domain.name)
        if other != domain.name:
            message = f"The domains {other!r} and {domain.name!r} have the same label."
            yield _at(domain, message, "Give one of them another label.")


def _taken_words(model: Model) -> Iterator[Problem]:
    """Yield a problem for each metric or segment of a domain whose name, label or synonym the core already uses.

    Uploads belong to one person, so they don't reserve any words.
    """
    core: dict[str, Described] = {}
    for metric in model.metrics.values():
        if not metric.domain and not metric.own_data:
            _add_words(core, metric)
    for segment in model.segments.values():
        if not segment.domain:
            _add_words(core, segment)
    for places in model.dimensions.values():
        for dimension in places:
            dataset = model.datasets[dimension.dataset]
            if not dataset.origin and not dataset.domain:
                _add_words(core, dimension)
    for thing in (*model.metrics.values(), *model.segments.values()):
        if not thing.domain:
            continue
        for word in dict.fromkeys(_words(thing)):
            if word in core:
                message = f"{thing.name!r} in the domain {thing.domain!r} uses {word!r}, a name of the core's "
                message += f"{core[word].name!r}."
                yield _at(thing, message, "Choose another name, label or synonym. The core's names win.")


def _add_words(core: dict[str, Described], thing: Described) -> None:
    for word in _words(thing):
        core.setdefault(word, thing)


def _words(thing: Described) -> Iterable[str]:
    """Return an object's name, label and synonyms, all in lower case."""
    said = (thing.name.replace("_", " "), thing.label, *thing.synonyms)
    return (" ".join(text.casefold().split()) for text in said if text.strip())


def _metric_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    used: list[tuple[str, Metric | Dataset | Segment]] = []
    for name in (*metric.inputs, metric.target):
        if name in model.metrics:
            used.append(("the metric", model.metrics[name]))
    dataset = model.datasets.get(metric.measure.partition(".")[0])
    if dataset is not None:
        used.append(("the dataset", dataset))
    yield from _borrowed(metric, "metric", metric.domain, used)
    if not metric.domain or not metric.is_simple or dataset is None:
        return
    yield from _unopened(metric, metric.filter, dataset)
    if dataset.domain != metric.domain and not core_metrics_of(metric, model.metrics):
        message = (
            f"The metric {metric.name!r} in the domain {metric.domain!r} counts {metric.measure!r}, which no metric "
        )
        message += "of the core counts without a filter."
        yield _at(
            metric, message, "Ask for such a metric in the core. People's access to it decides who sees this one."
        )


def _unopened(thing: Described, where: Expression | None, dataset: Dataset) -> Iterator[Problem]:
    """Yield a problem for each filter of a domain that reads a column without a dimension.

    Policies restrict dimensions, so they wouldn't cover such a column.
    """
    read = set(columns_read_by(dataset.dimensions.values()))
    for column in dict.fromkeys(where.columns if where else ()):
        if column in dataset.columns and column not in read:
            message = f"{thing.name!r} filters by {column!r}, which isn't a dimension of {dataset.name!r}."
            yield _at(thing, message, "Filter by a dimension, or ask for one in the core.")


def _borrowed(
    thing: Described, kind: str, domain: str, used: Iterable[tuple[str, Metric | Dataset | Segment]]
) -> Iterator[Problem]:
    """Yield a problem for each use of another domain's definition.

    A definition can use only the core and its own domain, so that no team can change another team's numbers.
    """
    for what, other in used:
        if other.domain and other.domain != domain:
            where = f"in the domain {domain!r}" if domain else "of the core"
            message = f"The {kind} {thing.name!r} {where} uses {what} {other.name!r} of the domain {other.domain!r}."
            yield _at(thing, message, f"Promote {other.name!r} to the core first, or use something else.")


def _dataset_problems(dataset: Dataset, model: Model) -> Iterator[Problem]:
    """Yield a problem for a domain's dataset that would change the joins of the rest of the model."""
    others = [other for other in model.datasets.values() if other.domain != dataset.domain]
    entities = {entity.entity: other for other in others for entity in other.entities}
    for entity in dataset.entities:
        if entity.kind is not EntityKind.FOREIGN and entity.entity in entities:
            message = (
                f"The dataset {dataset.name!r} in the domain {dataset.domain!r} has the key of {entity.entity!r}, "
            )
            message += f"which {entities[entity.entity].name!r} joins by."
            yield _at(dataset, message, "Write `kind: foreign`, or add the dataset to the core.")
    dimensions: Mapping[str, Dataset] = {
        name: other for other in others if not other.origin for name in other.dimensions
    }
    for name in dataset.dimensions:
        if name in dimensions:
            message = f"The dataset {dataset.name!r} in the domain {dataset.domain!r} has the dimension {name!r} of "
            message += f"{dimensions[name].name!r}."
            yield _at(dataset, message, "Rename it, or reach the other one by a join.")
