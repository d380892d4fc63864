"""A company with a platform, and its page opened as one of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from semantic.policy.actor import Actor
from semantic.services.process import Live
from tests.pages.whole_app import show_pages_to
from tests.semantic.services.reconciling.world import open_world, person

As = Callable[[str], None]


@pytest.fixture
def live(tmp_path: Path, empty_store: Path) -> Iterator[Live]:
    opened = open_world(tmp_path, empty_store, missing=2)
    yield opened
    opened.close()


@pytest.fixture
def open_as(live: Live, monkeypatch: pytest.MonkeyPatch) -> As:
    who: list[Actor] = []
    show_pages_to(monkeypatch, lambda: who[0], live.workspace, live)

    def as_(name: str) -> None:
        who[:] = [person(live, name)]

    return as_
