"""The contract that every engine fulfils."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from sqlglot import exp

from connectors.connector import (
    Cancelled,
    Limits,
    StatementFailed,
    StatementRefused,
    TimedOut,
    TooManyRows,
    Unavailable,
    check_statement,
)
from semantic.sql.dialects.build_tree import aliased, number
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DIALECTS
from semantic.sql.dialects.values import Values
from tests.semantic.sql.dialects.test_table import NAMES, STRINGS, in_parts
from tests.waiting import STUCK, until

LIMITS = Limits()


def ask(opened, sql, params=(), limits=LIMITS):
    return opened.connector.start(opened.spell(sql), params, limits=limits).result()


def test_rows_come_as_arrow_with_their_types(opened):
    table = ask(opened, "SELECT id, country, amount, ordered_on FROM orders ORDER BY id")
    assert table.column_names == ["id", "country", "amount", "ordered_on"]
    assert table.to_pylist()[0] == {
        "id": 1,
        "country": "DE",
        "amount": Decimal("10.00"),
        "ordered_on": date(2026, 1, 1),
    }
    assert table.column("amount").to_pylist() == [Decimal("10.00"), Decimal("20.50"), None, Decimal("5.00")]


def test_an_answer_without_rows_still_has_its_columns(opened):
    table = ask(opened, "SELECT id, country FROM orders WHERE id < 0")
    assert (table.num_rows, table.column_names) == (0, ["id", "country"])


def test_parameters_are_taken_by_their_number(opened):
    assert ask(opened, "SELECT id FROM orders WHERE id < $2 AND country = $1", ["DE", 2]).to_pylist() == [{"id": 1}]


@pytest.mark.parametrize(
    "value",
    [
        "DE' OR '1'='1",
        "'; DROP TABLE orders; --",
        "DE\\' OR 1=1 --",
        "${env:HOME}",
        "/* */",
        "\N{PILE OF POO}",
        "$1",
        "?",
    ],
)
def test_a_value_is_never_read_as_sql(opened, value):
    assert ask(opened, "SELECT id FROM orders WHERE country = $1", [value]).num_rows == 0
    assert ask(opened, "SELECT CAST($1 AS VARCHAR) AS v", [value]).column("v").to_pylist() == [value]
    assert ask(opened, "SELECT count(*) AS n FROM orders").column("n").to_pylist() == [4]


def ask_as_written(opened, sql):
    """Return the rows of a statement, with a time limit long enough for a cluster that has just started on a busy
    machine.
    """
    return opened.connector.start(sql, limits=Limits(timeout_seconds=250)).result()


def test_3000_literals_come_back_as_they_went(opened):
    """The engine reads the literals back, because it's the one that an injection would attack, not a parser of ours."""
    dialect = DIALECTS[opened.connector.dialect]
    values = ["${env:HOME}", "${system:user.name}", "' OR '1'='1", "\\' OR 1=1 --", "'; DROP TABLE orders; --"]
    values += [text for text in STRINGS if text and text not in values]
    values = values[:3_000]
    assert len(values) == 3_000
    for part in in_parts(values, 500):
        rows = ", ".join(
            f"({place}, {render(Values(inline=True).add(value), dialect)})" for place, value in enumerate(part)
        )
        back = ask_as_written(opened, f"SELECT t.text FROM (VALUES {rows}) AS t(place, text) ORDER BY t.place")
        assert back["text"].to_pylist() == part
    assert ask(opened, "SELECT count(*) AS n FROM orders")["n"].to_pylist() == [4]


def test_400_quoted_names_come_back_as_they_went(opened):
    # Numbered at the front, since PostgreSQL keeps 63 bytes of a name.
    names = [f"{place} {name}".encode()[:60].decode(errors="ignore") for place, name in enumerate(NAMES[:400])]
    columns = [aliased(number(place), name) for place, name in enumerate(names)]
    back = ask_as_written(opened, render(exp.Select(expressions=columns), DIALECTS[opened.connector.dialect]))
    assert back.column_names == names
    assert list(back.to_pylist()[0].values()) == list(range(400))


def test_too_few_parameters_fail_with_a_sentence(opened):
    with pytest.raises(StatementFailed, match="don't match"):
        ask(opened, "SELECT $1 AS a, $2 AS b", [1])


