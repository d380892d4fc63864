"""Describe a policy in sentences, with labels instead of names: who it's for, and what they see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from semantic.errors import counted
from semantic.governance.policy_forms.row_parts import RowPart, label_of
from semantic.model.checks.decided import is_reached
from semantic.model.definitions import Dataset, Names
from semantic.model.model import Model
from semantic.model.policies import Mask, MaskKind, Policy
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow

MOST_NAMED = 6
NO_NAMES: Mapping[str, str] = MappingProxyType({})
ROLES = {"viewer": "viewers", "marketer": "marketers", "steward": "stewards", "administrator": "administrators"}
MASKS = {
    MaskKind.NULL: "Hidden",
    MaskKind.HASH: "A code",
    MaskKind.LAST_FOUR: "Last four characters",
    MaskKind.BUCKET: "Steps of a number",
}
LIMITS = {"rows": ("row", "rows"), "days": ("day", "days"), "metrics": ("metric", "metrics"),
          "breakdowns": ("breakdown", "breakdowns")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reach:
    """The datasets of a model, grouped by how a policy affects them.

    Their rows are limited, all shown, denied, or not shown.
    """

    limited: tuple[Dataset, ...]
    whole: tuple[Dataset, ...]
    denied: tuple[Dataset, ...]
    unreached: tuple[Dataset, ...]


def reach_of(policy: Policy, model: Model) -> Reach:
    """Return how a policy affects each dataset, except uploads, which have policies of their own."""
    datasets = sorted(
        (dataset for dataset in model.datasets.values() if not dataset.origin), key=lambda each: each.label.casefold()
    )
    denied = [dataset for dataset in datasets if policy.deny_datasets.holds(dataset)]
    limited = [dataset for dataset in datasets if dataset not in denied and is_reached(policy, dataset, model)]
    rest = [dataset for dataset in datasets if dataset not in denied and dataset not in limited]
    whole = [dataset for dataset in rest if policy.whole.holds(dataset)]
    return Reach(tuple(limited), tuple(whole), tuple(denied), tuple(each for each in rest if each not in whole))


def shown_elsewhere(policy: Policy, people: Iterable[Actor], model: Model) -> Mapping[str, tuple[Dataset, ...]]:
    """Return the datasets that a policy's rules don't limit and another policy shows in full.

    People to whom both policies apply see all rows of these datasets. The keys are the labels of the other policies.
    """
    found: dict[str, dict[str, Dataset]] = {}
    unreached = reach_of(policy, model).unreached
    for person in people:
        matched = narrow(model, person).policies
        if policy not in matched or any(other.deny_datasets.everything for other in matched):
            continue
        for other in matched:
            shown = {
                dataset.name: dataset
                for dataset in unreached
                if other != policy
                and other.whole.holds(dataset)
                and not any(each.deny_datasets.holds(dataset) for each in matched)
                and not any(is_reached(each, dataset, model) for each in matched)
            }
            if shown:
                found.setdefault(other.label, {}).update(shown)
    return {label: tuple(datasets.values()) for label, datasets in found.items()}


def matching(policy: Policy, people: Iterable[Actor], model: Model) -> tuple[Actor, ...]:
    """Return the people that a policy applies to, in order."""
    alone = replace(model, policies=(policy,))
    return tuple(person for person in people if narrow(alone, person).policies)


def who_words(policy: Policy, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return who a policy is for, with the names of people by ID.

    >>> who_words(Policy(name="emea", groups=frozenset({"EMEA"}), roles=frozenset({"marketer"})))
    'Marketers, and people in the group EMEA'
    """
    parts = [ROLES.get(role, role) for role in sorted(policy.roles)]
    named = [listed(parts)] if parts else []
    if policy.groups:
        word = "group" if len(policy.groups) == 1 else "groups"
        named.append(f"people in the {word} {listed(sorted(policy.groups), 'or')}")
    named += [listed(sorted(names.get(one, one) for one in policy.people))] if policy.people else []
    if policy.audiences:
        named.append(f"readers of the audience {listed(sorted(policy.audiences), 'or')}")
    if policy.attributes and not named:
        named.append("everyone")
    words = ", and ".join(named)
    owned = [f"{one.name} {listed(sorted(one.values), 'or')}" for one in policy.attributes]
    words += f" with {listed(owned)}" if owned and words else ""
    return words[:1].upper() + words[1:] if words else "No one yet"


def sentences(policy: Policy, rows: Sequence[RowPart], model: Model) -> tuple[str, ...]:
    """Return what a policy means, in one sentence for each of its parts."""
    return tuple(_sentences(policy, rows, model))


