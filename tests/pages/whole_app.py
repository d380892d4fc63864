"""Run the whole app as a person, opened at one of its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.shell import links, session
from pages.shell.navigation import PAGES
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.workspace import Workspace
from tests.waiting import STUCK

ROOT = Path(__file__).parents[2]
PATHS = {page.file: page.path for page in PAGES}


def show_pages_to(
    monkeypatch: pytest.MonkeyPatch,
    asks: Callable[[], Actor | None],
    workspace: Callable[[], Workspace],
    live: Live | None = None,
) -> None:
    """Show the pages to the person that `asks` returns at each run, over this workspace, and in a whole process if
    `live` is given.
    """
    monkeypatch.setattr(session, "_actor", lambda cookie, running: asks())
    monkeypatch.setattr(session, "workspace", workspace)
    monkeypatch.setattr(session, "cookies", dict)
    if live is not None:
        monkeypatch.setattr(session, "live", lambda: live)
        monkeypatch.setattr(session, "checks", lambda: live.checks)


def open_app(page: str = "", *, held: Mapping[str, object] | None = None, **address: object) -> AppTest:
    """Open a page by its file, with these parameters and this session state, or the front page if no file is named.

    It's the first page that the session runs, as when a browser opens its address.
    """
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=STUCK)
    for name, value in (held or {}).items():
        app.session_state[name] = value
    if page and page != links.HOME:
        # AppTest.switch_page knows the pages' paths only after another page has run.
        app._page_hash = calc_hash(PATHS[page])
    app.query_params.update(address)
    return app.run()


def is_closed(app: AppTest) -> bool:
    """Return whether Home is shown instead of the requested page, or a page says that the person has no access."""
    instead = {
        "You don't have access to this page",
        "You don't have a role yet",
        "Not available while you view as someone else",
    }
    return app.session_state[links.AT] == "" or not instead.isdisjoint(title.value for title in app.title)
