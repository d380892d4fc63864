"""Determine who has to approve a draft, based on what it affects (decision 63), and whether it stays in a domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Final

from semantic.display.format import counted
from semantic.governance.loosening import Loosened
from semantic.model.definitions import Dataset
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.policy.narrow import measures_of
from semantic.services.impact.radius import Radius

FEW: Final = 10
"""A change that affects at most this many people is small."""


class Approver(StrEnum):
    """The role in which someone has to approve a draft. One person's approval can count for several roles."""

    NONE = "none"
    STEWARD = "steward"
    OWNER_AND_STEWARD = "owner_and_steward"
    ADMINISTRATOR = "administrator"


def needs(radius: Radius) -> frozenset[Approver]:
    """Return who has to approve a draft. The set is never empty: NONE means that the author can publish it."""
    needed = set[Approver]()
    if (
        radius.certified
        or radius.certifies
        or radius.analyses
        or radius.certifies_analyses
        or radius.loosens
        or radius.targets
        or radius.alerts
        or len(radius.people) > FEW
    ):
        needed.add(Approver.OWNER_AND_STEWARD)
    elif radius.people:
        needed.add(Approver.STEWARD)
    if radius.widens:
        needed.add(Approver.ADMINISTRATOR)
    return frozenset(needed or {Approver.NONE})


def stays_inside(radius: Radius, base: Model, domain: str) -> bool:
    """Whether a change of one domain's definitions stays inside it, so that the domain's stewards can approve it.

    The change must not affect metrics of the core or another domain, or let anyone see more. Of governance, it can only
    change the owners of the domain's own definitions.
    """
    is_own = all(base.metrics[name].domain == domain for name in (*radius.changed, *radius.certified))
    is_loose = any(each.how != "owner" for each in radius.loosens)
    is_own = is_own and all(base.analyses[name].domain == domain for name in radius.analyses)
    certifies = radius.certifies or radius.certifies_analyses
    return is_own and not radius.widens and not certifies and not is_loose


def loosened_words(loosened: Sequence[Loosened]) -> str:
    """Return sentences such as `It changes the owner of 2 definitions.`, or "" if nothing becomes less strict."""
    counts = Counter(each.how for each in loosened)
    sentences = {
        "certification": "Certification requirements would be weaker.",
        "check": f"It weakens checks of {counted(counts['check'], 'dataset')} that certified metrics rely on.",
        "owner": f"It changes the owner of {counted(counts['owner'], 'definition')}.",
        "stewards": f"It changes the stewards of {counted(counts['stewards'], 'domain')}.",
        "domain": f"It moves {counted(counts['domain'], 'definition')} to another domain.",
    }
    return " ".join(words for how, words in sentences.items() if counts[how])


def opens_only_new_data(before: Model, after: Model, name: str) -> bool:
    """Whether a policy is new and shows only tables that are new in the model, like the policies that Add data writes.

    No one has numbers from such tables yet, so access doesn't widen. In case of doubt, returns False.
    """
    policy = next((policy for policy in after.policies if policy.name == name), None)
    if policy is None or any(other.name == name for other in before.policies):
        return False
    if any(getattr(policy, field) != getattr(_PLAIN, field) for field in _OTHERS):
        return False
    taken = {_table(dataset) for dataset in before.datasets.values()}
    new = {
        dataset.name
        for dataset in after.datasets.values()
        if dataset.name not in before.datasets and dataset.query is None and _table(dataset) not in taken
    }
    metrics, dimensions, whole = policy.grant_metrics, policy.grant_dimensions, policy.whole
    if any(names.everything or names.tags for names in (metrics, dimensions, whole)) or not whole.names <= new:
        return False
    if any(
        metric in before.metrics
        or any(measure.dataset not in new for measure in measures_of(after.metrics[metric], after))
        for metric in metrics.names
        if metric in after.metrics
    ):
        return False
    homes = {home.dataset for dimension in dimensions.names for home in after.dimensions.get(dimension, ())}
    return homes <= new


_OPENS: Final = {
    *("name", "label", "description", "owner", "synonyms", "tags", "file", "line"),
    *("roles", "groups", "people", "grant_metrics", "grant_dimensions", "whole"),
    # A policy's restrictions apply to everyone it matches, so those of a new policy open nothing.
    *("deny_metrics", "deny_dimensions", "deny_segments", "deny_datasets", "deny_rows", "masks", "min_group", "limits"),
}
_OTHERS: Final = tuple(field.name for field in fields(Policy) if field.name not in _OPENS)
_PLAIN: Final = Policy(name="")


def _table(dataset: Dataset) -> tuple[str, str]:
    """Return the table's connection and name, in lower case, without schemas and quotes.

    In case of doubt, two tables count as the same table.
    """
    return dataset.connection, dataset.source.rpartition(".")[2].strip('"`[]').casefold()
