"""Decide whose access applies while no one is signed in: for writing a message, and for an agent.

No other code decides this. A person's message uses exactly the access they have in the app. The person must be active,
and their provider's claims about them must be less than seven days old. A destination's message uses the policies for
its audience, like a public link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from semantic.errors import InvalidQuery
from semantic.policy.acting import require_not_agent
from semantic.policy.actor import Actor
from semantic.policy.links import audiences, reader_of_destination
from semantic.policy.viewing import CLAIMS_HOLD
from semantic.schedules.schedule import zone_of
from semantic.services.process import Live
from semantic.store.accounts.accounts import Account, read_account
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.accounts.sign_ins import has_begun
from semantic.store.audit.entries import find_subject
from semantic.store.destinations.destinations import open_destination
from semantic.store.outbox.sends import Recipient
from semantic.store.people import subject_of

ZONE_SETTING: Final = "mail.zone"
DEMO_DOMAIN: Final = "demo.example"
SIGN_IN: Final = "Sign in to keep receiving this"
GONE: Final = "This person can no longer sign in"
NO_ROLE: Final = "This person no longer has a role"
NO_ADDRESS: Final = "This person has no email address"
REMOVED: Final = "This destination was removed"

Reason = Literal["gone", "sign_in", "no_address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The reader of a message, with their access.

    `address` is an email address, empty for destinations. `zone` is the time zone of times in messages. `claims_end` is
    the time after which this person gets no messages until they sign in, or None if there is no such time.
    """

    actor: Actor
    recipient: Recipient
    address: str
    zone: str
    name: str
    claims_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """The reason why a recipient gets no message, for the history. `since` is the time of a person's claims."""

    why: str
    reason: Reason
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonNow:
    """A person with their current access. `claims_end` is when the access ends unless they sign in before then."""

    actor: Actor
    address: str
    claims_end: datetime | None = None


def reader_of(live: Live, recipient: Recipient, now: datetime) -> Reader | NotNow:
    """Return the reader whose access a message to a recipient uses now, or why there is none. Raises StoreFailed.

    If a person's claims are due for renewal, they are renewed with the refresh token of an open sign-in, if there is
    one.
    """
    if recipient.kind == "destination":
        return _destination(live, recipient)
    found = person_now(live, recipient.id, now)
    if isinstance(found, NotNow):
        return found
    return _person(live, recipient, found.actor, found.address, found.claims_end)


def person_now(live: Live, subject: str, now: datetime) -> PersonNow | NotNow:
    """Return a person with their current access while they aren't signed in, or why they have none.

    Anything that messages and agents do in the person's name uses exactly this access. Raises StoreFailed.
    """
    return account_now(live, _account(live, subject), now)


def account_now(live: Live, account: Account | None, now: datetime) -> PersonNow | NotNow:
    """Return the person who has this account, as `person_now` does. Raises StoreFailed."""
    if account is None or not account.is_active:
        return NotNow(GONE, "gone")
    if live.settings.demo:
        actor = live.workspace().people.get(account.id)
        if actor is None:
            return NotNow(GONE, "gone")
        return PersonNow(actor=_same(live, actor), address=f"{account.id}@{DEMO_DOMAIN}")
    account = _renewed(live, account, now)
    if account is None or not account.is_active or account.claims is None or not _is_of_provider(live, account):
        return NotNow(GONE, "gone")
    claims_at = account.claims.claims_at
    if claims_at is None or not has_begun(claims_at, now) or now - claims_at >= CLAIMS_HOLD:
        return NotNow(SIGN_IN, "sign_in", claims_at)
    if not account.claims.roles:
        return NotNow(NO_ROLE, "gone")
    actor = _same(live, account.claims.actor)
    return PersonNow(actor=actor, address=_address(account), claims_end=claims_at + CLAIMS_HOLD)


def notice_reader_of(live: Live, recipient: Recipient) -> Reader | NotNow:
    """Return the reader of a notice from Samepage itself.

    Notices contain no numbers, so the reader has no role, and the age of their claims doesn't matter.
    """
    account = _account(live, recipient.id) if recipient.kind == "person" else None
    if account is None or not account.is_active:
        return NotNow(GONE, "gone")
    actor = Actor(id=account.id, name=account.name)
    if live.settings.demo:
        if account.id not in live.workspace().people:
            return NotNow(GONE, "gone")
        return _person(live, recipient, actor, f"{account.id}@{DEMO_DOMAIN}", None)
    if account.claims is None or not _is_of_provider(live, account):
        return NotNow(GONE, "gone")
    return _person(live, recipient, actor, _address(account), None)


