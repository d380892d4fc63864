"""The HTTP API on a server started as people start it: next to the pages, behind the same headers."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from semantic.config.settings import Settings
from semantic.store.accounts.service_tokens import make_token
from semantic.store.open import open_store
from tests.browser.visitor import STUCK, Browser
from tests.browser.warm import warm_server
from tests.pages.api_world import OTTO, QUESTION, bearer, build, granted

pytestmark = pytest.mark.server


def _asked(
    port: int, headers: dict[str, str], path: str = "/api/v1/ask", given: Any = QUESTION
) -> tuple[int, dict[str, str], Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
    connection.request("POST", path, json.dumps(given), {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    reply = response.status, {name.lower(): value for name, value in response.getheaders()}, json.load(response)
    connection.close()
    return reply


def test_a_script_asks_a_served_app_and_its_token_is_never_logged(tmp_path: Path) -> None:
    data = build(tmp_path, pairs_with=3)
    saved, key = str(tmp_path / "store.sqlite"), tmp_path / "audit.key"
    store, keys = open_store(Settings(data=str(data), model=tmp_path / "model", store=saved, audit_key_file=key))
    with store.write() as transaction:
        new_token, token = make_token(transaction, keys, granted(store.now()), OTTO)
    with warm_server(
        tmp_path / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_MODEL=str(tmp_path / "model"),
        SAMEPAGE_STORE=saved, SAMEPAGE_AUDIT_KEY_FILE=str(key),
    ) as port:  # fmt: skip
        status, headers, answer = _asked(port, bearer(token))
        assert status == 200
        assert [(row["market"], row["revenue"]) for row in answer["rows"]] == [("AT", 4), ("DE", 3)]
        _, _, asked = _asked(port, bearer(token), "/api/v1/tools/ask", {"question": QUESTION})
        assert asked["link"].startswith(f"http://localhost:{port}/explore?")
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert not [name for name in headers if name.startswith("access-control") or name == "set-cookie"]
        person = Browser(port)
        person.sign_in()
        assert person.cookies
        cookies = "; ".join(f"{name}={value}" for name, value in person.cookies.items())
        assert _asked(port, {"Cookie": cookies, "Origin": "https://elsewhere.example"})[0] == 401
        status, _, refused = _asked(port, bearer(token), f"/api/v1/ask?token={token}")
        assert (status, refused["code"]) == (400, "token_in_address")
        assert _asked(port, bearer(token))[0] == 401
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert f"The service token {new_token.number} appeared in a link" in log
    assert token.rpartition("_")[2] not in log
    store.close()
