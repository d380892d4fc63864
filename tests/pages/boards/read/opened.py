"""A board of a few tiles over a copy of the small shop, whose engine can be made to wait or fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from connectors.connector import Limits, Params, StatementFailed
from pages.boards.read import tiles as board_tiles
from semantic.boards.board import BoardState, Tile, TileKind
from semantic.display.boards.shown import TileShown
from semantic.query.data import query_from_data
from semantic.query.query import Query
from tests.shop import ShopWorkspace
from tests.waiting import STUCK, until

PAGE = Path(__file__).parents[2] / "tiles_page.py"
NOTHING_SET = BoardState()
APRIL = {"from": "2026-04-01", "to": "2026-04-30"}


def question(**parts: object) -> Query:
    return query_from_data(parts)


IN_APRIL = question(metrics=["revenue"], time=APRIL, compare=[{"to": "previous"}])
BY_CHANNEL = question(metrics=["revenue"], by=["channel"], time=APRIL)
BY_WEEK = question(metrics=["revenue"], by=[{"dim": "date", "grain": "week"}], time=APRIL)
CROSSED = question(metrics=["revenue"], by=["channel", "device"], time=APRIL)


def tile(kind: TileKind, asks: Query | None = None, name: str = "", **more: Any) -> Tile:
    return Tile(id=name or kind.value, kind=kind, question=asks, **more)


class Engine:
    """The shop's engine, made to wait or fail for statements that contain a text."""

    def __init__(self, shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
        self._start, self._patch = shop.connector.start, monkeypatch
        self._waits: str | None = None
        self._go = threading.Event()
        self.fails: str | None = None
        shop.connector.start = self.start  # type: ignore[method-assign]

    def hold(self, text: str) -> None:
        """Hold statements that contain this text. Pages no longer wait for their answers."""
        self._waits = text
        self._patch.setattr(board_tiles, "PATIENCE", 0.1)

    def release(self) -> None:
        """Let held statements continue, and let pages wait for answers again."""
        self._waits = None
        self._go.set()
        self._patch.setattr(board_tiles, "PATIENCE", STUCK)

    def start(self, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> Any:
        if self.fails is not None and self.fails in sql:
            raise StatementFailed("The disk is on fire.")
        run = self._start(sql, params, limits=limits, tag=tag)
        if self._waits is not None and self._waits in sql:
            result, cancel, is_cancelled = run.result, run.cancel, threading.Event()

            def wait() -> Any:
                until(lambda: is_cancelled.is_set() or self._go.is_set())
                return result()

            def stop() -> None:  # as on an engine, a cancelled statement leaves its worker
                is_cancelled.set()
                cancel()

            run.result, run.cancel = wait, stop  # type: ignore[method-assign]
        return run


class Board:
    """An open board, and what its tiles show."""

    def __init__(self, app: AppTest, shown: dict[str, TileShown]) -> None:
        self.app, self.shown = app, shown

    @property
    def words(self) -> str:
        texts = [str(markdown.value) for kind in (self.app.markdown, self.app.caption) for markdown in kind]
        texts += [str(metric.value) for metric in self.app.metric]
        texts += [link.proto.label for link in self.app.get("page_link")]
        return " | ".join(texts).replace("\\", "")

    def press(self, label: str) -> Board:
        (button,) = [each_button for each_button in self.app.button if each_button.label == label]
        button.click().run()
        assert not self.app.exception
        return self

    def run(self) -> Board:
        self.app.run()
        assert not self.app.exception
        return self

    def run_until(self, holds: Callable[[], object]) -> Board:
        """Rerun the page, as a browser does to look for answers, until `holds` returns something true."""
        until(lambda: self.run() and holds())
        return self


Open = Callable[..., Board]
