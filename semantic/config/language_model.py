"""The language model that an operator connects: an OpenAI-compatible endpoint, which is off without an address."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from semantic.errors import SettingsError

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """An endpoint with `/chat/completions`, the language model's name there, and its key, or "" if there is none."""

    address: str
    name: str
    key: str = field(default="", repr=False)
    seconds: float = 10.0


def read_language_model(
    address: str, name: str, key: str, seconds: float, allowed_hosts: Collection[str]
) -> LanguageModel | None:
    """Return the language model in the settings, or None if no address is set. Raises SettingsError."""
    if not address:
        if name or key:
            raise SettingsError("SAMEPAGE_LANGUAGE_MODEL_ADDRESS is missing, so no language model is used. Set it.")
        return None
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_plain = parts.scheme == "http" and host in allowed_hosts
    is_clean = not (parts.username or parts.password or parts.query or parts.fragment)
    if not host or not is_clean or not (parts.scheme == "https" or is_plain):
        raise SettingsError(
            "SAMEPAGE_LANGUAGE_MODEL_ADDRESS must look like https://models.example.com/v1. An address that begins with "
            "http:// needs its host in SAMEPAGE_ALLOWED_HOSTS."
        )
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise SettingsError("SAMEPAGE_LANGUAGE_MODEL_NAME is missing. Set the model's name at that address.")
    if not (key.isascii() and key.isprintable()):
        raise SettingsError("SAMEPAGE_LANGUAGE_MODEL_KEY has characters that no key has. Check it.")
    return LanguageModel(address=address.rstrip("/"), name=name, key=key, seconds=seconds)
