"""Profiles of real tables: counts that anyone can check by hand, budgets, failures and cancelling."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from connectors import connect
from semantic.errors import Cancelled, UnknownName
from semantic.introspection.profile import Budget, ProfilingProgress
from semantic.introspection.profiling import Control, chosen_tables, profile_at, profile_joins, profile_tables
from semantic.sql.dialects.table import DUCKDB, find_dialect
from tests.engines import ENGINES, duckdb_file
from tests.semantic.introspection.drafted import profiled

SHOP = """
CREATE TABLE customers (id BIGINT, name VARCHAR, country VARCHAR);
INSERT INTO customers VALUES (1, 'Ada', 'DE'), (2, 'Bob', 'DE'), (3, 'Cem', NULL), (4, 'Dan', 'FR');
CREATE TABLE orders (id BIGINT, customer_id BIGINT, total DECIMAL(18,2), currency VARCHAR, ordered_on DATE);
INSERT INTO orders VALUES
    (1, 1, 10.00, 'EUR', DATE '2026-01-01'), (2, 1, 20.50, 'EUR', DATE '2026-01-02'),
    (3, 2, 5.00, 'USD', DATE '2026-01-03'), (4, NULL, 7.00, 'EUR', DATE '2026-01-04'),
    (5, 9, 8.00, 'EUR', DATE '2026-01-05');
