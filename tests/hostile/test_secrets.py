"""No log, page, address, error or process list contains a secret, whatever goes wrong."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from semantic.config.settings import Settings, load_settings
from tests.browser.visitor import Browser, free_port, running_server
from tests.companies import current_company
from tests.hostile.tab import open_tab

SECRETS = {
    "SAMEPAGE_COOKIE_SECRET": f"cookie-{secrets.token_hex(20)}",
    "SAMEPAGE_AUDIT_KEY": f"audit-{secrets.token_hex(20)}",
    "SAMEPAGE_MASK_KEY": f"mask-{secrets.token_hex(20)}",
}
PASSWORD = f"password-{secrets.token_hex(10)}"


def command_lines() -> str:
    """Return what anyone on this machine can read about its processes."""
    texts: list[str] = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            texts.append(file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(texts)


def test_no_secret_leaves_the_server(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = current_company(tmp_path_factory)
    log, shown = tmp_path / "log", list[str]()
    given_secrets = SECRETS | {
        "SAMEPAGE_STORE": str(tmp_path / "store.sqlite")
    }  # a different key from the other servers here
    with running_server(log, port=free_port(), SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), **given_secrets) as port:
        if Path("/proc/self/cmdline").exists():
            assert not [name for name, secret in SECRETS.items() if secret in command_lines()]
        browser = Browser(port)
        browser.sign_in(number=4)
        for page in (
            "",
            "explore?m=nothing",
            "metrics",
            "definitions",
            "access",
            "audit",
            "saved?x=%00",
            "receipt?receipt=x",
        ):
            path, _, query = page.partition("?")
            shown.append(browser.get(f"/{page}").body)
            with open_tab(browser) as tab:
                shown.append(tab.send(tab.rerun(path, query), patience=60).raw.decode("utf-8", "replace"))
        data.write_bytes(b"no database any more")  # so that questions fail in the engine
        with open_tab(browser) as tab:
            shown.append(
                tab.send(tab.rerun("explore", "m=net_revenue&by=market"), patience=60).raw.decode("utf-8", "replace")
            )
        shown += [
            browser.get(path).body for path in ("/demo/sign-in?token=x", "/auth/callback?code=x", "/_stcore/metrics")
        ]
        cookies = [value for value in browser.cookies.values() if len(value) > 20]
    text = log.read_text(errors="replace") + "".join(shown)
    assert not [name for name, secret in SECRETS.items() if secret in text]
    assert cookies
    assert not [cookie for cookie in cookies if cookie in text]


def test_passwords_of_the_store_and_the_data_are_not_revealed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    address = f"postgresql://samepage:{PASSWORD}@127.0.0.1:1/none?connect_timeout=1"
    for setting in ("SAMEPAGE_STORE", "SAMEPAGE_DATA"):
        with (
            pytest.raises(AssertionError),
            running_server(log, port=free_port(), SAMEPAGE_DEMO="1", **{setting: address}),
        ):
            pass
    text = log.read_text(errors="replace")
    assert "Samepage can't start." in text
    assert PASSWORD not in text
    assert "Traceback" not in text


def test_printed_settings_contain_no_secrets() -> None:
    settings = load_settings(SECRETS | {"SAMEPAGE_STORE": f"postgresql://a:{PASSWORD}@h/d"})
    assert isinstance(settings, Settings)
    for secret in (*SECRETS.values(), PASSWORD):
        assert secret not in repr(settings)
        assert secret not in os.environ.values()
