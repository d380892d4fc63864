"""What is specific to PostgreSQL: sessions, values that Arrow would misread, data versions, a lost server."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from connectors import connect, postgres, postgres_session
from connectors.connector import (
    Cancelled,
    ConnectorError,
    Limits,
    StatementFailed,
    StatementRefused,
    TimedOut,
    Unavailable,
)
from semantic.commands import demo
from tests.engines import ENGINES, HOSTILE, ORDERS, ask_postgres, postgres_database, run_on_postgres, write_orders
from tests.waiting import STUCK, until

LIMITS = Limits()
SLOW = ENGINES["postgres"].slow
TABLES = """
CREATE SCHEMA mart;
CREATE TABLE mart.orders (id BIGINT);
CREATE TABLE sizes (a DECIMAL(18, 4), b DECIMAL, c DECIMAL(50, 3));
INSERT INTO sizes VALUES (1.5, 2.25, 3), (NULL, 100, NULL);
CREATE VIEW seen AS SELECT * FROM sizes;
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_database(ORDERS + TABLES) as address:
        yield address


@pytest.fixture
def shop(url):
    connector = connect(url)
    yield connector
    connector.close()


def ask(connector, sql, params=(), limits=LIMITS):
    return connector.start(sql, params, limits=limits).result()


def one(connector, sql, params=()):
    return ask(connector, sql, params).column(0)[0].as_py()


def test_tables_are_those_that_the_user_can_read(url):
    reader, odd = f"reader_{uuid.uuid4().hex}", '"Odd ""Name"'
    made = [
        f"CREATE TABLE {odd} (id BIGINT)",
        "CREATE TABLE secret (id BIGINT)",
        f"CREATE ROLE {reader} LOGIN PASSWORD 'r'",
    ]
    granted = [f"GRANT USAGE ON SCHEMA mart TO {reader}", f"GRANT SELECT ON mart.orders, seen, {odd} TO {reader}"]
    run_on_postgres(url, [*made, *granted])
    try:
        parts = urlsplit(url)
        connector = connect(parts._replace(netloc=f"{reader}:r@{parts.netloc.rpartition('@')[2]}").geturl())
        listed = [(table.name, table.is_view) for table in connector.tables()]
        columns = [list(connector.columns(name)) for name, _ in listed]
        connector.close()
    finally:
        run_on_postgres(url, [f"DROP OWNED BY {reader}", f"DROP ROLE {reader}", f"DROP TABLE secret, {odd}"])
    assert listed == [(odd, False), ("mart.orders", False), ("seen", True)]
    assert columns == [["id"], ["id"], ["a", "b", "c"]]


def at_work(url) -> int:
    """Return how many other sessions of the database run a statement or hold a transaction."""
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state <> 'idle' AND pid <> pg_backend_pid()"
    )
    return int(str(ask_postgres(url, sql)[0][0]))


def wait_until_idle(url) -> None:
    until(lambda: at_work(url) == 0, "The end of every session's work")


def until_same(look: Callable[[], Sequence[object]]) -> object:
    """Return what `look` returns once all its values are equal.

    It's called again while they differ, because every test on this server changes the version.
    """
    seen: list[object] = []

    def is_one() -> bool:
        seen[:] = dict.fromkeys(look())
        return len(seen) == 1

    until(is_one, "The same version twice")
    return seen[0]


# Sessions


def test_a_session_means_the_same_whatever_the_database_has_as_its_default(shop, url):
    assert ask_postgres(url, "SELECT current_setting('standard_conforming_strings')") == [
        (HOSTILE["standard_conforming_strings"],)
    ]
    settings = shop.session_settings
    assert (settings["standard_conforming_strings"], settings["TimeZone"]) == ("on", "UTC")
    assert one(shop, "SELECT CAST(TIMESTAMPTZ '2026-01-01 00:30:00+00' AS DATE) AS d") == date(2026, 1, 1)
    assert one(shop, "SELECT count(*) AS n FROM orders WHERE country = NULL") == 0
    assert one(shop, "SELECT CAST(CAST(0.1 AS DOUBLE PRECISION) + 0.2 AS TEXT) AS t") == "0.30000000000000004"


