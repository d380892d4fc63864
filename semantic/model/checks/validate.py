"""Check that the parts of a model are consistent. Each problem has its file, its line and a remedy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from semantic.errors import Problem
from semantic.model.certification_status import deprecation_problems
from semantic.model.checks.annotations import annotation_problems
from semantic.model.checks.calendars import calendar_problems
from semantic.model.checks.decided import decided_problems
from semantic.model.checks.domains import domain_problems
from semantic.model.checks.entity_targets import Keys, target_problems
from semantic.model.checks.hops import hop_problems, undated_problems
from semantic.model.checks.labels import label_problems, label_source_problems
from semantic.model.checks.naming import naming_problems
from semantic.model.checks.view_rules import row_rule_problems
from semantic.model.definitions import (
    FIRST_YEAR,
    LAST_YEAR,
    Additivity,
    Aggregation,
    CalendarSpan,
    CheckKind,
    Dataset,
    Described,
    Dimension,
    EntityKind,
    Granularity,
    Interval,
    Measure,
    Metric,
    Names,
    NumberFormat,
    Segment,
    TypeKind,
)
from semantic.model.entity_keys import min_group_problems
from semantic.model.expression import Expression, unknown_columns
from semantic.model.join_graph import MOST_PATHS, paths_by_rule, roles
from semantic.model.kinds import kind_of
from semantic.model.model import Model
from semantic.model.money import money_problems
from semantic.model.own_data import own_data_problems
from semantic.model.policies import Policy, RowRule
from semantic.model.types import BOOLEAN, infer_type

MOST_LEVELS, MOST_PARTS = 50, 1_000
NEVER_SUMMED = (Aggregation.MEDIAN, Aggregation.PERCENTILE, Aggregation.APPROX_COUNT_DISTINCT)

RESERVED = ("date", "bucket", "grand")
"""Names that are reserved in questions and results."""


def find_problems(model: Model) -> list[Problem]:
    """Return every inconsistency in a model. A model without any can be used."""
    problems: list[Problem] = []
    keys = _keys(model)
    for dataset in model.datasets.values():
        problems += _dataset_problems(dataset, model, keys)
    problems += _conformance_problems(model)
    for places in model.dimensions.values():
        problems += label_problems(places)
        problems += label_source_problems(places, model.datasets)
    for dataset in model.datasets.values():
        if sum(len(paths) for paths in model.joins.paths(dataset.name).values()) > MOST_PATHS:
            message = f"There are more than {MOST_PATHS:,} join paths from {dataset.name!r} to other datasets."
            problems.append(_at(dataset, message, "Remove entities that no question needs."))
    problems += _spine_problems(model)
    for metric in model.metrics.values():
        problems += _metric_problems(metric, model)
    problems += _cycle_problems(model)
    for segment in model.segments.values():
        problems += _segment_problems(segment, model)
    for source in model.annotations.values():
        problems += annotation_problems(source, model)
    problems += calendar_problems(model)
    problems += own_data_problems(model.datasets, model.metrics)
    problems += naming_problems(model)
    problems += domain_problems(model)
    problems += money_problems(model)
    for policy in model.policies:
        problems += _policy_problems(policy, model)
    problems += row_rule_problems(model)
    return problems


def _spine_problems(model: Model) -> Iterator[Problem]:
    days = [model.settings.spine] if model.settings.spine else []
    for text in (*days, *(spine for _, spine in model.settings.clock_spines)):
        name, _, dimension = text.partition(".")
        dataset = model.datasets.get(name)
        time = dataset.dimensions.get(dimension) if dataset else None
        if time is None or time.kind != "time":
            message = f"The model's spine {text!r} is not a time dimension of a dataset."
            yield Problem(dataset.file if dataset else "", 1, message, "Write dataset.dimension.")


def _at(thing: Described, message: str, remedy: str = "") -> Problem:
    return Problem(thing.file, thing.line, message, remedy)


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def _columns(thing: Described, what: str, names: Iterable[str], dataset: Dataset) -> Iterator[Problem]:
    for name in names:
        if name not in dataset.columns:
            remedy = _near(name, dataset.columns) or f"Add it to the columns of {dataset.name!r}."
            yield _at(thing, f"{what} reads {name!r}, which is not a column of {dataset.name!r}.", remedy)


def _reads(thing: Described, what: str, expression: Expression | None, dataset: Dataset) -> Iterator[Problem]:
    if expression is not None:
        yield from _columns(thing, what, unknown_columns(expression, dataset.columns), dataset)


def _keys(model: Model) -> Keys:
    keys: dict[str, list[tuple[Dataset, tuple[str, ...]]]] = {}
    for dataset in model.datasets.values():
        for entity in dataset.entities:
            if entity.kind is not EntityKind.FOREIGN:
                keys.setdefault(entity.entity, []).append((dataset, entity.columns))
    return keys


def _dataset_problems(dataset: Dataset, model: Model, keys: Keys) -> Iterator[Problem]:
    yield from _columns(dataset, "The grain", dataset.grain, dataset)
    if dataset.begins and not FIRST_YEAR <= dataset.begins.year < LAST_YEAR:
        years = f"The year in `begins:` must be between {FIRST_YEAR} and {LAST_YEAR - 1}."
        yield _at(dataset, f"{dataset.name!r} begins on {dataset.begins}.", years)
    if dataset.freshness:
        yield from _columns(dataset, "The freshness", [dataset.freshness.column], dataset)
        yield from _source_problems(dataset, dataset.freshness.by)
        yield from _marker_problems(dataset, dataset.freshness.loaded_with, model)
    yield from _entity_problems(dataset, model, keys)
    yield from _history_problems(dataset, model)
    yield from hop_problems(dataset, model)
    for dimension in dataset.dimensions.values():
        yield from _reads(dimension, f"The dimension {dimension.name!r}", dimension.sql, dataset)
        yield from _reads(dimension, f"The day of {dimension.name!r}", dimension.day, dataset)
        yield from _only_for_problems(dimension, model)
    for measure in dataset.measures.values():
        yield from _per_problems(measure, dataset, model)
        yield from _reads(measure, f"The measure {measure.name!r}", measure.sql, dataset)
        yield from _within_problems(measure, model)
        if measure.final_after and not measure.time:
            message = f"The measure {measure.name!r} has `final_after:` but no date."
            yield _at(measure, message, "Give it a `time:`, or remove `final_after:`.")
        yield from _completeness_problems(measure)
        if measure.agg in NEVER_SUMMED and measure.additivity is not Additivity.NONE:
            message = f"The measure {measure.name!r} is a {measure.agg.value.replace('_', ' ')}, which never adds up."
            yield _at(measure, message, "Remove `additivity:`.")
        time = dataset.dimensions.get(measure.time) if measure.time else None
        if measure.time and (time is None or time.kind != "time"):
            known = [dimension.name for dimension in dataset.dimensions.values() if dimension.kind == "time"]
            remedy = _near(measure.time, known) or f"The time dimensions are {', '.join(known) or 'none'}."
            yield _at(
                measure,
                f"The measure {measure.name!r} is dated by {measure.time!r}, which is not a time dimension.",
                remedy,
            )
    for check in dataset.checks:
        if check.kind is CheckKind.RELATIONSHIP:
            role = next((entity for entity in dataset.entities if entity.name == check.columns[0]), None)
            if role is None:
                yield _at(
                    dataset, f"A check names the entity {check.columns[0]!r}, which {dataset.name!r} does not have."
                )
            elif all(target is dataset and columns == role.columns for target, columns in keys.get(role.entity, ())):
                message = (
                    f"A check of {dataset.name!r} looks for {role.entity!r}, which no other dataset has as its key."
                )
                yield _at(dataset, message, "Remove the check.")
        else:
            yield from _columns(dataset, "A check", check.columns, dataset)


def _only_for_problems(dimension: Dimension, model: Model) -> Iterator[Problem]:
    """Yield a problem for each measure in `only_for` that doesn't exist or that can't reach the dimension."""
    for text in dimension.only_for:
        home, _, name = text.partition(".")
        dataset = model.datasets.get(home)
        if dataset is None or name not in dataset.measures:
            message = f"The dimension {dimension.name!r} is only for {text!r}, which is not a measure."
            own = [measure for measure in model.datasets[dimension.dataset].measures if home == dimension.dataset]
            known = [f"{dataset.name}.{each}" for dataset in model.datasets.values() for each in dataset.measures]
            yield _at(dimension, message, _near(name, own) or _near(text, known))
        elif home != dimension.dataset and dimension.dataset not in model.joins.paths(home):
            message = f"The dimension {dimension.name!r} is only for {text!r}, but no join leads from its rows to it."
            yield _at(dimension, message, "Remove it.")


def _per_problems(measure: Measure, dataset: Dataset, model: Model) -> Iterator[Problem]:
    """Yield a problem for a balance without a date, and for each name in `per` that isn't an entity or a dimension."""
    if measure.over_time and not measure.time:
        yield _at(measure, f"The measure {measure.name!r} is a balance without a date.", "Write `time:`.")
    known = {entity.name for entity in dataset.entities}
    for name in measure.per:
        if name not in known and name not in model.dimensions:
            message = f"The measure {measure.name!r} is a balance per {name!r}, which is neither entity nor dimension."
            yield _at(measure, message, _near(name, [*known, *model.dimensions]))