"""


@pytest.fixture(scope="module")
def shop_url(engine_name, tmp_path_factory):
    yield from ENGINES[engine_name].filled(SHOP, tmp_path_factory.mktemp("shop"))


def test_a_profile_has_counts_that_can_be_checked_by_hand(shop_url):
    (customers, orders), joins = profile_at(shop_url, ["customers", "orders"], Budget())
    assert (customers.rows, orders.rows, orders.is_sampled, orders.problem) == (4, 5, False, "")
    country = customers.column("country")
    assert (country.type, country.null_share, country.distinct, country.is_exact) == ("string", 0.25, 2, True)
    assert (country.minimum, country.maximum, set(country.samples)) == ("DE", "FR", {"DE", "FR"})
    ordered = orders.column("ordered_on")
    assert (ordered.type, ordered.minimum, ordered.maximum) == ("date", date(2026, 1, 1), date(2026, 1, 5))
    assert dict(orders.column("currency").counts) == {"EUR": 4, "USD": 1}
    key = orders.key("id")
    assert key is not None
    assert (key.rows, key.distinct, key.missing, key.is_unique, key.is_exact) == (5, 5, 0, True, True)
    # Of four orders with a customer, the one of customer 9 finds none.
    (join,) = [join for join in joins if join.target == "customers"]
    assert (join.table, join.columns, join.target_columns) == ("orders", ("customer_id",), ("id",))
    assert (join.rows, join.matched, join.share, join.is_exact) == (4, 3, 0.75, True)


def test_a_large_table_is_sampled_and_says_so(tmp_path):
    sql = "CREATE TABLE visits AS SELECT range AS id, range % 7 AS page, 'v' || range AS label FROM range(20000)"
    profile = profiled(sql, tmp_path, Budget(rows=2_000, exact_rows=5_000))["visits"]
    assert profile.is_sampled
    assert profile.rows == 20_000
    assert 0 < profile.read_rows < 10_000
    key = profile.key("id")
    assert key is not None
    assert key.is_unique
    assert not key.is_exact


def test_a_key_of_a_sampled_table_is_confirmed_over_all_rows_if_they_are_few_enough(tmp_path):
    # 20,000 rows in which only the last repeats another: no sample of 2,000 shows it.
    sql = "CREATE TABLE visits AS SELECT if(range = 19999, 0, range) AS id FROM range(20000)"
    profile = profiled(sql, tmp_path, Budget(rows=2_000, exact_rows=50_000))["visits"]
    key = profile.key("id")
    assert key is not None
    assert (key.rows, key.distinct, key.is_unique, key.is_exact) == (20_000, 19_999, False, True)


def test_a_combination_is_found_when_no_column_is_unique(tmp_path):
    sql = """CREATE TABLE lines AS SELECT o.range AS order_id, l.range AS line, 5 AS quantity
        FROM range(30) AS o, range(3) AS l"""
    profile = profiled(sql, tmp_path)["lines"]
    key = profile.key("order_id", "line")
    assert key is not None
    assert (key.rows, key.distinct, key.is_unique) == (90, 90, True)
    assert all(len(key.columns) == 2 for key in profile.keys)


def test_a_failing_table_is_reported_and_the_others_continue(tmp_path):
    # DuckDB finds out about the view's missing table when it is read.
    sql = "CREATE TABLE gone (a INT); CREATE VIEW broken AS FROM gone; CREATE TABLE orders (id INT); DROP TABLE gone"
    profiles = profiled(sql, tmp_path)
    assert profiles["broken"].problem
    assert profiles["broken"].columns == ()
    assert profiles["orders"].problem == ""


def test_a_table_of_1000_columns_is_read(tmp_path):
    columns = ", ".join(f"{number} AS p_{number:04}" for number in range(999))
    profile = profiled(f"CREATE TABLE events AS SELECT range AS event_id, {columns} FROM range(50)", tmp_path)["events"]
    assert (len(profile.columns), profile.column("p_0998").maximum, profile.key("event_id") is not None) == (
        *(1_000, 998, True),
    )


def test_types_that_a_model_does_not_have_are_left_out(tmp_path):
    profile = profiled("CREATE TABLE t AS SELECT 1 AS id, [1, 2] AS list, {'a': 1} AS struct", tmp_path)["t"]
    assert ([column.name for column in profile.columns], profile.left_out) == (["id"], ("list", "struct"))


def test_hostile_names_are_only_names(tmp_path):
    name = '"); DROP TABLE x; -- "" é 💥 \t'
    quoted = '"' + name.replace('"', '""') + '"'
    profiles = profiled(
        f"CREATE TABLE {quoted} ({quoted} INT, \"select\" VARCHAR); INSERT INTO {quoted} VALUES (7, 'a')", tmp_path
    )
    (profile,) = profiles.values()
    assert [(column.name, column.maximum) for column in profile.columns] == [(name, 7), ("select", "a")]


def test_an_empty_table_has_columns_and_no_keys(tmp_path):
    profile = profiled("CREATE TABLE orders (id INT, total DECIMAL(9, 2))", tmp_path)["orders"]
    assert (profile.rows, profile.keys, [column.distinct for column in profile.columns]) == (0, (), [0, 0])


def test_without_time_left_every_table_says_so(tmp_path):
    profiles = profiled("CREATE TABLE a (x INT); CREATE TABLE b (x INT)", tmp_path, Budget(seconds=0))
    assert [("no time left" in profile.problem) for profile in profiles.values()] == [True, True]


def test_progress_is_reported_for_each_table(tmp_path):
    connector = connect(str(duckdb_file(SHOP, tmp_path)))
    told: list[ProfilingProgress] = []
    profile_tables(connector, DUCKDB, ["customers", "nothing"], Budget(), told.append)
    connector.close()
    assert [(progress.table, progress.done, progress.of) for progress in told] == [
        ("customers", 0, 2), ("customers", 1, 2), ("nothing", 1, 2), ("nothing", 2, 2),
    ]  # fmt: skip
    assert told[-1].problem == "There is no table named 'nothing' in the data."


def test_cancelling_stops_the_running_statement(engine_name, shop_url):
    del engine_name
    connector = connect(shop_url)
    control = Control()
    stops: list[threading.Thread] = []

    def stop(_: ProfilingProgress) -> None:
        stops.append(threading.Thread(target=control.cancel))
        stops[-1].start()
        stops[-1].join()

    with pytest.raises(Cancelled):
        profile_tables(connector, find_dialect(connector.dialect), ["orders"], Budget(), stop, control=control)
    profiles = profile_tables(connector, find_dialect(connector.dialect), ["customers", "orders"], Budget())
    with pytest.raises(Cancelled):
        profile_joins(connector, find_dialect(connector.dialect), profiles, Budget(), control=control)
    connector.close()


def test_tables_are_chosen_by_name_in_any_case():
    assert chosen_tables(["Orders", "customers"], ["orders"]) == ("Orders",)
    assert chosen_tables(["Orders", "customers"], []) == ("Orders", "customers")
    with pytest.raises(UnknownName, match=r"no table named 'order'.*Did you mean Orders"):
        chosen_tables(["Orders", "customers"], ["order"])