def test_the_search_path_is_the_addresss(url):
    other = connect(f"{url}?search_path=mart,public")
    try:
        assert dict(other.columns("orders")) == {"id": pa.int64()}
        assert one(other, "SELECT count(*) AS n FROM orders") == 0
        assert other.fingerprint != connect(url).fingerprint
    finally:
        other.close()


def test_sessions_are_used_again_and_closed_at_the_end(url):
    connector = connect(f"{url}?application_name=counted")
    for _ in range(20):
        ask(connector, "SELECT 1 AS one")
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
    assert ask_postgres(url, sql) == [(1,)]
    connector.close()
    until(lambda: ask_postgres(url, sql) == [(0,)], "The end of its sessions")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM pg_shadow",
        "SELECT * FROM pg_catalog.pg_stat_activity",
        "SELECT * FROM information_schema.tables",
        "SELECT pg_backend_pid()",
        "SELECT pg_notify('a', 'b')",
        "SELECT version()",
        "SELECT lo_import('/etc/passwd')",
        "SELECT $tag$a$tag$; DROP TABLE orders",
    ],
)
def test_the_servers_own_things_are_refused(shop, sql):
    with pytest.raises(StatementRefused):
        ask(shop, sql)


def test_the_session_itself_changes_nothing(shop):
    session = shop._pool.begin()
    with pytest.raises(Exception, match="read-only transaction"):
        session.ask("CREATE TABLE stolen (a INT)")
    shop._pool.drop(session)


def test_a_superuser_steps_down_to_a_reader(shop, url):
    assert ask_postgres(url, "SELECT current_setting('is_superuser')") == [("on",)]
    session = shop._pool.begin()
    assert session.one("SELECT current_user AS name, current_setting('is_superuser') AS super") == {
        "name": "pg_read_all_data",
        "super": "off",
    }
    with pytest.raises(Exception, match="permission denied"):
        session.ask("SELECT pg_read_file('/etc/passwd')")
    shop._pool.drop(session)
    assert shop.session_settings["role"] == "pg_read_all_data"


def test_another_role_stays_itself_and_is_told_what_it_may_not_read(url):
    run_on_postgres(
        url,
        [
            "DROP ROLE IF EXISTS only_orders",
            "CREATE ROLE only_orders LOGIN PASSWORD 'known'",
            "GRANT SELECT ON orders TO only_orders",
        ],
    )
    parts = urlsplit(url)
    connector = connect(url.replace(f"{parts.username}:{parts.password}@", "only_orders:known@"))
    try:
        assert connector.session_settings["role"] == "none"
        assert one(connector, "SELECT count(*) AS n FROM orders") == 4
        with pytest.raises(StatementFailed, match="can't read that"):
            ask(connector, "SELECT * FROM sizes")
    finally:
        connector.close()
        run_on_postgres(url, ["DROP OWNED BY only_orders", "DROP ROLE only_orders"])


# Values


@pytest.mark.parametrize(
    ("sql", "error", "says"),
    [
        ("SELECT CAST('NaN' AS NUMERIC) AS a", StatementFailed, "doesn't fit a decimal"),
        ("SELECT CAST('infinity' AS DATE) AS a", StatementFailed, "contains infinity"),
        ("SELECT CAST('-infinity' AS TIMESTAMPTZ) AS a", StatementFailed, "contains infinity"),
        ("SELECT CAST('1.5' AS MONEY) AS a", StatementRefused, "of the type money"),
        ("SELECT INTERVAL '1 day' AS a", StatementRefused, "an interval"),
        ("SELECT CAST('10.0.0.1' AS INET) AS a", StatementRefused, "of the type inet"),
        ("SELECT 1 / 0 AS a", StatementFailed, "divides by zero"),
        ("SELECT CAST('x' AS INTEGER) AS a", StatementFailed, "cannot be converted"),
        ("SELECT a FROM nothing_here", StatementFailed, "names a table"),
        ("SELECT nothing_here FROM orders", StatementFailed, "names a column"),
    ],
)
def test_what_cannot_be_carried_is_an_error(shop, sql, error, says):
    with pytest.raises(error, match=says):
        ask(shop, sql)


