"""The company with every kind of metric, built once for each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kinds import build_kinds, open_kinds
from tests.shop import ShopWorkspace


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_kinds(tmp_path_factory.mktemp("kinds") / "kinds.duckdb")


@pytest.fixture(scope="module")
def workspace(data: Path) -> Iterator[ShopWorkspace]:
    opened = open_kinds(data)
    yield opened
    opened.close()
