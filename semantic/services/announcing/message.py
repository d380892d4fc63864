"""Write emails about changed definitions and about certifications that end soon, using each reader's own access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from semantic.display.format import counted, listed
from semantic.display.messages.blocks import Block, Button, Column, Footer, Headline, Note, Rows, Scope
from semantic.display.messages.message import Message
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.errors import UnknownVersion
from semantic.model.certification_status import CertificationStatus, certificate, certification_status
from semantic.model.definitions import Metric
from semantic.query.describe import describe_day
from semantic.services.announcing.announcements import Announced, Values, announced, values
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.certifications.audience import Use, read_uses
from semantic.store.certifications.changes import DefinitionChange
from semantic.store.outbox.sends import Send

NO_ACCESS: Final = "They don't have access to a metric that changed"
UNKNOWN: Final = "This version of the model is unknown"
NOT_ENDING: Final = "This certification no longer ends soon"
MOST_VALUES: Final = 10
"""How many metrics' values are compared in one email. Other metrics are only named."""
_NOUNS: Final = {"question": "saved question", "board": "board", "alert": "alert"}


def compose_definition(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write an email about a version's changed definitions, if they concern the reader and the reader can see them."""
    changes = _changes(send.about, live)
    if not changes:
        return Skipped(UNKNOWN)
    seen = live.workspace().visible(reader.actor)
    shown = {name: change for name, change in changes.items() if _is_shown(name, seen.metrics)}
    with live.store.read() as connection:
        uses = read_uses(connection, live.keys, list(shown), subject=send.recipient.id)
    mine = {name for use in uses for name in use.metrics}
    shown = {name: change for name, change in shown.items() if name in mine}
    if not shown:
        return Skipped(NO_ACCESS)
    try:
        told = {name: announced(live, reader.actor, change) for name, change in shown.items()}
    except UnknownVersion:
        return Skipped(UNKNOWN)
    labels = {name: seen.metric(name).label or name for name in shown}
    moved = {name: values(live, reader.actor, shown[name]) for name in list(shown)[:MOST_VALUES]}
    first = next(iter(told.values()))
    headline = (
        f"The definition of {next(iter(labels.values()))} changed" if len(labels) == 1
        else f"{counted(len(labels), 'definition')} changed: {listed(labels.values())}"
    )  # fmt: skip
    blocks = (
        Scope(_when(first)),
        Headline(headline),
        *((Note(f"Why: {first.why}"),) if first.why else ()),
        *_rows(labels, moved),
        *(Note(text) for text in _own(uses, set(shown))),
        Button("See what changed", f"{live.settings.address}/metrics?{urlencode({'m': next(iter(shown))})}"),
        Footer((_because(uses),)),
    )
    return write_letter(MessageContent(title="Changed definitions", blocks=blocks, subject=headline))


def _changes(about: str, live: Live) -> dict[str, DefinitionChange]:
    number = about.removeprefix("version:")
    every = (change for changes in live.settling.changes.values() for change in changes if change.before)
    return {change.metric: change for change in every if str(change.version) == number}


def _is_shown(name: str, metrics: Iterable[Metric]) -> bool:
    return any(metric.name == name for metric in metrics)


def _when(told: Announced) -> str:
    by = f" by {told.who}" if told.who else ""
    return f"{describe_day(told.day)}{by}"


def _rows(labels: dict[str, str], moved: dict[str, Values | None]) -> Iterator[Block]:
    known = {name: each for name, each in moved.items() if each is not None}
    if not known:
        return
    period = next(iter(known.values())).period
    yield Rows(
        title=f"Before and after, {period}",
        head=(Column("Metric"), Column("Before", is_number=True), Column("After", is_number=True)),
        rows=tuple(
            (labels[name], each.before or "No value", "No change" if each.is_same else each.after or "No value")
            for name, each in known.items()
        ),
        left_out=len(labels) - len(known),
    )


def _own(uses: Iterable[Use], metrics: set[str]) -> Iterator[str]:
    """Yield sentences about the reader's own items that use a changed metric."""
    own = [use for use in uses if use.kind in _NOUNS and metrics.intersection(use.metrics)]
    for kind, noun in _NOUNS.items():
        names = [use.title or "without a name" for use in own if use.kind == kind]
        if names:
            more = f", and {len(names) - 5} more" if len(names) > 5 else ""
            yield f"Your {counted(len(names), noun)}: {', '.join(names[:5])}{more}."


def _because(uses: Iterable[Use]) -> str:
    kinds = {use.kind for use in uses}
    why = [f"own a {noun} with it" for kind, noun in _NOUNS.items() if kind in kinds]
    why = [*(["follow this metric"] if "follows" in kinds else []), *why]
    return f"You get this because you {listed(why).replace('own a alert', 'own an alert')}."


# Certifications that end soon


def compose_ending(send: Send, reader: Reader, live: Live) -> Message | Skipped:
    """Write an email that a certification ends soon, if that's still true and the reader can see the metric."""
    name, workspace = str(send.details.get("metric", "")), live.workspace()
    metric = next((each for each in workspace.visible(reader.actor).metrics if each.name == name), None)
    if metric is None:
        return Skipped("No access")
    found, today = certificate(metric), workspace.today()
    if (
        found is None
        or certification_status(metric, today) is not CertificationStatus.CERTIFIED
        or not ends_soon(found.until, today)
    ):
        return Skipped(NOT_ENDING)
    label = metric.label or metric.name
    headline = f"The certification of {label} ends on {describe_day(found.until)}"
    blocks = (
        Headline(headline),
        Note(f"{found.by} certified it. After that day, it's shown as expired everywhere until a steward renews it."),
        Button("Open the metric", f"{live.settings.address}/metrics?{urlencode({'m': name})}"),
        Footer(("You get this because you own or certified this metric.",)),
    )
    return write_letter(MessageContent(title="Certifications", blocks=blocks, subject=headline))


SOON: Final = timedelta(days=30)


def ends_soon(until: date, today: date) -> bool:
    """Whether a certification that ends on this day ends within the next 30 days."""
    return today <= until <= today + SOON
