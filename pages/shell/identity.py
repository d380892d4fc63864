"""Cookies, and tokens for links that change who is signed in. Such a link works only in the browser it was made for."""

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
"""The cookie with the token of a demo sign-in. The sign-in itself is in the store, under the token's digest."""
PLAIN_COOKIE, HTTPS_COOKIE = "samepage", "__Host-samepage"
"""The cookies with the token of a sign-in outside the demo. A browser accepts the second one only over https, and only
from our host.
"""
VISIT_COOKIE = "samepage_visit"
"""The cookie with a random name for this browser, signed in or not. Links that change who is signed in depend on it."""
DEMO_LASTS = timedelta(hours=12)
SHORTEST_SECRET = 32
_SECRET_NAME = "SAMEPAGE_COOKIE_SECRET"


class WeakSecret(ValueError):
    """Raised when the secret in the environment is too short to sign with."""


def link_token(visit: str, *parts: str) -> str:
    """Return the token that a link must have to change who is signed in. It can't be forged for another browser."""
    return sign("link", json.dumps([visit, *parts]))


def is_link_token(token: str, visit: str, *parts: str) -> bool:
    """Return whether `token` was made with this server's secret for this browser and these parts."""
    return bool(visit) and hmac.compare_digest(link_token(visit, *parts).encode(), token.encode("utf-8", "replace"))


def is_safe_return(path: str) -> bool:
    """Return whether a browser can be sent to `path` after sign-in. It must be an address of this server."""
    return (
        path.startswith("/")
        and not path.startswith("//")
        and "\\" not in path
        and len(path) <= 8_000
        and path.isascii()
        and path.isprintable()
    )


def sign(purpose: str, text: str) -> str:
    """Return the signature of a text for one purpose. Only servers with this secret can create it."""
    digest = hmac.new(_key, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def is_signed(purpose: str, text: str, signature: str) -> bool:
    """Return whether `signature` was made with this server's secret for this text and purpose."""
    return hmac.compare_digest(sign(purpose, text).encode(), signature.encode("utf-8", "replace"))


def check_secret(*, is_needed: bool = False) -> None:
    """Raise WeakSecret if the secret can't be read, could be guessed, or is missing although it's needed."""
    try:
        secret = _read_secret()
    except BadReference as error:
        raise WeakSecret(str(error)) from error
    if is_needed and not secret:
        raise WeakSecret(
            f"{_SECRET_NAME} must be set if sign_in is. Use at least {SHORTEST_SECRET} random characters, the same in "
            "every process, because people can come back from their provider to any of them."
        )
    if secret and len(secret) < SHORTEST_SECRET:
        raise WeakSecret(f"{_SECRET_NAME} has fewer than {SHORTEST_SECRET} characters. Give it a longer one.")


def _read_secret() -> str:
    return follow_reference(_SECRET_NAME, os.environ.get(_SECRET_NAME, ""), os.environ).value


def _key_from_environment() -> bytes:
    """Return the signing key.

    It's derived from the secret. Without a secret, each process has a new key, so links from another process don't
    work.
    """
    try:
        secret = _read_secret()
    except BadReference:  # check_secret stops the start-up with a sentence
        secret = ""
    return hashlib.sha256(b"samepage cookie\0" + secret.encode()).digest() if secret else secrets.token_bytes(32)


_key = _key_from_environment()
