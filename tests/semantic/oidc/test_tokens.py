"""Tokens written and signed by hand: valid ones, and each way in which a token can be invalid."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from semantic.errors import ProviderFailed
from semantic.oidc.metadata import Metadata
from semantic.oidc.tokens import issuer_of, read_id_token, read_logout_token

NOW = 1_800_000_000
METADATA = Metadata(
    issuer="https://id.example.com",
    authorization="https://id.example.com/a",
    token="https://id.example.com/t",
    keys="https://id.example.com/k",
)
KEY = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "two", "alg": "RS256", "use": "sig"})
PERSON = {
    "iss": "https://id.example.com",
    "sub": "mia",
    "aud": "samepage",
    "iat": NOW - 10,
    "exp": NOW + 300,
    "nonce": "n",
}
EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}
ENDED = {"iss": "https://id.example.com", "aud": "samepage", "iat": NOW - 5, "jti": "j", "events": EVENTS, "sub": "mia"}


def signed(claims: dict[str, Any], key: RSAKey = KEY, **header: str) -> str:
    return jwt.encode({"alg": "RS256", "kid": str(key.kid), **header}, claims, key)


def keys(_anew: bool) -> KeySet:
    return KeySet([KEY])


def read(token: str, find: Callable[[bool], KeySet] = keys, **given: str) -> dict[str, Any]:
    return read_id_token(token, METADATA, "samepage", find, now=NOW, **({"nonce": "n"} | given))


def test_a_valid_token_returns_its_claims() -> None:
    assert read(signed(PERSON)) == PERSON
    assert read(signed(PERSON | {"aud": ["samepage", "another"], "azp": "samepage"}))["aud"] == ["samepage", "another"]


def test_a_renewed_token_needs_no_nonce() -> None:
    claims = {name: value for name, value in PERSON.items() if name != "nonce"}
    assert read(signed(claims), nonce="")["sub"] == "mia"
    with pytest.raises(ProviderFailed):
        read(signed(claims))


@pytest.mark.parametrize(
    ("changed", "why", "names"),
    [
        ({"iss": "https://evil.example.com"}, "forged", "iss"),
        ({"iss": None}, "forged", "iss"),
        ({"aud": "another"}, "forged", "aud"),
        ({"aud": "another", "azp": "samepage"}, "forged", "aud"),
        ({"aud": ["samepage", "another"]}, "forged", "azp"),
        ({"azp": "another"}, "forged", "azp"),
        ({"sub": None}, "forged", "sub"),
        ({"sub": 7}, "forged", "sub"),
        ({"sub": "x" * 256}, "forged", "has no subject"),
        ({"nonce": "m"}, "forged", "nonce"),
        ({"nonce": None}, "forged", "nonce"),
        ({"exp": NOW - 200}, "clock", "exp"),
        ({"exp": None}, "clock", "exp"),
        ({"exp": "soon"}, "clock", "exp"),
        ({"iat": NOW + 500}, "clock", "iat"),
        ({"nbf": NOW + 500}, "clock", "nbf"),
        ({"at_hash": "AAAA"}, "forged", "at_hash"),
    ],
)
def test_an_invalid_token_is_refused(changed: dict[str, Any], why: str, names: str) -> None:
    claims = {name: value for name, value in (PERSON | changed).items() if value is not None}
    with pytest.raises(ProviderFailed, match=names) as caught:
        read(signed(claims), access="the access token")
    assert caught.value.why == why


def test_the_clocks_may_differ_by_two_minutes() -> None:
    assert read(signed(PERSON | {"exp": NOW - 100, "iat": NOW + 100}))["sub"] == "mia"


def test_a_signature_of_another_key_is_refused() -> None:
    forged = signed(PERSON, OTHER, kid="one")
    with pytest.raises(ProviderFailed, match="isn't signed by it") as caught:
        read(forged)
    assert caught.value.why == "forged"
    assert "mia" not in str(caught.value)


def test_an_unknown_key_is_requested_once() -> None:
    asked: list[bool] = []

    def rotated(anew: bool) -> KeySet:
        asked.append(anew)
        return KeySet([KEY, OTHER] if anew else [KEY])

    assert read(signed(PERSON, OTHER), rotated)["sub"] == "mia"
    assert asked == [False, True]


def test_missing_and_symmetric_signatures_are_refused() -> None:
    def part(data: bytes) -> str:
        return urlsafe_b64encode(data).decode().rstrip("=")

    def body(algorithm: str) -> str:
        return ".".join(part(json.dumps(one).encode()) for one in ({"alg": algorithm, "kid": "one"}, PERSON))

    unsigned = f"{body('none')}."
    by_public_key = hmac.digest(KEY.as_pem(private=False), body("HS256").encode(), "sha256")
    by_secret = f"{body('HS256')}.{part(by_public_key)}"
    whole = signed(PERSON)
    for token in (unsigned, by_secret, whole[:-4] + "AAAA", whole[:-40], "", "a.b.c", "x" * 200_000):
        with pytest.raises(ProviderFailed) as caught:
            read(token)
        assert caught.value.why == "forged"


def test_a_logout_token_names_a_person_or_a_session() -> None:
    def ended(**changed: Any) -> tuple[str, str]:
        notice = read_logout_token(signed(ENDED | changed), METADATA, "samepage", keys, now=NOW)
        assert notice.issued_at == NOW - 5
        return notice.subject, notice.session

    assert ended() == ("mia", "")
    assert ended(sid="s", aud=["another", "samepage"]) == ("mia", "s")
    assert ended(sub="", sid="s") == ("", "s")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example.com"},
        {"aud": "another"},
        {"events": {}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": "yes"}},
        {"events": ["http://schemas.openid.net/event/backchannel-logout"]},
        {"nonce": "n"},
        {"iat": NOW - 1_000},
        {"iat": NOW + 1_000},
        {"iat": "now"},
        {"exp": NOW - 1_000},
        {"jti": None},
        {"sub": None},
        {"sub": 7},
    ],
)
def test_an_invalid_logout_token_ends_nothing(changed: dict[str, Any]) -> None:
    claims = {name: value for name, value in (ENDED | changed).items() if value is not None}
    with pytest.raises(ProviderFailed):
        read_logout_token(signed(claims), METADATA, "samepage", keys, now=NOW)


def test_an_id_token_ends_nothing_and_a_logout_token_signs_no_one_in() -> None:
    with pytest.raises(ProviderFailed):
        read_logout_token(signed(PERSON), METADATA, "samepage", keys, now=NOW)
    with pytest.raises(ProviderFailed):
        read(signed(ENDED | {"exp": NOW + 300}))


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.e30", "a.W10.c", "a." + "x" * 200_000])
def test_an_invalid_token_has_no_issuer(token: str) -> None:
    assert issuer_of(token) == ""


def test_a_token_names_its_issuer() -> None:
    assert issuer_of(signed(PERSON)) == "https://id.example.com"
