"""Who a browser is signed in as: a cookie only this server can write, which runs out and can be ended early."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from functools import lru_cache

COOKIE = "samepage_identity"
VISIT_COOKIE = "samepage_visit"
"""A random name for this browser, signed in or not; links that change who is signed in work only in it."""
LIFETIME_SECONDS = 12 * 60 * 60
SHORTEST_SECRET = 32
_SECRET_NAME = "SAMEPAGE_COOKIE_SECRET"


@dataclass(frozen=True, slots=True)
class Identity:
    """One sign-in of one person; `until` is in seconds since 1970."""

    person: str
    sign_in: str
    until: int


class WeakSecret(ValueError):
    """The secret in the environment is too short to sign with."""


def issue(person: str, *, now: float) -> str:
    """The cookie value for a new sign-in, good for twelve hours from `now`."""
    payload = {"person": person, "sign_in": secrets.token_urlsafe(12), "until": int(now) + LIFETIME_SECONDS}
    body = urlsafe_b64encode(json.dumps(payload).encode()).decode()
    return f"{body}.{_sign('identity', body)}"


def read(value: str, *, now: float) -> Identity | None:
    """The sign-in a cookie value stands for; None when it is forged, has run out or was ended."""
    found = _signed(value, _key)
    return found if found is not None and now < found.until and found.sign_in not in _ended else None


@lru_cache(maxsize=1_000)
def _signed(value: str, key: bytes) -> Identity | None:
    """What a cookie value says, if this key signed it. Kept, since every run reads its cookie several times."""
    body, _, signature = value.partition(".")
    if not hmac.compare_digest(_sign("identity", body, key).encode(), signature.encode("utf-8", "replace")):
        return None
    try:
        payload = json.loads(urlsafe_b64decode(body))
        return Identity(payload["person"], payload["sign_in"], payload["until"])
    except (NotBase64, ValueError, KeyError, TypeError):
        return None


def end(identity: Identity, *, now: float) -> None:
    """Make every copy of this sign-in's cookie worthless, in all tabs of this process.

    Another process with the same secret does not hear of it, and a restart forgets it.
    """
    with _lock:
        _ended[identity.sign_in] = identity.until
        for sign_in in [name for name, until in _ended.items() if until <= now]:
            del _ended[sign_in]


def link_token(visit: str, *parts: str) -> str:
    """What a link that changes who is signed in must carry: it cannot be made for somebody else's browser."""
    return _sign("link", json.dumps([visit, *parts]))


def is_link_token(token: str, visit: str, *parts: str) -> bool:
    """Whether `token` was made here for this browser and these parts."""
    return bool(visit) and hmac.compare_digest(link_token(visit, *parts).encode(), token.encode("utf-8", "replace"))


def is_safe_return(path: str) -> bool:
    """Whether a browser may be sent to `path` after sign-in: a place on this server and nowhere else."""
    return (
        path.startswith("/")
        and not path.startswith("//")
        and "\\" not in path
        and len(path) <= 8_000
        and path.isascii()
        and path.isprintable()
    )


def _sign(purpose: str, text: str, key: bytes | None = None) -> str:
    digest = hmac.new(key or _key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def check_secret() -> None:
    """Raise WeakSecret when the environment's secret could be guessed."""
    secret = os.environ.get(_SECRET_NAME, "")
    if secret and len(secret) < SHORTEST_SECRET:
        raise WeakSecret(f"{_SECRET_NAME} has fewer than {SHORTEST_SECRET} characters. Give it a longer one.")


def _key_from_environment() -> bytes:
    """The signing key: from the environment's secret, else new in every process, so that a restart signs all out."""
    secret = os.environ.get(_SECRET_NAME, "")
    return hashlib.sha256(b"samepage cookie\0" + secret.encode()).digest() if secret else secrets.token_bytes(32)


_key = _key_from_environment()
_lock = threading.Lock()
_ended: dict[str, int] = {}
