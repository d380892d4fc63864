"""Sizes of tables: the engine's estimate, cached briefly, never counted, and hidden from people with row rules."""

import threading
from collections.abc import Sequence
from typing import cast

import pytest

from connectors.connector import Connector, Estimate, Unavailable
from semantic.query.data import query_from_data
from semantic.run import sizes
from semantic.run.connectors import Connectors
from semantic.run.sizes import Sizes
from tests.copies import copy_shop
from tests.shop import open_shop
from tests.waiting import STUCK

TABLES = {"orders": ("", ["orders"]), "both": ("", ["orders", "visits"])}


class Clock:
    """A clock that moves only when a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """An engine that estimates from a dict, records its calls, and can be made to wait."""

    dialect = "duckdb"

    def __init__(self, rows: dict[str, int | None]) -> None:
        self.rows, self.asked, self.may_answer = rows, list[str](), threading.Event()
        self.may_answer.set()

    def estimate(self, sql: str, params: Sequence[object] = ()) -> Estimate | None:
        self.asked.append(sql)
        assert self.may_answer.wait(STUCK)
        table = sql.rpartition(" ")[2]
        if table not in self.rows:
            raise Unavailable("gone")
        rows = self.rows[table]
        return None if rows is None else Estimate(rows=rows)


def made(rows: dict[str, int | None], clock: Clock | None = None) -> tuple[Sizes, Counting]:
    engine = Counting(rows)
    return Sizes(Connectors(cast(Connector, engine)), TABLES, clock=clock or Clock()), engine


def wait_for_lookups() -> None:
    for thread in threading.enumerate():
        if thread.name == "sizes":
            thread.join(STUCK)


def test_only_requested_sizes_are_looked_up_and_only_once() -> None:
    found_sizes, engine = made({"orders": 14, "visits": 6})
    assert [found_sizes.get("orders"), found_sizes.get("orders"), found_sizes.get("nothing")] == [14, 14, None]
    assert engine.asked == ["SELECT * FROM orders"]
    assert dict(found_sizes) == {"orders": 14, "both": 20}


@pytest.mark.parametrize("visits", [{"visits": None}, {}], ids=["not said", "not there"])
def test_a_partly_known_size_is_not_stated(visits: dict[str, int | None]) -> None:
    found_sizes, _ = made({"orders": 14, **visits})
    assert dict(found_sizes) == {"orders": 14}


def test_an_old_size_is_used_until_the_new_one_arrives() -> None:
    clock = Clock()
    found_sizes, engine = made({"orders": 14}, clock)
    assert found_sizes["orders"] == 14
    engine.rows["orders"] = 15
    clock.now = sizes._KEPT_SECONDS - 1
    assert found_sizes["orders"] == 14
    assert len(engine.asked) == 1
    clock.now += 1
    engine.may_answer.clear()
    assert found_sizes["orders"] == 14
    engine.may_answer.set()
    wait_for_lookups()
    assert found_sizes["orders"] == 15
    assert len(engine.asked) == 2


def test_an_unresponsive_engine_is_waited_for_only_briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "_WAITED_SECONDS", 0.05)
    found_sizes, engine = made({"orders": 14})
    engine.may_answer.clear()
    assert [found_sizes.get("orders"), found_sizes.get("orders")] == [None, None]
    engine.may_answer.set()
    wait_for_lookups()
    assert found_sizes["orders"] == 14
    assert len(engine.asked) == 1


def test_nothing_is_looked_up_for_people_with_row_rules(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    asked: list[str] = []
    monkeypatch.setattr(workspace.connector, "estimate", lambda sql, params=(): asked.append(sql))
    question = query_from_data({"metrics": ["revenue"]})
    ruled = [person for person in workspace.people.values() if workspace.visible(person).rules]
    assert ruled
    for person in ruled:
        preflight = workspace.preflight(question, person)
        assert (preflight.cost, preflight.cost_words) == ("small", "")
    assert asked == []
    assert workspace.preflight(question, workspace.people["steward"]).ok
    assert len(asked) == 1
    workspace.close()