def _within_problems(measure: Measure, model: Model) -> Iterator[Problem]:
    reached = model.joins.paths(measure.dataset)
    for name in measure.within:
        if not any(dimension.dataset in reached for dimension in model.dimensions.get(name, ())):
            message = f"The measure {measure.name!r} stays within {name!r}, which no join reaches from its rows."
            yield _at(measure, message, _near(name, model.dimensions))


def _history_problems(dataset: Dataset, model: Model) -> Iterator[Problem]:
    if dataset.history is None:
        return
    yield from _columns(dataset, "The history", dataset.history.key, dataset)
    yield from _reads(dataset, f"The history of {dataset.name!r}", dataset.history.current, dataset)
    if infer_type(dataset.history.current.tree, dataset.columns) != BOOLEAN:
        yield _at(dataset, f"`current:` of {dataset.name!r} is not true or false.", "Write a comparison.")


def _segment_problems(segment: Segment, model: Model) -> Iterator[Problem]:
    dataset = model.datasets.get(segment.dataset)
    if dataset is None:
        remedy = _near(segment.dataset, model.datasets)
        yield _at(segment, f"The segment {segment.name!r} is over {segment.dataset!r}, which isn't a dataset.", remedy)
        return
    entities = {entity.entity for entity in dataset.entities}
    if segment.entity not in entities:
        message = f"The segment {segment.name!r} chooses by {segment.entity!r}, which {dataset.name!r} does not have."
        yield _at(segment, message, _near(segment.entity, entities) or "Give the dataset that entity.")
    yield from _reads(segment, f"The segment {segment.name!r}", segment.where, dataset)
    if segment.where and infer_type(segment.where.tree, dataset.columns) != BOOLEAN:
        yield _at(segment, f"The segment {segment.name!r} is not true or false.", "Write a comparison.")
    time = dataset.dimensions.get(segment.time or dataset.time or "")
    if segment.count and (time is None or time.kind != "time"):
        yield _at(
            segment,
            f"The segment {segment.name!r} counts back days, but {dataset.name!r} has no time dimension for them.",
        )
    for taken in (model.metrics, model.dimensions):
        if segment.name in taken:
            yield _at(segment, f"{segment.name!r} is both a segment and something else.", "Rename one.")


