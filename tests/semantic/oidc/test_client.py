"""Sign-ins, renewals, refusals and outages with a real provider. Its answers are in provider.mjs."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from semantic.errors import ProviderFailed
from semantic.oidc.client import ProviderClient, join_claims
from tests.provider import SECRET, TestProvider, Visitor
from tests.semantic.oidc.conftest import CALLBACK, come_back, prove


def test_a_sign_in_asks_by_code_with_a_challenge_and_a_nonce(provider: TestProvider) -> None:
    address, flow = ProviderClient(provider.settings()).begin(CALLBACK)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == CALLBACK
    assert asked["scope"] == "openid email profile groups offline_access"
    assert (asked["state"], asked["nonce"]) == (flow.state, flow.nonce)
    assert flow.verifier not in address
    assert SECRET not in address
    assert len({flow.state, flow.nonce, flow.verifier}) == 3


@pytest.mark.parametrize("issuer", ["full", "lean"])
def test_claims_come_from_the_token_or_from_userinfo(provider: TestProvider, issuer: str) -> None:
    proof = prove(ProviderClient(provider.settings(issuer)))
    assert proof.claims["iss"] == getattr(provider, issuer)
    assert proof.claims["sub"] == "mia"
    assert proof.claims["email"] == "mia@example.test"
    assert proof.claims["email_verified"] is True
    assert proof.claims["groups"] == ["mk-marketing"]
    assert proof.claims["markets"] == ["DE", "AT"]
    assert bool(proof.refresh_token) == (issuer == "full")
    assert proof.session
    assert proof.id_token not in repr(proof)


def test_userinfo_is_asked_only_if_the_settings_say_so(provider: TestProvider) -> None:
    proof = prove(ProviderClient(replace(provider.settings("lean"), userinfo=False)))
    assert "email" not in proof.claims
    assert proof.claims["sub"] == "mia"


@pytest.mark.parametrize(
    ("signed", "told", "verified"),
    [
        ({"email": "a@x"}, {"email": "a@x", "email_verified": True}, True),
        ({"email": "a@x"}, {"email": "b@x", "email_verified": True}, None),
        ({}, {"email": "b@x", "email_verified": True}, True),
        ({"email_verified": True}, {"email": "b@x", "email_verified": False}, False),
        ({"email_verified": True}, {"email": "b@x"}, None),
        ({"email": "a@x", "email_verified": True}, {"email": "b@x", "email_verified": False}, True),
    ],
)
def test_a_verified_flag_applies_only_to_its_own_email(
    signed: dict[str, object], told: dict[str, object], verified: bool | None
) -> None:
    claims = join_claims(signed, told)
    assert claims["email"] == signed.get("email", told["email"])
    assert claims.get("email_verified") is verified


def test_eight_hundred_groups_are_read(provider: TestProvider) -> None:
    assert len(prove(ProviderClient(provider.settings()), "big").claims["groups"]) == 800


def test_a_code_from_another_sign_in_is_refused(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    (flow, _), (_, other_code) = come_back(client), come_back(client)
    with pytest.raises(ProviderFailed) as caught:
        client.finish(CALLBACK, flow, other_code)
    assert caught.value.why == "stale"


def test_a_code_works_once(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    flow, code = come_back(client)
    client.finish(CALLBACK, flow, code)
    with pytest.raises(ProviderFailed) as caught:
        client.finish(CALLBACK, flow, code)
    assert caught.value.why == "stale"


def test_a_token_for_another_nonce_is_refused(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    flow, code = come_back(client)
    with pytest.raises(ProviderFailed, match="nonce is wrong") as caught:
        client.finish(CALLBACK, replace(flow, nonce="another"), code)
    assert caught.value.why == "forged"


def test_a_wrong_clock_is_reported_as_the_cause(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings(), clock=lambda: 4_000_000_000.0)
    flow, code = come_back(client)
    with pytest.raises(ProviderFailed) as caught:
        client.finish(CALLBACK, flow, code)
    assert caught.value.why == "clock"


def test_a_renewal_returns_current_claims_and_uses_up_its_token(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    first = prove(client, "omar")
    provider.turn(people={"omar": {"groups": ["canteen"]}})
    second = client.renew(first.refresh_token, "omar")
    assert second.claims["groups"] == ["canteen"]
    assert second.refresh_token not in ("", first.refresh_token)
    with pytest.raises(ProviderFailed) as caught:
        client.renew(first.refresh_token, "omar")
    assert caught.value.why == "stale"
    assert first.refresh_token not in str(caught.value)


def test_a_renewal_for_another_person_is_refused(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    with pytest.raises(ProviderFailed, match="another person") as caught:
        client.renew(prove(client).refresh_token, "ada")
    assert caught.value.why == "forged"


def test_a_person_unknown_at_the_provider_is_not_renewed(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    proof = prove(client, "ada")
    provider.turn(forget="ada")
    with pytest.raises(ProviderFailed) as caught:
        client.renew(proof.refresh_token, "ada")
    assert caught.value.why == "stale"


def test_a_silent_sign_in_needs_an_existing_session(provider: TestProvider) -> None:
    client, visitor = ProviderClient(provider.settings()), Visitor()
    address, _ = client.begin(CALLBACK, prompt="none")
    assert parse_qs(urlsplit(visitor.sign_in(address)).query)["error"] == ["login_required"]
    assert client.failure("login_required").why == "gone"
    come_back(client, visitor=visitor)
    address, flow = client.begin(CALLBACK, prompt="none")
    back = parse_qs(urlsplit(visitor.sign_in(address)).query)
    assert client.finish(CALLBACK, flow, back["code"][0]).claims["sub"] == "mia"


def test_text_from_the_provider_appears_in_no_message(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    failure = client.failure("<script>alert(1)</script>")
    assert (str(failure), failure.why) == ("Full answered with another error.", "refused")


def test_a_wrong_secret_is_reported_as_a_settings_error(provider: TestProvider) -> None:
    client = ProviderClient(replace(provider.settings(), client_secret="another secret altogether"))
    flow, code = come_back(client)
    with pytest.raises(ProviderFailed, match="invalid_client") as caught:
        client.finish(CALLBACK, flow, code)
    assert caught.value.why == "refused"
    assert "another secret" not in str(caught.value)


def test_a_provider_that_is_down_is_judged_by_its_last_metadata(provider: TestProvider) -> None:
    now = [1_800_000_000.0]
    client, other = (ProviderClient(provider.settings(), clock=lambda: now[0]) for _ in range(2))
    known = client.metadata()
    provider.turn(down=True)
    try:
        now[0] += 60
        assert client.metadata() == known
        with pytest.raises(ProviderFailed):  # no one is sent there
            client.begin(CALLBACK)
        now[0] += 4_000
        assert client.metadata() == known
        with pytest.raises(ProviderFailed) as caught:
            other.metadata()
        assert caught.value.why == "down"
        now[0] += 90_000
        for provider_client in (client, other):
            with pytest.raises(ProviderFailed):
                provider_client.metadata()
    finally:
        provider.turn(down=False)
    with pytest.raises(ProviderFailed):  # it isn't asked again immediately
        other.metadata()
    now[0] += 10
    assert other.metadata() == client.metadata() == known


@pytest.mark.server
def test_an_unreachable_address_counts_as_down() -> None:
    nowhere = TestProvider("http://127.0.0.1:9", "http://127.0.0.1:9")
    with pytest.raises(ProviderFailed, match=r"Full can't be reached \(ConnectError\)") as caught:
        ProviderClient(nowhere.settings()).begin(CALLBACK)
    assert caught.value.why == "down"


def test_signing_out_at_the_provider_names_the_sign_in_if_it_fits(provider: TestProvider) -> None:
    client = ProviderClient(provider.settings())
    proof = prove(client)
    asked = parse_qs(urlsplit(client.sign_out_address(proof.id_token, "http://127.0.0.1:9/")).query)
    assert asked == {
        "client_id": ["samepage"],
        "post_logout_redirect_uri": ["http://127.0.0.1:9/"],
        "id_token_hint": [proof.id_token],
    }
    assert "id_token_hint" not in client.sign_out_address("x" * 5_000, "http://127.0.0.1:9/")
