"""Renew signed-in people's claims at their provider when the claims get old.

With a refresh token, claims are renewed in the background, and otherwise through the person's browser. Only one process
renews a sign-in at a time, because a refresh token may work only once. If a provider doesn't respond, its last claims
stay valid for exactly one more hour.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from semantic.config.sign_in import SignInSettings
from semantic.errors import ProviderFailed, SignInRefused, StoreFailed
from semantic.identity.sessions import SignedIn, SignIns
from semantic.policy.claims import person_from_claims
from semantic.store.accounts.sign_ins import (
    SignIn,
    digest_of,
    end_sign_in,
    give_back_lease,
    has_begun,
    read_refresh,
    read_sign_in,
    read_sign_ins_of,
    renewed,
    take_lease,
)
from semantic.store.audit.log import SAMEPAGE
from semantic.store.database import Store
from semantic.store.keys import Keys

if TYPE_CHECKING:
    from semantic.oidc.client import Proof, ProviderClient

GRACE: Final = timedelta(minutes=60)
"""How long claims stay valid after they should have been renewed."""
LEASE_SECONDS: Final = 60.0
_WAIT_SECONDS: Final = 15.0  # for another process that is already asking
_LOG = logging.getLogger("samepage.sign_in")

State = Literal[
    "fresh",  # the provider's claims are valid
    "asking",  # they are old, still valid, and being renewed
    "ask_soon",  # they are old and still valid, and only the person's browser can renew them
    "ask_now",  # they are no longer valid, and only the person's browser can renew them
    "over",  # the sign-in is over, or its claims are no longer valid and the provider doesn't respond
]
_Outcome = Literal["renewed", "no_token", "held", "unanswered", "ended"]


@dataclass(frozen=True, slots=True)
class StoredProof:
    """The part of a proof that is stored, encrypted.

    It contains the refresh token, and the provider's identifiers of the sign-in.
    """

    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)

    def to_text(self) -> str:
        return json.dumps({"refresh_token": self.refresh_token, "id_token": self.id_token})


def stored_proof(proof: Proof) -> StoredProof:
    return StoredProof(refresh_token=proof.refresh_token, id_token=proof.id_token)


def read_stored_proof(text: str | None) -> StoredProof:
    """Parse a text that `to_text` wrote. Without a text, all fields are empty."""
    document: dict[str, str] = json.loads(text) if text else {}
    return StoredProof(**document)


def is_too_old(claims_at: datetime | None, settings: SignInSettings | None, now: datetime) -> bool:
    """Whether claims are too old to be valid. Sign-ins to the demo have no claims, and are always valid."""
    return claims_at is not None and settings is not None and _age(claims_at, now) > _renew_after(settings) + GRACE


def _age(claims_at: datetime, now: datetime) -> timedelta:
    """Return the age of claims, or `timedelta.max` if their date is in the future because of a wrong clock."""
    return now - claims_at if has_begun(claims_at, now) else timedelta.max


def _renew_after(settings: SignInSettings) -> timedelta:
    return timedelta(minutes=settings.renew_minutes)


class Renewals:
    """Renews the sign-ins of this process. Each process has one instance, which several threads can use safely."""

    def __init__(
        self,
        store: Store,
        keys: Keys,
        sign_ins: SignIns,
        settings: SignInSettings,
        clients: Mapping[str, ProviderClient],
    ) -> None:
        self._store, self._keys, self._sign_ins = store, keys, sign_ins
        self._settings, self._clients = settings, clients
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="renewal")
        self._without: set[str] = set()  # sign-ins without a stored refresh token
        self._next: dict[str, float] = {}  # the earliest next renewal of a sign-in, on the monotonic clock
        self._lock = threading.Lock()

    def tend(self, token: str, signed_in: SignedIn) -> State:
        """Return the state of a sign-in's claims, and renew them if needed.

        This waits only if the claims are no longer valid.

        Raises StoreFailed.
        """
        if signed_in.claims_at is None:
            return "fresh"
        if _age(signed_in.claims_at, self._store.now()) <= _renew_after(self._settings):
            return "fresh"
        if not is_too_old(signed_in.claims_at, self._settings, self._store.now()):
            if signed_in.number in self._without:
                return "ask_soon"
            if self._may_ask(signed_in.number):
                self._pool.submit(self._renew_quietly, token, signed_in)
            return "asking"
        return self._settle(token, signed_in)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def end(self, signed_in: SignedIn | SignIn, why: Literal["provider", "unanswered"]) -> None:
        """End a sign-in that its provider no longer confirms. Raises StoreFailed."""
        with self._store.write(recorded=False) as transaction:
            end_sign_in(transaction, self._keys, signed_in.number, why, SAMEPAGE)
        self._sign_ins.look()

    def keep(self, token: str, proof: Proof, provider: str) -> bool:
        """Save a proof from the person's own browser for an open sign-in. Returns False if the sign-in has ended.

        Raises SignInRefused, StoreFailed.
        """
        sign_in = self._read(digest_of(self._keys, token))
        if sign_in is None or sign_in.provider != provider:
            return False
        if proof.refresh_token:
            self._without.discard(sign_in.number)
        return self._keep(sign_in.number, proof, provider)

    def renew_away(self, subject: str) -> bool:
        """Renew the claims of a person who may be away, and return whether they were renewed.

        This uses the refresh token of one of the person's open sign-ins. Raises StoreFailed.
        """
        with self._store.read() as connection:
            sign_ins = read_sign_ins_of(connection, self._keys, subject)
        open_ones = (sign_in for sign_in in sign_ins if sign_in.is_open(self._store.now()) and not sign_in.is_demo)
        usable = (sign_in for sign_in in open_ones if sign_in.number not in self._without)
        return any(
            self._may_ask(sign_in.number) and self._renew(sign_in.token_digest, sign_in) == "renewed"
            for sign_in in usable
        )

    def _settle(self, token: str, signed_in: SignedIn) -> State:
        if signed_in.number in self._without:
            return "ask_now"
        match self._renew(digest_of(self._keys, token), signed_in):
            case "renewed":
                return "fresh"
            case "no_token":
                return "ask_now"
            case "held":
                return "fresh" if self._wait(token, signed_in) else "over"
            case "unanswered":
                self.end(signed_in, "unanswered")
                return "over"
            case "ended":
                return "over"

    def _wait(self, token: str, signed_in: SignedIn) -> bool:
        """Wait up to 15 seconds for another process to renew the claims, and return whether it did.

        Returns False if the sign-in has ended.
        """
        until = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < until:
            time.sleep(0.25)
            self._sign_ins.look()
            now = self._sign_ins.find(token)
            if now is None or now.claims_at != signed_in.claims_at:
                return now is not None
        return False

    def _may_ask(self, number: str) -> bool:
        """Whether this process can try to renew a sign-in now, which it can once a minute.

        If so, records the attempt.
        """
        now = time.monotonic()
        with self._lock:
            if self._next.get(number, 0.0) > now:
                return False
            for sign_in in [key for key, at in self._next.items() if at <= now]:
                del self._next[sign_in]
            self._next[number] = now + LEASE_SECONDS
            return True

    def _renew_quietly(self, token: str, signed_in: SignedIn) -> None:
        try:
            if self._renew(digest_of(self._keys, token), signed_in) in ("renewed", "ended"):
                with self._lock:
                    self._next.pop(signed_in.number, None)
        except StoreFailed as error:
            _LOG.error("A sign-in couldn't be renewed. %s", error)
        except Exception:  # noqa: BLE001 (in a background thread; claims grow old until access ends)
            _LOG.exception("A sign-in couldn't be renewed.")

    def _renew(self, digest: str | None, signed_in: SignedIn | SignIn) -> _Outcome:
        client = self._clients.get(signed_in.provider)
        if client is None:  # it was removed from the settings
            self.end(signed_in, "provider")
            return "ended"
        with self._store.write(recorded=False) as transaction:
            if not take_lease(transaction, signed_in.number, LEASE_SECONDS):
                return "held"
        sign_in = self._read(digest)
        if sign_in is None or sign_in.person is None:
            return "ended"
        if sign_in.claims_at != signed_in.claims_at:  # another process has renewed it since
            self._sign_ins.look()
            return "renewed"
        with self._store.read() as connection:
            kept = read_stored_proof(read_refresh(connection, self._keys, signed_in.number))
        if not kept.refresh_token:
            self._without.add(signed_in.number)
            self._give_back(signed_in.number)
            return "no_token"
        try:
            proof = client.renew(kept.refresh_token, sign_in.person.provider_subject)
            return "renewed" if self._keep(signed_in.number, proof, signed_in.provider) else "ended"
        except ProviderFailed as failed:
            _LOG.warning("A sign-in couldn't be renewed. %s", failed)
            if failed.why in ("down", "refused", "clock"):
                self._give_back(signed_in.number)
                return "unanswered"
        except SignInRefused as refused:
            _LOG.warning("A sign-in isn't renewed (%s).", refused.why)
        self.end(signed_in, "provider")
        return "ended"

    def _give_back(self, number: str) -> None:
        with self._store.write(recorded=False) as transaction:
            give_back_lease(transaction, number)

    def _keep(self, number: str, proof: Proof, provider: str) -> bool:
        settings = self._settings.provider(provider)
        assert settings is not None, "Only providers in the settings are asked."
        person = person_from_claims(proof.claims, settings, self._store.now())
        with self._store.write(recorded=False) as transaction:
            is_open = renewed(
                transaction,
                self._keys,
                number,
                person,
                stored_proof(proof).to_text(),
                issuer_session=proof.session[:400],
            )
        self._sign_ins.look()
        return is_open

    def _read(self, digest: str | None) -> SignIn | None:
        with self._store.read() as connection:
            sign = read_sign_in(connection, self._keys, digest) if digest else None
        return sign if sign is not None and sign.is_open(self._store.now()) else None
