"""What is specific to DuckDB: the sandbox, replaced files, Parquet and CSV files as tables, addresses."""

from __future__ import annotations

import gc
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import weakref
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import connectors
from connectors import connect
from connectors.connector import Cancelled, Limits, StatementFailed, StatementRefused, TooManyRows, Unavailable
from connectors.duckdb import DuckDB, _Instance
from tests.quiet import run_quietly

ROOT = Path(connectors.__file__).parent.parent
LIMITS = Limits()


@pytest.fixture
def shop(tmp_path, write_orders):
    path = write_orders(tmp_path / "shop.duckdb", "CREATE SCHEMA mart", "CREATE TABLE mart.t (a INT)")
    connector = connect(str(path))
    yield connector
    connector.close()


def ask(connector, sql, params=(), limits=LIMITS):
    return connector.start(sql, params, limits=limits).result()


def test_tables_have_the_names_that_columns_reads(tmp_path, write_orders):
    more = (
        "CREATE SCHEMA mart",
        'CREATE TABLE mart."my table" (a INT)',
        "CREATE VIEW big AS FROM orders WHERE amount > 9",
    )
    connector = connect(str(write_orders(tmp_path / "shop.duckdb", *more)))
    listed = [(table.name, table.rows, table.is_view) for table in connector.tables()]
    assert listed == [('"mart"."my table"', 0, False), ("big", None, True), ("orders", 4, False)]
    assert list(connector.columns('"mart"."my table"')) == ["a"]
    connector.close()


# The sandbox. DuckDB's own lock is behind the check of the statement, so each attempt is made on both.

FORBIDDEN = {
    "read a file": "SELECT * FROM read_text('{folder}/secret.txt')",
    "read a file as CSV": "SELECT * FROM read_csv('{folder}/secret.txt')",
    "read a file as Parquet": "SELECT * FROM read_parquet('{folder}/secret.txt')",
    "read a file by its name": "SELECT * FROM '{folder}/secret.csv'",
    "read a file in a quoted name": 'SELECT * FROM "{folder}/secret.csv"',
    "read a file in a lateral join": "SELECT * FROM orders, LATERAL read_blob('{folder}/secret.txt')",
    "read a file in a condition": "SELECT 1 WHERE 'x' IN (SELECT content FROM read_text('{folder}/secret.txt'))",
    "list files": "SELECT * FROM glob('{folder}/*')",
    "read a file by a query in a query": "SELECT * FROM query('SELECT * FROM read_text(''{folder}/secret.txt'')')",
    "write a file": "COPY (SELECT 1) TO '{folder}/out.csv'",
    "write the database": "EXPORT DATABASE '{folder}/out'",
    "attach a file": "ATTACH '{folder}/other.duckdb'",
    "install an extension": "INSTALL httpfs",
    "load an extension": "LOAD httpfs",
    "reach the network": "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "switch the access on": "SET enable_external_access = true",
    "unlock": "SET lock_configuration = false",
    "change the zone": "SET TimeZone = 'Asia/Tokyo'",
    "change the memory": "SET memory_limit = '100GB'",
    "change the data": "INSERT INTO orders VALUES (5, 'X', 1, DATE '2026-01-01')",
    "drop the data": "DROP TABLE orders",
    "make a table in the data": "CREATE TABLE data.stolen AS SELECT 1",
    "read a Python variable": "SELECT * FROM secret_of_the_caller",
}
# DuckDB would allow these; the check of the statement does not.
FORBIDDEN_BY_US = {
    "read the environment": "SELECT getenv('HOME')",
    "read the environment after a dot": "SELECT ('HOME').getenv()",
    "read a setting": "SELECT current_setting('temp_directory')",
    "read all settings": "SELECT * FROM duckdb_settings()",
    "read the secrets": "SELECT * FROM system.main.duckdb_secrets()",
    "make a table in memory": "CREATE TABLE memory.main.stolen AS SELECT 1",
    "make a table for a while": "CREATE TEMP TABLE stolen AS SELECT 1",
    "set a variable": "SET VARIABLE a = 1",
    "attach memory": "ATTACH ':memory:' AS m",
    "describe": "DESCRIBE orders",
    "show": "SELECT * FROM (SHOW TABLES)",
    "pivot": "PIVOT orders ON country USING sum(amount)",
    "pragma": "PRAGMA database_list",
    "call": "CALL pragma_version()",
    "wait": "SELECT sleep_ms(1000)",
    "seed": "SELECT setseed(0.5)",
}


