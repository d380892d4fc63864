"""Plain joins are used only if this version of the data has a member for every key. No answer depends on it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from semantic.plan.tree.known import NOTHING_KNOWN
from semantic.query.data import query_from_data
from semantic.run.proofs import Proofs, Proven
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop

CHANNEL = ("orders", "channel", "channels", "channel_key")
WITHOUT_ORPHANS = "DELETE FROM orders WHERE channel_key IS NULL OR channel_key = 'c9'"
AN_ORPHAN = "INSERT INTO orders VALUES ('o99', 'u1', 'c9', 'DE', 'DE', 'mobile', NULL, '2026-04-02', 7, false)"
BY_CHANNEL = query_from_data({"metrics": ["revenue", "buyers"], "by": ["channel", "device"]})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return copy_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS)


@pytest.fixture
def shop(data: Path) -> Iterator[ShopWorkspace]:
    opened = open_shop(data)
    yield opened
    opened.close()


def look(shop: ShopWorkspace) -> Proven:
    return shop.proofs.look(shop.connector.data_version(()) or "")


def begin(shop: ShopWorkspace) -> None:
    """Start looking for proofs as a server does, and wait for them."""
    shop.proofs.begin()
    look(shop)


def publish(data: Path, *changes: str) -> None:
    os.replace(copy_shop(data.with_name("next.duckdb"), WITHOUT_ORPHANS, *changes), data)


def test_a_hop_is_proven_where_every_key_has_its_member(shop: ShopWorkspace, tmp_path: Path) -> None:
    matches = look(shop).known.matches
    assert CHANNEL in matches
    assert ("orders", "customer", "customers", "customer_id") not in matches  # guests, and an unknown customer
    workspace = open_shop(copy_shop(tmp_path / "whole.duckdb"))
    assert CHANNEL not in look(workspace).known.matches
    workspace.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET channel_key = NULL WHERE order_id = 'o01'",
        "UPDATE orders SET channel_key = 'c9' WHERE order_id = 'o01'",
        "DELETE FROM channels WHERE channel_key = 'c1'",
    ],
    ids=["a missing key", "an unknown key", "a member that is gone"],
)
def test_one_row_without_a_member_disproves_a_hop(change: str, tmp_path: Path) -> None:
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS, change))
    assert CHANNEL not in look(shop).known.matches
    shop.close()


def test_proven_keys_use_plain_joins_with_the_same_result(shop: ShopWorkspace) -> None:
    steward = shop.people["steward"]
    before = shop.ask(BY_CHANNEL, steward)
    begin(shop)
    after = shop.ask(BY_CHANNEL, steward)
    assert "LEFT JOIN channels" in before.sql
    assert "LEFT JOIN" not in after.sql
    assert after.rows() == before.rows()


def test_nothing_is_checked_until_the_proofs_are_started(shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proofs, "look", lambda *_: pytest.fail("looked"))
    assert shop.proofs.current() is None
    assert "LEFT JOIN channels" in shop.ask(BY_CHANNEL, shop.people["steward"]).sql


def test_row_rules_keep_proofs_about_all_rows_hidden(shop: ShopWorkspace) -> None:
    """The SQL must not reveal whether hidden rows have their members."""
    begin(shop)
    for person in ("dora", "finn", "both"):
        assert "LEFT JOIN channels" in shop.ask(BY_CHANNEL, shop.people[person]).sql


def test_new_data_is_checked_again(shop: ShopWorkspace, data: Path) -> None:
    begin(shop)
    publish(data, AN_ORPHAN)
    steward = shop.people["steward"]
    assert "LEFT JOIN channels" in shop.ask(BY_CHANNEL, steward).sql  # at once, before anything is known of it
    assert CHANNEL not in look(shop).known.matches
    result = shop.ask(BY_CHANNEL, steward)
    assert [row["revenue"] for row in result.rows() if row["channel"] is None] == [7.0]


def test_an_answer_from_data_that_was_published_in_between_is_asked_again(shop: ShopWorkspace, data: Path) -> None:
    """The question was compiled for data without orphans, and then read data with one."""
    begin(shop)
    steward = shop.people["steward"]
    known, plain = shop.proofs.current(), shop.connector.start
    assert known is not None
    lock, published = threading.Lock(), list[bool]()

    def late(*arguments: object, **named: object) -> object:
        with lock:  # rows and their freshness start side by side
            if not published:
                publish(data, AN_ORPHAN)
                published.append(True)
        return plain(*arguments, **named)  # pyright: ignore

    shop.connector.start = late  # pyright: ignore
    result = shop.ask(BY_CHANNEL, steward)
    assert [row["revenue"] for row in result.rows() if row["channel"] is None] == [7.0]
    assert "LEFT JOIN channels" in result.sql


@pytest.mark.parametrize("viewed", ["orders", "channels"])
def test_a_view_proves_nothing(viewed: str, tmp_path: Path) -> None:
    """A view can read the clock, so a member that the check found can be missing an hour later, in the same file."""
    hidden = (
        f"ALTER TABLE {viewed} RENAME TO kept; CREATE VIEW {viewed} AS SELECT * FROM kept WHERE now() > '2020-01-01'"
    )
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS, hidden))
    matches = look(shop).known.matches
    assert matches
    assert CHANNEL not in matches
    shop.close()


def test_a_check_that_ends_in_other_data_proves_nothing(shop: ShopWorkspace, data: Path) -> None:
    version = shop.connector.data_version(())
    publish(data, AN_ORPHAN)
    assert shop.proofs.look(version or "").known == NOTHING_KNOWN


def test_an_engine_with_constantly_changing_data_is_never_checked(
    shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.connector, "capabilities", replace(shop.connector.capabilities, publishes=False))
    monkeypatch.setattr(Proofs, "look", lambda *_: pytest.fail("looked"))
    shop.proofs.begin()
    assert shop.proofs.current() is None


def test_a_failed_check_leaves_answers_unchanged(
    shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Proofs, "_edges", fails)
    begin(shop)
    assert shop.proofs.current() == Proven(shop.connector.data_version(()) or "", NOTHING_KNOWN)
    assert "LEFT JOIN channels" in shop.ask(BY_CHANNEL, shop.people["steward"]).sql
    assert "couldn't be read" in caplog.text


# Dates

BY_CHANNEL_AND_MONTH = query_from_data({"metrics": ["revenue"], "by": ["channel", {"dim": "date", "grain": "month"}]})
DAY = ("orders", "order_day")
MANY = (
    "INSERT INTO orders SELECT 'many' || n, 'u1', 'c1', 'DE', 'DE', 'mobile', NULL, DATE '2026-04-02', 1, false"
    " FROM range({}) AS numbers(n)"
)


@pytest.mark.parametrize("date", ["infinity", "-infinity", "0044-03-15 (BC)", "10000-01-01"])
def test_a_column_with_an_unusual_date_keeps_its_sql(date: str, tmp_path: Path) -> None:
    """Infinity has no year. Grouped by number, its month would be that of rows without a date."""
    without_date = "INSERT INTO orders VALUES ('o98', 'u1', 'c1', 'DE', 'DE', 'mobile', NULL, NULL, 2, false)"
    odd = f"INSERT INTO orders VALUES ('o99', 'u1', 'c1', 'DE', 'DE', 'mobile', NULL, DATE '{date}', 7, false)"
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS, without_date, odd))
    steward = shop.people["steward"]
    before = shop.ask(BY_CHANNEL_AND_MONTH, steward)
    begin(shop)
    proven = shop.proofs.current()
    assert proven is not None
    assert DAY not in proven.known.dates
    assert ("ads", "ad_day") in proven.known.dates
    assert "MAKE_DATE" not in shop.ask(BY_CHANNEL_AND_MONTH, steward).sql
    assert "MAKE_DATE" not in before.sql
    shop.close()


def test_months_are_numbers_if_every_date_is_ordinary_or_missing(tmp_path: Path) -> None:
    without_date = "INSERT INTO orders VALUES ('o98', 'u1', 'c1', 'DE', 'DE', 'mobile', NULL, NULL, 2, false)"
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", without_date))
    before = shop.ask(BY_CHANNEL_AND_MONTH, shop.people["steward"])
    begin(shop)
    after = shop.ask(BY_CHANNEL_AND_MONTH, shop.people["steward"])
    assert "MAKE_DATE" in after.sql
    assert after.rows() == before.rows()
    for person in ("dora", "finn", "both"):  # facts about all dates aren't revealed to people who see only some
        assert "MAKE_DATE" not in shop.ask(BY_CHANNEL_AND_MONTH, shop.people[person]).sql
    shop.close()


@pytest.mark.parametrize("rows", [3_000, 12_000])
def test_groups_by_key_and_month_are_known_to_be_few(rows: int, tmp_path: Path) -> None:
    """There are orders from March to October 2026 by channel: eight months, with a hundred rows in each group."""
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", MANY.format(rows)))
    steward = shop.people["steward"]
    before = shop.ask(BY_CHANNEL_AND_MONTH, steward)
    begin(shop)
    proven = shop.proofs.current()
    assert proven is not None
    with duckdb.connect(shop.settings.data, read_only=True) as connection:
        channels = len(connection.execute("FROM channels").fetchall())
    assert (channels * 8 * 100 <= rows) is (rows == 12_000)
    assert ((*CHANNEL, "order_day") in proven.known.few) is (rows == 12_000)
    assert shop.ask(BY_CHANNEL_AND_MONTH, steward).rows() == before.rows()
    shop.close()
