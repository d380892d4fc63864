"""A server where people sign in with a provider, for tests of the pages for administrators."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.shell import once

SETTINGS = """
[sign_in]
address = "http://localhost:8501"
[sign_in.providers.okta]
label = "Okta"
metadata = "http://localhost:9/.well-known/openid-configuration"
client_id = "samepage"
[sign_in.roles]
viewer = ["staff"]
"""


@pytest.fixture
def of_company(cookies: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The cookies of the same browser on a server where people sign in with a provider."""
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.setenv("SAMEPAGE_DEMO", "0")
    monkeypatch.setenv("SAMEPAGE_SETTINGS", str(tmp_path / "settings.toml"))
    once.forget()
    return cookies