def _source_problems(dataset: Dataset, by: str) -> Iterator[Problem]:
    """Yield a problem if `by`, the dimension that tells a dataset's sources apart, isn't one of its text dimensions."""
    if not by:
        return
    dimension = dataset.dimensions.get(by)
    if dimension is None:
        message = f"The freshness of {dataset.name!r} is by {by!r}, which is not one of its dimensions."
        yield _at(dataset, message, "Name a dimension of this dataset, or remove `by`.")
    elif dimension.type.kind is not TypeKind.STRING:
        message = f"The freshness of {dataset.name!r} is by {by!r}, which is not text."
        yield _at(dataset, message, "Name a dimension of type string, or remove `by`.")


MOST_AGES = 10
"""The maximum number of shares in a measure's `completeness`. A question that reads them adds one number for each."""


def _completeness_problems(measure: Measure) -> Iterator[Problem]:
    """Yield each problem with a measure's `completeness`.

    It has to cover every day until a day is final, and needs amounts that add up.
    """
    ages = [one.days for one in measure.completeness]
    if not ages:
        return
    label = f"The `completeness:` of the measure {measure.name!r}"
    if not measure.final_after:
        yield _at(measure, f"{label} needs `final_after:`.", "State after how many days a day's number is final.")
    elif ages[0] != 1 or ages[-1] > measure.final_after or len(set(ages)) < len(ages):
        message = f"{label} must begin with `1 day` and end by `final_after:`, with each age only once."
        yield _at(measure, message, "List the share that is known after 1 day, and after each day on which it grows.")
    if len(ages) > MOST_AGES:
        yield _at(measure, f"{label} lists {len(ages)} ages.", f"List at most {MOST_AGES}: each holds until the next.")
    if measure.additivity is not Additivity.FULL:
        message = f"{label} is a share of an amount, and {measure.agg.value.replace('_', ' ')} doesn't add up."
        yield _at(measure, message, "Remove `completeness:`.")


