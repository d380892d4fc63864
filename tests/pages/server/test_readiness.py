"""Readiness without a worker is a warning, because questions are still answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.server import readiness
from pages.server.readiness import NO_WORKER, READY, SOME_SILENT, Readiness
from semantic.config.settings import Settings
from semantic.services.process import Live
from semantic.worker.jobs import jobs_of
from semantic.worker.worker import Worker
from tests.copies import copy_shop
from tests.semantic.store.clock import Clock
from tests.shop import SHOP


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setattr(readiness, "KEPT_SECONDS", 0)
    key = "a key of tests that is long enough for it"
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=str(tmp_path / "store.sqlite"), audit_key=key
    )
    opened = Live.open(settings)
    opened.store._clock = clock  # pyright: ignore[reportPrivateUsage] (the test's own time)
    yield opened
    opened.close()


def test_a_worker_not_seen_for_five_minutes_is_a_warning(live: Live, clock: Clock) -> None:
    found = Readiness(live, lambda: False)
    clock.move(minutes=4, seconds=59)
    assert found.state().parts["jobs"] == READY  # one may just be starting
    clock.move(seconds=1)
    assert found.state().parts["jobs"] == NO_WORKER
    assert found.state().is_ready
    Worker(live, jobs_of(live)).run_once()
    assert found.state().parts["jobs"] == READY
    clock.move(minutes=5)
    assert found.state().parts["jobs"] == NO_WORKER


def test_another_connection_that_is_down_is_a_warning_too(live: Live, tmp_path: Path) -> None:
    found = Readiness(live, lambda: False)
    assert "connections" not in found.state().parts
    connectors = live.workspace().connectors
    connectors.set("plans", str(copy_shop(tmp_path / "plans.duckdb")))
    assert found.state().parts["connections"] == READY
    connectors.set("gone", str(tmp_path / "gone.duckdb"))
    state = found.state()
    assert (state.is_ready, state.parts["connections"]) == (True, SOME_SILENT)
    assert not any("gone" in words for words in state.parts.values())
    connectors.drop("gone")
    assert found.state().parts["connections"] == READY
