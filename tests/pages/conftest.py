"""The small shop, its steward, and Explore opened at a question; files with other needs have fixtures of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import question, session
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import (
    Query,
)
from semantic.workspace import Workspace
from tests.pages.explore_page import PAGE, Open, held
from tests.shop import build_shop, open_shop


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(build_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def steward(workspace: Workspace) -> Actor:
    return workspace.people["steward"]


@pytest.fixture
def explore(workspace: Workspace, steward: Actor, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page at a question, or at raw parameters, with the popovers of these names open."""
    monkeypatch.setattr(session, "require", lambda role: (workspace, steward))
    monkeypatch.setattr(question, "PATIENCE", 20.0)

    def open_page(asked: Query | None = None, *popovers: str, **params: Any) -> AppTest:
        app = AppTest.from_file(str(PAGE), default_timeout=30)
        app.query_params.update(query_to_params(asked) if asked else params)
        app.run()
        for name in popovers:
            app.session_state[held(app).key(name)] = True
        if popovers:
            app.run()
        assert not app.exception
        return app

    return open_page
