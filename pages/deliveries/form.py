"""The form of a delivery: the content, the schedule, the recipients, the format and the condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.deliveries.recipients import person, recipient_field
from pages.deliveries.schedule_field import monday_at_eight, schedule_fields
from pages.deliveries.words import CONDITIONS, slot_words
from pages.shell import session
from semantic.display.format import counted
from semantic.display.format import listed as listed_names
from semantic.policy.links import audiences
from semantic.schedules.schedule import Schedule, next_slot
from semantic.services.boards import BoardWork
from semantic.services.outbox.deliveries import ChosenRecipient
from semantic.services.outbox.previewing import previewable
from semantic.store.destinations.destinations import read_destinations
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.people import read_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from semantic.policy.actor import Actor
    from semantic.services.outbox.deliveries import ListedDelivery
    from semantic.services.process import Live
    from semantic.store.audit.log import Plain
    from semantic.store.outbox.deliveries import Attached, Condition, What

OWN_DATA: Final = "Each person gets the data they have access to."
CURRENT, DEFAULT = "Current view", "Default view"
MOST_CHECKED: Final = 10
"""The maximum number of people whose access to a board's tiles is checked before sending."""

ATTACHED: Final[Mapping[Attached, str]] = {"pdf": "PDF", "excel": "Excel"}
NO_SETTINGS: Final[Mapping[str, Plain]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DeliverySubject:
    """A board or a saved question to send.

    `settings` are a board's open tab and filters, as a link contains them. They're empty for the default view.
    """

    what: What
    id: str
    title: str
    settings: Mapping[str, Plain] = field(default_factory=lambda: NO_SETTINGS)


@dataclass(frozen=True, slots=True)
class Draft:
    """The values in the form of a delivery."""

    schedule: Schedule
    recipients: tuple[ChosenRecipient, ...]
    attached: tuple[Attached, ...] = ()
    condition: Condition = "always"
    settings: Mapping[str, Plain] = field(default_factory=lambda: NO_SETTINGS)


def first_draft(actor: Actor, zone: str) -> Draft:
    """Return the default values: every Monday at 08:00, to the person who asks."""
    return Draft(monday_at_eight(zone), (person(actor),))


def draw_form(key: str, thing: DeliverySubject, start: Draft, actor: Actor) -> Draft:
    """Draw the fields, and return their values. Raises InvalidQuery and StoreFailed."""
    settings = _view(key, thing, start)
    schedule = schedule_fields(key, start.schedule)
    if thing.what == "digest":  # no files, no condition: it's about what you follow
        return Draft(schedule, (person(actor),))
    recipients = recipient_field(f"{key}-to", actor, start.recipients)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key=f"{key}-how"):
        condition = st.selectbox(
            "Send", list(CONDITIONS), index=list(CONDITIONS).index(start.condition), key=f"{key}-condition",
            width=300, format_func=lambda name: CONDITIONS[name],
        )  # fmt: skip
        attached = st.pills(
            "Email, with", list(ATTACHED), default=list(start.attached), selection_mode="multi", key=f"{key}-attached",
            format_func=lambda name: ATTACHED[name],
        )  # fmt: skip
    return Draft(schedule, recipients, tuple(attached), condition, settings)


def _view(key: str, thing: DeliverySubject, start: Draft) -> Mapping[str, Plain]:
    """Draw the choice of a board's view, and return the settings of the chosen view.

    The options are the default view, the open view, and the view that the delivery already has.
    """
    views: dict[str, Mapping[str, Plain]] = {DEFAULT: NO_SETTINGS}
    if thing.settings:
        views[CURRENT] = thing.settings
    if start.settings and start.settings != thing.settings:
        views["Saved view"] = start.settings
    if len(views) == 1:
        return NO_SETTINGS
    shown = next((name for name, settings in views.items() if settings == start.settings), DEFAULT)
    chosen = st.segmented_control("View", list(views), default=shown, required=True, key=f"{key}-view")
    return views[chosen]


def next_words(draft: Draft, *, is_new: bool = True) -> str:
    """Return when the next message is sent, or the first one of a new delivery, in words. Raises InvalidQuery."""
    now = session.store()[0].now()
    zone = draft.schedule.zone
    return (
        f"{'First' if is_new else 'Next'} one on {slot_words(next_slot(draft.schedule, now), zone, now)}, {zone} time."
    )


def new_delivery(thing: DeliverySubject, draft: Draft) -> NewDelivery:
    """Return the delivery to save. Its title is empty, because it always uses the board's or question's title."""
    return NewDelivery(
        what=thing.what, about=thing.id, title="", cron=draft.schedule.cron, zone=draft.schedule.zone,
        condition=draft.condition, attached=draft.attached, settings=draft.settings,
    )  # fmt: skip


def draft_of(listed: ListedDelivery, live: Live) -> Draft:
    """Return the form's values for a delivery that this person owns. Raises StoreFailed."""
    delivery = listed.delivery
    rows = [row for row in listed.recipients if row.ended_at is None and row.added_by]
    with live.store.read() as connection:
        people = read_names(connection, [row.id for row in rows if row.kind == "person"])
    ids = {row: people.get(row.id, ("", ""))[0] if row.kind == "person" else row.id for row in rows}
    recipients = tuple(ChosenRecipient(row.kind, ids[row]) for row in rows if ids[row])
    schedule = Schedule(cron=delivery.cron, zone=delivery.zone)
    return Draft(schedule, recipients, delivery.attached, delivery.condition, delivery.settings)


def access_notes(thing: DeliverySubject, draft: Draft, actor: Actor) -> list[str]:
    """Return notes for the author to read before sending. Raises StoreFailed.

    They name destinations that get no numbers, and tiles that a recipient can't see if the author can view as that
    recipient.
    """
    chosen = {each.id for each in draft.recipients if each.kind == "destination"}
    if not chosen and all(each.id == actor.id for each in draft.recipients):
        return []
    live = session.live()
    notes: list[str] = []
    if chosen:
        known = audiences(live.workspace().model)
        with live.store.read() as connection:
            destinations = [each for each in read_destinations(connection) if each.id in chosen]
        blind = [each.name for each in destinations if each.audience not in known]
        if blind:
            get = "gets" if len(blind) == 1 else "get"
            notes.append(f"{listed_names(blind)} {get} the title and a link, but no numbers.")
    people = {each.id for each in draft.recipients if each.kind == "person" and each.id != actor.id}
    if thing.what == "board" and people:
        notes += _hidden_tiles(thing.id, people, actor, live)
    return notes


def _hidden_tiles(board: str, people: Collection[str], actor: Actor, live: Live) -> list[str]:
    workspace = live.workspace()
    known = [each for each in previewable(live, actor) if each.id in people][:MOST_CHECKED]
    if not known:
        return []
    opened = BoardWork(live.store, live.keys, workspace, actor).open(board).board
    asking = [tile for tile in opened.tiles if tile.question is not None]
    notes: list[str] = []
    for each in known:
        work = BoardWork(live.store, live.keys, workspace, each)
        state = work.opening_state(opened)
        hidden = sum(work.asked(tile, state).query is None for tile in asking)
        if hidden:
            notes.append(f"{each.short_name} won't see {hidden} of {counted(len(asking), 'tile')}.")
    return notes
