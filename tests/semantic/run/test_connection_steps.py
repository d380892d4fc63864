"""Each step of a connection test says what it found and what to do. No step shows a secret or a path."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from semantic.run import connection_steps
from semantic.run.connection_steps import Step, is_connected, test_steps
from tests.browser.visitor import free_port
from tests.engines import ORDERS, postgres_database, run_on_postgres, write_orders

Found = list[tuple[str, str]]


def _states(steps: list[Step]) -> Found:
    return [(step.name, step.state) for step in steps]


@contextmanager
def _reader(url: str, *granted: str) -> Iterator[str]:
    """Yield the address for a new user of a database, who has only these grants."""
    name = f"reader_{uuid.uuid4().hex}"
    run_on_postgres(
        url, [f"CREATE ROLE {name} LOGIN PASSWORD 'verysecret'", *(f"{what} TO {name}" for what in granted)]
    )
    try:
        parts = urlsplit(url)
        yield parts._replace(netloc=f"{name}:verysecret@{parts.netloc.rpartition('@')[2]}").geturl()
    finally:
        run_on_postgres(url, [f"DROP OWNED BY {name}", f"DROP ROLE {name}"])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_database(ORDERS + "CREATE TABLE extra (id BIGINT);") as address:
        yield address


@pytest.mark.server
def test_a_user_who_can_only_read_passes_every_step(url: str) -> None:
    with _reader(url, "GRANT SELECT ON orders, extra") as address:
        steps = list(test_steps(address))
    assert _states(steps) == [("reachable", "ok"), ("signed in", "ok"), ("tables", "ok"), ("read-only", "ok")]
    assert [step.says for step in steps][2:] == ["2 tables readable.", "This user can only read."]
    assert steps[1].says.startswith("The server runs PostgreSQL 1")
    assert is_connected(steps)


@pytest.mark.server
def test_a_user_who_can_write_is_a_warning(url: str) -> None:
    with _reader(url, "GRANT SELECT ON extra", "GRANT SELECT, UPDATE ON orders") as address:
        steps = list(test_steps(address))
    assert (steps[-1].name, steps[-1].state) == ("read-only", "warning")
    assert steps[-1].says == "This user can write to 1 table: orders."
    assert steps[-1].remedy.startswith("Use a read-only user")
    assert is_connected(steps)


@pytest.mark.server
def test_a_user_without_tables_can_be_saved_with_a_warning(url: str) -> None:
    with _reader(url) as address:
        steps = list(test_steps(address))
    assert _states(steps)[2:] == [("tables", "warning"), ("read-only", "skipped")]
    assert "SELECT permission" in steps[2].remedy
    assert is_connected(steps)


@pytest.mark.server
@pytest.mark.parametrize(
    ("before", "after", "says", "remedy"),
    [
        ("samepage:", "samepage:hidden", "does not accept this user and password", "Type both again."),
        ("//samepage", "//stranger", "does not accept this user and password", "Type both again."),
        ("/test_", "/hidden_", "no database with this name", "Check the name of the database."),
    ],
)
def test_a_failed_sign_in_says_why(url: str, before: str, after: str, says: str, remedy: str) -> None:
    address = url.replace(before, after)
    assert address != url
    steps = list(test_steps(address))
    assert _states(steps) == [("reachable", "ok"), ("signed in", "failed")]
    assert says in steps[-1].says
    assert remedy in steps[-1].remedy
    assert "hidden" not in repr(steps)
    assert not is_connected(steps)


@pytest.mark.server
@pytest.mark.parametrize("scheme", ["postgresql://reader:verysecret@{}/shop", "sc://{}/;token=verysecret"])
def test_a_closed_port_is_refused(scheme: str) -> None:
    steps = list(test_steps(scheme.format(f"127.0.0.1:{free_port()}")))
    assert _states(steps) == [("reachable", "failed")]
    assert steps[0].says == "The host refuses connections on this port."
    assert "Check the port" in steps[0].remedy
    assert "127.0.0.1" not in repr(steps)
    assert "verysecret" not in repr(steps)


@pytest.mark.server
def test_an_unknown_host_is_not_found() -> None:
    steps = list(test_steps("postgresql://reader:verysecret@no-such-host.invalid:5432/shop"))
    assert _states(steps) == [("reachable", "failed")]
    assert steps[0].says == "This host can't be found."


@pytest.mark.server
@pytest.mark.parametrize("scheme", ["postgresql://reader:verysecret@{}/shop", "sc://{}"])
def test_an_unresponsive_server_blocks_nothing(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setattr(connection_steps, "SIGN_IN_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        steps = list(test_steps(scheme.format(f"127.0.0.1:{silent.getsockname()[1]}")))
    assert _states(steps) == [("reachable", "ok"), ("signed in", "failed")]
    assert steps[-1].says == "There was no answer within 0.5 seconds."
    assert "kind of database" in steps[-1].remedy


@pytest.mark.server
def test_a_connection_that_opens_too_late_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, closed = threading.Event(), threading.Event()

    def work() -> str:
        opened.wait(10)
        return "late"

    with pytest.raises(connection_steps.Unavailable):
        connection_steps._within(0.01, work, late=lambda outcome: closed.set())
    opened.set()
    assert closed.wait(10)


def test_a_duckdb_file_is_opened_read_only(tmp_path: Path) -> None:
    steps = list(test_steps(f"duckdb://{write_orders(tmp_path / 'shop.duckdb')}"))
    assert [(step.name, step.state, step.says) for step in steps] == [
        ("reachable", "ok", "The file is there."),
        ("signed in", "skipped", "Files need no sign-in."),
        ("tables", "ok", "1 table readable."),
        ("read-only", "ok", "Opened read-only."),
    ]
    assert is_connected(steps)


def test_a_missing_file_says_where_to_look(tmp_path: Path) -> None:
    steps = list(test_steps(str(tmp_path / "hidden.duckdb")))
    assert _states(steps) == [("reachable", "failed")]
    assert "on the server that runs Samepage" in steps[0].remedy
    assert str(tmp_path) not in repr(steps)


def test_a_folder_needs_files(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "readme.txt").write_text("no data", encoding="utf-8")
    steps = list(test_steps(f"duckdb://{folder}"))
    assert _states(steps)[-1] == ("tables", "failed")
    assert "no Parquet or CSV files" in steps[-1].says
    assert ".parquet or .csv" in steps[-1].remedy
    assert not is_connected(steps)
    (folder / "orders.csv").write_text("id,amount\n1,10\n", encoding="utf-8")
    assert is_connected(list(test_steps(f"duckdb://{folder}")))


def test_a_file_that_cannot_be_read_is_named_without_its_folder_or_values(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_text("verysecret", encoding="utf-8")
    steps = list(test_steps(str(tmp_path)))
    assert _states(steps)[-1] == ("tables", "failed")
    assert steps[-1].remedy.endswith("It's about broken.parquet.")
    assert str(tmp_path) not in repr(steps)
    assert "verysecret" not in repr(steps)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.duckdb").write_text("not a database", encoding="utf-8")
    steps = list(test_steps(str(tmp_path / "shop.duckdb")))
    assert _states(steps)[-1] == ("tables", "failed")
    assert "complete" in steps[-1].remedy


def test_a_file_without_tables_is_a_warning(tmp_path: Path) -> None:
    path = write_orders(tmp_path / "shop.duckdb", "DROP TABLE orders")
    steps = list(test_steps(str(path)))
    assert _states(steps)[2:] == [("tables", "warning"), ("read-only", "skipped")]
