"""Compare two metrics: what they have in common and how they differ, as rows and as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from semantic.display.format import counted, listed
from semantic.display.words.metrics import HIDDEN, condition, formula
from semantic.model.certification_status import certificate, is_certified
from semantic.model.definitions import Dimension, Metric, NumberFormat
from semantic.model.expression import parse_expression
from semantic.plan.measures.kind_names import kind_of
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import describe_day, upper_first

NOTHING = "\N{EM DASH}"
_BETTER = {"up": "Higher", "down": "Lower", "none": "Neither"}
_MANY = 6  # dimensions named; more are counted


@dataclass(frozen=True, slots=True)
class Facet:
    """One aspect of a comparison, with the text of each metric."""

    name: str
    one: str
    other: str

    @property
    def same(self) -> bool:
        return self.one == self.other


def facets(metric: Metric, other: Metric, seen: VisibleModel) -> tuple[Facet, ...]:
    """Return both metrics' aspects in words. Aspects that neither metric has are left out."""
    both = (_facts(metric, seen), _facts(other, seen))
    names = list(dict.fromkeys([*both[0], *both[1]]))
    facets = [Facet(name, both[0].get(name, ""), both[1].get(name, "")) for name in names]
    return tuple(
        Facet(facet.name, facet.one or NOTHING, facet.other or NOTHING) for facet in facets if facet.one or facet.other
    )


def sentences(
    one: Metric, other: Metric, seen: VisibleModel, dimensions: tuple[Sequence[Dimension], Sequence[Dimension]]
) -> tuple[list[str], list[str]]:
    """Return sentences on what both metrics have in common, and on what differs.

    `dimensions` has the available breakdowns of each metric.
    """
    same, differs = _parts(one, other, seen)
    for facet in facets(one, other, seen):
        if facet.name in ("Unit", "Better", "Owner", "Date"):
            if facet.same:
                same.append(f"{facet.name}: {facet.one}.")
            else:
                differs.append(f"{facet.name}: {facet.one} for {one.label}, {facet.other} for {other.label}.")
    mine, theirs = ({dimension.name: dimension.label for dimension in group} for group in dimensions)
    shared = [name for name in mine if name in theirs]
    same.append(f"Both can be broken down by the same {counted(len(shared), 'dimension')}.")
    for metric, own, not_in in ((one, mine, theirs), (other, theirs, mine)):
        only = [label for name, label in own.items() if name not in not_in]
        if only:
            named = listed(only) if len(only) <= _MANY else f"{', '.join(only[:_MANY])} and {len(only) - _MANY} more"
            differs.append(f"Only {metric.label} can be broken down by {named}.")
    return same, differs


def _parts(one: Metric, other: Metric, seen: VisibleModel) -> tuple[list[str], list[str]]:
    """Return, for each metric, how it's calculated.

    If both are ratios, return their numerator and denominator instead.
    """
    labels = {metric.name: metric.label or metric.name for metric in seen.metrics}
    same: list[str] = []
    differs: list[str] = []
    if one.is_ratio and other.is_ratio:
        for word, mine, theirs in zip(("numerator", "denominator"), one.inputs, other.inputs, strict=True):
            if mine == theirs:
                same.append(f"The same {word}: {labels.get(mine, HIDDEN)}.")
            else:
                differs.append(
                    f"The {word} of {one.label} is {labels.get(mine, HIDDEN)}, "
                    f"of {other.label} {labels.get(theirs, HIDDEN)}."
                )
                parts = seen.model.metrics[mine], seen.model.metrics[theirs]
                if mine in labels and theirs in labels and all(part.is_simple for part in parts):
                    deeper = _parts(*parts, seen)
                    same += deeper[0]
                    differs += deeper[1]
    elif one.is_simple and other.is_simple:
        is_same = one.measure == other.measure
        words = (_measured(one, seen), _measured(other, seen))
        if is_same:
            same.append(f"{one.label} and {other.label} are both {words[0]}.")
        else:
            differs.append(f"{one.label} is {words[0]}, {other.label} {words[1]}.")
        shared, own = _rows(one, other)
        same.extend([f"{one.label} and {other.label} count rows where {' and '.join(shared)}."] if shared else [])
        differs += [
            f"{metric.label} {'also ' if shared else ''}has the condition: {' and '.join(asked)}."
            for metric, asked in zip((one, other), own, strict=True)
            if asked
        ]
    else:
        for metric in (one, other):
            differs.append(f"{metric.label} is {formula(metric, labels, seen.model).partition(';')[0]}.")
    return same, differs


def _rows(metric: Metric, other: Metric) -> tuple[list[str], tuple[list[str], list[str]]]:
    """Return the filter conditions that both metrics share, and those that only one has, in words."""
    mine, theirs = _asked(metric), _asked(other)
    alone = [text for text in mine if text not in theirs], [text for text in theirs if text not in mine]
    return [text for text in mine if text in theirs], alone


def _asked(metric: Metric) -> list[str]:
    """Return the conditions that a metric's filter joins with AND."""
    if metric.filter is None:
        return []
    tree = metric.filter.tree
    parts = list(tree.flatten()) if isinstance(tree, exp.And) else [tree]
    return [condition(parse_expression(part.sql(dialect="duckdb"))) for part in parts]


def _measured(metric: Metric, seen: VisibleModel) -> str:
    return formula(metric, {}, seen.model).partition(", where ")[0]


def _facts(metric: Metric, seen: VisibleModel) -> dict[str, str]:
    labels = {each_metric.name: each_metric.label or each_metric.name for each_metric in seen.metrics}
    facts = {"Meaning": metric.means or metric.description, "What it doesn't mean": metric.does_not_mean}
    if metric.is_ratio:
        top, bottom = (labels.get(name, HIDDEN) for name in metric.inputs)
        facts |= {"Numerator": top, "Denominator": bottom}
    else:
        text = formula(metric, labels, seen.model)
        facts["Calculation"] = upper_first(text)
    facts["Kind"] = kind_of(metric, seen.model)
    measures = list(measures_of(metric, seen.model))
    dates = [_date_of(measure.dataset, measure.time, seen) for measure in measures if measure.time]
    facts["Counts rows of"] = listed(sorted({_label(measure.dataset, seen) for measure in measures}))
    facts["Date"] = listed(sorted({text for text in dates if text}))
    facts["Unit"] = metric.unit or {NumberFormat.SHARE: "%", NumberFormat.RATIO: "ratio"}.get(metric.format, "")
    facts["Better"] = _BETTER[metric.direction]
    facts["Owner"] = metric.owner
    certified = certificate(metric)
    facts["Certified"] = f"By {certified.by}" if certified is not None and is_certified(metric) else "No"
    facts["Deprecated"] = f"Since {describe_day(metric.deprecated.since)}" if metric.deprecated else ""
    return facts


def _label(dataset: str, seen: VisibleModel) -> str:
    found_dataset = seen.model.datasets[dataset]
    return found_dataset.label or found_dataset.name.replace("_", " ")


def _date_of(dataset: str, time: str, seen: VisibleModel) -> str:
    dimension = seen.model.datasets[dataset].dimensions.get(time)
    if dimension is None or seen.hides_dates(dimension) or not seen.shows_dimension(dimension):
        return ""
    return dimension.label or dimension.name.replace("_", " ")
