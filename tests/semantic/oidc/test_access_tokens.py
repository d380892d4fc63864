"""Access tokens signed by hand: what proves that a client can ask on a person's behalf, and each way in which the proof
fails.
"""

from __future__ import annotations

from typing import Any

import pytest

from semantic.errors import ProviderFailed
from semantic.oidc.tokens import Access, read_access_token
from tests.semantic.oidc.test_tokens import EVENTS, METADATA, NOW, OTHER, PERSON, keys, signed

HERE = "https://samepage.example.com"
ACCESS = {
    "iss": "https://id.example.com", "sub": "mia", "aud": HERE, "client_id": "assistant", "iat": NOW - 10,
    "exp": NOW + 300, "email": "mia@example.com",
}  # fmt: skip


def read(token: str, *audiences: str) -> Access:
    return read_access_token(token, METADATA, audiences or (HERE,), "samepage", keys, now=NOW)


def test_a_token_for_this_server_names_the_person_and_the_client() -> None:
    assert read(signed(ACCESS, typ="at+jwt")) == Access(claims=ACCESS, client="assistant")
    several = ACCESS | {"aud": ["https://other.example.com", HERE]}
    assert read(signed(several, typ="application/at+jwt")).client == "assistant"
    for name in ("azp", "cid", "appid"):
        claims = {key: value for key, value in ACCESS.items() if key != "client_id"} | {name: "assistant"}
        assert read(signed(claims, typ="JWT")).client == "assistant"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aud": "https://other.example.com"}, "forged"),
        ({"aud": None}, "forged"),
        ({"aud": 7}, "forged"),
        ({"aud": f"{HERE}/"}, "forged"),
        ({"aud": [HERE, "samepage"]}, "forged"),  # an ID token has the app's own client as its audience
        ({"iss": "https://evil.example.com"}, "forged"),
        ({"iss": None}, "forged"),
        ({"exp": NOW}, "clock"),
        ({"exp": NOW - 1}, "clock"),
        ({"exp": None}, "forged"),
        ({"exp": "soon"}, "forged"),
        ({"exp": True}, "forged"),
        ({"nbf": NOW + 500}, "clock"),
        ({"iat": NOW + 500}, "clock"),
        ({"client_id": None}, "forged"),
        ({"client_id": ["assistant"]}, "forged"),
        ({"azp": "another"}, "forged"),  # client_id says something else
        ({"sub": None}, "forged"),
        ({"sub": "x" * 256}, "forged"),
        ({"nonce": "n"}, "forged"),
        ({"at_hash": "AAAA"}, "forged"),
        ({"events": EVENTS}, "forged"),
        ({"typ": "ID"}, "forged"),
        ({"typ": "Refresh"}, "forged"),
        ({"token_use": "id"}, "forged"),
    ],
)
def test_any_invalid_token_is_refused(changed: dict[str, Any], why: str) -> None:
    claims = {name: value for name, value in (ACCESS | changed).items() if value is not None}
    with pytest.raises(ProviderFailed) as caught:
        read(signed(claims))
    assert caught.value.why == why
    assert "mia" not in str(caught.value)


def test_an_id_token_is_never_accepted() -> None:
    with pytest.raises(ProviderFailed):
        read(signed(PERSON), "samepage")
    without_nonce = {name: value for name, value in PERSON.items() if name != "nonce"} | {"azp": "samepage"}
    with pytest.raises(ProviderFailed):
        read(signed(without_nonce), "samepage")


def test_without_an_audience_none_is_accepted() -> None:
    with pytest.raises(ProviderFailed):
        read_access_token(signed(ACCESS), METADATA, (), "samepage", keys, now=NOW)


@pytest.mark.parametrize("header", [{"typ": "logout+jwt"}, {"typ": "dpop+jwt"}, {"typ": "secevent+jwt"}])
def test_a_token_of_another_type_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(ProviderFailed):
        read(signed(ACCESS, **header))


def test_another_signature_is_refused() -> None:
    for token in (signed(ACCESS, OTHER, kid="one"), f"{signed(ACCESS)[:-6]}AAAAAA", "a.b.c"):
        with pytest.raises(ProviderFailed, match="isn't signed by it"):
            read(token)
