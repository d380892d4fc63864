"""What a browser keeps for us, and links that change who is signed in, which work only in the browser they are for."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta

from semantic.config.secret_reference import BadReference, follow_reference

COOKIE = "samepage_identity"
"""The token of a demo's sign-in: what it stands for is in the store, under its digest."""
PLAIN_COOKIE, HTTPS_COOKIE = "samepage", "__Host-samepage"
"""The same outside the demo. A browser takes the second over https alone, and from no other host than ours."""
VISIT_COOKIE = "samepage_visit"
"""A random name for this browser, signed in or not; links that change who is signed in work only in it."""
DEMO_LASTS = timedelta(hours=12)
SHORTEST_SECRET = 32
_SECRET_NAME = "SAMEPAGE_COOKIE_SECRET"


class WeakSecret(ValueError):
    """The secret in the environment is too short to sign with."""


def link_token(visit: str, *parts: str) -> str:
    """What a link that changes who is signed in must carry: it cannot be made for somebody else's browser."""
    return sign("link", json.dumps([visit, *parts]))


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


def sign(purpose: str, text: str) -> str:
    """What only this server, and others with its secret, can put to a text; for one purpose alone."""
    digest = hmac.new(_key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_signed(purpose: str, text: str, signature: str) -> bool:
    """Whether `signature` was put to a text here, for this purpose."""
    return hmac.compare_digest(sign(purpose, text).encode(), signature.encode("utf-8", "replace"))


def check_secret(*, is_needed: bool = False) -> None:
    """Raise WeakSecret when the secret cannot be read, could be guessed, or is needed and not there."""
    try:
        secret = _read_secret()
    except BadReference as error:
        raise WeakSecret(str(error)) from error
    if is_needed and not secret:
        raise WeakSecret(
            f"{_SECRET_NAME} is not set, and with sign_in it must be, to the same in every process, so that people "
            f"come back from their provider. Give it at least {SHORTEST_SECRET} characters of chance."
        )
    if secret and len(secret) < SHORTEST_SECRET:
        raise WeakSecret(f"{_SECRET_NAME} has fewer than {SHORTEST_SECRET} characters. Give it a longer one.")


def _read_secret() -> str:
    return follow_reference(_SECRET_NAME, os.environ.get(_SECRET_NAME, ""), os.environ).value


def _key_from_environment() -> bytes:
    """The signing key: from the secret, else new in every process, so that links of another process do not hold."""
    try:
        secret = _read_secret()
    except BadReference:  # the start is refused with a sentence, by check_secret
        secret = ""
    return hashlib.sha256(b"samepage cookie\0" + secret.encode()).digest() if secret else secrets.token_bytes(32)


_key = _key_from_environment()