def _destination(live: Live, recipient: Recipient) -> Reader | NotNow:
    with live.store.read() as connection:
        opened = open_destination(connection, live.keys, recipient.id)
    if opened is None:
        return NotNow(REMOVED, "gone")
    destination, model = opened.destination, live.workspace().model
    audience = destination.audience if destination.audience in audiences(model) else ""
    actor = reader_of_destination(audience, id=destination.id, name=destination.name)
    zone = model.settings.time_zone
    return Reader(actor=actor, recipient=recipient, address="", zone=zone, name=destination.name)


def _account(live: Live, subject: str) -> Account | None:
    with live.store.read() as connection:
        return read_account(connection, live.keys, subject)


def _renewed(live: Live, account: Account, now: datetime) -> Account | None:
    """Return an account, after renewing its claims if they are due, or None if the account no longer exists."""
    company, claims = live.settings.sign_in, account.claims
    if live.renewals is None or company is None or claims is None or claims.claims_at is None:
        return account
    if (now - claims.claims_at).total_seconds() <= 60 * company.renew_minutes:
        return account
    live.renewals.renew_away(account.subject)  # if it fails, the last claims stay valid until they expire
    return _account(live, account.subject)


def _is_of_provider(live: Live, account: Account) -> bool:
    """Whether a provider that is still in the settings has vouched for a person with this ID.

    The ID must match the sealed claims, because anyone with write access to the store can change the unsealed ID, which
    is often the email address.
    """
    company, claims = live.settings.sign_in, account.claims
    if company is None or claims is None or claims.id != account.id:
        return False
    return company.provider(claims.provider) is not None


def _address(account: Account) -> str:
    claims = account.claims
    if claims is not None and "@" not in account.id:
        return claims.email
    return account.id


def _same(live: Live, actor: Actor) -> Actor:
    known = live.people().get(actor.id)
    return known if known is not None and known == actor else actor  # one object, because caches are kept for each


def _person(
    live: Live, recipient: Recipient, actor: Actor, address: str, claims_end: datetime | None
) -> Reader | NotNow:
    if "@" not in address:
        return NotNow(NO_ADDRESS, "no_address")
    zone = read_zone(live, recipient.id)
    name = actor.short_name
    return Reader(actor=actor, recipient=recipient, address=address, zone=zone, name=name, claims_end=claims_end)


# A person's own time zone for messages


def read_zone(live: Live, subject: str) -> str:
    """Return the time zone of a person's messages: their own setting, or the model's. Raises StoreFailed."""
    with live.store.read() as connection:
        value, _ = read_setting(connection, ZONE_SETTING, subject)
    return value if isinstance(value, str) and _is_zone(value) else live.workspace().model.settings.time_zone


def own_zone(live: Live, actor: Actor) -> str:
    """Return the time zone of this person's own messages. Raises StoreFailed."""
    with live.store.read() as connection:
        subject = find_subject(connection, actor.id)
    return read_zone(live, subject) if subject else live.workspace().model.settings.time_zone


def set_own_zone(live: Live, actor: Actor, zone: str) -> None:
    """Set the time zone of this person's own messages.

    "" means the model's time zone. Raises InvalidQuery, ChangedMeanwhile.
    """
    require_not_agent(actor)
    if zone:
        zone_of(zone)
    with live.store.write(recorded=False) as transaction:  # a display setting, like the theme
        subject = subject_of(transaction, actor.id, actor.name)
        _, revision = read_setting(transaction.connection, ZONE_SETTING, subject)
        write_setting(transaction, ZONE_SETTING, zone or None, revision=revision, subject=subject)


def _is_zone(name: str) -> bool:
    try:
        zone_of(name)
    except InvalidQuery:
        return False
    return True


# Groups


def members_of(people: Mapping[str, Actor], group: str) -> list[Actor]:
    """Return the active people in a group, sorted by name."""
    members = [person for person in people.values() if group in person.groups]
    return sorted(members, key=lambda person: (person.name, person.id))
