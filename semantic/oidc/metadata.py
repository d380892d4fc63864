"""A provider's metadata: its identity, its endpoints, and its signing algorithms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from semantic.config.sign_in import LOOPBACK
from semantic.errors import ProviderFailed

SIGNATURES: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""The accepted signature algorithms. All use key pairs, of which only the provider has the private key: never none,
never a shared secret.
"""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """A provider's own metadata. An address is "" if the provider has none."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str = ""
    end_session: str = ""
    signatures: tuple[str, ...] = ("RS256",)
    token_methods: tuple[str, ...] = ("client_secret_basic",)
    scopes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    names_issuer: bool = False  # its responses say who responds (RFC 9207)
    ends_sign_ins: bool = False  # it reports ended sign-ins (OpenID Connect Back-Channel Logout)


def read_metadata(data: object, address: str) -> Metadata:
    """Return the metadata from an address that the settings name. Raises ProviderFailed.

    The issuer must match the address, because otherwise an issuer could sign for another provider's people.
    """
    if not isinstance(data, Mapping):
        raise ProviderFailed(f"{address} has no provider metadata.", why="refused")
    fields = cast("Mapping[str, object]", data)  # cast: keys of a JSON object are texts
    issuer = _text(fields, "issuer")
    if issuer.rstrip("/") != address.removesuffix(_WELL_KNOWN).rstrip("/"):
        raise ProviderFailed(
            (
                f"The provider at {address} identifies itself as {issuer or 'unnamed'}. Use the metadata address of "
                "that issuer. For Entra ID, use the address with the tenant's own ID instead of common or "
                "organizations."
            ),
            why="refused",
        )
    signatures = tuple(text for text in _texts(fields, "id_token_signing_alg_values_supported") if text in SIGNATURES)
    if "id_token_signing_alg_values_supported" in fields and not signatures:
        raise ProviderFailed(
            f"{issuer} doesn't sign in a way that can be verified. Set it to RS256 or ES256.", why="refused"
        )
    return Metadata(
        issuer=issuer,
        authorization=_endpoint(fields, "authorization_endpoint", issuer),
        token=_endpoint(fields, "token_endpoint", issuer),
        keys=_endpoint(fields, "jwks_uri", issuer),
        userinfo=_endpoint(fields, "userinfo_endpoint", issuer, is_needed=False),
        end_session=_endpoint(fields, "end_session_endpoint", issuer, is_needed=False),
        signatures=signatures or ("RS256",),
        token_methods=_texts(fields, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
        scopes=_texts(fields, "scopes_supported"),
        claims=_texts(fields, "claims_supported"),
        names_issuer=fields.get("authorization_response_iss_parameter_supported") is True,
        ends_sign_ins=fields.get("backchannel_logout_supported") is True,
    )


def _endpoint(fields: Mapping[str, object], name: str, issuer: str, *, is_needed: bool = True) -> str:
    address = _text(fields, name)
    if not address and not is_needed:
        return ""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ProviderFailed(f"The {name} of {issuer} isn't an https address.", why="refused")
    return address


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable() else ""


def _texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    values = fields.get(name, ())
    if not isinstance(values, list):
        return ()
    return tuple(
        entry for entry in cast("Iterable[object]", values) if isinstance(entry, str)
    )  # cast: checked one by one
