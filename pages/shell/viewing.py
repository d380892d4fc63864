"""View-as sessions. They're stored in this module for each sign-in, so that no cookie or URL can start or extend one.

A view-as session survives a reload and applies to every tab. It ends with the button, after half an hour, with the
sign-in or the process, and when the policy or the person is gone. Other processes don't know about it, and show the
person their own numbers.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from semantic.errors import NotAllowed
from semantic.policy.viewing import view_as, why_not
from semantic.store.audit.log import Act, Plain, record
from semantic.store.people import subject_of

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.process import Live

LASTS = timedelta(minutes=30)
Why = Literal["stopped", "signed_out", "time_is_up", "not_allowed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """One person who views as another. `actor`, which is made from `person`, asks the questions of the session."""

    number: str
    viewer: Actor
    person: Actor
    actor: Actor
    until: datetime

    @property
    def minutes_left(self) -> int:
        return max(0, (self.until - _now()) // timedelta(minutes=1))


def begin(live: Live, sign_in: str, viewer: Actor, person: Actor) -> Viewing:
    """Start a view-as session of `viewer` as `person` under this sign-in, and return it. Raises NotAllowed and
    StoreFailed.

    It's recorded in the audit log first, and doesn't start without an entry.
    """
    now = _now()
    if person.id not in live.people():
        raise NotAllowed(f"You can't view as {person.short_name} any more. Check the list again.")
    viewing = Viewing(
        number=secrets.token_hex(8),
        viewer=viewer,
        person=person,
        actor=view_as(live.workspace().model, viewer, person, now=now),
        until=now + LASTS,
    )
    _record(live, "view_as.began", viewing, {"minutes": LASTS // timedelta(minutes=1)})
    with _lock:
        _held[sign_in] = viewing
        for name in [
            name for name, each_viewing in _held.items() if each_viewing.until <= now
        ]:  # sessions of tabs that no one returned to
            del _held[name]
    return viewing


def current(sign_in: str, viewer: Actor, live: Live) -> Viewing | None:
    """Return the view-as session of this sign-in, or None if there is none or if it's over."""
    viewing = _held.get(sign_in)
    if viewing is None or why_over(viewing, viewer, live) is not None:
        return None
    person = live.people()[viewing.person.id]
    if person is not viewing.person:  # a new sign-in or a new model: use the current data
        actor = replace(person, viewed_by=viewer.id)
        viewing = replace(viewing, viewer=viewer, person=person, actor=actor)
        with _lock:
            if sign_in in _held:
                _held[sign_in] = viewing
    return viewing


def why_over(viewing: Viewing, viewer: Actor, live: Live) -> Why | None:
    """Return why a view-as session is over, or None while it's valid."""
    now = _now()
    if now >= viewing.until:
        return "time_is_up"
    person = live.people().get(viewing.person.id)
    if viewer.id != viewing.viewer.id or person is None or why_not(live.workspace().model, viewer, person, now=now):
        return "not_allowed"
    return None


def end(live: Live, sign_in: str, why: Why) -> Viewing | None:
    """End the view-as session of this sign-in, and return it, or None if there is none. Raises StoreFailed.

    The session ends even if the store fails.
    """
    with _lock:
        viewing = _held.pop(sign_in, None)
    if viewing is not None:
        _record(live, "view_as.ended", viewing, {"why": why})
    return viewing


def end_if_over(live: Live, sign_in: str, viewer: Actor) -> tuple[Viewing, Why] | None:
    """End and record a view-as session that has ended, and return it with the reason, or None. Raises StoreFailed."""
    viewing = _held.get(sign_in)
    why = None if viewing is None else why_over(viewing, viewer, live)
    if viewing is None or why is None or end(live, sign_in, why) is None:
        return None
    return viewing, why


def _record(live: Live, kind: str, viewing: Viewing, details: dict[str, Plain]) -> None:
    with live.store.write() as transaction:
        about = subject_of(transaction, viewing.person.id, viewing.person.name)
        act = Act(
            kind=kind,
            actor=viewing.viewer,
            about=f"person:{about}",
            details={"viewing": viewing.number, **details},
        )
        record(transaction, act, live.keys)


def _now() -> datetime:
    return datetime.now(UTC)


_lock = threading.Lock()
_held: dict[str, Viewing] = {}