def _marker_problems(dataset: Dataset, name: str, model: Model) -> Iterator[Problem]:
    """Yield a problem if `loaded_with` doesn't name another dataset with its own freshness."""
    if not name:
        return
    other = model.datasets.get(name)
    says = other is not None and other.freshness is not None and not other.freshness.loaded_with
    if not says or other is dataset:
        message = f"{dataset.name!r} is loaded with {name!r}, which is not another dataset with its own `freshness:`."
        yield _at(dataset, message, _near(name, model.datasets) or "Name one that has, or remove `loaded_with`.")


def _entity_problems(dataset: Dataset, model: Model, keys: Keys) -> Iterator[Problem]:
    seen: set[str] = set()
    for entity in dataset.entities:
        yield from _columns(dataset, f"The entity {entity.name!r}", entity.columns, dataset)
        if entity.name in seen:
            yield _at(
                dataset, f"The entity {entity.name!r} is defined twice in {dataset.name!r}.", "Give one of them a role."
            )
        seen.add(entity.name)
        parts = {partition.column for partition in dataset.partitions} & set(dataset.grain)
        if entity.kind is EntityKind.PRIMARY and {*entity.columns, *parts} != set(dataset.grain):
            message = (
                f"The primary entity {entity.name!r} of {dataset.name!r} is not its grain {', '.join(dataset.grain)}."
            )
            yield _at(dataset, message, "Make them the same columns, or the entity `unique`.")
        yield from target_problems(dataset, entity, model, keys)


def _conformance_problems(model: Model) -> Iterator[Problem]:
    for name, dimensions in model.dimensions.items():
        first = dimensions[0]
        for other in dimensions[1:]:
            # A dimension that an upload adds keeps its label. That label isn't shown, so it mustn't block another one.
            label = first.label if model.datasets[other.dataset].origin else other.label
            if (other.kind, other.type, label) != (first.kind, first.type, first.label):
                text, there = f"{_says(other)} in {other.dataset!r}", f"{_says(first)} in {first.dataset!r}"
                message = f"The dimension {name!r} is {text}, but {there}."
                yield _at(other, message, "Make them the same, or give one another name.")
        if name in RESERVED:
            yield _at(first, f"The name {name!r} has a special meaning in questions.", "Choose another.")
        if name in model.metrics:
            yield _at(first, f"{name!r} is both a dimension and a metric.", "Rename one.")


def _says(dimension: Dimension) -> str:
    return f"{dimension.kind} {dimension.type} ({dimension.label!r})"


