"""What is specific to Spark: its literals, its settings, its cluster at work, stopped and killed; `--engines spark`."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import duckdb
import pyarrow as pa
import pytest
from pyspark.sql.connect.session import SparkSession

from connectors.connector import Cancelled, Limits, StatementFailed, TimedOut, Unavailable
from connectors.spark import Spark, connect, tables_of
from connectors.spark_session import read_address
from semantic.demo.load_spark import load
from tests.semantic.sql.dialects.test_table import made_up

ROOT = Path(__file__).parents[2]
SEED = 20261124
SLOW = "SELECT count(*) AS n FROM range(10000000) AS a CROSS JOIN range(1000000) AS b"
SECRET = "t0p-secret"
WALL_TIME = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001 (a time without a zone is what is tested)


def ask(connector: Spark, sql: str, *params: object, seconds: float = 120) -> pa.Table:
    return connector.start(sql, params, limits=Limits(timeout_seconds=seconds)).result()


@pytest.fixture(scope="module")
def url() -> str:
    return os.environ["SAMEPAGE_SPARK"]


@pytest.fixture(scope="module")
def spark(url: str) -> Iterator[Spark]:
    connector = connect(url)
    assert isinstance(connector, Spark)
    yield connector
    connector.close()


def test_hostile_values_come_back_as_parameters(spark):
    values = ["${env:HOME}", *made_up(299, SEED)]
    sql = "SELECT array(" + ", ".join(f":p{place}" for place in range(1, 301)) + ") AS said"
    assert ask(spark, sql, *values).column("said").to_pylist() == [values]


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (None, "DATE", None),
        (date(2026, 3, 29), "DATE", date(2026, 3, 29)),
        (Decimal("-12.3400"), "DECIMAL(18, 4)", Decimal("-12.3400")),
        (2**40, "BIGINT", 2**40),
        (True, "BOOLEAN", True),
        (WALL_TIME, "TIMESTAMP_NTZ", WALL_TIME),
        (datetime(2026, 3, 29, 2, 30, tzinfo=UTC), "TIMESTAMP", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
    ],
)
def test_parameters_keep_their_types_whatever_the_zone_of_this_machine(spark, monkeypatch, value, kind, said):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert ask(spark, f"SELECT CAST(:p1 AS {kind}) AS v", value).column("v").to_pylist() == [said]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_path_is_no_table_even_without_a_slash(spark):
    with pytest.raises(StatementFailed, match="does not have"):
        ask(spark, "SELECT * FROM parquet.`secret`")


def test_a_server_that_cannot_be_told_is_refused(url, monkeypatch):
    monkeypatch.setattr("connectors.spark_session.SESSION_SETTINGS", {"spark.sql.warehouse.dir": "elsewhere"})
    with pytest.raises(Unavailable, match="did not accept these settings"):
        connect(url)


def test_a_session_that_puts_variables_into_literals_is_refused(url, monkeypatch):
    monkeypatch.setattr("connectors.spark_session.SESSION_SETTINGS", {"spark.sql.variable.substitute": "true"})
    with pytest.raises(Unavailable, match="setting of literals"):
        connect(url)


def test_a_token_is_in_no_message_log_or_fingerprint(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"sc://127.0.0.1:{port}/;use_ssl=true;token={SECRET}"
    with pytest.raises(Unavailable, match=r"^Spark can't be reached") as caught:
        connect(address)
    assert caught.value.place == f"127.0.0.1:{port}"
    wrong = f"sc://127.0.0.1:15002/;token={SECRET};nonsense"
    with pytest.raises(Unavailable, match="A Spark address is") as refused:
        connect(wrong)
    output = capfd.readouterr()
    messages = (str(caught.value), caught.value.place, caught.value.detail, str(refused.value))
    for text in (*messages, caplog.text, output.out, output.err):
        assert SECRET not in text
    assert SECRET not in repr(read_address(address))
    other = address.replace(SECRET, "another")
    assert read_address(address).fingerprint == read_address(other).fingerprint


def test_what_fails_is_not_written_to_standard_error(spark, capfd):
    with pytest.raises(StatementFailed):
        ask(spark, "SELECT CAST('hidden value' AS INT) AS n")
    assert "hidden value" not in "".join(capfd.readouterr())


def test_each_connection_has_its_own_session_and_gives_it_back(url):
    first, second = connect(url), connect(url)
    sessions = [spark.session().spark for spark in (first, second)]
    assert sessions[0].session_id != sessions[1].session_id
    first.close()
    assert sessions[0].is_stopped
    assert ask(second, "SELECT 1 AS one").num_rows == 1
    second.close()


def test_tables_of_a_statement_are_told_from_what_it_names_itself():
    assert tables_of("WITH a AS (SELECT id FROM orders) SELECT * FROM a JOIN mart.customers AS c ON c.id = a.id") == (
        "mart.customers",
        "orders",
    )
    assert tables_of("WITH orders AS (SELECT * FROM orders) SELECT * FROM orders") == ("orders",)


# A company loaded


@pytest.fixture
def loaded(url: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield a small DuckDB file, and the address of a schema into which Arrow loaded it."""
    path = tmp_path / "company.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            """
            CREATE TABLE fct_order
                (id BIGINT, placed_at TIMESTAMPTZ, local TIMESTAMP, on_day DATE, net DECIMAL(18, 4), note VARCHAR);
            INSERT INTO fct_order VALUES
                (1, '2026-03-29 01:30:00+00', '2026-03-29 02:30:00', '2026-03-29', 10.5, '${env:HOME}'),
                (2, NULL, NULL, NULL, NULL, NULL);
            CREATE TABLE nothing (a INTEGER);
            """
        )
    schema = f"loaded_{os.getpid()}"
    address = f"{url.rstrip('/;')}/;schema={schema}"
    load(address, path)
    yield address, path
    session = SparkSession(connection=url)
    session.sql(f"DROP SCHEMA {schema} CASCADE")
    session.stop()


def test_a_loaded_company_has_the_same_rows_types_and_a_version(loaded):
    address, path = loaded
    connector = connect(address)
    assert connector.capabilities.versions_data
    rows = ask(connector, "SELECT * FROM fct_order ORDER BY id").to_pylist()
    assert rows == [
        {
            "id": 1,
            "placed_at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
            "local": WALL_TIME,
            "on_day": date(2026, 3, 29),
            "net": Decimal("10.5000"),
            "note": "${env:HOME}",
        },
        {"id": 2, "placed_at": None, "local": None, "on_day": None, "net": None, "note": None},
    ]
    assert connector.columns("nothing") == {"a": pa.int32()}
    first = connector.data_version(["fct_order", "nothing"])
    assert first is not None
    assert connector.data_version(["fct_order", "of_others"]) is None
    with duckdb.connect(str(path)) as connection:
        connection.execute("DELETE FROM fct_order WHERE id = 2")
    load(address, path)
    assert connector.data_version(["fct_order"]) not in (None, first)
    assert ask(connector, "SELECT count(*) AS n FROM fct_order")["n"].to_pylist() == [1]
    connector.close()


# The cluster at work


def monitoring(spark: Spark, path: str) -> list[dict]:
    """Return what Spark's own REST interface reports about this application."""
    session = spark.session().spark
    port, application = session.conf.get("spark.ui.port"), session.conf.get("spark.app.id")
    with urlopen(f"http://127.0.0.1:{port}/api/v1/applications/{application}/{path}", timeout=20) as answer:
        return json.load(answer)


