"""Connections by name: opened once and only when needed, and changed while others keep working.

If one connection fails, the others still work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import connect
from connectors.connector import Limits
from connectors.connector import Unavailable as Closed
from semantic.errors import Unavailable
from semantic.run.connectors import AGAIN_SECONDS, Connectors
from tests.engines import write_orders

COUNT = "SELECT count(*) AS n FROM orders"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def count(connectors: Connectors, name: str) -> int:
    return connectors.get(name).start(COUNT, limits=Limits()).result().column("n")[0].as_py()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connectors(tmp_path: Path, clock: Clock) -> Iterator[Connectors]:
    main = write_orders(tmp_path / "main.duckdb")
    opened = Connectors(connect(str(main)), {"plans": str(tmp_path / "plans.duckdb")}, clock=clock)
    yield opened
    opened.close()


def test_the_main_connection_has_no_name_and_others_are_listed(connectors: Connectors) -> None:
    assert connectors.names() == ("plans",)
    assert connectors.get("") is connectors.main
    assert count(connectors, "") == 4


def test_a_connection_that_cannot_be_opened_is_retried_after_a_while(
    connectors: Connectors, clock: Clock, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match="The connection 'plans' can't be used") as caught:
        connectors.get("plans")
    assert str(tmp_path) not in str(caught.value)
    assert str(tmp_path) in caught.value.place
    write_orders(tmp_path / "plans.duckdb", "DELETE FROM orders WHERE id > 1")
    with pytest.raises(Unavailable):
        connectors.get("plans")
    clock.now += AGAIN_SECONDS
    assert count(connectors, "plans") == 1
    assert connectors.get("plans") is connectors.get("plans")
    assert count(connectors, "") == 4


def test_an_unknown_name_says_what_is_missing(connectors: Connectors) -> None:
    with pytest.raises(Unavailable, match="'elsewhere', which isn't set up"):
        connectors.get("elsewhere")


def test_another_address_takes_effect_at_once_and_the_earlier_one_is_closed(
    connectors: Connectors, tmp_path: Path
) -> None:
    first = write_orders(tmp_path / "first.duckdb", "DELETE FROM orders WHERE id > 2")
    second = write_orders(tmp_path / "second.duckdb", "DELETE FROM orders WHERE id > 3")
    connectors.set("plans", str(first))
    before = connectors.get("plans")
    assert count(connectors, "plans") == 2
    connectors.set("plans", str(first))  # the same again changes nothing
    assert connectors.get("plans") is before
    connectors.set("plans", str(second))
    assert count(connectors, "plans") == 3
    with pytest.raises(Closed):
        before.data_version(())
    connectors.set("more", str(first))
    assert connectors.names() == ("more", "plans")
    connectors.drop("plans")
    connectors.drop("plans")
    assert connectors.names() == ("more",)
    with pytest.raises(Unavailable, match="isn't set up"):
        connectors.get("plans")


def test_closing_closes_all_connections_and_none_is_opened_afterwards(connectors: Connectors, tmp_path: Path) -> None:
    connectors.set("plans", str(write_orders(tmp_path / "first.duckdb")))
    opened = connectors.get("plans")
    connectors.close()
    connectors.set("late", str(tmp_path / "first.duckdb"))
    assert connectors.names() == ()
    for connector in (opened, connectors.main):
        with pytest.raises(Closed):
            connector.data_version(())


def test_the_main_connection_comes_from_the_settings(connectors: Connectors) -> None:
    with pytest.raises(ValueError, match="settings"):
        connectors.set("", "elsewhere.duckdb")