def _metric_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    if metric.name in RESERVED:
        yield _at(metric, f"The name {metric.name!r} has a special meaning in questions.", "Choose another.")
    if metric.is_simple:
        yield from _simple_problems(metric, model)
    if not metric.is_simple and not metric.inputs:
        yield _at(metric, f"The metric {metric.name!r} does not use any metric.", "Name one in its expression.")
    yield from _where_problems(metric, model)
    yield from _offset_problems(metric, model)
    for message in kind_of(metric).problems(metric, model.metrics, lambda measure: _measure(measure, model)):
        yield _at(metric, message, "Name other metrics.")
    yield from _number_problems(metric, model)
    yield from _enough_problems(metric, model)
    yield from _counts_after_problems(metric, model)
    yield from deprecation_problems(metric, model.metrics)
    yield from _reached_problems(metric, model)
    for name in filter(None, metric.inputs):  # an empty name is reported as a missing key
        if name not in model.metrics:
            remedy = _near(name, model.metrics) or "Define it, or use one that exists."
            yield _at(metric, f"The metric {metric.name!r} uses {name!r}, which isn't a metric.", remedy)


def _offset_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    for use in metric.uses:
        if isinstance(use.offset, CalendarSpan) and model.period(use.offset.period) is None:
            known = [period.name for table in model.calendars.values() for period in table.periods]
            message = (
                f"The metric {metric.name!r} goes back by {use.offset.period!r}, which is not a period of any calendar."
            )
            remedy = (
                _near(use.offset.period, known)
                or "Write days, weeks, months, quarters, years or a period of a calendar."
            )
            yield _at(metric, message, remedy)


def _where_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    """Yield a problem for each unknown dimension in a metric's conditions."""
    for condition in (metric.where, *(use.where for use in metric.uses)):
        for text in condition.columns if condition else ():
            last = text.split("__")
            known = any(part in model.dimensions or part in ("date", "metric_time") for part in (text, *last[-2:]))
            if not known:
                message = f"The metric {metric.name!r} is filtered by {text!r}, which is not a dimension."
                yield _at(metric, message, _near(last[-1], model.dimensions))


def _number_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    """Yield a problem for each metric that isn't a number but is used in a calculation or filled with 0."""
    counted = [metric.name] if metric.fill is not None else []
    for name in [*metric.inputs, *counted]:
        part_metric = model.metrics.get(name)
        if part_metric is None or not part_metric.is_simple:
            continue
        measure = _measure(part_metric, model)
        if measure is not None and not measure.type.is_number:
            yield _at(
                metric,
                f"The metric {metric.name!r} computes with {name!r}, which has the type {measure.type}.",
                "Use a number.",
            )


def _enough_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    """Yield a problem for `enough:` on a metric that it doesn't apply to.

    It applies to ratios and means. A share's interval needs a share of whole counts.
    """
    if metric.enough is None:
        return
    if metric.is_simple:
        measure = _measure(metric, model)
        if measure is not None and measure.agg is not Aggregation.AVG:
            message = f"The metric {metric.name!r} has `enough:` but is not a mean."
            yield _at(metric, message, "Remove `enough:`. It is for ratios and for measures with `agg: avg`.")
    elif metric.enough.interval is Interval.WILSON and not _counts_parts(metric, model):
        message = f"The `interval:` of {metric.name!r} is for a share of counts, which this metric is not."
        yield _at(metric, message, "Use whole counts on both sides and `format: share`, or remove `interval:`.")


def _counts_after_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    """Yield a problem for `counts_after:` on a metric that it doesn't apply to.

    It applies to simple metrics that add up past days.
    """
    if not metric.counts_after:
        return
    measure = _measure(metric, model) if metric.is_simple else None
    dataset = model.datasets[measure.dataset] if measure is not None else None
    time = (
        dataset.dimensions.get(measure.time) if measure is not None and dataset is not None and measure.time else None
    )
    if not metric.is_simple:
        wrong = "is calculated from other metrics; set `counts_after:` on those"
    elif measure is None or dataset is None:
        return  # reported for its measure
    elif time is None:
        wrong = "has no date"
    elif dataset.forward:
        wrong = "is a plan, which counts future days"
    elif measure.over_time is not None:
        wrong = "is a balance, which is as of a day"
    elif time.days_grain is not Granularity.DAY:
        wrong = f"is only known by the {time.days_grain.words}"
    else:
        return
    yield _at(metric, f"{metric.name!r} can't have `counts_after:`. It {wrong}.", "Remove `counts_after:`.")


