"""Fixtures that open pages of the app and saved questions as one person, who can change during a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.query import (
    Query,
)
from semantic.services.saved_questions import SavedWork
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.saved.saving import Visit
from tests.pages.whole_app import open_app, show_pages_to


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Open a page of the app by its file, with these parameters."""
    show_pages_to(monkeypatch, lambda: who["asks"], lambda: workspace)

    def open_page(page: str = links.EXPLORE, asked: Query | None = None, **params: Any) -> AppTest:
        app = open_app("" if page == links.HOME else page, **(query_to_params(asked) if asked else {}), **params)
        assert not app.exception
        return app

    yield open_page
    once.forget()


@pytest.fixture
def work(workspace: Workspace, who: dict[str, Actor], store: OpensWhenAsked) -> Callable[[], SavedWork]:
    return lambda: SavedWork(*store(), workspace, who["asks"])
