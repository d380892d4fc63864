"""Access given in the app: what it adds to the provider's claims, and what can't be given."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from semantic.errors import InvalidQuery
from semantic.policy.actor import ROLES
from semantic.policy.claims import ProvenPerson, person_from_claims
from semantic.policy.given_access import GivenAccess, check_given, checked_domain, checked_id, with_given
from tests.semantic.policy.test_claims import Okta

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def provided(**changed: Any) -> ProvenPerson:
    parts: dict[str, Any] = {
        "roles": frozenset({"marketer"}), "groups": frozenset({"staff"}),
        "attributes": MappingProxyType({"markets": ("DE",)}),
    } | changed  # fmt: skip
    return ProvenPerson(
        id="mia@example.com", issuer="https://id.example", provider_subject="1", name="Mia", claims_at=NOW, **parts
    )


def given(**parts: Any) -> GivenAccess:
    return GivenAccess(at=NOW, **parts)


@pytest.mark.parametrize("here", ["", *ROLES])
@pytest.mark.parametrize("there", ["", *ROLES])
def test_the_higher_role_applies(here: str, there: str) -> None:
    order = ("", "viewer", "marketer", "steward", "administrator")
    found = with_given(provided(roles=frozenset({there} - {""})), given(role=here)).roles
    assert found == ({max(here, there, key=order.index)} - {""})


def test_groups_are_combined_and_policies_can_use_given_ones() -> None:
    found = with_given(provided(policy_groups=frozenset()), given(groups=frozenset({"emea"})))
    assert found.groups == {"staff", "emea"}
    assert found.actor.groups == {"emea"}


def test_an_attribute_from_the_provider_takes_precedence() -> None:
    """Someone limited to Germany by the provider doesn't get Austria here."""
    found = with_given(provided(), given(attributes={"markets": ("AT",), "desk": ("north",)}))
    assert found.attributes == {"markets": ("DE",), "desk": ("north",)}


def test_no_given_access_changes_nothing() -> None:
    assert with_given(provided(), None) == with_given(provided(), given()) == provided()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"role": "owner"}, "isn't a role"),
        ({"groups": frozenset({"a\nb"})}, "printable"),
        ({"groups": frozenset({" "})}, "printable"),
        ({"groups": frozenset({"g" * 401})}, "under 400"),
        ({"groups": frozenset(str(number) for number in range(51))}, "at most 50 groups"),
        ({"attributes": {"markets": ()}}, "a value"),
        ({"attributes": {"markets": ("x" * 201,)}}, "under 200"),
        ({"attributes": {"markets": tuple(str(number) for number in range(201))}}, "at most 200"),
        ({"attributes": {f"a{number}": "x" for number in range(21)}}, "at most 20"),
    ],
)
def test_access_that_no_policy_can_use_is_refused(parts: dict[str, Any], words: str) -> None:
    found = given(**parts)
    with pytest.raises(InvalidQuery, match=words):
        check_given(found.role, found.groups, found.attributes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("  Mia@Example.com ", "mia@example.com"), ("jörg@example.com", "jörg@example.com")],
)
def test_an_address_is_written_as_the_provider_sends_it(text: str, expected: str) -> None:
    assert checked_id(text, are_addresses=True, domains=None) == expected


def test_an_id_that_is_not_an_address_keeps_its_capitals() -> None:
    assert checked_id("00uABC", are_addresses=False, domains=None) == "00uABC"


@pytest.mark.parametrize(
    "text",
    ["", "mia", "mia@", "@example.com", "a@b@example.com", "a b@example.com", "service:x", "samepage"],
)
def test_an_id_that_never_signs_in_is_not_invited(text: str) -> None:
    with pytest.raises(InvalidQuery):
        checked_id(text, are_addresses=True, domains=None)


def test_an_address_outside_the_allowed_domains_is_not_invited() -> None:
    assert checked_id("mia@example.com", are_addresses=True, domains=frozenset({"example.com"})) == "mia@example.com"
    with pytest.raises(InvalidQuery, match="can't sign in here"):
        checked_id("mia@sub.example.com", are_addresses=True, domains=frozenset({"example.com"}))


@pytest.mark.parametrize("text", ["", "com", "gmail.com", "Googlemail.com", "exa mple.com", "example..com", "a/b.com"])
def test_only_a_companys_own_domain_is_invited(text: str) -> None:
    with pytest.raises(InvalidQuery):
        checked_domain(text, domains=None)


def test_a_domain_is_written_in_lowercase() -> None:
    assert checked_domain(" @Example.COM ", domains=None) == "example.com"
    with pytest.raises(InvalidQuery, match="can't sign in here"):
        checked_domain("other.com", domains=frozenset({"example.com"}))


@pytest.mark.parametrize(
    ("claims", "domain"),
    [
        ({"email": "mia@Example.com", "email_verified": True}, "example.com"),
        ({"email": "mia@example.com@evil.com", "email_verified": True}, ""),
    ],
)
def test_a_domain_counts_only_with_a_confirmed_address(claims: dict[str, object], domain: str) -> None:
    found = person_from_claims({"iss": "https://id.example", "sub": "1", **claims}, Okta(), NOW)
    assert found.vouched_domain == domain
