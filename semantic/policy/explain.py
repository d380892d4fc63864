"""Explain why an actor can see something, in one sentence for each grant, denial, row rule and mask that matters.

What is visible comes from the narrowed model that questions are compiled with. The sentences name the policies behind
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from semantic.model.definitions import Dataset, Described, Dimension, Metric, Names
from semantic.model.policies import Mask, MaskKind, Policy, RowRule
from semantic.policy.actor import Actor, Attribute
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.policy.rows import rules_on

ReasonKind = Literal[
    "min_group", "granted", "denied", "not_granted", "whole", "some_rows", "no_rows", "masked", "undated"
]
_PLACEHOLDER = re.compile(r"(?<!:):([a-z][a-z0-9_]*)")
_VALUE = r"(?:'[^',]*'|:[a-z][a-z0-9_]*)"
_LISTED = re.compile(
    rf"(?P<empty>(?P<first>\w+) IS NULL OR )?(?P<column>\w+) IN \((?P<values>{_VALUE}(?:, ?{_VALUE})*)\)"
    r"(?P<or_empty> OR (?P=column) IS NULL)?$"
)
"""Matches a rule that lists values or uses a person's attribute."""

AGAINST: tuple[ReasonKind, ...] = ("denied", "not_granted", "no_rows")
"""Kinds of reasons for which a name is hidden. All other kinds explain why it's visible."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason as a sentence. `policy` is the label of the policy behind it, or "" if there is none."""

    kind: ReasonKind
    text: str
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whether an actor can ask for a name, and why. If not, only the reasons against it are included."""

    label: str
    name: str
    allowed: bool
    reasons: tuple[Reason, ...]
    sees_rows: bool = True  # False: a row rule uses an attribute that the actor doesn't have, so no row matches

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(reason.text for reason in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOverview:
    """Everything that an actor can and can't see in a model, with the reasons."""

    actor: Actor
    policies: tuple[Policy, ...]
    metrics: tuple[Access, ...]
    dimensions: tuple[Access, ...]
    rows: tuple[Reason, ...]  # each row rule that applies to them
    records: tuple[Access, ...]  # for each dataset, whether they can list its single rows


def explain_metric(
    seen: VisibleModel, metric: Metric, by: Sequence[Dimension] = (), *, is_open: bool = False
) -> Access:
    """Return whether the actor of `seen` can ask for a metric by these dimensions, and why.

    `is_open` means that the actor represents everyone with a role or in a group, whose attributes differ.
    """
    parts = [_explain_metric(seen, metric, is_open), *(explain_dimension(seen, dimension) for dimension in by)]
    allowed = all(part.allowed for part in parts)
    reasons = tuple(reason for part in parts for reason in part.reasons)
    kept_reasons = reasons if allowed else tuple(reason for reason in reasons if reason.kind in AGAINST)
    return Access(
        label=metric.label,
        name=metric.name,
        allowed=allowed,
        reasons=kept_reasons,
        sees_rows=all(part.sees_rows for part in parts),
    )


def _explain_metric(seen: VisibleModel, metric: Metric, is_open: bool) -> Access:
    allowed = seen.shows_metric(metric)
    facts = tuple(dict.fromkeys(measure.dataset for measure in measures_of(metric, seen.model)))
    reasons = [*_names(seen, "metric", metric, [metric], facts)]
    sees_rows = True
    for name in facts:
        rows = list(_rows(seen, seen.model.datasets[name], is_open))
        reasons += rows
        sees_rows = sees_rows and (is_open or not _lacks_attribute(seen, seen.model.datasets[name]))
    reasons += _denied_datasets(seen, facts)
    if allowed:
        reasons += _undated(seen, metric)
        reasons += _min_groups(seen, facts)
    return _access(metric, allowed, reasons, seen, sees_rows=sees_rows)


