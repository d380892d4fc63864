"""The form of a channel overlap: its channels, and an optional later event."""

from __future__ import annotations

from typing import Any

from pages.analyses.channels import channel_fields
from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from semantic.analyses.events.overlap.question import FEWEST_CHANNELS

NOTHING = "Nothing"
WITHIN = "14 days"


def form(form: Form) -> None:
    """Draw the fields for the subject, the channels, and the event that follows."""
    form.subject()
    channel_fields(form, title="Channels", fewest=FEWEST_CHANNELS, add="Add channel")
    then_fields(form, needs_window=False)


def then_fields(form: Form, *, needs_window: bool) -> None:
    """Draw the event that follows, and its time limit."""
    now = at(form.data, ("then", "metric"))
    options: dict[Any, str] = {None: NOTHING, **form.events_of(str(form.data.get("subject", "")))}
    if now is not None and now not in options:
        options[now] = form.label_of(now)
    path = ("then", "metric")
    form.choice("Then", path, options, help="How many of them did this afterwards.")
    form.bind(form.key(*path), _then)
    if now is not None:
        none = "" if needs_window else "No limit"
        form.span("Within", ("within",), none=none, help="The longest time until this happens.")
        form.bind(form.key("within"), _within)


def _then(data: Data, metric: Any) -> Data:
    if metric == at(data, ("then", "metric")):
        return data
    if metric is None:
        return put(put(data, ("then",), None), ("within",), None)
    changed = put(data, ("then",), {"metric": metric})
    return changed if changed.get("within") is not None else put(changed, ("within",), WITHIN)


def _within(data: Data, window: Any) -> Data:
    """Return the definition with another window, if it has an event that follows. Without one, a window has
    no meaning.
    """
    return put(data, ("within",), window) if data.get("then") is not None else data
