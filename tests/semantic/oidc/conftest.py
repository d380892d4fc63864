"""Fixtures for tests of sign-in: one provider and one of its apps.

Only the app's part that talks to the provider runs.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from semantic.oidc.client import Flow, Proof, ProviderClient
from tests.provider import Visitor

CALLBACK = "http://127.0.0.1:9/auth/callback"
APP = "https://samepage.example.com"


def come_back(client: ProviderClient, person: str = "mia", visitor: Visitor | None = None) -> tuple[Flow, str]:
    """Go to the provider as a person, and return what the app remembers and the code that the person returns with."""
    address, flow = client.begin(CALLBACK)
    back = parse_qs(urlsplit((visitor or Visitor()).sign_in(address, person)).query)
    assert back["state"] == [flow.state]
    return flow, back["code"][0]


def prove(client: ProviderClient, person: str = "mia") -> Proof:
    flow, code = come_back(client, person)
    return client.finish(CALLBACK, flow, code)
