"""Find changes that loosen governance, which don't change a number but still need a second person.

Examples are fewer requirements for certification, weaker checks behind certified metrics, and other people who decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from semantic.model.definitions import Check, CheckKind, Described, Metric, Segment
from semantic.model.editing.objects import ObjectKind
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.settings import CertificationRules
from semantic.policy.narrow import measures_of

_OWNED = Metric, Segment, NamedAnalysis
How = Literal["certification", "check", "owner", "stewards", "domain"]


@dataclass(frozen=True, slots=True)
class Loosened:
    """An object for which a change loosens governance, with its kind and its name before the change.

    `how` says what changed: requirements for certification, a check, an owner, a domain's stewards, or a definition's
    domain. `metrics` are the certified metrics that rely on a check.
    """

    how: How
    kind: ObjectKind
    name: str
    metrics: tuple[str, ...] = ()


def loosening(before: Model, after: Model, is_certified: Callable[[Metric], bool]) -> tuple[Loosened, ...]:
    """Return the objects for which a change might loosen governance, in the model's order.

    An object is left out only if governance is certain to be as strict as before. Removed and added definitions aren't
    included, because a draft's impact already shows who uses them. Added domains aren't either, because they don't have
    any definitions yet.
    """
    if before.version == after.version:
        return ()
    return (*_certifications(before, after), *_checks(before, after, is_certified), *_people(before, after))


def _certifications(before: Model, after: Model) -> Iterator[Loosened]:
    if _needs_less(before.settings.certification, after.settings.certification):
        yield Loosened("certification", ObjectKind.SETTINGS, "")


def _needs_less(before: CertificationRules, after: CertificationRules) -> bool:
    is_as_strict = after.check_days >= before.check_days and after.months <= before.months
    return not (is_as_strict and set(before.require) <= set(after.require))


def _checks(before: Model, after: Model, is_certified: Callable[[Metric], bool]) -> Iterator[Loosened]:
    weaker = [name for name in before.datasets if _is_weaker(before, after, name)]
    if not weaker:
        return
    counting: dict[str, list[str]] = {name: [] for name in weaker}
    for metric in before.metrics.values():
        read = {measure.dataset for measure in measures_of(metric, before)} & counting.keys()
        if read and is_certified(metric):
            for name in read:
                counting[name].append(metric.name)
    for name, metrics in counting.items():
        if metrics:
            yield Loosened("check", ObjectKind.DATASET, name, tuple(metrics))


def _is_weaker(before: Model, after: Model, name: str) -> bool:
    dataset = after.datasets.get(name)
    checks = dataset.checks if dataset is not None else ()
    return any(not any(_covers(other, check) for other in checks) for check in before.datasets[name].checks)


def _covers(check: Check, other: Check) -> bool:
    """Return whether all data that passes `check` also passes `other`."""
    if check.kind is not other.kind:
        return False
    match check.kind:
        case CheckKind.ACCEPTED:
            return check.columns == other.columns and set(check.values) <= set(other.values)
        case CheckKind.UNIQUE:
            return set(check.columns) == set(other.columns)
        case CheckKind.NOT_NULL | CheckKind.RELATIONSHIP | CheckKind.ROWS:
            return check.columns == other.columns and check.at_least >= other.at_least


def _people(before: Model, after: Model) -> Iterator[Loosened]:
    pairs: tuple[tuple[ObjectKind, str, Described, Described | None], ...] = (
        *((ObjectKind.METRIC, name, was, after.metrics.get(name)) for name, was in before.metrics.items()),
        *((ObjectKind.SEGMENT, name, was, after.segments.get(name)) for name, was in before.segments.items()),
        *((ObjectKind.ANALYSIS, name, was, after.analyses.get(name)) for name, was in before.analyses.items()),
        *((ObjectKind.DATASET, name, was, after.datasets.get(name)) for name, was in before.datasets.items()),
    )
    for kind, name, was, now in pairs:
        if now is None:
            continue
        if was.owner and _person(was.owner) != _person(now.owner):
            yield Loosened("owner", kind, name)
        if isinstance(was, _OWNED) and isinstance(now, _OWNED) and _moves(was.domain, now.domain):
            yield Loosened("domain", kind, name)
    for name, domain in before.domains.items():
        now = after.domains.get(name)
        if domain.stewards != (now.stewards if now is not None else type(domain.stewards)()):
            yield Loosened("stewards", ObjectKind.DOMAIN, name)


def _moves(before: str, after: str) -> bool:
    """Return whether a move to another domain changes who can edit and approve.

    A move to the core doesn't count, because only central stewards can edit there.
    """
    return after not in ("", before)


def _person(owner: str) -> str:
    return " ".join(owner.partition(",")[0].split()).casefold()
