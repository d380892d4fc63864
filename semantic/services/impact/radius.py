"""How far a draft of the model reaches: whom and what it touches, without asking for any value."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.governance.widening import widening
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.loading.load import parse_model
from semantic.model.standing import Standing, standing
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.store.alerts.alerts import read_alerts
from semantic.store.models.versions import Files
from semantic.store.numbers.targets import list_targets
from semantic.store.spaces.rights import reader_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """Whom and what a draft touches. Subjects are numbers of people in the store."""

    changed: tuple[str, ...]
    certified: tuple[str, ...]
    targets: int
    alerts: int
    people: frozenset[str]
    widens: tuple[str, ...]


def radius_of(live: Live, actor: Actor, base_files: Files, files: Files) -> Radius:
    """Return how far the changes from `base_files` to `files` reach. Raises ModelError, StoreFailed."""
    before, after = parse_model(base_files), parse_model(files)
    changed = tuple(
        name
        for name in before.metrics
        if name not in after.metrics or metric_digest(before, name) != metric_digest(after, name)
    )
    today = live.workspace().today()
    with live.store.read() as connection:
        alerts = [alert for alert in read_alerts(connection, live.keys) if alert.alert.metric in changed]
        targets = [target for target in list_targets(connection) if target.target.metric in changed]
        owners = {alert.owner for alert in alerts} - {reader_of(connection, actor) or ""}
    return Radius(
        changed=changed,
        certified=tuple(name for name in changed if standing(before.metrics[name], today) is Standing.CERTIFIED),
        targets=len(targets),
        alerts=len(alerts),
        people=frozenset(owners),
        widens=widening(before, after),
    )
