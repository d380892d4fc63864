"""One provider and one app of its, of which nothing runs but what asks the provider."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from semantic.oidc.client import Flow, Proof, ProviderClient
from tests.browser.visitor import free_port
from tests.provider import TestProvider, Visitor, running_provider

CALLBACK = "http://127.0.0.1:9/auth/callback"
APP = "https://samepage.example.com"


@pytest.fixture(scope="package")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestProvider]:
    log = tmp_path_factory.mktemp("provider") / "log"
    with running_provider(log, (free_port(), free_port()), ["http://127.0.0.1:9", APP]) as running:
        yield running


def come_back(client: ProviderClient, person: str = "mia", visitor: Visitor | None = None) -> tuple[Flow, str]:
    """Go to the provider as a person; what the app remembers of it, and the code they come back with."""
    address, flow = client.begin(CALLBACK)
    back = parse_qs(urlsplit((visitor or Visitor()).sign_in(address, person)).query)
    assert back["state"] == [flow.state]
    return flow, back["code"][0]


def prove(client: ProviderClient, person: str = "mia") -> Proof:
    flow, code = come_back(client, person)
    return client.finish(CALLBACK, flow, code)