@pytest.mark.parametrize("sql", FORBIDDEN.values(), ids=FORBIDDEN)
def test_duckdb_itself_allows_no_way_out(shop, tmp_path, sql):
    secret_of_the_caller = pa.table({"a": [1]})
    (tmp_path / "secret.txt").write_text("secret\n1\n")
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    cursor = shop._current().take_cursor()
    with pytest.raises(duckdb.Error):
        cursor.sql(sql.format(folder=tmp_path)).fetchall()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["secret.csv", "secret.txt", "shop.duckdb"]
    assert secret_of_the_caller.num_rows == 1


@pytest.mark.parametrize("sql", (FORBIDDEN | FORBIDDEN_BY_US).values(), ids=FORBIDDEN | FORBIDDEN_BY_US)
def test_the_connector_allows_no_way_out(shop, tmp_path, sql):
    (tmp_path / "secret.txt").write_text("secret\n1\n")
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    with pytest.raises((StatementRefused, StatementFailed)) as refused:
        ask(shop, sql.format(folder=tmp_path))
    # Only names that aren't tables reach DuckDB.
    assert isinstance(refused.value, StatementRefused) or "secret_of_the_caller" in sql


def test_a_parameter_cannot_name_a_file(shop, tmp_path):
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    with pytest.raises(StatementRefused):
        ask(shop, "SELECT * FROM read_csv($1)", [str(tmp_path / "secret.csv")])