def explain_dimension(seen: VisibleModel, dimension: Dimension) -> Access:
    """Return whether the actor of `seen` can break down and filter by a dimension, masked or not, and why."""
    group = seen.model.dimensions[dimension.name]
    places = [each_dimension.dataset for each_dimension in group]
    reasons = [*_names(seen, "dimension", dimension, group, places)]
    if all(
        any(policy.deny_datasets.holds(seen.model.datasets[dataset]) for policy in seen.policies) for dataset in places
    ):
        reasons += _denied_datasets(seen, places)
    for policy in seen.policies:
        reasons += [
            Reason("masked", f"{policy.label} shows {dimension.label} as {mask_words(mask)}.", policy.label)
            for mask in policy.masks
            if mask.dimension == dimension.name
        ]
    return _access(dimension, bool(seen.places(dimension.name)), reasons, seen)


def explain_records(seen: VisibleModel, dataset: Dataset) -> Access:
    """Return whether the actor of `seen` can list single rows of a dataset, and why."""
    reasons: list[Reason] = []
    for policy in seen.policies:
        if words := _matched(policy.grant_rows, dataset, "dataset"):
            text = f"{policy.label} allows individual rows of {dataset.label} to be viewed ({words})."
            reasons.append(Reason("granted", text, policy.label))
        if words := _matched(policy.deny_rows, dataset, "dataset"):
            text = f"{policy.label} removes access to rows of {dataset.label} ({words})."
            reasons.append(Reason("denied", text, policy.label))
    if not any(reason.kind == "granted" for reason in reasons):
        reasons.append(Reason("not_granted", f"No policy allows individual rows of {dataset.label} to be viewed."))
    if not seen.shows_fact(dataset.name):
        reasons.append(Reason("no_rows", f"No policy shows rows of {dataset.label}."))
    return _access(dataset, seen.shows_records(dataset.name), reasons, seen)


def explain_access(seen: VisibleModel) -> AccessOverview:
    """Return everything that the actor of `seen` can and can't see in the model, with the reasons."""
    model = seen.model
    metrics = sorted(model.metrics.values(), key=lambda metric: (metric.label.casefold(), metric.name))
    dimensions = sorted(
        (group[0] for group in model.dimensions.values()),
        key=lambda dimension: (dimension.label.casefold(), dimension.name),
    )
    facts = [dataset for dataset in model.datasets.values() if dataset.measures]
    return AccessOverview(
        actor=seen.actor,
        policies=seen.policies,
        metrics=tuple(explain_metric(seen, metric) for metric in metrics),
        dimensions=tuple(explain_dimension(seen, dimension) for dimension in dimensions),
        rows=tuple(_rule_reasons(seen)),
        records=tuple(explain_records(seen, dataset) for dataset in facts),
    )


def _access(
    thing: Described, allowed: bool, reasons: Sequence[Reason], seen: VisibleModel, *, sees_rows: bool = True
) -> Access:
    kept_reasons = tuple(reason for reason in reasons if (reason.kind in AGAINST) != allowed)
    if not kept_reasons:
        shows = "show" if allowed else "do not show"
        text = f"The policies that apply to {seen.actor.short_name} {shows} {thing.label}."
        kept_reasons = (Reason("granted" if allowed else "not_granted", text),)
    return Access(label=thing.label, name=thing.name, allowed=allowed, reasons=kept_reasons, sees_rows=sees_rows)


def _names(
    seen: VisibleModel,
    kind: Literal["metric", "dimension"],
    thing: Described,
    group: Sequence[Described],
    datasets: Sequence[str],
) -> Iterator[Reason]:
    """Yield the grants and denials of a metric, or of a dimension in every dataset that has it.

    Grants of datasets count for a metric only if they cover every dataset that the metric is computed from.
    """
    granted = False
    for policy in seen.policies:
        grants = policy.grant_metrics if kind == "metric" else policy.grant_dimensions
        if words := next((text for described in group if (text := _matched(grants, described, kind))), ""):
            granted = True
            yield Reason("granted", f"{policy.label} grants {thing.label} ({words}).", policy.label)
    for policy, label in _granting_datasets(seen, kind, datasets):
        granted = True
        yield Reason("granted", f"{policy} grants {thing.label}, as it grants {label}.", policy)
    if not granted:
        name = seen.actor.short_name
        text = (
            f"No policy applies to {name}, so nothing is granted."
            if not seen.policies
            else f"None of {name}'s policies grants {thing.label}."
        )
        yield Reason("not_granted", text)
    for policy in seen.policies:
        denies = policy.deny_metrics if kind == "metric" else policy.deny_dimensions
        if words := next((text for described in group if (text := _matched(denies, described, kind))), ""):
            yield Reason("denied", f"{policy.label} removes access to {thing.label} ({words}).", policy.label)


