"""Access that administrators give in the app, to one person or to everyone with an address in a domain.

It's added to the provider's claims: the higher role applies, groups are combined, and an attribute given here counts
only if the provider sends none of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from semantic.errors import InvalidQuery
from semantic.policy.actor import ROLES, Actor, Attribute
from semantic.policy.claims import (
    LONGEST_GROUP,
    LONGEST_ID,
    LONGEST_VALUE,
    MOST_VALUES,
    ProvenPerson,
    is_reserved,
    small_letters,
)

MOST_GROUPS: Final = 50
MOST_ATTRIBUTES: Final = 20
LONGEST_ATTRIBUTE: Final = 60
LONGEST_DOMAIN: Final = 200
ROLES_BY_DOMAIN: Final = ("viewer", "marketer")
"""The roles that an invitation of a whole domain can give. Higher roles are given to individual people."""
OPEN_TO_ALL: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.de"),
        *("ymail.com", "icloud.com", "me.com", "aol.com", "gmx.de", "gmx.net", "gmx.at", "web.de", "mail.com"),
        *("mail.ru", "yandex.com", "yandex.ru", "proton.me", "protonmail.com", "qq.com", "163.com", "t-online.de"),
        *("orange.fr", "free.fr", "libero.it", "zoho.com", "fastmail.com", "hey.com"),
    }
)
"""Domains of public email services, where anyone can get an address."""
NOTHING: Final[Mapping[str, Attribute]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAccess:
    """The access that a person was given in the app. `role` is "" if they were given none.

    `domain` is the domain whose invitation gave it, or "" if an administrator gave it to this person. `by` is that
    administrator's name at the time.
    """

    role: str = ""
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=lambda: NOTHING)
    domain: str = ""
    by: str = ""
    at: datetime

    @property
    def is_empty(self) -> bool:
        return not (self.role or self.groups or self.attributes)


def with_given(person: ProvenPerson, given: GivenAccess | None) -> ProvenPerson:
    """Return a person with the access that they were given added to the provider's claims."""
    if given is None or given.is_empty:
        return person
    role = max({*person.roles.intersection(ROLES), given.role} - {""}, key=ROLES.index, default="")
    known = None if person.policy_groups is None else person.policy_groups | given.groups
    return replace(
        person,
        roles=frozenset({role} - {""}),
        groups=person.groups | given.groups,
        policy_groups=known,
        attributes=MappingProxyType({**given.attributes, **person.attributes}),
    )


def check_given(role: str, groups: frozenset[str], attributes: Mapping[str, Attribute]) -> None:
    """Raise InvalidQuery for an unknown role, and for names or values that policies can't use."""
    if role and role not in ROLES:
        raise InvalidQuery(f"“{role}” isn't a role. Choose {', '.join(ROLES[:-1])} or {ROLES[-1]}.")
    if len(groups) > MOST_GROUPS:
        raise InvalidQuery(f"Choose at most {MOST_GROUPS} groups.")
    for group in groups:
        _check_text(group, "group", LONGEST_GROUP)
    if len(attributes) > MOST_ATTRIBUTES:
        raise InvalidQuery(f"Give at most {MOST_ATTRIBUTES} attributes.")
    for name, value in attributes.items():
        _check_text(name, "attribute", LONGEST_ATTRIBUTE)
        values = (value,) if isinstance(value, str) else value
        if not values:
            raise InvalidQuery(f"Give the attribute “{name}” a value, or remove it.")
        if len(values) > MOST_VALUES:
            raise InvalidQuery(f"Give the attribute “{name}” at most {MOST_VALUES} values.")
        for text in values:
            _check_text(text, f"value of “{name}”", LONGEST_VALUE)


def checked_id(text: str, *, are_addresses: bool, domains: frozenset[str] | None) -> str:
    """Return the ID of a person to invite, in the form that their provider will send. Raises InvalidQuery.

    `are_addresses` means that every provider identifies people by email address. `domains` are those from which people
    can sign in, or None for any domain.
    """
    person = small_letters(text.strip()) if are_addresses else text.strip()
    what = "email address" if are_addresses else "ID"
    if not person:
        raise InvalidQuery(f"Enter the {what} that the person signs in with.")
    if len(person) > LONGEST_ID:
        raise InvalidQuery(f"Keep the {what} under {LONGEST_ID} characters.")
    if not person.isprintable() or any(letter.isspace() for letter in person) or is_reserved(person):
        raise InvalidQuery(f"“{person}” can't be used as an ID.")
    name, _, domain = person.partition("@")
    if are_addresses and not (name and "." in domain and "@" not in domain):
        raise InvalidQuery(f"“{person}” isn't an email address. Enter one such as mia@example.com.")
    if domains is not None and domain not in domains:
        raise InvalidQuery(f"People from “{domain or person}” can't sign in here. The settings allow other domains.")
    return person


def checked_domain(text: str, *, domains: frozenset[str] | None) -> str:
    """Return a domain to invite, in lower case. Raises InvalidQuery if it's invalid, public or not allowed."""
    domain = small_letters(text.strip().removeprefix("@"))
    parts = domain.split(".")
    is_domain = len(parts) > 1 and all(parts) and all(letter.isalnum() or letter in "-." for letter in domain)
    if not is_domain or len(domain) > LONGEST_DOMAIN:
        raise InvalidQuery("Enter a domain such as example.com.")
    if domain in OPEN_TO_ALL:
        raise InvalidQuery(f"Anyone can get an address at {domain}. Invite these people one by one.")
    if domains is not None and domain not in domains:
        raise InvalidQuery(f"People from {domain} can't sign in here. The settings allow other domains.")
    return domain


def is_wider(given: GivenAccess, by: Actor) -> bool:
    """Return whether the given role is higher than the role of the person who gives it."""
    return bool(given.role) and not by.is_at_least(given.role)


def _check_text(text: str, what: str, longest: int) -> None:
    if not text.strip() or not text.isprintable():
        raise InvalidQuery(f"A {what} needs a name of printable characters.")
    if len(text) > longest:
        raise InvalidQuery(f"Keep each {what} under {longest} characters.")
