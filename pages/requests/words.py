"""Wording for requests: who wants what, since when, and how the request ended."""

from __future__ import annotations

from typing import Final

from semantic.display.words.ages import ago
from semantic.errors import counted
from semantic.query.describe import describe_day
from semantic.services.requests.work import ListedRequest
from semantic.services.service_process import ServiceProcess
from semantic.store.requests.people import Place
from semantic.store.requests.requests import RequestKind, State

KINDS: Final[dict[RequestKind, tuple[str, str]]] = {
    "metric": ("New metric", "add_chart"),
    "question": ("Question", "help"),
    "number": ("Number to check", "fact_check"),
}
STATES: Final[dict[State, str]] = {
    "new": "New", "answering": "In progress", "answered": "Answered", "declined": "Declined", "merged": "Merged",
    "withdrawn": "Withdrawn",
}  # fmt: skip
PLACES: Final[dict[Place, str]] = {
    "explore": "in Explore", "search": "in search", "metric": "in the list of metrics", "receipt": "on a number",
    "requests": "on the Requests page",
}  # fmt: skip
SEPARATOR: Final = " \N{MIDDLE DOT} "
FORMER: Final = "Someone who left"


def name_without_job(name: str) -> str:
    """Return a name without the job title that can follow a comma."""
    return name.partition(", ")[0] or FORMER


def facts(listed: ListedRequest, live: ServiceProcess, *, is_mine: bool) -> str:
    """Return who wants a request, since when, and by when they need it, on one line."""
    request = listed.request
    since = ago(request.made_at, live.store.now())
    mine = listed.mine if is_mine else None
    who = f"you {mine.how} {since}" if mine is not None else f"{name_without_job(request.asker_name)}, {since}"
    parts = [
        KINDS[request.kind][0],
        f"{counted(listed.people, 'person needs', 'people need')} this" if listed.people > 1 else "",
        who,
        f"needed by {describe_day(request.needed_by)}" if request.needed_by and request.is_open else "",
        f"with {name_without_job(request.assignee_name)}" if request.state == "answering" else "",
    ]
    return SEPARATOR.join(part for part in parts if part)
