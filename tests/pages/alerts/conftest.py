"""The shop of the alert tests as one process, and its pages, opened as any person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.alerts import computing
from pages.shell import once, session
from semantic.policy.actor import Actor
from semantic.services.alerts.job import Alerts
from semantic.services.alerts.work import AlertWork
from semantic.services.process import Live
from semantic.worker.job import Turn
from tests.pages.alerts_world import open_alerts_world, person
from tests.pages.whole_app import open_app, show_pages_to
from tests.waiting import STUCK

Open = Callable[..., AppTest]


@pytest.fixture
def live(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    folder = tmp_path / "world"
    folder.mkdir()
    opened = open_alerts_world(folder, empty_store)
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    monkeypatch.setattr(computing, "PATIENCE", STUCK)  # what a page shows first doesn't depend on the machine's speed
    yield opened
    opened.close()


@pytest.fixture
def asks(live: Live) -> dict[str, Actor]:
    """The person who is signed in. A test can change it between two runs."""
    return {"now": person(live, "mark")}


@pytest.fixture
def visit(live: Live, asks: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page by its file, as the person who is signed in."""
    show_pages_to(monkeypatch, lambda: asks["now"], live.workspace, live)

    def open_page(file: str, **address: Any) -> AppTest:  # Any: as open_app takes them
        app = open_app(file, **address)
        assert not app.exception
        return app

    yield open_page
    once.forget()


@pytest.fixture
def work(live: Live) -> Callable[[str], AlertWork]:
    """Returns the alerts as one person sees them."""
    return lambda name: AlertWork(live.store, live.keys, live.workspace(), person(live, name))


@pytest.fixture
def evaluate(live: Live) -> Callable[[], None]:
    """Evaluates every alert once, as a worker does."""

    def run() -> None:
        job = Alerts(live)
        assert job.every < timedelta(hours=1)
        job.run(Turn(now=live.store.now(), holder="test", is_mine=lambda: True, is_stopping=lambda: False))

    return run


def words(app: AppTest) -> str:
    """Return all text on the page, without the characters that keep it from being read as Markdown."""
    kinds = (app.title, app.markdown, app.caption, app.warning)
    texts = [str(element.value) for kind in kinds for element in kind]
    texts += [link.proto.label for link in app.get("page_link")]
    texts += [button.label for button in app.button]
    return " | ".join(texts).replace("\\", "").replace("*", "").replace("\N{WORD JOINER}", "")