@pytest.mark.parametrize("value", ["a\0b", "\ud800", 2**70])
def test_a_parameter_that_cannot_be_carried_is_an_error(shop, value):
    with pytest.raises(StatementFailed):
        ask(shop, "SELECT $1 AS a", [value])
    assert one(shop, "SELECT 1 AS one") == 1


SIZED = "CAST(1.5 AS NUMERIC(38, 2))"


@pytest.mark.parametrize(
    ("sql", "size"),
    [
        (SIZED, (38, 2)),
        (f"CASE WHEN a > 1 THEN {SIZED} END", (38, 2)),
        ("CAST(SUM(a) OVER () AS NUMERIC(38, 2))", (38, 2)),
        ("a", (18, 4)),
        ("c", (50, 3)),
        # PostgreSQL forgets the size in these, and reports none for b: it gets as many decimals as its longest value.
        (f"{SIZED} + {SIZED}", (38, 2)),
        ("SUM(a) OVER ()", (38, 4)),
        ("b", (38, 2)),
        ("b * 1.000", (38, 5)),
    ],
)
def test_a_decimal_has_the_size_that_was_asked_for(shop, url, sql, size):
    # As PostgreSQL reports it. A plain DECIMAL in DuckDB is (18, 3).
    kinds = "a NUMERIC(18, 4), b NUMERIC, c NUMERIC(50, 3)"
    rows = "(1.5, 2.25, 3), (NULL, 100, NULL)"
    run_on_postgres(
        url, ["DROP TABLE IF EXISTS said", f"CREATE TABLE said ({kinds})", f"INSERT INTO said VALUES {rows}"]
    )
    kind = ask(shop, f"SELECT {sql} AS x FROM said").schema.field("x").type
    assert (kind.precision, kind.scale) == size
    assert shop.columns("said")["b"] == pa.decimal128(38, 10)


def test_parameters_keep_their_types(shop):
    given = [None, date(2026, 1, 1), Decimal("1.50"), datetime(2026, 1, 1, tzinfo=UTC), 1.5, True, 7]
    kinds = ["TEXT", "DATE", "NUMERIC(9, 2)", "TIMESTAMPTZ", "DOUBLE PRECISION", "BOOLEAN", "BIGINT"]
    columns = ", ".join(f"CAST(${at} AS {kind}) AS c{at}" for at, kind in enumerate(kinds, start=1))
    assert list(ask(shop, f"SELECT {columns}", given).to_pylist()[0].values()) == given


# Versions of the data


def test_the_version_changes_with_every_change_and_not_without(url, shop):
    before = until_same(lambda: (shop.data_version(["orders"]), shop.data_version(["orders", "mart.orders", "sizes"])))
    assert before is not None
    run_on_postgres(url, ["SET default_transaction_read_only = off", "INSERT INTO mart.orders VALUES (1)"])

    def read() -> tuple[object, object]:
        run = shop.start("SELECT id FROM mart.orders", limits=LIMITS)
        assert run.result().num_rows == 1
        return run.data_version, shop.data_version(["orders"])

    assert until_same(read) != before


def test_a_run_says_the_version_that_it_read(url, shop):
    def read() -> tuple[object, object]:
        run_on_postgres(url, ["INSERT INTO mart.orders VALUES (1)"])
        run = shop.start("SELECT count(*) AS n FROM mart.orders", limits=LIMITS)
        early = run.data_version
        run_on_postgres(url, ["DELETE FROM mart.orders"])
        assert run.result().column("n").to_pylist() == [0]
        assert run.data_version != early
        return run.data_version, shop.data_version(["mart.orders"])

    assert until_same(read) is not None


def test_where_nobody_can_tell_there_is_no_version(url, shop):
    run_on_postgres(url, ["CREATE UNLOGGED TABLE IF NOT EXISTS loose (a INT)"])
    assert shop.data_version(["orders", "seen"]) is None
    assert shop.data_version(["loose"]) is None
    run = shop.start("SELECT count(*) AS n FROM seen", limits=LIMITS)
    run.result()
    assert run.data_version is None


