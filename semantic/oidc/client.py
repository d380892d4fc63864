"""Requests to one provider: where to send a browser, how to verify its response, how to renew claims, and signing out.

Several threads can use a client. The provider's metadata and keys are cached for an hour.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import OAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from semantic.config.sign_in import Provider
from semantic.errors import ProviderFailed, WhyFailed
from semantic.oidc.metadata import Metadata, read_metadata
from semantic.oidc.tokens import Access, Notice, read_access_token, read_id_token, read_logout_token

TIMEOUT_SECONDS: Final = 5.0
KEPT_SECONDS: Final = 3_600.0
HEARD_SECONDS: Final = 10.0
KEY_SECONDS: Final = 60.0  # between two lookups of an unknown key
MOST_BYTES: Final = 1_000_000
LONGEST_HINT: Final = 4_000
_PROTOCOL: Final = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash", "sid"}
)
_ERRORS: Final[Mapping[str, WhyFailed]] = {
    "access_denied": "denied",
    "login_required": "gone",
    "interaction_required": "gone",
    "consent_required": "gone",
    "account_selection_required": "gone",
    "invalid_grant": "stale",
    "server_error": "down",
    "temporarily_unavailable": "down",
}
_SAID: Final = (*_ERRORS, "invalid_request", "invalid_scope", "invalid_client", "unauthorized_client")
make_client: Any = OAuth2Client  # Any: its base class depends on what is installed


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The state that Samepage has to remember while a browser is at the provider. It must stay secret."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The outcome of a sign-in at a provider.

    It contains a person's claims, and what Samepage needs to renew them and to sign the person out at the provider.

    `refresh_token` and `id_token` are "" if the provider sent none. `session` is the provider's own ID for the sign-in.
    """

    claims: Mapping[str, Any] = field(repr=False)  # Any: JSON
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    session: str = ""


