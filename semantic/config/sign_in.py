"""How people sign in to this server: the table [sign_in] of the settings file, as plain data.

All mistakes are reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, TypeVar
from unicodedata import normalize
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from semantic.config.secret_reference import BadReference, follow_reference
from semantic.errors import SettingsError

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
LONGEST_SECRET: Final = 4_000
ANY_DOMAIN: Final = "*"
_Read = TypeVar("_Read")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMapping:
    """Maps a provider's groups to roles, and its claims to policy attributes.

    `policy_groups` are the groups that policies can name, or None for all groups.
    """

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    policy_groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One OpenID Connect provider. `name` appears in addresses and in the store, and `label` on the sign-in button.

    `person` is the claim with the ID that identifies a person in policies. `groups` is the claim with the groups, where
    a dot leads into a nested claim. `client_secret` is "" for a public client, which uses only PKCE. `mapping` applies
    only to this provider, because a group with the same name at another provider is a different group. `domains` are
    the email domains of IDs for which the provider is trusted, or None for any ID. `audiences` are the audiences of
    access tokens that agents can use. If it is empty, the provider's access tokens aren't accepted.
    """

    name: str
    label: str
    metadata: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    person: str = "email"
    trust_email: bool = False
    groups: str = "groups"
    userinfo: bool = True
    domains: tuple[str, ...] | None = None
    audiences: tuple[str, ...] = ()
    mapping: RoleMapping = field(default_factory=RoleMapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSettings:
    """How people sign in: the app's address, how long sign-ins last, and the providers in display order.

    `address` has only a scheme and a host. `contact` is the person or address that messages refer people to. A service
    token stops working if its owner hasn't signed in for `owner_days` days.
    """

    address: str
    hours: float
    renew_minutes: float
    contact: str
    providers: tuple[Provider, ...]
    owner_days: float = 30.0

    @property
    def is_https(self) -> bool:
        return self.address.startswith("https://")

    @property
    def host(self) -> str:
        """The host and port as browsers send them, without the default port."""
        return urlsplit(self.address).netloc

    def provider(self, name: str) -> Provider | None:
        return next((provider for provider in self.providers if provider.name == name), None)


_Text = Annotated[str, Field(min_length=1, max_length=2_000)]
_Claim = Annotated[str, Field(pattern=r"^[^\s.]+(\.[^\s.]+)*$", max_length=200)]


class _Roles(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    viewer: list[_Text] = []
    marketer: list[_Text] = []
    steward: list[_Text] = []
    administrator: list[_Text] = []


class _ProviderTable(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    label: Annotated[str, Field(min_length=1, max_length=60)]
    metadata: _Text
    client_id: _Text
    client_secret: str = ""
    scopes: Annotated[str, Field(pattern=r"(^|\s)openid(\s|$)", max_length=500)] = "openid email profile"
    person: _Claim = "email"
    trust_email: bool = False
    domains: Annotated[list[_Text], Field(min_length=1, max_length=200)] | None = None
    audiences: Annotated[list[_Text], Field(max_length=20)] = []
    groups: _Claim = "groups"
    policy_groups: list[_Text] | None = None
    userinfo: bool = True
    roles: _Roles | None = None
    attributes: dict[str, _Claim] | None = None


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    address: _Text
    hours: Annotated[float, Field(ge=0.01, le=168)] = 12.0
    renew_minutes: Annotated[float, Field(ge=0.01, le=720)] = 15.0
    contact: Annotated[str, Field(max_length=200)] = ""
    owner_days: Annotated[float, Field(ge=1, le=366)] = 30.0
    providers: Annotated[dict[str, _ProviderTable], Field(min_length=1, max_length=20)]
    roles: _Roles | None = None
    attributes: dict[str, _Claim] | None = None


_WRITE: Final[Mapping[str, str]] = {
    "sign_in": "a table with address and providers",
    "address": 'where people open the app, such as "https://samepage.example.com", with nothing after the host',
    "hours": "after how many hours a sign-in expires, a number from 0.01 to 168",
    "renew_minutes": "after how many minutes a person's groups are refreshed, a number from 0.01 to 720",
    "contact": "who people can ask for help, at most 200 characters",
    "owner_days": ("after how many days without a sign-in by their owner service tokens stop, a number from 1 to 366"),
    "providers": "a table for each provider, such as [sign_in.providers.okta]",
    "label": "the text of its button after Sign in with, at most 60 characters",
    "metadata": "the address of its metadata, ending in /.well-known/openid-configuration",
    "client_id": "the client id that the provider gave this app",
    "client_secret": 'where the secret is: "env:NAME" for a variable, or "file:/path" for a file',
    "scopes": 'the scopes in one text, including openid, such as "openid email profile"',
    "person": 'the claim that is a person\'s id in policies, such as "email"',
    "trust_email": "true or false",
    "domains": ('a list of the email domains whose ids it may vouch for, such as ["example.com"], or ["*"] for any id'),
    "audiences": 'a list of the audiences of access tokens that agents send, such as ["https://samepage.example.com"]',
    "groups": 'the claim with the groups, such as "groups" or "realm_access.roles"',
    "policy_groups": "a list of this provider's groups that policies can use",
    "userinfo": "true or false",
    "roles": "a table with a list of groups for each of viewer, marketer, steward, administrator",
    "viewer": "a list of groups",
    "marketer": "a list of groups",
    "steward": "a list of groups",
    "administrator": "a list of groups",
    "attributes": 'a table of attribute = "claim"',
}


def read_sign_in(table: object, environment: Mapping[str, str]) -> SignInSettings:
    """Return the settings in the [sign_in] table, with each secret read from the place that the table names.

    Raises SettingsError, which names every invalid key and says what to write instead, but never contains a secret.
    """
    try:
        read = _Table.model_validate(table)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise SettingsError(_sentences(_problem(error) for error in details)) from None
    strays = list(_strays(read))
    address = _or_note(strays, lambda: _address(read.address))
    providers: list[Provider] = []
    for name, given in read.providers.items():
        mapping = _mapping(read, name, strays)
        provider = _or_note(strays, lambda name=name, given=given: _provider(name, given, environment))
        domains = _domains(read, name, strays)
        if provider is not None:
            providers.append(replace(provider, mapping=mapping, domains=domains))
    if strays or address is None:
        raise SettingsError(_sentences(iter(strays)))
    return SignInSettings(
        address=address,
        hours=read.hours,
        renew_minutes=read.renew_minutes,
        contact=read.contact.strip(),
        owner_days=read.owner_days,
        providers=tuple(providers),
    )


def _strays(read: _Table) -> Iterator[str]:
    """Yield a problem for each table of roles or attributes whose provider is unclear.

    A table must name its provider if there are several, or if the provider has a table of its own too.
    """
    names = list(read.providers)
    for table in ("roles", "attributes"):
        if getattr(read, table) is None:
            continue
        if len(names) > 1:
            yield (
                f"sign_in.{table} doesn't say which provider it is for, and there are several: "
                f"{', '.join(names)}. Write [sign_in.providers.{names[0]}.{table}] for {names[0]}, and one for "
                "each of the others: groups and claims of one provider don't apply to another."
            )
        elif getattr(read.providers[names[0]], table) is not None:
            yield (f"sign_in.{table} and sign_in.providers.{names[0]}.{table} are both set. Keep only the second one.")


def _mapping(read: _Table, name: str, texts: list[str]) -> RoleMapping:
    """Return how one provider's groups and claims are mapped. Problems are added to `texts`."""
    provider, place = read.providers[name], f"sign_in.providers.{name}"
    alone = read if len(read.providers) == 1 else provider  # tables that name no provider belong to the only one
    roles = provider.roles if provider.roles is not None else alone.roles
    by_role: dict[str, list[str]] = roles.model_dump() if roles is not None else {}
    if not any(by_role.values()) and (alone is read or read.roles is None):
        texts.append(
            _mistake(
                f"{place}.roles", "doesn't give any group a role, so no one who signs in with it could open a page"
            )
        )
    attributes = provider.attributes if provider.attributes is not None else alone.attributes
    texts += [
        (
            f"{place if provider.attributes is not None else 'sign_in'}.attributes.{attribute} isn't a valid attribute "
            "name. Use lower-case letters, digits and _, starting with a letter."
        )
        for attribute in attributes or ()
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", attribute)
    ]
    # With several providers, a group counts in policies only if listed: a provider can name its groups as it likes.
    known = provider.policy_groups if provider.policy_groups is not None or alone is read else []
    return RoleMapping(
        roles={role: tuple(groups) for role, groups in by_role.items() if groups},
        attributes=dict(attributes or {}),
        policy_groups=None if known is None else tuple(known),
    )


def _domains(read: _Table, name: str, texts: list[str]) -> tuple[str, ...] | None:
    """Return the email domains for whose IDs a provider is trusted, or None for any. Problems are added to `texts`.

    With several providers, domains are required. Otherwise, an ID would belong to the provider that sends it first.
    """
    place, given_domains = f"sign_in.providers.{name}.domains", read.providers[name].domains
    if given_domains is None:
        if len(read.providers) > 1:
            others = ", ".join(provider_name for provider_name in read.providers if provider_name != name)
            texts.append(
                _mistake(
                    place, f"is missing, and with {others} configured too, it's unclear whose ids each may vouch for"
                )
            )
        return None
    if given_domains == [ANY_DOMAIN]:
        return None
    domains = tuple(normalize("NFC", domain) for domain in given_domains)  # as providers write it
    texts += [_mistake(place, f"has {domain!r}, which isn't a domain") for domain in domains if not _is_domain(domain)]
    return domains


def _is_domain(text: str) -> bool:
    """Whether a text is an email domain: labels of letters in any language, digits and hyphens, separated by dots."""
    names = text.split(".")
    return all(name.strip("-") == name != "" and f"a{name.replace('-', '')}".isidentifier() for name in names)


def _provider(name: str, table: _ProviderTable, environment: Mapping[str, str]) -> Provider:
    place = f"sign_in.providers.{name}"
    if not _NAME.fullmatch(name) or name == "demo":
        raise ValueError(
            f"{place} has a name that can't be used. Use lower-case letters, digits and -, starting with a letter."
        )
    if table.client_id in table.audiences:
        # An ID token has this audience, and says who someone is, not what may be done for them.
        raise ValueError(f"{place}.audiences has the client_id. Give agents an audience of their own.")
    return Provider(
        name=name,
        label=table.label,
        metadata=_metadata(f"{place}.metadata", table.metadata),
        client_id=table.client_id,
        client_secret=_secret(f"{place}.client_secret", table.client_secret, environment),
        scopes=tuple(table.scopes.split()),
        person=table.person,
        trust_email=table.trust_email,
        groups=table.groups,
        audiences=tuple(table.audiences),
        userinfo=table.userinfo,
    )


def read_address(text: str) -> str | None:
    """Return the app's address as browsers write it, without the default port.

    Returns None if the text isn't a valid address.
    """
    parts = _parts(text)
    is_web = parts is not None and parts.scheme in ("http", "https")
    if parts is None or not is_web or parts.path not in ("", "/") or parts.query or parts.fragment:
        return None
    usual = 443 if parts.scheme == "https" else 80
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.rpartition(':')[0] if parts.port == usual else host}"


def _address(text: str) -> str:
    parts = _parts(text)
    if parts is None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(_mistake("sign_in.address", f"is {text!r}"))
    if not _is_safe(parts):
        raise ValueError(
            f"sign_in.address is {text!r}, and sign-in isn't safe without https. Use https://, or http:// for "
            "localhost only."
        )
    usual = 443 if parts.scheme == "https" else 80
    # Browsers omit the default port, so it is removed from what they are compared with.
    host = parts.netloc.lower()
    return f"{parts.scheme}://{host.rpartition(':')[0] if parts.port == usual else host}"


def _metadata(place: str, text: str) -> str:
    parts = _parts(text)
    if parts is None or not parts.path.endswith("/.well-known/openid-configuration") or parts.fragment:
        raise ValueError(_mistake(place, f"is {text!r}"))
    if not _is_safe(parts):
        raise ValueError(f"{place} is {text!r}, which isn't https. Use https://; http:// is for localhost only.")
    return text


def _parts(text: str) -> SplitResult | None:
    """Return the parts of an address, or None if it is invalid or contains a user name or password."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that isn't a number
    except ValueError:
        return None
    is_plain = text.isascii() and text.isprintable() and not any(sign in text for sign in " \\")
    return parts if is_plain and parts.hostname and "@" not in parts.netloc else None


def _is_safe(parts: SplitResult) -> bool:
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _secret(place: str, reference: str, environment: Mapping[str, str]) -> str:
    if not reference:
        return ""
    kind, _, where = reference.partition(":")
    if kind not in ("env", "file") or not where:
        raise ValueError(_mistake(place, "is written out, or has no source"))
    try:
        secret = follow_reference(place, reference, environment).value.strip()
    except BadReference as error:
        raise ValueError(str(error)) from None
    if not secret or len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise ValueError(f"{place} must be a secret of one line and at most {LONGEST_SECRET} characters.")
    return secret


def _or_note(texts: list[str], read: Callable[[], _Read]) -> _Read | None:
    try:
        return read()
    except ValueError as error:
        texts.append(str(error))
        return None


def _problem(detail: ErrorDetails) -> str:
    """Return the problem with a key of the table, as a sentence."""
    keys = [str(part) for part in detail["loc"]]
    place = ".".join(["sign_in", *keys])
    if detail["type"] == "extra_forbidden":
        # A provider can have any name, even "roles", so the depth says which table a key is in.
        known = {1: _Table, 3: _ProviderTable}.get(len(keys), _Roles)
        return f"{place} isn't a known key. Use {', '.join(known.model_fields)}."
    return _mistake(place, "is missing" if detail["type"] == "missing" else "is invalid")


def _mistake(place: str, what: str) -> str:
    keys = place.split(".")
    known = next((_WRITE[key] for key in reversed(keys) if key in _WRITE), _WRITE["sign_in"])
    return f"{place} {what}. Write {known}."


def _sentences(problems: Iterator[str]) -> str:
    """Return all problems as one text. Only the first ten are given in full."""
    every = list(problems)
    more = [f"And {len(every) - 10} more."] if len(every) > 10 else []
    return " ".join([*every[:10], *more])