# A server that goes away


def kill_slow(url) -> None:
    sql = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE '%generate_series(1, 10000000)%' AND state = 'active' AND pid <> pg_backend_pid()"
    )
    until(lambda: ask_postgres(url, sql) != [(0,)], "The slow question")


def test_killed_in_mid_question_is_a_sentence_and_the_next_one_is_answered(url, shop):
    run = shop.start(SLOW, limits=LIMITS)
    killer = threading.Thread(target=kill_slow, args=(url,))
    killer.start()
    with pytest.raises(Unavailable, match=r"^The connection to PostgreSQL was lost\. Ask again\.$"):
        run.result()
    killer.join()
    assert one(shop, "SELECT count(*) AS n FROM orders") == 4
    wait_until_idle(url)


def test_sessions_lost_between_two_questions_are_replaced_and_the_version_is_another(url, shop):
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    before = shop.data_version(["orders"])
    ask_postgres(
        url,
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    until(lambda: ask_postgres(url, sessions) == [(0,)], "The end of every session")
    assert one(shop, "SELECT count(*) AS n FROM orders") == 4
    assert shop.data_version(["orders"]) != before


def test_cancelled_and_timed_out_runs_leave_nothing_at_work_on_the_server(url, shop):
    for stopped in (Cancelled, TimedOut):
        run = shop.start(SLOW, limits=Limits(timeout_seconds=0.5 if stopped is TimedOut else STUCK))
        if stopped is Cancelled:
            threading.Timer(0.2, run.cancel).start()
        with pytest.raises(stopped):
            run.result()
    wait_until_idle(url)
    assert one(shop, "SELECT 1 AS one") == 1


class Relay:
    """A relay to the server that can stop forwarding, as a broken network does."""

    def __init__(self, url: str) -> None:
        self.target = (urlsplit(url).hostname, urlsplit(url).port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.is_silent = threading.Event()
        self.sockets: list[socket.socket] = [self.listener]
        port = self.listener.getsockname()[1]
        self.url = url.replace(f":{self.target[1]}/", f":{port}/")
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                self.sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while not self.is_silent.is_set() and (data := source.recv(65536)):
                if not self.is_silent.is_set():
                    target.sendall(data)

    def cut(self) -> None:
        for each_socket in self.sockets:
            with suppress(OSError):
                each_socket.shutdown(socket.SHUT_RDWR)
            each_socket.close()


def test_a_cut_network_is_a_sentence(url):
    relay = Relay(url)
    connector = connect(relay.url)
    run = connector.start(SLOW, limits=LIMITS)
    threading.Timer(0.3, relay.cut).start()
    with pytest.raises(Unavailable, match=r"^The connection to PostgreSQL was lost\. Ask again\.$"):
        run.result()
    with pytest.raises(Unavailable, match=r"^PostgreSQL cannot be reached\.$"):
        ask(connector, "SELECT 1 AS one")
    connector.close()


@pytest.fixture
def impatient(monkeypatch):
    """A server that gives up on a lost client after seconds, so that the test doesn't have to wait for half a
    minute.
    """
    settings = {**postgres_session._LEAVING, "idle_in_transaction_session_timeout": "1s", "tcp_user_timeout": "3s"}
    monkeypatch.setattr(postgres_session, "_LEAVING", settings)


def test_a_network_that_falls_silent_is_a_sentence_in_time_and_the_server_ends_by_itself(url, impatient):
    """No cancel request arrives, so the server's own limit ends the statement and its transaction."""
    relay = Relay(url)
    connector = connect(relay.url)
    run = connector.start(SLOW, limits=Limits(timeout_seconds=1.5))
    threading.Timer(0.7, relay.is_silent.set).start()
    started = time.monotonic()
    with pytest.raises(TimedOut, match=r"longer than 1\.5 seconds"):
        run.result()
    assert time.monotonic() - started < 20
    wait_until_idle(url)
    relay.cut()
    connector.close()


def test_a_silent_server_is_a_sentence_before_a_question_too(url, monkeypatch):
    monkeypatch.setattr(postgres, "_LOOKING_SECONDS", 1)
    relay = Relay(url)
    connector = connect(relay.url)
    relay.is_silent.set()
    started = time.monotonic()
    for look in (lambda: connector.data_version(["orders"]), lambda: connector.estimate("SELECT id FROM orders")):
        with pytest.raises(Unavailable, match=r"^PostgreSQL does not answer\. Ask again later\.$"):
            look()
    assert time.monotonic() - started < 20
    relay.cut()
    connector.close()


def test_rows_that_nobody_takes_do_not_keep_the_server(url, impatient):
    """Statement timeouts don't apply to a server that waits to send. The network's own timeout ends it."""
    relay = Relay(url)
    connector = connect(relay.url)
    sql = "SELECT CAST(x AS TEXT) || REPEAT('x', 1000) AS t FROM generate_series(1, 1000000) AS s(x)"
    run = connector.start(sql, limits=Limits(max_rows=1_000_000, timeout_seconds=2))
    threading.Timer(0.5, relay.is_silent.set).start()
    with pytest.raises(TimedOut):
        run.result()
    wait_until_idle(url)
    relay.cut()
    connector.close()


def test_a_client_that_is_gone_does_not_keep_the_server_until_the_limit(url):
    relay = Relay(url)
    connector = connect(relay.url)
    run = connector.start(SLOW, limits=LIMITS)
    threading.Timer(0.3, relay.cut).start()
    with pytest.raises(Unavailable):
        run.result()
    wait_until_idle(url)
    connector.close()


# The company is loaded there. test_demo_load.py checks for each engine that it's the same company.


def test_a_load_leaves_a_table_of_somebody_else_alone(tmp_path, capsys):
    with postgres_database("CREATE TABLE fct_order (mine INT)") as url:
        run_on_postgres(url, [f"ALTER DATABASE {urlsplit(url).path[1:]} SET default_transaction_read_only TO off"])
        write_orders(tmp_path / "company.duckdb")
        assert demo.run(["--out", str(tmp_path), "--load", url]) == 1
        assert "has fct_order, which no load wrote, so nothing was changed" in capsys.readouterr().err
        assert ask_postgres(url, "SELECT count(*) FROM pg_class WHERE relname LIKE '%loading'") == [(0,)]


# Addresses


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda url: url.replace("samepage:", "samepage:hidden"), "does not accept this user and password"),
        (lambda url: url.replace("//samepage:", "//hidden:hidden"), "does not accept this user and password"),
        (lambda url: f"{url}_hidden", "no database with this name"),
        (lambda url: f"{url}?sslmode=require", "do not agree on encryption"),
        (lambda url: f"{url}?options=hidden", "has no option options"),
        (lambda _: "postgresql://samepage:hidden@127.0.0.1:1/x", "cannot be reached"),
        (lambda _: "postgresql://samepage:hid/den@127.0.0.1:x/x", "is not a PostgreSQL address"),
        (lambda _: "postgresql://samepage:hid@den/word@127.0.0.1/x", "is not a PostgreSQL address"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_repeating_it(url, change, says):
    with pytest.raises(Unavailable, match=says) as raised:
        connect(change(url))
    assert "hid" not in str(raised.value)


def test_the_password_is_in_nothing_that_is_shown(url, shop):
    secret = urlsplit(url).password
    assert secret
    errors: list[ConnectorError] = []
    for sql in ("SELECT a FROM nothing_here", "SELECT 1 / 0 AS a"):
        with pytest.raises(StatementFailed) as raised:
            ask(shop, sql)
        errors.append(raised.value)
    shown = [repr(shop._pool._address), shop.fingerprint, shop.identity, str(shop.session_settings)]
    shown += [part for error in errors for part in (str(error), error.detail)]
    assert not any(secret in part for part in shown)
    assert connect(url.replace(secret, secret)).fingerprint == shop.fingerprint