def _sentences(policy: Policy, rows: Sequence[RowPart], model: Model) -> Iterator[str]:
    granted = [
        words
        for names, kind in (
            (policy.grant_metrics, "metric"), (policy.grant_dimensions, "dimension"),
            (policy.grant_segments, "segment"),
        )
        if (words := _names(names, kind, model))
    ]  # fmt: skip
    if granted:
        yield f"Can see {listed(granted)}."
    if words := _names(policy.grant_datasets, "dataset", model):
        yield f"Can see everything calculated from {words}."
    for part, datasets in grouped(rows):
        yield row_words(part, datasets, model)
    if policy.whole != Names():
        yield f"Can see all rows of {_names(policy.whole, 'dataset', model)}."
    if words := _names(policy.grant_rows, "dataset", model):
        yield f"Can list single rows of {words}."
    denied = [
        words
        for names, kind in (
            (policy.deny_metrics, "metric"), (policy.deny_dimensions, "dimension"), (policy.deny_segments, "segment"),
        )
        if (words := _names(names, kind, model))
    ]  # fmt: skip
    if denied:
        yield f"Can never see {listed(denied)}."
    if words := _names(policy.deny_datasets, "dataset", model):
        yield f"Can never see anything calculated from {words}."
    if words := _names(policy.deny_rows, "dataset", model):
        yield f"Can never list single rows of {words}."
    for mask in policy.masks:
        yield f"{label_of(mask.dimension, model)} is shown as {mask_words(mask)}."
    if policy.min_group is not None:
        things = policy.min_group.entity.replace("_", " ")
        yield f"Groups under {policy.min_group.at_least:,} are hidden, counted by {things}."
    mosts = [
        counted(most, *words) for name, words in LIMITS.items() if (most := getattr(policy.limits, name)) is not None
    ]
    if mosts:
        yield f"A question has at most {listed(mosts)}."
    if words := _viewable(policy):
        yield f"Can view as {words}."


def grouped(rows: Sequence[RowPart]) -> list[tuple[RowPart, tuple[str, ...]]]:
    """Return the rules, each with the datasets it applies to. Equal rules on several datasets are combined."""
    groups: dict[RowPart, list[str]] = {}
    for part in rows:
        groups.setdefault(replace(part, dataset="*" if part.dataset else ""), []).append(part.dataset)
    return [
        (replace(part, dataset=datasets[0]) if part.dataset else part, tuple(datasets) if part.dataset else ())
        for part, datasets in groups.items()
    ]


def row_words(part: RowPart, datasets: Sequence[str], model: Model) -> str:
    """Return a row rule as a sentence, for every dataset that has its dimension or for some datasets."""
    where = f"rows where {part.by_hand}" if part.by_hand else f"rows where {condition_words(part, model)}"
    if datasets:
        labels = [model.datasets[name].label if name in model.datasets else name for name in datasets]
        return f"Can see {where}, in {_some(labels)}."
    label = label_of(part.dimension, model)
    number = len(places_of(part, model))
    apart = f", except {_some([model.datasets[name].label for name in part.apart])}" if part.apart else ""
    rest = {"hidden": "Datasets without it aren't shown.", "whole": "Datasets without it show all rows."}
    words = rest.get(part.without, "")
    return f"Can see {where}, in each of {counted(number, 'dataset')} with {label}{apart}. {words}".strip()


def condition_words(part: RowPart, model: Model) -> str:
    """Return a rule's condition in words, such as `Market is Germany, Austria or their own markets`."""
    places = model.dimensions.get(part.dimension, ())
    labels: Mapping[str, str] = {code: label for place in places for code, label in place.labels}
    values = [labels.get(value, value) for value in part.values] + [f"their own {own}" for own in part.own]
    if part.or_empty:
        values.append("empty")
    return f"{label_of(part.dimension, model)} {'is not' if part.is_not else 'is'} {listed(values, 'or')}"


def places_of(part: RowPart, model: Model) -> tuple[str, ...]:
    """Return the datasets that a rule about a dimension applies to. Empty for a rule on a single dataset."""
    if not part.is_everywhere:
        return ()
    return tuple(
        dataset.name
        for dataset in model.datasets.values()
        if not dataset.origin and part.dimension in dataset.dimensions and dataset.name not in part.apart
    )


def mask_words(mask: Mask) -> str:
    """Return in words what a mask shows in place of a value."""
    match mask.kind:
        case MaskKind.NULL:
            return "hidden"
        case MaskKind.HASH:
            return "a code"
        case MaskKind.LAST_FOUR:
            return "its last four characters"
        case MaskKind.BUCKET:
            return f"steps of {mask.width:,}"


def listed(texts: Sequence[str], word: str = "and") -> str:
    """Return texts as a list in a sentence, such as `A, B and C`."""
    *rest, last = texts or [""]
    return f"{', '.join(rest)} {word} {last}" if rest else last


def _names(names: Names, kind: str, model: Model) -> str:
    if names.everything:
        return f"every {kind}"
    known = {"metric": model.metrics, "segment": model.segments, "dataset": model.datasets}.get(kind, {})
    labels = [
        label_of(name, model) if kind == "dimension" else known[name].label if name in known else name
        for name in sorted(names.names)
    ]
    tagged = [f"{kind}s tagged {listed(sorted(names.tags), 'or')}"] if names.tags else []
    return listed([*([_some(labels)] if labels else []), *tagged]) if labels or tagged else ""


def _some(labels: Sequence[str]) -> str:
    if len(labels) <= MOST_NAMED:
        return listed(labels)
    return f"{', '.join(labels[: MOST_NAMED - 1])} and {len(labels) - MOST_NAMED + 1} more"


def _viewable(policy: Policy) -> str:
    mine = policy.view_as
    if mine.everybody:
        return "everyone"
    parts = [f"people who are only {listed([ROLES.get(role, role) for role in sorted(mine.roles)], 'or')}"] if (
        mine.roles
    ) else []  # fmt: skip
    parts += [f"people in {listed(sorted(mine.groups), 'or')}"] if mine.groups else []
    return listed([*parts, *sorted(mine.people)]) if parts or mine.people else ""
