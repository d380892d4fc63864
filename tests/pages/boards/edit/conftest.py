"""A page of the app, opened by its file, and the boards of its person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.shell import once
from semantic.policy.actor import Actor
from semantic.services.boards import BoardWork
from semantic.workspace import Workspace
from tests.pages.composed import (
    Visit,
    Work,
    pages_of,
)
from tests.pages.conftest import OpensWhenAsked


@pytest.fixture
def visit(workspace: Workspace, who: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Open a page of the app by its file, with these parameters."""
    yield pages_of(workspace, who, monkeypatch)
    once.forget()


@pytest.fixture
def work(workspace: Workspace, who: dict[str, Actor], store: OpensWhenAsked) -> Work:
    return lambda actor=None: BoardWork(*store(), workspace, actor or who["asks"])
