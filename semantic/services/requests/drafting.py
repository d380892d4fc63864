"""Draft a metric from a request, with its name and purpose. The author fills in the rest."""

from __future__ import annotations

import re

import yaml

from semantic.errors import NotAllowed
from semantic.model.editing.objects import ObjectKind
from semantic.services.drafts import new_draft, write_object
from semantic.services.process import Live
from semantic.services.requests.work import ListedRequest, RequestWork
from semantic.store.requests.requests import GONE

LONGEST_NAME = 60


def begin_metric(live: Live, work: RequestWork, listed: ListedRequest) -> str:
    """Start a draft with a new metric, link it to the request, and return the metric's name.

    Raises NotAllowed, ChangedMeanwhile, StoreFailed.
    """
    if not work.handles(listed.request) or not listed.request.is_open:
        raise NotAllowed(GONE)
    actor = work.actor
    name = free_name(listed.request.words, {*live.workspace().model.metrics})
    edits = new_draft(live, actor, name=listed.request.words)
    written = write_object(live, actor, edits, (ObjectKind.METRIC, name), text_of(name, listed, actor.name or actor.id))
    work.drafted(listed.request.id, written.key[1])
    return written.key[1]


def text_of(name: str, listed: ListedRequest, owner: str) -> str:
    """Return the YAML of a metric without a calculation."""
    request = listed.request
    fields: dict[str, object] = {"name": name, "label": _label(request.words), "description": "", "owner": owner}
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=110)
    count = listed.people
    wanted = f"# Requested by {count} {'person' if count == 1 else 'people'}."
    return f"{wanted}\n{text}"


def free_name(words: str, taken: set[str]) -> str:
    """Return a name made from these words that isn't in `taken`.

    >>> free_name("Payback period!", {"payback_period"})
    'payback_period_2'
    """
    base = re.sub(r"[^a-z0-9]+", "_", words.casefold()).strip("_")[:LONGEST_NAME].strip("_")
    base = base if base and base[0].isalpha() else f"metric_{base}".strip("_")
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def _label(words: str) -> str:
    line = " ".join(words.split()).strip("?!. ")
    return line[:1].upper() + line[1:]