def _reached_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    """Yield a problem if a metric's target isn't another metric with the same unit and format."""
    if not metric.target:
        return
    target = model.metrics.get(metric.target)
    if target is None or target is metric:
        remedy = _near(metric.target, [name for name in model.metrics if name != metric.name])
        what = "itself" if target is metric else f"{metric.target!r}, which is not a metric"
        yield _at(metric, f"The metric {metric.name!r} targets {what}.", remedy or "Name a metric that exists.")
    elif (target.unit, target.format) != (metric.unit, metric.format):
        mine, its = _in_words(metric), _in_words(target)
        message = f"The metric {metric.name!r} is {mine}, but its target {target.name!r} is {its}."
        yield _at(metric, message, "Give both the same `unit:` and `format:`, or name another target.")


def _in_words(metric: Metric) -> str:
    return f"{metric.format.value} in {metric.unit}" if metric.unit else metric.format.value


def _counts_parts(metric: Metric, model: Model) -> bool:
    """Return whether a ratio is a share of whole counts."""
    if metric.format is not NumberFormat.SHARE:
        return False
    waiting, seen = [*metric.inputs], set[str]()
    while waiting:
        name = waiting.pop()
        part_metric = model.metrics.get(name)
        if part_metric is None or name in seen:
            continue  # reported where it is defined
        seen.add(name)
        measure = _measure(part_metric, model)
        is_count = measure is not None and measure.type.kind is TypeKind.INTEGER
        if part_metric.is_ratio or (part_metric.is_simple and not is_count):
            return False
        waiting += part_metric.inputs
    return True


def _measure(metric: Metric, model: Model) -> Measure | None:
    dataset, _, name = metric.measure.partition(".")
    return model.datasets[dataset].measures.get(name) if dataset in model.datasets else None


def _simple_problems(metric: Metric, model: Model) -> Iterator[Problem]:
    dataset_name, _, name = metric.measure.partition(".")
    dataset = model.datasets.get(dataset_name)
    if not metric.measure:  # reported as a missing key
        return
    if dataset is None or name not in dataset.measures:
        known = [
            f"{model_dataset.name}.{measure}"
            for model_dataset in model.datasets.values()
            for measure in model_dataset.measures
        ]
        remedy = _near(metric.measure, known) or "Write dataset.measure."
        yield _at(metric, f"The metric {metric.name!r} uses {metric.measure!r}, which is not a measure.", remedy)
        return
    yield from _reads(metric, f"The filter of {metric.name!r}", metric.filter, dataset)
    if metric.filter and infer_type(metric.filter.tree, dataset.columns) not in (BOOLEAN, None):
        yield _at(metric, f"The filter of {metric.name!r} is not true or false.", "Write a comparison.")


