"""An open, empty store of each kind, with a clock that stands still until a test moves it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import upgrade
from tests.store import stores


@dataclass
class Clock:
    """Noon of 1 September 2026 and, with each `move`, later."""

    at: datetime = field(default=datetime(2026, 9, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=stores.KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.address(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    opened = Store(connect_store(address), clock=clock)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    return keys_of(stores.SECRET)
