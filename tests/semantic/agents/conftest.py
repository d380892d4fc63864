"""The shop with its stewards, opened for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.semantic.agents.world import AgentWorld, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AgentWorld]:
    with opened(tmp_path) as made:
        yield made
