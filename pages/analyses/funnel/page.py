"""The funnel on the Analyses page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pages.analyses.draft import Data
from pages.analyses.examples import Template, usual_events
from pages.analyses.funnel.form import counting, form
from pages.analyses.funnel.result import result
from pages.analyses.funnel.switches import switches
from pages.analyses.kind import event_kind_page
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

TEMPLATES: Final = (
    Template(
        {
            "visits": "Visit",
            "product view": "Product view",
            "cart": "Cart",
            "checkout": "Checkout",
            "purchase": "Purchase",
        },
        ("visitor", "user", "session"),
    ),
    Template({"leads": "Lead", "qualified leads": "Qualified", "won deals": "Won"}, ("lead", "contact", "company")),
    Template({"mails delivered": "Delivered", "mail clicks": "Clicked"}, ("subscriber", "contact", "member")),
    Template({"sign-ups": "Sign-up", "orders": "Order"}, ("user", "customer", "member")),
)
"""Common funnels, each as search words for metrics. The first funnel whose steps a person can see is the example."""


PERIOD: Final = {"last": 13, "unit": "week"}
WINDOW: Final = "7 days"


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return a funnel of the first template whose steps this person can see, or of any two events of one subject."""
    found = usual_events(TEMPLATES, seen, workspace)
    return found if isinstance(found, str) else funnel_of(*found)


def start(metric: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return a funnel with a metric as a step: one from a template, or one that ends with the metric."""
    found = usual_events(TEMPLATES, seen, workspace, with_metric=metric)
    return None if isinstance(found, str) else funnel_of(*found)


def funnel_of(subject: str, steps: Sequence[Mapping[str, str]]) -> Data:
    """Return a new funnel of these steps, with the usual period and window."""
    return {
        "kind": "funnel", "v": 1, "subject": subject, "time": {**PERIOD}, "steps": [dict(step) for step in steps],
        "within": WINDOW,
    }  # fmt: skip


FUNNEL_PAGE = event_kind_page(
    TELLINGS["funnel"],
    icon="filter_alt",
    answers="How many got from each step to the next, and where they dropped out.",
    example=example,
    form=form,
    counting=counting,
    result=result,
    switches=switches,
    start=start,
)
