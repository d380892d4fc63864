"""The made-up warehouses match their truths: keys and joins hold, and the traps would fool a careless draft."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.engines import ask_postgres
from tests.own_data.truth import Claim, Truth, read_truth
from tests.own_data.warehouses.build import WAREHOUSES, build_duckdb, postgres_warehouse, quoted
from tests.own_data.warehouses.leads import leads

Opened = tuple[duckdb.DuckDBPyConnection, Truth]


@pytest.fixture(scope="module", params=sorted(WAREHOUSES))
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = build_duckdb(request.param, tmp_path_factory.mktemp("own_data") / "made.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection, read_truth(request.param)


def names(columns: tuple[str, ...] | frozenset[str]) -> str:
    return ", ".join(quoted(column) for column in columns)


def place(table: str) -> str:
    return ".".join(quoted(part) for part in table.split(".", 1))


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return tuple(row)


def matched(connection: duckdb.DuckDBPyConnection, join: Claim) -> tuple[int, ...]:
    """Return the numbers of different values on the left of a join, and of those that are also on the right."""
    left = f"SELECT DISTINCT {names(join.columns)} FROM {place(join.table)}"
    given = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in join.columns)
    right = f"SELECT {names(join.target_columns)} FROM {place(join.target)}"
    inside = f"({names(join.columns)}) IN ({right})"
    return one(connection, f"SELECT count(*), count(*) FILTER ({inside}) FROM ({left}) AS l WHERE {given}")


def test_the_truth_covers_every_table_and_names_its_columns(opened: Opened) -> None:
    connection, truth = opened
    shape: dict[str, set[str]] = {}
    rows = connection.execute("SELECT table_schema, table_name, column_name FROM information_schema.columns").fetchall()
    for schema, table, column in rows:
        shape.setdefault(table if schema == "main" else f"{schema}.{table}", set()).add(column)
    assert set(truth.tables) == set(shape)
    for claim in (*truth.needed, *truth.also, *truth.never):
        assert set(claim.columns) <= shape[claim.table], claim
        assert set(claim.target_columns) <= shape.get(claim.target, set()), claim


def test_every_key_identifies_a_row_and_no_part_of_it_does(opened: Opened) -> None:
    connection, truth = opened
    for table, keys in truth.keys.items():
        if table in truth.without_key:
            continue
        for key in keys:
            rows, different = one(connection, f"SELECT count(*), count(DISTINCT ({names(key)})) FROM {place(table)}")
            assert rows == different > 0, (table, key)
            for column in key if len(key) > 1 else ():
                assert one(connection, f"SELECT count(DISTINCT {quoted(column)}) FROM {place(table)}") < (rows,), key


def test_every_join_finds_nearly_all_values_in_a_key(opened: Opened) -> None:
    connection, truth = opened
    joins = [claim for claim in truth.needed if claim.about == "join"]
    assert len(joins) > 15
    for join in joins:
        assert frozenset(join.target_columns) in truth.keys[join.target], join
        values, found = matched(connection, join)
        assert found >= values - 3, join


def test_the_joins_to_avoid_look_right(opened: Opened) -> None:
    connection, truth = opened
    for join in truth.never:
        if join.table.startswith("crm_") or join.table.startswith("linkedin"):
            continue  # these look right by their names alone
        values, found = matched(connection, join)
        assert values == found > 0, join


@pytest.mark.parametrize("opened", ["retail"], indirect=True)
def test_the_traps_are_present(opened: Opened) -> None:
    retail, _ = opened
    assert one(retail, "SELECT count(*), count(DISTINCT scan_id) FROM erp.scans") == (5_000, 4_998)
    assert one(retail, "SELECT count(*) FROM shop.order_lines WHERE product_id > 400") > (0,)
    assert one(retail, "SELECT count(*) FROM shop.orders WHERE customer_id IS NULL") > (200,)
    assert one(retail, "SELECT count(DISTINCT currency) FROM shop.orders") == (2,)
    assert one(retail, "SELECT count(*) FROM erp.log") > one(
        retail, "SELECT count(*) FROM (SELECT DISTINCT * FROM erp.log)"
    )
    columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'events'"
    assert one(retail, columns) == (120,)
    assert one(retail, "SELECT count(*), count(DISTINCT id) FROM marketing.campaign_history") == (300, 60)


def test_rows_are_the_same_every_time() -> None:
    assert leads() == leads()


def test_no_table_is_large() -> None:
    assert [len(tables()) for tables in WAREHOUSES.values()] == [40, 18]
    assert max(len(made.rows) for tables in WAREHOUSES.values() for made in tables()) <= 5_000


SAME_ROWS = (
    "SELECT count(*), CAST(sum(total) * 100 AS BIGINT), count(DISTINCT date) FROM shop.orders",
    'SELECT CAST(sum("Betrag") * 100 AS BIGINT), min("Datum") FROM erp."Rechnungen"',
    "SELECT count(*), min(paid_at) FROM shop.payments",
    "SELECT count(*) FROM shop.orders_valid",
    "SELECT CAST(sum(cost_micros) AS BIGINT), count(*) FROM marketing.campaign_daily",
)


@pytest.mark.server
def test_postgresql_has_the_same_rows(tmp_path: Path) -> None:
    path = build_duckdb("retail", tmp_path / "retail.duckdb")
    with postgres_warehouse("retail") as url, duckdb.connect(str(path), read_only=True) as connection:
        for sql in SAME_ROWS:
            assert ask_postgres(url, sql) == connection.execute(sql).fetchall()
