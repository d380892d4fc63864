"""The shop with a store, for tests of messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.copies import copy_shop
from tests.semantic.services.messages.message_world import World, letters_world
from tests.shop import open_shop


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    workspace = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    with letters_world(workspace, tmp_path) as opened:
        yield opened
    workspace.close()
