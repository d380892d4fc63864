"""The command `python -m semantic sign-in`: what administrators see before anyone signs in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semantic.__main__ import main
from tests.provider import CLIENT, SECRET, TestProvider

AGENCY = """
[sign_in.providers.agency]
label = "Agency"
metadata = "https://agency.example.net/.well-known/openid-configuration"
client_id = "samepage"
domains = ["agency.example.net"]
[sign_in.providers.agency.roles]
viewer = ["our-desk"]
"""
OURS = """domains = ["example.com"]
[sign_in.providers.full.roles]"""


@pytest.fixture
def settings(tmp_path: Path, provider: TestProvider, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(f"""
[sign_in]
address = "https://samepage.example.com"
[sign_in.providers.full]
label = "Full"
metadata = "{provider.full}/.well-known/openid-configuration"
client_id = "{CLIENT}"
client_secret = "env:CLIENT_SECRET"
scopes = "openid email groups offline_access"
[sign_in.providers.full.roles]
marketer = ["mk-marketing", "mk-web"]
[sign_in.providers.full.attributes]
markets = "markets"
""")
    monkeypatch.setenv("SAMEPAGE_SETTINGS", str(file))
    monkeypatch.setenv("SAMEPAGE_COOKIE_SECRET", "a secret that only this test knows")
    monkeypatch.setenv("CLIENT_SECRET", SECRET)
    return file


def say(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["sign-in", *arguments])
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    return code, printed.out, printed.err


@pytest.mark.usefixtures("settings")
def test_valid_settings_are_reported(provider: TestProvider, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = say("check", capsys=capsys)
    assert (code, err) == (0, "")
    assert "https://samepage.example.com/auth/callback   as redirect URI" in out
    assert f"issuer       {provider.full}, with 1 key" in out
    assert "  role         marketer for mk-marketing, mk-web\n  attribute    markets from the claim markets\n" in out
    assert "  ids          any\n" in out
    assert "sign-out     also at the provider" in out
    assert "back-channel yes" in out


def test_errors_are_reported(
    settings: Path, provider: TestProvider, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text(settings.read_text().replace("email groups", "email teams"))
    monkeypatch.delenv("SAMEPAGE_COOKIE_SECRET")
    code, _, err = say("check", capsys=capsys)
    assert code == 1
    assert "Full doesn't offer teams. Remove it from sign_in.providers.full.scopes" in err
    assert "SAMEPAGE_COOKIE_SECRET isn't set" in err
    settings.write_text(settings.read_text().replace(provider.full, "http://127.0.0.1:9"))
    assert (
        say("check", "--offline", capsys=capsys)[2]
        == "SAMEPAGE_COOKIE_SECRET isn't set, and the server doesn't start without it.\n"
    )
    code, _, err = say("check", capsys=capsys)
    assert (code, "Full can't be reached (ConnectError)." in err) == (1, True)


def test_without_the_table_the_command_says_where_it_belongs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SAMEPAGE_SETTINGS", raising=False)
    code, _, err = say("check", capsys=capsys)
    assert code == 1
    assert "The settings have no [sign_in] table." in err


def test_claims_are_read_like_at_a_sign_in(settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "claims.json"
    claims = {"email": "Mia@example.com", "email_verified": True, "name": "Mia", "groups": ["mk-marketing", "x"]}
    file.write_text(json.dumps(claims | {"markets": ["DE", "AT"]}))
    code, out, _ = say("try", str(file), "--provider", "full", capsys=capsys)
    assert (code, out.splitlines()) == (
        0,
        [
            "Id         mia@example.com",
            "Name       Mia",
            "Role       marketer, by mk-marketing",
            "Groups     mk-marketing, x",
            "Attribute  markets = DE, AT",
        ],
    )
    file.write_text(json.dumps(claims | {"groups": ["x"]}))
    assert "Role       none" in say("try", str(file), "--provider", "full", capsys=capsys)[1]
    file.write_text(json.dumps(claims | {"email_verified": False}))
    assert "isn't verified" in say("try", str(file), "--provider", "full", capsys=capsys)[2]
    alone = settings.read_text()
    settings.write_text(alone + AGENCY)
    assert "sign_in.providers.full.domains is missing" in say("check", "--offline", capsys=capsys)[2]
    settings.write_text(alone.replace("[sign_in.providers.full.roles]", OURS) + AGENCY)
    file.write_text(json.dumps(claims))
    code, out, err = say("try", str(file), "--provider", "agency", capsys=capsys)
    assert (code, out) == (1, "")
    assert "Your email, mia@example.com, isn't in a domain that can sign in this way." in err
    file.write_text(json.dumps(claims | {"email": "ada@agency.example.net"}))
    tried = say("try", str(file), "--provider", "agency", capsys=capsys)[1]
    assert "Role       none" in tried
    assert "Policies   can use none of these groups" in tried
    file.write_text(json.dumps(claims))
    assert "Role       marketer" in say("try", str(file), "--provider", "full", capsys=capsys)[1]
    out = say("check", "--offline", capsys=capsys)[1]
    assert "ids          only of example.com\n" in out
    assert "ids          only of agency.example.net\n" in out
    file.write_text("no JSON")
    assert "can't be read as JSON" in say("try", str(file), "--provider", "full", capsys=capsys)[2]
    assert "The settings have: full, agency." in say("try", str(settings), "--provider", "okta", capsys=capsys)[2]
