"""Claims become a person or a refusal: what a provider can set, and what is ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from semantic.errors import SignInRefused
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson, demo_person, person_from_claims

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Mapped:
    roles: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "viewer": ("staff",),
            "marketer": ("mk-marketing", "mk-agency"),
            "administrator": ("samepage-admins",),
        }
    )
    attributes: Mapping[str, str] = field(default_factory=lambda: {"markets": "markets", "desk": "org.desk"})
    policy_groups: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Okta:
    name: str = "okta"
    person: str = "email"
    groups: str = "groups"
    trust_email: bool = False
    domains: tuple[str, ...] | None = None
    mapping: Mapped = field(default_factory=Mapped)


MIA: Mapping[str, object] = {
    "iss": "https://id.example",
    "sub": "00u1",
    "email": "Mia@Example.com",
    "email_verified": True,
    "name": "Mia Meyer",
    "groups": ["staff", "mk-marketing"],
    "markets": ["DE", "FR"],
    "org": {"desk": "north"},
    "phone_number": "+49 30 000",
}


def of(provider: Okta | None = None, **changed: Any) -> ProvenPerson:
    claims = {name: value for name, value in {**MIA, **changed}.items() if value is not ...}
    return person_from_claims(claims, provider or Okta(), NOW)


@pytest.mark.parametrize(
    ("email", "known_as"),
    [
        ("MIKE@Example.com", "mike@example.com"),
        ("mi\u212ae@example.com", "mi\u212ae@example.com"),  # the sign of Kelvin, whose small letter is k
        ("m\u0130ke@example.com", "m\u0130ke@example.com"),  # I with a dot, whose small letter is i and a dot
        ("M\u00c4X@example.com", "m\u00e4x@example.com"),
    ],
)
def test_no_email_is_changed_into_another_address(email: str, known_as: str) -> None:
    assert of(email=email).id == known_as


def test_a_person_gets_a_role_groups_and_attributes() -> None:
    assert of().actor == Actor(
        id="mia@example.com",
        name="Mia Meyer",
        roles=frozenset({"marketer"}),
        groups=frozenset({"staff", "mk-marketing"}),
        attributes={"markets": ("DE", "FR"), "desk": "north"},
        claims_at=NOW,
    )


def test_the_source_of_each_right_is_stored() -> None:
    person = of()
    assert (person.issuer, person.provider_subject, person.provider) == ("https://id.example", "00u1", "okta")
    assert (person.role_groups, person.groups_claim) == (("mk-marketing",), "groups")
    assert dict(person.attribute_claims) == {"markets": "markets", "desk": "org.desk"}


@pytest.mark.parametrize(
    ("groups", "role", "given_by"),
    [
        (["staff", "samepage-admins", "mk-agency"], {"administrator"}, ("samepage-admins",)),
        (["mk-agency", "mk-marketing"], {"marketer"}, ("mk-agency", "mk-marketing")),
        ("staff", {"viewer"}, ("staff",)),  # some providers send one group as a text
        (["Staff", "staff ", "samepage-admin", "administrator", "viewer"], set[str](), ()),  # exactly, or not at all
        ([], set[str](), ()),
        (..., set[str](), ()),
        (None, set[str](), ()),
    ],
)
def test_the_role_is_the_highest_that_a_group_grants_or_none(
    groups: object, role: set[str], given_by: tuple[str, ...]
) -> None:
    person = of(groups=groups)
    assert person.roles == role
    assert person.role_groups == given_by


def test_groups_of_one_provider_do_not_count_for_another() -> None:
    agency = Okta(name="agency", mapping=Mapped(roles={"viewer": ("mk-agency",)}, attributes={}))
    assert of(agency, groups=["samepage-admins", "mk-marketing", "staff"]).roles == frozenset()
    assert of(agency, groups=["samepage-admins", "mk-agency"]).roles == {"viewer"}
    assert of(agency).attributes == {}
    assert of(Okta(), groups=["samepage-admins"]).roles == {"administrator"}


@pytest.mark.parametrize(
    ("known", "in_policies"),
    [(None, {"staff", "mk-agency"}), ((), set[str]()), (("mk-agency", "mk-other"), {"mk-agency"}), (("Staff",), set())],
)
def test_policies_know_only_groups_that_the_settings_allow(
    known: tuple[str, ...] | None, in_policies: set[str]
) -> None:
    person = of(Okta(mapping=Mapped(policy_groups=known)), groups=["staff", "mk-agency"])
    assert person.actor.groups == in_policies
    assert person.groups == {"staff", "mk-agency"}  # shown to administrators
    assert person.roles == {"marketer"}


def test_a_claim_named_role_grants_no_role() -> None:
    person = of(groups=[], role="administrator", roles=["administrator"], administrator=True)
    assert person.roles == frozenset()


def test_eight_hundred_groups_are_all_kept() -> None:
    many = [f"group-{number:04}" for number in range(800)]
    person = of(groups=[*many, "samepage-admins"])
    assert person.roles == {"administrator"}
    assert person.groups == {*many, "samepage-admins"}


def test_a_claim_can_be_nested_or_have_dots_in_its_name() -> None:
    keycloak = Okta(groups="realm_access.roles")
    assert of(keycloak, groups=..., realm_access={"roles": ["staff"]}).roles == {"viewer"}
    address = "https://example.com/groups"
    named: dict[str, Any] = {address: ["staff"]}
    assert of(Okta(groups=address), groups=..., **named).roles == {"viewer"}
    assert of(keycloak, groups=["staff"], realm_access="staff").roles == frozenset()


@pytest.mark.parametrize(
    ("markets", "kept"),
    [
        (["DE"], {"markets": ("DE",)}),
        ("DE", {"markets": "DE"}),
        ([], {"markets": ()}),
        (None, {}),
        (..., {}),
    ],
)
def test_an_attribute_is_a_text_or_texts_and_one_that_is_missing_is_missing(markets: object, kept: Any) -> None:
    person = of(Okta(mapping=Mapped(attributes={"markets": "markets"})), markets=markets)
    assert dict(person.attributes) == kept
    assert set(person.attribute_claims) == set(kept)


def test_claims_that_the_settings_do_not_name_are_ignored() -> None:
    assert "+49" not in repr(of())


@pytest.mark.parametrize(
    ("provider", "claims", "person"),
    [
        (Okta(), {"email_verified": "true"}, "mia@example.com"),  # some providers send it as a text
        (Okta(trust_email=True), {"email_verified": ...}, "mia@example.com"),
        (Okta(person="sub"), {"email": ..., "email_verified": ...}, "00u1"),
        (Okta(person="upn"), {"upn": "Mia.Meyer"}, "Mia.Meyer"),
    ],
)
def test_the_id_is_the_claim_that_the_settings_name(provider: Okta, claims: Any, person: str) -> None:
    assert of(provider, **claims).id == person


OURS = Okta(domains=("example.com", "Agency.Example", "m\u00fcller.example"))


@pytest.mark.parametrize(
    ("email", "person"),
    [
        ("mia@example.com", "mia@example.com"),
        ("Mia@EXAMPLE.com", "mia@example.com"),
        ("max@agency.example", "max@agency.example"),  # as the settings write it or not, size does not count
        ("M\u00dcLLER@M\u00dcLLER.example", "m\u00fcller@m\u00fcller.example"),
    ],
)
def test_a_provider_accepts_only_ids_of_its_own_domains(email: str, person: str) -> None:
    assert of(OURS, email=email).id == person


@pytest.mark.parametrize(
    "email",
    [
        "ada@rival.example",
        "mia@mail.example.com",  # a subdomain is another domain, and may belong to someone else
        "mia@notexample.com",
        "mia@example.com.rival.example",
        "mia@example.com.",
        "mia@.example.com",
        "mia@com",
        "mia@example.co",
        "mia@",
        "@example.com",
        "example.com",
        "mia",
        "mia@rival.example@example.com",
        "mia@example.com@rival.example",
        "mia@ex\u0430mple.com",  # a Cyrillic a
        "mia@\uff45xample.com",  # a wide e, which some make an e of
        "mia@example\u3002com",  # a full stop that browsers take for a dot
        "mia@example.com\u200b",
        "mia@mu\u0308ller.example",  # u and its dots apart
        "mia@xn--mller-kva.example",  # the same domain in other letters makes another id
        "mia@\u212a.example",
    ],
)
def test_an_id_of_a_similar_domain_is_refused(email: str) -> None:
    assert of(email="mia@example.com").id, "without domains it may bring any"
    with pytest.raises(SignInRefused) as refused:
        of(OURS, email=email)
    assert refused.value.why in ("other_domain", "malformed")
    assert (refused.value.why == "malformed") == ("\u200b" in email)


def test_the_domain_is_taken_from_the_id_whatever_its_claim() -> None:
    by_name = Okta(person="upn", domains=("example.com",))
    assert of(by_name, upn="Mia@Example.com").id == "Mia@Example.com"
    for upn in ("mia@rival.example", "00u1"):
        with pytest.raises(SignInRefused, match=f"Your upn, {upn}, isn't in a domain") as refused:
            of(by_name, upn=upn, email="mia@example.com")
        assert refused.value.why == "other_domain"
    assert of(Okta(person="sub"), email="mia@rival.example").id == "00u1"


def test_an_email_of_the_right_domain_still_has_to_be_verified() -> None:
    with pytest.raises(SignInRefused, match="isn't verified"):
        of(OURS, email_verified=False)


@pytest.mark.parametrize(
    ("claims", "why", "says"),
    [
        ({"email": ...}, "no_id", "has no email"),
        ({"email": ""}, "no_id", "has no email"),
        ({"email": ["mia@example.com"]}, "no_id", "has no email"),
        ({"email_verified": False}, "not_verified", "isn't verified"),
        ({"email_verified": ...}, "not_verified", "isn't verified"),
        ({"email_verified": "yes"}, "not_verified", "isn't verified"),
        ({"email_verified": 1.5}, "not_verified", "isn't verified"),
        ({"email": "m" * 201}, "too_large", "longer than 200 characters"),
        ({"email": "role viewer"}, "malformed", "can't be used as an ID"),  # would be a role's own subject
        ({"email": "the shell"}, "malformed", "can't be used as an ID"),
        ({"email": "mia\u00a0x"}, "malformed", "can't be used as an ID"),
        ({"email": "mia\0"}, "malformed", "can't be used as an ID"),
        ({"email": "mia\u202ex"}, "malformed", "can't be used as an ID"),
        ({"email": "\ud800"}, "malformed", "can't be used as an ID"),
        ({"email": "YOU"}, "malformed", "can't be used as an ID"),
        ({"email": "samepage"}, "malformed", "can't be used as an ID"),
        ({"email": "service:7f"}, "malformed", "can't be used as an ID"),
        ({"iss": ...}, "malformed", "no readable iss"),
        ({"sub": ""}, "malformed", "no readable sub"),
        ({"sub": 7}, "malformed", "no readable sub"),
        ({"sub": "s" * 401}, "malformed", "no readable sub"),
        ({"groups": {"staff": True}}, "malformed", "the groups in groups isn't text or a list"),
        ({"groups": [["staff"]]}, "malformed", "the groups in groups contains something that isn't text"),
        ({"groups": ["staff", None]}, "malformed", "contains something that isn't text"),
        ({"groups": ["\ud800"]}, "malformed", "contains something that isn't text"),
        ({"groups": ["a\0b"]}, "malformed", "contains something that isn't text"),
        ({"groups": ["g"] * 2_001}, "too_large", "more than 2,000 entries"),
        ({"groups": ["g" * 401]}, "too_large", "longer than 400 characters"),
        ({"groups": ..., "_claim_names": {"groups": "src1"}}, "too_large", "in more groups than"),
        ({"groups": ..., "hasgroups": True}, "too_large", "in more groups than"),
        ({"markets": 7}, "malformed", "the claim markets isn't text"),
        ({"markets": ["DE", 7]}, "malformed", "the claim markets contains something that isn't text"),
        ({"markets": ["DE"] * 201}, "too_large", "more than 200 entries"),
        ({"markets": ["D" * 201]}, "too_large", "longer than 200 characters"),
    ],
)
def test_claims_that_cannot_be_trusted_are_refused_with_a_sentence(claims: Any, why: str, says: str) -> None:
    with pytest.raises(SignInRefused, match=says) as refused:
        of(**claims)
    assert refused.value.why == why
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": ..., "given_name": "Mia", "family_name": "Meyer"}, "Mia Meyer"),
        ({"name": ...}, "mia@example.com"),
        ({"name": {"first": "Mia"}}, "mia@example.com"),
        ({"name": "Mia\n\u202e**Meyer**"}, "Mia **Meyer**"),
        ({"name": "M" * 10_000}, "M" * 200),
    ],
)
def test_a_display_name_never_causes_a_refusal(claims: Any, name: str) -> None:
    assert of(**claims).name == name


def test_a_person_of_the_demo_brings_no_claims() -> None:
    actor = Actor(id="ben", name="Ben", roles=frozenset({"viewer", "marketer"}), attributes={"market": "DE"})
    person = demo_person(actor)
    assert person.actor == actor
    assert (person.issuer, person.claims_at) == ("", None)
