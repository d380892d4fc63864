"""Maturity on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.analyses.draft import Data
from pages.analyses.examples import Template, usual_events
from pages.analyses.kind import event_kind_page
from pages.analyses.maturity.form import counting, form
from pages.analyses.maturity.result import result
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

TEMPLATES = (
    Template({"orders": "Order", "refunds": "Refund"}, ("order", "customer")),
    Template({"visits": "Visit", "purchase": "Purchase"}, ("visitor", "user", "session")),
    Template({"sign-ups": "Sign-up", "orders": "Order"}, ("user", "customer", "member")),
)
"""Pairs of events of which the second takes a while, as search words for metrics. The first visible pair is the
example.
"""


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return a definition for the first template whose events this person can see, or for any two events of one
    subject.
    """
    found = usual_events(TEMPLATES, seen, workspace)
    return found if isinstance(found, str) else _of(*found)


def start(metric: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return a definition that has a metric as an event, or None if there is none."""
    found = usual_events(TEMPLATES, seen, workspace, with_metric=metric)
    return None if isinstance(found, str) else _of(*found)


def _of(subject: str, steps: list[dict[str, str]]) -> Data:
    return {
        "kind": "maturity", "v": 1, "subject": subject, "time": {"last": 26, "unit": "week"},
        "first": steps[0], "then": steps[-1],
    }  # fmt: skip


MATURITY_PAGE = event_kind_page(
    TELLINGS["maturity"],
    icon="hourglass_bottom",
    answers="How much of the final number is known after a few days, and what recent cohorts are expected to reach.",
    example=example,
    form=form,
    counting=counting,
    result=result,
    start=start,
)
