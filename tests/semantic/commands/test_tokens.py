"""The command `token`: it prints a token once, lists tokens without their text, revokes with a reason, and explains
refusals.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.config.settings import load_settings
from semantic.store.accounts.service_tokens import ServiceToken, find_token
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.open import open_store

MAKE = ("token", "make", "Nightly report", "--for", "The sheet", "--role", "marketer")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A separate store and model folder for the test, in demo mode."""
    model = "people:\n  - {id: jonas, name: Jonas Falk, roles: [marketer]}\n"
    (tmp_path / "model").mkdir()
    (tmp_path / "model/people.yml").write_text(model, encoding="utf-8")
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    monkeypatch.setenv("SAMEPAGE_MODEL", str(tmp_path / "model"))
    monkeypatch.setenv("SAMEPAGE_DEMO", "1")


def _found(token: str) -> ServiceToken | None:
    store, _ = open_store(load_settings())
    with store.read() as connection:
        bearer = find_token(connection, token)
    store.close()
    return bearer


def _said() -> str:
    store, keys = open_store(load_settings())
    with store.read() as connection:
        (entry, *_) = read_entries(connection, keys)
    store.close()
    return sentence(entry)


def test_a_token_is_printed_once_with_the_requested_grant(capsys: pytest.CaptureFixture[str]) -> None:
    more = (
        "--with",
        "markets:DE,AT",
        "--with",
        "team: search",
        "--group",
        "agency",
        "--days",
        "30",
        "--owner",
        "jonas",
    )
    assert main([*MAKE, *more]) == 0
    out, talk = capsys.readouterr()
    token = _found(out.strip())
    assert token is not None
    assert token.grant.attributes == {"markets": ("DE", "AT"), "team": "search"}
    assert (token.grant.groups, token.grant.scopes, token.owner) == ({"agency"}, {"ask"}, "jonas")
    assert (token.grant.until - token.begun_at).days == 30
    assert "group agency, markets DE + AT, team search" in talk
    assert _said().startswith("Someone at the server's shell created the service token “Nightly report”")
    assert main(["token", "list"]) == 0
    out, talk = capsys.readouterr()
    assert re.search(rf"{token.number}  Nightly report  Works", out)
    assert "sp_" not in out
    assert talk == "1 token.\n"


def test_a_token_is_revoked_with_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    main([*MAKE])
    token = capsys.readouterr().out.strip()
    assert main(["token", "end", token[:15], "--why", "The sheet is gone"]) == 0
    assert _said().endswith("revoked the service token “Nightly report”: “The sheet is gone”")
    capsys.readouterr()
    main(["token", "list"])
    assert capsys.readouterr() == ("", "0 tokens; --all shows 1 more that no longer work.\n")
    main(["token", "list", "--all"])
    assert ": The sheet is gone" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "code", "says"),
    [
        ((*MAKE, "--days", "366"), 1, "must expire within 365 days"),
        ((*MAKE, "--days", "0"), 1, "must expire within 365 days"),
        ((*MAKE, "--with", "markets"), 1, "'markets' isn't an attribute"),
        ((*MAKE, "--with", "a:1", "--with", "a:2"), 1, "'a' appears twice"),
        ((*MAKE, "--owner", "jana"), 1, "There is no person named 'jana'"),
        ((*MAKE[:-1], "steward", "--owner", "jonas"), 1, "Jonas Falk isn't a steward"),
        ((*MAKE[:-1], "administrator"), 2, "invalid choice: 'administrator'"),
        ((*MAKE, "--may", "everything"), 2, "invalid choice: 'everything'"),
        (("token", "end", "0" * 12, "--why", "x"), 1, "There's no service token with this number"),
        (("token",), 2, "required"),
    ],
)
def test_impossible_requests_are_reported(
    given: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given]) == code
    out, talk = capsys.readouterr()
    assert out == ""
    assert says in talk
