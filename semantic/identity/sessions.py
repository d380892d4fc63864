"""Sessions, identified by the token in the browser. Sign-ins are cached in memory and synchronized with the store.

Each run of a page checks several times who is signed in, so this is read from memory. If a sign-in ends or is renewed,
every process and open tab is updated within about a second.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from semantic.errors import SignInRefused, StoreFailed
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson
from semantic.store.accounts.sign_ins import (
    DEMO,
    LONGEST_TOKEN,
    Change,
    SignIn,
    WhyEnded,
    begin_sign_in,
    digest_of,
    end_sign_in,
    end_sign_ins_of,
    has_begun,
    make_token,
    newest_revision,
    note_seen,
    read_changed,
    read_missing,
    read_sign_in,
)
from semantic.store.audit.entries import find_subject
from semantic.store.audit.log import SAMEPAGE, Act, Plain, record
from semantic.store.database import Store
from semantic.store.keys import Keys

_MOST_MISSES: Final = 10_000
_SEEN_EVERY: Final = timedelta(minutes=1)
_NOTED_AT_ONCE: Final = 100  # so that other writers don't wait long for the log
_UNHEARD: Final = timedelta(minutes=1)  # how long memory is trusted while the store doesn't respond
_LOG = logging.getLogger(__name__)
_kept_digest_of = lru_cache(maxsize=_MOST_MISSES)(digest_of)  # a run asks several times with one token


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """One open sign-in: the person, the latest time at which it ends, and the age of the claims."""

    number: str
    person: Actor
    provider: str
    begun_at: datetime
    until: datetime
    claims_at: datetime | None
    is_demo: bool


def _digest_of(keys: Keys, token: str) -> str | None:
    """Return a token's digest, or None for a cookie that is too long to be a token and shouldn't be cached."""
    return _kept_digest_of(keys, token) if len(token) <= LONGEST_TOKEN else None


class SignIns:
    """The sign-ins that this process knows. Each process has one instance, which several threads can use safely.

    Only sign-ins through `providers`, the providers in the settings, count, so no one can use a provider that was
    removed. In demo mode, the demo is the only provider. Otherwise, it isn't one.
    """

    def __init__(
        self, store: Store, keys: Keys, *, providers: Collection[str], people: Callable[[], Mapping[str, Actor]]
    ) -> None:
        if DEMO in providers and len(providers) > 1:
            raise ValueError("Demo mode has no sign-in providers.")
        self._store, self._keys, self._providers, self._people = store, keys, frozenset(providers), people
        self._held: dict[str, SignedIn] = {}  # by the token's digest
        self._misses: OrderedDict[str, None] = OrderedDict()  # digests with no open sign-in, which never will have one
        self._known: int | None = None  # the last revision read from the store
        self._seen: dict[str, datetime] = {}
        self._noted_at = self._heard_at = store.now()
        self._callbacks: list[Callable[[str], object]] = []
        self._lock = threading.Lock()  # of cached sign-ins
        self._looking = threading.Lock()  # one read at a time, so that changes are applied in order

    def find(self, token: str) -> SignedIn | None:
        """Return the sign-in with this token, or None if the token is forged, expired or ended. Raises StoreFailed.

        This reads the store once for each token that Samepage created, and never for other texts.
        """
        digest = _digest_of(self._keys, token)
        if digest is None:
            return None
        now = self._store.now()
        if abs(now - self._heard_at) > _UNHEARD:  # also if the clock was set back
            self.look()
        signed_in = self._held.get(digest) or self._fetch(digest)
        if signed_in is None or now >= signed_in.until or not has_begun(signed_in.begun_at, now):
            return None
        self._seen[signed_in.number] = now
        if not signed_in.is_demo:
            return signed_in
        # The current model defines the demo's people, and it may have changed.
        person = self._people().get(signed_in.person.id)
        return (
            None if person is None else signed_in if person is signed_in.person else replace(signed_in, person=person)
        )

    def begin(
        self,
        person: ProvenPerson,
        *,
        provider: str,
        until: datetime,
        before: str = "",
        issuer_session: str = "",
        refresh: str | None = None,
    ) -> str:
        """Sign a person in, and return the token for their browser. Its earlier sign-in, `before`, ends.

        Raises SignInRefused, which is logged, and StoreFailed. In either case, nothing changes.
        """
        if provider not in self._providers:
            raise ValueError(f"{provider} isn't a sign-in provider here.")
        token, digest = make_token(self._keys), _digest_of(self._keys, before)
        try:
            with self._store.write() as transaction:
                earlier = read_sign_in(transaction.connection, self._keys, digest) if digest else None
                if earlier is not None:
                    by = self._actor_of(earlier)
                    end_sign_in(transaction, self._keys, earlier.number, "replaced", by)
                begin_sign_in(
                    transaction,
                    self._keys,
                    person=person,
                    provider=provider,
                    token=token,
                    until=until,
                    issuer_session=issuer_session,
                    refresh=refresh,
                )
        except SignInRefused as refused:
            self._record_refusal(person, provider, refused)
            raise
        self.look()
        return token

    def end(self, token: str, why: WhyEnded = "signed_out") -> None:
        """End a token's sign-in, at its owner's request.

        In this process, the sign-in ends even if the store fails. Raises StoreFailed.
        """
        digest = _digest_of(self._keys, token)
        if digest is None:
            return
        number = self._drop(digest)
        try:
            # Not every token has an open sign-in; if nothing ends there is nothing to record.
            with self._store.write(recorded=False) as transaction:
                sign = read_sign_in(transaction.connection, self._keys, digest)
                if sign is not None:
                    end_sign_in(transaction, self._keys, sign.number, why, self._actor_of(sign))
            self.look()
        except StoreFailed:
            if number:
                self._tell(number)
            raise

    def end_all_of(self, subject: str, by: Actor) -> int:
        """End every sign-in of a person, in all browsers, and return how many were open. Raises StoreFailed."""
        with self._store.write(recorded=False) as transaction:
            ended = end_sign_ins_of(transaction, self._keys, subject, "everywhere", by)
        self.look()
        return ended

    def on_ended(self, callback: Callable[[str], object]) -> None:
        """Call `callback` with the number of each sign-in that ends or expires after this call, in any thread."""
        self._callbacks.append(callback)

    def look(self) -> None:
        """Read the changes in the store since the last call. Raises StoreFailed."""
        with self._looking:
            with self._lock:
                keys_held = list(self._held)
            with self._store.read() as connection:
                newest = newest_revision(connection)
                known = newest if self._known is None else self._known
                changes = read_changed(connection, known) if newest > known else []
                # A restored store may be ahead, without any of these sign-ins.
                missing = read_missing(connection, keys_held) if newest > known else set[str]()
            # Behind what was known: the store was replaced, and nothing cached counts.
            gone = self._take(changes, newest, missing=missing, is_other=newest < known)
        for number in gone:
            self._tell(number)

    def note(self) -> None:
        """Save to the store who was active, once a minute. Raises StoreFailed."""
        now = self._store.now()
        if abs(now - self._noted_at) < _SEEN_EVERY:
            return
        self._noted_at, seen, self._seen = now, self._seen, {}
        noted = sorted(seen.items())
        for start in range(0, len(noted), _NOTED_AT_ONCE):
            with self._store.write(recorded=False) as transaction:
                note_seen(transaction, dict(noted[start : start + _NOTED_AT_ONCE]))

    def _fetch(self, digest: str) -> SignedIn | None:
        """Return the open sign-in with this digest from the store, and cache it, or None if there is none."""
        while digest not in self._misses:
            with self._store.read() as connection:
                newest = newest_revision(connection)
                sign = read_sign_in(connection, self._keys, digest)
            signed_in = self._signed_in(sign) if sign is not None else None
            with self._lock:
                if self._known is None or self._known <= newest:  # else read before a change that was taken already
                    self._known = newest if self._known is None else self._known
                    if signed_in is None:
                        self._miss(digest)
                    else:
                        self._held[digest] = signed_in
                    return signed_in
            self.look()  # if the store was replaced, everything cached is invalid
        return None

    def _signed_in(self, sign_in: SignIn) -> SignedIn | None:
        if sign_in.is_over(self._store.now()) or sign_in.provider not in self._providers:
            return None
        if not sign_in.is_demo and sign_in.person is None:
            _LOG.error("The stored person of sign-in %s can't be read, so it isn't open.", sign_in.number)
            return None
        return SignedIn(
            number=sign_in.number,
            person=self._actor_of(sign_in),
            provider=sign_in.provider,
            begun_at=sign_in.begun_at,
            until=sign_in.until,
            claims_at=sign_in.claims_at,
            is_demo=sign_in.is_demo,
        )

    def _actor_of(self, sign_in: SignIn) -> Actor:
        if sign_in.person is not None:
            return sign_in.person.actor
        return self._people().get(sign_in.person_id, Actor(id=sign_in.person_id))

    def _take(self, changes: list[Change], newest: int, *, missing: set[str], is_other: bool) -> list[str]:
        """Remove changed sign-ins from the cache, so that they are read again when they are next used.

        Returns the numbers of the sign-ins that ended.
        """
        now = self._store.now()
        with self._lock:
            self._known, self._heard_at = newest, now
            over = {digest for digest, signed_in in self._held.items() if is_other or now >= signed_in.until}
            over |= missing | {change.token_digest for change in changes if change.is_ended}
            for change in changes:
                if not change.is_ended:
                    self._held.pop(change.token_digest, None)
            if is_other:
                self._misses.clear()
            gone = {self._held.pop(digest).number for digest in over if digest in self._held}
            # Including uncached ones, such as one renewed since it was last used: tabs may show it.
            return sorted(gone | {change.number for change in changes if change.is_ended})

    def _drop(self, digest: str) -> str:
        """Remove a sign-in from the cache, and return its number, or "" if it wasn't cached."""
        with self._lock:
            signed_in = self._held.pop(digest, None)
            self._miss(digest)
        return signed_in.number if signed_in is not None else ""

    def _miss(self, digest: str) -> None:
        self._misses[digest] = None
        while len(self._misses) > _MOST_MISSES:
            self._misses.popitem(last=False)

    def _tell(self, number: str) -> None:
        for callback in self._callbacks:
            try:
                callback(number)
            except Exception:  # noqa: BLE001 (a tab that can't be told finds out at its next click)
                _LOG.exception("A tab couldn't be told that its sign-in has ended.")

    def _record_refusal(self, person: ProvenPerson, provider: str, refused: SignInRefused) -> None:
        try:
            with self._store.write() as transaction:
                subject = find_subject(transaction.connection, person.id)
                about = f"person:{subject}" if subject else ""
                details: dict[str, Plain] = {"provider": provider, "why": refused.why}
                act = Act(kind="person.refused", actor=SAMEPAGE, about=about, details=details)
                record(transaction, act, self._keys)
        except StoreFailed as error:  # they aren't signed in either way
            _LOG.error("A refused sign-in couldn't be recorded. %s", error)
