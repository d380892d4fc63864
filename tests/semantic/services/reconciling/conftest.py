"""A store with all its tables, for tests to copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.services.process import Live
from semantic.store.database import Store, connect_store
from semantic.store.migrate import upgrade
from tests.semantic.services.reconciling.world import open_world


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "store.sqlite"
    store = Store(connect_store(str(path)))
    upgrade(store)
    store.close()
    return path


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Iterator[Live]:
    opened = open_world(tmp_path_factory.mktemp("world"), empty_store, missing=2)
    yield opened
    opened.close()