class ProviderClient:
    """One provider, as this process uses it."""

    def __init__(self, provider: Provider, *, clock: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._failed: tuple[float, ProviderFailed] | None = None
        self._asking = threading.Lock()

    def metadata(self, *, is_there: bool = False) -> Metadata:
        """Return the provider's metadata. If the provider doesn't respond, the last metadata is used for up to a day.

        With `is_there`, the provider must respond now, or have responded in the last few seconds. Raises
        ProviderFailed, also for a few seconds after the provider failed to respond, so that requests don't queue up.
        """
        with self._asking:
            metadata = None if is_there and not self._is_heard() else self._metadata
            if metadata is not None and self._clock() - metadata[0] < KEPT_SECONDS:
                return metadata[1]
            if self._failed is not None and self._clock() - self._failed[0] < TIMEOUT_SECONDS:
                if metadata is None:
                    raise ProviderFailed(str(self._failed[1]), why=self._failed[1].why)
                return metadata[1]
            try:
                provider_metadata = read_metadata(self._get_json(self.provider.metadata), self.provider.metadata)
            except ProviderFailed as error:
                self._failed = self._clock(), error
                if metadata is None or error.why != "down" or self._clock() - metadata[0] > 24 * KEPT_SECONDS:
                    raise
                return metadata[1]
            self._metadata = self._clock(), provider_metadata
            return provider_metadata

    def _is_heard(self) -> bool:
        return self._metadata is not None and self._clock() - self._metadata[0] < HEARD_SECONDS

    def count_keys(self) -> int:
        """Return the number of the provider's signing keys. Raises ProviderFailed."""
        return len(self._find_keys(False).keys)

    def begin(self, callback: str, *, prompt: str = "") -> tuple[str, Flow]:
        """Return the address to which to send a browser, and the state to remember until it returns.

        Raises ProviderFailed. This first checks that the provider responds, because otherwise the browser would show
        its own error page.
        """
        metadata = self.metadata(is_there=True)
        scope = " ".join(self.provider.scopes)  # only here: a renewal may ask for what was granted and no more
        with self._session(redirect_uri=callback, code_challenge_method="S256", scope=scope) as session:
            flow = Flow(state=generate_token(32), nonce=generate_token(32), verifier=generate_token(64))
            asked = {"nonce": flow.nonce} | ({"prompt": prompt} if prompt else {})
            address, _ = session.create_authorization_url(
                metadata.authorization, state=flow.state, code_verifier=flow.verifier, **asked
            )
            return str(address), flow

    def finish(self, callback: str, flow: Flow, code: str) -> Proof:
        """Return the proof for the code with which a browser returns from `flow`. Raises ProviderFailed."""
        metadata = self.metadata()
        with self._session(redirect_uri=callback) as session:
            token = session.fetch_token(
                metadata.token, grant_type="authorization_code", code=code, code_verifier=flow.verifier
            )
            return self._proof(session, metadata, token, nonce=flow.nonce)

    def renew(self, refresh_token: str, subject: str) -> Proof:
        """Return the provider's current claims about `subject`.

        Raises ProviderFailed, with "stale" if the provider has withdrawn them.

        If the provider returns no new refresh token, this one stays valid.
        """
        metadata = self.metadata()
        with self._session() as session:
            token = session.refresh_token(metadata.token, refresh_token=refresh_token)
            proof = self._proof(session, metadata, token, subject=subject)
        return proof if proof.refresh_token else Proof(
            claims=proof.claims, refresh_token=refresh_token, id_token=proof.id_token, session=proof.session
        )  # fmt: skip

    def failure(self, error: str) -> ProviderFailed:
        """Return the meaning of an error in the address with which a browser returned.

        No other part of that address is trusted.
        """
        text = error if error in _SAID else "another error"
        return ProviderFailed(f"{self.provider.label} answered with {text}.", why=_ERRORS.get(error, "refused"))

    def ended(self, logout_token: str) -> Notice:
        """Return the sign-in that a logout token ends, as the provider names it. Raises ProviderFailed."""
        metadata = self.metadata()
        return read_logout_token(logout_token, metadata, self.provider.client_id, self._find_keys, now=self._clock())

    def access(self, token: str) -> Access:
        """Return the claims that an access token from this provider proves. Raises ProviderFailed."""
        metadata, provider = self.metadata(), self.provider
        return read_access_token(
            token, metadata, provider.audiences, provider.client_id, self._find_keys, now=self._clock()
        )

    def sign_out_address(self, id_token: str, back: str) -> str:
        """Return the address where a browser signs out at the provider, and from which it returns to `back`.

        Returns "" if the provider has no such address.
        """
        metadata = self.metadata()
        if not metadata.end_session:
            return ""
        asked = {"client_id": self.provider.client_id, "post_logout_redirect_uri": back}
        if id_token and len(id_token) <= LONGEST_HINT:  # a longer one doesn't fit; the provider asks who it is
            asked["id_token_hint"] = id_token
        return metadata.end_session + ("&" if "?" in metadata.end_session else "?") + urlencode(asked)

    def _proof(
        self, session: Any, metadata: Metadata, token: Mapping[str, Any], *, nonce: str = "", subject: str = ""
    ) -> Proof:  # Any: JSON
        access, signed, refresh = (token.get(name) for name in ("access_token", "id_token", "refresh_token"))
        if not isinstance(signed, str) and not subject:
            raise ProviderFailed(f"{metadata.issuer} gave no ID token.", why="refused")
        access = access if isinstance(access, str) else ""
        claims: dict[str, Any] = {"iss": metadata.issuer, "sub": subject}  # Any: JSON
        if isinstance(signed, str):
            claims = read_id_token(
                signed, metadata, self.provider.client_id, self._find_keys,
                now=self._clock(), nonce=nonce, access=access,
            )  # fmt: skip
            if subject and claims["sub"] != subject:
                raise ProviderFailed(f"{metadata.issuer} renewed another person's sign-in.", why="forged")
        elif not metadata.userinfo:
            raise ProviderFailed(f"{metadata.issuer} renewed a sign-in without naming the person.", why="refused")
        if metadata.userinfo and access and (self.provider.userinfo or not isinstance(signed, str)):
            claims = join_claims(claims, self._userinfo(session, metadata, access, str(claims["sub"])))
        return Proof(
            claims=claims,
            refresh_token=refresh if isinstance(refresh, str) else "",
            id_token=signed if isinstance(signed, str) else "",
            session=claims["sid"] if isinstance(claims.get("sid"), str) else "",
        )

    def _userinfo(self, session: Any, metadata: Metadata, access: str, subject: str) -> Mapping[str, Any]:  # Any: JSON
        # By hand, because Authlib would first renew a token that expires within the minute.
        response = session.request(
            "GET", metadata.userinfo, withhold_token=True, headers={"Authorization": f"Bearer {access}"}
        )
        response.raise_for_status()
        body = response.json()
        if not isinstance(body, dict) or body.get("sub") != subject:
            raise ProviderFailed(f"The userinfo from {metadata.issuer} is about someone else.", why="forged")
        return body

    def _find_keys(self, anew: bool) -> KeySet:
        with self._asking:
            cached, key_seconds = self._keys, KEY_SECONDS if anew else KEPT_SECONDS
            if cached is not None and self._clock() - cached[0] < key_seconds:
                return cached[1]
        metadata = self.metadata()
        data = self._get_json(metadata.keys)
        try:
            keys = KeySet.import_key_set(data)
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProviderFailed(f"The keys of {metadata.issuer} can't be read.", why="refused") from error
        with self._asking:
            self._keys = self._clock(), keys
        return keys

    def _get_json(self, address: str) -> Any:  # Any: JSON
        with self._session() as session:
            response = session.request("GET", address, withhold_token=True)
            response.raise_for_status()
            return response.json()

    @contextmanager
    def _session(self, **given: Any) -> Generator[Any]:  # Any: Authlib's client and its options carry no types
        """Open an Authlib client for this provider.

        Its errors become ProviderFailed, without the provider's own text.
        """
        provider = self.provider
        methods = self._metadata[1].token_methods if self._metadata else ()
        basic = "client_secret_basic" in methods or "client_secret_post" not in methods
        method = "none" if not provider.client_secret else "client_secret_basic" if basic else "client_secret_post"
        try:
            with make_client(
                client_id=provider.client_id,
                client_secret=provider.client_secret,
                token_endpoint_auth_method=method,
                timeout=TIMEOUT_SECONDS,
                event_hooks={"response": [_bound]},
                **given,
            ) as session:
                yield session
        except AuthlibBaseError as error:
            raise self.failure(str(error.error)) from None
        except httpx2.HTTPStatusError as error:
            status = error.response.status_code
            why: WhyFailed = "down" if status >= 500 or status == 429 else "refused"
            raise ProviderFailed(f"{provider.label} answered with the status {status}.", why=why) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise ProviderFailed(f"{provider.label} can't be reached ({type(error).__name__}).", why="down") from None
        except (ValueError, RecursionError):
            raise ProviderFailed(f"{provider.label} gave an unreadable answer.", why="down") from None


def _bound(response: httpx2.Response) -> None:
    """Read a response while limiting its size and duration.

    Reading stops if the response is too long, or takes too long in total.
    """
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _BoundedStream(response.stream)


class _BoundedStream(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        read, until = 0, time.monotonic() + 2 * TIMEOUT_SECONDS
        for part in self._inner:
            read += len(part)
            if read > MOST_BYTES or time.monotonic() > until:
                raise httpx2.ReadError("The answer is too long or took too long.")
            yield part

    def close(self) -> None:
        self._inner.close()


def join_claims(signed: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:  # Any: JSON
    """Return an ID token's claims, and the claims that only userinfo has.

    `email_verified` is only used with the email from the same source.
    """
    values = {name: value for name, value in told.items() if name not in _PROTOCOL}
    own = dict(signed)
    if "email" in signed and signed["email"] != told.get("email"):
        values.pop("email_verified", None)
    elif "email" in told and "email" not in signed:
        own.pop("email_verified", None)
    return values | own
