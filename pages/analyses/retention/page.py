"""Retention on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.analyses.draft import Data
from pages.analyses.examples import Template, metric_for, usual_events
from pages.analyses.kind import event_kind_page
from pages.analyses.retention.form import counting, form
from pages.analyses.retention.result import result
from pages.analyses.retention.switches import switches
from semantic.analyses.events.offers import event_metrics, subjects_of
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

TEMPLATES = (
    Template({"orders": "Order", "customers": "Customer"}, ("customer", "user", "member")),
    Template({"sessions": "Visit", "visits": "Visit"}, ("visitor", "user")),
)
"""What people usually come back for, as search words for metrics."""
PEOPLE = ("customer", "person", "user", "member", "visitor", "subscriber", "account", "contact")


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return the retention for the first template whose event this person can see, or for any event."""
    found = usual_events(TEMPLATES, seen, workspace)
    if isinstance(found, str):
        return found
    subject, steps = found
    return _by_month(subject, steps[0]["metric"])


def start(metric: str, seen: VisibleModel, workspace: Workspace | None = None) -> Data | None:
    """Return the retention of people for a metric's rows: do they come back for them?"""
    if metric not in {each.name for each in event_metrics(seen)}:
        return None
    offered = subjects_of([metric], seen)
    subject = next((name for name in PEOPLE if name in offered), next(iter(offered), None))
    return _by_month(subject, metric) if subject is not None else None


def retention_of(seen: VisibleModel, *, subject: str, metric: str) -> Data | None:
    """Return a subject's retention, based on its usual event, or people's retention for a metric. Pass one of them."""
    if metric:
        return start(metric, seen)
    usual = [metric_for(word, seen) for template in TEMPLATES for word in template.words]
    others = [each.name for each in event_metrics(seen)]
    first = next((name for name in [*usual, *others] if name and subject in subjects_of([name], seen)), None)
    return _by_month(subject, first) if first is not None else None


def _by_month(subject: str, metric: str) -> Data:
    return {
        "kind": "retention", "v": 1, "subject": subject, "time": {"last": 12, "unit": "month"},
        "first": {"metric": metric}, "unit": "month", "over": "month",
    }  # fmt: skip


RETENTION_PAGE = event_kind_page(
    TELLINGS["retention"],
    icon="replay",
    answers="Who comes back, how soon, and which groups come back most.",
    example=example,
    form=form,
    counting=counting,
    result=result,
    switches=switches,
    start=start,
)
