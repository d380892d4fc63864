"""The mail server that an administrator set in the app. The server's settings take precedence over it.

All its fields are sealed together, so write access to the store isn't enough to send the password or messages to
another server.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from semantic.config.mail import MailServer, checked_server
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Transaction
from semantic.store.keys import Keys, seal, unseal

SETTING: Final = "mail.server"


@dataclass(frozen=True, slots=True)
class StoredServer:
    """The mail server in the store, or None if it's missing or damaged, and its revision, for changing it."""

    server: MailServer | None
    revision: int


def read_mail_server(connection: Connection, keys: Keys) -> StoredServer:
    value, revision = read_setting(connection, SETTING)
    if not isinstance(value, dict):
        return StoredServer(None, revision)
    texts = {name: part for name, part in value.items() if isinstance(part, str)}
    host, port, user, security, sender = (texts.get(name, "") for name in _PARTS)
    try:
        sealed = base64.b64decode(texts.get("sealed", ""), validate=True)
        opened = unseal(keys.wrapping, sealed, _place(host, port, user, security, sender))
        password = opened.decode() if opened is not None else None
    except (binascii.Error, UnicodeDecodeError, ValueError):
        password = None
    if password is None:  # this isn't as Samepage wrote it
        return StoredServer(None, revision)
    try:
        server = checked_server(
            host=host, port=port, security=security, user=user, password=password, sender=sender, is_of_settings=False
        )
    except ValueError:
        return StoredServer(None, revision)
    return StoredServer(server, revision)


def write_mail_server(
    transaction: Transaction, keys: Keys, server: MailServer | None, actor: Actor, *, revision: int
) -> None:
    """Save the mail server, or remove it if `server` is None. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
    if actor.kind != "person" or actor.viewed_by is not None or not actor.is_at_least("administrator"):
        raise NotAllowed("Only administrators can set the mail server. Ask one of them.")
    if server is not None and server.is_of_settings:
        raise InvalidQuery("The mail server is set in the server's settings, so it can't be changed here.")
    value: Plain = None
    if server is not None:
        parts = (server.host, str(server.port), server.user, server.security, server.sender)
        sealed = seal(keys.wrapping, server.password.encode(), _place(*parts))
        value = {**dict(zip(_PARTS, parts, strict=True)), "sealed": base64.b64encode(sealed).decode()}
    write_setting(transaction, SETTING, value, revision=revision)
    details: dict[str, Plain] = {"host": server.host} if server is not None else {}
    kind = "mail_server.changed" if server is not None else "mail_server.removed"
    record(transaction, Act(kind=kind, actor=actor, about=f"setting:{SETTING}", details=details), keys)


_PARTS: Final = ("host", "port", "user", "security", "sender")


def _place(*parts: str) -> str:
    return f"mail server {json.dumps(parts)}"
