"""A log of ten people written by hand, and the page Analyses over it, opened as any of its people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.opening import KEY
from pages.shell import links, once
from semantic.policy.actor import Actor
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.analyses.events.logged import FIRST, LoggedWorkspace, Row, open_log
from tests.waiting import STUCK

Open = Callable[..., AppTest]

ACTS = {"a": 10, "b": 6, "c": 3}
"""How many of ten people view (a), add to a cart (b) and check out (c). It's always the first of them."""

FUNNEL: dict[str, Any] = {
    "kind": "funnel", "v": 1, "subject": "person", "steps": [{"metric": "views"}, {"metric": "carts"}],
}  # fmt: skip


def rows() -> list[Row]:
    """Return the actions. A person's actions are an hour apart.

    People with even numbers use a phone, and the others a desktop.
    """
    return [
        Row(
            table="actions", key=f"{act}{person}", person=f"p{person}", at=FIRST + timedelta(hours=hour), act=act,
            market="DE" if person < 5 else "FR", device="phone" if person % 2 == 0 else "desktop",
            session=f"s{person}_0", product="apple",
        )
        for hour, (act, count) in enumerate(ACTS.items())
        for person in range(count)
    ]  # fmt: skip


def answered(app: AppTest) -> AppTest:
    """Return the page once nothing is running."""
    while not app.exception and app.session_state[KEY].pending is not None:
        app.session_state[KEY].settle(STUCK)
        app.run()
    return app


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("log"), rows())
    yield opened
    opened.close()


@pytest.fixture
def asks(log: LoggedWorkspace) -> dict[str, Actor]:
    """The person who opens the page. A test changes it with `asks["now"] = …`."""
    return {"now": log.people["ana"]}


@pytest.fixture
def visit(log: LoggedWorkspace, asks: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open the page, with a definition in its address if there is one."""
    show_pages_to(monkeypatch, lambda: asks["now"], lambda: log)

    def open_page(definition: dict[str, Any] | str | None = None) -> AppTest:
        text = definition if isinstance(definition, str) else json.dumps(definition)
        app = open_app(links.ANALYSES) if definition is None else open_app(links.ANALYSES, a=text)
        return answered(app)

    yield open_page
    once.forget()
