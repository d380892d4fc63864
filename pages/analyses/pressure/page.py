"""Contact pressure on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.analyses.draft import Data
from pages.analyses.examples import NOTHING, metric_for
from pages.analyses.kind import event_kind_page
from pages.analyses.pressure.form import form
from pages.analyses.pressure.result import result
from semantic.analyses.events.offers import event_metrics, subjects_of
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

SENT = ("mails delivered", "mails sent", "messages sent", "emails")
LEFT = ("left the mail list", "unsubscribes")
TIME = {"last": 13, "unit": "week"}


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return an example with messages that this person can see, or else any event, and with unsubscribes if possible.

    Returns the reason as text if there is no event.
    """
    sent = next((name for word in SENT if (name := metric_for(word, seen))), "")
    sent = sent or next((metric.name for metric in event_metrics(seen) if subjects_of([metric.name], seen)), "")
    subjects = subjects_of([sent], seen) if sent else []
    if not subjects:
        return NOTHING
    data: Data = {"kind": "pressure", "v": 1, "subject": subjects[0], "time": TIME, "channels": [{"metric": sent}]}
    left = next((name for word in LEFT if (name := metric_for(word, seen)) and name != sent), "")
    if left and subjects[0] in subjects_of([sent, left], seen):
        data |= {"then": {"metric": left}, "within": "7 days"}
    return data


PRESSURE_PAGE = event_kind_page(
    TELLINGS["pressure"],
    icon="notifications_active",
    answers="How many messages people get per week, and what they do next.",
    example=example,
    form=form,
    result=result,
)
