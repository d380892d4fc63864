"""A provider's metadata: what is read and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from semantic.errors import ProviderFailed
from semantic.oidc.metadata import Metadata, read_metadata

ADDRESS = "https://id.example.com/tenant/.well-known/openid-configuration"
SAID: dict[str, Any] = {
    "issuer": "https://id.example.com/tenant",
    "authorization_endpoint": "https://id.example.com/a",
    "token_endpoint": "https://id.example.com/t",
    "jwks_uri": "https://id.example.com/k",
}


def test_the_minimal_metadata_is_enough() -> None:
    assert read_metadata(SAID, ADDRESS) == Metadata(
        issuer="https://id.example.com/tenant",
        authorization="https://id.example.com/a",
        token="https://id.example.com/t",
        keys="https://id.example.com/k",
    )


def test_optional_fields_are_read() -> None:
    metadata = read_metadata(
        SAID
        | {
            "issuer": "https://id.example.com/tenant/",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256", "RS256", 7],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "end_session_endpoint": "https://id.example.com/out",
            "userinfo_endpoint": "https://id.example.com/me",
            "scopes_supported": ["openid", "groups"],
            "backchannel_logout_supported": True,
            "authorization_response_iss_parameter_supported": True,
        },
        ADDRESS,
    )
    assert metadata.issuer == "https://id.example.com/tenant/"
    assert metadata.signatures == ("ES256", "RS256")
    assert metadata.token_methods == ("client_secret_post",)
    assert (metadata.end_session, metadata.userinfo) == ("https://id.example.com/out", "https://id.example.com/me")
    assert metadata.ends_sign_ins
    assert metadata.names_issuer


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"issuer": "https://evil.example.com"}, "identifies itself as https://evil.example.com"),
        ({"issuer": "https://id.example.com/{tenantid}"}, "the tenant's own ID instead of common"),
        ({"issuer": 7}, "identifies itself as unnamed"),
        (
            {"token_endpoint": "http://id.example.com/t"},
            "The token_endpoint of https://id.example.com/tenant isn't an https",
        ),
        ({"jwks_uri": "file:///etc/passwd"}, "The jwks_uri"),
        ({"authorization_endpoint": ""}, "The authorization_endpoint"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "The end_session_endpoint"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "doesn't sign in a way that can be verified"),
    ],
)
def test_untrusted_metadata_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        read_metadata(SAID | changed, ADDRESS)
    assert says in str(caught.value)
    assert caught.value.why == "refused"


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_invalid_metadata_is_refused(data: object) -> None:
    with pytest.raises(ProviderFailed, match="no provider metadata"):
        read_metadata(data, ADDRESS)
