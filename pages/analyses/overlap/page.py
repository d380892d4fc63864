"""Channel overlap on the Analyses page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pages.analyses.draft import Data
from pages.analyses.examples import NOTHING, Template, first_subject, metric_for, usual_events
from pages.analyses.kind import event_kind_page
from pages.analyses.overlap.form import WITHIN, form
from pages.analyses.overlap.result import result
from semantic.analyses.events.channels import MOST_CHANNELS
from semantic.analyses.events.offers import subjects_of
from semantic.analyses.events.overlap.question import FEWEST_CHANNELS
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.query.query import Query
from semantic.services.analyzing.presentation import TELLINGS

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

EMAILS = ("email", "emails", "e-mail", "e-mails", "mail", "mails")
SENT, VISITS, ORDERS = "mails delivered", "visits", "orders"
PAID_SOCIAL = ("paid social", "paid_social", "social ads")
"""Values of a breakdown that mean paid visits from social networks."""
TEMPLATES = (
    Template({SENT: "Email", VISITS: "Visit"}, ("person", "customer", "member", "subscriber")),
    Template({"clicks": "Click", "leads": "Lead"}, ("person", "contact", "lead")),
)
TIME = {"last": 13, "unit": "week"}


def overlap_of(words: Sequence[str], seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return the overlap of channels named in words, or None if one is unknown or the number of channels
    isn't allowed.
    """
    visits = metric_for(VISITS, seen)
    channels = [_channel(word, visits, seen, workspace) for word in words]
    known = [each for each in channels if each is not None]
    if len(known) < len(words) or not FEWEST_CHANNELS <= len(known) <= MOST_CHANNELS:
        return None
    subject = first_subject(list(dict.fromkeys(str(each["metric"]) for each in known)) * 2, seen, workspace)
    if subject is None:
        return None
    return {"kind": "overlap", "v": 1, "subject": subject, "time": TIME, "channels": known}


def _channel(word: str, visits: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return the channel that a word names: email, visits from a channel, or any other event. None if it names none."""
    name, metric = upper_first(word), ""
    if word.casefold() in EMAILS:
        metric = metric_for(SENT, seen)
    elif visits and (where := _visits_from([word.casefold()], visits, seen, workspace)) is not None:
        return {"metric": visits, "where": where, "name": name}
    metric = metric or metric_for(word, seen)
    return {"metric": metric, "name": name} if metric else None


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return the overlap of email and paid social, if this person can see both, or of any two events of one subject."""
    mails, visits, orders = (metric_for(word, seen) for word in (SENT, VISITS, ORDERS))
    if mails and visits and (paid := _visits_from(PAID_SOCIAL, visits, seen, workspace)) is not None:
        follows = orders if orders and subjects_of([mails, visits, orders], seen) else ""
        subjects = subjects_of([mails, visits, *([follows] if follows else [])], seen)
        if subjects:
            channels = [{"metric": mails, "name": "Email"}, {"metric": visits, "where": paid, "name": "Paid social"}]
            data: Data = {"kind": "overlap", "v": 1, "subject": subjects[0], "time": TIME, "channels": channels}
            return data | ({"then": {"metric": follows}, "within": WITHIN} if follows else {})
    found = usual_events(TEMPLATES, seen, workspace)
    if isinstance(found, str):
        return NOTHING
    return {"kind": "overlap", "v": 1, "subject": found[0], "time": TIME, "channels": found[1][:4]}


def _visits_from(names: Sequence[str], visits: str, seen: VisibleModel, workspace: Workspace) -> dict[str, Any] | None:
    """Return a filter for visits from the first of these names that is a channel of the visits."""
    query = Query(metrics=(visits,))
    try:
        dims = [each for each in workspace.preflight(query, seen.actor).available if each.name == "channel"]
        values = workspace.values("channel", query, seen.actor)[0] if dims else []
    except SemanticError:
        return None
    value = next((each for each in values if str(each).casefold() in names), None)
    return {"dim": "channel", "op": "in", "values": [value]} if value is not None else None


OVERLAP_PAGE = event_kind_page(
    TELLINGS["overlap"],
    icon="join_inner",
    answers="How many people each channel reached, alone and with others.",
    example=example,
    form=form,
    result=result,
)
