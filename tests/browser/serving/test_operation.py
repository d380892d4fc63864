"""What operators rely on: a log without personal data, readiness, metrics and a timely shutdown."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from adbc_driver_postgresql import dbapi
from playwright.sync_api import expect
from streamlit import file_util

from semantic.config.settings import load_settings
from semantic.query.codec import query_to_params
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.store.audit.entries import each_entry
from semantic.store.open import open_store
from tests.browser.bakery import HERE
from tests.browser.screen import sign_in
from tests.browser.visitor import Browser, Process, free_port
from tests.browser.warm import refused_start, warm_process
from tests.browser.windows import Windows
from tests.companies import current_company
from tests.engines import postgres_database
from tests.waiting import STUCK, until

SECRETS = {
    "SAMEPAGE_METRICS_TOKEN": "canary-of-a-token-with-more-than-32-letters",
    "SAMEPAGE_MASK_KEY": "canary-of-a-mask-key",
    "SAMEPAGE_AUDIT_KEY": "canary-of-an-audit-key-that-is-long-enough",
    "SAMEPAGE_COOKIE_SECRET": "canary-of-a-cookie-secret-that-is-long-enough",
}
ANSWERED = 'samepage_questions_total{surface="page",outcome="answered"}'
BEARER = {"Authorization": f"Bearer {SECRETS['SAMEPAGE_METRICS_TOKEN']}"}


@dataclass(frozen=True, slots=True)
class Served:
    """A server, its log and its store."""

    port: int
    log: Path
    store: Path
    process: Process

    def events(self, name: str) -> list[dict[str, object]]:
        """Return the log entries of one kind. Fails if any line of the log isn't a JSON object."""
        written = self.log.read_text().rpartition("\n")[0]
        lines = [json.loads(line) for line in written.splitlines()]
        return [line for line in lines if line["event"] == name]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return current_company(tmp_path_factory)


@contextmanager
def serving(folder: Path, data: str, **given: str) -> Iterator[Served]:
    """Start a server that logs JSON lines, with a store of its own, and yield it."""
    port, log, store = free_port(), folder / "log", folder / "store.sqlite"
    settings = {"SAMEPAGE_DEMO": "1", "SAMEPAGE_LOG": "json", "SAMEPAGE_DATA": data, "SAMEPAGE_STORE": str(store)}
    settings |= SECRETS | {"STREAMLIT_LOGGER_HIDE_WELCOME_MESSAGE": "true"} | given
    with warm_process(log, port=port, **settings) as process:
        yield Served(port, log, store, process)


