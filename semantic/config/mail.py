"""The mail server through which messages are sent: the table [mail] of the settings file, or variables.

An administrator can also set one in the app, and the same rules apply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any, Final, Literal, cast

from semantic.config.secret_reference import BadReference, follow_reference
from semantic.errors import SettingsError

Security = Literal["none", "starttls", "tls"]
SECURITIES: Final[Mapping[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
"""The ways to encrypt the connection, each with its default port."""

KEYS: Final[Mapping[str, str]] = {
    "host": "SAMEPAGE_MAIL_HOST",
    "port": "SAMEPAGE_MAIL_PORT",
    "security": "SAMEPAGE_MAIL_SECURITY",
    "user": "SAMEPAGE_MAIL_USER",
    "password": "SAMEPAGE_MAIL_PASSWORD",
    "sender": "SAMEPAGE_MAIL_SENDER",
}
"""The keys of the table, each with the environment variable that sets it."""

LONGEST_SECRET: Final = 1_000
_HOST: Final = re.compile(r"[A-Za-z0-9_.:-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """A mail server, and how to use it.

    `sender` is the From address of every message, such as `Samepage <numbers@example.com>`.

    Without a `user`, no sign-in is needed. `is_of_settings` means that the server comes from the settings, so it can't
    be changed in the app.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    is_of_settings: bool = True

    @property
    def sender_address(self) -> str:
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.sender_address.rpartition("@")[2]


def read_mail(table: object, environment: Mapping[str, str]) -> MailServer | None:
    """Return the mail server in the settings, or None if there is none. Raises SettingsError without any secret."""
    if not isinstance(table, dict):
        raise SettingsError("mail isn't a table. Write [mail] with host and sender.")
    given = cast("dict[str, Any]", table)  # Any: TOML
    if unknown := sorted(set(given) - set(KEYS)):
        raise SettingsError(f"mail has unknown keys: {', '.join(unknown)}. Use {', '.join(KEYS)}.")

    def text(key: str) -> str:
        value = environment.get(KEYS[key]) or given.get(key, "")
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise SettingsError(f"mail.{key} isn't text. Write it in quotes.")
        return str(value)

    values = {key: text(key) for key in KEYS}
    if not any(values.values()):
        return None
    place = KEYS["password"] if environment.get(KEYS["password"]) else "mail.password"
    if place == "mail.password" and values["password"] and not values["password"].startswith(("env:", "file:")):
        raise SettingsError(
            'mail.password is written out. Write where the password is: "env:NAME" for a variable, or "file:/path" '
            "for a file."
        )
    try:
        values["password"] = follow_reference(place, values["password"], environment).value
    except BadReference as error:
        raise SettingsError(str(error)) from None
    try:
        return checked_server(
            host=values["host"],
            port=values["port"],
            security=values["security"],
            user=values["user"],
            password=values["password"],
            sender=values["sender"],
        )
    except ValueError as error:
        raise SettingsError(f"The mail server in the settings can't be used: {error}") from None


def checked_server(
    *, host: str, port: str, security: str, user: str, password: str, sender: str, is_of_settings: bool = True
) -> MailServer:
    """Return a mail server from typed values. Raises ValueError with the problem, but without any secret."""
    host, user, sender = host.strip(), user.strip(), sender.strip()
    if not _HOST.fullmatch(host):
        raise ValueError("the host needs a name or address, such as smtp.example.com.")
    chosen: Security | None = next((known for known in SECURITIES if known == (security or "starttls")), None)
    if chosen is None:
        raise ValueError(f"the security is {' or '.join(SECURITIES)}.")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0 if port else SECURITIES[chosen]
    if not 0 < number < 65_536:
        raise ValueError("the port is a number from 1 to 65,535.")
    _, address = parseaddr(sender)
    if not is_address(address) or not address.isascii() or not sender.isprintable():
        raise ValueError("the sender needs an address, such as Samepage <samepage@example.com>.")
    if password and not user:
        raise ValueError("there is a password but no user.")
    if len(password) > LONGEST_SECRET or not password.isprintable() or not user.isprintable() or len(user) > 320:
        raise ValueError("the user and the password are one line of text each.")
    if user and chosen == "none":
        raise ValueError("a password is only sent over an encrypted connection. Choose starttls or tls.")
    return MailServer(
        host=host,
        port=number,
        security=chosen,
        sender=sender,
        user=user,
        password=password,
        is_of_settings=is_of_settings,
    )


_SPECIAL: Final = frozenset('()<>,;:"[]\\@')


def is_address(text: str) -> bool:
    """Whether a text is exactly one plain email address. It can have letters of any language."""
    local, at, domain = text.rpartition("@")
    is_plain = text.isprintable() and not any(sign.isspace() for sign in text)
    is_local = 0 < len(local) <= 64 and not _SPECIAL.intersection(local) and all(local.split("."))
    labels = domain.split(".")
    is_domain = 0 < len(domain) <= 253 and all(_is_label(label) for label in labels)
    return bool(at) and is_plain and is_local and is_domain


def _is_label(label: str) -> bool:
    return label.strip("-") == label != "" and label.replace("-", "a").isalnum()