def tagged_jobs(spark: Spark, tag: str) -> list[dict]:
    return [job for job in monitoring(spark, "jobs") if any(tag in job_tag for job_tag in job.get("jobTags", ()))]


def test_20_million_rows_are_read_by_both_executors(spark):
    sql = (
        "SELECT id % 12 AS channel, count(*) AS orders, sum(CAST(id % 1000 AS DECIMAL(18, 2))) AS net"
        " FROM range(0, 20000000, 1, 8) GROUP BY id % 12 ORDER BY channel"
    )
    tag = "twenty_million"
    rows = spark.start(sql, limits=Limits(timeout_seconds=280), tag=tag).result().to_pylist()
    assert sum(row["orders"] for row in rows) == 20_000_000
    assert sum(row["net"] for row in rows) == Decimal(20_000 * sum(range(1000)))
    time.sleep(1)  # the interface is updated after the answer
    read: dict[str, int] = {}
    for job in tagged_jobs(spark, tag):
        for stage in job["stageIds"]:
            with suppress(HTTPError):  # a skipped stage has none, because its rows were already there
                for attempt in monitoring(spark, f"stages/{stage}"):
                    for executor, summary in attempt.get("executorSummary", {}).items():
                        read[executor] = read.get(executor, 0) + summary["inputRecords"]
    print(f"rows read by each executor: {read}")
    assert sum(read.values()) == 20_000_000
    assert len([rows for rows in read.values() if rows > 1_000_000]) == 2