def test_columns_gives_names_and_types_in_order(opened):
    assert dict(opened.connector.columns("orders")) == {
        "id": pa.int64(),
        "country": pa.string(),
        "amount": pa.decimal128(18, 2),
        "ordered_on": pa.date32(),
    }


@pytest.mark.parametrize(
    "name", ["nothing_here", 'orders" WHERE 1=0; --', "orders; DROP TABLE orders", "read_text('x')"]
)
def test_columns_of_what_is_not_a_table_is_an_error(opened, name):
    with pytest.raises((StatementFailed, StatementRefused)):
        opened.connector.columns(name)


def test_tables_lists_what_columns_can_read(opened):
    listed = {table.name: table for table in opened.connector.tables()}
    assert list(listed) == ["orders"]
    assert (listed["orders"].is_view, listed["orders"].rows in (4, None)) == (False, True)
    assert list(opened.connector.columns("orders")) == ["id", "country", "amount", "ordered_on"]


@pytest.mark.parametrize(("rows", "fits"), [(4, True), (3, False), (0, False)])
def test_the_row_limit_is_exact(opened, rows, fits):
    if fits:
        assert ask(opened, "SELECT id FROM orders", limits=Limits(max_rows=rows)).num_rows == 4
    else:
        with pytest.raises(TooManyRows, match=f"more than {rows} rows"):
            ask(opened, "SELECT id FROM orders", limits=Limits(max_rows=rows))


def test_a_run_over_its_time_is_stopped(opened):
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"longer than 0\.2 seconds"):
        ask(opened, opened.slow, limits=Limits(timeout_seconds=0.2))
    assert 0.2 <= time.monotonic() - started < 2


def test_cancel_from_another_thread_ends_the_run_within_50_ms(opened):
    taken = []
    # Until one is fast: the machine may be busy, the engine is not.
    while min(taken, default=1) >= 0.05 and len(taken) < 20:
        run = opened.connector.start(opened.slow, limits=LIMITS)
        cancelled_at = []

        def cancel(run=run, cancelled_at=cancelled_at):
            cancelled_at.append(time.monotonic())
            run.cancel()

        timer = threading.Timer(0.2, cancel)
        timer.start()
        with pytest.raises(Cancelled):
            run.result()
        taken.append(time.monotonic() - cancelled_at[0])
        timer.join()
    assert min(taken) < 0.05
    assert ask(opened, "SELECT 1 AS one").num_rows == 1


def test_a_run_cancelled_before_it_began_does_not_begin(opened):
    run = opened.connector.start(opened.slow, limits=LIMITS)
    run.cancel()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        run.result()
    assert time.monotonic() - started < 1


def test_cancel_at_any_moment_is_not_lost(opened):
    for delay in (0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005):
        run = opened.connector.start(opened.slow, limits=Limits(timeout_seconds=20))
        timer = threading.Timer(delay, run.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            run.result()
        timer.join()


def test_cancelling_one_run_leaves_the_other_alone(opened):
    ends = {}

    def work(name, sql):
        try:
            ends[name] = runs[name].result()
        except (Cancelled, TimedOut) as error:
            ends[name] = type(error)

    sql = {"first": opened.slow, "second": opened.slow}
    seconds = {"first": STUCK, "second": 1.0}
    runs = {
        name: opened.connector.start(text, limits=Limits(timeout_seconds=seconds[name])) for name, text in sql.items()
    }
    threads = [threading.Thread(target=work, args=item) for item in sql.items()]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    runs["first"].cancel()
    for thread in threads:
        thread.join()
    assert ends == {"first": Cancelled, "second": TimedOut}


def test_many_threads_at_once_each_get_their_own_rows(opened):
    answers = {}

    def work(number):
        for _ in range(20):
            answers.setdefault(number, set()).add(
                ask(opened, "SELECT CAST($1 AS BIGINT) AS n", [number])["n"][0].as_py()
            )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: {number} for number in range(8)}


def test_an_estimate_counts_rows_where_the_engine_says(opened):
    estimate = opened.connector.estimate("SELECT sum(amount) AS total FROM orders")
    assert opened.connector.capabilities.estimates == (estimate is not None)
    assert estimate is None or estimate.rows == 4


