"""Paths on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages.analyses.draft import Data
from pages.analyses.examples import Template, first_subject, metric_for, usual_events
from pages.analyses.kind import event_kind_page
from pages.analyses.paths.events import directed
from pages.analyses.paths.form import counting, form
from pages.analyses.paths.result import result
from pages.analyses.paths.switches import switches
from semantic.analyses.events.offers import subjects_of
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

AFTER = (
    Template(
        {
            "product view": "Product view",
            "cart": "Cart",
            "checkout": "Checkout",
            "purchase": "Purchase",
            "search": "Search",
            "sign-ups": "Sign-up",
        },
        ("visitor", "user", "session"),
    ),
    Template({"mails opened": "Opened", "mail clicks": "Clicked", "orders": "Order"}, ("subscriber", "member")),
)
"""What people usually do after the first event of each template, as search words for metrics."""
USUALLY = {
    "sessions": "Visit", "mails opened": "Mail opened", "mail clicks": "Mail clicked", "orders": "Order",
    "trials started": "Trial started", "refunds": "Refund",
}  # fmt: skip
"""What people usually do across tools, as search words for metrics, each with a short name."""
PEOPLE = ("person", "customer", "member", "user", "subscriber", "visitor")
QUARTER = {"last": 13, "unit": "week"}


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return the paths after the first event of a template, or after any event that shares its subject with another."""
    found = usual_events(AFTER, seen, workspace)
    return found if isinstance(found, str) else _after(*found)


def start(metric: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return the paths after a metric, or before it if a lower value is better, as for cancellations.

    The other events come from a template that has the metric, or are one event of the same subject.
    """
    around = _around(metric, seen, workspace)
    found = around or usual_events(AFTER, seen, workspace, with_metric=metric)
    if isinstance(found, str):
        return None
    subject, steps = found
    first = [step for step in steps if step["metric"] == metric]
    data = _after(subject, [*first, *(step for step in steps if step["metric"] != metric)])
    if around is not None:
        data["within"] = "30 days"  # Paths across tools take longer than a visit.
    return directed(data, "to") if seen.metric(metric).direction == "down" else data


def _around(metric: str, seen: VisibleModel, workspace: Workspace) -> tuple[str, list[dict[str, str]]] | None:
    """Return the subject and events of paths across tools.

    Returns None if the metric is one of a visit's events, or if no subject has enough of these events.
    """
    if any(metric == metric_for(word, seen) for word in AFTER[0].words):
        return None
    offered = subjects_of([metric], seen)
    for subject in [name for name in PEOPLE if name in offered]:
        usual = {metric_for(word, seen): name for word, name in USUALLY.items()}
        events = [name for name in usual if name not in ("", metric) and subject in subjects_of([name], seen)]
        if len(events) > 1 and first_subject([metric, *events], seen, workspace, (subject,)) == subject:
            return subject, [{"metric": metric}, *({"metric": name, "name": usual[name]} for name in events)]
    return None


def _after(subject: str, steps: list[dict[str, Any]]) -> Data:
    first, *others = steps
    return {
        "kind": "paths", "v": 1, "subject": subject, "time": QUARTER, "from": first, "events": others,
        "within": "7 days",
    }  # fmt: skip


PATHS_PAGE = event_kind_page(
    TELLINGS["paths"],
    icon="route",
    answers="What people do after a start or before an end, event by event.",
    example=example,
    form=form,
    counting=counting,
    result=result,
    switches=switches,
    start=start,
)
