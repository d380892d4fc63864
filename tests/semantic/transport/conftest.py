"""A company that sends messages, built only once."""

from pathlib import Path

import pytest

from tests.semantic.transport.sending_world import build_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sending")
    build_world(folder)
    return folder
