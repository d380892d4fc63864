"""Fixtures for the outbox over SQLite, and over both kinds of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.semantic.services.outbox.outbox_world import World, outbox_world
from tests.semantic.store.clock import Clock


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with outbox_world(str(tmp_path / "store.sqlite"), tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def world_on_each(address: str, tmp_path: Path, clock: Clock) -> Iterator[World]:
    with outbox_world(address, tmp_path, clock) as opened:
        yield opened
