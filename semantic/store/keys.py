"""The keys of the audit log. They aren't in the store, so write access to the store isn't enough to forge the log."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from semantic.errors import StoreFailed

SHORTEST: Final = 32
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that sign the chain and encrypt each person's own key. All are derived from one secret."""

    chain: bytes = field(repr=False)
    wrapping: bytes = field(repr=False)

    def sign(self, *parts: bytes) -> str:
        """Return a signature of these parts that requires this key. The boundaries of parts are unambiguous."""
        digest = hmac.new(self.chain, digestmod=hashlib.sha256)
        for part in parts:
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()


def keys_of(secret: str) -> Keys:
    """Return the keys derived from a secret. Raises StoreFailed if the secret is easy to guess."""
    if len(secret) < SHORTEST:
        raise StoreFailed(f"SAMEPAGE_AUDIT_KEY has fewer than {SHORTEST} characters. Use a longer one.")

    def derived(purpose: str) -> bytes:
        return hmac.new(secret.encode(), f"samepage {purpose}".encode(), hashlib.sha256).digest()

    return Keys(derived("audit chain"), derived("personal keys"))


def secret_in_file(path: Path) -> str:
    """Return the secret in a file next to the store.

    The file is created at the first start, readable only by its owner. This suffices for a single machine. If the store
    is PostgreSQL or others can read its disk, set the secret in SAMEPAGE_AUDIT_KEY.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(made, path)  # all or nothing, and never over an existing one
        finally:
            made.unlink(missing_ok=True)
        if not path.is_file():  # opening a pipe would wait for a writer
            raise OSError("not a file")
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreFailed(f"The audit log's key at {path} can't be read. Set SAMEPAGE_AUDIT_KEY.") from error


def make_key() -> bytes:
    """Return a new key for one person."""
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, text: bytes, about: str) -> bytes:
    """Return `text` encrypted with `key` and bound to the place `about`. Unsealing needs both."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, about.encode())


def unseal(key: bytes, sealed: bytes, about: str) -> bytes | None:
    """Return the decrypted text, or None if it was sealed with another key or for another place."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
    except (InvalidTag, ValueError):
        return None
