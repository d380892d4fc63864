"""The whole app run as somebody: its front page first, then a page of it, as a browser comes to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import session
from semantic.live import Live
from semantic.policy.actor import Actor
from semantic.workspace import Workspace

ROOT = Path(__file__).parents[2]


def be(
    monkeypatch: pytest.MonkeyPatch,
    asks: Callable[[], Actor | None],
    workspace: Callable[[], Workspace],
    live: Live | None = None,
) -> None:
    """Who `asks` says at each run looks at the pages: over this workspace, and a whole process if given."""
    monkeypatch.setattr(session, "_actor", lambda cookie, running: asks())
    monkeypatch.setattr(session, "workspace", workspace)
    monkeypatch.setattr(session, "cookies", dict)
    if live is not None:
        monkeypatch.setattr(session, "live", lambda: live)
        monkeypatch.setattr(session, "checks", lambda: live.checks)


def open_app(page: str = "", *, held: Mapping[str, object] | None = None, **address: object) -> AppTest:
    """A page by its file, with this in its address and this held in the session; the front page where none is named."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for name, value in (held or {}).items():
        app.session_state[name] = value
    if page:
        app.run().switch_page(page)
    app.query_params.update(address)
    return app.run()