def _granting_datasets(seen: VisibleModel, kind: str, datasets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the policies that grant enough datasets, each with the label of a dataset that it grants.

    A metric needs every dataset that it's computed from. A dimension needs any dataset that has it.
    """
    rules = [
        (name, policy.label, seen.model.datasets[name].label)
        for name in datasets
        for policy in seen.policies
        if policy.grant_datasets.holds(seen.model.datasets[name])
    ]
    is_enough = {name for name, _, _ in rules} == set(datasets) if kind == "metric" else bool(rules)
    return [(policy, label) for _, policy, label in rules] if is_enough else []


def _denied_datasets(seen: VisibleModel, datasets: Sequence[str]) -> Iterator[Reason]:
    for name in datasets:
        dataset = seen.model.datasets[name]
        for policy in seen.policies:
            if policy.deny_datasets.holds(dataset):
                yield Reason("denied", f"{policy.label} removes access to all of {dataset.label}.", policy.label)


def _min_groups(seen: VisibleModel, facts: Sequence[str]) -> Iterator[Reason]:
    """Yield how many members each number needs, for entities that a fact has or can join."""
    for policy in seen.policies:
        wanted = policy.min_group
        if wanted is None:
            continue
        reached = {name for fact in facts for name in (fact, *seen.model.joins.paths(fact))}
        if any(
            wanted.entity in (entity.name, entity.entity)
            for name in reached
            for entity in seen.model.datasets[name].entities
        ):
            text = f"{policy.label} hides numbers with fewer than {wanted.at_least} of {wanted.entity} behind them."
            yield Reason("min_group", text, policy.label)


def _matched(names: Names, thing: Described, kind: str) -> str:
    """Return in words how a list of names includes this name, or "" if it doesn't."""
    if names.everything:
        return f"every {kind}"
    if thing.name in names.names:
        return "by name"
    tags = sorted(names.tags & thing.tags)
    return f"everything tagged {', '.join(tags)}" if tags else ""


def _rows(seen: VisibleModel, fact: Dataset, is_open: bool) -> Iterator[Reason]:
    """Yield why rows of a fact are visible: all rows, those of each rule that reaches the fact, or none."""
    if not seen.shows_fact(fact.name):
        yield Reason("no_rows", f"No policy shows rows of {fact.label}, which this is calculated from.")
        return
    bound = {(policy.label, rule) for policy in seen.policies for rule in policy.rows}
    reaching = dict.fromkeys(rule for rule, _ in rules_on(fact, seen))
    for rule in reaching:
        for label in sorted(label for label, row in bound if row == rule):
            yield Reason("some_rows", _rule_words(rule, fact, seen, label, is_open), label)
    if reaching and fact.row_rules_reviewed:
        reason = fact.row_rules_reviewed.strip()
        yield Reason("some_rows", f"Row rules are not checked inside {fact.label}. The stated reason: {reason}")
    if not reaching:
        for policy in seen.policies:
            if words := _matched(policy.whole, fact, "dataset"):
                text = f"{policy.label} shows every row of {fact.label} ({words})."
                yield Reason("whole", text, policy.label)


def _rule_reasons(seen: VisibleModel) -> Iterator[Reason]:
    for policy in seen.policies:
        for rule in policy.rows:
            dataset = seen.model.datasets[rule.dataset]
            yield Reason("some_rows", _rule_words(rule, dataset, seen, policy.label, False), policy.label)


def _rule_words(rule: RowRule, fact: Dataset, seen: VisibleModel, policy: str, is_open: bool) -> str:
    owner = seen.model.datasets[rule.dataset]
    whose = "" if owner.name == fact.name else f" whose {owner.label} have"
    unmatched = f", and those that match no row of {owner.label}" if rule.unmatched == "visible" and whose else ""
    names = tuple(dict.fromkeys(rule.where.placeholders))
    known = {name: values for name in names if not is_open and (values := values_of(seen.actor.attributes.get(name)))}
    if not whose and (words := _condition_words(rule, owner, seen, known, is_open)):
        return f"{policy} shows rows of {fact.label} where {words}."
    text = f"{policy} shows rows of {fact.label}{whose or ' where'} {_filled(rule.where.text, known)}{unmatched}"
    if is_open and names:
        return f"{text}, by each person's own {' and '.join(names)}."
    lacking = [name for name in names if name not in known]
    if lacking:
        return f"{text}. {seen.actor.short_name} has no {' and no '.join(lacking)}, so no rows are shown."
    return f"{text}."


def _condition_words(
    rule: RowRule, dataset: Dataset, seen: VisibleModel, known: Mapping[str, Sequence[str]], is_open: bool
) -> str:
    """Return a rule that lists a dimension's values in words, or "" for any other rule.

    It reads like `Market is Germany, Austria or empty`.
    """
    found = _LISTED.match(rule.where.text)
    dimension = dataset.dimensions.get(found["column"]) if found else None
    if found is None or dimension is None or found["first"] not in (None, found["column"]):
        return ""
    labels = {code: label for place in seen.model.dimensions[dimension.name] for code, label in place.labels}
    values: list[str] = []
    for value in (part.strip() for part in found["values"].split(",")):
        if not value.startswith(":"):
            values.append(labels.get(value[1:-1], value[1:-1]))
        elif is_open:
            values.append(f"each person's own {value[1:]}")
        elif value[1:] in known:
            values += [labels.get(each, each) for each in known[value[1:]]]
        else:
            return ""
    values += ["empty"] if found["empty"] or found["or_empty"] else []
    *rest, last = values
    words = f"{', '.join(rest)} or {last}" if rest else last
    return f"{dimension.label} is {words}"


def _filled(text: str, known: Mapping[str, Sequence[str]]) -> str:
    """Return a rule's text for display, with values in place of attribute names."""
    return _PLACEHOLDER.sub(lambda match: ", ".join(known.get(match[1], ())) or match[0], text)


def _lacks_attribute(seen: VisibleModel, fact: Dataset) -> bool:
    """Return whether a rule on a fact uses an attribute that the actor doesn't have, so that no row matches."""
    return any(
        not values_of(seen.actor.attributes.get(name))
        for rule, _ in rules_on(fact, seen)
        if rule.unmatched == "hidden"
        for name in rule.where.placeholders
    )


def values_of(attribute: Attribute | None) -> tuple[str, ...]:
    """Return an attribute's values, or an empty tuple if the attribute doesn't exist."""
    return (attribute,) if isinstance(attribute, str) else attribute or ()


def _undated(seen: VisibleModel, metric: Metric) -> Iterator[Reason]:
    """Yield the reason why a metric has no date, if the actor can't see its time dimension."""
    for measure in measures_of(metric, seen.model):
        if measure.time is None:
            continue
        time = seen.model.datasets[measure.dataset].dimensions[measure.time]
        if seen.hides_dates(time):
            yield Reason("undated", f"{time.label} is its date and is hidden, so only all-time values are available.")
            return


def mask_words(mask: Mask) -> str:
    """Return in words what appears instead of a masked value."""
    match mask.kind:
        case MaskKind.NULL:
            return "nothing"
        case MaskKind.HASH:
            return "a code that stands for the value"
        case MaskKind.LAST_FOUR:
            return "its last four characters"
        case MaskKind.BUCKET:
            return f"steps of {mask.width}"