def acts(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the kinds of the entries in the audit log."""
    monkeypatch.setenv("SAMEPAGE_STORE", str(served.store))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY", SECRETS["SAMEPAGE_AUDIT_KEY"])
    store, keys = open_store(load_settings())
    with store.read() as connection:
        acts = [entry.kind for entry in each_entry(connection, keys)]
    store.close()
    return acts


# The log


LINKS = (
    ("explore", "m=canary_metric"),
    ("explore", "m=roas&by=zip"),
    ("metrics", "m=canary"),
    ("receipt", "receipt=R-CANARY"),
)


ASKED = urlencode(
    query_to_params(
        Query(
            metrics=("orders",),
            by=(Breakdown("channel_group"),),
            where=Condition("channel", Operator.NOT_IN, ("canary-of-a-value",)),
        )
    ),
    doseq=True,
)


def test_the_log_says_what_happened_and_names_no_one(company: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(company)) as served:
        browser = Browser(served.port)
        browser.sign_in("explore", ASKED, person="Ana")
        for path, query in (("explore", ASKED), *LINKS):
            assert "Demo: signed in as" in browser.open(path, query).text
        until(lambda: served.events("page")[-1]["page"] == "receipt", "the last page to be logged")
        until(lambda: served.events("question"), "the question to be logged")
        visitor = Browser(served.port)
        visitor.get("/ops/metrics?canary", headers=BEARER | {"X-Canary": "canary"})
        visitor.get("/explore?canary=1", headers={"Cookie": "samepage_identity=canary-of-a-cookie"})
        questions, pages = served.events("question"), served.events("page")
    assert_names_nobody(served, browser.cookies)
    assert any(event["outcome"] == "answered" and event["cached"] is False for event in questions)
    assert {event["page"] for event in questions + pages} >= {"explore", "metrics", "receipt"}
    number = pages[-1]["sign_in"]
    assert number
    assert {event["sign_in"] for event in questions} == {number}


@pytest.mark.proof
def test_the_log_does_not_name_people_who_export_and_save(company: Path, windows: Windows, tmp_path: Path) -> None:
    with serving(tmp_path, str(company)) as served:
        context, address = windows.borrow(), f"http://127.0.0.1:{served.port}"
        page = context.new_page()
        page.goto(f"{address}/explore?{ASKED}")
        sign_in(page, "Ana")
        page.get_by_role("button", name="Export").click()
        with page.expect_download():
            page.get_by_role("button", name="CSV").click()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Save").click()
        page.get_by_label("Name").fill("canary-of-a-name")
        page.get_by_role("button", name=re.compile("^Save")).last.click()
        expect(page.get_by_text("canary-of-a-name").first).to_be_visible()
        theirs = {str(cookie.get("name")): str(cookie.get("value")) for cookie in context.cookies()}
        page.close()
        exports, questions = served.events("export"), served.events("question")
    assert_names_nobody(served, theirs)
    assert [event["format"] for event in exports] == ["csv"]
    assert exports[0]["receipt"] in {event.get("receipt") for event in questions}


def assert_names_nobody(served: Served, cookies: Mapping[str, str]) -> None:
    """Check that the whole log of the stopped server contains no name, question, value, address, SQL or cookie."""
    logged = served.log.read_text()
    for word in ("canary", "Ribeiro", '"ana"', "Ana ", "127.0.0.1", "SELECT ", "channel_group", *cookies.values()):
        assert word not in logged, word


# Readiness and metrics


def test_readiness_names_the_failing_part_and_nothing_else(company: Path, tmp_path: Path) -> None:
    data = tmp_path / "company.duckdb"
    data.write_bytes(company.read_bytes())
    with serving(tmp_path, str(data)) as served:
        browser = Browser(served.port)

        def becomes(status: int, parts: dict[str, object]) -> None:
            """Wait for a state. The last answer is reused for a moment, so a change shows slightly later."""

            def is_so() -> bool:
                answer = browser.get("/ops/ready")
                return (answer.status, json.loads(answer.body)) == (status, parts)

            until(is_so, f"status {status} with {parts}")

        parts = ("store", "engine", "workers", "jobs", "model")
        well: dict[str, object] = {"ready": True, **dict.fromkeys(parts, "ready")}
        becomes(200, well)
        data.rename(tmp_path / "away")
        becomes(503, well | {"ready": False, "engine": "does not answer"})
        (tmp_path / "away").rename(data)
        becomes(200, well)
        with closing(sqlite3.connect(served.store)) as connection, connection:
            connection.execute("ALTER TABLE model_versions RENAME TO gone")
        becomes(503, well | {"ready": False, "store": "does not answer"})
        assert browser.get("/_stcore/health").status == 200  # the process is alive; restarting it would fix nothing


def test_metrics_require_the_token(company: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(company)) as served:
        browser, begun = Browser(served.port), time.monotonic()
        browser.sign_in("explore", "m=orders")
        for header in ("", "Bearer", "Bearer canary", "Basic Y2FuYXJ5", f"Bearer {SECRETS['SAMEPAGE_MASK_KEY']}"):
            answer = browser.get("/ops/metrics", headers={"Authorization": header})
            assert (answer.status, answer.body) == (404, "Not found")

        def is_answered() -> bool:
            """Open a page and return whether its answer was counted.

            A tab that closes too early counts nothing, so it's opened again.
            """
            browser.open("explore", "m=orders&by=channel_group")
            return ANSWERED in browser.get("/ops/metrics", headers=BEARER).body

        until(is_answered, "the answer to be counted")
        answer = browser.get("/ops/metrics", headers=BEARER)
        since_sign_in = time.monotonic() - begun
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    numbers = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in answer.body.splitlines()[:-1]
               if not line.startswith("#")}  # fmt: skip
    assert answer.body.endswith("\n# EOF\n")
    assert numbers[ANSWERED] >= 1
    assert numbers["samepage_ready"] == numbers["samepage_sign_ins"] == numbers["samepage_model_version"] == 1
    assert 0 <= numbers["samepage_audit_age_seconds"] <= since_sign_in
    assert numbers["samepage_question_seconds_count"] == numbers['samepage_question_seconds_bucket{le="+Inf"}'] >= 1


# Jobs


def runs_of_jobs(served: Served) -> int:
    with closing(sqlite3.connect(served.store)) as connection:
        return connection.execute("SELECT count(last_ended_at) FROM jobs").fetchone()[0]


def test_the_app_runs_jobs_and_says_so_in_its_metrics(company: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(company)) as served:
        until(lambda: runs_of_jobs(served) > 0, "a job")
        metrics = Browser(served.port).get("/ops/metrics", headers=BEARER).body
        assert 'samepage_jobs_total{job="presence",outcome="done"} 1' in metrics
        assert 'samepage_job_failures{job="presence"} 0' in metrics
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(STUCK)
    assert not served.events("error")
    with closing(sqlite3.connect(served.store)) as connection:
        assert connection.execute("SELECT count(*) FROM jobs WHERE holder <> ''").fetchone() == (0,)


def test_an_app_without_a_worker_leaves_jobs_to_others(company: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(company), SAMEPAGE_WORKER="off") as served:
        Browser(served.port).sign_in("explore", "m=orders")
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(STUCK)
    with closing(sqlite3.connect(served.store)) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


# The end


def silent_tab(port: int) -> socket.socket:
    """Return a tab that opens its connection and then sends nothing, not even a reply to the server's close."""
    tab = socket.create_connection(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    head += f"Origin: http://127.0.0.1:{port}\r\nSec-WebSocket-Version: 13\r\n"
    head += f"Sec-WebSocket-Protocol: streamlit\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    tab.sendall(head.encode())
    assert b"101 Switching" in tab.recv(200)
    return tab


def stuck_download(port: int) -> socket.socket:
    """Return a client that requests a large file and reads none of its content."""
    (script,) = Path(file_util.get_static_dir()).glob("static/js/PlotlyChart.*.js")
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    taker.connect(("127.0.0.1", port))
    taker.sendall(f"GET /static/js/{script.name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return taker


def test_a_shutdown_closes_every_tab_and_keeps_confirmed_work(
    company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path, str(company), SAMEPAGE_STOP_SECONDS="5") as served:
        browser = Browser(served.port)
        assert browser.sign_in("explore", "m=orders").status == 303
        with silent_tab(served.port), stuck_download(served.port):
            assert "Orders" in browser.open("explore", "m=orders").text
            served.process.send_signal(signal.SIGTERM)
            served.process.wait(STUCK)  # both stay open until it has ended
    texts = acts(served, monkeypatch)
    assert "person.signed_in" in texts
    assert "question.asked" in texts


OLD_BOOKS = """
CREATE VIEW old_books AS
SELECT 1 AS booking, CURRENT_DATE - 15 AS booked_on, 64 + (SELECT 0 FROM pg_advisory_xact_lock_shared(7)) AS amount
"""
"""The bakery's old books, whose amounts can be read only while the books are open."""


@contextmanager
def closed_books(url: str) -> Iterator[Callable[[], None]]:
    """Close the old books, so that a question about their amounts runs until they are opened.

    Yields a function that opens them.
    """
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:

        def run(function: str) -> None:
            cursor.execute(f"SELECT 1 FROM {function}(7)")
            cursor.fetchall()

        run("pg_advisory_lock")
        yield lambda: run("pg_advisory_unlock")


def test_a_running_question_is_answered_before_the_shutdown(
    windows: Windows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"SAMEPAGE_MODEL": str(HERE), "SAMEPAGE_STOP_SECONDS": "600", "SAMEPAGE_TIMEOUT_SECONDS": "600"}
    with (
        postgres_database(OLD_BOOKS) as url,
        closed_books(url) as open_books,
        serving(tmp_path, url, **given) as served,
    ):
        windows.expect_mistakes()  # the tab's server stops
        page = windows.borrow().new_page()
        page.goto(f"http://127.0.0.1:{served.port}/explore?m=booked_amount")
        sign_in(page, "Ada")
        expect(page.locator(".st-key-running")).to_be_attached()  # after three seconds
        served.process.send_signal(signal.SIGTERM)
        until(lambda: Browser(served.port).get("/ops/ready").status == 503, "readiness to end")
        answer = Browser(served.port).get("/ops/ready")
        assert (answer.status, json.loads(answer.body)) == (503, {"ready": False, "process": "stopping"})
        open_books()
        expect(page.get_by_test_id("stMetricValue")).to_have_text(re.compile("64"))
        served.process.wait(STUCK)
    assert served.events("stop")
    assert "question.asked" in acts(served, monkeypatch)


# The start


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        (
            "SAMEPAGE_STORE",
            "file:/nowhere/store",
            "SAMEPAGE_STORE names the file '/nowhere/store', which can't be read",
        ),
        ("SAMEPAGE_DATA", "env:NOWHERE", "SAMEPAGE_DATA names the variable 'NOWHERE', which is not set"),
        ("SAMEPAGE_COOKIE_SECRET", "file:/nowhere", "SAMEPAGE_COOKIE_SECRET names the file '/nowhere'"),
        ("SAMEPAGE_COOKIE_SECRET", "short", "SAMEPAGE_COOKIE_SECRET has fewer than 32 characters."),
        ("SAMEPAGE_LOG", "xml", "SAMEPAGE_LOG is 'xml'. Use text or json."),
        ("SAMEPAGE_METRICS_TOKEN", "short", "SAMEPAGE_METRICS_TOKEN needs at least 32 characters"),
        ("SAMEPAGE_DATA", "postgresql://reader:canary@127.0.0.1:1/shop", "PostgreSQL cannot be reached"),
    ],
)
def test_a_server_that_cannot_start_says_why_in_one_sentence(
    company: Path, tmp_path: Path, name: str, value: str, says: str
) -> None:
    given = {"SAMEPAGE_DEMO": "1", "SAMEPAGE_DATA": str(company)} | {name: value}
    code, text = refused_start(tmp_path / "log", **given)
    assert code not in (None, 0)
    assert f"Samepage can't start. {says}" in text
    assert "Traceback" not in text
    assert "canary" not in text
