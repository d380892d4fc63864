"""Ask for the number of a metric or an analysis that an alert watches, as one actor sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from semantic.alerts.alert import Alert
from semantic.policy.access import access_to
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.services.alerts.of_analysis import ask_number
from semantic.services.alerts.readings import MetricReadings, ask
from semantic.store.keys import Keys
from semantic.targets.target import Target
from semantic.workspace import Workspace


def ask_alert(
    alert: Alert,
    workspace: Workspace,
    actor: Actor,
    targets: Iterable[Target] = (),
    *,
    more_days: int = 0,
    **running: Any,
) -> MetricReadings:
    """Ask for the number that an alert judges, as `actor`. Nothing is recorded.

    `running` is passed on to `ask_number`. Raises SemanticError, such as UnknownName if the actor has no access.
    """
    if alert.of is None:
        return ask(alert, workspace, actor, targets, more_days=more_days)
    return ask_number(alert, workspace, actor, more_days=more_days, **running)


def access_of(alert: Alert, seen: VisibleModel, keys: Keys) -> str:
    """Return a digest of the rules that limit which rows a person sees of an alert's number."""
    breakdowns = [breakdown.dim for breakdown in alert.names.by] if alert.of is not None else []
    return keys.sign(b"alert access", access_to(alert.metrics, breakdowns, seen).encode())
