"""Determine which people and items a draft of the model affects, without computing any values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from semantic.analyses.events.named import changed_analyses
from semantic.errors import NotAllowed
from semantic.governance.domains import may_approve
from semantic.governance.draft_change import DraftChange
from semantic.governance.loosening import Loosened, loosening
from semantic.governance.widening import widening
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric
from semantic.model.loading.load import digest_of, parse_model
from semantic.model.model import Model
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.actor import Actor
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.impact.items import FoundItem, ItemKind, find_items
from semantic.services.process import Live
from semantic.store.models.versions import Files
from semantic.store.people import read_names
from semantic.store.spaces.readers import reader_of
from semantic.store.uses.uses import read_recent_uses

RECENT: Final = timedelta(days=30)
MOST_MODELS: Final = 8
_MODELS: Final = SingleFlightCache[Model](MOST_MODELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """The people and items that a draft affects. Subjects are the numbers of people in the store."""

    changed: tuple[str, ...]
    """Metrics of the base version that are removed, or whose meaning changes, also through what they use."""
    certified: tuple[str, ...]
    """The changed metrics that are certified today."""
    targets: int
    alerts: int
    people: frozenset[str]
    """The people, other than the author, who own affected items or asked for a changed metric in the last 30 days."""
    widens: tuple[str, ...]
    """Policies that let someone see more than before."""
    certifies: tuple[str, ...] = ()
    """Metrics to which the draft's files add a certificate, or another one."""
    analyses: tuple[str, ...] = ()
    """Named analyses that are certified today and that the draft changes or removes."""
    certifies_analyses: tuple[str, ...] = ()
    """Named analyses to which the draft's files add a certificate, or another one."""
    loosens: tuple[Loosened, ...] = ()
    """Objects for which governance gets less strict: certifications, checks of certified metrics, who can decide."""


def radius_of(live: Live, actor: Actor, base_files: Files, files: Files) -> Radius:
    """Return the people and items that a draft's changes affect. Raises ModelError, StoreFailed, NotAllowed.

    The draft changes `base_files` to `files`.
    """
    change = change_of(actor, base_files, files)
    items = find_items(live, change)
    return Radius(
        changed=change.metrics,
        certified=tuple(name for name in change.metrics if _is_certified(live, change.before.metrics[name])),
        targets=sum(item.kind is ItemKind.TARGET for item in items),
        alerts=sum(item.kind is ItemKind.ALERT for item in items),
        people=people_of_items(live, actor, change, items),
        # Policies needn't have changed: a tag, a column or a table can make an existing policy apply.
        widens=widening(change.before, change.after),
        certifies=certified_by(change),
        analyses=tuple(
            name
            for name in changed_analyses(change.before, change.after)
            if _is_certified_analysis(live, change.before.analyses[name])
        ),
        certifies_analyses=certified_analyses_by(change),
        loosens=loosened_by(live, change.before, change.after),
    )


def loosened_by(live: Live, before: Model, after: Model) -> tuple[Loosened, ...]:
    """Return the objects whose governance a change makes less strict, given the current certifications."""
    return loosening(before, after, lambda metric: _is_certified(live, metric))


def certified_by(change: DraftChange) -> tuple[str, ...]:
    """Return the metrics whose certificate in the files a draft adds or changes."""
    before = {name: metric.certified for name, metric in change.before.metrics.items()}
    return tuple(
        name
        for name, metric in change.after.metrics.items()
        if metric.certified is not None and before.get(name) != metric.certified
    )


def certified_analyses_by(change: DraftChange) -> tuple[str, ...]:
    """Return the named analyses whose certificate in the files a draft adds or changes."""
    before = {name: named.certified for name, named in change.before.analyses.items()}
    return tuple(
        name
        for name, named in change.after.analyses.items()
        if named.certified is not None and before.get(name) != named.certified
    )


def _is_certified_analysis(live: Live, named: NamedAnalysis) -> bool:
    workspace = live.workspace()
    running, today = workspace.model.analyses.get(named.name), workspace.today()
    return _holds(named, running, today)


def _is_certified(live: Live, metric: Metric) -> bool:
    """Whether a metric is certified, in the app or in the files, now or in the draft's base version."""
    workspace = live.workspace()
    return _holds(metric, workspace.model.metrics.get(metric.name), workspace.today())


def _holds(metric: Metric | NamedAnalysis, running: Metric | NamedAnalysis | None, today: date) -> bool:
    if running is not None and certification_status(running, today) is CertificationStatus.CERTIFIED:
        return True
    is_newer = running is None or running.certified != metric.certified
    return is_newer and certification_status(metric, today) is CertificationStatus.CERTIFIED


def change_of(actor: Actor, base_files: Files, files: Files) -> DraftChange:
    """Return a draft's changes. Raises NotAllowed, ModelError.

    Only stewards can see them, and a domain's stewards if the draft changes only their domain.
    """
    if not may_approve(actor, base_files, files):
        raise NotAllowed("Only stewards can see what a change affects. Ask one of them.")
    return DraftChange(model_of(base_files), model_of(files))


def model_of(files: Files) -> Model:
    """Return the model in these files, parsed once and then cached. Raises ModelError."""
    return _MODELS.get(digest_of(files), lambda: parse_model(files))


def people_of_items(live: Live, actor: Actor, change: DraftChange, items: list[FoundItem]) -> frozenset[str]:
    """Return the people, besides the actor, who own one of these items or recently asked for a changed metric.

    Recently means in the last 30 days. People who were erased are omitted.
    """
    with live.store.read() as connection:
        uses = read_recent_uses(connection, live.store.now() - RECENT)
        found = {item.owner for item in items}
        found |= {use.subject for use in uses if change.affected(use.definitions)}
        known = read_names(connection, found)
        return frozenset(known) - {reader_of(connection, actor).subject or ""}