def test_what_is_cancelled_is_stopped_on_the_cluster(spark):
    """A cancel between two jobs of a question finds no running job, and is then tried again."""
    for attempt in range(5):
        tag = f"stopped_by_cancel_{attempt}"
        run = spark.start(SLOW, limits=Limits(timeout_seconds=200), tag=tag)

        def cancel_when_it_runs(run=run, tag=tag):
            while not any(job["status"] == "RUNNING" for job in tagged_jobs(spark, tag)):
                time.sleep(0.2)
            run.cancel()

        threading.Thread(target=cancel_when_it_runs, daemon=True).start()
        with pytest.raises(Cancelled):
            run.result()
        if was_stopped(spark, run, tag):
            return
    pytest.fail("no cancel found a job at work")


def test_what_takes_too_long_is_stopped_on_the_cluster(spark):
    """A busy machine may not have begun by the first of these time limits, and then has nothing to stop."""
    for seconds in (4, 16, 64):
        tag = f"stopped_after_{seconds}"
        run = spark.start(SLOW, limits=Limits(timeout_seconds=seconds), tag=tag)
        with pytest.raises(TimedOut):
            run.result()
        if was_stopped(spark, run, tag):
            return
    pytest.fail("nothing was at work after a minute")


def was_stopped(spark, run, tag) -> bool:
    """Return whether a job was running and no longer is. Another question must still be answered."""
    ended = time.monotonic()
    run.wait_until_over(20)
    assert time.monotonic() - ended < 10
    states: set[str] = set()
    for _ in range(20):
        states = {job["status"] for job in tagged_jobs(spark, tag)}
        if states and "RUNNING" not in states:
            break
        time.sleep(0.5)
    assert "RUNNING" not in states
    assert ask(spark, "SELECT 1 AS one").num_rows == 1
    # Spark calls a job that was cancelled failed; a part of the question may have been a job that had ended before.
    return "FAILED" in states


# A server only for these tests, which they kill


@dataclass(frozen=True)
class Server:
    """A Spark server for these tests only."""

    url: str
    environment: dict[str, str]
    folder: Path

    @property
    def driver(self) -> int:
        return int((self.folder / "pid").read_text())

    def executors(self) -> list[int]:
        """Return the executors' processes, which are children of the driver's."""
        executors = []
        for process in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                words = (process / "cmdline").read_bytes()
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.driver and b"CoarseGrainedExecutorBackend" in words:
                    executors.append(int(process.name))
        return executors


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("spark") / "server"
    environment = {
        **os.environ,
        "SPARK_PORT": str(free_port()),
        "SPARK_UI_PORT": str(free_port()),
        "SPARK_RUN": str(folder),
    }
    started = subprocess.run(
        ["sh", "deploy/spark.sh", "start"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
    )
    assert started.returncode == 0, started.stderr
    server = Server(started.stdout.strip(), environment, folder)
    yield server
    processes = [server.driver, *server.executors()]
    assert len(processes) == 3
    subprocess.run(["sh", "deploy/spark.sh", "stop"], cwd=ROOT, env=environment, check=True, timeout=60)
    assert not any(Path(f"/proc/{process}").exists() for process in processes)


HALF_A_MINUTE = (
    "SELECT count(*) AS n, sum(CAST(sha2(CAST(id AS STRING), 256) LIKE 'a%' AS INT)) AS a FROM range(0, {}, 1, 16)"
)


def test_an_executor_killed_in_mid_question_costs_no_row(server):
    connector = connect(server.url)
    ask(connector, HALF_A_MINUTE.format(1000))  # both are up
    run = connector.start(HALF_A_MINUTE.format(20_000_000), limits=Limits(timeout_seconds=200))
    killed: list[int] = []

    def kill():
        killed.extend(server.executors()[:1])
        os.kill(killed[0], signal.SIGKILL)

    timer = threading.Timer(3, kill)
    timer.start()
    assert run.result().to_pylist()[0]["n"] == 20_000_000
    timer.join()
    assert killed
    connector.close()


def test_a_driver_killed_in_mid_question_is_a_sentence_and_a_new_one_is_used(server):
    connector = connect(server.url)
    run = connector.start(SLOW, limits=Limits(timeout_seconds=120))
    timer = threading.Timer(3, lambda: os.kill(server.driver, signal.SIGKILL))
    timer.start()
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"can't be reached|stopped answering"):
        run.result()
    assert time.monotonic() - started < 40
    with pytest.raises(Unavailable, match=r"can't be reached|stopped answering"):
        ask(connector, "SELECT 1 AS one")
    again = subprocess.run(
        ["sh", "deploy/spark.sh", "start"],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert again.returncode == 0, again.stderr
    assert ask(connector, "SELECT 1 AS one").num_rows == 1
    before = time.monotonic()
    connector.close()
    assert timedelta(seconds=time.monotonic() - before) < timedelta(seconds=10)
