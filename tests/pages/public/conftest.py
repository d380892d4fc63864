"""Fixtures for tests of public links: the company and its server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pages.public import board as public_board
from pages.public.board import PublicBoards
from semantic.config.settings import Settings
from semantic.services.process import Live
from tests.pages.api_world import build
from tests.pages.public.wall import POLICY, Wall, served
from tests.pages.whole_app import show_pages_to


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = build(tmp_path, pairs_with=3)
    (tmp_path / "model/links.yml").write_text(POLICY, encoding="utf-8")
    return Settings(
        data=str(data), model=tmp_path / "model", store=str(tmp_path / "links.sqlite"),
        audit_key_file=tmp_path / "audit.key", demo=True, public_links=True,
    )  # fmt: skip


@pytest.fixture
def wall(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wall]:
    live = Live.open(settings)
    show_pages_to(monkeypatch, lambda: None, live.workspace, live)
    boards = PublicBoards(live)
    monkeypatch.setattr(public_board, "FRESH_SECONDS", 0.0)
    with served(boards.route()) as port:
        opened = Wall(live, port, "", boards)
        yield replace(opened, board=opened.publish())
    live.close()