def test_every_cursor_is_in_utc_and_in_the_data_whatever_the_machine_says(tmp_path, write_orders):
    path = write_orders(tmp_path / "shop.duckdb")
    code = (
        "import connectors, concurrent.futures as f\n"
        f"c = connectors.connect({str(path)!r})\n"
        "sql = \"SELECT CAST(TIMESTAMPTZ '2026-01-01 00:30:00+00' AS DATE) AS d, count(*) AS n FROM orders\"\n"
        "run = lambda _: c.start(sql, limits=connectors.connector.Limits()).result().to_pylist()\n"
        "print({str(run) for run in f.ThreadPoolExecutor(8).map(run, range(40))})\n"
    )
    environment = {**os.environ, "TZ": "America/New_York", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{\"[{'d': datetime.date(2026, 1, 1), 'n': 4}]\"}"


def test_an_error_says_nothing_of_the_values(shop):
    with pytest.raises(StatementFailed, match="cannot be converted") as failed:
        ask(shop, "SELECT CAST(country AS INTEGER) AS n FROM orders WHERE id = 1")
    assert "DE" not in str(failed.value)
    assert "DE" in failed.value.detail


def test_an_error_in_the_middle_of_a_stream_is_an_error(shop):
    late = "SELECT CASE WHEN i > 900000 THEN CAST(i || 'x' AS INTEGER) END AS n FROM range(1000000) AS t(i)"
    with pytest.raises(StatementFailed, match="cannot be converted"):
        ask(shop, late, limits=Limits(max_rows=2_000_000))
    assert ask(shop, "SELECT count(*) AS n FROM orders")["n"][0].as_py() == 4


# Answers


def test_too_many_rows_are_never_gathered(shop):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(TooManyRows, match="more than 1,000 rows"):
        # 100 billion rows: gathering them would take minutes and more memory than there is.
        ask(shop, "SELECT i, i * 2 AS j FROM range(100000000000) AS t(i)", limits=Limits(max_rows=1000))
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # KiB


def test_what_is_stopped_while_duckdb_plans_is_not_read(shop, monkeypatch):
    """DuckDB ignores an interrupt while it plans, and has forgotten it by the time it reads."""
    run = shop.start("SELECT 1", limits=LIMITS)
    read = []

    class Planned:
        def to_arrow_reader(self, size):
            read.append(size)
            raise AssertionError

    class Planning:
        def sql(self, text, *, params):
            run.cancel()
            return Planned()

        def interrupt(self):
            pass

        close = interrupt

    monkeypatch.setattr(_Instance, "take_cursor", lambda instance: Planning())
    with pytest.raises(Cancelled):
        run.result()
    assert read == []


def test_huge_integers_and_decimals_stay_as_they_are(shop):
    table = ask(shop, "SELECT sum(id) AS ids, sum(amount) AS amount FROM orders")
    assert table.to_pylist() == [{"ids": Decimal(10), "amount": Decimal("35.50")}]
    assert [str(field.type) for field in table.schema] == ["decimal128(38, 0)", "decimal128(38, 2)"]


@pytest.mark.parametrize("value", ["INTERVAL 1 DAY", "[INTERVAL 1 DAY]", "{'a': INTERVAL 1 DAY}"])
def test_an_interval_in_the_answer_is_refused_by_name(shop, value):
    with pytest.raises(StatementRefused, match="'gap' of the answer is an interval"):
        ask(shop, f"SELECT {value} AS gap")


def test_tables_of_other_schemas_are_found(shop):
    assert list(shop.columns("mart.t")) == ["a"]
    assert list(shop.columns("data.mart.t")) == ["a"]


def test_spilling_works_in_the_sandbox(tmp_path, write_orders):
    path = write_orders(tmp_path / "shop.duckdb")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    connector = connect(f"duckdb://{path}?memory_limit=60MB&threads=1&temp_directory={scratch}")
    seen = set()
    run = connector.start("SELECT count(DISTINCT i) AS n FROM range(5000000) AS t(i)", limits=LIMITS)
    stop = threading.Event()

    def look():
        while not stop.wait(0.01):
            seen.update(os.listdir(scratch))

    watcher = threading.Thread(target=look)
    watcher.start()
    assert run.result()["n"][0].as_py() == 5_000_000
    stop.set()
    watcher.join()
    assert seen
    connector.close()


# New data


def replace_with(path, write_orders, *more):
    os.replace(write_orders(path.with_name("next.duckdb"), *more), path)


def test_a_replaced_file_is_read_by_the_next_run_and_the_old_one_ends_on_the_old_file(shop, tmp_path, write_orders):
    path = tmp_path / "shop.duckdb"
    before = shop.data_version(["orders"])
    sql = "SELECT count(*) AS n, max(a.range + b.range) AS busy FROM orders, range(3000) AS a, range(30000) AS b"
    run = shop.start(sql, limits=LIMITS)
    counted = []
    thread = threading.Thread(target=lambda: counted.append(run.result()["n"][0].as_py()))
    thread.start()
    time.sleep(0.05)
    replace_with(path, write_orders, "INSERT INTO orders VALUES (5, 'DE', 1.00, DATE '2026-01-05')")
    assert ask(shop, "SELECT count(*) AS n FROM orders")["n"][0].as_py() == 5
    after = shop.data_version(["orders"])
    thread.join()
    assert counted == [4 * 3000 * 30000]
    assert (run.data_version, before == after) == (before, False)


def test_a_run_started_before_the_replacement_reads_the_old_data(shop, tmp_path, write_orders):
    run = shop.start("SELECT count(*) AS n FROM orders", limits=LIMITS)
    replace_with(tmp_path / "shop.duckdb", write_orders, "DELETE FROM orders")
    assert shop.refresh() is True
    assert shop.refresh() is False
    assert run.result()["n"][0].as_py() == 4
    assert ask(shop, "SELECT count(*) AS n FROM orders")["n"][0].as_py() == 0


def test_an_old_instance_is_freed_with_its_last_run_even_a_failed_one(shop, tmp_path, write_orders):
    old = weakref.ref(shop._current())
    scratch = Path(shop._current()._scratch.name)
    run = shop.start("SELECT CAST(country AS INTEGER) AS n FROM orders", limits=LIMITS)
    replace_with(tmp_path / "shop.duckdb", write_orders)
    shop.refresh()
    assert old() is not None
    with pytest.raises(StatementFailed) as kept:
        run.result()
    gc.collect()
    assert (old(), scratch.exists()) == (None, False)
    assert "DE" in kept.value.detail


def test_a_file_that_is_gone_or_broken_is_unavailable_until_it_is_right_again(shop, tmp_path, write_orders):
    path = tmp_path / "shop.duckdb"
    path.unlink()
    with pytest.raises(Unavailable, match="There is no data") as gone:
        ask(shop, "SELECT 1 AS one")
    assert gone.value.place == str(path)
    path.write_text("this is not a database")
    with pytest.raises(Unavailable, match="cannot be opened as a DuckDB file"):
        shop.data_version(["orders"])
    replace_with(path, write_orders)
    assert ask(shop, "SELECT count(*) AS n FROM orders")["n"][0].as_py() == 4


def test_a_file_written_in_place_under_a_run_is_not_believed(shop, tmp_path):
    path = tmp_path / "shop.duckdb"
    run = shop.start("SELECT count(*) AS n FROM orders", limits=LIMITS)
    with path.open("r+b") as file:
        file.write(file.read(16))
    os.utime(path, (time.time() + 5, time.time() + 5))
    with pytest.raises(Unavailable, match="changed while it was being read"):
        run.result()


def test_a_closed_connection_lets_go_of_the_file(shop, tmp_path):
    ask(shop, "SELECT 1 AS one")
    shop.close()
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("INSERT INTO orders VALUES (5, 'DE', 1.00, DATE '2026-01-05')")


def test_the_fingerprint_tells_files_apart_and_stays_when_one_is_replaced(shop, tmp_path, write_orders):
    other = connect(str(write_orders(tmp_path / "other.duckdb")))
    same = connect(f"duckdb://{tmp_path}/shop.duckdb")
    assert shop.fingerprint != other.fingerprint
    assert shop.fingerprint == same.fingerprint
    assert str(tmp_path) not in shop.fingerprint
    other.close()
    same.close()


# Parquet and CSV


def test_a_folder_of_files_becomes_tables_with_types_from_the_whole_file(tmp_path):
    rows = "\n".join(["day,visits,note"] + ["2026-01-01,1,"] * 30_000 + ["2026-01-02,2.5,late"])
    (tmp_path / "visits.csv").write_text(rows)
    spend = pa.table({"id": [7], "spend": pa.array([Decimal("1.50")], pa.decimal128(9, 2))})
    pq.write_table(spend, tmp_path / "ad spend[1].parquet")
    (tmp_path / "notes.txt").write_text("not data")
    connector = cast(DuckDB, connect(str(tmp_path)))
    assert {name: str(type) for name, type in connector.columns("visits").items()} == {
        "day": "date32[day]",
        "visits": "double",
        "note": "string",
    }
    assert ask(connector, 'SELECT * FROM "ad spend[1]"').to_pylist() == [{"id": 7, "spend": Decimal("1.50")}]
    assert ask(connector, "SELECT max(day) AS day FROM visits").to_pylist() == [{"day": date(2026, 1, 2)}]
    with pytest.raises(StatementRefused):
        ask(connector, f"SELECT * FROM read_csv('{tmp_path}/visits.csv')")
    with pytest.raises(duckdb.Error):
        connector._current().take_cursor().sql(f"SELECT * FROM read_text('{tmp_path}/visits.csv')").fetchall()
    connector.close()


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("n\n1\n2\n")
    connector = connect(str(path))
    before = connector.data_version(["visits"])
    run = connector.start("SELECT sum(n) AS n FROM visits", limits=LIMITS)
    path.write_text("n\n1\n2\n3\n")
    assert ask(connector, "SELECT sum(n) AS n FROM visits")["n"][0].as_py() == 6
    assert run.result()["n"][0].as_py() == 3
    assert connector.data_version(["visits"]) != before
    connector.close()


def test_a_star_in_a_file_name_is_no_pattern(tmp_path):
    (tmp_path / "a*.csv").write_text("n\n1\n")
    (tmp_path / "ab.csv").write_text("n\n2\n")
    connector = connect(str(tmp_path))
    assert ask(connector, 'SELECT n FROM "a*"').to_pylist() == [{"n": 1}]
    connector.close()


def test_a_new_file_in_the_folder_is_a_new_table(tmp_path):
    (tmp_path / "a.csv").write_text("n\n1\n")
    connector = connect(str(tmp_path))
    (tmp_path / "b.csv").write_text("n\n2\n")
    assert list(connector.columns("b")) == ["n"]
    connector.close()


def test_what_cannot_be_read_says_which_file_and_why(tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "x.parquet").write_text("not parquet")
    with pytest.raises(Unavailable, match="A file of the data cannot be read as parquet") as unreadable:
        connect(str(broken))
    assert unreadable.value.place.startswith(f"{broken}/x.parquet: ")
    (broken / "x.csv").write_text("n\n1\n")
    with pytest.raises(Unavailable, match="Two data files would become the same table") as twice:
        connect(str(broken))
    assert twice.value.place == "x.csv and x.parquet"
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unavailable, match="no Parquet or CSV files"):
        connect(str(tmp_path / "empty"))
    monkeypatch.setattr("connectors.duckdb_source.MOST_FILE_BYTES", 1)
    (broken / "x.parquet").unlink()
    with pytest.raises(Unavailable, match="Put them in a DuckDB file"):
        connect(str(broken))


def test_what_is_no_file_is_refused_and_never_opened(shop, tmp_path, write_orders):
    """Opening a pipe would wait for its writer. A pipe that replaces a file that is already open is refused, too."""
    for name in ("pipe.duckdb", "pipe.csv", "pipe.parquet"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(Unavailable, match="a pipe, a socket or a device, not a file") as refused:
            connect(str(tmp_path / name))
        assert refused.value.place == str(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.duckdb"))
        with pytest.raises(Unavailable, match="a pipe, a socket or a device, not a file"):
            connect(str(tmp_path / "socket.duckdb"))
    (tmp_path / "folder.duckdb").mkdir()
    with pytest.raises(Unavailable, match="no Parquet or CSV files"):
        connect(str(tmp_path / "folder.duckdb"))
    (tmp_path / "shop.duckdb").unlink()
    os.mkfifo(tmp_path / "shop.duckdb")
    with pytest.raises(Unavailable, match="a pipe, a socket or a device, not a file"):
        ask(shop, "SELECT 1 AS one")


# Addresses


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("oracle://scott:tiger@db/prod", "no connector for 'oracle'. There is one for: duckdb"),
        ("duckdb:////nowhere/at/all.duckdb", "its path has no file or folder"),
        ("duckdb://host/shop.duckdb", "three slashes"),
        ("{shop}?password=tiger", "no option password. Options: memory_limit"),
        ("{shop}?memory_limit=tiger", "does not accept the options"),
        ("{folder}/notes.txt", "neither a DuckDB file"),
    ],
)
def test_a_wrong_address_says_what_is_right_and_keeps_secrets(tmp_path, write_orders, url, says):
    (tmp_path / "notes.txt").write_text("")
    shop = f"duckdb://{write_orders(tmp_path / 'shop.duckdb')}"
    with pytest.raises(Unavailable) as refused:
        connect(url.format(shop=shop, folder=tmp_path))
    assert says in str(refused.value)
    assert "tiger" not in str(refused.value)


def test_a_missing_driver_names_the_command_that_installs_it(monkeypatch):
    missing = connectors.Engine("connectors.nosuch", "connectors", "python -m pip install nosuch")
    monkeypatch.setitem(connectors.ENGINES, "nosuch", missing)
    with pytest.raises(Unavailable, match="Install it with: python -m pip install nosuch"):
        connect("nosuch://host/db")


def test_a_path_may_be_percent_encoded_or_relative(tmp_path, write_orders, monkeypatch):
    write_orders(tmp_path / "my shop.duckdb")
    monkeypatch.chdir(tmp_path)
    for url in (f"duckdb://{tmp_path}/my%20shop.duckdb", "my shop.duckdb"):
        connector = connect(url)
        assert ask(connector, "SELECT count(*) AS n FROM orders")["n"][0].as_py() == 4
        connector.close()


READ_FILE = """
from connectors import connect
from connectors.connector import Limits
connector = connect(sys.argv[1])
print(connector.start("SELECT id FROM orders", limits=Limits()).result().column(0)[0])
connector.close()
"""


def test_nothing_is_printed_while_files_are_read(tmp_path):
    (tmp_path / "orders.csv").write_text("id\n7\n")
    read = run_quietly(READ_FILE, str(tmp_path))
    assert (read.returncode, read.stdout, read.stderr) == (0, "7\n", "")
