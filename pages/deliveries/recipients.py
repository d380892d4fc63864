"""The field for recipients: people who can sign in, groups and destinations, shown as chips.

Deliveries and alerts use this field. People can't type an address, because every recipient must be known and gets only
data that they have access to. Saving checks every recipient again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain, quoted
from semantic.policy.actor import Actor
from semantic.services.outbox.deliveries import ChosenRecipient, DeliveryWork
from semantic.services.outbox.receiving import SENDS_TO_OTHERS
from semantic.store.destinations.destinations import KINDS, read_destinations

ONLY_SIGNED_IN: Final = "Only people who can sign in can receive this."
ME: Final = "Me"


def person(actor: Actor) -> ChosenRecipient:
    """Return a person as a recipient."""
    return ChosenRecipient("person", actor.id)


def recipient_field(key: str, actor: Actor, start: Sequence[ChosenRecipient]) -> tuple[ChosenRecipient, ...]:
    """Draw the recipient field, and return the chosen recipients.

    The field is prefilled with the recipients in `start`, which are always offered.

    If the actor can send only to themselves, their name is drawn as text instead. Raises StoreFailed.
    """
    if not actor.is_at_least(SENDS_TO_OTHERS):
        st.markdown(f"To **{plain(actor.short_name)}** :gray[(you)]")
        return (person(actor),)
    names = recipient_names(actor, start)
    offered = {f"{picked.kind}:{picked.id}": picked for picked in names}
    wrong = f"{key}-wrong"

    def drop_typed() -> None:
        """Remove typed names that aren't among the options, and show the reason."""
        chosen: list[str] = st.session_state[key]
        typed = [text for text in chosen if text not in offered]
        st.session_state[wrong] = _why_not(typed[-1]) if typed else ""
        st.session_state[key] = [text for text in chosen if text in offered]

    chosen = st.multiselect(
        "To", list(offered), key=key, format_func=lambda text: names[offered[text]] if text in offered else text,
        default=[f"{picked.kind}:{picked.id}" for picked in start], placeholder="Add people, groups or destinations",
        accept_new_options=True, select_all=False, on_change=drop_typed,
    )  # fmt: skip
    if said := st.session_state.get(wrong):
        st.caption(f":orange[:material/info:] {plain(said)}")
    return tuple(offered[text] for text in chosen if text in offered)


def _why_not(typed: str) -> str:
    return (
        ONLY_SIGNED_IN
        if "@" in typed
        else f"No person, group or destination is named {quoted(typed[:80])}. {ONLY_SIGNED_IN}"
    )


def recipient_names(actor: Actor, chosen: Iterable[ChosenRecipient] = ()) -> Mapping[ChosenRecipient, str]:
    """Return a distinct name for each recipient that `actor` can send to, and for those in `chosen`.

    `actor` comes first, then other people, groups and destinations, each sorted by name. Raises StoreFailed.
    """
    people = session.people()
    with session.live().store.read() as connection:
        destinations = read_destinations(connection)
    names = {person(actor): ME}
    named = sorted((other for other in people.values() if other.roles and other.id != actor.id), key=_by_name)
    names |= {person(other): other.short_name for other in named}
    names |= {
        ChosenRecipient("group", group): f"Group {group}" for group in DeliveryWork(session.live(), actor).groups()
    }
    names |= {ChosenRecipient("destination", each.id): f"{each.name} ({KINDS[each.kind]})" for each in destinations}
    names |= {picked: _gone(picked) for picked in chosen if picked not in names}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    return {picked: f"{name} ({picked.id})" if name in shared else name for picked, name in names.items()}


def _by_name(actor: Actor) -> tuple[str, str]:
    return actor.short_name.casefold(), actor.id


def _gone(picked: ChosenRecipient) -> str:
    match picked.kind:
        case "group":
            return f"Group {picked.id}"
        case "destination":
            return "A removed destination"
        case "person":
            return "Someone who can't sign in any more"
