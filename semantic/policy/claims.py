"""Turn an identity provider's claims into a person with an ID, role, groups and attributes, or refuse them.

Claims come from outside and are only trusted once they're validated here. Each has one type and a maximum size. Claims
that the settings don't name are ignored, and a group that isn't mapped to a role gives no role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol, cast

from semantic.errors import SignInRefused
from semantic.policy.actor import ROLES, Actor, Attribute

LONGEST_ID: Final = 200
LONGEST_NAME: Final = 200
LONGEST_ACCOUNT: Final = 400
MOST_GROUPS: Final = 2_000
LONGEST_GROUP: Final = 400
MOST_VALUES: Final = 200
LONGEST_VALUE: Final = 200
_RESERVED: Final = frozenset({"you", "samepage", "the shell"})
_RESERVED_BEGINNINGS: Final = ("service:", "link:", "destination:")


class RoleMapping(Protocol):
    """Maps groups to roles and claims to attributes, and lists the groups that policies can use.

    None means all groups.
    """

    @property
    def roles(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...
    @property
    def policy_groups(self) -> tuple[str, ...] | None: ...


class Provider(Protocol):
    """The settings for reading a provider's claims.

    `person` and `groups` are names of claims. A dotted path leads into an object. `domains` are those whose IDs the
    provider can vouch for. None allows any ID, even one that isn't an address. `mapping` is for this provider only,
    because another one might use the same names for its own groups.
    """

    @property
    def name(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def groups(self) -> str: ...
    @property
    def trust_email(self) -> bool: ...
    @property
    def domains(self) -> tuple[str, ...] | None: ...
    @property
    def mapping(self) -> RoleMapping: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPerson:
    """A person whose identity a provider confirmed. In the demo, the person comes from the model and `issuer` is empty.

    `role_groups` are the groups that gave the role. `policy_groups` are the groups that policies can use, or None for
    all of them. `attribute_claims` maps each attribute to its claim. `claims_at` is None in the demo, which has no
    claims. `vouched_domain` is the domain of an ID that the provider confirmed as the person's address. It's only known
    during sign-in.
    """

    id: str
    issuer: str
    provider_subject: str
    name: str
    roles: frozenset[str]
    groups: frozenset[str]
    attributes: Mapping[str, Attribute]
    claims_at: datetime | None
    provider: str = ""
    email: str = ""
    role_groups: tuple[str, ...] = ()
    policy_groups: frozenset[str] | None = None
    groups_claim: str = ""
    attribute_claims: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    vouched_domain: str = ""

    @property
    def actor(self) -> Actor:
        """Return the actor for this person after sign-in."""
        return Actor(
            id=self.id,
            name=self.name,
            roles=self.roles,
            groups=self.groups if self.policy_groups is None else self.policy_groups,
            attributes=self.attributes,
            claims_at=self.claims_at,
        )


def demo_person(actor: Actor) -> ProvenPerson:
    """Return a person of the model as if a provider had confirmed them, for the demo."""
    return ProvenPerson(
        id=actor.id,
        issuer="",
        provider_subject="",
        name=actor.name,
        roles=actor.roles,
        groups=actor.groups,
        attributes=actor.attributes,
        claims_at=None,
    )


def person_from_claims(claims: Mapping[str, object], provider: Provider, now: datetime) -> ProvenPerson:
    """Return the person whose claims a provider sent. The claims must already be verified. Raises SignInRefused."""
    person, mapping = id_from_claims(claims, provider), provider.mapping
    groups = _groups_of(claims, provider)
    role, role_groups = _role_of(groups, mapping)
    attributes = {
        name: value for name, claim in mapping.attributes.items() if (value := _attribute(claims, claim)) is not None
    }
    return ProvenPerson(
        id=person,
        issuer=_account(claims, "iss"),
        provider_subject=_account(claims, "sub"),
        name=_name_of(claims) or person,
        roles=frozenset({role}) if role else frozenset(),
        groups=groups,
        attributes=MappingProxyType(attributes),
        claims_at=now,
        provider=provider.name,
        email=_short(claims.get("email")),
        role_groups=role_groups,
        policy_groups=None if mapping.policy_groups is None else groups.intersection(mapping.policy_groups),
        groups_claim=provider.groups,
        attribute_claims=MappingProxyType({name: mapping.attributes[name] for name in attributes}),
        vouched_domain=_domain_of(person) if provider.person == "email" or provider.domains is not None else "",
    )


def is_reserved(person: str) -> bool:
    """Return whether an ID is reserved for the program itself or for a service, so that no person can have it."""
    return person.casefold() in _RESERVED or person.casefold().startswith(_RESERVED_BEGINNINGS)


def claim(claims: Mapping[str, object], name: str) -> object:
    """Return a claim by its name, or by a dotted path into objects, or None if it's missing.

    The whole name is tried first, because names that are URLs contain dots.
    """
    if name in claims:
        return claims[name]
    claim: object = claims
    for part in name.split("."):
        if not isinstance(claim, Mapping):
            return None
        claim = claim.get(part)
    return claim


def id_from_claims(claims: Mapping[str, object], provider: Provider) -> str:
    """Return the person's ID in verified claims. The provider's settings name the claim. Raises SignInRefused."""
    value = claim(claims, provider.person)
    if not isinstance(value, str) or not value:
        raise SignInRefused(
            f"Your account has no {provider.person} to identify you by. Ask your administrator.",
            why="no_id",
        )
    if provider.person == "email":
        value = small_letters(value)
        if not provider.trust_email and claims.get("email_verified") not in (True, "true"):
            raise SignInRefused(
                ("Your email address isn't verified with your sign-in provider. Verify it there, then sign in again."),
                why="not_verified",
            )
    if len(value) > LONGEST_ID:
        raise SignInRefused(f"Your {provider.person} is longer than {LONGEST_ID} characters.", why="too_large")
    if not value.isprintable() or any(letter.isspace() for letter in value) or is_reserved(value):
        raise SignInRefused(
            f"Your {provider.person} can't be used as an ID here. Ask your administrator.", why="malformed"
        )
    if provider.domains is not None and _domain_of(value) not in map(small_letters, provider.domains):
        raise SignInRefused(
            (
                f"Your {provider.person}, {value}, isn't in a domain that can sign in this way. Use another "
                "account, or ask your administrator."
            ),
            why="other_domain",
        )
    return value


def small_letters(text: str) -> str:
    """Return an email address or its domain in lower case.

    A non-ASCII letter never becomes an ASCII one, so the Kelvin sign doesn't become k.
    """
    return "".join(map(_small, text))


def _small(letter: str) -> str:
    small = letter.lower()
    return small if letter.isascii() or not any(character.isascii() for character in small) else letter


def _domain_of(person: str) -> str:
    """Return the domain of an ID that is an address, in lower case, or "" for any other ID.

    Domains are compared character by character, so a subdomain, a trailing dot or look-alike letters make a different
    domain. An ID with two @ has no domain.
    """
    name, at, domain = person.partition("@")
    return small_letters(domain) if name and at and "@" not in domain else ""


def _account(claims: Mapping[str, object], name: str) -> str:
    claim = claims.get(name)
    if not isinstance(claim, str) or not claim or len(claim) > LONGEST_ACCOUNT or not claim.isprintable():
        raise SignInRefused(
            f"Your sign-in provider sent no readable {name}. Ask your administrator.",
            why="malformed",
        )
    return claim


def _name_of(claims: Mapping[str, object]) -> str:
    whole = _short(claims.get("name"))
    return whole or " ".join(part for key in ("given_name", "family_name") if (part := _short(claims.get(key))))


def _short(value: object) -> str:
    """Return a short, clean version of a value for display, or "" if there is none. It never raises an error."""
    if not isinstance(value, str):
        return ""
    seen = "".join(letter if letter.isprintable() else " " for letter in value[: 2 * LONGEST_NAME])
    return " ".join(seen.split())[:LONGEST_NAME].strip()


def _groups_of(claims: Mapping[str, object], provider: Provider) -> frozenset[str]:
    if not provider.groups:
        return frozenset()
    value = claim(claims, provider.groups)
    if value is None and _is_left_out(claims):
        raise SignInRefused(
            (
                "You're in more groups than your provider can send, so your access can't be determined. Ask your "
                "administrator to send app roles instead of groups."
            ),
            why="too_large",
        )
    groups = _texts(value, f"the groups in {provider.groups}", most=MOST_GROUPS, longest=LONGEST_GROUP)
    return frozenset(groups or ())


def _is_left_out(claims: Mapping[str, object]) -> bool:
    """Return whether the provider left out some groups because there were too many (Entra ID, above 200)."""
    names = claims.get("_claim_names")
    return claims.get("hasgroups") in (True, "true") or (isinstance(names, Mapping) and "groups" in names)


def _role_of(groups: frozenset[str], mapping: RoleMapping) -> tuple[str, tuple[str, ...]]:
    """Return the highest role that the groups give, and the groups that give it."""
    for role in reversed(ROLES):
        if texts := tuple(sorted(groups.intersection(mapping.roles.get(role, ())))):
            return role, texts
    return "", ()


def _attribute(claims: Mapping[str, object], name: str) -> Attribute | None:
    value = claim(claims, name)
    texts = _texts(value, f"the claim {name}", most=MOST_VALUES, longest=LONGEST_VALUE)
    return texts[0] if texts and isinstance(value, str) else texts


def _texts(value: object, what: str, *, most: int, longest: int) -> tuple[str, ...] | None:
    """Return a string or a list of strings as a tuple, or None if it's missing.

    Raises SignInRefused for any other value.
    """
    if value is None:
        return None
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, list | tuple):
        raise SignInRefused(
            f"In your account, the value of {what} isn't text or a list. Ask your administrator.", why="malformed"
        )
    if len(cast("list[object]", values)) > most:  # cast: the parts' types are checked next
        raise SignInRefused(f"In your account, the value of {what} has more than {most:,} entries.", why="too_large")
    texts: list[str] = []
    for entry in cast("list[object]", values):
        if not isinstance(entry, str) or not _is_whole(entry):
            raise SignInRefused(
                f"In your account, the value of {what} contains something that isn't text. Ask your administrator.",
                why="malformed",
            )
        if len(entry) > longest:
            raise SignInRefused(
                f"In your account, the value of {what} has an entry longer than {longest} characters.", why="too_large"
            )
        texts.append(entry)
    return tuple(texts)


def _is_whole(text: str) -> bool:
    """Return whether a string has neither NUL nor half of a surrogate pair, which databases refuse."""
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)
