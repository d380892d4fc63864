"""A provider's signed tokens.

An ID token proves a person's identity, an access token what a client can do for a person, and a logout token that a
sign-in has ended.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from semantic.errors import ProviderFailed
from semantic.oidc.metadata import Metadata

LEEWAY_SECONDS: Final = 120
LONGEST_TOKEN: Final = 120_000
_LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LONGEST_LOGOUT_SECONDS: Final = 600

_CLIENTS: Final = ("client_id", "azp", "cid", "appid")  # as RFC 9068, OpenID Connect, Okta and Entra ID name it
_NOT_ACCESS: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})  # of ID tokens and logout tokens

FindKeys = Callable[[bool], KeySet]
"""Returns the provider's keys. With True, they are fetched again, because a key was unknown."""


def read_id_token(
    token: str,
    metadata: Metadata,
    client_id: str,
    find_keys: FindKeys,
    *,
    now: float,
    nonce: str = "",
    access: str = "",
) -> dict[str, Any]:  # Any: JSON
    """Return the claims in an ID token that this provider signed for this app.

    With a `nonce`, the token must be for the sign-in that has it.

    Renewals have no nonce. `access` is the access token, which must match the ID token's at_hash. Raises
    ProviderFailed.
    """
    decoded = _decode(token, metadata, find_keys)
    options: Any = {  # Any: Authlib's own type of options
        "iss": {"essential": True, "value": metadata.issuer},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": client_id},
    }
    expected = {"client_id": client_id, "nonce": nonce} | ({"access_token": access} if access else {})
    claims = CodeIDToken(decoded.claims, decoded.header, options, expected)
    try:
        claims.validate(now=int(now), leeway=LEEWAY_SECONDS)
    except (ExpiredTokenError, ClaimError) as error:
        name = "exp" if isinstance(error, ExpiredTokenError) else str(getattr(error, "claim", "one claim"))
        why = "clock" if name in ("exp", "nbf", "iat") else "forged"
        raise ProviderFailed(f"An ID token from {metadata.issuer} is invalid: {name[:40]} is wrong.", why=why) from None
    except (TypeError, ValueError) as error:
        raise ProviderFailed(f"An ID token from {metadata.issuer} can't be read.", why="forged") from error
    if len(str(claims["sub"])) > 255 or not isinstance(claims["sub"], str):
        raise ProviderFailed(f"An ID token from {metadata.issuer} has no subject.", why="forged")
    return dict(claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A verified access token: the claims about a person, and the client that got the token."""

    claims: Mapping[str, Any] = field(repr=False)  # Any: JSON
    client: str


def read_access_token(
    token: str, metadata: Metadata, audiences: Collection[str], client_id: str, find_keys: FindKeys, *, now: float
) -> Access:
    """Return the claims that an access token from this provider proves.

    The token must be for one of `audiences` (RFC 9068).

    `client_id` is the app's own ID. ID tokens and logout tokens have it as their audience, and are always refused.
    Raises ProviderFailed.
    """
    decoded = _decode(token, metadata, find_keys)
    claims, header = decoded.claims, decoded.header
    wrong = ProviderFailed(f"An access token from {metadata.issuer} isn't for this server.", why="forged")
    named = claims.get("aud")
    issued_for = {text for text in (named if isinstance(named, list) else [named]) if isinstance(text, str)}
    if claims.get("iss") != metadata.issuer or issued_for.isdisjoint(audiences) or client_id in issued_for:
        raise wrong
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    marks = {str(claims.get("typ", "")).lower(), str(claims.get("token_use", "")).lower()}
    if kind not in ("", "jwt", "at+jwt") or marks & {"id", "refresh", "logout"} or _NOT_ACCESS & claims.keys():
        raise wrong
    expires, begins, issued = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None or begins is None or issued is None or "exp" not in claims:
        raise wrong
    if expires <= now or max(begins, issued) > now + LEEWAY_SECONDS:
        raise ProviderFailed(f"An access token from {metadata.issuer} is expired or not valid yet.", why="clock")
    clients = [claims[name] for name in _CLIENTS if name in claims]
    client, subject = clients[0] if clients else "", claims.get("sub")
    if not isinstance(client, str) or not client or any(other != client for other in clients):
        raise wrong
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise wrong
    return Access(claims=dict(claims), client=client)


def _moment(claims: Mapping[str, object], name: str) -> float | None:
    """Return a claim's time in seconds since 1970, 0 if the claim is missing, or None if it isn't a number."""
    at = claims.get(name, 0)
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) and at < 1e12 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The sign-in that a logout token ends: the person's `sub` and the provider's session `sid`.

    Either can be "". It also has the time of issue by the provider's clock, in seconds since 1970.
    """

    subject: str
    session: str
    issued_at: float


def read_logout_token(token: str, metadata: Metadata, client_id: str, find_keys: FindKeys, *, now: float) -> Notice:
    """Return the sign-in that a logout token ends.

    The token is checked as in OpenID Connect Back-Channel Logout 1.0, section 2.6. Raises ProviderFailed.
    """
    decoded = _decode(token, metadata, find_keys)
    claims, wrong = decoded.claims, ProviderFailed(f"A logout token from {metadata.issuer} is invalid.", why="forged")
    audience, events = claims.get("aud"), claims.get("events")
    issued, expires = claims.get("iat"), claims.get("exp", now)
    if claims.get("iss") != metadata.issuer or client_id not in (
        audience if isinstance(audience, list) else [audience]
    ):
        raise wrong
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict) or "nonce" in claims:
        raise wrong
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise wrong
    if not isinstance(claims.get("jti"), str):
        raise wrong
    if not now - _LONGEST_LOGOUT_SECONDS <= issued <= now + LEEWAY_SECONDS or expires < now - LEEWAY_SECONDS:
        raise ProviderFailed(f"A logout token from {metadata.issuer} is expired or not valid yet.", why="clock")
    subject, session = claims.get("sub", ""), claims.get("sid", "")
    if not isinstance(subject, str) or not isinstance(session, str) or not (subject or session):
        raise wrong
    return Notice(subject=subject, session=session, issued_at=float(issued))


def issuer_of(token: str) -> str:
    """Return the issuer that a token claims to be from, unverified, or "" if the text isn't a token."""
    try:
        body = token.split(".")[1] if len(token) <= LONGEST_TOKEN else ""
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValueError, IndexError, RecursionError):
        return ""
    iss = cast("Mapping[str, object]", claims).get("iss") if isinstance(claims, dict) else ""  # cast: a JSON object
    return iss if isinstance(iss, str) else ""


def _decode(token: str, metadata: Metadata, find_keys: FindKeys) -> jwt.Token:
    if len(token) > LONGEST_TOKEN:
        raise ProviderFailed(
            f"A token from {metadata.issuer} is longer than {LONGEST_TOKEN:,} characters.", why="forged"
        )
    registry = JWSRegistry(algorithms=metadata.signatures, strict_check_header=False)
    try:
        try:
            return jwt.decode(token, find_keys(False), registry=registry)
        except InvalidKeyIdError:
            return jwt.decode(token, find_keys(True), registry=registry)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        kind = type(error).__name__
        raise ProviderFailed(f"A token from {metadata.issuer} isn't signed by it ({kind}).", why="forged") from None
