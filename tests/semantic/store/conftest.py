"""An open, empty store of each kind, with a clock that stands still until a test moves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from tests.copies import empty_store
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import Process


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=stores.kinds())
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.address(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    opened = empty_store(address, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return keys_of(stores.SECRET)


@pytest.fixture
def process(store: Store, keys: Keys) -> Process:
    return Process(store, keys)


@pytest.fixture
def another(address: str, clock: Clock, keys: Keys) -> Iterator[Process]:
    """A second server over the same store."""
    opened = Store(connect_store(address), clock=clock)
    yield Process(opened, keys)
    opened.close()