def test_progress_has_seconds_and_perhaps_a_fraction(opened):
    run = opened.connector.start(opened.slow, limits=Limits(timeout_seconds=STUCK))
    seen = []

    def watch() -> None:
        until(lambda: run.progress().elapsed_seconds > 0.2, "A fifth of a second of it")
        seen.append(run.progress())
        run.cancel()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(Cancelled):
        run.result()
    watcher.join()
    assert 0.2 < seen[0].elapsed_seconds < STUCK
    if opened.connector.capabilities.reports_progress:
        assert 0 <= seen[0].fraction <= 1


def test_the_data_version_stays_while_the_data_stays(opened):
    def is_same() -> bool:
        version = opened.connector.data_version(["orders"])
        run = opened.connector.start("SELECT 1 AS one", limits=LIMITS)
        return (run.data_version, opened.connector.data_version(["orders"])) == (version, version)

    until(is_same, "The same version twice")  # PostgreSQL's moves with every other test on its server


def test_a_closed_connection_stops_its_runs_and_says_so(opened):
    run = opened.connector.start(opened.slow, limits=LIMITS)
    timer = threading.Timer(0.2, opened.connector.close)
    timer.start()
    with pytest.raises(Cancelled):
        run.result()
    timer.join()
    with pytest.raises(Unavailable, match="closed"):
        opened.connector.start("SELECT 1 AS one", limits=LIMITS)


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE orders",
        "DROP TABLE orders",
        "INSERT INTO orders VALUES (5, 'X', 1, DATE '2026-01-01')",
        "UPDATE orders SET amount = 0",
        "DELETE FROM orders",
        "CREATE TABLE stolen AS SELECT * FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT * INTO stolen FROM orders",
        "SELECT * FROM orders FOR UPDATE",
        "EXPLAIN SELECT 1",
        "SELECT '\0'",
        "SELECT '\ud800'",
        "this is not sql",
        "SELECT current_setting('x')",
        "SELECT nextval('ids')",
    ],
)
def test_anything_but_one_select_is_refused_unrun(opened, sql):
    for use in (opened.connector.estimate, lambda text: ask(opened, text)):
        with pytest.raises(StatementRefused):
            use(sql)
    assert ask(opened, "SELECT sum(amount) AS total FROM orders")["total"][0].as_py() == Decimal("35.50")


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "SELECT pg_read_file('/etc/passwd')"),
        ("postgres", "SELECT pg_catalog.set_config('role', 'admin', false)"),
        ("postgres", "SELECT * FROM ROWS FROM (pg_ls_dir('.'))"),
        ("postgres", "SELECT query_to_xml('select 1', true, true, '')"),
        ("spark", "SELECT * FROM parquet.`/data/secret`"),
        ("spark", "SELECT reflect('java.lang.System', 'getenv')"),
        ("spark", "SELECT TRANSFORM(a) USING 'cat' FROM t"),
        ("clickhouse", "SELECT * FROM file('secret')"),
        ("clickhouse", "SELECT * FROM url('http://example.com', CSV)"),
        ("snowflake", "SELECT * FROM @stage"),
        ("snowflake", "SELECT * FROM TABLE(RESULT_SCAN('x'))"),
        ("snowflake", "SELECT SYSTEM$CANCEL_QUERY('x')"),
        ("bigquery", "SELECT * FROM EXTERNAL_QUERY('a', 'b')"),
        ("trino", "SELECT * FROM TABLE(system.query(query => 'x'))"),
    ],
)
def test_what_reaches_outside_the_data_is_refused_in_every_dialect(dialect, sql):
    with pytest.raises(StatementRefused):
        check_statement(sql, dialect)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS one;",
        "SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2 AS a) AS t ORDER BY a",
        "WITH t AS (SELECT 1 AS a) SELECT a FROM t",
        "(SELECT 1 AS a) UNION ALL (SELECT 2 AS a)",
        "SELECT a FROM (VALUES (1), (2)) AS t(a)",
        "SELECT * FROM orders AS o LEFT JOIN orders AS p ON o.id IS NOT DISTINCT FROM p.id WHERE EXISTS (SELECT 1)",
        "SELECT i FROM range(3) AS t(i)",
        "SELECT 'DROP TABLE orders; -- getenv(1)' AS text",
        'SELECT id AS "getenv" FROM orders',
    ],
)
def test_ordinary_selects_are_accepted(sql):
    check_statement(sql, "duckdb")