def _cycle_problems(model: Model) -> Iterator[Problem]:
    """Yield a problem for each metric that uses itself, is nested too deeply, or has too many parts."""
    done: set[str] = set()
    sizes: dict[str, int] = {}
    levels: dict[str, int] = {}

    def walk(name: str, trail: tuple[str, ...]) -> Iterator[Problem]:
        if len(trail) > MOST_LEVELS:
            message = f"The metric {trail[0]!r} is nested more than {MOST_LEVELS} metrics deep."
            yield _at(model.metrics[trail[0]], message, "Make it simpler.")
        elif name in trail:
            circle = " -> ".join((*trail[trail.index(name) :], name))
            yield _at(
                model.metrics[name], f"The metric {name!r} is defined in terms of itself: {circle}.", "Break the cycle."
            )
        elif name not in done and name in model.metrics:
            for each_name in model.metrics[name].inputs:
                yield from walk(each_name, (*trail, name))
            done.add(name)
            levels[name] = 1 + max((levels.get(each_name, 0) for each_name in model.metrics[name].inputs), default=0)
            if levels[name] > MOST_LEVELS:
                levels[name] = 0
                message = f"The metric {name!r} is nested more than {MOST_LEVELS} metrics deep."
                yield _at(model.metrics[name], message, "Make it simpler.")
            sizes[name] = 1 + sum(sizes.get(each_name, 1) for each_name in model.metrics[name].inputs)
            if sizes[name] > MOST_PARTS:
                sizes[name] = 1
                message = f"The metric {name!r} has more than {MOST_PARTS:,} parts when expanded."
                yield _at(model.metrics[name], message, "Make it simpler.")

    for name in model.metrics:
        yield from walk(name, ())


def _policy_problems(policy: Policy, model: Model) -> Iterator[Problem]:
    for what, names, known in (
        ("metric", policy.grant_metrics, model.metrics),
        ("metric", policy.deny_metrics, model.metrics),
        ("dimension", policy.grant_dimensions, model.dimensions),
        ("dimension", policy.deny_dimensions, model.dimensions),
        ("segment", policy.grant_segments, model.segments),
        ("segment", policy.deny_segments, model.segments),
        ("dataset", policy.grant_datasets, model.datasets),
        ("dataset", policy.deny_datasets, model.datasets),
        ("dataset", policy.grant_rows, model.datasets),
        ("dataset", policy.deny_rows, model.datasets),
        ("dataset", policy.whole, model.datasets),
    ):
        yield from _name_problems(policy, what, names, known)
    for mask in policy.masks:
        if mask.dimension not in model.dimensions:
            remedy = _near(mask.dimension, model.dimensions)
            yield _at(policy, f"The policy {policy.name!r} masks {mask.dimension!r}, which is not a dimension.", remedy)
        elif mask.kind == "bucket" and (mask.width < 1 or not model.dimensions[mask.dimension][0].type.is_number):
            yield _at(policy, f"The bucket mask of {mask.dimension!r} needs a number and a `width:`.", "Or use `null`.")
    for rule in policy.rows:
        yield from _rule_problems(policy, rule, model)
    yield from decided_problems(policy, model)
    yield from min_group_problems(policy, model)
    if policy.audiences and policy.attributes:
        yield _at(policy, f"{policy.name!r} is for audiences, whose readers have no attributes.", "Split it in two.")


def _name_problems(policy: Policy, what: str, names: Names, known: Collection[str]) -> Iterator[Problem]:
    for name in sorted(names.names):
        if name not in known:
            yield _at(
                policy,
                f"The policy {policy.name!r} names the {what} {name!r}, which does not exist.",
                _near(name, known),
            )


def _rule_problems(policy: Policy, rule: RowRule, model: Model) -> Iterator[Problem]:
    dataset = model.datasets.get(rule.dataset)
    if dataset is None:
        remedy = _near(rule.dataset, model.datasets)
        yield _at(policy, f"A row rule of {policy.name!r} is on {rule.dataset!r}, which is not a dataset.", remedy)
        return
    yield from _reads(policy, f"A row rule of {policy.name!r}", rule.where, dataset)
    if infer_type(rule.where.tree, dataset.columns) != BOOLEAN:
        yield _at(
            policy, f"A row rule of {policy.name!r} is not true or false: {rule.where.text}.", "Write a comparison."
        )
    yield from undated_problems(policy, rule, model)
    for source in model.datasets.values():
        paths = model.joins.paths(source.name).get(rule.dataset, ()) if source.measures else ()
        fitting = paths_by_rule(paths, rule.via)
        if len(paths) > 1 and len(fitting) != 1:
            choices = ", ".join(roles(path) for path in paths)
            message = f"The row rule on {rule.dataset!r} reaches {source.name!r} by several join paths: {choices}."
            yield _at(policy, message, "Choose one with `via:`.")
